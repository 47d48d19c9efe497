"""Owns what users declare themselves: stop_gradient, custom_jvp, custom_vjp, and checkpoint, which trades memory for time."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.graph import Graph, Node, input_node
from chainrule.core.primitive import Array, General, Piecewise
from chainrule.core.trace import Traced, bind
from chainrule.core.trees import flatten, unflatten
from chainrule.errors import NoRuleError, TracingError
from chainrule.tracing.record import RecordTrace, as_value, call, close_over, own_node
from chainrule.transforms.arguments import as_output, plain
from chainrule.transforms.forward import pushforward
from chainrule.transforms.reverse import linearize
from chainrule.transforms.transformed import own_name, transformed
from chainrule.user_code import where

STOP_GRADIENT = Piecewise(
    name="stop_gradient",
    value=lambda x: x,
    rule="declared constant",
    batch=lambda batched, x: x,
    expansion=lambda x: x,
)


def stop_gradient(x: Any) -> Any:
    """Return `x` (an array, a number or a pytree), which derivatives treat as constant.

    >>> import chainrule as cr
    >>> cr.grad(lambda x: x * cr.stop_gradient(x))(3.0)
    3.0
    """
    leaves, structure = flatten(x)
    return unflatten(structure, [bind(STOP_GRADIENT, (leaf,)) if isinstance(leaf, Traced) else leaf for leaf in leaves])


_SAME = object()


@dataclass(frozen=True, slots=True)
class _Call:
    """The arguments of one call, of which those at the positions `moving` are operands, and the others what they are."""

    structure: Any
    leaves: list[Any]
    moving: list[int]

    def filled(self, operands: Sequence[Any], others: Any = _SAME) -> tuple[Any, ...]:
        """Return the arguments with other operands; `others` takes the place of what is none, where it is given."""
        leaves = list(self.leaves) if others is _SAME else [others] * len(self.leaves)
        for place, operand in zip(self.moving, operands, strict=True):
            leaves[place] = operand
        args: tuple[Any, ...] = unflatten(self.structure, leaves)
        return args


def _may_move(leaf: Any) -> bool:
    """Whether an argument can have a derivative: integers, truth values, text and other objects cannot."""
    return isinstance(leaf, Traced | float | complex | np.inexact) or (
        isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fc"
    )


class _Declared(ABC):
    """What the declaring decorators share: a function over pytrees, seen as one primitive over its flat arrays."""

    def __init__(self, fun: Callable[..., Any]) -> None:
        if not callable(fun):
            raise TypeError(f"{type(self).__name__} takes a function, not {fun!r:.60}")
        functools.update_wrapper(self, fun)
        self.fun = fun
        self.name = getattr(fun, "__name__", "function")

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self

    def __reduce_ex__(self, protocol: Any) -> str | tuple[Any, ...]:
        return own_name(self) or super().__reduce_ex__(protocol)

    def __call__(self, *args: Any) -> Any:
        leaves, structure = flatten(args)
        if not any(isinstance(leaf, Traced) for leaf in leaves):
            return self.fun(*args)
        call = _Call(structure, leaves, [place for place, leaf in enumerate(leaves) if _may_move(leaf)])
        results: list[Any] = []

        def value(*flat: Array) -> Any:
            outputs, result_structure = flatten(self.fun(*call.filled(flat)))
            results[:] = [result_structure]
            found = tuple(as_output(part) for part in outputs)
            if any(isinstance(part, Traced) for part in found) and not any(isinstance(part, Traced) for part in flat):
                raise TracingError(
                    f"{self.name} uses a traced value that is not among its arguments; pass it as one{where()}"
                )
            return found

        out = bind(self._primitive(value, call, results), [_value_of(leaves[place]) for place in call.moving])
        return unflatten(results[0], list(out))

    @abstractmethod
    def _primitive(self, value: Callable[..., Any], call: _Call, results: list[Any]) -> General:
        """Return the primitive of one call; `results` holds the structure of its results once `value` has run."""


def _value_of(leaf: Any) -> Any:
    return leaf if isinstance(leaf, Traced) else as_value(leaf)


class custom_jvp(_Declared):
    """Give a function a forward rule of its own; reverse mode transposes it.

    `f.defjvp(rule)`: rule(primals, tangents) returns (value, tangent), linear in the tangents. The tangent of what has no
    derivative, such as an integer or text, is None. Where a derivative is taken of `f`, NoRuleError is raised if no rule was
    declared, TracingError if `f` uses a traced value that is not among its arguments.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> @cr.custom_jvp
    ... def log1pexp(x):
    ...     return np.log1p(np.exp(x))
    >>> @log1pexp.defjvp
    ... def rule(primals, tangents):
    ...     (x,), (t,) = primals, tangents
    ...     return log1pexp(x), t / (1 + np.exp(-x))
    >>> cr.grad(log1pexp)(0.0)
    0.5
    """

    rule: Callable[..., Any] | None = None

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Declare the rule; return it, so that this serves as a decorator."""
        self.rule = rule
        return rule

    def _primitive(self, value: Callable[..., Any], call: _Call, results: list[Any]) -> General:
        rule = self.rule
        if rule is None:
            raise NoRuleError(f"{self.name} has no rule yet; declare it with @{self.name}.defjvp")

        def push(out: Any, tangents: Sequence[Array | None], *flat: Array) -> tuple[Array, ...]:
            full = [np.zeros_like(x) if t is None else t for x, t in zip(flat, tangents, strict=True)]
            _, moved = rule(call.filled(flat), call.filled(full, None))
            return tuple(as_output(part) for part in flatten(moved)[0])

        return General(
            name=self.name, value=value, push=push, expansion=value, rule=f"the rule declared for {self.name}"
        )


