"""Owns the fingerprint of a call: what tells one function, one start, one data set from another, in any process.

A function is known by its code, not by its name or file, and by what it reads: its closure, its defaults, the globals it names.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Iterable
from typing import Any, final

import numpy as np

from chainrule.core.trees import flatten
from chainrule.native.entry.callable import NativeFunction
from chainrule.native.recording.capture import around, contents, names_read

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis))
_GENERATORS = (np.random.Generator, np.random.RandomState)


def fingerprint(value: Any, *, with_data: bool = True) -> str:
    """Return a text that is the same for equal values. with_data: the elements of arrays count, not only types and shapes.

    >>> fingerprint(lambda x: x**2) == fingerprint(lambda x: x**2) != fingerprint(lambda x: x**3)
    True
    """
    writer = _Writer(with_data)
    writer.write(value)
    return writer.hash.hexdigest()


def start_fingerprint(x: Any) -> str:
    """Return the fingerprint of a container of numbers and arrays."""
    leaves, structure = flatten(x)
    return fingerprint([str(structure) if len(leaves) > 1 or leaves[0] is not x else "alone", *leaves])


@final
class _Writer:
    """Feeds what a value consists of to a hash, each object once."""

    def __init__(self, with_data: bool) -> None:
        self.hash = hashlib.sha256()
        self._with_data = with_data
        self._known: dict[int, int] = {}
        self._kept: list[Any] = []  # an identity is taken again when its object dies

    def write(self, value: Any) -> None:
        """Feed a value."""
        if isinstance(value, _PLAIN):
            self._say(type(value).__name__, repr(value))
        elif isinstance(value, np.ndarray | np.generic):
            self._say("array", value.dtype.str, repr(value.shape))
            if self._with_data:
                self.hash.update(np.ascontiguousarray(value).tobytes())
        elif id(value) in self._known:
            self._say("again", str(self._known[id(value)]))
        else:
            self._known[id(value)] = len(self._known)
            self._kept.append(value)
            self._write_object(value)

    def _say(self, *words: str) -> None:
        for word in words:
            encoded = word.encode(errors="surrogatepass")
            self.hash.update(f"{len(encoded)}:".encode() + encoded)

    def _write_all(self, kind: str, values: Iterable[Any]) -> None:
        parts = list(values)
        self._say(kind, str(len(parts)))
        for part in parts:
            self.write(part)

    def _write_object(self, value: Any) -> None:
        if isinstance(value, NativeFunction):
            self.write(vars(value).get("__wrapped__"))
        elif isinstance(value, types.FunctionType):
            self._write_function(value)
        elif isinstance(value, types.CodeType):
            self._say("code", value.co_code.hex(), *value.co_names, *value.co_varnames, *value.co_freevars)
            self._write_all("constants", value.co_consts)
        elif isinstance(value, types.ModuleType):
            self._say("module", value.__name__)
        elif isinstance(value, type | types.BuiltinFunctionType | np.ufunc):
            self._say("named", getattr(value, "__module__", None) or "", getattr(value, "__qualname__", value.__name__))
        elif isinstance(value, tuple | list):
            self._write_all(type(value).__name__, value)
        elif isinstance(value, set | frozenset):
            self._write_all("set", sorted(value, key=repr))
        elif isinstance(value, dict):
            self._write_all("dict", (part for item in value.items() for part in item))
        elif isinstance(value, _GENERATORS):
            self._say(
                "generator", repr(value.bit_generator.state if hasattr(value, "bit_generator") else value.get_state())
            )
        else:
            kind = type(value)
            self._say("object", kind.__module__, kind.__qualname__)
            self._write_all("parts", around(value))

    def _write_function(self, function: types.FunctionType) -> None:
        self._say("function")
        self.write(function.__code__)
        self._write_all("closure", (contents(cell) for cell in function.__closure__ or ()))
        self._write_all("defaults", function.__defaults__ or ())
        self.write(dict(sorted((function.__kwdefaults__ or {}).items())))
        for name in sorted(names_read(function.__code__)):
            if name in function.__globals__:
                self._say("global", name)
                self.write(function.__globals__[name])
