"""What transforms return can be changed, as arrays that NumPy computes can, and nothing else changes with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr

X, Y = np.ones((3, 2)), np.full((3, 2), 2.0)

FUNCTIONS = {
    "sum": lambda x, y: np.sum(x) + np.sum(y),
    "mean": lambda x, y: np.mean(x - y),
    "transposed": lambda x, y: np.sum(x.T + y.T),
    "joined": lambda x, y: np.sum(np.concatenate([x, y]) * 2),
    "one of them": lambda x, y: np.sum(x) * 1.0,
    "constant": lambda x, y: 3.0,
    "largest": lambda x, y: np.max(x) + np.max(y),
}

TRANSFORMS = {
    "grad": lambda fun: cr.grad(fun, argnums=(0, 1))(X, Y),
    "vjp": lambda fun: cr.vjp(fun, X, Y)[1](1.0),
    "jacobian": lambda fun: cr.jacobian(fun, argnums=(0, 1))(X, Y),
    "forward jacobian": lambda fun: cr.jacobian(fun, argnums=(0, 1), mode="forward")(X, Y),
    "hessian": lambda fun: [part for row in cr.hessian(fun, argnums=(0, 1))(X, Y) for part in row],
    "vmap": lambda fun: cr.vmap(cr.grad(fun, argnums=(0, 1)))(np.stack([X, X]), np.stack([Y, Y])),
    "mapped constant": lambda fun: [cr.vmap(lambda x: np.ones(3))(X)],
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_results_can_be_changed(function: str, transform: str) -> None:
    results: Any = TRANSFORMS[transform](FUNCTIONS[function])
    for place, result in enumerate(results):
        wanted = result.copy()
        wanted[0] += 1
        others = [other.copy() for other in results]
        result[0] += 1
        np.testing.assert_array_equal(result, wanted)
        for at, (other, before) in enumerate(zip(results, others, strict=True)):
            assert at == place or np.array_equal(other, before)
    assert np.all(X == 1)
    assert np.all(Y == 2)
