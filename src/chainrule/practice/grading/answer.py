"""Owns how a learner's answer is read: what stands left of the equals sign, the parts of a gradient, and the formulas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, final

import numpy as np

from chainrule.errors import ParseError, TracingError
from chainrule.explain.derivation.results import Gradient, Result
from chainrule.explain.expressions.expression import Expression, free_symbols, lift
from chainrule.explain.expressions.notation import text
from chainrule.explain.reading.nesting import depths
from chainrule.explain.reading.parse import MAX_LENGTH, parse, symbol_name
from chainrule.explain.reading.refusal import refusal
from chainrule.explain.reading.statements import place_of_where
from chainrule.practice.grading.unit_vectors import components, plain_unit_vectors

Answer: TypeAlias = Any
"""Text, a number, an expression or a result of `explain`; for a gradient a sequence or a mapping of these."""

MAX_PARTS = 50
_CONSTANT = re.compile(r"\+\s*([cC]|const(?:ant)?\.?)\s*$")
_DIFFERENTIAL = re.compile(r"(?:\\,|[\s*·])*(?<![A-Za-z]{2})(?:d|\\mathrm\{d\})\s*([A-Za-z])\s*$")
_EQUALS = re.compile(r":=?|=|≈|\\approx(?![a-z])|≡")
_WRT = re.compile(
    r"(?:d|∂|\\partial|\\mathrm\{d\})\s*+[\^²2{}]*\s*+[A-Za-z]?\s*+(?:\([^()]*\))?\s*+(?:/|\}\s*+\{)\s*+"
    r"(?:d|∂|\\partial|\\mathrm\{d\})\s*+(\\?[A-Za-z]+[0-9_]*|[α-ω])"
)
_SUBSCRIPT = re.compile(r"^\s*[A-Za-z]_\{?(\\?[A-Za-z][0-9]*|[α-ω])\}?\s*(?:\([^()]*\))?\s*$")
_PRIMES = re.compile(r"\s*[A-Za-z]\s*((?:['’′]|\^\{?\\prime\}?|″)+)")
_SECOND = re.compile(r"(?:d|∂|\\partial|\\mathrm\{d\})\s*(?:\^\s*\{?\s*2|²)")
_MATRIX = re.compile(r"\\(begin|end)\s*\{\s*[pbvB]?(?:matrix|array)\s*\}(?:\{[clr]*\})?")
_TRANSPOSED = re.compile(r"(?<=[)\]}>⟩])\s*(?:\^\s*\{?\s*(?:T|\\top|\\intercal)\s*\}?|ᵀ)\s*\.?$")
_SIDES = {"begin": "(", "end": ")"}
_SIZES = re.compile(r"\\(?:left|right|bigl|bigr|Bigl|Bigr|big|Big)(?![A-Za-z])\s*(?=[()\[\]<>.\\])")
_BRACKETS = {
    "\\langle": "(",
    "\\rangle": ")",
    "\\{": "(",
    "\\}": ")",
    **dict.fromkeys("⟨〈", "("),
    **dict.fromkeys("⟩〉", ")"),
}
_COMPARED = re.compile(r"(^|=\s*)<([^<>]*)>(?=$|\s*=)")
"""Signs of comparison that stand for brackets: <2x, 3y>; those in x > 0 are what they are."""
_CASES = re.compile(r"\\begin\s*\{\s*d?cases\s*\}|\\left\s*\\\{\s*\\begin\s*\{\s*array\s*\}")
_CONDITION = re.compile(r"[<>≤≥≠]|(?<![A-Za-z])(?:if|for|when|otherwise|else)(?![A-Za-z])")
"""What shows that a bracket holds cases, and not the parts of a gradient."""
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_INDEXED = re.compile(r"(?<![A-Za-z0-9_\\])([A-Za-z])\s*([0-9]+)(?![0-9_])")
_CALLED = "sin|cos|tan|sec|csc|cot|sinh|cosh|tanh|ln|log|exp|sqrt"
_ARGUMENT = re.compile(rf"(\\?(?:{_CALLED}))\s+([0-9]*[A-Za-z])\s+(?=\()")


@final
@dataclass(frozen=True, slots=True)
class Reading:
    """An answer as it was understood.

    parts: the formulas, one for each component. texts: how they were typed. wrt: the variable that stands left of the equals
    sign of each, where one does. order: how often the left side differentiates, where it says so. has_constant: whether
    "+ C" was written. has_differential: whether a factor such as "dx" was written, which is none of the parts'.
    """

    parts: tuple[Expression, ...]
    texts: tuple[str, ...]
    wrt: tuple[str | None, ...]
    order: int | None = None
    has_constant: bool = False
    has_differential: bool = False


def read_answer(answer: Answer, names: Sequence[str] = ()) -> Reading:
    """Read an answer about a function of `names`. Raises ParseError, which points at the column, where it cannot be read."""
    if isinstance(answer, str):
        return _in_components(_read_text(plain_unit_vectors(answer, names), names), names)
    if isinstance(answer, Gradient):
        return _read_parts([result.expression for result in answer], names)
    if isinstance(answer, Mapping):
        reading = _read_parts(list(answer.values()), names)
        return Reading(reading.parts, reading.texts, tuple(_variable(str(name)) for name in answer))
    if isinstance(answer, Sequence) or (isinstance(answer, np.ndarray) and answer.ndim):
        return _read_parts(list(answer), names)
    return _value(answer, names)


def _in_components(reading: Reading, names: Sequence[str]) -> Reading:
    """Return a sum of unit vectors as its components, and other answers as they are."""
    parts = components(reading.parts[0], names) if len(reading.parts) == 1 else None
    if parts is None:
        return reading
    return replace(reading, parts=parts, texts=tuple(map(text, parts)), wrt=(None,) * len(parts))


def _read_parts(answers: Sequence[Answer], names: Sequence[str]) -> Reading:
    _bound(answers)
    return _joined(_read_one(part, names) if isinstance(part, str) else _value(part, names) for part in answers)


def _joined(readings: Iterable[Reading]) -> Reading:
    parts: list[Reading] = list(readings)
    if any(len(part.parts) != 1 for part in parts):
        raise ParseError("the parts of the answer have parts themselves; expected one formula for each variable")
    return Reading(
        tuple(part.parts[0] for part in parts),
        tuple(part.texts[0] for part in parts),
        tuple(part.wrt[0] for part in parts),
        next((part.order for part in parts if part.order is not None), None),
        any(part.has_constant for part in parts),
        any(part.has_differential for part in parts),
    )


def _bound(parts: Sequence[object]) -> None:
    if not parts or len(parts) > MAX_PARTS:
        raise ParseError(f"the answer has {len(parts)} parts; expected 1 to {MAX_PARTS}")


def _value(answer: Answer, names: Sequence[str]) -> Reading:
    if isinstance(answer, Result):
        answer = answer.expression
    if not isinstance(answer, Expression):
        try:
            answer = lift(answer)
        except TracingError:
            return _read_text(str(answer), names)  # SymPy's expressions, for one, read as text
    return Reading((answer,), (text(answer),), (None,))


def _read_text(typed: str, names: Sequence[str]) -> Reading:
    if len(typed) > MAX_LENGTH:
        problem = f"the answer has {len(typed):,} characters; expected at most {MAX_LENGTH:,}"
        raise refusal(typed[:MAX_LENGTH], 0, problem)
    line = _plain_brackets(_without_dollars(typed))
    definitions = line[place_of_where(line) :].rstrip(" .")
    pieces = split_parts(line[: place_of_where(line)])
    if not pieces:
        raise refusal(typed[:20], 0, "the answer is empty; expected a formula such as 3x^2 + 1")
    if len(pieces) == 1:
        return _read_one(pieces[0], names, definitions)
    _bound(pieces)
    return _joined(_read_one(piece, names, definitions) for piece in pieces)


def _read_one(line: str, names: Sequence[str], definitions: str = "") -> Reading:
    """Read one equation, or one side of it; the right side may be a whole gradient.

    definitions: what follows the whole answer, such as `where s = sin x`.
    """
    sides = [side.strip() for side in _sides(line)]
    if len(sides) > 1 and _is_label(sides[-1]):
        sides.insert(0, sides.pop())  # 2x = f'(x)
    left, body = sides[0] if len(sides) > 1 else "", sides[-1]
    pieces = split_parts(_opened(body))
    if len(pieces) > 1:
        _bound(pieces)
        joined = _joined(_read_one(piece, names, definitions) for piece in pieces)
        return replace(joined, order=_order(left))
    if body.endswith(".") and not body.endswith(".."):
        body = body[:-1].rstrip()
    constant = _CONSTANT.search(body)
    if constant is not None and constant[1] not in names:
        body = body[: constant.start()]
    has_constant = constant is not None and constant[1] not in names
    differential = _DIFFERENTIAL.search(body)
    has_differential = differential is not None and differential[1] in names and "d" not in names
    if differential is not None and has_differential and body[: differential.start()].strip():
        body = body[: differential.start()]
        has_differential = re.fullmatch(r"d\s*[A-Za-z]", left) is None  # dy = 2x dx is an equation that holds
    return Reading(
        (_parsed(f"{body} {definitions}".rstrip(), names),),
        (body,),
        (_left_variable(left),),
        _order(left),
        has_constant,
        has_differential,
    )


def _sides(line: str) -> list[str]:
    """Split at equals signs; those of conditions, as in x >= 0, and those inside of brackets are no such signs."""
    nesting, start, sides = depths(line), 0, []
    for found in _EQUALS.finditer(line):
        place, end = found.span()
        compares = found[0] == "=" and (line[place - 1 : place] in ("<", ">", "!") or line[end : end + 1] == "=")
        if nesting[place] <= 0 and not compares:
            sides.append(line[start:place])
            start = end
    return [*sides, line[start:]]


def _is_label(side: str) -> bool:
    """Return whether a side is only the name of a derivative, such as y' or dy/dx."""
    return (
        re.fullmatch(rf"(?:{_PRIMES.pattern}\s*(?:\([^()]*\))?|(?:\\[dt]?frac\s*\{{)?{_WRT.pattern}\}}?)\s*", side)
        is not None
    )


