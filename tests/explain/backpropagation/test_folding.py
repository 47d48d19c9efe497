"""Tests of folding: any labels give a graph without circles and the same adjoints; long programs become short."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.explain.backpropagation.folding import leading_to, units


def looped(x, k):
    for _ in range(50):
        v = np.sin(x) * k
        x = x - 0.1 * v
    return x**2


def spread(x):
    parts = [np.sin(x * n) for n in range(100)]
    total = 0.0
    for part in parts:
        total = total + part * part
    return total


def in_one_line(x):
    y = np.mean(np.exp(x) * x + np.std(x))
    return y * np.sum(x)


def test_long_programs_become_short_and_say_so():
    run = cr.backprop(looped, 1.0, 0.5)
    assert len(run.nodes) < 60
    assert sum(node.operations for node in run.nodes) == 201
    assert "201 in all" in str(run)
    assert max(map(len, str(run).splitlines())) <= 100


@pytest.mark.parametrize("fold", [True, False, "auto", "none", "composite", "line"])
@pytest.mark.parametrize(("fun", "args"), [(looped, (1.0, 0.5)), (spread, (0.3,)), (in_one_line, (np.ones(3),))])
def test_adjoints_do_not_depend_on_the_fold(fun, args, fold):
    run = cr.backprop(fun, *args, fold=fold)
    exact = cr.grad(fun, tuple(range(len(args))))(*args)
    for gradient, node, expected in zip(run.gradients.values(), run.nodes, exact, strict=False):
        np.testing.assert_array_equal(gradient, expected)
        np.testing.assert_allclose(sum(edge.share for edge in node.contributions), expected, rtol=1e-12)


def test_line_folds_show_the_line():
    run = cr.backprop(in_one_line, np.ones(3), fold="line")
    assert [node.formula for node in run.nodes] == ["input", "np.mean(np.exp(x) * x + np.std(x))", "y * np.sum(x)"]
    assert run.node("y").operations > 5
    assert run.node("y").line[2].startswith("y = ")


def test_every_fold_opens_down_to_operations():
    run = cr.backprop(looped, 1.0, 0.5)
    for _ in range(2000):
        folded = [node for node in run.nodes if node.operations > 1]
        if not folded:
            break
        largest = max(folded, key=lambda node: node.operations)
        opened = run.unfold(largest.name)
        assert len(opened.nodes) > len(run.nodes)
        assert opened.gradients == run.gradients
        run = opened
    assert sum(node.operations for node in run.nodes) == 201
    assert all(node.operations <= 1 for node in run.nodes)


def test_what_cannot_be_opened_stays():
    run = cr.backprop(lambda x: x * x, 2.0)
    assert str(run.unfold("L")) == str(run)
    assert run.unfold("x") is run
    with pytest.raises(KeyError, match="no node is called"):
        run.unfold("nobody")
    with pytest.raises(cr.TracingError, match='fold is "auto", "composite"'):
        cr.backprop(lambda x: x * x, 2.0, fold="page")


def test_random_labels_make_no_circles():
    graph = cr.backprop(spread, 0.3, fold=False).program.graph
    (out,) = graph.outputs
    live = leading_to(graph.nodes, out)
    random = np.random.default_rng(0)
    for _ in range(20):
        labels = {node.index: ("line", int(random.integers(4))) for node in live if node.primitive is not None}
        found = units(live, out, labels)
        heads = {unit.head.index for unit in found} | {node.index for node in graph.inputs}
        assert sum(len(unit.nodes) for unit in found) == len(labels)
        for unit in found:
            assert all(parent.index in heads and parent.index < unit.head.index for parent in unit.parents())
