"""Owns the lesson on second derivatives and curvature: bowl, cap, saddle, and the ill-conditioned valley."""

from __future__ import annotations

import numpy as np

import chainrule as cr
from chainrule import plots
from chainrule.learn.blocks import Choice, Exercise, Formula, Lesson, Live, Shown, Slider, Text
from chainrule.learn.functions import of_names, of_vector, one_variable, two_variables, typed

SPAN = (-2.0, 2.0)
SHAPES = {"bowl": "x^2 + y^2", "cap": "-x^2 - y^2", "saddle": "x^2 - y^2", "valley": "x^2 + 20y^2", "trough": "x^2"}


def bend(function: str, at: float) -> Shown:
    """Show a curve with its tangent, and its second derivative."""
    d = one_variable(function)
    (name,) = d.names
    second = typed(function, 2)
    value = cr.derivative(d.function, 2)(at)
    way = (
        "upward, like a bowl" if value > 0 else "downward, like a cap" if value < 0 else "neither way: it is flat here"
    )
    text = (
        rf"$$\displaystyle f'({name}) = {d.result.to_latex()} \qquad f''({name}) = {second.result.to_latex()}$$"
        f"\n\nAt {name} = {at:.4g} the second derivative is {value:.6g}: the curve bends {way}."
    )
    return Shown(text, picture=plots.curve(d.function, at=at, span=(-3, 3), names=(name, "f")))


def shapes(shape: str) -> Shown:
    """Show the surface of a shape, with what its Hessian says at the origin."""
    d = typed(f"f(x, y) = {SHAPES[shape]}")

    f = of_vector(d)
    picture = plots.surface(f, SPAN, SPAN)
    hessian = typed(f"f(x, y) = {SHAPES[shape]}", 2)
    text = f"$$\\displaystyle f = {d.function.to_latex()} \\qquad H = {hessian.result.to_latex()}$$"
    return Shown(text, str(cr.curvature(of_names(d), {"x": 0.0, "y": 0.0})), picture=picture)


def ellipse(function: str, x: float, y: float) -> Shown:
    """Show the curvature at a point as an ellipse or hyperbolas."""
    d = two_variables(function)

    f = of_vector(d)
    at = np.array([x, y])
    found = cr.curvature(of_names(d), dict(zip(d.names, (x, y), strict=True)))
    picture = plots.curvature_ellipse(cr.hessian(f)(at), at, (d.names[0], d.names[1]))
    return Shown(report=str(found), picture=picture)


LESSON = Lesson(
    slug="curvature",
    title="Second derivatives: which way does it bend?",
    minutes=8,
    goal="Tell a bowl from a cap and a saddle, and see why a narrow valley is slow.",
    body=(
        Text(
            r"""
            The derivative says how fast the function changes. The **second derivative** says how fast *that* changes: which way
            the curve bends. Where $f'' > 0$ it bends up, where $f'' < 0$ it bends down.

            A point with $f'(x) = 0$ is flat. Is it a minimum? Look at the bend: $f'' > 0$ means yes, $f'' < 0$ means it is a
            maximum. If $f''$ is 0 as well, look further: $x^4$ has a minimum at 0, $x^3$ has none.
            """
        ),
        Live(
            "bend",
            "Which way does it bend?",
            (Formula("function", "A function of x", "x^3 - 3x"), Slider("at", "x", -2.5, 2.5, 0.1, 1.0)),
            bend,
        ),
        Text(
            r"""
            ## Two variables: the Hessian

            With two variables there is a second derivative for every pair, and they form a matrix, the **Hessian** $H$. It is
            symmetric, so there are perpendicular directions along which the surface simply bends up or down. Its
            **eigenvalues** say how much. Where the gradient is 0, all positive means a bowl, all negative a cap, and one of each
            a **saddle**, from which a descent can still leave. An eigenvalue of 0 leaves the question open: the trough is flat
            along its floor.
            """
        ),
        Live("shapes", "Bowl, cap, saddle, valley, trough", (Choice("shape", "Shape", tuple(SHAPES)),), shapes),
        Text(
            r"""
            ## The ill-conditioned valley

            Draw all points around a minimum that are equally high: an ellipse, when you are near. Its half axes are in
            proportion to $1/\sqrt{\lambda}$: long where the surface bends little. The ratio of the largest to the smallest
            eigenvalue is the **condition number**. A descent may only take steps that suit the steepest direction, so the number
            of steps along the flattest one grows in proportion to it.
            """
        ),
        Live(
            "ellipse",
            "Curvature at a point",
            (
                Formula("function", "A function of x and y", "x^2 + xy + 4y^2"),
                Slider("x", "x", -2, 2, 0.1, 0.0),
                Slider("y", "y", -2, 2, 0.1, 0.0),
            ),
            ellipse,
        ),
    ),
    change=(
        "In the first figure find the point where the curve stops bending down and starts bending up. What is $f''$ there?",
        "Type $x^2 + 5xy + y^2$ in the last figure. Both squares are positive; why is it a saddle?",
        r"Type $x^4 + y^4$ and stay at the origin. The eigenvalues are 0: how does the library decide?",
    ),
    takeaways=(
        "$f'' > 0$ bends up, $f'' < 0$ bends down. At a flat point that tells minimum from maximum.",
        "In several variables the eigenvalues of the Hessian tell: all positive, all negative, or a saddle.",
        "The condition number, largest over smallest eigenvalue, says how slow a descent is.",
    ),
    exercises=(
        Exercise("second derivatives", 1, 1),
        Exercise("second derivatives", 2, 1),
        Exercise("curvature", 1, 1),
        Exercise("curvature", 2, 1),
        Exercise("curvature", 3, 1),
    ),
)
