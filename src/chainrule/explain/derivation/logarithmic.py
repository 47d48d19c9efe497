"""Owns logarithmic differentiation: of powers whose base and exponent both change, and of products of many factors."""

from __future__ import annotations

from chainrule.core.primitive import Elementwise
from chainrule.explain.derivation.account import Detail, Step
from chainrule.explain.derivation.brief import shortened
from chainrule.explain.derivation.derive import differentiated, tidying_step
from chainrule.explain.derivation.formulas import fresh, general_rule
from chainrule.explain.derivation.phrases import Phrase, equation
from chainrule.explain.derivation.reasons import WHY_CHAIN
from chainrule.explain.derivation.routes import bases_of, logarithm_apart, varies_above_and_below
from chainrule.explain.derivation.structure import CHAIN
from chainrule.explain.expressions.algebra import term_of
from chainrule.explain.expressions.conditions import positive, simplified
from chainrule.explain.expressions.expression import Apply, Derivative, Expression, Symbol, depends_on, free_symbols
from chainrule.explain.expressions.neat import ONE, E, neat
from chainrule.explain.expressions.tidy import tidy
from chainrule.primitives.table import BY_NAME

ROUTE = "logarithmic differentiation"
MANY = 3
"""So many factors that change make the product rule tedious."""


def is_natural(expression: Expression, name: str) -> bool:
    """Return whether taking the logarithm first makes it shorter."""
    if varies_above_and_below(expression, name):
        return True
    factors = [
        (base, exponent) for base, exponent in term_of(expression).factors if depends_on(base, name) and base != E
    ]
    powers = [base for base, exponent in factors if exponent != ONE]
    return len(factors) >= MANY or (len(factors) > 1 and len(powers) > 1)


def logarithmic_steps(
    expression: Expression, name: str, names: tuple[str, ...], detail: Detail
) -> tuple[list[Step], Expression, tuple[Expression, ...]]:
    """Return the steps, the derivative, and where the logarithms exist."""
    log = BY_NAME["log"]
    assert isinstance(log, Elementwise)
    partial = len(names) > 1
    y = fresh("yfgh", (*names, *free_symbols(expression)))
    taken = Apply(log, (expression,))
    apart = neat(logarithm_apart(taken))
    conditions = simplified(map(positive, bases_of(expression)))
    right, _, slope = differentiated(apart, name, names, 1, detail)
    left = general_rule(log, (0,), (y,), name, partial)
    solved = neat(y * slope)
    whole = neat(expression * slope)
    moves, result = tidy(whole)
    pending = Derivative(y, name, partial)
    said: Phrase = ("the left side, in which ", y, " changes with ", Symbol(name))
    steps = [
        Step("take logarithms", ((equation(y, expression),),), Apply(log, (y,)), apart, _WHY, conditions, "algebra"),
        Step(CHAIN, (said,), left.sides[0], left.sides[1], WHY_CHAIN, (), "rule", left),
        *right,
        Step("solve for the derivative", (), pending, solved, f"multiply both sides by {y.name}", (), "algebra"),
        Step("put the function back", (), solved, whole, f"{y.name} is what stood at the start", (), "algebra"),
    ]
    tidying = [tidying_step(move) for move in moves]
    return [*steps, *(shortened(tidying) if detail == "brief" else tidying)], result, conditions


_WHY = "a power becomes a multiple, and a product a sum"
