"""Owns step functions: constant between their steps, so that their derivative is zero wherever it exists."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Elementwise

STEP = "a step function is constant between its steps"


def step(name: str, value: np.ufunc, domain: tuple[float, float]) -> Elementwise:
    """Return the record of an elementwise step function. domain: where none of its steps lies."""
    return Elementwise(name=name, value=value, partials=(None,) * value.nin, rule=STEP, domain=domain)
