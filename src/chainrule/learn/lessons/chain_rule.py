"""Owns the lesson on the chain rule: outside and inside, rates that multiply, and the reader's own function."""

from __future__ import annotations

from typing import Literal

import chainrule as cr
from chainrule import plots
from chainrule.learn.blocks import Choice, Exercise, Formula, Lesson, Live, Shown, Slider, Text
from chainrule.learn.functions import one_variable


def gears(outside: str, inside: str, at: float) -> Shown:
    """Show that a change is multiplied twice: by the inside, then by the outside."""
    g = one_variable(inside)
    (name,) = g.names
    u = float(g.function(at))
    f = one_variable(outside)
    (middle,) = f.names
    small = 0.01
    after = float(g.function(at + small))
    whole = float(f.function(after) - f.function(u))
    outer, inner = cr.derivative(f.function)(u), cr.derivative(g.function)(at)
    lines = [
        f"| | at {name} = {at:.4g} | after {name} grew by {small} | change | rate |",
        "|---|---|---|---|---|",
        f"| inside ${middle} = {g.function.to_latex()}$ | {u:.6g} | {after:.6g} | {after - u:.4g} | {inner:.6g} |",
        (
            f"| outside $y = {f.function.to_latex()}$ | {f.function(u):.6g} | {f.function(after):.6g} | {whole:.4g} | "
            f"{outer:.6g} for each unit of {middle} |"
        ),
        "",
        (
            rf"$$\displaystyle \frac{{dy}}{{d{name}}} = \frac{{dy}}{{d{middle}}} \cdot \frac{{d{middle}}}{{d{name}}} = "
            rf"{outer:.6g} \cdot {_bracketed(inner)} = {outer * inner:.6g}$$"
        ),
        "",
        f"The small change says nearly the same: {whole:.4g} / {small} = {whole / small:.5g}.",
    ]
    return Shown("\n".join(lines))


def derivation(function: str, detail: Literal["full", "brief"]) -> Shown:
    """Show the derivation of the reader's function."""
    return Shown(cr.explain(function, detail=detail).to_markdown())


def composition(function: str, at: float) -> Shown:
    """Show a composed function with its tangent."""
    d = one_variable(function)
    return Shown(picture=plots.curve(d.function, at=at, names=(d.names[0], "f"), span=(-3, 3)))


def _bracketed(value: float) -> str:
    return f"({value:.6g})" if value < 0 else f"{value:.6g}"


LESSON = Lesson(
    slug="chain-rule",
    title="The chain rule: outside and inside",
    minutes=8,
    goal="Take a function apart into an outside and an inside, and multiply their rates.",
    body=(
        Text(
            r"""
            Most functions are made of simpler ones. $(2x+3)^2$ is a **square** of something; the something is $2x+3$. Call
            the something $u$, the **inside**; the square is the **outside**:

            $$\displaystyle y = u^2, \qquad u = 2x + 3$$

            Think of two gears. When $x$ turns by a little, $u$ turns 2 times as much. When $u$ turns by a little, $y$ turns
            $2u$ times as much. So $y$ turns $2u \cdot 2$ times as much as $x$. **Rates multiply:**

            $$\displaystyle \frac{dy}{dx} = \frac{dy}{du} \cdot \frac{du}{dx}$$
            """
        ),
        Live(
            "gears",
            "Two gears",
            (
                Formula("outside", "The outside, a function of u", "u^2"),
                Formula("inside", "The inside, a function of x", "2x + 3"),
                Slider("at", "x", -2, 2, 0.1, 1.0),
            ),
            gears,
        ),
        Text(
            r"""
            ## Your own function

            Type any function of $x$. Each step names its rule, and says what stands for $u$. *The derivative of the outside
            is taken at the inside*: leave the inside as it is while you differentiate the outside. Then multiply by the
            derivative of the inside. Forgetting that last factor is the most common mistake of all.
            """
        ),
        Live(
            "derivation",
            "Its derivation",
            (
                Formula("function", "A function of x", "sin(3x^2 + 1)"),
                Choice("detail", "How much is said", ("full", "brief")),
            ),
            derivation,
        ),
        Text(
            r"""
            ## Why machine learning lives on it

            A neuron computes $\sigma(wx + b)$; a network puts neurons inside of neurons, a hundred deep. The derivative of
            the loss is one long product of rates. If many of them are below 1 the product **vanishes**; if many are above 1
            it **explodes**. The sigmoid's own rate is never above $\frac14$: look how flat it is.
            """
        ),
        Live(
            "composition",
            "A function of a function, and its tangent",
            (Formula("function", "A function of x", "sigmoid(2x - 1)"), Slider("at", "x", -2, 2, 0.1, 0.5)),
            composition,
        ),
    ),
    change=(
        r"Put $\sin u$ outside and $x^2$ inside, then swap them. Are the two the same function? Have they the same derivative?",
        r"Nest three deep: $\ln(1 + e^{-x^2})$. How many chain rule steps are there?",
        r"In the last figure find the $x$ where the sigmoid is steepest. Why is its slope there twice as large as $\frac14$?",
    ),
    takeaways=(
        "Find the outside and the inside; give the inside a name.",
        "The derivative of the outside, at the inside, times the derivative of the inside.",
        "Rates multiply along a chain; that is why deep products of them vanish or explode.",
    ),
    exercises=(
        Exercise("chain", 1, 1),
        Exercise("chain", 1, 2),
        Exercise("chain", 2, 1),
        Exercise("chain", 2, 2),
        Exercise("chain", 3, 1),
    ),
)
