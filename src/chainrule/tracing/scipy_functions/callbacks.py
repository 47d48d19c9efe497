"""Owns how a function of SciPy that calls the user's functions is run on plain numbers, where these return traced values.

Solvers of differential equations, integrators and searches for roots choose by values what they compute next, in code that takes
plain numbers only. So they run on plain numbers, with the user's functions stood in for, which also tells whether anything
was traced: a value that a function closes over is in none of its arguments. Then what they found is computed once more with
traced values, without the search. Its derivative is right, and its value is SciPy's own.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterable
from typing import Any, final

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Trace, Traced, innermost, owners
from chainrule.errors import TracingError
from chainrule.tracing.lift import as_own_array, holds_traced, lift
from chainrule.user_code import where


@final
class PlainRun:
    """One run of a function of SciPy on plain numbers.

    name: of the function, for messages.
    traces: those of what was made plain, by their levels; empty where nothing was traced.
    """

    __slots__ = ("name", "traces")

    def __init__(self, name: str) -> None:
        self.name = name
        self.traces: dict[int, Trace] = {}

    @property
    def is_traced(self) -> bool:
        """Whether a traced value was met, as an argument or as what a function returned."""
        return bool(self.traces)

    @property
    def order(self) -> int:
        """The order of the derivatives that may be taken of the result: each trace takes one."""
        return len(self.traces)

    def plain(self, value: Any) -> Any:
        """Return a value with plain numbers in place of traced ones, also inside lists, tuples and dictionaries.

        Raises TracingError where they differ along the batch of vmap: each of its members would have steps of its own.
        """
        kind = type(value)
        if kind is float or (kind is np.ndarray and not value.dtype.hasobject):
            return value
        if isinstance(value, Traced):
            return self._value(value)
        if isinstance(value, np.ndarray):
            return self.plain(lift(value)) if holds_traced(value) else value
        if isinstance(value, dict):
            copied = copy.copy(value)
            copied.update((key, self.plain(each)) for key, each in value.items())
            return copied
        if isinstance(value, list | tuple):
            parts = [self.plain(each) for each in value]
            return kind(*parts) if hasattr(value, "_fields") else kind(parts)
        return value

    def _value(self, traced: Traced) -> Array:
        if traced.origin is not None:
            traced.refresh()
        for owner in owners(traced):
            if owner.closed:
                owner.refuse_closed()
            owner.note_search(self.name)
            self.traces[owner.level] = owner
        inner = innermost(traced)
        shape = traced.owner.shape(traced)
        if np.shape(inner.value) != shape:
            raise TracingError(
                f"{self.name} chooses its steps by values, which differ along the batch of vmap; call it for one member after "
                f"the other, in a loop: np.stack([f(x) for x in batch]){where()}"
            )
        return inner.value.copy() if isinstance(inner.value, np.ndarray) else inner.value

    def constant(self, value: Array) -> Array:
        """Return an array as a traced one, so that the user's functions may make arrays like it, and assign into them."""
        newest = self.traces[max(self.traces)]
        if isinstance(value, Traced) and value.owner is newest:
            return value
        return as_own_array(newest.constant(value))

    def function(self, function: Any) -> Any:
        """Return what stands for a function of the user's: with the same attributes, and plain results.

        What Python cannot call, such as a compiled function of SciPy's, stays itself, and so do classes and linear operators.
        """
        if not callable(function) or isinstance(function, type) or hasattr(function, "matvec"):
            return function
        plain = self.plain

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            kind = type(result)
            if kind is float or (kind is np.ndarray and not result.dtype.hasobject):
                return result
            return plain(result)

        return functools.update_wrapper(stand_in, function)

    def given(self, value: Any) -> Any:
        """Return what stands for an argument: a function, plain values, or a container or a constraint of SciPy's with such."""
        if isinstance(value, dict):
            copied = copy.copy(value)
            copied.update((key, self.given(each)) for key, each in value.items())
            return copied
        if type(value) in (list, tuple):
            return type(value)(map(self.given, value))
        if type(value).__name__ == "NonlinearConstraint":
            copied = copy.copy(value)
            for name in ("fun", "jac", "hess"):
                setattr(copied, name, self.function(getattr(value, name)))
            return copied
        return self.plain(self.function(value))

    def valued(self, value: Array, computed: Array) -> Array:
        """Return what was computed once more with the value that SciPy found, to the bit."""
        return value + (computed - self.plain(computed)) if isinstance(computed, Traced) else value


def with_arguments(function: Callable[..., Any], args: Iterable[Any] | None) -> Callable[..., Any]:
    """Return a function with further arguments, as SciPy's functions take them by `args=`."""
    further = () if args is None else tuple(args)
    return (lambda *own: function(*own, *further)) if further else function


def as_vector(value: Any, size: int) -> Array:
    """Return what a function returned for a state of so many numbers; one number stands for each of them, as in SciPy."""
    lifted = lift(value)
    if np.shape(lifted) == (size,):
        return lifted
    return np.reshape(lifted, (size,)) if np.size(lifted) == size else np.broadcast_to(lifted, (size,))
