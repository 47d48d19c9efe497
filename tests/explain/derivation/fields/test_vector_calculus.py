"""Questions of vector calculus: answers are SymPy's, sums of derivatives are true, points and directions are right."""

from __future__ import annotations

import json
import math

import pytest
import sympy as sp

import chainrule as cr
from chainrule.errors import ParseError
from chainrule.explain.derivation.structure import ADD_UP, OF_SUMS
from chainrule.explain.expressions.symbolic import to_sympy
from chainrule.explain.reading.problem import parse_problem

X, Y, Z = sp.symbols("x y z")
SPACE = (X, Y, Z)
POINTS = ((0.7, 1.3, -0.4), (1.6, 0.3, 2.1))


def _gradient(f):
    return [sp.diff(f, each) for each in SPACE]


def _curl(p, q, r):
    return [sp.diff(r, Y) - sp.diff(q, Z), sp.diff(p, Z) - sp.diff(r, X), sp.diff(q, X) - sp.diff(p, Y)]


def _numbers(found, point):
    return [float(sp.N(each.subs(dict(zip(SPACE, point, strict=True))))) for each in found]


FIELDS = (
    ("(x^2 y, y z, z^2)", (X**2 * Y, Y * Z, Z**2)),
    (
        "F(x, y, z) = (e^x sin y, e^y sin z, e^z sin x)",
        (sp.exp(X) * sp.sin(Y), sp.exp(Y) * sp.sin(Z), sp.exp(Z) * sp.sin(X)),
    ),
    ("xz i + xyz j - y^2 k", (X * Z, X * Y * Z, -(Y**2))),
    ("F where F(x, y, z) = (ln(1 + x^2), x y^3, cos(x z))", (sp.log(1 + X**2), X * Y**3, sp.cos(X * Z))),
)


@pytest.mark.parametrize(("typed", "field"), FIELDS, ids=[typed for typed, _ in FIELDS])
def test_divergence_curl_and_jacobian_are_those_of_sympy(typed, field):
    divergence, curl, jacobian = (cr.explain(f"{what} of {typed}") for what in ("divergence", "curl", "Jacobian"))
    for point in POINTS:
        values = dict(zip("xyz", point, strict=True))
        expected = sum(sp.diff(part, each) for part, each in zip(field, SPACE, strict=True))
        assert divergence.result.evaluate(**values) == pytest.approx(_numbers([expected], point)[0])
        assert curl.result.evaluate(**values) == pytest.approx(_numbers(_curl(*field), point))
        for row, part in zip(jacobian.result.evaluate(**values), field, strict=True):
            assert row == pytest.approx(_numbers(_gradient(part), point))


FUNCTIONS = (
    ("x^2 y + z^3", X**2 * Y + Z**3),
    ("ln(x^2 + y^2 + z^2)", sp.log(X**2 + Y**2 + Z**2)),
    ("e^(xy) cos z", sp.exp(X * Y) * sp.cos(Z)),
)


@pytest.mark.parametrize(("typed", "function"), FUNCTIONS, ids=[typed for typed, _ in FUNCTIONS])
def test_laplacian_direction_and_differential_are_those_of_sympy(typed, function):
    laplacian = cr.explain(f"Laplacian of {typed}")
    slope = cr.explain(f"directional derivative of {typed} in the direction (1, -2, 2)")
    differential = cr.explain(f"total differential of {typed}")
    for point in POINTS:
        values = dict(zip("xyz", point, strict=True))
        first = _numbers(_gradient(function), point)
        second = _numbers([sp.diff(function, each, 2) for each in SPACE], point)
        assert laplacian.result.evaluate(**values) == pytest.approx(sum(second), abs=1e-12)
        assert slope.result.evaluate(**values) == pytest.approx((first[0] - 2 * first[1] + 2 * first[2]) / 3)
        change = differential.result.evaluate(**values, dx=0.1, dy=-0.2, dz=0.3)
        assert change == pytest.approx(0.1 * first[0] - 0.2 * first[1] + 0.3 * first[2])


