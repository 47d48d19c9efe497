"""Proves what iterate promises: the results of the plain loop, bit for bit those of the compiled step called again and again,
whatever the state is made of, which way the steps go, and however the loop ends.
"""

from __future__ import annotations

import collections
import gc
import math
import signal
import threading
import tracemalloc
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.trees import flatten, unflatten
from chainrule.errors import JitWarning, RandomNumbersError, ShapeError
from chainrule.native import step_code, step_run
from chainrule.native.iterate import Iterated, iterate
from chainrule.native.step_code import Stepper
from chainrule.native.step_run import Run

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


# --- the same as the plain loop


@pytest.mark.parametrize("size", [2, 1000])
@pytest.mark.parametrize(("method", "start"), [(adam, adam_start), (momentum, lambda x: (x, np.zeros_like(x)))])
def test_descent_on_rosenbrock_has_the_bits_of_the_compiled_step(method: Any, start: Any, size: int) -> None:
    step = method(rosenbrock)
    first = start(np.linspace(-1.2, 1.0, size))
    found = iterate(step, first, 300, has_aux=True)
    state, records = by_jit(step, first, 300)
    same_bits(found.state, state)
    np.testing.assert_array_equal(found.records, records)
    assert found.records.shape == (300,)
    assert (found.done, found.why) == (300, "finished")
    plain, losses = by_python(step, first, 20)
    near = iterate(step, first, 20, has_aux=True)
    np.testing.assert_allclose(near.records, losses, rtol=1e-9)
    for one, other in zip(flatten(near.state)[0], flatten(plain)[0], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_logistic_regression_reads_the_data_where_it_is() -> None:
    data, signs = X.copy(), 1 - 2 * Y
    compute = cr.value_and_grad(lambda w: np.mean(np.logaddexp(0, signs * (data @ w))))

    def step(w: Any) -> Any:
        value, gradient = compute(w)
        return w - 0.1 * gradient, value

    stepper = Stepper(step, has_aux=True)
    for scale in (1.0, 0.5):
        data[...] = X * scale
        found = iterate(stepper, np.zeros(20), 50)
        state, records = by_jit(step, np.zeros(20), 50)
        same(found.state, state)
        np.testing.assert_array_equal(found.records, records)
    assert len(stepper.signatures) == 1


def test_arguments_are_read_where_they_are_or_copied() -> None:
    def step(w: Any, x: Any, y: Any, rate: float, power: int, scale: Any) -> Any:
        return w - rate * scale * (x.T @ (x @ w - y)) / len(x) ** power, np.sum(w)

    args = (X, Y, 0.1, 1, np.float64(0.5))
    for given in (args, (np.asfortranarray(X), np.repeat(Y, 2)[::2], *args[2:])):
        same(iterate(step, np.zeros(20), 30, given, has_aux=True).state, by_jit(step, np.zeros(20), 30, *given)[0])


@pytest.mark.parametrize("n", [0, 1, 2, 3, 17, 18, 300])
def test_any_number_of_steps(n: int) -> None:
    found = iterate(lambda x: (x * 0.5 + 1, x), 8.0, n, has_aux=True)
    state, records = by_python(lambda x: (x * 0.5 + 1, x), 8.0, n)
    same(found.state, state)
    assert found.done == n
    assert found.why == "finished"
    assert (found.records is None) if n == 0 else (found.records.tolist() == records)


# --- what a state is made of

Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "state",
    [
        1.5, 3, True, 1 + 2j, np.float32(1.5), np.float64(2), np.int32(4), np.bool_(True), np.array(2.0), np.ones((2, 3)),
        np.ones(3, np.float32), np.ones(2, complex), np.arange(6)[::2], np.zeros((0, 3)), (), [], {}, None,
        {"b": 1.0, "a": (np.ones(2), [3, True])}, Point(1.0, np.ones(2)), np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    ],
    ids=repr,
)  # fmt: skip
def test_a_state_keeps_its_structure_and_types(state: Any) -> None:
    for n in (0, 1, 40):
        found = iterate(lambda state: state, state, n).state
        same(found, state)
        leaves = [leaf for leaf in flatten(state)[0] if isinstance(leaf, np.ndarray)]
        assert not any(np.shares_memory(a, b) for a in leaves for b in flatten(found)[0] if isinstance(b, np.ndarray))


