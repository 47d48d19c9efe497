"""Owns points that are given with their height, as in "tangent line to y = x^2 at (3, 9)": whether they are on the graph."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.reading.asked import At
from chainrule.explain.reading.parse import Parsed
from chainrule.explain.reading.refusal import refusal

_NEAR = 1e-3
"""How far, relatively, a height may be off: that of (1, 1.359) for (1, e/2)."""


def without_height(text: str, at: At, parsed: Parsed) -> At:
    """Return the point of a graph without its height, where a function of one variable is asked about and it has one.

    Raises ParseError where the graph has another height there.
    """
    names = parsed.parameters or parsed.variables
    if len(names) != 1:
        return at
    (name,), called = names, parsed.name or "y"
    if isinstance(at, Mapping):
        height = next((at[each] for each in (called, "y") if each in at and each != name), None)
        if height is None or len(at) != 2 or name not in at:
            return at
        across = at[name]
    elif len(at) == 2:
        across, height = at
    else:
        return at
    with np.errstate(all="ignore"):
        found = float(evaluate(parsed.expression, {name: across}))
    if math.isfinite(found) and abs(found - height) > _NEAR * (1 + abs(found)):
        problem = f"the point ({across:.10g}, {height:.10g}) is not on the graph"
        raise refusal(text, 0, f"{problem}: at {name} = {across:.10g} the function is {found:.10g}")
    return {name: across}
