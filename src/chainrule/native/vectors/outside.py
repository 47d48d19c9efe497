"""Owns the rare functions: they are computed by the inner loops of NumPy's and SciPy's ufuncs, called on one vector of lanes.

A ufunc keeps the addresses of its loops in its C structure (`PyUFuncObject`, a part of NumPy's stable interface). A module
names such a loop by a symbol; `outside_symbols` resolves the symbols that a module's text declares. SciPy loads its
submodule on first use, so that programs without rare functions do not pay for it.
"""

from __future__ import annotations

import ctypes
import os
import re
from functools import cache, lru_cache
from typing import Any

import numpy as np
import scipy

from chainrule.native.vectors.lanes import Lanes

LETTER = {"double": "d", "float": "f"}
SYMBOL = re.compile(r"@chainrule_(loop|data)_([a-z0-9_]+)_(double|float)\b")
DECLARED = re.compile(r"^declare [^@]*@([a-z0-9]+)\(", re.MULTILINE)


class _Ufunc(ctypes.Structure):
    """The head of NumPy's PyUFuncObject."""

    _fields_ = (
        ("object", ctypes.c_char * object.__basicsize__),
        ("inputs", ctypes.c_int),
        ("outputs", ctypes.c_int),
        ("operands", ctypes.c_int),
        ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
        ("types_count", ctypes.c_int),
    )


def _ufunc(name: str) -> np.ufunc:
    """Return the ufunc of SciPy or NumPy of a name."""
    found: Any = getattr(scipy.special, name, None) or getattr(np, name)
    if name == "zeta":  # a Python function around the ufunc of two operands
        found = scipy.special._ufuncs._zeta
    if not isinstance(found, np.ufunc):
        raise TypeError(f"{name} is not a ufunc: it has no loop to call")
    return found


@lru_cache(maxsize=256)
def loop_of(name: str, real: str) -> tuple[int, int]:
    """Return the addresses of a ufunc's loop for operands of one real type and of the loop's data (0 if it has none)."""
    ufunc = _ufunc(name)
    letter = LETTER[real]
    wanted = f"{letter * ufunc.nin}->{letter * ufunc.nout}"
    position = ufunc.types.index(wanted)
    fields = _Ufunc.from_address(id(ufunc))
    if (fields.inputs, fields.outputs, fields.types_count) != (ufunc.nin, ufunc.nout, ufunc.ntypes):
        raise RuntimeError("this NumPy's ufuncs are laid out in another way; its rare functions cannot be compiled")
    return fields.functions[position] or 0, (fields.data[position] or 0) if fields.data else 0


def call_each_lane(lanes: Lanes, symbol: str, operands: tuple[str, ...]) -> str:
    """Return what the ufunc `symbol` of SciPy or NumPy gives for the operands' lanes, by a call of its loop."""
    body, module = lanes.body, lanes.body.module
    own = f"chainrule_lanes_{symbol}_{lanes.width}_{lanes.real}"
    given = ", ".join(f"{lanes.type} %x{i}" for i in range(len(operands)))

    def write() -> str:
        loop = module.declare(f"chainrule_loop_{symbol}_{lanes.real}", "void {}(ptr, ptr, ptr, ptr)")
        data = "null"
        if loop_of(symbol, lanes.real)[1]:
            data = f"@chainrule_data_{symbol}_{lanes.real}"
            module.globals.setdefault(data, f"{data} = external global i8")
        count = len(operands) + 1
        lines = [f"define internal {lanes.type} @{own}({given}) noinline nounwind {{\nentry:"]
        lines += [f"  %m{i} = alloca {lanes.type}" for i in range(count)]
        lines += [f"  %pointers = alloca [{count} x ptr]\n  %steps = alloca [{count} x i64]\n  %count = alloca i64"]
        lines += [f"  store {lanes.type} %x{i}, ptr %m{i}" for i in range(count - 1)]
        lines += [f"  store i64 {lanes.width}, ptr %count"]
        for i in range(count):
            lines += [f"  %p{i} = getelementptr ptr, ptr %pointers, i32 {i}\n  store ptr %m{i}, ptr %p{i}"]
            lines += [f"  %s{i} = getelementptr i64, ptr %steps, i32 {i}\n  store i64 {lanes.bits // 8}, ptr %s{i}"]
        lines += [f"  call void {loop}(ptr %pointers, ptr %count, ptr %steps, ptr {data})"]
        lines += [f"  %result = load {lanes.type}, ptr %m{count - 1}\n  ret {lanes.type} %result\n}}"]
        return "\n".join(lines)

    return body.call(lanes.type, module.define(own, write), [f"{lanes.type} {operand}" for operand in operands])


@cache
def c_library() -> ctypes.CDLL:
    """Return what holds C's own functions: Python itself, which is linked to them, or Windows's C library."""
    return ctypes.CDLL("ucrtbase" if os.name == "nt" else None)


def outside_symbols(text: str) -> dict[str, int]:
    """Return the addresses of the outside functions of mathematics that text declares or names, by symbol."""
    found = {}
    for kind, name, real in SYMBOL.findall(text):
        found[f"chainrule_{kind}_{name}_{real}"] = loop_of(name, real)[kind == "data"]
    for name in DECLARED.findall(text):
        function = getattr(c_library(), name, None)
        if function is not None:
            found[name] = ctypes.cast(function, ctypes.c_void_p).value or 0
    return found
