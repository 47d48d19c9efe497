"""Owns integrals between two limits: a record for each integrand, whose rules are the fundamental theorem and Leibniz's rule.

It is a row of the table in all but its place: there are as many as there are integrands.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, final

from chainrule.core.primitive import Array, Elementwise
from chainrule.core.trace import apply
from chainrule.primitives.quadrature import integrated

FUNDAMENTAL = "fundamental theorem of calculus"
LEIBNIZ = "derivative under the integral sign (Leibniz's rule)"


class Integrand(Hashable, Protocol):
    """What is integrated: called with the variable of integration and with what else it takes. others: how many these are."""

    @property
    def others(self) -> int:
        """How many operands it takes besides the variable of integration."""

    def __call__(self, point: Array, *others: Array) -> Array:
        """Return its value, for numbers, traced values and symbols."""

    def slope(self, index: int) -> Integrand:
        """Return its derivative by one of the others."""


@final
@dataclass(frozen=True, slots=True)
class Integral:
    """The value of an integral by its limits and what else the integrand takes, element by element; NaN where it has none."""

    integrand: Integrand

    def __call__(self, lower: Any, upper: Any, *others: Any) -> Any:
        return integrated(self.integrand, lower, upper, *others)


@lru_cache(maxsize=1024)
def integral_over(integrand: Integrand) -> Elementwise:
    """Return the record of the integral over a function, whose operands are the lower and the upper limit, then the others.

    The same integrand has the same record.
    """
    return Elementwise(
        name="integral",
        value=Integral(integrand),
        partials=(
            lambda out, lower, upper, *others: -integrand(lower, *others),
            lambda out, lower, upper, *others: integrand(upper, *others),
            *(_under_the_sign(integrand, index) for index in range(integrand.others)),
        ),
        rule=(FUNDAMENTAL, FUNDAMENTAL, *[LEIBNIZ] * integrand.others),
    )


def _under_the_sign(integrand: Integrand, index: int) -> Any:
    return lambda out, *operands: apply(integral_over(integrand.slope(index)), *operands)
