"""Owns the table of the functions that are written on lanes of numbers, by the names of NumPy and SciPy.

Each entry `f(lanes, *operands)` writes the instructions into `lanes.body` and returns the name of the result. The fast path is
inline; lanes that it does not cover go through a block of their own, so that `lanes.body.block` may be another one afterwards.
The accuracy of each is in docs/accuracy.md.
"""

from __future__ import annotations

from collections.abc import Callable

from chainrule.native.vectors.division import floor_divide, fmod, remainder
from chainrule.native.vectors.entropy import (
    entr,
    log_expit,
    logaddexp,
    logaddexp2,
    logit,
    rel_entr,
    softplus,
    xlog1py,
    xlogy,
)
from chainrule.native.vectors.error import erf, erfc, log_ndtr, ndtr
from chainrule.native.vectors.exponential import cosh, exp, exp2, expit, expm1, sinh, tanh
from chainrule.native.vectors.gamma import gammaln, psi, zeta
from chainrule.native.vectors.inverse import arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh
from chainrule.native.vectors.lanes import Lanes
from chainrule.native.vectors.logarithm import log, log1p, log2, log10
from chainrule.native.vectors.outside import call_each_lane
from chainrule.native.vectors.power import cbrt, hypot, power
from chainrule.native.vectors.trigonometric import cos, sin, tan


def _outside(name: str) -> Callable[..., str]:
    """Return a table entry for a function that NumPy or SciPy computes."""

    def write(lanes: Lanes, *operands: str) -> str:
        return call_each_lane(lanes, name, operands)

    return write


FUNCTIONS: dict[str, Callable[..., str]] = {
    "arccos": arccos,
    "arccosh": arccosh,
    "arcsin": arcsin,
    "arcsinh": arcsinh,
    "arctan": arctan,
    "arctan2": arctan2,
    "arctanh": arctanh,
    "cbrt": cbrt,
    "cos": cos,
    "cosh": cosh,
    "entr": entr,
    "erf": erf,
    "erfc": erfc,
    "erfinv": _outside("erfinv"),
    "exp": exp,
    "exp2": exp2,
    "expit": expit,
    "expm1": expm1,
    "floor_divide": floor_divide,
    "fmod": fmod,
    "gamma": _outside("gamma"),
    "gammaln": gammaln,
    "hypot": hypot,
    "log": log,
    "log10": log10,
    "log1p": log1p,
    "log2": log2,
    "log_expit": log_expit,
    "log_ndtr": log_ndtr,
    "logaddexp": logaddexp,
    "logaddexp2": logaddexp2,
    "logit": logit,
    "ndtr": ndtr,
    "power": power,
    "psi": psi,
    "rel_entr": rel_entr,
    "remainder": remainder,
    "sin": sin,
    "sinh": sinh,
    "softplus": softplus,
    "tan": tan,
    "tanh": tanh,
    "xlog1py": xlog1py,
    "xlogy": xlogy,
    "zeta": zeta,
}
