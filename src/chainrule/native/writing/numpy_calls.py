"""Owns what NumPy computes in the middle of a native program: operations that native code has no instruction for."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.errors import ChainruleError
from chainrule.native.memory.layout import contiguous
from chainrule.native.threads.blas import ALONE, numpy_alone
from chainrule.native.writing.writing import State, Writing
from chainrule.passes.complex_parts import ON_PAIRS, numbers_of
from chainrule.passes.terms import Shape, Term
from chainrule.primitives.linear_algebra import LINEAR_ALGEBRA_PRIMITIVES

_ARRAYS = (np.ndarray, np.generic)
ADDRESSES = 16
"""Of so many addresses the arrays are kept."""


class NumpyCall:
    """Applies a primitive to arrays that lie in a program's memory, and writes the results there.

    operands: for each one a constant, or how it lies in memory. results: how they do.
    """

    __slots__ = ("value", "parameters", "constants", "operands", "results", "around", "_pointers")

    def __init__(
        self, primitive: Primitive, parameters: dict[str, Any], operands: Sequence[Any], results: Sequence[Memory]
    ):
        self.value = np.errstate(all="ignore")(primitive.value)
        self.parameters = parameters
        self.constants = [None if isinstance(operand, Memory) else operand for operand in operands]
        self.operands = [(place, each) for place, each in enumerate(operands) if isinstance(each, Memory)]
        self.results = results
        is_small = all(length < ALONE for _, each in self.operands for length in each.shape[-2:])
        is_alone = primitive in LINEAR_ALGEBRA_PRIMITIVES and is_small
        self.around = numpy_alone() if is_alone else (_nothing, _nothing)
        self._pointers = ctypes.c_size_t * (len(self.operands) + len(self.results))

    def __call__(self, address: int) -> bool:
        """Run. `address` is of the pointers to operands in memory, then results.

        False: a result has another shape now, or there is none, which the function itself may have an answer to.
        """
        pointers = self._pointers.from_address(address)[:]
        given = self.constants.copy()
        for pointer, (place, operand) in zip(pointers, self.operands, strict=False):
            given[place] = operand.array(pointer) if operand.shape else operand.array(pointer)[()]
        begin, end = self.around
        begin()
        try:
            out = self.value(*given, **self.parameters)
        except (ValueError, IndexError, ArithmeticError, ChainruleError):
            return False
        finally:
            end()
        found = out if type(out) is tuple else (out,)
        for pointer, part, result in zip(pointers[len(self.operands) :], found, self.results, strict=True):
            if not isinstance(part, _ARRAYS):
                part = np.asarray(part)
            if part.shape != result.shape or part.dtype != result.dtype:
                return False
            result.array(pointer)[...] = part
        return True


def _nothing() -> None:
    """Do nothing: most functions of NumPy have no threads of their own."""


class Memory:
    """How an array lies in a program's memory: type, shape, and strides in elements."""

    __slots__ = ("dtype", "shape", "strides", "before", "_block", "_known")

    def __init__(self, dtype: np.dtype[Any], shape: Shape, strides: Shape) -> None:
        self.dtype, self.shape = dtype, shape
        self.strides = tuple(stride * dtype.itemsize for stride in strides)
        reach = (
            [(length - 1) * stride for length, stride in zip(shape, self.strides, strict=True)]
            if 0 not in shape
            else []
        )
        self.before = -sum(each for each in reach if each < 0)
        self._block: Any = ctypes.c_char * (self.before + sum(each for each in reach if each > 0) + dtype.itemsize)
        self._known: dict[int, np.ndarray[Any, Any]] = {}

    def as_complex(self) -> Memory | None:
        """Return how the complex numbers lie whose parts these are, along the last axis; None where parts lie apart."""
        dtype = np.result_type(self.dtype, np.complex64)
        *strides, between = self.strides
        if between != self.dtype.itemsize or any(stride % dtype.itemsize for stride in strides):
            return None
        return Memory(dtype, self.shape[:-1], tuple(stride // dtype.itemsize for stride in strides))

    def array(self, pointer: int) -> np.ndarray[Any, Any]:
        """Return the array at an address. It is the same one for the same address, since making it takes a while."""
        # Hot path: a program that calls NumPy for something small.
        found = self._known.get(pointer)
        if found is None:
            if len(self._known) >= ADDRESSES:
                self._known = {}
            if 0 in self.shape:
                found = np.empty(self.shape, self.dtype)
            else:
                memory = self._block.from_address(pointer - self.before)
                found = np.ndarray(self.shape, self.dtype, memory, self.before, self.strides)
            self._known[pointer] = found
        return found


def _on_complex(term: Term, operands: Sequence[Any], results: Sequence[Memory]) -> NumpyCall | None:
    """Return a call that takes and makes complex numbers where they are, if it is on pairs and these lie together."""
    if term.primitive is not ON_PAIRS:
        return None
    takes, makes = term.parameters["takes"], term.parameters["makes"]
    given, made = list(operands), list(results)
    for memories, flags in ((given, takes), (made, makes)):
        for place, is_pair in enumerate(flags):
            if is_pair:
                pairs = memories[place]
                numbers = pairs.as_complex() if isinstance(pairs, Memory) else numbers_of(pairs)
                if numbers is None:
                    return None
                memories[place] = numbers
    return NumpyCall(term.parameters["primitive"], term.parameters["keywords"], given, made)


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
        operands.append(Memory(operand.dtype, operand.shape, stored.strides))
        pointers.append(writer.pointer(state, stored, operand.dtype.itemsize))
    for result in results:
        pointers.append(writer.pointer(state, state.storage[result.index], result.dtype.itemsize))
    places = [Memory(each.dtype, each.shape, contiguous(each.shape)) for each in results]
    assert term.primitive is not None
    call = _on_complex(term, operands, places) or NumpyCall(term.primitive, term.parameters, operands, places)
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
