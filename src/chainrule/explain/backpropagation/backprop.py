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
from chainrule.errors import ChainruleError, NotScalarError, TracingError
from chainrule.explain.backpropagation.folding import read_level
from chainrule.explain.backpropagation.rows import Program, seed_of
from chainrule.explain.backpropagation.run import Backprop, labels_of, show
from chainrule.explain.backpropagation.sweep import sweep
from chainrule.explain.expressions.evaluation import evaluate as evaluate_expression
from chainrule.explain.expressions.expression import Apply, Expression, Symbol, fold
from chainrule.explain.reading.parse import Parsed, parse, symbol_name
from chainrule.explain.reading.point import real_number
from chainrule.tracing.record import as_value, record_with_trace
from chainrule.transforms.arguments import as_result, like_input, plain
from chainrule.transforms.signature import argument_names, is_numeric


@dataclass(frozen=True, slots=True)
class _Argument:
    """A differentiated argument: its name, where it stands (a position or a keyword), its leaves and their paths."""

    name: str
    key: int | str
    leaves: list[Any]
    structure: Any
    paths: list[str]


def backprop(function: Callable[..., Any] | str, *args: Any, fold: bool | str = True, **kwargs: Any) -> Backprop:
    """Run a function with one real number as its result forward and backward, and keep every step.

    function: a function of numbers, arrays or containers of them, or mathematics as text, whose variables are given by
        name, or by position in the order in which they appear.
    fold: what is shown as one node. "composite": a named function of the table, such as the mean. "line": each visit of a
        source line. True, or "auto": composites, and in programs of more than 60 nodes source lines too, of which a long
        middle is one node. False, or "none": nothing. `unfold` opens a node.
    The adjoints are computed by the engine's own rules: they are what `grad` returns. Whole numbers are differentiated like
    others, unless the function needs them whole, as labels and counts: then they are held.
    What it teaches follows Rumelhart, Hinton and Williams (1986), "Learning representations by back-propagating errors".
    Raises NotScalarError where the result is not one real number, TracingError where a variable has no value.

    >>> import chainrule as cr
    >>> run = cr.backprop("y = sigmoid(w x + b); L = (y - t)^2", w=0.5, x=2, b=-1, t=1)
    >>> run.value, run.gradients["w"], run.gradients["b"]
    (0.25, -0.5, -0.25)
    >>> print(run.node("w").chain)
    dL/dw = dL/dv1 * dv1/dw = (-0.25) * 2.0 = -0.5
    """
    level = read_level(fold)
    if isinstance(function, str):
        return _of_text(parse(function), args, kwargs, level)
    if not callable(function):
        raise TypeError(
            f'backprop takes mathematics as text, such as "x^2", or a function, not {type(function).__name__}'
        )
    names = argument_names(function, len(args))
    return run_with_data(function, dict(zip(names, args, strict=True)), kwargs, level)[0]


def run_with_data(
    function: Callable[..., Any], positional: Mapping[str, Any], keywords: Mapping[str, Any], level: str
) -> tuple[Backprop, tuple[str, ...]]:
    """Return the run of a function, and the names of arguments that had to be held fixed.

    Whole numbers may be labels, with which arrays are indexed, or counts: nothing to differentiate with respect to. They are
    held where the function does not run otherwise.
    """
    numeric = {name: value for name, value in {**positional, **keywords}.items() if is_numeric(value)}
    whole = tuple(name for name, value in numeric.items() if _is_whole(value))
    try:
        return run_function(function, positional, keywords, level), ()
    except (ChainruleError, IndexError, TypeError):
        if not whole or len(whole) == len(numeric):
            raise
    return run_function(function, positional, keywords, level, whole), whole


def _is_whole(value: Any) -> bool:
    leaves = flatten(value)[0]
    return bool(leaves) and all(np.asarray(leaf).dtype.kind in "iu" for leaf in leaves)


def run_function(
    function: Callable[..., Any],
    positional: Mapping[str, Any],
    keywords: Mapping[str, Any],
    level: str,
    held: Sequence[str] = (),
) -> Backprop:
    """Return the run of a function, folded at a level.

    positional: what it takes by position, in order, with the names to be shown. keywords: what it takes by name. held: names
    of arguments that are not differentiated, besides those that are no numbers.
    """
    args = tuple(positional.values())
    named: list[tuple[int | str, tuple[str, Any]]] = [*enumerate(positional.items())]
    named += [(name, (name, part)) for name, part in keywords.items()]
    arguments = [_argument(name, key, part) for key, (name, part) in named if name not in held and is_numeric(part)]

    def flat(*leaves: Any) -> Any:
        given: dict[int | str, Any] = dict(enumerate(args))
        given.update(keywords)
        start = 0
        for argument in arguments:
            given[argument.key] = unflatten(argument.structure, list(leaves[start : start + len(argument.leaves)]))
            start += len(argument.leaves)
        result = function(*(given[n] for n in range(len(args))), **{name: given[name] for name in keywords})
        return _one(result, getattr(function, "__name__", "the function"))

    return _run(flat, arguments, {}, None, level)


