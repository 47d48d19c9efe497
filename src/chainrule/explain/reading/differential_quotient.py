r"""Owns signs of differentiation as quotients, d/dx, d^2y/dx^2 and \frac{d}{dx}: what they look like, and what they say."""

from __future__ import annotations

import re

from chainrule.explain.reading.asked import RAISED, RAISED_SIGNS, VARIABLE, order_of
from chainrule.explain.reading.parse import symbol_name
from chainrule.explain.reading.refusal import refusal

# Spaces are taken as a whole (*+): where they could be shared out, a long run of them would be tried in every way.
D = r"(?:d|∂|\\partial(?![A-Za-z])|\\(?:mathrm|operatorname|text)\s*+(?:\{\s*+d\s*+\}|d))"
POWER = rf"(?:(?:\^|\*\*)\s*+\{{?\s*+({RAISED})\s*+\}}?|({RAISED_SIGNS}))?"
QUOTIENT = re.compile(
    rf"\s*+{D}\s*+{POWER}\s*+({VARIABLE})?\s*+/\s*+{D}\s*+({VARIABLE})\s*+{POWER}"
    rf"|\s*+\\[dt]?frac\s*+\{{\s*+{D}\s*+{POWER}\s*+({VARIABLE})?\s*+\}}\s*+\{{\s*+{D}\s*+({VARIABLE})\s*+{POWER}\s*+\}}"
)


def parts_of(text: str, found: re.Match[str], offset: int) -> tuple[int, str | None, str]:
    """Return the order, the name above and the variable below of a quotient such as d^2y/dx^2."""
    plain = found[4] is not None
    above, raised, name, variable, below, raised_below = found.groups()[:6] if plain else found.groups()[6:]
    order = quotient_order(text, offset + found.start(), above or raised, below or raised_below)
    return order, None if name is None else symbol_name(name), symbol_name(variable)


def quotient_order(text: str, position: int, above: str | None, below: str | None) -> int:
    """Return the order of a derivative that is written as a quotient, from the exponents above and below the line."""
    orders = {order_of(text, position, typed or "1") for typed in (above, below)}
    if len(orders) > 1:
        problem = "the orders above and below the line differ"
        raise refusal(text, position, f"{problem}; expected both alike, as in d^2/dx^2")
    return orders.pop()
