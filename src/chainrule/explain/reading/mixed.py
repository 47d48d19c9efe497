r"""Owns mixed derivatives in signs: ∂²/∂x∂y, \frac{\partial^2 f}{\partial x \partial y} and f_{xy}.

The sign becomes one for the first variable alone, as in ∂f/∂x, which is read like any other; the variables are returned in
the order in which they are taken: ∂²f/∂x∂y is by y first, and f_{xy} by x.
"""

from __future__ import annotations

import re

from chainrule.explain.reading.asked import RAISED, RAISED_SIGNS, VARIABLE, order_of
from chainrule.explain.reading.differential_quotient import D
from chainrule.explain.reading.parse import symbol_name
from chainrule.explain.reading.refusal import refusal

# Spaces are taken as a whole (*+): where they could be shared out, a long run of them would be tried in every way.
_POWER = rf"(?:(?:\^|\*\*)\s*+\{{?\s*+{RAISED}\s*+\}}?|{RAISED_SIGNS})?"
# After a space a d is a letter: d/dx d x.
_BELOW = rf"{D}\s*+{VARIABLE}\s*+{_POWER}(?:(?:\s*+(?:∂|\\partial(?![A-Za-z]))|(?<!\s)d)\s*+{VARIABLE}\s*+{_POWER}){{1,5}}\s*+"
_MIXED = re.compile(
    rf"(?<![A-Za-z\\]){D}\s*+({_POWER})\s*+({VARIABLE})?\s*+/\s*+({_BELOW})"
    rf"|\\[dt]?frac\s*+\{{\s*+{D}\s*+({_POWER})\s*+({VARIABLE})?\s*+\}}\s*+\{{\s*+({_BELOW})\}}"
)
_ONE = re.compile(rf"{D}\s*+({VARIABLE})\s*+({_POWER})\s*+")
_INDEXED = re.compile(r"(?<![A-Za-z\\])([A-Za-z])_(?:\{([a-z]{2,6})\}|([a-z]{2,6})(?![A-Za-z]))(?=\s*+(?:[,;:(]|$))")


def without_mixed(text: str, line: str) -> tuple[str, tuple[str, ...]]:
    """Return the line with a sign for the first variable alone, and the variables in turn; none where none are mixed.

    Raises ParseError where the order above the line is not the number of variables below it.
    """
    found = _MIXED.search(line)
    if found is not None:
        above, name, below = found.groups()[:3] if found[3] else found.groups()[3:]
        typed = [one[1] for one in _ONE.finditer(below) for _ in range(_order(text, found, one[2]))]
        order = _order(text, found, above)
        if len(typed) != order:
            problem = f"the order above the line is {order}, and {len(typed)} below it"
            raise refusal(text, found.start(), f"{problem}; expected both alike, as in ∂²/∂x∂y")
        sign = f"∂{name or ''}/∂{typed[-1]} "
        return _put(line, found, sign), tuple(symbol_name(each) for each in reversed(typed))
    for found in _INDEXED.finditer(line):
        letters = found[2] or found[3]
        defined = re.search(rf"(?<![A-Za-z]){found[1]}\s*(?:\(([^()]*)\)\s*)?=", line)
        variables = "" if defined is None else defined[1] or line[defined.end() :]
        if len(set(letters)) > 1 and set(letters) <= {*variables}:
            return _put(line, found, f"{found[1]}_{letters[0]}"), tuple(letters)
    return line, ()


def _order(text: str, found: re.Match[str], power: str) -> int:
    return order_of(text, found.start(), power.strip("^*{} ") or "1")


def _put(line: str, found: re.Match[str], sign: str) -> str:
    return line[: found.start()] + sign.ljust(len(found[0])) + line[found.end() :]
