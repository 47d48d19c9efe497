"""Owns the way from a question about a function's shape to its answer: a derivation that holds a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chainrule.explain.derivation.account import Detail
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.findings.study import Study
from chainrule.explain.derivation.phrases import in_words, phrase_text
from chainrule.explain.derivation.studies.absolute import absolute_study
from chainrule.explain.derivation.studies.multipliers import constrained_study
from chainrule.explain.derivation.studies.newton import mean_value_study, newton_study
from chainrule.explain.derivation.studies.setting import Setting, setting
from chainrule.explain.derivation.studies.stretching import concavity_study, monotony_study
from chainrule.explain.derivation.studies.surfaces import surface_study
from chainrule.explain.derivation.studies.turning import turning_study
from chainrule.explain.expressions.expression import free_symbols, size
from chainrule.explain.reading.shapes import Shape

MAX_SIZE = 200
"""Functions with more operations than this are not studied."""

_OF_ONE = frozenset(("monotony", "concavity", "inflection points", "Newton's method", "mean value theorem"))
_HELD = frozenset("abcdkmnpq")


def study_of(shape: Shape, wrt: tuple[str, ...] | None, at: Any, order: int, detail: Detail) -> Derivation:
    """Return the derivation of what a question needs, with the study that answers it.

    Raises ValueError where the question does not fit the function: letters without a value, an interval for several variables,
    zeros without end.
    """
    if order != 1:
        raise ValueError(f"{shape.kind} need no order; leave order={order} out")
    if at is not None:
        raise ValueError(f"{shape.kind} are not asked for at a point; leave at={at!r:.40} out")
    names = _names(shape, wrt)
    # The derivatives are what a study starts from, and not what it is about: their steps are said in brief.
    level: Detail = None if detail == "full" else "brief"
    if shape.constraints:
        found, study = constrained_study(shape, names, level)
    elif len(names) > 1:
        found, study = surface_study(shape, names, level)
    elif shape.kind == "Newton's method":
        found, study = newton_study(shape, names[0], level)
    elif shape.kind == "mean value theorem":
        found, study = mean_value_study(shape, names[0], level)
    else:
        here = setting(shape, names[0], 2 if shape.kind in ("concavity", "inflection points") else 1, level)
        found, study = here.derivation, _of_one(here, shape)
    notes = tuple(note for note in found.notes if note)
    return replace(found, study=study, notes=notes)


def _of_one(here: Setting, shape: Shape) -> Study:
    if shape.kind == "monotony":
        return monotony_study(here, shape.kind)
    if shape.kind in ("concavity", "inflection points"):
        return concavity_study(here, shape.kind)
    if shape.kind == "absolute extrema":
        return absolute_study(here, shape.kind, shape.goal)
    return turning_study(here, shape.kind)


def _names(shape: Shape, wrt: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the variables of the question."""
    sides = [side for pair in shape.constraints for side in pair]
    every = [shape.parsed.expression, *sides]
    occurring = tuple(dict.fromkeys(name for each in every for name in free_symbols(each)))
    names = wrt or shape.names or occurring
    if sum(map(size, every)) > MAX_SIZE:
        raise ValueError(f"the function is too long to be studied: more than {MAX_SIZE} operations")
    if not occurring:
        raise ValueError("the function is a number, and does not change: there is nothing to study")
    open_letters = [name for name in occurring if name not in names]
    if open_letters:
        raise ValueError(_without_value(open_letters))
    names = tuple(name for name in names if name in occurring)
    letters = [name for name in names if name in _HELD]
    if not shape.names and not wrt and "x" in names and letters and len(letters) == len(names) - 1:
        raise ValueError(_without_value(letters))
    one_only = shape.kind in _OF_ONE or shape.interval is not None
    if len(names) > 1 and one_only:
        raise ValueError(_one_only(shape, names))
    if shape.interval is not None and shape.interval.name not in (None, names[0]):
        raise ValueError(f"the interval is one of {shape.interval.name}, and the variable is {names[0]}")
    return names


def _without_value(letters: Sequence[str]) -> str:
    if len(letters) == 1:
        return f"{letters[0]} has no value, and the answer depends on it; put a number in its place"
    return (
        f"{phrase_text(in_words(letters))} have no values, and the answer depends on them; put numbers in their places"
    )


def _one_only(shape: Shape, names: Sequence[str]) -> str:
    what = "an interval" if shape.interval is not None else shape.kind
    return f"{what}: expected a function of one variable, and the variables are {', '.join(names)}"
