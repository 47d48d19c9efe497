"""Owns the real line as a derivative divides it: its zeros, where it does not exist, and its sign between them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from chainrule.errors import GradientError
from chainrule.explain.derivation.findings.exact_forms import root_form
from chainrule.explain.derivation.sampled import Floats
from chainrule.explain.derivation.studies.zeros import Call, Zeros, along, bisected, zeros_of
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Apply, Expression, free_symbols, walk
from chainrule.explain.expressions.neat import is_named, neat
from chainrule.explain.reading.intervals import Interval

_JUMPING = ("floor", "ceil", "rint", "trunc", "remainder", "fmod", "floor_divide")
_WITHIN = np.concatenate([np.linspace(0.02, 0.98, 25), [0.005, 0.995]])
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that divides the line.

    place: where. exact: the same, where a form is confirmed. kind: "zero" of the derivative, "break", where it does not exist,
    or "end" of the interval. value: of the function there; NaN where there is none. is_continuous: whether the function is.
    """

    place: float
    exact: Expression | None
    kind: str
    value: float
    is_continuous: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """What lies between two marks. sign: of the derivative, 1 or -1; 0 where it is 0 all along; None where nothing is defined.

    test: a place in it, with the derivative there. samples: at how many places the sign was looked at.
    """

    start: float
    end: float
    sign: int | None
    test: float
    slope: float
    samples: int


@dataclass(frozen=True, slots=True)
class Line:
    """The marks, ascending, and the pieces between and around them. zeros: what is known of those of the derivative."""

    marks: tuple[Mark, ...]
    pieces: tuple[Piece, ...]
    zeros: Zeros

    @property
    def samples(self) -> int:
        """At how many places the sign was looked at."""
        return sum(piece.samples for piece in self.pieces)

    def beside(self, mark: Mark) -> tuple[int | None, int | None]:
        """Return the signs on the left and on the right of a mark; None where nothing is defined."""
        left = next((piece.sign for piece in self.pieces if piece.end == mark.place), None)
        right = next((piece.sign for piece in self.pieces if piece.start == mark.place), None)
        return left, right


def divided_line(
    function: Expression, slope: Expression, conditions: Sequence[Expression], name: str, interval: Interval
) -> Line:
    """Return the line as `slope`, a derivative of `function`, divides it. Raises TooManyZeros, ValueError for steps.

    conditions: where the function and the slope are defined and smooth.
    """
    if any(is_named(node, *_JUMPING) for node in walk(function)):
        raise ValueError(
            "the function has steps, at which it jumps, so that its derivative does not say where it rises"
        )
    low, high = interval.ends
    value, rate = _defined(function, name), along(slope, name)
    zeros = zeros_of(slope, name, low, high)
    marks: dict[float, Mark] = {}
    for border in _borders(conditions):
        if free_symbols(border) != (name,):
            continue
        for place in zeros_of(border, name, low, high).places:
            _add(marks, _at_break(value, rate, root_form(place, name, border), place))
    for place in zeros.places:
        _add(marks, _mark(value, root_form(place, name, slope), place, "zero"))
    for end, exact, belongs in ((low, interval.low, interval.has_low), (high, interval.high, interval.has_high)):
        if math.isfinite(end):
            _add(marks, replace(_mark(value, exact, end, "end"), is_continuous=belongs), is_end=True)
    return _settled(marks, value, rate, zeros, low, high)


def _defined(function: Expression, name: str) -> Call:
    """Return the function's values; NaN at 0^0, which floats take for 1, where both depend on the variable, as in x^x."""
    call = along(function, name)
    powers = [node for node in walk(function) if is_named(node, "power") and name in free_symbols(node.operands[1])]
    parts = [tuple(along(part, name) for part in node.operands) for node in powers if isinstance(node, Apply)]

    def values(places: Floats) -> Floats:
        found = call(places)
        for base, exponent in parts:
            found[(base(places) == 0) & (exponent(places) == 0)] = np.nan
        return found

    return values


def _borders(conditions: Iterable[Expression]) -> Iterator[Expression]:
    """Yield what is 0 where a condition begins or ceases to hold."""
    for condition in conditions:
        if is_named(condition, "logical_or", "logical_and"):
            yield from _borders(condition.operands)
        elif isinstance(condition, Apply) and len(condition.operands) == 2:
            yield neat(condition.operands[0] - condition.operands[1])


def _add(marks: dict[float, Mark], mark: Mark | None, is_end: bool = False) -> None:
    """Put a mark to the others; what is at a place already stays, but for an end of the interval."""
    if mark is None:
        return
    near = [place for place in marks if abs(place - mark.place) <= 1e-9 * max(1.0, abs(place))]
    if near and not is_end:
        return
    for place in near:
        del marks[place]
    marks[mark.place] = mark


