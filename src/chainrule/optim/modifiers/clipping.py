"""Owns gradient clipping: gradients that are too long are shortened before a method sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.core.trees import flatten
from chainrule.optim.methods.leaves import like, map_leaves
from chainrule.optim.methods.settings import check_positive
from chainrule.optim.modifiers.modifier import Modifier

_EPS = 1e-6


@final
@dataclass(frozen=True, slots=True)
class ClipNorm(Modifier):
    """The method is given the gradient times min(1, largest / (norm + 1e-6)), as by PyTorch's `clip_grad_norm_`.

    The norm is the Euclidean one over all parts of the gradient together, so that its direction stays the same. It is computed
    without overflow. A gradient with an entry that is not finite stays so.

    largest: a finite number above 0; ValueError where it is not.
    Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013.

    >>> from chainrule.optim import GradientDescent
    >>> method = ClipNorm(GradientDescent(0.1), 1.0)
    >>> round(method.update(gradient=1e200, state=(), x=5.0)[0], 6)
    4.9
    """

    largest: float

    def __post_init__(self) -> None:
        Modifier.__post_init__(self)
        check_positive("largest", self.largest, 1.0)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        factor = np.minimum(self.largest / (norm_of(gradient) + _EPS), 1.0)
        return self.method.update(map_leaves(lambda x, g: g * like(factor, g), x, gradient), state, x)


@final
@dataclass(frozen=True, slots=True)
class ClipValue(Modifier):
    """The method is given the gradient with each entry brought between -largest and largest, as by `clip_grad_value_`.

    largest: a finite number above 0; ValueError where it is not.

    >>> from chainrule.optim import GradientDescent
    >>> method = ClipValue(GradientDescent(0.5), 1.0)
    >>> method.update(gradient=[10.0, -0.5], state=(), x=[5.0, 5.0])
    ([4.5, 5.25], ())
    """

    largest: float

    def __post_init__(self) -> None:
        Modifier.__post_init__(self)
        check_positive("largest", self.largest, 1.0)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        clipped = map_leaves(lambda x, g: np.minimum(np.maximum(g, -self.largest), self.largest), x, gradient)
        return self.method.update(clipped, state, x)


def norm_of(tree: Any) -> Any:
    """Return the Euclidean norm over all parts of a container.

    Everything is divided by the largest entry first: its square may be too large for a number.
    """
    parts = [np.abs(leaf) for leaf in flatten(tree)[0] if np.size(leaf)]
    if not parts:
        return 0.0
    scale: Any = np.max(parts[0])
    for part in parts[1:]:
        scale = np.maximum(scale, np.max(part))
    unit = np.where(scale > 0, scale, 1.0)
    total: Any = 0.0
    for part in parts:
        total = total + np.sum((part / like(unit, part)) ** 2)
    return scale * np.sqrt(total)
