"""Owns `chainrule bench`: how long a function, or its gradient, takes as it is, compiled, and with other libraries."""

from __future__ import annotations

import os
import re
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.cli.output import CommandError, Output, table
from chainrule.cli.peers import PEERS, function_for
from chainrule.cli.point import read_point
from chainrule.cli.source import Source, read_source, user_code
from chainrule.core.trees import flatten
from chainrule.errors import ChainruleError

ROUND_SECONDS = 0.02
"""In each round a run is repeated for about so long."""
CLOSE = 1e-6
"""A peer whose result differs by more than this, relative to the largest entry, is computing something else."""
_CALL = re.compile(r"\s*(?P<name>[\w.]+)\(\)\s*")


@dataclass(slots=True)
class Run:
    """One way to compute the function. first: the seconds of its first calls. seconds: of a call, the least of all rounds.

    difference: of its result from the first run's, relative to the largest entry.
    """

    name: str
    call: Callable[[], Any]
    first: list[float] = field(default_factory=list)
    seconds: float = float("inf")
    difference: float = 0.0
    number: int = 1


def run(function: str, at: str, is_gradient: bool, rounds: int) -> Output:
    """Return the table of times."""
    source = read_source(function)
    values = _values(source, function, at)
    what = f"the gradient of {source.label}" if is_gradient else source.label
    notes: list[str] = []
    runs = _own_runs(source, list(values.values()), is_gradient, notes)
    skipped: list[dict[str, str]] = []
    for peer in PEERS:
        if not peer.is_installed:
            skipped.append({"name": peer.name, "reason": f"{peer.module} is not installed"})
            continue
        try:
            with _others_code(source, peer.name):
                call = peer.call(function_for(peer, source), list(values.values()), is_gradient)
                runs.append(_started(Run(peer.name, call), 1, runs[0]))
        except (CommandError, ChainruleError) as error:
            skipped.append({"name": peer.name, "reason": str(error).splitlines()[0]})
    with user_code(source.path, source.label), _others_code(source, source.label):
        _time(runs, rounds)
    data = {
        "function": source.text or source.label,
        "timed": "gradient" if is_gradient else "value",
        "rounds": rounds,
        "runs": [
            {"name": each.name, "seconds": each.seconds, "first_calls": each.first, "difference": each.difference}
            for each in runs
        ],
        "skipped": skipped,
        "notes": notes,
    }
    return Output(_text(what, values, runs, skipped, notes, rounds), data)


# --- what is run


def _values(source: Source, function: str, at: str) -> dict[str, Any]:
    """Return the arguments by name: those of a point, or those that a function of the file makes."""
    found = _CALL.fullmatch(at)
    if found is None:
        values = source.values(read_point(at))
    elif source.path is None:
        raise CommandError(f"{at.strip()} is no point; typed mathematics takes one such as x=1,y=2")
    else:
        maker = read_source(f"{function.strip().rpartition(':')[0]}:{found['name']}")
        with user_code(maker.path, maker.label):
            made = maker.fun()
        made = made if isinstance(made, tuple) else (made,)
        names = (*source.names, *source.optional)
        if not len(source.names) <= len(made) <= len(names):
            raise CommandError(
                f"{at.strip()} returns {len(made)} values; {source.label} takes {', '.join(names) or 'none'}"
            )
        values = dict(zip(names, made, strict=False))
    if not values:
        raise CommandError(f"{source.label} has no variables, so that there is nothing to vary or to differentiate by")
    return values


def _own_runs(source: Source, arguments: list[Any], is_gradient: bool, notes: list[str]) -> list[Run]:
    """Return chainrule's runs, eager and compiled, after their first calls; what jit has to say goes to `notes`."""
    fun = cr.grad(source.fun, tuple(range(len(arguments)))) if is_gradient else source.fun
    compiled = cr.jit(fun)
    for _ in range(2):
        cr.jit(np.sin)(0.5)  # loads LLVM, which is no part of compiling this function
    with user_code(source.path, source.label), _no_cache(), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        eager = _started(Run("chainrule", lambda: fun(*arguments)), 1, None)
        jitted = _started(Run("chainrule.jit", lambda: compiled(*arguments)), 2, eager)
        plan = compiled.explain_plan(*arguments)
    notes += [f"in chainrule.jit NumPy computes {each.what}: {each.why}" for each in plan.fallbacks]
    return [eager, jitted]


