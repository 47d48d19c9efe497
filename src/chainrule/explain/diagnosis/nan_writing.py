"""Owns what a diagnosis of NaN says: its summary, its page, and its data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from chainrule.explain.diagnosis.arising import figure, precise
from chainrule.explain.diagnosis.marks import Elements
from chainrule.explain.diagnosis.mend import Mend
from chainrule.explain.diagnosis.nan_record import Finding, Link, NanFindings
from chainrule.explain.diagnosis.source import Line
from chainrule.explain.pages.page import Block, Code, Grid, Page, Paragraph


def place(line: Line | None) -> str:
    """Return where a line is, with its text."""
    return "an unknown line" if line is None else f"{line[0]}:{line[1]}: {line[2]:.160}"


def summary(found: NanFindings) -> str:
    """Return the diagnosis in a few sentences."""
    if found.first is None:
        return f"{found.label} returned {figure(found.value)}; its value and its gradient are finite in every element."
    first, said = found.first, [_symptom(found)]
    if first.way == "input":
        said.append(f"The input {first.operation} is not finite itself: {first.cause}.")
    elif first.way == "constant":
        said.append(f"A constant of the program, {first.cause}.")
    elif first.way == "forward":
        said.append(
            f"The first operation whose value is not finite is {first.operation}: {first.cause} ({first.elements})."
        )
    else:
        said.append(
            f"The result is finite. Backward from it, the first operation that passes on something else is {first.operation}: "
            f"{first.cause} ({first.elements})."
        )
    if found.becomes is not None:
        said.append(
            f"It becomes NaN in {found.becomes.operation}{_by_line(found.becomes, first)}: {found.becomes.cause}."
        )
    return " ".join(said)


def _by_line(finding: Finding, other: Finding) -> str:
    return "" if finding.line is None or finding.line == other.line else f", line {finding.line[1]}"


def _symptom(found: NanFindings) -> str:
    if found.raised is not None:
        return f"{found.label} raised {found.raised}, after something that was not finite."
    if not np.isfinite(found.value):
        return f"{found.label} returned {figure(found.value)}."
    wrong = [state for state in found.inputs if state.gradient.count]
    if not wrong:
        return f"{found.label} returned {figure(found.value)}, which was made of a matrix that is not finite."
    listed = ", ".join(f"{state.name} ({state.gradient})" for state in wrong[:3])
    more = f" and {len(wrong) - 3} more inputs" if len(wrong) > 3 else ""
    return (
        f"{found.label} returned {figure(found.value)}, but its gradient is not finite with respect to {listed}{more}."
    )


def page(found: NanFindings) -> Page:
    """Return the page of a diagnosis."""
    title = (
        "Why NaN: nothing is wrong"
        if found.first is None
        else f"Why NaN: {found.first.kind} in {found.first.operation}"
    )
    return Page(title, tuple(_blocks(found)))


def _blocks(found: NanFindings) -> Iterator[Block]:
    yield Paragraph(summary(found))
    if found.first is not None:
        yield from _finding(found.first, "Where")
        if found.becomes is not None and found.becomes.line != found.first.line:
            yield from _finding(found.becomes, "Where it becomes NaN")
        if len(found.chain) > (found.first.way != "input"):
            yield _chain(found)
    for note in found.notes:
        yield Paragraph(note, "Note")
    for mend in found.mends:
        yield from mend_blocks(mend)


def mend_blocks(mend: Mend) -> Iterator[Block]:
    """Yield how a mend is shown."""
    said = f"{mend.title}: {mend.why}"
    if not mend.after:
        yield Paragraph(said, "Mend")
        return
    yield Paragraph(said, "Mend")
    if mend.before:
        where = "" if mend.line is None else f" ({mend.line[0]}:{mend.line[1]})"
        yield Code(mend.before, f"Instead of{where}")
    yield Code(mend.after, "Write" if mend.before else "For example, with your own variables")


def _finding(finding: Finding, heading: str) -> Iterator[Block]:
    if finding.line is not None:
        yield Code(
            finding.line[2][:400] or "(its text is not known)", f"{heading} ({finding.line[0]}:{finding.line[1]})"
        )
    said = precise if finding.kind == "outside the domain" else figure
    rows = [(part.name, shown(part.value, said)) for part in finding.operands]
    if finding.value is not None:
        rows.append((f"value of {finding.operation}", shown(finding.value)))
    if finding.way == "backward":
        rows.append(("sensitivity that arrives", shown(finding.cotangent)))
        if finding.local is not None:
            rows.append((f"local derivative of {finding.operation}", shown(finding.local)))
    where = f" at element [{', '.join(map(str, finding.elements.first[0]))}]" if finding.elements.first else ""
    if rows:
        yield Grid(("quantity", f"value{where}"), tuple((name[:60], value) for name, value in rows))


def shown(value: Any, said: Callable[[Any], str] = figure) -> str:
    """Return a number as `said` writes it, or the shape and the range of an array."""
    array = np.asarray(value)
    if array.ndim == 0 and array.dtype.kind in "fciub":
        return said(array[()])
    if array.dtype.kind not in "fiub" or not array.size:
        return f"array {'×'.join(map(str, array.shape))}"
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    if not finite.size:
        return f"array {'×'.join(map(str, array.shape))}, nowhere finite"
    return f"array {'×'.join(map(str, array.shape))}, from {figure(finite.min())} to {figure(finite.max())}"


def _chain(found: NanFindings) -> Grid:
    assert found.first is not None
    end = "back to the inputs" if found.first.way == "backward" else "to the result"
    rows = tuple((_short(link.line), ", ".join(link.operations)[:60], str(link.elements)) for link in found.chain)
    return Grid(("line", "operations", "not finite"), rows, f"How it goes on {end}")


def _short(line: Line | None) -> str:
    return "?" if line is None else f"{line[1]}: {line[2][:70]}"


def data(found: NanFindings) -> dict[str, Any]:
    """Return a diagnosis as plain data."""
    return {
        "question": "nan",
        "function": found.label,
        "value": json_number(found.value),
        "raised": found.raised,
        "finite": found.finite,
        "summary": summary(found),
        "first": None if found.first is None else _finding_data(found.first),
        "becomes": None if found.becomes is None else _finding_data(found.becomes),
        "chain": [_link_data(link) for link in found.chain],
        "mends": [mend_data(mend) for mend in found.mends],
        "inputs": [
            {"name": state.name, "values": elements_data(state.values), "gradient": elements_data(state.gradient)}
            for state in found.inputs
        ],
        "notes": list(found.notes),
    }


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "way": finding.way,
        "kind": finding.kind,
        "operation": finding.operation,
        "line": line_data(finding.line),
        "elements": elements_data(finding.elements),
        "operands": [{"name": part.name, "value": json_number(part.value)} for part in finding.operands],
        "value": json_number(finding.value),
        "local": json_number(finding.local),
        "cotangent": json_number(finding.cotangent),
        "cause": finding.cause,
    }


def _link_data(link: Link) -> dict[str, Any]:
    return {"line": line_data(link.line), "operations": list(link.operations), "elements": elements_data(link.elements)}


def mend_data(mend: Mend) -> dict[str, Any]:
    """Return a mend as plain data."""
    return {
        "title": mend.title, "why": mend.why, "line": line_data(mend.line), "before": mend.before, "after": mend.after,
    }  # fmt: skip


def line_data(line: Line | None) -> dict[str, Any] | None:
    """Return a line as plain data."""
    return None if line is None else {"file": line[0], "number": line[1], "source": line[2]}


def elements_data(elements: Elements) -> dict[str, Any]:
    """Return elements as plain data."""
    return {"count": elements.count, "size": elements.size, "first": [list(part) for part in elements.first]}


def json_number(value: Any) -> Any:
    """Return a number as JSON can hold it: text where it is not finite, complex, or an array."""
    if value is None or isinstance(value, str):
        return value
    array = np.asarray(value)
    if array.ndim or array.dtype.kind not in "fiub":
        return shown(value)
    number = array.item()
    return number if not isinstance(number, float) or np.isfinite(number) else figure(number)
