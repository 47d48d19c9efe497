"""Proves that what joins many parts passes its cotangent to all of them at once, and to each what it would get alone."""

import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule.primitives.table import TABLE

X = np.array([0.5, -1.5, 2.0])


def joined(count):
    return lambda x: np.sum(np.concatenate([x * float(k) for k in range(count)]) ** 2)


def calls_of(function):
    """Return how many calls of Python's and of C's functions a call makes."""
    counts = [0]

    def note(frame, event, argument):
        counts[0] += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return counts[0]


def test_the_work_grows_with_the_number_of_parts_and_not_with_its_square():
    few, many = (calls_of(lambda count=count: cr.grad(joined(count))(X)) for count in (50, 200))
    assert many < 5 * few


@pytest.mark.parametrize("primitive", [p for p in TABLE if getattr(p, "transposes", None) and hasattr(p, "linear_in")])
def test_all_cotangents_are_those_of_each(primitive):
    parameters = {"axis": 1} if primitive.name == "concatenate" else {}
    parts = [X[None, :] * k for k in range(3)]
    ct = np.arange(9.0).reshape((1, 9) if parameters else (3, 1, 3))
    together = primitive.transposes(ct, *parts, **parameters)
    for place, share in enumerate(together):
        np.testing.assert_array_equal(share, primitive.transpose(ct, place, *parts, **parameters))
        assert share.shape == parts[place].shape


@pytest.mark.parametrize("join", [np.concatenate, np.stack, np.hstack, np.vstack, np.column_stack])
def test_parts_that_are_no_inputs_get_nothing_and_the_others_their_own(join):
    def f(x):
        return np.sum(np.sin(join([x, np.ones(3), x**2])))

    np.testing.assert_allclose(cr.grad(f)(X), np.cos(X) + 2 * X * np.cos(X**2), rtol=1e-12)
    np.testing.assert_allclose(cr.hessian(f)(X), cr.jacobian(cr.grad(f), mode="reverse")(X), rtol=1e-12)
