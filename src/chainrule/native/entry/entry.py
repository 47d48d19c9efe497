"""Owns the native entry of a compiled function: it checks a call's arguments, runs the program, builds the results.

A call takes tens of nanoseconds, and makes no Python object but its results. Whatever it is not made for, in kind,
dtype, shape or memory layout, goes on to the next entry and in the end to the Python function, with the same arguments.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.native.entry import layout as layout
from chainrule.native.entry.arguments import check_arguments
from chainrule.native.entry.callable import NativeFunction, is_native, native_function, swap_chain
from chainrule.native.entry.frame import ARENA, ARENA_TAKEN, ARGUMENTS, LINK, OBJECTS, UNDER_WAY, Frame
from chainrule.native.entry.plan import Array, EntryPlan, Scalar, count, objects, walk
from chainrule.native.entry.results import allocate, build, places
from chainrule.native.entry.runtime import helpers
from chainrule.native.machine.machine import Code
from chainrule.native.machine.text import Module

NAME = "chainrule_entry"
STACK_ARENA = 1 << 15  # bytes; more scratch memory than this is not taken from the stack
_ALIGNMENT = 64


def write_entry(module: Module, plan: EntryPlan) -> None:
    """Add the entry to a module that also defines its program, `@run`."""
    module.define(NAME, lambda: _entry(module, plan))


def entry_symbols(plan: EntryPlan) -> dict[str, int]:
    """Return the addresses of what the entry's text refers to outside."""
    found = {**layout.symbols(), **helpers()}
    for root in (*plan.arguments, plan.results):
        for node in walk(root):
            if isinstance(node, (Array, Scalar)):
                found.update(layout.dtype_symbols(node.dtype))
    return found


def _entry(module: Module, plan: EntryPlan) -> str:
    frame = Frame(module)
    body = frame.body
    body.do(f"%state = load ptr, ptr {frame.at('%link', LINK - 8)}")
    check_arguments(frame, plan)
    for _ in plan.constants:
        frame.base(frame.field(frame.object(), layout.DATA))
    if plan.lets_python_run:
        _count_call(frame, 1)
    held = frame.fleeting if plan.release_gil else []
    total = len(held) + places(plan)
    if total:
        module.declare("llvm.memset.p0.i64", "void {}(ptr, i8, i64, i1)")
        body.do(f"call void @llvm.memset.p0.i64(ptr %owned, i8 0, i64 {8 * total}, i1 false)")
    for pointer in held:
        frame.call("void {}(ptr)", "Py_IncRef", [f"ptr {pointer}"])
        frame.own(pointer)
    made = allocate(frame, plan)
    status = _run(frame, plan)
    body.do(f"switch i64 {status}, label %refused [ i64 0, label %done i64 -1, label %failed ]")
    body.label("done")
    result = build(frame, plan, made)
    frame.drop(len(held))
    if plan.lets_python_run:
        _count_call(frame, -1)
    body.do(f"ret ptr {result}")
    for block, following in (("refused", "mismatch"), ("failed", "stop")):
        body.label(block)
        frame.drop(total)
        if plan.lets_python_run:
            _count_call(frame, -1)
        body.do(f"br label %{following}")
    body.label("stop")
    body.do("ret ptr null")
    body.label("scattered")
    arrange = module.declare("chainrule_arrange", "ptr {}(ptr, ptr, i64, ptr, ptr)")
    body.do(f"ret ptr {body.let(f'musttail call ptr {arrange}({ARGUMENTS})')}")
    body.label("mismatch")
    following = frame.at("%link", LINK)
    code = frame.field(following, 0)
    operands = f"ptr %self, ptr %arguments, i64 %count, ptr %names, ptr {following}"
    body.do(f"ret ptr {body.let(f'musttail call ptr {code}({operands})')}")
    return frame.text(NAME)


def _count_call(frame: Frame, change: int) -> None:
    """Write that a call begins or ends. Only one thread at a time does this: the one that holds the GIL."""
    place = frame.at("%state", UNDER_WAY)
    calls = frame.body.let(f"add i64 {frame.field(place, 0, 'i64')}, {change}")
    frame.body.do(f"store i64 {calls}, ptr {place}")


def _run(frame: Frame, plan: EntryPlan) -> str:
    """Write the run of the program with its arena, and without the GIL if so planned; return its status."""
    body = frame.body
    kept = plan.arena > STACK_ARENA
    if not plan.arena:
        frame.base("null")
    elif not kept:
        frame.base(frame.stack(plan.arena, _ALIGNMENT))
    else:
        block = _claim_arena(frame, plan.arena)
    thread = ""
    if plan.release_gil:
        thread = frame.call("ptr {}()", "PyEval_SaveThread", [])
    status = body.call("i64", "@run", ["ptr %bases"])
    if plan.release_gil:
        frame.call("void {}(ptr)", "PyEval_RestoreThread", [f"ptr {thread}"])
    if kept:
        _release_arena(frame, block)
    return status


