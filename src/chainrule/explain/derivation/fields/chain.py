"""Owns the chain rule of several variables: each variable between adds its partial derivative times its own derivative."""

from __future__ import annotations

from dataclasses import replace

from chainrule.explain.derivation.account import Step
from chainrule.explain.derivation.brief import shortened
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import Question, notes_on, tidying_step
from chainrule.explain.derivation.fields.assembly import together
from chainrule.explain.derivation.phrases import equation
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.sampled import slope_of
from chainrule.explain.derivation.single import single, typed
from chainrule.explain.derivation.structure import CHAIN_OF_SEVERAL, PUT_DEFINITIONS_IN
from chainrule.explain.derivation.verify import verify
from chainrule.explain.expressions.conditions import domain_of, nonzero, simplified
from chainrule.explain.expressions.expression import Derivative, Expression, Symbol, free_symbols, substitute
from chainrule.explain.expressions.neat import ZERO, neat
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.composed import Composed
from chainrule.explain.reading.parse import Parsed

WHY = "each variable between adds its share, and the shares add up"


def chain_of_several(composed: Composed, question: Question) -> Derivation:
    """Return the derivation of a function of variables that change with others. question: the whole function of the latter."""
    source, by, detail = question.source, composed.by, question.detail
    inner = dict(composed.inner)
    others = tuple(name for name in source.names if name != by)
    outer = typed(composed.outer, tuple(dict.fromkeys((*inner, *composed.outer.variables))), None, detail)
    parts: list[Derivation] = []
    height = Symbol(source.label or "f", source.names)
    rule: Expression = ZERO
    raw: Expression = ZERO
    for name, formula in inner.items():
        names = tuple(name for name in source.names if name == by or name in free_symbols(formula))
        ahead = single(outer, name, 1)
        behind = single(typed(Parsed(formula, name, None, ""), names, None, detail), by, 1)
        parts += [ahead, behind]
        partial = Derivative(Symbol(height.name), name, partial=True)
        rule = neat(rule + partial * Derivative(Symbol(name), by, partial=bool(others)))
        raw = neat(raw + ahead.heading.sides[1] * behind.heading.sides[1])
    slope = Derivative(height, by, partial=bool(others))
    put_in = neat(substitute(raw, inner))
    moves, result = tidy(put_in)
    tidying = [*map(tidying_step, moves)]
    steps = (
        Step(CHAIN_OF_SEVERAL, ((equation(slope, rule),),), slope, raw, WHY, (), "rule"),
        Step(PUT_DEFINITIONS_IN, (), slope, put_in, "they say what each variable is", (), "assembly"),
        *(shortened(tidying) if detail == "brief" else tidying),
    )
    used = [substitute(each, inner) for part in parts for each in part.conditions]
    canceled = [nonzero(factor) for move in moves for factor in move.nonzero]
    conditions = simplified((*domain_of(source.expression), *used, *canceled))
    point = question.point
    verified = verify(question.sampled, result, source.names, by, conditions, () if point is None else (point,))
    last = Derivation(
        expression=source.expression,
        label=source.label,
        names=source.names,
        wrt=(by,),
        order=1,
        steps=steps,
        result=Result(result, source.names),
        conditions=conditions,
        notes=(*source.notes, *notes_on(source.expression, result)),
        at=None if point is None else tuple(point.items()),
        value=None if point is None else float(slope_of(question.function, by)(point)),
        verified=verified,
        detail=detail,
        route=CHAIN_OF_SEVERAL,
        given=(
            equation(Symbol(height.name), composed.outer.expression),
            *(equation(Symbol(name), formula) for name, formula in inner.items()),
        ),
    )
    found = together(CHAIN_OF_SEVERAL, parts, [last], last.result)
    return replace(found, wrt=(by,), conditions=conditions, verified=verified)
