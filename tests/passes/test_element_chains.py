"""Proves that what is written to a place of an array is what is read there, and that nothing else is needed for that."""

from __future__ import annotations

import numpy as np
import pytest
from tests.passes.recorded import evaluate, terms_of

import chainrule as cr
from chainrule.passes.elements import place_of
from chainrule.passes.terms import live
from chainrule.primitives.indexing import INDEX_ADD, INDEX_SET
from chainrule.primitives.joining import STACK

X = np.random.default_rng(0).standard_normal(6)


def filled(x):
    y = np.zeros(5, like=x)
    y[0] = x[0]
    for t in range(1, 5):
        y[t] = np.sin(y[t - 1]) * x[t]
    return y


def overwritten(x):
    y = x * 1.0
    y[2] = y[1] + y[2]
    y[-4] = y[2] * y[2]
    return y * y[2]


def branched(x):
    y = x * 1.0
    y[0] = 1.5
    z = y.copy()
    z[0] = y[0] + x[1]
    y[1] = z[0] * 2
    return np.stack([y, z])


def rows(x):
    y = np.zeros((3, 2), like=x)
    for t in range(3):
        y[t] = x[t] * np.array([1.0, 2.0])
    y[1] = y[0] + y[2]
    y[2, 0] = y[1, 1]
    return y


def added(x):
    y = x * 1.0
    y[3] += x[0]
    y[3] *= y[3]
    return y[3] + y


FUNCTIONS = (filled, overwritten, branched, rows, added)


def written(fun) -> list[str]:
    return [term.primitive.name for term in live(terms_of(fun, X)) if term.primitive in (INDEX_SET, INDEX_ADD)]


@pytest.mark.parametrize("fun", FUNCTIONS, ids=lambda fun: fun.__name__)
def test_values_are_numpys(fun):
    (found,) = evaluate(terms_of(fun, X), [X])
    np.testing.assert_array_equal(found, fun(X))


@pytest.mark.parametrize("fun", FUNCTIONS, ids=lambda fun: fun.__name__)
def test_compiled_gradients_are_the_engines(fun):
    def total(x):
        return np.sum(np.cos(fun(x)))

    step = cr.jit(cr.value_and_grad(total))
    for _ in range(3):
        value, slope = step(X)
    np.testing.assert_allclose(value, total(X), rtol=1e-14)
    np.testing.assert_allclose(slope, cr.grad(total)(X), rtol=1e-12)


def test_an_array_that_is_written_whole_is_stacked():
    assert written(filled) == []
    (out,) = terms_of(filled, X)
    assert out.primitive is STACK


def test_a_read_needs_no_array():
    def last(x):
        y = x * 1.0
        for t in range(1, 6):
            y[t] = y[t - 1] * x[t]
        return y[5]

    assert written(last) == []


def test_elements_that_sum_up_are_written_into_one_array():
    (out,) = terms_of(cr.grad(lambda x: x[0] * x[3] + np.sin(x[0])), X)
    assert written(cr.grad(lambda x: x[0] * x[3] + np.sin(x[0]))).count("index_set") == 0
    assert out.primitive is INDEX_ADD
    assert out.operands[0].primitive is INDEX_ADD


def test_small_parts_that_sum_up_are_written_into_one_array():
    def fun(x):
        return np.sum(x[:5] ** 2) + x[7] * np.sum(x[50:55]) + x[9]

    (out,) = terms_of(cr.grad(fun), np.linspace(0, 1, 100))
    depth = 0
    while out.primitive is INDEX_ADD:
        (out, _), depth = out.operands, depth + 1
    assert depth == 3
    assert out.is_constant  # x[9] counts once


@pytest.mark.parametrize(
    ("template", "place"),
    [(1, (1,)), (-1, (2,)), ((0, -1), (0, 3)), (slice(None), None), ((0, slice(1)), None), (None, None), ((), None)],
)
def test_places_are_integers_along_the_first_axes(template, place):
    assert place_of(template, (3, 4)) == place


def test_paths_that_begin_with_the_same_writes_share_them():
    def fun(x):
        y = np.zeros(6, like=x)
        for t in range(6):
            y[t] = np.sin(x[t]) + (y[t - 1] if t else 0)
        return np.sum(y**2) if y[5] > 0 else np.sum(y)

    step = cr.jit(cr.value_and_grad(fun))
    for x in (X, -X, X, -X, np.abs(X), -np.abs(X)):
        value, slope = step(x)
        np.testing.assert_allclose(value, fun(x), rtol=1e-13)
        np.testing.assert_allclose(slope, cr.grad(fun)(x), rtol=1e-12)
    assert len(step.explain_plan(X).paths) == 2


def test_sweeps_over_an_array_are_stacked_once_each():
    def sweeps(x):
        y = x * 1.0
        for _ in range(3):
            for t in range(6):
                y[t] = 0.5 * y[t] + 0.25 * y[t - 1]
        return y

    outputs = terms_of(sweeps, X)
    assert written(sweeps) == []
    np.testing.assert_array_equal(evaluate(outputs, [X])[0], sweeps(X))
