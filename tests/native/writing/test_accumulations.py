"""Proves that running sums, products and extremes are NumPy's to the bit in native code, and their gradients the engine's.

Recurrences are those of a plain loop to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import Judge, agree, eagerly, exact, within

import chainrule as cr
from chainrule.core.trace import bind
from chainrule.native.machine.machine import available
from chainrule.native.plan import ACCUMULATED, LOOP, STRAIGHT
from chainrule.primitives.sequence import RECURRENCE

pytestmark = pytest.mark.skipif(not available(), reason="needs llvmlite")

Function = Callable[..., Any]
RUNNING: dict[str, Function] = {
    "sum": np.cumsum,
    "product": np.cumprod,
    "maximum": np.maximum.accumulate,
    "minimum": np.minimum.accumulate,
}
SHAPES = (
    (1,),
    (16,),
    (17,),
    (1000,),
    (5, 1),
    (1, 5),
    (7, 3),
    (3, 7),
    (40, 15),
    (40, 16),
    (5, 6, 7),
    (9, 2, 40),
    (2, 1, 20),
)


def drawn(shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray:
    x = 1.3 * np.random.default_rng(seed).normal(size=shape)
    return x > 0 if dtype == "bool" else x.astype(dtype)


def with_special(x: np.ndarray) -> list[np.ndarray]:
    """Return arrays in which NaN, infinities and zeros of both signs come in the middle."""
    found = []
    for number in (np.nan, np.inf, -np.inf, 0.0, -0.0):
        other = x.copy()
        other.flat[other.size // 2] = number
        found.append(other)
    return [*found, -np.zeros_like(x)]


def either_zero(got: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Ask for the same bits, but for the signs of zeros: which of two zeros is the larger one, NumPy itself leaves open."""
    return np.asarray(got == wanted) | exact(got, wanted)


def check(fun: Function, *calls: np.ndarray, judge: Judge = exact) -> Any:
    """Compare compiled values with plain ones, bit by bit, twice; return the compiled function."""
    compiled = cr.jit(fun)
    for x in (*calls, *calls):
        agree(eagerly(compiled, x), eagerly(fun, x), judge)
    return compiled


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool"])
@pytest.mark.parametrize("name", RUNNING)
def test_the_elements_are_combined_in_the_order_of_numpy(name: str, dtype: str) -> None:
    function, judge = RUNNING[name], exact if name in ("sum", "product") else either_zero
    for shape in SHAPES:
        x = drawn(shape, dtype)
        others = with_special(x) if x.dtype.kind == "f" else []
        for axis in range(-len(shape), len(shape)):
            calls = (x, x[::-1], np.asfortranarray(x), *others)
            compiled = check(lambda x: function(x, axis=axis), *calls, judge=judge)  # noqa: B023
            if dtype != "bool" or name in ("sum", "product"):
                assert not compiled.explain_plan(x).fallbacks


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (4, 30)])
def test_without_an_axis_all_elements_are_one_line(shape: tuple[int, ...]) -> None:
    for dtype in ("float64", "bool", "complex128"):
        check(lambda x: (np.cumsum(x), np.cumprod(x), np.cumsum(x, dtype=np.float32)), drawn(shape, dtype))


def test_running_sums_of_complex_numbers_are_those_of_their_parts() -> None:
    x = drawn((30, 4), "complex128") + 1j * drawn((30, 4), "float64", 1)
    assert not check(lambda x: np.cumsum(x, axis=0), x).explain_plan(x).fallbacks


