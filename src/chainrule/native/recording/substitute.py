"""Owns the copy of a function in which arrays that it closes over, and arrays among its globals, are traced.

What NumPy computes on such an array alone is then part of the program, and follows the array when it changes in place. Only the
copy sees traced arrays; what it assigns to its own names goes back to the names of the original.
"""

from __future__ import annotations

import collections
import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.native.entry.callable import NativeFunction
from chainrule.native.recording.capture import contents, is_of_library, names_read
from chainrule.transforms.transformed import Transformed

Wrap = Callable[[np.ndarray[Any, Any]], Any]
_CONVERTED = (
    np.ndarray, types.FunctionType, types.MethodType, functools.partial, tuple, list, dict, NativeFunction,
)  # fmt: skip
_CONTAINERS = (tuple, list, dict, collections.OrderedDict, collections.defaultdict)


_NOTHING = object()


def _is_named_tuple(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_make")


class Substitution:
    """Copies functions, each one once. wrap: returns what stands for an array: itself, or a traced array."""

    def __init__(self, wrap: Wrap) -> None:
        self._wrap = wrap
        self._known: dict[int, Any] = {}
        self._globals: dict[int, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {}
        self._cells: list[tuple[types.CellType, types.CellType, Any]] = []
        self._containers: list[tuple[Any, Any, Any]] = []
        self._originals: dict[int, Any] = {}  # of what was made, by its identity

    def convert(self, value: Any) -> Any:
        """Return a value with traced arrays in the place of its own."""
        if not isinstance(value, _CONVERTED):
            return value
        found = self._known.get(id(value))
        if found is None:
            found = self._known[id(value)] = self._converted(value)
            self._originals[id(found)] = value
        return found

    def _converted(self, value: Any) -> Any:
        if type(value) is np.ndarray:
            return self._wrap(value)
        if isinstance(value, NativeFunction):  # traced arrays go through what it was made of
            return self.convert(vars(value).get("__wrapped__", value)) if "__wrapped__" in vars(value) else value
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, types.MethodType):
            return types.MethodType(self.convert(value.__func__), value.__self__)
        if type(value) in (functools.partial, Transformed):
            keywords = {name: self.convert(each) for name, each in value.keywords.items()}
            made = type(value)(self.convert(value.func), *map(self.convert, value.args), **keywords)
            vars(made).update(vars(value))
            return made
        return self._container(value) if type(value) in _CONTAINERS or _is_named_tuple(value) else value

    def _container(self, value: Any) -> Any:
        """Return a container with traced arrays; the very same one where it holds none."""
        self._known[id(value)] = value  # it may hold itself
        old = list(value.values()) if isinstance(value, dict) else list(value)
        new = [self.convert(each) for each in old]
        if all(one is other for one, other in zip(old, new, strict=True)):
            return value
        if isinstance(value, tuple):
            return getattr(value, "_make", tuple)(new)
        made = value.copy()
        if isinstance(value, dict):
            made.update(zip(value, new, strict=True))
        else:
            made[:] = new
        self._containers.append((value, made, made.copy()))
        return made

    def _function(self, value: types.FunctionType) -> types.FunctionType:
        cells = tuple(types.CellType() if _is_worth_it(cell) else cell for cell in value.__closure__ or ())
        names = self._copied_globals(value.__globals__)
        made = types.FunctionType(value.__code__, names, value.__name__, closure=cells or None)
        self._known[id(value)] = made  # it may refer to itself
        made.__dict__.update(value.__dict__)
        made.__qualname__, made.__module__ = value.__qualname__, value.__module__
        made.__defaults__ = self.convert(value.__defaults__)
        if value.__kwdefaults__:
            made.__kwdefaults__ = {name: self.convert(each) for name, each in value.__kwdefaults__.items()}
        for old, new in zip(value.__closure__ or (), cells, strict=True):
            if new is not old:
                new.cell_contents = self.convert(old.cell_contents)
                self._cells.append((old, new, new.cell_contents))
        if names is not value.__globals__:
            self._replace(names, value)
        return made

    def _copied_globals(self, original: dict[str, Any]) -> dict[str, Any]:
        """Return the globals of copies of a module's functions; those of libraries stay what they are."""
        if is_of_library(original):
            return original
        known = self._globals.get(id(original))
        if known is None:
            known = self._globals[id(original)] = (original, dict(original), dict(original))
        return known[1]

    def _replace(self, names: dict[str, Any], function: types.FunctionType) -> None:
        """Replace the arrays and functions among the globals that a function reads."""
        original, _, before = self._globals[id(function.__globals__)]
        for name in names_read(function.__code__):
            value = original.get(name)
            if isinstance(value, _CONVERTED) and names.get(name) is value:
                names[name] = before[name] = self.convert(value)

    def give_back(self) -> None:
        """Let the originals have what was assigned to the names, and put into the lists and dictionaries, of the copies."""
        for old, new, before in self._cells:
            now = contents(new, _NOTHING)
            if now is _NOTHING:
                if contents(old, _NOTHING) is not _NOTHING:
                    del old.cell_contents
            elif now is not before:
                old.cell_contents = now
        for original, copied, before in self._globals.values():
            changed = {name: value for name, value in copied.items() if name not in before or before[name] is not value}
            original.update(changed)
        for original, made, before in self._containers:
            same = len(made) == len(before) and all(
                one is other for one, other in zip(_items(made), _items(before), strict=True)
            )
            if not same:
                original.clear()
                if isinstance(original, dict):
                    original.update({key: self._originals.get(id(each), each) for key, each in made.items()})
                else:
                    original.extend(self._originals.get(id(each), each) for each in made)


def _is_worth_it(cell: types.CellType) -> bool:
    return isinstance(contents(cell), _CONVERTED)


def _items(container: Any) -> list[Any]:
    """Return what a container holds, the keys of a dictionary included."""
    return [*container, *container.values()] if isinstance(container, dict) else list(container)
