"""Problems as textbooks set them, in the spellings that people type, each with what it means, built in SymPy by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy import (
    Abs,
    E,
    Max,
    Min,
    Rational,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    cbrt,
    cos,
    cosh,
    erf,
    exp,
    log,
    pi,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)

LETTERS = sp.symbols("a b c k m n p r s t u v w x y z", real=True)
a, b, c, k, m, n, p, r, s, t, u, v, w, x, y, z = LETTERS
x1, x2, x3, w1, w2, theta, alpha, beta, mu, sigma, omega, phi, lam = sp.symbols(
    "x1 x2 x3 w1 w2 theta alpha beta mu sigma omega phi lambda", real=True
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A function: how it may be typed, what it means, the variable, and how often it is differentiated."""

    meaning: Any
    spellings: tuple[str, ...]
    wrt: Any = x
    order: int = 1


def problem(meaning: Any, *spellings: str, wrt: Any = x, order: int = 1) -> Problem:
    return Problem(sp.sympify(meaning), spellings, wrt, order)


def logistic(value: Any) -> Any:
    return 1 / (1 + exp(-value))


POWERS = (
    problem(7, "7"),
    problem(x, "x", "f(x) = x"),
    problem(5 * x - 3, "5x - 3", "5·x − 3", "f(x) = 5x - 3"),
    problem(x**2, "x^2", "x²", "x**2", "x^{2}", "x*x", "x·x", "y = x^2", r"$x^2$"),
    problem(3 * x**2, "3x^2", "y = 3x^2", "3·x²", r"3 \cdot x^2"),
    problem(-(x**2), "-x^2", "−x²", "-(x^2)"),
    problem(4 * x**3 - 2 * x**2 + 7 * x - 5, "4x^3 - 2x^2 + 7x - 5", "4x³ − 2x² + 7x − 5"),
    problem(
        x**5 / 5 - x**3 / 3 + x, "x^5/5 - x^3/3 + x", r"\frac{x^5}{5} - \frac{x^3}{3} + x", "(1/5)x^5 - (1/3)x^3 + x"
    ),
    problem(Rational(1, 2) * x**4, "1/2 x^4", "0.5x^4", "½x⁴", r"\frac12 x^4"),
    problem(Rational(7, 2) * x, "3.5x", "7x/2", "7/2 x"),
    problem(x**-2, "x^-2", "x^(-2)", "1/x^2", "x⁻²", "x^{-2}", r"\frac{1}{x^2}"),
    problem(1 / x, "1/x", "x^-1", "x⁻¹", r"\frac1x"),
    problem(3 / x**4, "3/x^4", "3x^-4", "3x^(-4)"),
    problem(2 / (3 * x), "2/(3x)", r"\frac{2}{3x}", "2/3/x"),
    problem(1 / x - 1 / x**2, "1/x - 1/x^2", "x^-1 - x^-2"),
    problem(x**100, "x^100", "x¹⁰⁰"),
    problem(pi * x**2, "πx^2", "π x^2", "pi x^2", "pi*x^2", r"\pi x^2"),
    problem(E * x + pi, "e x + π", "ex + pi"),
    problem((x**2 + 1) / x, "(x^2+1)/x", r"\frac{x^2+1}{x}", "x + 1/x"),
    problem((x**3 - 2 * x) / x**2, "(x^3 - 2x)/x^2"),
    problem(x * (x + 1), "x(x+1)", "x·(x+1)", "x^2 + x", "x [x + 1]"),
    problem((x + 1) * (x - 2), "(x+1)(x-2)", "(x + 1)·(x − 2)", "[x+1][x-2]", r"\left(x+1\right)\left(x-2\right)"),
    problem(6 * x, "2·3x", "2*3x", "6x"),
    problem(x ** sp.Integer(8), "x^2^3", "x^8", "(x^2)^4"),
    problem(Rational(1, 1000) * x, "1e-3 x", "1e-3*x", "0.001x"),
)

