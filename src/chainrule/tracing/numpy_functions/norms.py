"""Owns what NumPy's norms do with traced arrays."""

from __future__ import annotations

from typing import Any

from chainrule.core.primitive import Array
from chainrule.core.trace import bind
from chainrule.primitives.norms import NORM
from chainrule.tracing.numpy_functions.arguments import one_axis
from chainrule.tracing.numpy_functions.factorizations import inv, svdvals
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:
    """np.linalg.norm in all its forms; where the 2-norm is zero, its derivative is taken to be zero."""
    x = as_array(x)
    if axis is None:
        if ord is None:
            axes, is_matrix = tuple(range(x.ndim)), False
        elif x.ndim in (1, 2):
            axes, is_matrix = tuple(range(x.ndim)), x.ndim == 2
        else:
            raise ValueError(
                f"Improper number of dimensions to norm: ord={ord!r} needs an axis for {x.ndim} axes{where()}"
            )
    else:
        given = axis if isinstance(axis, tuple | list) else (axis,)
        axes = tuple(one_axis(each, x.ndim, "linalg.norm") for each in given)
        if len(axes) not in (1, 2) or len(set(axes)) < len(axes):
            raise ValueError(f"np.linalg.norm: axis={axis!r} must be one axis, or two different ones{where()}")
        is_matrix = len(axes) == 2
    if not is_matrix and isinstance(ord, str):
        raise ValueError(f"np.linalg.norm: {ord!r} is a norm of matrices, not of vectors{where()}")
    return bind(NORM, (x,), {"order": ord, "axis": axes, "keepdims": bool(keepdims), "is_matrix": is_matrix})


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Array:
    """np.linalg.vector_norm: of all entries, or over axes."""
    x = as_array(x)
    given = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(one_axis(each, x.ndim, "linalg.vector_norm") for each in given)
    return bind(NORM, (x,), {"order": ord, "axis": axes, "keepdims": bool(keepdims), "is_matrix": False})


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """np.linalg.matrix_norm: of the matrices in the last two axes."""
    return norm(x, ord, (-2, -1), keepdims)


def cond(x: Any, p: Any = None) -> Array:
    """np.linalg.cond: a norm of the matrix times that of its inverse."""
    x = as_array(x)
    if p is None or p in (2, -2):
        s = svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return norm(x, p, (-2, -1)) * norm(inv(x), p, (-2, -1))
