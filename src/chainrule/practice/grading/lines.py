"""Owns answers that are the equation of a line: the tangent to a graph at a point, or the normal."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from chainrule.errors import ParseError
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import free_symbols
from chainrule.explain.reading.parse import parse
from chainrule.practice.grading.answer import Answer
from chainrule.practice.grading.judge import Task

_ALONG = (-1.0, 0.0, 2.0)
_CLOSE = 1e-6


def is_line(task: Task, at: Mapping[str, float], normal: bool, answer: Answer) -> bool:
    """Whether an answer is an equation of the tangent at a point, or of the normal there, in any form.

    An answer is tried at three points of the line, and beside them: y = 2x - 1, y - 1 = 2(x - 1) and 2x - y = 1 are all right.
    """
    if not isinstance(answer, str) or answer.count("=") != 1 or tuple(at) != (task.name,):
        return False
    try:
        left, right = (parse(side).expression for side in answer.strip().rstrip(".").split("="))
    except ParseError:
        return False
    heights = {*free_symbols(left), *free_symbols(right)} - {task.name}
    with np.errstate(all="ignore"):
        place = at[task.name]
        height, slope = (float(evaluate(each, at)) for each in (task.function, task.expected))
        across, up = (-slope, 1.0) if normal else (1.0, slope)
        if len(heights) > 1 or not math.isfinite(height + slope):
            return False

        def is_on_it(x: float, y: float) -> bool:
            values = {task.name: x, **dict.fromkeys(heights, y)}
            one, other = (float(evaluate(side, values)) for side in (left, right))
            return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE)

        on = [(place + along * across, height + along * up) for along in _ALONG]
        return all(is_on_it(x, y) and not is_on_it(x - up, y + across) for x, y in on)
