"""Owns the moves that turn an indeterminate form into another that can be found: one line, conjugates, powers of e."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import final

from chainrule.explain.derivation.brief import SIMPLIFY
from chainrule.explain.derivation.limiting.approach import Approach
from chainrule.explain.derivation.limiting.tendency import Infinite, tendency
from chainrule.explain.expressions.expression import Apply, Expression, Number, depends_on, fold, rebuild, size, walk
from chainrule.explain.expressions.neat import MINUS_ONE, ONE, E, call, is_named, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.rational import expanded
from chainrule.explain.expressions.tidy import tidy

_MAX_POWER = 4
_ARITHMETIC = ("add", "subtract", "multiply", "divide", "negative", "power", "sqrt")


@final
@dataclass(frozen=True, slots=True)
class Rewriting:
    """Another way to write a function near the point. name, why: the move. after: what it gives."""

    name: str
    why: str
    after: Expression


def fraction_of(expression: Expression) -> tuple[Expression, Expression]:
    """Return what stands above and below the line, products of quotients being one quotient."""
    if is_named(expression, "divide"):
        (a, b), (c, d) = map(fraction_of, expression.operands)
        return neat(a * d), neat(b * c)
    if is_named(expression, "multiply"):
        (a, b), (c, d) = map(fraction_of, expression.operands)
        return neat(a * c), neat(b * d)
    if is_named(expression, "negative"):
        above, below = fraction_of(expression.operands[0])
        return neat(-above), below
    if is_named(expression, "reciprocal"):
        above, below = fraction_of(expression.operands[0])
        return below, above
    if is_named(expression, "tan"):
        return call("sin", *expression.operands), call("cos", *expression.operands)
    if (
        is_named(expression, "power")
        and isinstance(expression.operands[1], Number)
        and expression.operands[1].value < 0
    ):
        return ONE, neat(expression.operands[0] ** Number(-expression.operands[1].value))
    if is_named(expression, "exp") and is_named(expression.operands[0], "negative"):
        return ONE, call("exp", expression.operands[0].operands[0])
    if is_named(expression, "power") and is_named(expression.operands[1], "negative"):
        return ONE, expression.operands[0] ** expression.operands[1].operands[0]
    return expression, ONE


def resolved(expression: Expression, near: Approach) -> Expression:
    """Return the expression with |u| written as u or -u, and each choice as its case, by what is seen near the point."""

    def combine(node: Expression, operands: list[Expression]) -> Expression:
        kept = rebuild(node, operands)
        if not isinstance(kept, Apply) or not depends_on(kept, near.name):
            return kept
        if is_named(kept, "absolute", "fabs") and (sign := near.sign(kept.operands[0])):
            return kept.operands[0] if sign > 0 else neat(-kept.operands[0])
        if is_named(kept, "sign") and (sign := near.sign(kept.operands[0])):
            return Number(sign)
        if is_named(kept, "where"):
            holding = {bool(value) for value in near.values(kept.operands[2])[-3:]}
            if len(holding) == 1:
                return kept.operands[0 if holding.pop() else 1]
        return kept

    return neat(fold(expression, lambda node, operands: combine(node, list(operands))))


def rewritings(expression: Expression, near: Approach, form: str) -> Iterator[Rewriting]:
    """Yield ways to write an open form that may be found, the likely ones first."""
    for move in WAYS.get(form, ()):
        yield from move(expression, near)


def fallbacks(expression: Expression, near: Approach, form: str) -> Iterator[Rewriting]:
    """Yield the other ways."""
    for move in FALLBACKS:
        if move not in WAYS.get(form, ()):
            yield from move(expression, near)


def _powers_of_e(expression: Expression, near: Approach) -> Iterator[Rewriting]:
    if is_named(expression, "power", "float_power"):
        base, exponent = expression.operands
        if depends_on(exponent, near.name) and near.sign(base) > 0:
            after = call("exp", neat(exponent * call("log", base)))
            yield Rewriting("write it as a power of e", "f^g = e^(g ln f), where f > 0", after)


def _products(expression: Expression, near: Approach) -> Iterator[Rewriting]:
    if not is_named(expression, "multiply"):
        return
    above, below = fraction_of(expression)
    if below != ONE:
        yield Rewriting("write it over one line", "a product with a quotient is a quotient", neat(above / below))
        return
    left, right = expression.operands
    for kept, moved in sorted(((left, right), (right, left)), key=_harder):
        turned = _reciprocal(moved)
        yield Rewriting("write it as a quotient", "to multiply is to divide by the reciprocal", neat(kept / turned))


def _harder(pair: tuple[Expression, Expression]) -> int:
    """Return how unlikely it is that the first factor over the reciprocal of the second can be found: logarithms stay above."""
    kept, moved = pair
    if any(is_named(node, "log") for node in walk(kept)) or is_named(moved, "exp"):
        return 0
    plain = all(is_named(node, *_ARITHMETIC) for node in walk(moved) if isinstance(node, Apply))
    return 1 if plain else 2


def _reciprocal(expression: Expression) -> Expression:
    if is_named(expression, "exp"):
        return call("exp", neat(-expression.operands[0]))
    above, below = fraction_of(expression)
    if is_named(above, "power") and not isinstance(above.operands[1], Number):  # a^x, whose reciprocal is a^(-x)
        return neat(below * above.operands[0] ** neat(-above.operands[1]))
    return neat(below / above)


def _parts(expression: Expression) -> tuple[Expression, Expression] | None:
    """Return a and b of a - b."""
    if is_named(expression, "subtract"):
        return expression.operands[0], expression.operands[1]
    if is_named(expression, "add"):
        left, right = expression.operands
        return (left, neat(MINUS_ONE * right))
    return None


def _differences(expression: Expression, near: Approach) -> Iterator[Rewriting]:
    parts = _parts(expression)
    if parts is None:
        return
    (a, b), (c, d) = map(fraction_of, parts)
    if b != ONE or d != ONE:
        above = tidy(neat(a - c) if b == d else neat(a * d - c * b))[1]
        yield Rewriting(
            "put it over one line", "both terms get the same denominator", neat(above / (b if b == d else neat(b * d)))
        )
    left, right = parts
    if is_named(left, "log") and is_named(right, "log"):
        after = call("log", neat(left.operands[0] / right.operands[0]))
        yield Rewriting("put the logarithms together", "ln a - ln b = ln(a/b)", after)
    if any(is_named(part, "sqrt") for part in parts):
        squares = tidy(neat(_square(left) - _square(right)))[1]
        after = neat(expanded(squares) / (left + right))
        yield Rewriting("multiply by the conjugate", "a - b = (a^2 - b^2)/(a + b)", after)
    if isinstance(tendency(left, near), Infinite):
        after = left * neat(ONE - tidy(neat(right / left))[1])
        yield Rewriting("factor out", "a - b = a(1 - b/a)", after)


def _square(expression: Expression) -> Expression:
    return expression.operands[0] if is_named(expression, "sqrt") else neat(expression ** Number(2))


def _high_powers(expression: Expression, near: Approach) -> Iterator[Rewriting]:
    """Take the power out of x^n/e^x and e^x/x^n: l'Hôpital's rule would be needed n times."""
    above, below = fraction_of(expression)
    for power, other in ((above, below), (below, above)):
        if not is_named(power, "power") or not is_named(other, "exp"):
            continue
        base, exponent = power.operands
        if isinstance(exponent, Number) and exponent.value > _MAX_POWER:
            root = call("exp", neat(other.operands[0] / exponent))
            inside = base / root if power is above else root / base
            yield Rewriting("take the power out", "e^u is the nth power of e^(u/n)", inside**exponent)


def _roots(expression: Expression, near: Approach) -> Iterator[Rewriting]:
    """Bring a quotient with a root under the root: the rule of l'Hôpital would turn around in a circle."""
    above, below = fraction_of(expression)
    if below == ONE or not near.is_infinite or not (is_named(above, "sqrt") or is_named(below, "sqrt")):
        return
    sign = near.sign(expression)
    if sign:
        inside = call("sqrt", tidy(neat(_square(above) / _square(below)))[1])
        why = "the quotient is positive there" if sign > 0 else "the quotient is negative there"
        yield Rewriting("bring it under the root", why, inside if sign > 0 else neat(-inside))


