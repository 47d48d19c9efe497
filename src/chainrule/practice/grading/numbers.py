"""Owns the grade of answers that are numbers or a word: how exact they must be, and which mistake gives which number."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from chainrule.errors import ParseError
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression, free_symbols
from chainrule.practice.grading.answer import Answer, Reading, read_answer
from chainrule.practice.grading.grades import Grade, not_understood, shown
from chainrule.practice.grading.judge import Verdict, wrong
from chainrule.practice.grading.mistakes import HINTS

EXACT = 1e-6
LEAST_DIGITS = 3
_DECIMAL = re.compile(r"[-+−]?\s*(\d*)\.?(\d*)")


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """What a mistake would have given: its name, and the numbers."""

    mistake: str
    values: tuple[float, ...]


@final
@dataclass(frozen=True, slots=True)
class Numbers:
    """A question whose answer is one or more numbers.

    names: what the numbers are called. values: the right ones. outcomes: what mistakes give, the likeliest first.
    """

    names: tuple[str, ...]
    values: tuple[float, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def answer(self) -> str:
        """The right answer, with six significant digits."""
        parts = [number(value) for value in self.values]
        return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"

    def check(self, answer: Answer) -> Grade:
        """Return the grade of an answer.

        A decimal is right where it is the right number rounded, or cut, to the digits that were written, at least three
        significant ones. Fractions, roots and numbers that are not text are compared to six digits.
        """
        try:
            reading = read_answer(answer)
            given = tuple(_value(part) for part in reading.parts)
        except ParseError as error:
            return not_understood(error, self.answer)
        verdict = self._verdict(reading, given)
        return Grade(verdict.correct, verdict.mistake, verdict.hint, None, shown(reading), self.answer)

    def _verdict(self, reading: Reading, given: tuple[float, ...]) -> Verdict:
        if len(given) != len(self.values):
            hint = f"Asked for: {', '.join(self.names)}. Your answer has {len(given)} parts."
            return Verdict(False, "wrong number of components", hint)
        close = [_is(value, right, text) for value, right, text in zip(given, self.values, reading.texts, strict=True)]
        if all(close):
            return Verdict(True, None, "Right.")
        for outcome in self.outcomes:
            if all(_is(one, bad, text) for one, bad, text in zip(given, outcome.values, reading.texts, strict=True)):
                return wrong(outcome.mistake)
        if len(given) > 1 and _same_set(given, self.values):
            return wrong("gradient components swapped")
        if all(math.isclose(one, right, rel_tol=0.02) for one, right in zip(given, self.values, strict=True)):
            return wrong("rounded too early")
        if close.count(False) == 1 and len(given) > 1:
            name = self.names[close.index(False)]
            return Verdict(False, "one component wrong", f"{name} is not right yet; the others are.")
        if all(math.isclose(one, -right, rel_tol=1e-3) for one, right in zip(given, self.values, strict=True)):
            return wrong("lost sign")
        return Verdict(False, None, "Write down the formula first, then put the numbers in.")


def number(value: float) -> str:
    """Return a number as it is read: six significant digits at most, and no minus in front of zero.

    >>> number(2.0), number(0.1 + 0.2), number(-0.0)
    ('2', '0.3', '0')
    """
    return f"{value + 0.0:.6g}"


def _value(part: Expression) -> float:
    if free_symbols(part):
        raise ParseError(f"the answer is a number; expected no {', '.join(free_symbols(part))}")
    with np.errstate(all="ignore"):
        value = float(evaluate(part, {}))
    if not math.isfinite(value):
        raise ParseError("the answer is no finite number")
    return value


def _is(value: float, right: float, typed: str) -> bool:
    """Return whether a value is meant to be the right one, by the digits that were typed."""
    if abs(value - right) <= EXACT * max(abs(right), 1e-3):
        return True
    found = _DECIMAL.fullmatch(typed.strip())
    if found is None or not found[2]:
        return False
    digits = (found[1] + found[2]).lstrip("0")
    unit = 10.0 ** -len(found[2])
    return len(digits) >= LEAST_DIGITS and abs(value - right) < unit * (1 - 1e-9)


def _same_set(given: Sequence[float], right: Sequence[float]) -> bool:
    return all(math.isclose(a, b, rel_tol=1e-3) for a, b in zip(sorted(given), sorted(right), strict=True))


_NEGATIONS = frozenset("not no non never neither nor isn aren cannot without".split())
"""With one of these a sentence may say the opposite of the word that it contains; isn't is isn and t."""


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """A question whose answer is one of a few words.

    choices: what may be answered. answer: the right word. spellings: other words for the choices.
    """

    choices: tuple[str, ...]
    answer: str
    spellings: tuple[tuple[str, str], ...] = ()

    def check(self, answer: Answer) -> Grade:
        """Return the grade of an answer; a sentence that contains one of the words is understood."""
        words = re.findall(r"[a-z]+", str(answer).lower()) if len(str(answer)) < 1000 else []
        known = {**{word: word for word in self.choices}, **dict(self.spellings)}
        given = {known[word] for word in words if word in known}
        if len(given) != 1 or not _NEGATIONS.isdisjoint(words):
            listed = ", ".join(self.choices[:-1]) + f" or {self.choices[-1]}"
            return Grade(False, "not understood", f"Answer with one word: {listed}.", expected=self.answer)
        (said,) = given
        if said == self.answer:
            return Grade(True, None, "Right.", None, said, self.answer)
        mistake = self._mistake(said)
        return Grade(False, mistake, HINTS[mistake], None, said, self.answer)

    def _mistake(self, said: str) -> str:
        if self.answer == "saddle":
            return "saddle not recognized"
        return "saddle where there is none" if said == "saddle" else "minimum and maximum swapped"