def _started(each: Run, calls: int, reference: Run | None) -> Run:
    """Call a run for the first times, and compare its result; raise CommandError where it is another one."""
    for _ in range(calls):
        start = time.perf_counter()
        result = each.call()
        each.first.append(time.perf_counter() - start)
    if reference is not None:
        each.difference = difference(result, reference.call())
        if not each.difference <= CLOSE:
            raise CommandError(f"gives another result: it differs by {each.difference:.1e} of the largest entry")
    each.number = max(1, min(100_000, int(ROUND_SECONDS / max(each.first[-1], 1e-7))))
    return each


def difference(result: Any, reference: Any) -> float:
    """Return the largest difference of two results, relative to the largest entry of the second; inf where shapes differ.

    >>> difference((1.0, np.array([2.0])), (1.0, np.array([2.5]))), difference(1.0, np.ones(2))
    (0.2, inf)
    """
    first, second = (
        [np.asarray(_plain(leaf), dtype=complex) for leaf in flatten(tree)[0]] for tree in (result, reference)
    )
    if [part.shape for part in first] != [part.shape for part in second]:
        return float("inf")
    a, b = (np.concatenate([part.ravel() for part in parts]) if parts else np.zeros(0) for parts in (first, second))
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    if same.all():
        return 0.0
    finite = b[np.isfinite(b)]
    largest = float(np.max(np.abs(finite), initial=0.0))
    found = float(np.max(np.abs(a - b)[~same])) / (largest or 1.0)
    return float("inf") if np.isnan(found) else found


def _plain(leaf: Any) -> Any:
    """Return a tensor as an array."""
    return leaf.detach().numpy() if hasattr(leaf, "detach") else leaf


@contextmanager
def _no_cache() -> Iterator[None]:
    """Compile anew: what the cache holds from an earlier call of this command says nothing of how long compiling takes."""
    before = os.environ.get("CHAINRULE_CACHE")
    os.environ["CHAINRULE_CACHE"] = "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ["CHAINRULE_CACHE"]
        else:
            os.environ["CHAINRULE_CACHE"] = before


@contextmanager
def _others_code(source: Source, name: str) -> Iterator[None]:
    """Run a peer's code: its warnings are nobody's here, and what it raises becomes one sentence."""
    with np.errstate(all="ignore"), warnings.catch_warnings(), user_code(source.path or Path(source.label), name):
        warnings.simplefilter("ignore")
        yield


# --- times


def _time(runs: list[Run], rounds: int) -> None:
    """Time the runs in turn, so that what else the machine does meets all of them; the least time of each counts."""
    for each in runs:
        _seconds(each)  # the caches are warm then, and the number of repetitions is known
        each.number = max(1, min(1_000_000, int(ROUND_SECONDS / max(_seconds(each), 1e-8))))
    for _ in range(rounds):
        for each in runs:
            each.seconds = min(each.seconds, _seconds(each))


def _seconds(each: Run) -> float:
    call = each.call
    start = time.perf_counter()
    for _ in repeat(None, each.number):
        call()
    return (time.perf_counter() - start) / each.number


def _text(
    what: str, values: dict[str, Any], runs: list[Run], skipped: list[dict[str, str]], notes: list[str], rounds: int
) -> str:
    compiled = next(each.seconds for each in runs if each.name == "chainrule.jit")
    rows = [
        [
            each.name,
            duration(each.seconds),
            f"{each.seconds / compiled:.2f}",
            " + ".join(map(duration, each.first)),
            "exact" if not each.difference else f"{each.difference:.0e}",
        ]
        for each in runs
    ]
    rows[0][-1] = "-"
    headings = ["", "a call", "÷ jit", "first calls", "difference"]
    given = ", ".join(f"{name}: {_kind(value)}" for name, value in values.items())
    lines = [f"{what}, {given}", "", table(headings, rows, left=1), ""]
    lines += [f"not run: {each['name']}: {each['reason']}" for each in skipped]
    lines += notes
    lines.append(f"Each in turn, {rounds} times; the least time counts.")
    lines.append("The first call of chainrule.jit traces, the second one compiles, without the cache.")
    return "\n".join(lines)


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    return f"{value:.6g}" if isinstance(value, float) else type(value).__name__


def duration(seconds: float) -> str:
    """Return a time with three digits.

    >>> duration(2.5e-7), duration(0.00123), duration(0.0456), duration(12.3)
    ('250 ns', '1.23 ms', '45.6 ms', '12.3 s')
    """
    for unit, size in (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3)):
        if seconds < 999.5 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
