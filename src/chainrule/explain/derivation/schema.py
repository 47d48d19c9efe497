"""Owns the description of a derivation's data: JSON Schema for what `Derivation.to_dict()` returns.

Source of the notation: JSON Schema, draft 2020-12 (https://json-schema.org).
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_NUMBER = {"type": ["number", "null"]}

EQUATION: dict[str, Any] = {
    "type": "object",
    "description": "An equation.",
    "required": ["text", "latex"],
    "additionalProperties": False,
    "properties": {"text": _TEXT, "latex": _TEXT},
}

STEP: dict[str, Any] = {
    "type": "object",
    "description": "One step: before equals after.",
    "required": [
        "rule", "kind", "statement", "before", "after", "why", "conditions", "latex", "general", "match", "hint",
    ],
    "additionalProperties": False,
    "properties": {
        "rule": {"type": "string", "description": "What people call the rule, or the move of algebra."},
        "kind": {"enum": ["rule", "algebra", "assembly"], "description": "A rule, a tidying move, or parts put together."},
        "statement": {"type": "string", "description": "What is said of the step."},
        "before": {"type": "string", "description": "The left side, as text that can be typed again."},
        "after": {"type": "string", "description": "The right side."},
        "why": {"type": "string", "description": "Why the rule applies; empty where the general form says it."},
        "conditions": {**_TEXTS, "description": "Where the step holds."},
        "latex": {"type": "string", "description": "The step as an equation."},
        "general": {"oneOf": [EQUATION, {"type": "null"}], "description": "The rule, called with symbols."},
        "match": {"type": "array", "items": EQUATION, "description": "What the symbols of the rule stand for."},
        "hint": {"type": "string", "description": "A nudge without the result of the step."},
    },
}  # fmt: skip

DERIVATION: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Derivation",
    "type": "object",
    "required": [
        "function", "name", "variables", "wrt", "order", "detail", "route", "steps", "result", "latex", "conditions",
        "notes", "at", "value", "verified", "given", "partials",
    ],
    "additionalProperties": False,
    "properties": {
        "function": {"type": "string", "description": "The function, as text that can be typed again."},
        "name": {"type": ["string", "null"], "description": "What it is called, if it has a name."},
        "variables": _TEXTS,
        "wrt": {**_TEXTS, "description": "What it is differentiated by."},
        "order": {"type": "integer", "description": "How often."},
        "detail": {"enum": [None, "brief", "full"], "description": "How much is said."},
        "route": {"type": "string", "description": "The way that was taken: the first rule, or what is done first."},
        "steps": {"type": "array", "items": STEP},
        "result": {"type": "string", "description": "The derivative; (a, b) a gradient, [[a, b], [b, c]] a Hessian."},
        "latex": {"type": "string", "description": "The result as LaTeX."},
        "conditions": {**_TEXTS, "description": "Where the derivation holds."},
        "notes": {**_TEXTS, "description": "What a reader should know."},
        "at": {"type": ["object", "null"], "additionalProperties": _NUMBER, "description": "The point, by variable."},
        "value": {"type": ["number", "array", "null"], "description": "The derivative there, by the engine."},
        "verified": {**_NUMBER, "description": "The largest relative difference to the engine and to the limit."},
        "given": {**_TEXTS, "description": "The equations of a curve, where the function is one of its coordinates."},
        "partials": {"type": "array", "items": {"$ref": "#"}, "description": "One derivation for each variable."},
    },
}  # fmt: skip
