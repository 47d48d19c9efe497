"""Owns when heavy modules are imported: by one thread at a time, and not while the process forks.

Python marks a module that is being imported as locked by its thread. In the child of a fork that thread is not there, and the
lock stays: whoever imports the module waits for ever. So a fork waits until imports of ours are done.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 10.0
"""A fork waits for so many seconds at most: what is imported may wait in turn for the thread that forks."""

_lock = threading.RLock()
_held: list[bool] = []
"""Of each fork under way, whether it holds the lock."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let no process be forked meanwhile."""
    with _lock:
        yield


def _before_fork() -> None:
    _held.append(_lock.acquire(timeout=LONGEST))


def _after_fork() -> None:
    if _held.pop():
        _lock.release()


def _after_fork_in_child() -> None:
    global _lock
    if not _held.pop():  # its owner is not there
        _lock = threading.RLock()
    else:
        _lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)
