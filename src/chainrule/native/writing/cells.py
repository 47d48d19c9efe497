"""Owns straight-line code for small arrays: each element is a register, and an operation is written once for each of them.

An array is a NumPy array of names. What only moves elements is then NumPy's own function, applied to names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.native.loops.reductions import accumulate
from chainrule.native.machine.machine import host
from chainrule.native.machine.text import Body, Module
from chainrule.native.memory.layout import is_basic
from chainrule.native.memory.steps import ACCUMULATIONS
from chainrule.native.vectors.functions import FUNCTIONS
from chainrule.native.vectors.instructions import (
    ELEMENTS,
    REAL,
    REALS,
    Operand,
    as_type,
    has_instruction,
    instruction_for,
    write_constant,
    write_elementwise,
)
from chainrule.native.vectors.lanes import Lanes
from chainrule.passes.places import GATHER, SCATTER
from chainrule.passes.terms import BOOL, Shape, Term
from chainrule.passes.weaving import WEAVE
from chainrule.primitives.arithmetic import DIVIDE, SQRT
from chainrule.primitives.index_keys import key_of
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.joining import STACK
from chainrule.primitives.order import MAX, MIN
from chainrule.primitives.products import MATMUL
from chainrule.primitives.reduction import PROD, SUM
from chainrule.primitives.shape import BROADCAST_TO, CONCATENATE, FLIP, PAD, RESHAPE, TRANSPOSE

MOST = 16
"""Arrays of up to so many elements are kept in registers."""
Names = np.ndarray[Any, np.dtype[np.object_]]
_MOVES = frozenset({RESHAPE, TRANSPOSE, BROADCAST_TO, CONCATENATE, FLIP, STACK, WEAVE})
_SLOW = frozenset({DIVIDE, SQRT})  # a processor begins one of these in five to nine cycles, for one number or a vector
_REDUCTIONS: dict[Primitive | None, str] = {SUM: "add", PROD: "multiply", MAX: "maximum", MIN: "minimum"}


def can_be_cells(term: Term) -> bool:
    """Whether a term of few elements, of operands of few elements, can be written as straight-line code."""
    primitive = term.primitive
    if not 0 < term.size <= MOST or not all(0 < operand.size <= MOST for operand in term.operands):
        return False
    if term.dtype not in ELEMENTS or any(operand.dtype not in ELEMENTS for operand in term.operands):
        return False
    if primitive in _MOVES or primitive is PAD:
        return all(operand.dtype == term.dtype for operand in term.operands)
    if primitive in (GATHER, SCATTER):
        places = term.operands[1 if primitive is GATHER else 2 :]
        same = all(operand.dtype == term.dtype for operand in term.operands[: -len(places)])
        return same and all(place.is_constant for place in places)
    if primitive is INDEX:
        return len(term.operands) == 1 and is_basic(term.parameters["template"])
    if primitive in (INDEX_SET, INDEX_ADD):
        same = all(operand.dtype == term.dtype for operand in term.operands)
        return same and len(term.operands) == 2 and is_basic(term.parameters["template"])
    if primitive in ACCUMULATIONS:
        return term.dtype != BOOL and all(operand.dtype == term.dtype for operand in term.operands)
    if primitive in _REDUCTIONS or primitive is MATMUL:
        return term.dtype in REALS and all(operand.dtype == term.dtype for operand in term.operands)
    return has_instruction(term)


class Cells:
    """Writes terms into one body. A number is a name that starts like a literal.

    known: shares what was written before. is_inline: whether functions are written where they are used, and not called.
    """

    def __init__(self, body: Body, known: dict[Any, str] | None = None, is_inline: bool = False) -> None:
        self.body = body
        self.known = {} if known is None else known
        self.is_inline = is_inline

    def constant(self, term: Term) -> Names:
        """Return the names of a constant's elements: literals."""
        value = np.asarray(term.constant)
        lanes = Lanes(self.body, 1, REALS.get(term.dtype, "double"))
        names = np.empty(value.shape, dtype=object)
        for place in np.ndindex(value.shape):
            names[place] = write_constant(lanes, value[place], term.dtype)
        return names

    def write(self, term: Term, operands: Sequence[Names]) -> Names:
        """Write a term for which `can_be_cells` holds; return the names of its elements."""
        primitive = term.primitive
        if primitive in _MOVES:
            return np.asarray(primitive.value(*operands, **term.parameters), dtype=object)
        if primitive is INDEX:
            found = operands[0][key_of(term.parameters["template"], ())]
            return _as_array(found)
        if primitive is PAD:
            return np.pad(operands[0], term.parameters["widths"], constant_values=self._zero(term))
        if primitive is GATHER:
            return _as_array(operands[0][_numbers(term.operands[1:])])
        if primitive in (INDEX_SET, INDEX_ADD):
            key, adds = key_of(term.parameters["template"], ()), primitive is INDEX_ADD
            return self._update(term, operands[0], operands[1], key, adds)
        if primitive is SCATTER:
            return self._update(term, operands[0], operands[1], _numbers(term.operands[2:]), term.parameters["adds"])
        if primitive in _REDUCTIONS:
            return self._reduce(term, operands[0])
        if primitive in ACCUMULATIONS:
            return self._accumulate(term, *operands)
        if primitive is MATMUL:
            return self._matmul(term, operands[0], operands[1])
        return self._elementwise(term, [_spread(each, term.shape) for each in operands])

    def _elementwise(self, term: Term, operands: Sequence[list[str]]) -> Names:
        """Write an elementwise term: as vectors where that pays, else one element after the other."""
        lanes = host().width // term.dtype.itemsize
        count = math.gcd(term.size, lanes)
        if count < 4:
            count = min(1 << (term.size - 1).bit_length(), lanes)
        is_full = term.size % count == 0
        out = np.empty(term.size, dtype=object)
        for start in range(0, term.size, count):
            end = min(start + count, term.size)
            # The last number stands in the lanes that are left, so that three of them are one vector too.
            parts = [names[start:end] + names[end - 1 : end] * (start + count - end) for names in operands]
            if self._is_better_packed(term, parts, is_full):
                out[start:end] = self._together(term, parts, end - start)
            else:
                parts = [names[start:end] for names in operands]
                out[start:end] = [self._one(term, list(names)) for names in zip(*parts, strict=True)]
        return out.reshape(term.shape)

    def _is_better_packed(self, term: Term, parts: Sequence[list[str]], is_full: bool) -> bool:
        """Whether elements are written as one vector: for what is slow, and for what goes on with its result.

        is_full: each lane has an element of its own. Where one has not, quotients and roots are no faster so.
        """
        if term.dtype not in REALS or any(operand.dtype != term.dtype for operand in term.operands):
            return False
        different = [names for names in parts if len(set(names)) > 1]
        is_slow = (is_full and term.primitive in _SLOW) or (
            term.primitive is not None and term.primitive.name in FUNCTIONS
        )
        return bool(different) and (is_slow or any(("pack", *names) in self.known for names in different))

    def _together(self, term: Term, parts: Sequence[list[str]], count: int) -> list[str]:
        """Write elements as one vector; return the names of the first `count`, the last of which stands in all lanes after it."""
        lanes = Lanes(self.body, len(parts[0]), REALS[term.dtype])
        packs = [self._pack(lanes, names) for names in parts]
        name = term.primitive.name if term.primitive else ""
        if name in FUNCTIONS:
            found = self._call(name, lanes, packs)
        else:
            found = write_elementwise(lanes, term, [(pack, term.dtype) for pack in packs])
        names = [self.body.let(f"extractelement {lanes.type} {found}, i32 {lane}") for lane in range(count)]
        self.known[("pack", *names, *names[-1:] * (lanes.width - count))] = found
        return names

    def _pack(self, lanes: Lanes, names: list[str]) -> str:
        """Return elements as a vector."""
        key = ("pack", *names)
        found = self.known.get(key)
        if found is None:
            if not any(name.startswith("%") for name in names):
                return "<" + ", ".join(f"{lanes.real} {name}" for name in names) + ">"
            found = "poison"
            for lane, name in enumerate(names):
                found = self.body.let(f"insertelement {lanes.type} {found}, {lanes.real} {name}, i32 {lane}")
            self.known[key] = found
        return found

    def _zero(self, term: Term) -> str:
        return write_constant(Lanes(self.body, 1, REALS.get(term.dtype, "double")), 0, term.dtype)

    def _one(self, term: Term, names: list[str]) -> str:
        name = term.primitive.name if term.primitive else ""
        alike = all(operand.number is None and operand.dtype == term.dtype for operand in term.operands)
        if name == "add" and alike and term.dtype in REALS:
            return self._arithmetic(name, term, *names)
        key = (term.primitive, term.dtype, *names, *[operand.dtype for operand in term.operands])
        found = self.known.get(key)
        if found is None:
            lanes = Lanes(self.body, 1, REALS.get(term.dtype, "double"))
            pairs: list[Operand] = [
                (None, operand.constant) if operand.number is not None else (name, operand.dtype)
                for name, operand in zip(names, term.operands, strict=True)
            ]
            chosen = instruction_for(term)
            if name in FUNCTIONS and chosen is not None and chosen[1] in REALS:
                found = self._call(name, lanes, [as_type(lanes, pair, chosen[1]) for pair in pairs])
            else:
                found = write_elementwise(lanes, term, pairs)
            self.known[key] = found
        return found

    def _call(self, name: str, lanes: Lanes, operands: Sequence[str]) -> str:
        """Write a function: where it is used, or as a call of one that the module has once."""
        if self.is_inline:
            return FUNCTIONS[name](lanes, *operands)
        symbol = function_on_lanes(self.body.module, name, len(operands), lanes.real, lanes.width)
        return self.body.call(lanes.type, symbol, [f"{lanes.type} {operand}" for operand in operands])

    def _arithmetic(self, name: str, term: Term, x: str, y: str) -> str:
        """Write a sum or a product of elements; to a sum, a zero that lies beside something placed adds nothing."""
        zero = self._zero(term)
        if name == "add" and x == zero:
            return y
        if name == "add" and y == zero:
            return x
        key = (name, term.dtype, x, y)
        found = self.known.get(key)
        if found is None:
            lanes = Lanes(self.body, 1, REALS.get(term.dtype, "double"))
            found = REAL[name](lanes, x, y) if term.dtype in REALS else lanes.bitwise("add", x, y)
            self.known[key] = found
        return found

    def _update(self, term: Term, x: Names, v: Names, key: Any, adds: bool) -> Names:
        """Return the elements with those at an index expression replaced, or added to."""
        names = x.ravel().tolist()
        places = np.asarray(np.arange(x.size).reshape(x.shape)[key])
        v = v.reshape(v.shape[max(0, v.ndim - places.ndim) :])  # it may have more axes, of length 1
        for place, name in zip(places.ravel(), np.broadcast_to(v, places.shape).ravel(), strict=True):
            names[place] = self._arithmetic("add", term, names[place], name) if adds else name
        return np.array(names, dtype=object).reshape(x.shape)

    def _reduce(self, term: Term, x: Names) -> Names:
        name = _REDUCTIONS[term.primitive]
        axis = term.parameters["axis"]
        kept = [place for place in range(x.ndim) if place not in axis]
        moved = np.transpose(x, [*kept, *axis]).reshape([x.shape[place] for place in kept] + [-1])
        out = np.empty(moved.shape[:-1], dtype=object)
        for place in np.ndindex(out.shape):
            total = moved[place][0]
            for part in moved[place][1:]:
                total = self._arithmetic(name, term, total, part)
            out[place] = total
        return out.reshape(term.shape)

    def _accumulate(self, term: Term, x: Names, *factors: Names) -> Names:
        out = x.copy()
        rows, *by = (np.moveaxis(each, term.parameters["axis"], 0) for each in (out, *factors))
        lanes, how = Lanes(self.body, 1, REALS.get(term.dtype, "double")), ACCUMULATIONS[term.primitive]
        for place in range(1, len(rows)):
            for each in np.ndindex(rows.shape[1:]):
                before, own = rows[(place - 1, *each)], rows[(place, *each)]
                found = [factor[(place - 1, *each)] for factor in by]
                rows[(place, *each)] = accumulate(lanes, how, term.dtype, before, own, *found)
        return out

    def _matmul(self, term: Term, x: Names, y: Names) -> Names:
        left = x.reshape((1, *x.shape)) if x.ndim == 1 else x
        right = y.reshape((*y.shape, 1)) if y.ndim == 1 else y
        batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
        left = np.broadcast_to(left, (*batch, *left.shape[-2:]))
        right = np.broadcast_to(right, (*batch, *right.shape[-2:]))
        out = np.empty((*batch, left.shape[-2], right.shape[-1]), dtype=object)
        for place in np.ndindex(out.shape):
            *where, row, column = place
            terms = [
                self._arithmetic("multiply", term, p, q)
                for p, q in zip(left[(*where, row)], right[(*where, slice(None), column)], strict=True)
            ]
            total = terms[0]
            for part in terms[1:]:
                total = self._arithmetic("add", term, total, part)
            out[place] = total
        return out.reshape(term.shape)


def _numbers(places: Sequence[Term]) -> tuple[Any, ...]:
    """Return the constants that say where."""
    return tuple(place.constant for place in places)


def _spread(names: Names, shape: Shape) -> list[str]:
    """Return the names of the elements of an operand broadcast to a shape."""
    found: list[str] = (names if names.shape == shape else np.broadcast_to(names, shape)).ravel().tolist()
    return found


def _as_array(found: Any) -> Names:
    if isinstance(found, np.ndarray):
        return found
    out = np.empty((), dtype=object)
    out[()] = found
    return out


def function_on_lanes(module: Module, name: str, count: int, real: str, width: int = 1) -> str:
    """Define a vector function on so many lanes in a module, once; return its symbol."""
    symbol = f"{name}_{real}_{width}"

    def write() -> str:
        body = Body(module)
        lanes = Lanes(body, width, real)
        result = FUNCTIONS[name](lanes, *[f"%x{place}" for place in range(count)])
        body.do(f"ret {lanes.type} {result}")
        parameters = ", ".join(f"{lanes.type} %x{place}" for place in range(count))
        return f"define internal {lanes.type} @{symbol}({parameters}) {{\n{body.text()}\n}}"

    return module.define(symbol, write)
