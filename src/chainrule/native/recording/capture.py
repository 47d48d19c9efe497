"""Owns what a traced function reads besides its arguments: arrays of its surroundings, and random numbers, which it may not.

An array that a function closes over, or finds among its globals, is read by reference at each call. An array that the function
makes while it runs is a constant of the trace.
"""

from __future__ import annotations

import functools
import pickle
import random
import types
import weakref
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.core.trace import Traced
from chainrule.errors import RandomNumbersError
from chainrule.passes.terms import is_one_number, is_uniform
from chainrule.tracing.guard import Fingerprint, fingerprint
from chainrule.tracing.lift import holds_traced
from chainrule.user_code import where

MANY = 10_000
"""So many objects around a function are looked at, in search of its arrays."""
LARGE = 4096
"""Of arrays of so many equal elements, one is kept: to look at all of them is faster than to copy them."""
LOOKED_AT = 1 << 20
"""Arrays of more bytes are looked at when they are first used, and in the end."""
LIBRARIES = ("chainrule", "numpy", "scipy", "builtins")
"""What functions of these read besides their arguments and closures are no arrays of the user's."""


def is_of_library(names: dict[str, Any]) -> bool:
    """Whether these are the globals of a library."""
    return str(names.get("__name__", "")).partition(".")[0] in LIBRARIES


_BARE = (
    type, types.ModuleType, np.ndarray, np.generic, np.random.Generator, np.random.RandomState, random.Random, Traced, str,
    bytes, int, float, complex,
)  # fmt: skip
"""What is not looked into."""


