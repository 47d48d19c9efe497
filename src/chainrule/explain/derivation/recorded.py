"""Owns the way from a Python function of numbers to an expression: it is recorded at a sample point."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from chainrule.core.graph import Graph, Node
from chainrule.errors import NoRuleError, NotScalarError
from chainrule.explain.expressions.expression import Apply, Expression, Number, Symbol, lift
from chainrule.explain.expressions.neat import neat
from chainrule.primitives.table import BY_NAME
from chainrule.tracing.record import record_with_trace

MAX_SIZE = 2000
SAMPLE_VALUES = (0.7, 1.3, 0.4, 1.9, 0.6, 2.3)
"""Where a function is recorded when no point is given: one value for each argument, used in turn."""

_OPPOSITE = {
    "less": "greater_equal",
    "less_equal": "greater",
    "greater": "less_equal",
    "greater_equal": "less",
    "equal": "not_equal",
    "not_equal": "equal",
}
_INSIDE = {"less_equal": "less", "greater_equal": "greater"}
"""On the border of a branch the function may have a kink."""
_WIRING = frozenset(("astype", "reshape", "broadcast_to", "index", "positive", "sum", "conjugate", "real"))
"""Primitives that give back a single number as it is."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A Python function as an expression.

    branches: the conditions that held where it was recorded, without their borders: the expression is the function's where
    they hold too, and its derivative is the function's inside only.
    """

    expression: Expression
    names: tuple[str, ...]
    label: str | None
    branches: tuple[Expression, ...]
    notes: tuple[str, ...]


def argument_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of the arguments that have no default; of all, where each has one.

    Raises TypeError where the arguments are not known one by one.
    """
    label = getattr(function, "__name__", "the function")
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError as error:
        raise TypeError(f"the arguments of {label} are not known; wrap it: lambda x: {label}(x)") from error
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        raise TypeError(f"{label} takes any number of arguments; wrap it to name them: lambda x, y: {label}(x, y)")
    positional = [
        parameter
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    needed = [parameter for parameter in positional if parameter.default is parameter.empty] or positional
    if not needed:
        raise TypeError(f"{label} takes no arguments, so there is nothing to differentiate with respect to")
    return tuple(parameter.name for parameter in needed)


def recorded(function: Callable[..., Any], at: Mapping[str, float] | None = None) -> Recorded:
    """Return a Python function of numbers as an expression in its arguments.

    Raises NotScalarError where it works on arrays or returns several values, and what the function itself raises.
    """
    names = argument_names(function)
    point = dict(zip(names, _sample(len(names)), strict=True)) if at is None else {name: at[name] for name in names}
    # The values only decide which branch is taken; whether they overflow does not matter.
    with np.errstate(all="ignore"):
        graph, trace = record_with_trace(lambda *values: function(*values), list(point.values()), whole=True)
    expressions = _expressions(graph, names)
    expression = neat(_output(graph, expressions))
    branches = [_branch(expressions[node.index], bool(value)) for node, value in trace.decisions]
    kept = tuple(dict.fromkeys(branch for branch in branches if branch is not None))
    label = getattr(function, "__name__", None)
    return Recorded(expression, names, None if label == "<lambda>" else label, kept, _branch_notes(point, branches))


def _sample(count: int) -> list[float]:
    return [SAMPLE_VALUES[index % len(SAMPLE_VALUES)] for index in range(count)]


def _branch_notes(point: Mapping[str, float], branches: Sequence[Expression | None]) -> tuple[str, ...]:
    if not branches:
        return ()
    where = ", ".join(f"{name} = {value:g}" for name, value in point.items())
    return (f"The function decides on values while it runs: this derivation holds for the branch taken at {where}",)


def _expressions(graph: Graph, names: Sequence[str]) -> dict[int, Expression]:
    """Return what each node computes, by its index."""
    found: dict[int, Expression] = {node.index: Symbol(name) for node, name in zip(graph.inputs, names, strict=True)}
    for node in graph.nodes:
        if node.primitive is not None:
            found[node.index] = _expression(node, found)
    return found


def _expression(node: Node, found: Mapping[int, Expression]) -> Expression:
    assert node.primitive is not None
    if np.shape(node.value) != ():
        raise NotScalarError(
            f"explain writes functions of numbers, and {node.primitive.name} computes an array of shape "
            f"{np.shape(node.value)} here; explain the function of one element, or use chainrule.backprop for a table "
            "of sensitivities"
        )
    operands = [
        _constant(operand) if parent is None else found[parent.index]
        for operand, parent in zip(node.operands, node.parents, strict=True)
    ]
    if node.primitive.name in _WIRING:
        return operands[0]
    if node.parameters:
        raise NoRuleError(
            f"{node.primitive.name} works on whole arrays and is not explained symbol by symbol; use chainrule.backprop"
        )
    result = Apply(node.primitive, tuple(operands))
    if result.size > MAX_SIZE:
        raise ValueError(
            f"the function has more than {MAX_SIZE} operations when it is written out: too many to be explained"
        )
    return result


def _constant(value: Any) -> Expression:
    """Return a number of the program; decimals stay as they were written."""
    expression = lift(value)
    if isinstance(expression, Number) and math.isfinite(expression.value):
        return Number(float(expression.value))
    return expression


def _output(graph: Graph, expressions: Mapping[int, Expression]) -> Expression:
    if len(graph.outputs) != 1:
        raise NotScalarError(
            f"the function returns {len(graph.outputs)} values; explain takes a function that returns one number"
        )
    (out,) = graph.outputs
    if isinstance(out, Node):
        return expressions[out.index]
    if np.shape(out) != ():
        raise NotScalarError(
            f"the function returns an array of shape {np.shape(out)}; explain takes a function that returns one number"
        )
    if not isinstance(out, Real | np.bool_ | np.ndarray):
        raise NotScalarError(
            f"the function returns {out!r:.60}; explain takes a function that returns one real number: end it with `return`"
        )
    return _constant(out)


def _branch(condition: Expression, taken: bool) -> Expression | None:
    """Return the condition that held, without its border; None where it is not a comparison."""
    if not isinstance(condition, Apply) or condition.primitive.name not in _OPPOSITE:
        return None
    held = condition.primitive.name if taken else _OPPOSITE[condition.primitive.name]
    return Apply(BY_NAME[_INSIDE.get(held, held)], condition.operands)
