"""Owns the records of `why_zero`: an input's gradient, the causes of its zeros with their shares, and what shrinks it."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import final

from chainrule.explain.diagnosis.marks import Elements
from chainrule.explain.diagnosis.source import Line
from chainrule.explain.diagnosis.vanishing import Shrink


@final
@dataclass(frozen=True, slots=True)
class Cause:
    """Where sensitivity dies on its way to an input.

    kind: such as "dead unit", "saturation", "comparison", "unused". operation: of the table; empty where there is none.
    words: what happens. line: (file, number, source), or None. operand: what stands there, as the user wrote it.
    share: the part of the input's zero elements that this cause is to blame for; the shares of an input add up to 1. An
        element that the sensitivity could have reached on several paths counts for each cause in parts, by the weight of the
        paths that died there; a path that only decides, through a comparison, a condition or an index, is to blame where there
        is no other.
    elements: the input's zero elements that it has a part in. died, size: in how many of the elements there it acts.
    mend, code: what helps.
    """

    kind: str
    operation: str
    words: str
    line: Line | None
    operand: str
    share: float
    elements: int
    died: int
    size: int
    mend: str
    code: str


@final
@dataclass(frozen=True, slots=True)
class InputGradient:
    """The gradient of one input.

    state: "zero", "partly zero", "tiny" (no entry as large as 1e-6), "not finite", "empty" (no elements) or "healthy".
    zeros: which elements are 0. norm: the Euclidean length. largest: the largest absolute entry; smallest: the smallest that
    is not 0, at the position `smallest_at`. causes: of the zeros, largest share first. shrinks: what makes a tiny gradient
    tiny, of the six smallest.
    """

    name: str
    shape: tuple[int, ...]
    state: str
    zeros: Elements
    norm: float
    largest: float
    smallest: float
    smallest_at: tuple[int, ...]
    causes: tuple[Cause, ...]
    shrinks: tuple[Shrink, ...] = ()


@dataclass(frozen=True, slots=True)
class ZeroFindings(ABC):
    """What was found.

    label: the function. value: its result. inputs: their gradients. norm: of all of them together. notes: what else the run shows
    of a loss that is hardly the one that was meant, or of units that stay copies of one another.
    """

    label: str
    value: float
    inputs: tuple[InputGradient, ...]
    norm: float
    notes: tuple[str, ...] = ()
