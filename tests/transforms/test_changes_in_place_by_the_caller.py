"""What a caller, or a declared rule, does in place to arrays that it was handed changes no derivative and no argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

X = np.array([0.5, -1.0, 2.0])
ONES = np.ones(3)


def _squared() -> Any:
    """The square with a rule of its own whose halves all compute in the memory of their arguments."""

    @cr.custom_vjp
    def squared(x: Any) -> Any:
        x *= x
        return x

    def forward(x: Any) -> Any:
        residual = x.copy()
        x *= x
        return x, residual

    def backward(residual: Any, ct: Any) -> Any:
        ct *= 2 * residual
        return (ct,)

    squared.defvjp(forward, backward)
    return squared


def _rectified() -> Any:
    @cr.custom_jvp
    def rectified(x: Any) -> Any:
        x[x < 1] = 0
        return x

    def rule(primals: Any, tangents: Any) -> Any:
        (x,), (t,) = primals, tangents
        t *= x >= 1
        return rectified(x), t

    rectified.defjvp(rule)
    return rectified


def _pullback_after(change: Callable[[Any], None], fun: Any, x: Any) -> Any:
    value, pullback = cr.vjp(fun, x)
    change(value)
    return pullback(ONES)[0]


def _zero(array: Any) -> None:
    array[...] = 0


def _stopped(x: Any) -> Any:
    y = np.exp(x)
    z = cr.stop_gradient(y)
    z += 1
    return np.sum(y)


GRADIENTS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "a rule computes in its arguments": (lambda x: np.sum(_squared()(np.exp(x))), 2 * np.exp(2 * X)),
    "a rule computes in a cotangent that others need": (
        lambda x: (lambda y: np.sum(_squared()(y) + y))(np.exp(x)),
        2 * np.exp(2 * X) + np.exp(X),
    ),
    "a forward rule computes in a tangent that others need": (
        lambda x: (lambda y: np.sum(_rectified()(y) + y))(np.exp(x)),
        np.exp(X) * (1.0 + (np.exp(X) >= 1)),
    ),
    "what was stopped is changed": (_stopped, np.exp(X)),
    "the value of an inner vjp is changed": (lambda x: np.sum(_pullback_after(_zero, np.exp, x)), np.exp(X)),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_those_of_the_values_that_were_computed(name: str) -> None:
    fun, wanted = GRADIENTS[name]
    x = X.copy()
    np.testing.assert_allclose(cr.grad(fun)(x), wanted, rtol=1e-12)
    np.testing.assert_array_equal(x, X)


def test_what_was_stopped_is_changed_in_compiled_code() -> None:
    def function(x: Any) -> Any:
        y = np.exp(x)
        z = cr.stop_gradient(y)
        z += 1
        return y * z

    compiled = cr.jit(function)
    for _ in range(2):
        np.testing.assert_allclose(compiled(X), function(X), rtol=1e-14)


def test_a_forward_rule_gets_tangents_of_its_own() -> None:
    tangent = ONES.copy()
    _, moved = cr.jvp(lambda x: _rectified()(x) + x, (X,), (tangent,))
    np.testing.assert_array_equal(moved, 1.0 + (X >= 1))
    np.testing.assert_array_equal(tangent, ONES)


RETURNED: dict[str, Any] = {
    "an array": np.exp,
    "a view": lambda x: np.exp(x)[::-1],
    "several": lambda x: (lambda y: {"a": y, "b": y[1:]})(np.exp(x)),
}


@pytest.mark.parametrize("name", RETURNED)
def test_a_pullback_does_not_read_the_value_that_was_returned(name: str) -> None:
    value, pullback = cr.vjp(RETURNED[name], X)
    ct = {"a": ONES, "b": ONES[1:]} if isinstance(value, dict) else ONES
    wanted = pullback(ct)[0]
    for part in value.values() if isinstance(value, dict) else [value]:
        part[...] = 0
    np.testing.assert_array_equal(pullback(ct)[0], wanted)


SAME = {
    "the argument": lambda x: x,
    "a view": lambda x: x[1:],
    "twice": lambda x: (x, x),
    "another shape": lambda x: x.reshape(3, 1),
}


def _parts(tree: Any) -> list[Any]:
    return list(tree) if isinstance(tree, tuple) else [tree]


@pytest.mark.parametrize("name", SAME)
def test_results_share_memory_with_nothing(name: str) -> None:
    fun, x, t = SAME[name], X.copy(), ONES.copy()
    value, tangent = cr.jvp(fun, (x,), (t,))
    mapped = cr.vmap(lambda row: row)(x)
    arrays = [x, t, *_parts(value), *_parts(tangent), *_parts(cr.vjp(fun, x)[0]), mapped, cr.stop_gradient(x)]
    for place, array in enumerate(arrays):
        assert not any(np.shares_memory(array, other) for other in arrays[:place])


NESTED = {
    "jvp": lambda x: cr.jvp(lambda z: z, (x,), (ONES,))[0],
    "tangent": lambda x: cr.jvp(lambda z: z, (X,), (x,))[1],
    "vjp": lambda x: cr.vjp(lambda z: z, x)[0],
    "vmap": lambda x: cr.vmap(lambda z: z)(x),
    "stop_gradient": lambda x: cr.stop_gradient(x),
}


@pytest.mark.parametrize("name", NESTED)
def test_traced_results_can_be_assigned_to_by_themselves(name: str) -> None:
    def fun(x: Any) -> Any:
        result = NESTED[name](x)
        result[0] = 5.0
        return np.sum(x**2)

    np.testing.assert_array_equal(cr.grad(fun)(X), 2 * X)
