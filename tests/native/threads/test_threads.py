"""The pool of native threads runs every index once, whoever calls it, and lets SciPy's BLAS do its part on one thread."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from chainrule.native.machine.machine import Code, available, compile_text
from chainrule.native.threads import blas, threads

pytestmark = pytest.mark.skipif(not available(), reason="needs llvmlite")

MARKS = """
declare void @chainrule_parallel(ptr, ptr, i64)
define void @mark(ptr %marks, i64 %index) {
  %place = getelementptr i64, ptr %marks, i64 %index
  %old = load i64, ptr %place
  %new = add i64 %old, 1
  store i64 %new, ptr %place
  ret void
}
define void @mark_row(ptr %marks, i64 %index) {
  %start = mul i64 %index, 100
  %row = getelementptr i64, ptr %marks, i64 %start
  call void @chainrule_parallel(ptr @mark, ptr %row, i64 100)
  ret void
}
define void @mark_slowly(ptr %marks, i64 %index) {
entry:
  br label %again
again:
  %turn = phi i64 [ 0, %entry ], [ %after, %again ]
  call void asm sideeffect "", ""()
  %after = add i64 %turn, 1
  %more = icmp slt i64 %after, 300000
  br i1 %more, label %again, label %done
done:
  call void @mark(ptr %marks, i64 %index)
  ret void
}
define void @number(ptr %marks, i64 %index) {
  %count = atomicrmw add ptr %marks, i64 1 seq_cst
  %place = getelementptr i64, ptr %marks, i64 %index
  %next = getelementptr i64, ptr %place, i64 1
  store i64 %count, ptr %next
  ret void
}
define void @go(ptr %function, ptr %marks, i64 %count, i64 %times) {
entry:
  br label %again
again:
  %turn = phi i64 [ 0, %entry ], [ %after, %again ]
  call void @chainrule_parallel(ptr %function, ptr %marks, i64 %count)
  %after = add i64 %turn, 1
  %more = icmp slt i64 %after, %times
  br i1 %more, label %again, label %done
done:
  ret void
}
"""

# Rows [64 i, 64 i + 64) of the n x n product c = a b, matrices by rows: for BLAS, columns of c' = b' a'.
PRODUCT = """
declare void @dgemm(ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr)
declare void @chainrule_parallel(ptr, ptr, i64)
declare void @chainrule_blas_begin()
declare void @chainrule_blas_end()
@as_is = private constant i8 78
@one = private constant double 1.0
@zero = private constant double 0.0
@rows = private constant i32 64
define void @part(ptr %arguments, i64 %index) {
  %a = load ptr, ptr %arguments
  %b_place = getelementptr ptr, ptr %arguments, i64 1
  %b = load ptr, ptr %b_place
  %c_place = getelementptr ptr, ptr %arguments, i64 2
  %c = load ptr, ptr %c_place
  %n_place = getelementptr ptr, ptr %arguments, i64 3
  %n = load i32, ptr %n_place
  %wide = zext i32 %n to i64
  %row = mul i64 %index, 64
  %offset = mul i64 %row, %wide
  %a_part = getelementptr double, ptr %a, i64 %offset
  %c_part = getelementptr double, ptr %c, i64 %offset
  call void @dgemm(ptr @as_is, ptr @as_is, ptr %n_place, ptr @rows, ptr %n_place, ptr @one, ptr %b, ptr %n_place,
                   ptr %a_part, ptr %n_place, ptr @zero, ptr %c_part, ptr %n_place)
  ret void
}
define void @product(ptr %arguments, i64 %parts) {
  call void @chainrule_blas_begin()
  call void @chainrule_parallel(ptr @part, ptr %arguments, i64 %parts)
  call void @chainrule_blas_end()
  ret void
}
"""


@pytest.fixture(scope="module")
def marks() -> Code:
    return compile_text(MARKS, threads.pool_symbols(), level=1)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = threads.number_of_threads()
    yield
    threads.set_number_of_threads(before)


def go(code: Code, function: str, array: np.ndarray[Any, Any], count: int, times: int = 1) -> None:
    run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(code.address("go"))
    run(code.address(function), array.ctypes.data, count, times)


def in_new_process(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("number", [1, 2, 3, 8, 64])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 64, 1000])
def test_every_index_runs_exactly_once(marks: Code, number: int, count: int) -> None:
    threads.set_number_of_threads(number)
    array = np.zeros(count + 1, dtype=np.int64)
    go(marks, "mark", array, count, times=20)
    assert array.tolist() == [20] * count + [0]


def test_a_negative_count_is_none(marks: Code) -> None:
    array = np.zeros(1, dtype=np.int64)
    go(marks, "mark", array, -3)
    assert array.tolist() == [0]


def test_long_work_is_waited_for(marks: Code) -> None:
    threads.set_number_of_threads(4)  # workers sleep, then the caller does
    array = np.zeros(5, dtype=np.int64)
    go(marks, "mark_slowly", array, 5, times=20)
    assert array.tolist() == [20] * 5


def test_a_parallel_call_inside_another_runs_by_itself(marks: Code) -> None:
    threads.set_number_of_threads(3)
    array = np.zeros(2000, dtype=np.int64)
    go(marks, "mark_row", array, 20, times=10)
    assert (array == 10).all()


def test_one_thread_keeps_the_order(marks: Code) -> None:
    threads.set_number_of_threads(1)
    array = np.zeros(101, dtype=np.int64)
    go(marks, "number", array, 100)
    assert array.tolist() == [100, *range(100)]


def test_many_python_threads_may_call_at_once(marks: Code) -> None:
    threads.set_number_of_threads(3)
    arrays = [np.zeros(500, dtype=np.int64) for _ in range(6)]
    callers = [threading.Thread(target=go, args=(marks, "mark", array, 500, 200)) for array in arrays]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert all((array == 200).all() for array in arrays)


def test_the_number_of_threads_changes_between_calls(marks: Code) -> None:
    array = np.zeros(50, dtype=np.int64)
    for number in (1, 5, 2, 7, 1, 3):
        threads.set_number_of_threads(number)
        assert threads.number_of_threads() == number
        go(marks, "mark", array, 50, times=10)
    assert (array == 60).all()


@pytest.mark.parametrize("number", [0, -1, 65])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 64"):
        threads.set_number_of_threads(number)


SETUP = f"""
import ctypes, os, sys, warnings
import numpy as np
from chainrule.native.threads import threads
from chainrule.native.machine.machine import compile_text
code = compile_text({MARKS!r}, threads.pool_symbols(), level=1)
run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(code.address("go"))
def works():
    array = np.zeros(1000, dtype=np.int64)
    run(code.address("mark"), array.ctypes.data, 1000, 50)
    return bool((array == 50).all())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_child_of_a_fork_has_threads_of_its_own() -> None:
    code = SETUP + (
        "warnings.simplefilter('ignore')  # some versions of Python warn of every fork with threads\n"
        "assert works()\n"
        "for _ in range(5):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        own = len(os.listdir('/proc/self/task')) if os.path.exists('/proc/self/task') else 1\n"
        "        good = works() and works()\n"
        "        os._exit(0 if good and own == 1 else 1)\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "    assert works()\n"
        "print(threads.number_of_threads())"
    )
    assert in_new_process(code, CHAINRULE_NUM_THREADS="3") == "3"