def test_numbers_stay_numbers() -> None:
    def step(state: Any) -> Any:
        count, x, flag, turned = state
        return count + 1, x * 0.5 + count, np.logical_not(flag), turned * 1j

    found = iterate(step, (0, 1.0, True, 1 + 0j), 7).state
    assert [type(part) for part in found] == [int, float, bool, complex]
    state: Any = (0, 1.0, True, 1 + 0j)
    for _ in range(7):
        state = step(state)
    assert found == (state[0], state[1], bool(state[2]), state[3])


def test_numbers_may_be_set_to_constants() -> None:
    def step(state: Any) -> Any:
        count, x = state
        return (0, 1) if count > 3 else (count + 1, x + 1)

    state: Any = (0, 0.5)
    for n in range(1, 12):
        state = step(state)
        same(iterate(step, (0, 0.5), n).state, (state[0], float(state[1])))


@pytest.mark.parametrize("count", [0, 0.0])
def test_counters_do_not_widen_float32(count: Any) -> None:
    def step(state: Any) -> Any:
        count, x = state
        return count + 1, x * (1 - 0.9 ** (count + 1)) + count

    found = iterate(step, (count, np.ones(3, np.float32)), 20).state
    state: Any = (count, np.ones(3, np.float32))
    for _ in range(20):
        state = step(state)
    assert type(found[0]) is type(count)
    assert found[1].dtype == np.float32
    np.testing.assert_allclose(found[1], state[1], rtol=1e-5)


def test_parts_of_a_state_may_change_places() -> None:
    state = (np.arange(3.0), np.arange(3.0) + 10)
    for n in (1, 2, 33):
        same(iterate(lambda s: (s[1], s[0]), state, n).state, state if n % 2 == 0 else state[::-1])


def test_the_start_is_not_changed_and_may_be_used_twice() -> None:
    x = np.ones(3)
    found = iterate(lambda s: (s[0] * 2, s[1] + 1), (x, x), 5).state
    assert x.tolist() == [1, 1, 1]
    assert found[0].tolist() == [32] * 3
    assert found[1].tolist() == [6] * 3


def test_a_step_may_assign_into_its_state() -> None:
    def step(x: Any) -> Any:
        x[0] += 1
        x *= 2
        return x

    assert iterate(step, np.ones(2), 3).state.tolist() == [22, 8]


# --- records


@pytest.mark.parametrize("every", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("n", [1, 2, 6, 7, 50])
def test_every_so_many_records_are_kept(n: int, every: int) -> None:
    def step(x: Any) -> Any:
        return x + 1, {"x": x, "twice": np.stack([x, 2 * x]), "count": 3, "flag": x > 2}

    found = iterate(step, 0.0, n, has_aux=True, every=every)
    kept = list(range(0, n, every))
    assert found.state == n
    assert found.records["x"].tolist() == kept
    assert found.records["twice"].tolist() == [[x, 2 * x] for x in kept]
    assert found.records["count"].tolist() == [3] * len(kept)
    assert found.records["flag"].tolist() == [x > 2 for x in kept]
    assert found.records["flag"].dtype == bool


def test_records_are_kept_over_many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_run, "CHUNK_SECONDS", 1e-6)
    seen: list[int] = []
    found = iterate(
        lambda x: (x + 1, x), 0.0, 20_000, has_aux=True, every=3, progress=lambda done, n: seen.append(done)
    )
    assert found.records.tolist() == list(range(0, 20_000, 3))
    assert len(seen) > 3
    assert seen == sorted(set(seen))
    assert seen[-1] == 20_000


