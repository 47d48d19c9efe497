"""Owns `chainrule check`: the derivatives of a function against the limit definition."""

from __future__ import annotations

import chainrule as cr
from chainrule.cli.numbers import assignments
from chainrule.cli.output import EXIT_CHECK, Output
from chainrule.cli.point import read_point
from chainrule.cli.source import read_source, user_code


def run(function: str, at: str) -> Output:
    """Return the report; exit code 1 where a derivative disagrees with the limit."""
    source = read_source(function)
    values = source.values(read_point(at))
    data = {"function": source.text or source.label, "at": values}
    where = f"{source.label} at {assignments(values)}"
    try:
        with user_code(source.path, source.label):
            report = cr.check_grad(source.fun, *values.values())
    except cr.GradientError as error:
        return Output(f"{where}: WRONG\n{error}", {**data, "agrees": False, "message": str(error)}, EXIT_CHECK)
    found = {
        "agrees": True,
        "message": str(report),
        "comparisons": report.comparisons,
        "modes": report.modes,
        "entry": report.entry,
        "rule": report.rule,
        "limit": report.limit,
        "difference": report.difference,
    }
    return Output(f"{where}: correct\n{report}", data | found)
