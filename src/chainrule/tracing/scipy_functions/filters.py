"""Owns filters of images and signals by sums of neighbors: those of scipy.ndimage, on traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array
from chainrule.errors import NoRuleError
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import holds_traced
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where

_BEYOND = {
    "reflect": "symmetric",
    "grid-mirror": "symmetric",
    "mirror": "reflect",
    "nearest": "edge",
    "wrap": "wrap",
    "grid-wrap": "wrap",
    "constant": "constant",
    "grid-constant": "constant",
}
"""What SciPy calls what is beyond the edges, as np.pad calls it."""


def _read(image: Any, weights: Any) -> tuple[Array, Array]:
    x, factors = as_array(image), as_array(weights)
    if x.dtype.kind not in "fc":
        raise NoRuleError(
            f"scipy.ndimage rounds the results of an image of {x.dtype} to that type, which has no derivative; give "
            f"image.astype(float){where()}"
        )
    return x, factors


def _correlation(x: Array, weights: Array, modes: list[Any], cval: Any, origins: list[int]) -> Array:
    """Return for each element the sum of its neighbors times weights, which have an axis for each of the image's.

    The middle of the weights is put on the element, less as many places as the origin says.
    """
    for axis, (size, mode, origin) in enumerate(zip(weights.shape, modes, origins, strict=True)):
        before = size // 2 + origin
        if size == 1 and not origin:
            continue
        if not 0 <= before < size:
            raise ValueError(
                "Invalid origin; origin must satisfy -(len(weights) // 2) <= origin <= (len(weights)-1) // 2"
            )
        if mode not in _BEYOND:
            raise RuntimeError("boundary mode not supported")  # as SciPy says it
        widths = [(0, 0)] * x.ndim
        widths[axis] = (before, size - 1 - before)
        beyond: Any = _BEYOND[mode]
        options: Any = {"constant_values": cval} if beyond == "constant" else {}
        x = np.pad(x, widths, beyond, **options)
    if x.ndim == 1:
        return np.convolve(x, weights[::-1], "valid")
    sizes = [length - size + 1 for length, size in zip(x.shape, weights.shape, strict=True)]
    total: Any = 0.0
    for place in product(*map(range, weights.shape)):
        part = tuple(slice(start, start + size) for start, size in zip(place, sizes, strict=True))
        total = total + weights[place] * x[part]
    return total


def correlate1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    """scipy.ndimage.correlate1d, and so convolve1d and gaussian_filter1d, which end in it."""
    if output is not None:
        return NotImplemented
    x, factors = _read(input, weights)
    if factors.dtype.kind == "c":  # of which SciPy takes the conjugate
        return NotImplemented
    if factors.ndim != 1 or not factors.size:
        raise RuntimeError("no filter weights given")
    axis = axis % x.ndim
    shape = [factors.size if place == axis else 1 for place in range(x.ndim)]
    origins = [origin if place == axis else 0 for place in range(x.ndim)]
    return cast(_correlation(x, np.reshape(factors, shape), [mode] * x.ndim, cval, origins), x.dtype)


def convolve1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    """scipy.ndimage.convolve1d."""
    factors = as_array(weights)
    return correlate1d(input, factors[::-1], axis, output, mode, cval, _turned(origin, factors.size))


def _turned(origin: int, size: int) -> int:
    """Return the origin of weights that are turned round: the middle of an even number is one place off."""
    return -origin - (1 - size % 2)


def correlate(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """scipy.ndimage.correlate, over all axes."""
    x, factors = _read(input, weights)
    if output is not None or axes is not None or factors.ndim != x.ndim or factors.dtype.kind == "c":
        return NotImplemented
    origins = _for_each(origin, x.ndim)
    return cast(_correlation(x, factors, _for_each(mode, x.ndim), cval, origins), x.dtype)


def convolve(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """scipy.ndimage.convolve, over all axes."""
    factors = as_array(weights)
    origins = [_turned(each, size) for each, size in zip(_for_each(origin, factors.ndim), factors.shape, strict=True)]
    return correlate(input, np.flip(factors), output, mode, cval, origins, axes=axes)


def _for_each(value: Any, count: int) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | np.ndarray) else [value] * count


def _by_axis(x: Array, axes: Any, *options: Any) -> list[tuple[Any, ...]]:
    """Return the axes to filter along, each with its options."""
    chosen = range(x.ndim) if axes is None else [axis % x.ndim for axis in np.atleast_1d(axes).tolist()]
    return list(zip(chosen, *(_for_each(each, len(chosen)) for each in options), strict=True))


def gaussian_filter(
    input: Any,
    sigma: Any,
    order: Any = 0,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    truncate: float = 4.0,
    *,
    radius: Any = None,
    axes: Any = None,
) -> Any:
    """scipy.ndimage.gaussian_filter, by an image: how wide it is decides how many neighbors are summed."""
    if output is not None or holds_traced(sigma):
        return NotImplemented
    x = as_array(input)
    for axis, width, derivative, beyond, reach in _by_axis(x, axes, sigma, order, mode, radius):
        if width > 1e-15:  # as SciPy
            x = scipy.ndimage.gaussian_filter1d(x, width, axis, derivative, None, beyond, cval, truncate, radius=reach)
    return x


def uniform_filter1d(
    input: Any, size: int, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, origin: int = 0
) -> Any:
    """scipy.ndimage.uniform_filter1d."""
    return correlate1d(input, np.full(size, 1 / size), axis, output, mode, cval, origin)


def uniform_filter(
    input: Any,
    size: Any = 3,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """scipy.ndimage.uniform_filter."""
    if output is not None:
        return NotImplemented
    x = as_array(input)
    for axis, length, beyond, place in _by_axis(x, axes, size, mode, origin):
        x = uniform_filter1d(x, length, axis, None, beyond, cval, place)
    return x


FILTERS: dict[str, Callable[..., Any]] = {
    "correlate1d": correlate1d,
    "convolve1d": convolve1d,
    "correlate": correlate,
    "convolve": convolve,
    "gaussian_filter": gaussian_filter,
    "uniform_filter1d": uniform_filter1d,
    "uniform_filter": uniform_filter,
}
"""SciPy's function to ours."""
