"""Proves that a descent goes on from its file to the bits of one that was never interrupted, whenever the process was killed, and
that no other file is touched.

CHAINRULE_KILLS=1000 kills so many times; a few are enough for everyday.
"""

from __future__ import annotations

import errno
import os
import pickle
import random
import re
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import CheckpointError
from chainrule.native.descents import step_run
from chainrule.optim import Adam, Batches, Checkpoint, GradientDescent, Momentum, Status

KILLS = int(os.environ.get("CHAINRULE_KILLS", "12"))

rng = np.random.default_rng(3)
X, Y = rng.normal(size=(103, 4)), rng.normal(size=103)
START = {"w": np.linspace(-1.2, 1.0, 4), "b": 0.5}


def rosenbrock(p: Any) -> Any:
    x = p["w"]
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2) + np.sin(p["b"]) ** 2


def squares(p: Any, x: Any, y: Any) -> Any:
    return np.mean((x @ p["w"] + p["b"] - y) ** 2)


def descend(**settings: Any) -> Any:
    return cr.minimize(
        **{
            "fun": rosenbrock,
            "x0": START,
            "method": Adam(0.01),
            "steps": 3000,
            "tol": 0.0,
            "progress": False,
            **settings,
        }
    )


def train(**settings: Any) -> Any:
    batches = Batches((X, Y), 10, epochs=30, seed=1, validation=(X[:20], Y[:20]))
    return descend(fun=squares, method=Momentum(0.01), batches=batches, **settings)


def bits(found: Any) -> Any:
    """Return all that was found, to be compared bit by bit."""
    arrays = [
        found.losses,
        found.gradient_norms,
        found.x["w"],
        np.array(found.x["b"]),
        found.jac["w"],
        np.array(found.fun),
    ]
    arrays += [point["w"] for point in found.path]
    arrays += [] if found.epochs is None else [found.epochs.losses, found.epochs.validation]
    return [array.tobytes() for array in arrays], type(found.x["b"]), found.status, found.nit


class Stop(Exception):
    """What ends a descent in the middle."""


@pytest.mark.parametrize("run", [descend, train])
@pytest.mark.parametrize("step", [0, 1, 11, 57, 200])
def test_a_descent_that_an_error_ended_goes_on(run: Any, step: int, tmp_path: Path) -> None:
    def stop(progress: Any) -> None:
        if progress.step == step:
            raise Stop

    path = tmp_path / "run.npz"
    with pytest.raises(Stop):
        run(callback=stop, checkpoint=path)
    before = path.read_bytes()
    found = run(checkpoint=str(path))
    assert bits(found) == bits(run())
    assert path.read_bytes() != before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed in the middle by forking")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # of JAX, where a test before has loaded it
@pytest.mark.parametrize("run", [descend, train])
def test_a_descent_that_was_killed_goes_on_to_the_same_bits(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_run, "CHUNK_SECONDS", 1e-5)
    wanted = bits(run())
    path, result = tmp_path / "run.npz", tmp_path / "result"
    dice = random.Random(17)
    kills, least = 0, 0.0
    while kills < KILLS:
        begin = time.perf_counter()
        child = os.fork()
        if not child:
            try:
                result.write_bytes(pickle.dumps(bits(run(checkpoint=Checkpoint(path, seconds=0.0)))))
            finally:
                os._exit(0)
        time.sleep(dice.uniform(0, 0.05 + least / 4))
        os.kill(child, signal.SIGKILL)
        _, how = os.waitpid(child, 0)
        kills += os.WIFSIGNALED(how)
        if not os.WIFSIGNALED(how):
            assert pickle.loads(result.read_bytes()) == wanted
            path.unlink()
            least = time.perf_counter() - begin
    found = run(checkpoint=path)
    assert bits(found) == wanted


