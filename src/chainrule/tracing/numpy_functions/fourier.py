"""Owns what NumPy's Fourier transforms do with traced arrays: over several axes they are one transform after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array, Linear
from chainrule.core.trace import bind
from chainrule.errors import ShapeError
from chainrule.primitives.fourier import FFT, IFFT, IRFFT, OPPOSITE, RFFT
from chainrule.primitives.shape import cast
from chainrule.tracing.numpy_functions.arguments import one_axis, refuse_out
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where


def _norm(name: str, norm: str | None) -> str:
    if norm is not None and norm not in OPPOSITE:
        raise ValueError(f'np.fft.{name}: norm={norm!r} is not one of "backward", "ortho", "forward"{where()}')
    return norm or "backward"


def _fitted(x: Array, size: int, axis: int) -> Array:
    """Return `x` with `size` elements along `axis`: cut, or followed by zeros."""
    length = x.shape[axis]
    if size < length:
        return x[(*(slice(None),) * axis, slice(size))]
    if size == length:
        return x
    return np.pad(x, [(0, size - length if place == axis else 0) for place in range(x.ndim)])


def _along(primitive: Linear, name: str, is_half: bool = False) -> Callable[..., Array]:
    """Return the transform along one axis; `is_half`: its operand is the half of a spectrum."""

    def transform(a: Any, n: Any = None, axis: Any = -1, norm: str | None = None, out: Any = None) -> Array:
        refuse_out(f"fft.{name}", out)
        x = as_array(a)
        place = one_axis(axis, x.ndim, f"fft.{name}")
        size = int(n) if n is not None else 2 * (x.shape[place] - 1) if is_half else x.shape[place]
        if size < 1:
            raise ShapeError(f"np.fft.{name}: {size} data points{where()}")
        if x.dtype.kind in "iub":
            x = cast(x, np.float64)
        x = _fitted(x, size // 2 + 1 if is_half else size, place)
        given = {"size": size} if is_half else {}
        return bind(primitive, (x,), {**given, "axis": place - x.ndim, "norm": _norm(name, norm)})

    transform.__doc__ = f"np.fft.{name}."
    return transform


fft, ifft = _along(FFT, "fft"), _along(IFFT, "ifft")
rfft, irfft = _along(RFFT, "rfft"), _along(IRFFT, "irfft", is_half=True)


def hfft(a: Any, n: Any = None, axis: Any = -1, norm: str | None = None, out: Any = None) -> Array:
    """np.fft.hfft."""
    return irfft(np.conjugate(as_array(a)), n, axis, OPPOSITE[_norm("hfft", norm)], out)


def ihfft(a: Any, n: Any = None, axis: Any = -1, norm: str | None = None, out: Any = None) -> Array:
    """np.fft.ihfft."""
    return np.conjugate(rfft(a, n, axis, OPPOSITE[_norm("ihfft", norm)], out))


def _sizes(name: str, x: Array, s: Any, axes: Any, is_half: bool) -> tuple[Sequence[Any], Sequence[int]]:
    """Return how many elements to transform along each axis, and the axes."""
    if axes is None:
        axes = range(-len(s), 0) if s is not None else range(-x.ndim, 0)
    axes = [one_axis(axis, x.ndim, f"fft.{name}") for axis in axes]
    if s is None:
        sizes: list[Any] = [x.shape[axis] for axis in axes]
        return [*sizes[:-1], None] if is_half else sizes, axes
    if len(s) != len(axes):
        raise ShapeError(f"np.fft.{name}: {len(s)} sizes for {len(axes)} axes{where()}")
    return [x.shape[axis] if size == -1 else size for size, axis in zip(s, axes, strict=True)], axes


def _over(name: str, inner: Callable[..., Array], last: Callable[..., Array], default: Any) -> Callable[..., Array]:
    """Return a transform over several axes, in NumPy's order: `last` along the last axis, `inner` along the others."""
    is_half = last is irfft

    def transform(a: Any, s: Any = None, axes: Any = default, norm: str | None = None, out: Any = None) -> Array:
        refuse_out(f"fft.{name}", out)
        x = as_array(a)
        sizes, places = _sizes(name, x, s, axes, is_half)
        steps = list(zip((*(inner,) * (len(places) - 1), last), sizes, places, strict=True))
        for step, size, place in steps if is_half else reversed(steps):
            x = step(x, size, place, norm)
        return x

    transform.__doc__ = f"np.fft.{name}."
    return transform


def _shift(name: str, direction: int) -> Callable[..., Array]:
    def shift(x: Any, axes: Any = None) -> Array:
        x = as_array(x)
        places = range(x.ndim) if axes is None else (axes,) if isinstance(axes, int) else axes
        places = tuple(one_axis(axis, x.ndim, f"fft.{name}") for axis in places)
        halves = tuple(x.shape[place] // 2 if direction > 0 else -(x.shape[place] // 2) for place in places)
        return np.roll(x, halves, places)

    shift.__doc__ = f"np.fft.{name}."
    return shift


LAST_TWO = (-2, -1)
FOURIER: dict[Callable[..., Any], Callable[..., Any]] = {
    np.fft.fft: fft,
    np.fft.ifft: ifft,
    np.fft.rfft: rfft,
    np.fft.irfft: irfft,
    np.fft.hfft: hfft,
    np.fft.ihfft: ihfft,
    np.fft.fft2: _over("fft2", fft, fft, LAST_TWO),
    np.fft.ifft2: _over("ifft2", ifft, ifft, LAST_TWO),
    np.fft.rfft2: _over("rfft2", fft, rfft, LAST_TWO),
    np.fft.irfft2: _over("irfft2", ifft, irfft, LAST_TWO),
    np.fft.fftn: _over("fftn", fft, fft, None),
    np.fft.ifftn: _over("ifftn", ifft, ifft, None),
    np.fft.rfftn: _over("rfftn", fft, rfft, None),
    np.fft.irfftn: _over("irfftn", ifft, irfft, None),
    np.fft.fftshift: _shift("fftshift", 1),
    np.fft.ifftshift: _shift("ifftshift", -1),
}
"""NumPy's function to ours, which has the same signature."""
