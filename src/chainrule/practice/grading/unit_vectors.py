"""Owns gradients that are answered with unit vectors: 2x i + 2y j, with LaTeX's bold letters and hats, and e_x."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chainrule.explain.expressions.expression import Apply, Expression, Number, Symbol, fold, free_symbols, substitute
from chainrule.explain.expressions.neat import neat

_LETTERS = ("i", "j", "k")
_HATS = {"î": "i_hat", "ĵ": "j_hat", "i\u0302": "i_hat", "j\u0302": "j_hat", "k\u0302": "k_hat"}
_BASE = re.compile(
    r"(?:(?<![A-Za-z\\])e|ê|e\u0302|\\(?:mathbf|boldsymbol|vec|hat)\s*\{\s*e\s*\})_\{?([A-Za-z][0-9]?)\}?(?![A-Za-z0-9])"
)
_DOTLESS = re.compile(r"\\([ij])math(?![A-Za-z])")


def plain_unit_vectors(line: str, names: Sequence[str]) -> str:
    """Return the line with unit vectors as variables that can be read: e_x as x_hat, and letters with a hat as i_hat."""
    if len(names) < 2:
        return line
    line = _DOTLESS.sub(r"\1", line)
    for sign, name in _HATS.items():
        line = line.replace(sign, f" {name} ")
    return _BASE.sub(lambda found: f" {found[1]}_hat " if found[1] in names else found[0], line)


def components(expression: Expression, names: Sequence[str]) -> tuple[Expression, ...] | None:
    """Return the components of a sum of unit vectors, one for each variable; None where the expression is no such sum.

    >>> x = Symbol("x")
    >>> components(2 * x * Symbol("i") + x**2 * Symbol("j"), ("x", "y"))
    (multiply(2, x), power(x, 2))
    """
    found = set(free_symbols(expression))
    for units in (
        _LETTERS[: len(names)],
        [f"{letter}_hat" for letter in _LETTERS[: len(names)]],
        [f"{n}_hat" for n in names],
    ):
        if 1 < len(names) == len(units) and found & set(units) and not {*units} & {*names}:
            break
    else:
        return None
    if _degree(expression, frozenset(units)) != 1:
        return None
    chosen = [{unit: Number(int(unit == one)) for unit in units} for one in units]
    return tuple(neat(substitute(expression, numbers)) for numbers in chosen)


def _degree(expression: Expression, units: frozenset[str]) -> int | None:
    """Return 1 for a sum in which each term has one unit vector as a factor, 0 where there is none, None for anything else."""

    def combine(node: Expression, degrees: Sequence[int | None]) -> int | None:
        if not isinstance(node, Apply):
            return int(isinstance(node, Symbol) and node.name in units)
        if None in degrees:
            return None
        name, total = node.primitive.name, sum(degree or 0 for degree in degrees)
        if name in ("add", "subtract"):
            return degrees[0] if degrees[0] == degrees[1] else None
        if name in ("multiply", "negative", "positive") or (name == "divide" and degrees[1] == 0):
            return total if total <= 1 else None
        return None if total else 0

    return fold(expression, combine)
