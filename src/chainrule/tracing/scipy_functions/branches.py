"""Owns functions by cases in SciPy's own code, `apply_where` and `_lazyselect`, on traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import TracingError
from chainrule.primitives.indexing import index
from chainrule.tracing.numpy_functions.operands import as_array


def apply_where(
    cond: Any,
    args: Any,
    f1: Callable[..., Any],
    f2: Callable[..., Any] | None = None,
    /,
    *,
    fill_value: Any = None,
    xp: Any = None,
) -> Any:
    """Return f1 of the arguments where a condition holds, elsewhere f2 of them or a value."""
    if (f2 is None) == (fill_value is None):
        return NotImplemented  # SciPy says what is wrong
    args = tuple(map(as_array, args if isinstance(args, tuple) else (args,)))
    cond = as_array(cond)
    holds, fails = is_anywhere(cond), is_anywhere(~cond)
    shape = np.broadcast_shapes(cond.shape, *(each.shape for each in args))
    if not holds or not fails:
        function = f1 if holds else f2
        found = fill_value if function is None else function(*args)
        return np.broadcast_to(found, shape).copy()  # SciPy goes on to write into it
    chosen = f1(*_where_it_holds(cond, args, shape))
    return np.where(cond, chosen, fill_value if f2 is None else f2(*_where_it_holds(~cond, args, shape)))


def is_anywhere(cond: Any, undecided: bool = True) -> bool:
    """Whether a condition holds somewhere. undecided: the answer where that is not the same for all of a batch."""
    try:
        return bool(np.any(cond))
    except TracingError:
        return undecided


def _where_it_holds(cond: Any, args: tuple[Any, ...], shape: tuple[int, ...]) -> list[Any]:
    """Return the arguments, and one where a condition holds in place of those where it fails, maybe outside of a domain."""
    flat = np.ravel(np.broadcast_to(cond, shape))
    place = np.argmax(flat)
    cond = np.reshape(flat, shape)
    return [np.where(cond, each, index(np.ravel(np.broadcast_to(each, shape)), place)) for each in args]


def _lazyselect(condlist: Any, choicelist: Any, arrays: Any, default: Any = 0) -> Any:
    """Return what the function computes whose condition, the last of those that hold, is true; elsewhere the default."""
    out: Any = np.broadcast_to(default, np.broadcast_shapes(*map(np.shape, arrays)))
    for cond, function in zip(condlist, choicelist, strict=False):
        out = apply_where(
            cond, (*arrays, out), lambda *args, function=function: function(*args[:-1]), lambda *args: args[-1]
        )
    return out


ARRAY_HELPERS: dict[str, Callable[..., Any]] = {"apply_where": apply_where}
"""Functions of the array helpers that SciPy uses, to ours."""

OWN_HELPERS: dict[str, Callable[..., Any]] = {"_lazyselect": _lazyselect}
"""Functions of SciPy's own helpers, to ours."""
