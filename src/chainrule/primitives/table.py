"""Owns the table of every primitive, listed by family."""

from __future__ import annotations

import copyreg
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Composite, Elementwise, General, Linear, Multilinear, Piecewise, Primitive
from chainrule.primitives.airy import SOLUTIONS
from chainrule.primitives.arithmetic import (
    ABSOLUTE,
    ABSOLUTE_COMPLEX,
    ADD,
    BINARY_EXPONENT,
    CBRT,
    CONJUGATE,
    COPYSIGN,
    DEG2RAD,
    DEGREES,
    DIVIDE,
    FABS,
    FLOAT_POWER,
    FLOOR_DIVIDE,
    FMOD,
    HYPOT,
    IMAG,
    LDEXP,
    MULTIPLY,
    NEGATIVE,
    NEXTAFTER,
    POSITIVE_SIGN,
    POWER,
    RAD2DEG,
    RADIANS,
    REAL,
    RECIPROCAL,
    REMAINDER,
    SQRT,
    SQUARE,
    SUBTRACT,
)
from chainrule.primitives.bessel import BESSEL_FUNCTIONS
from chainrule.primitives.comparison import CLIP, FMAX, FMIN, MAXIMUM, MINIMUM, STEPS
from chainrule.primitives.definite_integral import Integral, integral_over
from chainrule.primitives.degrees import DEGREE_FUNCTIONS
from chainrule.primitives.diagonals import DIAGONAL, DIAGONAL_MATRIX
from chainrule.primitives.distributions import DISTRIBUTIONS
from chainrule.primitives.elliptic import ELLIPTIC, ELLIPTIC_FUNCTIONS
from chainrule.primitives.exponential import (
    ARCCOSH,
    ARCSINH,
    ARCTANH,
    COSH,
    EXP,
    EXP2,
    EXPM1,
    LOG,
    LOG1P,
    LOG2,
    LOG10,
    LOGADDEXP,
    LOGADDEXP2,
    SINH,
    TANH,
)
from chainrule.primitives.fourier import FOURIER_PRIMITIVES
from chainrule.primitives.gamma_functions import GAMMA_FUNCTIONS
from chainrule.primitives.hypergeometric import HYPERGEOMETRIC
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET, LAST_WRITTEN
from chainrule.primitives.integer import INTEGER_PRIMITIVES
from chainrule.primitives.integrals import INTEGRALS, INTEGRALS_IN_PAIRS
from chainrule.primitives.joining import STACK
from chainrule.primitives.kelvin import KELVIN_FUNCTIONS
from chainrule.primitives.linear_algebra import LINEAR_ALGEBRA_PRIMITIVES
from chainrule.primitives.order import (
    ALL,
    ANY,
    ARGMAX,
    ARGMIN,
    ARGPARTITION,
    ARGSORT,
    ARGWHERE,
    COUNT_NONZERO,
    MAX,
    MIN,
    PARTITION,
    SEARCHSORTED,
    SHARES,
    SORT,
)
from chainrule.primitives.orthogonal import ORTHOGONAL_POLYNOMIALS
from chainrule.primitives.quantile_functions import QUANTILES
from chainrule.primitives.reduction import LOGSUMEXP, MEAN, PROD, STD, SUM, VAR
from chainrule.primitives.relative_powers import RELATIVE_POWERS
from chainrule.primitives.sequence import CONVOLVE, CUMMAX, CUMMIN, CUMPROD, CUMSUM, RECURRENCE
from chainrule.primitives.shape import (
    ASTYPE,
    BROADCAST_TO,
    CONCATENATE,
    FLIP,
    PAD,
    RESHAPE,
    ROLL,
    TRANSPOSE,
    TRUNCATE,
    WHERE,
)
from chainrule.primitives.shape_parameters import BY_SHAPE
from chainrule.primitives.special import (
    DIGAMMA,
    ENTR,
    ERF,
    ERFC,
    ERFINV,
    EXPIT,
    GAMMA,
    GAMMALN,
    HUBER,
    KL_DIV,
    LOG_EXPIT,
    LOG_NDTR,
    LOGIT,
    NDTR,
    PSEUDO_HUBER,
    REL_ENTR,
    RELU,
    SOFTPLUS,
    WRIGHTOMEGA,
    XLOG1PY,
    XLOGY,
    ZETA,
)
from chainrule.primitives.struve import BESSEL_INTEGRALS, STRUVE_FUNCTIONS
from chainrule.primitives.trigonometric import ARCCOS, ARCSIN, ARCTAN, ARCTAN2, COS, SIN, TAN

