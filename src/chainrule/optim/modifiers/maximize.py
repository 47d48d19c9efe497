"""Owns maximizing: a method that goes uphill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from chainrule.optim.modifiers.modifier import Modifier, negative, projected_gradient, sign_of


@final
@dataclass(frozen=True, slots=True)
class Maximize(Modifier):
    """The method is given -gradient, so that it climbs where it would descend. `sign` is -1, which tells `minimize`.

    >>> from chainrule.optim import GradientDescent
    >>> method = Maximize(GradientDescent(0.1))
    >>> method.update(gradient=10.0, state=method.init(5.0), x=5.0), method.sign
    ((6.0, ()), -1)
    """

    @property
    def sign(self) -> int:
        """Say which way is better: more is, unless the method inside maximizes too."""
        return -sign_of(self.method)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        return self.method.update(negative(gradient), state, x)

    def projected_gradient(self, gradient: Any, x: Any) -> Any:
        """Return the part of the gradient along which the method may go."""
        return negative(projected_gradient(self.method, negative(gradient), x))
