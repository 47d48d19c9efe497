"""A program that asks isinstance takes the same way traced, compiled and plain."""

from __future__ import annotations

import functools
import numbers
from collections.abc import Collection, Container, Hashable, Iterable, Sized
from typing import Any

import numpy as np
import pytest

import chainrule as cr


def _by_kind(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return np.sum(x**2)
    if isinstance(x, float):
        return x**3
    raise TypeError("neither an array nor a float")


@functools.singledispatch
def _dispatched(x: Any) -> Any:
    raise TypeError("neither an array nor a float")


@_dispatched.register
def _(x: np.ndarray) -> Any:
    return np.sum(x**2)


@_dispatched.register
def _(x: float) -> Any:
    return x**3


@pytest.mark.parametrize("fun", [_by_kind, _dispatched])
def test_the_way_taken_is_that_of_plain_values(fun: Any) -> None:
    """An array takes the way of arrays, a number that of numbers, under every transform."""
    x, number = np.array([1.0, 2.0, 3.0]), 2.0
    np.testing.assert_array_equal(cr.grad(fun)(x), 2 * x)
    assert cr.grad(fun)(number) == 12.0
    for _ in range(3):
        assert cr.jit(fun)(x) == 14.0
        assert cr.jit(fun)(number) == 8.0
    np.testing.assert_array_equal(cr.vmap(fun)(np.stack([x, 2 * x])), [14.0, 56.0])
    np.testing.assert_array_equal(cr.hessian(fun)(x), 2 * np.eye(3))


def test_what_a_traced_value_says_it_is() -> None:
    """It says NumPy's class of what it stands for, and stays what it is."""
    seen = []

    def fun(x: Any) -> Any:
        total, mask = np.sum(x), x > 0
        seen.append((isinstance(x, np.ndarray), isinstance(x, float), isinstance(total, np.float64)))
        seen.append((isinstance(total, numbers.Real), isinstance(total, np.ndarray), isinstance(mask, np.ndarray)))
        with pytest.raises(TypeError, match="stays what it is"):
            x.__class__ = list
        return total

    cr.grad(fun)(np.ones(3))
    assert seen == [(True, False, True), (True, False, True)]


def test_selections_are_arrays() -> None:
    """To ask a selection what it is does not settle how many elements it has."""
    compiled = cr.jit(lambda x: np.sum(x[x > 0]) if isinstance(x[x > 0], np.ndarray) else x)
    assert [compiled(np.array(x)) for x in ([1.0, -1.0], [2.0, 3.0], [-1.0, -1.0])] == [1.0, 5.0, 0.0]
    assert len(compiled.explain_plan(np.ones(2)).paths) == 1


ABSTRACT = (Iterable, Sized, Container, Collection, Hashable, numbers.Number)


def _abilities(value: Any) -> list[bool]:
    return [isinstance(value, each) for each in ABSTRACT] + [
        hasattr(value, "__len__"),
        np.iterable(value),
        np.isscalar(value),
    ]


@pytest.mark.parametrize("x", [np.ones((2, 3)), np.ones(3), 2.0], ids=["matrix", "vector", "number"])
def test_what_a_traced_value_can_do_is_what_a_plain_one_can(x: Any) -> None:
    seen: list[list[list[bool]]] = []

    def fun(x: Any) -> Any:
        values = [x, x * 2, np.sum(x), np.sum(x) + 1.0, x > 0, *([x[0], x[-1], x[0] * x[0]] if np.ndim(x) else [])]
        seen.append([_abilities(each) for each in values])
        return np.sum(x)

    fun(x)
    for transformed in (cr.grad(fun), cr.hessian(fun), cr.jit(fun)):
        transformed(x)
        assert seen[-1] == seen[0]


def test_a_number_has_no_length_and_is_not_walked_through() -> None:
    def number_of_terms(x: Any) -> Any:
        try:
            return sum(each * len(x) for each in x)
        except TypeError:
            return x**2

    x = np.array([1.0, 2.0, 4.0])
    np.testing.assert_array_equal(cr.grad(number_of_terms)(x), [3.0, 3.0, 3.0])
    np.testing.assert_array_equal(cr.grad(lambda x: number_of_terms(x[1]))(x), [0.0, 4.0, 0.0])
    assert cr.grad(number_of_terms)(3.0) == 6.0
    with pytest.raises(TypeError, match="a traced number has no axes"):
        cr.grad(lambda x: x[0] * len(x[0]))(x)


def test_a_selection_that_is_asked_what_it_can_do_stays_open() -> None:
    compiled = cr.jit(
        lambda x: np.sum(x[x > 0]) if hasattr(x[x > 0], "__len__") and isinstance(x[x > 0], Iterable) else x
    )
    assert [compiled(np.array(x)) for x in ([1.0, -1.0], [2.0, 3.0], [-1.0, -1.0])] == [1.0, 5.0, 0.0]
    assert len(compiled.explain_plan(np.ones(2)).paths) == 1
