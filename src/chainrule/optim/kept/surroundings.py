"""Owns what a function reads besides its arguments, and whether it is still the same: compiled code holds it fixed.

The elements of arrays are not looked at: native code reads them where they are.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from typing import Any, final

import numpy as np

from chainrule.core.trace import Traced
from chainrule.native.entry.callable import NativeFunction
from chainrule.native.recording.capture import MANY, around, contents, names_read
from chainrule.transforms.transformed import Transformed

_MISSING = object()
_PLAIN = (int, float, complex, str, bytes, np.generic)
# Records of these modules are mathematics as it was typed: they never change, and are compared by value. They are not imported
# for this: that takes a parser, where most functions are Python's.
_TYPED = ("chainrule.explain.expressions.", "chainrule.explain.reading.", "chainrule.explain.derivation.results")
_DEEP = 8  # so many functions inside of one another, or tuples, are compared
_LIBRARIES = ("chainrule", "numpy", "scipy", "builtins", "math")


@final
class Surroundings:
    """What a function reads: its closure, its defaults, the globals it names, and all that these refer to.

    is_known: whether all of it was found; otherwise it cannot be said to be the same. is_watched: whether a transform runs over
    some of it. is_circular: whether some of it refers to what the function belongs to, which is kept alive by it then: a method
    belongs to its object, which is not referred to, another function to itself. nbytes: of the arrays.
    """

    __slots__ = ("is_known", "is_watched", "is_circular", "nbytes", "_globals", "_own", "_object", "_names", "_rest")

    def __init__(self, fun: Callable[..., Any], others: Sequence[Any] = ()) -> None:
        """Look around a function, and around other objects that may change."""
        self._own = _own(fun)
        self._names: list[tuple[dict[str, Any], str, Any]] = []
        self._rest: list[tuple[Any, tuple[Any, ...]]] = []
        self._object: weakref.ref[Any] | None = None
        self.nbytes = 0
        self.is_watched = self.is_circular = False
        self._globals = getattr(fun, "__globals__", None)
        seen: set[int] = set()
        if isinstance(fun, types.FunctionType):
            self._note_names(fun)
        owner = owner_of(fun)
        stack = [*others, *self._own, *(value for _, _, value in self._names)]
        if isinstance(fun, types.MethodType) and _is_watchable(owner):
            self._object, self._own = weakref.ref(owner), (fun.__func__, *_own(owner))
            seen.add(id(owner))
            stack = [*others, *self._own]
        while stack and len(seen) < MANY:
            value = stack.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            if isinstance(value, np.ndarray):
                self.nbytes += value.nbytes
                continue
            if isinstance(value, Traced):
                self.is_watched = True
                continue
            if _is_typed(type(value)):
                continue
            if isinstance(value, types.FunctionType):
                before = len(self._names)
                self._note_names(value)
                stack += [found for _, _, found in self._names[before:]]
            own = _own(value)
            self.is_circular = self.is_circular or any(part is owner for part in own)
            if own:
                self._rest.append((value, own))
                stack += own
        self.is_known = not stack and not self.is_watched

    def _note_names(self, function: types.FunctionType) -> None:
        """Note the globals that a function names, and the attributes it may read of modules that are no libraries."""
        names = names_read(function.__code__)
        for name in names:
            value = function.__globals__.get(name, _MISSING)
            self._names.append((function.__globals__, name, value))
            if isinstance(value, types.ModuleType) and value.__name__.partition(".")[0] not in _LIBRARIES:
                own = vars(value)
                self._names += [(own, each, own[each]) for each in names if each in own]

    def are_those_of(self, fun: Callable[..., Any]) -> bool:
        """Whether a function reads the very same things as the one that this was made of, with the same code."""
        # Hot path: benchmarks/test_descent.py.
        if type(fun) is types.FunctionType and fun.__closure__ is None and fun.__defaults__ is None:
            if self._own or fun.__globals__ is not self._globals:
                return False
        elif getattr(fun, "__globals__", None) is not self._globals or not self._are_its_own(fun):
            return False
        for names, name, value in self._names:
            found = names.get(name, _MISSING)
            if found is not value and not _is_equal(found, value):
                return False
        return all(_are_same(_own(value), parts) for value, parts in self._rest)

    def _are_its_own(self, fun: Any) -> bool:
        """Whether a function refers to the same things, and a method to the same object with the same parts."""
        if self._object is None:
            return _are_same(_own(fun), self._own)
        if not isinstance(fun, types.MethodType) or fun.__self__ is not self._object():
            return False
        return _are_same((fun.__func__, *_own(fun.__self__)), self._own)


def owner_of(fun: Any) -> Any:
    """Return what keeps a function alive: of a method its object."""
    return fun.__self__ if isinstance(fun, types.MethodType) else fun


def _is_watchable(value: Any) -> bool:
    return type(value).__weakrefoffset__ != 0


def code_of(fun: Callable[..., Any]) -> Any:
    """Return what functions have in common that differ in their surroundings only: their code. Others are alone.

    A typed function is what was typed.
    """
    if _is_typed(type(fun)):
        return fun
    inner = fun.__func__ if isinstance(fun, types.MethodType) else fun
    inner = inner.func if isinstance(inner, Transformed) else inner
    return (inner.__code__, id(inner.__globals__)) if isinstance(inner, types.FunctionType) else id(fun)


def _is_typed(kind: type) -> bool:
    return str(kind.__module__).startswith(_TYPED) and is_dataclass(kind)


def _own(fun: Any) -> tuple[Any, ...]:
    """Return what a function, container or object refers to, but for a function's globals."""
    if isinstance(fun, NativeFunction):  # what it has compiled so far is none of its surroundings
        return (vars(fun).get("__wrapped__"),)
    if not isinstance(fun, types.FunctionType):
        return tuple(around(fun))
    cells = tuple(contents(cell, _MISSING) for cell in fun.__closure__ or ())
    return (*cells, *(fun.__defaults__ or ()), *(fun.__kwdefaults__ or {}).values(), *vars(fun).values())


def _are_same(some: tuple[Any, ...], others: tuple[Any, ...], depth: int = 0) -> bool:
    return len(some) == len(others) and all(
        one is other or _is_equal(one, other, depth) for one, other in zip(some, others, strict=True)
    )


def _is_equal(one: Any, other: Any, depth: int = 0) -> bool:
    """Whether nothing tells two objects apart, neither now nor later."""
    if type(one) is not type(other):
        return False
    if isinstance(one, _PLAIN) or _is_typed(type(one)):
        return bool(one == other) and repr(one) == repr(other)  # 0.0 equals -0.0
    if depth == _DEEP:
        return False
    if type(one) is tuple:
        return _are_same(one, other, depth + 1)
    if type(one) is Transformed:
        return _are_same(_own(one), _own(other), depth + 1)
    if type(one) is types.FunctionType:
        is_same_code = one.__code__ is other.__code__ and one.__globals__ is other.__globals__
        return is_same_code and _are_same(_own(one), _own(other), depth + 1)
    return False
