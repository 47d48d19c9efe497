"""Owns how an elementwise operation of the table is computed on lanes: by which instructions, in which type.

Arithmetic is exactly IEEE's, operation by operation, so that its results are NumPy's bit by bit: nothing is contracted, since
x*x - y*y at x == y must be 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Elementwise
from chainrule.native.lanes import Lanes
from chainrule.native.vector_math import FUNCTIONS
from chainrule.passes.terms import BOOL, FLOAT32, FLOAT64, INT64, Term
from chainrule.primitives.shape import ASTYPE, TRUNCATE, WHERE

Write = Callable[..., str]
REALS = {FLOAT64: "double", FLOAT32: "float"}
ELEMENTS = {FLOAT64: "double", FLOAT32: "float", INT64: "i64", BOOL: "i1"}
"""The types that native code computes in, with LLVM's names; everything else goes through NumPy."""

SMALLEST = -(1 << 63)


def lanes_of(lanes: Lanes, dtype: np.dtype[Any]) -> Lanes:
    """Return lanes of another type, as many of them, in the same body. Integers and truth values use those of float64."""
    real = REALS.get(dtype, "double")
    return lanes if lanes.real == real else Lanes(lanes.body, lanes.width, real)


def _sign(l: Lanes, x: str) -> str:
    positive, negative = l.compare("ogt", x, l.number(0)), l.compare("olt", x, l.number(0))
    rest = l.select(l.compare("oeq", x, l.number(0)), l.number(0), x)
    return l.select(positive, l.number(1), l.select(negative, l.number(-1), rest))


def _heaviside(l: Lanes, x: str, h: str) -> str:
    negative = l.select(l.compare("olt", x, l.number(0)), l.number(0), l.select(l.compare("oeq", x, l.number(0)), h, x))
    return l.select(l.compare("ogt", x, l.number(0)), l.number(1), negative)


def larger(l: Lanes, x: str, y: str) -> str:
    """Return the larger; NaN where one of them is, and the second of two zeros, as NumPy."""
    return l.select(l.compare("uno", x, x), x, l.select(l.compare("ogt", x, y), x, y))


def smaller(l: Lanes, x: str, y: str) -> str:
    """Return the smaller; NaN where one of them is, and the second of two zeros, as NumPy."""
    return l.select(l.compare("uno", x, x), x, l.select(l.compare("olt", x, y), x, y))


def _larger_number(l: Lanes, x: str, y: str) -> str:
    return l.select(l.compare("uno", y, y), x, l.select(l.compare("ogt", x, y), x, y))


def _smaller_number(l: Lanes, x: str, y: str) -> str:
    return l.select(l.compare("uno", y, y), x, l.select(l.compare("olt", x, y), x, y))


def _clip(l: Lanes, x: str, low: str, high: str) -> str:
    return smaller(l, larger(l, x, low), high)


def _scaled(factor: float) -> Write:
    return lambda l, x: l.mul(x, l.number(factor))


def _truth(l: Lanes, x: str) -> str:
    return l.compare("une", x, l.number(0))


REAL: dict[str, Write] = {
    "add": Lanes.add,
    "subtract": Lanes.sub,
    "multiply": Lanes.mul,
    "divide": Lanes.div,
    "negative": Lanes.neg,
    "positive": lambda l, x: x,
    "conjugate": lambda l, x: x,
    "real": lambda l, x: x,
    "reciprocal": lambda l, x: l.div(l.number(1), x),
    "square": lambda l, x: l.mul(x, x),
    "sqrt": lambda l, x: l.intrinsic("sqrt", x),
    "absolute": lambda l, x: l.intrinsic("fabs", x),
    "fabs": lambda l, x: l.intrinsic("fabs", x),
    "copysign": lambda l, x, y: l.intrinsic("copysign", x, y),
    "degrees": _scaled(180 / math.pi),
    "rad2deg": _scaled(180 / math.pi),
    "radians": _scaled(math.pi / 180),
    "deg2rad": _scaled(math.pi / 180),
    "floor": lambda l, x: l.intrinsic("floor", x),
    "ceil": lambda l, x: l.intrinsic("ceil", x),
    "trunc": lambda l, x: l.intrinsic("trunc", x),
    "rint": lambda l, x: l.intrinsic("roundeven", x),
    "sign": _sign,
    "heaviside": _heaviside,
    "maximum": larger,
    "minimum": smaller,
    "fmax": _larger_number,
    "fmin": _smaller_number,
    "clip": _clip,
}
"""Real operands, real result. The functions of vector_math are used under their own names."""

