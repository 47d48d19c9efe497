"""Owns complex numbers among terms: a complex value is two real ones, its parts, from where it is read to where it is returned.

In memory the parts of each number lie side by side, as NumPy has them: an array of complex numbers is one of pairs.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from chainrule.core.primitive import Array, General, Primitive
from chainrule.passes.places import ONCE
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import BOOL, Shape, Term, in_promotion
from chainrule.passes.weaving import weave
from chainrule.primitives import arithmetic as a
from chainrule.primitives.comparison import EQUAL, GREATER, GREATER_EQUAL, LESS, LOGICAL_AND, LOGICAL_OR, NOT_EQUAL
from chainrule.primitives.indexing import INDEX
from chainrule.primitives.shape import ASTYPE, WHERE

REAL_OF: Final[dict[np.dtype[Any], np.dtype[Any]]] = {
    np.dtype(np.complex128): np.dtype(np.float64),
    np.dtype(np.complex64): np.dtype(np.float32),
}
"""The type of the parts, for each type of which values are taken apart."""


def _on_pairs(
    *operands: Array, primitive: Primitive, takes: tuple[bool, ...], makes: tuple[bool, ...], keywords: dict[str, Any]
) -> Any:
    given = [numbers_of(each) if is_pair else each for each, is_pair in zip(operands, takes, strict=True)]
    out = primitive.value(*given, **keywords)
    if type(out) is not tuple:
        return _real(out) if makes[0] else out
    return tuple(_real(each) if is_pair else each for each, is_pair in zip(out, makes, strict=True))


def numbers_of(pairs: Array) -> Array:
    """Return the complex numbers whose parts lie along the last axis."""
    pairs = np.ascontiguousarray(pairs)
    return pairs.view(np.result_type(pairs, np.complex64))[..., 0]


def _real(out: Array) -> Array:
    return _as_pairs(np.array(out, order="C"))


def _as_pairs(array: Array) -> Array:
    return array[..., np.newaxis].view(REAL_OF[array.dtype])


ON_PAIRS = General(name="on_pairs", value=_on_pairs, push=None, rule=ONCE)
"""What another primitive computes of complex numbers: those operands are pairs that it `takes` so, and those results that it
`makes` so."""


class Real:
    """A real term that is calculated with, as with a number."""

    __slots__ = ("s", "term")

    def __init__(self, s: Simplifier, term: Term) -> None:
        self.s, self.term = s, term

    def apply(self, primitive: Primitive, *others: Real | float, dtype: Any = None) -> Real:
        """Return an elementwise operation of this and others."""
        terms = [self.term, *(each.term if isinstance(each, Real) else self.s.terms.constant(each) for each in others)]
        shape = np.broadcast_shapes(*[term.shape for term in terms])
        if dtype is None:
            dtype = np.result_type(*map(in_promotion, terms))
        return Real(self.s, self.s.apply(primitive, terms, {}, shape, dtype))

    def __add__(self, other: Real | float) -> Real:
        return self.apply(a.ADD, other)

    def __sub__(self, other: Real | float) -> Real:
        return self.apply(a.SUBTRACT, other)

    def __mul__(self, other: Real | float) -> Real:
        return self.apply(a.MULTIPLY, other)

    def __truediv__(self, other: Real | float) -> Real:
        return self.apply(a.DIVIDE, other)

    def __neg__(self) -> Real:
        return self.apply(a.NEGATIVE)

    def __abs__(self) -> Real:
        return self.apply(a.ABSOLUTE)

    def __lt__(self, other: Real | float) -> Real:
        return self.apply(LESS, other, dtype=BOOL)

    def __gt__(self, other: Real | float) -> Real:
        return self.apply(GREATER, other, dtype=BOOL)

    def __ge__(self, other: Real | float) -> Real:
        return self.apply(GREATER_EQUAL, other, dtype=BOOL)

    def __and__(self, other: Real) -> Real:
        return self.apply(LOGICAL_AND, other, dtype=BOOL)

    def __or__(self, other: Real) -> Real:
        return self.apply(LOGICAL_OR, other, dtype=BOOL)

    def equals(self, other: Real | float) -> Real:
        """Return where they are equal."""
        return self.apply(EQUAL, other, dtype=BOOL)

    def differs(self, other: Real | float) -> Real:
        """Return where they are not equal."""
        return self.apply(NOT_EQUAL, other, dtype=BOOL)

    def choose(self, one: Real | float, other: Real | float) -> Real:
        """Return `one` where this holds, else the `other`."""
        first = one if isinstance(one, Real) else Real(self.s, self.s.terms.constant(one))
        terms = [first.term, (other.term if isinstance(other, Real) else self.s.terms.constant(other)), self.term]
        shape = np.broadcast_shapes(*[term.shape for term in terms])
        dtype = np.result_type(*map(in_promotion, terms[:2]))
        return Real(self.s, self.s.apply(WHERE, terms, {}, shape, dtype))


class Parts(NamedTuple):
    """A complex value. constant: where it is known, the number or array that was given."""

    real: Real
    imaginary: Real
    constant: Any = None


Value = Term | Parts
"""What stands for a value of the recorded run."""


def in_memory(shape: Shape, dtype: np.dtype[Any]) -> tuple[Shape, np.dtype[Any]]:
    """Return the shape and the type by which native code knows an array in memory."""
    real = REAL_OF.get(dtype)
    return (shape, dtype) if real is None else ((*shape, 2), real)


def split(s: Simplifier, pairs: Term) -> Parts:
    """Return the complex value whose pairs are in memory."""
    real, imaginary = (
        Real(s, s.apply(INDEX, (pairs,), {"template": (Ellipsis, place)}, pairs.shape[:-1], pairs.dtype))
        for place in (0, 1)
    )
    return Parts(real, imaginary)


def joined(parts: Parts) -> Term:
    """Return the pairs of a complex value."""
    s, terms = parts.real.s, (parts.real.term, parts.imaginary.term)
    return weave(s, terms, (2,), (len(terms[0].shape),))


def known(s: Simplifier, value: Any, is_reference: bool) -> Value:
    """Return a constant; a complex one by its parts."""
    if not isinstance(value, complex | np.complexfloating | np.ndarray):
        return s.terms.constant(value)
    if isinstance(value, complex) and not isinstance(value, np.generic):
        return Parts(Real(s, s.terms.constant(value.real)), Real(s, s.terms.constant(value.imag)), value)
    if value.dtype not in REAL_OF:
        return s.terms.constant(value, is_reference)
    if is_reference and isinstance(value, np.ndarray):
        return split(s, s.terms.reference_to(value, _as_pairs))
    real, imaginary = (Real(s, s.terms.constant(np.array(part)[()])) for part in (value.real, value.imag))
    return Parts(real, imaginary, value)


def as_parts(s: Simplifier, value: Value, dtype: np.dtype[Any] | None = None) -> Parts:
    """Return a value as a complex one; that of a real one is zero. dtype: of parts that are not numbers of Python's."""
    if isinstance(value, Parts):
        parts = value
    elif dtype is None:
        return Parts(Real(s, value), Real(s, s.terms.constant(0.0)), value.number)
    else:
        parts = Parts(Real(s, value), Real(s, s.broadcast(s.terms.constant(dtype.type(0)), value.shape)))
    return parts if dtype is None else Parts(*(Real(s, _cast(s, each.term, dtype)) for each in parts[:2]))


