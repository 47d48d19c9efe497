"""Owns the record that `why_nan` returns: the first operation that is not finite, how it arose, and the mend."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import Any, final

from chainrule.explain.diagnosis.marks import Elements
from chainrule.explain.diagnosis.mend import Mend
from chainrule.explain.diagnosis.source import Line


@final
@dataclass(frozen=True, slots=True)
class Operand:
    """An operand of an operation: its text in the user's line, or its name, and its value at the element in question."""

    name: str
    value: Any


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """Where something that is not finite appears.

    way: "input", "constant", "forward" or "backward". kind: such as "0·∞", "overflow", "outside the domain".
    operation: of the table, or the name of the input. line: (file, number, source), or None. elements: which are bad.
    operands: with their values at the first bad element; value: of the result there. local, cotangent: there, on the
    backward way. cause: how it arose, with numbers.
    """

    way: str
    kind: str
    operation: str
    line: Line | None
    elements: Elements
    operands: tuple[Operand, ...]
    value: Any
    local: Any
    cotangent: Any
    cause: str


@final
@dataclass(frozen=True, slots=True)
class Link:
    """A source line between the first finding and the end: its operations, and how many elements are bad there."""

    line: Line | None
    operations: tuple[str, ...]
    elements: Elements


@final
@dataclass(frozen=True, slots=True)
class InputState:
    """An input: how many of its own elements, and of its gradient's, are not finite."""

    name: str
    values: Elements
    gradient: Elements


@dataclass(frozen=True, slots=True)
class NanFindings(ABC):
    """What was found.

    label: the function. value: its result, None where it raised; raised: what. finite: whether result and gradients are.
    first: the first finding, None where all is finite. becomes: where an infinite number turns into NaN, where that is another.
    chain: the lines from there to the result, or back to the inputs. mends: what to write. inputs: their state.
    notes: what else there is to say, such as a NaN that does no harm.
    """

    label: str
    value: Any
    raised: str | None
    finite: bool
    first: Finding | None
    becomes: Finding | None
    chain: tuple[Link, ...]
    mends: tuple[Mend, ...]
    inputs: tuple[InputState, ...]
    notes: tuple[str, ...]
