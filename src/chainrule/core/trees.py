"""Owns pytrees: nested tuples, lists, dictionaries and named tuples of arrays, flattened and put together by optree."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import optree

from chainrule.core.trace import Traced

Leaves: TypeAlias = list[Any]
Orders: TypeAlias = tuple[tuple[Any, ...], ...]


class _Leaf:
    """The structure of a lone array or number, for which optree is not asked."""

    __slots__ = ()

    def unflatten(self, leaves: Leaves) -> Any:
        (leaf,) = leaves
        return leaf


LEAF = _Leaf()
_LEAF_TYPES = frozenset({float, int, complex, np.ndarray, np.float64, np.float32, np.complex128})


def flatten(tree: Any) -> tuple[Leaves, Any]:
    """Return the leaves of `tree` and its structure. `None` is a structure without leaves."""
    if type(tree) in _LEAF_TYPES or isinstance(tree, Traced):
        return [tree], LEAF
    leaves, structure = optree.tree_flatten(tree)
    return leaves, structure


def flatten_in_order(tree: Any) -> tuple[Leaves, Any, Orders]:
    """Return leaves and structure, and the keys of each dictionary in its own order, which its structure does not tell.

    >>> flatten_in_order({"b": 1.0, "a": 2.0})[2]
    (('b', 'a'),)
    """
    if type(tree) in _LEAF_TYPES:
        return [tree], LEAF, ()
    orders: list[tuple[Any, ...]] = []

    def note(part: Any) -> bool:
        if isinstance(part, dict):
            orders.append(tuple(part))
        return False

    leaves, structure = optree.tree_flatten(tree, is_leaf=note)
    return leaves, structure, tuple(orders)


def unflatten(structure: Any, leaves: Leaves) -> Any:
    """Put leaves together again."""
    return structure.unflatten(leaves)


def paths(tree: Any) -> list[str]:
    """Return how each leaf is reached, such as "['w'][0]"; empty text for a lone leaf."""
    if type(tree) in _LEAF_TYPES:
        return [""]
    accessors = optree.tree_accessors(tree)
    return [accessor.codify("") for accessor in accessors]
