"""Owns what is said of the point where a descent has converged: whether it may be something else than what was looked for.

A gradient vanishes at saddles and at the top, too, and wherever a function is flat. Only the curvature tells.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.trees import flatten
from chainrule.optim.descent.rates import downhill, plain
from chainrule.optim.descent.second_look import SecondLook
from chainrule.optim.descent.task import Task
from chainrule.optim.geometry.second_order import DENSE, look
from chainrule.optim.modifiers.box import Box
from chainrule.optim.modifiers.modifier import sign_of

_NEAR = 1e-3  # where the gradient vanishes is about as far away as its norm divided by the curvature
_LEVEL = 1e-3
"""Farther away than this, judged by gradient and curvature, there is no minimum yet: both are small for another reason."""
_FEW = 20
"""The curvature of so many variables takes no time. Of more, it is looked at only where a descent has ended at its start."""


def is_boxed(method: Any) -> bool:
    """Whether a Box bounds the points of a method."""
    while method is not None and not isinstance(method, Box):
        method = getattr(method, "method", None)
    return method is not None


def doubt(task: Task, x: Any, nit: int) -> str:
    """Return what is to be said of a point where the gradient vanishes; nothing where it is what was looked for, or may be.

    >>> from chainrule.optim import GradientDescent
    >>> doubt(Task(lambda x: x[0] ** 2 - x[1] ** 2, None, GradientDescent(0.1), 10, 1e-8), np.zeros(2), 0)
    'it is a saddle, not a minimum: the curvature goes from λmin = -2.0 to λmax = 2.0; a start beside it leads away'
    """
    size = sum(np.size(leaf) for leaf in flatten(x)[0])
    if is_boxed(task.method) or not 0 < size <= (_FEW if nit else DENSE):
        return ""
    spectrum = None
    with SecondLook(task.fun, task.args):
        around = look(downhill(task), x, task.args)
        spectrum = around.spectrum()
    if spectrum is None:
        return ""  # it cannot be differentiated twice
    sign = sign_of(task.method)
    wanted, other = ("minimum", "maximum") if sign > 0 else ("maximum", "minimum")
    if spectrum.scale == 0:
        flat = f"the curvature is 0 there, too, so that it need not be a {wanted}: where a function is flat, start elsewhere"
        return "" if nit else flat
    if not nit and spectrum.smallest < 0 and around.norm > _LEVEL * spectrum.scale and spectrum.scale < task.tol:
        small = f"the curvature is at most {plain(spectrum.scale)} there, too"
        return f"{small}, so that the function is nearly flat: start elsewhere, or multiply it by a large number"
    is_near = around.norm <= _NEAR * -spectrum.smallest
    if spectrum.smallest >= -spectrum.zero or not is_near:
        return ""
    ends = sorted((sign * spectrum.smallest, sign * spectrum.largest))
    known = f"is {plain(ends[0])}" if size == 1 else f"goes from λmin = {plain(ends[0])} to λmax = {plain(ends[1])}"
    kind = f"a {other}" if spectrum.largest < -spectrum.zero else "a saddle"
    return f"it is {kind}, not a {wanted}: the curvature {known}; a start beside it leads away"
