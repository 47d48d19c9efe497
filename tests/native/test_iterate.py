"""Proves what iterate promises: the results of the plain loop, bit for bit those of the compiled step called again and again,
whatever the state is made of.
"""

from __future__ import annotations

import collections
from typing import Any

import numpy as np
import pytest
from tests.native.descent_steps import X, Y, adam, adam_start, by_jit, by_python, momentum, rosenbrock, same, same_bits

import chainrule as cr
from chainrule.core.trees import flatten
from chainrule.native.descents import step_run
from chainrule.native.descents.step_code import Stepper
from chainrule.native.iterate import iterate


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
