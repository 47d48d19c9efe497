"""Owns the pool of native threads: one function, run for many indices at once. The pool never runs Python code.

Native code calls one symbol, `void @chainrule_parallel(ptr %function, ptr %context, i64 %count)`. It runs
`function(ptr context, i64 index)` for every index in [0, count) exactly once, on the caller's thread and on the pool's, and
returns when all are done. Indices are handed out one by one, so an index should be worth some microseconds of work. A call
from inside such a function, or while another thread uses the pool, runs all of its own indices itself, in order; so does
every call where there is one thread only. What an index computes must therefore not depend on who runs it, or when.
"""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any

from chainrule.native.machine.machine import compile_text
from chainrule.native.threads.pool_text import MOST_THREADS, pool_text


class _Pool:
    """The pool of this process, once something asked for it."""

    __slots__ = ("wanted", "addresses", "lock")

    def __init__(self) -> None:
        self.wanted: int | None = None
        self.addresses: dict[str, int] = {}
        self.lock = threading.Lock()

    def make(self) -> dict[str, int]:
        """Return the addresses of the pool's functions; compile them first if nobody has."""
        with self.lock:
            if not self.addresses:
                code = compile_text(pool_text(), {}, level=1)
                addresses = {name: code.address(name) for name in _FUNCTIONS}
                code.keep()
                _native(addresses["chainrule_pool_reset"])()
                _native(addresses["chainrule_pool_resize"], ctypes.c_int64)(self.threads() - 1)
                self.addresses = addresses
            return self.addresses

    def threads(self) -> int:
        """Return the number of threads that the user or the machine asks for."""
        if self.wanted is None:
            self.wanted = _threads_asked_for()
        return self.wanted

    def forked(self) -> None:
        """Start anew in the child of a fork: it has one thread, whatever its parent was doing."""
        self.lock = threading.Lock()
        if self.addresses:
            _native(self.addresses["chainrule_pool_reset"])()


def _native(address: int, *arguments: type[ctypes.c_int64], result: type[ctypes.c_int64] | None = None) -> Any:
    return ctypes.CFUNCTYPE(result, *arguments)(address)


def _threads_asked_for() -> int:
    text = os.environ.get("CHAINRULE_NUM_THREADS", "").strip()
    if not text:
        affinity = getattr(os, "sched_getaffinity", None)  # Linux only
        cores = len(affinity(0)) if affinity else os.cpu_count() or 1
        return min(cores, MOST_THREADS)
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"CHAINRULE_NUM_THREADS is {text!r}; set it to a number of threads from 1 to {MOST_THREADS}")
    return min(int(text), MOST_THREADS)


_FUNCTIONS = ("chainrule_parallel", "chainrule_pool_reset", "chainrule_pool_resize", "chainrule_pool_workers")
_pool = _Pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.forked)


def pool_symbols() -> dict[str, int]:
    """Return the address of `chainrule_parallel` by its name, for the modules that declare it."""
    return {"chainrule_parallel": _pool.make()["chainrule_parallel"]}


def number_of_threads() -> int:
    """Return how many threads share the work, the caller's included.

    It is CHAINRULE_NUM_THREADS if that is set, else the number of cores that this process may use, and at most 64.
    """
    if _pool.addresses:
        workers = _native(_pool.addresses["chainrule_pool_workers"], result=ctypes.c_int64)
        return int(workers()) + 1
    return _pool.threads()


def set_number_of_threads(number: int) -> None:
    """Let `number` threads, the caller's included, share the work of every later call. Results do not depend on it."""
    if not 1 <= number <= MOST_THREADS:
        raise ValueError(f"the number of threads is from 1 to {MOST_THREADS}, not {number}")
    with _pool.lock:
        _pool.wanted = number
        if _pool.addresses:
            _native(_pool.addresses["chainrule_pool_resize"], ctypes.c_int64)(number - 1)
