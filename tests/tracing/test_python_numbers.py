"""A traced Python number has no precision of its own, as a plain one has none for NumPy."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
import scipy.special

import chainrule as cr
from chainrule.native.jit import Jitted

TYPES = ("float16", "float32", "float64", "complex64", "complex128", "int8", "int64", "bool")
PROGRAMS = {
    "operators": lambda x, y: (2 * y + 1) * x - x / y + y**2 * x,
    "reflected": lambda x, y: y / (x + y) + y - x * -y + abs(y) * x,
    "power": lambda x, y: (x + 2) ** y,
    "ufunc": lambda x, y: np.multiply(x, y) + np.hypot(np.real(x), y),
    "a ufunc of numbers": lambda x, y: np.multiply(2.0, y) * x,
    "a function of the number": lambda x, y: np.sin(y) * x,
    "where": lambda x, y: np.where(np.real(x) > 0, x, y),
    "clip": lambda x, y: np.clip(np.real(x), -y, y),
    "maximum": lambda x, y: np.maximum(np.real(x), y),
    "float_power": lambda x, y: np.float_power(np.abs(x) + 1, y),
    "in place": lambda x, y: _added(x, y),
    "stacked": lambda x, y: np.stack([y, y, y]) + x,
    "a list": lambda x, y: np.stack([y, 1.0, 2.0]) + x,
    "a number of numpy": lambda x, y: x[:1] * (x[0] * y),
    "a step": lambda x, y: (y // 0.3) * x + np.floor(y) * x,
    "accumulated": lambda x, y: sum([y, y, 1.0]) * x,
    "product": lambda x, y: np.dot(x, y) + np.inner(y, x),
    "placed": lambda x, y: np.linspace(x, y, 3, axis=1)[0],
    "rounded": lambda x, y: round(y, 1) * np.real(x),
    "real part": lambda x, y: np.real(y) * x,
    "imaginary part": lambda x, y: (
        np.real(y * 1j) * x + np.imag(y * 1j) * x + (y * 1j).imag * x - (y * 1j).conjugate() * x
    ),
    "clip of the number": lambda x, y: np.clip(y, None, np.real(x)) * x,
    "minimum of python": lambda x, y: min(y, 3.0) * x,
}


def _added(x: Any, y: Any) -> Any:
    y += 1
    y *= 2
    return y * x


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_it_promotes_as_numpy_promotes_a_python_number(name: str, dtype: str) -> None:
    fun = PROGRAMS[name]
    x, y = np.array([1, 0, 2]).astype(dtype), 1.1
    wanted = fun(x, y)
    seen: list[Any] = []

    def noted(x: Any, y: Any) -> Any:
        out = fun(x, y)
        seen.append((out.dtype, out.shape))
        return out

    def loss(x: Any, y: Any) -> Any:
        return np.sum(np.abs(noted(x, y)) ** 2)

    compiled = cr.jit(noted)
    values = [cr.jvp(lambda y: noted(x, y), (y,), (1.0,))[0], *(compiled(x, y) for _ in range(3))]
    assert type(cr.grad(loss, argnums=1)(x, y)) is float
    cr.grad(loss, argnums=(0, 1) if x.dtype.kind in "fc" else 1)(x, y)
    cr.hessian(loss, argnums=1)(x, y)
    assert {*seen, *((each.dtype, each.shape) for each in values)} == {(wanted.dtype, wanted.shape)}
    for value in values:
        np.testing.assert_allclose(value, wanted, rtol=8 * np.finfo(wanted.dtype).eps)


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge])
def test_it_is_compared_in_the_precision_of_the_array(compare: Any) -> None:
    x = np.array([0.1, 0.2], np.float32)
    for fun in (lambda x, y: np.sum(np.where(compare(x, y), x, 0)), lambda x, y: np.sum(np.where(compare(y, x), x, 0))):
        wanted = fun(x, 0.1)
        assert cr.value_and_grad(fun, argnums=(0, 1))(x, 0.1)[0] == wanted
        assert [cr.jit(fun)(x, 0.1) for _ in range(3)] == [wanted] * 3


def test_complex_numbers_and_whole_ones() -> None:
    x = np.ones(2, np.complex64)
    value, slopes = cr.value_and_grad(lambda x, y: np.sum(np.abs(x * y + y)), argnums=(0, 1))(x, 1j)
    assert (value.dtype, slopes[0].dtype, type(slopes[1])) == (np.float32, np.complex64, complex)
    compiled = cr.jit(lambda x, y: x * y)
    assert {compiled(x, 1j * number).dtype for number in range(3)} == {np.dtype(np.complex64)}
    assert {compiled(np.float32(2.0), number).dtype for number in range(12)} == {np.dtype(np.float32)}


def test_derivatives_of_numbers_are_numbers() -> None:
    """Inside of another transform too, where they are traced."""
    x = np.ones(2, np.float32)

    def fun(y: Any) -> Any:
        seen.append((cr.grad(lambda t: t**3)(y) * x).dtype)
        seen.append((cr.value_and_grad(lambda t: t**3)(y)[0] * x).dtype)
        seen.append((cr.derivative(lambda t: np.sum(t**3 * x))(y) * x).dtype)
        return y * np.sum(x)

    seen: list[Any] = []
    cr.grad(fun)(2.0)
    assert set(seen) == {np.dtype(np.float32)}


def test_a_special_function_is_computed_in_the_precision_of_the_array() -> None:
    x = np.array([0.5, 1.5], np.float32)
    seen: list[Any] = []
    cr.grad(lambda y: (seen.append(scipy.special.xlogy(x, y).dtype), y)[1])(2.0)
    assert seen == [scipy.special.xlogy(x, 2.0).dtype]


def test_a_selection_that_meets_a_number_stays_open() -> None:
    """One path serves any number of selected elements."""
    compiled = cr.jit(lambda x, y: np.sum(y * x[x > 0] + np.multiply(y, x[x > 0]) - (x[x > 0] - y) / 2 + y ** x[x > 0]))
    for x in (np.array([1.0, -1.0, 2.0]), np.array([-1.0, -1.0, 2.0]), np.array([1.0, 1.0, 2.0])):
        for _ in range(3):
            taken = x[x > 0]
            np.testing.assert_allclose(compiled(x, 2.0), np.sum(2 * (2.0 * taken) - (taken - 2) / 2 + 2.0**taken))
    (function,) = [part for part in [compiled.explain_plan.__self__] if isinstance(part, Jitted)]
    (specialization,) = function.specializations.values()
    assert len(specialization.entries) == 1


def test_it_says_that_it_is_a_float() -> None:
    seen: list[Any] = []

    def fun(y: Any) -> Any:
        seen.append((isinstance(y, float), isinstance(y * 2, np.generic), isinstance(np.sin(y), np.float64)))
        return y

    cr.grad(fun)(2.0)
    assert seen == [(True, False, True)]


@pytest.mark.parametrize("sequence", [[1, 2], (1.0, 2.0)])
def test_a_float_times_a_sequence_is_what_it_was(sequence: Any) -> None:
    with pytest.raises(TypeError):
        1.5 * sequence
    assert cr.grad(lambda y: np.sum(y * np.asarray(sequence)))(1.5) == 3.0
