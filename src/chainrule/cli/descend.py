"""Owns `chainrule descend`: a descent, the steps of it, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import chainrule as cr
from chainrule.cli.methods import SOLVERS, make_method
from chainrule.cli.numbers import fixed
from chainrule.cli.output import CommandError, Output, table
from chainrule.cli.point import read_point
from chainrule.cli.source import Source, read_source, user_code
from chainrule.optim import Minimum, Progress, Status

ENDS = 10
"""Of a long descent so many steps are printed at its start, and at its end; its JSON has `JSON_ENDS`."""
JSON_ENDS = 500


def run(
    function: str,
    start: str,
    method: str,
    rate: float | None,
    momentum: float | None,
    steps: int,
    tol: float,
    checkpoint: str | None,
    plot: str | None,
) -> Output:
    """Return the table of steps, and how the descent ended."""
    source = read_source(function)
    values = source.values(read_point(start))
    if not values:
        raise CommandError(f"{source.label} has no variables, so that there is nowhere to go")
    chosen = choose_method(method, rate, momentum)
    found, seen = descent(source, values, chosen, steps, tol, checkpoint)
    data = {
        "function": source.text or source.label,
        "method": type(chosen).__name__,
        "rate": getattr(chosen, "learning_rate", None),
        "status": found.status.name.lower(),
        "success": found.success,
        "message": found.message,
        "x": found.x,
        "fun": found.fun,
        "nit": found.nit,
        "steps": [{"step": p.step, "x": p.x, "fun": p.fun, "gradient": p.gradient} for p in seen],
    }
    drawn = ""
    if plot is not None:
        drawn = f"\n\nThe figure is in {found.plot(lambda x: source.fun(*(x[name] for name in values))).save(plot)}."
    return Output(f"{steps_table(source, seen)}\n\n{found.message}{drawn}", data)


def choose_method(name: str, rate: float | None, momentum: float | None) -> Any:
    """Return the method that was asked for; with momentum, gradient descent is the heavy ball."""
    key = name.strip().lower()
    if key == "gd" and momentum is not None:
        key = "momentum"
    method = make_method(key, 0.1 if rate is None and key not in SOLVERS else rate)
    if momentum is None:
        return method
    if not hasattr(method, "momentum"):
        raise CommandError(f"{key} has no momentum of its own; --momentum goes with --method momentum or nesterov")
    return replace(method, momentum=momentum)


def descent(
    source: Source,
    values: dict[str, Any],
    method: Any,
    steps: int,
    tol: float = 1e-8,
    checkpoint: str | None = None,
) -> tuple[Minimum, list[Progress]]:
    """Descend from `values`, with x a dictionary of the variables; return the outcome and the points that are shown."""

    def loss(x: dict[str, Any]) -> Any:
        return source.fun(*(x[name] for name in values))

    loss.__name__ = source.label  # what errors call it
    with user_code(source.path, source.label):
        found = cr.minimize(loss, values, method, steps, tol, checkpoint=checkpoint)
        return found, _shown(found, loss)


def _shown(found: Minimum, loss: Any) -> list[Progress]:
    """Return the first and the last points that were kept, with their gradients."""
    path = found.path
    places = range(len(path))
    compute = cr.value_and_grad(loss)
    seen = []
    for place in (*places[:JSON_ENDS], *places[JSON_ENDS:][-JSON_ENDS:]):
        step = int(found.path_steps[place])
        value, gradient = compute(path[place])
        seen.append(
            Progress(step, path[place], float(value), gradient, float(found.gradient_norms[step // found.trail.every]))
        )
    is_last = found.status in (Status.CONVERGED, Status.STEPS_EXHAUSTED, Status.STALLED)
    if is_last and seen[-1].step != found.nit:  # where not every point is kept
        seen.append(Progress(found.nit, found.x, found.fun, found.jac, float(found.gradient_norms[-1])))
    return seen


def steps_table(source: Source, seen: Sequence[Progress]) -> str:
    """Return a row for each step, of many the first and the last ones: its number, variables, function and gradient."""
    names = list(seen[0].x)
    call = f"{source.label}({', '.join(names)})"
    slopes = ["gradient"] if len(names) == 1 else [f"∂{source.label}/∂{name}" for name in names]
    rows = [
        [str(p.step), *(fixed(p.x[n]) for n in names), fixed(p.fun), *(fixed(p.gradient[n]) for n in names)]
        for p in seen
    ]
    if len(rows) > 2 * ENDS + 1:
        rows = [*rows[: ENDS + 1], ["…", *("" for _ in rows[0][1:])], *rows[-ENDS:]]
    return table(["step", *names, call, *slopes], rows)
