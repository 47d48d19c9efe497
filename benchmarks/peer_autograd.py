"""Owns how autograd takes part: a function of `autograd.numpy`, on NumPy's arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

from benchmarks.native_cases import Kind, NativeCase
from benchmarks.native_entry import Entry

NAME = "autograd"


def _mixture(xp: Any, log_weights: Any, means: Any, factors: Any, X: Any) -> Any:
    log_sum_exp = import_module("autograd.scipy.special").logsumexp
    Z = (X - means[:, None, :]) @ factors
    terms = log_weights[:, None] - 0.5 * xp.sum(Z**2, axis=-1)
    return len(X) * log_sum_exp(log_weights) - xp.sum(log_sum_exp(terms, axis=0))


FORMULAS: dict[str, Callable[..., Any]] = {"mixture": _mixture}


def derived(case: NativeCase) -> Callable[..., Any]:
    """Return what is taken of the formula."""
    autograd = import_module("autograd")
    namespace = import_module("autograd.numpy")
    formula = FORMULAS.get(case.key, case.formula)
    argnums: Any = tuple(range(case.count)) if case.count > 1 else 0

    def fun(*arguments: Any) -> Any:
        return formula(namespace, *arguments)

    result: Callable[..., Any]
    match case.kind:
        case Kind.DERIVATIVE | Kind.GRADIENT:
            result = autograd.grad(fun, argnums)
        case Kind.THIRD_DERIVATIVE:
            result = autograd.grad(autograd.grad(autograd.grad(fun)))
        case Kind.VALUE_AND_GRADIENT:
            result = autograd.value_and_grad(fun, argnums)
        case Kind.HESSIAN:
            result = autograd.hessian(fun)
        case Kind.HESSIAN_VECTOR:
            result = autograd.hessian_vector_product(fun)
        case Kind.JACOBIAN:
            result = autograd.jacobian(fun)
    return result


def entries(case: NativeCase) -> Iterator[Entry]:
    """Yield the function, which it traces at every call."""
    yield Entry(NAME, partial(derived(case), *case.arguments()))