def _same_exponents(expression: Expression, near: Approach) -> Iterator[Rewriting]:
    """Write a^x/b^x as (a/b)^x."""
    above, below = fraction_of(expression)
    together = _power_of_quotient(above, below)
    if together is not None:
        yield Rewriting("put the powers together", "a^x/b^x = (a/b)^x", together)


def _power_of_quotient(above: Expression, below: Expression) -> Expression | None:
    (a, exponent), (b, other) = map(_as_power, (above, below))
    return None if exponent != other or isinstance(exponent, Number) else neat(a / b) ** exponent


def _as_power(expression: Expression) -> tuple[Expression, Expression]:
    if is_named(expression, "exp"):
        return E, expression.operands[0]
    if is_named(expression, "power"):
        return expression.operands[0], expression.operands[1]
    return expression, ONE


def _leading_roots(expression: Expression, near: Approach) -> Iterator[Rewriting]:
    """Divide by what grows where roots or exponentials are the terms: l'Hôpital's rule would turn around in a circle."""
    parts = [_terms(part) for part in fraction_of(expression)]
    roots = any(is_named(term, "sqrt") for terms in parts for term in terms)
    if roots or all(len(terms) > 1 and any(map(_is_exponential, terms)) for terms in parts):
        yield from _leading(expression, near)


