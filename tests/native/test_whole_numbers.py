"""Proves that Python's whole numbers and truth values do in compiled code what they do in Python, beside arrays of any type."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import check, exact, rounded

import chainrule as cr

MANY = [(n,) for n in (3, -2, 5, 7, 0, 1, 2, 8, 9, 10, 11, 12, -7, 13)]
"""More values than stay in the signature, so that the number becomes an input."""
TYPES = ("uint8", "int8", "int32", "uint64", "int64", "float16", "float32", "float64", "bool", "complex64")
BESIDE_ARRAYS: dict[str, Callable[[Any, Any], Any]] = {
    "operators": lambda a, n: (a + abs(n), abs(n) * a, a / (n + 0.5), abs(n) - a if a.dtype != bool else a),
    "comparisons": lambda a, n: (a < n, a == n, n > a, np.less(a, n), np.not_equal(n, a)),
    "ufuncs": lambda a, n: (np.add(a, abs(n)), np.multiply(abs(n), a), np.maximum(a, abs(n)), np.divide(a, abs(n) + 1)),
    "bits of the number": lambda a, n: (a * (n & 6), a * (abs(n) << 1), a * (~n & 3), a * (abs(n) | 1), a * (n ^ n)),
    "results": lambda a, n: (a * (abs(n) // 2), a * (n % 3), a * (abs(n) / 2), a * (n**2 % 99), a * max(n, 1)),
    "choices": lambda a, n: (np.where(a == 0, a, abs(n)), np.clip(a.real, 0, abs(n)), np.dot(a, abs(n))),
    "spaces": lambda a, n: np.linspace(a, n, 3),
    "truth": lambda a, n: (a * (n > 3), (n > 3) + a, a * ((n > 0) + (n > 5)), (n > 3) & (a > 0), (n > 0) < a),
}


def array(dtype: str) -> Any:
    return np.array([1, 0, 3]).astype(dtype)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", BESIDE_ARRAYS)
def test_a_whole_number_that_is_an_input_takes_on_the_type_of_an_array(name: str, dtype: str) -> None:
    fun, a = BESIDE_ARRAYS[name], array(dtype)
    check(lambda n: fun(a, n), *MANY, judge=rounded(1e-13, 1e-6))
    check(fun, *((a, *each) for each in MANY), judge=rounded(1e-13, 1e-6))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32"])
def test_a_whole_number_that_does_not_fit_is_refused(dtype: str) -> None:
    compiled = cr.jit(lambda a, n: a + n)
    for (n,) in MANY:
        if n >= 0:
            compiled(array(dtype), n)
    for n in (12, 2**40, 13, -(2**40), 14):
        if abs(n) > 100:
            with pytest.raises(OverflowError, match=f"out of bounds for {dtype}"):
                compiled(array(dtype), n)
        else:
            np.testing.assert_array_equal(compiled(array(dtype), n), array(dtype) + n)


PUT_INTO_ARRAYS: dict[str, Callable[[Any, Any], Any]] = {
    "assigned": lambda a, n: assigned(a, n),
    "filled": lambda a, n: np.full_like(a, n),
    "chosen": lambda a, n: np.where(a > 0, a, n),  # refused since NumPy 2.5, and wraps around before
}


def assigned(a: Any, n: Any) -> Any:
    a = a.copy()
    a[1:] = n
    return a


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "float32"])
@pytest.mark.parametrize("name", PUT_INTO_ARRAYS)
def test_a_whole_number_is_put_into_an_array_where_numpy_puts_it(name: str, dtype: str) -> None:
    fun = PUT_INTO_ARRAYS[name]
    compiled, outcomes = cr.jit(fun), set()
    for n in (*range(12), -2, 13, 300, 14, -2, 300):
        a = array(dtype)
        try:
            wanted = fun(a, n)
        except OverflowError:
            outcomes.add("refused")
            with pytest.raises(OverflowError, match="out of bounds"):
                compiled(a, n)
            continue
        outcomes.add("taken")
        assert np.all(exact(compiled(a, n), wanted)), n
    is_refused = np.dtype(dtype).itemsize == 1 and (name != "chosen" or np.lib.NumpyVersion(np.__version__) >= "2.5.0")
    assert outcomes == ({"taken", "refused"} if is_refused else {"taken"})


def updated(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def fun(a: Any, y: Any) -> Any:
        a = a.copy()
        a = operation(a, y)
        a[1:] = operation(a[1:], y)
        return a

    return fun


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "int8"])
@pytest.mark.parametrize("operation", [operator.iadd, operator.isub, operator.imul, operator.ifloordiv, operator.imod])
def test_what_an_array_is_updated_by_has_its_precision(operation: Callable[[Any, Any], Any], dtype: str) -> None:
    is_whole = np.dtype(dtype).kind in "iu"
    numbers = range(1, 13) if is_whole else (0.1, 1.7, 2.3, 1 / 3)
    arguments = [(np.linspace(1, 30, 7).astype(dtype), number) for number in numbers]
    check(updated(operation), *arguments, judge=exact)


TRUTHS: dict[str, Callable[[Any], Any]] = {
    "counted": lambda x: ((x > 0) + (x > 1) + (x > 2)) / 3,
    "summed": lambda x: sum(x > k for k in range(4)),
    "arithmetic": lambda x: ((x > 0) - (x > 1), (x > 0) * (x > 1), -(x > 0), +(x > 0), abs(x > 0), (x > 0) / 2, (x > 1) ** 2),
    "whole parts": lambda x: ((x > 0) // 1, (x > 0) % 2, 3 // ((x > 0) + 1), (x > 0) << 3, 9 >> (x > 0), 2 ** (x > 0)),
    "bits": lambda x: ((x > 0) & (x > 1), (x > 0) | (x > 1), (x > 0) ^ True, (x > 0) & 1, 6 | (x > 0)),
    "bits that are counted": lambda x: ((x > 0) & (x > 1)) + ((x > 0) | (x < 0)) + (True ^ (x > 1)),
    "comparisons": lambda x: ((x > 0) == (x > 1), (x > 0) < (x > 1), (x > 0) >= 1, ((x > 0) != (x > 1)) + (x > 0)),
    "mixed": lambda x: (True + (x > 0), (x > 0) * 2.5 + (x < 0), (x > 0) * 1j, round(x > 0), max(x > 0, x > 1) + 1),
    "in a power": lambda x: (x + 3) ** ((x > 0) + (x > 1)),
    "to NumPy": lambda x: (np.add(x > 0, x > 1), np.logical_not(x > 0), np.where(x > 0, x, 1.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUTHS)
def test_truth_values_of_python_numbers_are_counted(name: str) -> None:
    check(TRUTHS[name], (3.0,), (0.5,), (-1.0,), (1.5,), (float("nan"),))
    check(TRUTHS[name], *MANY)


@pytest.mark.parametrize("name", ["counted", "summed", "in a power", "bits that are counted"])
def test_truth_values_are_counted_in_derivatives(name: str) -> None:
    def fun(x: float) -> Any:
        return x * TRUTHS[name](x)

    for gradient in (cr.grad(fun), cr.jit(cr.grad(fun)), lambda x: cr.jvp(fun, (x,), (1.0,))[1]):
        for x in (3.2, 0.5, -1.0, 3.2):
            assert gradient(x) == pytest.approx((fun(x + 1e-6) - fun(x - 1e-6)) / 2e-6, abs=1e-6)


LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1
EDGES = np.array([LOWEST, LOWEST + 1, -7, -3, -2, -1, 0, 1, 2, 3, 7, HIGHEST - 1, HIGHEST])


@pytest.mark.parametrize("repeats", [1, 9])  # a few in registers, and vectors
def test_whole_quotients_and_remainders_are_native_for_every_divisor(repeats: int) -> None:
    def parts(i: Any, j: Any) -> Any:
        return i // j, i % j, i // 3, i % -3, i // -1, i % 1

    for i, j in ((EDGES[:, None], np.tile(EDGES, repeats)), (EDGES[:4], EDGES[5:9]), (EDGES, EDGES > 0)):
        compiled = check(parts, (i, j), (-i, j), judge=exact)
        assert not compiled.explain_plan(i, j).fallbacks
