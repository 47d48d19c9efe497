"""Owns the list of the primitives of linear algebra."""

from __future__ import annotations

from chainrule.core.primitive import Primitive
from chainrule.primitives.decompositions import (
    CHOLESKY,
    EIGH,
    EIGVALSH,
    INVERSE_GAPS,
    MATRIX_RANK,
    QR,
    SINGULAR_VALUES,
    SVD,
)
from chainrule.primitives.eigenvalues import EIG, EIGVALS
from chainrule.primitives.matrix_equations import DISCRETE_RICCATI, RICCATI, SYLVESTER
from chainrule.primitives.matrix_factors import EXCHANGES, LU, ORDER_OF_EXCHANGES, POLAR
from chainrule.primitives.matrix_functions import EXPM, LOGM, SQRTM
from chainrule.primitives.norms import EUCLIDEAN_NORM, NORM
from chainrule.primitives.products import CROSS, EINSUM, KRON, MATMUL
from chainrule.primitives.solves import COFACTOR, DET, INV, NEARLY_SINGULAR, PINV, SLOGDET, SOLVE

LINEAR_ALGEBRA_PRIMITIVES: tuple[Primitive, ...] = (
    MATMUL, EINSUM, CROSS, KRON,
    INV, PINV, SOLVE, DET, COFACTOR, SLOGDET, NEARLY_SINGULAR,
    CHOLESKY, EIGH, EIGVALSH, EIG, EIGVALS, SVD, SINGULAR_VALUES, QR, INVERSE_GAPS, MATRIX_RANK,
    EXPM, LOGM, SQRTM, SYLVESTER, RICCATI, DISCRETE_RICCATI, LU, EXCHANGES, ORDER_OF_EXCHANGES, POLAR,
    NORM, EUCLIDEAN_NORM,
)  # fmt: skip
