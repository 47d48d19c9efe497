"""Folds of ufuncs: reduce and accumulate of every ufunc of two operands give NumPy's value, or refuse as NumPy does."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ShapeError
from chainrule.primitives.table import BY_UFUNC

BINARY = [u for u in BY_UFUNC if u.nin == 2 and "dd->d" in u.types]
SHAPES = ((1,), (5,), (3, 2), (2, 3, 2))


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda u: u.__name__)
@pytest.mark.parametrize("shape", SHAPES)
def test_folds_are_numpys(ufunc, shape):
    x = np.random.default_rng(0).uniform(0.3, 1.5, size=shape)
    for method, options in (
        ("reduce", {}),
        ("reduce", {"axis": -1, "keepdims": True}),
        ("reduce", {"initial": 2.0}),
        ("accumulate", {}),
        ("accumulate", {"axis": -1}),
    ):

        def folded(x, method=method, options=options):
            return getattr(ufunc, method)(x, **options)

        # In longer numbers: with AVX-512, NumPy's own reduce of arctan2 and power reads what it has overwritten.
        expected = folded(x.astype(np.longdouble))
        value, _ = cr.vjp(folded, x)
        np.testing.assert_allclose(value, expected, rtol=1e-12)
        assert np.shape(value) == np.shape(expected)


def test_several_axes_only_where_the_order_does_not_matter():
    x = np.random.default_rng(0).normal(size=(2, 3))
    assert cr.vjp(lambda x: np.hypot.reduce(x, axis=(0, 1)), x)[0] == pytest.approx(np.linalg.norm(x))
    with pytest.raises(ShapeError, match="takes its elements in order"):
        cr.grad(lambda x: np.subtract.reduce(x, axis=(0, 1)))(x)


def test_without_elements_there_is_the_identity_or_an_error():
    assert cr.vjp(np.hypot.reduce, np.zeros(0))[0] == 0
    with pytest.raises(ShapeError, match="no identity; give initial="):
        cr.vjp(np.fmax.reduce, np.zeros(0))
    with pytest.raises(ShapeError, match="where= needs initial="):
        cr.vjp(lambda x: np.fmin.reduce(x, where=np.array([True, False])), np.ones(2))
