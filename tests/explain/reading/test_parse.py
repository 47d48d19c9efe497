"""Typed mathematics: what each form means, and how what is no mathematics is refused."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import ParseError
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Apply, Number, Symbol, free_symbols
from chainrule.explain.reading.parse import parse, symbol_name
from chainrule.primitives.arithmetic import MULTIPLY, NEGATIVE, POWER
from chainrule.primitives.exponential import EXP

NAMES = "x y z w t b a c n l x1 x2 w_ij theta alpha sigma lambda beta1".split()
VALUES = dict(zip(NAMES, np.linspace(0.37, 1.61, len(NAMES)).tolist(), strict=True))
X, Y, Z, W, T, B, A = (VALUES[name] for name in "xyzwtba")
SIGMOID = scipy.special.expit

MEANINGS: list[tuple[str, float]] = [
    # numbers and constants
    ("0.1", 0.1),
    (".5x", 0.5 * X),
    ("2.x", 2 * X),
    ("1e-3", 0.001),
    ("2e x", 2 * np.e * X),
    ("½x", X / 2),
    ("pi x", np.pi * X),
    ("πx", np.pi * X),
    ("2π", 2 * np.pi),
    # operators
    ("x + y - z", X + Y - Z),
    ("x - y - z", X - Y - Z),
    ("x/y/z", X / Y / Z),
    ("1/2x", X / 2),
    ("a/bc", A / B * VALUES["c"]),
    ("x*-y", X * -Y),
    ("x--y", X + Y),
    ("+x", X),
    ("-x^2", -(X**2)),
    ("(-x)^2", X**2),
    ("-x^2 y", -(X**2) * Y),
    ("3 - 2x", 3 - 2 * X),
    ("x**2", X**2),
    ("x^2^3", X**8),
    ("x^100", X**100),
    ("x^-1", 1 / X),
    ("2^-x", 2**-X),
    ("2^-x^2", 2 ** -(X**2)),
    ("x^2y", X**2 * Y),
    ("x^y^2", X ** (Y**2)),
    ("x × y · z ÷ w − t", X * Y * Z / W - T),
    ("x∗y⋅z∕w", X * Y * Z / W),
    # juxtaposition
    ("xy", X * Y),
    ("wx", W * X),
    ("abc", A * B * VALUES["c"]),
    ("wx + b", W * X + B),
    ("xy^2", X * Y**2),
    ("2x(x+1)", 2 * X * (X + 1)),
    ("x(y+1)z", X * (Y + 1) * Z),
    ("(x+1)(x-1)", (X + 1) * (X - 1)),
    ("[x+1]^2", (X + 1) ** 2),
    ("x^2+3xy+y^2", X**2 + 3 * X * Y + Y**2),
    ("(2x+3)^2", (2 * X + 3) ** 2),
    # names with an index
    ("x1", VALUES["x1"]),
    ("x_1 x_{2} + x₁", VALUES["x1"] * VALUES["x2"] + VALUES["x1"]),
    ("x1^2", VALUES["x1"] ** 2),
    ("w_{ij}", VALUES["w_ij"]),
    ("w_ij x", VALUES["w_ij"] * X),
    ("x_1y", VALUES["x1"] * Y),
    ("w_ij = 2; w_ij^2", 4.0),
    ("wx1", W * VALUES["x1"]),
    # Greek
    ("alpha x", VALUES["alpha"] * X),
    ("αx", VALUES["alpha"] * X),
    (r"\alpha x", VALUES["alpha"] * X),
    ("θ^2", VALUES["theta"] ** 2),
    (r"\beta_1", VALUES["beta1"]),
    ("λx", VALUES["lambda"] * X),
    ("sigma x", VALUES["sigma"] * X),
    ("sigma(x)", SIGMOID(X)),
    ("σ(wx+b)", SIGMOID(W * X + B)),
    (r"\sigma(wx+b)", SIGMOID(W * X + B)),
    # superscripts
    ("x²", X**2),
    ("x²³", X**23),
    ("x⁻¹", 1 / X),
    ("xⁿ", X ** VALUES["n"]),
    ("2x²y³", 2 * X**2 * Y**3),
    ("(x+1)²", (X + 1) ** 2),
    ("sin(x)²", np.sin(X) ** 2),
    # functions without brackets
    ("sin x", np.sin(X)),
    ("sin 2x", np.sin(2 * X)),
    ("sin2x", np.sin(2 * X)),
    ("sinx", np.sin(X)),
    ("lnx", np.log(X)),
    ("2sinx", 2 * np.sin(X)),
    ("2x sin^2 x", 2 * X * np.sin(X) ** 2),
    ("sin 2x cos x", np.sin(2 * X) * np.cos(X)),
    ("sin x^2", np.sin(X**2)),
    ("sin² x", np.sin(X) ** 2),
    ("sin² 2x", np.sin(2 * X) ** 2),
    ("sin^2 3x", np.sin(3 * X) ** 2),
    ("sin^2(x) y", np.sin(X) ** 2 * Y),
    ("sin^{2} x", np.sin(X) ** 2),
    ("sin^-2 x", np.sin(X) ** -2),
    ("sin^-1 x", np.arcsin(X)),
    ("sin⁻¹ x", np.arcsin(X)),
    ("sin^{-1}(x)", np.arcsin(X)),
    ("tan^-1(x)", np.arctan(X)),
    ("sin x/2", np.sin(X) / 2),
    ("sin -x", np.sin(-X)),
    ("sin cos x", np.sin(np.cos(X))),
    ("sin x + cos x", np.sin(X) + np.cos(X)),
    ("sin pi x", np.sin(np.pi * X)),
    ("x^sin x", X ** np.sin(X)),
    ("ln 2x", np.log(2 * X)),
    ("ln|x|", np.log(X)),
    ("x ln x", X * np.log(X)),
    # functions with brackets
    ("sin(x)^2", np.sin(X) ** 2),
    ("sin(x)y", np.sin(X) * Y),
    ("sin(x)cos(x)", np.sin(X) * np.cos(X)),
    ("sin (x) y", np.sin(X) * Y),
    ("Sin(x)", np.sin(X)),
    ("max(0, x)", X),
    ("max(x, y, z)", max(X, Y, Z)),
    ("min(a,b)", min(A, B)),
    ("atan2(x, y)", np.arctan2(X, Y)),
    ("hypot(x, y)", np.hypot(X, Y)),
    # e and exponentials
    ("e^x", np.exp(X)),
    ("e^-x", np.exp(-X)),
    ("e^(-x^2/2)", np.exp(-(X**2) / 2)),
    ("e^2x", np.exp(2) * X),
    ("1/(1+e^-x)", SIGMOID(X)),
    ("e", np.e),
    # logarithms
    ("log x", np.log(X)),
    ("log2 x", np.log2(X)),
    ("log2(x)", np.log2(X)),
    ("log10(x)", np.log10(X)),
    ("log_2 8x", np.log2(8 * X)),
    ("log₂(x)", np.log2(X)),
    ("log_3(x)", np.log(X) / np.log(3)),
    ("log_b x", np.log(X) / np.log(B)),
    ("log_e x", np.log(X)),
    ("lg x", np.log10(X)),
    # bars and roots
    ("|x|", X),
    ("|x-2|y", (2 - X) * Y),
    ("||x| - 1|", 1 - X),
    ("|x||y|", X * Y),
    ("x|y-3|", X * (3 - Y)),
    ("|sin^2 |x||", np.sin(X) ** 2),
    ("|x-2|^2", (X - 2) ** 2),
    ("√x", np.sqrt(X)),
    ("√(x+1)", np.sqrt(X + 1)),
    ("√2x", np.sqrt(2) * X),
    ("√√x", X**0.25),
    ("∛x", np.cbrt(X)),
    ("∜x", X**0.25),
    ("sqrt 2x", np.sqrt(2 * X)),
    ("root(x, 3)", np.cbrt(X)),
    ("root(x, 5)", X**0.2),
    # a number that is raised may follow a factor
    ("x^2 2^x", X**2 * 2**X),
    ("x 2^x", X * 2**X),
    ("x^-2 3²", 9 / X**2),
    # statements
    ("f(x) = x^2", X**2),
    ("f(x) := x^2", X**2),
    ("L = (y-t)^2", (Y - T) ** 2),
    ("y = sigmoid(wx+b)", SIGMOID(W * X + B)),
    ("y = sigmoid(wx+b), L = (y-t)^2", (SIGMOID(W * X + B) - T) ** 2),
    ("y = sigmoid(wx+b); L = (y-t)^2;", (SIGMOID(W * X + B) - T) ** 2),
    ("y = sigmoid(wx+b)\nL = (y-t)^2", (SIGMOID(W * X + B) - T) ** 2),
    ("L = (y-t)^2 where y = sigmoid(wx+b)", (SIGMOID(W * X + B) - T) ** 2),
    ("(y-t)^2 where z = wx+b, y = sigmoid(z)", (SIGMOID(W * X + B) - T) ** 2),
    ("pred = wx + b; loss = (pred - t)^2", (W * X + B - T) ** 2),
    ("f(x) = x^2 + a; f(f(y))", (Y**2 + A) ** 2 + A),
    ("g(x, y) = x - y; g(y, x)", Y - X),
    ("a = 3; f(a) = a^2", A**2),
    # LaTeX
    (r"\frac{x}{y}", X / Y),
    (r"\frac12 x", X / 2),
    (r"\frac1{2x}", 1 / (2 * X)),
    (r"\frac x2", X / 2),
    (r"\tfrac{1}{2}x^2", X**2 / 2),
    (r"\frac{1}{1+\frac{1}{x}}", 1 / (1 + 1 / X)),
    (r"\frac{1}{1+e^{-x}}", SIGMOID(X)),
    (r"\sqrt{x^2+1}", np.sqrt(X**2 + 1)),
    (r"\sqrt[3]{x}", np.cbrt(X)),
    (r"\sqrt[4]{x}", X**0.25),
    (r"\sqrt2x", np.sqrt(2) * X),
    (r"\sin x \cos x", np.sin(X) * np.cos(X)),
    (r"\sin^{2}\left(x\right)", np.sin(X) ** 2),
    (r"\left(x + 1\right)^{2} y", (X + 1) ** 2 * Y),
    (r"\left|x - 3\right|", 3 - X),
    (r"\lvert x - 3 \rvert", 3 - X),
    (r"\ln\left|x\right|", np.log(X)),
    (r"x \cdot y \times z \div w", X * Y * Z / W),
    (r"x^{2y}", X ** (2 * Y)),
    (r"x_{1}^{2}", VALUES["x1"] ** 2),
    (r"\operatorname{sigmoid}(x) + \mathrm{ReLU}(x)", SIGMOID(X) + X),
    (r"x\,y\;z\quad w", X * Y * Z * W),
    (r"\log_{10} x", np.log10(X)),
    (r"\exp(x) + \pi", np.exp(X) + np.pi),
    (r"\max\left(0, x\right)", X),
    (r"$x^2$", X**2),
    (r"$$\frac{x}{2}$$", X / 2),
    (r"\(x+1\)", X + 1),
    # other characters
    ("ｘ＋２", X + 2),
    ("𝑥²", X**2),
    ("x\u00a0+\u2009y", X + Y),
    ("  x\t+ y  ", X + Y),
]


def value_of(text: str) -> float:
    return float(evaluate(parse(text).expression, VALUES))


@pytest.mark.parametrize(("text", "expected"), MEANINGS)
def test_text_means(text: str, expected: float) -> None:
    assert value_of(text) == pytest.approx(expected, rel=1e-12)


FUNCTIONS: list[tuple[str, Callable[[float], float]]] = [
    ("sin", np.sin),
    ("cos", np.cos),
    ("tan", np.tan),
    ("sec", lambda x: 1 / np.cos(x)),
    ("csc", lambda x: 1 / np.sin(x)),
    ("cot", lambda x: 1 / np.tan(x)),
    ("arcsin", np.arcsin),
    ("acos", np.arccos),
    ("arctan", np.arctan),
    ("sinh", np.sinh),
    ("cosh", np.cosh),
    ("tanh", np.tanh),
    ("sech", lambda x: 1 / np.cosh(x)),
    ("csch", lambda x: 1 / np.sinh(x)),
    ("coth", lambda x: 1 / np.tanh(x)),
    ("arcsinh", np.arcsinh),
    ("atanh", np.arctanh),
    ("exp", np.exp),
    ("exp2", np.exp2),
    ("expm1", np.expm1),
    ("ln", np.log),
    ("log", np.log),
    ("log1p", np.log1p),
    ("sqrt", np.sqrt),
    ("cbrt", np.cbrt),
    ("abs", np.abs),
    ("sign", np.sign),
    ("floor", np.floor),
    ("ceil", np.ceil),
    ("sigmoid", SIGMOID),
    ("expit", SIGMOID),
    ("logit", scipy.special.logit),
    ("softplus", lambda x: np.log1p(np.exp(x))),
    ("relu", lambda x: max(0.0, x)),
    ("erf", scipy.special.erf),
    ("Gamma", scipy.special.gamma),
    ("psi", scipy.special.digamma),
    ("Φ", scipy.special.ndtr),
    ("step", lambda x: np.heaviside(x, 0.5)),
    ("lg", np.log10),
    ("gammaln", scipy.special.gammaln),
]


@pytest.mark.parametrize(("name", "function"), FUNCTIONS, ids=[name for name, _ in FUNCTIONS])
@pytest.mark.parametrize("point", [0.21, 0.83])
def test_function_is_numpys(name: str, function: Callable[[float], float], point: float) -> None:
    assert float(evaluate(parse(f"{name}(x)").expression, {"x": point})) == pytest.approx(function(point), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "point"), [("sec", 1.7), ("csc", 1.7), ("cot", 0.6), ("arccoth", 0.3), ("logit", 0.4)]
)
def test_inverse_undoes(name: str, point: float) -> None:
    value = float(evaluate(parse(f"{name}^-1 x").expression, {"x": point}))
    assert float(evaluate(parse(f"{name}(x)").expression, {"x": value})) == pytest.approx(point)


def test_nothing_is_simplified() -> None:
    x = Symbol("x")
    assert parse("x*1").expression == Apply(MULTIPLY, (x, Number(1)))
    assert parse("0x").expression == Apply(MULTIPLY, (Number(0), x))
    assert parse("-x").expression == Apply(NEGATIVE, (x,))
    assert parse("x^1").expression == Apply(POWER, (x, Number(1)))


def test_numbers_are_exact() -> None:
    assert parse("0.1").expression == Number(Fraction(1, 10))
    assert parse("1e-3").expression == Number(Fraction(1, 1000))
    assert parse("2.0").expression == Number(2)
    assert parse("-3x").expression == Apply(MULTIPLY, (Number(-3), Symbol("x")))
    assert parse("123456789012345678901234567890").expression == Number(123456789012345678901234567890)


def test_powers_of_e_are_exponentials() -> None:
    assert parse("e^x").expression == parse("exp(x)").expression == Apply(EXP, (Symbol("x"),))
    assert parse("2^x").expression == Apply(POWER, (Number(2), Symbol("x")))


def test_name_and_parameters() -> None:
    parsed = parse("f(x, y) = ax + y")
    assert (parsed.name, parsed.parameters, parsed.text) == ("f", ("x", "y"), "f(x, y) = ax + y")
    assert free_symbols(parsed.expression) == ("a", "x", "y")
    parsed = parse("L = (y-t)^2 where y = sigmoid(wx+b)")
    assert (parsed.name, parsed.parameters) == ("L", None)
    assert set(free_symbols(parsed.expression)) == set("wxbt")
    parsed = parse("x^2")
    assert (parsed.name, parsed.parameters) == (None, None)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("x", "x"),
        ("x_1", "x1"),
        ("x₁", "x1"),
        ("α", "alpha"),
        (r"\theta", "theta"),
        ("w_{ij}", "w_ij"),
        ("λ", "lambda"),
    ],
)
def test_symbol_names_agree_with_formulas(typed: str, name: str) -> None:
    assert symbol_name(typed) == name
    assert parse(typed).expression == Symbol(name)


@pytest.mark.parametrize("typed", ["", "2", "xy+1", "e", "pi", "π", "sin", "if", "x" * 3000, "\x00"])
def test_symbol_name_refuses(typed: str) -> None:
    with pytest.raises(ParseError):
        symbol_name(typed)


# What is refused: the text, the column from 1, and a part of the reason.
REFUSED: list[tuple[str, int, str]] = [
    ("", 1, "empty"),
    ("   ", 1, "empty"),
    (";", 1, "empty"),
    ("2x + (3*)", 9, "unexpected ')'; expected a number, a variable"),
    ("x^", 3, "ends too early; expected a number"),
    ("x +", 4, "ends too early"),
    ("* x", 1, "unexpected '*'"),
    ("x * / y", 5, "unexpected '/'"),
    ("x // y", 4, "unexpected '/'"),
    ("(x", 1, "'(' is not closed; expected ')'"),
    ("x)", 2, "')' closes nothing"),
    ("[x+1)", 5, "cannot close the '['"),
    ("|x", 1, "'|' is not closed"),
    ("|", 1, "not closed"),
    (r"x\right|", 2, "closes nothing"),
    ("()", 2, "unexpected ')'"),
    ("sin", 4, "ends too early"),
    ("sin()", 5, "unexpected ')'"),
    ("sin^2(x)^3", 9, "unexpected '^'"),
    ("max x", 1, "max takes several arguments"),
    ("sin(x, y)", 1, "sin has 2 arguments; expected one"),
    ("atan2(x)", 1, "atan2 has 1 arguments; expected two"),
    ("ln^-1 x + relu^-1 x", 11, "relu^-1 can be read in two ways"),
    ("2 3", 3, "a number right after a factor"),
    ("(x+1)2", 6, "a number right after a factor"),
    ("2 3^x", 3, "a number right after a factor"),
    ("x2^x y 2", 8, "a number right after a factor"),
    ("dy/dx", 1, "derivative"),
    ("∇(xy)", 1, "a gradient cannot be part"),
    ("integrate x^2", 1, "what is found are derivatives, limits"),
    ("3.5.2", 4, "a number right after a factor"),
    (".", 1, "belongs to no number"),
    ("1e-3x", 1, "two ways"),
    ("1e999", 1, "too large"),
    ("3,5x", 1, "decimals are written with a point"),
    ("tahn(x)", 1, "did you mean 'tan"),
    ("sigmod(x)", 1, "did you mean 'sigmoid'"),
    ("2 + sqr(x)", 5, "did you mean 'sqrt'"),
    ("asinx", 1, "glued together"),
    ("banana", 1, "unknown name 'banana'"),
    ("log3(x)", 1, "two ways"),
    ("sin2(x)", 1, "two ways"),
    ("log_1 x", 4, "no logarithm to base 1"),
    ("e2", 1, "e is a number"),
    ("pi2", 1, "pi is a number"),
    (r"\frac{w_ij}{2}", 8, "expected braces"),
    ("x_y_z", 2, "expected braces"),
    ("x_", 2, "an index"),
    ("_x", 1, "no name"),
    ("x_{123456789}", 2, "an index"),
    ("f(2)", 1, "f is not defined"),
    ("f'(x) = 2x", 2, "derivative"),
    ("d/dx x^2", 1, "derivative"),
    (r"\frac{d}{dx} x^2", 1, "derivative"),
    ("∂x", 1, "derivative"),
    ("x > 0", 3, "comparisons"),
    ("x == 2", 4, "an '=' that defines nothing"),
    ("x^2 = 4", 5, "left of it"),
    ("y = x = 2", 7, "left of it"),
    ("=", 1, "left of it"),
    ("y =", 4, "ends too early"),
    ("e = 3; e^x", 1, "'e' has a meaning already"),
    ("sin(x) = 3", 1, "'sin' has a meaning already"),
    ("f(x, x) = 3", 3, "no new variable"),
    ("f(2) = 3", 3, "no new variable"),
    ("y = y + 1", 5, "own definition"),
    ("a = b; b = a; ab", 5, "before it is defined"),
    ("y = 1; y = 2", 8, "defined twice"),
    ("y^2 where", 5, "'where' stands between"),
    ("where y = 2", 1, "'where' stands between"),
    ("f(x) = x; f", 11, "f' is a function"),
    ("f(x) = x; f(1, 2)", 11, "expected f(x)"),
    (r"\foo", 1, "unknown LaTeX command"),
    (r"\frca{1}{2}", 1, r"did you mean '\frac'"),
    (r"\frac{1}", 9, "ends too early; expected an opening bracket"),
    (r"\frac{1}+", 9, "missing"),
    ("x\\", 2, "a LaTeX command"),
    (r"\left. x", 6, "'.'"),
    ("x^1001", 2, "exponent beyond 1,000"),
    ("x^(10^(10^10))", 6, "exponent beyond"),
    ("10^10^3", 3, "exponent beyond|digits"),
    ("9^999", 2, "more than 300 digits"),
    ("0.1^999", 4, "more than 300 digits"),
    ("e^999", 2, "more than 300 digits"),
    ("1" * 51, 1, "51 digits"),
    ("1" * 100_000, 2001, "100,000 characters"),
    ("(" * 5_000, 2001, "5,000 characters"),
    ("(" * 1_000 + "x" + ")" * 999, 101, "nested more than 100"),
    ("|" * 2_000, 101, "nested more than 100"),
    ("x\x00y", 2, "invisible character, U+0000"),
    ("x\x1b[31my", 2, "invisible character, U+001B"),
    ("x + \u202ey", 5, "RIGHT-TO-LEFT OVERRIDE"),
    ("x\u200by", 2, "ZERO WIDTH SPACE"),
    ("x\ud800", 2, "U+D800"),
    ("٣x", 1, "digit of another script"),
    ("хy", 1, "CYRILLIC SMALL LETTER HA"),
    ("né", 2, "a letter with a mark"),
    ("x\u0301", 2, "combining mark"),
    ("x = 😀", 5, "unexpected U+1F600"),
    ("x & y", 3, "unexpected '&'"),
    ('"x"', 1, "quotes"),
    ("__import__('os')", 1, "'__import__' is no name"),
    ("y' + y", 2, "a derivative such as"),
    ("x.__class__", 2, "belongs to no number"),
    ("().__class__.__bases__", 3, "belongs to no number"),
]


@pytest.mark.parametrize(("text", "column", "reason"), REFUSED, ids=[repr(case[0][:24]) for case in REFUSED])
def test_refused(text: str, column: int, reason: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert time.perf_counter() - started < 1
    message = str(caught.value)
    assert message.startswith(f"column {column}: ")
    assert any(part in message for part in reason.split("|")), message
    check_form(text, message)


@pytest.mark.parametrize(
    "word",
    "if else for lambda import def return class while and or not exec eval print None True False in is".split(),
)
@pytest.mark.parametrize("form", ["{}", "x + {} y", "{}(x)"])
def test_words_of_programming_are_refused(word: str, form: str) -> None:
    text = form.format(word)
    with pytest.raises(ParseError, match=f"column {text.index(word) + 1}: '{word}' is a word of programming"):
        parse(text)


def check_form(text: str, message: str) -> None:
    """Three lines; under 500 characters; the caret stands under the character that the column names."""
    assert len(message) < 500
    head, excerpt, caret = message.split("\n")
    assert all(char.isprintable() for char in head + excerpt)
    column = int(re.match("column ([0-9]+): ", head)[1])  # type: ignore[index]
    assert 1 <= column <= len(text) + 1
    assert caret.strip() == "^"
    if column <= len(text) and text[column - 1].isprintable() and not unicodedata.combining(text[column - 1]):
        assert excerpt[caret.index("^")] == text[column - 1]


@pytest.mark.parametrize(
    "text",
    [
        "-" * 1_999 + "x",
        "√" * 1_999 + "x",
        "sin " * 499 + "x",
        "x^" * 999 + "x",
        "+".join("x" * 1_000),
        "x" + "²" * 1_999,
        "2^" * 999 + "2",
        r"\frac1" * 300 + "2",
        r"\sqrt" * 400,
        "{" * 1_000 + "}" * 1_000,
        "f(x) = x x; " + "f(" * 99 + "x" + ")" * 99,
        "; ".join(["a0 = x", *(f"a{i} = a{i - 1} a{i - 1}" for i in range(1, 49)), "a48"]),
        "; ".join(f"a{i} = x" for i in range(200)),
        "where " * 300,
        "=" * 2_000,
        "a" * 2_000,
        "e" * 2_000,
        "x_" * 1_000,
        "\\" * 2_000,
        "$" * 2_000,
        "||" * 1_000,
        "((|" * 30 + "x" + "|))" * 30,
        "1e" * 1_000,
        " " * 2_000,
        "d/" * 1_000,
        "sin^" * 500,
        "log_" * 500,
        "9" * 50 + "^" + "9" * 50,
        "(2^900)^(2^9)",
        "\ufdfa" * 2_000,
        "\n" * 2_000,
    ],
    ids=lambda text: repr(text[:16]),
)
def test_hostile_text_is_handled_in_time(text: str) -> None:
    started = time.perf_counter()
    try:
        expression = parse(text).expression
    except ParseError as error:
        check_form(text, str(error))
    else:
        assert not isinstance(expression, Apply) or (expression.size <= 2000 and expression.depth <= 250)
    assert time.perf_counter() - started < 1


WORDS = ["sin", "ln", "log_2", "max(", "relu", "sin^-1", "e^", "if", "10", "where", "f(x)=", "y =", "ﬁ"]
LATEX = [r"\frac", r"\sqrt", r"\left|", r"\right|", r"\right)", r"\mathrm{"]
PIECES = st.sampled_from([*"xywe012.()[]{}|+-*/^,;=_!√²⁻½πσθ \n$\\'\u202e٣", *WORDS, *LATEX])


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        parsed = parse(text)
    except ParseError as error:
        check_form(text, str(error))
    else:
        assert parsed.text == text
        with np.errstate(all="ignore"):
            evaluate(parsed.expression, dict.fromkeys(free_symbols(parsed.expression), 0.5))


LEAVES = st.sampled_from([("x", X), ("y", Y), ("2", 2.0), ("0.5", 0.5), ("x1", VALUES["x1"]), ("pi", np.pi)])


def combined(inner: st.SearchStrategy[tuple[str, float]]) -> st.SearchStrategy[tuple[str, float]]:
    return st.one_of(
        st.tuples(inner, inner).map(lambda pair: (f"({pair[0][0]}) + ({pair[1][0]})", pair[0][1] + pair[1][1])),
        st.tuples(inner, inner).map(lambda pair: (f"({pair[0][0]}) - ({pair[1][0]})", pair[0][1] - pair[1][1])),
        st.tuples(inner, inner).map(lambda pair: (f"({pair[0][0]})({pair[1][0]})", pair[0][1] * pair[1][1])),
        inner.map(lambda pair: (f"sin ({pair[0]})", np.sin(pair[1]))),
        inner.map(lambda pair: (f"|{pair[0]}|", abs(pair[1]))),
        inner.map(lambda pair: (f"-({pair[0]})²", -(pair[1] ** 2))),
        inner.map(lambda pair: (rf"\frac{{{pair[0]}}}{{2}}", pair[1] / 2)),
    )


@given(st.recursive(LEAVES, combined, max_leaves=12))
def test_random_formulas_mean_what_python_computes(case: tuple[str, float]) -> None:
    text, expected = case
    assert value_of(text) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("1/0", 2),
        ("x/0", 2),
        ("x + 0/0", 6),
        ("1/(1-1)", 2),
        ("0^-1", 2),
        ("ln(0)", 1),
        ("x ln(-1)", 3),
        ("√(-4)", 1),
        ("arcsin(2) x", 1),
        (r"\frac{x}{0}", 1),
        ("(-8)^(1/3)", 5),
        ("f(x) = 1/x; f(0)", 13),
    ],
)
def test_numbers_without_a_value_are_refused(text: str, column: int) -> None:
    with pytest.raises(ParseError, match="has no value among the real numbers") as refused:
        parse(text)
    assert str(refused.value).startswith(f"column {column}: ")


@pytest.mark.parametrize(
    "text", ["0/1", "0^0", "0^2", "√0", "ln(1)", "arcsin(1)", "cbrt(-8)", "(-2)^3", "|-3|", "x (-1)^n"]
)
def test_numbers_with_a_value_are_read(text: str) -> None:
    assert parse(text).expression is not None
