"""Proves that the ends of a spectrum are found from products alone, and that what is not known of them is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import NotDifferentiableError
from chainrule.optim.geometry import lanczos
from chainrule.optim.geometry.lanczos import dense_spectrum, extreme_eigenvalues


def rotated(values, seed=0):
    """Return a dense symmetric matrix with these eigenvalues."""
    basis = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(values), len(values))))[0]
    return basis @ np.diag(values) @ basis.T


SPREADS = [np.linspace, np.geomspace]


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("condition", [1.0, 10.0, 1e3, 1e6, 1e8])
@pytest.mark.parametrize("size", [2, 3, 8, 9, 50, 200])
def test_known_spectra(size, condition, spread):
    values = 7 * spread(1 / condition, 1, size)
    matrix = rotated(values)
    found = extreme_eigenvalues(lambda v: matrix @ v, size)
    rounding = 1e-14 * 7 * size
    assert found.largest == pytest.approx(7, rel=1e-6)
    if found.converged:
        assert abs(found.smallest - values[0]) <= 1e-6 * values[0] + rounding
    assert abs(found.smallest - values[0]) <= found.errors[1] + rounding
    assert found.smallest >= values[0] - rounding  # from inside the range


@pytest.mark.parametrize("condition", [1.0, 10.0, 1e3])
def test_ten_thousand_evenly_spread(condition):
    values = np.linspace(1 / condition, 1, 10_000)
    found = extreme_eigenvalues(lambda v: values * v, values.size, tol=1e-4)
    assert found.converged
    assert found.largest == pytest.approx(1, rel=1e-4)
    assert found.smallest == pytest.approx(1 / condition, rel=1e-4)
    assert found.applications <= lanczos.STEPS + 2


def test_ten_thousand_evenly_spread_of_condition_1e8_is_found_but_not_confirmed():
    values = np.linspace(1e-8, 1, 10_000)
    found = extreme_eigenvalues(lambda v: values * v, values.size)
    assert not found.converged
    assert found.smallest == pytest.approx(1e-8, rel=1e-4)
    assert found.smallest - 1e-8 <= found.errors[1] < 1e-9


def test_ten_thousand_crowded_at_the_lower_end_has_not_converged_and_says_how_far_off_it_is():
    values = np.geomspace(1e-8, 1, 10_000)
    found = extreme_eigenvalues(lambda v: values * v, values.size)
    assert not found.converged
    assert found.largest == pytest.approx(1, rel=1e-9)
    assert values[0] < found.smallest <= values[0] + found.errors[1]
    assert found.errors[1] > found.smallest  # it cannot be told from 0


def test_a_lone_smallest_eigenvalue_far_below_the_others():
    values = np.linspace(0.5, 1, 300)
    values[0] = 1e-8
    found = extreme_eigenvalues(lambda v: values * v, values.size)
    assert found.converged
    assert found.smallest == pytest.approx(1e-8, rel=1e-6)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(9, 150), st.integers(5, 200), st.sampled_from(range(4)))
def test_what_is_called_converged_is_right(seed, size, steps, kind):
    random = np.random.default_rng(seed)
    values = [
        random.standard_normal(size),
        np.geomspace(1, 10 ** random.uniform(0, 8), size),
        np.concatenate([random.uniform(0, 1, size - 3), [10, 10.0001, 11]]),
        np.round(random.standard_normal(size), 1),
    ][kind]
    found = extreme_eigenvalues(lambda v: values * v, size, steps=steps, tol=1e-4, seed=seed)
    slack = 1e-12 * np.max(np.abs(values))
    assert np.min(values) - slack <= found.smallest <= found.largest <= np.max(values) + slack
    if found.converged:
        assert np.max(values) - found.largest <= 2e-4 * abs(np.max(values)) + slack
        assert found.smallest - np.min(values) <= 2e-4 * abs(np.min(values)) + slack


def test_vectors_and_residuals_belong_together():
    matrix = rotated(np.linspace(-3, 5, 60))
    found = extreme_eigenvalues(lambda v: matrix @ v, 60)
    for value, vector, residual in (
        (found.largest, found.largest_vector, found.residuals[0]),
        (found.smallest, found.smallest_vector, found.residuals[1]),
    ):
        assert np.linalg.norm(vector) == pytest.approx(1)
        assert np.linalg.norm(matrix @ vector - value * vector) == pytest.approx(residual, abs=1e-13)


def test_the_same_seed_gives_the_same_bits():
    values = np.linspace(-1, 4, 400)
    first, again = (extreme_eigenvalues(lambda v: values * v, 400, seed=3) for _ in range(2))
    assert (first.largest, first.smallest, first.errors) == (again.largest, again.smallest, again.errors)
    assert np.array_equal(first.largest_vector, again.largest_vector)


def test_a_basis_too_large_to_keep_is_computed_again(monkeypatch):
    values = np.linspace(1, 4, 300)
    kept = extreme_eigenvalues(lambda v: values * v, 300)
    monkeypatch.setattr(lanczos, "_KEPT_BYTES", 0)
    again = extreme_eigenvalues(lambda v: values * v, 300)
    assert np.array_equal(kept.largest_vector, again.largest_vector)
    assert again.applications == 2 * (kept.applications - 2) + 2


def test_matrices_with_few_different_eigenvalues_end_early():
    assert extreme_eigenvalues(lambda v: 5.0 * v, 1000).applications <= 4
    zero = extreme_eigenvalues(lambda v: 0.0 * v, 1000)
    assert (zero.largest, zero.smallest, zero.converged) == (0.0, 0.0, True)
    two = extreme_eigenvalues(lambda v: np.where(np.arange(1000) % 2, -1.0, 2.0) * v, 1000)
    assert (two.largest, two.smallest) == (pytest.approx(2), pytest.approx(-1))
    assert two.applications <= 6


def test_tiny_matrices_are_computed_whole():
    matrix = np.array([[2.0, 1.0], [1.0, 2.0]])
    found = extreme_eigenvalues(lambda v: matrix @ v, 2)
    assert found.eigenvalues == pytest.approx([1, 3])
    assert found.applications == 2
    assert extreme_eigenvalues(lambda v: -4.0 * v, 1).eigenvalues == pytest.approx([-4])


def test_float32_products_are_taken():
    values = np.linspace(1, 10, 300, dtype=np.float32)
    found = extreme_eigenvalues(lambda v: values * v.astype(np.float32), 300, tol=1e-4)
    assert found.largest == pytest.approx(10, rel=1e-4)
    assert found.smallest == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("size", [2, 100])
def test_products_that_are_not_finite_are_refused(size):
    with pytest.raises(NotDifferentiableError, match="twice"):
        extreme_eigenvalues(lambda v: np.nan * v, size)
    with pytest.raises(NotDifferentiableError, match="twice"):
        dense_spectrum(np.full((2, 2), np.inf))


def test_no_rows():
    with pytest.raises(ValueError, match="without rows"):
        extreme_eigenvalues(lambda v: v, 0)
