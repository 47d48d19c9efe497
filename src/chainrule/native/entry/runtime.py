"""Owns the code every entry shares: the slots of the callable's type, and making, recycling and dropping objects.

It is compiled once and stays in memory until the process ends: objects may outlive the module that made them.
"""

from __future__ import annotations

import ctypes
from functools import cache

from chainrule.native.entry import layout as layout
from chainrule.native.entry.arranging import ARRANGE
from chainrule.native.entry.frame import CALL
from chainrule.native.machine.machine import Code, compile_text

# An instance of the callable's type, in bytes from its start.
VECTORCALL, CHAIN, FALLBACK, KEPT, DICT, WEAKREFS, INSTANCE = 16, 24, 32, 40, 48, 56, 64

HELPERS = ("chainrule_arrange", "chainrule_drop", "chainrule_recycled", "chainrule_same_dtype", "chainrule_give_up")

_CALLING = f"""
define ptr @chainrule_start({CALL}) nounwind {{
  %place = getelementptr i8, ptr %self, i64 {CHAIN}
  %chain = load ptr, ptr %place
  %code = load ptr, ptr %chain
  %out = tail call ptr %code({CALL}, ptr %chain)
  ret ptr %out
}}

define ptr @chainrule_give_up({CALL}, ptr %link) nounwind {{
  %place = getelementptr i8, ptr %self, i64 {FALLBACK}
  %fallback = load ptr, ptr %place
  %gone = icmp eq ptr %fallback, null
  br i1 %gone, label %cleared, label %there
there:
  %out = tail call ptr @PyObject_Vectorcall(ptr %fallback, ptr %arguments, i64 %count, ptr %names)
  ret ptr %out
cleared:
  call void @PyErr_SetString(ptr @PyExc_RuntimeError_object, ptr @gone)
  ret ptr null
}}
@gone = private constant [42 x i8] c"the function was called while it was freed"
"""

_TYPE = f"""
@last = private constant {{ ptr, ptr }} {{ ptr @chainrule_give_up, ptr null }}

define ptr @chainrule_create(ptr %type, ptr %fallback) nounwind {{
  %self = call ptr @PyType_GenericAlloc(ptr %type, i64 0)
  %failed = icmp eq ptr %self, null
  br i1 %failed, label %out, label %fill
fill:
  %p0 = getelementptr i8, ptr %self, i64 {VECTORCALL}
  store ptr @chainrule_start, ptr %p0
  %p1 = getelementptr i8, ptr %self, i64 {CHAIN}
  store ptr @last, ptr %p1
  call void @Py_IncRef(ptr %fallback)
  %p2 = getelementptr i8, ptr %self, i64 {FALLBACK}
  store ptr %fallback, ptr %p2
  call void @Py_IncRef(ptr @py_none)
  %p3 = getelementptr i8, ptr %self, i64 {KEPT}
  store ptr @py_none, ptr %p3
  br label %out
out:
  ret ptr %self
}}

define ptr @chainrule_swap(ptr %self, ptr %chain, ptr %kept) nounwind {{
  %none = icmp eq ptr %chain, null
  %new = select i1 %none, ptr @last, ptr %chain
  %p0 = getelementptr i8, ptr %self, i64 {CHAIN}
  store ptr %new, ptr %p0
  %p1 = getelementptr i8, ptr %self, i64 {KEPT}
  %old = load ptr, ptr %p1
  call void @Py_IncRef(ptr %kept)
  store ptr %kept, ptr %p1
  ret ptr %old
}}

define i32 @chainrule_clear(ptr %self) nounwind {{
  %p0 = getelementptr i8, ptr %self, i64 {CHAIN}
  store ptr @last, ptr %p0
  %p1 = getelementptr i8, ptr %self, i64 {FALLBACK}
  %o1 = load ptr, ptr %p1
  store ptr null, ptr %p1
  call void @Py_DecRef(ptr %o1)
  %p2 = getelementptr i8, ptr %self, i64 {KEPT}
  %o2 = load ptr, ptr %p2
  store ptr null, ptr %p2
  call void @Py_DecRef(ptr %o2)
  %p3 = getelementptr i8, ptr %self, i64 {DICT}
  %o3 = load ptr, ptr %p3
  store ptr null, ptr %p3
  call void @Py_DecRef(ptr %o3)
  ret i32 0
}}

define void @chainrule_dealloc(ptr %self) nounwind {{
  call void @PyObject_GC_UnTrack(ptr %self)
  %p0 = getelementptr i8, ptr %self, i64 {WEAKREFS}
  %watchers = load ptr, ptr %p0
  %unwatched = icmp eq ptr %watchers, null
  br i1 %unwatched, label %clear, label %watched
watched:
  call void @PyObject_ClearWeakRefs(ptr %self)
  br label %clear
clear:
  %done = call i32 @chainrule_clear(ptr %self)
  %p1 = getelementptr i8, ptr %self, i64 {layout.TYPE}
  %type = load ptr, ptr %p1
  call void @PyObject_GC_Del(ptr %self)
  call void @Py_DecRef(ptr %type)
  ret void
}}

define ptr @chainrule_bind(ptr %self, ptr %owner, ptr %class) nounwind {{
  %bare = icmp eq ptr %owner, null
  %none = icmp eq ptr %owner, @py_none
  %unbound = or i1 %bare, %none
  br i1 %unbound, label %same, label %method
method:
  %bound = tail call ptr @PyMethod_New(ptr %self, ptr %owner)
  ret ptr %bound
same:
  call void @Py_IncRef(ptr %self)
  ret ptr %self
}}
"""


