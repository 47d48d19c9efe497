"""Owns the way from a recorded graph to terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.core.graph import ITEM, Graph, Node
from chainrule.passes.simplify import Simplifier
from chainrule.passes.simplify_solves import log_determinant
from chainrule.passes.terms import Shape, Term
from chainrule.primitives.solves import SLOGDET


class ArrayType(NamedTuple):
    """What is read of a value that a node computed: its shape and the type of its elements."""

    shape: Shape
    dtype: np.dtype[Any]


def type_of(value: Any) -> ArrayType:
    """Return the type of an array or number."""
    return ArrayType(value.shape, value.dtype)


IsReference = Callable[[np.ndarray[Any, Any]], bool]


def lower(
    graph: Graph, simplifier: Simplifier, inputs: Sequence[Term], is_reference: IsReference,
    references: Mapping[int, np.ndarray[Any, Any]],
) -> Callable[[Any], Term]:  # fmt: skip
    """Return a function from the nodes of a graph, and constants, to their terms.

    graph: its nodes have an `ArrayType` as their value. references: by the number of its node, an array that is read where it is.
    """
    terms: dict[int, Term] = {node.index: term for node, term in zip(graph.inputs, inputs, strict=True)}

    def constant(value: Any) -> Term:
        return simplifier.terms.constant(value, isinstance(value, np.ndarray) and is_reference(value))

    for number, array in references.items():
        terms[number] = simplifier.terms.constant(array, is_reference=True)
    for node in graph.nodes:
        if node.primitive is None:
            continue
        operands = [
            constant(operand) if parent is None else terms[parent.index]
            for operand, parent in zip(node.operands, node.parents, strict=True)
        ]
        if node.primitive is ITEM:
            terms[node.index] = operands[0].results[node.parameters["index"]]
        elif type(node.value) is tuple:
            terms[node.index] = _several(simplifier, node, operands)
        else:
            terms[node.index] = simplifier.apply(node.primitive, operands, node.parameters, *node.value)
    return lambda part: terms[part.index] if isinstance(part, Node) else constant(part)


def _several(simplifier: Simplifier, node: Node, operands: Sequence[Term]) -> Term:
    """Return the term of an operation with several results, each of which is a term of its own."""
    parts: Sequence[ArrayType] = node.value
    assert node.primitive is not None
    term = simplifier.terms.apply(node.primitive, operands, node.parameters, parts[0].shape, parts[0].dtype)
    if term.results is None and node.primitive is SLOGDET:
        term.results = log_determinant(simplifier, operands[0])
    if term.results is None:
        term.results = tuple(
            simplifier.terms.apply(ITEM, (term,), {"index": place}, part.shape, part.dtype)
            for place, part in enumerate(parts)
        )
    return term
