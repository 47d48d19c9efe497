"""Owns the cases in which chainrule runs compiled: what is differentiated, at which point, and how fast it is meant to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks import formulas
from benchmarks.compare import BEST_PEER, BEST_REWRITTEN, BEST_UNCHANGED, Goal

STEPS = 500
HIDDEN = 32


class Kind(Enum):
    """What is taken of a formula."""

    DERIVATIVE = auto()
    THIRD_DERIVATIVE = auto()
    GRADIENT = auto()
    VALUE_AND_GRADIENT = auto()
    HESSIAN = auto()
    HESSIAN_VECTOR = auto()  # the last argument is the vector, not one of the formula's
    JACOBIAN = auto()


@dataclass(frozen=True, slots=True)
class NativeCase:
    """Something to differentiate.

    key: a short name, by which `pytest -k` selects it.
    name: a line of the table.
    formula: `formula(namespace, *arguments)`.
    arguments: returns them: a Python float, or arrays. They are made when the case runs, since some are large.
    kind: what is taken of the formula.
    count: so many arguments, from the first, are differentiated; the others are constant.
    goals: what the times are compared with.
    tolerance: relative, of the comparison of all results with ours.
    """

    key: str
    name: str
    formula: Callable[..., Any]
    arguments: Callable[[], tuple[Any, ...]]
    kind: Kind = Kind.VALUE_AND_GRADIENT
    count: int = 1
    goals: tuple[Goal, ...] = ()
    tolerance: float = 1e-8


def _points(count: int) -> tuple[Any, ...]:
    return (np.linspace(0.1, 3.0, count),)


def _start(count: int) -> tuple[Any, ...]:
    return (np.random.default_rng(0).uniform(-1.5, 1.5, count),)


def _start_and_direction(count: int) -> tuple[Any, ...]:
    return (*_start(count), np.random.default_rng(1).standard_normal(count))


def _labeled(rows: int, columns: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, columns))
    truth = rng.standard_normal(columns) / np.sqrt(columns)
    y = np.where(X @ truth + 0.5 * rng.standard_normal(rows) > 0, 1.0, -1.0)
    return 0.1 * rng.standard_normal(columns), X, y


def _digits() -> tuple[Any, ...]:
    """Return single-precision parameters, pictures and classes of the size of handwritten digits."""
    rng = np.random.default_rng(0)
    layers = (rng.standard_normal((784, 256)) / 28, np.zeros(256), rng.standard_normal((256, 10)) / 16, np.zeros(10))
    batch = (rng.random((128, 784)), np.eye(10)[rng.integers(0, 10, 128)])
    return tuple(array.astype(np.float32) for array in (*layers, *batch))


def _small_network() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    sizes = (2, 16, 16, 1)
    layers: list[Any] = []
    for inputs, outputs in pairwise(sizes):
        layers += [rng.standard_normal((inputs, outputs)) / np.sqrt(inputs), 0.1 * rng.standard_normal(outputs)]
    return *layers, rng.standard_normal((32, 2)), rng.standard_normal((32, 1))


def _dense(size: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return rng.standard_normal(size), rng.standard_normal((size, size)) / np.sqrt(size), rng.standard_normal(size)


def recurrent_network() -> tuple[Any, ...]:
    """Return weights, inputs and the hidden state that the recurrence starts from."""
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((HIDDEN, HIDDEN)) / np.sqrt(HIDDEN)
    return weights, rng.standard_normal((STEPS, HIDDEN)), np.zeros(HIDDEN)


def _clusters(count: int = 50, size: int = 20, points: int = 1000) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    factors = np.eye(size) + np.tril(0.1 * rng.standard_normal((count, size, size)), -1)
    means = rng.standard_normal((count, size))
    X = means[rng.integers(0, count, points)] + rng.standard_normal((points, size))
    return rng.standard_normal(count), means, factors, X


def _best(times: float) -> tuple[Goal, ...]:
    return (Goal(times, BEST_PEER),)


def _sized(count: int) -> str:
    return f"{count:,}" if count < 1_000_000 else f"1e{len(str(count)) - 1}"


CASES: tuple[NativeCase, ...] = (
    NativeCase(
        "polynomial",
        "derivative of x**2 + 3*x + 2, Python float",
        formulas.polynomial,
        lambda: (5.0,),
        Kind.DERIVATIVE,
        goals=(*_best(5), Goal(200, "jax.jit")),
    ),
    NativeCase(
        "composition_first",
        "first derivative of tanh(sin(x²)·exp(−x)) + log(1+x²), Python float",
        formulas.composition,
        lambda: (0.7,),
        Kind.DERIVATIVE,
        goals=_best(3),
    ),
    NativeCase(
        "composition_third",
        "third derivative of the same",
        formulas.composition,
        lambda: (0.7,),
        Kind.THIRD_DERIVATIVE,
        goals=_best(2.5),
    ),
    *(
        NativeCase(
            f"rosenbrock_{label}",
            f"gradient of Rosenbrock's function, n = {_sized(size)}",
            formulas.rosenbrock,
            partial(_start, size),
            Kind.GRADIENT,
            goals=_best(times),
        )
        for size, label, times in ((2, "2", 7), (1000, "1e3", 8), (1_000_000, "1e6", 1.7))
    ),
    *(
        NativeCase(
            f"damped_sine_{label}",
            f"sum(sin(x)**2 * exp(-x)), n = {_sized(size)}",
            formulas.damped_sine,
            partial(_points, size),
            goals=_best(times),
        )
        for size, label, times in ((1000, "1e3", 3), (100_000, "1e5", 2.5), (10_000_000, "1e7", 3))
    ),
    *(
        NativeCase(
            f"logistic_{label}",
            f"logistic regression, {rows:,} × {columns}",
            formulas.logistic,
            partial(_labeled, rows, columns),
            goals=(*_best(times), Goal(1 / 1.2, "C")),
        )
        for rows, columns, label, times in ((1000, 20, "small", 2), (100_000, 100, "large", 1.8))
    ),
    NativeCase(
        "classifier",
        "tanh network 784-256-10, batch 128, float32, cross-entropy",
        formulas.classifier,
        _digits,
        count=4,
        goals=_best(1.15),
        tolerance=1e-3,
    ),
    NativeCase(
        "regressor",
        "tanh network 2-16-16-1, batch 32, squared error",
        formulas.regressor,
        _small_network,
        count=6,
        goals=_best(8),
    ),
    NativeCase(
        "hessian",
        "Hessian of Rosenbrock's function, n = 100",
        formulas.rosenbrock,
        partial(_start, 100),
        Kind.HESSIAN,
        goals=_best(2),
    ),
    NativeCase(
        "hessian_vector",
        "Hessian of Rosenbrock's function times a vector, n = 100,000",
        formulas.rosenbrock,
        partial(_start_and_direction, 100_000),
        Kind.HESSIAN_VECTOR,
        goals=_best(2.5),
    ),
    NativeCase(
        "jacobian",
        "Jacobian of tanh(W @ x + b), 50 → 50",
        formulas.dense_map,
        partial(_dense, 50),
        Kind.JACOBIAN,
        goals=_best(2.5),
    ),
    NativeCase(
        "square_root",
        "Newton's square root, an if and a while on values, Python float",
        formulas.square_root,
        lambda: (1234.5,),
        goals=(Goal(300, BEST_UNCHANGED), Goal(1, BEST_REWRITTEN)),
    ),
    NativeCase(
        "recurrence",
        f"tanh recurrence, {STEPS} steps, {HIDDEN} hidden",
        formulas.recurrence,
        recurrent_network,
        goals=(Goal(1.3, "jax.jit, rewritten"),),
    ),
    NativeCase(
        "mixture",
        "mixture of 50 Gaussians, 1,000 points of 20 numbers",
        formulas.mixture,
        _clusters,
        count=3,
        goals=_best(1.8),
    ),
)
