"""Owns the way to a limit from one side: the laws of limits, rewritings, and the rule of l'Hôpital, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

from chainrule.errors import ChainruleError
from chainrule.explain.derivation.account import Detail, Step
from chainrule.explain.derivation.brief import SIMPLIFY
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.limiting.approach import Approach
from chainrule.explain.derivation.limiting.moves import Rewriting, fallbacks, fraction_of, resolved, rewritings
from chainrule.explain.derivation.limiting.tendency import (
    STEPS,
    Bounded,
    Finite,
    Infinite,
    Open,
    Tendency,
    by_law,
    is_zero,
    shown,
    tendency,
)
from chainrule.explain.derivation.phrases import Phrase
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.single import found_before, single
from chainrule.explain.derivation.structure import L_HOPITAL, LIMIT_OF_PARTS, PUT_POINT_IN, RESOLVE
from chainrule.explain.expressions.expression import (
    Apply,
    Expression,
    Limit,
    Number,
    Symbol,
    depends_on,
    free_symbols,
    rebuild,
    size,
    walk,
)
from chainrule.explain.expressions.neat import ONE, ZERO, is_named, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.parse import Parsed

MAX_TIMES = 8
"""How often l'Hôpital's rule is applied, one after another."""

MAX_SIZE = 90
MAX_WORK = 200
"""How many operations all quotients have at most whose parts are differentiated, together: some seconds' work."""

MAX_TRIED = 30
"""How many forms are looked at before the search is given up."""

_WHY = "the quotient of the derivatives tends to the same number, where it tends to one"


