"""Owns the table of difference quotients as the step h goes to 0, with what each of them is wrong by, and why.

The error of a quotient has two parts. Truncation: the curve is not straight, |f''| h / 2 of the forward quotient and
|f'''| h² / 6 of the central one; it shrinks with h. Rounding: f is known to its last digit only, and a difference of nearly
equal numbers divided by h makes that digit large; it grows as h shrinks.
Source: W. H. Press and others, Numerical Recipes, section 5.7 (3rd edition, 2007).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

EPSILON = 2.0**-52
"""The rounding unit of float64."""
DECADES = range(17)
"""The steps are 1, 0.1, ..., 1e-16, in units of the scale of the point."""


@final
@dataclass(frozen=True, slots=True)
class Quotient:
    """The difference quotients at one step.

    h: the step. forward: (f(x+h) - f(x)) / h, the slope of the secant through x and x + h; backward: through x - h and x;
    central: through x - h and x + h. intercept: where the forward secant meets the vertical axis.
    forward_error, central_error: the difference from the derivative; None where that is not known.
    forward_by, central_by: which part of the error is the larger: "truncation", "rounding", or "" where that is not known.
    """

    h: float
    forward: float
    backward: float
    central: float
    intercept: float
    forward_error: float | None
    central_error: float | None
    forward_by: str
    central_by: str


@final
@dataclass(frozen=True, slots=True)
class BestStep:
    """The step with the smallest error: measured in the table, and by theory.

    theory: where the two parts of the error are as large as each other, from the derivatives of f; None where they are not
    known. rule: the rule of thumb, √ε for the forward and ε^(1/3) for the central quotient, times the scale of x.
    """

    measured: float | None
    error: float | None
    theory: float | None
    rule: float


def magnitude(x: float) -> int:
    """Return the power of ten of the first step: 0, but that of x where x is large, since x + 1 may be x.

    >>> magnitude(3.0), magnitude(-2e20)
    (0, 20)
    """
    return 0 if abs(x) < 10 else math.floor(math.log10(abs(x)))


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """The sizes that the two parts of the error have in theory.

    order: of the quotient: 1 forward, 2 central. curve: the derivative that the truncation contains, or None where unknown.
    size: of f at the point. slope: of f. at: the point.
    """

    order: int
    curve: float | None
    size: float
    slope: float
    at: float

    def truncation(self, h: float) -> float | None:
        """Return the size of the truncation error: the next term of Taylor's series."""
        if self.curve is None or not math.isfinite(self.curve):
            return None
        return abs(self.curve) * (h if self.order == 1 else h * h) / math.factorial(self.order + 1)

    def rounding(self, h: float) -> float:
        """Return the size of the rounding error: f and x are rounded to a last digit each."""
        return EPSILON * (self.size + abs(self.slope * self.at)) / h

    def best(self) -> float | None:
        """Return the step at which the sum of the two parts is smallest; None where either is not known, or 0."""
        at_one = self.truncation(1.0)
        if not at_one or not self.rounding(1.0):
            return None
        return float((self.rounding(1.0) / (self.order * at_one)) ** (1 / (self.order + 1)))

    def dominant(self, h: float) -> str:
        """Return the name of the larger part."""
        truncation, rounding = self.truncation(h), self.rounding(h)
        if truncation is None or truncation == rounding:
            return ""
        return "truncation" if truncation > rounding else "rounding"


def quotients(
    value: Callable[[float], float], x: float, derivative: float | None, models: tuple[ErrorModel, ErrorModel]
) -> tuple[Quotient, ...]:
    """Return the table of quotients; `derivative` is what they are compared with, `models` are forward and central."""
    first, center = magnitude(x), value(x)
    return tuple(_row(value, x, center, float(f"1e{first - decade}"), derivative, models) for decade in DECADES)


def _row(
    value: Callable[[float], float],
    x: float,
    center: float,
    h: float,
    derivative: float | None,
    models: tuple[ErrorModel, ErrorModel],
) -> Quotient:
    above, below = value(x + h), value(x - h)
    forward, backward, central = (above - center) / h, (center - below) / h, (above - below) / (2 * h)
    errors = [None if derivative is None else abs(slope - derivative) for slope in (forward, central)]
    reasons = ["" if not error else model.dominant(h) for error, model in zip(errors, models, strict=True)]
    return Quotient(h, forward, backward, central, center - forward * x, errors[0], errors[1], reasons[0], reasons[1])


def best_step(rows: Sequence[Quotient], model: ErrorModel, scale: float) -> BestStep:
    """Return the best step of the quotients that `model` describes."""
    errors = [(row.forward_error if model.order == 1 else row.central_error, row.h) for row in rows]
    known = [(error, -h) for error, h in errors if error is not None and math.isfinite(error)]
    error, h = min(known, default=(None, None))
    rule = float(EPSILON ** (1 / (model.order + 1))) * scale
    return BestStep(None if h is None else -h, error, model.best(), rule)
