"""Owns how MyGrad takes part: a function of its tensors, without the guard that locks memory, which costs time."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from benchmarks.native_cases import Kind, NativeCase
from benchmarks.native_entry import Entry, NotRunError

NAME = "mygrad"


def entries(case: NativeCase) -> Iterator[Entry]:
    """Yield the function, which it traces at every call."""
    if case.kind in (Kind.THIRD_DERIVATIVE, Kind.HESSIAN, Kind.HESSIAN_VECTOR):
        raise NotRunError("it has first derivatives only")
    if case.kind is Kind.JACOBIAN:
        raise NotRunError("it has no Jacobian")
    if case.key == "square_root":
        raise NotRunError("its tensor does not know abs()")
    mygrad = import_module("mygrad")
    arguments = case.arguments()
    points, constants = arguments[: case.count], arguments[case.count :]

    def call() -> Any:
        with mygrad.mem_guard_off:
            leaves = [mygrad.tensor(point, copy=False) for point in points]
            value = case.formula(mygrad, *leaves, *constants)
            value.backward()
        gradients = [leaf.grad for leaf in leaves]
        return gradients if case.kind is not Kind.VALUE_AND_GRADIENT else (value.item(), gradients)

    def call_scalar() -> Any:
        value_and_slope = call()
        if case.kind is Kind.VALUE_AND_GRADIENT:
            return value_and_slope[0], float(value_and_slope[1][0])
        return float(value_and_slope[0])

    yield Entry(NAME, call_scalar if isinstance(points[0], float) else call)