# --- paths


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


def test_too_many_paths_run_through_python() -> None:
    def step(count: Any) -> Any:
        return count + int(count) % 100 * 0 + 1

    with pytest.warns(JitWarning, match="different paths"):
        assert iterate(step, 0, 90).state == 90


# --- what cannot be compiled


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


# --- errors


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


# --- ends


@pytest.mark.parametrize("limit", [0.5, 1, 2, 17, 18, 300])
def test_a_step_may_be_the_last(limit: float) -> None:
    found = iterate(lambda x: (x + 1, x, x + 1 >= limit), 0.0, 1000, has_aux=True, has_stop=True)
    steps = max(1, int(np.ceil(limit)))
    assert (found.state, found.done, found.why) == (float(steps), steps, "stopped")
    assert found.records.tolist() == list(range(steps))
    without = iterate(lambda x: (x + 1, x + 1 >= limit), 0.0, 1000, has_stop=True)
    assert (without.state, without.records, without.why) == (float(steps), None, "stopped")


def test_a_flag_may_be_an_outcome_of_python() -> None:
    def step(x: Any) -> Any:
        return x + 1, bool(x > 40)

    assert iterate(step, 0.0, 1000, has_stop=True).done == 42
    assert iterate(step, 0.0, 7, has_stop=True).why == "finished"


def test_a_loop_can_stop_where_values_are_not_finite() -> None:
    found = iterate(lambda x: (x * 1e100, np.logical_not(np.isfinite(x * 1e100))), 1.0, 100, has_stop=True)
    assert (found.done, found.why, found.state) == (4, "stopped", np.inf)


def test_a_flag_is_one_bool() -> None:
    with pytest.raises(ShapeError, match="flag"):
        iterate(lambda x: (x, x > 0), np.ones(2), 3, has_stop=True)


def test_ctrl_c_ends_the_loop_after_a_whole_step() -> None:
    def progress(done: int, n: int) -> None:
        if done > 1000:
            signal.raise_signal(signal.SIGINT)

    found = iterate(lambda x: (x + 1, x), 0.0, 10**8, has_aux=True, every=1000, progress=progress)
    assert found.why == "interrupted"
    assert 1000 < found.done < 10**8
    assert found.state == found.done
    assert found.records.tolist() == list(range(0, found.done, 1000))


def test_ctrl_c_comes_through_while_native_code_runs() -> None:
    timer = threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    try:
        found = iterate(lambda x: np.sin(x) + 1, 0.0, 10**12)
    finally:
        timer.cancel()
        timer.join()
    assert found.why == "interrupted"
    assert found.done > 1000


def test_what_progress_raises_is_raised_and_a_run_goes_on() -> None:
    def progress(done: int, n: int) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        iterate(lambda x: x + 1, 0.0, 10, progress=progress)
    run = Run(Stepper(lambda x: (x + 1, x), has_aux=True), 0.0, 1000, (), 3)
    for _ in range(3):
        with pytest.raises(LookupError):
            run.advance(progress)
        assert run.state() == run.done > 0
    run.advance()
    assert (run.done, run.state(), run.records().tolist()) == (1000, 1000.0, list(range(0, 1000, 3)))


def test_progress_is_told_in_time() -> None:
    seen: list[tuple[int, int]] = []
    iterate(lambda x: x + 1, 0.0, 50_000, progress=lambda done, n: seen.append((done, n)))
    assert seen[-1] == (50_000, 50_000)
    assert all(n == 50_000 for _, n in seen)


# --- transforms, threads, memory


def test_loops_have_derivatives() -> None:
    def end(rate: Any) -> Any:
        return iterate(lambda x, rate: x - rate * 2 * x, 1.0, 3, (rate,)).state

    def closed(rate: Any) -> Any:
        found: Iterated = iterate(lambda x: (x - rate * 2 * x, x), 1.0, 3, has_aux=True)
        return found.state + 0 * np.sum(found.records)

    for fun in (end, closed):
        assert cr.grad(fun)(0.1) == pytest.approx(-6 * 0.8**2)
        assert fun(0.1) == pytest.approx(0.8**3)
    assert cr.jit(end)(0.1) == pytest.approx(0.8**3)


