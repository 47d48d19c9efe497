"""Owns the table of SciPy's functions, written in Python, that answer for traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.tracing.scipy_functions.branches import ARRAY_HELPERS, OWN_HELPERS
from chainrule.tracing.scipy_functions.distributions import DISTRIBUTIONS
from chainrule.tracing.scipy_functions.exponential import EXPONENTIAL
from chainrule.tracing.scipy_functions.linear_systems import LINEAR_SYSTEMS
from chainrule.tracing.scipy_functions.matrix_factors import MATRIX_FACTORS
from chainrule.tracing.scipy_functions.matrix_functions import MATRIX_FUNCTIONS
from chainrule.tracing.scipy_functions.own_methods import NORMAL_MASS
from chainrule.tracing.scipy_functions.special_matrices import SPECIAL_MATRICES

FUNCTIONS: dict[str, dict[str, Callable[..., Any]]] = {
    "scipy._lib.array_api_extra": {**ARRAY_HELPERS},
    "scipy._lib._util": {**OWN_HELPERS},
    "scipy.special": {**EXPONENTIAL},
    "scipy.linalg": {**LINEAR_SYSTEMS, **MATRIX_FACTORS, **MATRIX_FUNCTIONS, **SPECIAL_MATRICES},
    "scipy.stats": {**DISTRIBUTIONS},
    "scipy.stats._continuous_distns": {**NORMAL_MASS},
}
"""SciPy's function, by its module and its name there, to ours, which has the same parameters.

They are names, since a program that uses none of them is to import none of SciPy's modules. A method is "class.method".
"""
