"""Owns what a diagnosis of zero gradients says: its summary, its page, and its data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chainrule.explain.diagnosis.arising import figure
from chainrule.explain.diagnosis.nan_writing import elements_data, json_number, line_data
from chainrule.explain.diagnosis.vanishing import Shrink
from chainrule.explain.diagnosis.zero_record import Cause, InputGradient, ZeroFindings
from chainrule.explain.pages.page import Block, Code, Grid, Page, Paragraph

SHOWN_INPUTS = 6
"""So many inputs are described one by one."""
_ORDER = ("zero", "not finite", "tiny", "partly zero", "empty", "healthy")


def summary(found: ZeroFindings) -> str:
    """Return the diagnosis in a few sentences."""
    said = [f"{found.label} returned {figure(found.value)}."]
    told = [part for part in _ordered(found) if part.state != "healthy"]
    if not told:
        weakest = min(found.inputs, key=lambda part: part.smallest)
        where = f"[{', '.join(map(str, weakest.smallest_at))}]" if weakest.smallest_at else ""
        said.append(
            f"Its gradient is not zero: its length is {figure(found.norm)}, and the smallest entry is "
            f"{figure(weakest.smallest)}, of {weakest.name}{where}."
        )
    said += [sentence(part) for part in told[:SHOWN_INPUTS]]
    if len(told) > SHOWN_INPUTS:
        said.append(f"So it is with {len(told) - SHOWN_INPUTS} more inputs.")
    said += [f"But {note}." for note in found.notes]
    return " ".join(said)


def _ordered(found: ZeroFindings) -> list[InputGradient]:
    return sorted(found.inputs, key=lambda part: _ORDER.index(part.state))


def sentence(part: InputGradient) -> str:
    """Return what is the matter with the gradient of one input."""
    if part.state == "not finite":
        return f"The gradient of {part.name} is not finite: ask cr.why_nan."
    if part.state == "tiny":
        first = f": {_shrink(part.shrinks[0])} leaves most behind" if part.shrinks else ""
        return f"The gradient of {part.name} is not zero but tiny, at most {figure(part.largest)}{first}."
    if part.state == "empty":
        return f"{part.name} has no elements, and so no gradient."
    if part.state == "healthy":
        return f"The gradient of {part.name} is not zero: its length is {figure(part.norm)}."
    how = "is zero" if part.state == "zero" else f"is zero in {part.zeros}"
    if not part.causes:
        return f"The gradient of {part.name} {how}."
    return f"The gradient of {part.name} {how}: {'; '.join(_cause(cause, part) for cause in part.causes[:3])}."


def _cause(cause: Cause, part: InputGradient) -> str:
    share = "" if len(part.causes) == 1 else f"{percent(cause.share)} by "
    where = f", line {cause.line[1]}" if cause.line is not None else ""
    name = f" in {cause.operation}" if cause.operation else ""
    return f"{share}{cause.kind}{name}{where} ({cause.words})"


def percent(share: float) -> str:
    """Return a share as people write it.

    >>> percent(0.5), percent(0.999), percent(0.0004)
    ('50%', '99.9%', '0.04%')
    """
    return f"{100 * share:.3g}%"


def _shrink(shrink: Shrink) -> str:
    names = ", ".join(shrink.operations)
    where = "" if shrink.line is None else f", line {shrink.line[1]}"
    if shrink.passes == 1:
        return f"{names}{where}, with a factor of {shrink.factor:.2g},"
    return f"{names}{where}, passed {shrink.passes} times with a factor of {shrink.per_pass:.2g} each,"


def page(found: ZeroFindings) -> Page:
    """Return the page of a diagnosis."""
    states = {part.state for part in found.inputs}
    kinds = [cause.kind for part in _ordered(found) for cause in part.causes]
    title = "Why zero: the gradient is not zero"
    if kinds:
        title = f"Why zero: {', '.join(dict.fromkeys(kinds[:3]))}"
    elif "tiny" in states:
        title = "Why zero: the gradient vanishes on its way"
    return Page(title, tuple(_blocks(found)))


def _blocks(found: ZeroFindings) -> Iterator[Block]:
    yield Paragraph(summary(found))
    yield Grid(
        ("input", "shape", "length of the gradient", "zero entries", "state"),
        tuple(
            (
                part.name[:40],
                "×".join(map(str, part.shape)) or "a number",
                figure(part.norm),
                f"{part.zeros.count:,}",
                part.state,
            )
            for part in found.inputs[:20]
        ),
        "Gradients",
    )
    told = [part for part in _ordered(found) if part.causes or part.shrinks][:SHOWN_INPUTS]
    for part in told:
        if part.causes:
            yield Grid(
                ("share", "cause", "operation", "line", "acts on"),
                tuple(_row(cause) for cause in part.causes),
                f"Where the gradient of {part.name} dies (share of its zero elements)",
            )
        if part.shrinks:
            yield Grid(
                ("line", "operations", "passes", "factor of each", "factor in all"),
                tuple(
                    (
                        _line(part.line),
                        ", ".join(part.operations),
                        str(part.passes),
                        f"{part.per_pass:.2g}",
                        f"{part.factor:.2g}",
                    )
                    for part in part.shrinks
                ),
                f"What shrinks the gradient of {part.name}",
            )
    mends = {cause.kind: cause for part in told for cause in part.causes if cause.mend}
    for cause in list(mends.values())[:3]:
        yield Paragraph(f"{cause.kind}: {cause.mend}", "Mend")
        if cause.code:
            yield Code(cause.code, "For example, with your own variables")


def _row(cause: Cause) -> tuple[str, ...]:
    acts = f"{cause.died:,} of {cause.size:,}" if cause.size else ""
    operation = f"{cause.operation}({cause.operand})" if cause.operand else cause.operation
    return percent(cause.share), cause.kind, operation[:40], _line(cause.line), acts


def _line(line: Any) -> str:
    return "" if line is None else f"{line[1]}: {line[2][:50]}"


def data(found: ZeroFindings) -> dict[str, Any]:
    """Return a diagnosis as plain data."""
    return {
        "question": "zero",
        "function": found.label,
        "value": json_number(found.value),
        "norm": json_number(found.norm),
        "summary": summary(found),
        "inputs": [_input_data(part) for part in found.inputs],
        "notes": list(found.notes),
    }


def _input_data(part: InputGradient) -> dict[str, Any]:
    return {
        "name": part.name,
        "shape": list(part.shape),
        "state": part.state,
        "zeros": elements_data(part.zeros),
        "norm": json_number(part.norm),
        "largest": json_number(part.largest),
        "smallest": json_number(part.smallest),
        "smallest_at": list(part.smallest_at),
        "sentence": sentence(part),
        "causes": [
            {**{name: getattr(cause, name) for name in Cause.__slots__}, "line": line_data(cause.line)}
            for cause in part.causes
        ],
        "shrinks": [
            {
                "line": line_data(shrink.line),
                "operations": list(shrink.operations),
                "passes": shrink.passes,
                "factor": shrink.factor,
                "per_pass": shrink.per_pass,
            }
            for shrink in part.shrinks
        ],
    }
