"""Owns the diagnosis that `why_nan` returns: what was found, and every way to show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from chainrule.explain.diagnosis import nan_writing
from chainrule.explain.diagnosis.nan_record import NanFindings
from chainrule.explain.pages.page import Page
from chainrule.explain.pages.report import Report


@final
@dataclass(frozen=True, slots=True)
class Diagnosis(NanFindings, Report):
    """Why a result or a gradient is not finite; its fields are those of `NanFindings`."""

    @property
    def summary(self) -> str:
        """The diagnosis in a few sentences."""
        return nan_writing.summary(self)

    def __bool__(self) -> bool:
        """Whether something is wrong."""
        return not self.finite

    def page(self) -> Page:
        return nan_writing.page(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the diagnosis as plain data that JSON can hold.

        question "nan", function, value, raised, finite, summary; first and becomes: null, or way, kind, operation, line
        (file, number, source), elements (count, size, first), operands (name, value), value, local, cotangent, cause;
        chain: line, operations, elements; mends: title, why, line, before, after; inputs: name, values, gradient
        (elements that are not finite); notes. Numbers that are not finite are text.
        """
        return nan_writing.data(self)
