"""Entries leak nothing, use memory again that nobody sees, and may be called by many threads."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
import threading
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.native.entry_examples import (
    F4,
    F8,
    FILL,
    PAIR,
    POLYNOMIAL,
    SQUARES,
    compiled,
    exhaust,
    polynomial,
    squares,
    tree_entry,
    with_entries,
)

from chainrule.native.entry.callable import NativeFunction, native_function
from chainrule.native.entry.entry import Entry, install
from chainrule.native.entry.layout import supported
from chainrule.native.entry.plan import Array, EntryPlan, Nested, Number, Same, Scalar, Whole

pytestmark = pytest.mark.skipif(not supported(), reason="this interpreter has no native calls")


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
def test_many_threads_call_one_entry(arena: int) -> None:
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


def test_everything_is_freed() -> None:
    class Marker:
        pass

    marker = Marker()
    function = native_function(lambda *args: None)
    install(function, [compiled(EntryPlan((Same(marker),), Same(marker), arena=1 << 17), "  ret i64 0", 1)])
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
