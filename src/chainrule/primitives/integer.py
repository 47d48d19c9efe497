"""Owns operations on integers and truth values: their derivative is zero wherever it exists."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Elementwise
from chainrule.primitives.comparison import STEP


def _step(name: str, value: np.ufunc) -> Elementwise:
    return Elementwise(name=name, value=value, partials=(None,) * value.nin, rule=STEP, domain=(0.0, 7.0))


BITWISE_AND = _step("bitwise_and", np.bitwise_and)
BITWISE_OR = _step("bitwise_or", np.bitwise_or)
BITWISE_XOR = _step("bitwise_xor", np.bitwise_xor)
INVERT = _step("invert", np.invert)
LEFT_SHIFT = _step("left_shift", np.left_shift)
RIGHT_SHIFT = _step("right_shift", np.right_shift)
BITWISE_COUNT = _step("bitwise_count", np.bitwise_count)
GCD = _step("gcd", np.gcd)
LCM = _step("lcm", np.lcm)

INTEGER_PRIMITIVES: tuple[Elementwise, ...] = (
    BITWISE_AND, BITWISE_OR, BITWISE_XOR, INVERT, LEFT_SHIFT, RIGHT_SHIFT, BITWISE_COUNT, GCD, LCM,
)  # fmt: skip
"""These take integers only."""
