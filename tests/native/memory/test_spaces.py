"""Neighboring axes are one loop where everything lies in one line, and what loops give is NumPy's either way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import check, rounded

import chainrule as cr
from chainrule.native.memory.layout import Storage, contiguous
from chainrule.native.memory.spaces import Space, joined, separate
from chainrule.passes.simplifications import simplifier
from chainrule.passes.terms import FLOAT64, Shape, Term
from chainrule.primitives import arithmetic as a
from chainrule.primitives.shape import PAD

LASTS = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16)


def picture(x):
    return x[1:, 1:] * x[:-1, :-1] + np.abs(x[1:, :-1])


def total_variation(x):
    # Of one element, so that it is a small number: the sine of a large one would magnify the roundings of the sums.
    return (np.sum((x[1:] - x[:-1]) ** 2) + np.sum((x[:, 1:] - x[:, :-1]) ** 2)) / x.size


def standard(x):
    return (x - np.mean(x, axis=-1, keepdims=True)) / np.sqrt(np.var(x, axis=-1, keepdims=True) + 0.1)


def shares(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def backward(x):
    return np.flip(x, 1)[::-1] * x + np.roll(x, 1, 1) - np.swapaxes(x, 0, 1)[: len(x), : x.shape[1]].sum()


def around(x):
    return np.pad(np.tanh(x), ((1, 2), (2, 0), (0, 0))) + 1


def sums(x):
    return np.sum(x, (1, 2)), np.sum(x, (0, 2)), np.sum(x * x), np.max(x, 0), np.min(x, (0, 1)), np.prod(x, -1)


@pytest.mark.parametrize("last", LASTS)
@pytest.mark.parametrize("fun", [picture, total_variation, standard, shares, backward, around, sums])
def test_values_and_derivatives_are_those_of_numpy(fun: Callable[..., Any], last: int) -> None:
    rng = np.random.default_rng(last)
    calls = [(rng.normal(size=(6, 9, last)),), (rng.normal(size=(6, 9, last)),)]

    def slope(x):
        return cr.grad(lambda x: sum(np.sum(np.sin(each) * weights(each)) for each in _parts(fun(x))))(x)

    check(fun, *calls, judge=rounded())
    check(slope, *calls, judge=rounded(1e-11))


def weights(x: Any) -> Any:
    return np.cos(np.arange(np.size(x))).reshape(np.shape(x))


def _parts(found: Any) -> tuple[Any, ...]:
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("dtype", [np.float32, np.int64, bool])
@pytest.mark.parametrize("last", LASTS)
def test_other_types_under_a_mask(last: int, dtype: Any) -> None:
    x = (np.random.default_rng(0).normal(size=(5, 7, last)) * 3).astype(dtype)
    check(
        lambda x, y: (x[1:] + y[1:, :1], x & y if dtype is bool else x * y, np.sum(x, -1), np.max(x, 1)), (x, x[::-1])
    )


# --- which axes are joined


def space_of(domain: Shape, *strides: Shape, keeps_rows: bool = False) -> Space:
    """Return the space in which values that lie with these strides are added."""
    s = simplifier()
    terms = [s.terms.input(place, domain, FLOAT64) for place in range(len(strides))]
    total = terms[0]
    for term in terms[1:]:
        total = s.binary(a.ADD, total, term)
    places = {
        term.index: (k, Storage(term, 0, each)) for k, (term, each) in enumerate(zip(terms, strides, strict=True))
    }
    return joined(domain, [(total, contiguous(domain))], lambda term: places.get(term.index), keeps_rows)


def test_axes_that_lie_in_one_line_are_one_loop() -> None:
    assert space_of((4, 5, 3), (15, 3, 1)).lengths == (60,)
    assert space_of((4, 5, 3), (15, 3, 1), (30, 3, 1)).lengths == (4, 15), "rows of a wider picture"
    assert space_of((4, 5, 3), (15, 3, 1), keeps_rows=True).lengths == (4, 15)
    assert space_of((4, 5, 3), (15, 3, 1), (0, 0, 1)).lengths == (20, 3), "a number for each color"
    assert space_of((4, 5, 3), (15, 3, 1), (5, 1, 0)).lengths == (20, 3), "a number for each point"
    assert space_of((4, 5, 3), (3, 12, 1)).lengths == (4, 5, 3), "turned"


def test_axes_of_length_one_are_no_loops() -> None:
    assert space_of((40, 1), (1, 1), keeps_rows=True).lengths == (40,)
    assert space_of((1, 40, 1, 2), (80, 2, 2, 1)).lengths == (80,)
    assert space_of((1, 40, 1, 2), (80, 2, 2, 1), keeps_rows=True).lengths == (1, 80)
    assert space_of((1, 1), (1, 1)).lengths == (1,)


def test_long_rows_stay() -> None:
    assert space_of((4, 300), (300, 1)) == separate((4, 300))


def test_an_axis_along_which_an_array_ends_begins_a_loop() -> None:
    s = simplifier()
    x = s.terms.input(0, (4, 5, 3), FLOAT64)

    def lengths(widths: Shape) -> Shape:
        parameters = {"widths": tuple((width, width) for width in widths)}
        shape = tuple(length + 2 * width for length, width in zip(x.shape, widths, strict=True))
        padded: Term = s.terms.apply(PAD, (x,), parameters, shape, FLOAT64)
        place = (0, Storage(x, 0, contiguous(x.shape)))
        root = (padded, contiguous(shape))
        return joined(shape, [root], lambda term: place if term is x else None, keeps_rows=False).lengths

    assert lengths((1, 0, 0)) == (90,)
    assert lengths((0, 1, 0)) == (4, 21)
    assert lengths((0, 0, 1)) == (20, 5)


def test_strides_and_places_of_joined_axes() -> None:
    space = space_of((4, 5, 3), (15, 3, 1), (30, 3, 1))
    assert space.of_loops((15, 3, 1)) == (15, 1)
    assert [space.index_along(axis, 7) for axis in (1, 2)] == [2, 1]
