"""Owns how an elementwise operation of the table is computed on lanes: by which instructions, in which type.

Arithmetic is exactly IEEE's, operation by operation, so that its results are NumPy's bit by bit: nothing is contracted, since
x*x - y*y at x == y must be 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from chainrule.core.primitive import Elementwise
from chainrule.native.vectors.division import whole_floor_divide, whole_remainder
from chainrule.native.vectors.functions import FUNCTIONS
from chainrule.native.vectors.lanes import Lanes
from chainrule.passes.terms import BOOL, FLOAT32, FLOAT64, INT64, Term, in_promotion
from chainrule.primitives.shape import ASTYPE, TRUNCATE, WHERE

Write: TypeAlias = Callable[..., str]
REALS = {FLOAT64: "double", FLOAT32: "float"}
ELEMENTS = {FLOAT64: "double", FLOAT32: "float", INT64: "i64", BOOL: "i1"}
"""The types that native code computes in, with LLVM's names; everything else goes through NumPy."""

SMALLEST = -(1 << 63)
"""Of the integers."""
Operand: TypeAlias = tuple[str | None, Any]
"""The name of a value with its type, or None with a number."""


def lanes_of(lanes: Lanes, dtype: np.dtype[Any]) -> Lanes:
    """Return lanes of another type, as many of them, in the same body. Integers and truth values use those of float64."""
    real = REALS.get(dtype, "double")
    return lanes if lanes.real == real else Lanes(lanes.body, lanes.width, real)


def _sign(lanes: Lanes, x: str) -> str:
    positive, negative = lanes.compare("ogt", x, lanes.number(0)), lanes.compare("olt", x, lanes.number(0))
    rest = lanes.select(lanes.compare("oeq", x, lanes.number(0)), lanes.number(0), x)
    return lanes.select(positive, lanes.number(1), lanes.select(negative, lanes.number(-1), rest))


def _heaviside(lanes: Lanes, x: str, h: str) -> str:
    negative = lanes.select(
        lanes.compare("olt", x, lanes.number(0)),
        lanes.number(0),
        lanes.select(lanes.compare("oeq", x, lanes.number(0)), h, x),
    )
    return lanes.select(lanes.compare("ogt", x, lanes.number(0)), lanes.number(1), negative)


def larger(lanes: Lanes, x: str, y: str) -> str:
    """Return the larger; NaN where one of them is, and the second of two zeros, as NumPy."""
    return lanes.select(lanes.compare("uno", x, x), x, lanes.select(lanes.compare("ogt", x, y), x, y))


def smaller(lanes: Lanes, x: str, y: str) -> str:
    """Return the smaller; NaN where one of them is, and the second of two zeros, as NumPy."""
    return lanes.select(lanes.compare("uno", x, x), x, lanes.select(lanes.compare("olt", x, y), x, y))


def _larger_number(lanes: Lanes, x: str, y: str) -> str:
    return lanes.select(lanes.compare("uno", y, y), x, lanes.select(lanes.compare("ogt", x, y), x, y))


def _smaller_number(lanes: Lanes, x: str, y: str) -> str:
    return lanes.select(lanes.compare("uno", y, y), x, lanes.select(lanes.compare("olt", x, y), x, y))


def _clip(lanes: Lanes, x: str, low: str, high: str) -> str:
    return smaller(lanes, larger(lanes, x, low), high)


def _scaled(factor: float) -> Write:
    return lambda lanes, x: lanes.mul(x, lanes.number(factor))


def _truth(lanes: Lanes, x: str) -> str:
    return lanes.compare("une", x, lanes.number(0))


REAL: dict[str, Write] = {
    "add": Lanes.add,
    "subtract": Lanes.sub,
    "multiply": Lanes.mul,
    "divide": Lanes.div,
    "negative": Lanes.neg,
    "positive": lambda lanes, x: x,
    "conjugate": lambda lanes, x: x,
    "real": lambda lanes, x: x,
    "reciprocal": lambda lanes, x: lanes.div(lanes.number(1), x),
    "square": lambda lanes, x: lanes.mul(x, x),
    "sqrt": lambda lanes, x: lanes.intrinsic("sqrt", x),
    "absolute": lambda lanes, x: lanes.intrinsic("fabs", x),
    "fabs": lambda lanes, x: lanes.intrinsic("fabs", x),
    "copysign": lambda lanes, x, y: lanes.intrinsic("copysign", x, y),
    "degrees": _scaled(180 / math.pi),
    "rad2deg": _scaled(180 / math.pi),
    "radians": _scaled(math.pi / 180),
    "deg2rad": _scaled(math.pi / 180),
    "floor": lambda lanes, x: lanes.intrinsic("floor", x),
    "ceil": lambda lanes, x: lanes.intrinsic("ceil", x),
    "trunc": lambda lanes, x: lanes.intrinsic("trunc", x),
    "rint": lambda lanes, x: lanes.intrinsic("roundeven", x),
    "sign": _sign,
    "heaviside": _heaviside,
    "maximum": larger,
    "minimum": smaller,
    "fmax": _larger_number,
    "fmin": _smaller_number,
    "clip": _clip,
}
"""Real operands, real result. The functions of the table `functions` are used under their own names."""

