"""Owns the grade of an answer to a derivative: one component, or each component of a gradient."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from chainrule.errors import ParseError
from chainrule.explain.expressions.expression import Expression, Number, free_symbols, size
from chainrule.explain.expressions.notation import text
from chainrule.practice.grading.answer import Answer, Reading, read_answer
from chainrule.practice.grading.judge import Task, Verdict, in_sentence, is_right, judge, wrong
from chainrule.practice.grading.mistakes import HINTS

MAX_SECONDS = 0.8
"""How long a mistake is looked for; what is done besides is bounded by itself."""

MAX_SHOWN = 300


@final
@dataclass(frozen=True, slots=True)
class Grade:
    """What an answer is worth.

    correct: whether it is right, in any form. mistake: the name of the mistake; None where the answer is right or the
    mistake is none of the known ones. hint: one sentence that leads on without the answer. component: which part of a
    gradient is meant, where one is. understood: how the answer was read. expected: the right answer, for a front end to show
    when it is asked for; neither `str` nor the hint contains it.
    """

    correct: bool
    mistake: str | None
    hint: str
    component: str | None = None
    understood: str = ""
    expected: str = field(default="", repr=False)

    def __str__(self) -> str:
        if self.correct:
            return "Right."
        name = "" if self.mistake is None else f" ({self.mistake})"
        return f"Not yet{name}: {self.hint}"

    def __bool__(self) -> bool:
        return self.correct

    def to_dict(self, reveal: bool = False) -> dict[str, Any]:
        """Return the grade as plain data, for JSON; the right answer only with `reveal`."""
        data: dict[str, Any] = {
            "correct": self.correct,
            "mistake": self.mistake,
            "hint": self.hint,
            "component": self.component,
            "understood": self.understood,
        }
        return {**data, "expected": self.expected} if reveal else data


def not_understood(error: ParseError, expected: str) -> Grade:
    """Return the grade of an answer that cannot be read: the hint is the parser's own message, with its caret."""
    return Grade(False, "not understood", str(error), expected=expected)


def grade_tasks(asked: Sequence[Task], expected: str, answer: Answer) -> Grade:
    """Return the grade of an answer to tasks of one function, one for each variable. expected: the right answer."""
    try:
        reading = read_answer(answer, asked[0].names)
    except ParseError as error:
        return not_understood(error, expected)
    understood = shown(reading)
    deadline = time.monotonic() + MAX_SECONDS
    with np.errstate(all="ignore"):
        verdict, component = _verdict(asked, reading, deadline)
    return Grade(verdict.correct, verdict.mistake, verdict.hint, component, understood, expected)


def shown(reading: Reading) -> str:
    """Return how an answer was read, bounded."""
    line = ", ".join(text(part) if size(part) <= MAX_SHOWN else "…" for part in reading.parts)
    return line if len(reading.parts) == 1 else f"({line})"


def _verdict(asked: Sequence[Task], reading: Reading, deadline: float) -> tuple[Verdict, str | None]:
    if len(reading.parts) != len(asked):
        return _wrong_count(asked, reading), None
    if len(asked) == 1:
        verdict = _with_constant(judge(asked[0], reading.parts[0], deadline), reading)
        return _with_differential(verdict, reading), None
    verdict, component = _gradient(asked, _in_order(asked, reading), deadline)
    return _with_differential(verdict, reading), component


def _with_constant(verdict: Verdict, reading: Reading) -> Verdict:
    """Return the verdict, where "+ C" shows that somebody has integrated."""
    if not reading.has_constant:
        return verdict
    mistake = "integrated instead"
    hint = "The + C belongs to integrals: is it needed here?" if verdict.correct else HINTS[mistake]
    return Verdict(False, mistake, hint)


def _with_differential(verdict: Verdict, reading: Reading) -> Verdict:
    """Return the verdict, where a factor such as dx stands behind what would be right without it."""
    return wrong("differential") if verdict.correct and reading.has_differential else verdict


def _wrong_count(asked: Sequence[Task], reading: Reading) -> Verdict:
    if len(reading.parts) == 1 and len(asked) > 1:
        total: Expression = Number(0)
        for task in asked:
            total = total + task.expected
        whole = Task(asked[0].function, asked[0].name, asked[0].names, total, (), asked[0].conditions)
        if set(free_symbols(reading.parts[0])) <= set(whole.names) and is_right(whole, reading.parts[0]):
            return wrong("partial derivatives added up")
    if len(asked) == 1:
        hint = "One derivative is asked for, so the answer has one part."
    else:
        names = ", ".join(task.name for task in asked)
        hint = f"The gradient has {len(asked)} parts, for {names} in this order, and your answer {len(reading.parts)}."
    return Verdict(False, "wrong number of components", hint)


def _in_order(asked: Sequence[Task], reading: Reading) -> tuple[Expression, ...]:
    """Return the parts in the order of the variables, where each says which one it belongs to."""
    names = [task.name for task in asked]
    if sorted(map(str, reading.wrt)) != sorted(names):
        return reading.parts
    return tuple(reading.parts[reading.wrt.index(name)] for name in names)


def _gradient(asked: Sequence[Task], parts: Sequence[Expression], deadline: float) -> tuple[Verdict, str | None]:
    verdicts = [judge(task, part, deadline) for task, part in zip(asked, parts, strict=True)]
    wrongs = [(task.name, verdict) for task, verdict in zip(asked, verdicts, strict=True) if not verdict.correct]
    if not wrongs:
        return verdicts[0], None
    if len(wrongs) > 1 and _are_swapped(asked, parts):
        return wrong("gradient components swapped"), None
    name, verdict = wrongs[0]
    is_slip = verdict.mistake in (None, "arithmetic slip")
    mistake = "one component wrong" if len(wrongs) == 1 and is_slip else verdict.mistake
    return Verdict(False, mistake, f"The part for {name}: {in_sentence(verdict.hint)}"), name


def _are_swapped(asked: Sequence[Task], parts: Sequence[Expression]) -> bool:
    """Return whether every derivative is there, in another order."""
    left = list(parts)
    for task in asked:
        match = next((part for part in left if _fits(task, part)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _fits(task: Task, part: Expression) -> bool:
    return set(free_symbols(part)) <= set(task.names) and is_right(task, part)
