"""Owns the explanation of array programs: what is recorded, what is derived, and what it is verified against."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from chainrule.core.graph import Node
from chainrule.core.trees import flatten
from chainrule.errors import GradientError, NotDifferentiableError
from chainrule.explain.backpropagation.folding import Unit, leading_to, units
from chainrule.explain.backpropagation.node_names import name_nodes
from chainrule.explain.backpropagation.rows import Program, seed_of
from chainrule.explain.backpropagation.sweep import sweep
from chainrule.explain.matrix.account import MatrixStep
from chainrule.explain.matrix.algebra import Algebra
from chainrule.explain.matrix.backward import TOLERANCE, Adjoint, pull_back, verify_adjoint
from chainrule.explain.matrix.call import asked_of, read_call, run_call
from chainrule.explain.matrix.derivation import MatrixDerivation
from chainrule.explain.matrix.formula import Symbol
from chainrule.explain.matrix.functions import called_names, label_functions
from chainrule.explain.matrix.program import MatrixProgram, add_operations, record_rules, sums_to_one_in
from chainrule.explain.matrix.spelling import is_unnamed
from chainrule.explain.matrix.steps import make_steps
from chainrule.explain.matrix.verify import limit_difference

MOST_OPERATIONS = 400
"""A longer board nobody reads; `backprop` folds long programs."""


def explain_arrays(
    fun: Callable[..., Any],
    at: Any,
    wrt: str | Sequence[str] | None = None,
    order: int = 1,
    detail: Literal["brief", "full"] | None = None,
) -> MatrixDerivation:
    """Return the derivation of the gradients of an array program, operation by operation, with shapes.

    fun: a function of arrays whose result is one number. at: its arguments, in order or by name; lists are arrays. wrt: the
    arguments that are differentiated, by name; without it all that are numbers, but for whole numbers where the function
    needs them as indices. order: 1. detail: how much the text says: "brief" for equations alone, "full" with what is inside
    of composites. Every formula is the table's own rule, run on named arrays; each one that is shown is evaluated and
    compared with the engine. Raises GradientError should one disagree, NotDifferentiableError where a gradient is not
    finite, ValueError for a point that does not fit the function.

    >>> def loss(W, x):
    ...     z = W @ x
    ...     return z @ z
    >>> d = explain_arrays(loss, (np.eye(2), np.array([1.0, 2.0])))
    >>> print(d.step("W"))
    dL/dW = dL/dz · xᵀ = 2 z · xᵀ
    """
    if order != 1:
        raise ValueError(
            f"of functions of arrays explain shows first derivatives, not order {order!r}; see cr.hessian, cr.hvp"
        )
    if detail not in (None, "brief", "full"):
        raise ValueError(f'detail is "brief" or "full", or left out for what lies between the two; not {detail!r}')
    call = read_call(fun, at)
    run, held = run_call(call)
    asked = asked_of(wrt, tuple(run.gradients))
    label = getattr(fun, "__name__", "f")
    label = "f" if label == "<lambda>" else label
    if len(run.program.graph.nodes) > MOST_OPERATIONS:
        raise ValueError(
            f"{label} has {len(run.program.graph.nodes)} operations; explain writes out up to {MOST_OPERATIONS}. "
            "Use cr.backprop, which folds long programs, or explain one step of the loop"
        )
    if not np.all(np.isfinite(run.value)):
        raise NotDifferentiableError(
            f"{label} is {run.value}, not finite, at this point, so that it has no derivative there; cr.why_nan says where it "
            "starts"
        )
    gradients = {name: run.gradients[name] for name in asked}
    for name, gradient in gradients.items():
        if not all(np.all(np.isfinite(part)) for part in flatten(gradient)[0]):
            raise NotDifferentiableError(
                f"dL/d{name} is not finite at this point, so that its formula cannot be checked; choose a point where the "
                "function is smooth, or ask cr.backprop where it starts"
            )
    moving = _moving(run.program, asked)
    steps, result, worst = _derive(run.program, fun, moving, _arrays(fun, {name: call.values[name] for name in held}))
    worst = max(worst, limit_difference(call, {name: run.gradients[name] for name in asked}))
    return MatrixDerivation(label, result, asked, steps, run.value, gradients, worst, detail)


def _moving(source: Program, asked: Sequence[str]) -> frozenset[int]:
    """Return the nodes that depend on the arguments that were asked for."""
    wanted = [node.index for node, name in source.inputs if any(_is_part(name, argument) for argument in asked)]
    found = set(wanted)
    for node in source.graph.nodes:
        if any(parent is not None and parent.index in found for parent in node.parents):
            found.add(node.index)
    return frozenset(found)


def _is_part(name: str, argument: str) -> bool:
    """Return whether an input is an argument, or a leaf of it such as p['W']."""
    return name == argument or name.startswith((f"{argument}[", f"{argument}."))


def _derive(
    source: Program, fun: Callable[..., Any], moving: frozenset[int], held: Mapping[str, Any]
) -> tuple[tuple[MatrixStep, ...], str, float]:
    """Return the steps, the name of the result, and the largest difference between a formula and the engine's adjoint."""
    (out,) = source.graph.outputs
    inputs = {node.index: Symbol(name, np.shape(node.value)) for node, name in source.inputs}
    values: dict[Symbol, Any] = {inputs[node.index]: node.value for node, _ in source.inputs}
    if not isinstance(out, Node):
        program = MatrixProgram("L", inputs, Algebra(), lambda array: None, values, {}, moving)
        return make_steps(program, [], pull_back(program, [], Node(None, (), (), {}, 0.0))), "L", 0.0
    live = leading_to(source.graph.nodes, out)
    shown = units(live, out, label_functions(live, fun))
    names = name_nodes(source.inputs, shown, out, {**source.known, **_names_of_calls(shown, fun)})
    adjoints, _ = sweep(source.graph.nodes, out, seed_of(out))
    rules = record_rules(shown)

    def written(names: dict[int, str]) -> MatrixProgram:
        known = dict(values)
        algebra = Algebra(sums_to_one_in(known))
        program = MatrixProgram(names[out.index], inputs, algebra, _constants(known, held), known, adjoints, moving)
        add_operations(program, shown, names, rules, out)
        return program

    program = written(_renumbered(written(names), names))
    found = pull_back(program, shown, out)
    worst = 0.0
    for index, adjoint in found.items():
        symbol = adjoint.symbol
        exact = adjoints.get(index, np.zeros(symbol.shape))
        if not isinstance(exact, tuple):
            program.values[symbol] = np.asarray(exact)
    least = 1e-3 * max(
        float(np.max(np.abs(value), initial=0.0)) for value in adjoints.values() if not isinstance(value, tuple)
    )
    for adjoint in found.values():
        worst = max(worst, _checked(program, adjoint, least))
    return make_steps(program, shown, found), program.result, worst


