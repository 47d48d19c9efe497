"""Owns the program behind a matrix derivation: its values with their names and formulas, and which of them stay unnamed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from chainrule.core.graph import ITEM, Node
from chainrule.explain.backpropagation.folding import Unit
from chainrule.explain.matrix.algebra import MOST_TERMS, Algebra
from chainrule.explain.matrix.building import build
from chainrule.explain.matrix.formula import Call, Formula, Shape, Symbol, of_atom, size
from chainrule.explain.matrix.passing import Passing, passing_of
from chainrule.explain.matrix.pulls import RecordedRule, record_rule
from chainrule.explain.matrix.spelling import axes_between, is_unnamed

LONGEST_INLINE = 8
"""An unnamed value that is used once is written where it is used if that is no longer than this."""


@final
@dataclass(slots=True)
class Operation:
    """One unit of the program on its way into the derivation.

    symbol: of its value. rule: recorded; None where the unit has several results. formula: what it computes. is_inlined:
    whether the value has no line of its own. expanded: what a composite, or a function of the user's, is made of.
    """

    unit: Unit
    symbol: Symbol
    rule: RecordedRule | None
    formula: Formula
    expanded: Formula | None = None
    is_inlined: bool = False

    @property
    def is_call(self) -> bool:
        """Whether the formula only names what is computed, so that it cannot be computed with."""
        return isinstance(self.formula.atom, Call) and self.formula.atom.primitive is None


@final
@dataclass(frozen=True, slots=True)
class UnitRule:
    """The rule of a unit, and what it does to an adjoint."""

    rule: RecordedRule
    passing: Passing


@final
@dataclass(slots=True)
class MatrixProgram:
    """The inputs and operations of a program by the index of their nodes, and the values of all symbols.

    exact: the engine's adjoints. moving: the nodes that depend on what is differentiated, whose adjoints are wanted.
    """

    result: str
    inputs: dict[int, Symbol]
    algebra: Algebra
    constants: Callable[[Any], Symbol | None]
    values: dict[Symbol, Any]
    exact: Mapping[int, Any]
    moving: frozenset[int]
    operations: dict[int, Operation] = field(default_factory=dict)

    def value(self, node: Node) -> Formula:
        """Return a node's value as it is written: by its name, or by what it computes."""
        if node.index in self.inputs:
            return of_atom(self.inputs[node.index])
        operation = self.operations[node.index]
        return operation.formula if operation.is_inlined else of_atom(operation.symbol)

    def adjoint(self, symbol: Symbol) -> Symbol:
        """Return the symbol of d result / d value."""
        return Symbol(symbol.name, symbol.shape, self.result)


def sums_to_one_in(values: dict[Symbol, Any]) -> Callable[[Symbol, Shape], bool]:
    """Return a function that looks whether the entries of a value are shares: none negative, with sums of one over axes."""

    def look(symbol: Symbol, axes: Shape) -> bool:
        array = values.get(symbol)
        if symbol.result or array is None or any(np.shape(array)[axis] < 2 for axis in axes):
            return False
        rounding = 64 * np.finfo(np.result_type(array, np.float32)).eps
        return bool(np.all(np.asarray(array) >= 0) and np.allclose(np.sum(array, axis=axes), 1, rtol=0, atol=rounding))

    return look


