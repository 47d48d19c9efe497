"""Owns `compare`: a race of methods on one function, and who won."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any, final

import numpy as np

from chainrule.core.trees import flatten
from chainrule.explain.backpropagation.figures import json_safe
from chainrule.optim.descent.minimize import minimize
from chainrule.optim.descent.outcome import Minimum, Status, norm
from chainrule.optim.descent.trail import picture_of
from chainrule.optim.geometry.function import read_function
from chainrule.optim.geometry.report import count, number, table_html, table_text
from chainrule.optim.modifiers.modifier import sign_of
from chainrule.plots import Picture
from chainrule.plots.sampling import thinned

ROUNDS = 3
"""A descent is timed so often, and the shortest time counts: the first ones are compiled."""
SOON = 3.0
"""After so many seconds it is not timed again."""
SHOWN = 300
"""So many points of a descent are given as data, at most, spread evenly."""
_FAILED = (Status.DIVERGED, Status.NOT_FINITE)
_HEADINGS = ("place", "method", "steps", "loss", "gradient", "time", "how it ended")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Racer:
    """One method of a race: its name, its settings, what it found, and how many seconds that took, compiling aside.

    place: 1 for the winner.
    """

    name: str
    method: Any
    result: Minimum
    seconds: float
    place: int

    def steps_to(self, loss: float) -> int | None:
        """Return after how many steps the loss was first at most this; None where it never was, or was not written down."""
        losses = self.result.losses
        if len(losses) != self.result.nit + 1:
            return None
        there = np.flatnonzero(losses <= loss)
        return int(there[0]) if there.size else None


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison:
    """How methods compare on one function, from one start. racers: the best first. steps, tol: as they were given."""

    racers: tuple[Racer, ...]
    steps: int
    tol: float

    @property
    def winner(self) -> Racer:
        """The first one; it need not have arrived."""
        return self.racers[0]

    def __getitem__(self, name: str) -> Racer:
        for racer in self.racers:
            if racer.name == name:
                return racer
        raise KeyError(f"no method is called {name!r}; there are {', '.join(racer.name for racer in self.racers)}")

    def __str__(self) -> str:
        return "\n".join([table_text(_HEADINGS, self._table()), "", *self.summary])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return table_html("comparison", _HEADINGS, self._table())

    def _table(self) -> list[tuple[str, ...]]:
        return [
            (
                str(racer.place),
                racer.name,
                f"{racer.result.nit:,}",
                number(racer.result.fun),
                number(norm(racer.result.jac)),
                _duration(racer.seconds),
                racer.result.status.name.lower().replace("_", " "),
            )
            for racer in self.racers
        ]

    @property
    def summary(self) -> tuple[str, ...]:
        """What the race has shown, in sentences: who won, and why others failed."""
        first = self.winner
        if first.result.success:
            arrived = [racer for racer in self.racers if racer.result.success]
            *others, last = [racer.name for racer in arrived if racer.result.nit == first.result.nit]
            who = f"{', '.join(others)} and {last} won together" if others else f"{last} won"
            said = [f"{who}: {count(first.result.nit)} to a gradient of norm {number(self.tol)}."]
            second = next((racer for racer in arrived if racer.result.nit > first.result.nit), None)
            if second is not None and first.result.nit:
                ratio = second.result.nit / first.result.nit
                said.append(f"Next is {second.name}, with {number(ratio)} times as many.")
        elif first.result.status in _FAILED:
            said = [f"None arrived, and all went astray within {self.steps:,} steps."]
        else:
            astray = any(racer.result.status in _FAILED for racer in self.racers)
            among = " of those that did not go astray" if astray else ""
            end = "lowest" if sign_of(first.method) > 0 else "highest"
            said = [
                f"None arrived within {self.steps:,} steps; {first.name} came {end}{among}, to {number(first.result.fun)}."
            ]
        return (
            *said,
            *(f"{racer.name}: {racer.result.message}." for racer in self.racers if racer.result.status in _FAILED),
        )

    def plot(self, fun: Callable[[Any], Any] | None = None) -> Picture:
        """Return the figure of the losses of all; with the function, of their paths on its contours, where x is two numbers."""
        return picture_of({racer.name: racer.result.trail for racer in self.racers}, fun)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it, with the losses and, of at most three numbers, the paths."""
        return {
            "steps": self.steps,
            "tol": self.tol,
            "winner": self.winner.name,
            "summary": list(self.summary),
            "racers": [_racer_dict(racer) for racer in self.racers],
        }


