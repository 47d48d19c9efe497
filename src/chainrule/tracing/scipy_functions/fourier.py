"""Owns scipy.fft on traced arrays, by the protocol that SciPy has for it: a backend that answers where an argument is traced."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.scipy_functions.dispatch import holds_any
from chainrule.tracing.scipy_functions.operands import as_floats


def _as_numpys(function: Callable[..., Any], default: Any) -> Callable[..., Any]:
    """Return a transform of SciPy's, whose axes have a default of their own and which is told more about how to compute."""

    def transform(
        x: Any,
        size: Any = None,
        axes: Any = default,
        norm: str | None = None,
        overwrite_x: bool = False,
        workers: Any = None,
        *,
        plan: Any = None,
        **named: Any,  # n and axis, or s and axes
    ) -> Any:
        size, axes = named.get("n", named.get("s", size)), named.get("axis", named.get("axes", axes))
        return function(as_array(x), size, axes, norm)

    return transform


def _of_matrix(name: str) -> Callable[..., Any]:
    """Return a linear transform along an axis, by its matrix: what SciPy makes of the unit vectors."""

    def transform(
        x: Any,
        type: int = 2,
        n: Any = None,
        axis: int = -1,
        norm: str | None = None,
        overwrite_x: bool = False,
        workers: Any = None,
        orthogonalize: Any = None,
    ) -> Any:
        (x,) = as_floats(x)
        units = np.eye(x.shape[axis], dtype=x.dtype.char.lower())
        matrix = getattr(scipy.fft, name)(units, type, n, 0, norm, orthogonalize=orthogonalize)
        return np.moveaxis(np.tensordot(matrix, x, ((1,), (axis,))), 0, axis)

    return transform


def _over_axes(transform: Callable[..., Any]) -> Callable[..., Any]:
    """Return a transform along several axes, one after the other."""

    def transform_all(
        x: Any,
        type: int = 2,
        s: Any = None,
        axes: Any = None,
        norm: str | None = None,
        overwrite_x: bool = False,
        workers: Any = None,
        *,
        orthogonalize: Any = None,
    ) -> Any:
        sizes = None if s is None else np.atleast_1d(s).tolist()
        if axes is None:
            axes = range(-np.ndim(x), 0) if sizes is None else range(-len(sizes), 0)
        axes = np.atleast_1d(axes).tolist()
        for size, axis in zip(sizes or [None] * len(axes), axes, strict=True):
            x = transform(x, type, size, axis, norm, orthogonalize=orthogonalize)
        return x

    return transform_all


_TRIGONOMETRIC = {name: _of_matrix(name) for name in ("dct", "idct", "dst", "idst")}
_TRANSFORMS: dict[str, Callable[..., Any]] = {
    **{name: _as_numpys(getattr(np.fft, name), -1) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
    **{name: _as_numpys(getattr(np.fft, name), (-2, -1)) for name in ("fft2", "ifft2", "rfft2", "irfft2")},
    **{name: _as_numpys(getattr(np.fft, name), None) for name in ("fftn", "ifftn", "rfftn", "irfftn")},
    **_TRIGONOMETRIC,
    **{f"{name}n": _over_axes(transform) for name, transform in _TRIGONOMETRIC.items()},
}


class TracedFourier:
    """What uarray, by which scipy.fft hands its functions on, knows of us: which domain, and what answers."""

    __ua_domain__ = "numpy.scipy.fft"

    @staticmethod
    def __ua_function__(method: Any, args: Any, kwargs: Any) -> Any:
        ours = _TRANSFORMS.get(method.__name__)
        if ours is None or not (holds_any(args) or holds_any(kwargs.values())):
            return NotImplemented
        return ours(*args, **kwargs)


def register(module: ModuleType) -> None:
    """Let scipy.fft ask us; registered backends are asked before SciPy's own."""
    module.register_backend(TracedFourier)


def _fftshift(x: Any, axes: Any = None) -> Array:
    return np.fft.fftshift(as_array(x), axes)


def _ifftshift(x: Any, axes: Any = None) -> Array:
    return np.fft.ifftshift(as_array(x), axes)


SHIFTS: dict[str, Callable[..., Any]] = {"fftshift": _fftshift, "ifftshift": _ifftshift}
"""The functions of scipy.fft that are not handed on, to ours."""
