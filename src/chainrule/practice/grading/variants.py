"""Owns differentiation with deliberate slips: the values that a derivative has at sample points where rules are misused.

The walk is the chain rule with the table's own partial derivatives, called with numbers. A slip bends the derivative of one
operation; what is around it goes on as it should.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.core.primitive import Composite, Elementwise
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import (
    Apply,
    Expression,
    Number,
    Symbol,
    depends_on,
    fold,
    free_symbols,
    lift,
    rebuild,
)
from chainrule.explain.expressions.neat import is_named, neat
from chainrule.practice.grading.mistake import Mistake
from chainrule.practice.grading.mistakes import MISTAKES
from chainrule.practice.grading.operation import Floats, Operation, slope_of
from chainrule.primitives.arithmetic import POWER

MAX_VARIANTS = 4000
_OTHER_VARIABLE = next(index for index, mistake in enumerate(MISTAKES) if "other variable" in mistake.name)
_LOST_SIGN = next(index for index, mistake in enumerate(MISTAKES) if mistake.name == "lost sign")
_CHANGES = tuple((index, mistake) for index, mistake in enumerate(MISTAKES) if mistake.change is not None)
_COMMON = tuple((index, mistake) for index, mistake in _CHANGES if mistake.is_common)

Slips = tuple[int, ...]
"""Which mistakes of the table were made, by their places in it."""


class OutOfTime(Exception):
    """The search took as long as it may."""


@final
@dataclass(frozen=True, slots=True)
class Variant:
    """A derivative at the sample points, and the slips that led to it. node: where the first one happened."""

    value: Any
    slips: Slips = ()
    node: Expression | None = None


def unfolded(expression: Expression) -> Expression:
    """Return the expression with composite functions, such as softplus, written out."""

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        if isinstance(node, Apply) and isinstance(node.primitive, Composite):
            return unfolded(lift(node.primitive.value(*operands)))
        return rebuild(node, operands)

    return fold(expression, combine)


def as_powers(expression: Expression) -> Expression:
    """Return the expression with roots and reciprocals written as powers, as many people do first: c/u² is c u^(-2)."""
    return neat(fold(expression, lambda node, operands: _as_power(rebuild(node, operands))))


def _as_power(node: Expression) -> Expression:
    if not isinstance(node, Apply):
        return node
    exponent = _EXPONENTS.get(node.primitive.name)
    if exponent is not None:
        return node.operands[0] ** exponent
    if node.primitive.name == "divide" and not free_symbols(node.operands[0]) and free_symbols(node.operands[1]):
        above, below = node.operands
        if isinstance(below, Apply) and below.primitive is POWER and isinstance(below.operands[1], Number):
            return above * below.operands[0] ** Number(-below.operands[1].value)
        return above * below ** Number(-1)
    return node


_EXPONENTS = {"sqrt": lift(0.5), "square": lift(2), "reciprocal": lift(-1), "cbrt": lift(1) / 3}


@final
class Search:
    """The derivatives of one expression with slips, at sample points.

    points: arrays by name. Raises OutOfTime where `deadline`, on the clock `time.monotonic`, has passed.
    """

    __slots__ = ("deadline", "local", "name", "points", "shape", "values")

    def __init__(self, expression: Expression, name: str, points: Mapping[str, Floats], deadline: float) -> None:
        self.name, self.points, self.deadline = name, points, deadline
        self.shape = np.shape(points[name])
        self.values: dict[Expression, Floats] = {}
        self.local: dict[Apply, tuple[tuple[Floats, ...], Floats, tuple[Floats, ...], tuple[int, ...]]] = {}

        def keep(node: Expression, operands: Sequence[Floats]) -> Floats:
            if isinstance(node, Apply) and isinstance(node.primitive, Elementwise):
                value = node.primitive.value(*operands)
            else:
                value = evaluate(node, points)
            self.values[node] = np.broadcast_to(np.asarray(value, dtype=float), self.shape)
            return self.values[node]

        fold(expression, keep)

    def right(self, node: Expression) -> Any:
        """Return the derivative without slips."""
        return next(iter(self._variants(node, 0, ()))).value

    def everywhere(self, node: Expression) -> Iterator[Variant]:
        """Yield the derivatives in which one mistake is made wherever it can be made."""
        for place, mistake in _CHANGES:
            for alternative in range(3):
                found = self._all_over(node, mistake, alternative)
                if found is None:
                    break
                yield Variant(found, (place,), node)
        yield Variant(self._total(node), (_OTHER_VARIABLE,), node)

    def with_slips(self, node: Expression, most: int) -> Iterator[Variant]:
        """Yield the derivatives with up to `most` slips; with more than one, only of the common mistakes."""
        return self._variants(node, most, _CHANGES if most == 1 else _COMMON)

    def _tick(self) -> None:
        if time.monotonic() > self.deadline:
            raise OutOfTime

    def _variants(self, node: Expression, most: int, table: Sequence[tuple[int, Mistake]]) -> Iterator[Variant]:
        self._tick()
        if isinstance(node, Symbol):
            yield from self._variable(node, most, table)
        elif isinstance(node, Apply) and is_named(node, "where"):
            yield from itertools.islice(self._chosen(node, most, table), MAX_VARIANTS)
        elif not isinstance(node, Apply) or not isinstance(node.primitive, Elementwise):
            yield Variant(0.0)
        else:
            yield from itertools.islice(self._applied(node, most, table), MAX_VARIANTS)

    def _variable(self, node: Symbol, most: int, table: Sequence[tuple[int, Mistake]]) -> Iterator[Variant]:
        if node.name != self.name:
            yield Variant(0.0)
            if most:
                yield Variant(1.0, (_OTHER_VARIABLE,), node)
            return
        yield Variant(1.0)
        if most:
            yield from self._slipped(self._first_power(node), (Variant(1.0), Variant(0.0)), most, table)

    def _first_power(self, node: Symbol) -> Operation:
        """Return the variable as its own first power: people leave that exponent as it was, too."""
        power = node ** Number(1)
        assert isinstance(power, Apply)
        x = self.values[node]
        one = np.ones(self.shape)
        return Operation(power, self.name, (x, one), x, (one, np.zeros(self.shape)), (1.0, 0.0), (0,), x)

    def _applied(self, node: Apply, most: int, table: Sequence[tuple[int, Mistake]]) -> Iterator[Variant]:
        choices = [list(self._variants(operand, most, table)) for operand in node.operands]
        for parts in _combinations(choices, most):
            made = sum(len(part.slips) for part in parts)
            operation = self._operation(node, [part.value for part in parts])
            slips = tuple(slip for part in parts for slip in part.slips)
            first = next((part.node for part in parts if part.node is not None), None)
            yield Variant(operation.derivative, slips, first)
            if made < most:
                yield from self._slipped(operation, parts, most, table)

    def _chosen(self, node: Apply, most: int, table: Sequence[tuple[int, Mistake]]) -> Iterator[Variant]:
        """Yield the derivatives of a function by cases: a slip happens in one of them, or in two."""
        choices = [list(self._variants(operand, most, table)) for operand in node.operands[:2]]
        for parts in _combinations(choices, most):
            slips = tuple(slip for part in parts for slip in part.slips)
            first = next((part.node for part in parts if part.node is not None), None)
            yield Variant(self._choose(node, [part.value for part in parts]), slips, first)

    def _choose(self, node: Apply, dots: Sequence[Any]) -> Any:
        return np.where(self.values[node.operands[2]], dots[0], dots[1])

    def _slipped(
        self, operation: Operation, parts: Sequence[Variant], most: int, table: Sequence[tuple[int, Mistake]]
    ) -> Iterator[Variant]:
        self._tick()
        before = tuple(slip for part in parts for slip in part.slips)
        for place, mistake in table:
            assert mistake.change is not None
            for value in mistake.change(operation):
                yield Variant(value, (place, *before), operation.node)
                if len(before) + 2 <= most and place != _LOST_SIGN and operation.has_minus():
                    yield Variant(-value, (place, _LOST_SIGN), operation.node)

    def _operation(self, node: Apply, dots: Sequence[Any]) -> Operation:
        known = self.local.get(node)
        if known is None:
            assert isinstance(node.primitive, Elementwise)
            operands = tuple(self.values[operand] for operand in node.operands)
            out = self.values[node]
            slopes = tuple(slope_of(node.primitive, index, out, operands) for index in range(len(operands)))
            moving = tuple(index for index, part in enumerate(node.operands) if depends_on(part, self.name))
            known = self.local[node] = operands, out, slopes, moving
        operands, out, slopes, moving = known
        return Operation(node, self.name, operands, out, slopes, tuple(dots), moving, self.points[self.name])

    def _all_over(self, expression: Expression, mistake: Mistake, alternative: int) -> Any:
        """Return the derivative with a mistake made wherever it can be; None where that is fewer than twice."""
        assert mistake.change is not None
        change, made = mistake.change, 0

        def combine(node: Expression, dots: Sequence[Any]) -> Any:
            nonlocal made
            self._tick()
            if isinstance(node, Symbol):
                if node.name != self.name:
                    return 0.0
                operation = self._first_power(node)
            elif isinstance(node, Apply) and isinstance(node.primitive, Elementwise):
                operation = self._operation(node, dots)
            else:
                return self._choose(node, dots) if isinstance(node, Apply) and is_named(node, "where") else 0.0
            wrong = next(itertools.islice(change(operation), alternative, None), None)
            made += wrong is not None
            return operation.derivative if wrong is None else wrong

        value = fold(expression, combine)
        return value if made > 1 else None

    def _total(self, expression: Expression) -> Any:
        """Return the derivative where every variable moves alike."""

        def combine(node: Expression, dots: Sequence[Any]) -> Any:
            self._tick()
            if isinstance(node, Apply) and isinstance(node.primitive, Elementwise):
                return self._operation(node, dots).derivative
            if isinstance(node, Apply) and is_named(node, "where"):
                return self._choose(node, dots)
            return 1.0 if isinstance(node, Symbol) else 0.0

        return fold(expression, combine)


def _combinations(choices: Sequence[Sequence[Variant]], most: int) -> Iterator[tuple[Variant, ...]]:
    """Yield one choice for each operand, with `most` slips together; the first choice of each has none."""
    right = tuple(choice[0] for choice in choices)
    yield right
    for index, choice in enumerate(choices):
        for part in choice[1:]:
            yield (*right[:index], part, *right[index + 1 :])
    if most < 2 or len(choices) != 2:
        return
    for first in choices[0][1:]:
        for second in choices[1][1:]:
            if len(first.slips) + len(second.slips) <= most:
                yield first, second
