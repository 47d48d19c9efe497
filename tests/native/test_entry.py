"""Entries check, run, build and give up exactly, and leak nothing."""

from __future__ import annotations

import contextlib
import copy
import ctypes
import functools
import gc
import itertools
import pickle
import subprocess
import sys
import threading
import tracemalloc
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from chainrule.native.callable import NativeFunction, PlainFunction, is_native, native_function
from chainrule.native.entry import Entry, entry_symbols, install, make_entry, write_entry
from chainrule.native.entry_layout import supported
from chainrule.native.entry_plan import Array, EntryPlan, Given, Nested, Number, Same, Scalar, Whole
from chainrule.native.machine import compile_text
from chainrule.native.text import Module

pytestmark = pytest.mark.skipif(not supported(), reason="this interpreter has no native calls")

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


@pytest.mark.parametrize("level", [0, 2])
def test_number(level: int) -> None:
    f = with_entries(polynomial(level))
    for x in (2.0, np.float64(2.0)):
        assert f(x) == 10.0
        assert type(f(x)) is float


@pytest.mark.parametrize(
    "args", [(2,), (True,), (np.float32(2),), ("2",), (None,), ([2.0],), (), (1.0, 2.0), (np.array(2.0),)], ids=repr
)
def test_other_arguments_than_a_number(args: tuple[Any, ...]) -> None:
    assert with_entries(polynomial())(*args) == ("fallback", args, {})


def test_keywords_reach_the_fallback() -> None:
    f = with_entries(polynomial())
    assert f(x=2.0) == ("fallback", (), {"x": 2.0})
    assert f(2.0, y=1) == ("fallback", (2.0,), {"y": 1})
    none: dict[str, Any] = {}
    assert f(2.0, **none) == 10.0


def test_array() -> None:
    f = with_entries(squares())
    x = np.array([3.0, -4.0])
    first, second = f(x), f(x)
    assert type(first) is np.ndarray
    assert first.dtype is F8
    assert first.flags.owndata
    assert first.flags.writeable
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(first, x)
    np.testing.assert_array_equal(first, [9.0, 16.0])
    x.setflags(write=False)
    np.testing.assert_array_equal(f(x), [9.0, 16.0])
    np.testing.assert_array_equal(f(pickle.loads(pickle.dumps(x))), [9.0, 16.0])


class Kind(np.ndarray):
    pass


@pytest.mark.parametrize(
    "x",
    [
        [3.0, 4.0],
        np.ones(6)[::2],
        np.ones(2, np.float32),
        np.ones(2, ">f8"),
        np.ones(2, "i8"),
        np.ones(2, object),
        np.ones(3),
        np.ones((1, 2)),
        np.ones(()),
        np.ones(2).view(Kind),
        np.ma.masked_array(np.ones(2)),
        np.float64(1),
    ],
    ids=lambda x: f"{type(x).__name__}-{getattr(x, 'dtype', '')}-{getattr(x, 'strides', '')}",
)
def test_other_arguments_than_the_array(x: Any) -> None:
    out = with_entries(squares())(x)
    assert out[0] == "fallback"
    assert out[1][0] is x


SCATTERED = [
    np.arange(4.0)[::2],
    np.arange(4.0)[::-2],
    np.broadcast_to(3.0, 2),
    np.frombuffer(bytes(17), np.uint8)[1:].view(np.float64),
]


@pytest.mark.parametrize("x", SCATTERED, ids=["strided", "backward", "broadcast", "unaligned"])
def test_arrays_in_several_pieces_are_copied(x: Any) -> None:
    f = with_entries(polynomial(), squares())
    held = sys.getrefcount(x)
    for _ in range(3):
        np.testing.assert_array_equal(f(x), x * x)
    assert sys.getrefcount(x) == held


