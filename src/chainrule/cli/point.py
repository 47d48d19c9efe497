"""Owns how a point is typed: x=1,y=2 or 1,2, with vectors in brackets, such as x=[1,2]."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.cli.output import CommandError
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import free_symbols
from chainrule.explain.reading.parse import parse, symbol_name

MAX_LENGTH = 100_000
MAX_NESTING = 8


@dataclass(frozen=True, slots=True)
class Point:
    """Values that were typed: by name, or in order. A value is a float or an array."""

    named: dict[str, Any]
    ordered: tuple[Any, ...]

    def match(self, names: Sequence[str]) -> dict[str, Any]:
        """Return a value for each name, in the order of the names; raise CommandError where names do not fit."""
        listed = ", ".join(names) or "none"
        if self.ordered:
            if len(self.ordered) != len(names):
                raise CommandError(
                    f"the point has {len(self.ordered)} values; the variables are {listed}: give one for each, a vector as [1,2]"
                )
            return dict(zip(names, self.ordered, strict=True))
        values = {_resolved(name, names): value for name, value in self.named.items()}
        missing = [name for name in names if name not in values]
        unknown = [name for name in values if name not in names]
        if unknown:
            raise CommandError(f"there is no variable {', '.join(unknown)}; the variables are {listed}")
        if missing:
            example = ",".join(f"{name}=1" for name in names)
            raise CommandError(f"the point gives no value of {', '.join(missing)}; write all, such as {example}")
        return {name: values[name] for name in names}


def read_point(text: str) -> Point:
    """Return the point that was typed; raise CommandError where it cannot be read."""
    if len(text) > MAX_LENGTH:
        raise CommandError(f"the point has {len(text):,} characters; at most {MAX_LENGTH:,} can be read")
    named: dict[str, Any] = {}
    ordered: list[Any] = []
    for item in _split(text):
        name, equals, value = item.partition("=")
        if not equals:
            ordered.append(_value(item))
        elif name.strip() in named:
            raise CommandError(f"the point gives {name.strip()[:40]} twice; give one value")
        else:
            named[name.strip()] = _value(value)
    if named and ordered:
        raise CommandError("the point mixes x=1 with values without a name; name all of them or none")
    return Point(named, tuple(ordered))


def _resolved(name: str, names: Sequence[str]) -> str:
    """Return the variable that was meant: α is alpha in expressions."""
    return name if name in names or not name else symbol_name(name)


def _split(text: str) -> list[str]:
    """Split at commas outside brackets."""
    items, depth, start = [], 0, 0
    if ";" in text:
        raise CommandError(f"';' has no meaning in a point (column {text.index(';') + 1}); set commas: x=1,y=2")
    for index, char in enumerate(text):
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "," and depth == 0:
            items.append(text[start:index])
            start = index + 1
        if not 0 <= depth <= MAX_NESTING:
            raise CommandError(f"the brackets of the point do not fit at column {index + 1}; a vector is written [1,2]")
    if depth:
        raise CommandError("the point has an open bracket; a vector is written [1,2]")
    return [*items, text[start:]]


def _value(text: str) -> Any:
    text = text.strip()
    if not text.startswith("["):
        return _number(text)
    if not text.endswith("]"):
        raise CommandError(f"{text[:40]!r} is not a vector; write it as [1,2]")
    inside = text[1:-1].strip()
    try:
        return np.array([_value(item) for item in _split(inside)] if inside else [], dtype=np.float64)
    except ValueError as error:
        raise CommandError(f"{text[:40]!r} has rows of different lengths") from error


def _number(text: str) -> float:
    """Return a number: 2, -1e-3, or a constant expression such as pi/2."""
    if not text:
        raise CommandError("a value is missing in the point; write it as x=1,y=2")
    try:
        number = float(text)
    except ValueError:
        expression = parse(text).expression
        if free_symbols(expression):
            raise CommandError(f"{text[:40]!r} is not a number; write a point as x=1,y=2") from None
        with np.errstate(all="ignore"):
            number = float(evaluate(expression, {}))
    if not math.isfinite(number):
        raise CommandError(f"{text[:40]!r} is not a finite number")
    return number
