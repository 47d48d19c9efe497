"""Proves that the solvers of SciPy keep to `Solver`: where they arrive, what they show, and how they end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim import LBFGS, ConjugateGradient, Newton
from chainrule.optim.problems import PROBLEMS, Problem, rosenbrock, saddle, sphere

SOLVERS = (LBFGS(), LBFGS(memory=3), ConjugateGradient(), Newton())
each_solver = pytest.mark.parametrize("solver", [*SOLVERS, Newton(trust_region=False)], ids=repr)


class Descent:
    """What a solver has shown and asked."""

    def __init__(self, solver: Any, fun: Any, start: Any, steps: int = 1000, tol: float = 1e-7, stop: int = -1) -> None:
        self.points: list[Any] = []
        self.evaluations = 0
        compute = cr.value_and_grad(fun)
        known: dict[bytes, Any] = {}

        def value_and_grad(x: Any) -> Any:
            self.evaluations += 1
            known[x.tobytes()] = compute(x)
            return known[x.tobytes()]

        def hvp(x: Any, v: Any) -> Any:
            return cr.hvp(fun, (x,), (v,))

        def observe(x: Any, value: float, gradient: Any) -> None:
            assert type(value) is float
            wanted, slope = known[x.tobytes()]
            assert value == wanted
            np.testing.assert_array_equal(gradient, slope)
            self.points.append(x)
            if len(self.points) == stop:
                raise StopIteration

        self.message = solver.solve(np.array(start, float), value_and_grad, hvp, steps=steps, tol=tol, observe=observe)


@pytest.mark.parametrize(
    "problem", [each for each in PROBLEMS if each.minima and each.name != "ackley"], ids=lambda p: p.name
)
@pytest.mark.parametrize("solver", SOLVERS, ids=repr)
def test_solvers_arrive(solver: Any, problem: Problem) -> None:
    descent = Descent(solver, problem.fun, problem.start)
    distances = [np.linalg.norm(descent.points[-1] - np.array(place)) for place in problem.minima]
    assert min(distances) < 1e-5
    np.testing.assert_array_equal(descent.points[0], problem.start)
    assert len(descent.points) < 100
    assert descent.message


@pytest.mark.parametrize("solver", SOLVERS, ids=repr)
def test_many_variables(solver: Any) -> None:
    descent = Descent(solver, rosenbrock, np.linspace(-1.2, 1.0, 10), steps=3000)
    assert np.linalg.norm(cr.grad(rosenbrock)(descent.points[-1])) <= 1e-7


@each_solver
def test_each_point_is_shown_once(solver: Any) -> None:
    descent = Descent(solver, rosenbrock, [-1.2, 1.0], tol=1e-9)
    assert not any(np.array_equal(one, other) for one, other in zip(descent.points, descent.points[1:], strict=False))
    assert descent.evaluations < 4 * len(descent.points) + 10


@each_solver
@pytest.mark.parametrize("steps", [0, 1, 5])
def test_there_are_not_more_steps_than_asked_for(solver: Any, steps: int) -> None:
    descent = Descent(solver, rosenbrock, [-1.2, 1.0], steps=steps)
    assert 1 <= len(descent.points) <= steps + 1


@each_solver
@pytest.mark.parametrize("stop", [1, 2, 4])
def test_the_observer_may_end_it(solver: Any, stop: int) -> None:
    assert len(Descent(solver, rosenbrock, [-1.2, 1.0], stop=stop).points) == stop


@each_solver
def test_without_a_tolerance_it_ends_all_the_same(solver: Any) -> None:
    descent = Descent(solver, rosenbrock, np.linspace(-1.2, 1.0, 5), steps=1000, tol=0.0)
    assert np.linalg.norm(cr.grad(rosenbrock)(descent.points[-1])) < 1e-9
    assert len(descent.points) < 400


@each_solver
def test_errors_of_the_function_come_through(solver: Any) -> None:
    def fun(x: Any) -> Any:
        if x[0] > -1:
            raise LookupError("too far")
        return rosenbrock(x)

    with pytest.raises(LookupError, match="too far"):
        Descent(solver, fun, [-1.2, 1.0])


@pytest.mark.parametrize("solver", SOLVERS, ids=repr)
def test_functions_without_a_minimum_end(solver: Any) -> None:
    descent = Descent(solver, saddle, [2.0, 0.001], steps=30)
    with np.errstate(over="ignore"):
        assert saddle(descent.points[-1]) < -100
    assert descent.message


def test_newton_leaves_a_saddle_that_the_bare_steps_go_to() -> None:
    def fun(x: Any) -> Any:
        return x[0] ** 2 - x[1] ** 2 + x[1] ** 4

    start = [1.0, 0.1]
    np.testing.assert_allclose(np.abs(Descent(Newton(), fun, start).points[-1]), [0, np.sqrt(0.5)], atol=1e-6)
    np.testing.assert_allclose(Descent(Newton(trust_region=False), fun, start).points[-1], [0, 0], atol=1e-6)


def test_the_bare_step_of_newton_is_the_formula() -> None:
    points = Descent(Newton(trust_region=False), lambda x: np.sum(x**4 + x**2), [2.0], steps=3).points
    x = 2.0
    for point in points:
        assert point[0] == pytest.approx(x, rel=1e-12)
        x = x - (4 * x**3 + 2 * x) / (12 * x**2 + 2)
    assert len(Descent(Newton(trust_region=False), sphere, [3.0, 4.0]).points) == 2
    flat = Descent(Newton(trust_region=False), lambda x: x[0] + 0 * x[1], [1.0, 2.0])
    assert "no inverse" in flat.message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LBFGS(0), "memory is a whole number of at least 1, such as 10"),
        (lambda: LBFGS(2.5), "memory is a whole number"),
        (lambda: Newton(1), "trust_region is True or False"),
    ],
)
def test_settings_are_checked(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
