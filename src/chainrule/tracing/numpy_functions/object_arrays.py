"""Owns NumPy's functions of what `np.array([[x, y], [y, z]])` makes of traced values: an array of objects, which asks nobody.

NumPy's operators and most ufuncs compute with one object after the other, and so do sums. What calls LAPACK, compiled code or
an attribute of the array cannot. These functions put the array together again, and do so with lists of traced values too.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from chainrule.tracing.lift import any_traced, holds_traced, lift

_NAMES: dict[ModuleType, str] = {
    np.linalg: (
        "cholesky cond det eig eigh eigvals eigvalsh inv lstsq matrix_power matrix_rank norm pinv qr slogdet solve svd tensorinv "
        "tensorsolve"
    ),
    np.fft: "fft fft2 fftn hfft ifft ifft2 ifftn ihfft irfft irfft2 irfftn rfft rfft2 rfftn",
    np: (
        "angle corrcoef cov gradient i0 imag interp nanmean nanmedian nanpercentile nanquantile nanstd nanvar polyfit real"
    ),
}  # fmt: skip


def _put_together(function: Any) -> Callable[..., Any]:
    """Return a function that asks traced values for what NumPy's function asks its arguments for."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        args = tuple(lift(each) if holds_traced(each) else each for each in args)
        given = {
            name: lift(each) if holds_traced(each) else each for name, each in kwargs.items() if each is not np._NoValue
        }
        asked: Any = any_traced([*args, *given.values()])
        return asked.__array_function__(function, (type(asked),), args, given)

    return answer


OF_OBJECTS: dict[str, dict[str, Callable[..., Any]]] = {
    module.__name__: {f"{name}._implementation": _put_together(getattr(module, name)) for name in names.split()}
    for module, names in _NAMES.items()
}
"""What NumPy's function runs where no argument answers for it, by module and name, to ours."""
