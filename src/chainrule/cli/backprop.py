"""Owns `chainrule backprop`: a function run forward and backward, node by node."""

from __future__ import annotations

import chainrule as cr
from chainrule.cli.output import Output
from chainrule.cli.point import read_point
from chainrule.cli.source import read_source, user_code


def run(function: str, at: str) -> Output:
    """Return the table of nodes and the chain-rule products."""
    source = read_source(function)
    values = source.values(read_point(at))
    with user_code(source.path, source.label):
        # Typed mathematics goes in as text, so that the names that it defines on the way are shown.
        called = (source.fun, *values.values())
        found = cr.backprop(*called) if source.text is None else cr.backprop(source.text, **values)
    return Output(str(found), found.to_dict())
