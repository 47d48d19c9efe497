"""Instructions give NumPy's results on special values: extremes, signs, comparisons, conversions, in lanes and in registers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import SPECIAL, Judge, check, exact, within

from chainrule.native.machine.machine import available
from chainrule.native.vectors.instructions import REAL, TEST, TRUTH, WHOLE, WHOLE_TEST
from chainrule.primitives.table import BY_NAME

pytestmark = pytest.mark.skipif(not available(), reason="needs llvmlite")

VALUES = [
    *SPECIAL,
    1.5,
    2.5,
    -2.5,
    5e-324,
    -2.5e-310,
    1e300,
    -1e300,
    2.0**53,
]
WHOLES = [0, 1, -1, 2, 7, -7, 2**31, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63)]


def pairs(values: list[Any], dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return every pair of values, as two arrays."""
    with np.errstate(all="ignore"):
        array = np.array(values).astype(dtype)
    first, second = np.meshgrid(array, array)
    return first.ravel().copy(), second.ravel().copy()


def check_exactly(fun: Callable[..., Any], *args: np.ndarray, judge: Judge = exact) -> None:
    """Compare with NumPy bit by bit: all elements in one loop, and some of them in registers."""
    check(fun, args, judge=judge)
    for count in (1, 3):
        few = [tuple(each[start : start + count] for each in args) for start in range(0, len(args[0]) - count, 23)]
        check(fun, *few, judge=judge)


BINARY = [np.maximum, np.minimum, np.copysign, np.heaviside, np.add, np.subtract, np.multiply, np.divide]
UNARY = [
    np.sign, np.absolute, np.fabs, np.negative, np.floor, np.ceil, np.trunc, np.rint, np.sqrt, np.square, np.reciprocal,
]  # fmt: skip
COMPARISONS = [np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("fun", [*BINARY, *COMPARISONS], ids=lambda fun: fun.__name__)
def test_two_real_operands(fun: Any, dtype: Any) -> None:
    check_exactly(lambda x, y: fun(x, y), *pairs(VALUES, dtype))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("fun", [np.fmax, np.fmin], ids=["fmax", "fmin"])
def test_extremes_without_nan(fun: Any, dtype: Any) -> None:
    # Which of two zeros NumPy takes depends on the length of the array.
    check_exactly(lambda x, y: fun(x, y), *pairs(VALUES, dtype), judge=within(0))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("fun", [*UNARY, np.isnan, np.isinf, np.isfinite, np.signbit], ids=lambda fun: fun.__name__)
def test_one_real_operand(fun: Any, dtype: Any) -> None:
    check_exactly(lambda x: fun(x), pairs(VALUES, dtype)[0])


@pytest.mark.parametrize(
    "fun", [np.maximum, np.minimum, *COMPARISONS, np.bitwise_xor, np.multiply], ids=lambda f: f.__name__
)
def test_two_whole_operands(fun: Any) -> None:
    check_exactly(lambda i, j: fun(i, j), *pairs(WHOLES, np.int64))


@pytest.mark.parametrize("fun", [np.negative, np.absolute, np.square, np.invert], ids=lambda f: f.__name__)
def test_one_whole_operand(fun: Any) -> None:
    check_exactly(lambda i: fun(i), pairs(WHOLES, np.int64)[0])


@pytest.mark.parametrize(
    "fun",
    [np.logical_and, np.logical_xor, np.bitwise_or, np.maximum, np.add, np.multiply, *COMPARISONS],
    ids=lambda f: f.__name__,
)
def test_two_truth_values(fun: Any) -> None:
    check_exactly(lambda m, n: fun(m, n), *(np.tile(each, 12) for each in pairs([False, True], bool)))


@pytest.mark.parametrize("fun", [np.logical_and, np.logical_or, np.logical_xor], ids=lambda fun: fun.__name__)
def test_the_truth_of_numbers(fun: Any) -> None:
    check_exactly(lambda x, y: (fun(x, y), np.logical_not(x)), *pairs(VALUES, np.float64))


@pytest.mark.parametrize("after", [np.float64, np.float32, np.int64, bool])
@pytest.mark.parametrize(
    ("values", "before"), [(VALUES, np.float64), (VALUES, np.float32), (WHOLES, np.int64), ([False, True] * 9, bool)]
)
def test_conversions(values: list[Any], before: Any, after: Any) -> None:
    check_exactly(lambda x: x.astype(after), pairs(values, before)[0])


def test_numbers_of_several_types_meet_as_in_numpy() -> None:
    x, i = pairs(VALUES, np.float64)[0], np.resize(WHOLES, len(VALUES) ** 2)
    check_exactly(lambda x, i: (x < i, np.maximum(x, i), np.where(x > 0, i, x), i == x), x, i)
    check_exactly(lambda x, y: (x + y, x < y, np.minimum(x, y)), x, pairs(VALUES, np.float32)[1])


def test_clipping() -> None:
    x, bound = pairs(VALUES, np.float64)
    check_exactly(lambda x: np.clip(x, -1.0, 1.5), x)
    check_exactly(lambda x, bound: np.clip(x, bound, 2.0), x, bound)


@pytest.mark.parametrize("reduction", [np.max, np.min], ids=["max", "min"])
@pytest.mark.parametrize("axis", [0, 1, None])
def test_extremes_of_arrays(reduction: Any, axis: Any) -> None:
    rng = np.random.default_rng(4)
    for hole in (None, np.nan, -0.0, np.inf):
        x = rng.normal(size=(37, 21))
        if hole is not None:
            x[rng.integers(0, 37, 6), rng.integers(0, 21, 6)] = hole
        check(lambda x: reduction(x, axis=axis), (x,), (x.astype(np.float32),), judge=exact)


def test_every_row_of_the_tables_names_a_primitive() -> None:
    for table in (REAL, TEST, WHOLE, WHOLE_TEST, TRUTH):
        assert {*table} <= {*BY_NAME}
