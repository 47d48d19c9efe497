"""Proves that Python may decide on values in a compiled function: each path is compiled, and a call takes its own."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import check
from tests.native.jit_examples import V, W, early_return

import chainrule as cr
from chainrule.native.calls.specialize import Specialization

MIXING = np.eye(20) * 0.4 + 0.01


def while_loop(x):
    steps = 0
    while np.sum(x * x) > 0.1 and steps < 40:
        x, steps = x * 0.7, steps + 1
    return x, steps


def counted_loop(x):
    total = 0.0
    for k in range(int(x[0] * 3) % 7):
        if k == 4:
            break
        if k == 1:
            continue
        total = total + x[1] * k
    else:
        total = total - 1
    return total


def computed_position(x):
    return x[int(np.argmax(x))] + x[int(abs(x[0])) % 3] ** 2, x[: int(np.sum(x > 0))].sum()


def guarded_division(x):
    try:
        if x[0] > 0:
            raise ValueError("positive")
        return x / 2
    except ValueError:
        return x * 10
    finally:
        x = None


def python_order(x):
    ranked = sorted(x, key=lambda v: -abs(v))
    return ranked[0] * 2 + max(x) - min(x, key=abs), [v * 1 for v in ranked]


def membership(x):
    return x.sum() if x[0] in [0.3, 0.7] else x.prod()


def all_and_any(x):
    return (x * 2 if all(v > 0 for v in x) else x / 2), any(v > 2 for v in x), bool(x[0] > 0)


def chained(x):
    return 1.0 * x[0] if 0 < x[0] < 0.5 < x[2] else x[1]


def fibonacci(x):
    return x if x < 2 else fibonacci(x - 1) + fibonacci(x - 2)


def ternaries(x):
    return (1.0 if x[0] > 0 else 2.0) * (x[1] if x[1] > 0 else -x[1]) + (not x[2] > 0)


def match_statement(x):
    match int(x[0]) % 3:
        case 0:
            return x + 1
        case 1:
            return x * 2
        case _:
            return -x


def mask_of_some(x):
    return x[x > 0] * 2, np.flatnonzero(x > 0), len(x[x > 0.5])


def bisection(x):
    low, high = 0.0, 3.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if middle**2 < abs(x[0]) else (low, middle)
    return low


def other_shapes(x):
    return np.concatenate([x, x]) if x[0] > 0 else {"sum": np.sum(x)} if x[1] > 0 else None


PATHS = (early_return, while_loop, counted_loop, computed_position, guarded_division, python_order, membership, all_and_any,
         chained, ternaries, match_statement, mask_of_some, bisection, other_shapes)  # fmt: skip


@pytest.mark.parametrize("function", PATHS, ids=lambda f: f.__name__)
def test_python_decides_on_values(function: Any) -> None:
    draws = np.random.default_rng(7).normal(size=(12, 3)) * 1.5
    points = [(V,), (W,), (-V,), (V * 3,), (np.array([0.1, 0.2, 0.9]),), *((x,) for x in draws)]
    check(function, *points, fewest=3 * len(points))


@pytest.mark.parametrize("function", [early_return, while_loop, chained, ternaries, python_order, all_and_any])
def test_a_gradient_of_what_python_decides(function: Any) -> None:
    def scalar(x):
        out = function(x)
        return np.sum(out[0] if isinstance(out, tuple) else out)

    draws = np.random.default_rng(8).normal(size=(8, 3)) * 1.5
    check(cr.value_and_grad(scalar), *((x,) for x in draws), fewest=24)


def test_recursion_that_depends_on_a_value() -> None:
    check(fibonacci, (7.0,), (3.0,), (1.5,), (9.0,), fewest=12)
    check(cr.grad(lambda x: fibonacci(x) ** 2), (7.0,), (3.0,), (1.5,), fewest=9)


def test_a_comparison_with_nan_takes_the_path_of_python() -> None:
    def function(x):
        return (1 if x > 0 else 2 if x <= 0 else 3), (x if x == x else 0.0), (4 if not x < 1 else 5)

    check(function, (1.0,), (-1.0,), (np.nan,), (0.0,), (-0.0,), fewest=15)


def test_the_truth_of_a_number() -> None:
    check(lambda x: 1.0 if x else 2.0, (0.0,), (-0.0,), (3.0,), (np.nan,), fewest=12)
    check(lambda x: x and x * 2, (0.0,), (3.0,), (V[:1],), fewest=9)
    compiled = cr.jit(lambda x: 1 if x else 2)
    for _ in range(3):
        with pytest.raises(ValueError, match="truth value"):
            compiled(V)


@pytest.mark.slow
def test_many_paths_in_one_function() -> None:
    def function(x):
        out = 0.0
        for bit in range(6):
            out = out * 2 + (1 if x[bit] > 0 else 0) * x[bit]
        return out

    points = [(np.array(signs, float),) for signs in itertools.product((-1.0, 1.0), repeat=6)]
    check(function, *points, fewest=2 * len(points))


def test_a_path_of_more_decisions_than_python_nests_calls_compiles() -> None:
    def positive(x: Any) -> Any:
        total = 0.0
        for part in x:
            if part > 0:
                total = total + part * part
        return total

    x = np.random.default_rng(0).standard_normal(1200)
    step = cr.jit(cr.value_and_grad(positive))
    for _ in range(3):
        value, slope = step(x)
    np.testing.assert_allclose(value, np.sum(x[x > 0] ** 2))
    np.testing.assert_allclose(slope, 2 * np.maximum(x, 0))
    assert len(step.explain_plan(x).paths[0].decisions) == 1200


def test_the_whole_part_of_a_real_number_is_a_decision() -> None:
    def head(x: Any) -> Any:
        return np.sum(x[: int(x[0])] ** 2)

    step = cr.jit(head)
    for first in (2.5, 2.9, 1.0, 2.1, 1.5):
        x = np.array([first, 3.0, 4.0])
        assert step(x) == head(x)
    assert len(step.explain_plan(x).paths) == 2
    for bad, error in ((np.nan, ValueError), (np.inf, OverflowError)):
        with pytest.raises(error, match="cannot convert float"):
            step(np.array([bad, 3.0, 4.0]))


def factor_or_shift(a: Any) -> Any:
    try:
        factor = np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        factor = np.linalg.cholesky(a + 10 * np.eye(2))
    return np.sum(factor)


def whole_or_two(x: Any) -> Any:
    try:
        start = int(x[0])
    except ValueError:
        start = 2
    return np.sum(x[start:])


def element_or_sum(x: Any, places: Any) -> Any:
    try:
        return x[places[0]] * 2
    except (IndexError, ValueError):
        return np.sum(x)


def largest_or_sum(a: Any) -> Any:
    try:
        return np.linalg.svd(a, compute_uv=False)[0]
    except np.linalg.LinAlgError:
        return np.sum(a[:, 0]) * 0.5


@pytest.mark.parametrize(
    ("fun", "good", "bad"),
    [
        (largest_or_sum, (np.diag([2.0, 3.0]),), (np.array([[1.0, np.nan], [1.0, 1.0]]),)),
        (factor_or_shift, (np.diag([2.0, 3.0]),), (np.diag([-2.0, 3.0]),)),
        (whole_or_two, (np.array([1.0, 1.0, 2.0]),), (np.array([np.nan, 1.0, 2.0]),)),
        (element_or_sum, (np.ones(3), np.array([1])), (np.ones(3), np.array([7]))),
    ],
)
@pytest.mark.parametrize("order", ["bgg", "ggbg", "gbb"])
@pytest.mark.filterwarnings("ignore::chainrule.errors.JitWarning")
def test_an_error_that_the_function_answers_is_no_part_of_compiled_code(
    fun: Any, good: Any, bad: Any, order: str
) -> None:
    compiled = cr.jit(fun)
    for kind in order:
        args = good if kind == "g" else bad
        assert compiled(*args) == fun(*args)


def by_size(x):
    values, vectors = np.linalg.eigh(x)
    order = np.argsort(np.abs(values))[::-1]
    return values[order], vectors[:, order], values[::-1]


def test_one_of_several_results_is_in_registers_when_the_others_are_computed_after_a_decision():
    x = np.array([[2.0, 1.0, 0.0], [1.0, -3.0, 0.5], [0.0, 0.5, 1.0]])
    check(by_size, (x,), (2 * x,), (x - np.eye(3),))


def iterated(x):
    while np.sum(x * x) > 1e-3:
        x = np.tanh(x @ MIXING)
    return x


def updated(x):
    total = x * 2.0
    for k in range(4):
        total[k] = np.sin(total[k + 1])
        total[:, k] += x[k]
        view = total[::-1].T
        if np.sum(total) > 3.0 * k:
            total = np.exp(-(view * view))
    return total, view, x @ view


def returned_early(x):
    y = x.copy()
    y[1:3] = x[:2] * 2
    y[:, 0] += x[1]
    z = np.tanh(y @ x)
    if y[0, 1] > 0:
        return z, y
    return z - np.exp(-np.abs(y)), np.cumsum(y, axis=0)


def nested(x):
    y = np.sin(x)
    if np.sum(x) > 0:
        z = y @ y.T
        return np.sqrt(z * z + 1) if z[0, 1] > 0 else (z - y).T
    flat = np.reshape(y[::-1], -1)
    return np.reshape(flat, x.shape) * np.max(flat) if flat[3] > 0 else flat[:20] + y


@pytest.mark.parametrize("function", [iterated, updated, returned_early, nested], ids=lambda each: each.__name__)
@pytest.mark.parametrize("differentiated", [False, True])
def test_arrays_are_kept_over_decisions(function, differentiated):
    def whole(x):
        parts = function(x)
        return sum(np.sum(np.cos(part)) for part in (parts if isinstance(parts, tuple) else (parts,)))

    points = [np.random.default_rng(seed).normal(size=(20, 20)) for seed in range(5)]
    check(cr.grad(whole) if differentiated else function, *((x,) for x in points))


def test_what_was_computed_for_a_decision_is_not_computed_again():
    def steps(count):
        def function(x):
            for k in range(count):
                x = np.tanh(MIXING @ x)
                if np.sum(x) > 1e9:
                    return x * k
            return x

        return len(cr.jit(function).explain_plan(np.ones(20)).steps)

    assert steps(8) - steps(4) == steps(12) - steps(8)
    decomposed = cr.jit(by_size).explain_plan(np.diag(np.arange(1.0, 20.0)))
    assert sum("eigh" in line for step in decomposed.steps for line in step.computes) == 1


def read_again(x):
    y = np.exp(np.sin(x) * x)
    return y * 2 if np.sum(y) > 0 else y


def read_shifted_again(x):
    shifted = x @ x + 1
    return shifted if np.sum(np.tanh(shifted)) > 1e9 else np.cumsum(shifted, axis=0)


@pytest.mark.parametrize(("function", "dear"), [(read_again, "exp("), (read_shifted_again, "axis=1")])
def test_what_one_loop_alone_reads_before_a_decision_is_kept_for_after_it(function, dear):
    plan = cr.jit(function).explain_plan(np.eye(20) + 0.1)
    assert sum(dear in line for step in plan.steps for line in step.computes) == 1


def test_many_new_paths_are_compiled_together(monkeypatch):
    """All paths of a function are compiled anew when one joins them, so that where there are many, a few join at once."""
    compilations = []
    whole = Specialization._compile
    monkeypatch.setattr(
        Specialization, "_compile", lambda self, variant: (compilations.append(variant), whole(self, variant))
    )

    def count(x):
        steps = 0.0
        while x > 1:
            x, steps = x / 2, steps + 1
        return x * steps

    compiled = cr.jit(count)
    for doublings in range(40):
        for mantissa in (1.25, 1.5):
            assert compiled(mantissa * 2.0**doublings) == count(mantissa * 2.0**doublings)
    assert len(compilations) <= 32  # and a few times better, when the code is hot
    for _ in range(10):  # a path that is taken again is native soon
        compiled(1.5 * 2.0**39)
    assert len(compiled.explain_plan(1.5).paths) == 40
