"""Object code on disk is found again by those who may trust it, and by nobody else."""

from __future__ import annotations

import ctypes
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from chainrule.native.machine import cache, machine
from chainrule.native.machine.cache import Compiled, key_of, load, pack, store, unpack
from chainrule.native.machine.machine import available, compile_text

KEY = key_of("key")
COMPILED = Compiled(("f", "g"), ("sin",), bytes(range(256)) * 4)
POSIX = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs owners and modes")
LLVM = pytest.mark.skipif(not available(), reason="needs llvmlite")


def text_adding(number: int) -> str:
    """Return a module that is long enough to be stored."""
    steps = "".join(f"  %v{i + 1} = fadd double %v{i}, {number}.0\n" for i in range(60))
    return f"define double @f(double %v0) {{\n{steps}  ret double %v60\n}}\n"


def value(text: str) -> float:
    code = compile_text(text, {}, 0)
    return float(ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(code.address("f"))(0.0))


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "objects"
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(place))
    monkeypatch.delenv("CHAINRULE_CACHE", raising=False)
    monkeypatch.delenv("CHAINRULE_CACHE_MEGABYTES", raising=False)
    return place


def objects(place: Path) -> list[Path]:
    return sorted(place.glob("*.object"))


class TestContent:
    def test_what_is_packed_is_unpacked(self) -> None:
        assert unpack(KEY, pack(KEY, COMPILED)) == COMPILED
        bare = Compiled((), (), b"")
        assert unpack(KEY, pack(KEY, bare)) == bare

    def test_any_other_bit_is_noticed(self) -> None:
        content = pack(KEY, COMPILED)
        for position in range(0, len(content), 7):
            wrong = bytearray(content)
            wrong[position] ^= 1
            assert unpack(KEY, bytes(wrong)) is None

    def test_any_other_length_is_noticed(self) -> None:
        content = pack(KEY, COMPILED)
        assert all(unpack(KEY, content[:length]) is None for length in range(0, len(content), 5))
        assert unpack(KEY, content + b"\0") is None

    def test_another_key_is_noticed(self) -> None:
        assert unpack(key_of("other"), pack(KEY, COMPILED)) is None


