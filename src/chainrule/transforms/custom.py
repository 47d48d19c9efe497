"""Owns what users declare themselves: stop_gradient, custom_jvp and custom_vjp."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from chainrule.core.primitive import Array, General
from chainrule.core.trace import Traced, bind
from chainrule.core.trees import flatten, unflatten
from chainrule.errors import NoRuleError, TracingError
from chainrule.primitives.constants import STOP_GRADIENT
from chainrule.transforms.arguments import as_operand, as_output, own
from chainrule.transforms.transformed import own_name, require_function
from chainrule.user_code import where

Tree = TypeVar("Tree")


def stop_gradient(x: Tree) -> Tree:
    """Return a copy of `x` (an array, a number or a pytree), which derivatives treat as constant.

    >>> import chainrule as cr
    >>> cr.grad(lambda x: x * cr.stop_gradient(x))(3.0)
    3.0
    """
    leaves, structure = flatten(x)
    stopped = [bind(STOP_GRADIENT, (leaf,)) if isinstance(leaf, Traced) else own(leaf) for leaf in leaves]
    same: Tree = unflatten(structure, stopped)
    return same


_SAME = object()


@dataclass(frozen=True, slots=True)
class _Call:
    """The arguments of one call, of which those at the positions `moving` are operands, and the others what they are."""

    structure: Any
    leaves: list[Any]
    moving: list[int]

    def filled(self, operands: Sequence[Any], others: Any = _SAME) -> tuple[Any, ...]:
        """Return the arguments with other operands; `others` takes the place of what is none, where it is given.

        They are the user's to change in place: the run has kept its own.
        """
        leaves = list(self.leaves) if others is _SAME else [others] * len(self.leaves)
        for place, operand in zip(self.moving, operands, strict=True):
            leaves[place] = own(operand)
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
        require_function(type(self).__name__, fun)
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

        out = bind(self._primitive(value, call, results), [as_operand(leaves[place]) for place in call.moving])
        return unflatten(results[0], list(out))

    @abstractmethod
    def _primitive(self, value: Callable[..., Any], call: _Call, results: list[Any]) -> General:
        """Return the primitive of one call; `results` holds the structure of its results once `value` has run."""


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
        """Declare the rule; return it, so that this serves as a decorator. Raises TracingError where it is no function."""
        require_function("custom_jvp.defjvp", rule)
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
        """Declare the two halves of the rule. Raises TracingError where one is no function."""
        require_function("custom_vjp.defvjp", forward)
        require_function("custom_vjp.defvjp", backward)
        self.forward, self.backward = forward, backward

    def _primitive(self, value: Callable[..., Any], call: _Call, results: list[Any]) -> General:
        forward, backward = self.forward, self.backward
        if forward is None or backward is None:
            raise NoRuleError(f"{self.name} has no rule yet; declare it with {self.name}.defvjp(forward, backward)")

        def pull(out: Any, cts: tuple[Array, ...], *flat: Array) -> tuple[Any, ...]:
            args = call.filled(flat)
            _, residuals = forward(*args)
            shares = backward(residuals, unflatten(results[0], [own(ct) for ct in cts]))
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
