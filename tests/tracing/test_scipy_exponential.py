"""Proves that logsumexp, softmax and log_softmax of traced arrays are SciPy's in value, with the derivatives of the limit."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp, softmax

import chainrule as cr

X = np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -0.5]])
B = np.array([[0.5, 2.0, -0.25], [1.0, 0.0, 3.0]])
Z = X + 1j * np.array([[0.1, 2.0, -3.0], [1.5, -0.5, 0.0]])
INF = np.inf

CALLS: dict[str, Callable[[Any], Any]] = {
    "all": logsumexp,
    "axis": lambda x: logsumexp(x, axis=0),
    "last axis": lambda x: logsumexp(x, -1),
    "axes": lambda x: logsumexp(x, axis=(0, 1)),
    "no axes": lambda x: logsumexp(x, axis=()),
    "kept": lambda x: logsumexp(x, axis=1, keepdims=True),
    "weights": lambda x: logsumexp(x, axis=1, b=np.abs(B)),
    "a weight for all": lambda x: logsumexp(x, b=2),
    "weights that are broadcast": lambda x: logsumexp(x[0], axis=1, b=np.abs(B)),
    "sign": lambda x: logsumexp(x, axis=1, b=B, return_sign=True),
    "sign without weights": lambda x: logsumexp(x, axis=0, return_sign=True, keepdims=True),
    "negative sum": lambda x: logsumexp(x, b=-1),
    "of a list": lambda x: logsumexp([x[0, 0], 1.0, x[1, 2]]),
    "of an element": lambda x: logsumexp(x[0, 0]),
    "of an element, kept": lambda x: logsumexp(x[0, 0], axis=0, keepdims=True),
    "softmax": softmax,
    "softmax of rows": lambda x: softmax(x, axis=1),
    "softmax over axes": lambda x: softmax(x, axis=(0, 1)),
    "softmax of an element": lambda x: softmax(x[0, 0]),
    "log_softmax": log_softmax,
    "log_softmax of columns": lambda x: log_softmax(x, axis=0),
    "log_softmax of an element": lambda x: log_softmax(x[0, 0]),
}


def _same(found: Any, wanted: Any, **tolerance: float) -> None:
    if isinstance(wanted, tuple):
        for each, right in zip(found, wanted, strict=True):
            _same(each, right, **tolerance)
        return
    assert np.shape(found) == np.shape(wanted)
    assert np.asarray(found).dtype == np.asarray(wanted).dtype
    np.testing.assert_allclose(found, wanted, **(tolerance or {"rtol": 1e-13, "atol": 1e-15}))


def _value(call: Callable[[Any], Any], x: Any) -> Any:
    """Return the value of a call with a traced argument."""
    return cr.vjp(call, x)[0]


@pytest.mark.parametrize("name", CALLS)
def test_values_are_scipys(name):
    _same(_value(CALLS[name], X), CALLS[name](X))


@pytest.mark.parametrize("name", [name for name in CALLS if name != "negative sum"])
def test_derivatives_are_the_limit_and_compiled_code_agrees(name):
    def total(x):
        found = CALLS[name](x)
        found = found[0] if isinstance(found, tuple) else found
        return np.sum(found * np.arange(1.0, 1 + np.size(found)).reshape(np.shape(found)))

    cr.check_grad(total, X)
    gradient = cr.grad(total)
    np.testing.assert_allclose(cr.jit(gradient)(X), gradient(X), rtol=1e-12, atol=1e-15)
    cr.check_grad(lambda x: np.sum(gradient(x) * np.cos(X)), X)


def test_weights_have_derivatives_even_where_they_are_zero():
    gradient = cr.grad(lambda b: logsumexp(X, b=b))(np.abs(B))
    np.testing.assert_allclose(gradient, np.exp(X) / np.sum(np.abs(B) * np.exp(X)))
    cr.check_grad(lambda x, b: logsumexp(x, b=b, return_sign=True)[0], X, B)


@pytest.mark.parametrize("name", ["all", "axis", "kept", "weights", "sign", "softmax of rows", "log_softmax"])
def test_complex_values_are_scipys(name):
    _same(_value(CALLS[name], Z), CALLS[name](Z), rtol=1e-12)


@pytest.mark.parametrize("name", ["all", "axis", "sign", "weights", "softmax", "log_softmax"])
def test_single_precision_is_kept(name):
    x, b = X.astype(np.float32), np.abs(B).astype(np.float32)
    call = (lambda x: logsumexp(x, b=b)) if name in ("sign", "weights") else CALLS[name]
    _same(_value(call, x), call(x), rtol=1e-5)


def test_numbers_have_no_precision_of_their_own():
    x = X.astype(np.float32)
    assert _value(lambda s: logsumexp(x, b=s), 2.0).dtype == np.float32


@pytest.mark.parametrize("values", list(itertools.product([-INF, 0.0, 1.0, INF, np.nan], repeat=2)))
def test_values_that_are_not_finite_are_scipys(values):
    x = np.array([values, (-INF, -INF), (800.0, 790.0)])
    with np.errstate(invalid="ignore"):
        for call in (
            lambda x: logsumexp(x, axis=1),
            lambda x: logsumexp(x, axis=1, b=np.array([3.0, 2.0])),
            lambda x: logsumexp(x, axis=1, b=np.array([3.0, -2.0]), return_sign=True),
        ):
            _same(_value(call, x), call(x))


def test_a_row_of_minus_infinities_has_a_derivative_of_zero():
    np.testing.assert_array_equal(cr.grad(lambda x: logsumexp(x))(np.full(3, -INF)), 0)


@pytest.mark.parametrize("nothing", [1e5, INF, -INF, np.nan])
def test_what_has_no_weight_adds_nothing_whatever_it_is(nothing):
    x, b = np.array([nothing, 1.0, 2.0]), np.array([0.0, 1.0, 1.0])
    value, gradient = cr.value_and_grad(lambda x: logsumexp(x, b=b))(x)
    assert value == logsumexp(x, b=b)
    np.testing.assert_allclose(gradient, [0, *softmax(x[1:])])


@pytest.mark.parametrize("axis", [0, 1, (1,)])
def test_empty_axes_are_scipys(axis):
    x = np.zeros((2, 0))
    _same(_value(lambda x: logsumexp(x, axis=axis), x), logsumexp(x, axis=axis))


def test_mapped_calls_are_a_loop():
    rows = [logsumexp(row, b=B[0], return_sign=True) for row in X]
    _same(cr.vmap(lambda x: logsumexp(x, b=B[0], return_sign=True))(X), tuple(map(np.array, zip(*rows, strict=True))))
    _same(cr.vmap(softmax)(X), softmax(X, axis=1))
    _same(cr.vmap(log_softmax)(X), log_softmax(X, axis=1))


def test_an_axis_that_does_not_exist_is_named():
    with pytest.raises(cr.ShapeError, match="axis 2"):
        cr.grad(lambda x: logsumexp(x, axis=2))(X)
