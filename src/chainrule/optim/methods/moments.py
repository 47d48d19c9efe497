"""Owns what Adam and its relatives share: means of the gradient and of its square, and the step that these make.

A method has the settings learning_rate, beta1, beta2 and eps.
"""

from __future__ import annotations

from typing import Any

from chainrule.optim.methods.leaves import advance, blend, like, rate_at, real_zeros, square_root, start_count
from chainrule.optim.methods.settings import is_zero


def start_moments(method: Any, x: Any) -> Any:
    """Return (mean, mean square, their sums of weights, count) before the first step."""
    name = type(method).__name__
    return real_zeros(x, name), real_zeros(x, name), (0.0, 0.0), start_count(method.learning_rate)


def weigh(method: Any, weights: Any) -> tuple[Any, Any]:
    """Return the sums of the weights in the two means after one step more: 1 - beta1^t and 1 - beta2^t."""
    return blend(weights[0], 1.0, method.beta1), blend(weights[1], 1.0, method.beta2)


def step_by_moments(method: Any, gradient: Any, state: Any, x: Any, weight_decay: float = 0.0) -> tuple[Any, Any]:
    """Return the next point and state of Adam; before the step, x shrinks by learning_rate * weight_decay of itself.

    With w = 1 - beta2^t, m / w₁ / (√(v/w) + eps) is (√w / w₁) * m / (√v + eps √w), as the paper has it at the end of its
    section 2: what there is to compute for each number is one root and one division.
    """
    mean, square, weights, count = state
    rate, count = rate_at(method.learning_rate, count)
    first, second = weights = weigh(method, weights)
    root = square_root(second)

    def step(rate: Any, x: Any, g: Any, m: Any, v: Any) -> tuple[Any, ...]:
        m, v = blend(m, g, method.beta1), blend(v, g * g, method.beta2)
        if not is_zero(weight_decay):
            x = x * (1 - rate * weight_decay)
        return x - rate * like(root / first, x) * m / (square_root(v) + method.eps * like(root, x)), m, v

    x, mean, square = advance(step, rate, x, gradient, mean, square)
    return x, (mean, square, weights, count)
