"""Owns how a question about derivatives becomes tasks: from its derivation, or by the bare chain rule where it is too long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from chainrule.core.primitive import Elementwise
from chainrule.errors import NoRuleError, TooLongError
from chainrule.explain.derivation.account import Account
from chainrule.explain.derivation.explain import explain
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.structure import CHAIN_OF_SEVERAL
from chainrule.explain.expressions.conditions import domain_of
from chainrule.explain.expressions.expression import (
    UNDEFINED,
    Apply,
    Derivative,
    Expression,
    Symbol,
    depth,
    fold,
    free_symbols,
    lift,
    rebuild,
    size,
)
from chainrule.explain.expressions.neat import ONE, ZERO, is_named, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.problem import Problem
from chainrule.practice.grading.judge import Task
from chainrule.practice.grading.operation import slope_of
from chainrule.practice.grading.variants import unfolded

MAX_EXPLAINED = 120
MAX_EXPLAINED_DEPTH = 24
"""Functions with more operations, or nested deeper, are graded without a derivation: it would take seconds."""

MAX_SHOWN = 1000
MAX_FORMS = 12


def ask(problem: Problem, typed: str, wrt: tuple[str, ...] | None, order: int) -> tuple[tuple[Task, ...], str]:
    """Return the tasks that a typed problem sets, one for each variable, and the right answer as text.

    wrt: the variables; all of them without it. Raises ValueError for variables that the function does not have.
    """
    expression = problem.expression
    if size(expression) <= MAX_EXPLAINED and depth(expression) <= MAX_EXPLAINED_DEPTH:
        try:
            derivation = _derivation(typed, wrt, order)
        except TooLongError:
            pass
        else:
            return tasks(derivation), str(derivation.result)
    names = tuple(dict.fromkeys((*(problem.parsed.parameters or ()), *free_symbols(expression))))
    asked = wrt or names or ("x",)
    unknown = [name for name in asked if name not in names]
    if unknown:
        raise ValueError(f"there is no variable {', '.join(unknown)}; the variables are {', '.join(names)}")
    long = tuple(_long_task(expression, name, names, order) for name in asked)
    shown = [_shown(task.expected) for task in long]
    return long, shown[0] if len(shown) == 1 else f"({', '.join(shown)})"


@lru_cache(maxsize=64)
def _derivation(typed: str, wrt: tuple[str, ...] | None, order: int) -> Account:
    """Return the derivation; a learner answers the same problem several times."""
    return explain(typed, wrt=wrt, order=order)


def tasks(derivation: Account) -> tuple[Task, ...]:
    """Return what a derivation is the answer to: one task for each variable."""
    whole = derivation.route == CHAIN_OF_SEVERAL
    return tuple(_task(part) for part in (derivation.partials if not whole else ()) or (derivation,))


def _task(derivation: Account) -> Task:
    assert isinstance(derivation.result, Result)
    name = derivation.wrt[0]
    functions = [derivation.expression]
    for _ in range(derivation.order - 1):
        functions.append(tidy(derivative_of(functions[-1], name))[1])
    lines = [line for step in derivation.steps for line in (step.before, step.after)]
    finished = [line for line in dict.fromkeys(lines) if not _is_pending(line)]
    return Task(
        function=functions[-1],
        name=name,
        names=tuple(dict.fromkeys((*derivation.names, *free_symbols(derivation.expression)))),
        expected=derivation.result.expression,
        forms=tuple(finished[-MAX_FORMS:]),
        conditions=derivation.conditions,
        before=tuple(functions[:-1]),
    )


def _is_pending(line: Expression) -> bool:
    return fold(line, lambda node, operands: isinstance(node, Derivative) or any(operands))


@lru_cache(maxsize=16)
def _long_task(expression: Expression, name: str, names: tuple[str, ...], order: int) -> Task:
    functions = [expression]
    for _ in range(order):
        functions.append(derivative_of(functions[-1], name))
    return Task(
        function=functions[-2],
        name=name,
        names=names or (name,),
        expected=functions[-1],
        conditions=domain_of(expression),
        before=tuple(functions[:-2]),
    )


def derivative_of(expression: Expression, name: str) -> Expression:
    """Return the derivative by the chain rule with the table's partials, as it comes out: no steps, nothing tidied.

    >>> from chainrule.explain.reading.parse import parse
    >>> text(derivative_of(parse("x^3 + 2x").expression, "x"))
    '3x^2 + 2'
    """

    def combine(node: Expression, dots: Sequence[Expression]) -> Expression:
        if isinstance(node, Symbol):
            return ONE if node.name == name else ZERO
        if not isinstance(node, Apply):
            return UNDEFINED if node == UNDEFINED else ZERO
        if is_named(node, "where"):
            return rebuild(node, (*dots[:2], node.operands[2]))
        return _sum(_products(node, dots))

    return neat(fold(unfolded(expression), combine))


def _products(node: Apply, dots: Sequence[Expression]) -> Iterator[Expression]:
    for index, dot in enumerate(dots):
        if dot == ZERO:
            continue
        if not isinstance(node.primitive, Elementwise):
            raise NoRuleError(f"{node.primitive.name} is not differentiated symbol by symbol; use chainrule.grad")
        slope = lift(slope_of(node.primitive, index, node, node.operands))
        yield slope if dot == ONE else dot if slope == ONE else slope * dot


def _sum(terms: Iterator[Expression]) -> Expression:
    total: Expression = ZERO
    for term in terms:
        total = term if total == ZERO else total + term
    return total


def _shown(expression: Expression) -> str:
    return text(expression) if size(expression) <= MAX_SHOWN else "a derivative that is too long to be shown"
