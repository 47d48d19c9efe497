"""Owns the lesson on optimizers: momentum, RMSprop, Adam and others race on a surface of the reader's choice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import chainrule as cr
from chainrule import plots
from chainrule.learn.blocks import Choice, Exercise, Lesson, Live, Shown, Slider, Text
from chainrule.learn.methods import METHODS
from chainrule.optim import problems

SURFACES = {
    problem.name.replace("_", " "): problem
    for problem in sorted(problems.PROBLEMS, key=lambda one: one.name != "ill_conditioned_bowl")  # it comes first
    if np.shape(problem.start) == (2,)
}
RATES = {"gradient descent": 1.0, "momentum": 0.3, "RMSprop": 3.0, "Adam": 10.0, "Nesterov": 0.3, "Adagrad": 30.0}
"""How each method's rate compares with the slider's: they mean different things, a fair race gives each its own."""


def race(surface: str, rate: float, steps: float) -> Shown:
    """Show the paths of the methods on the contours, and who came lowest."""
    problem = SURFACES[surface]
    start = np.asarray(problem.start, dtype=np.float64)
    methods = {name: METHODS[name](rate * share) for name, share in RATES.items()}
    found = {name: cr.minimize(problem.fun, start, method, steps=int(steps)) for name, method in methods.items()}
    paths = {name: np.asarray(one.path) for name, one in found.items()}
    corners = np.concatenate([start[None], *(np.atleast_2d(minimum) for minimum in problem.minima)])
    low, high = corners.min(axis=0) - 1, corners.max(axis=0) + 1
    seen = {name: path[np.all((path >= low - 1) & (path <= high + 1), axis=1)] for name, path in paths.items()}
    spans = [(float(low[place]), float(high[place])) for place in range(2)]
    summary = (
        f"The contours of the surface {surface}, and the paths of {', '.join(paths)} from ({start[0]:g}, {start[1]:g}) in "
        f"{int(steps)} steps. Below: who came lowest."
    )
    picture = replace(plots.contour(problem.fun, spans[0], spans[1], seen, problem.minima), summary=summary)
    return Shown(report=str(cr.compare(problem.fun, start, methods, steps=int(steps))), picture=picture)


def losses(surface: str, rate: float, steps: float) -> Shown:
    """Show the losses of the methods over the steps."""
    problem = SURFACES[surface]
    start = np.asarray(problem.start, dtype=np.float64)
    runs = {
        name: cr.minimize(problem.fun, start, METHODS[name](rate * share), steps=int(steps)).losses
        for name, share in RATES.items()
    }
    return Shown(picture=plots.losses(runs))


_CONTROLS = (
    Choice("surface", "Surface", tuple(SURFACES)),
    Slider("rate", "Learning rate", -4, 0, 0.05, -2.0, powers=True),
    Slider("steps", "Steps", 10, 500, 10, 200),
)

LESSON = Lesson(
    slug="optimizers",
    title="Optimizers: momentum, RMSprop, Adam",
    minutes=9,
    goal="See what memory and scaling add to plain descent, and let the methods race.",
    body=(
        Text(
            r"""
            Plain descent forgets everything at each step. Two ideas help.

            **Momentum** remembers the direction, like a ball that rolls. Steps that agree add up; steps that swing to and fro
            cancel:

            $$\displaystyle v \leftarrow \beta v + g, \qquad x \leftarrow x - \eta v$$

            **Scaling** remembers how large the gradient has been in each coordinate, and divides by it, so that flat directions
            get long steps and steep ones short steps. That is **RMSprop**:

            $$\displaystyle s \leftarrow \alpha s + (1 - \alpha) g^2$$

            $$\displaystyle x \leftarrow x - \eta \frac{g}{\sqrt{s} + \epsilon}$$

            **Adam** does both: a mean of gradients over the root of a mean of their squares, each corrected for having started
            at 0.
            """
        ),
        Text(
            r"""
            The slider sets the rate of plain descent; each of the others runs at its own multiple of it, so that the race is
            fair.
            """
        ),
        Live("race", "A race", _CONTROLS, race),
        Text(
            r"""
            ## The same race over the steps

            On a logarithmic scale a straight line means: each step keeps the same share of the loss. Watch which curves swing:
            momentum overshoots, and comes back. A method that divides by the size of the gradient takes long steps even where the
            gradient is tiny; at a large fixed rate it may circle around the minimum until the rate is lowered.
            """
        ),
        Live("losses", "Losses over steps", _CONTROLS, losses),
        Text(
            r"""
            ## Which one?

            There is no winner for every surface. Start with Adam at its usual rate, since it needs least care. For the last
            digits lower the rate with a schedule, or use momentum with a rate that the curvature allows. If you can afford
            Hessian-vector products, second-order methods need tens of steps where these need thousands.
            """
        ),
    ),
    change=(
        "On the *ill conditioned bowl* raise the rate until gradient descent diverges. Which methods survive?",
        "On *rosenbrock*, a curved valley, compare momentum with plain descent at a rate near 0.001.",
        "Give all of them 500 steps on *sphere*, at a rate of 0.1 and then of 0.001. Who arrives?",
    ),
    takeaways=(
        "Momentum adds up steps that agree and cancels those that do not.",
        "RMSprop and Adam give each coordinate a step length of its own.",
        "A learning rate means something else for each method; compare each at its best.",
        "At a large fixed rate a method may swing around the minimum for long: lower the rate towards the end.",
    ),
    exercises=tuple(
        Exercise("optimizer update", level, seed) for level, seed in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 1))
    ),
)
