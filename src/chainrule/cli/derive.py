"""Owns `chainrule derive`: a derivation, step by step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import chainrule as cr
from chainrule.cli.output import CommandError, Output, colored, in_color
from chainrule.cli.point import Point, read_point
from chainrule.cli.source import Source, read_question, user_code
from chainrule.explain.derivation.account import Detail
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.hints import hint
from chainrule.explain.expressions.notation import text
from chainrule.explain.matrix.derivation import MatrixDerivation
from chainrule.explain.reading.parse import symbol_name
from chainrule.explain.reading.point import UnfitPoint


def _variable(name: str, source: Source) -> str:
    return name.strip() if source.text is None else symbol_name(name)


def run(
    function: str,
    wrt: str | None,
    at: str | None,
    order: int,
    detail: str | None,
    hints: bool,
    latex: bool,
    html: bool,
) -> Output:
    """Return the derivation; with `hints` only a nudge for each step, and no result."""
    if hints + latex + html > 1:
        raise CommandError("--hint, --latex and --html each print something else; give one of them")
    source = read_question(function)
    variables = () if wrt is None else tuple(_variable(name, source) for name in wrt.split(","))
    values = None if at is None else _values(read_point(at), source)
    with user_code(source.path, source.label):
        asked = None if not variables else variables[0] if len(variables) == 1 else variables
        derivation = _derivation(source, asked, values, order, _level(detail))
    if hints:
        return _hints(derivation)
    if latex:
        return Output(derivation.to_latex(), derivation.to_dict())
    if html:
        return Output(derivation.to_html(), derivation.to_dict())
    return Output(colored(derivation) if in_color() else str(derivation), derivation.to_dict())


def _derivation(source: Source, wrt: Any, values: Any, order: int, detail: Detail) -> Derivation | MatrixDerivation:
    try:
        found: Derivation | MatrixDerivation = cr.explain(
            source.explainable, wrt=wrt, at=values, order=order, detail=detail
        )
    except UnfitPoint as error:  # its message shows how Python writes a point
        example = ",".join(f"{name}=1" for name in error.names)
        raise CommandError(f"--at {error.problem}, such as --at {example}") from None
    return found


def _values(point: Point, source: Source) -> Any:
    """Return a point as `explain` takes it: by name, or in the order of the variables; one number alone where it is one."""
    if source.text is None:
        return source.values(point)
    return point.named or (point.ordered[0] if len(point.ordered) == 1 else list(point.ordered))


def _level(detail: str | None) -> Detail:
    if detail is None:
        return None
    for level in ("brief", "full"):
        if detail == level:
            return level
    raise CommandError(f"--detail is brief or full, or left out for what lies between the two; not {detail}")


def _hints(derivation: Derivation | MatrixDerivation) -> Output:
    """Return the hints, numbered; of several variables under what is differentiated."""
    every = derivation.hints()
    parts = derivation.partials if isinstance(derivation, Derivation) else ()
    lines = [] if parts else _numbered(every)
    for part in parts:
        lines += ["", f"{text(part.heading.sides[0])}:", *_numbered(map(hint, part.steps))]
    if parts:
        lines += ["", *_numbered(every[len(derivation.steps) :])]
    return Output("\n".join(lines).strip(), {"hints": list(every)})


def _numbered(sentences: Iterable[str]) -> list[str]:
    return [f"{index}. {sentence}" for index, sentence in enumerate(sentences, 1)]
