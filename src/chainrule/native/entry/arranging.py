"""Owns calls with arrays that lie in several pieces, or at odd addresses: an entry serves them with copies of these."""

from __future__ import annotations

from chainrule.native.entry import layout as layout
from chainrule.native.entry.frame import BY_POSITION, CALL, LINK

ARRANGE = f"""
; The entry at %link noticed such an array: it is tried once more with copies. What it is not made for goes on as it came.
define ptr @chainrule_arrange({CALL}, ptr %link) nounwind {{
entry:
  %by_position = and i64 %count, {BY_POSITION}
  %bare = icmp eq ptr %names, null
  br i1 %bare, label %counted, label %named
named:
  %p0 = getelementptr i8, ptr %names, i64 {layout.SIZE}
  %by_name = load i64, ptr %p0
  %all = add i64 %by_position, %by_name
  br label %counted
counted:
  %total = phi i64 [ %by_position, %entry ], [ %all, %named ]
  %arranged = alloca ptr, i64 %total
  br label %test
test:
  %i = phi i64 [ 0, %counted ], [ %next, %put ]
  %copies = phi i64 [ 0, %counted ], [ %copies_now, %put ]
  %more = icmp ult i64 %i, %total
  br i1 %more, label %look, label %ready
look:
  %p1 = getelementptr ptr, ptr %arguments, i64 %i
  %argument = load ptr, ptr %p1
  %p2 = getelementptr i8, ptr %argument, i64 {layout.TYPE}
  %type = load ptr, ptr %p2
  %array = icmp eq ptr %type, @PyArray_Type
  br i1 %array, label %flags, label %keep
flags:
  %p3 = getelementptr i8, ptr %argument, i64 {layout.FLAGS}
  %flags_now = load i32, ptr %p3
  %piece = and i32 %flags_now, {layout.ONE_PIECE}
  %pieces = icmp eq i32 %piece, 0
  %even = and i32 %flags_now, {layout.ALIGNED}
  %odd = icmp eq i32 %even, 0
  %scattered = or i1 %pieces, %odd
  br i1 %scattered, label %copy, label %keep
copy:
  %new = call ptr @PyArray_NewCopy(ptr %argument, i32 0)
  %copied = add i64 %copies, 1
  %failed = icmp eq ptr %new, null
  br i1 %failed, label %error, label %put
keep:
  call void @Py_IncRef(ptr %argument)
  br label %put
put:
  %held = phi ptr [ %new, %copy ], [ %argument, %keep ]
  %copies_now = phi i64 [ %copied, %copy ], [ %copies, %keep ]
  %p4 = getelementptr ptr, ptr %arranged, i64 %i
  store ptr %held, ptr %p4
  %next = add i64 %i, 1
  br label %test
ready:
  %any = icmp ne i64 %copies, 0
  br i1 %any, label %try, label %others
try:
  %chain = alloca [4 x ptr]
  %code = load ptr, ptr %link
  %p5 = getelementptr ptr, ptr %link, i64 1
  %state = load ptr, ptr %p5
  store ptr %code, ptr %chain
  %p6 = getelementptr ptr, ptr %chain, i64 1
  store ptr %state, ptr %p6
  %p7 = getelementptr ptr, ptr %chain, i64 2
  store ptr @no_more, ptr %p7
  %p8 = getelementptr ptr, ptr %chain, i64 3
  store ptr null, ptr %p8
  %out = call ptr %code(ptr %self, ptr %arranged, i64 %by_position, ptr %names, ptr %chain)
  call void @chainrule_drop(ptr %arranged, i64 %total)
  %refused = icmp eq ptr %out, null
  br i1 %refused, label %why, label %done
why:
  %exception = call ptr @PyErr_Occurred()
  %none = icmp eq ptr %exception, null
  br i1 %none, label %others_still, label %done
done:
  ret ptr %out
error:
  call void @chainrule_drop(ptr %arranged, i64 %i)
  ret ptr null
others:
  call void @chainrule_drop(ptr %arranged, i64 %total)
  br label %others_still
others_still:
  %following = getelementptr i8, ptr %link, i64 {LINK}
  %code_following = load ptr, ptr %following
  %result = call ptr %code_following({CALL}, ptr %following)
  ret ptr %result
}}

define private ptr @no_more({CALL}, ptr %link) nounwind {{
  ret ptr null
}}
"""
