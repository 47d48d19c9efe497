"""Owns curves as they are typed: an equation such as x^2 + y^2 = 25, and coordinates such as x = cos t, y = sin t.

An equation is what has an equals sign and defines nothing: left of the sign stands no new name, or the name stands on the
right too, or the question says that it is no function: `xy = 1`, `y = sin(xy)`, `x = y^2, dy/dx`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from chainrule.errors import ParseError
from chainrule.explain.expressions.expression import Expression, depends_on, free_symbols
from chainrule.explain.expressions.notation import text as written
from chainrule.explain.reading.asked import Asked, At, blanked
from chainrule.explain.reading.names import GREEK_NAMES
from chainrule.explain.reading.nesting import lone_equals
from chainrule.explain.reading.parse import Parsed, parse_line
from chainrule.explain.reading.statements import (
    Span,
    defined_name,
    definition,
    find_statements,
    function_name,
    refuse_derivatives,
)

_COORDINATES = ("x", "y")
_PRODUCT = re.compile("(?=[a-z]*x)(?=[a-z]*y)[a-z]{2,3}")
"""Names that are read as products of coordinates: xy, xyz, axy."""
_LONGEST_PRODUCT = 3
HELD = frozenset("abcdkmnrRABCL")
"""Letters that are thought of as numbers where others are there."""


def names_of(left: Expression, right: Expression) -> tuple[str, ...]:
    """Return the variables of an equation, in the order in which they appear."""
    return tuple(dict.fromkeys((*free_symbols(left), *free_symbols(right))))


def equation_text(left: Expression, right: Expression) -> str:
    """Return an equation as text."""
    return f"{written(left)} = {written(right)}"


@dataclass(frozen=True, slots=True)
class Implicit:
    """An equation in several variables, and what was asked of it.

    left, right: its sides. of: what is differentiated, where that was said; by: by what. order: how often. at: the point.
    notes: what is to be said of readings. normal: whether the line across the curve is asked for.
    """

    left: Expression
    right: Expression
    of: str | None = None
    by: str | None = None
    order: int = 1
    at: At | None = None
    notes: tuple[str, ...] = ()
    normal: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The variables, in the order in which they appear."""
        return names_of(self.left, self.right)

    @property
    def shown(self) -> str:
        """The equation as text."""
        return equation_text(self.left, self.right)

    def variables_of(self, of: str, by: str) -> tuple[str, ...]:
        """Return what `of` is a function of: `by`, and other variables but letters that are thought of as numbers."""
        return (by, *(name for name in self.names if name not in (of, by) and name not in HELD))

    def coordinates(self, wrt: str | None = None) -> tuple[str, str]:
        """Return what is differentiated, and by which variable it is.

        Raises ValueError where the equation leaves that open, with the question that says it.
        """
        names = self.names
        by, of = wrt or self.by, self.of
        unknown = next((name for name in (by, of) if name is not None and name not in names), None)
        if unknown is not None:
            raise ValueError(f"there is no variable {unknown!r} in {self.shown}; its variables are {', '.join(names)}")
        if len(names) < 2:
            problem = f"{self.shown} is an equation in {names[0]} alone" if names else f"{self.shown} has no variables"
            raise ValueError(f"{problem}, and no curve; expected a function, or an equation in x and y")
        if by is None:
            by = "x" if "x" in names and of != "x" else None
        if of is None and by is not None:
            others = [name for name in names if name != by]
            likely = [name for name in others if name not in HELD] or others
            if "z" not in likely and by in _COORDINATES:
                likely = [name for name in likely if name in _COORDINATES] or likely
            of = likely[0] if len(likely) == 1 else None
        if by is None and of is not None:
            others = [name for name in names if name != of and name not in HELD]
            by = others[0] if len(others) == 1 else None
        if by is None or of is None or by == of:
            d = "d" if len(names) == 2 else "∂"
            example = f"{self.shown}; {d}{names[-1]}/{d}{names[0]}"
            raise ValueError(f"which derivative of {self.shown} is asked for? Say it, as in {example}")
        return of, by


@dataclass(frozen=True, slots=True)
class Parametric:
    """A curve by its coordinates, each a function of one parameter, and what was asked of it.

    across, up: the coordinates; `of` and `by` are their names, `of` being differentiated. parameter: its name. order: how
    often. at: the point. notes: what is to be said of readings.
    """

    across: Expression
    up: Expression
    by: str
    of: str
    parameter: str
    order: int = 1
    at: At | None = None
    notes: tuple[str, ...] = ()
    normal: bool = False

    @property
    def shown(self) -> str:
        """The curve as text."""
        return f"{self.by} = {written(self.across)}, {self.of} = {written(self.up)}"


