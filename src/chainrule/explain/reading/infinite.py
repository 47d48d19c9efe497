"""Owns how infinity is typed."""

from __future__ import annotations

import math
import re

from chainrule.explain.expressions.expression import Expression, Number

INFINITY = Number(math.inf)
INFINITE = r"(?:\\infty(?![A-Za-z])|∞|infinity\b|infty\b|inf\b|oo\b)"
"""Infinity without a sign, as part of a pattern that does not mind capitals."""

_SIGNED = re.compile(rf"\s*+([-+]?)\s*+{INFINITE}\s*+", re.IGNORECASE)


def infinity_of(typed: str) -> Expression | None:
    r"""Return what is typed as an infinity with its sign; None where it is none.

    >>> infinity_of("-oo").value, infinity_of(r"+\infty") == INFINITY, infinity_of("1")
    (-inf, True, None)
    """
    found = _SIGNED.fullmatch(typed)
    return None if found is None else Number(-math.inf) if found[1] == "-" else INFINITY


def sign_of_infinity(expression: Expression) -> int:
    """Return 1 for infinity, -1 for minus infinity, and 0 for what is neither.

    >>> sign_of_infinity(INFINITY), sign_of_infinity(Number(-math.inf)), sign_of_infinity(Number(2))
    (1, -1, 0)
    """
    if not (isinstance(expression, Number) and math.isinf(float(expression.value))):
        return 0
    return 1 if expression.value > 0 else -1
