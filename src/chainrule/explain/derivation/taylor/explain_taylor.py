"""Owns the derivation of a Taylor polynomial: derivatives one after another, their values at the point, the terms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np

from chainrule.errors import NotDifferentiableError, TooLongError
from chainrule.explain.derivation.account import Detail, Step
from chainrule.explain.derivation.curves.tangent import breaks
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import ORDINALS
from chainrule.explain.derivation.fields.assembly import together
from chainrule.explain.derivation.nearby import held_values
from chainrule.explain.derivation.phrases import Phrase, in_words
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.sampled import holds
from chainrule.explain.derivation.single import found_before, single, typed
from chainrule.explain.derivation.structure import COEFFICIENT, TAYLOR, TAYLOR_SUM
from chainrule.explain.derivation.taylor.center import Center, center_of, degree_of
from chainrule.explain.derivation.taylor.remainder import error_sentence, remainder_sentence
from chainrule.explain.expressions.algebra import build, term_of
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression, Number, Symbol, free_symbols, size, substitute
from chainrule.explain.expressions.neat import ONE, ZERO, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.symbolic import exact_value
from chainrule.explain.reading.parse import Parsed
from chainrule.explain.reading.taylor import MAX_DEGREE, TaylorAsked

MAX_DERIVATIVES = 24
"""How many derivatives are taken at most: more variables allow smaller degrees."""

MAX_ONE = 120
"""How many operations a derivative has at most that is differentiated again: nobody reads what comes out of longer ones."""

MAX_ALL = 1_000
"""How many operations all derivatives have at most, together: two or three seconds' work."""

_SHOWN = 60
"""How many characters of a function stand in a message."""

_WHY = "each coefficient is a derivative at the point, divided by the factorial of its order"
_WHY_OF_SEVERAL = (
    "each coefficient is a derivative at the point, divided by the factorial of how often each variable was taken"
)

Index = tuple[int, ...]
"""How often a derivative is taken by each of the variables."""


