"""Owns the lesson on partial derivatives: one variable moves, the others are held; slices through a surface."""

from __future__ import annotations

import chainrule as cr
from chainrule import plots
from chainrule.learn.blocks import Choice, Exercise, Formula, Lesson, Live, Shown, Slider, Text
from chainrule.learn.functions import of_vector, two_variables

SPAN = (-3.0, 3.0)


def surface(function: str, direction: str, x: float, y: float) -> Shown:
    """Show a surface with the line along which one variable moves."""
    d = two_variables(function)
    first, second = d.names
    line = [(-3 + 0.1 * k, y) if direction == "x moves" else (x, -3 + 0.1 * k) for k in range(61)]
    names = (first, second, "f")
    picture = plots.surface(of_vector(d), SPAN, SPAN, {"The slice": line}, names)
    return Shown(picture=picture)


def slice_through(function: str, direction: str, x: float, y: float) -> Shown:
    """Show the slice as a curve, and its slope: the partial derivative."""
    d = two_variables(function)
    first, second = d.names
    is_first = direction == "x moves"
    moving, held, at, fixed = (first, second, x, y) if is_first else (second, first, y, x)

    def curve(t: float) -> float:
        height: float = d.function(t, fixed) if is_first else d.function(fixed, t)
        return height

    picture = plots.curve(curve, at=at, span=SPAN, names=(moving, f"f with {held} = {fixed:.4g}"))
    part = cr.explain(function, wrt=moving, at={first: x, second: y})
    return Shown(part.to_markdown(), picture=picture)


_CONTROLS = (
    Formula("function", "A function of x and y", "x^2 y + y"),
    Choice("direction", "Which variable moves", ("x moves", "y moves")),
    Slider("x", "x", -2, 2, 0.1, 1.0),
    Slider("y", "y", -2, 2, 0.1, 0.5),
)

LESSON = Lesson(
    slug="partial-derivatives",
    title="Partial derivatives: one variable at a time",
    minutes=7,
    goal="Hold all variables but one, and a surface becomes a curve that you know how to differentiate.",
    body=(
        Text(
            r"""
            A loss depends on many numbers: every weight, every bias. To ask how it changes with **one** of them, hold all
            the others where they are. What is left is a function of one variable, and its derivative is a **partial
            derivative**, written with a round $\partial$:

            $$\displaystyle \frac{\partial f}{\partial x}, \qquad \frac{\partial f}{\partial y}$$

            On a surface, holding $y$ means cutting it with a wall along $x$. The edge of the cut is a curve.
            """
        ),
        Live("surface", "A slice through a surface", _CONTROLS, surface),
        Text(
            r"""
            ## The slice, seen from the side

            Here is the edge of the cut, with its tangent. The slope of that tangent is the partial derivative. In the
            derivation below, watch how the held variable is treated: *like any constant number*.
            """
        ),
        Live("slice", "The slice and its slope", _CONTROLS, slice_through),
        Text(
            r"""
            ## Two habits

            Before you differentiate, say aloud what is held. In $x^2 y$ with respect to $x$ the $y$ is a factor and stays:
            $\frac{\partial}{\partial x} x^2 y = 2xy$. In $x^2 + y$ it stands alone and goes: $\frac{\partial}{\partial
            x}(x^2 + y) = 2x$.
            """
        ),
    ),
    change=(
        r"Type $\sin x \cos y$. Is there a place where both partial derivatives are 0?",
        "Type $(2w + b - 1)^2$: a loss with a weight and a bias. Which of the two changes it faster?",
        "Let the other variable move. Why does the slice of $x^2 y + y$ become a straight line?",
    ),
    takeaways=(
        "A partial derivative lets one variable move and treats all others as constants.",
        "It is the slope of a slice through the surface.",
        "A function of $n$ variables has $n$ partial derivatives.",
    ),
    exercises=(
        Exercise("partials", 1, 1),
        Exercise("partials", 1, 2),
        Exercise("partials", 2, 1),
        Exercise("partials", 2, 2),
        Exercise("partials", 3, 1),
    ),
)