def test_jitted_functions_may_be_steps_or_parts_of_them() -> None:
    inner = cr.jit(lambda x: np.sin(x) + 1)
    wanted = iterate(lambda x: np.sin(x) + 1, 0.5, 30).state
    assert iterate(inner, 0.5, 30).state == wanted
    assert iterate(lambda x: inner(x), 0.5, 30).state == wanted


def test_several_threads_share_a_stepper() -> None:
    def step(state: Any) -> Any:
        x, count = state
        if count % 100 == 50:
            return (x * 0.5, count + 1), np.sum(x)
        if x[0] > 3:
            return (x - 1, count + 1), np.sum(x)
        return (np.sin(x) + x + 0.1, count + 1), np.sum(x)

    starts = [np.full(5, 0.1 * k) for k in range(8)]
    wanted = [iterate(step, (start, 0), 3000, has_aux=True) for start in starts]
    stepper = Stepper(step, has_aux=True)
    found: list[Any] = [None] * len(starts)

    def work(place: int) -> None:
        for _ in range(5):
            found[place] = iterate(stepper, (starts[place], 0), 3000)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(starts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(found, wanted, strict=True):
        same(one.state, other.state)
        np.testing.assert_array_equal(one.records, other.records)


def test_memory_is_given_back() -> None:
    stepper = Stepper(adam(rosenbrock), has_aux=True)
    start = adam_start(np.ones(1000))
    for _ in range(3):
        iterate(stepper, start, 20)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(50):
            iterate(stepper, start, 20)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < 30_000
    finally:
        tracemalloc.stop()


def test_a_stepper_and_its_code_can_be_forgotten() -> None:
    stepper = Stepper(lambda x: x + 1)
    iterate(stepper, 0.0, 10)
    (known,) = stepper.signatures.values()
    code = weakref.ref(known.program.code)  # type: ignore[union-attr]
    del stepper, known
    gc.collect()
    assert code() is None


# --- how often records are kept, rows, and runs that go on


@pytest.mark.parametrize("n", [1, 2, 7, 50])
def test_each_part_of_a_record_is_kept_as_often_as_it_says(n: int) -> None:
    def step(x: Any) -> Any:
        return x + 1, (x, 2 * x, np.stack([x, x]))

    found = iterate(step, 0.0, n, has_aux=True, every=(1, 3, 0))
    assert found.records[0].tolist() == list(range(n))
    assert found.records[1].tolist() == [2 * x for x in range(0, n, 3)]
    assert found.records[2].tolist() == [[n - 1, n - 1]]

    def watched(scale: Any) -> Any:
        found = iterate(lambda x: (x + 1, (scale * x, x)), 0.0, n, has_aux=True, every=(2, 0))
        assert found.records[1].tolist() == [n - 1]
        return np.sum(found.records[0])

    assert cr.grad(watched)(1.0) == sum(range(0, n, 2))


def test_every_has_to_name_each_part() -> None:
    with pytest.raises(ValueError, match="every names 2 parts"):
        iterate(lambda x: (x, x), 0.0, 3, has_aux=True, every=(1, 2))


@pytest.mark.parametrize("has_stop", [True, False])
@pytest.mark.parametrize("chunk", [1e-7, 0.03])
def test_steps_in_registers_and_in_memory_have_the_same_bits(
    has_stop: bool, chunk: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(state: Any) -> Any:
        x, count, turned, whole = state
        length = np.sqrt(np.sum(x * x)) + 1
        if x[0] > 0.5:
            x = x - 0.3 * np.cos(x)
        after = (x * 1.01 + 0.1 / length, count + 1, np.logical_not(turned), whole * 0.99)
        return (after, (x, length), count > 700) if has_stop else (after, (x, length))

    monkeypatch.setattr(step_run, "CHUNK_SECONDS", chunk)
    state = (np.array([0.1, 0.2, 0.3]), 0, True, np.float32(7.0))
    found = []
    for limit in (step_code.REGISTER_BYTES, -1):
        monkeypatch.setattr(step_code, "REGISTER_BYTES", limit)
        run = Run(Stepper(step, has_aux=True, has_stop=has_stop), state, 1000, (), (1, 3))
        run.advance()
        found.append((run.state(), run.leaves(run.done - 1), run.records(), run.done, run.last(0), run.stopped))
    assert found[0][3] == (702 if has_stop else 1000)
    same(*found)


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("shape", [(), (3,), (40, 2)])
def test_each_step_takes_the_next_row(shape: tuple[int, ...], native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_run, "CHUNK_SECONDS", 1e-7)
    if not native:
        monkeypatch.setattr(step_code, "available", lambda: False)
    rows = rng.normal(size=(50, *shape))
    numbers = np.arange(50.0)
    stepper = Stepper(lambda x, rate, row, number: (x + rate * np.sum(row) + number, x), has_aux=True, rows=2)
    run = Run(stepper, 0.0, 100, (0.5,), 1, (rows, numbers))
    run.advance(until=20)
    run.advance(until=50)
    rows *= 2
    run.turn_back()
    run.advance()
    steps = np.concatenate([0.25 * rows.reshape(50, -1).sum(axis=1), 0.5 * rows.reshape(50, -1).sum(axis=1)])
    steps += np.tile(numbers, 2)
    np.testing.assert_allclose(run.records()[1:], np.cumsum(steps)[:-1], rtol=1e-9)
    assert run.state() == pytest.approx(np.sum(steps))


def test_a_run_goes_on_where_another_one_was() -> None:
    stepper = Stepper(lambda s: ((s[0] * 0.5 + s[1], s[1] + 1), (s[0], s[1])), has_aux=True)
    whole = Run(stepper, (np.ones(2), 0.0), 60, (), (1, 2))
    whole.advance()
    first = Run(stepper, (np.ones(2), 0.0), 60, (), (1, 2))
    first.advance(until=23)
    second = Run(stepper, (np.zeros(2), 0.0), 60, (), (1, 2))
    rooms = [spare for _, spare in first.rooms()]
    second.resume(23, (first.leaves(22), first.leaves(23)), first.rows_kept(), rooms)
    assert second.done == 23
    same(second.leaves(22), first.leaves(22))
    second.advance()
    same((second.state(), second.records()), (whole.state(), whole.records()))


def test_a_run_adopts_the_step_of_another() -> None:
    stepper = Stepper(lambda x, data: (x + np.sum(data), x), has_aux=True)
    run = Run(stepper, 1.0, 5, (np.ones(3),))
    for done in range(5):
        if done in (0, 3):
            other = Run(stepper, run.state(), 1, (np.full(7, 2.0),))
            other.advance()
            run.adopt(other)
        else:
            run.advance(until=done + 1)
    assert run.records().tolist() == [1.0, 15.0, 18.0, 21.0, 35.0]
    assert run.state() == 38.0


def test_a_run_starts_again_in_the_same_memory() -> None:
    stepper = Stepper(lambda s, rate: ((s[0] - rate * s[0], s[1] + 1), s[0]), has_aux=True)
    run = Run(stepper, (8.0, 0), 3, (0.5,))
    run.advance()
    assert run.restart((16.0, 0))
    run.set_numbers((0.25,))
    run.advance()
    assert (run.state(), run.records().tolist()) == ((6.75, 3), [16.0, 12.0, 9.0])
    assert not run.restart((np.ones(2), 0))
    assert not run.restart((1.0, 0.5))
    assert not run.restart([1.0, 0])