ARITHMETIC: tuple[Primitive, ...] = (
    ADD, SUBTRACT, MULTIPLY, DIVIDE, FLOOR_DIVIDE, REMAINDER, FMOD, POWER, FLOAT_POWER, NEGATIVE, POSITIVE_SIGN,
    RECIPROCAL, SQUARE, SQRT, CBRT, ABSOLUTE, FABS, HYPOT, COPYSIGN, LDEXP, BINARY_EXPONENT, DEGREES, RADIANS,
    RAD2DEG, DEG2RAD, NEXTAFTER,
    REAL, IMAG, CONJUGATE, ABSOLUTE_COMPLEX,
)  # fmt: skip
EXPONENTIAL: tuple[Primitive, ...] = (
    EXP, EXP2, EXPM1, LOG, LOG2, LOG10, LOG1P, LOGADDEXP, LOGADDEXP2, SINH, COSH, TANH, ARCSINH, ARCCOSH, ARCTANH,
)  # fmt: skip
TRIGONOMETRIC: tuple[Primitive, ...] = (SIN, COS, TAN, ARCSIN, ARCCOS, ARCTAN, ARCTAN2)
COMPARISON: tuple[Primitive, ...] = (*STEPS, MAXIMUM, MINIMUM, FMAX, FMIN, CLIP)
WITH_SEVERAL_RESULTS: dict[str, tuple[Elementwise, ...]] = {
    **INTEGRALS_IN_PAIRS,
    **BESSEL_INTEGRALS,
    **SOLUTIONS,
    **ELLIPTIC_FUNCTIONS,
}
"""The primitives of all results of a ufunc of SciPy, by its name."""
SCIPY_UFUNCS: tuple[Elementwise, ...] = (
    EXPIT, LOG_EXPIT, LOGIT, ERF, ERFC, ERFINV, NDTR, LOG_NDTR, GAMMA, GAMMALN, DIGAMMA, ZETA, XLOGY, XLOG1PY, ENTR,
    REL_ENTR, KL_DIV, HUBER, PSEUDO_HUBER, WRIGHTOMEGA, *GAMMA_FUNCTIONS, *BESSEL_FUNCTIONS, *INTEGRALS,
    *(part for parts in WITH_SEVERAL_RESULTS.values() for part in parts), *HYPERGEOMETRIC,
    *DISTRIBUTIONS, *BY_SHAPE, *QUANTILES, *ORTHOGONAL_POLYNOMIALS, *RELATIVE_POWERS, *STRUVE_FUNCTIONS, *KELVIN_FUNCTIONS,
    *ELLIPTIC, *DEGREE_FUNCTIONS,
)  # fmt: skip
ACTIVATION: tuple[Primitive, ...] = (SOFTPLUS, RELU)
REDUCTION: tuple[Primitive, ...] = (SUM, PROD, LOGSUMEXP, MEAN, VAR, STD)
ORDER: tuple[Primitive, ...] = (
    MAX, MIN, SORT, PARTITION, SHARES, ARGMAX, ARGMIN, ARGSORT, ARGPARTITION, ARGWHERE, COUNT_NONZERO, ANY, ALL,
    SEARCHSORTED,
)  # fmt: skip
SEQUENCE: tuple[Primitive, ...] = (CUMSUM, CUMPROD, CUMMAX, CUMMIN, RECURRENCE, CONVOLVE)
SHAPE: tuple[Primitive, ...] = (
    RESHAPE, TRANSPOSE, BROADCAST_TO, CONCATENATE, STACK, PAD, FLIP, ROLL, DIAGONAL, DIAGONAL_MATRIX, ASTYPE, TRUNCATE,
    WHERE,
)  # fmt: skip
INDEXING: tuple[Primitive, ...] = (INDEX, INDEX_SET, INDEX_ADD, LAST_WRITTEN)

TABLE: tuple[Primitive, ...] = (
    *ARITHMETIC,
    *EXPONENTIAL,
    *TRIGONOMETRIC,
    *COMPARISON,
    *INTEGER_PRIMITIVES,
    *SCIPY_UFUNCS,
    *ACTIVATION,
    *REDUCTION,
    *ORDER,
    *SEQUENCE,
    *SHAPE,
    *INDEXING,
    *LINEAR_ALGEBRA_PRIMITIVES,
    *FOURIER_PRIMITIVES,
)
"""Every primitive that has a rule."""

BY_NAME: dict[str, Primitive] = {primitive.name: primitive for primitive in TABLE}

BY_UFUNC: dict[np.ufunc, Elementwise] = {
    primitive.value: primitive
    for primitive in TABLE
    if isinstance(primitive, Elementwise) and isinstance(primitive.value, np.ufunc)
}
"""The primitive of each of NumPy's ufuncs that works element by element."""

BY_SCIPY_NAME: dict[str, Elementwise] = {
    primitive.name: primitive for primitive in (*SCIPY_UFUNCS, CBRT, EXP2, EXPM1, LOG1P)
}
"""The primitive of each of SciPy's ufuncs, by the ufunc's name: SciPy is not imported to build this. Some are NumPy's too."""


def of_scipy(ufunc: np.ufunc) -> Elementwise | None:
    """Return the primitive of one of SciPy's ufuncs; None for a ufunc of anybody else, whatever its name."""
    name = ufunc.__name__
    primitive = BY_SCIPY_NAME.get(name.lstrip("_"))
    is_scipys = name.startswith("_") or (primitive is not None and getattr(scipy.special, name, None) is ufunc)
    return primitive if is_scipys else None


def results_of_scipy(ufunc: np.ufunc) -> tuple[Elementwise, ...] | None:
    """Return the primitives of all results of one of SciPy's ufuncs that has several; None for any other."""
    name = ufunc.__name__
    return WITH_SEVERAL_RESULTS.get(name) if getattr(scipy.special, name, None) is ufunc else None


def _named(name: str) -> Primitive:
    return BY_NAME[name]


def _reference(primitive: Primitive) -> Any:
    """Return how a record is pickled and copied: one of the table by its name, so that it stays the one that it is."""
    if BY_NAME.get(primitive.name) is primitive:
        return _named, (primitive.name,)
    if isinstance(primitive.value, Integral):
        return integral_over, (primitive.value.integrand,)
    return object.__reduce_ex__(primitive, 4)


for _kind in (Elementwise, Linear, Multilinear, General, Piecewise, Composite):
    copyreg.pickle(_kind, _reference)