def add_operations(
    program: MatrixProgram,
    shown: Sequence[Unit],
    names: Mapping[int, str],
    rules: Mapping[int, UnitRule | None],
    out: Node,
) -> None:
    """Write what every unit computes, in order. rules: those of the units, by the index of their heads."""
    uses = _uses(shown)
    for unit in shown:
        node = unit.head
        symbol = Symbol(names[node.index], () if isinstance(node.value, tuple) else np.shape(node.value))
        found = rules[node.index]
        if not isinstance(node.value, tuple):
            program.values[symbol] = node.value
        program.operations[node.index] = Operation(unit, symbol, None if found is None else found.rule, of_atom(symbol))
    unnamed = {
        unit.head.index
        for unit in shown
        if unit.head is not out and is_unnamed(names[unit.head.index]) and len(uses[unit.head.index]) == 1
    }
    for unit in shown:
        operation = program.operations[unit.head.index]
        if operation.rule is None:
            continue
        _write(program, operation)
        if unit.head.index in unnamed and size(operation.formula) <= LONGEST_INLINE:
            reader = uses[unit.head.index][0]
            # A composite can be written in a line, but not computed with: it goes into a line that stays.
            is_lasting = not operation.is_call or reader not in unnamed
            operation.is_inlined = is_lasting and _is_passed_over(unit, rules, program.operations[reader].unit)
        if not operation.is_inlined:
            made_of = operation.formula if operation.expanded is None else operation.expanded
            program.algebra.define(operation.symbol, made_of)


def record_rules(shown: Sequence[Unit]) -> dict[int, UnitRule | None]:
    """Return the recorded rule of every unit by the index of its head; None where a value has several parts."""
    found: dict[int, UnitRule | None] = {}
    for unit in shown:
        found[unit.head.index] = None
        if not any(isinstance(node.value, tuple) for node in (unit.head, *unit.parents())):
            rule = record_rule(unit, np.ones(np.shape(unit.head.value)))
            found[unit.head.index] = UnitRule(rule, passing_of(rule))
    return found


def _is_passed_over(unit: Unit, rules: Mapping[int, UnitRule | None], reader: Unit) -> bool:
    """Return whether an adjoint only passes on its way from the reader of a unit, or from the unit to what it reads."""
    own, other = rules[unit.head.index], rules[reader.head.index]
    if own is None:
        return False
    place = next(place for place, parent in enumerate(reader.parents()) if parent is unit.head)
    takes_over = other is not None and place in other.passing.passed and not own.passing.uses_value
    return takes_over or (own.passing.passes_on and unit.head.primitive is not ITEM)


def _uses(shown: Sequence[Unit]) -> dict[int, list[int]]:
    """Return by the index of a node the units that read it, one for each place."""
    found: dict[int, list[int]] = {}
    for unit in shown:
        for node in unit.nodes:
            for parent in node.parents:
                if parent is not None:
                    found.setdefault(parent.index, []).append(unit.head.index)
    return found


def _write(program: MatrixProgram, operation: Operation) -> None:
    """Set what an operation computes: algebra, or a composite or function of the user's by its name."""
    unit, rule = operation.unit, operation.rule
    assert rule is not None
    parents = unit.parents()
    leaves = {node.index: program.value(parent) for node, parent in zip(rule.parents, parents, strict=True)}
    leaves[rule.out.index] = of_atom(operation.symbol)
    leaves[rule.ct.index] = of_atom(program.adjoint(operation.symbol))
    is_named = unit.kind in ("composite", "function")
    program.algebra.most_terms = MOST_TERMS if is_named else 1  # the program's own lines are not multiplied out
    written = build(rule.graph, leaves, program.algebra, program.constants, columns=False)(rule.value)
    program.algebra.most_terms = MOST_TERMS
    if written is None or is_named:
        operation.expanded = written
        operation.formula = of_atom(_call(operation, [leaves[node.index] for node in rule.parents]))
    else:
        operation.formula = written


def _call(operation: Operation, operands: Sequence[Formula]) -> Call:
    """Return a composite, a function of the user's, or one of several results, as it is called."""
    unit, shape = operation.unit, operation.symbol.shape
    over = axes_between(operands[0].shape, shape) if len(operands) == 1 else ""
    result = unit.head.parameters["index"] if unit.head.primitive is ITEM else None
    primitive = unit.primitive if result is None else unit.nodes[0].primitive
    assert primitive is not None
    return Call(
        unit.title or primitive.name, None, tuple(operands), shape, {"over": over, "result": result}, (over, result)
    )
