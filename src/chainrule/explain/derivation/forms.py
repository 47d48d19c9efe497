"""Owns the forms of a derivative: as the rules give it, tidied, factored, and expanded."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chainrule.errors import GradientError
from chainrule.explain.derivation.account import Account
from chainrule.explain.derivation.derive import raw_derivative
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.structure import LIMIT, OF_SUMS
from chainrule.explain.expressions.equivalence import equivalent
from chainrule.explain.expressions.expression import Expression
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.rational import expanded, factored


def forms(account: Account) -> Mapping[str, Result]:
    """Return the derivative in its raw, tidied, factored and expanded form, in this order.

    Where a form would be too long to be read it is the tidied one. Raises ValueError for a gradient or a Hessian, and
    GradientError should two forms ever differ.
    """
    result = account.result
    if not isinstance(result, Result):
        raise ValueError("forms are of one derivative; of several variables, look at the partials one by one")
    tidied = result.expression
    if account.route == LIMIT:  # a number, or a derivative that has its own forms
        return MappingProxyType(dict.fromkeys(("raw", "tidied", "factored", "expanded"), result))
    found = {"raw": _raw(account), "tidied": tidied, "factored": factored(tidied), "expanded": expanded(tidied)}
    for name, form in found.items():
        if equivalent(form, tidied, account.names, account.conditions) is False:
            raise GradientError(
                f"the {name} form {text(form)} is not equal to the derivative {text(tidied)}; please report this "
                "function, since the form must not be shown"
            )
    return MappingProxyType({name: Result(form, account.names) for name, form in found.items()})


def _raw(account: Account) -> Expression:
    """Return the derivative as the rules give it; of a curve, as the equation was solved for it."""
    if account.route in OF_SUMS and not account.partials:
        return account.sum_step.after
    if account.partials:
        return _raw(account.partials[-1])
    if not account.given:
        return raw_derivative(account.expression, account.wrt[0], account.names, account.order)
    found, tidied = account.heading.sides
    return next((step.after for step in reversed(account.steps) if step.before == found), tidied)