def test_a_finished_descent_returns_at_once_and_goes_on_when_there_is_more_to_do(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    first = descend(steps=500, checkpoint=path)
    assert bits(descend(steps=500, checkpoint=path)) == bits(first)
    longer = descend(steps=20_000, checkpoint=path)
    assert bits(longer) == bits(descend(steps=20_000))
    with pytest.raises(CheckpointError, match="has taken 20,000 steps already"):
        descend(steps=500, checkpoint=path)


def test_a_smaller_tolerance_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"

    def run(tol: float, **settings: Any) -> Any:
        return cr.minimize(lambda x: (x - 3) ** 2, 0.0, tol=tol, **settings)

    rough = run(1e-2, checkpoint=path)
    assert rough.success
    assert run(1e-1, checkpoint=path).nit == rough.nit
    fine = run(1e-9, checkpoint=path)
    assert fine.nit > rough.nit
    assert (fine.x, fine.nit) == (run(1e-9).x, run(1e-9).nit)


def test_ctrl_c_is_kept(tmp_path: Path) -> None:
    def pressed(progress: Any) -> None:
        if progress.step == 40:
            raise KeyboardInterrupt

    path = tmp_path / "run.npz"
    assert descend(callback=pressed, checkpoint=path).status is Status.INTERRUPTED
    assert bits(descend(checkpoint=path)) == bits(descend())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"fun": lambda p: rosenbrock(p) + 1.0}, "another function"),
        ({"x0": {"w": np.linspace(-1.2, 1.1, 4), "b": 0.5}}, "another start"),
        ({"x0": {"w": np.linspace(-1.2, 1.0, 4), "c": 0.5}}, "another start"),
        ({"method": Adam(0.02)}, "another method"),
        ({"method": GradientDescent(0.01)}, "another method"),
        ({"record": False}, "another setting"),
    ],
)
def test_a_file_of_another_descent_is_refused(change: dict[str, Any], what: str, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    descend(steps=30, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=what):
        descend(steps=30, checkpoint=path, **change)
    assert path.read_bytes() == before


def test_other_data_are_refused(tmp_path: Path) -> None:
    path, data = tmp_path / "run.npz", np.arange(4.0)

    def fun(x: Any) -> Any:
        return np.sum((x - data) ** 2)

    cr.minimize(fun, np.zeros(4), checkpoint=path)
    data[0] = 7.0
    with pytest.raises(CheckpointError, match="other data"):
        cr.minimize(fun, np.zeros(4), checkpoint=path)


@pytest.mark.parametrize(
    "damage", ["cut", "empty", "text", "bit", "other archive", "one array", "objects", "encrypted"]
)
def test_a_damaged_file_is_refused(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    descend(steps=200, checkpoint=path)
    whole = path.read_bytes()
    if damage == "other archive":
        np.savez(path, a=np.arange(3))
    elif damage == "one array":
        with path.open("wb") as file:
            np.save(file, np.arange(3))
    elif damage == "objects":
        np.savez(path, a=np.array([print], dtype=object))
    else:
        middle = len(whole) // 2
        changed = bytes([whole[middle] ^ 1])
        path.write_bytes(
            {
                "cut": whole[: -len(whole) // 3],
                "empty": b"",
                "text": b"not an archive",
                "bit": whole[:middle] + changed + whole[middle + 1 :],
                # bit 0 of the flags of every entry, in its own header and in the directory
                "encrypted": re.sub(rb"(PK\x01\x02....|PK\x03\x04..)\x00", b"\\1\x01", whole, flags=re.DOTALL),
            }[damage]
        )
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=r"damaged|no checkpoint"):
        descend(steps=200, checkpoint=path)
    assert path.read_bytes() == before


def count_calls(fun: Any) -> tuple[Any, list[int]]:
    calls: list[int] = []

    def counted(x: Any) -> Any:
        calls.append(1)
        return fun(x)

    return counted, calls


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("none/run.npz", "there is no folder"),
        ("file/run.npz", "cannot be read: Not a directory"),
        (".", "is not a file"),
        ("n" * 254, "cannot be written: File name too long"),
    ],
)
def test_where_no_file_can_be_written_no_step_is_taken(place: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    fun, calls = count_calls(rosenbrock)
    with pytest.raises(CheckpointError, match=message):
        descend(fun=fun, checkpoint=tmp_path / place)
    assert not calls
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("length", [0, 4096])
def test_a_full_disk_leaves_the_file_that_is_there(
    length: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.npz"
    descend(steps=100, checkpoint=path)
    before, savez = path.read_bytes(), np.savez

    def full(file: Any, **parts: Any) -> None:
        file.write(bytes(length))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(CheckpointError, match="cannot be written: No space left on device"):
        descend(steps=200, checkpoint=path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["run.npz"]
    monkeypatch.setattr(np, "savez", savez)
    assert bits(descend(steps=200, checkpoint=path)) == bits(descend(steps=200))


def test_a_file_that_may_not_be_written_is_read_and_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.npz"
    descend(steps=100, checkpoint=path)
    monkeypatch.setattr(
        os, "access", lambda path, mode: mode != os.W_OK
    )  # the tests may run as a user who may do anything
    assert bits(descend(steps=100, checkpoint=path)) == bits(descend(steps=100))
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="read-only"):
        descend(steps=200, checkpoint=path)
    assert path.read_bytes() == before


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "run.npz", tmp_path / "link.npz"
    descend(steps=100, checkpoint=path)
    link.symlink_to(path)
    whole = bits(descend(steps=200, checkpoint=link))
    assert link.is_symlink()
    assert bits(descend(steps=200, checkpoint=path)) == whole


def test_solvers_and_transforms_cannot_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    with pytest.raises(TypeError, match="LBFGS takes all its steps itself"):
        cr.minimize(lambda x: x**2, 5.0, cr.optim.LBFGS(), checkpoint=path)
    with pytest.raises(TypeError, match="a transform runs over this descent"):
        cr.grad(lambda rate: cr.minimize(lambda x: rate * x**2, 5.0, steps=2, checkpoint=path).x)(1.0)
    assert not path.exists()


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), "1", True])
def test_settings_of_a_checkpoint_are_checked(seconds: Any) -> None:
    with pytest.raises(ValueError, match="seconds is a number"):
        Checkpoint("run.npz", seconds)
    with pytest.raises(TypeError, match="kept in a file"):
        Checkpoint(3)  # type: ignore[arg-type]
