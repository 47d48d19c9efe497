"""Problems as they are asked: what words and signs around a function mean, and that no text does harm."""

from __future__ import annotations

import contextlib
import random
import time

import pytest
from tests.explain import textbook, textbook_several

from chainrule.errors import ParseError
from chainrule.explain.reading.parse import parse
from chainrule.explain.reading.problem import parse_problem

# The text, the function in it, by which variables, how often, and where.
ASKED: list[tuple[str, str, tuple[str, ...] | None, int, dict[str, float] | None]] = [
    ("d/dx x^2", "x^2", ("x",), 1, None),
    ("d/dx(x^2 + 1)", "x^2 + 1", ("x",), 1, None),
    ("d/dx x^2 + 3x", "x^2 + 3x", ("x",), 1, None),
    ("d/dx (x+1)(x+2)", "(x+1)(x+2)", ("x",), 1, None),
    ("d/dx d x", "d x", ("x",), 1, None),
    ("d²/dx² x^4", "x^4", ("x",), 2, None),
    ("d^3/dt^3 t^4", "t^4", ("t",), 3, None),
    ("∂/∂x_1 (x_1 x_2)", "x1 x2", ("x1",), 1, None),
    (r"\frac{d}{dx}\left(x^2\right)", "x^2", ("x",), 1, None),
    (r"$\frac{\partial^2}{\partial y^2} x y^3$", "x y^3", ("y",), 2, None),
    (r"\frac{\mathrm{d}^{2}}{\mathrm{d}x^{2}} x^4", "x^4", ("x",), 2, None),
    ("d(x^2)/dx", "x^2", ("x",), 1, None),
    ("d(sin x + x)/dx", "sin x + x", ("x",), 1, None),
    ("dx^3/dx", "x^3", ("x",), 1, None),
    ("d(1/x)/dx", "1/x", ("x",), 1, None),
    ("d²(x⁴)/dx²", "x^4", ("x",), 2, None),
    ("∂(x^2 y)/∂y", "x^2 y", ("y",), 1, None),
    (r"\frac{d(x^2)}{dx}", "x^2", ("x",), 1, None),
    (r"\frac{d^2 x^4}{dx^2}", "x^4", ("x",), 2, None),
    (r"\frac{\partial\, x^2 y}{\partial x}", "x^2 y", ("x",), 1, None),
    ("∇(x^2 + y^2)", "x^2 + y^2", None, 1, None),
    ("gradient of x^2 + y^2", "x^2 + y^2", None, 1, None),
    ("(x^2 + 1)''", "x^2 + 1", None, 2, None),
    ("y = x^2, dy/dx", "x^2", ("x",), 1, None),
    ("y = x^2; d^2y/dx^2", "x^2", ("x",), 2, None),
    ("x = t^2; dx/dt", "t^2", ("t",), 1, None),
    ("f(x) = x^2; f′(x)", "x^2", ("x",), 1, None),
    ("dy/dx, y = x^2", "x^2", ("x",), 1, None),
    ("d^2y/dx^2; y = x^4", "x^4", ("x",), 2, None),
    ("f''(x), f(x) = x^5", "x^5", ("x",), 2, None),
    ("∂f/∂y, f(x, y) = x^y", "x^y", ("y",), 1, None),
    ("f(x) = x^2 - 3x; what is f'(2)?", "x^2 - 3x", ("x",), 1, {"x": 2.0}),
    ("f'(x) where f(x) = x^2", "x^2", ("x",), 1, None),
    ("Find dy/dx if y = x^2", "x^2", ("x",), 1, None),
    ("If y = x^2 then find dy/dx", "x^2", ("x",), 1, None),
    ("Given y = sin x, find its second derivative.", "sin x", None, 2, None),
    ("Let f(x) = x^2 + 3x. Find f'(x).", "x^2 + 3x", ("x",), 1, None),
    ("What is the derivative of ln x?", "ln x", None, 1, None),
    ("Compute the 3rd derivative of the function f(x) = x^5", "x^5", ("x",), 3, None),
    ("differentiate twice x^4", "x^4", None, 2, None),
    ("please differentiate x sin x with respect to x", "x sin x", ("x",), 1, None),
    ("partial derivatives of x^2 y with respect to x and y", "x^2 y", ("x", "y"), 1, None),
    ("derivative of a x^2 + b", "a x^2 + b", ("x",), 1, None),
    ("derivative of x^2 at x = 3", "x^2", None, 1, {"x": 3.0}),
    ("derivative of x^2 y w.r.t. y at x = -1, y = 2.5", "x^2 y", ("y",), 1, {"x": -1.0, "y": 2.5}),
    ("diff(x^2 y, y)", "x^2 y", ("y",), 1, None),
    ("d/dw (y-t)^2 where y = σ(wx+b)", "(σ(wx+b)-t)^2", ("w",), 1, None),
    ("derivative of x^2 = ?", "x^2", None, 1, None),
    ("f(x) = sin 2x, f^{(4)}(x)", "sin 2x", ("x",), 4, None),
    ("f^{(3)}(0), f(x) = sin 2x", "sin 2x", ("x",), 3, {"x": 0.0}),
    ("y = x^9, find y^{(4)}", "x^9", None, 4, None),
    ("f(x, y) = x^3 + x^2 y^3, f_x(2, 1)", "x^3 + x^2 y^3", ("x",), 1, {"x": 2.0, "y": 1.0}),
    ("f_y(2, 1), f(x, y) = x^3 + x^2 y^3", "x^3 + x^2 y^3", ("y",), 1, {"x": 2.0, "y": 1.0}),
    ("tangent line to y = x^2 at (3, 9)", "x^2", None, 1, {"x": 3.0}),
    ("tangent line at (3, 9) to the curve y = x^2", "x^2", None, 1, {"x": 3.0}),
    ("slope of the tangent to f(t) = √t at t = 4, f = 2", "√t", ("t",), 1, {"t": 4.0}),
    ("normal line to y = e^x/2 at (1, 1.359)", "e^x/2", None, 1, {"x": 1.0}),
]


