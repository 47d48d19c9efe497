"""Owns the lines on the board: the program's own, then the adjoints, with shapes, rules and reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chainrule.explain.backpropagation.folding import Unit, units
from chainrule.explain.matrix.account import MatrixStep
from chainrule.explain.matrix.algebra import Algebra
from chainrule.explain.matrix.backward import TOLERANCE, Adjoint, Fact, pull_back, rule_name, verify_adjoint
from chainrule.explain.matrix.formula import Call, Formula, Shape, Symbol, Term, of_atom
from chainrule.explain.matrix.notation import text
from chainrule.explain.matrix.program import MatrixProgram, Operation, add_operations, record_rules


def make_steps(
    program: MatrixProgram, shown: Sequence[Unit], adjoints: Mapping[int, Adjoint]
) -> tuple[MatrixStep, ...]:
    """Return the forward lines and the backward steps."""
    operations = [program.operations[unit.head.index] for unit in shown]
    forward = [_forward(operation) for operation in operations if not operation.is_inlined]
    lines = {unit.head.index: unit.head.line for unit in shown}
    read = {parent.index for unit in shown for parent in unit.parents()}
    backward = [_backward(program, adjoint, lines.get(index), index in read) for index, adjoint in adjoints.items()]
    return (*forward, *backward)


def _forward(operation: Operation) -> MatrixStep:
    unit, symbol = operation.unit, operation.symbol
    written = operation.formula
    words = "" if operation.rule is not None else f"{unit.primitive.name}, with several results"
    return MatrixStep(
        kind="forward",
        symbol=symbol,
        paths=(),
        sides=() if words else (written,),
        rule=rule_name(unit),
        notes=(),
        shapes=shapes(symbol, written),
        line=unit.head.line,
        words=words,
    )


def _backward(program: MatrixProgram, adjoint: Adjoint, line: tuple[str, int, str] | None, is_read: bool) -> MatrixStep:
    shares = adjoint.shares
    sides = list(adjoint.shown)
    paths: tuple[tuple[str, Formula], ...] = ()
    if len(shares) > 1 and adjoint.formula is not None:
        paths = tuple((share.via, share.formula) for share in shares if share.formula is not None)
        if text(adjoint.formula) == " + ".join(text(formula) for _, formula in paths):
            sides = sides[1:]
    words = ""
    if not shares and adjoint.symbol.name != program.result:
        depends = f"since {program.result} does not depend on {adjoint.symbol.name}"
        words = "since all that reads it has derivative zero here" if is_read else depends
    elif adjoint.formula is None:
        words = " + ".join(f"({share.rules[-1]}, through {share.via})" for share in shares)
    rules = dict.fromkeys(rule for share in shares for rule in share.rules)
    return MatrixStep(
        kind="backward",
        symbol=adjoint.symbol,
        paths=paths,
        sides=tuple(sides),
        rule="; ".join(rules),
        notes=_reasons(adjoint),
        shapes=_adjoint_shapes(adjoint.symbol, sides[0] if sides and not paths else None),
        line=line,
        words=words,
        parts=tuple(part for share in shares for part in _parts(program, share.operation)),
    )


def _reasons(adjoint: Adjoint) -> tuple[str, ...]:
    shares = adjoint.shares
    notes = [note for share in shares for note in share.notes]
    if not shares and adjoint.symbol.name == adjoint.symbol.result:
        notes.append("the result changes as fast as itself")
    if len(shares) > 1:
        notes.insert(0, f"{adjoint.symbol.name} is used in {len(shares)} places: their shares add up")
    if adjoint.closed is not None and adjoint.closed.number and adjoint.symbol.shape != ():
        notes.append("the same for every entry")
    notes += _facts(adjoint.facts)
    return tuple(dict.fromkeys(notes))


def _facts(facts: Sequence[Fact]) -> list[str]:
    """Return what was found of values and used, those of the same kind in one sentence."""
    found: dict[str, list[str]] = {}
    for symbol, axes in facts:
        lines = {0: " in each column", 1: " in each row"} if len(symbol.shape) == 2 and len(axes) == 1 else {}
        found.setdefault(lines.get(axes[0], ""), []).append(symbol.name)
    return [
        f"used: the entries{where} of {' and of '.join(names)} add up to 1 (checked here)"
        for where, names in found.items()
    ]


def _parts(program: MatrixProgram, operation: Operation) -> tuple[MatrixStep, ...]:
    """Return what a composite, or a function of the user's, is made of: its own lines forward and backward."""
    unit = operation.unit
    if len(unit.nodes) < 2 or unit.kind not in ("composite", "function"):
        return ()
    inner = units(unit.nodes, unit.head, {node.index: ("operation", node.index) for node in unit.nodes})
    inputs = {parent.index: _leaf(program, parent) for parent in unit.parents()}
    names: dict[int, str] = {}
    for number, part in enumerate(inner, 1):
        names[part.head.index] = (
            operation.symbol.name if part.head is unit.head else f"{operation.symbol.name}_{number}"
        )
    values = {symbol: program.values.get(symbol, 0.0) for symbol in inputs.values()}
    moving = frozenset((*(node.index for node in unit.nodes), *(index for index in inputs if index in program.moving)))
    inside = MatrixProgram(program.result, inputs, Algebra(), program.constants, values, program.exact, moving)
    add_operations(inside, inner, names, record_rules(inner), unit.head)
    found = pull_back(inside, inner, unit.head, of_atom(program.adjoint(operation.symbol)))
    inside.values.update((adjoint.symbol, program.exact.get(index, 0.0)) for index, adjoint in found.items())
    inside.values[program.adjoint(operation.symbol)] = program.exact.get(unit.head.index, 0.0)
    for symbol, value in program.values.items():  # constants that were met only now are held by the program
        inside.values.setdefault(symbol, value)
    del found[unit.head.index]
    # What is read outside has shares from elsewhere too; everything else is compared with the engine.
    whole = [adjoint for index, adjoint in found.items() if index not in inputs]
    checked = all(_is_right(inside, adjoint) for adjoint in whole)
    return make_steps(inside, inner, found) if checked else ()


