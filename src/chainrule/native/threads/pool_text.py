"""Owns the text of the pool of threads: its state, how everybody waits, and how a caller opens a job and closes it.

`@job` is one word: the number of the job in the upper half; below it twice the number of workers at it, plus
one while it is open. A worker joins by raising that count, only while the job is open and not seen before; the caller closes
the job when no index is left, and waits for those who joined. So nobody waits for a worker that woke up late, and no
worker can touch a job that is over. Idle workers, and the waiting caller, spin for a short time, then sleep.
"""

from __future__ import annotations

import platform
import signal
import sys
import time

from chainrule.native.threads.pool_workers import START, WORKER

MOST_THREADS = 64
_SPIN_NANOSECONDS = 30_000  # about what it costs to wake a thread
_STACK_BYTES = 8 << 20
_FAULTS = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL")  # a worker that fails must still be heard of

_SERIAL = """
define internal void @alone(ptr %function, ptr %context, i64 %count) {
entry:
  %some = icmp sgt i64 %count, 0
  br i1 %some, label %work, label %done
work:
  %index = phi i64 [ 0, %entry ], [ %after, %work ]
  call void %function(ptr %context, i64 %index)
  %after = add i64 %index, 1
  %more = icmp slt i64 %after, %count
  br i1 %more, label %work, label %done
done:
  ret void
}
"""

_NO_POOL = """
define void @chainrule_parallel(ptr %function, ptr %context, i64 %count) {
  call void @alone(ptr %function, ptr %context, i64 %count)
  ret void
}
define void @chainrule_pool_reset() {
  ret void
}
define void @chainrule_pool_resize(i64 %workers) {
  ret void
}
define i64 @chainrule_pool_workers() {
  ret i64 0
}
"""

# What many threads write lies 128 bytes apart. The system's records are given more room than any system's need.
_STATE = """
@job = internal global [16 x i64] zeroinitializer, align 128
@next = internal global [16 x i64] zeroinitializer, align 128
@busy = internal global [16 x i64] zeroinitializer, align 128
@sleepers = internal global [16 x i64] zeroinitializer, align 128
@caller_sleeps = internal global [16 x i64] zeroinitializer, align 128
@workers = internal global [16 x i64] zeroinitializer, align 128
@started = internal global i64 0, align 8
@function = internal global ptr null, align 8
@context = internal global ptr null, align 8
@count = internal global i64 0, align 8
@mutex = internal global [32 x i64] zeroinitializer, align 64
@opened = internal global [32 x i64] zeroinitializer, align 64
@finished = internal global [32 x i64] zeroinitializer, align 64
@resized = internal global [32 x i64] zeroinitializer, align 64

declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_detach(ptr)
declare i32 @pthread_attr_init(ptr)
declare i32 @pthread_attr_destroy(ptr)
declare i32 @pthread_attr_setstacksize(ptr, i64)
declare i32 @pthread_mutex_init(ptr, ptr)
declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_init(ptr, ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_signal(ptr)
declare i32 @pthread_cond_broadcast(ptr)
declare i32 @pthread_sigmask(i32, ptr, ptr)
declare i32 @sigfillset(ptr)
declare i32 @sigdelset(ptr, i32)
declare i32 @clock_gettime(i32, ptr)
declare i32 @sched_yield()

define void @chainrule_pool_reset() {
  store atomic i64 0, ptr @job seq_cst, align 8
  store atomic i64 0, ptr @sleepers seq_cst, align 8
  store atomic i64 0, ptr @caller_sleeps seq_cst, align 8
  store i64 0, ptr @started, align 8
  call void @llvm.memset.p0.i64(ptr @mutex, i8 0, i64 256, i1 false)
  call void @llvm.memset.p0.i64(ptr @opened, i8 0, i64 256, i1 false)
  call void @llvm.memset.p0.i64(ptr @finished, i8 0, i64 256, i1 false)
  call void @llvm.memset.p0.i64(ptr @resized, i8 0, i64 256, i1 false)
  %1 = call i32 @pthread_mutex_init(ptr @mutex, ptr null)
  %2 = call i32 @pthread_cond_init(ptr @opened, ptr null)
  %3 = call i32 @pthread_cond_init(ptr @finished, ptr null)
  %4 = call i32 @pthread_cond_init(ptr @resized, ptr null)
  store atomic i64 0, ptr @busy seq_cst, align 8
  ret void
}
define void @chainrule_pool_resize(i64 %workers) {
  store atomic i64 %workers, ptr @workers seq_cst, align 8
  call void @wake(ptr @resized, i64 0, i1 true)
  call void @wake(ptr @opened, i64 0, i1 true)
  ret void
}
define i64 @chainrule_pool_workers() {
  %workers = load atomic i64, ptr @workers seq_cst, align 8
  ret i64 %workers
}
"""

