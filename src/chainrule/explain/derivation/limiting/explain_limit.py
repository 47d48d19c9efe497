"""Owns the derivation of a limit: one side or both, the check near the point, difference quotients that are derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chainrule.errors import GradientError
from chainrule.explain.derivation.account import Detail, Step
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.fields.assembly import together
from chainrule.explain.derivation.limiting.approach import Approach
from chainrule.explain.derivation.limiting.search import Search, sides_of
from chainrule.explain.derivation.limiting.tendency import Bounded, Finite, Infinite, Open, Tendency, number, shown
from chainrule.explain.derivation.phrases import in_words, phrase_text
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.single import single, typed
from chainrule.explain.derivation.structure import DEFINITION_OF_DERIVATIVE, L_HOPITAL, LIMIT, NO_LIMIT, ONE_SIDE_EACH
from chainrule.explain.expressions.expression import (
    UNDEFINED,
    Derivative,
    Expression,
    Limit,
    Symbol,
    depends_on,
    free_symbols,
    substitute,
)
from chainrule.explain.expressions.neat import ZERO, call, is_named, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.limits import LimitAsked
from chainrule.explain.reading.parse import Parsed

_SIDES = {1: "right", -1: "left"}
_CLOSE = 1e-3
_NEARER = 0.8
_SHOWN_STEPS = (1e-2, 1e-4)


def of_limit(asked: LimitAsked, wrt: Any, at: Any, order: int, detail: Detail) -> Derivation:
    """Return the derivation of a limit; what does not exist is `undefined`, with the reason among the notes.

    Raises ValueError where no way to it is found, or there are no values near the point.
    """
    if order != 1 or at is not None or wrt is not None:
        raise ValueError(
            f"a limit names its variable and what that tends to in the text, as in lim {asked.name}->0; leave the rest out"
        )
    function = neat(asked.parsed.expression)
    definition = _difference_quotient(asked, function)
    if definition is not None:
        return _of_a_derivative(asked, function, *definition, detail)
    sides = (1,) if _is_infinite(asked) else (asked.side,) if asked.side else (-1, 1)
    known = [side for side in sides if Approach(asked.name, asked.to, side).values(function)]
    if not known:
        raise ValueError(
            f"{_short(function)} has no values near {text(Symbol(asked.name))} = {text(asked.to)} that could be looked at"
        )
    if len(known) == 2:
        return _of_both_sides(asked, function, detail)
    side = known[0]
    search = Search(Approach(asked.name, asked.to, side), asked.side, detail)
    found = _refused(asked, function, search.find(function), [side])
    notes = (
        []
        if len(sides) == 1
        else [f"The function has values only on the {_SIDES[side]} of {text(asked.to)}: that side alone counts"]
    )
    return _answer(asked, search, function, found, [*notes, *_said(asked, found, function, [side])], detail)


def _is_infinite(asked: LimitAsked) -> bool:
    return Approach(asked.name, asked.to, 1).is_infinite


def _of_both_sides(asked: LimitAsked, function: Expression, detail: Detail) -> Derivation:
    """Return the limit from both sides; where these differ, each is shown."""
    derived: dict[Expression, Derivation] = {}
    alike = [Search(Approach(asked.name, asked.to, side), 0, detail, derived=derived) for side in (-1, 1)]
    found = [search.find(function) for search in alike]
    if found[0] == found[1] and sides_of(alike[0].steps) == sides_of(alike[1].steps):
        settled = _refused(asked, function, found[0], (-1, 1))
        return _answer(asked, alike[0], function, settled, _said(asked, settled, function, (-1, 1)), detail)
    if all(isinstance(one, Open) for one in found):
        _refused(asked, function, found[0], (-1, 1))
    each = [Search(Approach(asked.name, asked.to, side), side, detail, derived=derived) for side in (-1, 1)]
    found = [_refused(asked, function, search.find(function), [search.near.side]) for search in each]
    whole: Tendency = found[0] if found[0] == found[1] else Open("differ")
    run = Search(
        Approach(asked.name, asked.to, 1),
        0,
        detail,
        [*each[0].steps, *each[1].steps],
        {**each[0].parts, **each[1].parts},
    )
    value = UNDEFINED if isinstance(whole, Open | Bounded) else shown(whole)
    why = (
        "from the left and from the right it is the same"
        if value != UNDEFINED
        else "from the left and from the right it is not the same"
    )
    run.steps.append(Step(ONE_SIDE_EACH, (), run.pending(function), value, why, (), "assembly"))
    notes: list[str] = []
    for search, one in zip(each, found, strict=True):
        said = _said(asked, one, function, [search.near.side])
        notes += said if value != UNDEFINED or isinstance(one, Bounded) else said[-1:]
    if value == UNDEFINED and not any(isinstance(one, Bounded) for one in found):
        left, right = (text(shown(one)) for one in found)
        notes.insert(0, f"The limit does not exist: it is {left} from the left, and {right} from the right")
    return _answer(asked, run, function, whole, list(dict.fromkeys(notes)), detail)


def _refused(asked: LimitAsked, function: Expression, found: Tendency, sides: Sequence[int]) -> Tendency:
    """Return what was found; raise ValueError where it is nothing, with the values near the point."""
    if not isinstance(found, Open):
        return found
    seen = "; ".join(filter(None, (_values(asked, function, side) for side in sides)))
    if any(Approach(asked.name, asked.to, side).wanders(function) for side in sides):
        seen += "; the values go up and down however near the point, so that there may be none"
    problem = f"no way was found to the limit of {_short(function)} by the laws of limits and l'Hôpital's rule"
    letters = [name for name in free_symbols(function) if name != asked.name]
    expected = (
        f"it may depend on {phrase_text(in_words(letters))}: put in numbers" if letters else "expected a simpler form"
    )
    raise ValueError(f"{problem}; {expected}" + (f". {seen[:1].upper()}{seen[1:]}" if seen else ""))


def _short(function: Expression) -> str:
    shown_text = text(function)
    return shown_text if len(shown_text) <= 60 else "the function"


def _answer(
    asked: LimitAsked, search: Search, function: Expression, found: Tendency, notes: Sequence[str], detail: Detail
) -> Derivation:
    value = UNDEFINED if isinstance(found, Open | Bounded) else shown(found)
    names = tuple(dict.fromkeys((asked.name, *free_symbols(function))))
    steps = search.steps or [
        Step(NO_LIMIT, (), search.pending(function), value, "they keep going up and down", (), "assembly")
    ]
    held = [name for name in names if name != asked.name]
    stand = "stands for a positive number" if len(held) == 1 else "stand for positive numbers"
    told = [f"{phrase_text(in_words(held))} {stand}"] if held else []
    if any(step.rule == L_HOPITAL and _is_sine_of_itself(step.before, asked.name) for step in steps):
        told.append(
            "The derivative of sin is itself found from this limit: the rule shows the number, and is no proof of it"
        )
    every = (*asked.parsed.notes, *told, *notes)
    last = Derivation(
        expression=function,
        label=asked.parsed.name,
        names=names,
        wrt=(asked.name,),
        order=1,
        steps=tuple(steps),
        result=Result(value, names),
        notes=every,
        value=None if held or value == UNDEFINED else number(value),
        detail=detail,
        route=LIMIT,
    )
    parts = list(search.parts.values())
    if not parts:
        return last
    whole = together(LIMIT, parts, [last], last.result, ())
    return replace(whole, wrt=last.wrt, names=names, conditions=(), notes=every, value=last.value)


def _is_sine_of_itself(before: Expression, name: str) -> bool:
    """Return whether a limit is that of sin(x)/x at 0, or of its reciprocal."""
    if not isinstance(before, Limit) or before.to != ZERO or not is_named(before.body, "divide"):
        return False
    return set(before.body.operands) == {Symbol(name), call("sin", Symbol(name))}


def _said(asked: LimitAsked, found: Tendency, function: Expression, sides: Sequence[int]) -> list[str]:
    """Return why there is no limit, and the values near the point. Raises GradientError where these disagree with it."""
    said = []
    if isinstance(found, Bounded):
        where = "" if _is_infinite(asked) else f" from the {_SIDES[sides[0]]}" if len(sides) == 1 else ""
        near_by = "however far out" if _is_infinite(asked) else "however near the point"
        said.append(f"The limit does not exist: the values keep going up and down{where}, {near_by}")
    if isinstance(found, Infinite):
        said.append(f"It is no number: the values {'grow' if found.sign > 0 else 'fall'} without bound")
    for side in sides:
        near = Approach(asked.name, asked.to, side)
        if not isinstance(found, Bounded | Open):
            compare(near, function, found)
    seen = "; ".join(filter(None, (_values(asked, function, side) for side in sides)))
    return [*said, f"Checked: {seen}"] if seen else said


def compare(near: Approach, function: Expression, found: Finite | Infinite) -> None:
    """Raise GradientError where the values near the point do not come nearer to what was found."""
    seen = near.values(function)
    if len(seen) < 2:
        return
    first, last = seen[0], seen[-1]
    if isinstance(found, Infinite):
        fine = last * found.sign > 0 and (abs(last) > abs(first) or abs(last) > 1e3)
    else:
        wanted = near.values(found.value)[-1]
        gaps = [abs(value - wanted) for value in (first, last)]
        fine = bool(gaps[1] <= _CLOSE * (1 + abs(wanted)) or gaps[1] < _NEARER * gaps[0])
    if not fine:
        raise GradientError(
            f"the limit of {_short(function)} is said to be {text(shown(found))}, but near the point its value is "
            f"{float(last):.10g}; please report this function, since the limit must not be shown"
        )


def _values(asked: LimitAsked, function: Expression, side: int) -> str:
    """Return the values of a function near the point, as they are read."""
    near = Approach(asked.name, asked.to, side)
    if any(name != asked.name for name in free_symbols(function)) or free_symbols(asked.to):
        return ""
    found = []
    for step in _SHOWN_STEPS:
        value = near.values(function, (step,))
        place = near.outward / step if near.is_infinite else number(asked.to) + side * step
        if value:
            found.append(f"{float(value[0]):.7g} at {text(Symbol(asked.name))} = {place:.10g}")
    return f"it is {' and '.join(found)}" if found else ""


def _difference_quotient(asked: LimitAsked, function: Expression) -> tuple[Expression, str] | None:
    """Return f(x) and x where the function is (f(x + h) - f(x))/h, and h tends to 0."""
    if asked.to != ZERO or not is_named(function, "divide") or function.operands[1] != Symbol(asked.name):
        return None
    above = function.operands[0]
    if not is_named(above, "subtract"):
        return None
    ahead, here = above.operands
    if depends_on(here, asked.name) or not depends_on(ahead, asked.name):
        return None
    for name in free_symbols(here):
        moved = substitute(here, {name: Symbol(name) + Symbol(asked.name)})
        if text(moved) == text(ahead) or tidy(neat(moved - ahead))[1] == ZERO:
            return here, name
    return None


def _of_a_derivative(asked: LimitAsked, function: Expression, f: Expression, name: str, detail: Detail) -> Derivation:
    """Return the derivation of a limit that is the definition of a derivative."""
    names = tuple(dict.fromkeys((name, *free_symbols(f))))
    part = single(typed(Parsed(f, None, None, ""), names, None, detail), name, 1)
    assert isinstance(part.result, Result)
    before = Limit(function, asked.name, asked.to, asked.side)
    slope = Derivative(f, name, len(names) > 1)
    steps = [
        Step(
            DEFINITION_OF_DERIVATIVE,
            (),
            before,
            slope,
            f"a difference quotient of {text(f)}, its step going to 0",
            (),
            "assembly",
        ),
        Step("put the derivative in", (), slope, part.result.expression, "it is derived above", (), "assembly"),
    ]
    last = replace(
        part, expression=function, names=(asked.name, *names), wrt=(asked.name,), steps=tuple(steps), route=LIMIT
    )
    found = together(LIMIT, [part], [last], part.result, ())
    return replace(found, notes=(*asked.parsed.notes, *part.notes), conditions=part.conditions)
