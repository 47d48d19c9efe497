"""Owns how ddx (the distribution ddx-ad) takes part: graphs of scalars, compiled by LLVM, called through its buffers.

ddx compiles no vectors, but one graph for a whole batch of points. So a sum is given to it as its term, each summand a
point of the batch, and NumPy adds up what comes back. It writes into the same arrays at each call, so that they are
not allocated, unlike ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.compare import Role
from benchmarks.native_cases import Kind, NativeCase
from benchmarks.native_entry import Entry, NotRunError

NAME = "ddx"
ROOT_STEPS = 20  # enough for 1e-6 to 1e6


def _compiled(ddx: Any, model: Callable[[], Any], points: int = 1) -> Any:
    return ddx.equation(model).compile(points=points, veclib=ddx.VecLib.AUTO)


def _symbols(ddx: Any, name: str, *shape: int, kind: str = "var") -> Any:
    """Return an array of scalar symbols."""
    symbols = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        symbols[index] = getattr(ddx, kind)(name + "_".join(map(str, index)))
    return symbols


def _view(array: Any) -> Any:
    """Return the fastest way to one number of an array."""
    return memoryview(array)


def _polynomial(ddx: Any, x: Any) -> Any:
    return x**2 + 3 * x + 2


def _composition(ddx: Any, x: Any) -> Any:
    return ddx.tanh(ddx.sin(x**2) * ddx.exp(-x)) + ddx.log(1 + x**2)


def _masked_root(ddx: Any, a: Any) -> Any:
    x = ddx.select(a > 1, a, 1.0)
    for _ in range(ROOT_STEPS):
        x = ddx.select(ddx.abs(x * x - a) > 1e-12 * a, 0.5 * (x + a / x), x)
    return x


_SCALAR = {
    "polynomial": _polynomial,
    "composition_first": _composition,
    "square_root": _masked_root,
}


def _scalar(ddx: Any, case: NativeCase) -> Callable[[], Any]:
    (point,) = case.arguments()
    formula = _SCALAR[case.key]
    both = case.kind is Kind.VALUE_AND_GRADIENT
    want = ddx.Want.JACOBIAN if both else ddx.Want.GRADIENT
    trigger = _compiled(ddx, lambda: formula(ddx, ddx.var("x"))).buffer(np.array([point]), want=want)
    trigger()
    x, slope = _view(trigger.x), _view(trigger.jacobian)

    def call() -> Any:
        x[0] = point
        trigger()
        return (trigger.value, slope[0]) if both else slope[0]

    return call


def _link(ddx: Any, a: Any, b: Any) -> Any:
    """Return the term of Rosenbrock's function for two neighbors."""
    return 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a)


def _spread(pairs: Any) -> Any:
    """Return a vector from the derivatives with respect to each two neighbors."""
    result = np.empty(pairs.shape[1] + 1)
    result[:-1] = pairs[0]
    result[-1] = 0.0
    result[1:] += pairs[1]
    return result


def _rosenbrock(ddx: Any, case: NativeCase) -> Callable[[], Any]:
    (x,) = case.arguments()
    equation = _compiled(ddx, lambda: _link(ddx, ddx.var("a"), ddx.var("b")), len(x) - 1)
    trigger = equation.buffer(np.stack((x[:-1], x[1:])), want=ddx.Want.GRADIENT)

    def call() -> Any:
        trigger.x[0] = x[:-1]
        trigger.x[1] = x[1:]
        trigger()
        return _spread(trigger.jacobian)

    return call


def _rosenbrock_product(ddx: Any, case: NativeCase) -> Callable[[], Any]:
    x, v = case.arguments()
    equation = _compiled(ddx, lambda: _link(ddx, ddx.var("a"), ddx.var("b")), len(x) - 1)

    def call() -> Any:
        return _spread(equation.hvp(np.stack((v[:-1], v[1:])), np.stack((x[:-1], x[1:])))[2])

    return call


def _rosenbrock_whole(ddx: Any, case: NativeCase) -> Callable[[], Any]:
    """Return what runs one graph of all variables, no batch."""
    (x,) = case.arguments()

    def model() -> Any:
        symbols = _symbols(ddx, "x", len(x))
        return sum((_link(ddx, a, b) for a, b in pairwise(symbols[1:])), _link(ddx, *symbols[:2]))

    equation = ddx.equation(model)
    equation.options = ddx.Options(backend=ddx.Backend.COMPILE, veclib=ddx.VecLib.AUTO)
    hessian = case.kind is Kind.HESSIAN
    trigger = equation.buffer(x, want=ddx.Want.HESSIAN if hessian else ddx.Want.GRADIENT)

    def call() -> Any:
        trigger()
        return trigger.hessian if hessian else trigger.jacobian

    return call


