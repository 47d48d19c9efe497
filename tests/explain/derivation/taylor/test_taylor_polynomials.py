"""Taylor polynomials: they are SymPy's, their steps are true, the error shrinks as said, and what has none is refused."""

from __future__ import annotations

import json

import pytest
import sympy as sp

import chainrule as cr
from chainrule.errors import GradientError, NotDifferentiableError, ParseError, TooLongError
from chainrule.explain.derivation.structure import COEFFICIENT, TAYLOR, TAYLOR_SUM
from chainrule.explain.derivation.taylor.center import Center
from chainrule.explain.derivation.taylor.remainder import error_sentence
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Number
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.symbolic import exact_value, to_sympy
from chainrule.explain.reading.parse import parse

A, X, Y = sp.symbols("a x y")
ONE_VARIABLE = (
    ("taylor polynomial of e^x at 0 of degree 4", sp.exp(X), 0, 4),
    ("Maclaurin series of sin x to order 7", sp.sin(X), 0, 7),
    ("Taylor expansion of ln x about x = 1, n = 3", sp.log(X), 1, 3),
    ("quadratic approximation of sqrt(x) at 4", sp.sqrt(X), 4, 2),
    ("series of cos x", sp.cos(X), 0, 5),
    ("Find the third-order Taylor polynomial of tan x centered at pi/4", sp.tan(X), sp.pi / 4, 3),
    ("3rd degree Taylor polynomial for ln(1+x) about x=0", sp.log(1 + X), 0, 3),
    ("Taylor series for f(x) = 1/(1-x) at x = 0 up to x^6", 1 / (1 - X), 0, 6),
    ("maclaurin polynomial of degree 5 for arctan(x)", sp.atan(X), 0, 5),
    ("expand e^(-x^2) in a Maclaurin series to degree 4", sp.exp(-(X**2)), 0, 4),
    ("expand sqrt(1+x) as a Taylor series about x = 0 to order 4", sp.sqrt(1 + X), 0, 4),
    ("power series of 1/(1+x^2) to degree 4", 1 / (1 + X**2), 0, 4),
    ("Taylor series of sin(x) at x = pi/6 up to degree 3", sp.sin(X), sp.pi / 6, 3),
    ("first three nonzero terms of the Maclaurin series of cos x", sp.cos(X), 0, 4),
    ("Taylor polynomial of degree 2 of x^3 - 2x at 1", X**3 - 2 * X, 1, 2),
    ("Taylor series of e^x about x=2 to the third order", sp.exp(X), 2, 3),
    ("Find the Taylor polynomial T_3(x) for the function f(x) = sin x at the number a = 0", sp.sin(X), 0, 3),
    ("taylor series sin x", sp.sin(X), 0, 5),
    ("degree 4 Maclaurin polynomial of cosh x", sp.cosh(X), 0, 4),
    ("Taylor polynomial of degree 3 for x^(1/3) at x = 8", sp.root(X, 3), 8, 3),
    ("cubic approximation to ln(cos x) near 0", sp.log(sp.cos(X)), 0, 3),
    ("taylor expansion of 1/x in powers of (x - 2) to degree 3", 1 / X, 2, 3),
    ("What is the Maclaurin series of xe^x up to the x^4 term?", X * sp.exp(X), 0, 4),
    ("Maclaurin series of e^(a x) to degree 3", sp.exp(A * X), 0, 3),
    ("Maclaurin series of sin x up to O(x^6)", sp.sin(X), 0, 5),
    (r"Taylor polynomial of $\frac{1}{1-x}$ at 0 of degree 3", 1 / (1 - X), 0, 3),
    ("Taylor series for cos x around pi to order 4", sp.cos(X), sp.pi, 4),
    ("Taylor polynomial of order 2 at 0 for cos x", sp.cos(X), 0, 2),
    ("Taylor polynomial of degree 12 of sin(x) at 0", sp.sin(X), 0, 12),
    ("linear Taylor polynomial of sqrt(x) at 9", sp.sqrt(X), 9, 1),
    ("taylor polynomial of degree 0 of e^x at 1", sp.exp(X), 1, 0),
    ("3rd Taylor polynomial of e^x at 0", sp.exp(X), 0, 3),
)


