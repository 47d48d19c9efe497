"""Measures the largest error of every vector function over its domain; prints the Markdown table of docs/accuracy.md.

Run by hand: `python tests/native/accuracy.py [points per range]`. The reference is extended precision where NumPy has it (64 bits
of mantissa), in which the worst points are found; those are then measured against mpmath. Where extended precision has no such
function, mpmath evaluates fewer points.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Sequence
from functools import cache

import mpmath
import numpy as np
from numpy.typing import NDArray

from chainrule.native.machine.machine import Code, compile_text, host
from chainrule.native.machine.text import Body, Module
from chainrule.native.vectors.functions import FUNCTIONS
from chainrule.native.vectors.lanes import Lanes
from chainrule.native.vectors.outside import outside_symbols

Array = NDArray[np.floating]
# "line", from, to; "scale": both signs, 10**from to 10**to; "positive": positive ones only
Range = tuple[str, float, float]

TYPES: dict[str, type[np.floating]] = {"double": np.float64, "float": np.float32}
ALL: tuple[Range, ...] = (("line", -10.0, 10.0), ("line", -1.0, 1.0), ("scale", -25.0, 0.5))
POSITIVE: tuple[Range, ...] = (("positive", -300.0, 300.0), ("line", 0.4, 2.5), ("near one", -16.0, -1.0))
CIRCLE: tuple[Range, ...] = (*ALL, ("scale", 0.0, 9.0), ("quarter turns", -4e5, 4e5))
UNIT: tuple[Range, ...] = (("line", -1.0, 1.0), ("scale", -25.0, -0.1))

RANGES: dict[str, tuple[Range, ...]] = {
    "arccos": UNIT,
    "arccosh": (("line", 1.0, 3.0), ("positive", 0.01, 300.0)),
    "arcsin": UNIT,
    "arcsinh": (*ALL, ("scale", 0.0, 300.0)),
    "arctan": (*ALL, ("scale", 0.0, 20.0)),
    "arctan2": (*ALL, ("scale", -100.0, 100.0)),
    "arctanh": UNIT,
    "cbrt": (*ALL, ("scale", -300.0, 300.0)),
    "cos": CIRCLE,
    "cosh": (*ALL, ("line", -710.0, 710.0)),
    "entr": (("positive", -300.0, 300.0), ("line", 0.0, 0.9), ("line", 1.1, 9.0)),
    "erf": (*ALL, ("line", -6.0, 6.0)),
    "erfc": (*ALL, ("line", -6.0, 26.5)),
    "exp": (*ALL, ("line", -745.0, 709.7)),
    "exp2": (*ALL, ("line", -1074.0, 1023.9)),
    "expit": (*ALL, ("line", -745.0, 40.0)),
    "expm1": (*ALL, ("line", -40.0, 709.7)),
    "gammaln": (("positive", -300.0, 300.0), ("line", 0.0, 12.0), ("near one", -16.0, -1.0)),
    "hypot": (*ALL, ("scale", -160.0, 150.0)),
    "log": POSITIVE,
    "log10": POSITIVE,
    "log1p": (("positive", -300.0, 300.0), ("line", -0.99, 3.0), ("scale", -20.0, -0.01)),
    "log2": POSITIVE,
    "log_expit": (*ALL, ("line", -745.0, 700.0)),
    "log_ndtr": (*ALL, ("line", -60.0, 8.0), ("scale", 0.0, 100.0)),
    "logaddexp": (("line", 0.0, 10.0), ("line", 0.0, 700.0)),
    "logaddexp2": (("line", 0.0, 10.0), ("line", 0.0, 1000.0)),
    "logit": (("line", 0.0, 1.0), ("positive", -300.0, -0.1), ("line", 0.49, 0.51)),
    "ndtr": (*ALL, ("line", -37.4, 8.0)),
    "power": (("positive", -2.0, 2.0), ("line", 0.5, 20.0)),
    "psi": (("positive", -300.0, 300.0), ("line", 0.0, 12.0), ("line", 1.4, 1.5)),
    "rel_entr": (("line", 0.1, 10.0),),
    "sin": CIRCLE,
    "sinh": (*ALL, ("line", -710.0, 710.0)),
    "softplus": (*ALL, ("line", -745.0, 700.0)),
    "tan": CIRCLE,
    "tanh": (*ALL, ("line", -20.0, 20.0)),
    "xlog1py": (("line", 0.1, 10.0),),
    "xlogy": (("line", 1.1, 10.0),),
}
BINARY = frozenset(
    "arctan2 floor_divide fmod hypot logaddexp logaddexp2 power rel_entr remainder xlog1py xlogy zeta".split()
)
UNBOUNDED = frozenset(("scale", "positive"))

mp = mpmath.mp
EXACT: dict[str, Callable[..., mpmath.mpf]] = {
    "arccos": mpmath.acos,
    "arccosh": mpmath.acosh,
    "arcsin": mpmath.asin,
    "arcsinh": mpmath.asinh,
    "arctan": mpmath.atan,
    "arctan2": mpmath.atan2,
    "arctanh": mpmath.atanh,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "cos": mpmath.cos,
    "cosh": mpmath.cosh,
    "entr": lambda x: -x * mpmath.log(x),
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "exp": mpmath.exp,
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "expit": lambda x: 1 / (1 + mpmath.exp(-x)),
    "expm1": mpmath.expm1,
    "gammaln": mpmath.loggamma,
    "hypot": mpmath.hypot,
    "log": mpmath.log,
    "log10": lambda x: mpmath.log(x) / mpmath.log(10),
    "log1p": mpmath.log1p,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log_expit": lambda x: -mpmath.log1p(mpmath.exp(-x)),
    "log_ndtr": lambda x: mpmath.log1p(-mpmath.ncdf(-x)) if x > 0 else mpmath.log(mpmath.ncdf(x)),
    "logaddexp": lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
    "logaddexp2": lambda x, y: mpmath.log(mpmath.mpf(2) ** x + mpmath.mpf(2) ** y) / mpmath.log(2),
    "logit": lambda x: mpmath.log(x / (1 - x)),
    "ndtr": lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "power": lambda x, y: x**y,
    "psi": mpmath.digamma,
    "rel_entr": lambda x, y: x * mpmath.log(x / y),
    "sin": mpmath.sin,
    "sinh": mpmath.sinh,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "tan": mpmath.tan,
    "tanh": mpmath.tanh,
    "xlog1py": lambda x, y: x * mpmath.log1p(y),
    "xlogy": lambda x, y: x * mpmath.log(y),
}
# In extended precision, for functions that NumPy does not have there under their own name.
EXTENDED: dict[str, Callable[..., Array]] = {
    "entr": lambda x: -x * np.log(x),
    "expit": lambda x: 1 / (1 + np.exp(-x)),
    "log_expit": lambda x: -np.log1p(np.exp(-x)),
    "logit": lambda x: np.where(abs(x - 0.5) < 0.2, 2 * np.arctanh(2 * x - 1), np.log(x) - np.log1p(-x)),
    "rel_entr": lambda x, y: x * np.where(abs(x - y) < 0.5 * y, np.log1p((x - y) / y), np.log(x / y)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "xlog1py": lambda x, y: x * np.log1p(y),
    "xlogy": lambda x, y: x * np.log(y),
}


class Kernel:
    """A loop of one function over arrays, compiled for a width."""

    def __init__(self, name: str, width: int, real: str, arity: int) -> None:
        self.real = real
        self.width = width
        self._code: Code = compile_text(*self._module(name, width, real, arity))
        kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * (arity + 1), ctypes.c_int64)
        self._function = kind(self._code.address("kernel"))

    @staticmethod
    def _module(name: str, width: int, real: str, arity: int) -> tuple[str, dict[str, int]]:
        module = Module()
        body = Body(module)
        lanes = Lanes(body, width, real)
        body.do("br label %loop")
        body.label("loop")
        body.do("PHI")
        place = len(body.lines) - 1
        operands = []
        for i in range(arity):
            pointer = body.let(f"getelementptr {real}, ptr %x{i}, i64 %i")
            operands.append(body.let(f"load {lanes.type}, ptr {pointer}, align {lanes.bits // 8}"))
        result = FUNCTIONS[name](lanes, *operands)
        pointer = body.let(f"getelementptr {real}, ptr %out, i64 %i")
        body.do(f"store {lanes.type} {result}, ptr {pointer}, align {lanes.bits // 8}")
        body.do(f"%next = add i64 %i, {width}")
        more = body.let("icmp ult i64 %next, %count")
        body.lines[place] = f"  %i = phi i64 [ 0, %entry ], [ %next, %{body.block} ]"
        body.do(f"br i1 {more}, label %loop, label %done")
        body.label("done")
        body.do("ret void")
        given = "".join(f"ptr %x{i}, " for i in range(arity))
        module.functions["kernel"] = f"define void @kernel({given}ptr %out, i64 %count) {{\n{body.text()}\n}}"
        text = module.text()
        return text, outside_symbols(text)

    def __call__(self, *operands: Array) -> Array:
        """Return the function of arrays, padded to whole vectors."""
        count = operands[0].size
        padded = -(-count // self.width) * self.width
        inputs = [np.resize(operand, padded).astype(TYPES[self.real]) for operand in operands]
        out = np.empty_like(inputs[0])
        self._function(*[array.ctypes.data for array in inputs], out.ctypes.data, padded)
        return out[:count]


@cache
def kernel(name: str, width: int, real: str) -> Kernel:
    """Return the kernel of a function."""
    return Kernel(name, width, real, 2 if name in BINARY else 1)


def sample(kind: Range, count: int, real: str, random: np.random.Generator) -> Array:
    """Return points of a range, rounded to the type."""
    how, low, high = kind
    if real == "float" and how in UNBOUNDED:
        low, high = max(low, -37.0), min(high, 37.0)
    if how == "line":
        points = random.uniform(low, high, count)
    elif how == "near one":
        points = 1.0 + random.choice((-1, 1), count) * 10.0 ** random.uniform(low, high, count)
    elif how == "quarter turns":
        points = np.round(random.uniform(low, high, count)) * (np.pi / 4.0)
    else:
        points = 10.0 ** random.uniform(low, high, count)
        if how == "scale":
            points = points * random.choice((-1, 1), count)
    return points.astype(TYPES[real])


def ulps(result: float, exact: mpmath.mpf, real: str) -> float:
    """Return the distance of a result from the exact value, in units of the last place of the exact value."""
    if exact == 0:
        return 0.0 if result == 0.0 else np.inf
    mantissa, smallest = (52, -1074) if real == "double" else (23, -149)
    unit = mpmath.mpf(2) ** max(mpmath.frexp(exact)[1] - 1 - mantissa, smallest)
    return float(abs(mpmath.mpf(float(result)) - exact) / unit)


def exactly(name: str, operands: Sequence[Array], i: int) -> mpmath.mpf:
    """Return the value of a function at one point, of about 120 bits."""
    values = [mpmath.mpf(float(operand[i])) for operand in operands]
    bits = 160 + 2 * max((abs(mpmath.frexp(value)[1]) for value in values if value), default=0)
    with mpmath.workprec(min(bits, 2400)):
        return +EXACT[name](*values)


TYPES_LARGEST = {real: float(np.finfo(kind).max) for real, kind in TYPES.items()}


def largest_error(name: str, real: str, count: int, random: np.random.Generator) -> float:
    """Return the largest error found, in ulp."""
    width = host().width // np.dtype(TYPES[real]).itemsize
    largest = 0.0
    for kind in RANGES[name]:
        operands = [sample(kind, count, real, random) for _ in range(2 if name in BINARY else 1)]
        result = kernel(name, width, real)(*operands)
        for i in _suspects(name, operands, result, real):
            exact = exactly(name, operands, i)
            if abs(exact) < TYPES_LARGEST[real]:
                largest = max(largest, ulps(float(result[i]), exact, real))
    return largest


def _suspects(name: str, operands: Sequence[Array], result: Array, real: str) -> NDArray[np.intp]:
    """Return the points of the largest errors by extended precision, or the first few where it has no such function."""
    function = EXTENDED.get(name) or getattr(np, name, None)
    if function is None or np.finfo(np.longdouble).nmant < 60:
        return np.arange(min(result.size, 5000))
    with np.errstate(all="ignore"):
        long = function(*[operand.astype(np.longdouble) for operand in operands])
        unit = np.spacing(abs(long.astype(TYPES[real]))).astype(np.longdouble)
        error = np.nan_to_num(abs(result - long) / unit, nan=0.0 if real == "float" else 1e9, posinf=0.0)
    return np.argsort(-error)[:100]


def main(count: int) -> None:
    """Print the table."""
    random = np.random.default_rng(0)
    print("| function | double | float |\n|---|---|---|")
    with np.errstate(all="ignore"):
        for name in sorted(RANGES):
            errors = [f"{largest_error(name, real, count, random):.2f}" for real in TYPES]
            print(f"| {name} | {' | '.join(errors)} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
