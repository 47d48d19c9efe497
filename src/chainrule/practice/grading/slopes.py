"""Owns the grade of slopes of curves: right wherever the curve is, in any form, or wrong with the mistake that gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from chainrule.errors import ParseError
from chainrule.explain.derivation.curves.sampled import SampledOnCurve
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.sampled import Floats, holds
from chainrule.explain.derivation.structure import BOTH_SIDES, QUOTIENT_OF_SPEEDS
from chainrule.explain.expressions.algebra import Term, build, sum_terms, term_of
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression, Symbol, depends_on, free_symbols
from chainrule.explain.expressions.neat import ONE, ZERO, neat
from chainrule.explain.expressions.notation import text
from chainrule.practice.grading.answer import Answer, Reading, read_answer
from chainrule.practice.grading.grades import Grade, not_understood, shown
from chainrule.practice.grading.judge import RIGHT, Verdict, wrong
from chainrule.practice.grading.points import LEAST, Sample
from chainrule.practice.grading.questions import derivative_of

CLOSE = 1e-6
_TRIED = 400
_RANGES = ((-2.0, 2.0), (0.2, 2.0), (0.5, 4.0), (-4.0, -0.5))


@final
@dataclass(frozen=True, slots=True)
class Slope:
    """A question whose answer is a derivative on a curve, or a rate: the result of a derivation with equations."""

    derivation: Derivation

    @property
    def answer(self) -> str:
        """The right answer."""
        return str(self.derivation.result)

    def check(self, answer: Answer) -> Grade:
        """Return the grade of an answer. At a point the number there is right, too."""
        names = self._names
        try:
            reading = read_answer(answer, names)
        except ParseError as error:
            return not_understood(error, self.answer)
        with np.errstate(all="ignore"):
            verdict = self._verdict(reading)
        return Grade(verdict.correct, verdict.mistake, verdict.hint, None, shown(reading), self.answer)

    @property
    def _names(self) -> tuple[str, ...]:
        found = self.derivation
        coordinates = (*found.wrt, str(found.label)) if found.route == QUOTIENT_OF_SPEEDS else ()
        return tuple(dict.fromkeys((*found.names, *coordinates)))

    def _verdict(self, reading: Reading) -> Verdict:
        if len(reading.parts) != 1:
            return Verdict(
                False, "wrong number of components", "One derivative is asked for, so the answer has one part."
            )
        (answer,) = reading.parts
        strangers = [name for name in free_symbols(answer) if name not in self._names]
        if strangers:
            told = f"The curve has no {text(Symbol(strangers[0]))}: write it in the letters that the curve has."
            return Verdict(False, "wrong variable", told)
        value = self.derivation.value
        if isinstance(value, float) and not free_symbols(answer):
            return self._of_number(float(evaluate(answer, {})), value)
        points = self._points()
        values, target = points.values(answer), points.values(self._result)
        if len(points) >= LEAST and _agree(values, target):
            return wrong("differential") if reading.has_differential else RIGHT
        for name, mistaken in self._mistakes():
            if _agree(values, points.values(mistaken)):
                return wrong(name)
        factor = values / target
        if (
            factor.size
            and np.isfinite(factor[0])
            and factor[0] != 0
            and _agree(factor, np.full_like(factor, factor[0]))
        ):
            return wrong("arithmetic slip")
        return Verdict(False, None, "Differentiate one term after another, and collect the derivative on one side.")

    def _of_number(self, given: float, right: float) -> Verdict:
        """Return the verdict on a number, where the derivative at a point is asked for."""
        if abs(given - right) <= CLOSE * (1 + abs(right)):
            return RIGHT
        point = dict(self.derivation.at or ())
        for name, mistaken in self._mistakes():
            known = set(free_symbols(mistaken)) <= set(point)
            if known and abs(given - float(evaluate(mistaken, point))) <= CLOSE * (1 + abs(given)):
                return wrong(name)
        return wrong(None)

    @property
    def _result(self) -> Expression:
        return self.derivation.heading.sides[1]

    def _points(self) -> Sample:
        """Return points of the curve at which the derivative is finite."""
        found, generator = self.derivation, np.random.default_rng(20)
        tried = {
            name: np.concatenate([generator.uniform(low, high, _TRIED // len(_RANGES)) for low, high in _RANGES])
            for name in found.names
        }
        if found.route == QUOTIENT_OF_SPEEDS:
            for name, formula in (side.sides for side in found.given):
                assert isinstance(name, Symbol)
                tried[name.name] = np.broadcast_to(np.asarray(evaluate(formula, tried), dtype=float), (_TRIED,))
        else:
            left, right = found.given[0].sides
            of = str(found.label)
            by = next(name for name in found.names if name != of)
            tried = dict(SampledOnCurve(Symbol(of), left, right, of, by).settled(tried))
        target = Sample(tried).values(self._result)
        good = np.isfinite(target) & holds(found.conditions, tried)
        return Sample({name: values[good] for name, values in tried.items()})

    def _mistakes(self) -> Iterator[tuple[str, Expression]]:
        """Yield what mistakes give, the likeliest first."""
        result = self._result
        if self.derivation.order > 1 or self.derivation.route not in (BOTH_SIDES, QUOTIENT_OF_SPEEDS):
            yield "lost sign", -result
        elif self.derivation.route == BOTH_SIDES:
            yield "lost sign", -result
            yield "divided the wrong way", ONE / result
            yield "divided the wrong way", -ONE / result
            yield from self._by_terms()
        else:
            (_, across), (_, up) = (side.sides for side in self.derivation.given)
            parameter = next(iter(free_symbols(across)), "t")
            for name in self.derivation.names:
                parameter = name if depends_on(across, name) and depends_on(up, name) else parameter
            yield "lost sign", -result
            yield "divided the wrong way", ONE / result
            yield "derivative by the parameter", derivative_of(up, parameter)
            yield "derivative by the parameter", derivative_of(across, parameter)
            yield "product of the speeds", derivative_of(up, parameter) * derivative_of(across, parameter)

    def _by_terms(self) -> Iterator[tuple[str, Expression]]:
        """Yield what comes out where one term of the equation is differentiated in a wrong way.

        The equation is A + B dy/dx = 0; each term has its shares of A and of B.
        """
        left, right = self.derivation.given[0].sides
        by, of = self.derivation.wrt[0], str(self.derivation.label)
        signed = [*sum_terms(left), *((-sign, term) for sign, term in sum_terms(right))]
        terms = [neat(term if sign > 0 else -term) for sign, term in signed]
        shares = [(term, derivative_of(term, by), derivative_of(term, of)) for term in terms]
        whole, factor = _sum([a for _, a, _ in shares]), _sum([b for _, _, b in shares])
        for term, a, b in shares:
            if b != ZERO:
                yield "dy/dx forgotten", _solved(whole + b, factor - b)
            if a != ZERO and b != ZERO:
                for first, second in ((a, ZERO), (ZERO, b)):
                    yield "one term of the product rule missing", _solved(whole - first, factor - second)
                parts = _parts(term, by, of)
                if parts is not None:
                    product = derivative_of(parts[0], by) * derivative_of(parts[1], of)
                    yield "product of derivatives", _solved(whole - a, factor - b + product)
                    yield "product of derivatives", _solved(whole - a + product, factor - b)
            if a == ZERO and b == ZERO:
                yield "constant kept", _solved(whole + term, factor)


def _sum(parts: list[Expression]) -> Expression:
    total: Expression = ZERO
    for part in parts:
        total = total + part
    return neat(total)


def _solved(whole: Expression, factor: Expression) -> Expression:
    return -whole / factor


def _parts(term: Expression, by: str, of: str) -> tuple[Expression, Expression] | None:
    """Return a product as what changes with one variable, the number included, and what changes with the other."""
    whole = term_of(term)
    first = tuple(factor for factor in whole.factors if not any(depends_on(part, of) for part in factor))
    second = tuple(factor for factor in whole.factors if factor not in first)
    if any(depends_on(part, by) for factor in second for part in factor):
        return None
    return build(Term(whole.coefficient, first)), build(Term(1, second))


def _agree(left: Floats, right: Floats) -> bool:
    """Return whether two arrays are equal up to rounding; a value that is missing on the right counts for nothing."""
    known = np.isfinite(right)
    if np.count_nonzero(known) < LEAST:
        return False
    scale = np.maximum(np.abs(right[known]), 1e-9)
    return bool(np.all(np.abs(left[known] - right[known]) <= CLOSE * scale))
