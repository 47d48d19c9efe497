"""Owns what a method of descent is: a pure `init` and a pure `update`."""

from __future__ import annotations

from typing import Any, Protocol


class Method(Protocol):
    """A rule that makes the next point from the present point and its gradient.

    Points and gradients are pytrees of the same structure and shapes; the state is what the method keeps between steps.
    """

    def init(self, x: Any) -> Any:
        """Return the state before the first step from `x`."""
        ...

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state; change neither argument."""
        ...
