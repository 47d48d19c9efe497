"""Owns how Einstein sums are simplified: into sums, matrix products and products of elements, two factors at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.passes.simplify import Simplifier
from chainrule.passes.simplify_products import SMALL_PRODUCT
from chainrule.passes.terms import FLOAT32, FLOAT64, Shape, Term
from chainrule.primitives import arithmetic as a
from chainrule.primitives.products import MATMUL
from chainrule.primitives.reduction import SUM
from chainrule.primitives.shape import ASTYPE, TRANSPOSE

Labeled = tuple[str, Term]
"""A factor with a letter for each of its axes."""


def einsum(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Multiply two factors after the other, in the order in which that is cheap.

    Rounding differs as between two orders of one sum.
    """
    if dtype not in (FLOAT64, FLOAT32) or any(x.dtype.kind == "c" for x in operands):
        return None
    subscripts = parameters["subscripts"]
    inputs, output = subscripts.split("->")
    operands = tuple(s.apply(ASTYPE, (x,), {"dtype": dtype}, x.shape, dtype) for x in operands)
    factors = list(zip(inputs.split(","), operands, strict=True))
    lengths = {(letter, n) for letters, x in factors for letter, n in zip(letters, x.shape, strict=True)}
    sizes = dict(lengths)
    if len(sizes) < len(lengths) or 0 in sizes.values() or any(len(set(each)) < len(each) for each, _ in factors):
        return None
    for places in _order(subscripts, operands):
        taken = [factors.pop(place) for place in sorted(places, reverse=True)]
        kept = set(output).union(*(letters for letters, _ in factors))
        while len(taken) > 1:
            later = kept.union(*(letters for letters, _ in taken[:-2]))
            taken.append(_multiplied(s, taken.pop(), taken.pop(), later, sizes, output))
        factors.append(taken[0])
    letters, x = _summed(s, factors[0], set(output))
    return _turned(s, x, letters, output)


def _order(subscripts: str, operands: tuple[Term, ...]) -> list[tuple[int, ...]]:
    """Return which factors are multiplied first: their places among those that are left."""
    if len(operands) < 3:
        return [tuple(range(len(operands)))]
    shapes = [np.broadcast_to(0.0, operand.shape) for operand in operands]
    path: list[tuple[int, ...]] = np.einsum_path(subscripts, *shapes, optimize="greedy")[0][1:]
    return path


def _multiplied(
    s: Simplifier, one: Labeled, other: Labeled, kept: set[str], sizes: Mapping[str, int], output: str
) -> Labeled:
    """Return the product of two factors, summed over the letters of both that nothing else has."""
    (p, x), (q, y) = _summed(s, one, kept | set(other[0])), _summed(s, other, kept | set(one[0]))
    both = [letter for letter in p if letter in q]
    stacked, inner = "".join(each for each in both if each in kept), "".join(each for each in both if each not in kept)
    left, right = "".join(each for each in p if each not in q), "".join(each for each in q if each not in p)
    found = _where_they_lie(s, _in_memory((p, x)), _in_memory((q, y)), kept, sizes, output) if inner else None
    if found is not None:
        return found
    if inner:
        return _matrices(s, (stacked, left, inner, right), (p, x), (q, y), sizes)
    x, y = _turned(s, x, p, stacked + left), _turned(s, y, q, stacked + right)
    stack, columns = ([sizes[letter] for letter in letters] for letters in (stacked, right))
    x, y = s.reshape(x, (*x.shape, *(1 for _ in right))), s.reshape(y, (*stack, *(1 for _ in left), *columns))
    return stacked + left + right, s.binary(a.MULTIPLY, x, y)


def _matrices(
    s: Simplifier, letters: tuple[str, str, str, str], one: Labeled, other: Labeled, sizes: Mapping[str, int]
) -> Labeled:
    """Return the products of matrices; `letters` are those of the stack, the rows, the sum and the columns.

    A factor that has not all of the stack's letters is broadcast.
    """
    stacked, left, inner, right = letters
    x, y = _as_matrices(s, one, stacked, left, inner, sizes), _as_matrices(s, other, stacked, inner, right, sizes)
    stack, rows, columns = ([sizes[letter] for letter in each] for each in (stacked, left, right))
    out = s.apply(MATMUL, (x, y), {}, (*stack, math.prod(rows), math.prod(columns)), x.dtype)
    return stacked + left + right, s.reshape(out, (*stack, *rows, *columns))