TEST: dict[str, Write] = {
    "equal": lambda lanes, x, y: lanes.compare("oeq", x, y),
    "not_equal": lambda lanes, x, y: lanes.compare("une", x, y),
    "less": lambda lanes, x, y: lanes.compare("olt", x, y),
    "less_equal": lambda lanes, x, y: lanes.compare("ole", x, y),
    "greater": lambda lanes, x, y: lanes.compare("ogt", x, y),
    "greater_equal": lambda lanes, x, y: lanes.compare("oge", x, y),
    "isnan": lambda lanes, x: lanes.compare("uno", x, x),
    "isinf": lambda lanes, x: lanes.compare("oeq", lanes.intrinsic("fabs", x), lanes.number(math.inf)),
    "isfinite": lambda lanes, x: lanes.compare("olt", lanes.intrinsic("fabs", x), lanes.number(math.inf)),
    "signbit": lambda lanes, x: lanes.compare_whole("slt", lanes.to_bits(x), lanes.whole(0)),
}
"""Real operands, a truth value."""

WHOLE: dict[str, Write] = {
    "add": lambda lanes, i, j: lanes.bitwise("add", i, j),
    "subtract": lambda lanes, i, j: lanes.bitwise("sub", i, j),
    "multiply": lambda lanes, i, j: lanes.bitwise("mul", i, j),
    "negative": lambda lanes, i: lanes.bitwise("sub", lanes.whole(0), i),
    "positive": lambda lanes, i: i,
    "square": lambda lanes, i: lanes.bitwise("mul", i, i),
    "floor_divide": whole_floor_divide,
    "remainder": whole_remainder,
    "bitwise_and": lambda lanes, i, j: lanes.bitwise("and", i, j),
    "bitwise_or": lambda lanes, i, j: lanes.bitwise("or", i, j),
    "bitwise_xor": lambda lanes, i, j: lanes.bitwise("xor", i, j),
    "invert": lambda lanes, i: lanes.bitwise("xor", i, lanes.whole(-1)),
    "maximum": lambda lanes, i, j: lanes.choose(lanes.compare_whole("sgt", i, j), i, j, lanes.integer),
    "minimum": lambda lanes, i, j: lanes.choose(lanes.compare_whole("slt", i, j), i, j, lanes.integer),
    "clip": lambda lanes, i, low, high: WHOLE["minimum"](lanes, WHOLE["maximum"](lanes, i, low), high),
    "absolute": lambda lanes, i: lanes.choose(
        lanes.compare_whole("slt", i, lanes.whole(0)), lanes.bitwise("sub", lanes.whole(0), i), i, lanes.integer
    ),
}
"""Operands and result of int64."""

WHOLE_TEST: dict[str, Write] = {
    "equal": lambda lanes, i, j: lanes.compare_whole("eq", i, j),
    "not_equal": lambda lanes, i, j: lanes.compare_whole("ne", i, j),
    "less": lambda lanes, i, j: lanes.compare_whole("slt", i, j),
    "less_equal": lambda lanes, i, j: lanes.compare_whole("sle", i, j),
    "greater": lambda lanes, i, j: lanes.compare_whole("sgt", i, j),
    "greater_equal": lambda lanes, i, j: lanes.compare_whole("sge", i, j),
}
"""Operands of int64, a truth value."""

TRUTH: dict[str, Write] = {
    "logical_and": lambda lanes, m, n: lanes.logic("and", m, n),
    "logical_or": lambda lanes, m, n: lanes.logic("or", m, n),
    "logical_xor": lambda lanes, m, n: lanes.logic("xor", m, n),
    "logical_not": lambda lanes, m: lanes.logic("xor", m, lanes.splat("true", "i1")),
    "bitwise_and": lambda lanes, m, n: lanes.logic("and", m, n),
    "bitwise_or": lambda lanes, m, n: lanes.logic("or", m, n),
    "bitwise_xor": lambda lanes, m, n: lanes.logic("xor", m, n),
    "invert": lambda lanes, m: lanes.logic("xor", m, lanes.splat("true", "i1")),
    "equal": lambda lanes, m, n: lanes.logic("xor", lanes.logic("xor", m, n), lanes.splat("true", "i1")),
    "not_equal": lambda lanes, m, n: lanes.logic("xor", m, n),
    "maximum": lambda lanes, m, n: lanes.logic("or", m, n),
    "minimum": lambda lanes, m, n: lanes.logic("and", m, n),
    "add": lambda lanes, m, n: lanes.logic("or", m, n),
    "multiply": lambda lanes, m, n: lanes.logic("and", m, n),
}
"""Truth values in, a truth value out."""