def _is_right(program: MatrixProgram, adjoint: Adjoint) -> bool:
    return verify_adjoint(program, adjoint, program.values[adjoint.symbol], 1e-9) < TOLERANCE


def _leaf(program: MatrixProgram, parent: Any) -> Symbol:
    """Return the symbol of a value that a composite reads, by its name or by what it computes."""
    if parent.index in program.inputs:
        return program.inputs[parent.index]
    operation = program.operations[parent.index]
    return Symbol(text(operation.formula), operation.symbol.shape) if operation.is_inlined else operation.symbol


def shape_text(shape: Shape) -> str:
    """Return a shape as it is written on a board.

    >>> shape_text((32, 10)), shape_text((3,)), shape_text(())
    ('(32×10)', '(3)', '(1)')
    """
    return f"({'×'.join(map(str, shape)) or '1'})"


def _adjoint_shapes(symbol: Symbol, formula: Formula | None) -> str:
    """Return the shape of an adjoint, with those of the factors where it is one product of matrices."""
    return shapes(symbol, formula) if formula is not None and len(formula.terms) == 1 else shape_text(symbol.shape)


def shapes(symbol: Symbol, formula: Formula) -> str:
    """Return the shape of a value, and where it is a product of matrices those of the factors: (2×4) = (2×3)·(3×4)."""
    parts = [_term_shapes(term) for term in formula.terms]
    whole = shape_text(symbol.shape)
    if not any("·" in part for part in parts) and (len(parts) < 2 or not {*parts} - {"", whole}):
        return whole
    signs = [" - " if term.coefficient < 0 else " + " for term in formula.terms]
    return f"{whole} = {''.join(sign + (part or '(1)') for sign, part in zip(signs, parts, strict=True)).removeprefix(' + ')}"


def _term_shapes(term: Term) -> str:
    factors = [atom for atom, _ in term.factors if atom.shape != ()]
    if len(factors) == 1 and isinstance(factors[0], Call) and factors[0].name == "matmul":
        return "·".join(_product_shapes(factors[0]))
    return shape_text(max((atom.shape for atom in factors), key=len)) if factors else ""


def _product_shapes(call: Call) -> list[str]:
    found: list[str] = []
    for operand in call.operands:
        inner = operand.atom
        if isinstance(inner, Call) and inner.name == "matmul":
            found += _product_shapes(inner)
        else:
            found.append(shape_text(operand.shape))
    return found
