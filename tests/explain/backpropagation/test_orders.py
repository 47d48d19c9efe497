"""Tests of the comparison of orders: the classic mistakes give what they give elsewhere, and the right order is `grad`'s."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr


def doubled(a):
    b = a + a
    c = b + b
    return c


def branches(x):
    a = x * x
    b = a + x
    return b * a


def towers(x):
    for _ in range(60):
        x = x + x
    return x


def outcome(fun, *args):
    compared = cr.backprop(fun, *args).compare_orders()
    return compared, compared.outcomes[0]


def recursive(node, adjoint, grads):
    """Propagate as a first program of one's own does: add, and pass on at once. node: (name, [(local, parent), ...])."""
    _, parents = node
    visits = 1
    for local, parent in parents:
        grads[parent[0]] = grads.get(parent[0], 0.0) + adjoint() * local
        visits += recursive(parent, lambda parent=parent: grads[parent[0]], grads)
    return visits


def test_doubling_twice_is_four_in_order_and_six_by_recursion():
    compared, found = outcome(doubled, 1.0)
    assert (found.right, found.at_once, found.overwritten) == (4.0, 6.0, 1.0)
    assert (compared.visits, compared.path_visits) == (3, 7)
    assert not compared.agree


def test_recursion_gives_what_a_recursive_program_gives():
    a = ("a", [])
    b = ("b", [(1.0, a), (1.0, a)])
    c = ("c", [(1.0, b), (1.0, b)])
    grads = {"c": 1.0}
    visits = recursive(c, lambda: grads["c"], grads)
    compared, found = outcome(doubled, 1.0)
    assert (found.at_once, compared.path_visits) == (grads["a"], visits)


def test_a_value_in_two_branches():
    compared, found = outcome(branches, 2.0)
    assert found.right == cr.grad(branches)(2.0)
    assert found.at_once != found.right
    assert "after all of its users" in str(compared)


def test_visits_grow_as_the_paths_do():
    compared, found = outcome(towers, 1.0)
    assert found.right == 2.0**60
    assert found.at_once is None
    assert compared.visits == 61
    assert compared.path_visits == 2**61 - 1
    assert "about 10^18" in str(compared)
    assert "given up" in str(compared)


def test_a_chain_is_the_same_in_any_order():
    compared, found = outcome(lambda x: np.sin(np.exp(x)), 0.3)
    assert compared.agree
    assert found.right == found.at_once == found.overwritten
    assert compared.path_visits == compared.visits == 3


def test_dead_code_and_unused_inputs_are_not_visited():
    def fun(x, unused):
        np.exp(x)
        return x * 2.0

    run = cr.backprop(fun, 1.0, 5.0)
    assert run.compare_orders().visits == 2
    assert run.compare_orders().outcomes[1].right == 0.0
    assert [node.name for node in run.nodes] == ["x", "unused", "L"]
    assert run.node("unused").chain == "dL/dunused = 0.0: L does not depend on unused"


@pytest.mark.parametrize("fun", [doubled, branches])
def test_arrays_and_constants_compare_too(fun):
    def total(x):
        return np.sum(fun(x))

    x = np.array([1.0, 2.0])
    _, found = outcome(total, x)
    np.testing.assert_array_equal(found.right, cr.grad(total)(x))
    constant, _ = outcome(lambda x: 3.0, 1.0)
    assert constant.visits == 0
    assert constant.agree