def _parsed(body: str, names: Sequence[str]) -> Expression:
    """Read a formula.

    In an answer about x, "x2^x" and "x 2^x" mean x · 2^x, although x2 could be a variable; and in "sin x (x + 1)" the
    space ends the argument of sin.
    """
    body = _ARGUMENT.sub(r"\1(\2) ", body)
    apart = _INDEXED.sub(lambda found: f"{found[1]}*{found[2]}" if found[1] in names else found[0], body)
    try:
        expression = parse(body).expression
    except ParseError:
        if apart == body:
            raise
        return parse(apart).expression
    if apart == body or not any(name not in names and _INDEXED.fullmatch(name) for name in free_symbols(expression)):
        return expression
    return parse(apart).expression


def _without_dollars(text: str) -> str:
    line = text.strip()
    for opening, closing in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        if len(line) > len(opening) + len(closing) and line.startswith(opening) and line.endswith(closing):
            line = line[len(opening) : -len(closing)].strip()
    return line


def split_parts(line: str) -> list[str]:
    """Split at commas, semicolons and new lines that stand outside of brackets, and at the rows of a matrix.

    >>> split_parts("2x, max(x, y)")
    ['2x', 'max(x, y)']
    """
    parts, nesting, start = [], depths(line), 0
    for position, char in enumerate(line):
        spaced = position and line[position - 1] == "\\"  # LaTeX's thin space
        if nesting[position] <= 0 and char in ",;\n" and not spaced:
            parts.append(line[start:position])
            start = position + 1
    return [part.strip() for part in (*parts, line[start:]) if part.strip()]


