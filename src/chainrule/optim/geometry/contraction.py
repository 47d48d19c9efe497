"""Owns how fast a method contracts a quadratic: the matrix of its own update, for each curvature times learning rate.

On a quadratic the directions of different curvature do not mix. In one of curvature λ, a step of gradient descent, with momentum
or without, is a linear map of the distance to the minimum and of what the method remembers. That map is read off from the
method's `update`; it depends on the learning rate h and on λ by their product alone. A step then shrinks the distance by the
map's spectral radius in the long run: below 1 it converges, above 1 it diverges.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chainrule.core.trees import flatten, unflatten
from chainrule.optim.geometry.lanczos import Vector
from chainrule.optim.methods.gradient_descent import GradientDescent
from chainrule.optim.methods.momentum import Momentum
from chainrule.optim.methods.nesterov import Nesterov
from chainrule.optim.modifiers.clipping import norm_of

Linear: TypeAlias = GradientDescent | Momentum | Nesterov
"""The methods whose update is linear in the gradient and in what they remember."""

FOLLOWED = 10_000
"""So many steps with momentum are taken one by one, to see when the norm is first small."""
MOST_STEPS = 10**12
"""More steps than this are counted as endlessly many."""


def step_matrices(method: Linear, products: Any) -> Vector:
    """Return the maps of a step, for each product of learning rate and curvature: shape (m, k, k), the distance first.

    >>> step_matrices(GradientDescent(0.1), [0.5, 3.0]).ravel()
    array([ 0.5, -2. ])
    """
    product = np.asarray(products, dtype=np.float64)
    unit: Any = replace(method, learning_rate=1.0)
    zeros = np.zeros_like(product)
    blank, structure = flatten((zeros, unit.init(zeros)))
    columns = []
    for place in range(len(blank)):
        leaves = [np.ones_like(product) if place == other else zeros for other in range(len(blank))]
        x, memory = unflatten(structure, leaves)
        columns.append(np.stack(flatten(unit.update(product * x, memory, x))[0], axis=-1))
    return np.stack(columns, axis=-1)


def radius(method: Linear, products: Any) -> Vector:
    """Return by how much a step shrinks the distance in the long run, for each product: the spectral radius.

    >>> radius(Momentum(0.1, momentum=0.81), [1.0, 3.62]).round(6)
    array([0.9, 1. ])
    """
    found: Vector = np.max(np.abs(np.linalg.eigvals(step_matrices(method, products))), axis=-1)
    return found


def steps_until(
    method: Linear, products: Any, gradient: Any, tol: float, norm: Callable[[Vector], Any] = norm_of
) -> float:
    """Return after how many steps the norm of the gradient is at most `tol`, on a quadratic; infinite where it never is.

    products: the learning rate times each curvature, shape (n,). gradient: its part in each of these directions at the start.
    norm: of what is left of the parts; the Euclidean one where they are those of one gradient.
    With momentum the norm does not fall at every step: beyond 10,000 steps the first time may then be a little earlier.

    >>> steps_until(GradientDescent(0.1), [0.2], [10.0], 1e-8)
    93.0
    """
    parts = np.asarray(gradient, dtype=np.float64)
    if norm(parts) <= tol:
        return 0.0
    moving = np.abs(parts) > 0
    matrices, parts = step_matrices(method, np.asarray(products)[moving]), parts[moving]
    if np.max(np.abs(np.linalg.eigvals(matrices))) >= 1:
        return math.inf

    def is_there(count: int) -> bool:
        left = parts * _power(matrices, count)[:, 0, 0]
        return bool(np.all(np.isfinite(left)) and norm(left) <= tol)

    most = 1
    while not is_there(most):
        most *= 2
        if most > MOST_STEPS:
            return math.inf
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if is_there(middle) else (middle, most)
    if matrices.shape[-1] > 1 and most <= FOLLOWED:
        return float(_first(matrices, parts, tol, norm))
    return float(most)


def _first(matrices: Vector, parts: Vector, tol: float, norm: Callable[[Vector], Any]) -> int:
    """Return the first step at which the norm is at most `tol`, by taking them all."""
    state = np.zeros(matrices.shape[:-1])
    state[:, 0] = parts
    count = 0
    while norm(state[:, 0]) > tol:
        state = np.einsum("nij,nj->ni", matrices, state)
        count += 1
    return count


def _power(matrices: Vector, count: int) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):  # near the bound, rounding may make powers grow that should shrink
        return matrices**count if matrices.shape[-1] == 1 else np.linalg.matrix_power(matrices, count)