def _as_matrices(
    s: Simplifier, factor: Labeled, stacked: str, rows: str, columns: str, sizes: Mapping[str, int]
) -> Term:
    """Return a factor as a stack of matrices; what lies in memory the other way round is transposed after it is reshaped.

    So is what has to be copied: its copy has neighbors in memory side by side again, and serves for its transpose too.
    """
    letters, x = _in_memory(factor)
    shared = "".join(letter for letter in stacked if letter in letters)
    is_other_way = letters != shared + rows + columns and letters[-1] in rows
    if is_other_way:
        rows, columns = columns, rows
    stack = [sizes[letter] if letter in shared else 1 for letter in stacked]
    sides = [math.prod(sizes[letter] for letter in side) for side in (rows, columns)]
    x = s.reshape(_turned(s, x, letters, shared + rows + columns), (*stack, *sides))
    return s.transpose(x, [*range(len(stack)), len(stack) + 1, len(stack)]) if is_other_way else x


def _where_they_lie(
    s: Simplifier, one: Labeled, other: Labeled, kept: set[str], sizes: Mapping[str, int], output: str
) -> Labeled | None:
    """Return the product as that of stacks of matrices which lie in memory as BLAS reads them, where one matrix would not.

    In "nchw,oc->nohw" each n has a matrix of c by hw. In "nohw,nchw->oc" each n has two, whose products are summed.
    """
    (p, x), (q, y) = one, other
    if x.size < y.size:
        (p, x), (q, y) = (q, y), (p, x)
    inner = "".join(letter for letter in p if letter in q and letter not in kept)
    if _is_matrix(p, inner) and _is_matrix(q, inner):
        return None
    if p[0] == q[0] == inner[0]:
        lead, inner = p[0], inner[1:]
        if not _is_matrix(q[1:], inner):
            return None
    else:
        lead = p[: p.index(inner[0])] if inner else ""
    rest = p[len(lead) :]
    left, right = "".join(each for each in rest if each not in inner), "".join(each for each in q if each not in p)
    work = math.prod(sizes[letter] for letter in inner + left + right)
    if (
        not (lead and inner and left and right and _is_matrix(rest, inner))
        or set(left) & set(q)
        or work <= SMALL_PRODUCT
    ):
        return None
    is_first = right[0] in output and left[0] in output and output.index(right[0]) < output.index(left[0])
    if is_first:
        out = _matrices(s, (lead, right, inner, left), (q, y), (p, x), sizes)
    else:
        out = _matrices(s, (lead, left, inner, right), (p, x), (q, y), sizes)
    return _summed(s, out, kept)


def _is_matrix(letters: str, inner: str) -> bool:
    """Whether the axes of a sum lie side by side, in this order, before or after all others."""
    return letters.startswith(inner) or letters.endswith(inner)


def _in_memory(factor: Labeled) -> Labeled:
    """Return a factor with its axes as they lie in memory."""
    letters, x = factor
    if x.primitive is not TRANSPOSE:
        return factor
    (inside,) = x.operands
    axes = x.parameters["axes"]
    return "".join(letters[axes.index(place)] for place in range(len(letters))), inside


def _summed(s: Simplifier, factor: Labeled, kept: set[str]) -> Labeled:
    """Return a factor summed over the letters that are not kept."""
    letters, x = factor
    axes = tuple(place for place, letter in enumerate(letters) if letter not in kept)
    if not axes:
        return factor
    shape = tuple(length for place, length in enumerate(x.shape) if place not in axes)
    total = s.apply(SUM, (x,), {"axis": axes, "keepdims": False}, shape, x.dtype)
    return "".join(letter for letter in letters if letter in kept), total


def _turned(s: Simplifier, x: Term, letters: str, wanted: str) -> Term:
    return s.transpose(x, [letters.index(letter) for letter in wanted])
