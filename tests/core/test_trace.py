"""An operation goes to the newest trace among its operands, and to NumPy where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.primitive import Composite, Primitive
from chainrule.core.trace import Trace, Traced, bind, innermost, owners
from chainrule.primitives.arithmetic import ADD, MULTIPLY
from chainrule.primitives.products import MATMUL

TWICE = Composite(name="twice", value=lambda x: bind(ADD, (x, x)), rule="sum rule")


class Heard(Trace):
    """Notes what it is asked to do."""

    __slots__ = ("asked",)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def process(self, primitive: Primitive, operands: Sequence[Any], parameters: dict[str, Any]) -> Any:
        self.asked.append(primitive.name)
        below = [x.value if isinstance(x, Traced) and x.owner is self else x for x in operands]
        return Traced(self, bind(primitive, below, parameters))

    def constant(self, value: Any) -> Traced:
        return Traced(self, value)

    def as_number(self, traced: Traced) -> Traced:
        return traced


def test_without_a_trace_numpy_computes() -> None:
    assert bind(MULTIPLY, (3.0, 4.0)) == 12.0
    assert type(bind(ADD, (np.ones(2), 1))) is np.ndarray


def test_levels_are_never_used_again() -> None:
    levels = [Heard().level for _ in range(5)]
    assert levels == sorted(set(levels))


def test_the_newest_owner_is_asked_and_asks_the_older_one_itself() -> None:
    older, newer = Heard(), Heard()
    outer = Traced(older, 3.0)
    inner = Traced(newer, outer)
    for operands in ((inner, outer), (outer, inner)):
        out = bind(MULTIPLY, operands)
        assert out.owner is newer
        assert [trace.level for trace in owners(out)] == [newer.level, older.level]
        assert innermost(out).value == 9.0
    assert newer.asked == older.asked == ["multiply"] * 2
    bind(ADD, (outer, 1.0))
    assert newer.asked == ["multiply"] * 2, "what is older is a constant to the newer trace"


def test_a_composite_comes_back_as_its_parts() -> None:
    trace = Heard()
    assert bind(TWICE, (Traced(trace, 3.0),)).value == 6.0
    assert trace.asked == ["add"]


def test_a_closed_trace_refuses() -> None:
    trace = Heard()
    trace.closed = True
    with pytest.raises(cr.errors.EscapedTraceError, match="escaped"):
        bind(ADD, (Traced(trace, 3.0), 1.0))


def test_complaints_about_shapes_name_the_operation_and_the_line() -> None:
    with pytest.raises(cr.errors.ShapeError, match=rf"{MATMUL.name}.*(?s:.)*test_trace\.py"):
        cr.grad(lambda x: np.sum(x @ np.ones((2, 3))))(np.ones(4))