def fitted(s: Simplifier, value: Real | Parts, shape: Shape, dtype: np.dtype[Any]) -> Value:
    """Return a result with the shape and the type that NumPy gave it."""
    if isinstance(value, Real):
        return _fit(s, value.term, shape, dtype)
    return Parts(*(Real(s, _fit(s, each.term, shape, REAL_OF[dtype])) for each in value[:2]))


def cast(s: Simplifier, value: Value, dtype: np.dtype[Any]) -> Term:
    """Return a result as it is left in memory, in a type."""
    if dtype in REAL_OF:
        return joined(as_parts(s, value, REAL_OF[dtype]))
    return _cast(s, value.real.term if isinstance(value, Parts) else value, dtype)


def truth(value: Value) -> Term:
    """Return what Python decides on: a complex number is true where one of its parts is."""
    if isinstance(value, Term):
        return value
    return (value.real.differs(0.0) | value.imaginary.differs(0.0)).term


def _fit(s: Simplifier, term: Term, shape: Shape, dtype: np.dtype[Any]) -> Term:
    term = _cast(s, term, dtype)
    return term if term.shape == shape else s.broadcast(term, shape)


def _cast(s: Simplifier, term: Term, dtype: np.dtype[Any]) -> Term:
    return term if term.dtype == dtype else s.apply(ASTYPE, (term,), {"dtype": dtype}, term.shape, dtype)
