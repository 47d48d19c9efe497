"""Proves that a native loop ends when it should and can go on, with records as often as asked; and that it has derivatives,
may run in many threads, and gives its memory back.
"""

from __future__ import annotations

import gc
import signal
import threading
import tracemalloc
import weakref
from typing import Any

import numpy as np
import pytest
from tests.native.descent_steps import adam, adam_start, rosenbrock, same

import chainrule as cr
from chainrule.errors import ShapeError
from chainrule.native.descents import step_code, step_run
from chainrule.native.descents.step_code import Stepper
from chainrule.native.descents.step_run import Run
from chainrule.native.iterate import Iterated, iterate

rng = np.random.default_rng(5)


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
