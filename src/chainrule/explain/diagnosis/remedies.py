"""Owns the table of remedies: for each primitive the code that keeps its value and its derivative finite.

A remedy changes nothing where the original is finite, apart from points nearer to the trouble than the small number in it.
The double `where` is the mend of JAX's FAQ, "Gradients contain NaN where using where".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Remedy:
    """What to write instead of an operation.

    operand: the one that is kept away from the trouble. stand_in: a number at which all is well, for the double `where`.
    code: with {0} and {1} for the operands and {limit} for the largest operand that does not overflow; empty where only
    `why` can help. why: what the code does.
    """

    operand: int
    stand_in: str
    code: str
    why: str


_FLOOR = "a floor keeps the operand where the slope is finite; below the floor the derivative is 0"
_INSIDE = "the operand stays inside the interval at whose ends the slope is infinite"
_CEILING = "the operand stays below what overflows; above it the derivative is 0"
_NONZERO = "where the denominator is 0 it is replaced by 1, before the division"
SMALLER = "the numbers are too large for this precision: compute in float64, scale the data, or work with logarithms"
TOO_LARGE = "the numbers are too large even for float64: scale the data, or work with logarithms"
"""What helps against overflow, where there is a larger precision and where there is none."""

WHOLE_POWER = Remedy(
    0, "1", "np.where({0} == 0, 1, {0}) ** {right}", "where the base is 0 it is replaced by 1, before the power"
)
"""What to write instead of a power with a whole exponent, which is defined below 0, too."""

REMEDIES: Mapping[str, Remedy] = {
    "sqrt": Remedy(0, "1", "np.sqrt(np.maximum({0}, 1e-12))", _FLOOR),
    "cbrt": Remedy(
        0, "1", "np.cbrt(np.where({0} == 0, 1e-12, {0}))", "0, where the slope is infinite, is moved a little"
    ),
    "log": Remedy(0, "1", "np.log(np.maximum({0}, 1e-12))", _FLOOR),
    "log2": Remedy(0, "1", "np.log2(np.maximum({0}, 1e-12))", _FLOOR),
    "log10": Remedy(0, "1", "np.log10(np.maximum({0}, 1e-12))", _FLOOR),
    "log1p": Remedy(0, "0", "np.log1p(np.maximum({0}, -1 + 1e-6))", _FLOOR),
    "divide": Remedy(1, "1", "{left} / np.where({1} == 0, 1, {1})", _NONZERO),
    "reciprocal": Remedy(0, "1", "np.reciprocal(np.where({0} == 0, 1, {0}))", _NONZERO),
    "power": Remedy(0, "1", "np.maximum({0}, 1e-12) ** {right}", _FLOOR),
    "float_power": Remedy(0, "1", "np.maximum({0}, 1e-12) ** {right}", _FLOOR),
    "arccos": Remedy(0, "0", "np.arccos(np.clip({0}, -1 + 1e-6, 1 - 1e-6))", _INSIDE),
    "arcsin": Remedy(0, "0", "np.arcsin(np.clip({0}, -1 + 1e-6, 1 - 1e-6))", _INSIDE),
    "arctanh": Remedy(0, "0", "np.arctanh(np.clip({0}, -1 + 1e-6, 1 - 1e-6))", _INSIDE),
    "arccosh": Remedy(0, "2", "np.arccosh(np.maximum({0}, 1 + 1e-6))", _FLOOR),
    "logit": Remedy(0, "0.5", "scipy.special.logit(np.clip({0}, 1e-6, 1 - 1e-6))", _INSIDE),
    "erfinv": Remedy(0, "0", "scipy.special.erfinv(np.clip({0}, -1 + 1e-6, 1 - 1e-6))", _INSIDE),
    "arctan2": Remedy(
        1,
        "1",
        "np.arctan2({0}, np.where(({0} == 0) & ({1} == 0), 1, {1}))",
        "the origin, which has no angle, is moved to 1",
    ),
    "xlogy": Remedy(1, "1", "{left} * np.log(np.maximum({1}, 1e-12))", _FLOOR),
    "xlog1py": Remedy(1, "0", "{left} * np.log1p(np.maximum({1}, -1 + 1e-6))", _FLOOR),
    "entr": Remedy(0, "1", "-{left} * np.log(np.maximum({0}, 1e-12))", _FLOOR),
    "rel_entr": Remedy(0, "1", "{left} * (np.log(np.maximum({0}, 1e-12)) - np.log(np.maximum({1}, 1e-12)))", _FLOOR),
    "gamma": Remedy(0, "1", "scipy.special.gamma(np.maximum({0}, 1e-6))", _FLOOR),
    "gammaln": Remedy(0, "1", "scipy.special.gammaln(np.maximum({0}, 1e-6))", _FLOOR),
    "psi": Remedy(0, "1", "scipy.special.psi(np.maximum({0}, 1e-6))", _FLOOR),
    "exp": Remedy(0, "0", "np.exp(np.minimum({0}, {limit}))", _CEILING),
    "exp2": Remedy(0, "0", "np.exp2(np.minimum({0}, {limit}))", _CEILING),
    "expm1": Remedy(0, "0", "np.expm1(np.minimum({0}, {limit}))", _CEILING),
    "sinh": Remedy(0, "0", "np.sinh(np.clip({0}, -{limit}, {limit}))", _CEILING),
    "cosh": Remedy(0, "0", "np.cosh(np.clip({0}, -{limit}, {limit}))", _CEILING),
    "square": Remedy(0, "0", "", SMALLER),
    "multiply": Remedy(0, "1", "", SMALLER),
    "add": Remedy(0, "0", "", SMALLER),
    "subtract": Remedy(0, "0", "", SMALLER),
    "sum": Remedy(0, "0", "", SMALLER),
    "matmul": Remedy(0, "0", "", SMALLER),
    "einsum": Remedy(0, "0", "", SMALLER),
    "euclidean_norm": Remedy(0, "0", "", SMALLER),
    "prod": Remedy(0, "1", "", "a product of many numbers overflows: sum their logarithms instead"),
    "cumprod": Remedy(0, "1", "", "a product of many numbers overflows: sum their logarithms instead"),
    "det": Remedy(0, "0", "", "take np.linalg.slogdet, which returns the logarithm of the determinant"),
    "inv": Remedy(
        0, "0", "", "the matrix is singular, or nearly: add a small multiple of np.eye(n), or use np.linalg.pinv"
    ),
    "solve": Remedy(0, "0", "", "the matrix is singular, or nearly: add a small multiple of np.eye(n) to it"),
}
"""What to write instead, by the name of the primitive."""

INFINITE: Mapping[str, Remedy] = {
    "∞ - ∞": Remedy(
        0,
        "0",
        "np.where(mask, x, -1e9)",
        "infinite numbers must not meet: where one stands for what is masked, take a large finite number, of which a difference "
        "is 0; else see why both sides are infinite",
    ),
    "0·∞": Remedy(
        0,
        "0",
        "np.where(mask, x, 0) * weight",
        "a mask by multiplication keeps an infinite number: select with np.where",
    ),
    "∞/∞": Remedy(
        0, "0", "np.exp(a - b)    # with a and b the logarithms of the two", "divide before it overflows: by logarithms"
    ),
}
"""What to write instead where infinite numbers meet, by the kind of the finding, for operations without a code of their own."""

LIMITS: Mapping[tuple[str, str], str] = {
    ("exp", "float32"): "88.0", ("exp", "float64"): "709.0", ("exp", "float16"): "11.0",
    ("expm1", "float32"): "88.0", ("expm1", "float64"): "709.0", ("expm1", "float16"): "11.0",
    ("exp2", "float32"): "127.0", ("exp2", "float64"): "1023.0", ("exp2", "float16"): "15.0",
    ("sinh", "float32"): "88.0", ("sinh", "float64"): "709.0", ("sinh", "float16"): "11.0",
    ("cosh", "float32"): "88.0", ("cosh", "float64"): "709.0", ("cosh", "float16"): "11.0",
}  # fmt: skip
"""The largest operand whose result a precision can hold, rounded down."""
