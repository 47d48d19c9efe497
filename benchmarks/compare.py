"""Owns the stopwatch and the tables of ratios: contenders take turns in one run, and the fastest turn of each counts.

This is a plain harness rather than pytest-benchmark because that plugin times one function to its end before it starts
the next. On a shared machine the clock speed and the neighbors change in between, and the ratio with them. Here each
round gives each contender a short turn, in an order that rotates, so that whatever slows one of them slows all.

The garbage collector stays on: whoever calls `grad` pays for the cycles that it leaves behind.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from importlib import metadata
from pathlib import Path
from time import perf_counter
from timeit import Timer
from typing import Any

WARM_SECONDS = 0.15  # run untimed for so long, for caches and clocks, and until threads of others let go of the cores
BLOCK_SECONDS = 0.004  # then time as many calls as fill this: short, so that many blocks are not disturbed
BLOCKS = 5  # so many blocks a turn
ROUNDS = 25
CASE_SECONDS = 20.0  # shared evenly: who has used up its part sits out the other rounds,
FEW_ROUNDS = 3  # but not before this many
SLOW_SECONDS = 0.05  # who needs longer for one call is timed one call a turn
TURN_SECONDS = 0.1  # after this no new block starts, for a call that is slow only now and then

BEST_PEER = "best peer"
BEST_UNCHANGED = "best unchanged"
BEST_REWRITTEN = "best rewritten"


@dataclass(frozen=True, slots=True)
class Timing:
    """What one case took.

    case: its name.
    seconds: for each contender the least time of one call.
    """

    case: str
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Goal:
    """How fast chainrule is meant to be.

    times: so many times as fast as the other; at least 1 / 1.2 allows 1.2 of its time.
    against: `BEST_PEER`, `BEST_UNCHANGED` (of those that run plain Python), `BEST_REWRITTEN`, or a contender's name.
    """

    times: float
    against: str


class Role(Enum):
    """What a contender's time is for."""

    OURS = auto()
    PEER = auto()
    REWRITTEN = auto()  # a peer whose formula had to be written anew for it: masks or its own loops instead of Python's
    LIMIT = auto()  # not a library that differentiates


@dataclass(frozen=True, slots=True)
class Race:
    """What one case took, compiled.

    case: its name.
    figures: for each contender the least time of one call in seconds, or its memory in bytes. Ours is the first.
    roles: what each is; who is missing is a peer.
    goals: what ours is compared with.
    absent: who did not run, and why.
    unit: "s" or "B".
    disturbance: so many cores were busy with other processes meanwhile; None where that is not known.
    """

    case: str
    figures: Mapping[str, float]
    roles: Mapping[str, Role]
    goals: Sequence[Goal] = ()
    absent: Mapping[str, str] = field(default_factory=dict)
    unit: str = "s"
    disturbance: float | None = None


def _stopwatch(call: Callable[[], Any]) -> Timer:
    """Return what times a call as one writes it, f(x, y), and so without the ten nanoseconds of a `partial` around it."""
    if type(call) is not partial or call.keywords:
        return Timer("f()", "import gc; gc.enable()", globals={"f": call})
    names = [f"x{place}" for place in range(len(call.args))]
    known = dict(zip(names, call.args, strict=True))
    return Timer(f"f({', '.join(names)})", "import gc; gc.enable()", globals={"f": call.func, **known})


def _warm(watch: Timer, expected: float) -> None:
    watch.timeit(max(1, round(WARM_SECONDS / expected)))


def _block(watch: Timer, count: int) -> float:
    """Return the mean time of `count` calls."""
    return watch.timeit(count) / count


def _first_guess(watch: Timer) -> float:
    """Return roughly what one call takes."""
    _block(watch, 1)
    count = 1
    while (seconds := _block(watch, count)) * count < WARM_SECONDS:
        count *= 4
    return seconds


def _turn(watch: Timer, expected: float) -> float:
    """Return the least mean time over the blocks of one turn, given what a call took before."""
    if expected > SLOW_SECONDS:
        return _block(watch, 1)
    count = max(1, round(BLOCK_SECONDS / expected))
    end = perf_counter() + TURN_SECONDS
    _warm(watch, expected)
    best = _block(watch, count)
    for _ in range(BLOCKS - 1):
        if perf_counter() > end:
            break
        best = min(best, _block(watch, count))
    return best


