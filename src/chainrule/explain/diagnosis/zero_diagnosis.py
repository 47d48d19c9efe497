"""Owns the diagnosis that `why_zero` returns: what was found, and every way to show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from chainrule.explain.diagnosis import zero_writing
from chainrule.explain.diagnosis.zero_record import InputGradient, ZeroFindings
from chainrule.explain.pages.page import Page
from chainrule.explain.pages.report import Report


@final
@dataclass(frozen=True, slots=True)
class ZeroDiagnosis(ZeroFindings, Report):
    """Why a gradient is zero, or nearly; its fields are those of `ZeroFindings`."""

    @property
    def summary(self) -> str:
        """The diagnosis in a few sentences."""
        return zero_writing.summary(self)

    def __bool__(self) -> bool:
        """Whether something is wrong: an input whose gradient is zero, in part or in whole, tiny, or not finite; or a note."""
        return bool(self.notes) or any(part.state != "healthy" for part in self.inputs)

    def __getitem__(self, name: str) -> InputGradient:
        """Return what was found about an input; raise KeyError where there is none of that name."""
        for part in self.inputs:
            if part.name == name:
                return part
        raise KeyError(f"no input is called {name!r}; there are {', '.join(part.name for part in self.inputs)}")

    def page(self) -> Page:
        return zero_writing.page(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the diagnosis as plain data that JSON can hold.

        question "zero", function, value, norm, summary; inputs: name, shape, state, zeros (count, size, first), norm, largest,
        smallest, smallest_at, sentence; causes: kind, operation, words, line (file, number, source), operand, share, elements,
        died, size, mend, code; shrinks: line, operations, passes, factor, per_pass; notes. Numbers that are not finite are text.
        """
        return zero_writing.data(self)
