"""Owns how a transform reads its arguments: which are differentiated, as flat arrays, and how results are given back."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.core.trees import LEAF, flatten, unflatten
from chainrule.errors import NotScalarError, TracingError
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import as_own_array, is_opaque, lift
from chainrule.tracing.record import as_value
from chainrule.tracing.traced_array import TracedArray
from chainrule.tracing.traced_number import TracedNumber, as_number


@dataclass(slots=True)
class Arguments:
    """A call of a function, seen as a function of the flat list of arrays that are differentiated.

    positions: of the differentiated arguments. leaves: theirs, as the user gave them; values: as the engine computes with them;
    structure: of the tuple of these arguments. result_structure, aux_parts, aux_structure: noted when `flat` has run.
    """

    fun: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    positions: tuple[int, ...]
    leaves: list[Any]
    values: list[Array]
    structure: Any
    result_structure: Any = None
    aux_parts: tuple[Any, ...] | list[Any] = ()
    aux_structure: Any = None

    def flat(self, has_aux: bool = False) -> Callable[..., list[Any]]:
        """Return the function of the flat values, which notes the structure of its result and the auxiliary output."""

        def function(*values: Array) -> list[Any]:
            args = list(self.args)
            if not NUMBERS.isdisjoint(map(type, self.leaves)):
                values = tuple(
                    as_number(value) if type(leaf) in NUMBERS else value
                    for value, leaf in zip(values, self.leaves, strict=True)
                )
            parts = values if self.structure is _SINGLE else unflatten(self.structure, list(values))
            for position, part in zip(self.positions, parts, strict=True):
                args[position] = part
            result = self.fun(*args, **self.kwargs)
            if has_aux:
                if not isinstance(result, tuple) or len(result) != 2:
                    raise TracingError("has_aux=True: the function must return a pair (value, auxiliary)")
                result, aux = result
                parts, self.aux_structure = flatten(aux)
                self.aux_parts = [_settled(part) for part in parts]
            leaves, self.result_structure = flatten(result)
            return [as_result(leaf, self.fun) for leaf in leaves]

        return function

    @property
    def aux(self) -> Any:
        """The auxiliary output, in which values that were traced are plain again."""
        return unflatten(self.aux_structure, [_untraced(part) for part in self.aux_parts])

    def gather(self, results: Sequence[Array], alone: bool) -> Any:
        """Put one result for each differentiated leaf into the structure of the arguments."""
        if alone and self.structure is _SINGLE:
            return like_input(results[0], self.leaves[0], self.values[0])
        given = [
            like_input(result, leaf, value)
            for result, leaf, value in zip(results, self.leaves, self.values, strict=True)
        ]
        if len({id(part) for part in given}) < len(given):  # arguments that are added have the same gradient
            given = [part.copy() if any(part is other for other in given[:place]) and isinstance(part, np.ndarray) else part
                     for place, part in enumerate(given)]  # fmt: skip
        parts = unflatten(self.structure, given)
        return parts[0] if alone else tuple(parts)


def _settled(part: Any) -> Any:
    """Return a value that leaves the function beside its result; a view is read while its trace is open."""
    if isinstance(part, Traced) and part.origin is not None:
        part.refresh()
    return lift(part) if isinstance(part, np.ndarray) and part.dtype.hasobject else part


def _untraced(part: Any) -> Any:
    if not isinstance(part, Traced):
        return part
    while isinstance(part, Traced) and part.owner.closed:
        part = part.value
    return plain(part)


class _Single:
    """The structure of one lone array or number among the differentiated arguments."""

    __slots__ = ()

    def unflatten(self, leaves: list[Any]) -> tuple[Any]:
        (leaf,) = leaves
        return (leaf,)


_SINGLE = _Single()
_PYTHON_NUMBERS = frozenset({int, float})
NUMBERS = frozenset({int, float, complex, TracedNumber})
"""The types of arguments that have no precision of their own."""
_DOUBLE = frozenset({np.dtype(float), np.dtype(complex)})


def read(
    fun: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], argnums: int | Sequence[int]
) -> Arguments:
    """Read a call of `fun`; raise where `argnums` names an argument that is not there."""
    wanted = (argnums,) if isinstance(argnums, int) else _several(argnums)
    positions = tuple(position + len(args) if position < 0 else position for position in wanted)
    if len(set(positions)) < len(positions):
        raise TracingError(f"argnums={argnums} names an argument twice")
    for position in positions:
        if not 0 <= position < len(args):
            raise TracingError(
                f"argnums={argnums} names an argument that is not there: the function was called with {len(args)} positional "
                "argument(s), counted from 0; pass the differentiated arguments by position"
            )
    if len(positions) == 1:
        leaves, structure = flatten(args[positions[0]])
        if structure is LEAF:
            return Arguments(fun, args, kwargs, positions, leaves, [as_value(leaves[0])], _SINGLE)
    leaves, structure = flatten(tuple(args[position] for position in positions))
    return Arguments(fun, args, kwargs, positions, leaves, [as_value(leaf) for leaf in leaves], structure)


def _several(argnums: Any) -> tuple[int, ...]:
    """Return the numbers of arguments; raise TypeError where they are none."""
    try:
        return tuple(map(operator.index, argnums))
    except TypeError:
        message = f"argnums is the number of an argument, such as 0, or several, such as (0, 1), not {argnums!r:.60}"
        raise TypeError(message) from None


def as_operand(leaf: Any) -> Array:
    """Return an argument as an operand of the engine; a traced value, also of integers, as it is."""
    return leaf if isinstance(leaf, Traced) else as_value(leaf)


def as_result(leaf: Any, fun: Callable[..., Any] | str) -> Array:
    """Return a result that is differentiated as a value of the engine; raise NotScalarError where it is no number.

    fun: the function that returned it, or its name.
    """
    if isinstance(leaf, Traced):
        return leaf
    value = None if is_opaque(leaf) else as_output(leaf)
    if value is None or value.dtype.kind not in "biufc":
        name = fun if isinstance(fun, str) else getattr(fun, "__name__", "the function")
        raise NotScalarError(
            f"{name} returned {leaf!r:.60} (of type {type(leaf).__name__}), which is no number and has no derivative; return "
            "numbers alone, or of grad and value_and_grad what else there is beside them (has_aux=True)"
        )
    return value


def as_output(value: Any) -> Array:
    """Return what the user's function returned as a value of the engine."""
    if isinstance(value, Traced):
        return value
    value = lift(value)
    return value if isinstance(value, Traced) else np.asarray(value)[()]


