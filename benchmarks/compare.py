"""Owns the stopwatch and the table of ratios: contenders take turns in one run, and the fastest turn of each counts.

This is a plain harness rather than pytest-benchmark because that plugin times one function to its end before it starts
the next. On a shared machine the clock speed and the neighbors change in between, and the ratio with them. Here each
round gives each contender a short turn, in an order that rotates, so that whatever slows one of them slows all.

The garbage collector stays on: whoever calls `grad` pays for the cycles that it leaves behind.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from time import perf_counter
from typing import Any

WARM_SECONDS = 0.012  # run untimed for so long, for caches, branch predictors and the clock of the processor
BLOCK_SECONDS = 0.004  # then time as many calls as fill this: short, so that many blocks are not disturbed
BLOCKS = 5  # so many blocks a turn
ROUNDS = 25
CASE_SECONDS = 20.0  # after this no new round starts, since some peers need a second for one call


@dataclass(frozen=True, slots=True)
class Timing:
    """What one case took.

    case: its name.
    seconds: for each contender the least time of one call.
    """

    case: str
    seconds: Mapping[str, float]


def _warm(call: Callable[[], Any]) -> None:
    end = perf_counter() + WARM_SECONDS
    while perf_counter() < end:
        call()


def _block(call: Callable[[], Any], count: int) -> float:
    """Return the mean time of `count` calls."""
    start = perf_counter()
    for _ in range(count):
        call()
    return (perf_counter() - start) / count


def _calls_per_block(call: Callable[[], Any]) -> int:
    """Return how many calls fill a block."""
    _warm(call)
    count = 1
    while (seconds := _block(call, count)) * count < BLOCK_SECONDS / 4:
        count *= 4
    return max(1, round(BLOCK_SECONDS / seconds))


def interleave(calls: Mapping[str, Callable[[], Any]], rounds: int = ROUNDS) -> dict[str, float]:
    """Return for each name the least time of one call, in seconds, over rounds in which all take turns.

    >>> seconds = interleave({"one": lambda: sum(range(10)), "ten": lambda: sum(range(1000))}, rounds=2)
    >>> 0 < seconds["one"] < seconds["ten"]
    True
    """
    counts = {name: _calls_per_block(call) for name, call in calls.items()}
    best = dict.fromkeys(calls, float("inf"))
    order = list(calls)
    end = perf_counter() + CASE_SECONDS
    for _ in range(rounds):
        for name in order:
            _warm(calls[name])
            best[name] = min(best[name], *(_block(calls[name], counts[name]) for _ in range(BLOCKS)))
        order.append(order.pop(0))
        if perf_counter() > end:
            break
    return best


def _duration(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]


def table(timings: Sequence[Timing], ours: str = "chainrule") -> str:
    """Return the times of all contenders as text; in parentheses ours divided by the peer's, below 1 if we are faster.

    >>> print(table([Timing("x**2", {"chainrule": 2e-6, "peer": 8e-6})]))
    case  chainrule         peer  ours / best peer
    x**2       2 µs  8 µs (0.25)              0.25
    """
    peers = [name for name in dict.fromkeys(name for timing in timings for name in timing.seconds) if name != ours]
    rows = [["case", ours, *peers, "ours / best peer"]]
    for timing in timings:
        own = timing.seconds[ours]
        others = {name: seconds for name, seconds in timing.seconds.items() if name != ours}
        cells = [
            f"{_duration(others[name])} ({own / others[name]:.2f})" if name in others else "not run" for name in peers
        ]
        best = f"{own / min(others.values()):.2f}" if others else "no peer"
        rows.append([timing.case, _duration(own), *cells, best])
    return "\n".join(_aligned(rows))


def _processor() -> str:
    """Return the processor's model, as far as the system tells it."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine(distributions: Sequence[str]) -> str:
    """Return one line about what the times were taken on: the processor, Python, each distribution's version."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in distributions)
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"
