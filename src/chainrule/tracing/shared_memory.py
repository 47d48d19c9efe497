"""Owns which results share NumPy's memory with an array: an assignment to one is seen in the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.trace import Traced, innermost
from chainrule.primitives.index_keys import Template
from chainrule.tracing.numpy_functions.subscripts import explicit_subscripts


def only_rearranges(subscripts: str, operands: Sequence[Any]) -> bool:
    """Whether np.einsum is asked for a transpose or a diagonal, such as "ii->i": NumPy's result is a view then."""
    if len(operands) != 1 or not isinstance(operands[0], Traced):
        return False
    before, _, after = explicit_subscripts(subscripts, operands).partition("->")
    return set(before) == set(after)


def has_ellipsis(template: Template) -> bool:
    """Whether an index expression asks for an array even where one element is left, as `x[0, ...]` does."""
    return template is Ellipsis or (type(template) is tuple and any(entry is Ellipsis for entry in template))


def same_memory(first: Traced, second: Traced) -> bool:
    """Whether NumPy made one of two arrays as a view of the other; to reshape an array that is not in order is to copy it."""
    return np.may_share_memory(innermost(first).value, innermost(second).value)


def reader(
    function: Callable[..., Any], array: Traced, options: Sequence[Any], keywords: dict[str, Any]
) -> Callable[[Any], Any]:
    """Return how what `function` made of an array is read from it again after an assignment.

    order="K" and order="A" ask how the elements lie in memory: they stay where they were, whatever is assigned to them.
    """
    if not {"A", "K"}.isdisjoint(each for each in (*options, *keywords.values()) if type(each) is str):
        positions = function(_numbered(array), *options, **keywords)
        return lambda changed: np.take(np.ravel(changed), positions)
    return lambda changed: function(changed, *options, **keywords)


def _numbered(array: Traced) -> np.ndarray[Any, Any]:
    """Return the positions of an array's elements, laid out in memory as these are."""
    value: Any = np.asarray(innermost(array).value)
    shape: tuple[int, ...] = array.owner.shape(array)
    numbers = np.empty_like(value[(0,) * (value.ndim - len(shape))], dtype=np.intp)  # of one member of a batch
    numbers[...] = np.arange(numbers.size).reshape(shape)
    return numbers
