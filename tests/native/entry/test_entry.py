"""Entries run programs, build results, raise errors and hand calls on."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from typing import Any

import numpy as np
import pytest
from tests.native.entry_examples import (
    F4,
    F8,
    PAIR,
    compiled,
    polynomial,
    squares,
    tree_entry,
    with_entries,
)

from chainrule.native.entry.callable import NativeFunction, native_function
from chainrule.native.entry.entry import install
from chainrule.native.entry.layout import supported
from chainrule.native.entry.plan import Array, EntryPlan, Nested, Number

pytestmark = pytest.mark.skipif(not supported(), reason="this interpreter has no native calls")


def test_results_are_nested_as_the_plan_says() -> None:
    f = with_entries(tree_entry())
    out = f(0.5)
    assert list(out) == ["first", "inner", "array", "whole"]
    assert out["first"] == 0.5
    assert out["inner"][0].tolist() == [0.5, 0.0]
    assert out["inner"][1:] == [(5.0, "given"), []]
    assert (out["array"].dtype, out["array"].shape, out["array"][0]) == (F4, (3,), 0.5)
    assert out["whole"] == 7
    assert f(1.5) == ("fallback", (1.5,), {})  # the program's status is 1
    again = f(0.5)
    assert not np.shares_memory(out["inner"][0], again["inner"][0])


def test_constants_are_read_in_place() -> None:
    table = np.array([10.0, 20.0])
    body = "  %x = load double, ptr %p0\n  %c = load double, ptr %p1\n  %y = fadd double %x, %c\n"
    body += "  store double %y, ptr %p2\n  ret i64 0"
    f = with_entries(compiled(EntryPlan((Number(),), Number(), constants=(table,)), body, 3))
    assert f(1.0) == 11.0
    table[0] = 30.0
    assert f(1.0) == 31.0
    with pytest.raises(ValueError, match="ascontiguousarray"):
        EntryPlan((), Number(), constants=(np.ones(4)[::2],))


@pytest.mark.parametrize("kind", ["tuple", "dict"])
def test_exception_and_guard(kind: Any) -> None:
    body = """
  %x = load double, ptr %p0
  %bad = fcmp olt double %x, 0.0
  br i1 %bad, label %raise, label %next
raise:
  call void @PyErr_SetString(ptr @PyExc_RuntimeError_object, ptr @message)
  ret i64 -1
next:
  %large = fcmp ogt double %x, 1.0
  %status = select i1 %large, i64 5, i64 0
  store double %x, ptr %p1
  store double %x, ptr %p2
  ret i64 %status"""
    results = Nested(kind, (PAIR, Number()), ("a", "b") if kind == "dict" else ())
    f = with_entries(compiled(EntryPlan((Number(),), results), body, 3))
    assert len(f(0.5)) == 2
    assert f(2.0) == ("fallback", (2.0,), {})
    for _ in range(3):
        with pytest.raises(RuntimeError, match="bad"):
            f(-1.0)
    gc.collect()
    before = sys.getallocatedblocks(), sys.getrefcount(F8)
    for _ in range(1000):
        with contextlib.suppress(RuntimeError):
            f(-1.0)
    assert sys.getallocatedblocks() - before[0] < 100
    assert sys.getrefcount(F8) - before[1] < 3


def test_entries_are_tried_in_order() -> None:
    number, array = polynomial(), squares()
    f = with_entries(number, array)
    assert f(2.0) == 10.0
    assert f(np.array([1.0, 2.0])).tolist() == [1.0, 4.0]
    assert f("x")[0] == "fallback"
    install(f, [array])
    assert f(2.0)[0] == "fallback"
    install(f, [])
    assert f(np.ones(2))[0] == "fallback"


def test_an_entry_is_called_without_its_function() -> None:
    entry = polynomial()
    assert entry.call(2.0) == 10.0
    assert entry.call(2) is NotImplemented
    assert entry.call(x=2.0) is NotImplemented


@pytest.mark.parametrize(("status", "expected"), [(0, 2.0), (1, ("fallback", (2.0,), {}))])
def test_code_that_is_replaced_during_a_call_stays_until_it_ends(status: int, expected: Any) -> None:
    def replace() -> int:
        install(f, [])
        gc.collect()
        install(f, [])
        return status

    callback = ctypes.PYFUNCTYPE(ctypes.c_int64)(replace)
    name = f"replace_entry_{status}"
    body = f"  %x = load double, ptr %p0\n  store double %x, ptr %p1\n  %s = call i64 @{name}()\n  ret i64 %s"
    plan = EntryPlan((Number(),), Number(), calls_python=True)
    f = with_entries(compiled(plan, body, 2, callbacks={name: callback}))
    assert f(2.0) == expected
    assert f(2.0)[0] == "fallback"


def test_endless_recursion_is_an_error() -> None:
    function: NativeFunction = native_function(lambda x: function(x))
    install(function, [polynomial()])
    with pytest.raises(RecursionError):
        function(1)


def test_plan_refuses_what_it_cannot_describe() -> None:
    for dtype in ("O", "U3", ">f8", "M8[s]"):
        with pytest.raises(ValueError, match="native code works on"):
            Array(np.dtype(dtype), (2,))
    with pytest.raises(ValueError, match="different keys"):
        Nested("dict", (Number(), Number()), ("a", "a"))
    with pytest.raises(ValueError, match="no keys"):
        Nested("list", (Number(),), ("a",))
