"""Owns `chainrule descend`: gradient descent, every step of it."""

from __future__ import annotations

from typing import Any

import chainrule as cr
from chainrule.cli.numbers import fixed
from chainrule.cli.output import CommandError, Output, table
from chainrule.cli.point import read_point
from chainrule.cli.source import Source, read_source, user_code
from chainrule.optim import GradientDescent, Minimum, Progress


def run(function: str, start: str, rate: float, steps: int, tol: float) -> Output:
    """Return the table of steps, and how the descent ended."""
    source = read_source(function)
    values = source.values(read_point(start))
    if not values:
        raise CommandError(f"{source.label} has no variables, so that there is nowhere to go")
    found, seen = descent(source, values, rate, steps, tol)
    data = {
        "function": source.text or source.label,
        "rate": rate,
        "status": found.status.name.lower(),
        "success": found.success,
        "message": found.message,
        "x": found.x,
        "fun": found.fun,
        "steps": [{"step": p.step, "x": p.x, "fun": p.fun, "gradient": p.gradient} for p in seen],
    }
    return Output(f"{steps_table(source, seen)}\n\n{found.message}", data)


def descent(
    source: Source, values: dict[str, Any], rate: float, steps: int, tol: float = 1e-8
) -> tuple[Minimum, list[Progress]]:
    """Descend from `values`, with x a dictionary of the variables; return the outcome and every point."""
    seen: list[Progress] = []

    def loss(x: dict[str, Any]) -> Any:
        return source.fun(*(x[name] for name in values))

    loss.__name__ = source.label  # what errors call it
    with user_code(source.path, source.label):
        found = cr.minimize(loss, values, GradientDescent(rate), steps, tol, callback=seen.append)
    return found, seen


def steps_table(source: Source, seen: list[Progress]) -> str:
    """Return one row for each step: its number, the variables, the function and the gradient."""
    names = list(seen[0].x)
    call = f"{source.label}({', '.join(names)})"
    slopes = ["gradient"] if len(names) == 1 else [f"∂{source.label}/∂{name}" for name in names]
    rows = [
        [str(p.step), *(fixed(p.x[n]) for n in names), fixed(p.fun), *(fixed(p.gradient[n]) for n in names)]
        for p in seen
    ]
    return table(["step", *names, call, *slopes], rows)
