"""Limits: they are SymPy's, their steps are true near the point, what does not exist is said, what is not found is refused."""

from __future__ import annotations

import json

import pytest
from sympy import E, Rational, cos, exp, log, nan, oo, pi, simplify, symbols

import chainrule as cr
from chainrule.errors import GradientError, ParseError
from chainrule.explain.derivation.limiting.approach import Approach
from chainrule.explain.derivation.limiting.explain_limit import compare
from chainrule.explain.derivation.limiting.tendency import Finite
from chainrule.explain.derivation.structure import DEFINITION_OF_DERIVATIVE, L_HOPITAL, LIMIT
from chainrule.explain.expressions.expression import Limit, Number, fold, rebuild
from chainrule.explain.expressions.notation import text
from chainrule.explain.reading.parse import parse

a, n, x = symbols("a n x")
DNE = nan
LIMITS = (
    ("lim x->0 sin(x)/x", 1),
    (r"lim_{x \to 0} \frac{1-\cos x}{x^2}", Rational(1, 2)),
    ("limit of (1+1/x)^x as x -> infinity", E),
    ("lim x->0+ x ln x", 0),
    ("lim x->0+ x^x", 1),
    ("lim x->oo x^(1/x)", 1),
    ("lim x->0 (1/x - 1/sin x)", 0),
    ("lim x->oo (sqrt(x^2+x) - x)", Rational(1, 2)),
    ("lim x->0 |x|/x", DNE),
    ("lim x->0 1/x", DNE),
    ("lim x->0 1/x^2", oo),
    ("lim x->0+ 1/x", oo),
    ("lim x->0- 1/x", -oo),
    ("lim x->2 (x^2-4)/(x-2)", 4),
    ("lim x->oo ln(x)/x", 0),
    ("lim x->oo x^2/e^x", 0),
    ("lim x->oo x^5 e^(-x)", 0),
    ("lim x->-oo x e^x", 0),
    ("lim x->0 sin(1/x)", DNE),
    ("lim x->0 x sin(1/x)", 0),
    ("lim x->oo sin(x)/x", 0),
    ("lim x->oo sin x", DNE),
    ("lim x->0 (e^x - 1 - x)/x^2", Rational(1, 2)),
    ("lim x->0 (tan x - x)/x^3", Rational(1, 3)),
    ("lim x->0 (x - sin x)/x^3", Rational(1, 6)),
    ("lim x->pi/2 (1 - sin x)/cos x", 0),
    ("lim x->pi/2 tan x", DNE),
    ("lim x->pi/2- (sec x - tan x)", 0),
    ("lim x->1 ln(x)/(x-1)", 1),
    ("lim x->1 (x^3-1)/(x^2-1)", Rational(3, 2)),
    ("lim x->oo (3x^2+2x)/(5x^2-1)", Rational(3, 5)),
    ("lim x->oo (x^3+1)/(x^2)", oo),
    ("lim x->oo (x+1)/(x^2+1)", 0),
    ("lim x->oo sqrt(x^2+1)/x", 1),
    ("lim x->-oo sqrt(x^2+1)/x", -1),
    ("lim x->0 (cos x)^(1/x^2)", exp(-Rational(1, 2))),
    ("lim x->oo (1 + 3/x)^(2x)", exp(6)),
    ("lim x->0 (1+x)^(1/x)", E),
    ("lim x->0+ (sin x)^x", 1),
    ("lim x->oo (e^x + x)^(1/x)", E),
    ("lim x->1 (1/(x-1) - 1/ln x)", -Rational(1, 2)),
    ("lim x->oo x sin(1/x)", 1),
    ("lim x->oo (x - ln x)", oo),
    ("lim x->0 sin(5x)/sin(3x)", Rational(5, 3)),
    ("lim x->0 (e^(2x)-1)/x", 2),
    ("lim x->0 arctan(x)/x", 1),
    ("lim x->0 (a^x-1)/x", log(a)),
    ("lim x->0 sin(a x)/x", a),
    ("lim x->a (x^2-a^2)/(x-a)", 2 * a),
    ("lim x->oo arctan x", pi / 2),
    ("lim x->4 (sqrt x - 2)/(x-4)", Rational(1, 4)),
    ("lim x->0 (sqrt(1+x)-1)/x", Rational(1, 2)),
    ("lim x->0 x/|x|", DNE),
    ("lim x->3 x^2+1", 10),
    ("lim x->0 ln(1+x)/x", 1),
    ("lim x->oo e^(-x) cos x", 0),
    ("lim x->0+ ln x", -oo),
    ("lim x->0 ln x", -oo),
    ("lim x->0+ sqrt(x) ln x", 0),
    ("lim x->0+ (1/x - 1/(e^x-1))", Rational(1, 2)),
    ("lim x->oo (ln x)^2/x", 0),
    ("lim x->oo (ln(x+1) - ln x)", 0),
    ("lim x->0 (1 - cos x)/(x sin x)", Rational(1, 2)),
    ("lim x->0 (e^x - e^-x)/sin x", 2),
    ("lim x->oo x (e^(1/x) - 1)", 1),
    ("lim x->1- 1/(1-x)", oo),
    ("lim x->2 {x^2 if x < 2, 3x otherwise}", DNE),
    ("lim x->2 floor(x)", DNE),
    ("lim x->0 (sin x - x cos x)/x^3", Rational(1, 3)),
    ("lim x->oo (2x+1)/(3x - 5)", Rational(2, 3)),
    ("lim x->oo (x/(x+1))^x", exp(-1)),
    ("lim x->oo (e^x - x^2)", oo),
    ("lim x->0 (2^x - 3^x)/x", log(2) - log(3)),
    ("lim x->0 (sin x)/(x^2)", DNE),
    ("lim x->0 (cos x - 1)/x", 0),
    ("lim n->oo (1+1/n)^n", E),
    ("lim x->0 x cot x", 1),
    ("lim x->pi (sin x)/(x - pi)", -1),
    ("lim x->0 (tan(2x))/(3x)", Rational(2, 3)),
    ("lim x->oo sqrt(x+1) - sqrt(x)", 0),
    ("lim x->-oo (sqrt(x^2+x)+x)", -Rational(1, 2)),
    ("lim x->oo (x^2+1)/(x+1) - x", -1),
    ("lim x->0 (arcsin x - x)/x^3", Rational(1, 6)),
    ("lim x->1 (x^n-1)/(x-1)", n),
    ("lim x->oo tanh x", 1),
    ("lim x->oo (x+sin x)/x", 1),
    ("lim x->oo e^x/(e^x+1)", 1),
    ("lim x->oo (e^x - e^(-x))/(e^x+e^(-x))", 1),
    ("lim x->oo ln(ln x)/ln x", 0),
    ("lim x->0 e^(1/x)", DNE),
    ("lim x->oo x - sqrt(x^2 - 4x)", 2),
    ("lim x->0+ x^(sin x)", 1),
    ("lim x->oo x^100/e^x", 0),
    ("lim h->0 (sin(x+h) - sin(x))/h", cos(x)),
    ("lim h->0 (1/(x+h) - 1/x)/h", -1 / x**2),
    ("lim h->0 (sqrt(4+h)-2)/h", Rational(1, 4)),
    ("lim x->5 sqrt(x-5)", 0),
    ("lim x->oo (1 - 1/x)^(x^2)", 0),
    ("lim x->0 (1+sin x)^(1/x)", E),
    ("lim x->0 ((1+x)^5 - 1)/x", 5),
    ("lim x->0 (x e^x - x)/(1 - cos x)", 2),
    ("lim x->oo (x^3 - x^2)", oo),
    ("lim x->oo ln(x^2+1)/ln(x)", 2),
    ("lim x->oo 2^x/3^x", 0),
    ("lim x->oo (2^x+3^x)^(1/x)", 3),
    ("lim x->0 (x^2)/(sec x - 1)", 2),
    ("lim x->oo (x + 1) - x", 1),
    ("lim x->oo 2^x - (x + 1)", oo),
    ("lim x->oo (x^2 - x) - 2^x", -oo),
    ("lim x->oo (1/x - 2^x)/e^x", 0),
    ("lim x->oo x^30/e^x", 0),
    ("lim x->oo sin(x)^2 + cos(x)^2", 1),
    ("lim x->oo cos(1/x)", 1),
)