@final
@dataclass(slots=True)
class _Expansion:
    """An expansion on its way: the derivatives that are known, their derivations, the steps to the coefficients, the terms."""

    parsed: Parsed
    center: Center
    detail: Detail
    known: dict[Index, Expression]
    parts: list[Derivation] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    terms: list[tuple[Index, Expression]] = field(default_factory=list)
    taken: dict[tuple[Expression, str], Expression] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.center.names, *self.center.held)

    @property
    def point(self) -> Mapping[str, float] | None:
        """The point in numbers; None where letters of constants are in the function, whose values nobody knows."""
        if self.center.held:
            return None
        return {name: float(evaluate(value, {})) for name, value in self.center.moving}

    def take(self, index: Index) -> None:
        """Find the derivative of this index, and its term."""
        derivative = self._derivative(index)
        order = sum(index)
        divisor = math.prod(map(math.factorial, index))
        at_the_point = substitute(derivative, dict(self.center.moving))
        value = self._value(at_the_point, order)
        coefficient = build(term_of(neat(value / Number(divisor))))
        self.known[index] = derivative
        self.terms.append((index, coefficient))
        if derivative == ZERO and order:
            return
        monomial = self.monomial(index)
        rule = "constant term" if order == 0 else f"{COEFFICIENT} of {text(monomial)}"
        before = at_the_point if divisor == 1 else at_the_point / Number(divisor)
        self.steps.append(
            Step(rule, (self._said(index, derivative, divisor),), before, coefficient, "", (), "assembly")
        )

    def _said(self, index: Index, derivative: Expression, divisor: int) -> Phrase:
        order = sum(index)
        if order == 0:
            return (f"the function at {self.center.shown}",)
        which = ORDINALS[order] if order < len(ORDINALS) else f"{order}th"
        by = [name for name, count in zip(self.center.names, index, strict=True) for _ in range(count)]
        told: Phrase = (f"the {which} derivative",)
        if len(index) > 1:
            once = by[:1] if len(set(by)) == 1 else by
            told = ("the derivative" if order == 1 else f"the {which} derivative", " by ", *in_words(once))
        factorials = " ".join(f"{count}!" for count in index if count > 1)
        by_factorials = f", divided by {factorials} = {divisor}" if divisor > 1 else ""
        return (*told, ", ", derivative, f", at {self.center.shown}{by_factorials}")

    def _derivative(self, index: Index) -> Expression:
        if sum(index) == 0:
            return self.known[index]
        place = max(place for place, count in enumerate(index) if count)
        before = self.known[tuple(count - (other == place) for other, count in enumerate(index))]
        if before == ZERO:
            return ZERO
        if size(before) > MAX_ONE or sum(map(size, self.known.values())) > MAX_ALL:
            raise self._too_long(index)
        name = self.center.names[place]
        if (before, name) in self.taken:  # as those of e^x and sin x, which come back: nobody needs to read them again
            return self.taken[before, name]
        asked = typed if sum(index) == 1 else found_before
        question = asked(replace(self.parsed, expression=before, notes=()), self.names, self.point, self._detail)
        try:
            part = single(question, name, 1)
        except TooLongError:
            raise self._too_long(index) from None
        self._refuse_corners(part, before, name)
        self.parts.append(part)
        assert isinstance(part.result, Result)
        self.taken[before, name] = part.result.expression
        return part.result.expression

    def _too_long(self, index: Index) -> TooLongError:
        shown, degree = text(self.parsed.expression), sum(index) - 1
        shown = shown if len(shown) <= _SHOWN else "the function"
        return TooLongError(
            f"the derivatives of {shown} become too long to be read; ask for a polynomial of degree {degree} or less"
        )

    @property
    def _detail(self) -> Detail:
        """The level of the derivatives: there are many of them, and each is short."""
        return "full" if self.detail == "full" else "brief"

    def _refuse_corners(self, part: Derivation, before: Expression, name: str) -> None:
        """Raise NotDifferentiableError where a rule takes its slope at the point by convention."""
        point = self.point
        if point is None:
            return
        one = {key: np.array([value]) for key, value in point.items()}
        with np.errstate(all="ignore"):
            held = bool(holds(part.conditions, one)[0])
        if not held and breaks(lambda values: evaluate(before, values), point, (name,)):
            raise NotDifferentiableError(
                f"{text(before)} has a corner or a jump at {self.center.shown}: there is no polynomial of this degree"
            )

    def _value(self, at_the_point: Expression, order: int) -> Expression:
        """Return the value, exactly. Raises NotDifferentiableError where there is none."""
        value = exact_value(at_the_point)
        held = held_values(free_symbols(at_the_point))
        with np.errstate(all="ignore"):
            number = float(evaluate(at_the_point, held))
            wrong = value is not None and not abs(float(evaluate(value, held)) - number) <= 1e-9 * (1 + abs(number))
        if not math.isfinite(number) or value is None:
            shown = text(self.parsed.expression)
            shown = shown if len(shown) <= _SHOWN else "the function"
            what = f"{shown} has no value" if order == 0 else f"a derivative of {shown} has no value"
            raise NotDifferentiableError(
                f"{what} at {self.center.shown}, so that it has no Taylor polynomial there; expected another point"
            )
        return at_the_point if wrong else value

    def monomial(self, index: Index) -> Expression:
        """Return the product of the powers of x - a that belongs to an index."""
        product: Expression = ONE
        for name, count in zip(self.center.names, index, strict=True):
            product = neat(product * self.center.step(name) ** Number(count))
        return product

    def polynomial(self) -> Expression:
        """Return the sum of the terms."""
        total: Expression = ZERO
        for index, coefficient in self.terms:
            if coefficient != ZERO:
                total = neat(total + build(term_of(neat(coefficient * self.monomial(index)))))
        return total


