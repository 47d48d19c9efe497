"""Answers as they are typed: the left side, the parts of a gradient, and products that look like names."""

import pytest

from chainrule.errors import ParseError
from chainrule.explain.expressions.notation import text
from chainrule.practice.grading.answer import read_answer, split_parts


def parts(answer, names=("x", "y")):
    return [text(part) for part in read_answer(answer, names).parts]


@pytest.mark.parametrize(
    "answer",
    [
        "2x",
        "y' = 2x",
        "f'(x) = 2x",
        "dy/dx = 2x",
        "d/dx (x^2 + y) = 2x",
        r"\frac{d}{dx} x^2 = 2x",
        r"$\frac{dy}{dx} = 2x$",
        "x + x = 2x",
        "≈ 2x",
        "2x.",
        "2x,",
        "f'(x): 2x",
        "2x = f'(x)",
        "2x = dy/dx",
        r"\( 2x \)",
    ],
)
def test_the_last_side_is_the_answer(answer):
    assert parts(answer) == ["2x"]


@pytest.mark.parametrize(
    "answer",
    [
        "(2x, 3y)",
        "[2x, 3y]",
        "{2x, 3y}",
        "<2x, 3y>",
        "⟨2x, 3y⟩",
        "2x, 3y",
        "2x; 3y",
        "∇f = (2x, 3y)",
        "(2x, 3y)^T",
        r"\left(2x, 3y\right)",
        r"\langle 2x, 3y\rangle",
        r"\begin{pmatrix} 2x \\ 3y \end{pmatrix}",
        r"\begin{bmatrix} 2x & 3y \end{bmatrix}",
        "(f_x, f_y) = (2x, 3y)",
        ("2x", "3y"),
    ],
)
def test_a_gradient_has_parts_in_any_brackets(answer):
    assert parts(answer) == ["2x", "3y"]


def test_a_power_of_a_variable_is_no_transpose():
    assert parts("2^T", names=("T",)) == ["2^T"]


def test_commas_inside_of_functions_do_not_split():
    assert split_parts("max(x, y), 2") == ["max(x, y)", "2"]
    assert parts("max(x, y)") == ["max(x, y)"]


@pytest.mark.parametrize(
    ("left", "wrt", "order"),
    [
        ("∂f/∂y", "y", None),
        (r"\frac{\partial f}{\partial y}", "y", None),
        ("dL/dw", "w", None),
        ("f_x", "x", None),
        ("f''(x)", None, 2),
        ("y'", None, 1),
        ("d²y/dx²", "x", 2),
        (r"\frac{d^2 y}{dx^2}", "x", 2),
        ("y", None, None),
    ],
)
def test_the_left_side_says_which_derivative_it_is(left, wrt, order):
    reading = read_answer(f"{left} = 2x")
    assert (reading.wrt[0], reading.order) == (wrt, order)


def test_a_letter_next_to_a_number_is_a_product_in_an_answer():
    assert parts("x2^(x-1)") == ["x · 2^(x - 1)"]
    assert parts("x 2^(x-1)") == ["x · 2^(x - 1)"]
    assert parts("2x1", names=("x1",)) == ["2x1"]


def test_a_space_ends_the_argument_before_another_function():
    assert parts("sin x cos(x)") == ["sin(x) cos(x)"]
    assert parts("2x sin x e^x") == ["2x sin(x) e^x"]
    assert parts("cos 2x (x+1)") == ["cos(2x)(x + 1)"]


def test_the_constant_of_integration_is_seen():
    assert read_answer("x^3/3 + C", ("x",)).has_constant
    assert not read_answer("2C + C", ("C",)).has_constant
    assert parts("a x + c", ("a", "x", "c")) == ["ax + c"]


@pytest.mark.parametrize("answer", ["", "  ", "y' =", "2x +", "(((", "((1, 2), 3)", (), "x" * 3000, ["2x", "1, 2"]])
def test_what_cannot_be_read_is_refused(answer):
    with pytest.raises(ParseError):
        read_answer(answer)