def _without_limits(expression):
    return fold(
        expression,
        lambda node, operands: _without_limits(node.body) if isinstance(node, Limit) else rebuild(node, operands),
    )


def _places(expression):
    found = []

    def look(node, operands):
        if isinstance(node, Limit):
            found.append(node)

    fold(expression, look)
    return found


def _is_true(step) -> bool:
    """Whether both sides of a step come together near the point, limits being written without their sign."""
    first = _places(step.before)[0]
    near = Approach(first.name, first.to, first.side or 1)
    before, after = (_without_limits(side) for side in (step.before, step.after))
    for place in (1e-50, 1e-25, 1e-12, 1e-9, 2e-4, 1e-3, 1e-2):
        left, right = near.values(before, (place,)), near.values(after, (place,))
        if left and right:
            both_grow = min(abs(left[0]), abs(right[0])) > 10 and left[0] * right[0] > 0
            return both_grow or abs(left[0] - right[0]) <= 0.05 * (1 + abs(right[0]))
    return True  # an infinity, or a derivative that is still to be taken


@pytest.mark.parametrize(("typed", "wanted"), LIMITS, ids=[case[0] for case in LIMITS])
def test_the_limit_is_that_of_sympy_and_every_step_is_true(typed, wanted):
    d = cr.explain(typed)
    assert d.route == LIMIT
    found = d.result.to_sympy()
    if wanted is DNE:
        assert found is nan
        assert any(note.startswith("The limit does not exist") for note in d.notes)
    else:
        assert found == wanted or simplify(found - wanted) == 0
    steps = d.partials[-1].steps if d.partials else d.steps
    for step in steps:
        assert text(step.after) == "undefined" or not _places(step.before) or _is_true(step)


