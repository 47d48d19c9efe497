"""Mixed derivatives: taken in turn, checked, equal to SymPy's, and shown one after another in every way."""

from __future__ import annotations

import pytest
import sympy as sp

import chainrule as cr
from chainrule.explain.derivation.schema import DERIVATION

x, y, z = sp.symbols("x y z")
MIXED = [
    ("∂²/∂x∂y (x²y³)", x**2 * y**3, (y, x)),
    ("∂²f/∂x∂y, f = x² y³", x**2 * y**3, (y, x)),
    ("f(x, y) = e^{xy}; ∂²f/∂y∂x", sp.exp(x * y), (x, y)),
    (r"\frac{\partial^2}{\partial x \partial y} \sin(xy)", sp.sin(x * y), (y, x)),
    (r"\frac{\partial^{3} f}{\partial x^{2} \partial y}, f(x,y) = x^3 y^2", x**3 * y**2, (y, x, x)),
    ("f_{xy}, f(x,y) = x^2 ln y", x**2 * sp.log(y), (x, y)),
    ("f(x,y) = x/y, find f_yx", x / y, (y, x)),
    ("∂³/∂x∂y∂z (xyz)^2", (x * y * z) ** 2, (z, y, x)),
]


@pytest.mark.parametrize(("typed", "function", "turns"), MIXED, ids=[case[0] for case in MIXED])
def test_the_derivative_is_that_of_sympy(typed, function, turns):
    d = cr.explain(typed)
    assert d.wrt == tuple(map(str, turns))
    assert sp.simplify(d.result.to_sympy() - sp.diff(function, *turns)) == 0
    assert d.verified < 1e-8
    assert [part.wrt[0] for part in d.partials] == [str(one) for one in turns]
    assert len(d.hints()) == len(d.steps)


def test_every_way_to_show_it():
    d = cr.explain("∂²f/∂x∂y, f = x² y³ at (1, 2)")
    assert (d.value, d.order) == (24, 2)
    assert str(d.heading) == "∂/∂x (∂/∂y (x^2 y^3)) = 6x y^2"
    shown = str(d)
    assert shown.index("First by y:") < shown.index("Then by x:") < shown.index("Result: 6x y^2")
    assert r"\nabla" not in d.to_latex() + d.to_markdown() + d.to_latex(document=True)
    assert "Mixed derivative of f" in d.to_html()
    assert {*d.to_dict()} == {*DERIVATION["properties"]}
    assert str(d.forms["expanded"]) == "6x y^2"
    assert d.alternatives == ()


def test_a_grade_of_a_mixed_derivative_is_refused():
    # Only the first of the two derivatives would be graded.
    with pytest.raises(ValueError, match="explained only"):
        cr.practice.grade("∂²/∂x∂y (x²y³)", "3x^2 y^2")


@pytest.mark.parametrize("typed", ["d/dx d x", "w_{ij} x"])
def test_what_only_looks_mixed(typed):
    assert len(cr.explain(typed).wrt) == (1 if "d/dx" in typed else 2)
