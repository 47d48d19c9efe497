"""Owns the lesson on the gradient: the learner looks for the steepest direction first, then sees what points there."""

from __future__ import annotations

import math

import chainrule as cr
from chainrule import plots
from chainrule.learn.blocks import Exercise, Formula, Lesson, Live, Shown, Slider, Text
from chainrule.learn.functions import of_vector, two_variables

SPAN = (-3.0, 3.0)


def search(function: str, x: float, y: float, angle: float) -> Shown:
    """Show the slope in a direction that the reader chooses."""
    d = two_variables(function)
    direction = (math.cos(math.radians(angle)), math.sin(math.radians(angle)))

    def along(t: float) -> float:
        height: float = d.function(x + t * direction[0], y + t * direction[1])
        return height

    _, slope = cr.jvp(along, (0.0,), (1.0,))
    picture = plots.curve(along, at=0.0, span=(-1.5, 1.5), names=("distance walked", "height"))
    text = f"Walking at {angle:.0f}° from ({x:.4g}, {y:.4g}) you climb at a slope of **{slope:.4g}**."
    return Shown(text, picture=picture)


def arrow(function: str, x: float, y: float) -> Shown:
    """Show the gradient on the contours, with its derivation."""
    d = two_variables(function)
    names = d.names
    picture = plots.gradient_field(of_vector(d), SPAN, SPAN, at=(x, y), names=names)
    first, second = cr.grad(d.function, argnums=(0, 1))(x, y)
    length, angle = math.hypot(first, second), math.degrees(math.atan2(second, first)) % 360
    text = (
        rf"$$\displaystyle \nabla f = {d.result.to_latex()} = ({first:.4g},\ {second:.4g})$$"
        f"\n\nIt has length {length:.4g} and points at {angle:.0f}°. No direction climbs faster than that length; the opposite "
        f"one, {(angle + 180) % 360:.0f}°, falls fastest; at right angles to it the height does not change."
    )
    return Shown(text, picture=picture)


_FUNCTION = Formula("function", "A function of x and y", "x^2 + 3y^2")
_POINT = (Slider("x", "x", -2, 2, 0.1, 1.0), Slider("y", "y", -2, 2, 0.1, 1.0))

LESSON = Lesson(
    slug="gradient",
    title="The gradient: which way is up?",
    minutes=7,
    goal="Look for the steepest way up by hand, then let the gradient point there.",
    body=(
        Text(
            r"""
            You stand on a hill in fog. In every direction the ground has some slope. **Turn around and look for the
            direction that climbs most**: move the angle until the slope is as large as you can make it. Write the angle down.
            """
        ),
        Live(
            "search",
            "Look for the steepest direction",
            (_FUNCTION, *_POINT, Slider("angle", "Direction in degrees", 0, 355, 5, 0.0)),
            search,
        ),
        Text(
            r"""
            ## The gradient knew

            Put the partial derivatives side by side and you have a vector, the **gradient**:

            $$\displaystyle \nabla f = \left(\frac{\partial f}{\partial x},\ \frac{\partial f}{\partial y}\right)$$

            The slope in a direction $d$ of length 1 is $\nabla f \cdot d$. That is largest when $d$ points along $\nabla
            f$. Compare the angle below with the one that you found. Click into the figure to stand somewhere else.
            """
        ),
        Live("arrow", "The gradient on the contours", (_FUNCTION, *_POINT), arrow, click=("x", "y")),
        Text(
            r"""
            ## What to see

            - The arrows stand at **right angles** on the contours: along a contour the height stays, so the way up is
              across.
            - Where contours are close the ground is steep, and the gradient is long. The arrows are drawn alike: they show its
              direction, not its length.
            - At a minimum the gradient is $0$: no direction climbs.
            - The gradient points along the steepest way *from here*, not towards the top.
            """
        ),
    ),
    change=(
        "With $x^2 + 3y^2$ stand at $(2, 0.5)$. Does the way down, $-\\nabla f$, point at the minimum?",
        r"Type $xy$ and stand at $(0, 0)$. The gradient is 0: is this a minimum?",
        r"Type $\sin x + \cos y$ and find all places with gradient 0.",
    ),
    takeaways=(
        "The gradient collects all partial derivatives in one vector.",
        "It points along the steepest ascent; its length is the slope there. Its opposite falls fastest.",
        "It stands at right angles on the contours.",
        "The slope in any direction $d$ is the dot product $\\nabla f \\cdot d$.",
    ),
    exercises=(
        Exercise("gradients", 1, 1),
        Exercise("gradients", 1, 2),
        Exercise("gradients", 2, 1),
        Exercise("gradients", 2, 2),
        Exercise("gradients", 3, 1),
    ),
)
