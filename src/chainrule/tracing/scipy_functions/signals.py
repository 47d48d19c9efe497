"""Owns convolution, correlation and linear filters: those of scipy.signal, on traced arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array
from chainrule.errors import ShapeError
from chainrule.tracing.lift import holds_traced
from chainrule.tracing.scipy_functions.operands import as_floats
from chainrule.user_code import where


def _full(first: Array, second: Array, axes: Sequence[int]) -> Array:
    """Return the whole convolution along axes; the others are broadcast."""
    if first.ndim == 1:
        return np.convolve(first, second)
    sizes = [first.shape[axis] + second.shape[axis] - 1 for axis in axes]
    if first.dtype.kind == "c" or second.dtype.kind == "c":
        return np.fft.ifftn(np.fft.fftn(first, sizes, axes) * np.fft.fftn(second, sizes, axes), sizes, axes)
    return np.fft.irfftn(np.fft.rfftn(first, sizes, axes) * np.fft.rfftn(second, sizes, axes), sizes, axes)


def _cropped(whole: Array, first: Array, second: Array, mode: str, axes: Sequence[int]) -> Array:
    """Return the part of a convolution that a mode asks for: all, as much as the first has, or where they overlap fully."""
    if mode == "full":
        return whole
    if mode not in ("same", "valid"):
        raise ValueError("acceptable mode flags are 'valid', 'same', or 'full'")  # as SciPy says it
    if mode == "valid":
        longer = [first.shape[axis] >= second.shape[axis] for axis in axes]
        if any(longer) and not all(longer):
            raise ValueError("For 'valid' mode, one must be at least as large as the other in every dimension")
    key = [slice(None)] * whole.ndim
    for axis in axes:
        m, n = first.shape[axis], second.shape[axis]
        size = m if mode == "same" else abs(m - n) + 1
        start = (whole.shape[axis] - size) // 2
        key[axis] = slice(start, start + size)
    return whole[tuple(key)]


def _convolution(in1: Any, in2: Any, mode: str, axes: Any = None) -> Array:
    first, second = as_floats(in1, in2)
    if first.ndim != second.ndim:
        raise ShapeError(
            f"in1 and in2 should have the same dimensionality, not {first.ndim} and {second.ndim}{where()}"
        )
    if not first.ndim:
        return first * second
    chosen = range(first.ndim) if axes is None else [axis % first.ndim for axis in np.atleast_1d(axes).tolist()]
    return _cropped(_full(first, second, tuple(chosen)), first, second, mode, chosen)


def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """scipy.signal.convolve, whatever the method: the result is the same."""
    return _convolution(in1, in2, mode)


def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """scipy.signal.fftconvolve, and oaconvolve."""
    return _convolution(in1, in2, mode, axes)


def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """scipy.signal.correlate."""
    first, second = as_floats(in1, in2)
    return _convolution(first, np.conjugate(np.flip(second)), mode)


def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """scipy.signal.convolve2d, where the outside is zero."""
    is_zero = boundary == "fill" and not holds_traced(fillvalue) and fillvalue == 0
    return _convolution(in1, in2, mode) if is_zero else NotImplemented


def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """scipy.signal.correlate2d, where the outside is zero."""
    is_zero = boundary == "fill" and not holds_traced(fillvalue) and fillvalue == 0
    if not is_zero or mode == "same":  # which is centered otherwise
        return NotImplemented
    return correlate(in1, in2, mode)


def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """scipy.signal.lfilter, from rest: y[n] = (sum of b[k] x[n - k] - sum of a[k] y[n - k], k > 0) / a[0]."""
    if zi is not None:
        return NotImplemented
    b, a, x = np.atleast_1d(*as_floats(b, a, x))
    signal = np.moveaxis(x, axis, 0)
    count = signal.shape[0]
    if not holds_traced(b) and not holds_traced(a):
        response = scipy.signal.lfilter(b, a, np.eye(1, count, dtype=b.dtype)[0])
        return np.moveaxis(_responded(response, signal), 0, axis)
    forced = _responded(b, signal) / a[0]
    if a.shape[0] > 1:
        samples: list[Array] = []
        for n in range(count):
            past = [a[k] * samples[n - k] for k in range(1, min(a.shape[0], n + 1))]
            samples.append(forced[n] - sum(past) / a[0])
        forced = np.stack(samples)
    return np.moveaxis(forced, 0, axis)


def _responded(response: Array, signal: Array) -> Array:
    """Return what each column of a signal gives, as long as it is, where one sample gives the response."""
    count = signal.shape[0]
    if signal.ndim == 1:
        return np.convolve(response, signal)[:count]
    columns = np.reshape(response, (-1, *(1,) * (signal.ndim - 1)))
    return _full(columns, signal, (0,))[:count]


SIGNALS: dict[str, Callable[..., Any]] = {
    "convolve": convolve,
    "fftconvolve": fftconvolve,
    "oaconvolve": fftconvolve,
    "correlate": correlate,
    "convolve2d": convolve2d,
    "correlate2d": correlate2d,
    "lfilter": lfilter,
}
"""SciPy's function to ours."""
