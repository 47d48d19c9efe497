"""Owns by what names the arguments, results and arrays of a compiled function are known to a person."""

from __future__ import annotations

import functools
import types
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.trees import paths, unflatten
from chainrule.native.calls.signature import Call
from chainrule.native.calls.variants import Variant
from chainrule.native.entry.plan import Array, Node, Number, Same, Whole
from chainrule.native.recording.capture import MANY, referred
from chainrule.transforms.signature import argument_names


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
    """Return by what names a function, and those that it calls, reach arrays that are no arguments, by their identity.

    Such a name is "data" of a variable, "model.w" or "params['w']".
    """
    found: dict[int, str] = {}
    seen: set[int] = set()
    waiting: deque[tuple[str, Any]] = deque([("", fun)])
    while waiting and len(seen) < MANY:
        path, value = waiting.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, np.ndarray):
            if path:
                found[id(value)] = path
        elif isinstance(value, dict):
            waiting.extend((f"{path}[{key!r:.20}]", part) for key, part in value.items())
        elif isinstance(value, list | tuple):
            waiting.extend((f"{path}[{place}]", part) for place, part in enumerate(value))
        else:
            has_names_of_its_own = isinstance(value, types.FunctionType | types.MethodType | functools.partial)
            of = "" if has_names_of_its_own or not path else f"{path}."
            waiting.extend((f"{of}{name}" if name else path, part) for name, part in referred(value))
    return found
