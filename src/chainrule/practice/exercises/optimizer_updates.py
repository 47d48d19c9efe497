"""Owns exercises that ask for one update of momentum, RMSprop or Adam, computed by the library's own methods."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

from chainrule.explain.derivation.phrases import equation
from chainrule.explain.expressions.expression import Number, Symbol
from chainrule.explain.expressions.neat import neat
from chainrule.explain.expressions.notation import text
from chainrule.optim.methods.adam import Adam
from chainrule.optim.methods.gradient_descent import GradientDescent
from chainrule.optim.methods.momentum import Momentum
from chainrule.optim.methods.rmsprop import RMSprop
from chainrule.practice.exercises.descent_steps import different, explained, slope_at
from chainrule.practice.exercises.draw import Draw
from chainrule.practice.exercises.exercise import Exercise
from chainrule.practice.exercises.functions import X, plus_terms
from chainrule.practice.grading.numbers import Numbers, Outcome, number

TOPIC = "optimizer update"
_RATES = (0.1, 0.2, 0.05)
_LONG_RATES = (0.2, 0.4, 0.5)
_MAX_TRIALS = 60


@final
@dataclass(frozen=True, slots=True)
class Update:
    """An update: how it is asked, where it leads, what mistakes give, the lines of the computation, and its hints."""

    asked: str
    after: float
    outcomes: tuple[Outcome, ...]
    working: tuple[str, ...]
    hints: tuple[str, ...]


def optimizer_exercise(level: int, seed: int) -> Exercise:
    """Return an exercise: momentum at level 1, RMSprop at level 2, Adam at level 3."""
    draw = Draw(TOPIC, level, seed)
    for _ in range(_MAX_TRIALS):
        function = neat(plus_terms((draw.integer(1, 2), X ** Number(2)), (draw.integer(-4, 4), X)))
        start = float(draw.nonzero(4))
        derivation = explained(function, (start,))
        (slope,) = slope_at(derivation, (start,))
        if slope:
            break
    update = (_momentum, _rmsprop, _adam)[level - 1](draw, start, slope)
    return Exercise(
        topic=TOPIC,
        level=level,
        seed=seed,
        statement=("Minimize ", equation(Symbol("f"), derivation.expression), f". {update.asked}"),
        problem=text(derivation.expression),
        question=Numbers(("x",), (update.after,), different(update.outcomes, (update.after,))),
        derivation=derivation,
        hints=update.hints,
        working=(f"The gradient at x = {number(start)} is {number(slope)}.", *update.working),
    )


def _step(rate: float, direction: float, x: float) -> float:
    """Return a plain step of gradient descent, with whatever stands for the gradient."""
    return float(_updated(GradientDescent(rate), direction, GradientDescent(rate).init(x), x)[0])


def _updated(method: Any, gradient: float, state: Any, x: float) -> tuple[float, Any]:
    after, state = method.update(gradient, state, x)
    return float(after), state


def _momentum(draw: Draw, x: float, g: float) -> Update:
    rate, kept, v = draw.pick(_RATES), draw.pick((0.5, 0.8, 0.9)), float(draw.nonzero(5))
    method = Momentum(rate, kept)
    state = (v, method.init(x)[1])
    after, (speed, _) = _updated(method, g, state, x)
    uphill, _ = _updated(method, -g, (-v, state[1]), x)
    outcomes = (
        Outcome("stepped uphill", (uphill,)),
        Outcome("old velocity used", (_step(rate, v, x),)),
        Outcome("velocity forgotten", (_step(rate, g, x),)),
        Outcome("momentum factor forgotten", (_step(rate, v + g, x),)),
        Outcome("learning rate forgotten", (_updated(Momentum(1.0, kept), g, state, x)[0],)),
        Outcome("averaged velocity", (_updated(method, (1 - kept) * g, state, x)[0],)),
        Outcome("answered the step", (float(speed),)),
    )
    asked = (
        f"Momentum with the learning rate {number(rate)} and the momentum {number(kept)} is at x = {number(x)} with the "
        f"velocity v = {number(v)}. Where is x after the next step? (The velocity becomes momentum times v plus the gradient.)"
    )
    working = (f"The velocity becomes {number(float(speed))}.", f"x becomes {number(after)}.")
    return Update(asked, after, outcomes, working, _HINTS["momentum"])


def _rmsprop(draw: Draw, x: float, g: float) -> Update:
    rate, alpha = draw.pick(_LONG_RATES), draw.pick((0.5, 0.75, 0.9))
    s = float(draw.integer(1, 9))
    method = RMSprop(rate, alpha)
    state = (s, *method.init(x)[1:])
    after, (mean, *_) = _updated(method, g, state, x)
    _, (plain, *_) = _updated(method, math.sqrt(abs(g)), state, x)  # what is averaged is then |g|
    outcomes = (
        Outcome("stepped uphill", (_updated(method, -g, state, x)[0],)),
        Outcome("forgot to square", (_step(rate, g / math.sqrt(plain), x),)),
        Outcome("root forgotten", (_step(rate, g / mean, x),)),
        Outcome("old average used", (_step(rate, g / math.sqrt(s), x),)),
        Outcome("learning rate forgotten", (_updated(RMSprop(1.0, alpha), g, state, x)[0],)),
        Outcome("answered the step", (g / math.sqrt(mean),)),
    )
    asked = (
        f"RMSprop with the learning rate {number(rate)} and alpha = {number(alpha)} is at x = {number(x)} with the mean "
        f"square s = {number(s)}. Where is x after the next step? (eps is so small that it does not count.)"
    )
    working = (
        f"The mean square becomes {number(mean)}, its root is {number(math.sqrt(mean))}.",
        f"x becomes {number(after)}.",
    )
    return Update(asked, after, outcomes, working, _HINTS["rmsprop"])


def _adam(draw: Draw, x: float, g: float) -> Update:
    rate, beta1, beta2 = draw.pick(_LONG_RATES), draw.pick((0.5, 0.9)), draw.pick((0.75, 0.99, 0.999))
    earlier = float(draw.nonzero(3))  # the gradient of the first step, which gives both means
    method = Adam(rate, beta1, beta2)
    weights, count = (1 - beta1, 1 - beta2), method.init(x)[3]
    state = (earlier * (1 - beta1), earlier**2 * (1 - beta2), weights, count)
    after, (mean, square, (first, second), _) = _updated(method, g, state, x)
    full = (*state[:2], (1.0, 1.0), count)  # sums of weights that are 1 correct nothing
    outcomes = (
        Outcome("stepped uphill", (_updated(method, -g, (-state[0], *state[1:]), x)[0],)),
        Outcome("bias correction forgotten", (_updated(method, g, full, x)[0],)),
        Outcome("root forgotten", (_step(rate, (mean / first) / (square / second), x),)),
        Outcome("velocity forgotten", (_step(rate, g / math.sqrt(square / second), x),)),
        Outcome("learning rate forgotten", (_updated(Adam(1.0, beta1, beta2), g, state, x)[0],)),
    )
    asked = (
        f"Adam with the learning rate {number(rate)}, beta1 = {number(beta1)} and beta2 = {number(beta2)} has made one step, "
        f"is at x = {number(x)}, and keeps m = {number(state[0])} and v = {number(state[1])}. Where is x after the second "
        "step? (eps is so small that it does not count.)"
    )
    working = (
        f"m becomes {number(mean)} and v becomes {number(square)}.",
        f"Corrected they are {number(mean / first)} and {number(square / second)}.",
        f"x becomes {number(after)}.",
    )
    return Update(asked, after, outcomes, working, _HINTS["adam"])


_HINTS = {
    "momentum": (
        "What does the method remember from the steps before?",
        "First find the gradient, then the new velocity.",
        "Keep the momentum's share of the velocity, add the gradient, and step against the sum by the learning rate.",
    ),
    "rmsprop": (
        "The gradient is divided by something that the method remembers: by what?",
        "First find the gradient, then the new mean square of gradients.",
        "Keep alpha of the old mean square, add the rest of the new square; divide the gradient by the root of that.",
    ),
    "adam": (
        "Two means are kept: of what?",
        "Bring both means up to date with the gradient, then correct them for their start at zero.",
        "After t steps divide each mean by 1 - beta^t; then the first over the root of the second gives the direction.",
    ),
}
