"""Owns calls of ufuncs in their less common forms: with keywords, reduce, accumulate, outer, at."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.primitives.shape import cast
from chainrule.primitives.table import BY_UFUNC
from chainrule.tracing.lift import holds_traced, lift
from chainrule.tracing.numpy_functions import masked_call, ufunc_method
from chainrule.tracing.outputs import check_outputs, written
from chainrule.tracing.scipy_functions.private_ufuncs import PRIVATE_UFUNCS
from chainrule.tracing.updated_variables import updated_variable


def call_ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Call a ufunc in any of its less common forms: with keywords, reduce, accumulate, outer, at."""
    if kwargs.get("out") is not None:
        updated = updated_variable(ufunc, method, inputs, kwargs, sys._getframe(2))
        if updated is not None:
            return updated
        outputs = kwargs.pop("out")
        check_outputs(ufunc.__name__, outputs)
        mask = kwargs.pop("where", True) if method == "__call__" and ufunc.nout == 1 else True
        if mask is not True:
            result = masked_call(ufunc, inputs, mask, lift(outputs[0]), kwargs)
        else:
            result = getattr(ufunc, method)(*inputs, **kwargs)
        if ufunc.nout == 1:
            return written(outputs[0], result)
        return tuple(written(output, part) for output, part in zip(outputs, result, strict=True))
    if method == "__call__" and kwargs.keys() <= {"dtype", "casting", "order", "subok"} and ufunc in BY_UFUNC:
        return ufunc(*_in_loop_types(ufunc, inputs, kwargs["dtype"]) if kwargs.get("dtype") is not None else inputs)
    if method == "__call__" and not kwargs and ufunc.__name__ in PRIVATE_UFUNCS:
        return PRIVATE_UFUNCS[ufunc.__name__](*map(lift, inputs))
    if any(map(holds_traced, inputs)) or kwargs:
        return ufunc_method(ufunc, method, inputs, kwargs)
    return getattr(ufunc, method)(*inputs, **kwargs)


def _in_loop_types(ufunc: np.ufunc, inputs: Sequence[Any], dtype: Any) -> list[Any]:
    """Return the operands in the types in which the ufunc computes a result of type `dtype`."""
    operands = list(map(lift, inputs))
    given = [type(each) if type(each) in (int, float, complex) else np.result_type(each) for each in operands]
    types = loop_types(ufunc, given, dtype)
    return [cast(each, found) for each, found in zip(operands, types, strict=True)]


def loop_types(ufunc: np.ufunc, given: Sequence[Any], dtype: Any = None) -> tuple[np.dtype[Any], ...]:
    """Return the types to which NumPy casts operands of the given types, of which Python's are int, float or complex.

    dtype: the type of the result, where the caller of the ufunc chooses it.
    """
    free = (None,) * ufunc.nout
    signature = (*(None,) * ufunc.nin, *(free if dtype is None else (np.dtype(dtype),)))
    return ufunc.resolve_dtypes((*given, *free), signature=signature, casting="same_kind")[: ufunc.nin]
