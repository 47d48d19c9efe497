"""Owns the table of rules as rows to be read: each operation, the name of its rule, and the rule's own formula."""

from __future__ import annotations

from typing import Any

from chainrule.core.primitive import Elementwise, Primitive
from chainrule.errors import ChainruleError
from chainrule.explain.derivation.formulas import rule_formula
from chainrule.primitives.table import TABLE


def all_rules() -> list[dict[str, Any]]:
    """Return the rules of the whole table, in its order.

    Each is a dict of name (the operation), kind, rule (what people call it), formula (text) and latex; the last two are None for
    rules of whole arrays.

    >>> [row["formula"] for row in all_rules() if row["name"] == "tanh"]
    ['d/dx tanh(x) = 1 - tanh(x)^2']
    """
    return [row for primitive in TABLE for row in rule_rows(primitive)]


def rule_rows(primitive: Primitive) -> list[dict[str, Any]]:
    """Return the rules of a primitive: one for each operand of an elementwise one, otherwise one."""
    names = primitive.rule if isinstance(primitive.rule, tuple) else None
    kind = type(primitive).__name__.lower()
    if not isinstance(primitive, Elementwise):
        rule = "; ".join(dict.fromkeys(names)) if names else str(primitive.rule)
        return [_row(primitive, kind, rule, None)]
    rows = []
    for index, partial in enumerate(primitive.partials):
        if partial is None and not primitive.is_constant:
            continue
        rows.append(_row(primitive, kind, names[index] if names else str(primitive.rule), _formula(primitive, index)))
        if primitive.is_constant:
            break
    return rows


def _row(primitive: Primitive, kind: str, rule: str, formula: dict[str, str] | None) -> dict[str, Any]:
    written = formula or {}
    return {
        "name": primitive.name,
        "kind": kind,
        "rule": rule,
        "formula": written.get("text"),
        "latex": written.get("latex"),
    }


def _formula(primitive: Elementwise, index: int) -> dict[str, str] | None:
    """Return the rule called with symbols; None for rules that cannot be (complex parts have no real formula)."""
    try:
        formula = rule_formula(primitive, index)
    except ChainruleError:
        return None
    return {"text": formula.text, "latex": formula.latex}
