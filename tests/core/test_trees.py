"""Trees are taken apart and put together again, and each leaf is named by the way to it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.trees import LEAF, flatten, paths, unflatten


class Layer(NamedTuple):
    w: Any
    b: Any


TREE = {"z": [1.0, (2.0, None)], "a": Layer(np.ones(2), 3.0)}


def test_leaves_come_in_the_order_of_sorted_keys() -> None:
    leaves, structure = flatten(TREE)
    assert [np.shape(leaf) for leaf in leaves] == [(2,), (), (), ()]
    assert leaves[1:] == [3.0, 1.0, 2.0]
    again = unflatten(structure, leaves)
    assert type(again["a"]) is Layer
    assert again["z"] == [1.0, (2.0, None)]


@pytest.mark.parametrize("leaf", [2.0, 3, 1j, np.ones(2), np.float64(1)], ids=repr)
def test_a_lone_leaf_needs_no_structure(leaf: Any) -> None:
    leaves, structure = flatten(leaf)
    assert structure is LEAF
    assert unflatten(structure, leaves) is leaf


def test_a_traced_value_is_a_leaf() -> None:
    seen: list[Any] = []

    def function(x: Any) -> Any:
        seen.append((flatten(x)[1], len(flatten([x, x])[0])))
        return x * 2

    cr.grad(function)(1.0)
    assert seen == [(LEAF, 2)]


def test_each_leaf_is_named_by_the_way_to_it() -> None:
    assert paths(TREE) == ["['a'].w", "['a'].b", "['z'][0]", "['z'][1][0]"]
    assert paths(2.0) == [""]
