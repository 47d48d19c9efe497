"""Owns the text of the workers of the pool of threads: how they start, wait, join a job, share its indices and leave."""

from __future__ import annotations

WORKER = """
define internal void @run() {
entry:
  %function = load ptr, ptr @function, align 8
  %context = load ptr, ptr @context, align 8
  %count = load i64, ptr @count, align 8
  br label %take
take:
  %index = atomicrmw add ptr @next, i64 1 monotonic, align 8
  %more = icmp slt i64 %index, %count
  br i1 %more, label %work, label %done
work:
  call void %function(ptr %context, i64 %index)
  br label %take
done:
  ret void
}
define internal i1 @may_join(i64 %number, i64 %seen, i64 %state) {
  %workers = load atomic i64, ptr @workers monotonic, align 8
  %wanted = icmp slt i64 %number, %workers
  %open = trunc i64 %state to i1
  %job = lshr i64 %state, 32
  %new = icmp ne i64 %job, %seen
  %1 = and i1 %wanted, %open
  %2 = and i1 %1, %new
  ret i1 %2
}
define internal ptr @worker(ptr %argument) {
entry:
  %number = ptrtoint ptr %argument to i64
  br label %idle
idle:
  %seen = phi i64 [ 0, %entry ], [ %seen, %awake ], [ %joined, %work ], [ %joined, %tell ]
  %since = call i64 @now()
  br label %poll
poll:
  %state = load atomic i64, ptr @job acquire, align 8
  %ready = call i1 @may_join(i64 %number, i64 %seen, i64 %state)
  br i1 %ready, label %join, label %wait
join:
  %raised = add i64 %state, 2
  %exchange = cmpxchg ptr @job, i64 %state, i64 %raised seq_cst monotonic, align 8
  %success = extractvalue { i64, i1 } %exchange, 1
  br i1 %success, label %work, label %poll
work:
  %joined = lshr i64 %state, 32
  call void @run()
  %before = atomicrmw sub ptr @job, i64 2 seq_cst, align 8
  %low = trunc i64 %before to i32
  %last = icmp eq i32 %low, 2
  %sleeps = load atomic i64, ptr @caller_sleeps seq_cst, align 8
  %asleep = icmp ne i64 %sleeps, 0
  %needed = and i1 %last, %asleep
  br i1 %needed, label %tell, label %idle
tell:
  call void @wake(ptr @finished, i64 1, i1 true)
  br label %idle
wait:
  %long = call i1 @rest(i64 %since)
  br i1 %long, label %sleep, label %poll
sleep:
  %1 = call i32 @pthread_mutex_lock(ptr @mutex)
  br label %check
check:
  %workers = load atomic i64, ptr @workers seq_cst, align 8
  %wanted = icmp slt i64 %number, %workers
  br i1 %wanted, label %look, label %retire
retire:
  %2 = call i32 @pthread_cond_wait(ptr @resized, ptr @mutex)
  br label %check
look:
  ; The caller opens the job, then counts sleepers; this counts itself, then looks: one of them sees the other.
  %3 = atomicrmw add ptr @sleepers, i64 1 seq_cst, align 8
  %state_now = load atomic i64, ptr @job seq_cst, align 8
  %ready_now = call i1 @may_join(i64 %number, i64 %seen, i64 %state_now)
  br i1 %ready_now, label %awake, label %stay
stay:
  %4 = call i32 @pthread_cond_wait(ptr @opened, ptr @mutex)
  %5 = atomicrmw sub ptr @sleepers, i64 1 seq_cst, align 8
  br label %check
awake:
  %6 = atomicrmw sub ptr @sleepers, i64 1 seq_cst, align 8
  %7 = call i32 @pthread_mutex_unlock(ptr @mutex)
  br label %idle
}
"""

START = """
define internal void @start(i64 %workers) {
entry:
  %thread = alloca ptr, align 16
  %attributes = alloca [32 x i64], align 64
  %blocked = alloca [32 x i64], align 64
  %before = alloca [32 x i64], align 64
  %1 = call i32 @sigfillset(ptr %blocked)
$UNBLOCK
  %2 = call i32 @pthread_sigmask(i32 $SETMASK, ptr %blocked, ptr %before)
  %3 = call i32 @pthread_attr_init(ptr %attributes)
  %4 = call i32 @pthread_attr_setstacksize(ptr %attributes, i64 $STACK)
  %first = load i64, ptr @started, align 8
  br label %again
again:
  %number = phi i64 [ %first, %entry ], [ %after, %made ]
  %more = icmp slt i64 %number, %workers
  br i1 %more, label %make, label %done
make:
  %argument = inttoptr i64 %number to ptr
  %failed = call i32 @pthread_create(ptr %thread, ptr %attributes, ptr @worker, ptr %argument)
  %good = icmp eq i32 %failed, 0
  br i1 %good, label %made, label %refused
made:
  %identity = load ptr, ptr %thread, align 16
  %5 = call i32 @pthread_detach(ptr %identity)
  %after = add i64 %number, 1
  store i64 %after, ptr @started, align 8
  br label %again
refused:
  ; The system gives no more threads: those that there are do.
  store atomic i64 %number, ptr @workers seq_cst, align 8
  br label %done
done:
  %6 = call i32 @pthread_attr_destroy(ptr %attributes)
  %7 = call i32 @pthread_sigmask(i32 $SETMASK, ptr %before, ptr null)
  ret void
}
"""