def _plain_brackets(line: str) -> str:
    """Return the line with round brackets in place of angles and matrices, whose rows are set apart by commas."""
    if _CASES.search(line):
        return line.strip()
    line = _SIZES.sub("", line)
    line = _TRANSPOSED.sub("", line)
    if _MATRIX.search(line):
        line = re.sub(r"\\\\(?:\[[^\]]*\])?|&", ",", _MATRIX.sub(lambda found: _SIDES[found[1]], line))
    for sign, plain in _BRACKETS.items():
        line = line.replace(sign, plain)
    return _COMPARED.sub(r"\1(\2)", line.strip())


def _opened(line: str) -> str:
    """Return what stands in the brackets of a gradient; the text itself where it is none."""
    closing = _PAIRS.get(line[:1])
    if closing is None or not line.endswith(closing):
        return line
    inner = line[1:-1]
    outside = "".join(char for char, depth in zip(inner, depths(inner), strict=True) if depth <= 0)
    if _CONDITION.search(outside):
        return line
    return inner if _is_balanced(inner) and len(split_parts(inner)) > 1 else line


def _is_balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if depth < 0:
            return False
    return depth == 0


def _left_variable(left: str) -> str | None:
    found = _WRT.search(left) or _SUBSCRIPT.match(left)
    return _variable(found[1]) if found is not None else None


def _variable(name: str) -> str | None:
    try:
        return symbol_name(name)
    except ParseError:
        return None


def _order(left: str) -> int | None:
    if _SECOND.search(left):
        return 2
    found = _PRIMES.match(left)
    if found is None:
        return None
    marks = found[1].replace("″", "''").replace("\\prime", "'")
    return sum(mark in "'’′" for mark in marks)
