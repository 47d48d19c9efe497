"""Owns terms for tests: those of a recorded function, and what they are worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.native.trace import trace
from chainrule.passes.lower import lower
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Term, live


def terms_of(fun: Callable[..., Any], *args: Any) -> tuple[Term, ...]:
    """Return the terms of what a function returns."""

    def flat(*inputs: Any) -> list[Any]:
        out = fun(*inputs)
        return list(out) if isinstance(out, tuple) else [out]

    recording = trace(fun, flat, args, [False] * len(args))
    simplifier = Simplifier()
    inputs = [simplifier.terms.input(place, np.shape(x), np.asarray(x).dtype) for place, x in enumerate(args)]
    to_term = lower(recording.graph, simplifier, inputs, recording.captured.is_reference)
    return tuple(map(to_term, recording.graph.outputs))


def evaluate(out: Term, inputs: Sequence[Any]) -> Any:
    """Return the value of a term, by NumPy."""
    values: dict[int, Any] = {}
    for term in live([out]):
        if term.constant is not None:
            values[term.index] = term.constant
        elif term.primitive is None:
            values[term.index] = inputs[term.position]
        else:
            operands = [values[operand.index] for operand in term.operands]
            values[term.index] = term.primitive.value(*operands, **term.parameters)
    return values[out.index]
