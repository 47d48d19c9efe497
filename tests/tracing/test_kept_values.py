"""Proves that a pullback reads none of the large values that were let go, for every primitive, and that they are let go."""

import tracemalloc

import numpy as np
import pytest
from tests.primitives.test_structured import SMOOTH as STRUCTURED
from tests.primitives.test_structured import like, sampled_call, several
from tests.primitives.test_table import SMOOTH as ELEMENTWISE
from tests.primitives.test_table import of_moving, operands

import chainrule as cr
from chainrule.tracing import kept_values, record
from chainrule.tracing.kept_values import places_read

SIZE = 20_000
CHAINS = {
    "x + 1": (lambda x: x + 1.0, 4),
    "1.01 x": (lambda x: 1.01 * x, 4),
    "x - mean": (lambda x: x - np.mean(x), 4),
    "halves": (lambda x: x[1:] + x[:-1], 5),
    "where": (lambda x: np.where(CHOSEN, x, 0.5), 10),
    "joined": (lambda x: np.concatenate([x[:1], x[1:]]), 5),
    "of few": (lambda x: x + np.pad(x[:1], (0, SIZE - 1)), 5),
    "exp(-x)": (lambda x: np.exp(-x), 54),
    "C @ x": (lambda x: np.reshape(TURN @ np.reshape(x, (2, -1)), -1), 5),
}
"""A step, and how many arrays of the size of the first a gradient through fifty of them may need."""
CHOSEN = np.arange(SIZE) % 3 > 0
TURN = np.array([[0.6, -0.8], [0.8, 0.6]])


def poisoned(shape, dtype):
    """Return an array for its shape and type only: to read it is to get NaN, or as wrong an integer."""
    return np.broadcast_to(np.full((), np.nan if dtype.kind in "fc" else 77).astype(dtype), shape)


def pulled(function, parts, cts):
    value, pullback = cr.vjp(function, *parts)
    return pullback(tuple(cts) if isinstance(value, tuple) else cts[0])


def agrees_with_nothing_but_what_is_read(monkeypatch, function, parts):
    cts = [like(np.random.default_rng(2), out) for out in several(function(*parts))]
    expected = pulled(function, parts, cts)
    monkeypatch.setattr(kept_values, "LARGE", 0)
    monkeypatch.setattr(record, "LARGE", 0)
    monkeypatch.setattr(kept_values, "_blank", poisoned)
    for got, wanted in zip(pulled(function, parts, cts), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


def check_together_and_alone(monkeypatch, function, parts):
    agrees_with_nothing_but_what_is_read(monkeypatch, function, parts)
    for place, part in enumerate(parts):  # the others are constants then

        def alone(x, place=place):
            return function(*parts[:place], x, *parts[place + 1 :])

        monkeypatch.undo()
        agrees_with_nothing_but_what_is_read(monkeypatch, alone, (part,))


@pytest.mark.parametrize("primitive", ELEMENTWISE, ids=lambda p: p.name)
def test_elementwise_rules_read_what_their_code_says(monkeypatch, primitive):
    check_together_and_alone(monkeypatch, *of_moving(primitive, operands(primitive, 1, (3,))))


@pytest.mark.parametrize(("name", "place"), STRUCTURED)
def test_other_rules_read_what_their_kind_says(monkeypatch, name, place):
    function, parts, _, _ = sampled_call(name, place, np.random.default_rng(1))
    check_together_and_alone(monkeypatch, function, parts)


def test_what_a_function_reads_is_seen_in_its_code():
    assert places_read(lambda out, x, y: 1) == set()
    assert places_read(lambda out, x, y: y) == {2}
    assert places_read(lambda out, x, y: [out for _ in (1, 2)]) == {0}
    assert places_read(lambda out, x, y: (lambda: x)()) == {1}
    assert places_read(lambda out, *others: out) is None
    assert places_read(np.add) is None


@pytest.mark.parametrize("name", CHAINS)
def test_a_gradient_lets_go_of_what_no_rule_reads(name):
    step, arrays = CHAINS[name]

    def f(x):
        for _ in range(50):
            x = step(x)
        return np.sum(x)

    gradient, x = cr.grad(f), np.linspace(0.1, 1.0, SIZE)
    gradient(x)
    tracemalloc.start()
    gradient(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < arrays * x.nbytes + 200_000


def test_results_and_second_derivatives_of_large_arrays_are_whole():
    x = np.linspace(0.1, 1.0, SIZE)
    value, pullback = cr.vjp(lambda x: (x + 1.0, 2.0 * x, x * x), x)
    for got, wanted in zip(value, (x + 1.0, 2.0 * x, x * x), strict=True):
        np.testing.assert_array_equal(got, wanted)
    for _ in range(2):
        np.testing.assert_allclose(pullback((x, x, x))[0], 3 * x + 2 * x * x, rtol=1e-15)
    product = cr.hvp(lambda x: np.sum((x + 1.0) ** 3), (x,), (x,))
    np.testing.assert_allclose(product, 6 * (x + 1.0) * x, rtol=1e-14)
