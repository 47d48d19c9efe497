"""Owns `chainrule curvature`: what kind of point a point is."""

from __future__ import annotations

import chainrule as cr
from chainrule.cli.numbers import assignments
from chainrule.cli.output import Output
from chainrule.cli.source import read_source, user_code
from chainrule.cli.variables import of_point


def run(function: str, at: str) -> Output:
    """Return how the function bends at the point."""
    source = read_source(function)
    fun, values = of_point(source, at)
    with user_code(source.path, source.label):
        found = cr.curvature(fun, values)
    data = {"function": source.text or source.label, "at": values, **found.to_dict()}
    return Output(f"{source.text or source.label} at {assignments(values)}\n\n{found}", data)
