"""Reading, setting and adding by index: every rule against NumPy's own assignment, one member of a batch at a time."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.trace import bind
from chainrule.primitives.index_keys import split_key
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET, accumulate_index, index, index_add, index_set

PAIR, GRID = np.array([1, 0]), np.array([[0, 1, 1], [1, 0, 0]])
KEYS: tuple[Any, ...] = (
    0, -1, slice(1, None), (0, slice(None, None, -1)), (Ellipsis, None, 1), (None, 0), (), Ellipsis,
    PAIR, GRID, (slice(None), PAIR), (PAIR, slice(None), PAIR), (0, slice(None), PAIR), (PAIR, Ellipsis, 0),
    (slice(None), PAIR, PAIR), (slice(None), PAIR, 0), (None, PAIR), (Ellipsis, GRID), (PAIR, None, PAIR),
    (slice(0, 1), None, GRID),
    np.array([True, False]), (slice(None), np.array([True, False, True])), (PAIR, np.array([True, False, True])),
    np.array([[True, False, True], [False, True, False]]), (Ellipsis, np.array([False, True])),
)  # fmt: skip
SHAPE = (2, 3, 2)
RNG = np.random.default_rng(0)
X = RNG.standard_normal(SHAPE)


def _dot(a: Any, b: Any) -> float:
    return float(np.sum(np.asarray(a) * np.asarray(b)))


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_values_are_those_of_numpy(key: Any) -> None:
    region = X[key]
    np.testing.assert_array_equal(index(X, key), region)
    v = RNG.standard_normal(region.shape)
    placed, added = X.copy(), X.copy()
    placed[key] = v
    np.add.at(added, key, v)
    before = X.copy()
    np.testing.assert_array_equal(index_set(X, key, v), placed)
    np.testing.assert_allclose(index_add(X, key, v), added, rtol=1e-14)
    np.testing.assert_array_equal(X, before)
    template, arrays = split_key(key)
    total = np.asfortranarray(X)
    accumulate_index(total, v, *arrays, template=template)
    np.testing.assert_allclose(total, added, rtol=1e-14)


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_transposes_are_transposes(key: Any) -> None:
    template, arrays = split_key(key)
    u = RNG.standard_normal(X[key].shape)
    back = INDEX.transpose(u, 0, X, *arrays, template=template)
    assert _dot(u, X[key]) == pytest.approx(_dot(back, X))
    for primitive in (INDEX_SET, INDEX_ADD):
        # An assignment drops ones in front of a shape.
        for shape in {X[key].shape, (1, *X[key].shape) if primitive is INDEX_SET else (), ()}:
            v, ct = np.asarray(RNG.standard_normal(shape)), RNG.standard_normal(SHAPE)
            out = bind(primitive, (X, v, *arrays), {"template": template})
            shares = [primitive.transpose(ct, place, X, v, *arrays, template=template) for place in (0, 1)]
            assert [np.shape(share) for share in shares] == [SHAPE, shape]
            assert _dot(ct, out) == pytest.approx(_dot(shares[0], X) + _dot(shares[1], v))


def _moved(array: Any, row: int) -> Any:
    """Return positions that differ from row to row, or a mask that selects others, as many."""
    return np.roll(array, row) if array.dtype.kind == "b" else (array + row) % 2


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_batches_are_computed_as_their_members_are(key: Any) -> None:
    template, arrays = split_key(key)
    region = X[key].shape
    for flags in product((False, True), repeat=2 + len(arrays)):
        if not any(flags):
            continue
        for v_shape in (region, ()):
            operands = [RNG.standard_normal((4, *SHAPE)), RNG.standard_normal((4, *v_shape))]
            operands += [np.stack([_moved(array, row) for row in range(4)]) for array in arrays]
            given = [operand if flag else operand[0] for operand, flag in zip(operands, flags, strict=True)]
            for primitive in (INDEX, INDEX_SET, INDEX_ADD):
                chosen = [0, *range(2, len(given))] if primitive is INDEX else list(range(len(given)))
                own = tuple(flags[place] for place in chosen)
                if not any(own):
                    continue
                assert primitive.batch is not None
                actual = primitive.batch(own, *(given[place] for place in chosen), template=template)
                expected = [
                    bind(primitive, [operands[p][row if flags[p] else 0] for p in chosen], {"template": template})
                    for row in range(4)
                ]
                np.testing.assert_allclose(actual, np.stack(expected), rtol=1e-13)


def test_each_member_of_a_batch_may_set_a_number_where_its_own_mask_says() -> None:
    def function(x: Any) -> Any:
        y = x * 1.0
        y[y < 0] = 0
        y[x[:, 0] > 1] = x[1, 1] ** 2
        return np.sum(y**2)

    batch = np.random.default_rng(0).normal(size=(4, 3, 2)) * 2
    for transform in (lambda f: f, cr.grad, cr.hessian):
        expected = [transform(function)(x) for x in batch]
        np.testing.assert_allclose(cr.vmap(transform(function))(batch), expected)
    cr.check_grad(function, batch[0])
    assert cr.vmap(_filled)(batch.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sort(x[x > 0])[1] ** 2,
        lambda x: np.cumsum(x[np.nonzero(x > 0)])[-1] * x[0],
        lambda x: np.unique(x) @ x,
        lambda x: np.poly1d(x)(1.5),
    ],
)
def test_members_of_a_batch_that_select_as_many_elements_go_on_together(function: Any) -> None:
    x = np.array([[0.5, -1.0, 2.0, 1.0], [1.5, 0.7, -0.2, 0.3]])
    expected = np.stack([cr.grad(function)(row) for row in x])
    np.testing.assert_allclose(cr.vmap(cr.grad(function))(x), expected)
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(cr.vmap(function)(x)))(x), expected)
    compiled = cr.jit(cr.vmap(cr.grad(function)))
    for each in (x, x, x[::-1], x * 1.1):
        np.testing.assert_allclose(compiled(each), np.stack([cr.grad(function)(row) for row in each]))


def test_members_of_a_batch_that_select_other_numbers_of_elements_are_refused() -> None:
    with pytest.raises(cr.ShapeError, match=r"different numbers of elements.*np\.where\(mask, x, 0\)"):
        cr.vmap(lambda x: np.sort(x[x > 0])[0])(np.array([[1.0, 2.0], [1.0, -1.0]]))


def _filled(x: Any) -> Any:
    y = x * np.float32(2)
    y[x > 0] = 2.5
    return y


def _turned(x):
    y = x + 0j
    y[:1] *= 1j
    return np.sum(np.real(y * y * (1 + 1j)))


def _turned_where_masked(x):
    y = x + 0j
    y[y.real > 2.5] = 1j * x[0]
    return np.sum(np.real(y * y * (1 + 1j)))


def _turned_at_places(x):
    y = np.zeros(3, complex, like=x)
    y[[1, 2]] = x
    y[[2, 0]] = 1j * x
    return np.sum(np.real(y * y * (1 + 1j)))


@pytest.mark.parametrize("function", [_turned, _turned_where_masked, _turned_at_places])
def test_what_is_complex_is_assigned_where_the_tangent_was_real(function):
    x = np.array([2.0, 3.0])
    slope = cr.grad(function)(x)
    np.testing.assert_allclose(cr.jacobian(function, mode="forward")(x), slope)
    cr.check_grad(function, x)
    curvature = cr.jacobian(cr.grad(function), mode="reverse")(x)
    np.testing.assert_allclose(cr.hessian(function)(x), curvature)
    np.testing.assert_allclose(cr.vmap(cr.hessian(function))(np.stack([x, x])), [curvature, curvature])
    compiled = cr.jit(cr.hessian(function))
    for _ in range(3):
        np.testing.assert_allclose(compiled(x), curvature)


HOLDS, FAILS = np.array(True), np.array(False)
WITHOUT_AXES = {
    "read": lambda x: x[HOLDS],
    "read nothing": lambda x: x[FAILS],
    "read a number": lambda x: x[1, 2][HOLDS],
    "beside a place": lambda x: x[HOLDS, 1],
    "behind a place": lambda x: x[1, HOLDS],
    "beside places": lambda x: x[[0, 1, 1], HOLDS],
    "behind a slice": lambda x: x[:, HOLDS],
    "behind all axes": lambda x: x[..., HOLDS],
    "set": lambda x: _changed(x, HOLDS, lambda row: 2 * row),
    "not set": lambda x: _changed(x, FAILS, lambda row: 2 * row),
    "added": lambda x: _changed(np.sum(x), HOLDS, lambda number: number**2),
}


def _changed(x, mask, change):
    copy = np.where(True, x, 0.0)
    copy[mask] = change(copy[mask])
    return copy


@pytest.mark.parametrize("name", WITHOUT_AXES)
def test_a_mask_without_axes_makes_one(name):
    function = WITHOUT_AXES[name]
    x = np.linspace(0.5, 3, 24).reshape(4, 2, 3)
    expected = np.stack([function(each) for each in x])
    np.testing.assert_array_equal(cr.vmap(function)(x), expected)
    np.testing.assert_array_equal(cr.vmap(function, in_axes=2)(np.moveaxis(x, 0, 2)), expected)
    hessian = cr.hessian(lambda x: np.sum(np.sin(function(x))))(x[0])
    rows = np.stack(
        [
            cr.jvp(cr.grad(lambda x: np.sum(np.sin(function(x)))), (x[0],), (each,))[1]
            for each in np.eye(6).reshape(6, 2, 3)
        ]
    )
    np.testing.assert_allclose(hessian.reshape(6, 6), rows.reshape(6, 6), atol=1e-12)


def test_a_mask_that_numpy_took_apart_selects_what_it_does():
    def function(x):
        y = x * 2
        y[np.asarray(y < 1)] = 7.0
        return y

    x = np.array([[0.1, 2.0], [3.0, 0.2]])
    np.testing.assert_array_equal(cr.vmap(function)(x), function(x))