def _same(found, wanted) -> bool:
    return sp.simplify(sp.expand(found - wanted)) == 0


@pytest.mark.parametrize(("typed", "f", "center", "degree"), ONE_VARIABLE, ids=[case[0] for case in ONE_VARIABLE])
def test_the_polynomial_is_that_of_sympy_and_every_step_is_true(typed, f, center, degree):
    d = cr.explain(typed)
    assert d.route == TAYLOR
    wanted = sum(sp.diff(f, X, k).subs(X, center) / sp.factorial(k) * (X - center) ** k for k in range(degree + 1))
    assert _same(d.result.to_sympy(), wanted)
    *coefficients, total = d.partials[-1].steps
    assert total.rule == TAYLOR_SUM
    assert all(_same(to_sympy(step.before), to_sympy(step.after)) for step in coefficients)
    assert any(note.startswith("Remainder") for note in d.notes)
    assert any(note.startswith("Checked") for note in d.notes)


@pytest.mark.parametrize(
    ("typed", "f", "degree"),
    [
        ("second-order Taylor polynomial of e^x cos y at (0, 0)", sp.exp(X) * sp.cos(Y), 2),
        ("Maclaurin polynomial of ln(1 + x + 2y)", sp.log(1 + X + 2 * Y), 2),
        ("Taylor polynomial of degree 3 of e^(x y) + x at the origin", sp.exp(X * Y) + X, 3),
    ],
)
def test_several_variables_have_every_mixed_term(typed, f, degree):
    d = cr.explain(typed)
    t = sp.Symbol("t")
    along = f.subs({X: t * X, Y: t * Y}, simultaneous=True)
    wanted = sum(sp.diff(along, t, k).subs(t, 0) / sp.factorial(k) for k in range(degree + 1))
    assert _same(d.result.to_sympy(), wanted)


def test_the_gradient_and_the_hessian_are_said():
    notes = cr.explain("second-order Taylor polynomial of e^x cos y at (0, 0)").notes
    assert "Gradient there: (1, 0)" in notes
    assert "Hessian there: [[1, 0], [0, -1]]" in notes


def test_the_remainder_has_the_next_derivative():
    said = str(cr.explain("Taylor polynomial of ln x about 1 of degree 3"))
    assert "Remainder (Lagrange): f(x) - T3(x) = -1/(4c^4) · (x - 1)^4" in said.replace("\n ", "")
    assert "the polynomial is the function itself" in str(
        cr.explain("Taylor polynomial of degree 5 of x^3 at 1")
    ).replace("\n ", "")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Taylor polynomial of degree 0 of e^x at 1", "= e^c · (x - 1) for some c between 1 and x"),
        ("Taylor polynomial of degree 1 of x^3 + x^2 at 1", "= (3c + 1) · (x - 1)^2 for some c between 1 and x"),
        ("Taylor polynomial of degree 2 of x^3 at 2", "f(x) - T2(x) = (x - 2)^3 Checked"),
        ("Taylor polynomial of degree 3 of sqrt x at 4", "-5/(128c^(7/2)) · (x - 4)^4"),
    ],
)
def test_the_remainder_is_a_product(typed, said):
    assert said in " ".join(str(cr.explain(typed)).split())


def test_mixed_derivatives_are_called_by_their_order_and_variables():
    said = " ".join(str(cr.explain("Taylor polynomial of e^x cos y at (0, 0) of degree 3")).split())
    assert "the derivative by x, " in said
    assert "the second derivative by x, " in said
    assert "the second derivative by x and y, " in said
    assert "the third derivative by x, x and y, " in said


def test_nothing_is_put_together_of_one_part():
    assert "Put together" not in str(cr.explain("Taylor polynomial of degree 0 of e^x at 1"))


