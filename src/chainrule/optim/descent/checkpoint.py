"""Owns the file of a descent: what is written there from time to time, and read when the same descent is asked for again.

The file is NumPy's .npz without pickled objects. It is replaced as a whole: whenever the process dies, there is the old one or
the new one.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, final

import numpy as np
import numpy.typing as npt

from chainrule.errors import CheckpointError

FORMAT = "chainrule descent 1"
Arrays = dict[str, npt.NDArray[Any]]


@final
@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a descent is kept, and how often it is written there.

    path: of the file, such as "run.npz". seconds: at least 0; at most so much time is lost when the process dies, about. It is
    also written at the end. Raises ValueError where `seconds` is something else.

    >>> Checkpoint("run.npz", seconds=60.0).path
    'run.npz'
    """

    path: str | os.PathLike[str]
    seconds: float = 10.0

    def __post_init__(self) -> None:
        if not isinstance(self.path, str | os.PathLike) or not os.fspath(self.path):
            raise TypeError(f"a checkpoint is kept in a file, such as 'run.npz', not {self.path!r:.60}")
        if isinstance(self.seconds, bool) or not isinstance(self.seconds, int | float) or not self.seconds >= 0:
            raise ValueError(f"seconds is a number of at least 0, such as 10.0, not {self.seconds!r:.60}")


def write(path: str | os.PathLike[str], call: Mapping[str, str], arrays: Arrays) -> None:
    """Write arrays to a file, with what tells of which call they are; the file is the old one or the new one at any moment.

    Raises CheckpointError where that cannot be done, as on a full disk; then it is the old one.
    """
    parts = {"format": np.array(FORMAT), "call": np.array(json.dumps(dict(call))), **arrays}
    with _beside(path) as (temporary, target):
        with temporary.open("wb") as file:
            np.savez(file, digest=np.array(_digest(parts)), **parts)  # type: ignore[arg-type]  # its stub takes a name for a flag
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        _settle(target.parent)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise CheckpointError where no checkpoint can be written: better before a descent than at its end."""
    with _beside(path) as (temporary, target):
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "the file is read-only")
        temporary.open("wb").close()
        temporary.unlink()


@contextlib.contextmanager
def _beside(path: str | os.PathLike[str]) -> Iterator[tuple[Path, Path]]:
    """Give a new file beside the one that it is to replace, and that one. What goes wrong leaves nothing of the new one."""
    target = Path(os.path.realpath(path))  # a link stays a link
    if not target.parent.is_dir():
        raise CheckpointError(f"there is no folder {target.parent} for the checkpoint; make it, or give another path")
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        yield temporary, target
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise CheckpointError(
            f"{path} cannot be written: {error.strerror or error}; nothing that was there has changed: make room, or give "
            "another path"
        ) from error


def _settle(folder: Path) -> None:
    """Have the new name on the disk as well, where the system can do that."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: str | os.PathLike[str], call: Mapping[str, str]) -> Arrays | None:
    """Return the arrays of a file; None where there is no file.

    Raises CheckpointError where it is damaged, or of another call. It is not changed.
    """
    source = Path(path)
    if source.is_dir() or source.is_char_device() or source.is_fifo():  # such as /dev/zero, which has no end
        raise CheckpointError(_advice(source, "is not a file"))
    try:
        with source.open("rb") as handle:
            parts = _arrays(handle)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CheckpointError(_advice(source, f"cannot be read: {error.strerror or error}")) from error
    except (
        ValueError,
        EOFError,
        KeyError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:  # RuntimeError: encrypted
        raise CheckpointError(_advice(source, "is damaged, or no checkpoint")) from error
    if str(parts.get("format")) != FORMAT:
        raise CheckpointError(_advice(source, "is no checkpoint of a descent"))
    if str(parts.pop("digest", "")) != _digest(parts):
        raise CheckpointError(_advice(source, "is damaged"))
    saved = json.loads(str(parts.pop("call")))
    others = [name for name in call if saved.get(name) != call[name]]
    if "function" in others and "data" in others:  # what a function reads is a part of it
        others.remove("data")
    if others:
        raise CheckpointError(
            _advice(source, f"is of a descent with {' and '.join(_another(name) for name in others)}")
        )
    del parts["format"]
    return parts


def _arrays(handle: BinaryIO) -> Arrays:
    if not zipfile.is_zipfile(handle):  # NumPy would read other kinds of files, too
        raise zipfile.BadZipFile
    handle.seek(0)
    with np.load(handle, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _another(name: str) -> str:
    return "other data" if name == "data" else f"another {name}"


def _advice(path: Path, what: str) -> str:
    return f"{path} {what}; nothing was changed: give another path, or remove the file to start anew"


def _digest(parts: Arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(parts):
        array = parts[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
