"""Owns `chainrule limit`: the limit definition of a derivative at a point, seen."""

from __future__ import annotations

import chainrule as cr
from chainrule.cli.output import CommandError, Output
from chainrule.cli.source import read_source, user_code


def run(function: str, at: str | None, wrt: str | None) -> Output:
    """Return the table of difference quotients, the limits from both sides, and the tangent."""
    source = read_source(function)
    values = source.values_at(at)
    if wrt is None and len(values) > 1:
        raise CommandError(
            f"the variables are {', '.join(values)}; name the one that moves, such as --wrt {next(iter(values))}"
        )
    with user_code(source.path, source.label):
        found = cr.limit(source.explainable, values, wrt=wrt)
    return Output(str(found), found.to_dict())
