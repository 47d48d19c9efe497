"""Owns RAdam: Adam that divides by the root mean square only once that is known well enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.optim.methods.leaves import advance, blend, like, rate_at, square_root
from chainrule.optim.methods.moments import start_moments, weigh
from chainrule.optim.methods.settings import check_adam

_KNOWN = 5.0
"""Of a mean square that stands for so many gradients or fewer, the variance is not finite or too large (section 3.2 there)."""


@final
@dataclass(frozen=True, slots=True)
class RAdam:
    """m and v are those of Adam; ρ = ρ_∞ - 2t * beta2^t / (1 - beta2^t), with ρ_∞ = 2 / (1 - beta2) - 1, is how many gradients
    v stands for. Where ρ > 5, x becomes x - learning_rate * r * m̂ * √(1 - beta2^t) / (√v + eps) with
    r² = (ρ - 4)(ρ - 2) ρ_∞ / ((ρ_∞ - 4)(ρ_∞ - 2) ρ); before that x becomes x - learning_rate * m̂, as in PyTorch.

    It needs no warm-up. The first steps, five with the usual beta2, are as long as the gradient: where that is large, clip it.

    learning_rate, beta1, beta2, eps: as for Adam. beta2: above 0.6667, or ρ never comes above 5, and this is Momentum.
    State: (m, v, (1 - beta1^t, 1 - beta2^t), t, count of steps for a schedule).
    Raises ValueError for settings that are something else.
    Source: Liu and others, "On the variance of the adaptive learning rate and beyond", 2020.

    >>> method = RAdam(0.1)
    >>> x, state = method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    >>> round(x, 6)
    4.0
    """

    learning_rate: Any = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def __post_init__(self) -> None:
        check_adam(self)

    def init(self, x: Any) -> Any:
        """Return the state: no gradients so far."""
        mean, square, weights, count = start_moments(self, x)
        return mean, square, weights, 0.0, count

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        mean, square, weights, t, count = state
        rate, count = rate_at(self.learning_rate, count)
        first, second = weights = weigh(self, weights)
        t = t + 1.0
        whole = 2 / (1 - self.beta2) - 1
        seen = whole - 2 * t * (1 - second) / second
        is_known = 1.0 * np.greater(seen, _KNOWN)
        kept = np.maximum(seen, _KNOWN)
        spread = (whole - 4) * (whole - 2) * kept
        share = is_known * np.sqrt(second * ((kept - 4) * (kept - 2) * whole) / np.where(spread > 0, spread, 1.0))

        def step(rate: Any, x: Any, g: Any, m: Any, v: Any) -> tuple[Any, ...]:
            m, v = blend(m, g, self.beta1), blend(v, g * g, self.beta2)
            scale = like(share, x) / (square_root(v) + self.eps) + like(1 - is_known, x)
            return x - rate * m / like(first, x) * scale, m, v

        x, mean, square = advance(step, rate, x, gradient, mean, square)
        return x, (mean, square, weights, t, count)