def _argument(name: str, key: int | str, part: Any) -> _Argument:
    leaves, structure = flatten(part)
    return _Argument(name, key, leaves, structure, paths(part))


def _one(result: Any, name: str) -> Any:
    leaves = flatten(result)[0]
    value = as_result(leaves[0], name) if len(leaves) == 1 else None
    if value is None or np.shape(value) != () or value.dtype.kind == "c" or value.dtype.kind not in "fiub":
        what = f"{len(leaves)} values" if value is None else f"a {value.dtype} of shape {np.shape(value)}"
        raise NotScalarError(
            f"a run backward starts from one real number; {name} returned {what}; sum it, or use cr.jacobian for all "
            "derivatives of an array"
        )
    return value


def _of_text(parsed: Parsed, args: Sequence[Any], kwargs: Mapping[str, Any], level: str) -> Backprop:
    variables = parsed.variables
    values = {**dict(zip(variables, args, strict=False)), **{symbol_name(name): part for name, part in kwargs.items()}}
    missing = [name for name in variables if name not in values]
    unknown = [name for name in values if name not in variables]
    if missing or unknown or len(args) > len(variables):
        problem = f"has no value for {', '.join(missing)}" if missing else f"does not contain {', '.join(unknown)}"
        if len(args) > len(variables):
            problem = f"was given {len(args)} values for {len(variables)} variables"
        example = f"backprop({', '.join(['text', *(f'{name}=1.0' for name in variables)])})"
        raise TracingError(
            f"backprop: {parsed.text!r:.60} {problem}; its variables: {', '.join(variables) or 'none'}; each takes a "
            f"value, such as {example}"
        )
    for name, value in values.items():
        real_number(name, value)
    named = {expression: name for name, expression in _definitions(parsed)}
    known: dict[Node, str] = {}

    def flat(*leaves: Any) -> Any:
        return _evaluate(parsed.expression, dict(zip(variables, leaves, strict=True)), named, known)

    return _run(
        flat, [_argument(name, name, values[name]) for name in variables], known, parsed.name, level, lines=False
    )


def _definitions(parsed: Parsed) -> list[tuple[str, Expression]]:
    """Return the names that the text defines on the way, with what they stand for."""
    cuts = [found.start() for found in re.finditer(r"[;\n]", parsed.text)]
    before = [parse(parsed.text[:cut]) for cut in cuts if parsed.text[:cut].strip()]
    return [(part.name, part.expression) for part in before if part.name is not None]


def _evaluate(
    expression: Expression, values: Mapping[str, Any], named: Mapping[Expression, str], known: dict[Node, str]
) -> Any:
    """Evaluate an expression on traced values; note in `known` which node has which name."""

    def combine(node: Expression, operands: Sequence[Any]) -> Any:
        if isinstance(node, Symbol):
            return values[node.name]
        if not isinstance(node, Apply):
            return evaluate_expression(node, {})
        value = bind(node.primitive, operands, dict(node.parameters))
        if node in named and isinstance(value, Traced) and isinstance(value.data, Node):
            known[value.data] = named[node]
        return value

    return _one(fold(expression, combine), "the text")


def _run(
    flat: Callable[..., Any],
    arguments: Sequence[_Argument],
    known: dict[Node, str],
    result: str | None,
    level: str,
    lines: bool = True,
) -> Backprop:
    """Return the run. lines: whether the function has source lines; mathematics as text has none."""
    leaves = [
        (argument.name + path, leaf)
        for argument in arguments
        for path, leaf in zip(argument.paths, argument.leaves, strict=True)
    ]
    graph, _ = record_with_trace(flat, [as_value(leaf) for _, leaf in leaves], whole=True, lines=lines)
    inputs = tuple((node, name) for node, (name, _) in zip(graph.inputs, leaves, strict=True))
    names = {node.index: name for node, name in known.items()}
    program = Program(graph, inputs, names, result, typed=not lines)
    (out,) = graph.outputs
    adjoints = sweep(graph.nodes, out, seed_of(out))[0] if isinstance(out, Node) else {}
    gradients: dict[str, Any] = {}
    pulled = iter(zip(graph.inputs, leaves, strict=True))
    for argument in arguments:
        parts = []
        for _ in argument.leaves:
            node, (_, leaf) = next(pulled)
            parts.append(like_input(adjoints.get(node.index, np.zeros_like(node.value)), leaf, node.value))
        gradients[argument.name] = unflatten(argument.structure, parts)
    value = plain(out.value if isinstance(out, Node) else out)
    return show(program, labels_of(program, level), value, gradients)
