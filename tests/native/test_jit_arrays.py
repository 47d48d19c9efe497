"""Proves that compiled functions give NumPy's results for arrays of every type, layout and size, special numbers among them,
exactly where that is promised.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.native.agreement import agree, check, exact, rounded, within
from tests.native.jit_examples import M, V, W

import chainrule as cr
from chainrule.native.recording.outline import WORTH_BYTES

rng = np.random.default_rng(11)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128, np.complex64, np.int64, bool])
def test_arrays_in_fortran_order_are_read_where_they_lie(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the function does with them: each way to read an array is one in which a transpose could be forgotten."""

    def function(a, t):
        picked = np.array([1, 0, 1])
        return (
            a * 2, a.sum(0), a.T, a[1], a[:, ::2], a.reshape(-1), np.ravel(a), a @ a.T, t[..., 1], t.mean(1), t[0, 1:, ::-1],
            a[picked], np.concatenate([a, a]), np.where(a == a, a, 0), np.cumsum(t, 0), t.transpose(1, 0, 2), a,
        )  # fmt: skip

    rng = np.random.default_rng(3)
    values = [rng.normal(size=shape) + 1j * rng.normal(size=shape) for shape in ((2, 5), (2, 3, 4))]
    values = [
        value.astype(dtype) if np.issubdtype(dtype, np.complexfloating) else value.real.astype(dtype)
        for value in values
    ]
    a, t = (np.asfortranarray(value) for value in values)
    assert a.flags.f_contiguous
    assert not a.flags.c_contiguous
    compiled = cr.jit(function)
    for _ in range(4):
        agree(compiled(a, t), function(a, t), within(8))
    monkeypatch.setattr("chainrule.native.jit.read_call", None)
    a, t = np.asfortranarray(a[::-1]), np.asfortranarray(t[::-1])
    agree(compiled(a, t), function(a, t), within(8))


def test_one_array_in_either_order() -> None:
    def function(w, X):
        return np.sum(np.tanh(X @ w) ** 2)

    X = np.random.default_rng(0).normal(size=(40, 6))
    C, F, strided = X, np.asfortranarray(X), np.repeat(X, 2, 1)[:, ::2]
    check(cr.value_and_grad(function), (X[0], C), (X[1], F), (X[2], strided), (X[3], F.T[:, :6].T[:6].T), fewest=9)


@pytest.mark.parametrize("dtype", "f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1 ? c16 c8 >f8 >i4".split())
def test_arrays_of_every_type(dtype: str) -> None:
    x = np.array([[1, 2, 3], [3, 1, 2]], dtype)

    def function(x):
        return x + x, x * 2, x == x, np.sum(x, axis=0), x @ x.T, x.astype(float), x[:, ::-1], np.exp(x), x.T

    check(function, (x,), (x[::-1],), (x[:, ::-1],))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (1,), (), (1, 1, 1)], ids=str)
def test_arrays_without_elements_or_axes(shape: Any) -> None:
    def function(x):
        return np.sin(x) * 2, np.sum(x), np.prod(x), x.T, x.reshape(-1), x[..., None] + 1

    check(function, (np.full(shape, 0.5),), (np.full(shape, 1.5),))


LAYOUTS = {
    "Fortran": np.asfortranarray(M),
    "transposed": np.ascontiguousarray(M.T).T,
    "every second": np.repeat(M, 2, axis=1)[:, ::2],
    "reversed": M[::-1, ::-1],
    "broadcast": np.broadcast_to(V, (2, 3)),
    "a part of a larger one": np.pad(M, 2)[2:-2, 2:-2],
    "unaligned": np.frombuffer(b"\0" + M.tobytes(), np.uint8)[1:].view(np.float64).reshape(2, 3),
    "big-endian": M.astype(">f8"),
    "a record's field": np.array([tuple(row) for row in M], [("a", "f8"), ("b", "f4"), ("c", "f8")])["c"],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_arrays_of_every_layout(layout: str) -> None:
    x = LAYOUTS[layout]
    check(lambda x: (np.sin(x) * x + 1, x.sum(axis=0), x.T * 2, np.cumsum(x)), (x,), (x * 2,), (x,))


def test_one_compiled_function_takes_every_layout_in_turn() -> None:
    check(lambda x: np.tanh(x) * 2 - x, *((x,) for x in LAYOUTS.values()), fewest=3 * len(LAYOUTS))


def test_read_only_arrays_stay_as_they_are() -> None:
    x = V.copy()
    x.flags.writeable = False

    def function(x):
        x = x + 0
        x[0] = 5
        return x * 2

    check(function, (x,))


def test_an_argument_that_the_function_writes_into_is_not_changed() -> None:
    def function(x):
        x += 1
        x[0] = x[1] * 2
        return np.sum(x**2), x

    check(function, (V,), (W,))


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("make", [np.matrix, lambda x: np.ma.masked_less(x, 0), lambda x: x.view(np.recarray)])
def test_subclasses_of_arrays_are_treated_as_numpy_does(make: Any) -> None:
    check(lambda x: x * x.T if x.shape[0] == x.shape[1] else x + 1, (make(M),), (make(2 * M),))
    check(lambda x: np.sum(x), (make(M),))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, 1e308])