_WAITING = """
define internal i64 @now() {
  %time = alloca [2 x i64], align 16
  %failed = call i32 @clock_gettime(i32 $CLOCK, ptr %time)
  %seconds = load i64, ptr %time, align 8
  %rest = getelementptr i64, ptr %time, i64 1
  %nanoseconds = load i64, ptr %rest, align 8
  %whole = mul i64 %seconds, 1000000000
  %sum = add i64 %whole, %nanoseconds
  ret i64 %sum
}
; Wait for a moment; return whether the wait that began at a time has been long.
define internal i1 @rest(i64 %since) {
entry:
  br label %again
again:
  %turn = phi i64 [ 0, %entry ], [ %after, %again ]
  $PAUSE
  %after = add i64 %turn, 1
  %more = icmp ult i64 %after, 8
  br i1 %more, label %again, label %done
done:
  ; Where threads outnumber free cores, the one that has work may be waiting for this core.
  %yielded = call i32 @sched_yield()
  %now = call i64 @now()
  %spun = sub i64 %now, %since
  %long = icmp sgt i64 %spun, $SPIN
  ret i1 %long
}
define internal void @wake(ptr %condition, i64 %number, i1 %all) {
entry:
  ; Whoever was about to sleep does so, or sees the news, before this gets the mutex.
  %1 = call i32 @pthread_mutex_lock(ptr @mutex)
  %2 = call i32 @pthread_mutex_unlock(ptr @mutex)
  br i1 %all, label %everybody, label %some
everybody:
  %3 = call i32 @pthread_cond_broadcast(ptr %condition)
  ret void
some:
  %turn = phi i64 [ 0, %entry ], [ %after, %some ]
  %4 = call i32 @pthread_cond_signal(ptr %condition)
  %after = add i64 %turn, 1
  %more = icmp slt i64 %after, %number
  br i1 %more, label %some, label %done
done:
  ret void
}
"""

_CALLER = """
define internal void @open(ptr %function, ptr %context, i64 %count) {
entry:
  store ptr %function, ptr @function, align 8
  store ptr %context, ptr @context, align 8
  store i64 %count, ptr @count, align 8
  store atomic i64 0, ptr @next monotonic, align 8
  %before = load atomic i64, ptr @job monotonic, align 8
  %state = add i64 %before, 4294967297
  store atomic i64 %state, ptr @job seq_cst, align 8
  %sleepers = load atomic i64, ptr @sleepers seq_cst, align 8
  %some = icmp sgt i64 %sleepers, 0
  br i1 %some, label %news, label %done
news:
  %others = sub i64 %count, 1
  %all = icmp sge i64 %others, %sleepers
  call void @wake(ptr @opened, i64 %others, i1 %all)
  br label %done
done:
  ret void
}
define internal void @close() {
entry:
  %before = atomicrmw and ptr @job, i64 -2 seq_cst, align 8
  %since = call i64 @now()
  br label %poll
poll:
  %state = load atomic i64, ptr @job acquire, align 8
  %low = trunc i64 %state to i32
  %over = icmp eq i32 %low, 0
  br i1 %over, label %done, label %wait
wait:
  %long = call i1 @rest(i64 %since)
  br i1 %long, label %sleep, label %poll
sleep:
  %1 = call i32 @pthread_mutex_lock(ptr @mutex)
  store atomic i64 1, ptr @caller_sleeps seq_cst, align 8
  br label %check
check:
  %state_now = load atomic i64, ptr @job seq_cst, align 8
  %low_now = trunc i64 %state_now to i32
  %over_now = icmp eq i32 %low_now, 0
  br i1 %over_now, label %awake, label %stay
stay:
  %2 = call i32 @pthread_cond_wait(ptr @finished, ptr @mutex)
  br label %check
awake:
  store atomic i64 0, ptr @caller_sleeps seq_cst, align 8
  %3 = call i32 @pthread_mutex_unlock(ptr @mutex)
  br label %done
done:
  ret void
}
define void @chainrule_parallel(ptr %function, ptr %context, i64 %count) {
entry:
  %wanted = load atomic i64, ptr @workers monotonic, align 8
  %none = icmp slt i64 %wanted, 1
  %few = icmp slt i64 %count, 2
  %serial = or i1 %none, %few
  br i1 %serial, label %single, label %claim
claim:
  %exchange = cmpxchg ptr @busy, i64 0, i64 1 seq_cst monotonic, align 8
  %mine = extractvalue { i64, i1 } %exchange, 1
  br i1 %mine, label %staff, label %single
single:
  call void @alone(ptr %function, ptr %context, i64 %count)
  ret void
staff:
  %started = load i64, ptr @started, align 8
  %missing = icmp slt i64 %started, %wanted
  br i1 %missing, label %hire, label %share
hire:
  call void @start(i64 %wanted)
  br label %share
share:
  call void @open(ptr %function, ptr %context, i64 %count)
  call void @run()
  call void @close()
  store atomic i64 0, ptr @busy release, align 8
  ret void
}
"""


def _pause() -> str:
    processor = platform.machine().lower()
    if processor in ("x86_64", "amd64"):
        return "call void @llvm.x86.sse2.pause()"
    if processor in ("arm64", "aarch64"):
        return "call void @llvm.aarch64.hint(i32 1)"
    return ""


def pool_text() -> str:
    """Return the pool's module. Systems other than Linux and macOS have no threads here: the caller does all the work."""
    if sys.maxsize < 2**32 or sys.platform not in ("linux", "darwin"):
        return _SERIAL + _NO_POOL
    text = "".join((_SERIAL, _STATE, _WAITING, WORKER, START, _CALLER))
    unblock = "\n".join(
        f"  %{name} = call i32 @sigdelset(ptr %blocked, i32 {int(getattr(signal, name))})" for name in _FAULTS
    )
    values = {
        "$CLOCK": str(time.CLOCK_MONOTONIC),
        "$PAUSE": _pause(),
        "$SPIN": str(_SPIN_NANOSECONDS),
        "$STACK": str(_STACK_BYTES),
        "$SETMASK": str(int(signal.SIG_SETMASK)),
        "$UNBLOCK": unblock,
    }
    for name, value in values.items():
        text = text.replace(name, value)
    return text
