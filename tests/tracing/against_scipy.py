"""Owns how a call of a function of SciPy's is checked: its values, its derivatives, compiled, and in a batch."""

from __future__ import annotations

import numpy as np

import chainrule as cr


def several(out):
    return tuple(out) if isinstance(out, tuple | list) else (out,)  # SciPy's stacks are lists


def same(found, wanted, tolerance=1e-10):
    found, wanted = several(found), several(wanted)
    assert len(found) == len(wanted)
    for each, right in zip(found, wanted, strict=True):
        assert np.shape(each) == np.shape(right)
        assert np.asarray(each).dtype.kind == np.asarray(right).dtype.kind
        np.testing.assert_allclose(each, right, rtol=tolerance, atol=tolerance)


def total(call):
    """Return a real number made of all results of a call, each element with a weight of its own."""

    def function(*operands):
        found = 0.0
        for part in several(call(*operands)):
            if part.dtype.kind not in "fc":
                continue
            weights = 1 + np.cos(np.arange(np.size(part))).reshape(np.shape(part))
            found = found + np.sum(weights * np.real(part))
            if part.dtype.kind == "c":
                found = found + np.sum(weights**2 * np.imag(part))
        return found

    return function


def check_call(call, *operands):
    """Check a call of arrays: traced it has SciPy's values, and its derivatives are the limits of SciPy's values.

    The limit is of the call of plain arrays, and so of SciPy's function itself.
    """
    plain = call(*operands)
    same(cr.vjp(call, *operands)[0], plain)
    function = total(call)
    cr.check_grad(function, *operands)


def check_compiled(call, *operands):
    """Check that compiled code computes the value and the gradient that NumPy does."""
    function = total(call)
    places = tuple(range(len(operands)))
    gradient = cr.grad(function, argnums=places)
    compiled = cr.jit(cr.value_and_grad(function, argnums=places))
    wanted = gradient(*operands)
    for _ in range(2):  # the second call is compiled
        value, found = compiled(*operands)
        np.testing.assert_allclose(value, function(*operands), rtol=1e-9, atol=1e-10)
        for each, right in zip(found, wanted, strict=True):
            np.testing.assert_allclose(each, right, rtol=1e-8, atol=1e-9)


def check_batch(call, *operands):
    """Check that a mapped call is a loop."""
    stacks = [np.stack([each, 1.25 * each]) for each in operands]
    found = cr.vmap(call)(*stacks)
    for place in range(2):
        same(tuple(part[place] for part in several(found)), call(*(each[place] for each in stacks)))


def check_second_order(call, *operands):
    """Check the derivatives of the gradient, against the limit of it."""
    gradient = cr.grad(total(call))
    weights = np.cos(np.arange(operands[0].size)).reshape(operands[0].shape)
    cr.check_grad(lambda first: np.sum(weights * np.real(gradient(first, *operands[1:]))), operands[0])
