"""Owns the way backward of a matrix derivation: the adjoint of every value, as a formula, from the result to the inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, final

import numpy as np

from chainrule.core.graph import ITEM, Node
from chainrule.core.primitive import Elementwise
from chainrule.explain.backpropagation.folding import Unit
from chainrule.explain.backpropagation.rows import rule_of
from chainrule.explain.matrix.building import build
from chainrule.explain.matrix.formula import Call, Formula, Symbol, constant, evaluate, of_atom, symbols
from chainrule.explain.matrix.notation import factored, text
from chainrule.explain.matrix.program import MatrixProgram, Operation
from chainrule.explain.matrix.spelling import is_unnamed

Fact: TypeAlias = tuple[Symbol, tuple[int, ...]]

TOLERANCE = 1e-6
"""How much a formula may differ from the engine's adjoint, relative to its largest entry."""
LONGEST_CLOSED = 80
"""An adjoint in terms of values alone is used further on up to this many characters; it is shown where it is no longer."""
LONGEST_NAMED = 40
"""Unnamed values are written out in it up to this many characters."""


@final
@dataclass(frozen=True, slots=True)
class Share:
    """What one user of a value passes back.

    via: the name of the value whose adjoint it is made of. formula: None where it has no short one. rules: by which names.
    notes: what is said of it. facts: see `Adjoint`.
    """

    operation: Operation
    via: str
    formula: Formula | None
    rules: tuple[str, ...]
    notes: tuple[str, ...]
    facts: tuple[Fact, ...]


@final
@dataclass(slots=True)
class Adjoint:
    """The adjoint of a value.

    shares: what it is the sum of. formula: in terms of the adjoints of its users; None where there is no short one. closed: in
    terms of values alone, where that is not long. shown: what is worth showing of the two. facts: values whose sums over some
    axes were found to be one, which was used.
    """

    symbol: Symbol
    shares: list[Share] = field(default_factory=list)
    formula: Formula | None = None
    closed: Formula | None = None
    shown: tuple[Formula, ...] = ()
    facts: tuple[Fact, ...] = ()


def pull_back(
    program: MatrixProgram, shown: Sequence[Unit], out: Node, seed: Formula | None = None
) -> dict[int, Adjoint]:
    """Return the adjoint of every value that is shown, by the index of its node, the result's first.

    seed: the adjoint of the result; one, if it is not given.
    """
    arrived: dict[int, list[Share]] = {}
    found: dict[int, Adjoint] = {}
    ct: Formula | None
    before: tuple[str, ...]
    for unit in reversed(shown):
        index = unit.head.index
        operation = program.operations[index]
        if unit.head is out:
            start = constant(1) if seed is None else seed
            found[index] = Adjoint(program.adjoint(operation.symbol), [], start, start, (start,))
            ct, before, via = of_atom(program.adjoint(operation.symbol)) if seed is None else start, (), ""
        elif operation.is_inlined:
            (share,) = arrived.get(index, [None])
            if share is None:
                continue
            ct, before, via = share.formula, share.rules, share.via
        else:
            if index not in arrived:
                continue
            found[index] = _settle(program, program.adjoint(operation.symbol), arrived[index], found)
            ct, before, via = of_atom(program.adjoint(operation.symbol)), (), ""
        for parent, share in _shares(program, operation, ct, before, via or operation.symbol.name):
            arrived.setdefault(parent.index, []).append(share)
    for index, symbol in reversed(program.inputs.items()):
        if index not in program.moving:
            continue
        found[index] = _settle(program, program.adjoint(symbol), arrived.get(index, []), found)
    return found


def _shares(
    program: MatrixProgram, operation: Operation, ct: Formula | None, before: tuple[str, ...], via: str
) -> list[tuple[Node, Share]]:
    """Return what an operation passes to each value that it reads."""
    unit, rule = operation.unit, operation.rule
    parents = unit.parents()
    formulas: dict[int, Formula | None] = {}
    program.algebra.used.clear()
    if rule is not None and ct is not None:
        leaves = {node.index: program.value(parent) for node, parent in zip(rule.parents, parents, strict=True)}
        leaves[rule.out.index] = program.value(unit.head)
        leaves[rule.ct.index] = ct
        read = build(rule.graph, leaves, program.algebra, program.constants, columns=True)
        formulas = {place: read(share) for place, share in rule.shares.items()}
    elif not unit.primitive.is_constant:
        formulas = dict.fromkeys(range(len(parents)))
    facts = tuple(program.algebra.used)
    found = []
    for place, formula in formulas.items():
        parent = parents[place]
        if parent.index in program.moving and (formula is None or formula.terms):  # zero goes without saying
            rules, notes = (*before, rule_name(unit, parent)), _notes(program, unit, parent)
            found.append((parent, Share(operation, via, formula, rules, notes, facts)))
    return found


def rule_name(unit: Unit, parent: Node | None = None) -> str:
    """Return what people call the rule of a unit."""
    if unit.kind == "function":
        return f"chain rule through {unit.title}"
    if unit.head.primitive is ITEM and unit.nodes[0] is not unit.head:
        return rule_of(Unit(unit.nodes[0], unit.nodes[:1], "operation"), parent)
    return rule_of(unit, parent)


