"""Owns what a study holds: the steps from derivatives to an answer, the points and intervals that are found, and the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, final

from chainrule.explain.derivation.phrases import Phrase, phrase_text
from chainrule.explain.expressions.expression import Expression
from chainrule.explain.expressions.notation import text

Kind: TypeAlias = Literal["minimum", "maximum", "saddle", "degenerate", "not critical"]
"""The words of `cr.curvature`; a saddle of one variable is a horizontal inflection."""


@final
@dataclass(frozen=True, slots=True)
class Table:
    """A table, such as that of the signs of f'. headings: of its columns. rows: their cells."""

    headings: tuple[Phrase, ...]
    rows: tuple[tuple[Phrase, ...], ...]


@final
@dataclass(frozen=True, slots=True)
class StudyStep:
    """One step of a study. rule: what people call it. phrases: what is said, line by line. table: what is shown below it."""

    rule: str
    phrases: tuple[Phrase, ...]
    table: Table | None = None

    @property
    def statement(self) -> str:
        """What is said of the step, as one line of plain text."""
        return "; ".join(map(phrase_text, self.phrases))

    def to_dict(self) -> dict[str, Any]:
        """Return the step as plain data, for JSON; `schema.STUDY` describes it."""
        table = self.table and {
            "headings": [phrase_text(cell) for cell in self.table.headings],
            "rows": [[phrase_text(cell) for cell in row] for row in self.table.rows],
        }
        return {"rule": self.rule, "statement": self.statement, "table": table}


@final
@dataclass(frozen=True, slots=True)
class Found:
    """A point that a study finds.

    at: the variables with their values. exact: the same as expressions, where a form was found and confirmed; None for others.
    value: of the function; exact_value: the same. kind: in the words of `cr.curvature`, or of the question ("inflection",
    "root"). scope: "local", "absolute", "end" of the domain or of the interval, or "" where the kind says it all.
    how: what settled the kind.
    """

    at: tuple[tuple[str, float], ...]
    exact: tuple[Expression | None, ...]
    value: float
    exact_value: Expression | None
    kind: str
    scope: str = ""
    how: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the point as plain data, for JSON."""
        return {
            "at": {name: finite(value) for name, value in self.at},
            "exact": [None if each is None else text(each) for each in self.exact],
            "value": finite(self.value),
            "exact_value": None if self.exact_value is None else text(self.exact_value),
            "kind": self.kind,
            "scope": self.scope,
            "how": self.how,
        }


@final
@dataclass(frozen=True, slots=True)
class Stretch:
    """An interval on which a derivative keeps its sign. start, end: its ends, infinite ones too. behavior: "increasing", ..."""

    start: float
    end: float
    behavior: str

    def to_dict(self) -> dict[str, Any]:
        """Return the interval as plain data, for JSON; None stands for an end at infinity."""
        return {"start": finite(self.start), "end": finite(self.end), "behavior": self.behavior}


@final
@dataclass(frozen=True, slots=True)
class Study:
    """What derivatives say of a function, step by step.

    question: what was asked. steps: from the derivatives to the answer. points: what was found. stretches: intervals on which a
    derivative keeps its sign. answer: one phrase for each line. checked: how the answer was checked, in a sentence.
    is_complete: whether it is known that no point is missing.
    """

    question: str
    steps: tuple[StudyStep, ...]
    points: tuple[Found, ...]
    stretches: tuple[Stretch, ...]
    answer: tuple[Phrase, ...]
    checked: str
    is_complete: bool = True

    def __str__(self) -> str:
        return "\n".join(map(phrase_text, self.answer))

    def to_dict(self) -> dict[str, Any]:
        """Return the study as plain data, for JSON; `schema.STUDY` describes it."""
        return {
            "question": self.question,
            "steps": [step.to_dict() for step in self.steps],
            "points": [point.to_dict() for point in self.points],
            "stretches": [stretch.to_dict() for stretch in self.stretches],
            "answer": [phrase_text(line) for line in self.answer],
            "checked": self.checked,
            "is_complete": self.is_complete,
        }


def finite(value: float) -> float | None:
    """Return the number; None where JSON has none for it."""
    return float(value) if math.isfinite(value) else None