def compare(
    fun: Callable[..., Any] | str,
    x0: Any,
    methods: Mapping[str, Any] | Sequence[Any],
    steps: int = 1000,
    tol: float = 1e-8,
    *,
    args: Sequence[Any] = (),
) -> Comparison:
    """Run `minimize` with each method from the same start, and rank what they found.

    fun: takes x and `args`, returns one real number; or mathematics as text, with x0 a dictionary of numbers by name.
    methods: methods of descent by name, or in order; then their settings name them.
    steps, tol: as for `minimize`, the same for all.

    Those that have converged come first, by the number of steps; then the others, by the loss that they reached; then those
    that diverged or met values that are not finite. Raises as `minimize` does, ValueError where no method is given, and
    KeyboardInterrupt: Ctrl-C ends the race, not one of its descents.

    >>> from chainrule import optim
    >>> race = compare("x^2", 5.0, {"small steps": optim.GradientDescent(0.01), "large steps": optim.GradientDescent(0.4)})
    >>> race.winner.name, race.winner.result.nit, race["small steps"].steps_to(1.0)
    ('large steps', 13, 80)
    """
    named = _named(methods)
    function, start = read_function(fun, x0)
    runs = [(name, method, *_timed(function, start, method, steps, tol, args)) for name, method in named.items()]
    ranked = sorted(runs, key=lambda run: _rank(run[2], sign_of(run[1])))
    racers = tuple(Racer(*run, place) for place, run in enumerate(ranked, 1))
    return Comparison(racers, int(steps), float(tol))


def _named(methods: Mapping[str, Any] | Sequence[Any]) -> dict[str, Any]:
    if isinstance(methods, Mapping):
        named = {str(name): method for name, method in methods.items()}
    elif isinstance(methods, Sequence) and not isinstance(methods, str):
        named = {}
        for method in methods:
            plain = name = _written(method)
            copy = 1
            while name in named:
                copy += 1
                name = f"{plain} ({copy})"
            named[name] = method
    else:
        raise TypeError(
            f"methods is a dictionary of methods of descent by name, or a list of them, not {methods!r:.60}"
        )
    if not named:
        raise ValueError("methods is empty; give at least one method of descent, such as cr.optim.Adam(0.1)")
    return named


def _written(method: Any) -> str:
    """Return a method as it is written, without the settings that it would have anyway.

    >>> from chainrule.optim import Adam, Momentum
    >>> _written(Adam(0.1)), _written(Momentum(0.1, momentum=0.5))
    ('Adam(0.1)', 'Momentum(0.1, momentum=0.5)')
    """
    if not is_dataclass(method) or isinstance(method, type):
        return repr(method)
    settings = []
    for field in fields(method):
        value = getattr(method, field.name)
        if field.name == "learning_rate" or field.default is MISSING:
            settings.append(_written(value) if is_dataclass(value) else repr(value))
        elif value != field.default:
            settings.append(f"{field.name}={value!r}")
    return f"{type(method).__name__}({', '.join(settings)})"


def _timed(
    fun: Callable[..., Any], x0: Any, method: Any, steps: int, tol: float, args: Sequence[Any]
) -> tuple[Minimum, float]:
    """Return what a method finds, and how long that takes once it is compiled."""
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < SOON:
        begun = time.perf_counter()
        result = minimize(fun, x0, method, steps, tol, args=args)
        times.append(time.perf_counter() - begun)
        if result.status is Status.INTERRUPTED:  # from the keyboard: a race without this one would say nothing
            raise KeyboardInterrupt
    return result, min(times)


def _rank(result: Minimum, sign: int) -> tuple[int, float, float]:
    if result.success:
        return 0, result.nit, sign * result.fun
    if result.status in _FAILED:
        return 2, 0.0, sign * result.fun if math.isfinite(result.fun) else math.inf
    return 1, sign * result.fun, result.nit


def _duration(seconds: float) -> str:
    """Return a time as people read it.

    >>> _duration(2.5e-5), _duration(0.0123), _duration(3.0)
    ('25 µs', '12.3 ms', '3 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def _racer_dict(racer: Racer) -> dict[str, Any]:
    result = racer.result
    places = thinned(len(result.losses), SHOWN)
    path_places = thinned(len(result.path) if _is_small(result) else 0, SHOWN)
    return {
        "name": racer.name,
        "method": repr(racer.method),
        "place": racer.place,
        "status": result.status.name.lower(),
        "success": result.success,
        "message": result.message,
        "steps": result.nit,
        "x": json_safe(result.x),
        "fun": json_safe(result.fun),
        "gradient_norm": json_safe(norm(result.jac)),
        "seconds": racer.seconds,
        "loss_steps": json_safe(places),
        "losses": json_safe(result.losses[places]),
        "path": [json_safe(result.path[place]) for place in path_places],
    }


def _is_small(result: Minimum) -> bool:
    return len(result.path) > 0 and sum(np.size(leaf) for leaf in flatten(result.x)[0]) <= 3
