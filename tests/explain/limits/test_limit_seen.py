"""Tests of the limit, seen: the table's numbers, both parts of the error, the sides, the tangent, and every refusal."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest
from rich.console import Console

import chainrule as cr
from chainrule.explain.limits.limit import limit


def wobble(x):
    return x * np.sin(1 / x) if x != 0 else 0.0


def gentle_wobble(x):
    return x * x * np.sin(1 / x) if x != 0 else 0.0


class TestTable:
    def test_quotients_are_those_of_the_definition(self):
        found = limit("x^3", 2)
        assert [row.h for row in found.rows] == [float(f"1e-{decade}") for decade in range(17)]
        for row in found.rows[:8]:
            last = 4 * np.spacing(27.0) / row.h  # processors differ in the last place of a power
            assert row.forward == pytest.approx(((2 + row.h) ** 3 - 8) / row.h, abs=last)
            assert row.backward == pytest.approx((8 - (2 - row.h) ** 3) / row.h, abs=last)
            assert row.central == pytest.approx(((2 + row.h) ** 3 - (2 - row.h) ** 3) / (2 * row.h), abs=last)
            assert row.intercept + row.forward * 2 == pytest.approx(8)
            assert row.forward_error == abs(row.forward - 12)

    def test_truncation_rules_large_steps_and_rounding_small_ones(self):
        found = limit(np.exp, 1.0)
        reasons = [row.forward_by for row in found.rows]
        turn = reasons.index("rounding")
        assert reasons == ["truncation"] * turn + ["rounding"] * (17 - turn)
        assert 7 <= turn <= 9
        central = [row.central_by for row in found.rows]
        assert 4 <= central.index("rounding") <= 6

    def test_a_truncation_error_is_the_next_term_of_the_series(self):
        row = limit(np.exp, 0.0).rows[3]
        assert row.forward_error == pytest.approx(0.5 * row.h, rel=1e-2)
        assert row.central_error == pytest.approx(row.h**2 / 6, rel=1e-2)

    def test_best_steps_are_near_theory(self):
        found = limit(np.sin, 1.0)
        for best in (found.forward, found.central):
            assert best.theory / 30 <= best.measured <= best.theory * 30
        assert found.forward.rule == pytest.approx(math.sqrt(np.finfo(float).eps))
        assert found.central.rule == pytest.approx(np.finfo(float).eps ** (1 / 3))
        assert found.central.error < found.forward.error

    def test_a_step_below_the_spacing_of_the_point_is_lost(self):
        found = limit("x^2", 2)
        assert found.rows[-1].forward == 0
        assert "x + h is x itself" in str(found)

    @pytest.mark.parametrize("x", [1e20, -3e15, 1e300])
    def test_steps_are_scaled_where_the_point_is_large(self, x):
        found = limit(lambda x: x * 3, x)
        assert found.exists
        assert found.derivative == 3
        assert found.rows[0].h == found.scale == pytest.approx(abs(x), rel=0.9)

    def test_a_pole_near_the_point_does_not_hide_the_derivative(self):
        assert limit("1/x", 1e-10).derivative == pytest.approx(-1e20)

    def test_a_large_constant_does_not_hide_the_derivative(self):
        assert limit("x^2 + 10^8", 1).derivative == 2


class TestKinds:
    @pytest.mark.parametrize(
        ("fun", "x", "kind"),
        [
            ("|x|", 0, "corner"),
            (lambda x: np.maximum(x, 0), 0, "corner"),
            ("sqrt(x)", 0, "vertical tangent"),
            ("cbrt(x)", 0, "vertical tangent"),
            (lambda x: np.sqrt(np.abs(x)), 0, "cusp"),
            (lambda x: np.where(x > 0, 1.0, 0.0) + x, 0, "jump"),
            ("floor(x)", 1, "jump"),
            ("x^1.5", 0, "edge"),
            (wobble, 0, "oscillation"),
            (gentle_wobble, 0, "smooth"),
            ("1/x", 0, "undefined"),
            ("log(x)", -1, "undefined"),
            (lambda x: np.abs(x) ** 1.1, 0, "undecided"),
            ("floor(x)", 1.5, "smooth"),
            ("e^x", 10, "smooth"),
            ("sin(1000x)", 1, "smooth"),
            ("5", 2, "smooth"),
        ],
    )
    def test_a_point_is_what_it_is(self, fun, x, kind):
        found = limit(fun, x)
        assert found.kind == kind
        assert found.exists == (kind == "smooth")
        assert (found.derivative is None) == (found.equation is None) == (kind != "smooth")

    def test_left_and_right_of_a_corner(self):
        found = limit("|x|", 0)
        assert (found.left.limit, found.right.limit, found.engine) == (-1, 1, 0)
        assert (
            "to -1 from the left and to 1 from the right: a corner. The rules give 0 there, by convention"
            in " ".join(str(found).split())
        )

    def test_a_jump_says_from_where_to_where(self):
        found = limit(lambda x: np.where(x > 0, 1.0, 0.0) + x, 0)
        assert found.right.value == pytest.approx(1)
        assert "jumps there, from 0 to 1 on the right" in str(found)

    def test_an_oscillation_says_between_what(self):
        low, high = limit(wobble, 0).right.range
        assert low == pytest.approx(-1, abs=0.2)
        assert high == pytest.approx(1, abs=0.2)

    def test_rules_that_do_not_see_the_whole_function_are_told(self):
        found = limit(lambda x: np.exp(-1 / x**2) if x != 0 else x * 5, 0)
        assert found.derivative == 0
        assert found.engine == 5
        assert "The rules give 5 instead" in str(found)


class TestReading:
    def test_a_function_that_cannot_be_traced_is_extrapolated(self):
        found = limit(math.sin, 1)
        assert found.engine is None
        assert found.derivative == pytest.approx(math.cos(1), abs=1e-9)
        assert "cannot be traced" in str(found)

    def test_a_function_that_raises_outside_its_domain_is_undefined_there(self):
        assert limit(lambda x: math.sqrt(x), 0).kind == "vertical tangent"

    def test_other_errors_of_the_function_pass(self):
        def broken(x):
            raise KeyError("lost")

        with pytest.raises(KeyError, match="lost"):
            limit(broken, 1)

    def test_one_variable_of_several_moves(self):
        for fun, x in [("x^2 y + y", {"x": 3, "y": 2}), (lambda x, y: x**2 * y + y, {"x": 3, "y": 2})]:
            assert limit(fun, x, wrt="y").derivative == 10
            assert limit(fun, x, wrt="x").derivative == 12
        assert limit(lambda x, y: x**2 * y, (3.0, 2.0), wrt="x").held == (("y", 2.0),)
        assert limit(lambda x, power: x**power, {"x": 2.0, "power": 3}, wrt="x").derivative == 12

    def test_integers_are_numbers(self):
        assert limit(lambda x: x**2, 3).derivative == 6

    @pytest.mark.parametrize(
        ("fun", "x", "wrt", "problem"),
        [
            ("x y", 1, None, "2 variables"),
            ("x y", {"x": 1, "y": 1}, None, "name the one that moves"),
            ("x y", {"x": 1}, "x", "the variables are"),
            ("x^2", 1, "z", "no variable 'z'"),
            ("x^2", math.nan, None, "finite"),
            ("x^2", math.inf, None, "finite"),
            ("x^2", "1", None, "one real number"),
            ("x^2", 1j, None, "one real number"),
            ("x^2", [1, 2], None, "x has 2 numbers"),
            (np.sin, [], None, "the point has no number"),
            (np.sin, {}, None, "the point has no number"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, fun, x, wrt, problem):
        with pytest.raises(ValueError, match=problem):
            limit(fun, x, wrt=wrt)

    @pytest.mark.parametrize("fun", [lambda x: np.array([x, x]), lambda x: x + 1j, lambda x: "text", lambda x: None])
    def test_a_result_that_is_no_real_number_is_refused(self, fun):
        with pytest.raises(cr.NotScalarError, match="one real number"):
            limit(fun, 1.0)

    def test_a_variable_that_is_no_name_is_refused(self):
        with pytest.raises(TypeError, match="wrt is the name of the variable"):
            limit("x^2", 1, wrt=3)

    def test_what_is_no_function_is_refused(self):
        with pytest.raises(TypeError, match="mathematics as text"):
            limit(3, 1)


class TestTangent:
    @pytest.mark.parametrize(
        ("fun", "x", "equation"),
        [
            ("x^2", 2, "y = 4x - 4"),
            ("x^2", 0, "y = 0"),
            ("x^2 - x", 0, "y = -x"),
            ("2y + 1", 3, "f = 2y + 1"),
            ("7", 3, "y = 7"),
            ("x^2", 1e6, "y = 1e+12 + 2e+06·(x - 1000000)"),
        ],
    )
    def test_the_equation(self, fun, x, equation):
        assert limit(fun, x).equation == equation

    def test_the_line_touches(self):
        found = limit("x^3", 2)
        assert found.tangent(2) == 8
        assert np.allclose(found.tangent(np.array([1.0, 3.0])), [-4, 20])

    def test_no_line_where_there_is_no_derivative(self):
        with pytest.raises(cr.NotDifferentiableError, match="a corner, so that there is no tangent line"):
            limit("|x|", 0).tangent(1)


class TestForms:
    @pytest.mark.parametrize(("fun", "x"), [("x^2", 2), ("|x|", 0), ("1/x", 0), ("log(x)", -1), (wobble, 0)])
    def test_json_holds_it(self, fun, x):
        data = json.loads(json.dumps(limit(fun, x).to_dict(), allow_nan=False))
        assert len(data["rows"]) == 17
        assert set(data) == set(
            "function variable held at value kind exists derivative engine equation summary left right rows best".split()
        )

    def test_every_form_says_the_result(self):
        found = limit("x^2", 2)
        console = Console(file=io.StringIO(), width=120)
        console.print(found)
        for form in (str(found), found._repr_html_(), found.to_markdown(), console.file.getvalue()):
            assert "4x - 4" in form
        assert max(map(len, str(found).splitlines())) <= 110
        assert "<script" not in found._repr_html_()

    def test_html_is_escaped(self):
        def f(x):
            return x

        f.__name__ = "<b>f</b>"
        assert "<b>f" not in limit(f, 1.0)._repr_html_()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{x ln x if x > 0, 0 otherwise}", "corner"),
        ("{x ln x - 5x^2 if x > 0, x otherwise}", "corner"),
        ("{x ln|x| if x != 0, 0 otherwise}", "vertical tangent"),
        ("{-x (ln|x|)^2 if x != 0, 0 otherwise}", "vertical tangent"),
        ("{|x| ln|x| if x != 0, 0 otherwise}", "cusp"),
        ("{x^1.01 if x > 0, 0 otherwise}", "undecided"),
        ("{x/ln x if x > 0, 0 otherwise}", "undecided"),
        ("{x - x^1.001 if x > 0, 0 otherwise}", "undecided"),
        ("{x^2 ln x if x > 0, 0 otherwise}", "smooth"),
    ],
)
def test_quotients_that_grow_as_a_logarithm_grow_without_bound(text, kind):
    assert limit(text, 0.0).kind == kind


@pytest.mark.parametrize("text", ["1/(1 + 1/x)", "e^(-1/x^2)", "arctan(1/x)", "1/ln|x|", "|x|/(1 + 1/x)", "1/(1/x)"])
def test_a_function_is_not_defined_where_a_part_of_it_has_a_pole(text):
    # Floats go on with infinity: 1/(1 + 1/0) is 0.
    found = limit(text, 0)
    assert found.kind == "undefined"
    assert found.derivative is None
    assert math.isnan(found.value)


def test_a_value_that_is_too_large_for_floats_is_no_pole():
    assert limit("1/(1 + e^(-x))", -1000).derivative == 0