@final
@dataclass(slots=True)
class Search:
    """A limit on its way, from one side. shown_side: the side that is written; 0 where both are the same.

    steps, parts: the steps so far, and the derivations of derivatives that they use. derived: all that are known, whose search
    this may be. tried, work: what has been spent.
    """

    near: Approach
    shown_side: int
    detail: Detail
    steps: list[Step] = field(default_factory=list)
    parts: dict[Expression, Derivation] = field(default_factory=dict)
    derived: dict[Expression, Derivation] = field(default_factory=dict)
    tried: int = 0
    work: int = 0

    def pending(self, expression: Expression) -> Limit:
        """Return the limit of an expression, as it stands in a step."""
        return Limit(expression, self.near.name, self.near.to, self.shown_side)

    def find(self, expression: Expression, times: int = 0, seen: frozenset[Expression] = frozenset()) -> Tendency:
        """Return what an expression tends to, the steps being noted; Open where no way was found."""
        self.tried += 1
        if expression in seen:
            return Open("no way")
        seen = seen | {expression}
        plain = resolved(expression, self.near)
        if plain != expression:
            shorter = Rewriting(SIMPLIFY, "the same function, in a shorter form", plain)
            on_the_side = Rewriting(RESOLVE, f"that is what it is {self._where}", tidy(plain)[1])
            return self._rewritten(expression, shorter if plain == neat(expression) else on_the_side, times, seen)
        found = tendency(expression, self.near)
        if isinstance(found, Bounded) and self.near.wanders(expression):
            return found
        if isinstance(found, Bounded):
            found = Open()
        if not isinstance(found, Open):
            self._put_in(expression, found)
            return found
        if found.form == "no value" or self.tried > MAX_TRIED or size(expression) > MAX_SIZE:
            return found
        for rewriting in rewritings(expression, self.near, found.form):
            if not isinstance(settled := self._tried(expression, rewriting, times, seen), Open):
                return settled
        ways = (self._by_derivatives, self._by_parts) if found.form else (self._by_parts, self._by_derivatives)
        for way in ways:
            steps, parts = [*self.steps], dict(self.parts)
            if not isinstance(settled := way(expression, times, seen), Open | Bounded):
                return settled
            self.steps, self.parts = steps, parts
        for rewriting in fallbacks(expression, self.near, found.form):
            if not isinstance(settled := self._tried(expression, rewriting, times, seen), Open):
                return settled
        return Open("no way")

    @property
    def _where(self) -> str:
        to = text(self.near.to)
        if self.near.is_infinite:
            return f"as {text(Symbol(self.near.name))} tends to {to}"
        return f"{'right' if self.near.side > 0 else 'left'} of {to}"

    def _put_in(self, expression: Expression, found: Finite | Infinite) -> None:
        said: tuple[Phrase, ...] = ()
        rule, why = PUT_POINT_IN, "it is continuous there"
        _, below = fraction_of(expression)
        if isinstance(found, Infinite):
            why = "it grows without bound" if found.sign > 0 else "it falls without bound"
        if below != ONE and isinstance(found, Infinite) and is_zero(tendency(below, self.near)):
            sign = "positive" if found.sign > 0 else "negative"
            said = ((below, f" tends to 0, and the quotient is {sign} there"),)
        elif below != ONE and isinstance(found, Finite) and isinstance(tendency(below, self.near), Infinite):
            said, why = ((below, " grows without bound"),), "the quotient tends to 0" if is_zero(found) else why
        elif isinstance(found, Finite) and is_zero(found) and _has(Bounded, expression, self.near):
            why = "what is bounded, times what tends to 0, tends to 0: it is squeezed between bounds that do"
        elif isinstance(found, Finite) and (self.near.is_infinite or _has(Infinite, expression, self.near)):
            why = "each part tends to its own limit"
        if is_named(expression, *STEPS):
            rule, why = RESOLVE, f"its values are constant between jumps: that is the one {self._where}"
        if not depends_on(expression, self.near.name):
            why = "it does not change"
        self.steps.append(Step(rule, said, self.pending(expression), shown(found), why, (), "assembly"))

    def _tried(self, expression: Expression, rewriting: Rewriting, times: int, seen: frozenset[Expression]) -> Tendency:
        """Return what is found by way of a rewriting; where nothing is, its steps are forgotten."""
        steps, parts = [*self.steps], dict(self.parts)
        found = self._rewritten(expression, rewriting, times, seen)
        if isinstance(found, Open):
            self.steps, self.parts = steps, parts
        return found

    def _rewritten(
        self, expression: Expression, rewriting: Rewriting, times: int, seen: frozenset[Expression]
    ) -> Tendency:
        after = rewriting.after
        before = self.pending(expression)
        outer = after.operands[0] if is_named(after, "negative") and is_named(after.operands[0], "sqrt") else after
        if not (is_named(outer, "exp", "sqrt") or (is_named(outer, "power") and isinstance(outer.operands[1], Number))):
            self.steps.append(Step(rewriting.name, (), before, self.pending(after), rewriting.why, (), "algebra"))
            return self.find(after, times, seen)
        return self._of_the_inside(before, after, outer.operands[0], rewriting, times, seen)

    def _of_the_inside(
        self,
        before: Limit,
        after: Expression,
        inside: Expression,
        rewriting: Rewriting,
        times: int,
        seen: frozenset[Expression],
    ) -> Tendency:
        """Find the limit inside of a continuous function, then that of the function."""
        outer = _replaced(after, inside, self.pending(inside))
        self.steps.append(Step(rewriting.name, (), before, outer, rewriting.why, (), "algebra"))
        found = self.find(inside, times, seen)
        if isinstance(found, Open | Bounded):
            return Open("no way")
        whole = tendency(_replaced(after, inside, shown(found)), self.near)
        if isinstance(whole, Open | Bounded):
            return Open("no way")
        self.steps.append(Step(PUT_POINT_IN, (), outer, shown(whole), "the limit inside is known", (), "assembly"))
        return whole

    def _by_derivatives(self, expression: Expression, times: int, seen: frozenset[Expression]) -> Tendency:
        """Apply the rule of l'Hôpital to a quotient of the form 0/0 or ∞/∞."""
        above, below = expression.operands if is_named(expression, "divide") else fraction_of(expression)
        if below == ONE or times >= MAX_TIMES:
            return Open("no way")
        tends = [self._known(part) for part in (above, below)]
        zeros = all(map(is_zero, tends))
        if not zeros and not all(isinstance(each, Infinite) for each in tends):
            return Open("no way")
        form = _form(above, below, tends)
        self.work += size(above) + size(below)
        if self.work > MAX_WORK or size(above) + size(below) > MAX_SIZE:
            return Open("no way")
        slopes = [self._derivative(part) for part in (above, below)]
        if slopes[0] is None or slopes[1] is None or self.near.vanishes(slopes[1]):
            return Open("no way")
        raw = slopes[0] / slopes[1]
        self.steps.append(Step(L_HOPITAL, (form,), self.pending(expression), self.pending(raw), _WHY, (), "assembly"))
        tidied = tidy(neat(raw))[1]
        for after in dict.fromkeys((tidied, neat(raw)) if size(tidied) <= size(raw) else (neat(raw), tidied)):
            steps, parts = [*self.steps], dict(self.parts)
            if text(after) != text(raw):
                why = "the same function, in a shorter form"
                self.steps.append(Step(SIMPLIFY, (), self.pending(raw), self.pending(after), why, (), "algebra"))
            found = self.find(after, times + 1, seen)
            if not isinstance(found, Open | Bounded):
                return found
            self.steps, self.parts = steps, parts
        return Open("no way")

    def _known(self, expression: Expression) -> Tendency:
        """Return what an expression tends to, without noting how."""
        found = tendency(expression, self.near)
        if not isinstance(found, Open):
            return found
        aside = Search(self.near, self.shown_side, self.detail, derived=self.derived, tried=self.tried, work=self.work)
        found = aside.find(expression)
        self.tried, self.work = aside.tried, aside.work
        return found

    def _derivative(self, expression: Expression) -> Expression | None:
        """Return the derivative of what stands above or below the line; its derivation is kept."""
        name = self.near.name
        if not depends_on(expression, name):
            return ZERO
        if any(is_named(node, *STEPS) for node in walk(expression)):
            return None
        names = tuple(dict.fromkeys((name, *free_symbols(expression))))
        detail: Detail = "full" if self.detail == "full" else "brief"
        if expression not in self.derived:
            try:
                self.derived[expression] = single(
                    found_before(Parsed(expression, None, None, ""), names, None, detail), name, 1
                )
            except ChainruleError:
                return None
        self.parts[expression] = self.derived[expression]
        result = self.parts[expression].result
        assert isinstance(result, Result)
        return result.expression

    def _by_parts(self, expression: Expression, times: int, seen: frozenset[Expression]) -> Tendency:
        """Find the limits of the parts, where the limit of the whole follows from them."""
        if not isinstance(expression, Apply):
            return Open("no way")
        open_parts = [part for part in expression.operands if isinstance(tendency(part, self.near), Open)]
        if not open_parts:
            return Open("no way")
        pending: Expression = expression
        known: dict[Expression, Tendency] = {}
        notes = len(self.steps)
        for part in dict.fromkeys(open_parts):
            found = self.find(part, times, seen)
            if isinstance(found, Open | Bounded):
                return Open("no way")
            known[part] = found
            pending = _replaced(pending, part, self.pending(part))
        tends = [known[part] if part in known else tendency(part, self.near) for part in expression.operands]
        whole = by_law(expression, tends, self.near)
        if isinstance(whole, Open | Bounded):
            return Open("no way")
        others = [part for part in expression.operands if part not in open_parts and depends_on(part, self.near.name)]
        for part in others:
            pending = _replaced(pending, part, self.pending(part))
        split = Step(
            LIMIT_OF_PARTS,
            (),
            self.pending(expression),
            pending,
            "each part has a limit, as will be seen",
            (),
            "algebra",
        )
        self.steps.insert(notes, split)
        self.steps.append(
            Step(PUT_POINT_IN, (), pending, shown(whole), "the limits of the parts are known", (), "assembly")
        )
        return whole


