"""Whole numbers that a function needs whole, as labels and counts, stay what they are; others are differentiated."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr

LABELS = np.array([0, 1, 3, 2, 1])


def cross_entropy(weights, inputs, labels):
    logits = inputs @ weights
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(labels)), labels].mean()


def embedded(table, indices):
    return (table[indices] ** 2).sum()


def decayed(weights, steps):
    for _ in range(steps):
        weights = 0.9 * weights
    return (weights**2).sum()


@pytest.fixture
def arrays():
    generator = np.random.default_rng(0)
    return generator.normal(size=(3, 4)), generator.normal(size=(5, 3))


def test_labels_are_held_and_the_gradients_are_those_of_the_engine(arrays):
    run = cr.backprop(cross_entropy, *arrays, LABELS)
    assert list(run.gradients) == ["weights", "inputs"]
    for name, exact in zip(run.gradients, cr.grad(cross_entropy, argnums=(0, 1))(*arrays, LABELS), strict=True):
        np.testing.assert_allclose(run.gradients[name], exact, rtol=1e-12)


def test_a_table_of_vectors_is_read_by_whole_numbers(arrays):
    run = cr.backprop(embedded, arrays[0], np.array([0, 2, 2]))
    np.testing.assert_allclose(run.gradients["table"], 2 * arrays[0] * [[1], [0], [2]])


def test_a_count_of_steps_is_held(arrays):
    run = cr.backprop(decayed, arrays[0][0], 3)
    np.testing.assert_allclose(run.gradients["weights"], 2 * 0.9**6 * arrays[0][0])


def test_whole_numbers_are_differentiated_where_the_function_allows_it():
    assert cr.backprop(lambda x, y: x**2 * y, 3, 2).gradients == {"x": 12.0, "y": 9.0}
    assert list(cr.backprop(lambda x, k: (x / k).sum(), np.ones(2), np.array([1, 2])).gradients) == ["x", "k"]


def test_explanations_and_diagnoses_take_labels_too(arrays):
    assert cr.explain(cross_entropy, at=(*arrays, LABELS)).names == ("weights", "inputs")
    assert "nothing is wrong" in str(cr.why_nan(cross_entropy, *arrays, LABELS))
    assert "labels" not in str(cr.why_zero(cross_entropy, *arrays, LABELS))


def test_an_error_of_the_function_itself_is_its_own(arrays):
    with pytest.raises(cr.ShapeError):
        cr.backprop(lambda a, b: (a @ b).sum(), *arrays)
