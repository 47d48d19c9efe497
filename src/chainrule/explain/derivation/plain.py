"""Owns how a derivation is written as plain text, in 80 columns or as many as there are: lines of spans, each with what it is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from chainrule.explain.derivation.account import Account
from chainrule.explain.derivation.findings.study import Study
from chainrule.explain.derivation.findings.writing import FOLLOWS, table_rows
from chainrule.explain.derivation.outline import Item, Section, outline
from chainrule.explain.derivation.phrases import NO_VALUE, phrase_text
from chainrule.explain.derivation.results import Gradient, Hessian, Jacobian, Result
from chainrule.explain.expressions.notation import text
from chainrule.explain.reading.nesting import lone_equals

WIDTH = 80
MIN_WIDTH = 24
NUMBERED = 4
"""Steps are numbered, and set in by at most that."""

Role: TypeAlias = Literal["", "title", "rule", "why", "result"]
Line: TypeAlias = tuple[tuple[str, Role], ...]


def write(derivation: Account) -> str:
    """Return the derivation as plain text."""
    return "\n".join("".join(span for span, _ in line) for line in lines(derivation))


def lines(derivation: Account, width: int = WIDTH) -> Iterator[Line]:
    """Yield the lines of a derivation, in spans, for those who set them in colors."""
    width = max(MIN_WIDTH, min(WIDTH, width))
    shown = outline(derivation)
    several = len(shown.sections) > 1
    if several or derivation.study is not None:
        yield from _all(wrapped(shown.title, "", width), "title")
    for section in shown.sections:
        yield from _section(section, several, shown.brief, width)
    yield ()
    if derivation.study is None:
        yield from _all(_result_lines(shown.result, derivation.result, width), "result")
    else:
        yield from _study(derivation.study, width)
    for sentence in shown.closing:
        yield from _all(wrapped(sentence, "", width))


def _study(study: Study, width: int) -> Iterator[Line]:
    """Yield the steps of a study, numbered, and its answer."""
    yield ((f"{FOLLOWS}:", "title"),)
    for index, step in enumerate(study.steps, 1):
        label = f"{index}. "
        yield ((label + step.rule, "rule"),)
        indent = " " * len(label)
        for phrase in step.phrases:
            yield from _all([indent + row for row in wrapped(phrase_text(phrase), "", width - len(label))])
        if step.table is not None:
            yield from _all([indent + row for row in table_rows(step.table)])
    yield ()
    for line in study.answer:
        yield from _all(wrapped(f"Result: {phrase_text(line)}", "", width), "result")


def _result_lines(name: str, result: Result | Gradient | Hessian | Jacobian, width: int) -> Iterator[str]:
    """Yield the result: of a long gradient or Hessian each part on a line of its own."""
    if isinstance(result, Result) and not result.exists:
        yield f"Result: {NO_VALUE}"
        return
    line = f"Result: {name} = {result}" if name else f"Result: {result}"
    if isinstance(result, Result) or len(line) <= width:
        yield from equation_lines(line, width)
        return
    yield f"Result: {name}"
    opening, closing = ("(", ")") if isinstance(result, Gradient) else ("[", "]")
    last = len(result) - 1
    parts: Sequence[Result | Gradient] = tuple(result)
    for index, part in enumerate(parts):
        before, after = f"  = {opening}" if index == 0 else "     ", closing if index == last else ","
        yield from textwrap.wrap(
            f"{_part(part)}{after}", width, initial_indent=before, subsequent_indent=" " * 9, break_on_hyphens=False
        )


def _part(part: Result | Gradient) -> str:
    return str(part) if isinstance(part, Result) else f"[{', '.join(map(str, part))}]"


def _section(section: Section, several: bool, brief: bool, width: int) -> Iterator[Line]:
    if several:
        yield ()
    if section.caption:
        yield from _all(wrapped(f"{section.caption}:", "", width), "title")
    yield from _all(equation_lines(str(section.heading), width), "title")
    if not several:
        yield ()
    for index, item in enumerate(section.items, 1):
        yield from _item(item, f"{index}. ", brief, width - NUMBERED)


def _item(item: Item, label: str, brief: bool, width: int) -> Iterator[Line]:
    """Yield the lines of one step: what belongs to the rule, then the mathematics under it."""
    said, mathematics = _brief_rows(item, width) if brief else _rows(item, width)
    first, *more = said
    yield _first_row(first, item.rule, label, "" if brief else "why")
    indent = " " * len(label)
    for row in more:
        yield ((indent + row, "why"),)
    for row in mathematics:
        yield ((indent + row, ""),)


def _rows(item: Item, width: int) -> tuple[list[str], list[str]]:
    said = list(wrapped(item.rule + (f": {item.why}" if item.why else ""), "", width))
    mathematics = [row for phrase in item.lines for row in equation_lines(phrase_text(phrase), width)]
    if item.conditions:
        mathematics += wrapped("where " + ", ".join(text(condition) for condition in item.conditions), "", width)
    return said, mathematics


def _brief_rows(item: Item, width: int) -> tuple[list[str], list[str]]:
    """Return a step as one row, where it fits into one."""
    aside = f" ({phrase_text(item.aside)})" if item.aside else ""
    first, equation = f"{item.rule}{aside}:", phrase_text(item.lines[-1])
    if len(f"{first} {equation}") <= width:
        return [f"{first} {equation}"], []
    return list(wrapped(first, "", width)), list(equation_lines(equation, width))


def _first_row(row: str, rule: str, label: str, rest: Role) -> Line:
    if not row.startswith(rule):
        return ((label + row, "rule"),)
    return ((label + rule, "rule"), (row.removeprefix(rule), rest))


def _all(rows: Iterator[str] | Sequence[str], role: Role = "") -> Iterator[Line]:
    for row in rows:
        yield ((row, role),)


def wrapped(sentence: str, indent: str = "", width: int = WIDTH) -> Iterator[str]:
    """Yield a sentence broken at spaces."""
    yield from textwrap.wrap(
        sentence, width, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )


def equation_lines(line: str, width: int = WIDTH) -> Iterator[str]:
    """Yield an equation, broken before its equals sign where it is too long."""
    place = lone_equals(line)
    left, right = line[: max(place - 1, 0)], line[place + 2 :]
    if len(line) <= width or place < 0:
        yield from textwrap.wrap(line, width, subsequent_indent="    ", break_on_hyphens=False)
        return
    yield from textwrap.wrap(left, width, subsequent_indent="    ", break_on_hyphens=False)
    yield from textwrap.wrap("= " + right, width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
