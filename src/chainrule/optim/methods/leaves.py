"""Owns how an update goes through the leaves of a point, and the few pieces of arithmetic that methods have in common.

Everything is plain NumPy without decisions on values, so that an update can be traced into native code or differentiated.
A Python number stays a Python number, and float32 stays float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.trees import Leaves, flatten, unflatten
from chainrule.errors import ShapeError
from chainrule.optim.methods.settings import refuse_complex

# --- the state before the first step


def zeros(x: Any) -> Any:
    """Return zeros in the structure, shapes and types of `x`."""
    # Hot path: benchmarks/test_descent.py. np.zeros_like takes several times as long.
    if type(x) is np.ndarray:
        return np.zeros(x.shape, x.dtype)
    leaves, structure = flatten(x)
    return unflatten(structure, [0.0 if type(leaf) in (float, int) else np.zeros_like(leaf)[()] for leaf in leaves])


def real_zeros(x: Any, method: str) -> Any:
    """Return zeros where squares of a gradient are to be kept: its numbers have to be real."""
    refuse_complex([x] if type(x) is np.ndarray else flatten(x)[0], method)
    return zeros(x)


def start_count(rate: Any) -> Any:
    """Return the count of steps that a schedule is asked with; () where the learning rate is no schedule."""
    return 0 if callable(rate) else ()


# --- one step


def rate_at(rate: Any, count: Any) -> tuple[Any, Any]:
    """Return the learning rate of this step, and the count for the next one."""
    return (rate(count), count + 1) if callable(rate) else (rate, count)


def advance(step: Callable[..., tuple[Any, ...]], rate: Any, x: Any, gradient: Any, *memories: Any) -> tuple[Any, ...]:
    """Take a step leaf by leaf: return the next point and the next memories, as `step` makes them.

    step: takes a learning rate, and a leaf of x, of the gradient and of each memory; returns leaves of x and of each memory.
    rate: one for all leaves, or a container of them in the structure of `x`.
    Raises ShapeError where structures or shapes do not fit.
    """
    if type(x) is float and type(rate) is float and type(gradient) in (float, np.float64):
        return _same_kind(step(rate, x, gradient, *memories), x)  # what follows takes longer than the arithmetic
    points, structure = flatten(x)
    slopes = leaves_like(gradient, points, structure, "its gradient")
    rates = _spread(rate, points, structure)
    kept = [leaves_like(memory, points, structure, "the state of the method") for memory in memories]
    rows = [_same_kind(step(*row), row[1]) for row in zip(rates, points, slopes, *kept, strict=True)]
    if not rows:
        return (x, *memories)
    return tuple(unflatten(structure, list(column)) for column in zip(*rows, strict=True))


def map_leaves(function: Callable[..., Any], x: Any, *trees: Any) -> Any:
    """Return `function` of each leaf of `x` and the leaves in the same places of other containers."""
    points, structure = flatten(x)
    rest = [leaves_like(tree, points, structure, "its gradient") for tree in trees]
    return unflatten(structure, [_same_kind((function(*row),), row[0])[0] for row in zip(points, *rest, strict=True)])


def leaves_like(tree: Any, points: Leaves, structure: Any, what: str) -> Leaves:
    """Return the leaves of a container that has to be like the point, shapes included."""
    leaves, found = flatten(tree)
    if len(leaves) != len(points):
        raise ShapeError(
            f"the point has {len(points)} arrays, but {what} {len(leaves)}; pass what was computed at this point"
        )
    if len(points) > 1 and found != structure:
        raise ShapeError(
            f"the point has the structure {structure}, but {what} {found}; use the same containers for both"
        )
    for leaf, point in zip(leaves, points, strict=True):
        if getattr(leaf, "shape", ()) != getattr(point, "shape", ()):
            raise ShapeError(
                f"the point has an array of shape {np.shape(point)}, but {what} has {np.shape(leaf)} there; "
                "pass what was computed at this point"
            )
    return leaves


def _spread(rate: Any, points: Leaves, structure: Any) -> Sequence[Any]:
    """Return the learning rate of each leaf, in the leaf's precision."""
    if type(rate) is float:
        return [rate] * len(points)
    rates, found = flatten(rate)
    if len(rates) == 1 and rates[0] is rate:
        rates = rates * len(points)
    elif len(rates) != len(points) or (len(points) > 1 and found != structure):
        raise ShapeError(
            f"learning_rate has the structure {found}, but the point {structure}; give one number for all, or a number for "
            "each array of the point"
        )
    for each, point in zip(rates, points, strict=True):
        if not spreads_over(np.shape(each), np.shape(point)):
            raise ShapeError(
                f"learning_rate has shape {np.shape(each)}, where the point has {np.shape(point)}; give one number, or an array "
                "of the point's shape"
            )
    return [like(each, point) for each, point in zip(rates, points, strict=True)]


def spreads_over(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Say whether an array of one shape is broadcast to another one."""
    return len(shape) <= len(whole) and all(
        size in (1, all_of_it) for size, all_of_it in zip(reversed(shape), reversed(whole), strict=False)
    )


def like(number: Any, leaf: Any) -> Any:
    """Return a number in the precision of a leaf, which it would widen otherwise."""
    given, wanted = getattr(number, "dtype", None), getattr(leaf, "dtype", None)
    if given is None or wanted is None or given == wanted or wanted.kind not in "fc":
        return number
    return number.astype(wanted)


def _same_kind(results: tuple[Any, ...], point: Any) -> tuple[Any, ...]:
    """Return results as Python numbers where the point is one: NumPy's functions make its own scalars of them."""
    if type(point) is not float:
        return results
    return tuple(each.item() if type(each) is np.float64 else each for each in results)


# --- arithmetic


def blend(old: Any, new: Any, beta: Any) -> Any:
    """Return the next value of a mean that forgets: beta * old + (1 - beta) * new.

    Blended with 1 in place of `new`, 0 becomes 1 - beta^t after t steps: the sum of the weights in such a mean of t values,
    by which it is divided. Unlike beta^t it ends at 1, not among the numbers that are too small for full precision.
    """
    return beta * old + (1 - beta) * new


def square_root(x: Any) -> Any:
    """Return the square root; of a Python number as one, several times faster than NumPy."""
    return math.sqrt(x) if type(x) is float else np.sqrt(x)
