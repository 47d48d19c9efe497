"""Results can be pickled and copied, and their primitives stay the table's own."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule.explain.expressions.expression import Apply, walk
from chainrule.explain.reading.parse import parse
from chainrule.practice import exercise
from chainrule.primitives.table import BY_NAME, TABLE


def loss(x):
    return np.sum(np.sin(x) ** 2)


RESULTS = {
    "explain": lambda: cr.explain("x^2 sin x"),
    "explain cases": lambda: cr.explain("{x^2 if x < 0, 3x if x >= 0}", at=1),
    "explain a program": lambda: cr.explain(np.sin),
    "gradient": lambda: cr.explain("x^2 y", at=(1, 2)),
    "Hessian": lambda: cr.explain("x^2 y", order=2),
    "matrix": lambda: cr.explain(loss, at=[np.ones(3)]),
    "backprop": lambda: cr.backprop(loss, np.ones(3)),
    "backprop of text": lambda: cr.backprop("x^2 + y", 1.0, 2.0),
    "why_nan": lambda: cr.why_nan(np.log, -1.0),
    "why_zero": lambda: cr.why_zero(lambda x: np.maximum(x, 0), -1.0),
    "limit": lambda: cr.limit("x^2", 1),
    "curvature": lambda: cr.curvature("x^2 + y^2", (0, 0)),
    "learning_rate": lambda: cr.learning_rate("x^2", 1.0),
    "exercise": lambda: exercise("chain", seed=1),
    "grade": lambda: cr.practice.grade("x^2", "2x"),
}


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
@pytest.mark.parametrize("name", RESULTS)
def test_a_copy_says_the_same(name, copied):
    result = RESULTS[name]()
    assert str(copied(result)) == str(result)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_copied_expression_is_equal_and_made_of_the_table(copied):
    expression = parse("{x^2 sin(x) if x < pi, |x| otherwise}").expression
    found = copied(expression)
    assert found == expression
    assert hash(found) == hash(expression)
    assert all(BY_NAME[node.primitive.name] is node.primitive for node in walk(found) if isinstance(node, Apply))


def test_every_primitive_is_copied_as_itself():
    assert all(pickle.loads(pickle.dumps(primitive)) is primitive for primitive in TABLE)
    assert all(copy.deepcopy(primitive) is primitive for primitive in TABLE)


def test_another_process_hashes_names_in_another_way():
    written = pickle.dumps(parse("x sin y").expression).hex()
    program = (
        f"import pickle; from chainrule.explain.reading.parse import parse; found = pickle.loads(bytes.fromhex('{written}'))\n"
        "assert found == parse('x sin y').expression and found in {parse('x sin y').expression}"
    )
    subprocess.run(
        [sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "7"}
    )