def of_taylor(asked: TaylorAsked, wrt: tuple[str, ...] | None, at: Any, order: int, detail: Detail) -> Derivation:
    """Return the derivation of a Taylor polynomial.

    Raises ValueError where the point does not fit, NotDifferentiableError where a derivative does not exist there, and
    TooLongError where the derivatives become too long.
    """
    if order != 1:
        raise ValueError(
            f"a Taylor polynomial has a degree, and no order; write it as in: of degree 4, without order={order}"
        )
    center = center_of(asked, wrt, at)
    run = _Expansion(asked.parsed, center, detail, {(0,) * len(center.moving): asked.parsed.expression})
    degree, chosen = _taken(run, asked)
    polynomial = run.polynomial()
    label = asked.parsed.name or "f"
    whole = Symbol(f"T{degree}", center.names)
    why = _WHY if len(center.moving) == 1 else _WHY_OF_SEVERAL
    steps = (*run.steps, Step(TAYLOR_SUM, (), whole, polynomial, why, (), "assembly"))
    notes = [*asked.parsed.notes, *center.notes, *chosen, *_about(run, degree, label)]
    error = error_sentence(asked.parsed.expression, polynomial, degree, center)
    point = run.point
    last = Derivation(
        expression=asked.parsed.expression,
        label=asked.parsed.name,
        names=run.names,
        wrt=center.names,
        order=max(degree, 1),
        steps=steps,
        result=Result(polynomial, run.names),
        at=None if point is None else tuple(point.items()),
        detail=detail,
        route=TAYLOR,
    )
    found = together(TAYLOR, run.parts, [last], last.result, notes if error is None else [*notes, error])
    return replace(
        found, wrt=center.names, conditions=(), value=None, notes=tuple(notes if error is None else (*notes, error))
    )


def _taken(run: _Expansion, asked: TaylorAsked) -> tuple[int, tuple[str, ...]]:
    """Take the derivatives that are asked for; return the degree, and what is said of it."""
    count = len(run.center.moving)
    if asked.terms is None:
        degree, chosen = degree_of(asked, run.center)
        if math.comb(degree + count, count) > MAX_DERIVATIVES:
            raise TooLongError(
                f"a polynomial of degree {degree} in {count} variables has too many terms to be read; ask for a smaller degree"
            )
        for index in _indices(count, degree):
            run.take(index)
        return degree, chosen
    if count > 1:
        raise ValueError("terms are counted in one variable; of several variables ask for a degree, as in: of degree 2")
    degree = -1
    while sum(coefficient != ZERO for _, coefficient in run.terms) < asked.terms:
        degree += 1
        if degree > MAX_DEGREE:
            raise TooLongError(f"{asked.terms} nonzero terms need a degree above {MAX_DEGREE}; ask for fewer")
        run.take((degree,))
        if run.known[(degree,)] == ZERO:
            return degree - 1, ("All higher derivatives are 0: there are no more terms",)
    return degree, ()


def _indices(count: int, degree: int) -> Iterator[Index]:
    """Yield how often each of the variables is taken, lower degrees first."""
    for total in range(degree + 1):
        yield from _of_degree(count, total)


def _of_degree(count: int, total: int) -> Iterator[Index]:
    if count == 1:
        yield (total,)
        return
    for first in range(total, -1, -1):
        for rest in _of_degree(count - 1, total - first):
            yield (first, *rest)


def _about(run: _Expansion, degree: int, label: str) -> Iterator[str]:
    """Yield what is said of the polynomial: the remainder, and of several variables the gradient and the Hessian at the point."""
    count = len(run.center.moving)
    if count == 1:
        yield remainder_sentence(label, degree, run.known[(degree,)], run.center)
        return
    values = {
        index: neat(coefficient * Number(math.prod(map(math.factorial, index)))) for index, coefficient in run.terms
    }
    units = [tuple(int(place == other) for other in range(count)) for place in range(count)]
    if degree >= 1:
        yield f"Gradient there: ({', '.join(text(values[unit]) for unit in units)})"
    if degree >= 2:
        rows = (
            ", ".join(text(values[tuple(a + b for a, b in zip(one, other, strict=True))]) for other in units)
            for one in units
        )
        yield f"Hessian there: [{', '.join(f'[{row}]' for row in rows)}]"
