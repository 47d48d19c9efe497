"""Owns the extreme eigenvalues of a symmetric matrix, from its products with vectors alone, and how exact they are.

Lanczos' recurrence without reorthogonalization: three vectors of memory, and both ends of the spectrum at once. What it loses
to rounding are copies of eigenvalues that have converged, which does no harm at the ends. ARPACK was tried first: its restarts
need about three times as many products, and what has not converged it does not give at all.

Sources: Lanczos, "An iteration method for the solution of the eigenvalue problem", 1950; Paige, "Accuracy and effectiveness of
the Lanczos algorithm for the symmetric eigenproblem", 1980; the error bounds are in Parlett, "The symmetric eigenvalue
problem", 1980, chapters 4 and 11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import NotDifferentiableError

Vector: TypeAlias = NDArray[np.float64]

TINY = 8
"""Of matrices up to this size all columns are computed: that is as quick, and exact."""
STEPS = 800
"""So many products are computed at most."""
_EVERY = 10  # so often the eigenvalues of the tridiagonal matrix are looked at
_CONFIRMING = 1.5  # ends that have converged are looked at again after so many times the products
_KEPT_BYTES = 2**28  # the basis is kept up to this size, and computed a second time beyond it


@final
@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The ends of the spectrum of a symmetric matrix, or all of it.

    largest, smallest: the eigenvalues; of Lanczos they lie inside the true range, so that the largest one is at least
        `largest` and the smallest one at most `smallest`.
    largest_vector, smallest_vector: their unit eigenvectors, shape (n,).
    residuals: |Av - λv| of (largest, smallest): an eigenvalue lies within this of λ.
    errors: how far (largest, smallest) may be off; smaller than the residual where the next eigenvalue is far away. While they
        have not converged this is an estimate: an eigenvalue farther out may not have shown up yet.
    converged: whether both errors are small, relative to the eigenvalue itself or to the rounding of the matrix, and stayed so.
    applications: so many products were computed.
    eigenvalues, eigenvectors: all of them, ascending, with the vectors as columns; None where only the ends are known.
    """

    largest: float
    smallest: float
    largest_vector: Vector
    smallest_vector: Vector
    residuals: tuple[float, float]
    errors: tuple[float, float]
    converged: bool
    applications: int
    eigenvalues: Vector | None = None
    eigenvectors: Vector | None = None

    @property
    def scale(self) -> float:
        """The largest absolute value of an eigenvalue."""
        return max(abs(self.largest), abs(self.smallest))

    @property
    def zero(self) -> float:
        """What counts as none of an eigenvalue: the matrix's rounding, or what is not known of the end that is nearer to 0."""
        rounding = 10 * float(np.finfo(float).eps) * max(self.largest_vector.size, 10) * self.scale
        return max(rounding, self.errors[0] if abs(self.largest) < abs(self.smallest) else self.errors[1])


def extreme_eigenvalues(
    apply: Callable[[Vector], Any], size: int, *, tol: float = 1e-6, steps: int = STEPS, seed: int = 0
) -> Spectrum:
    """Return the largest and the smallest eigenvalue of a symmetric matrix of shape (size, size).

    apply: the product of the matrix with a vector of shape (size,). tol: how exact each eigenvalue is to be, relative to itself.
    steps: at most so many products; where they are not enough, `converged` is False, and `errors` say what is known.
    seed: of the start, a random vector; the same seed gives the same result.
    Raises NotDifferentiableError where a product is not finite, ValueError where there is no row.

    >>> spectrum = extreme_eigenvalues(lambda v: np.arange(1.0, 101.0) * v, 100)
    >>> round(spectrum.smallest, 6), round(spectrum.largest, 6), spectrum.converged
    (1.0, 100.0, True)
    """
    if size < 1:
        raise ValueError("a matrix without rows has no eigenvalues")
    if size <= TINY:
        return dense_spectrum(np.stack([_product(apply, unit) for unit in np.eye(size)], axis=1), applications=size)
    start = np.random.default_rng(seed).standard_normal(size)
    start /= np.linalg.norm(start)
    kept: list[Vector] | None = [] if steps * size * 8 <= _KEPT_BYTES else None
    ends, count, is_confirmed = _find_ends(_recurrence(apply, start), tol, steps, kept)
    rows = iter(kept) if kept is not None else (row for row, _, _ in _recurrence(apply, start))
    vectors = _combined(rows, [end.weights for end in ends], size)
    return _measured(apply, vectors, ends, tol if is_confirmed else 0.0, count if kept is not None else 2 * count)


