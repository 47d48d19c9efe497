"""Owns the small pieces that formulas are spelled with: numbers, axes, entries of an index, and names that were made up."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from chainrule.explain.matrix.formula import Shape

LONG_NUMBER = 1_000_000
"""A fraction with longer parts than this is written as a decimal."""
SHORT_NUMBER = 1_000
"""Up to this denominator a fraction is looked for of which a number is the rounded value."""
ROUNDING = Fraction(1, 10**14)
TYPED = 10**12
"""Nobody types more decimals: such a number was computed, mostly by a division as by the square root of 8."""


def number_parts(coefficient: Fraction) -> tuple[str, str]:
    """Return numerator and denominator as digits; a number that is no short fraction, nor rounded from one, as a decimal.

    >>> number_parts(Fraction(2, 3)), number_parts(Fraction(str(2 / 3))), number_parts(Fraction(str(0.31415926)))
    (('2', '3'), ('2', '3'), ('0.31416', '1'))
    """
    size = _before_rounding(abs(coefficient))
    if size.numerator < LONG_NUMBER and size.denominator < LONG_NUMBER:
        is_decimal = size.denominator >= 10 and set(str(size.denominator)) <= {"0", "1"}
        if is_decimal and (size.numerator != 1 or size.denominator >= 10_000):
            return f"{float(size):g}", "1"
        return str(size.numerator), str(size.denominator)
    if size.numerator == 1 or (size < 1 and size.denominator > TYPED):
        return "1", f"{float(1 / size):.5g}"
    return f"{float(size):.5g}", "1"


def _before_rounding(size: Fraction) -> Fraction:
    """Return the short fraction, or the 1/n, that a floating-point number was rounded from; the number itself without one."""
    if not size or size.denominator < LONG_NUMBER:
        return size
    for near in (size.limit_denominator(SHORT_NUMBER), Fraction(1, round(1 / size) or 1)):
        if abs(near - size) <= ROUNDING * size:
            return near
    return size


def axes_words(shape: Shape, axes: Sequence[int]) -> str:
    """Return what a sum runs over: nothing said for all entries, rows and columns of a matrix, else the axes."""
    ndim = len(shape)
    axes = tuple(axis % ndim for axis in axes) if ndim else ()
    if all(shape[axis] == 1 for axis in range(ndim) if axis not in axes):
        return ""
    if ndim == 2:
        return "rows" if axes == (0,) else "cols"
    return "axis" + ",".join(map(str, axes))


def axes_between(before: Shape, after: Shape) -> str:
    """Return over which axes a function has reduced an array, in words; empty where that is all of them, or not known."""
    if after == ():
        return ""
    if len(before) == len(after):
        axes = [axis for axis in range(len(before)) if after[axis] == 1 != before[axis]]
        return axes_words(before, axes) if axes else ""
    fitting = [axis for axis in range(len(before)) if before[:axis] + before[axis + 1 :] == after]
    return axes_words(before, fitting) if len(fitting) == 1 else ""


def index_entry(entry: Any) -> str:
    """Return an entry of an index as Python writes it; empty where an array stands for it."""
    if isinstance(entry, slice):
        ends = ["" if end is None else str(end) for end in (entry.start, entry.stop)]
        return ":".join([*ends, str(entry.step)] if entry.step is not None else ends)
    if entry is None:
        return "None"
    return "..." if entry is ... else str(entry) if isinstance(entry, int) else ""


def is_unnamed(name: str) -> bool:
    """Return whether a name is one that was given for want of the user's: v1, v2."""
    return name[:1] == "v" and name[1:].isdigit()
