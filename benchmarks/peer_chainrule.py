"""Owns how chainrule takes part: one `cr.jit` around the derivative of a plain NumPy function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks.compare import Role
from benchmarks.native_cases import Kind, NativeCase
from benchmarks.native_entry import Entry

NAME = "chainrule"
WARM_CALLS = 8  # the second call compiles


def plain(case: NativeCase) -> Callable[..., Any]:
    """Return the formula as a new function of arrays, as a user would write it."""
    formula = case.formula

    def fun(*arguments: Any) -> Any:
        return formula(np, *arguments)

    return fun


def derived(case: NativeCase) -> Callable[..., Any]:
    """Return what is taken of the formula, not compiled."""
    fun = plain(case)
    argnums: Any = tuple(range(case.count)) if case.count > 1 else 0
    match case.kind:
        case Kind.DERIVATIVE:
            return cr.derivative(fun)
        case Kind.THIRD_DERIVATIVE:
            return cr.derivative(fun, order=3)
        case Kind.GRADIENT:
            return cr.grad(fun, argnums)
        case Kind.VALUE_AND_GRADIENT:
            return cr.value_and_grad(fun, argnums)
        case Kind.HESSIAN:
            return cr.hessian(fun)
        case Kind.HESSIAN_VECTOR:
            return lambda x, v: cr.hvp(fun, (x,), (v,))
        case Kind.JACOBIAN:
            return cr.jacobian(fun)


def entries(case: NativeCase) -> Iterator[Entry]:
    """Yield the compiled function, compiled."""
    call = partial(cr.jit(derived(case)), *case.arguments())
    for _ in range(WARM_CALLS):
        call()
    yield Entry(NAME, call, role=Role.OURS)
