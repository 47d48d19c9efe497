"""Owns the inputs of calls of one signature: what an entry expects, how they lie in memory, and what the function is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.native.calls.signature import Call, arguments_of
from chainrule.native.entry.plan import Array, Nested, Node, Number, Same, Scalar
from chainrule.passes.complex_parts import in_memory
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Shape, Term
from chainrule.primitives.shape import TRANSPOSE

_NAMES = 12
"""Calls with more arguments by name go through Python: an entry compares each name with each."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs in order. lying: as their memory is read. given: as the function has them.

    arguments: all of a call, the last ones by the names in `keywords`; None where an entry cannot take them apart.
    order: the places of these names as a call has to give them; empty: in any order.
    """

    kinds: tuple[Node, ...]
    lying: tuple[Term, ...]
    given: tuple[Term, ...]
    arguments: Nested | None
    keywords: tuple[str, ...]
    order: tuple[int, ...]


def inputs_of(call: Call, simplifier: Simplifier) -> Inputs:
    """Return the inputs of a call."""
    kinds = call.kinds
    if any(_is_narrow(kind) for kind in kinds):  # beside which np.float64 is another kind of number
        kinds = tuple(Number(is_python=True) if kind == Number() else kind for kind in kinds)
    terms = [
        _terms(simplifier, place, kind, np.shape(value), value.dtype)
        for place, (kind, value) in enumerate(zip(kinds, call.inputs(), strict=True))
    ]
    moving = dict(zip(call.moving, kinds, strict=True))
    leaves = [moving.get(place) or Same(leaf) for place, leaf in enumerate(call.leaves)]
    keywords = tuple(sorted(call.kwargs))
    arguments = arguments_of((*call.args, *(call.kwargs[name] for name in keywords)), leaves)
    return Inputs(
        kinds, tuple(lying for lying, _ in terms), tuple(given for _, given in terms),
        arguments if isinstance(arguments, Nested) and len(keywords) <= _NAMES else None, keywords,
        tuple(map(keywords.index, call.kwargs)) if call.is_ordered else (),
    )  # fmt: skip


def _terms(simplifier: Simplifier, place: int, kind: Node, shape: Shape, dtype: np.dtype[Any]) -> tuple[Term, Term]:
    """Return an input as it lies in memory, and as it is given: of what is in Fortran order the transpose lies there."""
    shape, real = in_memory(shape, dtype)
    if not isinstance(kind, Array) or kind.order == "C":
        term = simplifier.terms.input(place, shape, real)
        return term, term
    rank = len(kind.shape)
    axes = (
        *reversed(range(rank)),
        *range(rank, len(shape)),
    )  # the parts of a complex number lie side by side all the same
    lying = simplifier.terms.input(place, tuple(shape[axis] for axis in axes), real)
    return lying, simplifier.apply(TRANSPOSE, (lying,), {"axes": axes}, shape, real)


def _is_narrow(kind: Node) -> bool:
    """Whether an argument has less than the precision of a Python number."""
    return isinstance(kind, Array | Scalar) and kind.dtype in (np.float16, np.float32, np.complex64)
