"""Owns critical points and local extrema of a function of one variable: the first and the second derivative test."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from chainrule.errors import GradientError
from chainrule.explain.derivation.findings.exact_forms import named, said, value_form, without_dust
from chainrule.explain.derivation.findings.study import Found, Stretch, Study, StudyStep
from chainrule.explain.derivation.phrases import Phrase, equation, listed
from chainrule.explain.derivation.studies.line import Line, Mark, inside
from chainrule.explain.derivation.studies.setting import Setting
from chainrule.explain.derivation.studies.words import (
    breaks_step,
    family,
    left_side,
    point_phrase,
    table_step,
    zeros_step,
)
from chainrule.explain.derivation.studies.zeros import along
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.neat import ZERO
from chainrule.explain.reading.intervals import REAL_LINE

RISING = ("increasing", "decreasing")
NAMES = {"minimum": "local minimum", "maximum": "local maximum", "saddle": "horizontal inflection, no extremum"}
_FLAT = 1e-7


def turning_study(here: Setting, question: str) -> Study:
    """Return the study of the critical points: the extrema among them, by the second derivative or by the signs of the first."""
    found = critical_points(here)
    ends = [] if here.period is not None else end_points(here)
    steps = [zeros_step(here, 1)]
    broken = breaks_step(here, here.line.marks, 1)
    steps += [broken] if broken is not None else []
    steps.append(table_step(here, 1, RISING, f"sign table of {here.label}'"))
    tested = _second_derivative_test(here, found)
    steps += [tested] if tested is not None else []
    first = _first_derivative_test(here, found, tested is not None)
    steps += [first] if first is not None else []
    return Study(
        question,
        tuple(steps),
        (*found, *ends),
        stretches(here.line, RISING),
        tuple(_answer(here, found, ends, question)),
        checked(here, 1),
        here.line.zeros.is_complete,
    )


def critical_points(here: Setting) -> list[Found]:
    """Return the points inside at which f' is 0 or does not exist, each with its kind by the signs on both sides."""
    low, high = here.interval.ends
    found: list[Found] = []
    for mark in here.line.marks:
        left, right = here.line.beside(mark)
        if mark.kind == "end" and here.period is not None and mark.place == low and not math.isnan(mark.value):
            left = here.line.pieces[-1].sign  # the line of a period is closed to a ring
            if left == right and not _is_zero(here, mark):
                continue
        elif mark.kind == "end" or math.isnan(mark.value) or not mark.is_continuous or not low <= mark.place <= high:
            continue
        if left is None or right is None:
            continue
        kind = kind_of(left, right)
        scope = "local" if kind in ("minimum", "maximum") else ""
        found.append(made(here, mark, kind, scope, "by the signs of the first derivative"))
    for each in found:
        _confirm(here, each)
    return found


def _is_zero(here: Setting, mark: Mark) -> bool:
    return any(abs(mark.place - place) < 1e-9 for place in here.line.zeros.places)


def kind_of(left: int, right: int) -> str:
    """Return what a critical point is where the derivative has these signs on its two sides.

    >>> kind_of(-1, 1), kind_of(1, 1)
    ('minimum', 'saddle')
    """
    if left == 0 or right == 0:
        return "degenerate"
    return "saddle" if left == right else "minimum" if left < right else "maximum"


def end_points(here: Setting) -> list[Found]:
    """Return the ends of the domain and of the interval that belong to it, with what they are next to the one side they have."""
    found: list[Found] = []
    for mark in here.line.marks:
        left, right = here.line.beside(mark)
        if math.isnan(mark.value) or not mark.is_continuous or (left is None) == (right is None):
            continue
        sign = right if left is None else -(left or 0)
        kind = "minimum" if sign and sign > 0 else "maximum" if sign else "degenerate"
        found.append(made(here, mark, kind, "end", "the function has one side only there"))
    return found


def made(here: Setting, mark: Mark, kind: str, scope: str, how: str) -> Found:
    """Return a mark as a point that was found, with the exact value of the function where there is one."""
    value = without_dust(mark.value)
    exact_value = value_form(here.function, {here.name: mark.exact}, value)
    return Found(((here.name, mark.place),), (mark.exact,), value, exact_value, kind, scope, how)


def _confirm(here: Setting, found: Found) -> None:
    """Raise GradientError should values next to a point contradict its kind."""
    ((name, place),) = found.at
    nearby = [piece for piece in here.line.pieces if place in (piece.start, piece.end)]
    call = along(here.function, name)
    for piece in nearby:
        reach = inside(piece.start, piece.end)
        values = call(reach)
        off = values[np.isfinite(values)] - found.value
        slack = 1e-9 * (1 + abs(found.value))
        if (found.kind == "minimum" and np.any(off < -slack)) or (found.kind == "maximum" and np.any(off > slack)):
            raise GradientError(f"values around {name} = {place:g} contradict the derivative; please report this")


