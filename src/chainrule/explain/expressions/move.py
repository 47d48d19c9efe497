"""Owns the move: one named step of algebra, and how a rule is applied wherever tidying reaches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chainrule.explain.expressions.algebra import is_algebraic
from chainrule.explain.expressions.expression import Expression, fold, rebuild, walk
from chainrule.explain.expressions.neat import is_named, neat

Rule = Callable[[Expression], Expression]


@dataclass(frozen=True, slots=True)
class Move:
    """One algebraic move. nonzero: what was canceled and must therefore not be zero."""

    name: str
    why: str
    before: Expression
    after: Expression
    nonzero: tuple[Expression, ...] = ()


def everywhere(expression: Expression, rule: Rule) -> Expression:
    """Apply `rule` to every node that tidying reaches, operands first, and clean up."""
    return neat(
        fold(expression, lambda node, operands: rule(rebuild(node, operands) if operands else node), is_algebraic)
    )


def in_whole_sums(expression: Expression, rule: Rule) -> Expression:
    """Apply `rule` to every node that tidying reaches, but to no sum that is a part of a longer one."""
    sums = [node for node in walk(expression, is_algebraic) if is_named(node, "add", "subtract")]
    parts = {operand for node in sums for operand in node.operands if is_named(operand, "add", "subtract")}

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        made = rebuild(node, operands) if operands else node
        return made if node in parts else rule(made)

    return neat(fold(expression, combine, is_algebraic))


def moved(name: str, why: str, before: Expression, rule: Rule) -> Move | None:
    """Return the move that applies `rule` everywhere, or None where it changes nothing."""
    after = everywhere(before, rule)
    return None if after == before else Move(name, why, before, after)
