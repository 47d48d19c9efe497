"""Owns points near the one that a variable tends to, and the values of functions there, to many digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from chainrule.explain.derivation.nearby import STEP, turns, value_beside
from chainrule.explain.expressions.expression import Expression, Number, free_symbols, substitute
from chainrule.explain.expressions.neat import neat
from chainrule.explain.reading.infinite import sign_of_infinity

_DIGITS = 300
_NEAR = (3e-2, 1e-2, 1e-3, 1e-6, 1e-12, 1e-25, 1e-50)
_FAR = (1e-1, 1e-2, 1e-3, 2e-4, 1e-9, 1e-25)
"""Steps towards a point, and inverses of numbers towards infinity: those at which values are in reach are used."""

_FAR_OUT, _CLOSE_BY, _SAMPLES, _SPREAD = 1e-9, 1e-12, 16, 1e-6
"""Where values are looked at that may oscillate, how many of them, and how far apart they are at least."""

_VANISHED = 1e-150


@final
@dataclass(frozen=True, slots=True)
class Approach:
    """How a variable comes to its limit. name: the variable. to: what it tends to. side: 1 from above, -1 from below."""

    name: str
    to: Expression
    side: int

    @property
    def is_infinite(self) -> bool:
        """Return whether the variable grows without bound."""
        return bool(self.outward)

    @property
    def outward(self) -> int:
        """Return 1 where the variable tends to infinity, -1 where to minus infinity, else 0."""
        return sign_of_infinity(self.to)

    def values(self, expression: Expression, steps: Sequence[float] | None = None, turn: int = 0) -> list[Any]:
        """Return the values that are in reach, the point being approached; letters of constants are positive numbers."""
        moved = substitute(expression, {self.name: self._place})
        steps = steps or (_FAR if self.is_infinite else _NEAR)
        found = (value_beside(moved, step, _DIGITS, turn) for step in steps)
        return [value for value in found if value is not None]

    @property
    def _place(self) -> Expression:
        step = Number(self.side) * STEP
        if self.is_infinite:
            return Number(self.outward) / STEP
        return neat(self.to + step)

    def sign(self, expression: Expression) -> int:
        """Return the sign that an expression has near the point; 0 where it changes, is not known, or is no number there.

        It is not known where it depends on letters of constants.
        """
        letters = [name for name in free_symbols(expression) if name != self.name]
        seen = [value for turn in turns(letters) for value in self.values(expression, turn=turn)[-3:]]
        if not seen or any(abs(value) < _VANISHED for value in seen):
            return 0
        signs = {1 if value > 0 else -1 for value in seen}
        return signs.pop() if len(signs) == 1 else 0

    def size(self, expression: Expression) -> float:
        """Return how many digits an expression has where it was seen nearest to the point."""
        seen = self.values(expression)
        return 0.0 if not seen else float(seen[-1].context.log10(abs(seen[-1]) + 1))

    def wanders(self, expression: Expression) -> bool:
        """Return whether the values nearest to the point go on going up and down."""
        start = _FAR_OUT if self.is_infinite else _CLOSE_BY
        # Oscillations of the inverse of the distance are seen in equal steps, those of its logarithm in equal ratios.
        close = [1 / (1 / start + 0.9 * place) for place in range(_SAMPLES)]
        apart = [start * 0.5**place for place in range(_SAMPLES)]
        return any(_turns(self.values(expression, steps)) for steps in (close, apart))

    def grows(self, expression: Expression) -> bool:
        """Return whether the values become larger and larger, the point being approached."""
        seen = self.values(expression)
        return len(seen) > 1 and bool(abs(seen[-1]) > 1 and abs(seen[-1]) > 2 * abs(seen[0]))

    def vanishes(self, expression: Expression) -> bool:
        """Return whether an expression is 0 all around the point."""
        seen = self.values(expression)
        return bool(seen) and all(abs(value) < _VANISHED for value in seen)


def _turns(seen: Sequence[Any]) -> bool:
    """Return whether values go up and down, by more than rounding does."""
    turns = [(b - a) * (c - b) < 0 for a, b, c in zip(seen, seen[1:], seen[2:], strict=False)]
    return any(turns) and bool(max(seen) - min(seen) > _SPREAD * (1 + max(map(abs, seen))))
