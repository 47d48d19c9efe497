"""The rule of pseudo-inverses holds where no singular value is cut off that is not zero; elsewhere it says so."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import NoRuleError

A = np.array([[2.0, 1.0, 0.5], [0.3, 1.5, -1.0], [1.0, 0.2, 0.7], [0.1, -0.4, 1.2]])
SINGULAR = A @ np.array([[1.0, 0, 1], [0, 1, 1], [0, 0, 0]])


@pytest.mark.parametrize("transform", [cr.grad, lambda fun: lambda a: cr.jvp(fun, (a,), (a,))])
def test_what_is_cut_off_has_no_rule(transform):
    with pytest.raises(NoRuleError, match="lower rcond"):
        transform(lambda a: np.sum(np.linalg.pinv(a, rcond=0.6) ** 2))(A)
    with pytest.raises(NoRuleError, match="lower rcond"):
        transform(lambda a: np.sum(np.linalg.lstsq(a, np.ones(4), rcond=0.6)[0]))(A)


def test_full_rank_and_exact_lower_rank_have_one():
    assert cr.check_grad(lambda a: np.sum(np.linalg.pinv(a, rcond=1e-3) ** 2), A)
    assert np.all(np.isfinite(cr.grad(lambda a: np.sum(np.linalg.pinv(a) ** 2))(SINGULAR)))
    along = SINGULAR @ np.diag([1.0, 2.0, 3.0])  # keeps the rank
    moved = [np.linalg.pinv(SINGULAR + step * along) for step in (1e-6, -1e-6)]
    found = cr.jvp(np.linalg.pinv, (SINGULAR,), (along,))[1]
    np.testing.assert_allclose(found, (moved[0] - moved[1]) / 2e-6, atol=1e-6)
