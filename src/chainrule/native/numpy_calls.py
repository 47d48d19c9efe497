"""Owns what NumPy computes in the middle of a native program: operations that native code has no instruction for."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.native.layout import contiguous
from chainrule.native.writing import State, Writing
from chainrule.passes.terms import Shape, Term


class NumpyCall:
    """Applies a primitive to arrays that lie in a program's memory, and writes the results there.

    operands: for each one a constant, or (type, shape, strides in bytes, bytes before its first element, bytes in all).
    """

    __slots__ = ("primitive", "parameters", "operands", "results")

    def __init__(
        self, primitive: Primitive, parameters: dict[str, Any], operands: Sequence[Any], results: Sequence[Term]
    ):
        self.primitive = primitive
        self.parameters = parameters
        self.operands = tuple(operands)
        self.results = tuple((term.dtype, term.shape) for term in results)

    def __call__(self, address: int) -> bool:
        """Run. `address` is of the pointers to operands in memory, then results. False: a result has another shape now."""
        moving = sum(isinstance(operand, _Memory) for operand in self.operands)
        pointers = iter((ctypes.c_size_t * (moving + len(self.results))).from_address(address))
        given = [
            operand.array(next(pointers)) if isinstance(operand, _Memory) else operand for operand in self.operands
        ]
        with np.errstate(all="ignore"):
            out = self.primitive.value(*given, **self.parameters)
        found = out if type(out) is tuple else (out,)
        for part, (dtype, shape) in zip(found, self.results, strict=True):
            if np.shape(part) != shape or np.result_type(part) != dtype:
                return False
            target = next(pointers)
            if 0 not in shape:
                _Memory(dtype, shape, contiguous(shape)).array(target)[...] = part
        return True


class _Memory:
    """An array in a program's memory."""

    __slots__ = ("dtype", "shape", "strides", "before", "size")

    def __init__(self, dtype: np.dtype[Any], shape: Shape, strides: Shape) -> None:
        self.dtype, self.shape = dtype, shape
        self.strides = tuple(stride * dtype.itemsize for stride in strides)
        reach = (
            [(length - 1) * stride for length, stride in zip(shape, self.strides, strict=True)]
            if 0 not in shape
            else []
        )
        self.before = -sum(each for each in reach if each < 0)
        self.size = self.before + sum(each for each in reach if each > 0) + dtype.itemsize

    def array(self, pointer: int) -> Any:
        """Return the array; a number where it has no axes."""
        if 0 in self.shape:
            return np.empty(self.shape, self.dtype)
        memory: Any = (ctypes.c_char * self.size).from_address(pointer - self.before)
        found: Any = np.ndarray(self.shape, self.dtype, memory, self.before, self.strides)
        return found


class _Operand(_Memory):
    """An operand in memory: a number where it has no axes, as NumPy's own operations give."""

    __slots__ = ()

    def array(self, pointer: int) -> Any:
        return super().array(pointer)[()]


def write_call(writer: Writing, state: State, term: Term) -> None:
    """Write a call of NumPy into the program."""
    body, module = writer.body, writer.module
    results = term.results or (term,)
    operands: list[Any] = []
    pointers: list[str] = []
    for operand in term.operands:
        if operand.constant is not None:
            operands.append(operand.constant)
            continue
        stored = writer.stored(state, operand)
        operands.append(_Operand(operand.dtype, operand.shape, stored.strides))
        pointers.append(writer.pointer(state, stored, operand.dtype.itemsize))
    for result in results:
        pointers.append(writer.pointer(state, state.storage[result.index], result.dtype.itemsize))
    assert term.primitive is not None
    call = NumpyCall(term.primitive, term.parameters, operands, results)
    writer.calls.append(call)
    function = writer.constant_array(np.array([id(call)], dtype=np.intp))
    table = body.let(f"alloca ptr, i32 {len(pointers)}")
    for place, pointer in enumerate(pointers):
        body.do(f"store ptr {pointer}, ptr {body.let(f'getelementptr ptr, ptr {table}, i64 {place}')}")
    module.declare("PyLong_FromVoidPtr", "ptr {}(ptr)")
    module.declare("PyObject_CallOneArg", "ptr {}(ptr, ptr)")
    module.declare("PyObject_IsTrue", "i32 {}(ptr)")
    module.declare("Py_DecRef", "void {}(ptr)")
    number = body.let(f"call ptr @PyLong_FromVoidPtr(ptr {table})")
    callee = body.let(f"load ptr, ptr {function}")
    outcome = body.let(f"call ptr @PyObject_CallOneArg(ptr {callee}, ptr {number})")
    body.do(f"call void @Py_DecRef(ptr {number})")
    failed, made, go, refused = (body.fresh(stem) for stem in ("failed", "made", "go", "refused"))
    body.do(f"br i1 {body.let(f'icmp eq ptr {outcome}, null')}, label %{failed}, label %{made}")
    body.label(failed)
    body.do("ret i64 -1")
    body.label(made)
    truth = body.let(f"call i32 @PyObject_IsTrue(ptr {outcome})")
    body.do(f"call void @Py_DecRef(ptr {outcome})")
    body.do(f"br i1 {body.let(f'icmp eq i32 {truth}, 1')}, label %{go}, label %{refused}")
    body.label(refused)
    body.do("ret i64 1")
    body.label(go)
    for result in results:
        state.done.add(result.index)