def _traverse() -> str:
    """Write the slot that shows the garbage collector what an instance refers to."""
    lines = ["define i32 @chainrule_traverse(ptr %self, ptr %visit, ptr %argument) nounwind {"]
    fields = (layout.TYPE, FALLBACK, KEPT, DICT)
    for i, offset in enumerate(fields):
        lines += [
            f"  %p{i} = getelementptr i8, ptr %self, i64 {offset}",
            f"  %o{i} = load ptr, ptr %p{i}",
            f"  %n{i} = icmp eq ptr %o{i}, null",
            f"  br i1 %n{i}, label %next{i}, label %visit{i}",
            f"visit{i}:",
            f"  %r{i} = call i32 %visit(ptr %o{i}, ptr %argument)",
            f"  %c{i} = icmp eq i32 %r{i}, 0",
            f"  br i1 %c{i}, label %next{i}, label %stop{i}",
            f"stop{i}:",
            f"  ret i32 %r{i}",
            f"next{i}:",
        ]
    return "\n".join([*lines, "  ret i32 0", "}"])


_OBJECTS = f"""
define void @chainrule_drop(ptr %objects, i64 %count) nounwind {{
entry:
  br label %test
test:
  %i = phi i64 [ 0, %entry ], [ %next, %drop ]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %drop, label %out
drop:
  %place = getelementptr ptr, ptr %objects, i64 %i
  %object = load ptr, ptr %place
  call void @Py_DecRef(ptr %object)
  %next = add i64 %i, 1
  br label %test
out:
  ret void
}}

define i1 @chainrule_same_dtype(ptr %dtype, ptr %wanted) nounwind {{
  %p0 = getelementptr i8, ptr %dtype, i64 {layout.TYPE_NUMBER}
  %number = load i32, ptr %p0
  %p1 = getelementptr i8, ptr %wanted, i64 {layout.TYPE_NUMBER}
  %number_wanted = load i32, ptr %p1
  %p2 = getelementptr i8, ptr %dtype, i64 {layout.BYTE_ORDER}
  %order = load i8, ptr %p2
  %p3 = getelementptr i8, ptr %wanted, i64 {layout.BYTE_ORDER}
  %order_wanted = load i8, ptr %p3
  %same_number = icmp eq i32 %number, %number_wanted
  %same_order = icmp eq i8 %order, %order_wanted
  %same = and i1 %same_number, %same_order
  ret i1 %same
}}

define private ptr @fresh(ptr %dtype, i64 %rank, ptr %shape) nounwind {{
  call void @Py_IncRef(ptr %dtype)
  %rank32 = trunc i64 %rank to i32
  %out = tail call ptr @PyArray_NewFromDescr(
    ptr @PyArray_Type, ptr %dtype, i32 %rank32, ptr %shape, ptr null, ptr null, i32 0, ptr null)
  ret ptr %out
}}

define private i1 @is_free(ptr %array, ptr %dtype, i64 %rank, ptr %shape) nounwind {{
entry:
  %references = load i32, ptr %array
  %alone = icmp eq i32 %references, 1
  br i1 %alone, label %fields, label %no
fields:
  %p0 = getelementptr i8, ptr %array, i64 {layout.WEAKREFS}
  %watchers = load ptr, ptr %p0
  %unwatched = icmp eq ptr %watchers, null
  %p1 = getelementptr i8, ptr %array, i64 {layout.BASE}
  %base = load ptr, ptr %p1
  %owner = icmp eq ptr %base, null
  %p2 = getelementptr i8, ptr %array, i64 {layout.FLAGS}
  %flags = load i32, ptr %p2
  %asked = and i32 %flags, {layout.FRESH_LAYOUT}
  %plain = icmp eq i32 %asked, {layout.FRESH_LAYOUT}
  %p3 = getelementptr i8, ptr %array, i64 {layout.DTYPE}
  %dtype_now = load ptr, ptr %p3
  %same_dtype = icmp eq ptr %dtype_now, %dtype
  %p4 = getelementptr i8, ptr %array, i64 {layout.NDIM}
  %rank_now = load i32, ptr %p4
  %rank_wide = zext i32 %rank_now to i64
  %same_rank = icmp eq i64 %rank_wide, %rank
  %a0 = and i1 %unwatched, %owner
  %a1 = and i1 %plain, %same_dtype
  %a2 = and i1 %a0, %a1
  %a3 = and i1 %a2, %same_rank
  %p5 = getelementptr i8, ptr %array, i64 {layout.DIMENSIONS}
  %shape_now = load ptr, ptr %p5
  br i1 %a3, label %test, label %no
test:
  %i = phi i64 [ 0, %fields ], [ %next, %same ]
  %more = icmp ult i64 %i, %rank
  br i1 %more, label %compare, label %yes
compare:
  %q0 = getelementptr i64, ptr %shape, i64 %i
  %n0 = load i64, ptr %q0
  %q1 = getelementptr i64, ptr %shape_now, i64 %i
  %n1 = load i64, ptr %q1
  %equal = icmp eq i64 %n0, %n1
  br i1 %equal, label %same, label %no
same:
  %next = add i64 %i, 1
  br label %test
yes:
  ret i1 true
no:
  ret i1 false
}}

define private i1 @is_watched_alone(ptr %array) nounwind {{
  %references = load i32, ptr %array
  %alone = icmp eq i32 %references, 1
  br i1 %alone, label %look, label %no
look:
  %place = getelementptr i8, ptr %array, i64 {layout.WEAKREFS}
  %watchers = load ptr, ptr %place
  %watched = icmp ne ptr %watchers, null
  ret i1 %watched
no:
  ret i1 false
}}

; Two arrays are remembered: in a loop that binds each result to one name, the last result is still held during a call.
; An array that only we hold is not forgotten while something watches it: no Python code may run here.
define ptr @chainrule_recycled(ptr %slots, ptr %dtype, i64 %rank, ptr %shape) nounwind {{
  %newer = load ptr, ptr %slots
  %second = getelementptr ptr, ptr %slots, i64 1
  %older = load ptr, ptr %second
  %free0 = call i1 @is_free(ptr %newer, ptr %dtype, i64 %rank, ptr %shape)
  br i1 %free0, label %again, label %other
other:
  %free1 = call i1 @is_free(ptr %older, ptr %dtype, i64 %rank, ptr %shape)
  br i1 %free1, label %again, label %make
again:
  %found = phi ptr [ %newer, %0 ], [ %older, %other ]
  call void @Py_IncRef(ptr %found)
  ret ptr %found
make:
  %out = call ptr @fresh(ptr %dtype, i64 %rank, ptr %shape)
  %failed = icmp eq ptr %out, null
  br i1 %failed, label %end, label %forget
forget:
  %last = call i1 @is_watched_alone(ptr %older)
  br i1 %last, label %end, label %remember
remember:
  call void @Py_IncRef(ptr %out)
  store ptr %out, ptr %slots
  store ptr %newer, ptr %second
  call void @Py_DecRef(ptr %older)
  br label %end
end:
  ret ptr %out
}}
"""

