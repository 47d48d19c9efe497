"""Owns operations on integers and truth values: their derivative is zero wherever it exists."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Elementwise
from chainrule.primitives.steps import step

SMALL = (0.0, 7.0)

BITWISE_AND = step("bitwise_and", np.bitwise_and, SMALL)
BITWISE_OR = step("bitwise_or", np.bitwise_or, SMALL)
BITWISE_XOR = step("bitwise_xor", np.bitwise_xor, SMALL)
INVERT = step("invert", np.invert, SMALL)
LEFT_SHIFT = step("left_shift", np.left_shift, SMALL)
RIGHT_SHIFT = step("right_shift", np.right_shift, SMALL)
BITWISE_COUNT = step("bitwise_count", np.bitwise_count, SMALL)
GCD = step("gcd", np.gcd, SMALL)
LCM = step("lcm", np.lcm, SMALL)

INTEGER_PRIMITIVES: tuple[Elementwise, ...] = (
    BITWISE_AND, BITWISE_OR, BITWISE_XOR, INVERT, LEFT_SHIFT, RIGHT_SHIFT, BITWISE_COUNT, GCD, LCM,
)  # fmt: skip
"""These take integers only."""