def _names_of_calls(shown: Sequence[Unit], fun: Callable[..., Any]) -> dict[int, str]:
    """Return what the user calls the results of helper functions, by the index of their nodes, where that is certain."""
    found: dict[int, str] = {}
    for title in {unit.title for unit in shown if unit.title}:
        heads = [unit.head.index for unit in shown if unit.title == title]
        names = called_names(fun, title)
        if len(names) == len(heads):
            found.update({index: name for index, name in zip(heads, names, strict=True) if name is not None})
    return found


def _checked(program: MatrixProgram, adjoint: Adjoint, least: float) -> float:
    exact = program.values.get(adjoint.symbol)
    if exact is None:
        return 0.0
    with np.errstate(all="ignore"):
        difference = verify_adjoint(program, adjoint, exact, least)
    allowed = TOLERANCE if np.asarray(exact).dtype.itemsize >= 8 else 1e-3
    if not difference <= allowed:
        raise GradientError(
            f"the formula of the adjoint of {adjoint.symbol.name} differs from the engine's by {difference:.2g}; please report "
            "this function, since the explanation must not be shown"
        )
    return difference


def _renumbered(program: MatrixProgram, names: Mapping[int, str]) -> dict[int, str]:
    """Return the names with the unnamed values that have a line of their own numbered without gaps."""
    taken = {name for name in names.values() if not is_unnamed(name)}
    free = (name for name in (f"v{number}" for number in itertools.count(1)) if name not in taken)
    renamed = dict(names)
    for inlined in (False, True):
        for index, operation in program.operations.items():
            if operation.is_inlined is inlined and is_unnamed(names[index]):
                renamed[index] = next(free)
    return renamed


def _arrays(fun: Callable[..., Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arrays that a function may hold, by name: arguments that stay as they are, and what it closes over."""
    closure = inspect.getclosurevars(fun) if inspect.isfunction(fun) else None
    named = {**closure.globals, **closure.nonlocals} if closure is not None else {}
    return {name: np.asarray(value) for name, value in {**named, **held}.items() if isinstance(value, np.ndarray)}


def _constants(values: dict[Symbol, Any], held: Mapping[str, Any]) -> Callable[[Any], Symbol | None]:
    """Return a function from arrays that the program holds to their symbols, which are named as the user named them."""
    known: list[Symbol] = []

    def find(array: Any) -> Symbol:
        for symbol in known:
            if symbol.shape == array.shape and np.array_equal(
                values[symbol], array, equal_nan=array.dtype.kind in "fc"
            ):
                return symbol
        taken = {symbol.name for symbol in values}
        same = [name for name, value in held.items() if value.shape == array.shape and np.array_equal(value, array)]
        numbered = (f"C{number}" for number in itertools.count(1))
        if array.ndim == 1 and np.array_equal(array, np.arange(array.size)):
            same.append(f"arange({array.size})")
        name = next(name for name in itertools.chain(same, numbered) if name not in taken)
        symbol = Symbol(name, array.shape)
        known.append(symbol)
        values[symbol] = array
        return symbol

    return find
