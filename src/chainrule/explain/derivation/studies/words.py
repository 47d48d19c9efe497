"""Owns the steps that studies of one variable share: solving f' = 0, where f' does not exist, and the table of its signs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from chainrule.explain.derivation.findings.exact_forms import named, said, shown_number
from chainrule.explain.derivation.findings.study import Found, StudyStep, Table
from chainrule.explain.derivation.phrases import Phrase, equation, listed
from chainrule.explain.derivation.studies.line import Line, Mark, Piece
from chainrule.explain.derivation.studies.setting import Setting
from chainrule.explain.derivation.studies.zeros import is_rational, zero_factors
from chainrule.explain.expressions.expression import Expression, Number, Symbol
from chainrule.explain.expressions.neat import ZERO, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.symbolic import factor_rational

PRIMES = ("", "'", "''", "'''")
SIGNS = {1: "+", -1: "-", 0: "0", None: "not defined"}


def left_side(here: Setting, order: int) -> Expression:
    """Return f'(x), or the derivative of another order, as a sign."""
    return Symbol(f"{here.label}{PRIMES[order]}({here.name})")


def zeros_step(here: Setting, order: int) -> StudyStep:
    """Return the step that solves f' = 0, or f'' = 0."""
    zeros = [mark for mark in here.line.marks if _is_zero(here, mark)]
    prime = PRIMES[order]
    asked: Phrase = (equation(left_side(here, order), here.slope, ZERO),)
    lines: list[Phrase] = [asked]
    lines += _how(here)
    if not zeros:
        where = "" if here.interval.ends == (-math.inf, math.inf) else f" in {here.interval}"
        lines.append((f"no solution{where}",))
    else:
        lines.append(listed([(Symbol(here.name), " = ", *said(mark.exact, mark.place)) for mark in zeros], " or "))
        lines += _confirmed(here, zeros, order)
    if here.period is not None and not zeros:
        lines.append(
            (
                f"{here.label}{prime} repeats after ",
                here.period,
                ": one period shows all",
            )
        )
    elif here.period is not None:
        lines.append((f"{here.label}{prime} repeats after ", here.period, ": these are the solutions in one period, ",
                      "and adding ", here.period, " any whole number of times gives the others"))  # fmt: skip
    return StudyStep(f"solve {here.label}{prime} = 0", tuple(lines))


def _is_zero(here: Setting, mark: Mark) -> bool:
    if mark.kind == "zero":
        return True
    return (
        mark.kind == "end"
        and mark.is_continuous
        and any(abs(mark.place - place) < 1e-9 for place in here.line.zeros.places)
    )


def _how(here: Setting) -> list[Phrase]:
    """Return how the equation is solved: by factors, where there are several, or by the formula of its degree."""
    slope, name = here.slope, here.name
    if is_rational(slope, name):
        factored = factor_rational(slope)
        lines: list[Phrase] = []
        if text(factored) != text(slope):
            lines.append(("factor: ", equation(factored, ZERO)))
        if here.line.zeros.degree == 1:
            return (
                [*lines, ("a quotient is 0 where what stands above the line is: a linear equation",)]
                if "/" in text(factored)
                else [*lines, ("a linear equation",)]
            )
        if here.line.zeros.degree == 0:
            never = "what stands above the line" if "/" in text(slope) else "a number other than 0"
            return [(f"{never} is never 0",)]
        quotient = "a quotient is 0 where what stands above the line is, and " if "/" in text(factored) else ""
        lines.append(
            (f"{quotient}a product is 0 where one of its factors is",) if lines else _by_degree(here.line.zeros.degree)
        )
        return lines
    factors = zero_factors(slope, name)
    if factors and (len(factors) > 1 or neat(factors[0]) != slope):
        each = listed([(equation(factor, ZERO),) for factor in factors], " or ")
        return [("a product is 0 where one of its factors is, and factors that are never 0 are left out: ", *each)]
    return []


def _by_degree(degree: int) -> Phrase:
    if degree == 2:
        return ("by the quadratic formula",)
    return (
        f"a polynomial of degree {degree}: its real zeros are isolated by Sturm's theorem, so that none is missing",
    )


