"""Owns the other ways to a derivative: each with its own steps, checked, and ending in the same result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

from chainrule.explain.derivation.account import Account, Step
from chainrule.explain.derivation.derive import differentiated
from chainrule.explain.derivation.logarithmic import ROUTE, is_natural, logarithmic_steps
from chainrule.explain.derivation.reconcile import led_to
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.routes import POWER_ROUTE, Route, routes
from chainrule.explain.derivation.sampled import SampledExpression
from chainrule.explain.derivation.structure import AS_POWER, OF_SUMS
from chainrule.explain.derivation.verify import verify
from chainrule.explain.expressions.conditions import domain_of, simplified
from chainrule.explain.expressions.expression import Expression, fold, rebuild, size
from chainrule.explain.expressions.neat import is_named
from chainrule.explain.expressions.notation import text

MAX_SIZE = 120
"""Of larger functions no other way is shown: nobody compares them."""


@final
@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way. route: its name. steps: from the function to the result. conditions: where it holds."""

    route: str
    steps: tuple[Step, ...]
    conditions: tuple[Expression, ...]
    verified: float


def alternatives(account: Account) -> Iterator[Alternative]:
    """Yield the other natural ways to a first derivative by one variable, each compared with the engine and the limit."""
    expression, target = account.expression, account.result
    if account.given or account.order != 1 or not isinstance(target, Result) or size(expression) > MAX_SIZE:
        return
    if account.route in OF_SUMS:
        return
    (name,) = account.wrt
    found = routes(expression, name)
    if any(step.rule == AS_POWER for step in account.steps):
        found = [route for route in found if route.name != POWER_ROUTE]
    ways = [(route.name, *_by(route, account, name)) for route in found]
    if is_natural(expression, name):
        ways.append((ROUTE, *logarithmic_steps(expression, name, account.names, account.detail)))
    for title, steps, reached, conditions in ways:
        used = [condition for step in steps for condition in step.conditions]
        where = simplified((*account.conditions, *conditions, *used))
        verified = verify(SampledExpression(expression), reached, account.names, name, where)
        if verified is not None:
            yield Alternative(title, (*steps, *led_to(reached, target.expression)), where, verified)


def _by(route: Route, account: Account, name: str) -> tuple[list[Step], Expression, tuple[Expression, ...]]:
    """Return the steps by a route, where they lead, and where they hold."""
    first = Step(route.name, (), account.expression, route.expression, route.why, route.conditions, "algebra")
    steps, _, found = differentiated(route.expression, name, account.names, 1, account.detail)
    steps = [first, *steps]
    back = _put_back(found, route.expression, account.expression)
    if text(back) != text(found):
        why = "it was only written in another way"
        steps.append(Step("put the function back", (), found, back, why, (), "algebra"))
    return steps, back, (*route.conditions, *domain_of(route.expression))


def _put_back(expression: Expression, written: Expression, original: Expression) -> Expression:
    """Return the expression with the function as it stood at first; only where it was written as a whole."""
    if not is_named(original, "power", "float_power") or not is_named(written, "exp"):
        return expression
    return fold(expression, lambda node, operands: original if node == written else rebuild(node, operands))
