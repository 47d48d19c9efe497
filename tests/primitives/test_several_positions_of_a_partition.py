"""Proves that a partition of a long line puts every position in its place, one position after the other."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.trace import bind
from chainrule.native.machine.machine import available
from chainrule.primitives.order import ARGPARTITION, LONG

SIZE = LONG + 1
NORMAL = np.random.default_rng(3).normal(size=SIZE)
LINES = {
    "normal": NORMAL,
    "ties": np.round(NORMAL),
    "with NaN": np.where(NORMAL > 1.5, np.nan, NORMAL),
    "complex": NORMAL + 1j * NORMAL[::-1],
    "rows": np.stack([NORMAL, NORMAL[::-1]]),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize(
    "kth", [(0, 1), (4999, 5000, SIZE - 1), (17, 9000, 8000, 17, 9001), (SIZE - 1, SIZE - 2, SIZE - 3)]
)
def test_each_position_has_its_element_and_what_is_before_is_no_larger(name, kth):
    x = LINES[name]
    order = bind(ARGPARTITION, (x,), {"kth": kth, "axis": x.ndim - 1})
    np.testing.assert_array_equal(np.sort(order, axis=-1), np.broadcast_to(np.arange(SIZE), x.shape))
    found, wanted = np.take_along_axis(x, order, -1), np.sort(x, axis=-1)
    for place in kth:
        np.testing.assert_array_equal(np.sort(found[..., : place + 1]), wanted[..., : place + 1])
        np.testing.assert_array_equal(found[..., place], wanted[..., place])


@pytest.mark.skipif(not available(), reason="needs llvmlite")
def test_the_order_is_found_once_for_a_median_and_its_gradient():
    slope = cr.jit(cr.value_and_grad(np.median))
    assert [fallback.what for fallback in slope.explain_plan(NORMAL).fallbacks] == ["argpartition"]
    for _ in range(3):
        value, gradient = slope(NORMAL)
    assert value == np.median(NORMAL)
    assert np.flatnonzero(gradient).tolist() == [int(np.argmax(value == NORMAL))]
    assert np.sum(gradient) == 1
