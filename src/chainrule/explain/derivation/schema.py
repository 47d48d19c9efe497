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

_NUMBERS_BY_NAME = {"type": "object", "additionalProperties": _NUMBER}

STUDY: dict[str, Any] = {
    "type": "object",
    "description": "What was asked of the function's shape, and what is found, step by step.",
    "required": ["question", "steps", "points", "stretches", "answer", "checked", "is_complete"],
    "additionalProperties": False,
    "properties": {
        "question": _TEXT,
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["rule", "statement", "table"],
                "additionalProperties": False,
                "properties": {
                    "rule": _TEXT,
                    "statement": _TEXT,
                    "table": {
                        "type": ["object", "null"],
                        "required": ["headings", "rows"],
                        "properties": {"headings": _TEXTS, "rows": {"type": "array", "items": _TEXTS}},
                    },
                },
            },
        },
        "points": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["at", "exact", "value", "exact_value", "kind", "scope", "how"],
                "additionalProperties": False,
                "properties": {
                    "at": _NUMBERS_BY_NAME,
                    "exact": {"type": "array", "items": {"type": ["string", "null"]}},
                    "value": _NUMBER,
                    "exact_value": {"type": ["string", "null"]},
                    "kind": {
                        "type": "string",
                        "description": "minimum, maximum, saddle, degenerate, inflection, root, ...",
                    },
                    "scope": {
                        "type": "string",
                        "description": "Whether it is local, or one of all; an end of the domain.",
                    },
                    "how": {"type": "string", "description": "What settled the kind."},
                },
            },
        },
        "stretches": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["start", "end", "behavior"],
                "additionalProperties": False,
                "properties": {"start": _NUMBER, "end": _NUMBER, "behavior": _TEXT},
            },
        },
        "answer": {**_TEXTS, "description": "The answer, line by line."},
        "checked": {"type": "string", "description": "How the answer was checked."},
        "is_complete": {"type": "boolean", "description": "Whether it is known that no point is missing."},
    },
}

DERIVATION: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Derivation",
    "type": "object",
    "required": [
        "function", "name", "variables", "wrt", "order", "detail", "route", "steps", "result", "latex", "conditions",
        "notes", "at", "value", "verified", "given", "partials", "study",
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
        "study": {"oneOf": [STUDY, {"type": "null"}], "description": "What the derivative says of the function's shape."},
        "partials": {"type": "array", "items": {"$ref": "#"}, "description": "One derivation for each variable."},
    },
}  # fmt: skip
