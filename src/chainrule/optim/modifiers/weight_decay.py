"""Owns weight decay: a pull to 0, added to the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from chainrule.optim.methods.leaves import map_leaves
from chainrule.optim.methods.settings import check_not_negative
from chainrule.optim.modifiers.modifier import Modifier


@final
@dataclass(frozen=True, slots=True)
class WeightDecay(Modifier):
    """The method is given gradient + rate * x: the gradient of the function plus rate / 2 * |x|², as PyTorch's `weight_decay`.

    rate: at least 0; ValueError where it is not.
    Source: Krogh and Hertz, "A simple weight decay can improve generalization", 1992.

    >>> from chainrule.optim import GradientDescent
    >>> method = WeightDecay(GradientDescent(0.1), 2.0)
    >>> method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    (3.0, ())
    """

    rate: float

    def __post_init__(self) -> None:
        Modifier.__post_init__(self)
        check_not_negative("rate", self.rate, 0.01)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        return self.method.update(map_leaves(lambda x, g: g + self.rate * x, x, gradient), state, x)