ROOTS = (
    problem(sqrt(x), "√x", "sqrt(x)", "sqrt x", "x^(1/2)", "x^{1/2}", "x^0.5", r"\sqrt{x}", r"x^{\frac{1}{2}}"),
    problem(cbrt(x), "∛x", "cbrt(x)", "cbrt x", r"\sqrt[3]{x}", "x^(1/3)", "root(x, 3)"),
    problem(x ** Rational(2, 3), "x^(2/3)", r"\sqrt[3]{x^2}", "x^{2/3}"),
    problem(x ** Rational(3, 2), "x^(3/2)", "x^1.5", "x√x", "x sqrt(x)"),
    problem(x ** Rational(-1, 2), "1/√x", "x^(-1/2)", r"\frac{1}{\sqrt{x}}", "1/sqrt(x)"),
    problem(x ** Rational(1, 4), "∜x", "x^(1/4)", r"\sqrt[4]{x}", "√√x"),
    problem(sqrt(x) + 1 / sqrt(x), "√x + 1/√x", "sqrt(x) + 1/sqrt(x)"),
    problem(3 * x ** Rational(5, 3) - 4 * x ** Rational(-3, 4), "3x^(5/3) - 4x^(-3/4)"),
    problem(sqrt(x**2 + 1), "√(x²+1)", "sqrt(x^2+1)", r"\sqrt{x^2+1}", "(x^2+1)^(1/2)"),
    problem(sqrt(1 - x**2), "sqrt(1-x^2)", r"\sqrt{1-x^2}"),
    problem(1 / sqrt(x**2 + 1), "1/sqrt(x^2+1)", r"\frac{1}{\sqrt{x^2+1}}"),
    problem(x * sqrt(1 - x**2), "x sqrt(1-x^2)", "x√(1-x²)"),
    problem(x / sqrt(x**2 + 4), "x/sqrt(x^2+4)", r"\frac{x}{\sqrt{x^2+4}}"),
    problem(sqrt(x + sqrt(x)), "sqrt(x + sqrt(x))", "√(x + √x)"),
    problem(sqrt((x - 1) / (x + 1)), "sqrt((x-1)/(x+1))", r"\sqrt{\frac{x-1}{x+1}}"),
)

PRODUCTS_AND_QUOTIENTS = (
    problem(x**2 * sin(x), "x^2 sin x", "x^2 sin(x)", "x² sin x", r"x^2 \sin x", "x^2*sin(x)"),
    problem(x * exp(x), "xe^x", "x e^x", "x*exp(x)", r"x e^{x}", "x·eˣ"),
    problem(x**2 * exp(x), "x^2e^x", "x²eˣ", "x^2 exp(x)", "x^2 e^{x}"),
    problem(sin(x) * cos(x), "sin(x)cos(x)", "sin x cos x", r"\sin x \cos x", "sin(x)·cos(x)"),
    problem(2 * x * sin(x) ** 2, "2x sin^2 x", "2x sin²x", "2x (sin x)^2", r"2x\sin^2 x", "2x sin(x)^2"),
    problem(exp(x) * cos(x), "e^x cos x", "e^x cos(x)", "cos(x) exp(x)"),
    problem(x * log(x), "x ln x", "x ln(x)", "x log x", r"x \ln x", "x·ln(x)"),
    problem(x**2 * log(x), "x^2 ln x", "x² ln(x)"),
    problem(x * exp(x) * sin(x), "x e^x sin x", "x e^x sin(x)"),
    problem((x**2 + 1) * (x**3 - x), "(x^2+1)(x^3-x)"),
    problem((x**2 + 3 * x) * exp(x), "(x^2+3x)e^x", "(x²+3x) eˣ"),
    problem(x / (x + 1), r"\frac{x}{x+1}", "x/(x+1)", "x ÷ (x+1)"),
    problem((x - 1) / (x + 1), "(x-1)/(x+1)", r"\frac{x-1}{x+1}"),
    problem((2 * x + 3) / (x**2 + 1), "(2x+3)/(x^2+1)", r"\frac{2x+3}{x^2+1}"),
    problem(x**2 / (x**2 + 1), "x^2/(x^2+1)", r"\dfrac{x^2}{x^2+1}"),
    problem((x**2 - 1) / (x**2 + 1), "(x^2-1)/(x^2+1)"),
    problem(1 / (x**2 + 1), "1/(x^2+1)", "(x^2+1)^-1", r"\frac{1}{1+x^2}"),
    problem(1 / (1 - x) ** 2, "1/(1-x)^2", "(1-x)^(-2)"),
    problem(log(x) / x, "ln x / x", "ln(x)/x", "(ln x)/x", r"\frac{\ln x}{x}"),
    problem(sin(x) / x, "sin x / x", "sin(x)/x", r"\frac{\sin x}{x}"),
    problem(exp(x) / x, "e^x/x", "eˣ/x", r"\frac{e^x}{x}"),
    problem(exp(x) / (1 + exp(x)), "e^x/(1+e^x)", r"\frac{e^x}{1+e^x}"),
    problem(x / exp(x), "x/e^x", "x e^-x", "x e^{-x}", "x exp(-x)"),
    problem((1 + sin(x)) / cos(x), "(1 + sin x)/cos x", r"\frac{1+\sin x}{\cos x}"),
    problem(tan(x) / x, "tan x / x", "tan(x)/x"),
    problem((a * x + b) / (c * x + k), "(ax+b)/(cx+k)", r"\frac{ax+b}{cx+k}"),
    problem(x**3 / (1 - x**2), "x^3/(1-x^2)"),
    problem((x + 1) ** 2 / (x - 1) ** 3, "(x+1)^2/(x-1)^3"),
)

