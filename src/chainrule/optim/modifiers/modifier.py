"""Owns what a modifier is: a method that is made from another method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from chainrule.core.trees import flatten, unflatten
from chainrule.optim.methods.method import Method


@dataclass(frozen=True, slots=True)
class Modifier(ABC):
    """A method that changes what another one is given, or what it returns. Modifiers nest.

    sign: -1 where the function is maximized, else 1.
    """

    method: Method

    def __post_init__(self) -> None:
        name = type(self).__name__
        if isinstance(self.method, type):
            raise TypeError(f"{name} takes a method with its settings: write {self.method.__name__}(0.1)")
        if callable(getattr(self.method, "solve", None)):
            solver = type(self.method).__name__
            raise TypeError(
                f"{name} cannot change {solver}, which takes all its steps itself; change a method that goes step by step, "
                "such as cr.optim.Adam(0.1), or the function"
            )
        if not (callable(getattr(self.method, "init", None)) and callable(getattr(self.method, "update", None))):
            raise TypeError(f"{name} takes a method of descent, such as cr.optim.Adam(0.1), not {self.method!r:.60}")

    @property
    def sign(self) -> int:
        """Say which way is better: 1 where less is, -1 where more is."""
        return sign_of(self.method)

    def init(self, x: Any) -> Any:
        """Return the state before the first step: that of the method inside."""
        return self.method.init(x)

    @abstractmethod
    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state."""

    def projected_gradient(self, gradient: Any, x: Any) -> Any:
        """Return the part of the gradient along which the method may go: less than the whole at the sides of a Box."""
        return projected_gradient(self.method, gradient, x)


def sign_of(method: Any) -> int:
    """Return 1 where a method descends, -1 where it climbs."""
    return -1 if getattr(method, "sign", 1) < 0 else 1


def negative(tree: Any) -> Any:
    """Return the negative of every number in a container."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [-leaf for leaf in leaves])


def projected_gradient(method: Any, gradient: Any, x: Any) -> Any:
    """Return the part of the gradient that has to vanish at the end of a descent: all of it, unless a Box is in the way."""
    found = getattr(method, "projected_gradient", None)
    return gradient if found is None else found(gradient, x)
