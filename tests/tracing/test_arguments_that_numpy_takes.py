"""Less common arguments of NumPy's functions and methods: values are NumPy's, derivatives agree with the limit definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ShapeError, TracingError

X = np.array([[0.5, -1.25, 2.0], [1.5, 0.25, -0.75]])
MASK = np.array([[True, False, True], [False, True, True]])


def _changed(change: Any) -> Any:
    def fun(x: Any) -> Any:
        x = x * 1
        change(x)
        return x

    return fun


def _flat(values: Any) -> Any:
    def change(x: Any) -> None:
        x.flat = values(x)

    return change


def _real(x: Any) -> None:
    x.real = 2 * x[0]


FUNCTIONS = {
    "no places": lambda x: np.take(x, [], axis=1),
    "bases": lambda x: np.logspace(0, 1, 3, base=np.abs(x[0])),
    "bases and ends": lambda x: np.logspace(0, x[:, :1], 3, base=np.abs(x)),
    "matmul, dtype": lambda x: np.matmul(x, x.T, dtype=complex),
    "einsum, order": lambda x: np.einsum("ij,ij->j", x, x, order="F"),
    "einsum, dtype": lambda x: np.einsum("ij,ij->j", x, x, dtype=complex),
    "mean of whole numbers": lambda x: np.mean(3.1 * x, axis=0, dtype=int) + x,
    "put nothing": _changed(lambda x: np.put(x, [0], [])),
    "put nowhere": _changed(lambda x: np.put(x, [], [1.0])),
    "putmask of nothing": _changed(lambda x: np.putmask(x, MASK, [])),
    "putmask, mask of another shape": _changed(lambda x: np.putmask(x, MASK.ravel(), x[0] ** 2)),
    "flat number": _changed(_flat(lambda x: x[0, 1] ** 2)),
    "flat values": _changed(_flat(lambda x: 2 * x[1, :2])),
    "real part of real numbers": _changed(_real),
    "sort, kind": _changed(lambda x: x.sort(kind="stable")),
    "sort, axis": _changed(lambda x: x.sort(0)),
    "diagonal that begins again": lambda x: _changed(lambda y: np.fill_diagonal(y, x[0, :2], wrap=True))(
        np.tile(x.T, (3, 1))
    ),
    "take by truth values": lambda x: np.take(x, [True, False, True], axis=0),
    "take a truth value": lambda x: np.take(x, True, axis=1),
    "insert several at one place": lambda x: np.insert(x, [1], x**2, axis=1),
    "insert several by a slice": lambda x: np.insert(x, slice(1, 2), x**2, axis=1),
    "insert several into a vector": lambda x: np.insert(x[0], [1], x[1]),
    "largest of nothing but NaN, initial": lambda x: np.nanmax(np.where(x > 1.75, x, np.nan), axis=0, initial=0.3),
    "smallest of nothing but NaN, initial": lambda x: np.nanmin(np.where(x > 9, x, np.nan), initial=0.3) + x,
    "var about a mean": lambda x: np.var(x, axis=1, mean=np.mean(x, axis=1, keepdims=True), ddof=1),
    "var about what is no mean": lambda x: np.var(x, axis=0, mean=x[:1] ** 2, keepdims=True),
    "var about a mean, where": lambda x: np.var(x, axis=1, mean=x[:, :1], where=MASK),
    "std about a mean": lambda x: np.std(x, mean=0.5, correction=1, keepdims=True),
    "std of complex numbers about a mean": lambda x: np.std(x + 1j * x**2, axis=0, mean=0.5j),
    "parts of one element": lambda x: np.hypot.reduceat(x, [0, 2, 1], axis=1),
    "mean of whole numbers, where": lambda x: np.mean(3.1 * x, axis=0, dtype=int, where=MASK) + x,
    "pseudo-inverse that reads one triangle": lambda x: np.linalg.pinv(x[:, :2], hermitian=True),
    "argpartition": lambda x: x[0][x[0].argpartition(1)[:1]],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_derivatives(name: str) -> None:
    function = FUNCTIONS[name]
    value = cr.vjp(function, X)[0]
    np.testing.assert_allclose(value, function(X))
    assert value.dtype == function(X).dtype
    assert cr.check_grad(lambda x: np.sum(np.abs(function(x)) ** 2) + np.sum(x), X)


def test_the_step_of_one_number_is_nan() -> None:
    values, step = cr.vjp(lambda x: np.linspace(0, x[0, 0], 1, retstep=True), X)[0]
    assert values == 0
    assert np.isnan(step)


def test_partition_in_place() -> None:
    found = cr.vjp(_changed(lambda x: x.partition(1)), X)[0]
    np.testing.assert_array_equal(np.sort(found), np.sort(X))
    np.testing.assert_array_equal(found[:, 1], np.sort(X)[:, 1])


def _shape(x: Any) -> None:
    x.shape = (3, 2)


def _imaginary(x: Any) -> None:
    z = x + 1j
    z.imag = 0.0


@pytest.mark.parametrize(
    ("change", "kind", "advice"),
    [
        (_shape, TracingError, r"x.reshape\(\(3, 2\)\)"),
        (_imaginary, TracingError, "a \\+ 1j \\* b"),
        (lambda x: np.fill_diagonal(x[0], 1.0), ShapeError, "takes a matrix"),
    ],
)
def test_what_cannot_be_is_refused_with_advice(change: Any, kind: Any, advice: str) -> None:
    with pytest.raises(kind, match=advice):
        cr.grad(lambda x: np.sum(_changed(change)(x)))(X)


@pytest.mark.parametrize("axis", [0, -1])
def test_a_number_passes_for_a_vector_of_one_element(axis: int) -> None:
    functions = (
        lambda x: np.squeeze(x, axis=axis),
        lambda x: x.squeeze(axis),
        lambda x: np.take(x, 0, axis=axis),
        lambda x: np.repeat(x, 3, axis=axis),
    )
    for function in functions:
        expected = function(np.square(2.0))
        value, slope = cr.jvp(lambda x, function=function: function(np.square(x)), (2.0,), (1.0,))
        np.testing.assert_array_equal(value, expected)
        np.testing.assert_array_equal(slope, expected)
        assert np.shape(value) == np.shape(slope) == np.shape(expected)
    with pytest.raises(ShapeError):
        cr.grad(lambda x: np.squeeze(x, axis=1))(2.0)


@pytest.mark.parametrize(("kind", "casting"), [(int, "safe"), ("f4", "no"), (int, "same_kind"), (int, "unknown")])
def test_casting_is_refused_as_by_numpy(kind: Any, casting: Any) -> None:
    for convert in (lambda x: x.astype(kind, casting=casting), lambda x: x.astype(kind, "K", casting)):
        with pytest.raises((TypeError, ValueError)) as plain:
            convert(X)
        with pytest.raises(type(plain.value), match=str(plain.value).split("(")[0]):
            cr.grad(lambda x, convert=convert: np.sum(convert(x)))(X)
    assert cr.grad(lambda x: np.sum(x.astype("f8", casting="safe", copy=False)))(X).tolist() == np.ones_like(X).tolist()
