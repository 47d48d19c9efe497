"""Owns the moves of trigonometry: sin² + cos² = 1, cosh² - sinh² = 1, 1 + tan² = 1/cos², tan = sin/cos."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from chainrule.explain.expressions.algebra import Term, build, build_sum, collect, raw_factors, term_of, terms_of
from chainrule.explain.expressions.expansion import expanded_terms, multiply_terms
from chainrule.explain.expressions.expression import Apply, Expression, Number, fold, rebuild, size, walk
from chainrule.explain.expressions.move import Move, moved
from chainrule.explain.expressions.neat import ONE, call, is_named, is_whole

TWO = Number(2)
_PARTNERS = {"sin": ("cos", 1), "sinh": ("cosh", -1)}
"""sin² and its partner of the same sign make 1; sinh² and its partner of the other sign make -1."""
_RATIOS = (("sin", "cos", "tan"), ("sinh", "cosh", "tanh"))


def pythagoras(expression: Expression) -> Move | None:
    """Write sin(u)^2 + cos(u)^2 as 1, and cosh(u)^2 - sinh(u)^2; where it helps, brackets are multiplied out first."""
    used: list[str] = []

    def rule(node: Expression) -> Expression:
        if not is_named(node, "add", "subtract"):
            return node
        for terms in (terms_of(node), _expanded(node)):
            for first in terms:
                found = _with_partner(first, terms)
                if found is not None and size(after := build_sum(collect(found[1]))) < size(node):
                    used.append(found[0])
                    return after
        return node

    move = moved("", "the theorem of Pythagoras", expression, rule)
    if move is None:
        return None
    name = "sin² + cos² = 1" if used[0] == "sin" else "cosh² - sinh² = 1"
    return Move(name, move.why if used[0] == "sin" else "from the definitions", move.before, move.after)


def _expanded(node: Expression) -> Sequence[Term]:
    """Return the multiplied-out terms of a sum that has something squared to be found; none elsewhere."""
    if not any(is_named(part, *_PARTNERS) for part in walk(node)):
        return ()
    return collect(expanded_terms(node) or ())


def _with_partner(term: Term, terms: Sequence[Term]) -> tuple[str, list[Term]] | None:
    """Return the function whose square has its partner among the terms, and the terms with both put together."""
    for base, exponent in term.factors:
        if not isinstance(base, Apply) or base.primitive.name not in _PARTNERS or exponent != TWO:
            continue
        partner, sign = _PARTNERS[base.primitive.name]
        rest = tuple(factor for factor in term.factors if factor != (base, exponent))
        # The rest may have powers of the partner itself: cos² sin² has its partner in cos⁴, and not in cos².
        wanted = multiply_terms(Term(1, rest), Term(1, ((call(partner, base.operands[0]), TWO),)))
        for other in terms:
            if other.key == wanted.key and other.coefficient == sign * term.coefficient:
                kept = [found for found in terms if found is not term and found is not other]
                return base.primitive.name, [*kept, Term(sign * term.coefficient, rest)]
    return None


def secant(expression: Expression) -> Move | None:
    """Write 1 + tan(u)^2 as 1/cos(u)^2 where sin(u) or cos(u) is a factor, or where it is part of a longer sum.

    What is written so once is written so everywhere.
    """

    def rule(node: Expression) -> Expression:
        if is_named(node, "add", "subtract"):
            return _in_sum(node)
        factors = raw_factors(node)
        angles = {base.operands for base, _ in factors if isinstance(base, Apply) and is_named(base, "sin", "cos")}
        if not angles:
            return node
        result: Expression = ONE
        for base, exponent in factors:
            result = result * (_cosine(base, angles) if is_whole(exponent) else base) ** exponent
        after = build(term_of(result))
        return after if size(after) < size(node) else node

    move = moved("1 + tan² = 1/cos²", "sin² + cos² = 1, divided by cos²", expression, rule)
    if move is None:
        return None
    written = {node.operands for node in walk(move.after) if isinstance(node, Apply) and is_named(node, "cos")}
    everywhere = fold(move.after, lambda node, operands: _cosine(rebuild(node, operands), written))
    return replace(move, after=everywhere)


def _cosine(base: Expression, angles: Collection[tuple[Expression, ...]]) -> Expression:
    """Return 1/cos(u)^2 for 1 + tan(u)^2 of one of the angles, and other factors as they are."""
    terms = terms_of(base) if is_named(base, "add") else []
    tangents = [node.operands for node in walk(base) if isinstance(node, Apply) and is_named(node, "tan")]
    after = _in_terms(terms) if len(terms) == 2 and set(tangents) <= set(angles) else None
    return base if after is None else build_sum(after)


def _in_sum(node: Expression) -> Expression:
    terms = terms_of(node)
    after = _in_terms(terms) if len(terms) > 2 else None
    return node if after is None or size(build_sum(after)) > size(node) else build_sum(after)


def _in_terms(terms: Sequence[Term]) -> list[Term] | None:
    for term in terms:
        for base, exponent in term.factors:
            if not isinstance(base, Apply) or not is_named(base, "tan") or exponent != TWO:
                continue
            rest = tuple(factor for factor in term.factors if factor[0] != base)
            for other in terms:
                if other.key == frozenset(rest) and other.coefficient == term.coefficient:
                    kept = [found for found in terms if found is not term and found is not other]
                    return [*kept, Term(term.coefficient, (*rest, (call("cos", *base.operands), Number(-2))))]
    return None


def in_sines(expression: Expression) -> Move | None:
    """Write tangents beside cosines of the same angle in sines and cosines, where terms then add up: tan² - 1/cos² is -1."""

    def rule(node: Expression) -> Expression:
        if not is_named(node, "add", "subtract"):
            return node
        applied = [part for part in walk(node) if isinstance(part, Apply)]
        tangents, cosines = ({part.operands for part in applied if is_named(part, name)} for name in ("tan", "cos"))
        angles = tangents & cosines
        if not angles:
            return node
        terms = [_in_sines(term, angles) for term in terms_of(node)]
        after = build_sum(collect(terms))
        return after if size(after) < size(node) else node

    return moved("write it in sines and cosines", "tan = sin/cos, 1 + tan² = 1/cos²", expression, rule)


def _in_sines(term: Term, angles: Collection[tuple[Expression, ...]]) -> Term:
    result: Expression = Number(term.coefficient)
    for base, exponent in term.factors:
        if isinstance(base, Apply) and is_named(base, "tan") and base.operands in angles and is_whole(exponent):
            base = call("sin", *base.operands) / call("cos", *base.operands)
        elif is_whole(exponent):
            base = _cosine(base, angles)
        result = result * base**exponent
    return term_of(result)


def name_ratio(expression: Expression) -> Move | None:
    """Write sin(u)/cos(u) as tan(u), and sinh(u)/cosh(u) as tanh(u)."""

    def rule(node: Expression) -> Expression:
        if not is_named(node, "divide", "multiply", "negative"):
            return node
        term = term_of(node)
        powers = dict(term.factors)
        for above, below, ratio in _RATIOS:
            for base in [base for base in powers if is_named(base, above)]:
                other = call(below, *base.operands)
                count, opposite = powers[base], powers.get(other)
                if isinstance(count, Number) and isinstance(opposite, Number) and count.value == -opposite.value > 0:
                    del powers[base], powers[other]
                    powers[call(ratio, *base.operands)] = count
        if len(powers) == len(term.factors):
            return node
        after = build(Term(term.coefficient, tuple(powers.items())))
        return after if size(after) < size(node) else node

    return moved("name the ratio", "the sine over the cosine is the tangent", expression, rule)