def test_the_form_and_the_rule_are_said():
    d = cr.explain("lim x->0 (1 - cos x)/x^2")
    assert [step.rule for step in d.partials[-1].steps][:2] == [L_HOPITAL, L_HOPITAL]
    assert "the form 0/0" in str(d)
    assert "lim x→0 (1 - cos(x))/x^2 = lim x→0 sin(x)/(2x)" in str(d)
    assert d.verified < 1e-8
    assert "the form ∞/∞" in str(cr.explain("lim x->oo ln(x)/x"))


def test_two_sides_that_differ_are_both_shown():
    d = cr.explain("lim x->0 |x|/x")
    assert "The limit does not exist: it is -1 from the left, and 1 from the right" in d.notes
    assert "lim x→0- " in str(d)
    assert "lim x→0+ " in str(d)
    assert d.value is None
    assert str(d.result) == "undefined"


def test_one_side_is_enough_where_the_other_has_no_values():
    d = cr.explain("lim x->0 sqrt(x) ln x")
    assert str(d.result) == "0"
    assert any("only on the right of 0" in note for note in d.notes)


def test_a_difference_quotient_is_the_derivative_that_it_defines():
    d = cr.explain("lim h->0 ((x+h)^2 - x^2)/h")
    assert d.partials[-1].steps[0].rule == DEFINITION_OF_DERIVATIVE
    assert str(d.heading) == "lim h→0 ((x + h)^2 - x^2)/h = 2x"
    assert str(cr.explain("lim h->0 (1/(x+h) - 1/x)/h").result) == "-1/x^2"


def test_the_limit_of_sine_over_its_argument_is_said_to_be_no_proof():
    assert any("no proof" in note for note in cr.explain("lim x->0 sin(x)/x").notes)
    assert not any("no proof" in note for note in cr.explain("lim x->0 (e^x - 1)/x").notes)


def test_a_wrong_limit_is_found_out():
    near = Approach("x", Number(0), 1)
    function = parse("sin(x)/x").expression
    compare(near, function, Finite(Number(1)))
    with pytest.raises(GradientError, match="near the point its value is 1"):
        compare(near, function, Finite(Number(2)))


@pytest.mark.parametrize(
    ("typed", "to", "side"),
    [
        (r"\lim_{x \to 0^{+}} \ln x", "0", 1),
        (r"\lim\limits_{x\to\infty} \frac{1}{x}", "∞", 0),
        ("find the limit of 1/(x-2) as x approaches 2 from the left", "2", -1),
        ("limit as x approaches 2 from the right of 1/(x-2)", "2", 1),
        ("right-hand limit of 1/x as x -> 0", "0", 1),
        ("limit(1/x, x, 0, '-')", "0", -1),
        ("lim x→0⁺ ln x", "0", 1),
        ("lim x->pi/2- (x + 1)", "π/2", -1),
        ("use L'Hôpital's rule to find lim x->1- (x^2 - 1)/(x - 1)", "1", -1),
        ("lim_(x->-1/2) x^2 = ?", "-1/2", 0),
    ],
)
def test_what_the_variable_tends_to_is_read(typed, to, side):
    d = cr.explain(typed)
    (limit, *_) = _places((d.partials[-1] if d.partials else d).heading.sides[0])
    assert (text(limit.to), limit.side) == (to, side)
    again = cr.explain(text(limit))
    assert str(again.result) == str(d.result)


