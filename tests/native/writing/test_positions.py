"""Proves that positions of extreme elements are NumPy's in native code, ties and NaN included, and that they may be indices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import agree, eagerly, exact, within

import chainrule as cr
from chainrule.native.machine.machine import available

pytestmark = pytest.mark.skipif(not available(), reason="needs llvmlite")

Function = Callable[..., Any]
SHAPES = ((1,), (3,), (16,), (17,), (1000,), (5, 1), (1, 5), (4, 4), (40, 33), (5, 6, 7))


def drawn(shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray:
    x = 3 * np.random.default_rng(seed).normal(size=shape)
    return x > 0 if dtype == "bool" else x.astype(dtype)


def with_special(x: np.ndarray) -> list[np.ndarray]:
    """Return arrays with NaN, infinities and zeros of both signs, one or several of them."""
    found = [np.full_like(x, number) for number in (0.0, np.inf, -np.inf, np.nan)]
    for number in (np.nan, np.inf, -np.inf):
        some = x.copy()
        some.flat[some.size // 2 :: 3] = number
        found.append(some)
    zeros = np.zeros_like(x)
    zeros.flat[::2] = -0.0
    return [*found, zeros]


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool"])
@pytest.mark.parametrize("function", [np.argmax, np.argmin])
def test_the_first_of_equal_elements_is_found(function: Function, dtype: str) -> None:
    for shape in SHAPES:
        x = drawn(shape, dtype)
        calls = (x, x[::-1], np.asfortranarray(x), *(with_special(x) if x.dtype.kind == "f" else [np.zeros_like(x)]))
        for axis in (None, *range(-len(shape), len(shape))):
            fun = lambda x, keep=True: function(x, axis=axis, keepdims=keep)  # noqa: B023, E731
            for plain in (fun, lambda x: fun(x, False)):  # noqa: B023
                compiled = cr.jit(plain)
                for each in (*calls, *calls):
                    agree(compiled(each), plain(each), exact)
            assert not compiled.explain_plan(x).fallbacks


@pytest.mark.parametrize("function", [np.argmax, np.argmin])
def test_numbers_complex_numbers_and_arrays_without_elements(function: Function) -> None:
    z = drawn((4, 5), "float64") + 1j * drawn((4, 5), "float64", 1)
    z[1, 2] = complex(0, np.nan)
    for x, axis in (
        (np.float64(2.0), None),
        (np.ones(()), 0),
        (np.ones((0, 3)), 1),
        (z, 0),
        (z, 1),
        (z.real.astype("i4"), 1),
    ):
        fun = lambda x: function(x, axis=axis)  # noqa: B023, E731
        compiled = cr.jit(fun)
        for _ in range(4):
            agree(compiled(x), fun(x), exact)
    for _ in range(3):
        with pytest.raises(ValueError, match="of an empty sequence"):
            cr.jit(lambda x: function(x, axis=0))(np.ones((0, 3)))


PROGRAMS: dict[str, Function] = {
    "the element": lambda x: np.sin(x)[np.argmax(x * x)],
    "the row": lambda x: np.sum(x.reshape(10, 5)[np.argmin(np.sum(x.reshape(10, 5), axis=1))] ** 2),
    "one of each row": lambda x: np.sum(
        np.take_along_axis(x.reshape(5, 10), np.argmax(x.reshape(5, 10), axis=1, keepdims=True), 1) ** 3
    ),
    "another array": lambda x: np.sum(np.arange(10.0, like=x)[np.argmax(x.reshape(5, 10), axis=1)] * x[:5]),
    "an assignment": lambda x: np.sum(updated(x) * x),
    "counted from the end": lambda x: x[-1 - np.argmax(x)] * x[0],
}


def updated(x: Any) -> Any:
    y = x * 2
    y[np.argmin(x)] = np.sum(x)
    return y


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_position_is_an_index_on_one_path(name: str) -> None:
    slope = cr.value_and_grad(PROGRAMS[name])
    compiled = cr.jit(slope)
    for seed in range(12):
        x = drawn((50,), "float64", seed)
        agree(compiled(x), slope(x), within(256, 256))
    plan = compiled.explain_plan(x)
    assert len(plan.paths) == 1
    assert not plan.fallbacks
    x[7] = np.nan
    agree(eagerly(compiled, x), eagerly(slope, x), within(256, 256))