class custom_vjp(_Declared):
    """Give a function a reverse rule of its own.

    `f.defvjp(forward, backward)`: forward(*args) returns (value, residuals); backward(residuals, ct) returns a tuple with a
    cotangent for each argument, None for zero. Where a derivative is taken of `f`, NoRuleError is raised if no rule was declared,
    or in forward mode, which needs `custom_jvp`; TracingError if `backward` returns something else, or if `f` uses a traced value
    that is not among its arguments.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> @cr.custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda residuals, ct: (np.clip(ct, -1, 1),))
    >>> cr.grad(lambda x: 10 * clipped(x))(3.0)
    1.0
    """

    forward: Callable[..., Any] | None = None
    backward: Callable[..., Any] | None = None

    def defvjp(self, forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
        """Declare the two halves of the rule."""
        self.forward, self.backward = forward, backward

    def _primitive(self, value: Callable[..., Any], call: _Call, results: list[Any]) -> General:
        forward, backward = self.forward, self.backward
        if forward is None or backward is None:
            raise NoRuleError(f"{self.name} has no rule yet; declare it with {self.name}.defvjp(forward, backward)")

        def pull(out: Any, cts: tuple[Array, ...], *flat: Array) -> tuple[Any, ...]:
            args = call.filled(flat)
            _, residuals = forward(*args)
            shares = backward(residuals, unflatten(results[0], list(cts)))
            if not isinstance(shares, tuple) or len(shares) != len(args):
                raise TracingError(
                    f"the backward rule of {self.name} must return a tuple of {len(args)} cotangents, one for each argument"
                )
            pulled: list[Any] = []
            for arg, share in zip(args, shares, strict=True):
                count = len(flatten(arg)[0])
                parts = [None] * count if share is None else flatten(share)[0]
                if len(parts) != count:
                    raise TracingError(
                        f"the backward rule of {self.name} returned {len(parts)} cotangents for an argument of {count} "
                        "parts; give zeros for those without one, or None for the whole argument"
                    )
                pulled.extend(parts)
            moved = [pulled[place] for place in call.moving]
            return tuple(None if part is None else as_output(part) for part in moved)

        rule = f"the rule declared for {self.name}"
        return General(name=self.name, value=value, push=None, pull=pull, expansion=value, rule=rule)


def checkpoint(fun: Callable[..., Any]) -> Callable[..., Any]:
    """Return `fun`, which reverse mode runs again when it needs its intermediate values, instead of keeping them.

    Raises TracingError where `fun` is no function.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> cr.grad(lambda x: cr.checkpoint(np.sin)(x) ** 2)(0.0)
    0.0
    """
    return transformed("checkpoint", _checkpointed, fun)


def _checkpointed(fun: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    leaves, structure = flatten((args, kwargs))
    values = [_value_of(leaf) if isinstance(leaf, Traced | np.ndarray | float | complex) else leaf for leaf in leaves]
    moving = [position for position, value in enumerate(values) if isinstance(value, Traced)]
    results: list[Any] = []
    returned: list[Any] = []
    changed: list[int] = []

    def flat(*operands: Array) -> list[Any]:
        full = list(values)
        for position, operand in zip(moving, operands, strict=True):
            full[position] = operand
        again, keywords = unflatten(structure, full)
        returned[:] = [fun(*again, **keywords)]
        outputs, result_structure = flatten(returned[0])
        results[:] = [result_structure]
        changed[:] = [position for position in moving if full[position].version]
        return [as_output(part) for part in (*outputs, *(full[position] for position in changed))]

    graph, captured = _program(flat, [values[position] for position in moving])
    operands = [values[position] for position in moving] + captured
    if not operands:
        return returned[0]
    out = list(bind(CHECKPOINT, operands, {"graph": graph}))
    for position in reversed(changed):  # what the function assigned to its arguments
        leaves[position].assign(out.pop())
    return unflatten(results[0], [plain(part) for part in out])


def _program(flat: Callable[..., list[Any]], inputs: Sequence[Any]) -> tuple[Graph, list[Traced]]:
    """Return the graph of a function without its values, and the traced values that it closes over as further inputs."""
    trace = RecordTrace(whole=True)
    traced = [trace.input(value) for value in inputs]
    try:
        results = [close_over(trace, part) for part in call(flat, traced)]
    finally:
        trace.closed = True
    captured: dict[int, tuple[Traced, Node]] = {}
    nodes = list(trace.nodes)

    def close(value: Traced) -> Node:
        """Return the input node that stands for a closed-over traced value."""
        if id(value) not in captured:
            captured[id(value)] = (value, input_node(0, value.value))
        return captured[id(value)][1]

    for node in nodes:
        node.parents = [
            close(operand) if parent is None and isinstance(operand, Traced) else parent
            for operand, parent in zip(node.operands, node.parents, strict=True)
        ]
        node.operands = [
            None if parent is not None else operand for operand, parent in zip(node.operands, node.parents, strict=True)
        ]
        node.value = None
    outputs = [own_node(trace, part) for part in results]
    outputs = [close(out) if isinstance(out, Traced) else out for out in outputs]
    entry = [*nodes[: len(inputs)], *(node for _, node in captured.values())]
    ordered = [*entry, *nodes[len(inputs) :]]
    for position, node in enumerate(ordered):
        node.index = position
    return Graph(tuple(entry), tuple(ordered), tuple(outputs)), [value for value, _ in captured.values()]


def _rerun_push(out: Any, tangents: Sequence[Array | None], *operands: Array, graph: Graph) -> tuple[Array, ...]:
    full = [np.zeros_like(x) if t is None else t for x, t in zip(operands, tangents, strict=True)]
    _, moved = pushforward(lambda *inputs: list(graph.evaluate(*inputs)), operands, full)
    return tuple(moved)


def _rerun_pull(out: Any, cts: tuple[Array, ...], *operands: Array, graph: Graph) -> tuple[Array, ...]:
    _, pullback = linearize(lambda *inputs: list(graph.evaluate(*inputs)), operands)
    return tuple(pullback(cts))


CHECKPOINT = General(
    name="checkpoint",
    value=lambda *operands, graph: graph.evaluate(*operands),
    push=_rerun_push,
    pull=_rerun_pull,
    expansion=lambda *operands, graph: graph.evaluate(*operands),
    rule="chain rule, with the intermediate values computed again",
)