def _claim_arena(frame: Frame, size: int) -> str:
    """Write the choice of the arena: the entry's own, or new memory if a call under way uses that.

    Return the name of the new memory, null if there is none.
    """
    body = frame.body
    taken = body.let(f"icmp ne i64 {frame.field('%state', ARENA_TAKEN, 'i64')}, 0")
    body.do(f"br i1 {taken}, label %borrow, label %claim")
    body.label("claim")
    body.do(f"store i64 1, ptr {frame.at('%state', ARENA_TAKEN)}")
    own = frame.field("%state", ARENA)
    body.do("br label %arena")
    body.label("borrow")
    new = frame.call("ptr {}(i64)", "PyMem_RawMalloc", [f"i64 {size + _ALIGNMENT}"])
    body.do(f"br i1 {body.let(f'icmp eq ptr {new}, null')}, label %exhausted, label %align")
    body.label("exhausted")
    frame.call("ptr {}()", "PyErr_NoMemory", [])
    body.do("br label %failed")
    body.label("align")
    number = body.let(f"ptrtoint ptr {new} to i64")
    above = body.let(f"add i64 {number}, {_ALIGNMENT - 1}")
    aligned = body.let(f"inttoptr i64 {body.let(f'and i64 {above}, {-_ALIGNMENT}')} to ptr")
    body.do("br label %arena")
    body.label("arena")
    arena = body.let(f"phi ptr [ {own}, %claim ], [ {aligned}, %align ]")
    block = body.let(f"phi ptr [ null, %claim ], [ {new}, %align ]")
    frame.base(arena)
    return block


def _release_arena(frame: Frame, block: str) -> None:
    body = frame.body
    body.do(f"br i1 {body.let(f'icmp eq ptr {block}, null')}, label %give_back, label %free")
    body.label("give_back")
    body.do(f"store i64 0, ptr {frame.at('%state', ARENA_TAKEN)}")
    body.do("br label %ran")
    body.label("free")
    frame.call("void {}(ptr)", "PyMem_RawFree", [f"ptr {block}"])
    body.do("br label %ran")
    body.label("ran")


@dataclass(frozen=True, slots=True, eq=False)
class EntryState:
    """The memory that an entry's code works with, and all that must live as long as it.

    words: as `entry_frame` lays them out. held: the code, the objects, the arrays to recycle, the arena.
    """

    address: int
    words: Any
    held: tuple[Any, ...]

    def is_under_way(self) -> bool:
        """Return whether a call is running now, in this thread or in another."""
        return bool(self.words[UNDER_WAY // 8])


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A compiled entry. `call(*args)` runs it, and returns NotImplemented for what it is not made for."""

    plan: EntryPlan
    state: EntryState
    call: NativeFunction


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """Entries in the order they are tried, as the callable's code reads them."""

    links: Any
    states: tuple[EntryState, ...]


def make_entry(code: Code, plan: EntryPlan) -> Entry:
    """Return the entry of compiled code. It keeps the code, the constants and the scratch memory alive."""
    known = objects(plan)
    # A list owns the arrays to recycle: it is never resized, so its items stay where they are.
    recycled: list[Any] = [None] * (2 * count(plan, lambda leaf: isinstance(leaf, Array)))
    words = (ctypes.c_uint64 * (OBJECTS // 8 + len(known)))()
    words[3] = ctypes.c_uint64.from_address(id(recycled) + layout.ITEMS).value if recycled else 0
    arena = None
    if plan.arena > STACK_ARENA:
        arena = np.empty(plan.arena + _ALIGNMENT, np.uint8)
        words[ARENA // 8] = -(-arena.ctypes.data // _ALIGNMENT) * _ALIGNMENT
    words[OBJECTS // 8 :] = [id(each) for each in known]
    state = EntryState(code.address(NAME), words, (code, known, recycled, arena))
    call = native_function(_refuse)
    _put(call, [state])
    return Entry(plan, state, call)


def install(function: NativeFunction, entries: Sequence[Entry]) -> None:
    """Let a function try these entries in order before its fallback. A call under way ends with the code it began with.

    On an interpreter without native calls this does nothing.
    """
    if is_native(function):
        _put(function, [entry.state for entry in entries])


# Chains that were replaced while one of their calls was under way: their code must stay until it returns.
_replaced: deque[_Chain] = deque()


def _put(function: NativeFunction, states: Sequence[EntryState]) -> None:
    words: list[int] = []
    for state in states:
        words += [state.address, ctypes.addressof(state.words)]
    words += [helpers()["chainrule_give_up"], 0]
    links = (ctypes.c_uint64 * len(words))(*words)
    old = swap_chain(function, ctypes.addressof(links), _Chain(links, tuple(states)))
    if isinstance(old, _Chain):
        _replaced.append(old)
    del old
    for _ in range(len(_replaced)):
        chain = _next_replaced()
        if chain is not None and any(state.is_under_way() for state in chain.states):
            _replaced.append(chain)


def _next_replaced() -> _Chain | None:
    try:
        return _replaced.popleft()
    except IndexError:  # another thread was here
        return None


def _refuse(*args: Any, **kwargs: Any) -> Any:
    return NotImplemented