def interleave(
    calls: Mapping[str, Callable[[], Any]], rounds: int = ROUNDS, case_seconds: float = CASE_SECONDS
) -> dict[str, float]:
    """Return for each name the least time of one call, in seconds, over rounds in which all take turns.

    Who has used up an even share of `case_seconds`, and has had `FEW_ROUNDS`, takes part no more.

    >>> seconds = interleave({"one": lambda: sum(range(10)), "ten": lambda: sum(range(1000))}, rounds=2)
    >>> 0 < seconds["one"] < seconds["ten"]
    True
    """
    watches = {name: _stopwatch(call) for name, call in calls.items()}
    best = {name: _first_guess(watch) for name, watch in watches.items()}
    spent = dict.fromkeys(calls, 0.0)
    order = list(calls)
    for finished in range(rounds):
        for name in order:
            if finished >= FEW_ROUNDS and spent[name] > case_seconds / len(calls):
                continue
            start = perf_counter()
            best[name] = min(best[name], _turn(watches[name], best[name]))
            spent[name] += perf_counter() - start
        order.append(order.pop(0))
    return best


def duration(seconds: float) -> str:
    """Return a time as text, in a unit that fits."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def _aligned(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Return rows as lines: the first columns to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [str.ljust] * left + [str.rjust] * (len(widths) - left)
    return ["  ".join(side(cell, width) for side, cell, width in zip(sides, row, widths, strict=True)) for row in rows]


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
            f"{duration(others[name])} ({own / others[name]:.2f})" if name in others else "not run" for name in peers
        ]
        best = f"{own / min(others.values()):.2f}" if others else "no peer"
        rows.append([timing.case, duration(own), *cells, best])
    return "\n".join(_aligned(rows))


def _figure(race: Race, name: str) -> str:
    value = race.figures[name]
    return duration(value) if race.unit == "s" else f"{value / 1e6:.0f} MB"


def race_table(races: Sequence[Race]) -> str:
    """Return each case's contenders, the fastest first, and ours divided by theirs: below 1 if chainrule is ahead.

    >>> print(race_table([Race("x**2", {"chainrule": 2e-6, "peer": 8e-6}, {"chainrule": Role.OURS})]))
    case  contender  figure  ours / its
    x**2  chainrule    2 µs
          peer         8 µs        0.25
    """
    rows = [["case", "contender", "figure", "ours / its"]]
    for race in races:
        own = next(iter(race.figures))
        label = race.case
        for name in sorted(race.figures, key=race.figures.__getitem__):
            ratio = "" if race.roles.get(name) is Role.OURS else f"{race.figures[own] / race.figures[name]:.3g}"
            title = f"{name} (limit)" if race.roles.get(name) is Role.LIMIT else name
            rows.append([label, title, _figure(race, name), ratio])
            label = ""
        rows += [["", f"{name}: {reason}", "not run", ""] for name, reason in race.absent.items()]
    return "\n".join(line.rstrip() for line in _aligned(rows, left=2))


def rival(race: Race, goal: Goal) -> str | None:
    """Return the name of the contender that a goal speaks of, None if it did not run.

    >>> race = Race("x**2", {"us": 1.0, "a": 3.0, "b": 2.0, "C": 0.5}, {"us": Role.OURS, "C": Role.LIMIT})
    >>> rival(race, Goal(2, BEST_PEER)), rival(race, Goal(2, "a")), rival(race, Goal(2, "d"))
    ('b', 'a', None)
    """
    wanted = {
        BEST_PEER: (Role.PEER, Role.REWRITTEN),
        BEST_UNCHANGED: (Role.PEER,),
        BEST_REWRITTEN: (Role.REWRITTEN,),
    }.get(goal.against)
    if wanted is None:
        return goal.against if goal.against in race.figures else None
    names = [name for name in race.figures if race.roles.get(name, Role.PEER) in wanted]
    return min(names, key=race.figures.__getitem__, default=None)


def goal_table(races: Sequence[Race]) -> str:
    """Return ours divided by the rival's, and the ratio that is the goal, a line for each goal.

    >>> roles = {"chainrule": Role.OURS}
    >>> print(goal_table([Race("x**2", {"chainrule": 2e-6, "peer": 8e-6}, roles, [Goal(2, BEST_PEER)])]))
    case  against          its  ours  ours / its  goal  cores disturbed
    x**2  best peer: peer  8 µs  2 µs        0.25   0.5               ?
    """
    rows = [["case", "against", "its", "ours", "ours / its", "goal", "cores disturbed"]]
    for race in races:
        own = next(iter(race.figures))
        disturbed = "?" if race.disturbance is None else f"{race.disturbance:.1f}"
        for goal in race.goals:
            other = rival(race, goal)
            if other is None:
                cells = ["not run", _figure(race, own), "", f"{1 / goal.times:.3g}", disturbed]
                rows.append([race.case, goal.against, *cells])
                continue
            title = other if other == goal.against else f"{goal.against}: {other}"
            ratio = race.figures[own] / race.figures[other]
            cells = [_figure(race, other), _figure(race, own), f"{ratio:.3g}", f"{1 / goal.times:.3g}", disturbed]
            rows.append([race.case, title, *cells])
    return "\n".join(_aligned(rows, left=2))


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
