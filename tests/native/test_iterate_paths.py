"""Proves that the steps of a native loop may go different ways, through NumPy and through Python, and that errors are those
of the plain loop.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from tests.native.descent_steps import by_jit, by_python, rosenbrock, same, same_bits

import chainrule as cr
from chainrule.errors import JitWarning, RandomNumbersError, ShapeError
from chainrule.native.calls import specialize
from chainrule.native.descents import step_code
from chainrule.native.descents.step_code import Stepper
from chainrule.native.descents.step_run import Run
from chainrule.native.iterate import iterate

rng = np.random.default_rng(5)


def test_steps_may_search_backward() -> None:
    compute = cr.value_and_grad(rosenbrock)

    def step(state: Any) -> Any:
        x, length = state
        value, gradient = compute(x)
        length = length * 2
        while rosenbrock(x - length * gradient) > value - 0.3 * length * np.sum(gradient * gradient):
            length = length * 0.5
            if length < 1e-12:
                break
        return (x - length * gradient, length), value

    stepper = Stepper(step, has_aux=True)
    start = (np.array([-1.2, 1.0]), 1.0)
    found = iterate(stepper, start, 500)
    again = iterate(stepper, start, 500)
    same(again.state, found.state)
    np.testing.assert_array_equal(again.records, found.records)
    state, records = by_jit(step, start, 500)
    same_bits(found.state, state)
    np.testing.assert_array_equal(found.records, records)
    (known,) = stepper.signatures.values()
    assert known.is_native
    assert known.specialization is not None
    assert known.specialization.paths > 2


def test_a_path_that_is_met_late_is_compiled_then() -> None:
    runs: list[int] = []

    def step(state: Any) -> Any:
        runs.append(1)
        count, x = state
        if count == 5000:
            return (count + 1, x * 0), x
        return (count + 1, x + 1), x

    found = iterate(step, (0, 0.0), 9000, has_aux=True)
    assert found.state == (9000, 3999.0)
    assert found.records.tolist() == [*range(5001), *range(3999)]
    assert len(runs) == 2


def test_decisions_that_rounding_turns_do_not_end_native_code() -> None:
    def value(x: Any) -> Any:
        return np.exp(np.sin(x))

    compiled = cr.jit(value)
    xs = rng.uniform(0, 3, 5000).tolist()
    for _ in range(2):
        compiled(0.5)
    edges = [(x, float(value(x))) for x in xs if compiled(x) > value(x)]
    if not edges:
        pytest.skip("native code rounds as NumPy does here")
    edge, limit = edges[0]

    def step(state: Any) -> Any:
        count, x = state
        if value(x) > limit:
            return count + 1, x * 2
        return count + 1, x * 1

    stepper = Stepper(step)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert iterate(stepper, (0, 0.01), 20).state == (20, 0.01)
        assert iterate(stepper, (0, edge), 20).state == (20, edge)
    (known,) = stepper.signatures.values()
    assert known.is_native


def test_too_many_paths_run_through_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specialize, "PATHS", 8)

    def step(count: Any) -> Any:
        return count + int(count) % 100 * 0 + 1

    with pytest.warns(JitWarning, match="more than 8 different paths"):
        assert iterate(step, 0, 30).state == 30


def test_steps_that_cannot_be_compiled_run_as_they_are() -> None:
    def step(x: Any) -> Any:
        return x + math.cos(x), x

    with pytest.warns(JitWarning, match="steps of step are not compiled"):
        found = iterate(step, 0.5, 12, has_aux=True, every=5)
    state, records = by_python(step, 0.5, 12)
    assert found.state == state
    assert found.records.tolist() == records[::5]


def test_arguments_of_other_kinds_run_as_they_are() -> None:
    with pytest.warns(JitWarning, match="are not compiled"):
        found = iterate(lambda x, objects: x + objects[0], 1.0, 5, (np.array([2.0], dtype=object),))
    assert found.state == 11.0


def test_numpy_takes_part_in_native_steps() -> None:
    matrix = np.eye(4) * 3 + rng.normal(size=(4, 4)) / 10
    found = iterate(
        lambda x: (np.linalg.eigvalsh(matrix + np.outer(x, x)) / 4, np.sum(x)), np.ones(4), 20, has_aux=True
    )
    state, records = by_jit(lambda x: (np.linalg.eigvalsh(matrix + np.outer(x, x)) / 4, np.sum(x)), np.ones(4), 20)
    same_bits(found.state, state)
    np.testing.assert_array_equal(found.records, records)


def test_random_numbers_are_refused() -> None:
    with pytest.raises(RandomNumbersError):
        iterate(lambda x: x + np.random.default_rng().normal() + np.random.normal(), 0.0, 3)  # noqa: NPY002


def test_without_a_compiler_steps_run_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_code, "available", lambda: False)
    assert iterate(lambda x: x + 1, 0.0, 100).state == 100.0


@pytest.mark.parametrize(
    ("step", "state", "error", "message"),
    [
        (lambda x: (x, x), 1.0, TypeError, "of the structure"),
        (lambda x: np.ones(3), np.ones(2), ShapeError, r"shape \(3,\)"),
        (lambda x: x.astype(np.float32), np.ones(2), TypeError, "float32"),
        (lambda x: x + 0.5, 1, TypeError, "float64"),
        (lambda x: x * 1j, 1.0, TypeError, "complex128"),
        (lambda x: None, 1.0, TypeError, "structure"),
        (lambda x: "text", 1.0, TypeError, "str|text|<U4"),
        (lambda x: x, "text", TypeError, "text"),
        (lambda x: x, np.array([None]), TypeError, "arrays and numbers"),
        (lambda x: x, np.ones(2, ">f8"), TypeError, "arrays and numbers"),
        (lambda x: x[5], np.ones(2), IndexError, "out of bounds"),
        (lambda x, y: x, 1.0, TypeError, "argument"),
        (3, 1.0, TypeError, "function of the state"),
    ],
)
def test_errors_say_what_is_wrong(step: Any, state: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        iterate(step, state, 3)


@pytest.mark.parametrize(("n", "every"), [(-1, 1), (2.0, 1), (True, 1), (3, -1), (3, 1.5)])
def test_counts_are_whole_numbers(n: Any, every: Any) -> None:
    with pytest.raises(ValueError, match="whole number"):
        iterate(lambda x: x, 1.0, n, every=every)


@pytest.mark.parametrize("returned", [lambda x: x, lambda x: (x, x, x), lambda x: [x, x]])
def test_missing_records_are_named(returned: Any) -> None:
    with pytest.raises(TypeError, match=r"\(state, record\)"):
        iterate(returned, 1.0, 3, has_aux=True)


def test_records_that_change_are_refused() -> None:
    def step(x: Any) -> Any:
        return x + 1, (x if x < 5 else (x, x))

    with pytest.raises(TypeError, match="record of the structure"):
        iterate(step, 0.0, 10, has_aux=True)


def test_errors_in_the_middle_leave_the_last_whole_step() -> None:
    def step(x: Any) -> Any:
        if x > 1000:
            raise ArithmeticError("far enough")
        return x + 1, x

    stepper = Stepper(step, has_aux=True)
    run = Run(stepper, 0.0, 5000, (), 1)
    for _ in range(2):
        with pytest.raises(ArithmeticError, match="far enough"):
            run.advance()
        assert run.done == 1001
        assert run.state() == 1001.0
        assert run.records().tolist() == list(range(1001))


def test_errors_of_numpy_in_native_steps_are_raised() -> None:
    def step(state: Any) -> Any:
        a, count = state
        inverse = np.linalg.inv(a)
        return (a - np.eye(2), count + 1), np.sum(inverse)

    stepper = Stepper(step, has_aux=True)
    run = Run(stepper, (np.eye(2) * 10.0, 0), 50, (), 1)
    with pytest.raises(np.linalg.LinAlgError):
        run.advance()
    assert run.done == 10
    assert run.state()[1] == 10
    assert run.records().shape == (10,)