def _is_exponential(term: Expression) -> bool:
    return any(
        is_named(node, "exp") or (is_named(node, "power") and not isinstance(node.operands[1], Number))
        for node in walk(term)
    )


def _leading(expression: Expression, near: Approach) -> Iterator[Rewriting]:
    """Divide above and below by a term that grows."""
    above, below = fraction_of(expression)
    if below == ONE or not near.is_infinite:
        return
    growing = [term for term in _terms(below) if isinstance(tendency(term, near), Infinite)]
    growing.sort(key=lambda term: (is_named(term, "sqrt"), -near.size(term)))
    for scale in growing:
        divided = [_divided(part, scale, near) for part in (above, below)]
        why = f"both by {text(scale)}, so that the quotient is what it was"
        yield Rewriting("divide above and below", why, divided[0] / divided[1])


def _divided(part: Expression, scale: Expression, near: Approach) -> Expression:
    """Return a sum divided by a number, term by term; under a root by its square."""
    first, *others = (_quotient(term, scale, near) for term in _terms(part))
    return neat(sum(others, start=first))


def _quotient(term: Expression, scale: Expression, near: Approach) -> Expression:
    sign = near.sign(scale)
    if is_named(term, "sqrt") and not is_named(scale, "sqrt") and sign:
        root = call("sqrt", _divided(term.operands[0], neat(scale ** Number(2)), near))
        return root if sign > 0 else neat(-root)
    if is_named(term, "negative"):
        return neat(-_quotient(term.operands[0], scale, near))
    if is_named(term, "multiply") and any(not depends_on(factor, near.name) for factor in term.operands):
        left, right = term.operands
        if not depends_on(left, near.name):
            return neat(left * _quotient(right, scale, near))
        return neat(_quotient(left, scale, near) * right)
    together = _power_of_quotient(term, scale)
    if together is not None:
        return neat(together)
    return tidy(neat(term / scale))[1]


def _terms(expression: Expression) -> list[Expression]:
    if is_named(expression, "add"):
        return [*_terms(expression.operands[0]), *_terms(expression.operands[1])]
    if is_named(expression, "subtract"):
        return [*_terms(expression.operands[0]), *(neat(-term) for term in _terms(expression.operands[1]))]
    return [expression]


def _shorter(expression: Expression, near: Approach) -> Iterator[Rewriting]:
    after = tidy(expression)[1]
    if size(after) < size(expression):
        yield Rewriting(SIMPLIFY, "the same function, in a shorter form", after)


WAYS: Mapping[str, tuple[Callable[[Expression, Approach], Iterator[Rewriting]], ...]] = {
    "0 · ∞": (_products,),
    "∞ - ∞": (_differences,),
    "∞/∞": (_high_powers, _same_exponents, _roots, _leading_roots),
    "1^∞": (_powers_of_e,),
    "0^0": (_powers_of_e,),
    "∞^0": (_powers_of_e,),
}
"""What is tried first, by the indeterminate form."""

FALLBACKS = (_shorter, _powers_of_e, _same_exponents, _roots, _products, _differences, _leading)
"""What is tried where the form is not known, or the rule of l'Hôpital leads nowhere."""
