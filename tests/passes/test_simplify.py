"""Simplification makes the terms that it should, and they have the bits of what was written, on special values too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import agree, exact, within
from tests.passes.recorded import evaluate, terms_of

import chainrule as cr
from chainrule.passes.terms import Term, live, uniform
from chainrule.primitives.indexing import INDEX_SET

SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 5e-324, -2.5e-310, 1.7e308, 0.1, -3.7])
MATRIX = np.resize(SPECIAL, (3, 4))
ROW = SPECIAL[None, :]
FLAT = np.linspace(-1.5, 2.0, 12)


@pytest.fixture(autouse=True)
def no_complaints() -> Iterator[None]:
    """Let NumPy compute with special values."""
    with np.errstate(all="ignore"):
        yield


def operations(out: Term) -> list[str]:
    """Return the names of the operations that a term is made by."""
    return [term.primitive.name for term in live([out]) if term.primitive is not None]


EXACT: dict[str, tuple[Callable[..., Any], Any, str]] = {
    "x * 1": (lambda x: x * 1, SPECIAL, ""),
    "1.0 * x": (lambda x: 1.0 * x, SPECIAL, ""),
    "x * ones": (lambda x: x * np.ones(12), SPECIAL, ""),
    "x * -1": (lambda x: x * -1, SPECIAL, "negative"),
    "x - 0": (lambda x: x - 0, SPECIAL, ""),
    "x / 1": (lambda x: x / 1, SPECIAL, ""),
    "x / 4": (lambda x: x / 4, SPECIAL, "multiply"),
    "100 * (2 * x)": (lambda x: 100 * (2 * x), SPECIAL, "multiply"),
    "(x * 8) * -1.1": (lambda x: (x * 8) * -1.1, SPECIAL, "multiply"),
    "0.3 * (2 * x) stays": (lambda x: 0.3 * (2 * x), SPECIAL, "multiply multiply"),
    "2 * (1.1 * x) stays": (lambda x: 2 * (1.1 * x), SPECIAL, "multiply multiply"),
    "x / -2": (lambda x: x / -2, SPECIAL, "multiply"),
    "x / 3 stays": (lambda x: x / 3, SPECIAL, "divide"),
    "x / 0 stays": (lambda x: x / 0, SPECIAL, "divide"),
    "x + zeros stays": (lambda x: x + np.zeros(12), SPECIAL, "add"),
    "x * 0 stays": (lambda x: x * 0, SPECIAL, "multiply"),
    "x + 0 stays": (lambda x: x + 0, SPECIAL, "add"),
    "x - x stays": (lambda x: x - x, SPECIAL, "subtract"),
    "x / x stays": (lambda x: x / x, SPECIAL, "divide"),
    "-(-x)": (lambda x: np.negative(-x), SPECIAL, ""),
    "+x": (lambda x: +x, SPECIAL, ""),
    "x**1": (lambda x: x**1, SPECIAL, ""),
    "x**2": (lambda x: x**2, SPECIAL, "square"),
    "x**0.5": (lambda x: x**0.5, SPECIAL, "sqrt"),
    "x**-1": (lambda x: x**-1, SPECIAL, "divide"),
    "x**0 stays": (lambda x: x**0, SPECIAL, "power"),
    "x**5 stays": (lambda x: x**5.0, FLAT, "power"),
    "real and conjugate of a real number": (lambda x: np.conj(np.real(x)), SPECIAL, ""),
    "real of a complex number is read": (lambda x: np.real(x), SPECIAL + 1j, "index"),
    "the same type": (lambda x: x.astype(float), SPECIAL, ""),
    "another type stays": (lambda x: x.astype(np.float32), FLAT, "astype"),
    "the same shape": (lambda x: x.reshape(12), SPECIAL, ""),
    "one shape after the other": (lambda x: x.reshape(3, 4).reshape(2, 6), SPECIAL, "reshape"),
    "there and back": (lambda x: x.reshape(3, 4).reshape(12), SPECIAL, ""),
    "transposed twice": (lambda x: x.T.T, MATRIX, ""),
    "axes turned twice": (lambda x: x.transpose(1, 2, 0).transpose(1, 2, 0), SPECIAL.reshape(2, 3, 2), "transpose"),
    "broadcast twice": (lambda x: np.broadcast_to(np.broadcast_to(x, (2, 12)), (3, 2, 12)), SPECIAL, "broadcast_to"),
    "broadcast, where the operation does that": (lambda x: np.broadcast_to(x, (3, 4)) + MATRIX, MATRIX[0], "add"),
    "the sum of truth values": (lambda x: np.sum(x > 0), SPECIAL, "greater astype sum"),
    "all of an array": (lambda x: x[:][...], SPECIAL, ""),
    "a slice of the same length": (lambda x: x[0:12], SPECIAL, ""),
    "the reverse stays": (lambda x: x[::-1], SPECIAL, "index"),
    "a part of one number, repeated": (lambda x: np.broadcast_to(x, (12,))[3:5], np.float64(-0.0), "broadcast_to"),
    "a mask that is always true": (lambda x: np.where(np.ones(12, bool), x, 7.0), SPECIAL, ""),
    "a mask that is always false": (lambda x: np.where(np.zeros(12, bool), 7.0, x), SPECIAL, ""),
    "an outer product": (lambda x: x.reshape(12, 1) @ FLAT.reshape(1, 12), FLAT, "reshape reshape multiply"),
}


@pytest.mark.parametrize("case", EXACT)
def test_it_is_applied_and_keeps_every_bit(case: str) -> None:
    fun, x, expected = EXACT[case]
    (out,) = terms_of(fun, x)
    assert operations(out) == expected.split()
    agree(np.asarray(evaluate([out], [x])[0]), np.asarray(fun(x)), exact)


def _assigned(key: Any, value: Any) -> Callable[[Any], Any]:
    def fun(x: Any) -> Any:
        y = x.copy()
        y[key] = value(x) if callable(value) else value
        return y

    return fun


ASSIGNED: dict[str, tuple[Any, Any, str]] = {
    "a whole number": ((slice(1, 3), 0), 7, "index_set"),
    "a truth value": (slice(0, 2), True, "index_set"),
    "whole numbers": ((slice(1, 3), 0), lambda x: np.arange(2), "index_set"),
    "counted at each call": (
        (0, slice(None, None, 2)),
        lambda x: np.sum(x > 0.5),
        "greater astype sum astype index_set",
    ),
    "a number everywhere": (slice(None), 3, ""),
    "a row everywhere": (Ellipsis, lambda x: np.arange(4), ""),
    "a row of its own everywhere": (Ellipsis, lambda x: x[1], "index broadcast_to"),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", ASSIGNED)
def test_what_is_assigned_takes_on_the_type_of_its_array(case: str, dtype: Any) -> None:
    key, value, expected = ASSIGNED[case]
    fun, x = _assigned(key, value), FLAT.reshape(3, 4).astype(dtype)
    (out,) = terms_of(fun, x)
    assert operations(out) == expected.split()
    for term in live([out]):
        if term.primitive is INDEX_SET:
            assert {each.dtype for each in term.operands} == {np.dtype(dtype)}
    agree(np.asarray(evaluate([out], [x])[0]), np.asarray(fun(x)), exact)


WIDE = np.linspace(-2, 3, 96).reshape(3, 32)
ROWS: dict[str, tuple[Callable[..., Any], str]] = {
    "a row of simple arithmetic": (lambda x: (2 * x - x * x)[1], "index multiply multiply subtract"),
    "a column of simple arithmetic": (lambda x: (2 * x.T)[:, 1], "transpose index multiply"),
    "a row of a function stays": (lambda x: np.sin(x)[1], "sin index"),
    "a row of long arithmetic stays": (lambda x: (x + x * x * x * x * x * x * x)[1], "multiply " * 6 + "add index"),
    "a short row stays": (lambda x: (2 * x[:, :8])[1], "index multiply index"),
    "a part of what was stacked": (lambda x: (3 * np.stack([x[0], np.sin(x[1])]))[1], "index sin multiply"),
}


@pytest.mark.parametrize("case", ROWS)
def test_simple_arithmetic_is_done_where_it_is_read(case: str) -> None:
    fun, expected = ROWS[case]
    (out,) = terms_of(fun, WIDE)
    assert operations(out) == expected.split()
    agree(evaluate([out], [WIDE])[0], fun(WIDE), exact)


def test_float32_stays_float32() -> None:
    x = SPECIAL.astype(np.float32)
    for fun in (lambda x: x * 1, lambda x: x / 2, lambda x: x**2, lambda x: x - 0, lambda x: 1.1 * (4 * x)):
        (out,) = terms_of(fun, x)
        agree(evaluate([out], [x])[0], fun(x), exact)


def test_a_neutral_operand_that_widens_the_result_stays() -> None:
    x = SPECIAL.astype(np.float32)
    for fun in (lambda x: x * np.float64(1), lambda x: x - np.zeros(12), lambda x: x * np.ones((2, 12))):
        (out,) = terms_of(fun, x)
        agree(evaluate([out], [x])[0], fun(x), exact)


def test_sums_of_one_term_are_that_term_but_for_the_sign_of_a_zero() -> None:
    (out,) = terms_of(lambda x: np.sum(x, axis=0), ROW)
    assert operations(out) == ["reshape"]
    np.testing.assert_array_equal(evaluate([out], [ROW])[0], np.sum(ROW, axis=0))


@pytest.mark.parametrize("power", [3, 4])
def test_small_powers_are_products(power: int) -> None:
    x = np.concatenate([SPECIAL, np.random.default_rng(power).normal(size=500)])
    (out,) = terms_of(lambda x: x**power, x)
    assert operations(out) == (["square", "multiply"] if power == 3 else ["square", "square"])
    agree(evaluate([out], [x])[0], np.power(x.astype(np.longdouble), power).astype(float), within(2))


def test_the_derivative_of_logaddexp_is_the_logistic_function() -> None:
    x = np.array([-800.0, -30.0, -1.0, 0.0, 2.0, 40.0, 900.0])
    (out,) = terms_of(lambda x: np.exp(x - np.logaddexp(0.0, x)), x)
    assert operations(out)[-1] == "expit"
    assert not {"exp", "logaddexp"} & {*operations(out)}
    agree(evaluate([out], [x])[0], np.where(x > 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x))), within(2))


def test_products_of_matrices_become_sums_where_they_are_small() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(5, 6)), rng.normal(size=(6, 4))
    for left, right in ((x, y), (x, y[:, 0]), (x[0], y), (x[0], y[:, 0]), (x, y[:, :1])):
        (out,) = terms_of(np.matmul, left, right)
        assert "matmul" not in operations(out)
        np.testing.assert_allclose(evaluate([out], [left, right])[0], left @ right, rtol=1e-13)
    (out,) = terms_of(np.matmul, np.ones((40, 30)), np.ones((30, 20)))
    assert operations(out) == ["matmul"]


def test_what_depends_on_nothing_is_computed_once_and_for_all() -> None:
    (out,) = terms_of(lambda x: x + np.sin(np.exp(2.0)) * np.sqrt(np.float64(3.0)), FLAT)
    assert operations(out) == ["add"]
    assert uniform(out.operands[1]) == np.sin(np.exp(2.0)) * np.sqrt(3.0)


def test_equal_operations_are_one() -> None:
    first, second = terms_of(lambda x: (np.sin(x) * 2.0, np.sin(x.reshape(3, 4).reshape(12)) * 2.0), FLAT)
    assert first is second
    (out,) = terms_of(lambda x: np.sin(x) + np.sin(x), FLAT)
    assert operations(out) == ["sin", "add"]


def test_arrays_that_are_read_at_each_call_are_no_constants() -> None:
    data = np.ones(12)
    (out,) = terms_of(lambda x: x * data, FLAT)
    assert operations(out) == ["multiply"]
    assert [operand.is_reference for operand in out.operands] == [False, True]


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_the_gradient_of_a_filter_convolves_no_more_than_is_asked_for(mode: Any) -> None:
    signal, kernel = np.linspace(-1.0, 1.0, 100), np.array([0.5, 1.0, -0.5])
    outputs = terms_of(cr.grad(lambda k: np.sum(np.convolve(signal, k, mode) ** 2)), kernel)
    assert max(term.size for term in live(outputs)) <= len(signal) + len(kernel) - 1


@pytest.mark.parametrize(("count", "found"), [(8, {"add", "index_add"}), (9, {"index_add"}), (12, {"index_add"})])
def test_many_large_parts_of_a_sum_are_added_in_one_array(count: int, found: set[str]) -> None:
    """Such as the gradient of the windows of a convolution, which overlap."""

    def windows(x: Any) -> Any:
        return sum((np.sum(x[start : start + 20] ** (start + 2)) for start in range(count)), 0.0)

    (gradient,) = terms_of(cr.grad(windows), np.ones((32, 3)))
    assert {"add", "index_add"} & set(operations(gradient)) == found
    x = np.random.default_rng(0).normal(size=(32, 3))
    compiled = cr.jit(cr.grad(windows))
    for _ in range(3):
        result = compiled(x)
    np.testing.assert_allclose(result, cr.grad(windows)(x), rtol=1e-13)
