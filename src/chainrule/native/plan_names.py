"""Owns by what names the arguments, results and arrays of a compiled function are known to a person."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.trees import paths, unflatten
from chainrule.native.capture import contents
from chainrule.native.entry_plan import Array, Node, Number, Same, Whole
from chainrule.native.signature import Call
from chainrule.native.specialize import Variant
from chainrule.transforms.signature import argument_names

MANY = 1000
"""So many functions around a function are looked at, in search of the names of arrays."""


def result_names(variant: Variant) -> list[str]:
    """Return how the results that are computed are reached."""
    found = paths(unflatten(variant.structure, [0.0] * len(variant.leaves)))
    return [f"result{path}" for path, leaf in zip(found, variant.leaves, strict=True) if not isinstance(leaf, Same)]


def kind_name(kind: Node) -> str:
    """Return the type and shape of an argument."""
    if isinstance(kind, Number | Whole):
        return "float" if isinstance(kind, Number) else "int"
    if isinstance(kind, Array):
        return f"{kind.dtype}{list(kind.shape)}{' in Fortran order' if kind.order == 'F' else ''}"
    return str(getattr(kind, "dtype", ""))


def leaf_names(fun: Callable[..., Any], call: Call) -> list[str]:
    """Return how the leaves of a call are reached: a parameter, and the way into it."""
    arguments = argument_names(fun, len(call.args), unnamed="x{}")
    names = [name + path for name, arg in zip(arguments, call.args, strict=True) for path in paths(arg)]
    for name in sorted(call.kwargs):
        names += [name + path for path in paths(call.kwargs[name])]
    return names


def arrays_around(fun: Callable[..., Any]) -> dict[int, str]:
    """Return the names of arrays that a function, and those that it calls, close over or find among their globals."""
    found: dict[int, str] = {}
    seen: set[int] = set()
    stack: list[Any] = [fun]
    while stack and len(seen) < MANY:
        value = stack.pop()
        if isinstance(value, functools.partial):
            stack += [value.func, *value.args]
        if not isinstance(value, types.FunctionType) or id(value) in seen:
            continue
        seen.add(id(value))
        code = value.__code__
        parts = [*zip(code.co_freevars, map(contents, value.__closure__ or ()), strict=True)]
        parts += [(name, value.__globals__[name]) for name in code.co_names if name in value.__globals__]
        for name, part in parts:
            if isinstance(part, np.ndarray):
                found.setdefault(id(part), name)
        stack += [part for _, part in parts]
        stack += [value.__dict__.get("__wrapped__")]
    return found
