"""Second derivatives of several variables: the Hessian, its symmetry, and its derivations."""

import numpy as np
import pytest
import sympy

import chainrule as cr
from chainrule.explain.derivation.explain import explain
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.symbolic import to_sympy


def test_the_hessian_is_a_matrix_of_results():
    derivation = explain("x^2 y^3", order=2, at=(2, 3))
    hessian = derivation.result
    assert str(hessian) == "[[2y^3, 6x y^2], [6x y^2, 6x^2 y]]"
    assert str(hessian[0][1]) == str(hessian[1][0]) == "6x y^2"
    assert [len(row) for row in hessian] == [2, 2] == [len(hessian)] * 2
    assert derivation.value == hessian(2, 3) == hessian.evaluate(x=2.0, y=3.0) == ((54.0, 108.0), (108.0, 72.0))
    assert hessian.to_latex() == r"\begin{pmatrix}2 y^{3} & 6 x y^{2} \\ 6 x y^{2} & 6 x^{2} y\end{pmatrix}"
    assert derivation.route == "Hessian"
    assert derivation.verified < 1e-9


@pytest.mark.parametrize("typed", ["(1-x)^2+100(y-x^2)^2", "e^(xy)", "ln(x^2+y^2)", "x sin(y)", "x y z", "x/y"])
def test_sympy_and_the_engine_agree(typed):
    derivation = explain(typed, order=2)
    names, expression = derivation.names, derivation.expression
    judge = sympy.hessian(to_sympy(expression), sympy.symbols(names))
    found = derivation.result.to_sympy()
    for i in range(len(names)):
        for j in range(len(names)):
            assert sympy.simplify(found[i][j] - judge[i, j]) == 0
    point = np.linspace(0.5, 1.2, len(names))
    engine = cr.hessian(lambda v: evaluate(expression, {name: v[i] for i, name in enumerate(names)}))
    np.testing.assert_allclose(derivation.result(*point), engine(point), rtol=1e-9, atol=1e-9)


def test_each_pair_is_derived_once_and_the_other_order_is_checked():
    derivation = explain("x^2 y^3 z", order=2)
    assert [part.wrt[0] for part in derivation.partials] == ["x", "y", "z", "x", "y", "z", "y", "z", "z"]
    assert any("Mixed partials are equal" in note for note in derivation.notes)
    assert "First by x, then by y, which is the same as first by y, then by x:" in str(derivation)
    assert "treat y and z as constant" in derivation.steps[0].statement


def test_some_variables_only():
    derivation = explain("L = (y-t)^2 where y = sigmoid(wx+b)", wrt=("w", "b"), order=2)
    assert len(derivation.result) == 2
    assert derivation.wrt == ("w", "b")


def test_of_a_python_function():
    def loss(w, b):
        return (np.tanh(w * 0.5 + b) - 1) ** 2

    derivation = explain(loss, order=2, at=(0.3, -0.1))
    expected = cr.hessian(lambda v: loss(v[0], v[1]))(np.array([0.3, -0.1]))
    np.testing.assert_allclose(derivation.value, expected, rtol=1e-10)
    np.testing.assert_allclose(derivation.result(0.3, -0.1), expected, rtol=1e-10)