def _mark(value: Call, exact: Expression | None, place: float, kind: str) -> Mark:
    at = place if exact is None else float(evaluate(exact, {}))
    return Mark(at + 0.0, exact, kind, float(value(np.array([at]))[0]), True)


def _at_break(value: Call, rate: Call, exact: Expression | None, place: float) -> Mark | None:
    """Return the mark of a place at which a rule does not hold; None where the function is smooth there after all."""
    mark = _mark(value, exact, place, "break")
    steps = 1e-6 * max(1.0, abs(mark.place))
    sides = np.array([mark.place - steps, mark.place + steps, mark.place - steps / 1e3, mark.place + steps / 1e3])
    values, slopes = value(sides), rate(sides)
    if math.isnan(mark.value):
        return replace(mark, is_continuous=False)
    defined = np.isfinite(values[2:])
    far, close = np.abs(values[:2] - mark.value), np.abs(values[2:] - mark.value)
    # A jump is as high from close by as from further off; a root comes down.
    settles = (close <= 1e-6 * (1 + abs(mark.value))) | (close < 0.5 * far)
    is_continuous = bool(np.all(settles[defined]))
    smooth = np.all(np.isfinite(slopes)) and np.ptp(slopes) <= 1e-3 * (1 + np.abs(slopes).max()) and defined.all()
    if smooth and is_continuous:
        return replace(mark, kind="zero") if np.abs(slopes[2:]).max() < 1e-5 else None
    return replace(mark, is_continuous=is_continuous)


def _settled(marks: dict[float, Mark], value: Call, rate: Call, zeros: Zeros, low: float, high: float) -> Line:
    """Return the pieces between the marks; where signs within one differ, a zero was missed, and is put to the marks."""
    for _ in range(_ROUNDS):
        places = [low, *(place for place in sorted(marks) if low < place < high), high]
        pieces: list[Piece] = []
        missed: list[float] = []
        for start, end in pairwise(places):
            piece, more = _piece(value, rate, start, end)
            pieces.append(piece)
            missed += more
        if not missed:
            ordered = tuple(marks[place] for place in sorted(marks))
            return Line(ordered, tuple(pieces), zeros)
        for place in missed:
            _add(marks, _mark(value, None, place, "zero"))
    raise GradientError("the sign of the derivative could not be settled between its zeros; name a smaller interval")


def _piece(value: Call, rate: Call, start: float, end: float) -> tuple[Piece, list[float]]:
    places = inside(start, end)
    slopes = rate(places)
    slopes[~np.isfinite(value(places))] = np.nan  # the formula of a derivative may go on where the function does not
    known = np.isfinite(slopes) & (slopes != 0)
    test = _test_place(start, end)
    at_test = float(rate(np.array([test]))[0])
    count = int(np.count_nonzero(np.isfinite(slopes)))
    if not known.any():
        return Piece(start, end, 0 if count else None, test, at_test, count), []
    signs, where = np.sign(slopes[known]), places[known]
    turns = np.flatnonzero(signs[1:] != signs[:-1])
    missed = [bisected(rate, float(where[turn]), float(where[turn + 1])) for turn in turns]
    more = [place for place in missed if place is not None]
    if not math.isfinite(at_test) or at_test == 0:
        test, at_test = (float(part[known][len(where) // 2]) for part in (places, slopes))
    return Piece(start, end, int(signs[0]), test, at_test, count), more if len(more) == len(turns) else []


def inside(start: float, end: float) -> Floats:
    """Return places between two ends, which may be infinite, not too close to either.

    >>> float(inside(0.0, 1.0).min()), bool(inside(5.0, float("inf")).max() > 1e5)
    (0.005, True)
    """
    if math.isfinite(start) and math.isfinite(end):
        return np.sort(start + (end - start) * _WITHIN)
    steps = np.geomspace(0.02, 1e6, 40)
    if math.isfinite(start):
        return start + max(1.0, abs(start)) * steps
    if math.isfinite(end):
        return np.sort(end - max(1.0, abs(end)) * steps)
    return np.sort(np.concatenate([-steps, [0.0], steps]))


def _test_place(start: float, end: float) -> float:
    """Return a place that is easily put in: a whole number where there is one."""
    if math.isinf(start) and math.isinf(end):
        return 0.0
    if math.isinf(end):
        return math.floor(start) + 1.0
    if math.isinf(start):
        return math.ceil(end) - 1.0
    middle = 0.5 * (start + end)
    if start < round(middle) < end:
        return float(round(middle)) + 0.0
    for digits in (1, 2, 3):
        if start < round(middle, digits) < end:
            return round(middle, digits)
    return middle
