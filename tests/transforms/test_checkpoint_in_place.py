"""A checkpointed function that assigns to its arguments changes them as a plain call does, and runs once."""

from __future__ import annotations

from typing import Any

import numpy as np

import chainrule as cr

X = np.array([0.5, -1.0, 2.0])


def _double(a: Any) -> Any:
    a *= 2
    return np.sum(a * a)


def _total(x: Any, call: Any) -> Any:
    y = x * x
    return call(y) + np.sum(y * np.arange(3.0))


def test_assignments_to_arguments_reach_the_caller() -> None:
    def fun(x: Any) -> Any:
        return _total(x, cr.checkpoint(_double))

    assert fun(X) == _total(X, _double)
    assert cr.value_and_grad(fun)(X)[0] == _total(X, _double)
    np.testing.assert_allclose(cr.grad(fun)(X), cr.grad(lambda x: _total(x, _double))(X))
    np.testing.assert_allclose(cr.hessian(fun)(X), cr.hessian(lambda x: _total(x, _double))(X))
    assert cr.check_grad(fun, X)


def test_to_a_view() -> None:
    def fun(x: Any, call: Any) -> Any:
        y = x * x
        call(y[1:])
        return np.sum(y**2)

    def square(part: Any) -> Any:
        part[0] = part[1] ** 2
        return part

    wanted = cr.grad(lambda x: fun(x, square))(X)
    np.testing.assert_allclose(cr.grad(lambda x: fun(x, cr.checkpoint(square)))(X), wanted)


def test_without_a_derivative_the_function_runs_once() -> None:
    calls = []

    def count(x: Any) -> Any:
        calls.append(x)
        return x + 1

    assert cr.checkpoint(count)(1.0) == 2.0
    assert len(calls) == 1