def _notes(program: MatrixProgram, unit: Unit, parent: Node) -> tuple[str, ...]:
    """Return what is said of a value that an operation has stretched."""
    primitive = unit.head.primitive
    if unit.kind != "operation" or not isinstance(primitive, Elementwise):
        return ()
    before, after = np.shape(parent.value), np.shape(unit.head.value)
    if before == after:
        return ()
    padded = (1,) * (len(after) - len(before)) + before
    axes = [axis for axis in range(len(after)) if padded[axis] == 1 != after[axis]]
    where = _stretched_over(axes, after)
    return (f"{text(program.value(parent))} was stretched over {where}, so its gradient sums over them",)


def _stretched_over(axes: Sequence[int], shape: tuple[int, ...]) -> str:
    if len(axes) == len(shape):
        return f"all {np.prod(shape)} entries"
    if len(shape) == 2:
        return f"{shape[axes[0]]} {'rows' if axes[0] == 0 else 'columns'}"
    return f"axis {', '.join(map(str, axes))} ({'×'.join(str(shape[axis]) for axis in axes)})"


def _settle(program: MatrixProgram, symbol: Symbol, shares: list[Share], known: Mapping[int, Adjoint]) -> Adjoint:
    """Return an adjoint as the sum of what has arrived, and in terms of values alone where that is short."""
    adjoint = Adjoint(symbol, shares)
    if any(share.formula is None for share in shares):
        return adjoint
    total = Formula((), symbol.shape)
    for share in shares:
        assert share.formula is not None
        total = program.algebra.add(total, share.formula)
    adjoint.formula = Formula(total.terms, symbol.shape)
    adjoint.facts = tuple(dict.fromkeys(fact for share in shares for fact in share.facts))
    program.algebra.used.clear()
    closed = {other.symbol: other.closed for other in known.values() if other.closed is not None}
    needed = {found for found in symbols(adjoint.formula) if found.result}
    adjoint.shown = (adjoint.formula,)
    if not all(found in closed for found in needed):
        return adjoint
    put = Substitution(program, closed).of(adjoint.formula)
    if len(text(put)) > LONGEST_CLOSED:
        return adjoint
    adjoint.closed = put
    if len(text(put)) <= max(len(text(adjoint.formula)), 24):
        adjoint.facts = tuple(dict.fromkeys((*adjoint.facts, *program.algebra.used)))
        last = _named_only(program, put) if symbol.name in {name.name for name in program.inputs.values()} else put
        adjoint.shown = tuple(dict.fromkeys((adjoint.formula, put, last)))
    return adjoint


def _named_only(program: MatrixProgram, formula: Formula) -> Formula:
    """Return a formula with unnamed values written as what they are, where that is short."""
    unnamed = {
        operation.symbol: Substitution(program, {}).of(operation.formula)
        for operation in program.operations.values()
        if is_unnamed(operation.symbol.name) and not operation.is_call and not operation.is_inlined
    }
    put = Substitution(program, unnamed).of(formula) if any(each in unnamed for each in symbols(formula)) else formula
    is_better = len(text(put)) <= LONGEST_NAMED and not any(is_unnamed(each.name) for each in symbols(put))
    return put if is_better else formula


@final
@dataclass(frozen=True, slots=True)
class Substitution:
    """Puts formulas in the place of symbols, and simplifies what comes of it."""

    program: MatrixProgram
    put: Mapping[Symbol, Formula]

    def of(self, formula: Formula) -> Formula:
        """Return a formula with the symbols replaced."""
        algebra = self.program.algebra
        total = Formula((), formula.shape)
        common, rest = factored(formula) if len(formula.terms) > 1 else (None, ())
        if common is not None and common.factors:
            inner = self.of(Formula(rest, formula.shape))
            return algebra.multiply(self.of(Formula((common,), formula.shape)), inner)
        for term in formula.terms:
            product = constant(term.coefficient, formula.shape)
            for atom, exponent in term.factors:
                raised = algebra.power(self._atom(atom), exponent)
                if raised is None:
                    return formula
                product = algebra.multiply(product, raised)
            total = algebra.add(total, product)
        return total

    def _atom(self, atom: Symbol | Call) -> Formula:
        algebra = self.program.algebra
        if isinstance(atom, Symbol):
            return self.put.get(atom, of_atom(atom))
        operands = [self.of(operand) for operand in atom.operands]
        if atom.name == "sum":
            total = algebra.sum_over(operands[0], atom.parameters["axis"], True)
            return algebra.reshape(total, atom.shape)
        if atom.name == "transpose":
            return algebra.transpose(operands[0], atom.parameters["axes"])
        if atom.name == "matmul":
            return algebra.matmul(operands[0], operands[1], atom.shape)
        if atom.name == "reshape":
            return algebra.reshape(operands[0], atom.shape)
        return algebra.apply(atom.name, atom.primitive, operands, atom.parameters, atom.shape)


def verify_adjoint(program: MatrixProgram, adjoint: Adjoint, exact: Any, least: float) -> float:
    """Return the largest relative difference between what is written of an adjoint and what the engine computes.

    least: the size that counts as one where the adjoint itself is smaller, as one that cancels out is.
    """
    worst = 0.0
    scale = max(float(np.max(np.abs(exact), initial=0.0)), least) or 1.0
    shares = [share.formula for share in adjoint.shares] if len(adjoint.shares) > 1 else []
    for formula in (adjoint.formula, adjoint.closed, *adjoint.shown):
        if formula is not None:
            worst = max(worst, float(np.max(np.abs(evaluate(formula, program.values) - exact), initial=0.0)) / scale)
    if shares and all(share is not None for share in shares):
        total = sum(evaluate(share, program.values) for share in shares if share is not None)
        worst = max(worst, float(np.max(np.abs(total - exact), initial=0.0)) / scale)
    return worst