def test_the_interpreter_ends_while_workers_spin_or_sleep() -> None:
    for ending in ("", "\nimport time; time.sleep(0.05)"):
        assert in_new_process(SETUP + "print(works())" + ending, CHAINRULE_NUM_THREADS="5") == "True"


def test_the_environment_sets_the_number_of_threads() -> None:
    code = "from chainrule.native.threads import threads; print(threads.number_of_threads())"
    assert in_new_process(code, CHAINRULE_NUM_THREADS="7") == "7"
    assert in_new_process(code, CHAINRULE_NUM_THREADS="1000") == "64"
    assert 1 <= int(in_new_process(code, CHAINRULE_NUM_THREADS="")) <= 64


@pytest.mark.parametrize("text", ["many", "0", "-2", "1.5"])
def test_nonsense_in_the_environment_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_NUM_THREADS", text)
    with pytest.raises(ValueError, match="CHAINRULE_NUM_THREADS"):
        threads._threads_asked_for()


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process")
def test_the_caller_does_the_work_where_no_thread_can_be_started() -> None:
    code = SETUP + (
        "import resource\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + (6 << 20), used + (6 << 20)))  # less than a stack\n"
        "print(works(), threads.number_of_threads())"
    )
    assert in_new_process(code, CHAINRULE_NUM_THREADS="4") == "True 1"


