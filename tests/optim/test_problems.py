"""Proves what the list of test functions says of them: values and gradients at the minima, starts, domains, convexity."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim import problems
from chainrule.optim.problems import PROBLEMS, Problem, ackley, ill_conditioned_bowl, rastrigin, rosenbrock, sphere

each_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)


def drawn(problem: Problem, count: int) -> Any:
    low, high = np.array(problem.domain).T
    return np.random.default_rng(4).uniform(low, high, size=(count, len(low)))


def test_every_function_of_the_module_is_listed() -> None:
    functions = {
        name
        for name, value in vars(problems).items()
        if inspect.isfunction(value) and value.__module__ == problems.__name__
    }
    assert functions == {problem.name for problem in PROBLEMS} == {problem.fun.__name__ for problem in PROBLEMS}


@each_problem
def test_minima_are_minima(problem: Problem) -> None:
    for place in problem.minima:
        value, gradient = cr.value_and_grad(problem.fun)(np.array(place))
        assert value == pytest.approx(problem.fun_at_minimum, abs=1e-14)
        np.testing.assert_allclose(gradient, 0, atol=1e-12)
        if problem.fun is not ackley:
            assert np.all(np.linalg.eigvalsh(cr.hessian(problem.fun)(np.array(place))) > 0.03)
    values = [problem.fun(x) for x in drawn(problem, 2000)]
    assert min(values) >= problem.fun_at_minimum
    assert bool(problem.minima) == math.isfinite(problem.fun_at_minimum)


@each_problem
def test_gradients_are_right_and_starts_are_no_minima(problem: Problem) -> None:
    start = np.array(problem.start)
    assert np.linalg.norm(cr.grad(problem.fun)(start)) > 0.1
    low, high = np.array(problem.domain).T
    assert np.all((low <= start) & (start <= high))
    for x in (start, *drawn(problem, 3)):
        cr.check_grad(problem.fun, x)


@each_problem
def test_convexity_is_as_listed(problem: Problem) -> None:
    hessian = cr.jit(cr.hessian(problem.fun))
    least = min(np.linalg.eigvalsh(hessian(x))[0] for x in drawn(problem, 200))
    assert (least >= -1e-9) == problem.is_convex


@pytest.mark.parametrize("fun", [sphere, ill_conditioned_bowl, rosenbrock, rastrigin, ackley])
def test_some_take_any_number_of_variables(fun: Any) -> None:
    for count in (2, 3, 10):
        minimum = np.full(count, 1.0 if fun is rosenbrock else 0.0)
        value, gradient = cr.value_and_grad(fun)(minimum)
        assert value == pytest.approx(0, abs=1e-15)
        np.testing.assert_array_equal(gradient, np.zeros(count))
        assert cr.jit(fun)(minimum + 0.5) == pytest.approx(fun(minimum + 0.5), rel=1e-12)


def test_the_curvatures_of_a_bowl_are_in_equal_ratios() -> None:
    hessian = cr.hessian(lambda x: ill_conditioned_bowl(x, 1e6))(np.ones(4))
    np.testing.assert_allclose(hessian, np.diag([1, 1e2, 1e4, 1e6]))


def test_himmelblau_has_four_minima() -> None:
    (himmelblau,) = (problem for problem in PROBLEMS if problem.name == "himmelblau")
    assert len({tuple(np.round(place, 3)) for place in himmelblau.minima}) == 4


def test_ackley_has_a_cusp_whose_gradient_is_taken_as_zero() -> None:
    for count in (1, 2, 5):
        np.testing.assert_array_equal(cr.grad(ackley)(np.zeros(count)), np.zeros(count))
        step = np.zeros(count)
        step[0] = 1e-6
        assert ackley(step) / 1e-6 == pytest.approx(4 / math.sqrt(count), rel=1e-4)
