"""Values at points: what exists is computed, what does not is refused with the reason, and conventions are called so."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chainrule.errors import NotDifferentiableError
from chainrule.explain.derivation.explain import explain
from chainrule.explain.expressions.notation import text


@pytest.mark.parametrize(
    ("typed", "at", "value"), [("x^2", 1e200, 2e200), ("x^2/2 + x", 1e200, 1e200), ("|x|", -1e300, -1.0)]
)
def test_a_function_value_beyond_the_largest_float_does_not_matter(typed: str, at: float, value: float) -> None:
    assert explain(typed, at=at).value == pytest.approx(value)


@pytest.mark.parametrize("typed", ["e^x", "cosh x", "e^x - e^x"])
def test_a_derivative_that_is_too_large_is_not_said_to_be_missing(typed: str) -> None:
    with pytest.raises(NotDifferentiableError, match="too large for a floating-point number"):
        explain(typed, at=1000)


@pytest.mark.parametrize(("typed", "at"), [("x^x", 0), ("√x", 0), ("1/x", 0), ("ln x", -2), ("arcsin x", 1)])
def test_a_slope_that_is_not_finite_is_refused_with_what_it_needs(typed: str, at: float) -> None:
    with pytest.raises(NotDifferentiableError, match=f"does not exist at x = {at}: it needs"):
        explain(typed, at=at)


@pytest.mark.parametrize("function", [lambda x: 1 / x, lambda x: x**-1, lambda x: np.log(x) + 1 / x])
def test_a_division_by_zero_in_python_is_refused_like_a_typed_one(function: object) -> None:
    with pytest.raises(NotDifferentiableError, match="it needs x"):
        explain(function, at=0.0)


def test_an_overflow_in_python_is_no_crash() -> None:
    with pytest.raises(NotDifferentiableError, match="too large"):
        explain(lambda x: math.prod([x, x]) ** 2, at=1e200)


@pytest.mark.parametrize(
    ("typed", "at", "needs"), [("|x|", 0, "x ≠ 0"), ("floor x", 1, "x ≠ floor(x)"), ("max(x, 1)", 1, "x ≠ 1")]
)
def test_a_value_by_convention_is_called_one(typed: str, at: float, needs: str) -> None:
    derivation = explain(typed, at=at)
    assert derivation.value is not None
    assert f"(it needs {needs}); the value is what the rule takes there by convention" in derivation.notes[-1]


def folded(x: float) -> float:
    return x**2 if x > 0 else -x


@pytest.mark.parametrize(("at", "condition"), [(2.0, "x > 0"), (-2.0, "x < 0")])
def test_a_branch_holds_inside_of_its_border(at: float, condition: str) -> None:
    derivation = explain(folded, at=at)
    assert f"Holds where {condition}\n" in str(derivation)
    assert not any("convention" in note for note in derivation.notes)


def test_on_the_border_of_a_branch_there_is_a_convention_only() -> None:
    assert any("convention" in note for note in explain(folded, at=0.0).notes)


@pytest.mark.parametrize(
    ("function", "condition"),
    [
        (lambda x: x % 3, "x/3 ≠ floor(x/3)"),
        (lambda x: x // 2, "x/2 ≠ floor(x/2)"),
        (lambda x: np.round(x), "x - floor(x) ≠ 1/2"),
        (lambda x: np.trunc(x), "x ≠ trunc(x)"),
    ],
)
def test_what_jumps_says_where(function: object, condition: str) -> None:
    assert f"Holds where {condition}\n" in str(explain(function))


@pytest.mark.parametrize(
    ("typed", "at", "order", "shown"),
    [
        ("-x^2", 0, 1, "At x = 0: 0"),
        ("x^2 - y^2", (0, 0), 1, "At x = 0, y = 0: (0, 0)"),
        ("x^2 - x y^2", (1, 0), 2, "At x = 1, y = 0: [[2, 0], [0, -2]]"),
    ],
)
def test_values_are_written_as_people_write_them(typed: str, at: object, order: int, shown: str) -> None:
    assert f"\n{shown}\n" in str(explain(typed, at=at, order=order))


def test_a_power_of_zero_is_zero_where_the_exponent_is_positive() -> None:
    derivation = explain("0^(x - 1)", at=3)
    assert (str(derivation.result), derivation.value) == ("0", 0.0)
    assert "Holds where x > 1" in str(derivation)
    assert derivation.verified is not None


@pytest.mark.parametrize("typed", ["(-1)^x", "x (-2)^(2x)"])
def test_a_power_of_a_negative_number_is_called_formal(typed: str) -> None:
    assert any("the formula is formal" in note for note in explain(typed).notes)


def test_what_is_zero_everywhere_and_must_not_be_is_refused() -> None:
    with pytest.raises(NotDifferentiableError, match="is 0 everywhere, and the derivative needs"):
        explain("cbrt(x√2√8 - 4x)")


@pytest.mark.parametrize("function", ["1/(1 + 1/x)", "e^(-1/x^2)", "arctan(1/x)", "1/ln|x|", "1/(1/x)"])
def test_nothing_is_said_of_a_point_at_which_a_part_of_the_function_has_a_pole(function):
    # Floats have a value there, 1/(1 + 1/0) = 0, and "continuous and differentiable" was said of it.
    found = explain(function)
    assert "x ≠ 0" in [text(condition) for condition in found.conditions]
    assert not any("At x = 0" in note for note in found.notes)
    assert "if x = 0" not in str(found.result)
    with pytest.raises(NotDifferentiableError, match="x ≠ 0"):
        explain(function, at=0)
