"""Steps and choices where two of their operands meet or cross: the one that is chosen passes the sensitivity."""

from __future__ import annotations

import numpy as np

import chainrule as cr


def test_clip_between_limits_that_cross_is_the_upper_one():
    x, low, high = np.array([0.3, -2.0, 5.0]), np.array([1.0, 1.0, 1.0]), np.array([0.0, 0.5, 0.9])
    assert np.array_equal(np.clip(x, low, high), high)
    slopes = cr.grad(lambda *limits: np.sum(np.clip(*limits)), argnums=(0, 1, 2))(x, low, high)
    np.testing.assert_array_equal(slopes, [[0, 0, 0], [0, 0, 0], [1, 1, 1]])
    assert cr.check_grad(lambda *limits: np.sum(np.clip(*limits)), x, low, high)
