"""Owns backprop: one run of a function forward and backward, with every chain-rule product spelled out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.graph import Node
from chainrule.core.trace import Traced, bind
from chainrule.core.trees import flatten, paths, unflatten
from chainrule.errors import NotScalarError, TracingError
from chainrule.explain.backpropagation import text as writing
from chainrule.explain.backpropagation.figures import json_safe
from chainrule.explain.backpropagation.node import BackpropNode
from chainrule.explain.backpropagation.rows import rows
from chainrule.explain.expressions.expression import Apply, Expression, Symbol, fold, free_symbols
from chainrule.explain.expressions.expression import evaluate as evaluate_expression
from chainrule.explain.reading.parse import Parsed, parse, symbol_name
from chainrule.tracing.record import as_value, record_with_trace
from chainrule.transforms.arguments import as_output, like_input, plain
from chainrule.transforms.signature import argument_names, is_numeric


@dataclass(frozen=True, slots=True)
class Backprop:
    """A function's run, forward and backward.

    nodes: inputs first, then operations in the order in which they were computed. result: the name of the last one.
    value: of the function. gradients: d result / d input, by the name of the argument and in its structure.
    """

    nodes: tuple[BackpropNode, ...]
    result: str
    value: float
    gradients: dict[str, Any]

    def __str__(self) -> str:
        return writing.table(self.nodes, self.result)

    def _repr_html_(self) -> str:
        return writing.table_html(self.nodes, self.result)

    def steps(self) -> tuple[str, ...]:
        """Return the forward run and then the backward run, one line for each node."""
        return writing.steps(self.nodes)

    def node(self, name: str) -> BackpropNode:
        """Return the node of that name; raise KeyError where there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(f"no node is called {name!r}; there are {', '.join(node.name for node in self.nodes)}")

    def to_dict(self) -> dict[str, Any]:
        """Return everything as lists, dictionaries, numbers and text that JSON can hold."""
        return {
            "result": self.result,
            "value": json_safe(self.value),
            "gradients": json_safe(self.gradients),
            "nodes": [_node_dict(node) for node in self.nodes],
            "steps": list(self.steps()),
        }


def _node_dict(node: BackpropNode) -> dict[str, Any]:
    return {
        "name": node.name,
        "operation": node.operation,
        "operands": list(node.operands),
        "formula": node.formula,
        "value": json_safe(node.value),
        "adjoint": json_safe(node.adjoint),
        "local": {edge.source: json_safe(edge.local) for edge in node.local},
        "contributions": [
            {"from": edge.target, "local": json_safe(edge.local), "share": json_safe(edge.share), "rule": edge.rule}
            for edge in node.contributions
        ],
        "chain": node.chain,
        "rule": node.rule,
        "line": node.line[1] if node.line else None,
        "source": node.line[2] if node.line else None,
    }


@dataclass(frozen=True, slots=True)
class _Argument:
    """A differentiated argument: its name, where it stands (a position or a keyword), its leaves and their paths."""

    name: str
    key: int | str
    leaves: list[Any]
    structure: Any
    paths: list[str]


def backprop(function: Callable[..., Any] | str, *args: Any, fold: bool = True, **kwargs: Any) -> Backprop:
    """Run a function with one real number as its result forward and backward, and keep every step.

    function: a function of numbers, arrays or containers of them, or mathematics as text, whose variables are given by
        name, or by position in the order in which they appear.
    fold: show a named function such as the mean as one node, not as the operations that it unfolds into.
    The adjoints are computed by the engine's own rules: they are what `grad` returns.
    Raises NotScalarError where the result is not one real number, TracingError where a variable has no value.

    >>> import chainrule as cr
    >>> run = cr.backprop("y = sigmoid(w x + b); L = (y - t)^2", w=0.5, x=2, b=-1, t=1)
    >>> run.value, run.gradients["w"], run.gradients["b"]
    (0.25, -0.5, -0.25)
    >>> print(run.node("w").chain)
    dL/dw = dL/dv1 * dv1/dw = (-0.25) * 2.0 = -0.5
    """
    if isinstance(function, str):
        return _of_text(parse(function), args, kwargs, fold)
    names = argument_names(function, len(args))
    arguments = [
        _argument(name, n, part) for n, (name, part) in enumerate(zip(names, args, strict=True)) if is_numeric(part)
    ]
    arguments += [_argument(name, name, part) for name, part in kwargs.items() if is_numeric(part)]

    def flat(*leaves: Any) -> Any:
        given: dict[int | str, Any] = dict(enumerate(args))
        given.update(kwargs)
        start = 0
        for argument in arguments:
            given[argument.key] = unflatten(argument.structure, list(leaves[start : start + len(argument.leaves)]))
            start += len(argument.leaves)
        result = function(*(given[n] for n in range(len(args))), **{name: given[name] for name in kwargs})
        return _one(result, getattr(function, "__name__", "the function"))

    return _run(flat, arguments, {}, None, fold)


