"""Owns the network of the playground in plain NumPy: its weights, what it says of points, its losses, and a step of training.

No derivative is written here: `cr.grad` finds it. What a reader takes away as a script is the text of these functions.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import optree
from numpy.typing import NDArray
from scipy.special import expit

import chainrule as cr

Floats: TypeAlias = NDArray[np.float64]
Weights: TypeAlias = list[tuple[Floats, Floats]]
"""Of each layer a matrix of shape (units below, units) and a constant for each of its units."""


def relu(z: Any) -> Any:
    """Return what is above 0 of z."""
    return np.maximum(z, 0.0)


def leaky_relu(z: Any) -> Any:
    """Return z above 0, and a tenth of it below."""
    return np.maximum(z, 0.1 * z)


def sigmoid(z: Any) -> Any:
    """Return 1 / (1 + e^-z)."""
    return expit(z)


def softplus(z: Any) -> Any:
    """Return log(1 + e^z)."""
    return np.logaddexp(0.0, z)


def identity(z: Any) -> Any:
    """Return z itself: the network is linear then, however many layers it has."""
    return z


def cross_entropy(scores: Any, labels: Any) -> Any:
    """Return the mean of -log of the probability that the network gives to the right class."""
    return np.mean(np.logaddexp(0.0, scores) - labels * scores)


def squared_error(scores: Any, labels: Any) -> Any:
    """Return the mean square of what the probability is off by."""
    return np.mean((expit(scores) - labels) ** 2)


def start_weights(sizes: Sequence[int], scale: float, seed: int) -> Weights:
    """Return random weights, which leave the size of what passes through about `scale` times as it was, and constants of 0."""
    rng = np.random.default_rng(seed)
    return [
        (scale * rng.normal(size=(below, above)) / np.sqrt(below), np.zeros(above))
        for below, above in itertools.pairwise(sizes)
    ]


def scores_of(weights: Weights, points: Any, activation: Callable[[Any], Any]) -> Any:
    """Return the score of each point; its sigmoid is the probability of class 1."""
    *hidden, (matrix, constants) = weights
    for each, constant in hidden:
        points = activation(points @ each + constant)
    return points @ matrix[:, 0] + constants[0]


def values_of(weights: Weights, points: Any, activation: Callable[[Any], Any]) -> list[Any]:
    """Return what each layer gives for each point, the inputs first and the scores last: arrays of shape (points, units)."""
    values = [points]
    for each, constant in weights[:-1]:
        values.append(activation(values[-1] @ each + constant))
    matrix, constants = weights[-1]
    return [*values, values[-1] @ matrix + constants]


def make_objective(activation: Callable[[Any], Any], loss: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Return the function that training makes small: (weights, points, labels) -> loss."""

    def objective(weights: Weights, points: Any, labels: Any) -> Any:
        return loss(scores_of(weights, points, activation), labels)

    return objective


def start_memory(method: Callable[[Any], Any], weights: Weights) -> Any:
    """Return what the method keeps before the first step, with NumPy's numbers, as steps return them."""
    memory = method(1.0).init(weights)
    return optree.tree_map(lambda leaf: leaf if isinstance(leaf, np.ndarray) else np.float64(leaf), memory)


def make_step(
    method: Callable[[Any], Any], objective: Callable[..., Any], weights: Weights, points: Floats, labels: Floats
) -> Callable[..., Any]:
    """Return one step of training in native code: (weights, memory, rate, points, labels) -> (weights, memory).

    method: takes a learning rate. weights, points, labels: of the shapes that are to come. The first call with new shapes is
    NumPy's, whose last bits may be others, and the second one compiles; so both are made here.
    """

    def step(weights: Weights, memory: Any, rate: float, points: Floats, labels: Floats) -> Any:
        gradient = cr.grad(objective)(weights, points, labels)
        return method(rate).update(gradient, memory, weights)

    compiled = cr.jit(step)
    for _ in range(2):
        compiled(weights, start_memory(method, weights), 1.0, points, labels)
    return compiled


def rows_of(batches: Any, number: int) -> Any:
    """Return which samples the step of this number sees: in each epoch all of them, in a new order."""
    epoch, place = divmod(number, len(batches.sizes()))
    return batches.order(epoch)[place * batches.size : (place + 1) * batches.size]


def accuracy(scores: Any, labels: Any) -> float:
    """Return the part of the points whose class the network finds."""
    return float(np.mean((scores > 0) == (labels == 1)))
