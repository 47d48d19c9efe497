"""Owns systems of equations in several variables: their real solutions, and whether it is known that none is missing.

Two polynomials in two variables are solved by resultants, which keep every solution; linear systems exactly. Others are solved by
Newton's method from many starting points, which finds what is near, and is no proof that there is no more.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.explain.derivation.findings.exact_forms import point_form
from chainrule.explain.derivation.sampled import SampledExpression
from chainrule.explain.derivation.studies.zeros import MAX_SIZE, real_zeros
from chainrule.explain.expressions.algebra import Term, build, term_of
from chainrule.explain.expressions.conditions import value_at
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression, Number, Symbol, free_symbols, size, walk
from chainrule.explain.expressions.neat import is_named
from chainrule.explain.expressions.signs import is_positive
from chainrule.explain.expressions.symbolic import to_sympy

Floats = NDArray[np.float64]
MAX_VARIABLES = 6
MOST = 24
_MAX_TOTAL_DEGREE = 6
_REACH = 8.0
_STARTS = 400
_STEPS = 60
_RATIONAL = frozenset(("add", "subtract", "multiply", "divide", "negative", "positive", "square", "reciprocal"))


@dataclass(frozen=True, slots=True)
class Solution:
    """A solution: its numbers, and its exact forms, where they are short and confirmed."""

    values: tuple[float, ...]
    exact: tuple[Expression | None, ...]


@dataclass(frozen=True, slots=True)
class Solutions:
    """All that were found. is_complete: whether it is known that there are no others. how: how they were found."""

    found: tuple[Solution, ...]
    is_complete: bool
    how: str


class NotIsolated(ValueError):
    """The solutions fill a curve or more. shared: what is 0 on it, where that is known."""

    def __init__(self, shared: str) -> None:
        where = f"all points with {shared} = 0 are solutions" if shared else "they are not single points"
        super().__init__(where)


def solved(zeros: Sequence[Expression], names: Sequence[str]) -> Solutions:
    """Return the real points at which all of `zeros` vanish. Raises NotIsolated, ValueError for too many variables."""
    if len(names) > MAX_VARIABLES:
        raise ValueError(f"{len(names)} variables; at most {MAX_VARIABLES} are searched")
    zeros = [_without_positive(zero) for zero in zeros]
    polynomials = _polynomials(zeros, names)
    approximate, is_complete, how = None, False, ""
    if polynomials is not None and all(each.total_degree() <= 1 for each in polynomials):
        approximate, is_complete, how = _linear(polynomials, names), True, "a linear system"
    elif polynomials is not None and len(names) == 2 and len(zeros) == 2:
        by_resultants = _two(polynomials, zeros, names)
        if by_resultants is not None:
            approximate, is_complete = by_resultants, True
            how = "one variable is eliminated by a resultant, which loses no solution"
    if approximate is None:
        approximate = _searched(zeros, names)
        how = f"by Newton's method from {_STARTS} starting points up to {_REACH:g} away from 0"
    approximate = [values for values in approximate if _is_defined(zeros, names, values)]
    if len(approximate) > MOST:
        raise ValueError(
            f"more than {MOST} solutions were found, and are not shown one by one; expected a function with fewer"
        )
    found = [Solution(*_named(values, zeros, names)) for values in approximate]
    found.sort(key=lambda each: tuple(round(value, 9) for value in each.values))
    return Solutions(tuple(found), is_complete, how)


def _named(
    values: Sequence[float], zeros: Sequence[Expression], names: Sequence[str]
) -> tuple[tuple[float, ...], tuple[Expression | None, ...]]:
    forms = point_form(dict(zip(names, values, strict=True)), zeros)
    better = tuple(
        float(evaluate(form, {})) + 0.0 if form is not None else value + 0.0
        for form, value in zip(forms, values, strict=True)
    )
    return better, forms


def _without_positive(zero: Expression) -> Expression:
    """Return what is 0 where a product is: factors such as e^x never are."""
    kept = tuple(factor for factor in term_of(zero).factors if not is_positive(factor[0]))
    return zero if len(kept) == len(term_of(zero).factors) else build(Term(1, kept))


def _is_defined(zeros: Sequence[Expression], names: Sequence[str], values: Sequence[float]) -> bool:
    """Return whether the equations have values at a point: what stands above a line may be 0 where what is below is, too."""
    given = dict(zip(names, values, strict=True))
    return all(math.isfinite(value_at(zero, given)) for zero in zeros)


def _polynomials(zeros: Sequence[Expression], names: Sequence[str]) -> list[Any] | None:
    """Return the equations as polynomials of SymPy, those that are quotients by what stands above the line; None for others."""
    import sympy  # noqa: PLC0415 (heavy)

    if not all(_is_rational(zero, names) for zero in zeros):
        return None
    symbols = [sympy.Symbol(name) for name in names]
    return [sympy.Poly(sympy.fraction(sympy.cancel(to_sympy(zero)))[0], *symbols) for zero in zeros]


def _is_rational(expression: Expression, names: Sequence[str]) -> bool:
    if size(expression) > MAX_SIZE or not set(free_symbols(expression)) <= set(names):
        return False
    for node in walk(expression):
        if is_named(node, "power"):
            exponent = node.operands[1]
            if not isinstance(exponent, Number) or not isinstance(exponent.value, int) or abs(exponent.value) > 12:
                return False
        elif not isinstance(node, Number | Symbol) and not is_named(node, *_RATIONAL):
            return False
    return True


def _linear(polynomials: Sequence[Any], names: Sequence[str]) -> list[tuple[float, ...]]:
    import sympy  # noqa: PLC0415 (heavy)

    symbols = [sympy.Symbol(name) for name in names]
    answers = list(sympy.linsolve([each.as_expr() for each in polynomials], *symbols))
    if answers and any(value.free_symbols for value in answers[0]):
        raise NotIsolated("")
    return [tuple(float(value) for value in answer) for answer in answers]


def _two(
    polynomials: Sequence[Any], zeros: Sequence[Expression], names: Sequence[str]
) -> list[tuple[float, ...]] | None:
    """Return the common zeros of two polynomials in two variables; None where their degrees are too high."""
    import sympy  # noqa: PLC0415 (heavy)

    first, second = polynomials
    if first.total_degree() * second.total_degree() > _MAX_TOTAL_DEGREE**2:
        return None
    shared = sympy.gcd(first, second)
    if shared.total_degree() > 0:
        raise NotIsolated(str(shared.primitive()[1].as_expr()).replace("**", "^").replace("*", " "))
    symbols = [sympy.Symbol(name) for name in names]
    rows: list[list[float]] = []
    for kept, dropped in (symbols, symbols[::-1]):
        if kept in first.free_symbols and dropped not in (first.free_symbols | second.free_symbols):
            return None
        without = sympy.Poly(sympy.resultant(first.as_expr(), second.as_expr(), dropped), kept)
        if without.is_zero:
            return None
        if without.degree() < 1:
            return []
        rows.append(real_zeros(without))
    found: list[tuple[float, ...]] = []
    for pair in itertools.product(*rows):
        if all(_is_zero_at(each, pair, symbols) for each in polynomials):
            found.append(tuple(pair))
    return found


def _is_zero_at(polynomial: Any, pair: Sequence[float], symbols: Sequence[Any]) -> bool:
    """Return whether a polynomial is 0 at a point, for the size that its terms have there."""
    terms = [
        float(coefficient) * math.prod(value**power for value, power in zip(pair, powers, strict=True))
        for powers, coefficient in polynomial.terms()
    ]
    return bool(abs(sum(terms)) <= 1e-9 * max(map(abs, terms), default=0.0) + 1e-12)


def _searched(zeros: Sequence[Expression], names: Sequence[str]) -> list[tuple[float, ...]]:
    """Return what Newton's method finds from many starting points, all of which move at once."""
    reached = moved_onto(zeros, names, _starts(len(names)))
    if any(is_named(node, "sin", "cos", "tan") for zero in zeros for node in walk(zero)):
        # There are solutions without end: those are kept that the starting points surround.
        reached = reached[np.abs(reached).max(axis=1, initial=0.0) <= _REACH]
    found: list[Floats] = []
    for solution in reached:
        if not any(np.allclose(solution, other, atol=1e-6) for other in found):
            found.append(solution)
        if len(found) > 2 * MOST:
            raise NotIsolated("")
    return [tuple(float(value) for value in each) for each in found]


