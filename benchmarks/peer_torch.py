"""Owns how PyTorch takes part: eagerly through autograd, and compiled, where its compiler finds a C++ compiler."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

from benchmarks.native_cases import Kind, NativeCase
from benchmarks.native_entry import Entry, NotRunError

EAGER = "torch"
COMPILED = "torch.compile"


def _classifier(xp: Any, W1: Any, b1: Any, W2: Any, b2: Any, X: Any, targets: Any) -> Any:
    scores = xp.addmm(b2, xp.tanh(xp.addmm(b1, X, W1)), W2)
    return xp.nn.functional.cross_entropy(scores, targets)


def _mixture(xp: Any, log_weights: Any, means: Any, factors: Any, X: Any) -> Any:
    Z = (X - means[:, None, :]) @ factors
    terms = log_weights[:, None] - 0.5 * xp.sum(Z**2, dim=-1)
    return len(X) * xp.logsumexp(log_weights, dim=0) - xp.sum(xp.logsumexp(terms, dim=0))


def _logistic(xp: Any, w: Any, X: Any, y: Any) -> Any:
    return xp.mean(xp.nn.functional.softplus(-y * (X @ w)))


FORMULAS: dict[str, Callable[..., Any]] = {"classifier": _classifier, "mixture": _mixture, "logistic_small": _logistic}
FORMULAS["logistic_large"] = _logistic

NOT_COMPILED = {
    "square_root": "its loop asks for a value, which a trace does not have",
    "recurrence": "it unrolls the 500 steps, and compiles for minutes",
}


def _tensors(case: NativeCase) -> list[Any]:
    torch = import_module("torch")
    return [torch.as_tensor(value) if not isinstance(value, float) else value for value in case.arguments()]


def _scalar(case: NativeCase, fun: Callable[..., Any]) -> Callable[[], Any]:
    """Return a call from a Python float to Python floats."""
    torch = import_module("torch")
    (point,) = case.arguments()
    order = {Kind.DERIVATIVE: 1, Kind.THIRD_DERIVATIVE: 3}.get(case.kind, 1)

    def call() -> Any:
        x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
        value = result = fun(x)
        for taken in range(order):
            (result,) = torch.autograd.grad(result, x, create_graph=taken < order - 1)
        return (value.item(), result.item()) if case.kind is Kind.VALUE_AND_GRADIENT else result.item()

    return call


def _eager(case: NativeCase, fun: Callable[..., Any]) -> Callable[[], Any]:
    torch = import_module("torch")
    arguments = _tensors(case)
    if case.kind not in (Kind.GRADIENT, Kind.VALUE_AND_GRADIENT):
        return partial(_transformed(case, fun), *arguments)
    leaves = [array.requires_grad_() for array in arguments[: case.count]]
    constants = arguments[case.count :]

    def call() -> Any:
        value = fun(*leaves, *constants)
        gradients = torch.autograd.grad(value, leaves)
        return gradients if case.kind is Kind.GRADIENT else (value.detach(), gradients)

    return call


def _transformed(case: NativeCase, fun: Callable[..., Any]) -> Callable[..., Any]:
    """Return what is taken of a function, by PyTorch's function transforms."""
    transforms = import_module("torch").func
    argnums: Any = tuple(range(case.count)) if case.count > 1 else 0
    result: Callable[..., Any]
    match case.kind:
        case Kind.DERIVATIVE | Kind.GRADIENT:
            result = transforms.grad(fun, argnums)
        case Kind.THIRD_DERIVATIVE:
            result = transforms.grad(transforms.grad(transforms.grad(fun)))
        case Kind.VALUE_AND_GRADIENT:
            result = transforms.grad_and_value(fun, argnums)
        case Kind.HESSIAN:
            result = transforms.hessian(fun)
        case Kind.HESSIAN_VECTOR:
            return lambda x, v: transforms.jvp(transforms.grad(fun), (x,), (v,))[1]
        case Kind.JACOBIAN:
            result = transforms.jacrev(fun)
    return result


def _compiled(case: NativeCase, fun: Callable[..., Any]) -> Entry:
    torch = import_module("torch")
    torch._dynamo.reset()  # else it counts the cases as so many versions of one function, and gives up
    compiled = torch.compile(_transformed(case, fun), dynamic=False)
    arguments = case.arguments()
    if isinstance(arguments[0], float):
        (point,) = arguments
        return Entry(COMPILED, lambda: compiled(torch.tensor(point, dtype=torch.float64)).item())
    call = partial(compiled, *_tensors(case))
    if case.kind is Kind.VALUE_AND_GRADIENT:  # it gives the gradients first
        return Entry(COMPILED, call, lambda result: (result[1], result[0]))
    return Entry(COMPILED, call)


def _function(case: NativeCase) -> Callable[..., Any]:
    formula = FORMULAS.get(case.key, case.formula)
    torch = import_module("torch")
    return lambda *arguments: formula(torch, *arguments)


def eager(case: NativeCase) -> Iterator[Entry]:
    """Yield the function run operation by operation."""
    make = _scalar if isinstance(case.arguments()[0], float) else _eager
    yield Entry(EAGER, make(case, _function(case)))


def compiled(case: NativeCase) -> Iterator[Entry]:
    """Yield the function compiled, derivative and all."""
    if case.key in NOT_COMPILED:
        raise NotRunError(NOT_COMPILED[case.key])
    if shutil.which("g++") is None:
        raise NotRunError("there is no g++ for it to compile with")
    entry = _compiled(case, _function(case))
    entry.call()
    yield entry
