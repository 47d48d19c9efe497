"""Text becomes code for this processor, or a lesser one, and goes away when nobody holds it."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from chainrule.native.machine import machine
from chainrule.native.machine.machine import Host, available, compile_text, describe, host

pytestmark = pytest.mark.skipif(not available(), reason="needs llvmlite")

ADD = "define double @add(double %x) {\n  %y = fadd double %x, 1.0\n  ret double %y\n}\n"
WIDE = """
define void @scale(ptr %x) {
  %v = load <8 x double>, ptr %x, align 8
  %w = fmul <8 x double> %v, splat (double 2.0)
  %u = call <8 x double> @llvm.fma.v8f64(<8 x double> %w, <8 x double> %w, <8 x double> %v)
  store <8 x double> %u, ptr %x, align 8
  ret void
}
"""
AVX512 = {"avx2": True, "fma": True, "avx": True, "vaes": True, "sse2": True, "gfni": True, "evex512": True} | {
    f"avx512{part}": True for part in ("f", "dq", "vl", "bw")
}


def calling(name: str) -> str:
    return (
        f"declare double @{name}(double)\n"
        f"define double @f(double %x) {{\n  %y = call double @{name}(double %x)\n  ret double %y\n}}\n"
    )


def double_function(address: int) -> Any:
    return ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(address)


@pytest.fixture(autouse=True)
def _no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_CACHE", "0")


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_code_runs(level: int) -> None:
    code = compile_text(ADD, {}, level)
    assert double_function(code.address("add"))(2.5) == 3.5


def test_globals_have_addresses_too() -> None:
    code = compile_text("@answer = global i64 42\n@hidden = internal global i64 1\n", {})
    assert ctypes.c_int64.from_address(code.address("answer")).value == 42
    with pytest.raises(KeyError):
        code.address("hidden")


def test_what_the_process_has_need_not_be_given() -> None:
    code = compile_text(calling("cos"), {})
    assert double_function(code.address("f"))(0.0) == 1.0


def test_equal_names_in_two_modules_do_not_meet() -> None:
    text = calling("other")
    callback = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)
    twice, half = callback(lambda x: 2 * x), callback(lambda x: x / 2)
    codes = [compile_text(text, {"other": ctypes.cast(each, ctypes.c_void_p).value or 0}) for each in (twice, half)]
    assert [double_function(code.address("f"))(8.0) for code in codes] == [16.0, 4.0]


def test_a_missing_symbol_is_an_error_and_not_the_end_of_the_process(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="f"):
        compile_text(calling("nowhere"), {})
    assert "nowhere" in capfd.readouterr().err


def test_wrong_text_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="parsing"):
        compile_text("define nonsense", {})


def test_kept_code_outlives_its_owner() -> None:
    code = compile_text(ADD, {})
    function = double_function(code.address("add"))
    code.keep()
    del code
    gc.collect()
    assert function(1.0) == 2.0


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of this process")
def test_dropped_code_leaves_no_memory_behind() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    for _ in range(100):
        compile_text(ADD, {}, 0)
    before = resident()
    for _ in range(400):  # code that stayed would take a page each time
        compile_text(ADD, {}, 0)
    assert resident() - before < 400 * os.sysconf("SC_PAGE_SIZE")


def test_many_threads_compile_at_once() -> None:
    results: list[float] = []

    def work(number: int) -> None:
        for turn in range(20):
            code = compile_text(ADD.replace("1.0", f"{number * 100 + turn}.0"), {}, 0)
            results.append(double_function(code.address("add"))(0.0))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(results) == sorted(float(number * 100 + turn) for number in range(4) for turn in range(20))


@pytest.mark.parametrize(
    ("features", "most", "width"),
    [
        (AVX512, 64, 64),
        (AVX512, 32, 32),
        (AVX512, 16, 16),
        (AVX512 | {"avx512vl": False}, 64, 32),
        ({"avx2": True, "fma": True}, 64, 32),
        ({"avx2": True, "fma": False}, 64, 16),
        ({"avx": True}, 64, 16),
        ({"sse2": True}, 64, 16),
        ({"neon": True, "sve": True}, 64, 16),
        ({}, 64, 16),
    ],
)
def test_the_width_follows_the_features(features: dict[str, bool], most: int, width: int) -> None:
    assert describe("some", features, most).width == width


def test_narrower_vectors_turn_off_what_brings_wider_ones() -> None:
    assert describe("znver4", AVX512, 64).name == "znver4"
    narrow = describe("znver4", AVX512, 32)
    assert narrow.name == "generic"
    assert "-avx512f" in narrow.features.split(",")
    assert {"+avx2", "+fma", "+vaes", "-evex512"} < set(narrow.features.split(","))
    assert {"-avx", "-avx2", "-fma", "-vaes", "+sse2", "+gfni"} < set(
        describe("znver4", AVX512, 16).features.split(",")
    )


def test_no_instruction_is_wider_than_the_vectors() -> None:
    here = host()
    llvm = machine._llvm()
    found = llvm.get_host_cpu_features()
    for most, wider in ((32, "zmm"), (16, "ymm")):
        if most >= here.width:
            continue
        processor = describe(here.name, found, most)
        assert processor.width == most
        target, triple, layout = machine._target(processor, 2)
        module = llvm.parse_assembly(WIDE)
        module.triple, module.data_layout = triple, layout
        assert wider not in target.emit_assembly(module)


@pytest.mark.parametrize("width", [16, 32, 64])
def test_the_environment_asks_for_narrower_vectors(width: int) -> None:
    code = (
        "import ctypes\n"
        "from chainrule.native.machine.machine import compile_text, host\n"
        f"code = compile_text({WIDE!r}, {{}})\n"
        "values = (ctypes.c_double * 8)(*range(8))\n"
        "ctypes.CFUNCTYPE(None, ctypes.c_void_p)(code.address('scale'))(ctypes.addressof(values))\n"
        "print(host().width, list(values) == [4.0 * x * x + x for x in range(8)])"
    )
    environment = os.environ | {"CHAINRULE_VECTOR_BYTES": str(width)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout.split() == [str(min(width, host().width)), "True"], done.stderr


def test_a_width_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_VECTOR_BYTES", "24")
    with pytest.raises(ValueError, match="CHAINRULE_VECTOR_BYTES"):
        machine._width_asked_for()


def test_without_llvmlite_nothing_is_available() -> None:
    code = (
        "import sys\nsys.modules['llvmlite'] = None\n"
        "from chainrule.native.machine.machine import available\nprint(available())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr


def test_a_host_is_a_value() -> None:
    assert Host("a", "", 16) == Host("a", "", 16)
    assert host() is host()
