"""The hypotenuse has a kink at the origin: its derivative there is taken as 0, like that of a norm, in every way of computing."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr


def test_it_is_zero_as_that_of_the_norm():
    # PyTorch has NaN there and JAX (0.5, 0.5); 0 is the least slope that a convex function may be given at a kink.
    assert cr.grad(np.hypot, (0, 1))(0.0, 0.0) == (0.0, 0.0)
    assert cr.grad(np.linalg.norm)(np.zeros(2)).tolist() == [0.0, 0.0]
    assert cr.jvp(np.hypot, (0.0, 0.0), (1.0, 2.0)) == (0.0, 0.0)
    assert cr.jit(cr.grad(np.hypot, (0, 1)))(0.0, 0.0) == (0.0, 0.0)
    assert np.array(cr.hessian(np.hypot, (0, 1))(0.0, 0.0)).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_elsewhere_nothing_changes(kind):
    x, y = np.array([3, 0, 0, -5], kind), np.array([4, 0, 2, 12], kind)
    slopes = cr.grad(lambda x, y: np.sum(np.hypot(x, y)), (0, 1))(x, y)
    for slope, side in zip(slopes, (x, y), strict=True):
        assert slope.dtype == kind
        np.testing.assert_allclose(slope, [s / h if h else 0 for s, h in zip(side, np.hypot(x, y), strict=True)])
