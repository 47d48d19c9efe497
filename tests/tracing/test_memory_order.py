"""Traced arrays lie in memory as NumPy's do: whether an assignment through a reshaped array reaches the array depends on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.tracing.numpy_functions import LAYOUTS

X = np.array([[0.5, -1.25, 2.0], [1.5, 0.25, -0.75]])

RESHAPED: dict[str, Callable[[Any], Any]] = {
    "reshape": lambda y: y.reshape(-1),
    "ravel": np.ravel,
    "of the transpose": lambda y: y.T.reshape(-1),
    "as it lies": lambda y: np.ravel(y, order="A"),
}

CALLS: dict[Callable[..., Any], list[Callable[[Any], Any]]] = {
    np.take: [lambda x: np.take(x, [0, 2], axis=1), lambda x: x.take([2, 1], axis=-1)],
    np.compress: [lambda x: np.compress([True, False, True], x, axis=1)],
    np.repeat: [lambda x: np.repeat(x, [1, 2, 0], axis=1)],
    np.delete: [lambda x: np.delete(x, -1, -1)],
    np.insert: [
        lambda x: np.insert(x, [0, 2], x[:, :2], axis=1),
        lambda x: np.insert(obj=0, arr=x, values=1.0, axis=0),
    ],
    np.pad: [lambda x: np.pad(x, 1, mode="edge")],
    np.select: [lambda x: np.select([x > 0], [x], 0.5)],
    np.quantile: [lambda x: np.quantile(x, [0.1, 0.5], axis=0, method="hazen")],
    np.percentile: [lambda x: np.percentile(x, [10, 50], axis=0)],
    np.polyfit: [lambda x: np.polyfit(np.arange(2.0), x, 1)],
}

OTHERS: dict[str, Callable[[Any], Any]] = {
    "copy, by columns": lambda x: x.copy("F"),
    "copy, as it lies": lambda x: x.T.copy("A"),
    "copy, near to how it lies": lambda x: np.stack([x, x]).transpose(1, 0, 2).copy("K"),
    "np.copy, by columns": lambda x: np.copy(x, order="F"),
    "np.copy, of a transpose": lambda x: np.copy(x.T),
    "astype": lambda x: x.astype(float, order="F"),
    "astype, as it lies": lambda x: x.astype(float),
    "stack": lambda x: np.stack([x, x]),
    "stack, in the middle": lambda x: np.stack([x, x], axis=1),
    "stack, at the end": lambda x: np.stack([x, x], axis=-1),
    "stack, of both kinds": lambda x: np.stack([x, np.ones(x.shape)], axis=1),
    "partition": lambda x: np.partition(x, 1),
    "zeros_like a transpose": lambda x: np.zeros_like(x.T),
    "full_like, by columns": lambda x: np.full_like(x, 2.0, order="F"),
}


def _assigned_through(make: Callable[[Any], Any], reshaped: Callable[[Any], Any], first: bool) -> Callable[[Any], Any]:
    """Return a function that makes an array, assigns to a reshaped one, and to it itself before and after."""

    def fun(x: Any) -> Any:
        y = make(x * 1.0)
        if first:
            y[(0,) * y.ndim] = 7.0
        flat = reshaped(y)
        flat[:2] = 9.0
        y[(-1,) * y.ndim] = 5.0
        return y, flat

    return fun


def _agree(fun: Callable[[Any], Any], x: Any) -> None:
    for mine, wanted in zip(cr.vjp(fun, x)[0], fun(x), strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-14)


CASES = [
    *((f"{function.__name__} {place}", call) for function, calls in CALLS.items() for place, call in enumerate(calls)),
    *OTHERS.items(),
]


def test_every_function_with_a_layout_of_its_own_is_tried() -> None:
    assert CALLS.keys() == LAYOUTS.keys()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("first", [False, True], ids=["new", "assigned to before"])
@pytest.mark.parametrize("reshaped", RESHAPED)
@pytest.mark.parametrize(("name", "make"), CASES, ids=[name for name, _ in CASES])
def test_assignments_through_reshaped_arrays(name: str, make: Any, reshaped: str, first: bool, order: Any) -> None:
    _agree(_assigned_through(make, RESHAPED[reshaped], first), np.array(X, order=order))


CHANGES: dict[str, Callable[[Any], Any]] = {
    "mask": lambda y: y.__setitem__(y > 0, 3.0),
    "mask of an array by rows": lambda y: y.__setitem__(np.ascontiguousarray(X > 0), 3.0),
    "operator": lambda y: y.__imul__(X[::-1]),
    "out": lambda y: np.add(np.ascontiguousarray(X), y, out=y),
    "part": lambda y: y.__setitem__(0, 3.0),
}


@pytest.mark.parametrize("reshaped", RESHAPED)
@pytest.mark.parametrize("change", CHANGES)
def test_an_array_stays_where_it_is_in_memory(change: str, reshaped: str) -> None:
    def make(x: Any) -> Any:
        y = x.copy("F")
        CHANGES[change](y)
        return y

    _agree(_assigned_through(make, RESHAPED[reshaped], False), X)


def test_an_array_stays_where_it_is_in_memory_under_two_transforms() -> None:
    def fun(x: Any) -> Any:
        y = x.copy("F")
        y[y > 0] = 3.0
        y.reshape(-1)[0] = 9.0  # a copy
        return np.sum(y**2)

    np.testing.assert_array_equal(cr.hessian(fun)(X).reshape(6, 6).diagonal(), 2.0 * (np.ravel(X) <= 0))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("reshaped", RESHAPED)
def test_members_of_a_batch_lie_as_they_do_alone(reshaped: str, axis: int) -> None:
    fun = _assigned_through(lambda x: x, RESHAPED[reshaped], False)
    members = [X + place for place in range(4)]
    mapped = cr.vmap(fun, in_axes=axis)(np.stack(members, axis=axis))
    for mine, wanted in zip(mapped, zip(*map(fun, members), strict=True), strict=True):
        np.testing.assert_array_equal(mine, np.stack(wanted))


@pytest.mark.parametrize("reshaped", RESHAPED)
def test_views_of_members_of_a_batch_are_reshaped_as_they_are_alone(reshaped: str) -> None:
    fun = _assigned_through(lambda x: np.expand_dims(x, -1), RESHAPED[reshaped], False)
    members = [X + place for place in range(4)]
    mapped = cr.vmap(fun, in_axes=1)(np.stack(members, axis=1))
    for mine, wanted in zip(mapped, zip(*map(fun, members), strict=True), strict=True):
        np.testing.assert_array_equal(mine, np.stack(wanted))


def test_full_like_of_whole_numbers_takes_a_traced_value() -> None:
    value, _ = cr.vjp(lambda x: np.full_like(x, x[1, 0], dtype=int), X)
    np.testing.assert_array_equal(value, np.full_like(X, X[1, 0], dtype=int))


@pytest.mark.parametrize("order", ["C", "F"])
def test_np_ascontiguousarray_is_a_copy_where_it_is_one_in_numpy(order: str) -> None:
    def fun(x: Any) -> Any:
        y = x.copy(order)
        made = [np.ascontiguousarray(y), np.ascontiguousarray(y.T), np.ravel(np.asarray(y.T)), np.asarray(y.T)]
        y[0] = 9.0
        return made

    for mine, wanted in zip(cr.vjp(fun, X)[0], fun(X), strict=True):
        np.testing.assert_array_equal(mine, wanted)