def dense_spectrum(matrix: Vector, applications: int = 0) -> Spectrum:
    """Return all eigenvalues and eigenvectors of a symmetric matrix.

    Rounding that makes the matrix unsymmetric is averaged. Raises NotDifferentiableError where an entry is not finite.
    """
    if not np.all(np.isfinite(matrix)):
        raise NotDifferentiableError(_NOT_FINITE)
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    rounding = float(np.finfo(float).eps * len(values) * max(abs(values[0]), abs(values[-1])))
    return Spectrum(
        largest=float(values[-1]),
        smallest=float(values[0]),
        largest_vector=vectors[:, -1],
        smallest_vector=vectors[:, 0],
        residuals=(rounding, rounding),
        errors=(rounding, rounding),
        converged=True,
        applications=applications,
        eigenvalues=values,
        eigenvectors=vectors,
    )


_NOT_FINITE = (
    "second derivatives at this point are not finite, so that it has no curvature; choose a point where the function is "
    "twice differentiable"
)


def _product(apply: Callable[[Vector], Any], vector: Vector) -> Vector:
    product = np.asarray(apply(vector), dtype=np.float64)
    if not np.all(np.isfinite(product)):
        raise NotDifferentiableError(_NOT_FINITE)
    return product


def _recurrence(apply: Callable[[Vector], Any], start: Vector) -> Iterator[tuple[Vector, float, float]]:
    """Yield each vector of the basis, with the entries of the tridiagonal matrix on the diagonal and beside it."""
    previous, current, beta = np.zeros_like(start), start, 0.0
    while True:
        product = _product(apply, current) - beta * previous
        alpha = float(current @ product)
        product -= alpha * current
        beta = float(np.linalg.norm(product))
        yield current, alpha, beta
        previous, current = current, product / (beta or 1.0)


@final
@dataclass(frozen=True, slots=True, eq=False)
class _End:
    """One end of the tridiagonal matrix's spectrum.

    sign: 1 of the largest, -1 of the smallest. gap: the distance to the next eigenvalue. weights: the eigenvector, shape (k,).
    since, anchor: after so many products it had this value, from which it has not moved by more than its error since.
    """

    sign: int
    value: float
    residual: float
    gap: float
    weights: Vector
    since: int
    anchor: float

    @property
    def error(self) -> float:
        return _error(self.residual, self.gap)

    def followed_by(self, new: _End, floor: float, tol: float) -> _End:
        """Return the better one of this end and a newer one: that which lies farther out, for all lie inside the true range.

        Where both lie alike, what has converged is kept: later on, rounding makes copies of it, which share its eigenvector.
        """
        is_converged = _is_converged(self.value, self.error, floor, tol)
        if is_converged and self.sign * (new.value - self.anchor) <= max(2 * self.error, tol * abs(self.anchor), floor):
            new = replace(new, since=self.since, anchor=self.anchor)
        farther = self.sign * (new.value - self.value) > floor
        return new if farther or (not is_converged and new.error < self.error) else self


def _find_ends(
    recurrence: Iterator[tuple[Vector, float, float]], tol: float, steps: int, kept: list[Vector] | None
) -> tuple[tuple[_End, _End], int, bool]:
    """Return the largest and the smallest end, after how many products, and whether they are confirmed.

    Where the start has next to nothing of an eigenvector, its eigenvalue shows up late: until then the one next to it passes for
    the end. So half as many products again have to show nothing farther out.
    """
    diagonal: list[float] = []
    beside: list[float] = []
    ends: list[_End] = []
    while True:
        basis, alpha, beta = next(recurrence)
        diagonal.append(alpha)
        beside.append(beta)
        if kept is not None:
            kept.append(basis)
        count = len(diagonal)
        is_whole = beta <= _rounding(diagonal, beside)
        if not is_whole and count < steps and count % _EVERY:
            continue
        found = _ends(diagonal, beside)
        floor = _floor(max(abs(end.value) for end in found))
        ends = [old.followed_by(new, floor, tol) for old, new in zip(ends or found, found, strict=True)]
        is_converged = all(_is_converged(end.value, end.error, floor, tol) for end in ends)
        is_confirmed = is_whole or (is_converged and count >= _CONFIRMING * max(end.since for end in ends))
        if is_confirmed or count >= steps:
            return (ends[0], ends[1]), count, is_confirmed