def names_read(code: types.CodeType) -> set[str]:
    """Return the names of globals that code, and the functions inside it, may read."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= names_read(constant)
    return found


_UNBOUND = object()


def contents(cell: types.CellType, unbound: Any = None) -> Any:
    """Return what a name of a closure stands for; `unbound` where it stands for nothing, not yet or not any more."""
    try:
        return cell.cell_contents
    except ValueError:
        return unbound


def referred(value: Any) -> list[tuple[str, Any]]:
    """Return what a function or object refers to, each with the name by which it does; no name where it goes by none."""
    if isinstance(value, types.FunctionType):
        code, names = value.__code__, value.__globals__
        cells = zip(code.co_freevars, value.__closure__ or (), strict=True)
        found = [(name, held) for name, cell in cells if (held := contents(cell, _UNBOUND)) is not _UNBOUND]
        if not is_of_library(names):
            found += [(name, names[name]) for name in names_read(code) if name in names]
        if value.__defaults__:
            last = reversed(code.co_varnames[: code.co_argcount])
            found += zip(last, reversed(value.__defaults__), strict=False)  # a name has one default at most
        if value.__kwdefaults__:
            found += value.__kwdefaults__.items()
        if hasattr(value, "__wrapped__"):
            found.append(("", value.__wrapped__))
        return found
    if isinstance(value, types.MethodType):
        return [("", value.__func__), ("self", value.__self__)]
    if isinstance(value, functools.partial):
        return [("", value.func), *(("", each) for each in value.args), *value.keywords.items()]
    if isinstance(value, _BARE):
        return []
    attributes = getattr(value, "__dict__", None)
    found = list(attributes.items()) if isinstance(attributes, dict) else []  # an object may answer to any name
    slots = getattr(type(value), "__slots__", ())
    return found + [(name, getattr(value, name)) for name in slots if hasattr(value, name)]


def around(value: Any) -> Iterable[Any]:
    """Return what a function, an object or a container refers to."""
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, list | tuple | set | frozenset):
        return value
    return [part for _, part in referred(value)]


def _reached(roots: Sequence[Any]) -> Iterator[Any]:
    """Return objects and what they refer to, each once."""
    seen: set[int] = set()
    stack: list[Any] = list(roots)
    kept: list[Any] = []  # an identity is taken again when its object dies
    while stack and len(seen) < MANY:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        kept.append(value)
        yield value
        stack.extend(around(value))


def surroundings(*roots: Any) -> tuple[dict[int, Any], list[Any]]:
    """Return the arrays around functions and objects, by their identity, and the generators of random numbers."""
    arrays: dict[int, Any] = {}
    generators: list[Any] = []
    for value in _reached(roots):
        if isinstance(value, np.ndarray):
            arrays[id(value)] = value
        elif isinstance(value, np.random.Generator | np.random.RandomState | random.Random):
            generators.append(value)
    return arrays, generators


def holds_values(value: Any) -> bool:
    """Whether an object that is no array or number holds traced values, or gives some later, as iterators and coroutines do."""
    return isinstance(value, Iterator | Awaitable | AsyncIterator) or any(
        holds_traced(each) for each in _reached([value]) if isinstance(each, Traced | np.ndarray)
    )


def _state(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    return generator.get_state() if isinstance(generator, np.random.RandomState) else generator.getstate()


def _set_state(generator: Any, state: Any) -> None:
    if isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    elif isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    else:
        generator.setstate(state)


class RandomWatch:
    """Notices random numbers that are drawn while a function is traced: each later call would see the same ones."""

    __slots__ = ("_before",)

    def __init__(self, generators: list[Any]) -> None:
        shared = [np.random.mtrand._rand, random._inst]  # what np.random.* and random.* draw from
        self._before = [(generator, pickle.dumps(_state(generator))) for generator in [*shared, *generators]]

    def check(self) -> None:
        """Raise where one has moved on."""
        for generator, before in self._before:
            if pickle.dumps(_state(generator)) != before:
                raise RandomNumbersError(
                    "random numbers were drawn while the function was traced, and compiled code would repeat them at every "
                    f"call; draw them outside and pass them as an argument{where()}"
                )

    def rewind(self) -> None:
        """Let them be drawn once more."""
        for generator, before in self._before:
            _set_state(generator, pickle.loads(before))


def _look_at(array: np.ndarray[Any, Any]) -> Fingerprint:
    return fingerprint(np.asarray(array))  # a matrix would keep two axes


class Captured:
    """The arrays that one trace has used as constants, with the interface of the guard of recorded runs.

    own: arrays of the surroundings that the function assigns to, as to a work array of its own.
    """

    __slots__ = ("_around", "_before", "_copies", "_used", "_written")

    def __init__(self, around: dict[int, Any], own: Sequence[np.ndarray[Any, Any]] = ()) -> None:
        self._around = {
            key: array for key, array in around.items() if not any(np.may_share_memory(array, each) for each in own)
        }
        self._before: dict[int, Fingerprint] = {}
        self._copies: dict[int, tuple[weakref.ref[np.ndarray[Any, Any]], np.ndarray[Any, Any]]] = {}
        self._used: dict[int, np.ndarray[Any, Any]] = {}
        self._written: list[np.ndarray[Any, Any]] = []

    def look_around(self, but: Sequence[np.ndarray[Any, Any]]) -> None:
        """Note what small arrays of the surroundings are before the function runs, except those that it does not see."""
        unseen = {id(array) for array in but}
        for key, array in self._around.items():
            if array.nbytes <= LOOKED_AT and key not in unseen and not array.dtype.hasobject:
                self._before[key] = _look_at(array)

    def is_reference(self, array: np.ndarray[Any, Any]) -> bool:
        """Whether an array, or the one that it is a view of, is of the surroundings."""
        return self._origin(array) is not None

    def reads(self, array: np.ndarray[Any, Any]) -> bool:
        """Whether an array that is used is one of the surroundings: compiled code will read what that holds when it runs."""
        origin = self._origin(array)
        if origin is None:
            return False
        key = id(origin)
        if key not in self._used:
            self._used[key] = origin
            if key not in self._before and not origin.dtype.hasobject:
                self._before[key] = _look_at(origin)
        if origin.nbytes <= LOOKED_AT and self._has_changed(origin):
            self._written.append(origin)
        return True

    def written(self) -> list[np.ndarray[Any, Any]]:
        """Return the arrays of the surroundings that did not hold what they held before when they were used, or do not now."""
        return [*self._written, *(array for array in self._used.values() if self._has_changed(array))]

    def _has_changed(self, origin: np.ndarray[Any, Any]) -> bool:
        before = self._before.get(id(origin))
        return before is not None and _look_at(origin) != before

    def _origin(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        base: Any = array
        while isinstance(base, np.ndarray):
            if id(base) in self._around:
                return base
            base = base.base
        return None

    def keep(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return what a recorded operation may hold of `array`: itself, or a copy of what the function may still change."""
        if self.reads(array):
            return array
        # The one element of an array may be the function's own to change, as those of any other.
        if is_one_number(array) or (array.size >= LARGE and is_uniform(array)):
            return np.broadcast_to(array[(slice(0, 1),) * array.ndim].copy(), array.shape)
        known = self._copies.get(id(array))
        if known is not None and known[0]() is array and known[1].tobytes() == array.tobytes():
            return known[1]
        copy = array.copy()
        # A reference that counts would look as one of the function's own, where it goes on with `array += x`.
        self._copies[id(array)] = (weakref.ref(array), copy)
        return copy

    def own_references(self, array: np.ndarray[Any, Any]) -> int:
        """None that count: what the function makes was copied."""
        return 0

    def check(self) -> None:
        """Nothing can have changed: what the function makes was copied."""
