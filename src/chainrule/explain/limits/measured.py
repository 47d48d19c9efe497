"""Owns what is measured about a limit: the numbers of the record that `limit` returns."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import Any

from chainrule.explain.limits.quotients import BestStep, Quotient
from chainrule.explain.limits.sides import Side


@dataclass(frozen=True, slots=True)
class Measured(ABC):
    """The limit definition of a derivative at a point, in numbers.

    label: the function. variable: what moves; held: the other variables with their values. at: the point. value: f there.
    kind: "smooth" where the derivative exists, else "corner", "cusp", "vertical tangent", "jump", "edge", "oscillation",
        "undecided" or "undefined".
    derivative: the engine's exact derivative, else the extrapolated limit; None where the derivative does not exist.
    engine: what the engine's rules give at the point, by convention even where there is no derivative; None where the
        function cannot be traced.
    left, right: the quotients from each side. rows: the table. forward, central: the best steps. scale: the unit of the steps.
    """

    label: str
    variable: str
    held: tuple[tuple[str, Any], ...]
    at: float
    value: float
    kind: str
    derivative: float | None
    engine: float | None
    left: Side
    right: Side
    rows: tuple[Quotient, ...]
    forward: BestStep
    central: BestStep
    scale: float