def test_elsewhere_the_caller_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    code = compile_text(threads.pool_text(), {}, level=0)
    own = compile_text(MARKS.replace("chainrule_parallel", "serial"), {"serial": code.address("chainrule_parallel")}, 0)
    array = np.zeros(101, dtype=np.int64)
    go(own, "number", array, 100)
    assert array.tolist() == [100, *range(100)]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the signal mask of a thread")
def test_workers_leave_signals_to_python() -> None:
    code = SETUP + (
        "import signal, time\n"
        "def blocked(worker):\n"
        "    status = open(f'/proc/self/task/{worker}/status').read()\n"
        "    mask = int(status.split('SigBlk:')[1].split()[0], 16)\n"
        "    return [bool(mask >> (number - 1) & 1) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGSEGV)]\n"
        "before = set(os.listdir('/proc/self/task'))\n"
        "assert works()\n"
        "[worker] = set(os.listdir('/proc/self/task')) - before\n"
        "deadline = time.monotonic() + 30\n"
        "while all(blocked(worker)) and time.monotonic() < deadline:  # until it has started\n"
        "    time.sleep(0.01)\n"
        "print(blocked(worker))\n"
        "print(signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    )
    assert in_new_process(code, CHAINRULE_NUM_THREADS="2") == "[True, True, False]\nset()"


class TestBlas:
    def test_addresses(self) -> None:
        symbols = blas.blas_symbols()
        assert all(symbols[name] for name in "dgemm sgemm dtrsv strsm dswap dgetrf sgetrs dpotrf".split())
        assert symbols["dgemm"] != symbols["sgemm"]

    @pytest.mark.parametrize("n", [64, 320])
    def test_bits_do_not_depend_on_the_number_of_threads(self, n: int) -> None:
        code = compile_text(PRODUCT, threads.pool_symbols() | blas.blas_symbols(), level=1)
        product = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(code.address("product"))
        generator = np.random.default_rng(0)
        a, b = generator.standard_normal((2, n, n))
        results = []
        for number in (1, 2, 2, 3, 4):
            threads.set_number_of_threads(number)
            c = np.empty((n, n))
            arguments = np.array([a.ctypes.data, b.ctypes.data, c.ctypes.data, n], dtype=np.int64)
            product(arguments.ctypes.data, n // 64)
            results.append(c)
        assert np.allclose(results[0], a @ b)
        assert all(np.array_equal(results[0], result) for result in results)

    @pytest.mark.parametrize("package", ["scipy", "numpy"])
    def test_begin_and_end_leave_things_as_they_were(self, package: str) -> None:
        functions = blas.thread_functions(package)
        if functions is None:
            pytest.skip(f"the BLAS of {package} is not OpenBLAS")
        begin, end = blas.numpy_alone()
        if package == "scipy":
            begin, end = (
                ctypes.CFUNCTYPE(None)(blas.blas_symbols()[f"chainrule_blas_{name}"]) for name in ("begin", "end")
            )
        get = ctypes.CFUNCTYPE(ctypes.c_int)(functions[0])
        put = ctypes.CFUNCTYPE(None, ctypes.c_int)(functions[1])
        before = get()
        put(2)
        begin()
        begin()
        assert get() == 1
        end()
        assert get() == 1
        end()
        assert get() == 2
        begin()
        put(3)  # somebody else's wish
        end()
        assert get() == 3
        put(before)