def test_special_numbers(value: float) -> None:
    def function(x):
        return (
            x * 0,
            x + 1,
            x - x,
            -x,
            np.sqrt(x),
            np.maximum(x, 1),
            np.minimum(1, x),
            x * x,
            np.abs(x),
            np.sign(x),
            x * 1,
        )

    check(function, (np.full(9, value),), (np.array([value, 1.0] * 5),), judge=exact)
    check(lambda x: (np.sum(x), np.max(x), np.min(x), np.argmax(x), np.any(x), x > 0, x == x, np.isnan(x)),
          (np.array([1.0, value, 2.0, value, -3.0, 0.5, 1.0, 1.0, value]),), judge=exact)  # fmt: skip


def test_a_special_number_in_the_last_place_of_a_row_stays_there() -> None:
    for size in (1, 7, 8, 9, 33):
        x = np.linspace(0.1, 0.9, size)
        x[-1] = np.nan
        check(lambda x: (np.exp(x), np.sum(x), np.max(x), np.nansum(x)), (x,), (np.nan_to_num(x),))


@pytest.mark.parametrize("size", [*range(1, 35), 63, 64, 65, 127, 1000, 4097])
def test_every_size_of_a_row(size: int) -> None:
    x = np.random.default_rng(size).normal(size=size)

    def function(x, y):
        return np.exp(x) * y, np.sum(x * y), np.max(x), np.cumsum(x), x @ y, np.mean(x > y), x[::-1] - y

    check(function, (x, x[::-1]), (x + 1, x))
    check(cr.grad(lambda x, y: np.sum(np.sin(x) ** 2 * np.exp(-y))), (x, x + 1), (x, x))


def test_arrays_that_are_compiled_in_their_first_call() -> None:
    x = np.linspace(-3, 3, 600_001)
    assert x.nbytes > WORTH_BYTES
    check(lambda x: (np.sum(np.tanh(x) * x), np.sin(x)), (x,), (x[::-1],))
    check(cr.grad(lambda x: np.sum(np.sin(x) ** 2 * np.exp(-x))), (x,))


@pytest.mark.parametrize("first", ["bool", "int8", "int64", "float32", "float64"])
def test_a_part_of_a_stack_has_the_type_of_the_whole(first: str) -> None:
    x = np.array([1, 0, 3]).astype(first)
    for second in ("int64", "float32", "float64", "complex128"):
        y = np.array([4, 5, 6]).astype(second)
        check(
            lambda x, y: (np.stack([x, y])[0][1], np.stack([x, y])[1, 2], np.stack([x, y])[0] / 3), (x, y), (x, y + 1)
        )


def test_arithmetic_is_numpys_to_the_last_bit() -> None:
    x, y, z = rng.normal(size=(3, 10_001)) * np.exp(rng.normal(size=(3, 10_001)) * 20)

    def function(x, y, z):
        return (
            x * y + z,
            x * y - z,
            z - x * y,
            x / y,
            x + y - z,
            x * (y + z),
            np.sqrt(np.abs(x)) / 3,
            x * x - y * y,
            x**2,
            1 / x,
        )

    check(function, (x, y, z), (z, x, y), judge=exact)
    check(
        lambda x, y, z: x * y + z,
        *(tuple(map(float, row)) for row in zip(x[:9], y[:9], z[:9], strict=True)),
        judge=exact,
    )
    single = [v.astype(np.float32) for v in (x, y, z)]
    check(function, tuple(single), judge=exact)


def test_functions_are_numpys_to_four_units_in_the_last_place() -> None:
    x = np.concatenate([rng.uniform(-5, 5, 4001), np.exp(rng.uniform(-300, 300, 4001)), rng.uniform(-1e6, 1e6, 4001)])

    def function(x):
        positive = np.abs(x)
        periodic = np.sin(x), np.cos(x), np.tan(x), np.arctan(x)
        exponential = np.exp(x), np.expm1(x), np.exp2(x), np.sinh(x), np.cosh(x), np.tanh(x), np.arcsinh(x)
        return periodic, exponential, np.log(positive), np.log1p(positive), np.log2(positive), np.cbrt(x)

    check(function, (x,), (-x,), (np.nextafter(x, 9),), judge=within(4))


def test_a_sum_does_not_lose_what_pairwise_summation_keeps() -> None:
    x = np.full(1_000_001, 0.1)
    check(lambda x: (np.sum(x), np.mean(x)), (x,), judge=rounded(1e-12))


def test_integers_overflow_and_divide_as_numpys_do() -> None:
    big = np.array([2**62, -(2**62), 7, -7, 0, 1])
    check(lambda x: (x * 4, x + x, x // 2, x % 3, x // -2, x % -3, -x, abs(x)), (big,), (big[::-1],))
    check(lambda x, y: (x // y, x % y, np.fmod(x, y)), (big, big[::-1]), (big, np.full(6, 0)), (big, np.full(6, -1)))
    small = np.array([127, -128, 5], np.int8)
    check(lambda x: (x + x, x * 2, -x, x // np.int8(-1)), (small,))
