"""What shares memory with an array in NumPy shows the assignments to a traced one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr


def _shown(make: Any, change: Any) -> Any:
    """Return a function that makes something of an array, changes the array, and returns what was made."""

    def fun(x: Any) -> Any:
        x = x * 1
        shown = make(x)
        change(x)
        return np.sum(shown * np.arange(1.0, np.size(shown) + 1).reshape(np.shape(shown))) + np.sum(x)

    return fun


def _double(x: Any) -> None:
    x *= 2


def _set(x: Any) -> None:
    x[1] = 9


def _set_through_a_view(x: Any) -> None:
    x[1:][0] = 7


MAKERS = {
    "asarray": np.asarray,
    "asanyarray": np.asanyarray,
    "array without a copy": lambda x: np.array(x, copy=None),
    "ascontiguousarray": np.ascontiguousarray,
    "require": np.require,
    "part": lambda x: np.asarray(x)[1:],
    "of a view": lambda x: np.asarray(x[1:]),
    "reshaped": lambda x: np.asarray(x).reshape(-1, 1),
    "copy": lambda x: np.asarray(x).copy(),
    "array": np.array,
    "computed": lambda x: np.asarray(x) + 0,
    "list": lambda x: np.asarray([x, x]),
    "windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, 2),
    "nan_to_num": lambda x: np.nan_to_num(x, copy=False),
}


@pytest.mark.parametrize("change", [_double, _set, _set_through_a_view])
@pytest.mark.parametrize("name", MAKERS)
def test_assignments_are_seen_where_numpy_shows_them(name: str, change: Any) -> None:
    fun, x = _shown(MAKERS[name], change), np.array([1.0, -2.0, 3.0])
    wanted = fun(x)
    assert cr.value_and_grad(fun)(x)[0] == wanted
    assert cr.jvp(fun, (x,), (x,))[0] == wanted
    assert cr.vmap(fun)(x[None])[0] == wanted
    assert cr.grad(lambda x: cr.grad(fun)(x) @ x + fun(x))(x).shape == x.shape
    compiled = cr.jit(fun)
    assert [compiled(x) for _ in range(3)] == [wanted] * 3
    cr.check_grad(fun, x)


def test_nan_to_num_in_place_changes_the_array() -> None:
    def fun(x: Any) -> Any:
        x = x * 1
        np.nan_to_num(x, copy=False, nan=5.0)
        return np.sum(x)

    assert cr.value_and_grad(fun)(np.array([np.nan, 2.0]))[0] == 7.0


def test_put_as_a_method() -> None:
    def fun(x: Any) -> Any:
        x = x * 1
        x.put([0], 5.0)
        return np.sum(x**2)

    np.testing.assert_array_equal(cr.grad(fun)(np.array([1.0, 2.0])), [0.0, 4.0])


M = np.arange(1.0, 7.0).reshape(2, 3)

RESULTS = {
    "einsum, implicit": lambda x: np.einsum("ij", x),
    "einsum, transposed": lambda x: np.einsum("ji", x),
    "einsum of lists": lambda x: np.einsum(x, [0, 1], [1, 0]),
    "einsum of a diagonal": lambda x: np.einsum(x[:, :2], [0, 0], [0]),
    "einsum that sums": lambda x: np.einsum("ij->j", x),
    "columns in their order in memory": lambda x: x.T.ravel("K"),
    "as they are in memory": lambda x: x.T.reshape(-1, order="A"),
    "element": lambda x: x[1, 2],
    "element, as an array": lambda x: x[1, ..., 2],
    "last of each row": lambda x: x[..., 2],
    "one element in another shape": lambda x: x[:1, :1].reshape(()),
    "one element without axes": lambda x: np.squeeze(x[:1, :1]),
    "copied into the same shape": lambda x: np.reshape(x, (2, 3), copy=True),
    "copied into another shape": lambda x: x.reshape(3, 2, copy=True),
    "clip without limits": lambda x: np.clip(x, None, None),
    "no border": lambda x: np.pad(x, 0, mode="edge"),
    "grid": lambda x: np.meshgrid(x[0])[0],
    "chosen by a truth value": lambda x: x[np.bool(True)],
}


@pytest.mark.parametrize("name", RESULTS)
def test_changes_of_a_result_reach_the_array_where_they_do_in_numpy(name: str) -> None:
    def fun(x: Any) -> Any:
        x = x * 1
        part = RESULTS[name](x)
        part *= 3
        part -= np.sum(x)
        return np.sum(x * M) + np.sum(part**2)

    wanted = fun(M)
    assert cr.value_and_grad(fun)(M)[0] == wanted
    assert cr.vmap(fun)(M[None])[0] == wanted
    compiled = cr.jit(fun)
    assert [compiled(M) for _ in range(3)] == [wanted] * 3
    cr.check_grad(fun, M)


@pytest.mark.parametrize(
    "make", [lambda x: np.broadcast_arrays(x, M[0])[0], lambda x: np.meshgrid(x, x, copy=False)[0]]
)
def test_broadcast_arrays_show_what_is_assigned_later(make: Any) -> None:
    def fun(x: Any) -> Any:
        x = x * 1
        shown = make(x)
        x *= 5
        return np.sum(shown * shown)

    x = np.arange(1.0, 4.0)
    assert cr.value_and_grad(fun)(x)[0] == fun(x)
    cr.check_grad(fun, x)


LATER = {
    "array of a view": lambda x: (x[:, 0], lambda part: np.array(part)),
    "asarray of a view": lambda x: (x.T, lambda part: np.asarray(part)[1]),
    "selection of a view": lambda x: (x[0], lambda part: part[np.array([True, False, True])]),
    "decision on a view": lambda x: (x[0, ..., 0], lambda part: 1.0 if part > 5 else x[0, 1]),
}


@pytest.mark.parametrize("name", LATER)
def test_a_view_is_read_as_it_is_after_an_assignment(name: str) -> None:
    def fun(x: Any) -> Any:
        x = x * 1
        part, use = LATER[name](x)
        x *= 10
        return np.sum(use(part) * 2) + np.sum(x)

    assert cr.value_and_grad(fun)(M)[0] == fun(M)
    assert cr.jvp(fun, (M,), (M,))[0] == fun(M)
    compiled = cr.jit(fun)
    assert [compiled(M) for _ in range(3)] == [fun(M)] * 3
    cr.check_grad(fun, M)


FLATTENED = {
    "reversed": lambda x: x[0, ::-1].ravel(),
    "column": lambda x: x[:, 1].ravel(),
    "column in three axes": lambda x: np.atleast_3d(x[:, 1]).ravel(),
    "column, reshaped": lambda x: x[:, 1].reshape(-1),
    "diagonal": lambda x: np.einsum("ii->i", x[:, :2]).ravel(),
    "rows": lambda x: x[:1].ravel(),
    "copied": lambda x: x[::-1].copy().ravel(),
    "in the order of memory": lambda x: x[:, 1].ravel("K"),
}


@pytest.mark.parametrize("name", FLATTENED)
@pytest.mark.parametrize("is_changed", [False, True])
def test_flattened_views_are_copies_where_numpy_has_to_walk_in_steps(name: str, is_changed: bool) -> None:
    def fun(x: Any) -> Any:
        x = x * 1
        if is_changed:
            x[...] += 1
        flat = FLATTENED[name](x)
        flat *= 3
        return np.sum(x * M) + np.sum(flat**2)

    assert cr.value_and_grad(fun)(M)[0] == fun(M)
    assert cr.vmap(fun)(M[None])[0] == fun(M)
    cr.check_grad(fun, M)


def test_a_view_that_was_assigned_to_still_lies_in_steps() -> None:
    def fun(x: Any) -> Any:
        x = x * 1
        column = x[:, 1]
        column += 1
        column.ravel()[0] = 50.0
        rows = x.T
        rows[...] *= 2
        rows.reshape(-1)[0] = 70.0
        return np.sum(x * M)

    assert cr.value_and_grad(fun)(M)[0] == fun(M)
    cr.check_grad(fun, M)


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
@pytest.mark.parametrize("make", [np.array, np.transpose, np.asfortranarray])
def test_flatten_reads_in_order_and_copies(make: Any, order: Any) -> None:
    def fun(x: Any) -> Any:
        flat = x.flatten(order)
        flat[0] = 9.0
        return np.sum(flat * np.arange(6.0)) + np.sum(x)

    x = make(M)
    assert cr.value_and_grad(fun)(x)[0] == fun(x)


def _add(total: Any, term: Any) -> None:
    total += term


WITHOUT_AXES = {
    "zeros": lambda x: np.zeros((), like=x),
    "zeros_like": lambda x: np.zeros_like(x[0, 0]),
    "full_like": lambda x: np.full_like(x[0, 0], x[0, 1]),
    "array": lambda x: np.array(x[0, 0], like=x),
    "copy": lambda x: np.zeros((), like=x).copy(),
    "view": lambda x: (x * 1)[0, ..., 0],
}


@pytest.mark.parametrize("name", [name for name in WITHOUT_AXES if name != "array"])
def test_arrays_without_axes_are_changed_by_operators_in_place(name: str) -> None:
    def fun(x: Any) -> Any:
        total = WITHOUT_AXES[name](x)
        kept = total
        for term in x[1]:
            _add(total, term * term)
        total *= x[0, 2]
        return kept + x[0, 0]

    assert cr.value_and_grad(fun)(M)[0] == fun(M)
    assert cr.jvp(fun, (M,), (M,))[0] == fun(M)
    assert cr.vmap(fun)(M[None])[0] == fun(M)
    compiled = cr.jit(fun)
    assert [compiled(M) for _ in range(3)] == [fun(M)] * 3
    cr.check_grad(fun, M)


def test_numbers_are_not() -> None:
    def fun(x: Any) -> Any:
        first, total, least = x[0, 0], np.sum(x), np.median(x)
        kept = first, total, least
        first += 5.0
        total *= 2.0
        least -= total
        return sum(kept) + first * total * least

    assert cr.value_and_grad(fun)(M)[0] == fun(M)
    assert cr.vmap(fun)(M[None])[0] == fun(M)


def test_an_argument_without_axes_is_an_array() -> None:
    def fun(x: Any) -> Any:
        y = x
        y += 1.0
        return x * y

    assert fun(np.array(2.0)) == cr.value_and_grad(fun)(np.array(2.0))[0] == 9.0
    assert cr.jvp(fun, (np.array(2.0),), (np.array(1.0),)) == (9.0, 6.0)
    assert fun(2.0) == cr.value_and_grad(fun)(2.0)[0] == 6.0


def _windows(x: Any, size: int = 2, **options: Any) -> Any:
    return np.lib.stride_tricks.sliding_window_view(x, size, writeable=True, **options)


def _first_window(x: Any) -> Any:
    y = x * 1
    windows = _windows(y)
    windows[0] = x[:2] ** 2
    return y, windows


def _elements_of_windows(x: Any) -> Any:
    y = x * 1
    windows = _windows(y)
    windows[0][1] = 5.0
    windows[1, 1] = x[0] * 7
    windows[2] += 1
    windows.flat[4] = 3.0
    return y, windows


def _columns_of_windows(x: Any) -> Any:
    y = (x * 1).reshape(2, 2)
    windows = _windows(y, axis=1)
    windows[:, 0, 1] = x[:2] ** 2
    windows.T[0] = 8.0
    return y, windows


def _windows_over_windows(x: Any) -> Any:
    y = x * 1
    windows = _windows(y)
    further = _windows(windows, axis=0)
    further[0] = x[3]
    further[1, 1, 1] = 9.0
    return y, windows, further


def _windows_by_a_mask(x: Any) -> Any:
    y = x * 1
    windows = _windows(y[::-1], 3)
    windows[windows > 2.5] = 0.0
    windows *= 2
    return y, windows


@pytest.mark.parametrize(
    "fun",
    [_first_window, _elements_of_windows, _columns_of_windows, _windows_over_windows, _windows_by_a_mask],
)
def test_windows_that_overlap_show_what_is_assigned_to_one(fun: Any) -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0])
    members = [fun(x), fun(x + 0.25)]
    mapped = cr.vmap(fun)(np.stack([x, x + 0.25]))
    for place, (value, wanted) in enumerate(zip(cr.vjp(fun, x)[0], members[0], strict=True)):
        np.testing.assert_array_equal(value, wanted)
        np.testing.assert_array_equal(mapped[place], np.stack([each[place] for each in members]))
    assert cr.check_grad(lambda x: sum(np.sum(np.sin(part)) for part in fun(x)), x)
