"""Owns tidying: named algebraic moves, each to an equal expression, until the shortest common form is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from chainrule.explain.expressions.algebra import (
    Term,
    build,
    build_sum,
    collect,
    degree,
    negated,
    sum_terms,
    term_of,
    terms_of,
)
from chainrule.explain.expressions.cases import guards_of, needed
from chainrule.explain.expressions.expansion import (
    expanded_terms,
    has_brackets,
    is_polynomial,
    multiply_terms,
    split_fraction,
)
from chainrule.explain.expressions.expression import (
    UNDEFINED,
    Apply,
    Expression,
    Number,
    Symbol,
    fold,
    free_symbols,
    rebuild,
    size,
    walk,
)
from chainrule.explain.expressions.factoring import factor_brackets, factor_out, split_common
from chainrule.explain.expressions.gathering import gather, gather_inside
from chainrule.explain.expressions.move import Move, moved
from chainrule.explain.expressions.neat import ONE, ZERO, call, is_named, neat, without_minus
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.perfect_powers import perfect_power
from chainrule.explain.expressions.quotients import (
    cancel_brackets,
    cancel_common,
    cancel_numbers,
    clear_inside,
    clear_numbers,
    common_denominator,
    expand_below,
    factor_above,
    factor_shared,
    split_terms,
)
from chainrule.explain.expressions.roots import take_out_numbers
from chainrule.explain.expressions.trigonometry import in_sines, name_ratio, pythagoras, secant

__all__ = ["Move", "gather", "plain", "tidy"]

MAX_ROUNDS = 8
MAX_SIZE = 400
"""Longer expressions get the quick moves only: nobody reads them, and the others would take seconds."""


def tidy(expression: Expression) -> tuple[tuple[Move, ...], Expression]:
    """Return the moves that tidy an expression, and the tidied expression. Every move keeps the value.

    >>> from chainrule.explain.expressions.expression import Symbol
    >>> x = Symbol("x")
    >>> moves, result = tidy(2 * (2 * x + 3) * 2)
    >>> [move.name for move in moves], text(result)
    (['multiply the numbers', 'expand'], '8x + 12')
    """
    moves, current = _tidied_cases(neat(expression))
    for _ in range(MAX_ROUNDS):
        start = current
        for attempt in _MOVES if size(current) <= MAX_SIZE else _QUICK_MOVES:
            after = _tried(attempt, current, moves)
            if after is not current:
                # What a move leaves, such as 2/(2x) or x - x, belongs to no other move.
                for follow in (gather, collect_terms, gather):
                    after = _tried(follow, after, moves)
            current = after
        if current == start:
            break
    return tuple(moves), current


def _tidied_cases(expression: Expression) -> tuple[list[Move], Expression]:
    """Return the expression with each of its cases tidied, and the moves; the last one puts the cases together."""
    moves: list[Move] = []

    def tidied(formula: Expression, guards: tuple[Expression, ...]) -> Expression:
        if formula == UNDEFINED or is_named(formula, "where"):
            return formula
        taken, after = tidy(formula)
        for move in taken:
            kept = tuple(factor for factor in move.nonzero if needed([call("not_equal", factor, ZERO)], guards))
            moves.append(replace(move, nonzero=kept))
        return after

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        kept = rebuild(node, operands)
        if not isinstance(kept, Apply) or not is_named(kept, "where"):
            return kept
        chosen, other, condition = kept.operands
        inside, left_over = guards_of(kept)
        return rebuild(kept, (tidied(chosen, inside), tidied(other, left_over), condition))

    after = fold(expression, combine)
    if moves:
        moves.append(Move("put the cases together", "each case is tidied", expression, after))
    return moves, after


def plain(expression: Expression) -> Expression:
    """Return a derivative with its numbers multiplied, as it is written inside of a step."""
    cleaned = neat(expression)
    move = gather(cleaned)
    return cleaned if move is None or move.name.startswith("cancel") else move.after


def _tried(attempt: Callable[[Expression], Move | None], current: Expression, moves: list[Move]) -> Expression:
    """Return the expression after a move, which is noted; the same object where the move changes nothing."""
    move = attempt(current)
    if move is None or move.after == current or _divides_by_zero(move.after):
        return current
    # Two expressions can be written alike, such as x · x^1 and x^2 regrouped; that is no move to show.
    if text(move.after) != text(current):
        moves.append(move)
    return move.after


def _divides_by_zero(expression: Expression) -> bool:
    """Return whether 0 stands below a line, as where x - x is put together: such a function has no value anywhere."""
    return any(is_named(node, "divide") and node.operands[1] == ZERO for node in walk(expression))


def undo_inverses(expression: Expression) -> Move | None:
    """Leave out a function and its inverse inside: sin(arcsin(u)) is u."""
    shown: dict[str, None] = {}

    def rule(node: Expression) -> Expression:
        inner = node.operands[0] if isinstance(node, Apply) and len(node.operands) == 1 else None
        if (
            isinstance(node, Apply)
            and isinstance(inner, Apply)
            and _INVERSES.get(node.primitive.name) == inner.primitive.name
        ):
            shown[text(call(node.primitive.name, call(inner.primitive.name, Symbol("u"))))] = None
            return inner.operands[0]
        return node

    after = fold(expression, lambda node, operands: rule(rebuild(node, operands) if operands else node))
    if after == expression:
        return None
    return Move("undo a function and its inverse", f"{' and '.join(shown)} = u", expression, after)


_INVERSES = {name: f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")} | {"log": "exp"}


def resolve_signs(expression: Expression) -> Move | None:
    """Write the positive one of two terms first: -a + b is b - a."""

    def rule(node: Expression) -> Expression:
        if not isinstance(node, Apply) or not is_named(node, "add"):
            return node
        opposite = without_minus(node.operands[0])
        return node if opposite is None or opposite == ONE else node.operands[1] - opposite

    return moved("put the positive term first", "terms can be added in any order", expression, rule)


def collect_terms(expression: Expression) -> Move | None:
    """Add up like terms."""

    def rule(node: Expression) -> Expression:
        if not is_named(node, "add", "subtract"):
            return node
        # The order in which terms were written is kept unless some of them add up.
        terms = terms_of(node)
        return build_sum(terms) if len(terms) < len(sum_terms(node)) else node

    return moved("collect like terms", "terms that differ only by a number add up", expression, rule)


def expand(expression: Expression) -> Move | None:
    """Multiply out brackets, where the result is shorter than the product."""
    numerator, denominator = split_fraction(expression)
    terms = expanded_terms(numerator) if has_brackets(numerator) else None
    if terms is None:
        return None
    collected = collect(terms)
    # Over a line, factors are worth more than terms: 4(x - 1)/(x + 1)^3 stays.
    if len(collected) == len(terms) and free_symbols(denominator) and not is_named(numerator, "add", "subtract"):
        return None
    expanded = build_sum(collected)
    after = neat(expanded if denominator == ONE else build(term_of(1 / denominator * expanded)))
    if after == expression or not _shorter(after, expression, numerator, expanded, denominator):
        return None
    name = "expand and collect like terms" if len(collected) < len(terms) else "expand"
    return Move(name, "every term in a bracket is multiplied", expression, after)


def expand_terms(expression: Expression) -> Move | None:
    """Multiply out above the line of the fractions in a sum, where that is shorter."""
    found = [(sign, node, expand(node) if is_named(node, "divide") else None) for sign, node in sum_terms(expression)]
    moves = [move for _, _, move in found if move is not None]
    if len(found) < 2 or not moves:
        return None
    after: Expression = ZERO
    for sign, node, move in found:
        part = node if move is None else move.after
        after = after + part if sign > 0 else after - part
    name = max((move.name for move in moves), key=len)
    return Move(name, moves[0].why, expression, neat(after))


def _shorter(
    after: Expression, before: Expression, numerator: Expression, expanded: Expression, denominator: Expression
) -> bool:
    if is_polynomial(numerator):
        # A sum over a line needs brackets: p^2 (2n - 1)/2 is shorter than (2n p^2 - p^2)/2.
        sides = (expanded, numerator) if denominator == ONE else (after, before)
        shorter, longer = (len(text(side)) for side in sides)
        return shorter <= longer
    return size(after) < size(before)


def expand_within(expression: Expression) -> Move | None:
    """Multiply out what stands in a bracket, where that is shorter: e^x ((x + 1)(x + 2) + x) is e^x (x^2 + 4x + 2)."""
    term = term_of(expression)
    factors = tuple((_expanded_sum(base), exponent) for base, exponent in term.factors)
    if len(factors) < 2 or factors == term.factors:
        return None
    after = build(Term(term.coefficient, factors))
    return Move("expand inside the bracket", "every term in a bracket is multiplied", expression, after)


def _expanded_sum(base: Expression) -> Expression:
    if not is_named(base, "add", "subtract") or not has_brackets(base):
        return base
    terms = expanded_terms(base)
    if terms is None:
        return base
    collected = collect(terms)
    expanded = build_sum(collected)
    # Brackets around functions are worth keeping, unless terms cancel: e^x (e^x + e^y) - e^(2x) is e^(x + y).
    cancels = len(collected) < len(terms) - 1
    allowed = len(text(base)) if is_polynomial(base) or cancels else len(text(base)) // 2
    return expanded if len(text(expanded)) <= allowed else base


def sign_in_front(expression: Expression) -> Move | None:
    """Take the minus of every term of a bracket to the front: (-x^2 - 1)/y is -(x^2 + 1)/y."""

    def rule(node: Expression) -> Expression:
        term = term_of(node) if is_named(node, "multiply", "divide") else Term(1)
        for base, exponent in term.factors:
            is_odd = isinstance(exponent, Number) and exponent.value in (1, -1)
            terms = terms_of(base) if is_named(base, "add", "subtract") and is_odd else []
            if (
                len(terms) < 2
                or (len(term.factors) < 2 and exponent == ONE)
                or not (_all_have_minus(terms) or (_most_have_minus(terms) and _has_company(term, base)))
            ):
                continue
            opposite = build_sum([negated(part) for part in terms])
            factors = tuple((opposite if found == base else found, power) for found, power in term.factors)
            return build(Term(negated(term).coefficient, factors))
        return node

    return moved("take the sign to the front", "(-a - b) · c = -(a + b) · c", expression, rule)


def _all_have_minus(terms: Sequence[Term]) -> bool:
    return all(part.coefficient < 0 for part in terms)


def _most_have_minus(terms: Sequence[Term]) -> bool:
    """Return whether a sum starts with a minus sign and has more of them: -x^2 - y^2 + 1, which -x + 1 is not: 1 - x."""
    signs = [-1 if part.coefficient < 0 else 1 for part in terms]
    return len(signs) > 2 and signs[0] < 0 and sum(signs) < 0 and all(degree(part) is not None for part in terms)


def _has_company(term: Term, base: Expression) -> bool:
    """Return whether another factor stands beside a bracket, above the line."""
    above = [found for found, exponent in term.factors if isinstance(exponent, Number) and exponent.value > 0]
    return base in above and len(above) > 1


def turn_sign(expression: Expression) -> Move | None:
    """Take a minus sign in front into a polynomial that has more of them: -2x(y - wx - b) is 2x(wx + b - y)."""
    term = term_of(expression)
    sums = [base for base, exponent in term.factors if is_named(base, "add", "subtract") and exponent == ONE]
    if term.coefficient >= 0 or len(sums) != 1:
        return None
    terms = terms_of(sums[0])
    degrees = [(-1 if part.coefficient < 0 else 1, degree(part)) for part in terms]
    highest = max((found for _, found in degrees if found is not None), default=0)
    leading = sum(sign for sign, found in degrees if found == highest)
    balance = sum(sign for sign, _ in degrees)
    if any(found is None for _, found in degrees) or balance > 0 or (balance == 0 and leading >= 0):
        return None
    opposite = build_sum([negated(part) for part in terms])
    factors = tuple((opposite if base == sums[0] else base, exponent) for base, exponent in term.factors)
    after = build(Term(negated(term).coefficient, factors))
    return Move("take the sign into the bracket", "-(a - b) = b - a", expression, after)


def factor_within(expression: Expression) -> Move | None:
    """Pull out of a bracket beside other factors what its terms share: (x^2 + 1)^4 (4x^3 + 6x) is 2x(x^2 + 1)^4 (2x^2 + 3)."""
    term = term_of(expression)
    shared, factors = Term(1), []
    for base, exponent in term.factors:
        is_bracket = is_named(base, "add", "subtract") and exponent == ONE
        common, rest = split_common(terms_of(base)) if is_bracket else (Term(1), None)
        shared = shared if rest is None else multiply_terms(shared, common)
        factors.append((base if rest is None else rest, exponent))
    if shared == Term(1) or len(factors) < 2:
        return None
    after = build(multiply_terms(Term(term.coefficient, tuple(factors)), shared))
    if size(after) > size(expression):
        return None
    return Move(f"factor out {text(build(shared))}", "every term of the bracket contains it", expression, after)


def open_brackets(expression: Expression) -> Move | None:
    """Leave out brackets after a minus: a - (b + c) is a - b - c."""

    def rule(node: Expression) -> Expression:
        if not is_named(node, "subtract") or not is_named(node.operands[1], "add", "subtract"):
            return node
        first, *others = sum_terms(node)
        after = first[1] if first[0] > 0 else -first[1]
        for sign, part in others:
            after = after + part if sign > 0 else after - part
        return after

    return moved("leave out the brackets", "a - (b + c) = a - b - c", expression, rule)


_MOVES: tuple[Callable[[Expression], Move | None], ...] = (
    take_out_numbers,
    undo_inverses,
    gather,
    gather_inside,
    resolve_signs,
    collect_terms,
    cancel_brackets,
    pythagoras,
    secant,
    in_sines,
    cancel_common,
    clear_inside,
    factor_brackets,
    expand,
    expand_terms,
    expand_within,
    expand_below,
    common_denominator,
    factor_shared,
    factor_out,
    cancel_numbers,
    split_terms,
    name_ratio,
    factor_above,
    clear_numbers,
    factor_within,
    perfect_power,
    sign_in_front,
    turn_sign,
    open_brackets,
)
"""What is tried, in this order, until nothing changes."""

_QUICK_MOVES = (gather, resolve_signs, collect_terms, cancel_numbers)