PRINTED = (
    ("directional derivative of f(x,y) = x^2 y^3 - 4y at (2, -1) in the direction of v = 2i + 5j", 32 / math.sqrt(29)),
    ("directional derivative of x^2 y^3 - 4y in the direction (2, 5) at (2, -1)", 32 / math.sqrt(29)),
    ("directional derivative of x^3 - 3xy + 4y^2 at (1, 2) in the direction θ = pi/6", (13 - 3 * math.sqrt(3)) / 2),
    ("directional derivative of x^2 + y^2 at (1, 1) toward the point (4, 5)", 14 / 5),
    ("rate of change of x y at (1, 2) in the direction (0, 3)", 1.0),
    ("∇·(x^2 y, y z, z^2) at (1, 2, 3)", 13.0),
    (r"\nabla \cdot (x^2 y, y z, z^2) at (1, 2, 3)", 13.0),
    ("∇×(x y, y z, z x) at (1, 2, 3)", (-2.0, -3.0, -1.0)),
    (r"\nabla \times (-y, x) at (1, 2)", 2.0),
    ("∇²(x^2 y^2) at (1, 2)", 10.0),
    ("Laplacian of x^2 y^2 at (1, 2)", 10.0),
    ("Laplacian of 5 at 1", 0.0),
    ("curl of (1, 2) at (0, 0)", 0.0),
    ("Jacobian of the transformation x = u^2 - v^2, y = 2uv at (1, 2)", ((2.0, -4.0), (4.0, 2.0))),
    ("Jacobian of (u^2 - v^2, 2uv) with respect to v, u at (1, 2)", ((-2.0, 4.0), (4.0, 2.0))),
    ("Jacobian of (u^2 - v^2, 2uv) at (1, 2)", ((2.0, -4.0), (4.0, 2.0))),
)


@pytest.mark.parametrize(("typed", "value"), PRINTED, ids=[typed for typed, _ in PRINTED])
def test_the_value_at_the_point_is_the_one_of_textbooks(typed, value):
    d = cr.explain(typed)
    if isinstance(value, tuple) and isinstance(value[0], tuple):
        assert [list(row) for row in d.value] == [pytest.approx(row) for row in value]
    else:
        assert d.value == pytest.approx(value)
    assert d.verified < 1e-8


SENTENCES = (
    ("tangent plane to z = 2x^2 + y^2 at (1, 1, 3)", "Tangent plane there: z = 4x + 2y - 3"),
    ("equation of the tangent plane to z = 2x^2 + y^2 at (1, 1)", "Tangent plane there: z = 4x + 2y - 3"),
    ("tangent plane to x^2/4 + y^2 + z^2/9 = 3 at (-2, 1, -3)", "Tangent plane there: 2y - x - 2z/3 = 6"),
    ("tangent plane to xyz = 6 at (1, 2, 3)", "Tangent plane there: 6x + 3y + 2z = 18"),
    ("linear approximation of f(x,y) = x e^(xy) at (1, 0)", "Linear approximation there: L(x, y) = x + y"),
    ("linearization of sqrt(x) at 4", "Tangent there: y = x/4 + 1"),
    ("differential of z = x^2 + 3xy - y^2 at (2, 3)", "There dz = 13dx"),
    ("Jacobian of (r cos θ, r sin θ)", "Its determinant is r"),
    ("Jacobian of (ρ sin φ cos θ, ρ sin φ sin θ, ρ cos φ) ", None),
)


@pytest.mark.parametrize(("typed", "sentence"), SENTENCES, ids=[typed for typed, _ in SENTENCES])
def test_what_touches_at_the_point_is_said(typed, sentence):
    notes = cr.explain(typed).notes
    assert sentence in notes if sentence is not None else any(note.startswith("Its determinant") for note in notes)