CHAINS = (
    problem((2 * x + 3) ** 2, "(2x+3)^2", "(2x + 3)²", "(2*x+3)**2"),
    problem((x**2 + 1) ** 10, "(x^2+1)^10", r"\left(x^2+1\right)^{10}"),
    problem((3 * x - 1) ** 5, "(3x-1)^5"),
    problem((1 - 2 * x) ** -3, "(1-2x)^-3", "(1-2x)^(-3)", "1/(1-2x)^3"),
    problem(sin(2 * x), "sin 2x", "sin(2x)", "sin2x", r"\sin 2x", r"\sin(2x)"),
    problem(sin(x**2), "sin x^2", "sin(x^2)", r"\sin x^2", "sin x²"),
    problem(sin(x) ** 2, "sin^2 x", "sin²x", "sin² x", "(sin x)^2", "sin(x)^2", r"\sin^2 x", r"\sin^{2}(x)"),
    problem(cos(3 * x) ** 2, "cos^2 3x", "cos^2(3x)", "cos(3x)^2"),
    problem(sin(cos(x)), "sin(cos(x))", "sin(cos x)", "sin cos x"),
    problem(sin(x**2 + 1) ** 3, "sin^3(x^2+1)", "(sin(x^2+1))^3"),
    problem(cos(sqrt(x)), "cos √x", "cos(sqrt(x))", r"\cos\sqrt{x}"),
    problem(sqrt(sin(x)), "sqrt(sin x)", "√(sin x)", r"\sqrt{\sin x}"),
    problem(exp(sin(x)), "e^sin x", "e^(sin x)", "exp(sin(x))", r"e^{\sin x}"),
    problem(sin(exp(x)), "sin e^x", "sin(e^x)"),
    problem(log(sin(x)), "ln(sin x)", "ln sin x", r"\ln(\sin x)"),
    problem(log(log(x)), "ln(ln x)", "ln ln x"),
    problem(log(log(log(x))), "ln(ln(ln(x)))"),
    problem(exp(exp(x)), "e^(e^x)", "e^e^x", "exp(exp(x))"),
    problem(tan(sin(cos(x))), "tan(sin(cos(x)))"),
    problem(sin(sin(sin(sin(x)))), "sin(sin(sin(sin(x))))"),
    problem(exp(sqrt(x**2 + 1)), "e^sqrt(x^2+1)", "exp(√(x²+1))"),
    problem(log(x + sqrt(x**2 + 1)), "ln(x + sqrt(x^2+1))", r"\ln\left(x+\sqrt{x^2+1}\right)"),
    problem((1 + exp(2 * x)) ** 3, "(1+e^(2x))^3"),
    problem(sqrt(1 + sqrt(1 + sqrt(x))), "sqrt(1 + sqrt(1 + sqrt(x)))"),
    problem(cos(log(x**2 + 1)), "cos(ln(x^2+1))"),
    problem((x / (x + 1)) ** 4, "(x/(x+1))^4", r"\left(\frac{x}{x+1}\right)^4"),
    problem(x**2 * (x**2 - 1) ** 5, "x^2(x^2-1)^5"),
    problem((2 * x - 1) ** 3 * (x + 4) ** 2, "(2x-1)^3 (x+4)^2"),
    problem(exp(-2 * x) * sin(3 * x), "e^(-2x) sin 3x", r"e^{-2x}\sin 3x"),
    problem(sin(a * x + b), "sin(ax+b)", r"\sin(ax+b)"),
    problem((a * x**2 + b * x + c) ** n, "(ax^2+bx+c)^n"),
)

