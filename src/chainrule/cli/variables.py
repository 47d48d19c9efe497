"""Owns the function of a command as a function of one point: a dictionary of its variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.cli.output import CommandError
from chainrule.cli.point import read_point
from chainrule.cli.source import Source


def of_point(source: Source, point: str) -> tuple[Callable[[dict[str, Any]], Any], dict[str, Any]]:
    """Return the function of a dictionary, and the point that was typed as one; raise CommandError where there is none."""
    values = source.values(read_point(point))
    if not values:
        raise CommandError(f"{source.label} has no variables, so that there is nowhere to go")

    def of_variables(x: dict[str, Any]) -> Any:
        return source.fun(*(x[name] for name in values))

    of_variables.__name__ = source.label  # what errors call it
    return of_variables, values
