"""Owns the arena: the scratch memory of a program, in which buffers take the place of those that are not read any more."""

from __future__ import annotations

ALIGNMENT = 64


class Arena:
    """Hands out offsets, each for memory of one size. `top` is the most that was in use."""

    __slots__ = ("top", "_free", "_sizes")

    def __init__(self) -> None:
        self.top = 0
        self._free: dict[int, list[int]] = {}
        self._sizes: dict[int, int] = {}

    def take(self, size: int) -> int:
        """Return the offset of `size` bytes: what was given back of the same size, else new ones."""
        size = max(1, -(-size // ALIGNMENT)) * ALIGNMENT
        free = self._free.get(size)
        if free:
            return free.pop()
        offset = self.top
        self.top += size
        self._sizes[offset] = size
        return offset

    def give_back(self, offset: int) -> None:
        """Let the memory at `offset` be used again."""
        self._free.setdefault(self._sizes[offset], []).append(offset)
