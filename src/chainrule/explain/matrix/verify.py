"""Owns the check of gradients against the limit definition, along one random direction for each argument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.core.trees import flatten, unflatten
from chainrule.explain.matrix.call import Call
from chainrule.transforms.limit import limit_quotient

SETTLED = 1e-7


def limit_difference(call: Call, gradients: Mapping[str, Any]) -> float:
    """Return the largest relative difference between a gradient along a random direction and the limit of quotients there.

    Where the quotients do not settle, at a kink or in single precision, there is nothing to compare: zero.
    """
    random = np.random.default_rng(0)
    return max((_difference(call, name, gradient, random) for name, gradient in gradients.items()), default=0.0)


def _difference(call: Call, name: str, gradient: Any, random: np.random.Generator) -> float:
    leaves, structure = flatten(call.values[name])
    kinds = [np.asarray(leaf).dtype for leaf in leaves]
    if any(kind.kind == "c" or (kind.kind == "f" and kind.itemsize < 8) for kind in kinds):
        return 0.0
    points = [np.asarray(leaf, dtype=np.float64) for leaf in leaves]
    directions = [np.asarray(random.standard_normal(np.shape(point))) for point in points]

    def at(step: float) -> NDArray[np.float64]:
        moved = [(point + step * direction)[()] for point, direction in zip(points, directions, strict=True)]
        return np.array([float(call.at(name, unflatten(structure, moved)))])

    with np.errstate(all="ignore"):
        scale = max(1.0, max(float(np.max(np.abs(point), initial=0.0)) for point in points))
        limit = limit_quotient(at, at(0.0), scale, SETTLED, float(np.finfo(np.float64).eps))
    parts = [part * direction for part, direction in zip(flatten(gradient)[0], directions, strict=True)]
    error, value = float(limit.error[0]), float(limit.value[0])
    if not error <= SETTLED * (1 + abs(value)):
        return 0.0
    return abs(value - sum(float(np.sum(part)) for part in parts)) / max(
        sum(float(np.sum(np.abs(part))) for part in parts), 1.0
    )
