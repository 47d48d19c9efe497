"""Owns how Einstein sums are simplified: into sums, matrix products and products of elements, two factors at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import FLOAT32, FLOAT64, Shape, Term
from chainrule.primitives import arithmetic as a
from chainrule.primitives.products import MATMUL
from chainrule.primitives.reduction import SUM
from chainrule.primitives.shape import ASTYPE

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
            taken.append(_multiplied(s, taken.pop(), taken.pop(), later, sizes))
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


def _multiplied(s: Simplifier, one: Labeled, other: Labeled, kept: set[str], sizes: Mapping[str, int]) -> Labeled:
    """Return the product of two factors, summed over the letters of both that nothing else has."""
    (p, x), (q, y) = _summed(s, one, kept | set(other[0])), _summed(s, other, kept | set(one[0]))
    both = [letter for letter in p if letter in q]
    stacked, inner = "".join(each for each in both if each in kept), "".join(each for each in both if each not in kept)
    left, right = "".join(each for each in p if each not in q), "".join(each for each in q if each not in p)
    x, y = _turned(s, x, p, stacked + left + inner), _turned(s, y, q, stacked + inner + right)
    stack, rows, columns = ([sizes[letter] for letter in letters] for letters in (stacked, left, right))
    if not inner:
        x, y = s.reshape(x, (*x.shape, *(1 for _ in right))), s.reshape(y, (*stack, *(1 for _ in left), *columns))
        return stacked + left + right, s.binary(a.MULTIPLY, x, y)
    count = math.prod(sizes[letter] for letter in inner)
    x, y = s.reshape(x, (*stack, math.prod(rows), count)), s.reshape(y, (*stack, count, math.prod(columns)))
    out = s.apply(MATMUL, (x, y), {}, (*stack, math.prod(rows), math.prod(columns)), x.dtype)
    return stacked + left + right, s.reshape(out, (*stack, *rows, *columns))


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
