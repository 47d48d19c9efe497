"""Owns the lesson on derivatives: the limit, from secant to tangent, and the power rule."""

from __future__ import annotations

from collections.abc import Callable

import chainrule as cr
from chainrule import plots
from chainrule.learn.blocks import Exercise, Formula, Lesson, Live, Shown, Slider, Text
from chainrule.learn.functions import one_variable


def secant(function: str, at: float, h: float) -> Shown:
    """Show the secant through two points of a curve, and the tangent that it becomes."""
    d = one_variable(function)
    (name,) = d.names
    exact = cr.derivative(d.function)(at)
    slope = (d.function(at + h) - d.function(at)) / h
    quotient = (
        rf"$$\displaystyle \frac{{f({name}+h) - f({name})}}{{h}} = "
        rf"\frac{{{d.function(at + h):.6g} - {_signed(d.function(at))}}}{{{h:.4g}}} = {slope:.6g}$$"
    )
    if not _looks_smooth(d.function, at, exact):
        limit = cr.limit(function, at)
        if limit.derivative is None:
            picture = plots.curve(d.function, span=(at - 3, at + 3), names=(name, "f"))
            why = limit.to_dict()["summary"]
            return Shown(f"{quotient}\n\nBut the curve has no tangent at {name} = {at:.4g}: {why}.", picture=picture)
    picture = plots.curve(d.function, at=at, secants=(h,), names=(name, "f"))
    off = abs(slope - exact)
    return Shown(
        f"{quotient}\n\nThe derivative at this point is {exact:.6g}: the secant's slope is off by {off:.2g}.",
        picture=picture,
    )


def _looks_smooth(function: Callable[[float], float], at: float, slope: float) -> bool:
    """Whether the quotients of a small step to either side are near the slope; where not, the limit is worth its time."""
    sides = [(function(at + step) - function(at)) / step for step in (1e-6, -1e-6)]
    return all(abs(side - slope) <= 1e-3 * (1 + abs(slope)) for side in sides)


def quotients(function: str, at: float) -> Shown:
    """Show the difference quotients as h tends to 0, and where rounding takes over."""
    one_variable(function)
    limit = cr.limit(function, at)
    lines = ["| h | quotient | error | ruled by |", "|---|---|---|---|"]
    for row in limit.rows:
        error = "" if row.forward_error is None else f"{row.forward_error:.1e}"
        lines.append(f"| {row.h:.0e} | {row.forward:.10g} | {error} | {row.forward_by or ''} |")
    errors = [(row.forward_error, row.h) for row in limit.rows if row.forward_error is not None]
    if limit.derivative is not None and errors:
        nearest = min(errors)[1]
        lines += ["", f"The derivative is {limit.derivative:.10g}. Of these steps h = {nearest:.0e} comes nearest."]
    else:
        why = limit.to_dict()["summary"]
        lines += ["", f"{why[:1].upper()}{why[1:]}."]
    return Shown("\n".join(lines))


def power(n: float, at: float) -> Shown:
    """Show a power of x, its tangent, and the power rule at work."""
    d = cr.explain(f"x^{n:g}", at=at)
    picture = plots.curve(d.function, at=at, span=(-2.5, 2.5), names=("x", f"x^{n:g}"))
    return Shown(d.to_markdown(), picture=picture)


def _signed(value: float) -> str:
    return f"({value:.6g})" if value < 0 else f"{value:.6g}"


LESSON = Lesson(
    slug="derivatives",
    title="Derivatives: how fast does it change?",
    minutes=8,
    goal="See a slope become a derivative while two points move together.",
    body=(
        Text(
            r"""
            When training a model we ask one question over and over: *if I change this number a little, how does the result
            change?* The derivative is the answer.

            Take two points of a curve, one at $x$ and one a step $h$ further. The line through them, the **secant**, has
            the slope *rise over run*:

            $$\displaystyle \frac{f(x+h) - f(x)}{h}$$

            Make $h$ small and the second point slides towards the first. The secant turns into the **tangent**, and its
            slope into the **derivative**:

            $$\displaystyle f'(x) = \lim_{h \to 0} \frac{f(x+h) - f(x)}{h}$$
            """
        ),
        Live(
            "secant",
            "From the secant to the tangent",
            (
                Formula("function", "A function of x", "x^2"),
                Slider("at", "x", -2, 2, 0.1, 1.0),
                Slider("h", "The step h", -3, 0.3, 0.05, 0.0, powers=True),
            ),
            secant,
        ),
        Text(
            r"""
            ## Why not simply take a tiny h?

            A computer keeps about 16 digits of a number. With a tiny $h$ the two values of $f$ are almost equal; their
            difference keeps few digits that mean anything, and dividing by $h$ makes the error large. So each quotient has
            two errors: **truncation**, because the curve bends away from the secant, shrinks with $h$; **rounding** grows
            as $h$ shrinks. That is why this library computes derivatives by rules, which have no $h$ at all.
            """
        ),
        Live(
            "quotients",
            "The quotients as h tends to 0",
            (Formula("function", "A function of x", "x^3"), Slider("at", "x", -2, 2, 0.1, 1.0)),
            quotients,
        ),
        Text(
            r"""
            ## The power rule

            Nobody takes limits all day. For powers of $x$ the limit always comes out the same way: **bring the exponent to
            the front, and lower it by one.**

            $$\displaystyle \frac{d}{dx} x^n = n x^{n-1}$$
            """
        ),
        Live(
            "power",
            "The power rule at work",
            (Slider("n", "The exponent n", 1, 6, 1, 2), Slider("at", "x", -2, 2, 0.1, 1.0)),
            power,
        ),
    ),
    change=(
        r"Type $\sin x$ in the first figure and bring the tangent as flat as you can. What is special about the curve there?",
        "Type $|x|$ and go to $x = 0$. Why is there no tangent?",
        "In the table, for which $h$ is the quotient best? Is it another one at $x = 2$?",
    ),
    takeaways=(
        "A derivative is the limit of slopes: how much the result changes for each unit that the input changes.",
        "Its sign says whether the function rises or falls; where it is 0 the tangent lies flat.",
        "Difference quotients have two errors, truncation and rounding; rules have neither.",
        "Power rule: bring the exponent to the front, and lower it by one.",
    ),
    exercises=(
        Exercise("power", 1, 1),
        Exercise("power", 1, 2),
        Exercise("power", 2, 3),
        Exercise("sums", 1, 1),
        Exercise("sums", 2, 2),
    ),
)