@pytest.mark.parametrize(
    "typed",
    [
        "div (x^2 y, y z, z^2)",
        "curl (x y, y z, z x)",
        "Laplacian of x^3 y^2",
        "directional derivative of x^2 y in the direction (3, 4)",
        "differential of x^2 y",
        "div (a x, b y)",
    ],
)
def test_the_steps_that_add_derivatives_up_are_true(typed):
    d = cr.explain(typed)
    sums = [part for part in d.partials if part.route in OF_SUMS]
    assert sums
    for part in sums:
        step = part.sum_step
        assert step.rule == ADD_UP
        assert sp.simplify(to_sympy(step.before).doit() - to_sympy(step.after)) == 0
        assert sp.simplify(to_sympy(step.after) - to_sympy(part.result.expression)) == 0
        assert set(part.forms) == {"raw", "tidied", "factored", "expanded"}
        assert part.alternatives == ()


@pytest.mark.parametrize("detail", [None, "brief", "full"])
@pytest.mark.parametrize("typed", [typed for typed, _ in PRINTED])
def test_every_way_to_show_it_shows_the_result(typed, detail):
    d = cr.explain(typed, detail=detail)
    assert str(d.result) in str(d)
    assert d.result.to_latex() in d.to_latex()
    assert d.result.to_latex() in d.to_markdown()
    assert "<math>" in d.to_html()
    assert json.loads(json.dumps(d.to_dict()))["result"] == str(d.result)
    assert len(d.hints()) == len(d.steps)


def test_the_vector_is_made_a_unit_vector_by_a_step_of_its_own():
    said = str(cr.explain("directional derivative of x^2 y in the direction (3, 4)"))
    assert "sqrt(3^2 + 4^2) = 5" in said
    assert "u = (3/5, 4/5)" in said
    assert "unit vector is" not in str(cr.explain("directional derivative of x y in the direction (0, 1)"))


REFUSED = (
    ("directional derivative of x^2 y at (1, 2)", "needs a direction"),
    ("directional derivative of x^2 y at (1, 2) in the direction (0, 0)", "the direction is 0"),
    ("directional derivative of x^2 y at (1, 2) in the direction (1, 2, 3)", "the direction has 3 numbers"),
    ("tangent plane to z = x^2 + y^2", "touches at a point"),
    ("tangent plane to z = x^2 + y^2 at (1, 1, 5)", "not on the surface"),
    ("tangent plane to x^2 + y^2 + z^2 = 3 at (1, 1, 2)", "not on the surface"),
    ("divergence of (x, y, z, 1)", "as many components as variables"),
    ("curl of (x, y, z, 1)", "3 components in 3 variables"),
    ("divergence of x^2 y", "one function, where a field is expected"),
)


@pytest.mark.parametrize(("typed", "told"), REFUSED, ids=[typed for typed, _ in REFUSED])
def test_what_has_no_answer_says_why(typed, told):
    with pytest.raises(ValueError, match=told):
        cr.explain(typed)


def test_variables_are_chosen_by_wrt():
    assert str(cr.explain("Laplacian of x^2 y^2", wrt="x").result) == "2y^2"
    assert str(cr.explain("div (a x, b y)").result) == "a + b"
    assert str(cr.explain("div (a x, b y)", wrt=("a", "b")).result) == "x + y"
    with pytest.raises(ValueError, match="there is no variable 'q'"):
        cr.explain("Laplacian of x^2 y^2", wrt="q")


def test_functions_of_other_commands_refuse_fields_with_advice():
    with pytest.raises(ParseError, match="explained only"):
        parse_problem("divergence of (x, y)")


def test_changes_of_greek_letters_are_written_with_these():
    d = cr.explain("differential of e^t sin θ")
    assert str(d.result) == "e^t sin(θ) dt + e^t cos(θ) dθ"
    assert r"d\theta" in d.result.to_latex()
    assert "dθ" in d.to_html()