def test_arrays_in_several_pieces_beside_other_arguments() -> None:
    body = SQUARES.replace("%p1", "%p3")
    entry = compiled(EntryPlan((PAIR, Number(), PAIR), PAIR, keywords=("by", "y")), body, 4)
    f, x = with_entries(entry), np.arange(4.0)[::2]
    np.testing.assert_array_equal(f(x, y=x, by=2.0), x * x)
    for args, kwargs in (((x,), {"y": x, "by": 2}), ((x,), {"y": np.ones(3), "by": 2.0}), ((x, x, x), {})):
        out = f(*args, **kwargs)
        assert out[0] == "fallback"
        assert out[1][0] is x, "what no entry serves goes on as it came"


def test_errors_of_a_program_that_was_given_copies_are_raised() -> None:
    f = with_entries(compiled(EntryPlan((PAIR,), PAIR), RAISE, 2))
    with pytest.raises(RuntimeError, match="bad"):
        f(np.arange(4.0)[::2])


def test_fortran_order() -> None:
    body = "  %x = load double, ptr %p0\n  store double %x, ptr %p1\n  ret i64 0"
    f = with_entries(compiled(EntryPlan((Array(F8, (2, 3), "F"),), Number()), body, 2))
    assert f(np.full((2, 3), 4.0, order="F")) == 4.0
    for other in (
        np.ones((2, 3)),
        np.ones((4, 3), order="F")[::2],
        np.ones((3, 2), order="F"),
        np.ones((4, 6))[::2, ::2],
    ):
        assert f(other)[1][0] is other


def test_keywords_in_any_order() -> None:
    body = "  %x = load double, ptr %p0\n  %y = load double, ptr %p2\n  %z = fsub double %x, %y\n"
    body += "  store double %z, ptr %p3\n  ret i64 0"
    entry = compiled(EntryPlan((Number(), Whole(), Number()), Number(), keywords=("n", "scale")), body, 4)
    f = with_entries(entry)
    assert f(5.0, n=1, scale=2.0) == f(5.0, scale=2.0, n=1) == 3.0
    options = {"scale": 2.0, "n": 1}
    assert f(5.0, **options) == 3.0
    others: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((5.0, 1, 2.0), {}),
        ((5.0, 1), {"scale": 2.0}),
        ((5.0,), {"n": 1}),
        ((5.0,), {"n": 1, "other": 2.0}),
        ((5.0,), {"n": 1, "scale": 2.0, "more": 3.0}),
        ((), {"x": 5.0, "n": 1, "scale": 2.0}),
        ((5.0,), {"n": 1, "scale": 2}),
    ]
    for args, kwargs in others:
        assert f(*args, **kwargs) == ("fallback", args, kwargs)


def test_keywords_in_one_order() -> None:
    body = "  %x = load double, ptr %p0\n  %y = load double, ptr %p1\n  %z = fsub double %x, %y\n"
    body += "  store double %z, ptr %p2\n  ret i64 0"
    f = with_entries(
        compiled(EntryPlan((Number(), Number()), Number(), keywords=("n", "scale"), order=(1, 0)), body, 3)
    )
    assert f(scale=2.0, n=5.0) == 3.0
    assert f(n=5.0, scale=2.0) == ("fallback", (), {"n": 5.0, "scale": 2.0})


def test_a_dict_in_an_order_of_its_own() -> None:
    body = "  %x = load double, ptr %p0\n  %y = load double, ptr %p1\n  %z = fsub double %x, %y\n"
    body += "  store double %z, ptr %p2\n  ret i64 0"
    shape = Nested("dict", (Number(), Number()), ("a", "b"), order=(1, 0))
    f = with_entries(compiled(EntryPlan((shape,), Number()), body, 3))
    assert f({"b": 2.0, "a": 5.0}) == f({"".join(["b"]): 2.0, "a": 5.0}) == 3.0
    for other in ({"a": 5.0, "b": 2.0}, {"b": 2.0, "c": 5.0}, {"b": 2.0, 1: 5.0}):
        assert f(other)[1][0] is other