_LOGICAL = frozenset({"logical_and", "logical_or", "logical_xor", "logical_not"})


def instruction_for(term: Term) -> tuple[Write, np.dtype[Any]] | None:
    """Return what computes an elementwise term, and the type that its operands are converted to; None where NumPy has to."""
    primitive = term.primitive
    if not isinstance(primitive, Elementwise) or term.dtype not in ELEMENTS:
        return None
    if any(operand.dtype not in ELEMENTS for operand in term.operands):
        return None
    name = primitive.name
    if term.dtype in REALS:
        write = REAL.get(name) or FUNCTIONS.get(name)
        return None if write is None else (write, term.dtype)
    if name in _LOGICAL:
        return TRUTH[name], BOOL
    common = np.result_type(*map(in_promotion, term.operands))
    if term.dtype == INT64:
        return (WHOLE[name], INT64) if name in WHOLE and common.kind in "ib" else None
    if common == BOOL and name in TRUTH:
        return TRUTH[name], BOOL
    if common == INT64 and name in WHOLE_TEST:
        return WHOLE_TEST[name], INT64
    if name in TEST and (common in REALS or common.kind in "bi"):
        return TEST[name], common if common in REALS else FLOAT64
    return None


def has_instruction(term: Term) -> bool:
    """Whether native code computes this term element by element."""
    if term.primitive in (ASTYPE, TRUNCATE, WHERE):
        return term.dtype in ELEMENTS and all(operand.dtype in ELEMENTS for operand in term.operands)
    return instruction_for(term) is not None


def convert(lanes: Lanes, x: str, before: np.dtype[Any], after: np.dtype[Any]) -> str:
    """Write the conversion of lanes from one type to another, as NumPy casts."""
    if before == after:
        return x
    body, source, target = lanes.body, lanes.vector(ELEMENTS[before]), lanes.vector(ELEMENTS[after])
    if after == BOOL:
        kind = lanes_of(lanes, before)
        return _truth(kind, x) if before in REALS else kind.compare_whole("ne", x, kind.whole(0))
    if before == BOOL:
        return body.let(f"{'uitofp' if after in REALS else 'zext'} {source} {x} to {target}")
    if before == INT64:
        return body.let(f"sitofp {source} {x} to {target}")
    if after == INT64:  # out of range, and NaN, NumPy gives what the processor gives: the smallest integer
        real, whole = lanes_of(lanes, before), lanes_of(lanes, INT64)
        inside = real.compare("olt", real.intrinsic("fabs", x), real.number(2.0**63))
        number = body.let(f"fptosi {source} {real.select(inside, x, real.number(0))} to {target}")
        return whole.choose(inside, number, whole.whole(SMALLEST), target)
    return body.let(f"{'fptrunc' if after == FLOAT32 else 'fpext'} {source} {x} to {target}")


def write_constant(lanes: Lanes, value: Any, dtype: np.dtype[Any]) -> str:
    """Return a number as a constant of a type."""
    if dtype == BOOL:
        return lanes.splat("true" if value else "false", "i1")
    if dtype == INT64:
        return lanes.splat(str(int(value)), "i64")
    return lanes_of(lanes, dtype).number(float(value))


def write_elementwise(lanes: Lanes, term: Term, operands: Sequence[Operand]) -> str:
    """Write a term for which `has_instruction` holds."""
    if term.primitive is WHERE:
        x, y = (as_type(lanes, operand, term.dtype) for operand in operands[:2])
        condition = as_type(lanes, operands[2], BOOL)
        return lanes.choose(condition, x, y, lanes.vector(ELEMENTS[term.dtype]))
    if term.primitive in (ASTYPE, TRUNCATE):
        return as_type(lanes, operands[0], term.dtype)
    found = instruction_for(term)
    assert found is not None, term
    write, kind = found
    return write(lanes_of(lanes, kind), *(as_type(lanes, operand, kind) for operand in operands))


def as_type(lanes: Lanes, operand: Operand, dtype: np.dtype[Any]) -> str:
    """Write the conversion of an operand to a type."""
    name, kind = operand
    return write_constant(lanes, kind, dtype) if name is None else convert(lanes, name, kind, dtype)