class TestFiles:
    def test_round_trip(self, place: Path) -> None:
        assert load(KEY) is None
        store(KEY, COMPILED)
        assert load(KEY) == COMPILED
        assert [path.name for path in place.iterdir()] == [KEY.hex() + ".object"]

    @pytest.mark.parametrize("damage", ["empty", "short", "flipped", "foreign", "directory"])
    def test_a_damaged_file_is_missing_and_then_replaced(self, place: Path, damage: str) -> None:
        store(KEY, COMPILED)
        [path] = objects(place)
        content = path.read_bytes()
        if damage == "directory":
            path.unlink()
            path.mkdir()
        else:
            changed = {"empty": b"", "short": content[:-9], "flipped": content[:-1] + b"?", "foreign": b"x" * 999}
            path.write_bytes(changed[damage])
        assert load(KEY) is None
        if damage != "directory":
            store(KEY, COMPILED)
            assert load(KEY) == COMPILED

    @pytest.mark.parametrize("setting", ["0", "off", "OFF", "no", "false"])
    def test_it_can_be_turned_off(self, place: Path, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
        monkeypatch.setenv("CHAINRULE_CACHE", setting)
        store(KEY, COMPILED)
        assert load(KEY) is None
        assert not place.exists()

    def test_no_room_turns_it_off(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CHAINRULE_CACHE_MEGABYTES", "0")
        store(KEY, COMPILED)
        assert not place.exists()

    def test_a_size_that_is_no_number_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CHAINRULE_CACHE_MEGABYTES", "lots")
        with pytest.raises(ValueError, match="CHAINRULE_CACHE_MEGABYTES"):
            load(KEY)

    def test_a_directory_that_cannot_be_made_turns_it_off(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path / "file" / "below"))
        store(KEY, COMPILED)
        assert load(KEY) is None

    def test_a_directory_that_vanishes_is_borne(self, place: Path) -> None:
        store(KEY, COMPILED)
        objects(place)[0].unlink()
        place.rmdir()
        store(KEY, COMPILED)
        assert load(KEY) is None

    def test_the_customary_place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CHAINRULE_CACHE_DIR")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setattr(sys, "platform", "linux")
        assert cache._place() == tmp_path / "xdg" / "chainrule"
        monkeypatch.delenv("XDG_CACHE_HOME")
        assert cache._place() == tmp_path / ".cache" / "chainrule"
        monkeypatch.setattr(sys, "platform", "darwin")
        assert cache._place() == tmp_path / "Library" / "Caches" / "chainrule"
        monkeypatch.setattr(sys, "platform", "win32")
        assert cache._place() == tmp_path / "local" / "chainrule" / "cache"


@POSIX
class TestTrust:
    def test_what_it_makes_is_private(self, place: Path) -> None:
        store(KEY, COMPILED)
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert stat.S_IMODE(objects(place)[0].stat().st_mode) == 0o600

    @pytest.mark.parametrize("mode", [0o777, 0o770, 0o707, 0o1777])
    def test_a_directory_that_others_may_write_is_refused(self, place: Path, mode: int) -> None:
        place.mkdir()
        place.chmod(mode)
        store(KEY, COMPILED)
        assert not objects(place)
        (place / (KEY.hex() + ".object")).write_bytes(pack(KEY, COMPILED))
        assert load(KEY) is None

    def test_a_file_that_others_may_write_is_refused(self, place: Path) -> None:
        store(KEY, COMPILED)
        objects(place)[0].chmod(0o666)
        assert load(KEY) is None

    def test_what_somebody_else_owns_is_refused(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        store(KEY, COMPILED)
        owner = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
        assert load(KEY) is None  # the file
        cache._trusted.cache_clear()
        assert cache.directory() is None
        cache._trusted.cache_clear()


class TestSize:
    def fill(self, number: int, size: int) -> list[bytes]:
        keys = [key_of(index) for index in range(number)]
        now = time.time()
        place = cache.directory()
        assert place is not None
        for age, key in enumerate(reversed(keys)):
            store(key, Compiled((), (), bytes(size)))
            os.utime(place / (key.hex() + ".object"), (now - age, now - age))
        return keys

    def test_the_oldest_go_first(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CHAINRULE_CACHE_MEGABYTES", "64")
        keys = self.fill(20, 100_000)
        load(keys[0])  # the oldest is used again
        monkeypatch.setenv("CHAINRULE_CACHE_MEGABYTES", "1")
        cache.trim()
        assert sum(path.stat().st_size for path in objects(place)) <= 3 << 18
        assert [key for key in keys if load(key) is not None] == [keys[0], *keys[-6:]]

    def test_a_long_process_keeps_it_small(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CHAINRULE_CACHE_MEGABYTES", "1")
        self.fill(60, 50_000)
        assert sum(path.stat().st_size for path in objects(place)) < 2 << 20

    def test_what_would_fill_it_alone_is_not_stored(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CHAINRULE_CACHE_MEGABYTES", "1")
        store(KEY, Compiled((), (), bytes(500_000)))
        assert load(KEY) is None

    def test_other_files_stay(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CHAINRULE_CACHE_MEGABYTES", "1")
        place.mkdir(mode=0o700)
        others = [place / name for name in ("notes.object", ".profile", "a" * 64, ".part")]
        left = place / ".1f-0123456789abcdef.object-part"
        fresh = place / ".2f-0123456789abcdef.object-part"
        for path in (*others, left, fresh):
            path.write_bytes(bytes(400_000))
        for path in (*others, left):
            os.utime(path, (1.0, 1.0))
        cache.trim()
        assert all(path.exists() for path in (*others, fresh))
        assert not left.exists()  # from a process that died

    def test_processes_that_end_look_now_and_then(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[None] = []
        monkeypatch.setattr(cache, "trim", lambda: calls.append(None))
        cache._trim_if_due()
        (place / ".trimmed").touch()
        cache._trim_if_due()
        assert len(calls) == 1
        os.utime(place / ".trimmed", (1.0, 1.0))
        cache._trim_if_due()
        assert len(calls) == 2


@LLVM
class TestCompiling:
    def test_the_second_time_the_text_is_not_compiled(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert value(text_adding(1)) == 60.0
        assert len(objects(place)) == 1

        def refuse(*_: Any) -> Any:
            raise AssertionError

        monkeypatch.setattr(machine, "_emit", refuse)
        assert value(text_adding(1)) == 60.0
        with pytest.raises(AssertionError):
            value(text_adding(2))

    def test_short_text_is_not_stored(self, place: Path) -> None:
        compile_text("define void @f() {\n  ret void\n}\n", {})
        assert not place.exists()

    def test_text_level_and_processor_are_told_apart(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert (value(text_adding(1)), value(text_adding(2))) == (60.0, 120.0)
        compile_text(text_adding(1), {}, 2)
        assert len(objects(place)) == 3
        monkeypatch.setattr(machine, "host", lambda: machine.describe("generic", {}, 16))
        compile_text(text_adding(1), {}, 2)
        assert len(objects(place)) == 4

    def test_a_damaged_object_is_compiled_again(self, place: Path) -> None:
        value(text_adding(3))
        [path] = objects(place)
        content = path.read_bytes()
        path.write_bytes(content[:-100] + bytes(100))
        assert value(text_adding(3)) == 180.0
        assert path.read_bytes() == content

    def test_addresses_are_given_anew(self) -> None:
        callback = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)
        text = text_adding(0).replace("fadd double %v0, 0.0", "call double @other(double %v0)")
        text += "declare double @other(double)\n"
        for number in (3.0, 5.0):
            other = callback(lambda _, number=number: number)
            code = compile_text(text, {"other": ctypes.cast(other, ctypes.c_void_p).value or 0}, 0)
            assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(code.address("f"))(0.0) == number

    def test_many_processes_at_once(self, place: Path) -> None:
        program = (
            "import ctypes, sys\n"
            "from chainrule.native.machine.machine import compile_text\n"
            "function = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)\n"
            "for text, expected in eval(sys.stdin.read()):\n"
            "    code = compile_text(text, {}, 0)\n"
            "    assert function(code.address('f'))(0.0) == expected\n"
        )
        work = repr([(text_adding(number), 60.0 * number) for number in range(1, 30)])
        processes = [
            subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(6)
        ]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(work)
            process.stdin.close()
        for process in processes:
            assert process.stderr is not None
            errors = process.stderr.read()
            process.stderr.close()
            assert process.wait(timeout=120) == 0, errors
        assert len(objects(place)) == 29
        assert not list(place.glob("*.object-part"))