@pytest.mark.parametrize(("text", "function", "wrt", "order", "at"), ASKED, ids=[case[0] for case in ASKED])
def test_what_is_asked(
    text: str, function: str, wrt: tuple[str, ...] | None, order: int, at: dict[str, float] | None
) -> None:
    problem = parse_problem(text)
    assert problem.expression == parse(function).expression
    assert (problem.wrt, problem.order, problem.at, problem.asked) == (wrt, order, at, True)
    assert problem.parsed.text == text


@pytest.mark.parametrize("text", ["x^2", "f(x) = ax^2", "y = wx + b; (y - t)^2", "d + x/y", "a d x", "ln x/ln 2"])
def test_a_function_alone_asks_nothing(text: str) -> None:
    problem = parse_problem(text)
    assert problem.expression == parse(text).expression
    assert (problem.asked, problem.order) == (False, 1)
    assert problem.wrt == (("x",) if "f(x)" in text else None)


REFUSED = [
    ("∂²/∂x∂y (x²y³)", 1, "order=2 gives its Hessian"),
    ("f = x^2 y, ∂³f/∂x∂y", 12, "the order above the line is 3, and 2 below it"),
    ("d^2(x^4)/dx", 1, "the orders above and below the line differ"),
    ("y = d(x^2)/dx", 5, "a derivative cannot be part of the function"),
    ("d/dx (x^2) + 3x", 6, "expected brackets around all"),
    ("d^2/dx^3 x", 1, "the orders above and below"),
    ("dy/dx", 1, "derivative of y, which is not defined"),
    ("dy/dx = x", 1, "derivative of y, which is not defined"),
    ("3 + d/dx x^2", 5, "a derivative cannot be part"),
    ("x dy/dx", 3, "a derivative cannot be part"),
    ("y'", 2, "a quote has no meaning"),
    ("derivative of", 1, "the text is empty"),
    ("3 + squared", 5, "'squared' is a word, and signs are read; expected what is squared"),
    ("x of y", 3, "'of' is a word, and signs are read; expected a function in front of it"),
    ("derivative of banana", 15, "unknown name 'banana'"),
    ("f(x) = lim x", 8, "a limit stands in front of all else"),
    ("2 newton x", 3, "explain understands questions"),
    ("integrate x^2", 1, "what is found are derivatives, limits"),
    ("int e^(-t^2) dt", 1, "antiderivatives are not found"),
    ("∫ e^(-t^2) dt", 3, "antiderivatives are not found"),
    (r"\int e^{-t^2} dt", 6, "antiderivatives are not found"),
    ("critical x^3", 1, "'critical' is not understood: explain understands questions"),
    ("Taylor polynomial of e^x", 1, "a Taylor polynomial is explained only"),
    ("z = x^2; y = z^2; dz/dx", 1, "expected the definition of z as the last one"),
    ("derivative of x^2 + )", 21, "')' closes nothing"),
    ("d^10/dx^10 sin x", 1, "order 1 to 6 are explained, not of order 10"),
    ("d^n/dx^n sin x", 1, "order 1 to 6 are explained, not of order n"),
    (r"\frac{d^{10}}{dx^{10}} e^x", 1, "not of order 10"),
    ("d⁷/dx⁷ x^9", 1, "not of order 7"),
    ("d^7(x^9)/dx^7", 1, "not of order 7"),
    ("∂^8/∂x^4∂y^4 x^5y^5", 1, "not of order 8"),
    ("seventh derivative of x^9", 1, "not of order seventh"),
    ("d/d(x^2) x^4", 4, "what is differentiated by is one variable"),
    ("tangent line to y = x^2 at (3, 8)", 1, "the point (3, 8) is not on the graph: at x = 3 the function is 9"),
]