EXPONENTIALS = (
    problem(exp(x), "e^x", "eˣ", "exp(x)", "exp x", "e^{x}", r"\exp(x)", r"\mathrm{e}^x"),
    problem(exp(-x), "e^-x", "e^(-x)", "1/e^x", "exp(-x)", "e⁻ˣ"),
    problem(exp(2 * x), "e^(2x)", "e^{2x}", "(e^x)^2", "exp(2x)", "e^x e^x"),
    problem(exp(2) * x, "e^2x", "e^2 x", "e²x"),
    problem(5 * exp(3 * x - 1), "5e^(3x-1)", "5 exp(3x-1)"),
    problem(exp(x**2), "e^x^2", "e^(x^2)", "exp(x²)"),
    problem(
        exp(-(x**2) / 2),
        r"e^{-x^2/2}",
        "exp(-x**2/2)",
        "e^(-x²/2)",
        r"e^{-\frac{x^2}{2}}",
        r"\exp\left(-\frac{x^2}{2}\right)",
    ),
    problem(exp(1 / x), "e^(1/x)", r"e^{1/x}"),
    problem(2**x, "2^x", "exp2(x)", "2ˣ", "pow(2, x)"),
    problem(10**x, "10^x"),
    problem(2 ** (x**2), "2^(x^2)", "2^x^2", "2^{x^2}"),
    problem(3 ** (2 * x + 1), "3^(2x+1)"),
    problem(Rational(1, 2) ** x, "(1/2)^x", "0.5^x", "2^-x"),
    problem(a**x, "a^x", r"a^{x}"),
    problem(x**n, "x^n", "xⁿ"),
    problem(x**x, "x^x", "xˣ", "x^{x}"),
    problem(x ** sin(x), "x^sin x", "x^(sin x)", r"x^{\sin x}"),
    problem(x ** (1 / x), "x^(1/x)", r"x^{1/x}"),
    problem(sin(x) ** x, "(sin x)^x", "sin(x)^x"),
    problem(log(x) ** x, "(ln x)^x"),
    problem((1 + 1 / x) ** x, "(1+1/x)^x", r"\left(1+\frac{1}{x}\right)^x"),
    problem(x ** sqrt(x), "x^√x", "x^sqrt(x)"),
    problem(x ** (x**2), "x^(x^2)", "x^x^2"),
    problem(x**2 * 2**x, "x^2 2^x", "x^2·2^x"),
    problem((exp(x) - exp(-x)) / 2, "(e^x - e^-x)/2", r"\frac{e^x-e^{-x}}{2}"),
    problem((exp(x) - exp(-x)) / (exp(x) + exp(-x)), "(e^x - e^-x)/(e^x + e^-x)", r"\frac{e^x-e^{-x}}{e^x+e^{-x}}"),
    problem(exp(x) * (x**2 - 2 * x + 2), "e^x(x^2-2x+2)"),
    problem(exp(x) * (sin(x) - cos(x)) / 2, "e^x(sin x - cos x)/2"),
    problem(x**E, "x^e"),
    problem(pi**x, "π^x", r"\pi^x"),
)

LOGARITHMS = (
    problem(log(x), "ln x", "ln(x)", "log x", "log(x)", r"\ln x", r"\log(x)", "lnx"),
    problem(log(Abs(x)), "ln|x|", r"\ln|x|", "ln(abs(x))", r"\ln\left|x\right|"),
    problem(log(2 * x), "ln 2x", "ln(2x)"),
    problem(log(x**2), "ln x^2", "ln(x^2)", r"\ln x^2"),
    problem(log(x) ** 2, "ln^2 x", "(ln x)^2", "ln(x)^2", r"\ln^2 x"),
    problem(log(x, 2), "log_2 x", "log2(x)", "log_2(x)", "log₂ x", r"\log_2 x", r"\log_{2} x", "ln x/ln 2"),
    problem(log(x, 10), "log10(x)", "log_10 x", "lg x", "lg(x)", r"\log_{10} x"),
    problem(log(x, b), "log_b x", "log_b(x)", r"\log_b x"),
    problem(log(x, 3), "log_3(x)", r"\log_{3} x"),
    problem(log(x**2 + 1), "ln(x^2+1)", "ln(1+x²)", r"\ln(x^2+1)"),
    problem(log((1 + x) / (1 - x)), "ln((1+x)/(1-x))", r"\ln\frac{1+x}{1-x}", r"\ln\left(\frac{1+x}{1-x}\right)"),
    problem(log(sqrt(x)), "ln √x", "ln(sqrt(x))"),
    problem(1 / log(x), "1/ln x", "1/ln(x)", r"\frac{1}{\ln x}"),
    problem(x * log(x) - x, "x ln x - x"),
    problem(log(cos(x)), "ln cos x", "ln(cos(x))"),
    problem(log(1 / cos(x) + tan(x)), "ln(sec x + tan x)"),
    problem(log(exp(x) + 1), "ln(e^x+1)", "softplus(x)", "log(1+exp(x))", "ln(1+eˣ)"),
    problem(log(x * (x + 1) ** 2), "ln(x(x+1)^2)"),
    problem(log(1 + x), "log1p(x)", "ln(1+x)"),
    problem(log(a * x + b), "ln(ax+b)"),
)

