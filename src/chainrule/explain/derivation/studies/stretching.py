"""Owns where a function of one variable rises and falls, where its graph bends up and down, and its inflection points."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chainrule.explain.derivation.findings.study import Found, Study
from chainrule.explain.derivation.phrases import Phrase, listed
from chainrule.explain.derivation.studies.setting import Setting
from chainrule.explain.derivation.studies.turning import RISING, checked, made, stretches
from chainrule.explain.derivation.studies.words import (
    breaks_step,
    family,
    interval_phrase,
    pieces_where,
    point_phrase,
    table_step,
    zeros_step,
)

BENDING = ("concave up", "concave down")


def monotony_study(here: Setting, question: str) -> Study:
    """Return where the function increases and decreases: the signs of f'."""
    return _study(here, question, 1, RISING, (), _stretched(here, 1, RISING))


def concavity_study(here: Setting, question: str) -> Study:
    """Return where the graph is concave up and down, and the inflection points between: the signs of f''."""
    points = _inflections(here)
    bends = _stretched(here, 2, BENDING)
    return _study(
        here,
        question,
        2,
        BENDING,
        points,
        [*_answer(here, points), *bends] if question == "inflection points" else [*bends, *_answer(here, points)],
    )


def _study(
    here: Setting, question: str, order: int, behaviors: tuple[str, str], points: Sequence[Found], answer: list[Phrase]
) -> Study:
    steps = [zeros_step(here, order)]
    broken = breaks_step(here, here.line.marks, order)
    steps += [broken] if broken is not None else []
    steps.append(table_step(here, order, behaviors, f"sign table of {here.label}{chr(39) * order}"))
    return Study(
        question,
        tuple(steps),
        tuple(points),
        stretches(here.line, behaviors),
        tuple(answer),
        checked(here, order),
        here.line.zeros.is_complete,
    )


def _stretched(here: Setting, order: int, behaviors: tuple[str, str]) -> list[Phrase]:
    """Return the intervals of each behavior, one line for each."""
    lines: list[Phrase] = []
    for sign, behavior in zip((1, -1), behaviors, strict=True):
        pieces = pieces_where(here.line, sign, order)
        where = listed([interval_phrase(here, *piece) for piece in pieces], " and ")
        again: Phrase = (", and again after every ", here.period) if here.period is not None and pieces else ()
        lines.append(
            (f"{here.label} is {behavior} on ", *where, *again) if pieces else (f"{here.label} is {behavior} nowhere",)
        )
    return lines


def _inflections(here: Setting) -> list[Found]:
    """Return where f'' changes its sign and the function is continuous."""
    found: list[Found] = []
    low, _ = here.interval.ends
    for mark in here.line.marks:
        left, right = here.line.beside(mark)
        if here.period is not None and mark.place == low:
            left = here.line.pieces[-1].sign
        if not left or not right or left == right or math.isnan(mark.value) or not mark.is_continuous:
            continue
        found.append(made(here, mark, "inflection", "", "the second derivative changes its sign"))
    return found


def _answer(here: Setting, points: Sequence[Found]) -> list[Phrase]:
    if not points:
        flat = [mark for mark in here.line.marks if mark.kind == "zero"]
        why = f": {here.label}'' is 0, but keeps its sign" if flat else ""
        return [(f"{here.label} has no inflection points{why}",)]
    if here.period is not None:
        return [("inflection at ", *family(here, each)) for each in points]
    return [("inflection point: ", *point_phrase(here, each)) for each in points]
