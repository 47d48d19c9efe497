"""Owns the lesson on gradient descent: steps downhill, and what the learning rate does to them."""

from __future__ import annotations

import numpy as np

import chainrule as cr
from chainrule import plots
from chainrule.learn.blocks import Exercise, Formula, Lesson, Live, Shown, Slider, Text
from chainrule.learn.functions import of_vector, one_variable, two_variables
from chainrule.optim import GradientDescent

SPAN = (-3.0, 3.0)
SHOWN = 10
"""Steps that the table lists."""


def walk(function: str, start: float, rate: float, steps: float) -> Shown:
    """Show a descent of one variable: on the curve, step by step, and what the library says of the rate."""
    d = one_variable(function)
    (name,) = d.names
    found = cr.minimize(d.function, start, GradientDescent(rate), steps=int(steps), tol=0.0)
    advice = cr.learning_rate(d.function, start)
    path = np.asarray(found.path)
    reach = min(max(6.0, 1.2 * float(np.max(np.abs(path[np.isfinite(path)])))), 50.0)
    picture = plots.curve(d.function, span=(-reach, reach), names=(name, "f"), path=path[np.abs(path) <= 2 * reach])
    rows = [f"| step | {name} | f({name}) | gradient |", "|---|---|---|---|"]
    for place, (x, height) in enumerate(zip(path[: SHOWN + 1], found.losses, strict=False)):
        rows.append(f"| {place} | {x:.6g} | {height:.6g} | {cr.derivative(d.function)(float(x)):.6g} |")
    return Shown(
        "\n".join([f"**{advice.describe(rate)}**", "", *rows, "", f"What the descent says: {found.message}."]),
        picture=picture,
    )


def contours(function: str, x: float, y: float, rate: float) -> Shown:
    """Show a descent of two variables on the contours."""
    d = two_variables(function)

    f = of_vector(d)
    start = np.array([x, y])
    found = cr.minimize(f, start, GradientDescent(rate), steps=100)
    path = np.asarray(found.path)
    inside = path[np.all(np.abs(path) <= 20, axis=1)]
    picture = plots.contour(f, SPAN, SPAN, {"The descent": inside}, names=(d.names[0], d.names[1]))
    return Shown(
        f"**{cr.learning_rate(f, start).describe(rate)}**\n\nWhat the descent says: {found.message}.", picture=picture
    )


def sweep(function: str, start: float, steps: float) -> Shown:
    """Show the loss that each learning rate reaches, with the stable bound marked."""
    d = one_variable(function)
    advice = cr.learning_rate(d.function, start)
    bound = advice.bound if np.isfinite(advice.bound) else None
    rates = [float(rate) for rate in np.geomspace((bound or 1.0) / 300, (bound or 1.0) * 1.5, 41)]
    final = [cr.minimize(d.function, start, GradientDescent(r), steps=int(steps), tol=0.0).losses[-1] for r in rates]
    picture = plots.learning_rates(rates, final, bound, advice.best, int(steps))
    return Shown(report=str(advice), picture=picture)


_FUNCTION = Formula("function", "A function of x", "x^2")
_RATE = Slider("rate", "Learning rate", -3, 0.3, 0.02, -1.0, powers=True)

LESSON = Lesson(
    slug="gradient-descent",
    title="Gradient descent: how large a step?",
    minutes=9,
    goal="Walk downhill, and learn to tell a learning rate that is too small from one that is right or too large.",
    body=(
        Text(
            r"""
            The gradient points uphill, so its opposite points downhill. Take a small step that way, look again, take
            another. That is all there is to **gradient descent**:

            $$\displaystyle x_{\text{new}} = x - \eta \, f'(x)$$

            The number $\eta$ is the **learning rate**. Take $f(x) = x^2$ from $x = 5$ with $\eta = 0.1$: the derivative is
            $2x = 10$, the step is $0.1 \cdot 10 = 1$, and the new $x$ is $4$. Each step keeps 80% of what is left.

            Move the learning rate from left to right and watch four things happen: **too slow**, **right**,
            **oscillating**, **diverging**. The words do not come from watching the descent: they are computed from the curvature
            at the start, before a step is taken.
            """
        ),
        Live(
            "walk",
            "A walk downhill",
            (_FUNCTION, Slider("start", "Start", -5, 5, 0.5, 5.0), _RATE, Slider("steps", "Steps", 1, 60, 1, 10)),
            walk,
        ),
        Text(
            r"""
            ## Why there is a largest rate

            Near a minimum every smooth function looks like a parabola $\frac{\lambda}{2} x^2$, whose gradient is $\lambda x$.
            One step multiplies the distance by $1 - \eta\lambda$. It shrinks only while that lies between $-1$ and $1$, that is

            $$\displaystyle 0 < \eta < \frac{2}{\lambda_{\max}}$$

            where $\lambda_{\max}$ is the largest second derivative in any direction. At $\eta = 1/\lambda$ a parabola is done in
            one step. Above $2/\lambda_{\max}$ each step lands further away than it came from.
            """
        ),
        Live(
            "sweep",
            "Every learning rate at once",
            (_FUNCTION, Slider("start", "Start", -5, 5, 0.5, 5.0), Slider("steps", "Steps", 1, 60, 1, 20)),
            sweep,
        ),
        Text(
            r"""
            ## Two variables

            Click into the figure to start there. In a long valley the steep direction sets the largest rate, and the flat one
            needs many steps at it: that is what "ill-conditioned" means.
            """
        ),
        Live(
            "contours",
            "A descent on the contours",
            (
                Formula("function", "A function of x and y", "x^2 + 8y^2"),
                Slider("x", "Start x", -3, 3, 0.1, 2.5),
                Slider("y", "Start y", -3, 3, 0.1, 1.5),
                Slider("rate", "Learning rate", -3, 0.3, 0.02, -1.30103, powers=True),
            ),
            contours,
            click=("x", "y"),
        ),
    ),
    change=(
        "For $x^2$ set the rate to exactly 1. Why does the walk neither arrive nor leave?",
        "Type $x^4$ and start at 5. Which rate works at first, and why is it slow near 0?",
        "Type $5x^2$. By how much does the stable bound change?",
    ),
    takeaways=(
        r"One step: $x - \eta f'(x)$. The sign makes it go down, the rate how far.",
        r"Too small: it creeps. Too large: it swings, and above $2/\lambda_{\max}$ it flies away.",
        "The steepest direction limits the rate; the flattest sets how long it takes.",
    ),
    exercises=tuple(Exercise("descent step", level, seed) for level, seed in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 1))),
)