def like_input(result: Array, leaf: Any, value: Array) -> Any:
    """Return a derivative in the form of the argument that it belongs to: Python numbers, float32, arrays of its own."""
    if type(result) is np.float64 and type(leaf) in _PYTHON_NUMBERS:
        return float(result)
    if isinstance(result, TracedArray):
        return plain(cast(result, value.dtype) if value.dtype.kind in "fc" else result)
    if isinstance(leaf, Traced):
        kind = value.dtype if value.dtype.kind in "fc" else None
        return np.array(np.broadcast_to(result, np.shape(value)), dtype=kind)[()]
    if (
        isinstance(leaf, np.ndarray)
        and _is_fresh(result)
        and result.dtype == value.dtype
        and result.shape == leaf.shape
    ):
        return result
    array = np.array(np.broadcast_to(result, np.shape(value)), dtype=value.dtype)
    return array if isinstance(leaf, np.ndarray) or array.ndim else plain(array[()])


def own(value: Array) -> Array:
    """Return a value that can be changed in place, and nothing else changes with it.

    >>> import numpy as np
    >>> x = np.zeros(2)
    >>> y = own(x)
    >>> y[0] = 1.0
    >>> x
    array([0., 0.])
    """
    if isinstance(value, np.ndarray):
        return value.copy(order="K")
    if type(value) is TracedArray:
        copied = value.snapshot()
        return as_own_array(copied) if value.version else copied
    return value


def apart(results: Sequence[Array], given: Sequence[Array]) -> list[Array]:
    """Return results each of which can be changed by itself: what shares memory with what was given, or another, is copied."""
    known = [each for each in given if isinstance(each, np.ndarray)]
    found = []
    for result in results:
        if isinstance(result, np.ndarray):
            result = own(result) if any(np.may_share_memory(result, each) for each in known) else result
            known.append(result)
        found.append(own(result) if isinstance(result, Traced) else result)
    return found


def _is_fresh(result: Array) -> bool:
    return type(result) is np.ndarray and result.base is None and result.flags.writeable


def plain(value: Any) -> Any:
    """Return a float64 or complex128 scalar as Python's own number, which prints as one; a traced one as a traced number."""
    if type(value) is np.float64:
        return float(value)
    if type(value) is np.complex128:
        return complex(value)
    if type(value) is TracedArray and value.dtype in _DOUBLE and not value.shape:
        return as_number(value)
    return value
