"""Owns what out= does: the arrays that NumPy's functions write their results into."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.errors import ShapeError, TracingError
from chainrule.user_code import where


def takes_traced(output: Any) -> bool:
    """Whether traced values can be written into an array: a traced one, or one of Python objects."""
    return isinstance(output, Traced) or (isinstance(output, np.ndarray) and output.dtype.hasobject)


def check_outputs(name: str, outputs: tuple[Any, ...]) -> None:
    """Raise where an array that is to be written into cannot hold a derivative."""
    if not all(output is None or takes_traced(output) for output in outputs):
        raise TracingError(
            f"out= of np.{name} is a plain array, which cannot hold a derivative; assign the result to a name, "
            f"or create the array with np.zeros(n, like=x){where()}"
        )


def of_shape(result: Array, output: Any) -> Array:
    """Return a result; raise where an array that it is to be written into has another shape."""
    if np.shape(result) != np.shape(output):
        raise ShapeError(f"out= has the shape {np.shape(output)}, but the result {np.shape(result)}{where()}")
    return result


def written(output: Any, result: Array) -> Any:
    """Write a result into an array, and return the array; the result where there is none."""
    if output is None:
        return result
    if not isinstance(output, Traced):
        output[...] = np.asarray(result)
        return output
    target: Any = output
    if np.result_type(result).kind == "c" and target.dtype.kind != "c":
        raise TracingError(
            "out= is an array of real numbers, and the result complex: its imaginary part would be lost; create the array with "
            f"np.zeros_like(x, dtype=complex){where()}"
        )
    if np.shape(result) == target.shape and np.result_type(result) == target.dtype:
        target.assign(result)
    else:
        target[...] = result
    return target
