"""Owns AMSGrad: Adam whose mean square never falls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.optim.methods.leaves import advance, blend, like, rate_at, real_zeros, square_root
from chainrule.optim.methods.moments import start_moments, weigh
from chainrule.optim.methods.settings import check_adam


@final
@dataclass(frozen=True, slots=True)
class AMSGrad:
    """Adam with the largest v so far in place of v, as in PyTorch (`Adam(..., amsgrad=True)`).

    u becomes max(u, v); x becomes x - learning_rate * m̂ / (√û + eps) with û = u / (1 - beta2^t). The rate of a number can
    so never rise again, which Adam's proof of convergence needs.

    learning_rate, beta1, beta2, eps: as for Adam.
    State: (m, v, u, (1 - beta1^t, 1 - beta2^t), count of steps for a schedule).
    Raises ValueError for settings that are something else.
    Source: Reddi, Kale and Kumar, "On the convergence of Adam and beyond", 2018.

    >>> method = AMSGrad(0.1)
    >>> x, state = method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    >>> round(x, 6)
    4.9
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
        return mean, square, real_zeros(x, "AMSGrad"), weights, count

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        mean, square, largest, weights, count = state
        rate, count = rate_at(self.learning_rate, count)
        first, second = weights = weigh(self, weights)
        root = square_root(second)

        def step(rate: Any, x: Any, g: Any, m: Any, v: Any, u: Any) -> tuple[Any, ...]:
            m, v = blend(m, g, self.beta1), blend(v, g * g, self.beta2)
            u = np.maximum(u, v)
            return x - rate * like(root / first, x) * m / (square_root(u) + self.eps * like(root, x)), m, v, u

        x, mean, square, largest = advance(step, rate, x, gradient, mean, square, largest)
        return x, (mean, square, largest, weights, count)
