"""Owns one step of a descent, as one function: the gradient, the tests that end it, and what the method makes of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.trees import flatten, unflatten
from chainrule.errors import NotScalarError
from chainrule.optim.methods.numbers import with_numbers
from chainrule.optim.modifiers.modifier import projected_gradient, sign_of
from chainrule.transforms.derivatives import value_and_grad

TRACKED = 10_000
"""Of a point of so many numbers the best one seen is kept at each step; of a larger one this would cost too much."""

SQUARE, GRADIENT, VALUE = 0, 1, -1
"""Where the parts of a record start; after the leaves of the gradient come those of the point, and the value is the last one."""


def make_step(fun: Callable[..., Any], method: Any, has_aux: bool, record: bool, count: int = 0) -> Callable[..., Any]:
    """Return the step that `iterate` runs: (state, level, *numbers, *args) -> (state, record, whether to stop).

    numbers: of the method, `count` of them, in the place of its own; with 0 it is taken as it is.
    state: (x, what the method keeps, (the best value, the x it was found at), or () where that is not tracked). The values are
        times -1 where the method maximizes.
    record: (the square of the gradient's norm, the gradient, x, the value at x), the value only if `record`: many gradients
        are found without it, in half the time.
    It stops at x where the square is at most `level`, and where value or gradient are not finite; the next x is made all the
    same.
    """
    sign = sign_of(method)

    def step(state: Any, level: Any, *args: Any) -> Any:
        x, memory, best = state
        mover = with_numbers(method, args[:count]) if count else method
        found, gradient = value_and_grad(fun, has_aux=has_aux)(x, *args[count:])
        square = squared_norm(projected_gradient(mover, gradient, x))
        goes_on = (square > level) & (square < math.inf)
        moved, memory = mover.update(gradient, memory, x)
        if not record:
            return (moved, memory, best), (square, gradient, x), np.logical_not(goes_on)
        value = np.float64(1.0) * (found[0] if has_aux else found)
        goes_on = goes_on & (np.abs(value) < math.inf)
        best = best and better(best, value * sign, x)
        return (moved, memory, best), (square, gradient, x, value), np.logical_not(goes_on)

    step.__name__ = getattr(fun, "__name__", type(fun).__name__)
    return step


def number_of(found: Any) -> float:
    """Return what a function has returned as a number: a real one, or an array of one, as `grad` takes it.

    Raises NotScalarError where it is something else.

    >>> number_of(2), number_of(np.array([2.0]))
    (2.0, 2.0)
    """
    if isinstance(found, float):
        return float(found)
    leaves = flatten(found)[0]
    if len(leaves) == 1 and np.size(leaves[0]) == 1 and np.asarray(leaves[0]).dtype.kind in "fiub":
        return float(np.reshape(leaves[0], ()))
    raise NotScalarError(f"one real number is needed as the result of the function, not {found!r:.60}")


def first_state(method: Any, x: Any, is_tracked: bool) -> Any:
    """Return the state before the first step from `x`. is_tracked: whether it holds the best point seen."""
    return x, method.init(x), (math.inf, x) if is_tracked else ()


def better(best: Any, value: Any, x: Any) -> Any:
    """Return the best value with its point, of those so far and a new one."""
    is_better = value < best[0]
    leaves, structure = flatten(x)
    kept = [np.where(is_better, new, old) for new, old in zip(leaves, flatten(best[1])[0], strict=True)]
    return np.where(is_better, value, best[0]), unflatten(structure, kept)


def squared_norm(gradient: Any) -> Any:
    """Return the sum of the squares of all numbers in a container."""
    total: Any = None
    for leaf in flatten(gradient)[0]:
        wide = leaf if getattr(leaf, "dtype", np.float64) in (np.float64, np.complex128) else np.float64(1.0) * leaf
        is_complex = getattr(wide, "dtype", type(wide)) in (complex, np.complex128)
        squares = np.real(wide) ** 2 + np.imag(wide) ** 2 if is_complex else wide * wide
        part = np.sum(squares) if np.ndim(squares) else squares
        total = part if total is None else total + part
    return np.float64(1.0) * total