def test_terms_keep_the_brackets_of_their_powers():
    assert (
        str(cr.explain("quadratic approximation of x y at (1, 1)").result) == "1 + (x - 1) + (y - 1) + (x - 1)(y - 1)"
    )


def test_a_wrong_polynomial_is_found_out():
    center = Center((("x", Number(0)),), (), ())
    right, wrong = (parse(typed).expression for typed in ("1 + x + x^2/2", "1 + x + x^2/3"))
    function = parse("e^x").expression
    assert "h^3" in str(error_sentence(function, right, 2, center))
    with pytest.raises(GradientError, match=r"shrinks like h\^2.00"):
        error_sentence(function, wrong, 2, center)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("arctan 1", "π/4"), ("ln(e^2)", "2"), ("cos(pi/6)", "sqrt(3)/2"), ("1/ln(2)", "1/ln(2)"), ("e^2/24", "e^2/24")],
)
def test_values_are_exact(typed, value):
    found = exact_value(parse(typed).expression)
    assert found is not None
    assert text(found) == value
    assert evaluate(found, {}) == pytest.approx(evaluate(parse(typed).expression, {}))


def test_what_comes_back_is_derived_once():
    d = cr.explain("Maclaurin series of e^x to degree 9")
    assert len(d.partials) == 2
    assert sum(step.rule.startswith((COEFFICIENT, "constant term")) for step in d.partials[-1].steps) == 10


@pytest.mark.parametrize("detail", [None, "brief", "full"])
def test_every_way_to_show_it_shows_the_polynomial(detail):
    d = cr.explain("Maclaurin series of ln(1 + x) to degree 3", detail=detail)
    assert str(d.result) == "x - x^2/2 + x^3/3"
    assert "T3 = x - x^2/2 + x^3/3" in str(d)
    assert d.result.to_latex() in d.to_latex()
    assert r"T_{3}" in d.to_latex(document=True)
    assert "<math>" in d.to_html()
    assert json.loads(json.dumps(d.to_dict()))["result"] == str(d.result)
    assert len(d.hints()) == len(d.steps)
    assert set(d.forms) == {"raw", "tidied", "factored", "expanded"}


def test_a_point_may_be_given_beside_the_text():
    assert str(cr.explain("Taylor polynomial of degree 1 of x^2", at=3).result) == "9 + 6(x - 3)"


@pytest.mark.parametrize(
    ("typed", "kind", "message"),
    [
        ("Taylor polynomial of |x| at 0", NotDifferentiableError, "corner"),
        ("Taylor polynomial of sqrt(x) at 0 of degree 2", NotDifferentiableError, "does not exist at x = 0"),
        ("Maclaurin series of ln x", NotDifferentiableError, "has no value at x = 0"),
        ("quadratic approximation of sqrt x", ValueError, "at x = 4"),
        ("Taylor polynomial of x^2 y at 1", ValueError, "the variables are x, y"),
        ("maclaurin series of x^2 at x = 1", ValueError, "say Taylor series"),
        ("Taylor polynomial of degree 99 of e^x at 0", ParseError, "up to degree 20"),
        ("Taylor polynomial of x at a", ParseError, "'a' is no point"),
        ("taylor polynomial at 0", ParseError, "function is missing"),
        ("Taylor polynomial of degree 9 of e^(xyz) at (0, 0, 0)", TooLongError, "too many terms"),
        ("first 15 terms of the Maclaurin series of sin x", TooLongError, "ask for fewer"),
        ("Maclaurin series of " + "(x+1)^9 " * 100 + "to degree 20", TooLongError, "become too long"),
    ],
)
def test_what_has_no_polynomial_is_refused_with_the_reason(typed, kind, message):
    with pytest.raises(kind, match=message):
        cr.explain(typed)


def test_the_linear_approximation_stays_a_tangent():
    assert "Tangent there: y = x/4 + 1" in cr.explain("linear approximation of sqrt(x) at 4").notes
