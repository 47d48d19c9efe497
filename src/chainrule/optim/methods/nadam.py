"""Owns NAdam: Adam whose momentum looks ahead, as Nesterov's does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from chainrule.optim.methods.leaves import advance, blend, like, rate_at, square_root
from chainrule.optim.methods.moments import start_moments
from chainrule.optim.methods.settings import check_adam, check_not_negative


@final
@dataclass(frozen=True, slots=True)
class NAdam:
    """m and v are those of Adam, and the momentum of step t is μ_t = beta1 * (1 - 0.96^(t * momentum_decay) / 2); with
    P = μ_1 ... μ_t and Q = P * μ_(t+1), x becomes
    x - learning_rate * ((1 - μ_t) / (1 - P) * gradient + μ_(t+1) / (1 - Q) * m) / (√v̂ + eps), as in PyTorch.

    learning_rate: as for Adam; 0.002 is PyTorch's. beta1, beta2, eps: as for Adam.
    momentum_decay: at least 0, how fast the momentum warms up from beta1 / 2 to beta1; 0.004 is the paper's.
    State: (m, v, (1 - P, 1 - beta2^t), 0.96^(t * momentum_decay), count of steps for a schedule).
    Raises ValueError for settings that are something else.
    Source: Dozat, "Incorporating Nesterov momentum into Adam", 2016.

    >>> method = NAdam(0.1)
    >>> x, state = method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    >>> round(x, 4)
    4.8944
    """

    learning_rate: Any = 0.002
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    momentum_decay: float = 0.004

    def __post_init__(self) -> None:
        check_adam(self)
        check_not_negative("momentum_decay", self.momentum_decay, 0.004)

    def init(self, x: Any) -> Any:
        """Return the state: no gradients so far."""
        mean, square, weights, count = start_moments(self, x)
        return mean, square, weights, 1.0, count

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        mean, square, (product, second), cold, count = state
        rate, count = rate_at(self.learning_rate, count)
        decay = 0.96**self.momentum_decay
        cold = cold * decay
        now, then = self.beta1 * (1 - 0.5 * cold), self.beta1 * (1 - 0.5 * (cold * decay))
        product = blend(product, 1.0, now)
        second = blend(second, 1.0, self.beta2)
        root = square_root(second)
        present, past = (1 - now) / product, then / blend(product, 1.0, then)

        def step(rate: Any, x: Any, g: Any, m: Any, v: Any) -> tuple[Any, ...]:
            m, v = blend(m, g, self.beta1), blend(v, g * g, self.beta2)
            ahead = like(present * root, x) * g + like(past * root, x) * m
            return x - rate * ahead / (square_root(v) + self.eps * like(root, x)), m, v

        x, mean, square = advance(step, rate, x, gradient, mean, square)
        return x, (mean, square, (product, second), cold, count)
