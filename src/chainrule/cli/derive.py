"""Owns `chainrule derive`: a derivation, step by step."""

from __future__ import annotations

import chainrule as cr
from chainrule.cli.output import CommandError, Output
from chainrule.cli.point import read_point
from chainrule.cli.source import Source, read_source, user_code
from chainrule.explain.reading.parse import symbol_name


def _variable(name: str, source: Source) -> str:
    return name.strip() if source.text is None else symbol_name(name)


def run(function: str, wrt: str | None, at: str | None, order: int, hint: bool, latex: bool) -> Output:
    """Return the derivation; with `hint`, only the rule that comes first and why."""
    source = read_source(function)
    point = None if at is None else read_point(at)
    variables = () if wrt is None else tuple(_variable(name, source) for name in wrt.split(","))
    names = source.names or variables or ("x",)
    values = None if point is None else (source.values(point) if source.names else point.match(names))
    with user_code(source.path, source.label):
        asked = None if not variables else variables[0] if len(variables) == 1 else variables
        derivation = cr.explain(source.explainable, wrt=asked, at=values, order=order)
    if hint:
        if not derivation.steps:
            raise CommandError("there is no step to hint at: the derivative can be read off")
        step = derivation.steps[0]
        return Output(f"Next: {step.rule}\n  {step.why}", {"hint": {"rule": step.rule, "why": step.why}})
    return Output(derivation.to_latex() if latex else str(derivation), derivation.to_dict())