def moved_onto(zeros: Sequence[Expression], names: Sequence[str], starts: Floats) -> Floats:
    """Return where Newton's method settles from each of the starting points: the least step that makes all of `zeros` 0.

    starts: of shape (points, variables). Starting points from which it does not settle are left out.
    """
    at = np.array(starts, dtype=float)
    functions = [SampledExpression(zero) for zero in zeros]
    move = np.full(len(at), np.inf)
    size_of = np.ones(len(at))
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            gap, rows = _system_at(functions, names, at)
            usable = np.isfinite(gap).all(axis=1) & np.isfinite(rows).all(axis=(1, 2))
            usable &= np.abs(at).max(axis=1) < 1e6
            at, gap, rows = at[usable], gap[usable], rows[usable]
            if not len(at):
                break
            steps = -np.einsum("pvz,pz->pv", np.linalg.pinv(rows), gap)
            at = at + steps
            size_of = np.abs(rows).max(axis=(1, 2))
            move = np.abs(steps).max(axis=1) / np.maximum(1.0, np.abs(at).max(axis=1))
            if move.max() < 1e-14:
                break
        move, size_of = move[: len(at)], size_of[: len(at)]
        gap, _ = _system_at(functions, names, at)
        # Where all is as small as floats can be, a step of 0 says nothing.
        settled = (move < 1e-10) & (np.abs(gap).max(axis=1) <= 1e-9 * (1 + size_of)) & (size_of > 1e-30)
    at[np.abs(at) < 1e-12] = 0.0
    found: Floats = at[settled]
    return found


def _system_at(functions: Sequence[SampledExpression], names: Sequence[str], at: Floats) -> tuple[Floats, Floats]:
    """Return the values, of shape (points, equations), and the slopes by each variable, (points, equations, variables)."""
    given = {name: at[:, place] for place, name in enumerate(names)}
    if not len(at):
        return np.zeros((0, len(functions))), np.zeros((0, len(functions), len(names)))
    gap = np.stack([function.values(given) for function in functions], axis=1)
    rows = [np.stack([function.slopes(given, name) for name in names], axis=1) for function in functions]
    return gap, np.stack(rows, axis=1)


def _starts(count: int) -> Floats:
    """Return starting points: whole numbers and a half close to 0 first, then points by chance, the same ones each time."""
    chance = np.random.default_rng(0)
    sides = (0.5, -0.5, 1.5, -1.5, 3.0, -3.0)
    corners = np.array(list(itertools.islice(itertools.product(sides, repeat=count), _STARTS // 2)))
    others = _STARTS - len(corners)
    reach = _REACH ** chance.uniform(0, 1, (others, 1))
    return np.concatenate([corners, chance.uniform(-1, 1, (others, count)) * reach])
