"""Owns `chainrule why nan` and `chainrule why zero`: why a gradient is not finite, and why it is zero."""

from __future__ import annotations

import chainrule as cr
from chainrule.cli.output import Output
from chainrule.cli.source import read_source, user_code


def run(function: str, at: str | None, question: str) -> Output:
    """Return the diagnosis; the exit code is 0, whatever it says."""
    source = read_source(function)
    values = source.values_at(at)
    ask = {"nan": cr.why_nan, "zero": cr.why_zero}[question]
    with user_code(source.path, source.label):
        found = ask(source.fun, *values.values())
    return Output(str(found), found.to_dict())
