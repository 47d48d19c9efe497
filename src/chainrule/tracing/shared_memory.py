"""Owns which results share NumPy's memory with an array: an assignment to one is seen in the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.trace import Traced, innermost
from chainrule.primitives.index_keys import Template
from chainrule.tracing.numpy_functions.operands import lying
from chainrule.tracing.numpy_functions.subscripts import explicit_subscripts

_AS_IT_LIES = frozenset("AK")


def only_rearranges(subscripts: str, operands: Sequence[Any]) -> bool:
    """Whether np.einsum is asked for a transpose or a diagonal, such as "ii->i": NumPy's result is a view then."""
    if len(operands) != 1 or not isinstance(operands[0], Traced):
        return False
    before, _, after = explicit_subscripts(subscripts, operands).partition("->")
    return set(before) == set(after)


def has_ellipsis(template: Template) -> bool:
    """Whether an index expression asks for an array even where one element is left, as `x[0, ...]` does."""
    return template is Ellipsis or (type(template) is tuple and any(entry is Ellipsis for entry in template))


def is_view(
    function: Callable[..., Any], result: Traced, array: Traced, options: Sequence[Any], keywords: dict[str, Any]
) -> bool:
    """Whether what a function made of an array is a view of it; to reshape an array that is not in order is to copy it."""
    # Hot path: benchmarks/test_eager.py
    if result is array or (keywords and keywords.get("copy", False)):
        return False
    shape = array.owner.shape(array)
    if not shape and array.origin is None:
        return False
    if function is np.ravel or array.version or np.ndim(innermost(array).value) != len(shape):
        # np.ravel copies where it would walk in steps, views that are assigned to lie anew, and a batch has gaps.
        lies = lying(array)
        return np.may_share_memory(function(lies, *options, **keywords), lies)
    return np.may_share_memory(innermost(result).value, innermost(array).value)


def reader(
    function: Callable[..., Any],
    implementation: Callable[..., Any],
    array: Traced,
    options: Sequence[Any],
    keywords: dict[str, Any],
) -> Callable[[Any], Any]:
    """Return how what a function of NumPy made of an array is read from it again after an assignment, by its implementation.

    order="K" and order="A" ask how the elements lie in memory: they stay where they were, whatever is assigned to them.
    """
    if str in map(type, (*options, *keywords.values())) and not _AS_IT_LIES.isdisjoint(_texts(options, keywords)):
        positions = function(_numbered(array), *options, **keywords)
        return lambda changed: np.take(np.ravel(changed), positions)
    return lambda changed: (implementation if isinstance(changed, Traced) else function)(changed, *options, **keywords)


def _texts(options: Sequence[Any], keywords: dict[str, Any]) -> list[str]:
    return [each for each in (*options, *keywords.values()) if type(each) is str]


def _numbered(array: Traced) -> np.ndarray[Any, Any]:
    """Return the positions of an array's elements, laid out in memory as these are."""
    numbers = np.empty_like(lying(array), dtype=np.intp)
    numbers[...] = np.arange(numbers.size).reshape(numbers.shape)
    return numbers
