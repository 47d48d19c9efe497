"""Owns what a mistake is: its name, what was done, the hint, and what it makes of the derivative of one operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from chainrule.practice.grading.operation import Change


@final
@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake that people make.

    name: a stable name in plain English. does: what was done. hint: one sentence that leads on. change: what it makes of
    the derivative of one operation; None where the answer as a whole is compared. is_common: whether it is also tried
    together with another mistake.
    """

    name: str
    does: str
    hint: str
    change: Change | None = None
    is_common: bool = False
