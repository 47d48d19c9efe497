"""Derivatives of orthogonal polynomials of degree 0 and 1, also where the degree is a float."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy

import chainrule as cr

X = np.array([0.2, 0.35, 0.6])
FAMILIES: dict[str, tuple[float, ...]] = {
    "chebyt": (), "chebyu": (), "chebyc": (), "chebys": (), "legendre": (), "laguerre": (), "sh_legendre": (),
    "sh_chebyt": (), "sh_chebyu": (), "gegenbauer": (1.5,), "genlaguerre": (0.5,), "jacobi": (0.5, 1.5),
    "sh_jacobi": (2.5, 1.5),
}  # fmt: skip


@pytest.mark.parametrize("degree", [0, 1, 0.0, 1.0])
@pytest.mark.parametrize("family", FAMILIES)
def test_no_derivative_is_nan(family: str, degree: Any) -> None:
    def polynomial(x: Any) -> Any:
        return getattr(scipy.special, f"eval_{family}")(degree, *FAMILIES[family], x)

    slope = (polynomial(X + 1.0) - polynomial(X - 1.0)) / 2  # of a line
    np.testing.assert_allclose(cr.jvp(polynomial, (X,), (np.ones(3),))[1], slope, atol=1e-12)
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(polynomial(x)))(X), slope, atol=1e-12)
    second = cr.hessian(lambda x: np.sum(polynomial(x)))(X)
    np.testing.assert_array_equal(second, np.zeros((3, 3)))


def test_several_degrees_at_once() -> None:
    degrees = np.arange(4.0)[:, None]
    found = cr.jvp(lambda x: scipy.special.eval_legendre(degrees, x), (X,), (np.ones(3),))[1]
    np.testing.assert_allclose(found, [0 * X, 1 + 0 * X, 3 * X, 7.5 * X**2 - 1.5])