def test_python_number() -> None:
    f = with_entries(compiled(EntryPlan((Number(is_python=True),), Number()), POLYNOMIAL, 2))
    assert f(2.0) == 10.0
    assert f(np.float64(2.0))[0] == "fallback"


class Pair(NamedTuple):
    x: Any
    y: Any


class Other(NamedTuple):
    x: Any
    y: Any


def test_named_tuples() -> None:
    given = Nested("tuple", (Number(), PAIR), (), Pair)
    results = Nested("tuple", (PAIR, Nested("tuple", (Number(), Same(None)), (), Other)), (), Pair)
    body = SQUARES.replace("%p1", "%p2").replace("%p0", "%p1").replace("  ret i64 0", "")
    body += "  %n = load double, ptr %p0\n  store double %n, ptr %p3\n  ret i64 0"
    f = with_entries(compiled(EntryPlan((given,), results), body, 4))
    held = sys.getrefcount(Pair)
    for _ in range(100):
        out = f(Pair(2.0, np.array([1.0, 3.0])))
    assert type(out) is Pair
    assert type(out.y) is Other
    assert gc.is_tracked(out)
    np.testing.assert_array_equal(out.x, [1.0, 9.0])
    assert out.y == (2.0, None)
    del out
    assert sys.getrefcount(Pair) == held
    for other in ((2.0, np.ones(2)), Other(2.0, np.ones(2)), Pair(2.0, np.ones(3))):
        assert f(other)[1][0] is other


def test_shapes() -> None:
    for shape in ((), (1,), (2, 3), (2, 3, 4, 5), (0, 3)):
        f = with_entries(compiled(EntryPlan((Array(F8, shape),), Array(F4, shape)), "  ret i64 0", 2))
        out = f(np.ones(shape))
        assert type(out) is np.ndarray
        assert (out.shape, out.dtype, out.flags.c_contiguous) == (shape, F4, True)
        assert f(np.ones((*shape, 1)))[0] == "fallback"
    fortran = with_entries(compiled(EntryPlan((Array(F8, (2, 3)),), Number()), "  ret i64 0", 2))
    assert fortran(np.ones((2, 3), order="F"))[0] == "fallback"


def test_whole() -> None:
    f = with_entries(
        compiled(
            EntryPlan((Whole(),), Whole()),
            "  %x = load i64, ptr %p0\n  %y = add i64 %x, 1\n  store i64 %y, ptr %p1\n  ret i64 0",
            2,
        )
    )
    for x in (0, -7, 2**62, -(2**63)):
        assert f(x) == x + 1
    others: list[Any] = [2**63, -(2**63) - 1, 10**30, True, 1.0, np.int64(1)]
    for other in others:
        assert f(other) == ("fallback", (other,), {})


@pytest.mark.parametrize("name", "? i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8 g c8 c16 G".split())
def test_scalar(name: str) -> None:
    dtype = np.dtype(name)
    size = dtype.itemsize
    body = f"  %x = load i{8 * size}, ptr %p0\n  store i{8 * size} %x, ptr %p1\n  ret i64 0"
    f = with_entries(compiled(EntryPlan((Scalar(dtype),), Scalar(dtype)), body, 2))
    for x in (dtype.type(1), dtype.type(0)):
        out = f(x)
        assert type(out) is dtype.type
        assert out == x
        assert repr(out) == repr(x)
        assert out.dtype is x.dtype
    assert f(1)[0] == "fallback"
    assert f(np.ones((), dtype))[0] == "fallback"


def test_same() -> None:
    marker = "marker"
    f = with_entries(compiled(EntryPlan((Same(None), Same(marker), Number()), Number()), POLYNOMIAL, 2))
    assert f(None, marker, 2.0) == 10.0
    assert f(0, marker, 2.0)[0] == "fallback"
    assert f(None, "other", 2.0)[0] == "fallback"


