"""Owns gradient noise: normal numbers added to the gradient, which are computed from the seed and the number of the step.

There is no generator with a state of its own: the same seed gives the same descent, resumed or in one go, and by native code
the same to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.core.trees import flatten, unflatten
from chainrule.optim.methods.leaves import leaves_like, like
from chainrule.optim.methods.settings import check_count, check_not_negative, check_positive, refuse_complex
from chainrule.optim.modifiers.modifier import Modifier

_MASK = 0xFFFFFFFF
_GOLDEN = 0x9E3779B9  # the golden ratio's fraction: what is added so that equal inputs part


@final
@dataclass(frozen=True, slots=True)
class Noise(Modifier):
    """The method is given gradient + scale / (1 + t)^(decay / 2) * a standard normal number for each entry, at step t = 0, 1...

    Noise helps out of saddles and narrow valleys; since it dies out, the descent still ends.

    scale: above 0, the standard deviation at the first step, in the units of the gradient.
    decay: at least 0, how fast the variance falls; 0.55 is the paper's, which takes variances of 0.01 to 1 (scales of 0.1 to 1).
    seed: a whole number of at least 0. Raises ValueError where one is something else.
    State: (that of the method inside, t).
    Source: Neelakantan and others, "Adding gradient noise improves learning for very deep networks", 2015.

    >>> from chainrule.optim import GradientDescent
    >>> method = Noise(GradientDescent(0.1), 1.0, seed=3)
    >>> x, state = method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    >>> x == method.update(gradient=10.0, state=method.init(5.0), x=5.0)[0] != 4.0, state
    (True, ((), 1))
    """

    scale: float
    decay: float = 0.55
    seed: int = 0

    def __post_init__(self) -> None:
        Modifier.__post_init__(self)
        check_positive("scale", self.scale, 0.1)
        check_not_negative("decay", self.decay, 0.55)
        check_count("seed", self.seed, 0, 0)

    def init(self, x: Any) -> Any:
        """Return the state of the method inside, and the number of the step."""
        refuse_complex(flatten(x)[0], "Noise")
        return self.method.init(x), 0

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        inside, step = state
        points, structure = flatten(x)
        slopes = leaves_like(gradient, points, structure, "its gradient")
        sizes = [int(np.size(point)) for point in points]
        drawn = self.scale / (1.0 + step) ** (self.decay / 2) * normal(self.seed, step, sum(sizes))
        ends = np.cumsum(sizes)
        noisy = [
            slope + like(_shaped(drawn[end - size : end], np.shape(point)), point)
            for slope, point, size, end in zip(slopes, points, sizes, ends.tolist(), strict=True)
        ]
        x, inside = self.method.update(unflatten(structure, noisy), inside, x)
        return x, (inside, step + 1)


def _shaped(drawn: Any, shape: tuple[int, ...]) -> Any:
    return np.reshape(drawn, shape) if shape else drawn[0]


def normal(seed: int, step: Any, count: int) -> Any:
    """Return so many standard normal numbers, the same ones for the same seed and step; shape (count,), float64.

    Each is made of two evenly distributed numbers of 32 bits (Box and Muller, "A note on the generation of random normal
    deviates", 1958); these are hashes of seed, step and place.
    """
    places = _hash(np.arange(count) ^ _seed_hash(seed))
    moments = _hash(np.reshape(step, (1,)) & _MASK)
    first = _hash(_hash(places ^ moments))
    second = _hash((first + _GOLDEN) & _MASK)
    radius = np.sqrt(-2 * np.log((first + 0.5) * 2.0**-32))
    return radius * np.cos(2 * np.pi * (second + 0.5) * 2.0**-32)


def _seed_hash(seed: int) -> int:
    """Return 32 bits that depend on all of a whole number."""
    found = 0
    while seed:
        found = int(_hash(np.array([((found + _GOLDEN) ^ seed) & _MASK]))[0])
        seed >>= 32
    return found


def _hash(bits: Any) -> Any:
    """Mix 32 bits, held in int64: one to one, and each bit of the argument turns about half of the result's.

    Source: Wellons, "Prospecting for hash functions", 2018, the function lowbias32. Bits are shifted to the right by a
    product with a power of 2, exactly, which native code has for int64.
    """
    bits = bits ^ _shifted(bits, 16)
    bits = bits * 0x7FEB352D & _MASK
    bits = bits ^ _shifted(bits, 15)
    bits = bits * 0x846CA68B & _MASK
    return bits ^ _shifted(bits, 16)


def _shifted(bits: Any, count: int) -> Any:
    return np.floor(bits * 2.0**-count).astype(np.int64)