def _argument(name: str, key: int | str, part: Any) -> _Argument:
    leaves, structure = flatten(part)
    return _Argument(name, key, leaves, structure, paths(part))


def _one(result: Any, name: str) -> Any:
    leaves = flatten(result)[0]
    value = as_output(leaves[0]) if len(leaves) == 1 else None
    if value is None or np.shape(value) != () or value.dtype.kind == "c" or value.dtype.kind not in "fiub":
        what = f"{len(leaves)} values" if value is None else f"a {value.dtype} of shape {np.shape(value)}"
        raise NotScalarError(
            f"backprop takes a function with one real number as its result; {name} returned {what}; sum it, or use "
            "cr.jacobian for all derivatives of an array"
        )
    return value


def _of_text(parsed: Parsed, args: Sequence[Any], kwargs: Mapping[str, Any], fold: bool) -> Backprop:
    variables = parsed.parameters or free_symbols(parsed.expression)
    values = {**dict(zip(variables, args, strict=False)), **{symbol_name(name): part for name, part in kwargs.items()}}
    missing = [name for name in variables if name not in values]
    unknown = [name for name in values if name not in variables]
    if missing or unknown or len(args) > len(variables):
        problem = f"has no value for {', '.join(missing)}" if missing else f"does not contain {', '.join(unknown)}"
        if len(args) > len(variables):
            problem = f"was given {len(args)} values for {len(variables)} variables"
        raise TracingError(
            f"backprop: {parsed.text!r:.60} {problem}; its variables: {', '.join(variables) or 'none'}; each takes a "
            f"value, such as backprop(text, {', '.join(f'{name}=1.0' for name in variables)})"
        )
    named = {expression: name for name, expression in _definitions(parsed)}
    known: dict[int, str] = {}

    def flat(*leaves: Any) -> Any:
        return _evaluate(parsed.expression, dict(zip(variables, leaves, strict=True)), named, known)

    return _run(flat, [_argument(name, name, values[name]) for name in variables], known, parsed.name, fold)


def _definitions(parsed: Parsed) -> list[tuple[str, Expression]]:
    """Return the names that the text defines on the way, with what they stand for."""
    cuts = [found.start() for found in re.finditer(r"[;\n]", parsed.text)]
    before = [parse(parsed.text[:cut]) for cut in cuts if parsed.text[:cut].strip()]
    return [(part.name, part.expression) for part in before if part.name is not None]


def _evaluate(
    expression: Expression, values: Mapping[str, Any], named: Mapping[Expression, str], known: dict[int, str]
) -> Any:
    """Evaluate an expression on traced values; note in `known` which node has which name."""

    def combine(node: Expression, operands: Sequence[Any]) -> Any:
        if isinstance(node, Symbol):
            return values[node.name]
        if not isinstance(node, Apply):
            return evaluate_expression(node, {})
        value = bind(node.primitive, operands, dict(node.parameters))
        if node in named and isinstance(value, Traced) and isinstance(value.data, Node):
            known[value.data.index] = named[node]
        return value

    return _one(fold(expression, combine), "the text")


def _run(
    flat: Callable[..., Any], arguments: Sequence[_Argument], known: dict[int, str], result: str | None, fold: bool
) -> Backprop:
    leaves = [
        (argument.name + path, leaf)
        for argument in arguments
        for path, leaf in zip(argument.paths, argument.leaves, strict=True)
    ]
    graph, _ = record_with_trace(flat, [as_value(leaf) for _, leaf in leaves], whole=True, lines=True)
    inputs = [(node, name) for node, (name, _) in zip(graph.inputs, leaves, strict=True)]
    nodes, name, adjoints = rows(graph, inputs, known, result, fold)
    gradients: dict[str, Any] = {}
    pulled = iter(zip(graph.inputs, leaves, strict=True))
    for argument in arguments:
        parts = []
        for _ in argument.leaves:
            node, (_, leaf) = next(pulled)
            parts.append(like_input(adjoints.get(node.index, np.zeros_like(node.value)), leaf, node.value))
        gradients[argument.name] = unflatten(argument.structure, parts)
    (out,) = graph.outputs
    return Backprop(nodes, name, plain(out.value if isinstance(out, Node) else out), gradients)