def test_nested_arguments() -> None:
    shape = Nested(
        "dict", (Nested("list", (PAIR, Nested("tuple", (Number(), Same(None))))), Nested("tuple", ())), ("w", "b")
    )
    body = "  %i = getelementptr double, ptr %p0, i64 1\n  %x = load double, ptr %i\n  %y = load double, ptr %p1\n"
    body += "  %s = fadd double %x, %y\n  store double %s, ptr %p2\n  ret i64 0"
    f = with_entries(compiled(EntryPlan((shape,), Number()), body, 3))
    x = np.array([1.0, 2.0])
    assert f({"w": [x, (4.0, None)], "b": ()}) == 6.0
    others: list[Any] = [
        {"b": (), "w": [x, (4.0, None)]},
        {"w": [x, (4.0, None)]},
        {"w": [x, (4.0, None)], "c": ()},
        {"w": [x, (4.0, None)], "b": (), "c": ()},
        {"w": (x, (4.0, None)), "b": ()},
        {"w": [x, (4.0, 1)], "b": ()},
        {"w": [x, (4, None)], "b": ()},
        {"w": [x], "b": ()},
        {"w": [], "b": ()},
        {1: [x, (4.0, None)], 2: ()},
        [],
    ]
    for other in others:
        assert f(other)[1][0] is other


