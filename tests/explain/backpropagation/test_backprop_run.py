"""Tests of the backprop table: its numbers are the engine's, and every product is spelled out."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import scipy.special

import chainrule as cr
from chainrule.explain.backpropagation.backprop import backprop


def neuron(w, b, x=2.0, t=1.0):
    z = w * x + b
    y = scipy.special.expit(z)
    return (y - t) ** 2


def layer(params, x):
    h = np.tanh(params["w"] @ x + params["b"])
    h = h * h + x[0]
    return np.mean(h**2)


def twice(x):
    a = x * x
    b = a + x
    c = np.where(b > 1, b, 0.0)
    return c * a


def factors(a):
    _, logarithm = np.linalg.slogdet(a)
    values, _ = np.linalg.eigh(a + a.T)
    return logarithm + np.sum(values**2)


LAYER = ({"w": np.arange(6.0).reshape(2, 3) / 10, "b": np.zeros(2)}, np.array([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize(
    ("fun", "args"),
    [
        (neuron, (0.5, -1.0)),
        (layer, LAYER),
        (twice, (2.0,)),
        (factors, (np.array([[2.0, 1.0], [0.0, 3.0]]),)),
        (lambda x: np.abs(x * 1j), (2.0,)),
        (lambda x: 3.0, (1.0,)),
        (lambda x: x, (1.0,)),
    ],
)
def test_gradients_are_those_of_grad(fun, args, fold):
    run = backprop(fun, *args, fold=fold)
    value, expected = cr.value_and_grad(fun, tuple(range(len(args))))(*args)
    assert run.value == value
    for ours, theirs in zip(run.gradients.values(), expected, strict=True):
        for key in theirs if isinstance(theirs, dict) else [()]:
            np.testing.assert_array_equal(ours[key] if key else ours, theirs[key] if key else theirs)


def test_the_neuron_of_the_lesson():
    run = backprop(neuron, 0.5, -1.0)
    assert [node.name for node in run.nodes] == ["w", "b", "v1", "z", "y", "v2", "L"]
    assert run.node("y").value == 0.5
    assert run.node("y").local[0].local == 0.25
    assert run.node("z").chain == "dL/dz = dL/dy * dy/dz = (-1.0) * 0.25 = -0.25"
    assert run.node("z").line[2] == "z = w * x + b"
    assert run.gradients == {"w": -0.5, "b": -0.25}
    assert run.node("y").rule == "sigmoid rule"


def test_text_names_its_definitions():
    run = backprop("y = sigmoid(wx+b); L = (y-t)^2", w=0.5, x=2, b=-1, t=1)
    assert run.result == "L"
    assert run.node("y").operation == "expit"
    assert run.gradients == {"w": -0.5, "x": -0.125, "b": -0.25, "t": 1.0}
    assert backprop("x^2 + 3x y", 1.0, 2.0).gradients == {"x": 8.0, "y": 3.0}


def test_paths_are_summed():
    run = backprop(twice, 2.0)
    assert run.node("x").chain == "dL/dx = dL/db * db/dx + dL/da * da/dx = 4.0 * 1.0 + 10.0 * 4.0 = 44.0"
    assert len(run.node("x").contributions) == 2
    assert run.node("c").formula == "where(v1, b, 0.0)"


def test_what_is_constant_says_so():
    condition = backprop(twice, 2.0).node("v1")
    assert condition.rule == "constant between its steps: the derivative is zero"
    assert condition.adjoint == 0.0
    assert "derivative zero" in condition.chain
    assert backprop(lambda x, y: x**2, 3.0, 1.0).node("y").chain == "dL/dy = 0.0: L does not depend on y"


def test_composites_fold_and_unfold():
    assert backprop(layer, *LAYER).node("L").operation == "mean"
    assert backprop(layer, *LAYER, fold=False).node("L").operation == "divide"


def test_assigned_names_that_repeat_are_numbered():
    run = backprop(layer, *LAYER)
    assert run.node("h").operation == "tanh"
    assert run.node("h_2").operation == "add"


@pytest.mark.parametrize(("fun", "args"), [(neuron, (0.5, -1.0)), (layer, LAYER), (factors, (np.eye(2) + 1,))])
def test_the_table_fits_100_columns(fun, args):
    lines = str(backprop(fun, *args)).splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0].split()[:3] == ["node", "computed", "as"]


def test_steps_go_forward_and_then_backward():
    steps = backprop(neuron, 0.5, -1.0).steps()
    written = [str(step) for step in steps]
    assert written[0] == "forward: w = 0.5"
    assert written[2] == "forward: v1 = w * 2.0 = 1.0"
    assert written[7] == "backward: dL/dL = 1.0"
    assert written[-1] == "backward: dL/dw = dL/dv1 * dv1/dw = (-0.25) * 2.0 = -0.5 (product rule)"
    assert [step.kind for step in steps] == ["input"] * 2 + ["forward"] * 5 + ["seed"] + ["product"] * 6
    assert steps[3].values == {"v1": 1.0, "b": -1.0}
    assert steps[-1].values == {"v1": -0.5}
    assert steps[-1].result == -0.5
    assert steps[-1].text == "Only v1 uses w: the adjoint of v1 times the local derivative (product rule)."


@pytest.mark.parametrize(("fun", "args"), [(layer, LAYER), (factors, (np.eye(2) + 1,)), (lambda x: x * np.inf, (1.0,))])
def test_to_dict_is_json(fun, args):
    record = json.loads(json.dumps(backprop(fun, *args).to_dict(), allow_nan=False))
    assert record["nodes"][-1]["name"] == record["result"]


def test_html_is_escaped():
    page = backprop(twice, 2.0)._repr_html_()
    assert "b &gt; 1.0" in page
    assert "b > 1.0" not in page


@pytest.mark.parametrize("fun", [lambda x: x * np.ones(2), lambda x: (x, x), lambda x: x * 1j])
def test_results_that_are_no_real_number_are_refused(fun):
    with pytest.raises(cr.NotScalarError, match="one real number"):
        backprop(fun, 1.0)


def test_text_without_values_is_refused():
    with pytest.raises(cr.TracingError, match=r"no value for y; its variables: x, y"):
        backprop("x y", 1.0)
    with pytest.raises(cr.TracingError, match="does not contain q"):
        backprop("x y", 1.0, 2.0, q=1)
    with pytest.raises(cr.TracingError, match="3 values for 2 variables"):
        backprop("x y", 1.0, 2.0, 3.0)
    with pytest.raises(KeyError, match="no node is called 'q'"):
        backprop("x y", 1.0, 2.0).node("q")


@pytest.mark.parametrize("value", [[1, 2], np.ones(2), "3", {"a": 1, "b": 2}, 1j, math.nan])
def test_a_letter_of_typed_mathematics_is_one_number(value):
    with pytest.raises(ValueError, match=r"the value of x is (one real|a finite) number"):
        cr.backprop("x^2", x=value)


def test_what_is_neither_text_nor_function_is_refused_with_its_type():
    with pytest.raises(TypeError, match=r"backprop takes mathematics as text.*not int"):
        cr.backprop(3, 1.0)