TRIGONOMETRY = (
    problem(sin(x), "sin x", "sin(x)", "sinx", r"\sin x", r"\sin(x)", r"\operatorname{sin}(x)", "Sin(x)"),
    problem(cos(x), "cos x", "cos(x)", r"\cos{x}"),
    problem(tan(x), "tan x", "tan(x)", "sin x/cos x", r"\frac{\sin x}{\cos x}"),
    problem(1 / cos(x), "sec x", "sec(x)", "1/cos x", r"\sec x"),
    problem(1 / sin(x), "csc x", "csc(x)", "cosec x", r"\csc x"),
    problem(cos(x) / sin(x), "cot x", "cot(x)", r"\cot x", "cos x/sin x"),
    problem(tan(x) ** 2, "tan^2 x", "tan²x"),
    problem(1 / cos(x) ** 2, "sec^2 x", r"\sec^2 x"),
    problem(1 / cos(x) * tan(x), "sec x tan x", "sec(x)tan(x)"),
    problem(sin(x) - x * cos(x), "sin x - x cos x"),
    problem(sin(x) ** 2 + cos(x) ** 2, "sin^2 x + cos^2 x", "sin²x + cos²x"),
    problem(sin(x) ** 2 * cos(x) ** 3, "sin^2 x cos^3 x", r"\sin^2 x\cos^3 x"),
    problem(sin(x) / (1 + cos(x)), "sin x/(1+cos x)", r"\frac{\sin x}{1+\cos x}"),
    problem(cos(x) / (1 - sin(x)), "cos x/(1-sin x)"),
    problem(sin(pi * x), "sin πx", "sin(pi x)", r"\sin(\pi x)"),
    problem(sin(1 / x), "sin(1/x)", r"\sin\frac1x", r"\sin\left(\frac{1}{x}\right)"),
    problem(x**2 * sin(1 / x), "x^2 sin(1/x)"),
    problem(sin(theta) * cos(theta), "sin θ cos θ", r"\sin\theta\cos\theta", "sin(θ)cos(θ)", wrt=theta),
    problem(a * cos(omega * t + phi), "a cos(ωt + φ)", r"a\cos(\omega t+\phi)", wrt=t),
    problem(sin(x / 2), "sin(x/2)", r"\sin\frac{x}{2}"),
    problem(tan(x / 2), "tan(x/2)"),
)

INVERSE_TRIGONOMETRY = (
    problem(asin(x), "arcsin x", "asin(x)", "sin^-1 x", "sin⁻¹x", r"\arcsin x", r"\sin^{-1} x"),
    problem(acos(x), "arccos x", "acos(x)", "cos^{-1} x", r"\arccos x"),
    problem(atan(x), "arctan x", "arctan(x)", "atan(x)", "tan^{-1} x", "tan^-1(x)", "tan⁻¹ x", r"\tan^{-1}x"),
    problem(atan(1 / x), "arccot x", "arctan(1/x)"),
    problem(acos(1 / x), "arcsec x", "sec^-1 x"),
    problem(asin(2 * x), "arcsin 2x", "arcsin(2x)"),
    problem(asin(sqrt(x)), "arcsin √x", "arcsin(sqrt(x))"),
    problem(atan(x / a), "arctan(x/a)", r"\arctan\frac{x}{a}"),
    problem(x * atan(x), "x arctan x", "x arctan(x)"),
    problem(atan(x) ** 2, "arctan^2 x", "(arctan x)^2"),
    problem(x * atan(x) - log(1 + x**2) / 2, "x arctan x - 1/2 ln(1+x^2)", "x arctan(x) - ln(1+x^2)/2"),
    problem(atan(exp(x)), "arctan e^x", "arctan(e^x)"),
    problem(x * asin(x) + sqrt(1 - x**2), "x arcsin x + sqrt(1-x^2)"),
    problem(atan((1 + x) / (1 - x)), "arctan((1+x)/(1-x))"),
    problem(acos(x**2), "arccos x^2", "arccos(x²)"),
)

