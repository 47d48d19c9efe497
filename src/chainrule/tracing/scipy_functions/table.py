"""Owns the table of SciPy's functions, written in Python, that answer for traced arrays, and of NumPy's without a protocol."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from chainrule.tracing.numpy_functions.object_arrays import OF_OBJECTS
from chainrule.tracing.numpy_functions.vectorized import VECTORIZED
from chainrule.tracing.scipy_functions.branches import ARRAY_HELPERS, OWN_HELPERS
from chainrule.tracing.scipy_functions.combinatorics import COMBINATORICS
from chainrule.tracing.scipy_functions.differential_equations import DIFFERENTIAL_EQUATIONS
from chainrule.tracing.scipy_functions.distances import DISTANCES
from chainrule.tracing.scipy_functions.distributions import DISTRIBUTIONS
from chainrule.tracing.scipy_functions.exponential import EXPONENTIAL
from chainrule.tracing.scipy_functions.filters import FILTERS
from chainrule.tracing.scipy_functions.fourier import SHIFTS, register
from chainrule.tracing.scipy_functions.integrators import INTEGRATORS
from chainrule.tracing.scipy_functions.interpolation import INTERPOLATION
from chainrule.tracing.scipy_functions.kernel_density import KERNEL_DENSITY
from chainrule.tracing.scipy_functions.linear_systems import LINEAR_SYSTEMS
from chainrule.tracing.scipy_functions.matrix_factors import MATRIX_FACTORS
from chainrule.tracing.scipy_functions.matrix_functions import MATRIX_FUNCTIONS
from chainrule.tracing.scipy_functions.multivariate import MULTIVARIATE
from chainrule.tracing.scipy_functions.own_methods import NORMAL_MASS
from chainrule.tracing.scipy_functions.roots import ROOTS
from chainrule.tracing.scipy_functions.sampled_integrals import SAMPLED_INTEGRALS
from chainrule.tracing.scipy_functions.signals import SIGNALS
from chainrule.tracing.scipy_functions.sparse import SPARSE, SPARSE_COORDINATES
from chainrule.tracing.scipy_functions.special_matrices import SPECIAL_MATRICES
from chainrule.tracing.scipy_functions.summaries import SUMMARIES

FUNCTIONS: dict[str, dict[str, Callable[..., Any]]] = {
    **OF_OBJECTS,
    "scipy._external.array_api_extra": {**ARRAY_HELPERS},  # from SciPy 1.18 on
    "scipy._lib.array_api_extra": {**ARRAY_HELPERS},
    "scipy._lib._util": {**OWN_HELPERS},
    "scipy.fft": {**SHIFTS},
    "scipy.integrate": {**SAMPLED_INTEGRALS},
    "scipy.interpolate": {**INTERPOLATION},
    "scipy.linalg": {**LINEAR_SYSTEMS, **MATRIX_FACTORS, **MATRIX_FUNCTIONS, **SPECIAL_MATRICES},
    "scipy.ndimage._filters": {**FILTERS},
    "scipy.signal": {**SIGNALS},
    "scipy.sparse._base": {**SPARSE},
    "scipy.sparse._coo": {**SPARSE_COORDINATES},
    "scipy.spatial.distance": {**DISTANCES},
    "scipy.special": {**EXPONENTIAL, **COMBINATORICS},
    "scipy.stats": {**DISTRIBUTIONS, **SUMMARIES, **KERNEL_DENSITY},
    "scipy.stats._multivariate": {**MULTIVARIATE},
    "scipy.stats._continuous_distns": {**NORMAL_MASS},
}
"""SciPy's function, or one of NumPy's, by its module and its name there, to ours, which has the same parameters.

They are names, since a program that uses none of them is to import none of SciPy's modules. A method is "class.method".
"""

CALLERS: dict[str, dict[str, Callable[..., Any]]] = {
    "numpy.lib._function_base_impl": {**VECTORIZED},
    "scipy.integrate": {**DIFFERENTIAL_EQUATIONS, **INTEGRATORS},
    "scipy.optimize": {**ROOTS},
}
"""As FUNCTIONS; these call functions of the user's, which may return traced values though no argument is one. So ours is asked
whenever a trace is open, and gets the original before the arguments."""

PROTOCOLS: dict[str, Callable[[ModuleType], None]] = {"scipy.fft": register}
"""What a module of SciPy is told by a protocol of its own."""
