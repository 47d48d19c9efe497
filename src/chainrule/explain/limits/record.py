"""Owns the record that `limit` returns: the table, the limits from both sides, the best step, the tangent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.errors import NotDifferentiableError
from chainrule.explain.limits import writing
from chainrule.explain.limits.measured import Measured
from chainrule.explain.limits.quotients import BestStep, Quotient
from chainrule.explain.limits.sides import Side
from chainrule.explain.pages.page import Page
from chainrule.explain.pages.report import Report


@final
@dataclass(frozen=True, slots=True)
class Limit(Measured, Report):
    """The limit definition of a derivative at a point, seen; its fields are those of `Measured`."""

    @property
    def exists(self) -> bool:
        """Whether the function has a derivative at the point."""
        return self.kind == "smooth"

    @property
    def equation(self) -> str | None:
        """The equation of the tangent, such as "y = 4x - 4"; None where there is no tangent."""
        return writing.equation(self)

    def tangent(self, x: Any) -> Any:
        """Return the tangent line at x, a number or an array.

        Raises NotDifferentiableError where the function has no derivative at the point.
        """
        if self.derivative is None:
            raise NotDifferentiableError(
                f"{writing.heading(self)}: {writing.verdict(self)}, so that there is no tangent line"
            )
        return self.value + self.derivative * (np.asarray(x)[()] - self.at)

    def page(self) -> Page:
        return writing.page(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the limit as plain data that JSON can hold.

        function, variable, held (values by name), at, value, kind, exists, derivative, engine, equation, summary;
        left and right: limit, value, behavior, range; rows: h, forward, backward, central, intercept, forward_error,
        central_error, forward_by, central_by; best: forward and central, each with measured, error, theory, rule.
        Numbers that are not finite, and those that are not known, are null.
        """
        return {
            "function": self.label,
            "variable": self.variable,
            "held": {name: _plain(value) for name, value in self.held},
            "at": self.at,
            "value": _plain(self.value),
            "kind": self.kind,
            "exists": self.exists,
            "derivative": _plain(self.derivative),
            "engine": _plain(self.engine),
            "equation": self.equation,
            "summary": writing.verdict(self),
            "left": _side(self.left),
            "right": _side(self.right),
            "rows": [{name: _plain(getattr(row, name)) for name in Quotient.__slots__} for row in self.rows],
            "best": {
                name: {part: _plain(getattr(best, part)) for part in BestStep.__slots__}
                for name, best in (("forward", self.forward), ("central", self.central))
            },
        }


def _side(side: Side) -> dict[str, Any]:
    return {
        "limit": _plain(side.limit),
        "value": _plain(side.value),
        "behavior": side.behavior,
        "range": None if side.range is None else [_plain(part) for part in side.range],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int) or value is None else str(value)
