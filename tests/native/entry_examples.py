"""Owns small entries, whose programs are written by hand, and functions that run them."""

from __future__ import annotations

import ctypes
import itertools
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.native.entry.callable import NativeFunction, native_function
from chainrule.native.entry.entry import Entry, entry_symbols, install, make_entry, write_entry
from chainrule.native.entry.plan import Array, EntryPlan, Nested, Number, Same, Whole
from chainrule.native.machine.machine import compile_text
from chainrule.native.machine.text import Module

F8, F4, I8 = np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.int64)
PAIR = Array(F8, (2,))


def compiled(plan: EntryPlan, body: str, bases: int, level: int = 2, callbacks: Any = ()) -> Entry:
    """Compile an entry whose program is `body`, in which %p0, %p1, ... are the pointers it gets."""
    loads = "".join(
        f"  %at{i} = getelementptr ptr, ptr %bases, i64 {i}\n  %p{i} = load ptr, ptr %at{i}\n" for i in range(bases)
    )
    module = Module()
    module.constant("message", 'private constant [4 x i8] c"bad\\00"')
    module.constant("PyExc_RuntimeError_object", "external global i8")
    module.declare("PyErr_SetString", "void {}(ptr, ptr)")
    write_entry(module, plan)
    module.define("run", lambda: f"define internal i64 @run(ptr %bases) {{\n{loads}{body}\n}}")
    for name in (callbacks := dict(callbacks)):
        module.declare(name, "i64 {}()")
    addresses = {name: ctypes.cast(function, ctypes.c_void_p).value or 0 for name, function in callbacks.items()}
    return make_entry(compile_text(module.text(), {**entry_symbols(plan), **addresses}, level), plan)


def with_entries(*entries: Entry) -> NativeFunction:
    function = native_function(lambda *args, **kwargs: ("fallback", args, kwargs))
    install(function, entries)
    return function


POLYNOMIAL = """
  %x = load double, ptr %p0
  %xx = fmul double %x, %x
  %t = fmul double %x, 3.0
  %y = fadd double %xx, %t
  store double %y, ptr %p1
  ret i64 0"""
SQUARES = """
  %x = load <2 x double>, ptr %p0, align 8
  %y = fmul <2 x double> %x, %x
  store <2 x double> %y, ptr %p1, align 8
  ret i64 0"""
FILL = """
  %x = load double, ptr %p0
  store double %x, ptr %p1
  ret i64 0"""
RAISE = """
  call void @PyErr_SetString(ptr @PyExc_RuntimeError_object, ptr @message)
  ret i64 -1"""


def polynomial(level: int = 2) -> Entry:
    return compiled(EntryPlan((Number(),), Number()), POLYNOMIAL, 2, level)


def squares(**options: Any) -> Entry:
    return compiled(EntryPlan((PAIR,), PAIR, **options), SQUARES, 2)


def exhaust(function: Callable[..., Any], *args: Any, times: int) -> None:
    deque(map(function, *(itertools.repeat(arg, times) for arg in args)), maxlen=0)


def tree_entry(**options: Any) -> Entry:
    inner = Nested("list", (PAIR, Nested("tuple", (Number(), Same("given"))), Nested("list", ())))
    results = Nested("dict", (Number(), inner, Array(F4, (3,)), Whole()), ("first", "inner", "array", "whole"))
    body = """
  %x = load double, ptr %p0
  store double %x, ptr %p1
  %v0 = insertelement <2 x double> zeroinitializer, double %x, i64 0
  store <2 x double> %v0, ptr %p2, align 8
  store double 5.0, ptr %p3
  %f = fptrunc double %x to float
  store float %f, ptr %p4
  store i64 7, ptr %p5
  %status = fptosi double %x to i64
  ret i64 %status"""
    return compiled(EntryPlan((Number(),), results, **options), body, 6)
