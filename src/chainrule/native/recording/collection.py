"""Owns the garbage collector's pauses: while a program is traced and written, thousands of objects are made, and they stay."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ends: list[Callable[[], None]] = []
"""What ends each pause."""


@contextmanager
def paused() -> Iterator[None]:
    """Let the collector wait: to look through what is being made finds nothing, and takes a fifth of the time."""
    if not gc.isenabled():
        yield
        return
    with _ended(gc.enable):
        gc.disable()
        yield


SELDOM = 50_000
"""While a function is traced, the collector looks for garbage after so many new objects."""


@contextmanager
def seldom() -> Iterator[None]:
    """Let the collector look less often while the user's function runs, which may leave garbage of its own."""
    before = gc.get_threshold()
    if not before[0] or before[0] >= SELDOM:
        yield
        return
    with _ended(lambda: gc.set_threshold(*before)):
        gc.set_threshold(SELDOM, *before[1:])
        yield


@contextmanager
def _ended(end: Callable[[], None]) -> Iterator[None]:
    """End a pause, however what is done meanwhile goes."""
    _ends.append(end)
    try:
        yield
    finally:
        _ends.remove(end)
        end()


def _forked() -> None:
    """End the pauses of the parent's other threads, which do not go on in the child of a fork."""
    for end in _ends:
        end()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
