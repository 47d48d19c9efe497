"""Equal expressions are found equal, near misses are not, and nothing takes long."""

import pytest

from chainrule.explain.expressions.equivalence import equivalent
from chainrule.explain.expressions.expression import Derivative, Number, Symbol, apply
from chainrule.explain.expressions.precise import settled
from chainrule.explain.reading.parse import parse
from chainrule.primitives.table import BY_NAME

x = Symbol("x")


def judge(left: str, right: str, *conditions: object) -> bool | None:
    return equivalent(parse(left).expression, parse(right).expression, (), conditions)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("sin(2x)", "2 sin x cos x"),
        ("cos 2x", "1 - 2 sin^2 x"),
        ("tan^2 x + 1", "sec^2 x"),
        ("sin^2 x + cos^2 x - 1", "0"),
        ("1 - tanh(x)^2", "sech(x)^2"),
        ("cosh(x)^2 - sinh(x)^2", "1"),
        ("sigma(x)(1 - sigma(x))", "e^-x/(1 + e^-x)^2"),
        ("sqrt(x^2)", "|x|"),
        ("0*(1/x)", "0"),
        ("x/x", "1"),
        ("(x+1)^2", "x^2 + 2x + 1"),
        ("(x^8-1)/(x-1)", "x^7+x^6+x^5+x^4+x^3+x^2+x+1"),
        ("1/(x-1) - 1/(x+1)", "2/(x^2-1)"),
        ("x^x", "e^(x ln x)"),
        ("x^n", "x x^(n-1)"),
        ("x^(1/3)", "cbrt(x)"),
        ("log_2 x", "ln x/ln 2"),
        ("ln x^2", "2 ln x"),
        ("ln 8", "3 ln 2"),
        ("sqrt(2) sqrt(3)", "sqrt 6"),
        ("1/3", "0.3333333333"),
        ("max(x, y)", "(x + y + |x - y|)/2"),
        ("relu(x)", "max(0, x)"),
        ("Gamma(x + 1)", "x Gamma(x)"),
        ("erf(x)", "-erf(-x)"),
        ("ln(ln(x - 50))", "ln(ln(x - 50)) + 0"),
        ("x + 1e16 - 1e16", "x"),
    ],
)
def test_equal(left: str, right: str) -> None:
    assert judge(left, right) is True
    assert judge(right, left) is True


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("|x|", "x"),
        ("x", "0"),
        ("x^2", "x^2 + 1e-7"),
        ("arctan x", "arctan(x) + 1e-12"),
        ("sin x", "sin(x + 1e-8)"),
        ("1/3", "0.333"),
        ("sqrt x", "1 + sqrt x"),
        ("e^(-x^2)", "2e^(-x^2)"),
        ("relu(x - 100)", "0"),
        ("xy", "x + y"),
        ("erfinv(x)", "2 erfinv(x)"),
        ("2e-20*x", "3e-20*x"),
        ("e^(e^(e^x))", "1 + e^(e^(e^x))"),
    ],
)
def test_different(left: str, right: str) -> None:
    assert judge(left, right) is False
    assert judge(right, left) is False


def test_conditions_say_where() -> None:
    assert judge("ln(x^2)", "2 ln x", x > 0) is True
    assert judge("|x|", "x", x > 0) is True
    assert judge("|x|", "x", x > -1) is False
    assert judge("1/sqrt(1-x^2)", "1/sqrt(1-|x|^2)", apply(BY_NAME["less"], abs(x), 1)) is True
    assert equivalent(x, abs(x), ("y",), [Symbol("y") > x, x > 0]) is True


def test_no_common_point_is_undecided() -> None:
    assert judge("ln(-x^2 - 1)", "0") is None
    assert judge("x", "|x|", x > 1e9) is None
    assert equivalent(Derivative(x, "x"), Number(1)) is None


def test_digits_that_were_lost_are_found() -> None:
    value = settled(parse("1 - tanh(x)^2").expression, {"x": 30.0})
    assert float(value) == pytest.approx(4 * 8.75651076269652e-27, rel=1e-12)  # 4 e^(-60)
    assert settled(parse("sin^2 x + cos^2 x - 1").expression, {"x": 0.3}) == 0
    assert settled(parse("ln x").expression, {"x": -1.0}) is None
    assert settled(parse("1/x").expression, {"x": 0.0}) is None
    assert settled(parse("e^(e^(e^x))").expression, {"x": 9.0}) is None
