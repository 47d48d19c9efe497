"""A graph is what a program did, in order, and runs again: on other numbers, and on traced ones."""

from __future__ import annotations

from typing import Any

import numpy as np

import chainrule as cr
from chainrule.core.graph import ITEM
from chainrule.tracing.record import record


def program(x: Any, y: Any) -> Any:
    values, vectors = np.linalg.eigh(x + x.T)
    return np.sum(values[0] * np.tanh(y)), vectors[0, 0] ** 2, 3.0


X, Y = np.array([[2.0, 0.3], [0.1, -1.0]]), np.array([0.5, -0.2])


def test_operands_come_before_what_uses_them() -> None:
    graph = record(program, (X, Y))
    assert graph.nodes[:2] == graph.inputs
    for place, node in enumerate(graph.nodes):
        assert node.index == place
        assert all(parent is None or parent.index < place for parent in node.parents)
    assert graph.outputs[2] == 3.0, "what depends on no input is no node"


def test_results_of_one_operation_are_picked_by_their_number() -> None:
    items = [node for node in record(program, (X, Y)).nodes if node.primitive is ITEM]
    assert [node.parameters["index"] for node in items] == [0, 1]
    assert items[0].parents == items[1].parents


def test_it_runs_on_other_numbers() -> None:
    graph = record(program, (X, Y))
    again = graph.evaluate(2 * X, Y + 1)
    np.testing.assert_allclose(again, program(2 * X, Y + 1), rtol=1e-14)


def test_it_runs_on_traced_values() -> None:
    graph = record(program, (X, Y))
    found = cr.grad(lambda y: graph.evaluate(X, y)[0])(Y)
    np.testing.assert_allclose(found, cr.grad(lambda y: program(X, y)[0])(Y), rtol=1e-14)


def test_decisions_stay_as_they_were() -> None:
    graph = record(lambda x: -x if x < 0 else x * 10, (-2.0,))
    assert graph.evaluate(3.0) == (-3.0,)
