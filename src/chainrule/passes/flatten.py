"""Owns the flattening of an iteration space: where every array is read in order, many axes are one long one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.core.primitive import Elementwise
from chainrule.passes.terms import Shape, Term, uniform
from chainrule.primitives.shape import ASTYPE, TRUNCATE, WHERE


def _contiguous(shape: Shape) -> Shape:
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def flatten_space(
    domain: Shape, roots: Sequence[tuple[Term, str, Shape]], stored: Callable[[Term], Any]
) -> tuple[Shape, list[tuple[Term, Shape]]] | None:
    """Return the space as one axis, and each root in it with its stride; None where some array is not read in order.

    The terms that are returned stand for others: `results` is the term whose memory is read.
    """
    if len(domain) < 2:
        return None
    order = _contiguous(domain)
    for _, how, strides in roots:
        if strides != order and (how in ("store", "add") or any(strides)):
            return None
    made: dict[int, Term] = {}
    for root, _, _ in roots:
        if root.shape != domain or _flat(root, domain, order, stored, made) is None:
            return None
    size = math.prod(domain)
    return (size,), [(made[term.index], (1 if any(strides) else 0,)) for term, _, strides in roots]


def _flat(root: Term, domain: Shape, order: Shape, stored: Callable[[Term], Any], made: dict[int, Term]) -> Term | None:
    size = math.prod(domain)
    stack = [root]
    while stack:
        term = stack[-1]
        if term.index in made:
            stack.pop()
            continue
        whole = term.shape == domain
        if not whole and term.size != 1:
            return None
        shape = (size,) if whole else ()
        number = uniform(term)
        if number is not None:
            made[term.index] = Term(-term.index - 2, None, (), {}, (), term.dtype, constant=number)
            continue
        place = stored(term)
        if place is not None:
            if whole and place[1].strides != order:
                return None
            made[term.index] = Term(-term.index - 2, None, (), {}, shape, term.dtype, results=term)
            continue
        if not isinstance(term.primitive, Elementwise) and term.primitive not in (ASTYPE, TRUNCATE, WHERE):
            return None
        missing = [operand for operand in term.operands if operand.index not in made]
        if missing:
            stack.extend(missing)
            continue
        operands = tuple(made[operand.index] for operand in term.operands)
        made[term.index] = Term(-term.index - 2, term.primitive, operands, term.parameters, shape, term.dtype)
    return made[root.index]