PROGRAMS: dict[str, Function] = {
    "of what a loop computes": lambda x: np.sum(np.sin(np.cumsum(np.exp(-x * x), axis=-1))),
    "of a constant": lambda x: np.sum(x * np.cumsum(np.ones(40))),
    "of what is assembled": lambda x: np.sum(np.cumsum(np.concatenate([x, x[:2] * 2]), axis=0) ** 2),
    "of a running sum": lambda x: np.sum(np.cos(np.cumsum(np.cumsum(x, axis=0), axis=1))),
    "backward": lambda x: np.sum(np.tanh(np.cumsum(x[:, ::-1], axis=1)[:, ::-1] * x)),
    "the last of it": lambda x: np.sum(np.cumsum(x, axis=1)[:, -1] ** 2),
    "survival": lambda x: np.sum(np.cumprod(1 / (1 + np.exp(-x)), axis=1) * x),
    "with zeros": lambda x: np.sum(np.cumprod(np.maximum(x, 0), axis=0) * x),
    "a running maximum": lambda x: np.sum(np.maximum.accumulate(x, axis=1) - x),
    "in registers": lambda x: np.sum(np.cumprod(x[0, :4]) + np.cumsum(x[:4, 0])),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_are_those_of_the_engine(name: str) -> None:
    fun = PROGRAMS[name]
    slope = cr.value_and_grad(fun)
    compiled = cr.jit(slope)
    for seed in range(4):
        x = drawn((25, 40), "float64", seed)
        agree(compiled(x), slope(x), within(4096, 4096))
    assert not compiled.explain_plan(x).fallbacks
    direction = drawn(x.shape, "float64", 9)
    h = 1e-6
    difference = (fun(x + h * direction) - fun(x - h * direction)) / (2 * h)
    np.testing.assert_allclose(np.sum(compiled(x)[1] * direction), difference, rtol=1e-5, atol=1e-6)


def one_after_the_other(x: np.ndarray, factors: np.ndarray, axis: int) -> np.ndarray:
    out = np.moveaxis(x.copy(), axis, 0)
    for place, factor in enumerate(np.moveaxis(factors, axis, 0), 1):
        out[place] += factor * out[place - 1]
    return np.moveaxis(out, 0, axis)


FACTORS: dict[str, Function] = {
    "as they are": lambda x: x,
    "backward": lambda x: np.flip(x),
    "of the first line": lambda x: np.broadcast_to(x[:1], x.shape),
    "across": lambda x: np.reshape(x, x.shape[::-1]).T,
    "of a loop": lambda x: np.sin(x) * x,
}


@pytest.mark.parametrize(("name", "dtype"), [*((name, "float64") for name in FACTORS), ("as they are", "float32")])
def test_a_recurrence_reads_its_factors_wherever_they_are(name: str, dtype: str) -> None:
    for shape in ((17,), (200,), (7, 3), (40, 16), (5, 6, 7)):
        x = drawn(shape, dtype)
        for axis in range(len(shape)):
            given = drawn(shape, dtype, 1)
            kept = (*(slice(None),) * axis, slice(1, None))

            def values(x: Any, y: Any) -> Any:
                return x, FACTORS[name](y)[kept]  # noqa: B023

            parts = cr.jit(values)
            compiled = cr.jit(lambda x, y: bind(RECURRENCE, values(x, y), {"axis": axis}))  # noqa: B023
            for _ in range(2):  # the first call runs through BLAS, which may round once for a product and a sum
                (own, factors), got = parts(x, given), compiled(x, given)
            agree(got, one_after_the_other(own, factors, axis))
            assert not compiled.explain_plan(x, given).fallbacks


def test_the_gradient_of_a_running_product_is_two_lines_of_its_length() -> None:
    slope = cr.jit(cr.grad(lambda x: np.sum(np.cumprod(x))))
    x = np.linspace(0.99, 1.01, 1000)
    kinds = [step.kind for step in slope.explain_plan(x).steps]
    assert kinds.count(ACCUMULATED) == 2
    assert len(kinds) <= 4


def test_it_is_a_step_of_the_plan_where_it_is_not_in_registers() -> None:
    def kinds(x: np.ndarray) -> list[str]:
        plan = cr.jit(lambda x: np.sum(np.sin(np.cumsum(np.exp(x))))).explain_plan(x)
        return [step.kind for step in plan.steps]

    assert kinds(np.ones(1000)) == [ACCUMULATED, LOOP]
    assert kinds(np.ones(4)) == [STRAIGHT]
    assert "1 accumulated array" in str(cr.jit(np.cumsum).explain_plan(np.ones(100)))
