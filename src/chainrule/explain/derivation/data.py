"""Owns a derivation as plain data, for JSON; `schema.DERIVATION` describes it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from chainrule.explain.derivation.account import Account, Value
from chainrule.explain.derivation.hints import hint
from chainrule.explain.expressions.expression import Expression
from chainrule.explain.expressions.notation import text


def as_dict(derivation: Account) -> dict[str, Any]:
    """Return the derivation as plain data: numbers that JSON cannot hold are None."""
    return {
        "function": text(derivation.expression),
        "name": derivation.label,
        "variables": list(derivation.names),
        "wrt": list(derivation.wrt),
        "order": derivation.order,
        "detail": derivation.detail,
        "route": derivation.route,
        "steps": [{**step.to_dict(), "hint": hint(step)} for step in derivation.steps],
        "result": str(derivation.result),
        "latex": derivation.result.to_latex(),
        "conditions": _texts(derivation.conditions),
        "notes": list(derivation.notes),
        "at": None if derivation.at is None else {name: _finite(number) for name, number in derivation.at},
        "value": _value(derivation.value),
        "verified": _finite(derivation.verified),
        "given": [str(equation) for equation in derivation.given],
        "partials": [as_dict(part) for part in derivation.partials],
        "study": None if derivation.study is None else derivation.study.to_dict(),
    }


def _value(value: Value | None) -> Any:
    return [_value(part) for part in value] if isinstance(value, tuple) else _finite(value)


def _texts(expressions: Sequence[Expression]) -> list[str]:
    return [text(expression) for expression in expressions]


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
