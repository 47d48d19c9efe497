"""Owns looking ahead: a method runs some steps in front, and a slower point follows it a part of the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from chainrule.optim.methods.leaves import like, map_leaves
from chainrule.optim.methods.settings import check_count, check_share
from chainrule.optim.modifiers.modifier import Modifier


@final
@dataclass(frozen=True, slots=True)
class Lookahead(Modifier):
    """After every `every` steps of the method, the slow point becomes slow + share * (x - slow), and x goes back to it.

    What swings in the steps of the method is averaged away. The method keeps its state.

    every: a whole number of at least 1; 5 is the paper's. share: above 0 and at most 1; 0.5 is the paper's, and with 1 it is the
        method alone. Raises ValueError where one is something else.
    State: (that of the method inside, the slow point, steps since it moved).
    Source: Zhang, Lucas, Hinton and Ba, "Lookahead optimizer: k steps forward, 1 step back", 2019.

    >>> from chainrule.optim import GradientDescent
    >>> method = Lookahead(GradientDescent(0.1), every=2)
    >>> x, state = method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    >>> x, method.update(gradient=8.0, state=state, x=x)[0]
    (4.0, 4.1)
    """

    every: int = 5
    share: float = 0.5

    def __post_init__(self) -> None:
        Modifier.__post_init__(self)
        check_count("every", self.every, 1, 5)
        check_share("share", self.share, 0.5)

    def init(self, x: Any) -> Any:
        """Return the state of the method inside, and the slow point, which is where it starts."""
        return self.method.init(x), x, 0.0

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        inside, slow, count = state
        ahead, inside = self.method.update(gradient, inside, x)
        follows = 1.0 * (count == self.every - 1)  # 1 or 0: an update decides nothing on values
        slow = map_leaves(lambda old, new: old + like(follows * self.share, old) * (new - old), slow, ahead)
        x = map_leaves(lambda new, old: new + like(follows, new) * (old - new), ahead, slow)
        return x, (inside, slow, (count + 1.0) * (1.0 - follows))
