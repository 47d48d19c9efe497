"""Owns `chainrule race`: methods of descent on one function, from one start, ranked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.cli.methods import SOLVERS, make_method
from chainrule.cli.numbers import assignments
from chainrule.cli.output import CommandError, Output
from chainrule.cli.point import read_point
from chainrule.cli.source import read_source, user_code
from chainrule.cli.variables import of_point
from chainrule.errors import ParseError
from chainrule.optim.geometry.measured_rates import RATES, Descents, measure_rates
from chainrule.optim.problems import PROBLEMS, Problem

MOST_METHODS = 20
MOST_TRIED = 10_000
"""A rate is tried with so many steps at most."""


def run(function: str, methods: str, start: str | None, steps: int, tol: float, plot: str | None) -> Output:
    """Return the ranking. A method without a rate of its own runs at the best of those that are tried first."""
    asked = _read_methods(methods)
    label, fun, x0, path = _track(function, start)
    with user_code(path, label):
        racers = {name: _racer(fun, x0, *part, steps) for name, part in asked.items()}
        found = cr.compare(fun, x0, racers, steps, tol)
    values = x0 if isinstance(x0, dict) else {"x": x0}
    chosen = [name for name, (method, rate) in asked.items() if rate is None and method not in SOLVERS]
    rates = ", ".join(f"{name} {racers[name].learning_rate:g}" for name in chosen)
    lines = [f"{label} from {assignments(values)}", "", str(found)]
    if rates:
        lines += ["", f"Learning rates, the best of {len(RATES)} that were tried: {rates}."]
    if plot is not None:
        lines += ["", f"The figure is in {found.plot(fun).save(plot)}."]
    return Output("\n".join(lines), {"function": label, "start": values, **found.to_dict()})


def _read_methods(text: str) -> dict[str, tuple[str, float | None]]:
    """Return method and learning rate by what was typed: adam, or adam=0.1."""
    asked: dict[str, tuple[str, float | None]] = {}
    for part in text.split(","):
        name, equals, rate = part.strip().lower().partition("=")
        try:
            asked[part.strip().lower()] = name.strip(), float(rate) if equals else None
        except ValueError:
            raise CommandError(
                f"{rate[:40]!r} is not a learning rate; write a method as adam, or as adam=0.1"
            ) from None
    if len(asked) > MOST_METHODS:
        raise CommandError(f"{len(asked)} methods are too many; at most {MOST_METHODS} race")
    for name, rate_or_none in asked.values():
        make_method(name, rate_or_none)  # names and rates that are none are refused before anything runs
    return asked


def _track(function: str, start: str | None) -> tuple[str, Callable[[Any], Any], Any, Path | None]:
    """Return what the function is called, the function of a point, the start, and the function's file."""
    problem = next((each for each in PROBLEMS if each.name == function.strip().lower()), None)
    if problem is not None:
        return problem.name, problem.fun, np.array(problem.start) if start is None else _vector(problem, start), None
    listed = ", ".join(each.name for each in PROBLEMS)
    try:
        source = read_source(function)
    except ParseError as error:
        if function.strip().replace("_", "").isalpha():
            raise CommandError(f"{error}\n  or the name of a test function: {listed}") from None
        raise
    if start is None:
        raise CommandError(f"a race needs a start, such as --start x=5; only these have one of their own: {listed}")
    fun, x0 = of_point(source, start)
    return source.text or source.label, fun, x0, source.path


def _vector(problem: Problem, start: str) -> Any:
    point = read_point(start)
    given = list(point.ordered or point.named.values())
    vector = np.asarray(
        given[0] if len(given) == 1 else [np.asarray(part).item() for part in given if np.ndim(part) == 0]
    )
    if vector.shape != (len(problem.start),) or (not point.ordered and set(point.named) != {"x"}):
        example = ",".join(f"{number:g}" for number in problem.start)
        raise CommandError(
            f"{problem.name} starts at one vector of {len(problem.start)} numbers, such as {example} or x=[{example}]"
        )
    return vector.astype(np.float64)


def _racer(fun: Callable[[Any], Any], x0: Any, name: str, rate: float | None, steps: int) -> Any:
    if rate is not None or name in SOLVERS:
        return make_method(name, rate)
    best = measure_rates(Descents(fun, make_method(name), x0, min(steps, MOST_TRIED))).soonest
    return make_method(name, 1e-3 if best is None else best)