@pytest.mark.parametrize(("text", "column", "reason"), REFUSED, ids=[case[0] for case in REFUSED])
def test_refused_with_the_column_of_the_text(text: str, column: int, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_problem(text)
    message = str(caught.value)
    assert message.startswith(f"column {column}: ")
    assert reason in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("log x", "log is the natural logarithm"),
        ("e^2x", "e^2x is read as (e^2) x; write e^(2x)"),
        ("1/2x", "1/2x is read as (1/2) x; write 1/(2x)"),
        ("x^2/2a", "…/2a is read as (…/2) a; write …/(2a)"),
        ("(x-m)²/2σ²", "…/2σ is read as (…/2) σ; write …/(2σ)"),
        ("1/σ√(2π)", "1/σ√… is read as (1/σ) √…; write 1/(σ√…)"),
        ("x/2π", "x/2π is read as (x/2) π; write x/(2π)"),
        ("x^1/2", "the exponent is 1 alone; brackets would join /2 to it: ^(1/2)"),
        ("x^-1/3", "the exponent is -1 alone; brackets would join /3 to it: ^(-1/3)"),
        ("sin x^2", "sin x^2 is read as sin(x^2)"),
        ("ln x²", "ln x² is read as ln(x²)"),
        ("e^-2x", "the exponent is -2 alone"),
        ("d/dx x^2 + 1", "the derivative is taken of all that follows: x^2 + 1"),
        ("y = x^9, y^(4)", "y^(4) is the derivative of order 4; a power is written as y^4"),
    ],
)
def test_a_reading_that_may_surprise_is_said(text: str, said: str) -> None:
    (note,) = parse_problem(text).parsed.notes
    assert said in note


@pytest.mark.parametrize(
    "text",
    ["ln x", "log_2 x", "x^2y", "sin(x^2)", "1/2 x", "e^(2x)", "sin^2 x", "x/2", "log10(x)", "x^2/2", "x^1 / 2", "πx"],
)
def test_nothing_is_said_of_plain_readings(text: str) -> None:
    assert parse_problem(text).parsed.notes == ()


CHARACTERS = "xyae012.()[]{}|+-*/^,;=_!√²⁻½πσθ∂∇ \n$\\'′\u202e٣😀𝑥ﬁ∞"
PIECES = (
    "d/dx|d^2/dx^2|dy/dx|∂/∂x|\\frac{d}{dx}|\\sqrt[|\\left|derivative of |find |with respect to |where |f(x) = |f'(x)|y'|"
    "diff(|sin^|log_|10^10^10|at x = 2| and |let |= ?"
).split("|")


def mutated(text: str, others: list[str], choose: random.Random) -> str:
    for _ in range(choose.randint(1, 5)):
        place, other = choose.randint(0, len(text)), choose.choice(others)
        match choose.randint(0, 4):
            case 0:
                text = text[:place] + choose.choice(CHARACTERS) + text[place:]
            case 1:
                text = text[:place] + text[place + choose.randint(1, 3) :]
            case 2:
                text = text[:place] + choose.choice(PIECES) + text[place:]
            case 3:
                text = text[:place] + other[choose.randint(0, len(other)) :]
            case 4:
                text = text[place:] + text[:place]
    return text


@pytest.mark.parametrize(
    "start", ["d", "d/d", "∂f", "d^2", r"\frac{d", "y", "derivative of", "y', ", "the polar", "tangent line at x = 3"]
)
@pytest.mark.parametrize("space", [" ", "\t", "\n"])
def test_long_runs_of_spaces_take_no_time(start: str, space: str) -> None:
    # Nine seconds were spent on a d and 1,900 spaces: they were shared out in every way.
    began = time.process_time()
    with contextlib.suppress(ParseError):
        parse_problem(f"{start}{space * 1900}x = x")
    assert time.process_time() - began < 2


def test_changed_problems_are_read_or_refused() -> None:
    families = (*textbook.PROBLEMS.values(), *textbook_several.PROBLEMS.values(), textbook_several.ASKED)
    texts = [spelling for family in families for problem in family for spelling in problem.spellings]
    choose = random.Random(7)
    for _ in range(1500):
        text = mutated(choose.choice(texts), texts, choose)
        message = ""
        try:
            problem = parse_problem(text)
            assert problem.parsed.text == text
        except ParseError as error:
            message = str(error)
        assert len(message) < 500
        assert not message or message.startswith("column ")


@pytest.mark.parametrize(
    "text",
    [
        "derivative of " * 140,
        "d/dx " * 400,
        "f(x) = x, " * 190 + "f'(x)",
        "x = 1. find " * 160,
        "with respect to x " * 110,
        "(" * 999 + "x" + ")" * 999 + "'",
        r"\frac{d" * 280,
        "x" * 100_000,
        "x*" * 2_500 + "x",
        "derivative of 10^10^10",
        "at x = 1 and " * 150,
        "if if if " * 200,
        "y = x" + " " * 1_980 + "y'",
    ],
    ids=lambda text: repr(text[:16]),
)
def test_hostile_problems_are_refused_in_time(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ParseError):
        parse_problem(text + " )")
    assert time.perf_counter() - started < 1
