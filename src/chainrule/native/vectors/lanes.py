"""Owns arithmetic on lanes: the same instruction on one number or on a vector of them.

`Lanes(body, 8, "double")` writes `<8 x double>` instructions, `Lanes(body, 1, "double")` scalar ones, so that a
function is written once for every width.
"""

from __future__ import annotations

import math
import struct
from functools import lru_cache

from chainrule.native.machine.text import Body

BITS = {"double": 64, "float": 32, "i64": 64, "i32": 32, "i8": 8, "i1": 1}


def literal(value: float, real: str) -> str:
    """Return a floating-point number as LLVM writes it exactly.

    >>> literal(1.0, "double"), literal(-0.0, "double")
    ('0x3FF0000000000000', '0x8000000000000000')
    """
    return _literal(value, math.copysign(1.0, value), real)


@lru_cache(maxsize=4096)
def _literal(value: float, sign: float, real: str) -> str:
    """Return a literal; the sign tells the two zeros apart, which are equal as keys."""
    if real == "float" and not math.isnan(value):
        try:
            value = struct.unpack("<f", struct.pack("<f", value))[0]
        except OverflowError:
            value = math.copysign(math.inf, value)
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


class Lanes:
    """Writes instructions on `width` lanes of `real` ("double" or "float") into a body. Width 1 is a plain scalar.

    type: of the numbers; integer: of integers of the same size; mask: of truth values.
    """

    __slots__ = ("body", "width", "real", "type", "integer", "mask", "bits")

    def __init__(self, body: Body, width: int, real: str = "double") -> None:
        self.body = body
        self.width = width
        self.real = real
        self.bits = BITS[real]
        self.type = self.vector(real)
        self.integer = self.vector(f"i{self.bits}")
        self.mask = self.vector("i1")

    def vector(self, element: str) -> str:
        """Return the type of as many lanes of another element type."""
        return element if self.width == 1 else f"<{self.width} x {element}>"

    # --- constants

    def splat(self, text: str, element: str) -> str:
        """Return a constant with the same literal in every lane."""
        return text if self.width == 1 else "<" + ", ".join([f"{element} {text}"] * self.width) + ">"

    def number(self, value: float) -> str:
        """Return a floating-point constant."""
        return self.splat(literal(float(value), self.real), self.real)

    def whole(self, value: int) -> str:
        """Return an integer constant of the same size as the numbers; given as an unsigned pattern or a signed number."""
        if value >= 1 << (self.bits - 1):
            value -= 1 << self.bits
        return self.splat(str(value), f"i{self.bits}")

    # --- floating-point arithmetic: exactly IEEE, nothing reassociated or contracted

    def add(self, x: str, y: str) -> str:
        return self.body.let(f"fadd {self.type} {x}, {y}")

    def sub(self, x: str, y: str) -> str:
        return self.body.let(f"fsub {self.type} {x}, {y}")

    def mul(self, x: str, y: str) -> str:
        return self.body.let(f"fmul {self.type} {x}, {y}")

    def div(self, x: str, y: str) -> str:
        return self.body.let(f"fdiv {self.type} {x}, {y}")

    def neg(self, x: str) -> str:
        return self.body.let(f"fneg {self.type} {x}")

    def fma(self, x: str, y: str, z: str) -> str:
        """Return x * y + z, rounded once."""
        return self.intrinsic("fma", x, y, z)

    def intrinsic(self, name: str, *operands: str) -> str:
        """Call an LLVM intrinsic whose operands and result have this type, such as "sqrt", "fabs", "floor", "maximum"."""
        kind = f"{'' if self.width == 1 else f'v{self.width}'}f{self.bits}"
        types = ", ".join([self.type] * len(operands))
        symbol = self.body.module.declare(f"llvm.{name}.{kind}", f"{self.type} {{}}({types})")
        return self.body.call(self.type, symbol, [f"{self.type} {operand}" for operand in operands])

    def compare(self, how: str, x: str, y: str) -> str:
        """Return a mask; `how` is such as "olt", "ole", "oeq", "une", "uno" (either is NaN), "ord"."""
        return self.body.let(f"fcmp {how} {self.type} {x}, {y}")

    def select(self, mask: str, x: str, y: str) -> str:
        """Return x where the mask is true, else y."""
        return self.choose(mask, x, y, self.type)

    def choose(self, mask: str, x: str, y: str, type: str) -> str:
        """Return x where the mask is true, else y; both of the given type."""
        return self.body.let(f"select {self.mask} {mask}, {type} {x}, {type} {y}")

    # --- bits and integers of the same size

    def to_bits(self, x: str) -> str:
        """Return the bits of numbers as integers."""
        return self.body.let(f"bitcast {self.type} {x} to {self.integer}")

    def from_bits(self, i: str) -> str:
        """Return the numbers whose bits these integers are."""
        return self.body.let(f"bitcast {self.integer} {i} to {self.type}")

    def bitwise(self, operation: str, i: str, j: str) -> str:
        """Apply an integer instruction: "add", "sub", "mul", "sdiv", "and", "or", "xor", "shl", "lshr", "ashr"."""
        return self.body.let(f"{operation} {self.integer} {i}, {j}")

    def compare_whole(self, how: str, i: str, j: str) -> str:
        """Return a mask; `how` is such as "eq", "slt", "ugt"."""
        return self.body.let(f"icmp {how} {self.integer} {i}, {j}")

    # --- masks

    def logic(self, operation: str, m: str, n: str) -> str:
        """Combine masks: "and", "or", "xor"."""
        return self.body.let(f"{operation} {self.mask} {m}, {n}")

    def any(self, mask: str) -> str:
        """Return whether the mask is true in some lane."""
        if self.width == 1:
            return mask
        packed = self.body.let(f"bitcast {self.mask} {mask} to i{self.width}")
        return self.body.let(f"icmp ne i{self.width} {packed}, 0")
