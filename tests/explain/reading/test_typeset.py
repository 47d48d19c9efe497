r"""LaTeX as papers and programs export it: fonts, spaces, words, arrows and evaluation bars change nothing but the looks."""

from __future__ import annotations

import pytest

from chainrule.errors import ParseError
from chainrule.explain.derivation.explain import explain
from chainrule.explain.expressions.notation import latex, mathml
from chainrule.explain.reading.parse import parse
from chainrule.explain.reading.problem import parse_problem

SAME = [
    (r"\mathbf{x}^2\,y", "x^2 y"),
    (r"\boldsymbol{\theta} x", "θ x"),
    (r"\boldsymbol\theta x", "θ x"),
    (r"\mathcal{L}(x) = x^2", "x^2"),
    (r"\ell(x) = \ln\!\left(x\right)", "ln(x)"),
    (r"\mathbf{w}_1 x", "w1 x"),
    (r"x\quad y", "x y"),
    (r"\dfrac{1}{x}\;", "1/x"),
    (r"\cfrac{1}{x}", "1/x"),
]


@pytest.mark.parametrize(("typed", "plain"), SAME, ids=[typed for typed, _ in SAME])
def test_looks_mean_nothing(typed, plain):
    assert parse(typed).expression == parse(plain).expression


# The text, the function, by which variables, how often, and where.
ASKED = [
    (r"\text{Find } \frac{dy}{dx} \text{ if } y = x^2", "x^2", ("x",), 1, None),
    (r"\text{Let } f(x) = x^2 \text{. Find } f'(x).", "x^2", ("x",), 1, None),
    (r"y = e^{2x}\cos x \implies y'", "e^(2x) cos x", None, 1, None),
    (r"f(x, y) = x^2\,y + y^3;\; \frac{\partial f}{\partial y}", "x^2 y + y^3", ("y",), 1, None),
    (r"\left. \frac{d}{dx} x^3 \right|_{x=2}", "x^3", ("x",), 1, {"x": 2}),
    (r"\frac{d}{dx} x^3 \Big|_{x=2}", "x^3", ("x",), 1, {"x": 2}),
    (r"Q = A K^{\alpha} L^{\beta}, \partial Q/\partial L", "A K^α L^β", ("L",), 1, None),
    (r"\nabla f, f(x,y) = x^2 + y", "x^2 + y", ("x", "y"), 1, None),
    ("f(x,y) = x^2 y^3, find f_y", "x^2 y^3", ("y",), 1, None),
    ("f_{xx}, f(x,y) = x^3 y", "x^3 y", ("x",), 2, None),
    (r"\frac{d}{d\lambda}\left[\lambda^x\right]", "λ^x", ("lambda",), 1, None),
    (r"\frac{d}{dx}\left|x^2-1\right|", "|x^2 - 1|", ("x",), 1, None),
    (r"\begin{equation} \frac{d}{dx} x^2 \end{equation}", "x^2", ("x",), 1, None),
    (r"\begin{align*} f(x) &= x^2 + 1 \end{align*}", "x^2 + 1", ("x",), 1, None),
    (r"\begin{align} y &= u^2 \\ u &= \sin x \end{align}", "(sin x)^2", None, 1, None),
    ("S = 4πr², V = (4/3)πr³, dV/dr", "(4/3)πr^3", ("r",), 1, None),
    ("f(x) = x^2, f'(a)", "x^2", ("x",), 1, None),
    ("f(x) = ax^2, f'(a)", "ax^2", ("x",), 1, None),
    ("y = ax^2, y'(a)", "ax^2", ("a",), 1, None),
    ("What's d/dx of sin(x)/x?", "sin(x)/x", ("x",), 1, None),
    ("Hessian of x^2 y", "x^2 y", None, 2, None),
]


@pytest.mark.parametrize(("typed", "function", "wrt", "order", "at"), ASKED, ids=[case[0] for case in ASKED])
def test_what_is_asked_in_latex(typed, function, wrt, order, at):
    problem = parse_problem(typed)
    assert problem.expression == parse(function).expression
    assert (problem.wrt, problem.order, problem.at) == (wrt, order, at)


def test_the_derivative_at_a_letter_is_not_that_by_the_letter():
    # f'(a) of f(x) = x^2 was 0, the derivative of x^2 by a.
    d = explain("f(x) = x^2, f'(a)")
    assert str(d.result) == "2x"
    assert "f'(a) is the result with a in the place of x" in d.notes


def test_columns_stay():
    with pytest.raises(ParseError, match=r"^column 16: "):
        parse(r"\mathbf{x}^2 + )")


def test_time_derivatives_are_variables_with_a_dot():
    read = parse(r"\frac{1}{2} m \dot{x}^2").expression
    assert r"\dot{x}" in latex(read)
    assert '<mover accent="true"><mi>x</mi><mo>˙</mo></mover>' in mathml(read)
    assert parse(latex(read)).expression == read


def test_a_profit_may_be_called_pi():
    assert str(explain("π(q) = 100q - q²").result) == "100 - 2q"
    assert str(explain("π r²").result) == "2πr"


REFUSED = [
    (r"\mathbf{x}^\top \mathbf{A} \mathbf{x}", "a transpose belongs to vectors"),
    ("x^T A x", "a transpose belongs to vectors"),
    ("w^T x + b", "a transpose belongs to vectors"),
    ("tr(AX)", "NumPy function of arrays"),
    (r"\log\det X", "NumPy function of arrays"),
    (r"\vec{x} y", "NumPy function of arrays"),
    ("∇·(x², y²)", "explained only"),
    ("∇²(x²+y²)", "explained only"),
    ("Laplacian of x^2 + y^2", "explained only"),
    ("Jacobian of (x, y)", "explained only"),
    (r"\int x dx", "integrals"),
    (r"\lim_{x\to 0} x", "a limit is explained only"),
]


@pytest.mark.parametrize(("typed", "reason"), REFUSED, ids=[typed for typed, _ in REFUSED])
def test_what_is_not_understood_says_what_to_type(typed, reason):
    with pytest.raises(ParseError, match=reason):
        parse_problem(typed)


@pytest.mark.parametrize(("typed", "plain"), [("x^{(T)} y", "x^T * y"), ("e^T x", "e^T * x"), ("x^T", "x^T")])
def test_a_power_T_is_still_one(typed, plain):
    assert parse(typed).expression == parse(plain).expression
