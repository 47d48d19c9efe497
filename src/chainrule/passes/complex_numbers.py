"""Owns how an operation on complex numbers becomes terms: by a rule, part by part, multiplied out, or by NumPy on pairs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Linear, Multilinear, Primitive
from chainrule.passes.complex_parts import (
    ON_PAIRS,
    REAL_OF,
    Parts,
    Real,
    Value,
    as_parts,
    fitted,
    in_memory,
    joined,
    split,
    truth,
)
from chainrule.passes.complex_rules import RULES
from chainrule.passes.fourier import transform
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Shape, Term
from chainrule.primitives.fourier import FOURIER_PRIMITIVES, RFFT
from chainrule.primitives.shape import ASTYPE

FACTORS = 2
"""Products of up to so many complex factors are multiplied out."""


def is_complex(operands: Sequence[Value], dtype: np.dtype[Any]) -> bool:
    """Whether an operation is one on complex numbers."""
    # Hot path: benchmarks/test_first_calls.py
    for operand in operands:
        if type(operand) is Parts:
            return True
    return dtype.kind == "c" and dtype in REAL_OF


def apply(
    s: Simplifier, primitive: Primitive, operands: Sequence[Value], parameters: dict[str, Any], shape: Shape,
    dtype: np.dtype[Any],
) -> Value:  # fmt: skip
    """Return the value of an operation on complex numbers, by its parts where they can be computed from real ones."""
    if _is_in_parts(dtype) and all(_is_in_parts(each.dtype) for each in operands if isinstance(each, Term)):
        found: Parts | Real | None = None
        rule = RULES.get(primitive)
        if rule is not None:
            found = rule(*(_precise(s, as_parts(s, operand), dtype) for operand in operands))
        elif primitive in FOURIER_PRIMITIVES:
            found = _transformed(s, primitive, operands[0], parameters, shape, REAL_OF.get(dtype, dtype))
        elif dtype in REAL_OF and isinstance(primitive, Linear):
            found = _on_parts(s, primitive, operands, parameters, shape, REAL_OF[dtype])
        elif dtype in REAL_OF and isinstance(primitive, Multilinear):
            found = _expanded(s, primitive, operands, parameters, shape, REAL_OF[dtype])
        if found is not None:
            return fitted(s, found, shape, dtype)
    (result,) = by_numpy(s, primitive, operands, parameters, [(shape, dtype)])
    return result


def _precise(s: Simplifier, parts: Parts, dtype: np.dtype[Any]) -> Parts:
    """Return an operand in the type in which NumPy computes a result of type `dtype`: a rule has steps of its own.

    Those of whole numbers would overflow. A number of Python's has no precision of its own, and stays as it is.
    """
    wanted = REAL_OF.get(dtype)
    if wanted is None or not any(_is_lesser(each.term, wanted) for each in parts[:2]):
        return parts
    real, imaginary, _ = as_parts(s, parts, wanted)
    return Parts(real, imaginary, parts.constant)


def _is_lesser(term: Term, wanted: np.dtype[Any]) -> bool:
    return term.dtype.kind != "f" or term.dtype.itemsize < wanted.itemsize


def _is_in_parts(dtype: np.dtype[Any]) -> bool:
    return dtype.kind != "c" or dtype in REAL_OF


def _on_parts(
    s: Simplifier, primitive: Linear, operands: Sequence[Value], parameters: dict[str, Any], shape: Shape,
    dtype: np.dtype[Any],
) -> Parts:  # fmt: skip
    """Apply what moves, adds and chooses numbers to each part; a complex number that chooses does so by its truth."""
    count = len(operands) if primitive.linear_in is None else primitive.linear_in
    moved, others = [as_parts(s, each, dtype) for each in operands[:count]], [truth(each) for each in operands[count:]]
    if primitive is ASTYPE:
        return moved[0]
    real, imaginary = (
        Real(s, s.apply(primitive, (*(each[part].term for each in moved), *others), parameters, shape, dtype))
        for part in (0, 1)
    )
    return Parts(real, imaginary)


def _transformed(
    s: Simplifier, primitive: Primitive, operand: Value, parameters: dict[str, Any], shape: Shape, dtype: np.dtype[Any]
) -> Parts | Real | None:
    z = as_parts(s, operand, dtype)
    axis = parameters["axis"]
    length = (z.real.term.shape if primitive is RFFT else shape)[axis]
    return transform(s, primitive, z, isinstance(operand, Term), parameters, length)


def _expanded(
    s: Simplifier, primitive: Multilinear, operands: Sequence[Value], parameters: dict[str, Any], shape: Shape,
    dtype: np.dtype[Any],
) -> Parts | None:  # fmt: skip
    """Multiply out: a product of sums of a real and an imaginary part is the sum of the products."""
    places = [place for place, each in enumerate(operands) if isinstance(each, Parts)]
    if len(places) > FACTORS:
        return None
    sums: list[Real | None] = [None, None]
    for choice in itertools.product((0, 1), repeat=len(places)):
        chosen = dict(zip(places, choice, strict=True))
        terms = [each[chosen[place]].term if isinstance(each, Parts) else each for place, each in enumerate(operands)]
        product, turns = Real(s, s.apply(primitive, terms, parameters, shape, dtype)), sum(choice)
        before = sums[turns % 2]
        if before is None:
            sums[turns % 2] = -product if turns >= 2 else product
        else:
            sums[turns % 2] = before - product if turns >= 2 else before + product
    real, imaginary = sums
    assert real is not None
    assert imaginary is not None
    return Parts(real, imaginary)


def by_numpy(
    s: Simplifier, primitive: Primitive, operands: Sequence[Value], parameters: dict[str, Any],
    kinds: Sequence[tuple[Shape, np.dtype[Any]]],
) -> tuple[Value, ...]:  # fmt: skip
    """Return the results of an operation that NumPy computes of pairs. kinds: their shapes and types."""
    given = [each if isinstance(each, Term) else _in_memory(each) for each in operands]
    takes = tuple(isinstance(each, Parts) and each.constant is None for each in operands)
    makes = tuple(dtype in REAL_OF for _, dtype in kinds)
    keywords = {"primitive": primitive, "takes": takes, "makes": makes, "keywords": parameters}
    places = [in_memory(*kind) for kind in kinds]
    if len(kinds) == 1:
        results: tuple[Term, ...] = (s.apply(ON_PAIRS, given, keywords, *places[0]),)
    else:
        results = s.terms.apply_several(ON_PAIRS, given, keywords, places)
    return tuple(split(s, result) if is_pair else result for result, is_pair in zip(results, makes, strict=True))


def _in_memory(parts: Parts) -> Term:
    return joined(parts) if parts.constant is None else parts.real.s.terms.constant(parts.constant)
