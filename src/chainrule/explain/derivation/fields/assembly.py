"""Owns sums of derivatives that are known, each with its factor: the last part of a derivation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from chainrule.explain.derivation.account import Step
from chainrule.explain.derivation.brief import shortened
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import tidying_step
from chainrule.explain.derivation.phrases import Equation, Phrase
from chainrule.explain.derivation.results import Gradient, Hessian, Jacobian, Result
from chainrule.explain.derivation.verify import agree
from chainrule.explain.expressions.conditions import nonzero, simplified
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression
from chainrule.explain.expressions.neat import ZERO, neat
from chainrule.explain.expressions.tidy import tidy


@final
@dataclass(frozen=True, slots=True)
class Share:
    """A derivative with its factor in the sum. is_last: whether the factor is written after it."""

    factor: Expression
    part: Derivation
    is_last: bool = False

    def _product(self, derivative: Expression) -> Expression:
        return derivative * self.factor if self.is_last else self.factor * derivative

    @property
    def pending(self) -> Expression:
        """What it adds, the derivative still to be taken."""
        return self._product(self.part.heading.sides[0])

    @property
    def known(self) -> Expression:
        """What it adds, the derivative being known."""
        return self._product(self.part.heading.sides[1])


@final
@dataclass(frozen=True, slots=True)
class Assembly:
    """How derivatives are added up. route: what comes out. rule, why, phrases: the step that adds them. first: steps before it.

    given: the components of a field.
    """

    route: str
    rule: str
    why: str
    phrases: tuple[Phrase, ...] = ()
    first: tuple[Step, ...] = ()
    given: tuple[Equation, ...] = ()


def added(how: Assembly, shares: Sequence[Share], moving: Sequence[str] = ()) -> Derivation:
    """Return the sum of derivatives, tidied and checked. moving: names of factors, besides those of the variables."""
    before: Expression = ZERO
    raw: Expression = ZERO
    for share in shares:
        before, raw = neat(before + share.pending), neat(raw + share.known)
    # Among other letters the changes dx and dy would be sorted in.
    moves, result = ((), raw) if moving else tidy(raw)
    model = shares[0].part
    after = [*map(tidying_step, moves)]
    steps = [
        Step(how.rule, how.phrases, before, raw, how.why, (), "assembly"),
        *(shortened(after) if model.detail == "brief" else after),
    ]
    parts = [share.part for share in shares]
    conditions = simplified(
        (*(each for part in parts for each in part.conditions), *(nonzero(f) for move in moves for f in move.nonzero))
    )
    agree(raw, result, (*model.names, *moving), conditions)
    return Derivation(
        expression=model.expression,
        label=model.label,
        names=model.names,
        wrt=tuple(dict.fromkeys(name for part in parts for name in part.wrt)),
        order=model.order,
        steps=(*how.first, *steps),
        result=Result(result, (*model.names, *moving)),
        conditions=conditions,
        at=model.at,
        value=None if moving else _value(shares),
        verified=_worst(parts),
        detail=model.detail,
        route=how.route,
        given=how.given,
    )


def _value(shares: Sequence[Share]) -> float | None:
    values = [
        float(evaluate(share.factor, {})) * share.part.value for share in shares if isinstance(share.part.value, float)
    ]
    return sum(values) if len(values) == len(shares) else None


def _worst(parts: Sequence[Derivation]) -> float | None:
    known = [part.verified for part in parts if part.verified is not None]
    return max(known) if known and len(known) == len(parts) else None


def together(
    route: str,
    parts: Sequence[Derivation],
    sums: Sequence[Derivation],
    result: Result | Gradient | Hessian | Jacobian,
    notes: Sequence[str] = (),
) -> Derivation:
    """Return derivatives, and what is put together of them, as one derivation."""
    every = (*parts, *sums)
    model = every[-1]
    told = sums or parts
    values = [part.value for part in told if isinstance(part.value, float)]
    value = tuple(values) if len(values) == len(told) and model.at is not None else None
    return Derivation(
        expression=model.expression,
        label=model.label,
        names=model.names,
        wrt=tuple(dict.fromkeys(name for part in parts for name in part.wrt)),
        order=model.order,
        steps=tuple(step for part in every for step in part.steps),
        result=result,
        conditions=simplified(condition for part in every for condition in part.conditions),
        notes=tuple(dict.fromkeys((*(note for part in every for note in part.notes), *notes))),
        at=model.at,
        value=value[0] if value is not None and isinstance(result, Result) else value,
        verified=_worst(parts),
        partials=every,
        detail=model.detail,
        route=route,
        given=model.given,
    )
