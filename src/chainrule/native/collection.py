"""Owns the garbage collector's pauses: while a program is traced and written, thousands of objects are made, and they stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Let the collector wait: to look through what is being made finds nothing, and takes a fifth of the time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


SELDOM = 50_000
"""While a function is traced, the collector looks for garbage after so many new objects."""


@contextmanager
def seldom() -> Iterator[None]:
    """Let the collector look less often while the user's function runs, which may leave garbage of its own."""
    before = gc.get_threshold()
    if not before[0] or before[0] >= SELDOM:
        yield
        return
    gc.set_threshold(SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
