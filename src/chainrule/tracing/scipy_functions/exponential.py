"""Owns logarithms of sums of exponentials, and shares of such sums: scipy.special's logsumexp, softmax and log_softmax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import bind
from chainrule.primitives.constants import STOP_GRADIENT
from chainrule.primitives.reduction import LOGSUMEXP
from chainrule.tracing.numpy_functions.arguments import Axis, Shape, reduced_axes
from chainrule.tracing.scipy_functions.operands import as_floats


def _shift(x: Array, axes: Shape) -> Array:
    """Return the largest real part over axes, which are kept; it cancels in what it is subtracted from, so it is a constant.

    Zero where it is not finite: of infinity minus infinity there is no exponential.
    """
    largest = np.max(bind(STOP_GRADIENT, (np.real(x),)), axis=axes, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(largest), largest, 0)


def logsumexp(a: Any, axis: Axis = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """scipy.special.logsumexp."""
    given = as_floats(a) if b is None else as_floats(a, b)
    a, *weights = np.broadcast_arrays(*map(np.atleast_1d, given))
    axes = reduced_axes(axis, a.ndim, "logsumexp")
    if not weights and not return_sign and a.dtype.kind != "c":
        return bind(LOGSUMEXP, (a,), {"axis": axes, "keepdims": bool(keepdims)})
    if weights:
        terms, shift = _weighted(a, weights[0], axes)
    else:
        shift = _shift(a, axes)
        terms = np.exp(a - shift)
    total = np.sum(terms, axis=axes, keepdims=True)
    sign = np.sign(total)
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.log(np.abs(total) if return_sign else total) + shift
    if not keepdims:
        out, sign = (np.squeeze(each, axis=axes)[()] for each in (out, sign))
    return (out, sign) if return_sign else out


def _weighted(a: Array, b: Array, axes: Shape) -> tuple[Array, Array]:
    """Return b * exp(a - shift), and the shift. What has no weight adds nothing, even where `a` is not finite or large."""
    is_nothing = np.equal(b, 0)
    shift = _shift(np.where(is_nothing, -np.inf, a), axes)
    exponents = np.where(is_nothing & ~np.isfinite(a), 0, a) - shift
    limit = np.log(np.finfo(a.dtype).max) - 1
    # It has a derivative by its weight, which is finite as long as the exponential is.
    return b * np.exp(np.where(is_nothing & (np.real(exponents) > limit), limit, exponents)), shift


def softmax(x: Any, axis: Axis = None) -> Any:
    """scipy.special.softmax."""
    (x,) = as_floats(x)
    axes = reduced_axes(axis, x.ndim, "softmax")
    exponentials = np.exp(x - _shift(x, axes))
    return exponentials / np.sum(exponentials, axis=axes, keepdims=True)


def log_softmax(x: Any, axis: Axis = None) -> Any:
    """scipy.special.log_softmax."""
    (x,) = as_floats(x)
    axes = reduced_axes(axis, x.ndim, "log_softmax")
    shifted = x - _shift(x, axes)
    if x.dtype.kind == "c":
        return shifted - np.log(np.sum(np.exp(shifted), axis=axes, keepdims=True))
    return shifted - bind(LOGSUMEXP, (shifted,), {"axis": axes, "keepdims": True})


EXPONENTIAL: dict[str, Callable[..., Any]] = {"logsumexp": logsumexp, "softmax": softmax, "log_softmax": log_softmax}
"""SciPy's function to ours."""