TEST: dict[str, Write] = {
    "equal": lambda l, x, y: l.compare("oeq", x, y),
    "not_equal": lambda l, x, y: l.compare("une", x, y),
    "less": lambda l, x, y: l.compare("olt", x, y),
    "less_equal": lambda l, x, y: l.compare("ole", x, y),
    "greater": lambda l, x, y: l.compare("ogt", x, y),
    "greater_equal": lambda l, x, y: l.compare("oge", x, y),
    "isnan": lambda l, x: l.compare("uno", x, x),
    "isinf": lambda l, x: l.compare("oeq", l.intrinsic("fabs", x), l.number(math.inf)),
    "isfinite": lambda l, x: l.compare("olt", l.intrinsic("fabs", x), l.number(math.inf)),
    "signbit": lambda l, x: l.compare_whole("slt", l.to_bits(x), l.whole(0)),
}
"""Real operands, a truth value."""

WHOLE: dict[str, Write] = {
    "add": lambda l, i, j: l.bitwise("add", i, j),
    "subtract": lambda l, i, j: l.bitwise("sub", i, j),
    "multiply": lambda l, i, j: l.bitwise("mul", i, j),
    "negative": lambda l, i: l.bitwise("sub", l.whole(0), i),
    "positive": lambda l, i: i,
    "square": lambda l, i: l.bitwise("mul", i, i),
    "bitwise_and": lambda l, i, j: l.bitwise("and", i, j),
    "bitwise_or": lambda l, i, j: l.bitwise("or", i, j),
    "bitwise_xor": lambda l, i, j: l.bitwise("xor", i, j),
    "invert": lambda l, i: l.bitwise("xor", i, l.whole(-1)),
    "maximum": lambda l, i, j: l.choose(l.compare_whole("sgt", i, j), i, j, l.integer),
    "minimum": lambda l, i, j: l.choose(l.compare_whole("slt", i, j), i, j, l.integer),
    "absolute": lambda l, i: l.choose(l.compare_whole("slt", i, l.whole(0)), l.bitwise("sub", l.whole(0), i), i, l.integer),
}
"""Operands and result of int64."""

WHOLE_TEST: dict[str, Write] = {
    name: (lambda how: lambda l, i, j: l.compare_whole(how, i, j))(how)
    for name, how in {
        "equal": "eq", "not_equal": "ne", "less": "slt", "less_equal": "sle", "greater": "sgt", "greater_equal": "sge",
    }.items()
}  # fmt: skip
"""Operands of int64, a truth value."""

TRUTH: dict[str, Write] = {
    "logical_and": lambda l, m, n: l.logic("and", m, n),
    "logical_or": lambda l, m, n: l.logic("or", m, n),
    "logical_xor": lambda l, m, n: l.logic("xor", m, n),
    "logical_not": lambda l, m: l.logic("xor", m, l.splat("true", "i1")),
    "bitwise_and": lambda l, m, n: l.logic("and", m, n),
    "bitwise_or": lambda l, m, n: l.logic("or", m, n),
    "bitwise_xor": lambda l, m, n: l.logic("xor", m, n),
    "invert": lambda l, m: l.logic("xor", m, l.splat("true", "i1")),
    "equal": lambda l, m, n: l.logic("xor", l.logic("xor", m, n), l.splat("true", "i1")),
    "not_equal": lambda l, m, n: l.logic("xor", m, n),
    "maximum": lambda l, m, n: l.logic("or", m, n),
    "minimum": lambda l, m, n: l.logic("and", m, n),
    "add": lambda l, m, n: l.logic("or", m, n),
    "multiply": lambda l, m, n: l.logic("and", m, n),
}
"""Truth values in, a truth value out."""

