"""Owns RMSprop: the gradient divided by the root of its mean square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.optim.methods.leaves import advance, blend, rate_at, real_zeros, square_root, start_count
from chainrule.optim.methods.settings import check_fraction, check_learning_rate, check_positive, is_zero


@final
@dataclass(frozen=True, slots=True)
class RMSprop:
    """s becomes alpha * s + (1 - alpha) * gradient², then x becomes x - learning_rate * gradient / (√s + eps), as in PyTorch.

    learning_rate: as for GradientDescent, but about the length of a step in each number, whatever the gradient. 0.01 is
        PyTorch's. The first steps are longer, by up to 1/√(1 - alpha) times: s starts at 0.
    alpha: how much of the past the mean square keeps, at least 0 and below 1. 0.99 is PyTorch's (about a hundred steps), 0.9
        the lecture's.
    eps: above 0; keeps from dividing by 0. It is added to the root.
    momentum: of the steps, as in Momentum; 0 is without.
    centered: divide by the standard deviation of the gradient (Graves 2013) in place of the root mean square. Of a steady
        gradient this is almost 0, so that steps become long: take a small learning rate.
    State: (s, v, mean, count of steps for a schedule); v and mean are () where they are not used.
    Raises ValueError for settings that are something else.
    Source: Tieleman and Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning, 2012.

    >>> method = RMSprop(0.1, alpha=0.75)
    >>> x, state = method.update(gradient=4.0, state=method.init(5.0), x=5.0)
    >>> round(x, 6), state
    (4.8, (4.0, (), (), ()))
    """

    learning_rate: Any = 0.01
    alpha: float = 0.99
    eps: float = 1e-8
    momentum: float = 0.0
    centered: bool = False

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)
        check_fraction("alpha", self.alpha, 0.99)
        check_positive("eps", self.eps, 1e-8)
        check_fraction("momentum", self.momentum, 0.9)

    def init(self, x: Any) -> Any:
        """Return the state: no gradients so far, and no speed."""
        zeros = real_zeros(x, "RMSprop")
        speed, mean = zeros if self._is_fast else (), zeros if self.centered else ()
        return zeros, speed, mean, start_count(self.learning_rate)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        squares, speed, mean, count = state
        rate, count = rate_at(self.learning_rate, count)
        memories = [squares, *([speed] if self._is_fast else []), *([mean] if self.centered else [])]
        x, squares, *rest = advance(self._step, rate, x, gradient, *memories)
        return x, (squares, rest[0] if self._is_fast else (), rest[-1] if self.centered else (), count)

    @property
    def _is_fast(self) -> bool:
        return not is_zero(self.momentum)

    def _step(self, rate: Any, x: Any, g: Any, s: Any, *rest: Any) -> tuple[Any, ...]:
        s = blend(s, g * g, self.alpha)
        spread, mean = s, []
        if self.centered:
            mean = [blend(rest[-1], g, self.alpha)]
            spread = np.maximum(s - mean[0] * mean[0], 0)  # rounding can make the difference negative
        d = g / (square_root(spread) + self.eps)
        if not self._is_fast:
            return x - rate * d, s, *mean
        d = self.momentum * rest[0] + d
        return x - rate * d, s, d, *mean
