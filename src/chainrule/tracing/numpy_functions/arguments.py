"""Owns how arguments of NumPy's functions are normalized, and the refusal of those that a traced array cannot take."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from chainrule.core.trace import Traced
from chainrule.errors import NoRuleError, ShapeError, TracingError
from chainrule.user_code import where

Shape = tuple[int, ...]
Axis = int | tuple[int, ...] | None
NO_VALUE: Any = np._NoValue


def one_axis(axis: Any, ndim: int, name: str) -> int:
    """Return `axis` counted from the front."""
    index = operator.index(axis)
    if not -ndim <= index < ndim:
        raise ShapeError(f"np.{name}: axis {index} does not exist; the array has {ndim} axes{where()}")
    return index % ndim


def all_axes(axis: Any, ndim: int, name: str) -> Shape:
    """Return `axis` (None: every one) as a tuple of axes counted from the front."""
    # Hot path: benchmarks/test_eager.py
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, tuple | list):
        return (one_axis(axis, ndim, name),)
    axes = tuple(one_axis(each, ndim, name) for each in axis)
    if len(set(axes)) != len(axes):
        raise ShapeError(f"np.{name}: axis={axis} names an axis twice{where()}")
    return axes


def reduced_axes(axis: Any, ndim: int, name: str) -> Shape:
    """Return what `all_axes` does; to reduce a number along its first axis or its last is to leave it, as in NumPy."""
    if not ndim and axis is not None and not isinstance(axis, tuple | list) and operator.index(axis) in (0, -1):
        return ()
    return all_axes(axis, ndim, name)


def is_given(argument: Any) -> bool:
    """Whether an optional argument was passed, and not as its default None."""
    return argument is not None and argument is not NO_VALUE


def is_true(argument: Any) -> bool:
    """Whether an optional flag such as `keepdims` was passed as true."""
    return argument is not NO_VALUE and bool(argument)


def refuse_out(name: str, out: Any) -> None:
    """Raise where an array to write into was passed: a plain one, which cannot hold a derivative, or one without its name."""
    if isinstance(out, Traced):
        raise TracingError(f"np.{name}: name the array to write into, as in np.{name}(x, out=y){where()}")
    if is_given(out):
        raise TracingError(
            f"np.{name}(..., out=...) writes into a plain array, which cannot hold a derivative; "
            f"assign the result instead: y = np.{name}(...), or create the array with np.zeros(n, like=x){where()}"
        )


def refuse(name: str, **arguments: Any) -> None:
    """Raise where an argument without a rule was passed."""
    for argument, value in arguments.items():
        if argument == "out":
            refuse_out(name, value)
        elif is_given(value):
            raise NoRuleError(f"np.{name}: the argument {argument}= has no derivative rule yet; leave it out{where()}")
