"""Owns Newton's method, x - f(x)/f'(x) again and again, and the mean value theorem."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from chainrule.explain.derivation.account import Detail
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.findings.exact_forms import named, root_form, said, shown_number, value_form
from chainrule.explain.derivation.findings.study import Found, Study, StudyStep, Table
from chainrule.explain.derivation.phrases import Phrase, equation, listed
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.single import single, typed
from chainrule.explain.derivation.studies.line import divided_line
from chainrule.explain.derivation.studies.setting import with_cube_roots
from chainrule.explain.derivation.studies.zeros import along
from chainrule.explain.expressions.conditions import domain_of
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression, Number, Symbol, substitute
from chainrule.explain.expressions.neat import ZERO, neat
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.shapes import Shape

MOST = 50
AGREES = 1e-14
_SLOW = 25


def newton_study(shape: Shape, name: str, detail: Detail) -> tuple[Derivation, Study]:
    """Return the derivation of f', and the iterates of Newton's method until they agree.

    Raises ValueError where there is no start, where f' is 0 on the way, or where the iterates leave the domain.
    """
    if shape.start is None:
        raise ValueError("Newton's method needs a number to start from, as in: from x = 1")
    parsed, notes = with_cube_roots(shape.parsed, name)
    found = single(typed(parsed, (name,), None, detail), name, 1)
    found = replace(found, notes=(*found.notes, *notes))
    assert isinstance(found.result, Result)
    function, slope = found.expression, found.result.expression
    rows, verdict = _iterated(function, slope, name, shape.start)
    next_one = tidy(neat(Symbol(name) - function / slope))[1]
    formula: list[Phrase] = [
        ("each tangent is followed to where it is 0: x_(n+1) = x_n - f(x_n)/f'(x_n)".replace("x_", f"{name}_"),),
        ("here: the next ", Symbol(name), " is ", equation(neat(Symbol(name) - function / slope), next_one)),
    ]
    if neat(Symbol(name) - function / slope) == next_one:
        formula[1] = ("here: the next ", Symbol(name), " is ", next_one)
    headings: tuple[Phrase, ...] = (("n",), (f"{name}_n",), (f"f({name}_n)",), (f"f'({name}_n)",))
    cells = tuple(
        ((str(count),), (f"{place:.15g}",), (f"{value:.3g}",), (f"{rate:.6g}",))
        for count, (place, value, rate) in enumerate(rows)
    )
    steps = [
        StudyStep("Newton's formula", tuple(formula)),
        StudyStep(f"iterate from {name} = {shown_number(shape.start)}", (), Table(headings, cells)),
    ]
    place = rows[-1][0]
    points: tuple[Found, ...] = ()
    checked = ""
    if verdict:
        answer: list[Phrase] = [(verdict,)]
        checked = f"Checked: none of the first {len(rows)} iterates is a zero"
    else:
        exact = root_form(place, name, function)
        value = rows[-1][1]
        points = (
            Found(
                ((name, place),), (exact,), value, ZERO if exact is not None else None, "root", "", "the iterates agree"
            ),
        )
        root: Phrase = (
            (Symbol(name), f" ≈ {place:.13g}") if exact is None else (Symbol(name), " = ", exact, f" ≈ {place:.13g}")
        )
        root = (Symbol(name), " = ", exact) if isinstance(exact, Number) else root
        slow = ": so many, because f' is 0 at the zero, too" if len(rows) > _SLOW else ""
        answer = [(*root, f", after {len(rows) - 1} steps{slow}")]
        checked = f"Checked: {_bracket(function, name, place)}"
        if exact is not None:
            checked += "; the exact form makes f 0 to 200 digits"
    return found, Study("Newton's method", tuple(steps), points, (), tuple(answer), checked, True)


def _iterated(
    function: Expression, slope: Expression, name: str, start: float
) -> tuple[list[tuple[float, float, float]], str]:
    """Return each iterate with the function and the slope there, and why they do not settle, where they do not."""
    rows: list[tuple[float, float, float]] = []
    value_of, slope_of = along(function, name), along(slope, name)
    place, last = start, math.inf
    for count in range(MOST + 1):
        value, rate = (float(each(np.array([place]))[0]) for each in (value_of, slope_of))
        if math.isnan(value) or math.isnan(rate):
            raise ValueError(
                f"{name}_{count} = {place:g} is outside the domain of the function, or of its derivative; start elsewhere"
            )
        rows.append((place, value, rate))
        close = AGREES * max(1.0, abs(place))
        if value == 0 or last <= close or (rate != 0 and abs(value / rate) <= close):
            return rows, ""
        if rate == 0:
            raise ValueError(f"the tangent at {name}_{count} = {place:g} is level and meets no axis: start elsewhere")
        following = place - value / rate
        if len(rows) > 3 and any(abs(following - other[0]) <= 1e-13 * max(1.0, abs(following)) for other in rows[:-1]):
            if abs(value) < 1e-12 * max(1.0, abs(rate)):
                return rows, ""
            return rows, f"the iterates go round in a circle, back to {following:.6g}: start elsewhere"
        if abs(following) > 1e12:
            return rows, "the iterates run away: start closer to a zero"
        last, place = abs(following - place), following + 0.0
    return rows, f"the iterates do not settle in {MOST} steps: there may be no zero near, or one of higher order"


def _bracket(function: Expression, name: str, place: float) -> str:
    """Return how the zero is confirmed: by a change of sign next to it, where there is one."""
    step = 1e-9 * max(1.0, abs(place))
    before, after = along(function, name)(np.array([place - step, place + step]))
    if before * after < 0:
        return f"f changes its sign within {step:.0e} of {name}"
    return "the last two iterates agree to 14 digits, or f is 0 there"


def mean_value_study(shape: Shape, name: str, detail: Detail) -> tuple[Derivation, Study]:
    """Return the derivation of f', and the places where it is the mean slope over an interval.

    Raises ValueError where no closed interval is named, or the theorem does not apply.
    """
    interval = shape.interval
    if interval is None or not (interval.has_low and interval.has_high):
        raise ValueError("the mean value theorem needs a closed interval, as in: on [0, 2]")
    found = single(typed(shape.parsed, (name,), None, detail), name, 1)
    assert isinstance(found.result, Result)
    function, slope = found.expression, found.result.expression
    (low, high) = interval.ends
    heights = [float(evaluate(function, {name: end})) for end in (low, high)]
    mean = (heights[1] - heights[0]) / (high - low)
    exact = value_form(
        neat((_at(function, name, interval.high) - _at(function, name, interval.low)) / (interval.high - interval.low)),
        {},
        mean,
    )
    level = tidy(neat(slope - named(exact, mean)))[1]
    conditions = (*found.conditions, *domain_of(function))
    if level == ZERO:
        raise ValueError("the function is straight: its slope is the mean slope everywhere")
    line = divided_line(function, level, conditions, name, interval)
    broken = [mark for mark in line.marks if mark.kind == "break" and low < mark.place < high]
    if broken or not all(map(math.isfinite, heights)):
        where = f" at {name} = {broken[0].place:g}" if broken else " at an end"
        raise ValueError(
            f"the mean value theorem does not apply: the function is not differentiable, or not defined,{where}"
        )
    places = [mark for mark in line.marks if mark.kind == "zero" and low < mark.place < high]
    here: Phrase = (
        f"(f({shown_number(high)}) - f({shown_number(low)}))/({shown_number(high)} - {shown_number(low)}) = ",
        *said(exact, mean),
    )
    solve: list[Phrase] = [
        (equation(Symbol(f"f'({name})"), slope, named(exact, mean)),),
        listed([(Symbol(name), " = ", *said(mark.exact, mark.place)) for mark in places], " or "),
    ]
    steps = [StudyStep("mean slope", (here,)), StudyStep("where f' is the mean slope", tuple(solve))]
    points = tuple(
        Found(
            ((name, mark.place),),
            (mark.exact,),
            mark.value,
            value_form(function, {name: mark.exact}, mark.value),
            "mean slope",
        )
        for mark in places
    )
    answer: list[Phrase] = [("c = ", *said(mark.exact, mark.place)) for mark in places]
    checked = f"Checked: f' minus the mean slope keeps its sign between these places, at {line.samples} places"
    return found, Study("mean value theorem", tuple(steps), points, (), tuple(answer), checked, line.zeros.is_complete)


def _at(function: Expression, name: str, end: Expression) -> Expression:
    return neat(substitute(function, {name: end}))