def _confirmed(here: Setting, zeros: Sequence[Mark], order: int) -> list[Phrase]:
    """Return how zeros are known that no formula gives."""
    known = sum(mark.exact is not None for mark in zeros)
    sign = f"{here.label}{PRIMES[order]}"
    if here.line.zeros.is_complete:
        return [] if known == len(zeros) else [("there is no short formula for all of them: decimals by bisection",)]
    what = "each exact form makes" if known else "decimals by bisection make"
    digits = " to 200 digits" if known == len(zeros) else ""
    return [(f"found by the changes of sign of {sign} at some thousand places; {what} {sign} 0{digits}",)]


def breaks_step(here: Setting, marks: Iterable[Mark], order: int) -> StudyStep | None:
    """Return the step on where the derivative does not exist; None where it exists everywhere."""
    lines: list[Phrase] = []
    for mark in marks:
        if mark.kind != "break":
            continue
        at: Phrase = (Symbol(here.name), " = ", *said(mark.exact, mark.place))
        left, right = here.line.beside(mark)
        if math.isnan(mark.value):
            lines.append((*at, f": {here.label} is not defined there"))
        elif left is None or right is None:
            lines.append((*at, f": an end of the domain of {here.label}"))
        elif not mark.is_continuous:
            lines.append((*at, f": {here.label} jumps there"))
        else:
            lines.append((*at, f": {here.label} is continuous there, but {here.label}{PRIMES[order]} does not exist"))
    return StudyStep(f"where {here.label}{PRIMES[order]} does not exist", tuple(lines)) if lines else None


def table_step(here: Setting, order: int, behaviors: tuple[str, str], rule: str) -> StudyStep:
    """Return the table of signs between the marks. behaviors: what a positive sign means, and a negative one."""
    sign = f"{here.label}{PRIMES[order]}"
    rows: list[tuple[Phrase, ...]] = []
    for piece in here.line.pieces:
        if piece.sign is None:
            rows.append((interval_phrase(here, piece.start, piece.end), ("",), ("not defined",), ("",)))
            continue
        at: Phrase = (f"{sign}({shown_number(piece.test)}) = {shown_number(piece.slope, 4)}",)
        means = behaviors[0] if piece.sign > 0 else behaviors[1] if piece.sign else "constant"
        rows.append((interval_phrase(here, piece.start, piece.end), at, (SIGNS[piece.sign],), (means,)))
    headings: tuple[Phrase, ...] = (("interval",), ("test point",), (f"sign of {sign}",), (here.label,))
    return StudyStep(rule, (), Table(headings, tuple(rows)))


def interval_phrase(here: Setting, start: float, end: float) -> Phrase:
    """Return an open interval between two marks, as (1, ∞)."""
    return ("(", *_end(here.line, here, start), ", ", *_end(here.line, here, end), ")")


def _end(line: Line, here: Setting, place: float) -> Phrase:
    if math.isinf(place):
        return ("∞" if place > 0 else "-∞",)
    mark = next((mark for mark in line.marks if mark.place == place), None)
    if mark is not None:
        return (named(mark.exact, place),)
    return (Number(place),)


def pieces_where(line: Line, sign: int, order: int) -> list[tuple[float, float]]:
    """Return the intervals with a sign of the derivative of this order; two that meet in a point are one where that is true.

    x^3 rises everywhere, and so does the cube root; a graph is concave over a point only where f'' exists.
    """
    found: list[tuple[float, float]] = []
    for piece in line.pieces:
        if piece.sign != sign:
            continue
        joins = found and found[-1][1] == piece.start and _is_inner(line, piece, order)
        if joins:
            found[-1] = (found[-1][0], piece.end)
        else:
            found.append((piece.start, piece.end))
    return found


def _is_inner(line: Line, piece: Piece, order: int) -> bool:
    mark = next(mark for mark in line.marks if mark.place == piece.start)
    return (order == 1 or mark.kind == "zero") and mark.is_continuous and not math.isnan(mark.value)


def point_phrase(here: Setting, found: Found) -> Phrase:
    """Return f(1) = -2, exact where it is."""
    ((_, place),) = found.at
    return (f"{here.label}(", named(found.exact[0], place), ") = ", *said(found.exact_value, found.value))


def family(here: Setting, found: Found) -> Phrase:
    """Return x = π/2 + 2πk of a point that repeats, and x = 1 of others."""
    ((name, place),) = found.at
    at: Phrase = (Symbol(name), " = ", *said(found.exact[0], place))
    if here.period is None:
        return at
    start = named(found.exact[0], place)
    shifted = neat(here.period * Symbol("k"))
    return (Symbol(name), " = ", shifted if start == ZERO else neat(start + shifted), ", k any whole number")