def _form(above: Expression, below: Expression, tends: Sequence[Tendency]) -> Phrase:
    """Return what the parts of a quotient tend to, and the form that makes."""
    signs = [found.sign for found in tends if isinstance(found, Infinite)]
    if not signs:
        return above, " and ", below, " tend to 0: the form 0/0"
    if min(signs) > 0:
        return above, " and ", below, " grow without bound: the form ∞/∞"
    first, second = ("∞" if sign > 0 else "-∞" for sign in signs)
    return above, f" tends to {first}, and ", below, f" to {second}: the form ∞/∞"


def _has(kind: type[Tendency], expression: Expression, near: Approach) -> bool:
    """Return whether a part of an expression tends to what is of this kind."""
    return isinstance(expression, Apply) and any(
        isinstance(tendency(part, near), kind) or _has(kind, part, near) for part in expression.operands
    )


def _replaced(expression: Expression, part: Expression, by: Expression) -> Expression:
    """Return an expression with one of its operands, or of theirs, replaced."""
    if expression == part:
        return by
    if not isinstance(expression, Apply):
        return expression
    return rebuild(expression, [_replaced(operand, part, by) for operand in expression.operands])


def sides_of(steps: Sequence[Step]) -> list[tuple[str, str, str]]:
    """Return what the steps say, to be compared with those of the other side."""
    return [(step.rule, text(step.before), text(step.after)) for step in steps]