_OUTSIDE = """
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare ptr @PyErr_Occurred()
declare void @PyErr_SetString(ptr, ptr)
declare void @PyObject_ClearWeakRefs(ptr)
declare void @PyObject_GC_Del(ptr)
declare void @PyObject_GC_UnTrack(ptr)
declare ptr @PyArray_NewCopy(ptr, i32)
declare ptr @PyArray_NewFromDescr(ptr, ptr, i32, ptr, ptr, ptr, i32, ptr)
declare ptr @PyMethod_New(ptr, ptr)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare ptr @PyType_GenericAlloc(ptr, i64)
@PyArray_Type = external global i8
@PyExc_RuntimeError_object = external global i8
@py_none = external global i8
"""


@cache
def runtime() -> Code:
    """Return the shared code."""
    text = "\n".join([_OUTSIDE, _CALLING, _TYPE, _traverse(), _OBJECTS, ARRANGE])
    code = compile_text(
        text, layout.symbols(), level=0
    )  # calls take no longer than at level 2, compiling takes a third
    # Instances that live until the interpreter ends are freed by this code, maybe after this module: keep it for ever.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(code))
    return code


@cache
def helpers() -> dict[str, int]:
    """Return the addresses of the functions that entries call, by name."""
    return {name: runtime().address(name) for name in HELPERS}
