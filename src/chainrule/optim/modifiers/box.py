"""Owns bounds: after each step the point is brought back between a lower and an upper side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.core.trace import Traced
from chainrule.core.trees import flatten, unflatten
from chainrule.errors import ShapeError
from chainrule.optim.methods.leaves import like, map_leaves, spreads_over
from chainrule.optim.methods.settings import is_real
from chainrule.optim.modifiers.modifier import Modifier, negative, projected_gradient


@final
@dataclass(frozen=True, slots=True)
class Box(Modifier):
    """After each step x becomes min(max(x, lower), upper): the nearest point of the box.

    Start in the box. At the end of a descent the gradient need not vanish where a side is in the way: `projected_gradient` does.

    lower, upper: numbers, or containers of numbers and arrays like x; -inf and inf by default.
        ValueError where lower is above upper, or is not a number; ShapeError where they do not fit x.
    Source: Levitin and Polyak, "Constrained minimization methods", 1966 (for gradient descent; other methods keep a state that
    does not know of the sides).

    >>> from chainrule.optim import GradientDescent
    >>> method = Box(GradientDescent(0.1), 4.5, 10.0)
    >>> method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    (4.5, ())
    >>> method.projected_gradient(gradient=10.0, x=4.5)
    0.0
    """

    lower: Any = -math.inf
    upper: Any = math.inf

    def __post_init__(self) -> None:
        Modifier.__post_init__(self)
        lower, upper = flatten(self.lower)[0], flatten(self.upper)[0]
        for name, sides in (("lower", lower), ("upper", upper)):
            if not sides or not all(
                isinstance(side, Traced) or (is_real(side) and not np.any(np.isnan(side))) for side in sides
            ):
                given = getattr(self, name)
                raise ValueError(f"{name} is a number, or a container of numbers like the point, not {given!r:.60}")
        count = max(len(lower), len(upper))
        pairs = zip(
            lower * count if len(lower) == 1 else lower, upper * count if len(upper) == 1 else upper, strict=False
        )
        if any(not any(isinstance(side, Traced) for side in pair) and np.any(np.greater(*pair)) for pair in pairs):
            raise ValueError(
                f"lower is not above upper, but {self.lower!r:.60} is above {self.upper!r:.60}; exchange them"
            )

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient, bounds and point do not fit."""
        x, state = self.method.update(gradient, state, x)
        return self._nearest(x), state

    def projected_gradient(self, gradient: Any, x: Any) -> Any:
        """Return the gradient without its parts along which the method would leave the box: x - nearest(x - gradient).

        A method that climbs goes along the gradient, not against it: there it is nearest(x + gradient) - x.
        """
        gradient = projected_gradient(self.method, gradient, x)
        climbs = self.sign < 0
        way = gradient if climbs else negative(gradient)
        ahead = self._nearest(map_leaves(lambda x, g: x + g, x, way))
        return map_leaves(lambda x, end: end - x if climbs else x - end, x, ahead)

    def _nearest(self, x: Any) -> Any:
        return map_leaves(
            lambda x, low, high: np.minimum(np.maximum(x, low), high), x, _sides(self.lower, x), _sides(self.upper, x)
        )


def _sides(side: Any, x: Any) -> Any:
    """Return a side in the structure, shapes and types of the point."""
    points, structure = flatten(x)
    sides, _ = flatten(side)
    if len(sides) == 1:
        sides = sides * len(points)
    if len(sides) != len(points):
        raise ShapeError(
            f"the point has {len(points)} arrays, but a side of the Box {len(sides)}; give one number for all, or a number or an "
            "array for each array of the point"
        )
    return unflatten(structure, [like(_spread(low, point), point) for low, point in zip(sides, points, strict=True)])


def _spread(side: Any, point: Any) -> Any:
    shape = np.shape(point)
    if np.shape(side) == shape:
        return side
    if not spreads_over(np.shape(side), shape):
        raise ShapeError(
            f"a side of the Box has shape {np.shape(side)}, where the point has {shape}; give one of that shape"
        )
    return np.broadcast_to(side, shape)
