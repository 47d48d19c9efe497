"""Owns the values that controls hand on to the functions of live figures."""

from __future__ import annotations

from typing import Any

from chainrule.learn.blocks import Choice, Control, Formula, Live, Slider


def reading(item: Control, value: Any) -> Any:
    """Return the value that a control hands on: a slider of powers gives the power of ten."""
    if isinstance(item, Slider):
        number = float(item.value if value is None else value)
        number = min(max(number, item.low), item.high)
        return 10.0**number if item.powers else number
    if isinstance(item, Choice):
        return value if value in item.options else item.options[0]
    assert isinstance(item, Formula)
    return str(value or "")[:300]


def at_start(block: Live) -> dict[str, Any]:
    """Return what the controls of a live figure hand on before they are moved, by their names."""
    start = {item.name: item.options[0] if isinstance(item, Choice) else item.value for item in block.controls}
    return {item.name: reading(item, start[item.name]) for item in block.controls}