_LOGICAL = frozenset({"logical_and", "logical_or", "logical_xor", "logical_not"})
_PREDICATES = frozenset({"isnan", "isinf", "isfinite", "signbit"})


def _operand_type(operand: Term) -> Any:
    """Return what NumPy's promotion makes of an operand: a Python number has no precision of its own."""
    value = operand.constant
    return value if type(value) in (int, float, bool) else operand.dtype


def plan(term: Term) -> tuple[Write, np.dtype[Any]] | None:
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
    common = np.result_type(*map(_operand_type, term.operands))
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
    return plan(term) is not None


def convert(lanes: Lanes, x: str, before: np.dtype[Any], after: np.dtype[Any]) -> str:
    """Write the conversion of lanes from one type to another, as NumPy casts."""
    if before == after:
        return x
    body, source, target = lanes.body, lanes.vector(ELEMENTS[before]), lanes.vector(ELEMENTS[after])
    if after == BOOL:
        return _truth(lanes_of(lanes, before), x) if before in REALS else lanes_of(lanes, INT64).compare_whole("ne", x, lanes_of(lanes, INT64).whole(0))  # fmt: skip
    if before == BOOL:
        return body.let(f"{'uitofp' if after in REALS else 'zext'} {source} {x} to {target}")
    if before == INT64:
        return body.let(f"sitofp {source} {x} to {target}")
    if after == INT64:  # out of range, and NaN, NumPy gives what the processor gives: the smallest integer
        l = lanes_of(lanes, before)
        inside = l.compare("olt", l.intrinsic("fabs", x), l.number(2.0**63))
        whole = body.let(f"fptosi {source} {l.select(inside, x, l.number(0))} to {target}")
        return lanes_of(lanes, FLOAT64).choose(inside, whole, lanes_of(lanes, FLOAT64).whole(SMALLEST), target)
    return body.let(f"{'fptrunc' if after == FLOAT32 else 'fpext'} {source} {x} to {target}")


def write_constant(lanes: Lanes, value: Any, dtype: np.dtype[Any]) -> str:
    """Return a number as a constant of a type."""
    if dtype == BOOL:
        return lanes.splat("true" if value else "false", "i1")
    if dtype == INT64:
        return lanes.splat(str(int(value)), "i64")
    return lanes_of(lanes, dtype).number(float(value))


def write_elementwise(lanes: Lanes, term: Term, operands: Sequence[tuple[str, Any]]) -> str:
    """Write a term for which `has_instruction` holds. Operands are (name, type), or (None, number) for constants."""
    if term.primitive is WHERE:
        x, y = (as_type(lanes, operand, term.dtype) for operand in operands[:2])
        condition = as_type(lanes, operands[2], BOOL)
        return lanes.choose(condition, x, y, lanes.vector(ELEMENTS[term.dtype]))
    if term.primitive in (ASTYPE, TRUNCATE):
        return as_type(lanes, operands[0], term.dtype)
    found = plan(term)
    assert found is not None, term
    write, kind = found
    return write(lanes_of(lanes, kind), *(as_type(lanes, operand, kind) for operand in operands))


def as_type(lanes: Lanes, operand: tuple[str | None, Any], dtype: np.dtype[Any]) -> str:
    """Write the conversion of an operand, (name, type) or (None, number), to a type."""
    name, kind = operand
    return write_constant(lanes, kind, dtype) if name is None else convert(lanes, name, kind, dtype)
