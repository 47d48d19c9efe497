"""Owns how busy other processes keep the machine meanwhile, so that a reader knows which times to trust.

Peers that compute with several threads are slowed out of all proportion when another process wants the same cores:
their threads wait for each other.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter

_STATISTICS = Path("/proc/stat")


def _busy() -> float:
    """Return for how many seconds the cores have been at work since the machine started, but not for this process."""
    fields = [float(field) for field in _STATISTICS.read_text().splitlines()[0].split()[1:9]]
    own = os.times()
    idle = fields[3] + fields[4]
    mine = own.user + own.system + own.children_user + own.children_system
    return (sum(fields) - idle) / os.sysconf("SC_CLK_TCK") - mine


class Neighbors:
    """Counts from its making on.

    >>> cores = Neighbors().cores()
    >>> cores is None or cores >= 0
    True
    """

    __slots__ = ("_busy", "_start")

    def __init__(self) -> None:
        self._start = perf_counter()
        self._busy = _busy() if _STATISTICS.exists() else None

    def cores(self) -> float | None:
        """Return how many cores other processes have kept busy on average; None where the system does not tell."""
        if self._busy is None:
            return None
        return max(0.0, (_busy() - self._busy) / max(perf_counter() - self._start, 0.01))
