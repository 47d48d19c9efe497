"""Proves that traced functions give results of the types and shapes of NumPy's, on every type of number, and on empty arrays."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.tracing.record import RecordTrace

DTYPES = ("bool", "uint8", "int64", "float32", "float64")
EXPRESSIONS = (
    "np.nansum(x)", "np.nanprod(x, axis=0)", "np.nancumsum(x)", "np.nanmax(x)", "np.nanmin(x, axis=0)", "np.nanmean(x)",
    "np.nanstd(x)", "np.nanargmax(x)", "np.nanmedian(x)", "np.mean(x, where=x > 0)", "np.var(x, where=x > -3)",
    "np.round(x)", "np.round(x, 1)", "np.round(x, -1)", "np.max(x, initial=0.5)", "np.min(x, initial=0.5, axis=0)",
    "np.max(x, initial=2, where=x > 0)", "np.sum(x, initial=0.5)", "np.prod(x, initial=2.5)",
    "np.maximum.reduce(x, initial=0.5)", "np.maximum.accumulate(x)", "np.minimum.accumulate(x, axis=-1)",
    "np.tril(x)", "np.triu(x, 1)", "np.logaddexp.reduce(x)", "np.logaddexp.reduce(x, axis=None)", "np.gradient(x, axis=-1)",
    "np.gradient(x, 2, axis=0, edge_order=2)", "np.vecdot(x, x)", "np.vdot(x, x)", "np.conjugate(x)", "np.median(x)",
    "np.median(x, axis=0, keepdims=True)", "np.quantile(x, [0.2, 0.5])", "np.quantile(x, 0.4, method='nearest')",
    "np.cov(x)", "np.linspace(x, 2, 3)", "np.logspace(0, x, 3)", "np.piecewise(x, [x > 0], [1, 2.5])", "np.modf(x)[1]",
    "np.add(x, x, dtype=np.float64)", "np.bitwise_or(x > 0, x < 0)", "(x > 0) & ~(x > 1)", "(x > 0) ^ True",
    "np.resize(x, 5)", "np.sum(x, axis=0, dtype=np.uint8)", "np.cumsum(x, dtype=np.float32)",
    "np.average(100 * x, weights=x + 1)", "np.interp(x, [0, 1, 3], [0, 2, 1])", "np.interp([0.5, 2], [0, 1, 3], x)",
    "np.interp(np.ravel(x), np.arange(x.size, dtype=np.float32), np.ravel(x))", "np.bincount([0, 2, 0], weights=x)",
    "np.histogram([0.1, 2, 0.5], 3, weights=x)[0]", "np.histogram([1, 2, 3], [1, 2, 3], weights=x, density=True)[0]",
    "np.quantile(x, 0.3)", "np.linalg.norm(x, np.inf)", "np.linalg.norm(x, -2)", "np.linalg.norm(x, 1)",
)  # fmt: skip
SHAPES = ((), (0,), (3,), (2, 3), (3, 3), (0, 0), (2, 3, 3))
INTEGER_EXPRESSIONS = ("x & 5", "5 | x", "x ^ x", "~x", "x << 2", "x >> 1", "1 << x")


def example(dtype: str, shape: tuple[int, ...]) -> Any:
    rng = np.random.default_rng(3)
    drawn = rng.integers(0, 4, shape) if dtype in ("uint8", "int64") else rng.uniform(-2, 2, shape)
    return np.asarray(drawn > 0 if dtype == "bool" else drawn.astype(dtype))


def traced(function: Any, x: Any) -> Any:
    """Return what a function gives while a whole program is recorded."""
    trace = RecordTrace(whole=True, guarded=False)
    result = function(trace.input(x))
    return np.asarray(getattr(result, "value", result))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_types_and_shapes_are_those_of_numpy(expression: str, dtype: str) -> None:
    function = eval(f"lambda x: {expression}", {"np": np})
    for shape in SHAPES:
        x = example(dtype, shape)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                expected = np.asarray(function(x.copy()))
            except (ValueError, TypeError, IndexError, ZeroDivisionError):
                continue
            got = traced(function, x)
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape), shape
        half = expected.dtype == np.float16
        np.testing.assert_allclose(got, expected, rtol=1e-2 if half else 1e-5, atol=1e-6)


@pytest.mark.parametrize("expression", INTEGER_EXPRESSIONS)
def test_operators_of_integers(expression: str) -> None:
    function = eval(f"lambda x: {expression}", {"np": np})
    x = np.array([0, 1, 3])
    np.testing.assert_array_equal(traced(function, x), function(x))


def test_operators_that_assign_to_integers() -> None:
    def change(x: Any) -> Any:
        y = x.copy()
        y &= 6
        y |= 1
        y ^= 2
        y <<= 2
        y >>= 1
        return y

    np.testing.assert_array_equal(traced(change, np.array([1, 5, 7])), change(np.array([1, 5, 7])))


def test_masks_are_combined_in_a_batch() -> None:
    inside = cr.vmap(lambda x: np.sum((x > 0) & ~(x > 1)))(np.array([[0.5, 2.0], [0.1, 0.2]]))
    np.testing.assert_array_equal(inside, [1, 2])


@pytest.mark.parametrize("expression", ["np.median(x)", "np.median(x, axis=0)", "np.nanmedian(x)"])
def test_there_is_no_median_of_nothing(expression: str) -> None:
    value = traced(eval(f"lambda x: {expression}", {"np": np}), np.zeros((0, 2)))
    assert np.isnan(value).all()


def test_norms_of_nothing_are_zero() -> None:
    for order in (1, 2, np.inf, "nuc", "fro"):
        assert traced(lambda x, order=order: np.linalg.norm(x, order), np.zeros((0, 0))) == 0
    assert traced(lambda x: np.linalg.norm(x, np.inf), np.zeros(0)) == 0
    np.testing.assert_array_equal(cr.grad(lambda x: np.linalg.norm(x, 2))(np.zeros((0, 0))), np.zeros((0, 0)))


def test_an_infinite_vector_has_negative_norms() -> None:
    assert traced(lambda x: np.linalg.norm(x, -1), np.array([np.inf, np.inf])) == np.inf


def test_a_type_is_applied_before_the_operation() -> None:
    true = np.array([True, True])
    np.testing.assert_array_equal(traced(lambda x: np.add(x, x, dtype=float), true), [2.0, 2.0])


def test_vectors_in_the_plane_have_a_vector_product() -> None:
    x, y = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    value, (by_x, by_y) = cr.value_and_grad(np.cross, argnums=(0, 1))(x, y)
    assert value == -1
    np.testing.assert_array_equal(by_x, [5.0, -3.0])
    np.testing.assert_array_equal(by_y, [-2.0, 1.0])
    z = np.array([1.0, 1.0, 4.0])
    np.testing.assert_array_equal(cr.vjp(lambda x: np.cross(x, z), x)[0], np.cross([1.0, 2.0, 0.0], z))
    with pytest.raises(cr.ShapeError, match="three dimensions"):
        cr.grad(lambda x: np.linalg.cross(x, y))(x)


def test_the_running_extreme_passes_the_sensitivity() -> None:
    weights = np.array([1.0, 2.0, 4.0, 8.0])
    gradient = cr.grad(lambda x: np.sum(weights * np.maximum.accumulate(x)))(np.array([1.0, 3.0, 2.0, 5.0]))
    np.testing.assert_array_equal(gradient, [1.0, 6.0, 0.0, 8.0])
    gradient = cr.grad(lambda x: np.sum(np.minimum.accumulate(x)))(np.array([1.0, np.nan, 0.0]))
    np.testing.assert_array_equal(gradient, [1.0, 2.0, 0.0])


@pytest.mark.parametrize("default", [0, 2.5, np.float32(2.5), np.float64(2.5), 1j])
@pytest.mark.parametrize("first", ["uint8", "float16", "float32", "float64", "int64"])
@pytest.mark.parametrize("second", ["uint8", "float16", "float32"])
def test_selected_choices_have_one_type(first: str, second: str, default: Any) -> None:
    def select(x: Any, y: Any, other: Any) -> Any:
        return np.select([x > 1, y > 1], [x, y], other)

    choices = np.array([0, 2, 0], first), np.array([0, 3, 3], second)
    expected = select(*choices, default)
    for result in (cr.jit(select)(*choices, default), cr.jit(lambda x, y: select(x, y, default))(*choices)):
        assert result.dtype == expected.dtype
        np.testing.assert_array_equal(result, expected)