@pytest.mark.parametrize(
    "typed",
    [
        "f(x) = x^2, lim h->0 (f(x+h)-f(x))/h",
        "Let f(x) = x^2. Find lim h->0 (f(x+h)-f(x))/h",
        "Compute the limit: lim(h→0) ((x+h)^2 − x^2)/h",
        "find the limit of ((x+h)^2-x^2)/h at h = 0",
        "using l'hôpital, limit of ((x+h)^2-x^2)/h as h->0",
    ],
)
def test_texts_around_a_limit_are_read(typed):
    assert str(cr.explain(typed).result) == "2x"


def test_what_does_not_exist_is_said_so_in_every_form():
    d = cr.explain("lim x->0 1/x")
    shown = (str(d), d.to_latex(), d.to_latex(document=True), d.to_markdown(), d.to_html())
    assert all("does not exist" in one and "undefined" not in one for one in shown)
    assert "= does" not in str(d)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("lim x->0- 1/x", "it falls without bound"),
        ("lim x->oo sin x", "however far out"),
        ("lim x->0 arctan(1/x)", "= -π/2"),
        ("lim x->0+ arctan(1/x)", "each part tends to its own limit"),
        ("lim x->0 x sin(1/x)", "squeezed"),
        ("lim x->2+ floor(x)", "look at the side: its values are constant between jumps"),
        ("lim x->oo (x + sin x)/x", "simplify: the same function"),
        ("lim x->0+ x ln x", "ln(x) tends to -∞, and 1/x to ∞"),
        ("lim θ→0 θ/sin θ", "at θ = -0.01"),
        ("lim θ→0 θ/sin θ", "no proof of it"),
        ("lim x->0 (a x + b x)/x", "a and b stand for positive numbers"),
    ],
)
def test_each_step_gives_a_reason_that_is_true(typed, said):
    assert said in " ".join(str(cr.explain(typed)).split())


@pytest.mark.parametrize("detail", [None, "brief", "full"])
@pytest.mark.parametrize("typed", ["lim x->0 (e^x - 1)/x", "lim x->0 1/x", "lim x->3 x^2"])
def test_every_way_to_show_it_shows_the_limit(typed, detail):
    d = cr.explain(typed, detail=detail)
    assert f"Result: {d.result if d.result.exists else 'does not exist'}" in str(d)
    assert r"\lim_{x \to " in d.to_latex()
    assert r"\lim_{x \to " in d.to_latex(document=True)
    assert "<mo>lim</mo>" in d.to_html()
    assert json.loads(json.dumps(d.to_dict()))["result"] == str(d.result)
    assert len(d.hints()) == len(d.steps)
    assert set(d.forms) == {"raw", "tidied", "factored", "expanded"}
    assert str(d).startswith("Limit of") or not d.partials


@pytest.mark.parametrize(
    ("typed", "kind", "message"),
    [
        ("lim x->oo x sin x", ValueError, r"no way was found.*It is -50\.6.*up and down"),
        ("lim x->oo floor(x)/x", ValueError, r"It is 0\.99 at x = 100"),
        ("lim x->0 sqrt(-1 - x^2)", ValueError, "no values near x = 0"),
        ("limit of x^2", ParseError, "nothing that moves"),
        ("lim x-> ", ParseError, "tends to is not understood"),
        ("lim (x,y)->(0,0) xy", ParseError, "several variables"),
        (r"3 \lim x", ParseError, "stands in front of all else"),
        ("lim_{x -> 0 x", ParseError, "not closed"),
    ],
)
def test_what_is_not_found_is_refused_with_the_reason(typed, kind, message):
    with pytest.raises(kind, match=message):
        cr.explain(typed)


@pytest.mark.parametrize("typed", ["lim x->oo a^x", "lim x->0+ (a-b)/x", "lim x->oo (b-a) x", "lim x->0+ x^(a-b)"])
def test_a_limit_that_depends_on_letters_is_refused(typed):
    with pytest.raises(ValueError, match="it may depend on"):
        cr.explain(typed)


def test_fractions_of_derivatives_stay_fractions():
    said = str(cr.explain("lim x->oo x^(5/2)/e^x"))
    assert "15/(8 sqrt(x))" in said
    assert "1.5" not in said
