"""Owns terms for tests: those of a recorded function, and what they are worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.graph import ITEM
from chainrule.native.recording.trace import trace
from chainrule.passes.complex_parts import REAL_OF, Parts, in_memory, joined
from chainrule.passes.lower import lower
from chainrule.passes.simplifications import simplifier
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Term, live


def simplified(fun: Callable[..., Any], *args: Any) -> tuple[Simplifier, tuple[Term, ...]]:
    """Return the terms of what a function returns, before the search for diagonals, and what made them.

    Those of a complex result are woven together as pairs.
    """

    def flat(traced: Callable[..., Any], *inputs: Any) -> list[Any]:
        out = traced(*inputs)
        return list(out) if isinstance(out, tuple) else [out]

    recording = trace(fun, flat, args, [False] * len(args), lambda array: True)
    made = simplifier()
    inputs = [made.terms.input(place, *in_memory(np.shape(x), np.asarray(x).dtype)) for place, x in enumerate(args)]
    to_term = lower(recording.graph, made, inputs, recording.captured.is_reference, recording.references)
    outputs = map(to_term, recording.graph.outputs)
    return made, tuple(joined(out) if isinstance(out, Parts) else out for out in outputs)


def pairs_of(numbers: Any) -> Any:
    """Return the real and imaginary parts of complex numbers along one more axis."""
    return np.stack([np.real(numbers), np.imag(numbers)], axis=-1)


def terms_of(fun: Callable[..., Any], *args: Any) -> tuple[Term, ...]:
    """Return the terms of what a function returns."""
    return simplified(fun, *args)[1]


def evaluate(outputs: Sequence[Term], inputs: Sequence[Any]) -> list[Any]:
    """Return the values of terms, by NumPy; what a term says of its shape and type must hold.

    Complex numbers are returned as pairs, as they are in memory.
    """
    values: dict[int, Any] = {}
    with np.errstate(all="ignore"):
        for term in live(outputs):
            if term.constant is not None:
                values[term.index] = term.constant
            elif term.primitive is None:
                given = inputs[term.position]
                values[term.index] = pairs_of(given) if np.asarray(given).dtype in REAL_OF else given
            elif term.primitive is ITEM:
                values[term.index] = values[term.operands[0].index][term.parameters["index"]]
            else:
                operands = [values[operand.index] for operand in term.operands]
                value = term.primitive.value(*operands, **term.parameters)
                values[term.index] = value
                if term.results is None:
                    assert (np.shape(value), np.asarray(value).dtype) == (term.shape, term.dtype), term
    return [values[out.index] for out in outputs]
