"""Owns AdamW: Adam, with a weight decay that the division by the root does not touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from chainrule.optim.methods.moments import start_moments, step_by_moments
from chainrule.optim.methods.settings import check_adam, check_not_negative


@final
@dataclass(frozen=True, slots=True)
class AdamW:
    """x becomes x * (1 - learning_rate * weight_decay), and then takes the step of Adam.

    With WeightDecay(Adam(...), rate) the decay goes through the division by √v̂, and is weakest where gradients are
    largest; here it is the same for every number.

    learning_rate, beta1, beta2, eps: as for Adam.
    weight_decay: at least 0; 0.01 is PyTorch's. The end of the descent is then not a minimum of the function alone, but of
        the function with a pull to 0.
    State: as of Adam. Raises ValueError for settings that are something else.
    Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.

    >>> method = AdamW(0.1, weight_decay=0.5)
    >>> x, state = method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    >>> round(x, 6)
    4.65
    """

    learning_rate: Any = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        check_adam(self)
        check_not_negative("weight_decay", self.weight_decay, 0.01)

    def init(self, x: Any) -> Any:
        """Return the state: no gradients so far."""
        return start_moments(self, x)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        return step_by_moments(self, gradient, state, x, self.weight_decay)
