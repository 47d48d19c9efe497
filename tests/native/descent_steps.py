"""Owns steps of descents, and what it means that a native loop of steps agrees with the plain one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.core.trees import flatten, unflatten

rng = np.random.default_rng(5)
X = rng.normal(size=(1000, 20))
Y = (rng.random(1000) < 0.5).astype(float)


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def adam(fun: Callable[[Any], Any], rate: float = 0.01) -> Callable[[Any], Any]:
    compute = cr.value_and_grad(fun)

    def step(state: Any) -> Any:
        value, gradient = compute(state["x"])
        m = 0.9 * state["m"] + 0.1 * gradient
        v = 0.999 * state["v"] + 0.001 * gradient**2
        first, second = 0.9 * state["powers"][0], 0.999 * state["powers"][1]
        x = state["x"] - rate * (m / (1 - first)) / (np.sqrt(v / (1 - second)) + 1e-8)
        return {"x": x, "m": m, "v": v, "powers": (first, second)}, value

    return step


def adam_start(x: Any) -> Any:
    return {"x": x, "m": np.zeros_like(x), "v": np.zeros_like(x), "powers": (1.0, 1.0)}


def momentum(fun: Callable[[Any], Any], rate: float = 1e-4) -> Callable[[Any], Any]:
    compute = cr.value_and_grad(fun)

    def step(state: Any) -> Any:
        value, gradient = compute(state[0])
        speed = 0.9 * state[1] + gradient
        return (state[0] - rate * speed, speed), value

    return step


def same(got: Any, wanted: Any) -> None:
    """Ask for the same structure, types and bits."""
    got_leaves, got_structure = flatten(got)
    leaves, structure = flatten(wanted)
    assert got_structure == structure
    for one, other in zip(got_leaves, leaves, strict=True):
        assert type(one) is type(other)
        assert np.asarray(one).dtype == np.asarray(other).dtype
        np.testing.assert_array_equal(one, other)


def same_bits(got: Any, wanted: Any) -> None:
    """Ask for the same structure and bits: a compiled step may return NumPy's numbers for Python's."""
    same(*(unflatten(flatten(tree)[1], [np.asarray(leaf) for leaf in flatten(tree)[0]]) for tree in (got, wanted)))


def by_python(step: Callable[..., Any], state: Any, n: int, *args: Any) -> tuple[Any, list[Any]]:
    """Run steps with an aux output one by one."""
    records = []
    for _ in range(n):
        state, record = step(state, *args)
        records.append(record)
    return state, records


def by_jit(step: Callable[..., Any], state: Any, n: int, *args: Any) -> tuple[Any, list[Any]]:
    """Run steps one by one as native code; every path is compiled before, so that NumPy computes nothing."""
    compiled = cr.jit(step)
    for _ in range(3):
        by_python(compiled, state, n, *args)
    return by_python(compiled, state, n, *args)
