"""Owns the processes that compute: bounded in time and memory, so that no visitor's input stops another's page."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import resource
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as OutOfTime
from types import TracebackType
from typing import Any, final

import flask
from pebble import ProcessExpired, ProcessPool

import chainrule as cr

SECONDS = 5.0
"""A computation may take so long; its process is ended then, and a new one takes its place."""
MEMORY = 3 * 2**30
"""A process may have so many bytes of address space; Linux holds it to that."""
PATIENCE = 30.0
"""So many seconds a computation waits for the visitor's others."""
MOST_WAITING = 16
"""So many computations of a visitor may be under way or wait: a browser asks for six at a time."""
BUSY = "Your other figures are still being computed; try again in a moment."
COOKIE = "visitor"
"""The cookie that holds a random token: it tells visitors apart, and nothing is kept under it."""

_LOG = logging.getLogger(__name__)
PRELOADED = [
    "chainrule.learn.answers",
    "chainrule.learn.explorer.export",
    "chainrule.learn.explorer.findings",
    "chainrule.learn.lessons.table",
    "chainrule.learn.opening",
    "chainrule.learn.playground.upload",
    "chainrule.learn.playground.view",
    "chainrule.learn.workers",
]
"""What the processes compute with. None of it loads Dash, which would take as long again, and 40 MB."""


class RefusedError(Exception):
    """What was asked cannot be shown; the message is a sentence for the reader."""


@final
class Workers:
    """Processes that run functions of modules' top levels, and hand back what they return.

    >>> with Workers(1) as workers:
    ...     workers.run(abs, -2)
    2
    """

    def __init__(self, count: int = 2, seconds: float = SECONDS) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        self.seconds = seconds
        self.pool = ProcessPool(max_workers=count, max_tasks=0, initializer=_begin, context=context)
        self.turns = Turns(max(1, count - 1))
        # The processes start now, not at the first visit; meanwhile the site is put together.
        self.start = threading.Thread(target=self._start, args=(count,), daemon=True)
        self.start.start()

    def _start(self, count: int) -> None:
        for _ in range(count):
            self.pool.schedule(abs, args=(0,))

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Return what the function returns. Raises RefusedError with a sentence where it raises, or takes too long."""
        return self.run_for(self.seconds, function, *args, **kwargs)

    def run_for(self, limit: float, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """As `run`, with so many seconds."""
        try:
            with self.turns.taken(visitor()):
                return self.pool.schedule(_call, args=(function, args, kwargs), timeout=limit).result()
        except RefusedError:
            raise
        except OutOfTime as error:
            raise RefusedError(
                f"This took longer than {limit:g} seconds and was stopped; try something smaller."
            ) from error
        except ProcessExpired as error:
            raise RefusedError("This needed too much memory and was stopped; try something smaller.") from error
        except MemoryError as error:
            raise RefusedError("This needed too much memory; try something smaller.") from error
        except (ValueError, TypeError, ArithmeticError, NotImplementedError) as error:
            raise RefusedError(str(error)) from error
        except Exception as error:
            _LOG.exception("a computation failed")
            raise RefusedError("This could not be computed.") from error

    def close(self) -> None:
        """End the processes."""
        self.start.join()
        self.pool.stop()
        self.pool.join()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


@final
class Turns:
    """Lets each visitor compute in fewer processes than there are, so that one process is always left for the others."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.lock = threading.Lock()
        self.by_visitor: weakref.WeakValueDictionary[str, Line] = weakref.WeakValueDictionary()

    @contextlib.contextmanager
    def taken(self, name: str) -> Iterator[None]:
        """Wait for a turn of this visitor's. Raises RefusedError where too many wait already, or for too long."""
        with self.lock:
            line = self.by_visitor.get(name)
            if line is None:
                line = self.by_visitor[name] = Line(self.most)
            if line.count >= MOST_WAITING:
                raise RefusedError(BUSY)
            line.count += 1
        try:
            if not line.turns.acquire(timeout=PATIENCE):
                raise RefusedError(BUSY)
            try:
                yield
            finally:
                line.turns.release()
        finally:
            with self.lock:
                line.count -= 1


@final
class Line:
    """A visitor's computations: how many there are, and whose turn it is."""

    def __init__(self, most: int) -> None:
        self.turns = threading.BoundedSemaphore(most)
        self.count = 0


def visitor() -> str:
    """Return who asks: the token in the request's cookie, or the address that it came from; empty outside of a request."""
    if not flask.has_request_context():
        return ""
    return flask.request.cookies.get(COOKIE) or str(flask.request.remote_addr)


def _call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return function(*args, **kwargs)


def _begin() -> None:
    """Bound the memory of a process, and load what the first figure needs before it is asked for."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    cr.explain("x^2")
    cr.minimize(lambda x: x * x, 1.0, steps=1)
