"""Owns what is shown of a derivation at each level of detail, whatever shows it: title, sections, items, closing lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from chainrule.explain.derivation.account import Account, Detail, Step, Value
from chainrule.explain.derivation.formulas import row, rule_name
from chainrule.explain.derivation.phrases import Equation, Phrase, listed
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.structure import (
    CHAIN_OF_SEVERAL,
    CURL,
    DIFFERENTIAL,
    DIRECTIONAL,
    DIVERGENCE,
    INVERSE,
    JACOBIAN,
    LAPLACIAN,
    LIMIT,
    OF_SUMS,
    TAYLOR,
)
from chainrule.explain.expressions.expression import Expression, Symbol
from chainrule.explain.expressions.notation import text


@final
@dataclass(frozen=True, slots=True)
class Item:
    """A step as it is shown. aside: what is said in brackets after the rule. lines: what follows, the equation last."""

    rule: str
    why: str
    aside: Phrase
    lines: tuple[Phrase, ...]
    conditions: tuple[Expression, ...]


@final
@dataclass(frozen=True, slots=True)
class Section:
    """The steps to one derivative. caption: which one, where that has to be said. heading: what is found."""

    caption: str
    heading: Equation
    items: tuple[Item, ...]


@final
@dataclass(frozen=True, slots=True)
class Outline:
    """What is shown. title: what is derived of which function. result: the name of what is found. closing: what is said last."""

    title: str
    sections: tuple[Section, ...]
    result: str
    closing: tuple[str, ...]
    brief: bool


def outline(derivation: Account) -> Outline:
    """Return what is shown of a derivation."""
    captions = _captions(derivation)
    parts = derivation.partials or (derivation,)
    sections = tuple(
        Section(caption, part.heading, tuple(item(step, part.detail) for step in part.steps))
        for caption, part in zip(captions, parts, strict=True)
    )
    what, sign = _WORDS[_kind(derivation)]
    result = f"{sign}{_name(derivation)}" if sign else ""
    if derivation.study is not None:
        what = f"{derivation.study.question[0].upper()}{derivation.study.question[1:]}"
    brief = derivation.detail == "brief"
    of = "for" if what.endswith(("method", "theorem")) else "of"
    title = f"{what} {of} {function_text(derivation)}"
    return Outline(title, sections, result, tuple(closing_lines(derivation)), brief)


_WORDS = {
    "derivative": ("Derivative", ""),
    "gradient": ("Gradient", "∇"),
    "hessian": ("Hessian", "∇²"),
    "mixed": ("Mixed derivative", ""),
    DIVERGENCE: ("Divergence", "div "),
    CURL: ("Curl", "curl "),
    JACOBIAN: ("Jacobian", "J of "),
    LAPLACIAN: ("Laplacian", "∇²"),
    DIRECTIONAL: ("Directional derivative", "D_u "),
    DIFFERENTIAL: ("Total differential", "d"),
    CHAIN_OF_SEVERAL: ("Derivative", ""),
    TAYLOR: ("Taylor polynomial", ""),
    INVERSE: ("Derivative of the inverse", ""),
    LIMIT: ("Limit", ""),
}
"""What is found, and the sign of it."""


def _kind(derivation: Account) -> str:
    if not derivation.partials:
        return LIMIT if derivation.route == LIMIT else "derivative"
    if derivation.route in _WORDS:
        return derivation.route
    if isinstance(derivation.result, Result):
        return "mixed"
    return "gradient" if derivation.order == 1 else "hessian"


_SUMS = dict.fromkeys(OF_SUMS, "Put together")
"""What is said over the parts that add derivatives up."""


def _captions(derivation: Account) -> list[str]:
    """Return what each part finds, where its heading does not say it."""
    if _kind(derivation) == "mixed":
        return [f"{'Then' if turn else 'First'} by {_variable(name)}" for turn, name in enumerate(derivation.wrt)]
    if len(derivation.partials) == 1:
        return [""]
    if derivation.partials and _kind(derivation) in OF_SUMS:
        return [_SUMS.get(part.route, "") for part in derivation.partials]
    if _kind(derivation) != "hessian":
        return [""] * max(1, len(derivation.partials))
    by = [_variable(name) for name in derivation.wrt]
    found = [f"First by {name}" for name in by]
    for index, first in enumerate(by):
        for column, second in enumerate(by[index:], index):
            same = f", which is the same as first by {second}, then by {first}" if column != index else ""
            found.append(f"First by {first}, then by {second}{same}")
    return found


def item(step: Step, detail: Detail) -> Item:
    """Return a step as it is shown."""
    if detail != "brief":
        return Item(step.rule, step.why, (), (*step.phrases, (step.equation,)), step.conditions)
    # In sums and constant factors everyone sees what the parts are.
    plain = step.rule in (rule_name(row("add")), rule_name(row("negative")))
    parts = () if plain else tuple((equation,) for equation in step.parts)
    said = (listed(step.phrases, "; "), listed(parts, ", "))
    return Item(step.rule, "", listed(tuple(phrase for phrase in said if phrase), "; "), ((step.equation,),), ())


def function_text(derivation: Account) -> str:
    """Return the function as it is introduced: f(x) = x^2, or y, where x^2 + y^2 = 25."""
    if derivation.given and derivation.route in (DIVERGENCE, CURL, JACOBIAN):
        variables = ", ".join(map(_variable, derivation.names))
        return f"F({variables}), where {', '.join(map(str, derivation.given))}"
    where = f", where {', '.join(map(str, derivation.given))}" if derivation.given else ""
    if derivation.given and derivation.study is None:
        return f"{_name(derivation)}{where}"
    return f"{_name(derivation)}({', '.join(map(_variable, derivation.names))}) = {text(derivation.expression)}{where}"


def _name(derivation: Account) -> str:
    """Return what the function is called; a name that would upset a terminal is shown as an escape."""
    name = "F" if derivation.route in (DIVERGENCE, CURL, JACOBIAN) else derivation.label or "f"
    return name if name.isprintable() else ascii(name)[1:-1]


def _variable(name: str) -> str:
    return text(Symbol(name))


def number(value: float) -> str:
    """Return a value as it is read: 10 digits, whole numbers without a point, and no minus sign before 0."""
    return f"{value + 0.0:.10g}"


def value_text(value: Value) -> str:
    """Return a value, a gradient's values, or a Hessian's rows as text."""
    if not isinstance(value, tuple):
        return number(value)
    rows = [part for part in value if isinstance(part, tuple)]
    if rows:
        return f"[{', '.join(f'[{_listed(entries)}]' for entries in rows)}]"
    return f"({_listed(value)})"


def _listed(values: Sequence[Value]) -> str:
    return ", ".join(map(value_text, values))


def closing_lines(derivation: Account) -> Iterator[str]:
    """Yield what is said after the steps: the value, the conditions, notes and the check, as plain text."""
    if derivation.at is not None and derivation.value is not None:
        point = ", ".join(f"{_variable(name)} = {number(value)}" for name, value in derivation.at)
        yield f"At {point}: {value_text(derivation.value)}"
    if derivation.conditions:
        yield "Holds where " + ", ".join(text(condition) for condition in derivation.conditions)
    yield from derivation.notes
    if derivation.study is not None:
        yield derivation.study.checked
    if derivation.verified is not None:
        yield f"Checked: the engine and the limit definition agree to {max(derivation.verified, 1e-16):.0e}"
