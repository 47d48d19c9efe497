"""Owns questions about a derivative at a point whose answer is a number: f'(2) of x^3 is 12, and 8 is the function itself."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from chainrule.errors import ParseError
from chainrule.explain.derivation.curves.tangent import breaks
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression, free_symbols
from chainrule.practice.grading.answer import Answer, read_answer
from chainrule.practice.grading.judge import Task
from chainrule.practice.grading.mistakes import MISTAKES
from chainrule.practice.grading.numbers import Numbers, Outcome
from chainrule.practice.grading.questions import derivative_of
from chainrule.practice.grading.variants import OutOfTime, Search, as_powers, unfolded

MAX_SECONDS = 0.4
"""How long it is looked for what mistakes give at the point."""


def numbers_at(asked: Sequence[Task], at: Mapping[str, float], answer: Answer, normal: bool = False) -> Numbers | None:
    """Return the question for numbers that an answer takes a question at a point for; None where the answer is a formula.

    normal: whether the slope of the normal is asked for. At a corner and at a jump there is no number.
    """
    try:
        reading = read_answer(answer, asked[0].names)
    except ParseError:
        return None
    if not set(at) >= set(asked[0].names) or any(free_symbols(part) for part in reading.parts):
        return None
    with np.errstate(all="ignore"):
        values = tuple(_value(task.expected, at) for task in asked)
        if not all(map(math.isfinite, values)) or breaks(
            lambda point: _value(asked[0].function, point), at, [task.name for task in asked]
        ):
            return None
        if normal:
            return Numbers(("the slope of the normal",), (-1 / values[0],), ()) if values[0] else None
        outcomes = tuple(_outcomes(asked[0], at)) if len(asked) == 1 else ()
    return Numbers(tuple(task.name for task in asked), values, outcomes)


def _value(expression: Expression, at: Mapping[str, float]) -> float:
    return float(evaluate(expression, at))


def _outcomes(task: Task, at: Mapping[str, float]) -> Iterator[Outcome]:
    """Yield what mistakes give there, the likeliest first; a number that is right after all is no mistake."""
    right = _value(task.expected, at)
    for mistake, value in (*_of_whole(task, at), *_of_slips(task, at), *_of_other_points(task, at)):
        if math.isfinite(value) and not math.isclose(value, right, rel_tol=1e-6, abs_tol=1e-9):
            yield Outcome(mistake, (value,))


def _of_whole(task: Task, at: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    yield ("differentiated once only" if task.before else "answered the function itself"), _value(task.function, at)
    for earlier in task.before:
        yield "answered the function itself", _value(earlier, at)
    for other in task.names:
        if other != task.name:
            yield "wrong variable", _value(derivative_of(task.function, other), at)


def _of_slips(task: Task, at: Mapping[str, float]) -> list[tuple[str, float]]:
    point = {name: np.array([value]) for name, value in at.items()}
    found: list[tuple[int, float]] = []
    deadline = time.monotonic() + MAX_SECONDS
    try:
        for form in dict.fromkeys((unfolded(task.function), as_powers(unfolded(task.function)))):
            search = Search(form, task.name, point, deadline)
            for variant in search.with_slips(form, 1):
                if variant.slips:
                    found.append((min(variant.slips), float(np.broadcast_to(variant.value, (1,))[0])))
    except OutOfTime:
        pass
    found.sort(key=lambda each: each[0])
    return [(MISTAKES[place].name, value) for place, value in found]


def _of_other_points(task: Task, at: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Yield the second derivative there, and the first one at places that are taken for the point: 0, 1, -a and f(a)."""
    yield "differentiated twice", _value(derivative_of(task.expected, task.name), at)
    here = at[task.name]
    for place in (0.0, 1.0, -here, _value(task.function, at)):
        yield "wrong point", _value(task.expected, {**at, task.name: place})