HYPERBOLIC = (
    problem(sinh(x), "sinh x", "sinh(x)", r"\sinh x"),
    problem(cosh(x), "cosh x", "cosh(x)"),
    problem(tanh(x), "tanh x", "tanh(x)", r"\tanh(x)"),
    problem(1 / cosh(x), "sech x", "sech(x)"),
    problem(1 / sinh(x), "csch x"),
    problem(cosh(x) / sinh(x), "coth x"),
    problem(sinh(x) * cosh(x), "sinh x cosh x"),
    problem(cosh(x) ** 2 - sinh(x) ** 2, "cosh^2 x - sinh^2 x"),
    problem(tanh(2 * x) ** 2, "tanh^2 2x", "tanh(2x)^2"),
    problem(log(cosh(x)), "ln cosh x", "log(cosh(x))"),
    problem(asinh(x), "arcsinh x", "asinh(x)", "sinh^-1 x", "arsinh x"),
    problem(acosh(x), "arccosh x", "cosh^-1 x"),
    problem(atanh(x), "artanh x", "atanh(x)", "tanh^{-1} x"),
    problem(x * cosh(x) - sinh(x), "x cosh x - sinh x"),
)

PIECES_AND_SPECIAL = (
    problem(Abs(x), "|x|", "abs(x)", r"\left|x\right|", r"\lvert x\rvert", r"\vert x \vert"),
    problem(Abs(x**2 - 1), "|x^2-1|", "|x²−1|"),
    problem(x * Abs(x), "x|x|", "x abs(x)"),
    problem(Abs(sin(x)), "|sin x|"),
    problem(sqrt(Abs(x)), "sqrt|x|", "√|x|", "sqrt(|x|)"),
    problem(Max(0, x), "max(0, x)", "relu(x)", "ReLU(x)", r"\max(0,x)"),
    problem(Max(0, x) ** 2, "max(0,x)^2", "relu(x)^2"),
    problem(Min(x, x**2), "min(x, x^2)"),
    problem(Max(x, a * x), "max(x, ax)"),
    problem(
        logistic(x),
        "σ(x)",
        "sigmoid(x)",
        "1/(1+e^-x)",
        "1/(1+e^{-x})",
        r"\frac{1}{1+e^{-x}}",
        "logistic(x)",
        r"\sigma(x)",
    ),
    problem(logistic(x) * (1 - logistic(x)), "σ(x)(1-σ(x))", "sigmoid(x)*(1 - sigmoid(x))"),
    problem(x * logistic(x), "x σ(x)", "xσ(x)", "x/(1+e^-x)"),
    problem(log(logistic(x)), "ln σ(x)", "log(sigmoid(x))"),
    problem(log(x / (1 - x)), "logit(x)", "ln(x/(1-x))", r"\ln\frac{x}{1-x}"),
    problem(erf(x), "erf(x)", "erf x", r"\operatorname{erf}(x)"),
    problem(erf(x / sqrt(2)), "erf(x/√2)", "erf(x/sqrt(2))"),
    problem(sp.gamma(x), "Γ(x)", "Gamma(x)"),
    problem(x * (1 + erf(x / sqrt(2))) / 2, "x/2 (1+erf(x/√2))", "x(1+erf(x/sqrt 2))/2"),
    problem(x * tanh(log(1 + exp(x))), "x tanh(softplus(x))", "x tanh(ln(1+e^x))"),
    problem(exp(-((x - mu) ** 2) / (2 * sigma**2)), "exp(-(x-μ)^2/(2σ^2))", r"e^{-\frac{(x-\mu)^2}{2\sigma^2}}"),
    problem(exp(-(x**2) / 2) / sqrt(2 * pi), "e^(-x^2/2)/√(2π)", r"\frac{1}{\sqrt{2\pi}}e^{-x^2/2}"),
)

PROBLEMS: dict[str, tuple[Problem, ...]] = {
    "powers": POWERS,
    "roots": ROOTS,
    "products and quotients": PRODUCTS_AND_QUOTIENTS,
    "chains": CHAINS,
    "exponentials": EXPONENTIALS,
    "logarithms": LOGARITHMS,
    "trigonometry": TRIGONOMETRY,
    "inverse trigonometry": INVERSE_TRIGONOMETRY,
    "hyperbolic": HYPERBOLIC,
    "pieces and special functions": PIECES_AND_SPECIAL,
}
"""Families of functions of one variable."""
