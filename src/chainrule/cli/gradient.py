"""Owns `chainrule gradient`: all partial derivatives, as formulas and as numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.cli.numbers import assignments, short
from chainrule.cli.output import CommandError, Output
from chainrule.cli.point import read_point
from chainrule.cli.source import Source, read_source, user_code
from chainrule.explain.derivation.results import Gradient


def run(function: str, at: str | None) -> Output:
    """Return the gradient: formulas of typed mathematics, and numbers at the point."""
    source = read_source(function)
    values = None if at is None else source.values(read_point(at))
    if source.text is None and values is None:
        example = ",".join(f"{name}=1" for name in source.names)
        raise CommandError(f"the gradient of a Python function needs a point: add --at {example}")
    formulas = _formulas(source) if source.text is not None else {}
    lines = [f"∂{source.label}/∂{name} = {formula}" for name, formula in formulas.items()]
    data: dict[str, Any] = {"function": source.text or source.label, "variables": source.names, "formulas": formulas}
    if values is not None:
        value, slopes = _numbers(source, values)
        lines += ["", f"At {assignments(values)}: {source.label} = {short(value)}"]
        lines += [f"∂{source.label}/∂{name} = {short(slope)}" for name, slope in slopes.items()]
        norm = math.hypot(*(entry for slope in slopes.values() for entry in np.ravel(slope)))
        lines += [f"length of the gradient = {short(norm)}"]
        if not math.isfinite(norm):
            lines.append("Not all of these are finite: `chainrule why nan` finds the operation that is not")
        data |= {"at": values, "value": value, "gradient": slopes, "norm": norm}
    return Output("\n".join(lines).strip("\n"), data)


def _formulas(source: Source) -> dict[str, str]:
    names = source.names or ("x",)
    result = cr.explain(source.explainable, wrt=names if len(names) > 1 else names[0]).result
    partials = result.partials if isinstance(result, Gradient) else (result,)
    return {name: str(partial) for name, partial in zip(names, partials, strict=True)}


def _numbers(source: Source, values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    if not values:
        raise CommandError(f"{source.label} has no variables, so that it has no gradient")
    with user_code(source.path, source.label), np.errstate(all="ignore"):
        value, slopes = cr.value_and_grad(source.fun, argnums=tuple(range(len(values))))(*values.values())
    return value, dict(zip(values, slopes, strict=True))
