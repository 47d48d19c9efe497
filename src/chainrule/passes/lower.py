"""Owns the way from a recorded graph to terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.core.graph import ITEM, Graph, Node
from chainrule.passes.complex_numbers import apply, by_numpy, is_complex
from chainrule.passes.complex_parts import REAL_OF, Value, known, split
from chainrule.passes.simplify import Simplifier
from chainrule.passes.simplify_solves import log_determinant
from chainrule.passes.terms import Shape, Term
from chainrule.primitives.decompositions import EIGH, EIGVALSH, SINGULAR_VALUES, SVD
from chainrule.primitives.solves import SLOGDET

WITH_VECTORS = {EIGVALSH: (EIGH, 0), SINGULAR_VALUES: (SVD, 1)}
"""What computes values alone: the decomposition that also has the vectors, and which of its results the values are."""


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
) -> Callable[[Any], Value]:  # fmt: skip
    """Return a function from the nodes of a graph, and constants, to their terms; a complex value has one for each part.

    graph: its nodes have an `ArrayType` as their value. references: by the number of its node, an array that is read where it is.
    """
    terms: dict[int, Value] = {}
    for node, term in zip(graph.inputs, inputs, strict=True):
        given = simplifier.terms.constant(np.empty(term.shape, term.dtype)) if 0 in term.shape else term
        terms[node.index] = split(simplifier, given) if node.value.dtype in REAL_OF else given
    several: dict[int, Sequence[Value]] = {}
    within = _values_with_vectors(graph)

    def constant(value: Any) -> Value:
        return known(simplifier, value, isinstance(value, np.ndarray) and is_reference(value))

    for number, array in references.items():
        terms[number] = known(simplifier, array, is_reference=True)
    for node in graph.nodes:
        if node.primitive is None:
            continue
        if node.primitive is ITEM:
            (parent,) = node.parents
            assert parent is not None
            terms[node.index] = several[parent.index][node.parameters["index"]]
            continue
        operands = [
            constant(operand) if parent is None else terms[parent.index]
            for operand, parent in zip(node.operands, node.parents, strict=True)
        ]
        if node.index in within:
            decomposition, result = within[node.index]
            terms[node.index] = _several(simplifier, decomposition, operands)[result]
            continue
        if type(node.value) is tuple:
            several[node.index] = _several(simplifier, node, operands)
            continue
        make: Any = apply if is_complex(operands, node.value.dtype) else Simplifier.apply
        terms[node.index] = make(simplifier, node.primitive, operands, node.parameters, *node.value)
    return lambda part: terms[part.index] if isinstance(part, Node) else constant(part)


def _values_with_vectors(graph: Graph) -> dict[int, tuple[Node, int]]:
    """Return, for values of a matrix whose vectors are computed too, the node of both and which result to take."""
    nodes = [
        node for node in graph.nodes if node.primitive in (*WITH_VECTORS, EIGH, SVD) and node.parents[0] is not None
    ]

    def key(primitive: Any, node: Node) -> Any:
        assert node.parents[0] is not None
        return primitive, node.parents[0].index, node.parameters.get("uplo")  # full factors have the same values

    found = {key(node.primitive, node): node for node in nodes}
    within: dict[int, tuple[Node, int]] = {}
    for node in nodes:
        if node.primitive in WITH_VECTORS:
            decomposition, result = WITH_VECTORS[node.primitive]
            if (both := found.get(key(decomposition, node))) is not None:
                within[node.index] = both, result
    return within


def _several(simplifier: Simplifier, node: Node, operands: Sequence[Value]) -> Sequence[Value]:
    """Return the terms of an operation with several results."""
    kinds: Sequence[ArrayType] = node.value
    assert node.primitive is not None
    given = [operand for operand in operands if isinstance(operand, Term)]
    if len(given) < len(operands) or any(dtype in REAL_OF for _, dtype in kinds):
        return by_numpy(simplifier, node.primitive, operands, node.parameters, kinds)
    found = log_determinant(simplifier, given[0]) if node.primitive is SLOGDET else None
    return found or simplifier.terms.apply_several(node.primitive, given, node.parameters, kinds)