def _damped_sine(ddx: Any, case: NativeCase) -> Callable[[], Any]:
    (x,) = case.arguments()

    def model() -> Any:
        symbol = ddx.var("x")
        return ddx.sin(symbol) * ddx.sin(symbol) * ddx.exp(-symbol)

    trigger = _compiled(ddx, model, len(x)).buffer(x[None])

    def call() -> Any:
        trigger()
        return trigger.value.sum(), trigger.jacobian[0]

    return call


def _logistic(ddx: Any, case: NativeCase) -> Callable[[], Any]:
    w, X, y = case.arguments()

    def model() -> Any:
        weights = _symbols(ddx, "w", len(w))
        t = -ddx.param("y") * (weights @ _symbols(ddx, "x", len(w), kind="param"))
        return ddx.max(t, 0.0) + ddx.log(1 + ddx.exp(-ddx.abs(t)))

    equation = _compiled(ddx, model, len(y))
    rows = {"y": y, **{f"x{i}": column for i, column in enumerate(X.T)}}
    weights = {f"w{i}": np.full(len(y), value) for i, value in enumerate(w)}
    trigger = equation.buffer(np.stack([(weights | rows)[name] for name in equation.inputs]))

    def call() -> Any:
        trigger.x[: len(w)] = w[:, None]
        trigger()
        return trigger.value.mean(), trigger.jacobian.mean(axis=1)

    return call


def _regressor(ddx: Any, case: NativeCase) -> Callable[[], Any]:
    *parameters, X, y = case.arguments()
    ends = np.cumsum([array.size for array in parameters])
    tanh = np.vectorize(ddx.tanh, otypes=[object])

    def model() -> Any:
        W1, b1, W2, b2, W3, b3 = (_symbols(ddx, f"p{i}_", *array.shape) for i, array in enumerate(parameters))
        inputs = _symbols(ddx, "x", X.shape[1], kind="param")
        hidden = tanh(tanh(inputs @ W1 + b1) @ W2 + b2)
        error = (hidden @ W3 + b3)[0] - ddx.param("y")
        return error * error

    equation = _compiled(ddx, model, len(X))
    flat = np.concatenate([array.ravel() for array in parameters])
    points = np.vstack((np.tile(flat[:, None], len(X)), X.T, y.T))
    assert len(points) == len(equation.inputs)
    trigger = equation.buffer(points)

    def call() -> Any:
        trigger.x[: len(flat)] = flat[:, None]
        trigger()
        gradients = np.split(trigger.jacobian.mean(axis=1), ends[:-1])
        return trigger.value.mean(), [
            part.reshape(array.shape) for part, array in zip(gradients, parameters, strict=True)
        ]

    return call


def _dense_map(ddx: Any, case: NativeCase) -> Callable[[], Any]:
    x, W, b = case.arguments()

    def model() -> Any:
        symbols = _symbols(ddx, "x", len(x))
        weights = _symbols(ddx, "W", *W.shape, kind="param")
        return tuple(map(ddx.tanh, weights @ symbols + _symbols(ddx, "b", len(b), kind="param")))

    trigger = _compiled(ddx, model).buffer(np.concatenate((x, W.ravel(), b)), want=ddx.Want.GRADIENT)

    def call() -> Any:
        trigger()
        return trigger.jacobian

    return call


_MAKERS: dict[str, tuple[tuple[str, Callable[[Any, NativeCase], Callable[[], Any]]], ...]] = {
    "polynomial": ((NAME, _scalar),),
    "composition_first": ((NAME, _scalar),),
    "square_root": ((f"{NAME}, rewritten", _scalar),),
    "rosenbrock_2": ((NAME, _rosenbrock_whole),),
    "rosenbrock_1e3": ((f"{NAME} batch", _rosenbrock), (NAME, _rosenbrock_whole)),
    "rosenbrock_1e6": ((f"{NAME} batch", _rosenbrock),),
    "damped_sine_1e3": ((f"{NAME} batch", _damped_sine),),
    "damped_sine_1e5": ((f"{NAME} batch", _damped_sine),),
    "damped_sine_1e7": ((f"{NAME} batch", _damped_sine),),
    "logistic_small": ((f"{NAME} batch", _logistic),),
    "logistic_large": ((f"{NAME} batch", _logistic),),
    "regressor": ((f"{NAME} batch", _regressor),),
    "hessian": ((NAME, _rosenbrock_whole),),
    "hessian_vector": ((f"{NAME} batch", _rosenbrock_product),),
    "jacobian": ((NAME, _dense_map),),
}

NOT_RUN = {
    "composition_third": "it has first and second derivatives",
    "classifier": "a graph of 200,000 scalar parameters",
    "recurrence": "a graph of half a million scalars",
    "mixture": "a graph of 20,000 scalar parameters",
}


def entries(case: NativeCase) -> Iterator[Entry]:
    """Yield the compiled graph."""
    if case.key in NOT_RUN:
        raise NotRunError(NOT_RUN[case.key])
    ddx = import_module("ddx")
    for name, make in _MAKERS[case.key]:
        role = Role.REWRITTEN if case.key == "square_root" else Role.PEER
        yield Entry(name, make(ddx, case), role=role)