def test_dict_whose_keys_raise() -> None:
    class Key(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            raise ValueError("no comparison")

    f = with_entries(compiled(EntryPlan((Nested("dict", (Number(),), ("a",)),), Number()), POLYNOMIAL, 2))
    assert f({Key("a"): 1.0})[0] == "fallback"
    assert f({"a": 2.0}) == 10.0


def tree_entry(**options: Any) -> Entry:
    inner = Nested("list", (PAIR, Nested("tuple", (Number(), Given("given"))), Nested("list", ())))
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


def test_tree_of_results() -> None:
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


@pytest.mark.parametrize("kind", ["tuple", "list", "dict"])
def test_memory_for_a_second_result_runs_out(kind: Any) -> None:
    keys = ("a", "b") if kind == "dict" else ()
    results = Nested(kind, (PAIR, Array(F8, (1 << 50,))), keys)
    f = with_entries(compiled(EntryPlan((PAIR,), results), SQUARES, 2))
    x = np.ones(2)
    for _ in range(3):
        with pytest.raises(MemoryError):
            f(x)
    gc.collect()
    before = sys.getrefcount(F8), sys.getrefcount(x), sys.getallocatedblocks()
    for _ in range(200):
        with contextlib.suppress(MemoryError):
            f(x)
    gc.collect()
    after = sys.getrefcount(F8), sys.getrefcount(x), sys.getallocatedblocks()
    assert after[0] - before[0] <= 1
    assert after[1] == before[1]
    assert after[2] - before[2] < 100


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


def test_direct_call() -> None:
    entry = polynomial()
    assert entry.call(2.0) == 10.0
    assert entry.call(2) is NotImplemented
    assert entry.call(x=2.0) is NotImplemented


CASES: list[tuple[str, Callable[[], Entry], tuple[Any, ...]]] = [
    ("number", polynomial, (2.0,)),
    ("mismatch", polynomial, (2,)),
    ("array", squares, (np.ones(2),)),
    ("array without the GIL", lambda: squares(release_gil=True), (np.ones(2),)),
    ("tree", tree_entry, (0.5,)),
    ("tree refused", tree_entry, (1.5,)),
    (
        "list without the GIL",
        lambda: compiled(
            EntryPlan((Nested("list", (PAIR, Number())),), PAIR, release_gil=True), SQUARES.replace("%p1", "%p2"), 3
        ),
        ([np.ones(2), 1.0],),
    ),
    ("scalar", lambda: compiled(EntryPlan((Scalar(F8),), Scalar(F8)), POLYNOMIAL, 2), (np.float64(1),)),
    (
        "large arena",
        lambda: compiled(EntryPlan((Number(),), Number(), arena=1 << 20), FILL, 3),
        (1.0,),
    ),
    ("small arena", lambda: compiled(EntryPlan((Number(),), Number(), arena=1 << 10), FILL, 3), (1.0,)),
]


@pytest.mark.parametrize(("make", "args"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_million_calls_leak_nothing(make: Callable[[], Entry], args: tuple[Any, ...]) -> None:
    f = native_function(lambda *args: None)
    install(f, [make()])
    watched: list[Any] = [f, F8, F4, np.ndarray, np.float64, float, "given", *args]
    if isinstance(args[0], list):
        watched += args[0]
    exhaust(f, *args, times=100)
    gc.collect()
    before = [sys.getrefcount(each) for each in watched], sys.getallocatedblocks()
    exhaust(f, *args, times=1_000_000)
    gc.collect()
    after = [sys.getrefcount(each) for each in watched], sys.getallocatedblocks()
    assert max(abs(x - y) for x, y in zip(before[0], after[0], strict=True)) <= 2
    assert abs(after[1] - before[1]) < 500
    tracemalloc.start()
    try:
        exhaust(f, *args, times=1000)
        first = tracemalloc.get_traced_memory()[0]
        exhaust(f, *args, times=10_000)
        assert tracemalloc.get_traced_memory()[0] - first < 5000
    finally:
        tracemalloc.stop()


def large() -> NativeFunction:
    return with_entries(compiled(EntryPlan((Number(),), Array(F8, (1 << 14,))), FILL, 2))


def test_large_results_are_used_again() -> None:
    f = large()
    first = f(1.0)
    address = first.ctypes.data
    del first
    assert f(2.0).ctypes.data == address
    seen = set()
    for _ in range(20):
        out = f(3.0)
        seen.add(out.ctypes.data)
    assert len(seen) == 2


@pytest.mark.parametrize(
    "hold",
    [
        lambda a: a,
        lambda a: a[3:],
        lambda a: a.reshape(2, -1).T,
        memoryview,
        weakref.ref,
        lambda a: a.flat,
        np.from_dlpack,
        lambda a: [a],
    ],
    ids=["kept", "view", "reshaped", "memoryview", "weakref", "flat", "dlpack", "in a list"],
)
def test_what_somebody_sees_is_not_used_again(hold: Callable[[Any], Any]) -> None:
    f = large()
    held, addresses = [], set()
    for i in range(10):
        out = f(float(i))
        address = out.ctypes.data
        held.append(hold(out))
        del out
        if not isinstance(held[-1], weakref.ref):
            assert address not in addresses
        elif (seen := held[-1]()) is not None:
            later = f(-1.0)
            assert later is not seen
            assert seen[0] == i
            del later, seen
        addresses.add(address)


def test_changed_results_are_not_used_again() -> None:
    changes: list[Callable[[Any], Any]] = [
        lambda a: a.setflags(write=False),
        lambda a: a.resize((1 << 13,), refcheck=False),
        lambda a: a.resize((2, 1 << 13), refcheck=False),
    ]
    for change in changes:
        f = large()
        for i in range(6):
            out = f(float(i))
            assert (out.shape, out.flags.writeable, out.strides, out[0]) == ((1 << 14,), True, (8,), i)
            change(out)
            del out


def test_results_of_one_call_have_memory_of_their_own() -> None:
    big = Array(F8, (1 << 14,))
    f = with_entries(compiled(EntryPlan((Number(),), Nested("tuple", (big, big))), FILL, 2))
    for _ in range(5):
        x, y = f(1.0)
        assert not np.shares_memory(x, y)


@pytest.mark.parametrize("arena", [1 << 10, 1 << 17])
def test_threads(arena: int) -> None:
    body = """
  %x = load double, ptr %p0
  store volatile double %x, ptr %p2
  br label %loop
loop:
  %i = phi i64 [ 0, %start ], [ %next, %loop ]
  %ignored = load volatile double, ptr %p2
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, 3000
  br i1 %more, label %loop, label %end
end:
  %y = load volatile double, ptr %p2
  store double %y, ptr %p1
  ret i64 0""".replace("%start", "%0")
    big = Array(F8, (1 << 13,))
    f = with_entries(compiled(EntryPlan((Number(),), big, arena=arena, release_gil=True), body, 3))
    wrong: list[float] = []

    def work(k: int) -> None:
        for i in range(1000):
            x = float(1000 * k + i)
            out = f(x)
            if out[0] != x:
                wrong.append(x)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_arena_is_aligned_and_free_in_a_call_within_a_call() -> None:
    for size in (100, 1 << 15, 1 << 16):
        body = "  %a = ptrtoint ptr %p2 to i64\n  %m = and i64 %a, 63\n  store i64 %m, ptr %p1\n"
        body += f"  %last = getelementptr i8, ptr %p2, i64 {size - 1}\n  store i8 1, ptr %last\n"
        body += "  %s = call i64 @inner_call()\n  ret i64 %s"
        depth: list[int] = []
        functions: list[NativeFunction] = []

        def inner(depth: list[int] = depth, functions: list[NativeFunction] = functions) -> int:
            depth.append(1)
            return 0 if len(depth) > 3 or functions[0](1.0) == 0 else 1

        callback = ctypes.PYFUNCTYPE(ctypes.c_int64)(inner)
        name = f"inner_call_{size}"
        entry = compiled(
            EntryPlan((Number(),), Whole(), arena=size, calls_python=True),
            body.replace("inner_call", name),
            3,
            callbacks={name: callback},
        )
        functions.append(with_entries(entry))
        assert functions[0](1.0) == 0
        assert len(depth) == 4
        assert not entry.state.is_under_way()


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


def test_everything_is_freed() -> None:
    class Marker:
        pass

    marker = Marker()
    function = native_function(lambda *args: None)
    install(function, [compiled(EntryPlan((Same(marker),), Given(marker), arena=1 << 17), "  ret i64 0", 1)])
    assert function(marker) is marker
    watchers = [weakref.ref(marker), weakref.ref(function)]
    del marker, function
    gc.collect()
    assert [watcher() for watcher in watchers] == [None, None]


def cycle() -> list[weakref.ref[Any]]:
    def fallback(*args: Any) -> Any:
        return function

    function = native_function(fallback)
    function.me = function
    install(function, [compiled(EntryPlan((), Same(function)), "  ret i64 0", 0)])
    assert function() is function
    assert function(1) is function
    assert gc.is_tracked(function)
    assert fallback in gc.get_referents(function)
    return [weakref.ref(fallback), weakref.ref(function)]


def test_cycles_are_freed() -> None:
    watchers = cycle()
    gc.collect()
    assert [watcher() for watcher in watchers] == [None, None]


def test_a_result_nobody_holds_is_used_again() -> None:
    f = with_entries(squares())
    first = f(np.array([3.0, 4.0]))
    place = first.ctypes.data
    del first
    assert f(np.array([1.0, 2.0])).ctypes.data == place


@pytest.mark.parametrize(
    "holding",
    [
        lambda out: out,
        lambda out: out[1:],
        lambda out: memoryview(out),
        lambda out: weakref.ref(out),
        lambda out: out.resize(3, refcheck=False),
        lambda out: setattr(out, "shape", (1, 2)),
        lambda out: out.setflags(write=False),
    ],
    ids=["name", "view", "buffer", "watcher", "size", "shape", "flags"],
)
@pytest.mark.filterwarnings("ignore:Setting the shape")
def test_a_result_that_is_held_or_was_changed_in_form_is_not_used_again(holding: Callable[[Any], Any]) -> None:
    f = with_entries(squares())
    first = f(np.array([3.0, 4.0]))
    identity = id(first)
    held = holding(first)
    del first
    for i in range(5):
        out = f(np.array([float(i), 1.0]))
        assert id(out) != identity
        assert out.flags.writeable
        assert out.tolist() == [i * i, 1.0]
    if isinstance(held, np.ndarray):
        assert held.tolist()[-1] == 16.0


def test_no_watcher_of_a_result_runs_during_a_call() -> None:
    f = with_entries(squares())
    results, gone, watchers = [], [], []
    for i in range(6):
        before = list(gone)
        results.append(f(np.ones(2)))
        assert gone == before
        watchers.append(weakref.ref(results[0], lambda _, i=i: gone.append(i)))
        results.clear()
    assert gone  # only two are kept


def test_endless_recursion_is_an_error() -> None:
    function: NativeFunction = native_function(lambda x: function(x))
    install(function, [polynomial()])
    with pytest.raises(RecursionError):
        function(1)


@pytest.mark.parametrize("plain", [False, True])
def test_callable_object(plain: bool) -> None:
    def original(x: float, y: float = 1.0) -> float:
        """Say what it does."""
        return x + y

    function = functools.wraps(original)(native_function(original, plain=plain))
    assert isinstance(function, NativeFunction)
    assert is_native(function) is not plain
    assert isinstance(function, PlainFunction) is plain
    assert function(1.0, y=2.0) == 3.0
    assert (function.__name__, function.__doc__) == ("original", "Say what it does.")
    assert function.__wrapped__ is original
    assert function.__module__ == __name__
    assert "original" in repr(function)
    function.explain_plan = lambda: "plan"
    assert function.explain_plan() == "plan"
    del function.explain_plan
    assert not hasattr(function, "explain_plan")
    with pytest.raises(TypeError, match="argument"):
        function()
    watcher = weakref.ref(function)
    assert watcher() is function
    install(function, [polynomial()])
    assert function(2.0) == (3.0 if plain else 10.0)


@pytest.mark.parametrize("plain", [False, True])
def test_methods_bind(plain: bool) -> None:
    class Model:
        scale = 3.0
        predict = native_function(lambda self, x: self.scale * x, plain=plain)

    model = Model()
    assert model.predict(2.0) == 6.0
    bound: Any = model.predict
    assert bound(2.0) == 6.0
    assert bound.__self__ is model
    assert isinstance(Model.predict, NativeFunction)
    assert Model.predict(model, 2.0) == 6.0


@native_function
def module_level(x: float) -> float:
    return x


functools.update_wrapper(module_level, len, assigned=())
module_level.__qualname__ = "module_level"
vars(module_level)["__module__"] = __name__


@pytest.mark.parametrize("plain", [False, True])
def test_pickling(plain: bool) -> None:
    function = native_function(lambda x: x, plain=plain)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(function)
    assert pickle.loads(pickle.dumps(module_level)) is module_level
    assert copy.deepcopy(module_level) is module_level
    hidden = functools.wraps(exhaust)(native_function(exhaust, plain=plain))
    with pytest.raises(pickle.PicklingError, match="not the same object"):
        pickle.dumps(hidden)


def test_instances_are_made_by_one_function_only() -> None:
    with pytest.raises(TypeError, match="cannot create"):
        type(native_function(len))(len)  # type: ignore[call-arg]


def test_plan_refuses_what_it_cannot_describe() -> None:
    for dtype in ("O", "U3", ">f8", "M8[s]"):
        with pytest.raises(ValueError, match="native code works on"):
            Array(np.dtype(dtype), (2,))
    with pytest.raises(ValueError, match="different keys"):
        Nested("dict", (Number(), Number()), ("a", "a"))
    with pytest.raises(ValueError, match="no keys"):
        Nested("list", (Number(),), ("a",))


def test_functions_that_live_until_the_process_ends() -> None:
    program = (
        "import sys; sys.path.insert(0, 'tests/native')\n"
        "import test_entry as t, builtins\n"
        "f = t.with_entries(t.polynomial()); g = t.with_entries(t.squares())\n"
        "f(1.0); g(t.np.ones(2)); f.me = f; builtins.kept = g; sys.kept = (f, g)\n"
        "class Late:\n"
        "    def __del__(self, f=f): print(f(2.0))\n"
        "builtins.late = Late()\n"
    )
    done = subprocess.run([sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "10.0\n", "")
