"""Owns what a question for a Taylor polynomial leaves open: the variables, the point, and the degree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from chainrule.explain.derivation.curves.tangent import rounded
from chainrule.explain.expressions.expression import Expression, Symbol, free_symbols, lift
from chainrule.explain.expressions.neat import ZERO, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.reading.curves import HELD
from chainrule.explain.reading.point import point_of
from chainrule.explain.reading.taylor import USUAL_DEGREE, TaylorAsked

USUAL_DEGREE_OF_SEVERAL = 2


@final
@dataclass(frozen=True, slots=True)
class Center:
    """Where a function is expanded. moving: its variables with the coordinates of the point. held: letters of constants.

    notes: what was chosen because nothing was said.
    """

    moving: tuple[tuple[str, Expression], ...]
    held: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The variables."""
        return tuple(name for name, _ in self.moving)

    @property
    def shown(self) -> str:
        """The point as it is read."""
        return ", ".join(f"{text(Symbol(name))} = {text(value)}" for name, value in self.moving)

    def step(self, name: str) -> Expression:
        """Return x - a."""
        return neat(Symbol(name) - dict(self.moving)[name])


def center_of(asked: TaylorAsked, wrt: Sequence[str] | None, at: Any) -> Center:
    """Return the point, exactly. at: one that was given beside the text, which comes first.

    Raises ValueError where it does not fit the variables, or none is named and the words need one.
    """
    used = tuple(dict.fromkeys((*asked.wrt, *free_symbols(asked.parsed.expression))))
    unknown = [name for name in wrt or () if used and name not in used]
    if unknown:
        raise ValueError(f"there is no variable {', '.join(map(repr, unknown))}; the variables are {', '.join(used)}")
    said = () if asked.center is None else asked.center
    named = tuple(name for name, _ in said if name is not None)
    moving = tuple(wrt or asked.wrt or named) or tuple(name for name in used if name not in HELD) or used or ("x",)
    held = tuple(name for name in used if name not in moving)
    if at is not None:
        given = point_of(moving, at)
        return Center(tuple((name, _exact(given[name])) for name in moving), held, ())
    if asked.is_maclaurin or (asked.center is None and not asked.needs_point):
        at_zero = all(value == ZERO for _, value in said)
        if not at_zero:
            raise ValueError("a Maclaurin series is at 0; for another point say Taylor series")
        notes = () if said or asked.is_maclaurin else ("No point was named: it is expanded at 0",)
        return Center(tuple((name, ZERO) for name in moving), held, notes)
    if not said:
        example = "at x = 4" if len(moving) == 1 else f"at ({', '.join('1' for _ in moving)})"
        raise ValueError(f"a polynomial approximation is made at a point; expected one at the end, as in {example}")
    return Center(_matched(said, moving), held, ())


def _matched(
    said: Sequence[tuple[str | None, Expression]], moving: Sequence[str]
) -> tuple[tuple[str, Expression], ...]:
    named: Mapping[str, Expression] = {name: value for name, value in said if name is not None}
    if named:
        missing = [name for name in moving if name not in named]
        unknown = [name for name in named if name not in moving]
        if missing or unknown:
            what = f"gives no value of {', '.join(missing)}" if missing else f"names {', '.join(unknown)}"
            raise ValueError(f"the point {what}; the variables are {', '.join(moving)}")
        return tuple((name, named[name]) for name in moving)
    values = [value for _, value in said]
    if len(values) == 1 and values[0] == ZERO:  # the origin
        values *= len(moving)
    if len(values) != len(moving):
        raise ValueError(f"the point has {len(values)} numbers, but the variables are {', '.join(moving)}")
    return tuple(zip(moving, values, strict=True))


def _exact(value: float) -> Expression:
    """Return a number by its name or as a fraction, where it is a simple one."""
    named = lift(value)
    return rounded(value) if named == lift(float(value)) and text(named) == repr(value) else named


def degree_of(asked: TaylorAsked, center: Center) -> tuple[int, tuple[str, ...]]:
    """Return the degree, and what is said where it was chosen."""
    if asked.degree is not None:
        return asked.degree, ()
    usual = USUAL_DEGREE if len(center.moving) == 1 else USUAL_DEGREE_OF_SEVERAL
    more = f'ask for more, as in "of degree {usual + 1}"'
    return usual, (f"No degree was named: the terms up to degree {usual} are shown; {more}",)