def _ends(diagonal: list[float], beside: list[float]) -> list[_End]:
    count = len(diagonal)
    values, vectors = _tridiagonal(diagonal, beside[:-1])
    gaps = (float(values[-1] - values[-2]), float(values[1] - values[0])) if count > 1 else (0.0, 0.0)
    return [
        _End(sign, float(values[k]), abs(beside[-1] * vectors[-1, k]), gap, vectors[:, k], count, float(values[k]))
        for sign, k, gap in ((1, -1, gaps[0]), (-1, 0, gaps[1]))
    ]


def _tridiagonal(diagonal: list[float], beside: list[float]) -> tuple[Vector, Vector]:
    """Return the two smallest and the two largest eigenvalues, and their vectors as columns."""
    from scipy.linalg import eigh_tridiagonal  # noqa: PLC0415  (heavy: loaded for matrices that are not tiny)

    count = len(diagonal)
    if count <= 4:
        values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
        return values, vectors
    halves = [eigh_tridiagonal(diagonal, beside, select="i", select_range=r) for r in ((0, 1), (count - 2, count - 1))]
    return np.concatenate([half[0] for half in halves]), np.concatenate([half[1] for half in halves], axis=1)


def _error(residual: float, gap: float) -> float:
    """Return how far an eigenvalue may be off: the residual r, or r²/gap, which is less where the next one is far away."""
    return min(residual, residual * residual / gap) if gap > 0 else residual


def _is_converged(value: float, error: float, floor: float, tol: float) -> bool:
    return error <= max(tol * abs(value), floor)


def _floor(scale: float) -> float:
    """Return below which error an eigenvalue is exact, whatever its size: the rounding of a matrix of this scale."""
    return 100 * float(np.finfo(float).eps) * scale


def _rounding(diagonal: list[float], beside: list[float]) -> float:
    """Return the size below which a new vector of the basis is nothing but rounding."""
    largest = max(abs(diagonal[-1]), abs(diagonal[0]), max(beside[-2:-1], default=0.0), beside[0])
    return 10 * float(np.finfo(float).eps) * largest


def _combined(rows: Iterator[Vector], weights: Sequence[Vector], size: int) -> Vector:
    """Return the sums of the basis with these weights, as unit vectors, shape (len(weights), size)."""
    longest = max(map(len, weights))
    padded = np.stack([np.pad(part, (0, longest - len(part))) for part in weights], axis=1)
    vectors = np.zeros((len(weights), size))
    for row, part in zip(rows, padded, strict=False):
        vectors += part[:, None] * row
    unit: Vector = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _measured(
    apply: Callable[[Vector], Any], vectors: Vector, ends: Sequence[_End], tol: float, applications: int
) -> Spectrum:
    """Return the ends with measured residuals instead of those that the recurrence predicts. tol: 0 if not confirmed."""
    values, residuals = [], []
    for vector in vectors:
        product = _product(apply, vector)
        values.append(float(vector @ product))
        residuals.append(float(np.linalg.norm(product - values[-1] * vector)))
    scale = max(map(abs, values))
    rounding = float(np.finfo(float).eps) * scale
    errors = [max(_error(off, end.gap), rounding) for off, end in zip(residuals, ends, strict=True)]
    return Spectrum(
        largest=values[0],
        smallest=values[1],
        largest_vector=vectors[0],
        smallest_vector=vectors[1],
        residuals=(residuals[0], residuals[1]),
        errors=(errors[0], errors[1]),
        converged=tol > 0 and all(_is_converged(*end, _floor(scale), tol) for end in zip(values, errors, strict=True)),
        applications=applications + 2,
    )