Curve: TypeAlias = Implicit | Parametric


def curve_of(text: str, asked: Asked) -> Curve | None:
    """Return the curve that a text describes; None where it is a function. Raises ParseError where a side has no reading."""
    try:
        refuse_derivatives(text, asked.line)
        spans = find_statements(text, asked.line)
    except ParseError:
        return None
    return _equation(text, asked, spans[-1]) or _coordinates(text, asked, spans)


def _equation(text: str, asked: Asked, span: Span) -> Implicit | None:
    line = asked.line
    place = lone_equals(line, span.start, span.end)
    if place < 0 or line[place - 1] == ":" or lone_equals(line, place + 1, span.end) >= 0:
        return None
    found = definition(line, span)
    is_definition = found is not None and found.end(3) == place + 1
    name = None if found is None or not is_definition else function_name(found)
    sides = (blanked(line, place, span.end), blanked(line, span.start, place + 1))
    if found is not None and name is not None and not _is_no_definition(text, asked, name, found[2], sides[1]):
        return None
    left, right = (parse_line(text, side) for side in sides)
    of, by = asked.name, (asked.wrt or (None,))[0]
    return Implicit(
        left.expression,
        right.expression,
        of,
        by,
        asked.order,
        asked.at,
        (*left.notes, *right.notes, *asked.notes),
        asked.normal,
    )


def _is_no_definition(text: str, asked: Asked, name: str, parameters: str | None, right: str) -> bool:
    """Return whether what looks like a definition of `name` is an equation."""
    if parameters is not None:
        return False
    if name not in GREEK_NAMES and _is_product(name, asked):
        return True
    try:
        formula = parse_line(text, right).expression
    except ParseError:
        return False
    is_inverse = asked.wrt == (name,) and asked.name is not None and depends_on(formula, asked.name)  # x = y^2, dy/dx
    return is_inverse or (len(name) == 1 and depends_on(formula, name))


def _is_product(name: str, asked: Asked) -> bool:
    """Return whether a name is read as the product of what is asked about: PV in PV = nRT, dP/dV, and xy for itself."""
    if asked.name is not None and asked.wrt is not None and len(name) <= _LONGEST_PRODUCT:
        return {asked.name, *asked.wrt} <= {*name}
    return _PRODUCT.fullmatch(name) is not None and asked.name in (None, *_COORDINATES)


def _coordinates(text: str, asked: Asked, spans: list[Span]) -> Parametric | None:
    """Return the curve of two definitions, x = cos t and y = sin t; others may stand before them."""
    line = asked.line
    found = [definition(line, span) for span in spans[-2:]]
    names = [None if each is None else defined_name(each[1]) for each in found]
    if len(found) < 2 or None in names or names[0] == names[1]:
        return None
    first, second = (str(name) for name in names)
    of, by = (first, second) if asked.wrt == (second,) else (second, first)
    is_asked = asked.name == of and asked.wrt == (by,)
    if not is_asked and (asked.name is not None or {first, second} != {*_COORDINATES}):
        return None
    if not is_asked and asked.wrt is None:
        of, by = "y", "x"
    parts = {name: _one(text, line, spans, place) for place, name in ((-2, first), (-1, second))}
    if any(part is None for part in parts.values()):
        return None
    formulas = {name: part.expression for name, part in parts.items() if part is not None}
    parameters = dict.fromkeys(name for formula in formulas.values() for name in free_symbols(formula))
    moving = [name for name in parameters if name not in HELD] or list(parameters)
    if len(moving) != 1 or moving[0] in (of, by) or not (is_asked or asked.wrt in (None, (by,), tuple(moving))):
        return None
    if not is_asked and asked.wrt is None and not all(depends_on(formula, moving[0]) for formula in formulas.values()):
        return None
    notes = (*(note for part in parts.values() if part is not None for note in part.notes), *asked.notes)
    notes = tuple(dict.fromkeys(notes))
    return Parametric(formulas[by], formulas[of], by, of, moving[0], asked.order, asked.at, notes, asked.normal)


def _one(text: str, line: str, spans: list[Span], place: int) -> Parsed | None:
    """Return one of the last two definitions, read without the other; None where it has no reading so."""
    other = spans[-2] if place == -1 else spans[-1]
    try:
        return parse_line(text, blanked(line, other.start, other.end))
    except ParseError:
        return None
