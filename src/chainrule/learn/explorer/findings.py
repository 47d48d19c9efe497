"""Owns what the explorer finds out: all of it is computed by the library, in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

import chainrule as cr
from chainrule import plots
from chainrule.learn.explorer.state import State, point_of
from chainrule.learn.functions import of_names, of_vector
from chainrule.learn.methods import METHODS
from chainrule.plots import Picture

MOST_SHOWN = 3
"""Functions of more variables have no pictures."""


@final
@dataclass(frozen=True, slots=True)
class Derived:
    """The derivation and its hints, as Markdown."""

    derivation: str
    hints: str


@final
@dataclass(frozen=True, slots=True)
class Explored:
    """What is said at the point: values as Markdown, the rest as the library prints it; and figures by name."""

    values: str
    curvature: str
    advice: str
    descent: str
    figures: dict[str, Picture]


def derive(state: State) -> Derived:
    """Return the derivation."""
    d = cr.explain(state.function, detail=state.detail)
    hints = "\n".join(f"{number}. {hint}" for number, hint in enumerate(d.hints(), 1))
    return Derived(d.to_markdown(), hints)


def explore(state: State) -> Explored:
    """Return values, figures, curvature, advice and a descent at the point."""
    d = cr.explain(state.function, detail="brief")
    names = d.names
    point = point_of(state.at, names)
    x = np.array(list(point.values()))

    fun: Callable[[Any], Any] = d.function if len(names) == 1 else of_vector(d)
    start: Any = float(x[0]) if len(names) == 1 else x
    value, slope = cr.value_and_grad(fun)(start)
    rows = [f"$f = {float(value):.8g}$ at {', '.join(f'{name} = {part:g}' for name, part in point.items())}", ""]
    rows += [
        rf"- $\frac{{\partial f}}{{\partial {name}}} = {part:.8g}$"
        for name, part in zip(names, np.atleast_1d(slope), strict=True)
    ]
    method = METHODS[state.method](state.rate)
    found = cr.minimize(fun, start, method, steps=state.steps)
    figures = _figures(d, fun, start, found) if len(names) <= MOST_SHOWN else {}
    figures["losses"] = plots.losses({state.method: found.losses})
    return Explored(
        values="\n".join(rows),
        curvature=str(cr.curvature(of_names(d), point) if len(names) > 1 else cr.curvature(fun, start)),
        advice=str(cr.learning_rate(fun, start)),
        descent=str(found),
        figures=figures,
    )


def _figures(d: Any, fun: Callable[[Any], Any], start: Any, found: Any) -> dict[str, Picture]:
    names = d.names
    if len(names) == 1:
        return {"graph": plots.curve(fun, at=float(start), names=(names[0], "f"))}
    if len(names) == 2:
        path = np.asarray(found.path)
        seen = path[np.all(np.abs(path) < 1e3, axis=1)]
        low, high = np.min(seen, axis=0), np.max(seen, axis=0)
        room = np.maximum(1.0, 0.3 * (high - low))
        spans = [(float(low[place] - room[place]), float(high[place] + room[place])) for place in range(2)]
        return {
            "graph": plots.surface(fun, spans[0], spans[1], {"descent": seen}, (*names, "f")),
            "field": plots.gradient_field(fun, spans[0], spans[1], at=start, names=names),
            "paths": plots.contour(fun, spans[0], spans[1], {"descent": seen}, names=names),
        }
    # Of three variables the last is held at the point.
    held = start[2]

    def slice_at(v: Any) -> Any:
        return fun(np.array([v[0], v[1], held], like=v))

    spans = [(float(part) - 3, float(part) + 3) for part in start[:2]]
    return {
        "graph": plots.surface(slice_at, spans[0], spans[1], names=(names[0], names[1], f"f at {names[2]} = {held:g}"))
    }
