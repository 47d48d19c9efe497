"""Owns the checks of a method's settings: each error says what a setting has to be, and which value would do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.trace import Traced
from chainrule.core.trees import flatten


def check_learning_rate(rate: Any) -> None:
    """Take a number above 0, a schedule, or a container of numbers of at least 0: a rate of 0 holds that part still."""
    if (type(rate) is float and 0 < rate < math.inf) or callable(rate):
        return
    leaves, _ = flatten(rate)
    is_alone = len(leaves) == 1 and leaves[0] is rate
    for leaf in leaves:
        if isinstance(leaf, Traced):
            continue
        if not is_real(leaf) or not np.all(np.isfinite(leaf)) or not np.all(np.greater_equal(leaf, 0)):
            raise ValueError(_rate_message(rate))
        if is_alone and not np.any(leaf):
            raise ValueError(_rate_message(rate))
    if not leaves:
        raise ValueError(_rate_message(rate))


def _rate_message(rate: object) -> str:
    return (
        f"learning_rate is a finite number above 0, such as 0.1, a schedule of such numbers, or a container of them in the "
        f"structure of the point, not {rate!r:.60}"
    )


def check_fraction(name: str, value: Any, example: float) -> None:
    """Take a number from 0 up to 1, without 1."""
    if not isinstance(value, Traced) and not (_is_number(value) and 0 <= value < 1):
        raise ValueError(f"{name} is a number of at least 0 and below 1, such as {example}, not {value!r:.60}")


def check_share(name: str, value: Any, example: float) -> None:
    """Take a number above 0, up to 1."""
    if not isinstance(value, Traced) and not (_is_number(value) and 0 < value <= 1):
        raise ValueError(f"{name} is a number above 0 and at most 1, such as {example}, not {value!r:.60}")


def check_positive(name: str, value: Any, example: float) -> None:
    """Take a finite number above 0."""
    if not isinstance(value, Traced) and not (_is_number(value) and 0 < value < math.inf):
        raise ValueError(f"{name} is a finite number above 0, such as {example}, not {value!r:.60}")


def check_not_negative(name: str, value: Any, example: float) -> None:
    """Take a finite number of at least 0."""
    if not isinstance(value, Traced) and not (_is_number(value) and 0 <= value < math.inf):
        raise ValueError(f"{name} is a finite number of at least 0, such as {example}, not {value!r:.60}")


def check_count(name: str, value: Any, least: int, example: int) -> None:
    """Take a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} is a whole number of at least {least}, such as {example}, not {value!r:.60}")


def check_adam(method: Any) -> None:
    """Take the settings that the relatives of Adam have in common."""
    check_learning_rate(method.learning_rate)
    check_fraction("beta1", method.beta1, 0.9)
    check_fraction("beta2", method.beta2, 0.999)
    check_positive("eps", method.eps, 1e-8)


def refuse_complex(leaves: Sequence[Any], what: str) -> None:
    """Raise TypeError where a part of the point is complex."""
    for leaf in leaves:
        if isinstance(leaf, complex) or getattr(getattr(leaf, "dtype", None), "kind", "f") == "c":
            raise TypeError(
                f"{what} needs real numbers: pass the real and the imaginary part as two of them, not {leaf!r:.60}"
            )


def is_zero(value: Any) -> bool:
    """Say whether a setting is plainly 0, so that what it multiplies need not be computed; a traced one may be anything."""
    return not isinstance(value, Traced) and bool(value == 0)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def is_real(leaf: Any) -> bool:
    """Say whether this is a real number or an array of real numbers."""
    return _is_number(leaf) or (isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fiu")
