"""Owns the way from a recorded graph to array formulas: what each primitive is in the algebra."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from chainrule.core.graph import Graph, Node
from chainrule.explain.matrix.algebra import Algebra
from chainrule.explain.matrix.formula import Formula, Shape, Symbol, constant, of_atom

HUGE = 1e300
"""A limit beyond this is there to keep infinities out of a rule, and changes nothing of finite numbers."""

Operands: TypeAlias = list[Formula]


def build(
    graph: Graph,
    leaves: Mapping[int, Formula],
    algebra: Algebra,
    constants: Callable[[Any], Symbol | None],
    columns: bool,
) -> Callable[[Any], Formula | None]:
    """Return a function from the nodes of a graph, and constants, to their formulas; None behind several results.

    leaves: the formulas of nodes that are not to be looked into. constants: the symbols of arrays that the program holds.
    columns: write a vector times a matrix as the transpose times the vector.
    """
    known: dict[int, Formula] = dict(leaves)

    def formula(part: Any) -> Formula | None:
        return known.get(part.index) if isinstance(part, Node) else _constant(part, constants)

    for node in graph.nodes:
        if node.index in known or node.primitive is None or isinstance(node.value, tuple):
            continue
        read = [
            formula(operand if parent is None else parent)
            for operand, parent in zip(node.operands, node.parents, strict=True)
        ]
        operands = [operand for operand in read if operand is not None]
        if len(operands) == len(read):
            known[node.index] = _operation(node, operands, algebra, columns)
    return formula


def _constant(value: Any, constants: Callable[[Any], Symbol | None]) -> Formula:
    array = np.asarray(value)
    first = array.flat[0] if array.size else 0
    is_number = array.dtype.kind == "f" or (array.shape == () and array.dtype.kind in "iub")
    if is_number and np.all(array == first) and np.isfinite(first):
        return constant(float(first), array.shape)
    symbol = constants(array)
    return of_atom(symbol if symbol is not None else Symbol("constant", array.shape))


def _operation(node: Node, operands: Operands, algebra: Algebra, columns: bool) -> Formula:
    primitive, shape = node.primitive, np.shape(node.value)
    assert primitive is not None
    # What a rule takes of a choice is known here; the program's own choices are shown as they are.
    special = _SPECIAL.get(primitive.name) if columns or primitive.name not in _CHOICES else None
    found = special(algebra, node, operands, shape) if special is not None else None
    if primitive.name == "matmul":
        found = algebra.matmul(operands[0], operands[1], shape, columns)
    if found is not None:
        return algebra.broadcast(found, shape)
    return algebra.apply(primitive.name, primitive, operands, node.parameters, shape)


def _quotient(algebra: Algebra, node: Node, operands: Operands, shape: Shape) -> Formula | None:
    below = algebra.power(operands[-1], -1)
    return None if below is None else algebra.multiply(operands[0], below) if len(operands) == 2 else below


def _power(algebra: Algebra, node: Node, operands: Operands, shape: Shape) -> Formula | None:
    exponent = operands[1].number
    if exponent is None or exponent.denominator != 1 or not 0 < abs(exponent) <= 8:
        return None
    return algebra.power(operands[0], int(exponent))


def _where(algebra: Algebra, node: Node, operands: Operands, shape: Shape) -> Formula | None:
    """Return the branch that every entry takes here; else the chosen one times where it is chosen, if the other is zero."""
    chosen, other, condition = operands
    values = np.asarray(node.operands[2], dtype=bool)
    if values.size and (values.all() or not values.any()):
        return chosen if values.all() else other
    if not other.terms:
        return algebra.multiply(chosen, condition)
    if not chosen.terms:
        return algebra.multiply(other, algebra.add(constant(1), condition, -1))
    return None


def _step(algebra: Algebra, node: Node, operands: Operands, shape: Shape) -> Formula | None:
    """Return the step function as a condition where no entry lies on the step."""
    if np.any(np.asarray(node.operands[0]) == 0):
        return None
    return algebra.apply("positive_part", node.primitive, operands, node.parameters, shape)


def _guarded(algebra: Algebra, node: Node, operands: Operands, shape: Shape) -> Formula | None:
    """Return the first operand where the limits are beyond any finite number."""
    limits = [formula.number for formula in operands[1:]]
    return operands[0] if all(limit is not None and abs(limit) > HUGE for limit in limits) else None


def _sum(algebra: Algebra, node: Node, operands: Operands, shape: Shape) -> Formula:
    return algebra.sum_over(operands[0], node.parameters["axis"], node.parameters["keepdims"])


def _index(algebra: Algebra, node: Node, operands: Operands, shape: Shape) -> Formula | None:
    """Return the formula with new axes of length one, where the index does nothing else."""
    template = node.parameters["template"]
    entries = template if isinstance(template, tuple) else (template,)
    if len(operands) > 1 or any(not (entry is None or entry is ... or entry == slice(None)) for entry in entries):
        return None
    return algebra.reshape(operands[0], shape)


def _einsum(algebra: Algebra, node: Node, operands: Operands, shape: Shape) -> Formula | None:
    """Return an Einstein sum without its scalars, as a transpose or a product of two matrices where it is one."""
    inputs, output = node.parameters["subscripts"].split("->")
    scale = constant(1)
    left: list[tuple[str, Formula]] = []
    for labels, operand in zip(inputs.split(","), operands, strict=True):
        if labels:
            left.append((labels, operand))
        else:
            scale = algebra.multiply(scale, operand)
    if any(len(set(labels)) != len(labels) or len(labels) > 2 for labels, _ in left):
        return None
    found = None
    if len(left) == 1 and set(left[0][0]) == set(output):
        found = _ordered(algebra, left[0][1], left[0][0], output)
    if len(left) == 2:
        found = _product_of_two(algebra, left[0], left[1], output)
    return None if found is None else algebra.multiply(scale, found)


def _ordered(algebra: Algebra, formula: Formula, labels: str, wanted: str) -> Formula:
    return formula if labels == wanted else algebra.transpose(formula, tuple(map(labels.index, wanted)))


def _product_of_two(
    algebra: Algebra, one: tuple[str, Formula], other: tuple[str, Formula], output: str
) -> Formula | None:
    """Return the matrix product that sums over the one label which two matrices share; None where there is no such label."""
    shared = set(one[0]) & set(other[0])
    if len(shared) != 1 or len(output) != 2 or shared & set(output) or len(one[0]) + len(other[0]) != 4:
        return None
    (label,) = shared
    if output[0] not in one[0]:
        one, other = other, one
    first = _ordered(algebra, one[1], one[0], output[0] + label)
    second = _ordered(algebra, other[1], other[0], label + output[1])
    return algebra.matmul(first, second, (first.shape[0], second.shape[1]))


def _same(algebra: Algebra, node: Node, operands: Operands, shape: Shape) -> Formula | None:
    """Return the operand of an operation that leaves real numbers as they are; None where there are others."""
    return operands[0] if all(np.asarray(each).dtype.kind == "f" for each in (node.value, node.operands[0])) else None


_Special: TypeAlias = Callable[[Algebra, Node, Operands, Shape], Formula | None]
_SPECIAL: dict[str, _Special] = {
    "add": lambda algebra, node, operands, shape: algebra.add(operands[0], operands[1]),
    "subtract": lambda algebra, node, operands, shape: algebra.add(operands[0], operands[1], -1),
    "negative": lambda algebra, node, operands, shape: algebra.scale(operands[0], Fraction(-1)),
    "multiply": lambda algebra, node, operands, shape: algebra.multiply(operands[0], operands[1]),
    "divide": _quotient,
    "reciprocal": _quotient,
    "square": lambda algebra, node, operands, shape: algebra.power(operands[0], 2),
    "power": _power,
    "float_power": _power,
    "sum": _sum,
    "reshape": lambda algebra, node, operands, shape: algebra.reshape(operands[0], shape),
    "broadcast_to": lambda algebra, node, operands, shape: algebra.broadcast(operands[0], shape),
    "transpose": lambda algebra, node, operands, shape: algebra.transpose(operands[0], tuple(node.parameters["axes"])),
    "einsum": _einsum,
    "where": _where,
    "heaviside": _step,
    "minimum": _guarded,
    "maximum": _guarded,
    "clip": _guarded,
    "index": _index,
    "astype": _same,
    "positive": _same,
    "real": _same,
    "conjugate": _same,
}
"""What is written as algebra. Everything else is written as the operation that it is."""
_CHOICES = frozenset(("where", "heaviside", "minimum", "maximum", "clip"))
