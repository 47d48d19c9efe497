"""Owns absolute extrema of a function of one variable: the values at critical points and ends, and what happens at open ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chainrule.explain.derivation.findings.exact_forms import said, shown_number
from chainrule.explain.derivation.findings.study import Found, Study, StudyStep, Table
from chainrule.explain.derivation.phrases import Phrase, listed
from chainrule.explain.derivation.sampled import Floats
from chainrule.explain.derivation.studies.setting import Setting
from chainrule.explain.derivation.studies.turning import RISING, checked, critical_points, end_points, stretches
from chainrule.explain.derivation.studies.words import (
    breaks_step,
    family,
    interval_phrase,
    point_phrase,
    table_step,
    zeros_step,
)
from chainrule.explain.derivation.studies.zeros import along
from chainrule.explain.reading.shapes import Goal

_SAME = 1e-10


@dataclass(frozen=True, slots=True)
class OpenEnd:
    """An end that does not belong to the domain, and what the function tends to there, from one side. rises: towards the end."""

    place: float
    side: str
    limit: float
    rises: bool


def absolute_study(here: Setting, question: str, goal: Goal | None) -> Study:
    """Return the greatest and the least value, or why there is none.

    Between two marks the function rises or falls, so that its extremes are at the marks or are not reached at open ends.
    """
    found = [*critical_points(here), *([] if here.period is not None else end_points(here))]
    found.sort(key=lambda each: each.at)
    opened = [] if here.period is not None and here.repeats else open_ends(here)
    steps = [zeros_step(here, 1)]
    broken = breaks_step(here, here.line.marks, 1)
    steps += [broken] if broken is not None else []
    if opened:
        steps.append(table_step(here, 1, RISING, f"sign table of {here.label}'"))
    if found:
        steps.append(_compared(here, found))
    if opened:
        steps.append(_at_open_ends(here, opened))
    answer: list[Phrase] = []
    points = list(found)
    goals: tuple[Goal, ...] = ("maximum", "minimum") if goal is None else (goal,)
    for each in goals:
        best = _best(here, found, opened, each)
        answer += best.lines
        for place, point in enumerate(points):
            if point in best.points:
                points[place] = replace(point, kind=each, scope="absolute", how="the values are compared")
    return Study(
        question,
        tuple(steps),
        tuple(points),
        stretches(here.line, RISING),
        tuple(answer),
        checked(here, 1),
        here.line.zeros.is_complete,
    )


def open_ends(here: Setting) -> list[OpenEnd]:
    """Return the ends of pieces at which the function is not defined, or that do not belong to the interval."""
    found: list[OpenEnd] = []
    places = {mark.place: mark for mark in here.line.marks}
    for piece in here.line.pieces:
        if not piece.sign:
            continue
        for place, side, rises in ((piece.start, "right", piece.sign < 0), (piece.end, "left", piece.sign > 0)):
            mark = places.get(place)
            if mark is not None and mark.is_continuous and not math.isnan(mark.value):
                continue
            found.append(OpenEnd(place, side, _limit(here, place, side, rises), rises))
    return found


def _limit(here: Setting, place: float, side: str, rises: bool) -> float:
    """Return what the function tends to, from values ever closer to the end.

    It is monotone there: where the values do not settle, they grow without bound.
    """
    powers = np.arange(1.0, 13.0)
    if math.isinf(place):
        approach = math.copysign(1.0, place) * 10.0 ** np.concatenate(
            [powers, [20.0, 40.0, 80.0, 120.0, 150.0, 250.0, 300.0]]
        )
    else:
        approach = place + (1 if side == "right" else -1) * max(1.0, abs(place)) * 10.0**-powers
    values = along(here.function, here.name)(approach)
    known = values[np.isfinite(values)]
    if len(known) < len(values) - 4 and len(known) and abs(known[-1]) > 1e6:
        return math.inf if rises else -math.inf
    if len(known) < 3:
        return math.inf if rises else -math.inf
    # Rounding far out may spoil the last values, as of a difference of nearly equal numbers: the quietest pair counts.
    steps = np.abs(np.diff(known))
    quiet = int(np.argmin(steps[len(steps) // 2 :])) + len(steps) // 2
    if steps[quiet] <= 1e-5 * (1 + abs(known[quiet + 1])):
        settled = float(known[quiet + 1])
        return round(settled) + 0.0 if abs(settled - round(settled)) < 1e-4 else settled
    even = values[: len(powers)]  # ten times closer each, or ten times further out
    even = even[np.isfinite(even)]
    otherwise = math.inf if rises else -math.inf
    return _extrapolated(even, otherwise) if len(even) >= 3 else otherwise


def _extrapolated(values: Floats, otherwise: float) -> float:
    """Return what values tend to whose differences shrink by a factor, as those of a root do; `otherwise` for others.

    Source: A. C. Aitken, On Bernoulli's numerical solution of algebraic equations (1926).
    """
    before, last = float(values[-2] - values[-3]), float(values[-1] - values[-2])
    if abs(last) >= 0.8 * abs(before):
        return otherwise
    found = float(values[-1]) - last * last / (last - before)
    return round(found) + 0.0 if abs(found - round(found)) < 1e-4 else found


def _compared(here: Setting, found: Sequence[Found]) -> StudyStep:
    headings: tuple[Phrase, ...] = ((here.name,), (f"{here.label}({here.name})",), ("",))
    rows: list[tuple[Phrase, ...]] = []
    for each in found:
        ((_, place),) = each.at
        what = "end" if each.scope == "end" else "critical point"
        rows.append((said(each.exact[0], place), said(each.exact_value, each.value), (what,)))
    return StudyStep("compare the values", (), Table(headings, tuple(rows)))


def _at_open_ends(here: Setting, opened: Sequence[OpenEnd]) -> StudyStep:
    lines: list[Phrase] = []
    for end in opened:
        towards = (
            f"{shown_number(end.place)}" if math.isinf(end.place) else f"{shown_number(end.place)} from the {end.side}"
        )
        grows = "rises" if end.rises else "falls"
        what = (
            f"{grows} without bound"
            if math.isinf(end.limit)
            else f"{grows} towards {shown_number(end.limit)}, and does not reach it there"
        )
        lines.append((f"as {here.name} tends to {towards}, {here.label} {what}",))
    return StudyStep("look at the open ends", tuple(dict.fromkeys(lines)))


def _level(here: Setting, value: float) -> list[tuple[float, float]]:
    """Return the intervals on which the function is constant and has this value."""
    call = along(here.function, here.name)
    flat = [piece for piece in here.line.pieces if piece.sign == 0]
    off = [abs(float(call(np.array([piece.test]))[0]) - value) for piece in flat]
    return [(piece.start, piece.end) for piece, gap in zip(flat, off, strict=True) if gap <= _SAME * (1 + abs(value))]


@dataclass(frozen=True, slots=True)
class _Best:
    lines: tuple[Phrase, ...]
    points: tuple[Found, ...] = ()


def _best(here: Setting, found: Sequence[Found], opened: Sequence[OpenEnd], goal: Goal) -> _Best:
    sign = 1.0 if goal == "maximum" else -1.0
    tends = [sign * end.limit for end in opened if end.rises == (goal == "maximum")]
    most = max((sign * each.value for each in found), default=-math.inf)
    beyond = max(tends, default=-math.inf)
    if beyond > most + _SAME * (1 + abs(most)) or not found or beyond == math.inf:
        if math.isinf(beyond):
            way = "above" if goal == "maximum" else "below"
            return _Best(((f"no absolute {goal}: {here.label} is not bounded {way}",),))
        bound = shown_number(sign * beyond)
        return _Best(
            ((f"no absolute {goal}: {here.label} comes as close to {bound} as one likes, and does not reach it",),)
        )
    best = tuple(each for each in found if sign * each.value >= most - _SAME * (1 + abs(most)))
    level = _level(here, sign * most)
    if level:
        where = listed([interval_phrase(here, *piece) for piece in level], " and ")
        return _Best(
            ((f"absolute {goal}: {here.label} = ", *said(best[0].exact_value, best[0].value), " all along ", *where),),
            best,
        )
    if here.period is not None:
        return _Best(
            tuple((f"absolute {goal} at ", *family(here, each), ": ", *point_phrase(here, each)) for each in best), best
        )
    return _Best(tuple((f"absolute {goal}: ", *point_phrase(here, each)) for each in best), best)
