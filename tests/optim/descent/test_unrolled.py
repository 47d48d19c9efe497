"""Proves that transforms go through a descent: its derivatives, of every order, are those of its steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import TracingError
from chainrule.optim import LBFGS, Adam, GradientDescent, Momentum, Newton, Status


def end(rate: Any, x0: Any = 5.0, steps: int = 10) -> Any:
    return cr.minimize(lambda x: x**2, x0, GradientDescent(rate), steps=steps).x


def test_derivatives_go_through_rate_start_and_function() -> None:
    assert cr.grad(end)(0.1) == pytest.approx(-2 * 10 * 5 * 0.8**9)
    assert cr.grad(end, argnums=1)(0.1, 5.0) == pytest.approx(0.8**10)
    assert cr.hessian(end)(0.1) == pytest.approx(4 * 90 * 5 * 0.8**8)

    def scaled(a: Any) -> Any:
        return cr.minimize(lambda x: a * x**2, 5.0, GradientDescent(0.1), steps=10).fun

    cr.check_grad(scaled, 1.0)


@pytest.mark.parametrize("method", [Adam(0.1), Momentum(0.1)])
def test_derivatives_go_through_data(method: Any) -> None:
    def outer(data: Any) -> Any:
        found = cr.minimize(lambda w, x: np.sum((w - x) ** 2), np.zeros(2), method, 6, args=(data,))
        return np.sum(found.losses) + np.sum(found.x)

    cr.check_grad(outer, np.array([1.0, 2.0]))


def test_it_may_be_compiled() -> None:
    compiled, slope = cr.jit(end), cr.jit(cr.grad(end))
    for rate in (0.1, 0.2, 0.3, 0.1):
        assert compiled(rate) == pytest.approx(5 * (1 - 2 * rate) ** 10)
        assert slope(rate) == pytest.approx(-100 * (1 - 2 * rate) ** 9)


def test_a_batch_of_starts_converges_each_in_its_time() -> None:
    starts = np.array([5.0, 1e-3, 0.0])
    found = cr.vmap(lambda x: cr.minimize(lambda x: x**2, x, steps=200).x)(starts)
    wanted = [cr.minimize(lambda x: x**2, float(x), steps=200).x for x in starts]
    np.testing.assert_allclose(found, wanted)


def test_it_stops_where_it_has_converged() -> None:
    seen: list[Any] = []

    def loss(x0: Any) -> Any:
        found = cr.minimize(lambda x: x**2, x0, GradientDescent(0.5), steps=50)
        seen.append(found)
        return found.fun

    assert cr.grad(loss)(5.0) == 0.0
    assert (seen[0].nit, seen[0].status, seen[0].message) == (
        1, Status.CONVERGED, "converged after 1 step, under a transform",
    )  # fmt: skip


def test_a_callback_sees_every_point_and_ends_it() -> None:
    seen: list[Any] = []

    def loss(rate: Any) -> Any:
        def callback(now: Any) -> Any:
            seen.append(now.step)
            return now.fun < 12

        found = cr.minimize(lambda x: x**2, 5.0, GradientDescent(rate), steps=50, callback=callback)
        assert found.status is Status.INTERRUPTED
        return found.x

    assert cr.grad(loss)(0.1) == pytest.approx(-2 * 2 * 5 * (1 - 2 * 0.1))  # of 5 (1 - 2 rate)²
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("solver", [LBFGS(), Newton()])
def test_solvers_say_that_no_transform_goes_through_them(solver: Any) -> None:
    for loss in (
        lambda v: cr.minimize(lambda x: (x - v) ** 2, 0.0, solver).x,
        lambda v: cr.minimize(lambda x: x**2, v, solver).x,
        lambda v: cr.minimize(lambda x, a: (x - a) ** 2, 0.0, solver, args=(v,)).x,
    ):
        with pytest.raises(TracingError, match="takes all its steps itself"):
            cr.grad(loss)(2.0)


def test_containers_keep_their_structure() -> None:
    def loss(start: Any) -> Any:
        found = cr.minimize(lambda p: np.sum(p["w"] ** 2) + p["b"] ** 2, start, GradientDescent(0.1), steps=3)
        assert len(found.path) == 4
        return np.sum(found.x["w"]) + found.x["b"]

    slopes = cr.grad(loss)({"w": np.ones(2), "b": 1.0})
    np.testing.assert_allclose(slopes["w"], 0.8**3)
    assert slopes["b"] == pytest.approx(0.8**3)