def _second_derivative_test(here: Setting, found: Sequence[Found]) -> StudyStep | None:
    """Return the test by the second derivative at the points where the first is 0; None where there are none."""
    if here.second is None or not found:
        return None
    lines: list[Phrase] = []
    for each in found:
        ((name, place),) = each.at
        if _slope_at(here, place) is None:
            continue
        with np.errstate(all="ignore"):
            bend = float(evaluate(here.second, {name: place}))
        if not math.isfinite(bend):
            continue
        exact = value_form(here.second, {name: each.exact[0]}, bend)
        flat = exact == ZERO if exact is not None else abs(bend) < _FLAT
        start: Phrase = (
            f"{here.label}''(",
            named(each.exact[0], place),
            ") = ",
            *(said(exact, bend) if not flat else ("0",)),
        )
        if flat:
            lines.append((*start, ": the test says nothing"))
            continue
        kind = "minimum" if bend > 0 else "maximum"
        if each.kind != kind:
            raise GradientError(f"the two derivative tests disagree at {name} = {place:g}; please report this")
        lines.append((*start, f" {'>' if bend > 0 else '<'} 0: a {NAMES[kind]}"))
    if not lines:
        return None
    from_formula: Phrase = (equation(left_side(here, 2), here.second),)
    return StudyStep("second derivative test", (from_formula, *lines))


def _slope_at(here: Setting, place: float) -> float | None:
    """Return the slope at a place where it exists; None elsewhere."""
    mark = next(mark for mark in here.line.marks if mark.place == place)
    return 0.0 if mark.kind == "zero" or _is_zero(here, mark) else None


def _first_derivative_test(here: Setting, found: Sequence[Found], has_second: bool) -> StudyStep | None:
    """Return the test by the signs of f' for the points at which the second derivative says nothing."""
    lines: list[Phrase] = []
    for each in found:
        ((name, place),) = each.at
        if has_second and _is_settled(here, each):
            continue
        mark = next(mark for mark in here.line.marks if mark.place == place)
        left, right = here.line.beside(mark)
        left = here.line.pieces[-1].sign if left is None and here.period is not None else left
        if left is None or right is None:
            continue
        change = (
            "keeps its sign"
            if left == right
            else f"changes from {'+' if left > 0 else '-'} to {'+' if right > 0 else '-'}"
        )
        at: Phrase = ("at ", name, " = ", named(each.exact[0], place))
        lines.append((*at, f" {here.label}' {change}: {_article(NAMES.get(each.kind, 'not settled'))}"))
    return StudyStep("first derivative test", tuple(lines)) if lines else None


def _article(words: str) -> str:
    return f"a {words}" if words != "not settled" else words


def _is_settled(here: Setting, each: Found) -> bool:
    ((name, place),) = each.at
    if here.second is None or each.kind not in ("minimum", "maximum") or _slope_at(here, place) is None:
        return False
    with np.errstate(all="ignore"):
        bend = float(evaluate(here.second, {name: place}))
    exact = value_form(here.second, {name: each.exact[0]}, bend)
    return math.isfinite(bend) and (exact != ZERO if exact is not None else abs(bend) >= _FLAT)


def _answer(here: Setting, found: Sequence[Found], ends: Sequence[Found], question: str) -> list[Phrase]:
    if question == "critical points":
        lines: list[Phrase] = []
        if found:
            places = listed([family(here, each) for each in found], "; ")
            lines.append((f"critical points of {here.label}: ", *places))
        else:
            lines.append((f"{here.label} has no critical points{_within(here)}",))
        return [*lines, *(_classified(here, each) for each in found)]
    extrema = [each for each in found if each.kind in ("minimum", "maximum")]
    lines = [_classified(here, each) for each in extrema] or [(f"{here.label} has no local extrema{_within(here)}",)]
    lines += [_classified(here, each) for each in found if each.kind == "saddle"]
    return lines + [
        (f"{each.kind} at an end{end_of(here)}: ", *point_phrase(here, each)) for each in ends if each.kind in NAMES
    ]


def _within(here: Setting) -> str:
    return "" if here.interval is REAL_LINE or here.period is not None else f" inside {here.interval}"


def end_of(here: Setting) -> str:
    """Return of what an end is one."""
    return " of the domain" if here.interval is REAL_LINE else f" of {here.interval}"


def _classified(here: Setting, each: Found) -> Phrase:
    name = NAMES.get(each.kind, "not settled")
    value = point_phrase(here, each)
    if here.period is None:
        return (f"{name}: ", *value)
    return (f"{name} at ", *family(here, each), ": ", *value) if here.repeats else (f"{name} at ", *family(here, each))


def stretches(line: Line, behaviors: tuple[str, str]) -> tuple[Stretch, ...]:
    """Return the pieces of the line on which a derivative keeps its sign."""
    return tuple(
        Stretch(piece.start, piece.end, behaviors[0] if piece.sign > 0 else behaviors[1])
        for piece in line.pieces
        if piece.sign
    )


def checked(here: Setting, order: int) -> str:
    """Return how a study of one variable was checked, in a sentence."""
    sign = f"{here.label}{chr(39) * order}"
    zeros = (
        "no zero is missing"
        if here.line.zeros.is_complete
        else "that it has no more zeros is seen there, and not proved"
    )
    return f"Checked: {sign} keeps its sign between the marks at {here.line.samples} places; {zeros}"
