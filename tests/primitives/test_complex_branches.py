"""Functions of complex numbers on their branch cuts, and those that have no complex derivative."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

import chainrule as cr
from chainrule.errors import NoRuleError


@pytest.mark.parametrize("function", [np.emath.arcsin, np.emath.arccos])
def test_the_derivative_is_that_of_the_side_that_the_value_is_on(function):
    x = np.array([-2.5, -0.3, 0.4, 1.7, 3.0])
    step = 1e-6
    wanted = (function(x + step) - function(x - step)) / (2 * step)
    np.testing.assert_allclose(cr.jvp(function, (x,), (np.ones(5),))[1], wanted, rtol=1e-8)
    below, above = np.conj(x + 0j), x + 0j
    for z in (below, above):
        complex_function = np.arcsin if function is np.emath.arcsin else np.arccos
        left, right = np.array(z), np.array(z)
        left.real -= step
        right.real += step
        wanted = (complex_function(right) - complex_function(left)) / (2 * step)
        np.testing.assert_allclose(cr.jvp(complex_function, (z,), (np.ones(5) + 0j,))[1], wanted, rtol=1e-8)


@pytest.mark.parametrize("name", ["jve", "yve", "ive"])
def test_scaled_bessel_functions_of_complex_numbers_are_refused(name):
    z, function = np.array([1 + 0.5j, 2 - 1j]), getattr(scipy.special, name)
    with pytest.raises(NoRuleError, match=r"np.exp\(-np.abs\(z\.(real|imag)\)\)"):
        cr.jvp(lambda z: function(1, z), (z,), (z,))
    assert cr.check_grad(lambda x: np.sum(function(1, x)), np.array([0.5, 2.0]))
