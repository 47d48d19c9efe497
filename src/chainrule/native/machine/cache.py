"""Owns the object code that is kept on disk, so that the next process need not compile what this one did.

What is read here is executed. So the directory must belong to this user and be closed to others' writes, every file must
too, and must carry the checksum of its content and the key that it was asked for by. Any other file is treated as missing
and replaced. Nothing here raises for a disk that is full, read-only or slow to answer: code is then compiled again.

The environment decides: CHAINRULE_CACHE=0 turns the cache off, CHAINRULE_CACHE_DIR says where it is, and
CHAINRULE_CACHE_MEGABYTES how large it may grow (256); what was not used for the longest time goes first.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import stat
import struct
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_MAGIC = b"chainrule object code 1\n"
_HEADER = struct.Struct("<24s32s32sIIQ")  # magic, checksum of the rest, key, lengths of the three parts
_CHECKED = len(_MAGIC) + 32  # what the checksum covers starts here
_SUFFIX = ".object"
_PART = ".object-part"  # while it is written
_TRIMMED = ".trimmed"  # its time is that of the last look through the directory
_OURS = re.compile(r"[0-9a-f]{64}\.object|\.[0-9a-f-]+\.object-part")
_MEGABYTES = 256
_STALE_SECONDS = 3600.0  # a temporary file this old was left behind by a process that died
_PAUSE_SECONDS = 600.0  # between two looks through the directory when processes end
_OFF = ("0", "off", "no", "false")


@dataclass(frozen=True, slots=True)
class Compiled:
    """Object code. exports: the names that it defines. imports: those that it expects, where they were declared."""

    exports: tuple[str, ...]
    imports: tuple[str, ...]
    code: bytes


def key_of(*parts: str | int) -> bytes:
    """Return the key of what was compiled from `parts`.

    >>> key_of("text", 2) == key_of("text", 2), key_of("ab", "c") == key_of("a", "bc")
    (True, False)
    """
    digest = hashlib.sha256()
    for part in parts:
        data = str(part).encode()
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.digest()


def pack(key: bytes, compiled: Compiled) -> bytes:
    """Return the content of the file."""
    names = ["\n".join(part).encode() for part in (compiled.exports, compiled.imports)]
    lengths = (len(names[0]), len(names[1]), len(compiled.code))
    content = _HEADER.pack(_MAGIC, bytes(32), key, *lengths) + names[0] + names[1] + compiled.code
    checksum = hashlib.sha256(memoryview(content)[_CHECKED:]).digest()
    return _MAGIC + checksum + content[_CHECKED:]


def unpack(key: bytes, content: bytes) -> Compiled | None:
    """Return what `pack` packed under this key, or None if the content is anything else."""
    if len(content) < _HEADER.size:
        return None
    magic, checksum, packed_key, exports, imports, code = _HEADER.unpack_from(content)
    if magic != _MAGIC or packed_key != key or len(content) != _HEADER.size + exports + imports + code:
        return None
    if hashlib.sha256(memoryview(content)[_CHECKED:]).digest() != checksum:
        return None
    middle, end = _HEADER.size + exports, _HEADER.size + exports + imports
    names = (content[_HEADER.size : middle], content[middle:end])
    lists = [tuple(name for name in part.decode().split("\n") if name) for part in names]
    return Compiled(lists[0], lists[1], content[end:])


def _place() -> Path:
    chosen = os.environ.get("CHAINRULE_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "chainrule" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "chainrule"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chainrule"


def _is_private(found: os.stat_result) -> bool:
    """Say whether nobody but this user (and the administrator) can have written this. Windows's profiles are private."""
    if not hasattr(os, "geteuid"):
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


@cache
def _trusted(place: Path) -> bool:
    """Make the directory if it is missing. Say whether code may be kept there."""
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = place.stat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and _is_private(found) and os.access(place, os.R_OK | os.W_OK | os.X_OK)


