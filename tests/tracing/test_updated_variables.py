"""Proves that `t += x` of a plain array follows NumPy where one variable holds it, and is refused where others would see it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import TracingError

X = np.array([0.5, 1.5, 2.5])
WEIGHTS = np.array([2.0, 3.0, 5.0])


def added(x: Any) -> Any:
    total = np.zeros(3)
    for k in range(3):
        total += k * x**2
    total[0] = 7
    return total


def every_operator(x: Any) -> Any:
    t = np.ones(3)
    t += x
    t -= 0.5 * x
    t *= x
    t /= 1 + x
    t **= 2
    return t


def first_operator(x: Any) -> Any:
    t, s, q, p = np.ones(3), np.ones(3), np.ones(3), np.full(3, 2.0)
    t -= x
    s *= x
    q /= x
    p **= x
    return t * s * q * p


def broadcast(x: Any) -> Any:
    t = np.ones((2, 3))
    t += x
    return t[0] * t[1]


def of_one_element(x: Any) -> Any:
    t = np.zeros(())
    t += x[0]
    t += x[1] ** 2
    return t


def reshaped(x: Any) -> Any:
    t = np.arange(6.0).reshape(2, 3)
    t *= x
    s = np.linspace(1, 2, 3)
    s += x
    return s * t[1]


def forces(x: Any) -> Any:
    total = np.zeros_like(WEIGHTS)
    for k in range(3):
        total += WEIGHTS[k] * (x - x[k])
    return total


@pytest.mark.parametrize(
    "function", [added, every_operator, first_operator, broadcast, of_one_element, reshaped, forces]
)
def test_it_is_what_numpy_computes(function: Callable[[Any], Any]) -> None:
    expected = function(X)
    for _ in range(3):  # Python runs otherwise what it has often run
        np.testing.assert_allclose(cr.jvp(function, (X,), (X,))[0], expected)
    cr.check_grad(lambda x: np.sum(np.cos(function(x))), X)
    np.testing.assert_allclose(cr.vmap(function)(np.stack([X, 2 * X])), [expected, function(2 * X)])
    compiled = cr.jit(function)
    for x in (X, X + 1):
        np.testing.assert_allclose(compiled(x), function(x))


HELD = np.zeros(3)


def another_name(x: Any) -> Any:
    t = s = np.zeros(3)
    t += x
    return s


def a_column(x: Any) -> Any:
    t = np.zeros((3, 2))
    column = t[:, 0]
    column += x
    return t


def a_second_view(x: Any) -> Any:
    t = np.zeros(6).reshape(2, 3)
    row = t[0]
    t += x
    return row


def a_view(x: Any) -> Any:
    t = np.zeros(3)
    part = t[:2]
    t += x
    return part


def of_a_view(x: Any) -> Any:
    t = np.zeros((2, 3))
    row = t[0]
    row += x
    return t


def rows(x: Any) -> Any:
    t = np.zeros((2, 3))
    for row in t:
        row += x
    return t


def of_a_list(x: Any) -> Any:
    parts = [np.zeros(3), np.zeros(3)]
    for part in parts:
        part += x
    return parts[0]


def of_an_attribute(x: Any) -> Any:
    of_an_attribute.total = np.zeros(3)
    of_an_attribute.total += x
    return of_an_attribute.total


def around(x: Any) -> Any:
    t = HELD
    t += x
    return HELD


def by_a_call(x: Any) -> Any:
    t = np.zeros(3)
    np.add(t, x, out=t)
    return t


def of_a_cell(x: Any) -> Any:
    t = np.zeros(3)

    def add() -> None:
        nonlocal t
        t += x

    add()
    return t


def given(x: Any) -> Any:
    def add(t: Any) -> None:
        t += x

    total = np.zeros(3)
    add(total)
    return total


def given_away(x: Any) -> Any:
    def added(t: Any) -> Any:
        t += x
        return t

    return added(np.zeros(3))


@pytest.mark.parametrize(
    "function",
    [
        another_name,
        a_column,
        a_second_view,
        a_view,
        of_a_view,
        rows,
        of_a_list,
        of_an_attribute,
        around,
        by_a_call,
        of_a_cell,
        given,
        given_away,
    ],
)
def test_what_others_would_see_is_refused(function: Callable[[Any], Any]) -> None:
    for _ in range(12):
        with pytest.raises(TracingError, match="is a plain array, which cannot hold a derivative"):
            cr.grad(lambda x: np.sum(function(x)))(X)


def test_whole_numbers_are_refused() -> None:
    def function(x: Any) -> Any:
        t = np.zeros(3, int)
        t += x
        return np.sum(t)

    with pytest.raises(TracingError, match="is a plain array"):
        cr.grad(function)(X)


def test_an_argument_is_refused() -> None:
    def function(x: Any, t: Any) -> Any:
        t += x
        return np.sum(t)

    with pytest.raises(TracingError, match="is a plain array"):
        cr.grad(function)(X, np.zeros(3))


def by_a_number(number: Any) -> Any:
    t = np.ones(3)
    t *= number
    t += number**2
    return t


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_a_python_number_updates_it_too(dtype: str) -> None:
    def function(number: Any) -> Any:
        t = np.ones(3, dtype)
        t *= number
        t -= 2 * number
        return t

    assert cr.jvp(function, (2.0,), (1.0,))[1].dtype == dtype
    np.testing.assert_array_equal(cr.jacobian(function)(2.0), [-1, -1, -1])
    cr.check_grad(by_a_number, 2.0)
    compiled = cr.jit(by_a_number)
    for number in (2.0, 3.0, 4.0):
        np.testing.assert_array_equal(compiled(number), by_a_number(number))
    assert compiled.explain_plan(2.0).fallbacks == ()


@pytest.mark.parametrize("size", [3, 5000])
def test_an_operation_that_has_used_it_does_not_see_it(size: int) -> None:
    def function(x: Any) -> Any:
        t = np.linspace(1, 2, size)
        before = np.sum(x[0] * t) + np.sum(t * x[1])
        t *= x[0]
        t += np.sum(x)
        return before * np.sum(t)

    cr.check_grad(function, X)
    np.testing.assert_allclose(cr.hessian(function)(X), cr.jacobian(cr.grad(function))(X))
    compiled = cr.jit(function)
    for x in (X, X + 1, X + 2):
        np.testing.assert_allclose(compiled(x), function(x))
    assert compiled.explain_plan(X).fallbacks == ()


@pytest.mark.parametrize("size", [3, 5000])
def test_an_array_that_is_used_and_has_another_name_is_refused(size: int) -> None:
    def function(x: Any) -> Any:
        t = s = np.ones(size)
        before = x[0] * t
        t *= x[0]
        return np.sum(before + s)

    with pytest.raises(TracingError, match="is a plain array"):
        cr.grad(function)(X)
