"""Owns when SciPy's functions learn to answer for traced values: with the first trace, or when their module is loaded."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from threading import Lock
from types import FunctionType, ModuleType
from typing import Any

from chainrule.tracing.scipy_functions.dispatch import answer_with
from chainrule.tracing.scipy_functions.table import CALLERS, FUNCTIONS, PROTOCOLS

_MODULES = frozenset({*FUNCTIONS, *CALLERS})
_lock = Lock()
_finders: list[Any] = []
if hasattr(os, "register_at_fork"):  # a fork waits: in the child, nobody would end what another thread has begun
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def watch_scipy() -> None:
    """Teach the modules of SciPy that are loaded, and from now on those that will be, also while a function is traced."""
    # Hot path: benchmarks/test_eager.py (each trace starts here)
    if not _finders:
        _watch()


def _watch() -> None:
    with _lock:
        if _finders:
            return
        finder = _Finder()
        sys.meta_path.insert(0, finder)
        for name in _MODULES:
            module = sys.modules.get(name)
            if module is not None and not getattr(module.__spec__, "_initializing", False):
                _teach(module)
        _finders.append(finder)


class _Finder:  # as importlib.abc.MetaPathFinder, which takes milliseconds to import
    """Finds nothing itself: what others find of the modules in the table is taught when it has been loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the specification that the other finders give, with a loader that teaches the module."""
        if fullname not in _MODULES:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(fullname, path, target) if find and finder is not self else None
            if spec is not None:
                _teach_after_loading(spec)
                return spec
        return None


def _teach_after_loading(spec: ModuleSpec) -> None:
    loader: Any = spec.loader
    load = loader.exec_module

    def load_and_teach(module: ModuleType) -> None:
        load(module)
        _teach(module)

    loader.exec_module = load_and_teach  # of this loader of this one module


def _teach(module: ModuleType) -> None:
    """Let the functions and methods of a module that are in the table, and that this version of SciPy has, answer by ours."""
    if module.__name__ in PROTOCOLS:
        PROTOCOLS[module.__name__](module)
    name = module.__name__
    for path, ours in FUNCTIONS.get(name, {}).items():
        _answer(module, path, ours, calls_users=False)
    for path, ours in CALLERS.get(name, {}).items():
        _answer(module, path, ours, calls_users=True)


def _answer(module: ModuleType, path: str, ours: Callable[..., Any], calls_users: bool) -> None:
    found: Any = module
    for name in path.split("."):
        found = getattr(found, name, None)
    if isinstance(found, FunctionType):
        answer_with(found, ours, calls_users)