def _limit() -> int:
    """Return how many bytes the cache may hold."""
    text = os.environ.get("CHAINRULE_CACHE_MEGABYTES", "").strip()
    if text and not text.isdecimal():
        raise ValueError(f"CHAINRULE_CACHE_MEGABYTES is {text!r}; set it to a whole number, 0 for no cache")
    return int(text or _MEGABYTES) << 20


def directory() -> Path | None:
    """Return where object code is kept, or None if it is not."""
    if os.environ.get("CHAINRULE_CACHE", "").strip().lower() in _OFF or not _limit():
        return None
    try:
        place = _place().absolute()
    except (RuntimeError, OSError):  # no home, or no working directory
        return None
    return place if _trusted(place) else None


def load(key: bytes) -> Compiled | None:
    """Return what was stored under this key, if it is there and whole."""
    place = directory()
    if place is None:
        return None
    path = place / (key.hex() + _SUFFIX)
    try:
        with path.open("rb", buffering=0) as file:
            if not _is_private(os.fstat(file.fileno())):
                return None
            content = file.read()
        compiled = unpack(key, content)
        if compiled is not None:
            os.utime(path)  # used just now
    except OSError:
        return None
    return compiled


def store(key: bytes, compiled: Compiled) -> None:
    """Keep object code under its key. The file appears whole or not at all, whoever else writes it at the same time."""
    place = directory()
    if place is None:
        return
    content = pack(key, compiled)
    if len(content) > _limit() // 4:
        return
    temporary = place / f".{os.getpid():x}-{os.urandom(8).hex()}{_PART}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(temporary, flags, 0o600)
        try:
            with open(descriptor, "wb", buffering=0) as file:
                written = file.write(content)
            if written == len(content):
                os.replace(temporary, place / (key.hex() + _SUFFIX))
        finally:
            temporary.unlink(missing_ok=True)
    except OSError:  # the disk is full, or somebody holds the file open
        return
    _account.add(len(content))


class _Account:
    """What this process has written since the cache was last brought below its limit."""

    __slots__ = ("bytes", "registered")

    def __init__(self) -> None:
        self.bytes = 0
        self.registered = False

    def add(self, size: int) -> None:
        """Count a file. Looking through the directory takes time: do it now and then, and when the process ends."""
        self.bytes += size
        if not self.registered:
            self.registered = True
            atexit.register(_trim_if_due)
        if self.bytes > _limit() // 8:
            self.bytes = 0
            trim()


_account = _Account()


def _trim_if_due() -> None:
    """Trim when a process ends, unless another one did so just now."""
    place = directory()
    if place is None:
        return
    try:
        due = (place / _TRIMMED).stat().st_mtime < time.time() - _PAUSE_SECONDS
    except OSError:
        due = True
    if due:
        trim()


def trim() -> None:
    """Delete what was not used for the longest time, until the cache holds three quarters of what it may."""
    place = directory()
    if place is None:
        return
    try:
        (place / _TRIMMED).touch(mode=0o600)
        whole, parts = _contents(place)
        for path in parts:
            os.unlink(path)
        limit = _limit()
        total = sum(size for _, size, _ in whole)
        if total <= limit:
            return
        for _, size, path in sorted(whole):
            os.unlink(path)
            total -= size
            if total <= limit * 3 // 4:
                return
    except OSError:  # another process trims too, or a file is open
        return


def _contents(place: Path) -> tuple[list[tuple[float, int, str]], list[str]]:
    """Return (time of last use, size, path) of every whole file, and what processes that died left half written."""
    whole: list[tuple[float, int, str]] = []
    parts: list[str] = []
    with os.scandir(place) as entries:
        for entry in entries:
            if not _OURS.fullmatch(entry.name):  # somebody chose a directory that holds other things
                continue
            found = entry.stat(follow_symlinks=False)
            if entry.name.endswith(_SUFFIX):
                whole.append((found.st_mtime, found.st_size, entry.path))
            elif found.st_mtime < time.time() - _STALE_SECONDS:
                parts.append(entry.path)
    return whole, parts
