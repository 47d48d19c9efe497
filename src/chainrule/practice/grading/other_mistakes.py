"""Owns the mistakes in other questions than derivatives by rules: descents, neurons, critical points, curves."""

from __future__ import annotations

from chainrule.practice.grading.mistake import Mistake

OTHERS: tuple[Mistake, ...] = (
    Mistake(
        "stepped uphill",
        "adds the step in place of subtracting it",
        "Descent goes against the gradient: which sign does the step have?",
    ),
    Mistake(
        "learning rate forgotten",
        "takes the whole gradient as the step",
        "The learning rate has not been used yet: how much of the gradient is taken?",
    ),
    Mistake(
        "answered the gradient",
        "stops at the gradient",
        "That is the gradient: now take the step from the point where you are.",
    ),
    Mistake(
        "answered the step",
        "gives the step in place of the new point",
        "That is the step: where does it lead from the point where you are?",
    ),
    Mistake(
        "value used as gradient",
        "steps by the function's value",
        "The step needs the slope of the function at the point, not its value.",
    ),
    Mistake(
        "one step only",
        "stops after the first step",
        "That is the first step: take another from there.",
    ),
    Mistake(
        "gradient not updated",
        "uses the first gradient for both steps",
        "After the first step you are at another point: what is the gradient there?",
    ),
    Mistake(
        "old velocity used",
        "steps with the velocity from before the update",
        "First the velocity changes, then the point moves with the new one.",
    ),
    Mistake(
        "velocity forgotten",
        "steps by the gradient alone",
        "The velocity from before is still there: how much of it is kept?",
    ),
    Mistake(
        "momentum factor forgotten",
        "keeps the whole velocity",
        "The momentum has not been used yet: how much of the old velocity is kept?",
    ),
    Mistake(
        "averaged velocity",
        "gives the gradient the weight 1 - momentum",
        "Here the gradient is added as a whole to what is kept of the velocity.",
    ),
    Mistake(
        "forgot to square",
        "averages the gradient in place of its square",
        "What is averaged below the root: the gradient, or something else of it?",
    ),
    Mistake(
        "old average used",
        "divides by the mean square from before the update",
        "First the mean square is brought up to date, then it is used.",
    ),
    Mistake(
        "root forgotten",
        "divides by the mean square without its root",
        "The mean square has the unit of the gradient squared: what is taken of it before the division?",
    ),
    Mistake(
        "bias correction forgotten",
        "uses the means as they are",
        "Both means started at 0, so they are too small at first: how is that put right?",
    ),
    Mistake(
        "sigmoid's derivative forgotten",
        "leaves out the factor of the sigmoid",
        "On the way back the sensitivity passes the sigmoid: which factor does that bring?",
    ),
    Mistake(
        "sigmoid's derivative at the wrong place",
        "takes the sigmoid's slope at its output",
        "At which value is the slope of the sigmoid taken: at what goes into it, or at what comes out?",
    ),
    Mistake(
        "a factor of the chain forgotten",
        "leaves out one local derivative",
        "Go back along the path edge by edge: one local derivative is missing.",
    ),
    Mistake(
        "wrong adjoint",
        "gives the sensitivity of another value",
        "That is how much another value of the neuron matters: go on to the one that is asked for.",
    ),
    Mistake(
        "one path only",
        "takes one path where there are several",
        "The value is used in more than one place: what becomes of the shares that arrive?",
    ),
    Mistake(
        "wrong point",
        "puts another number in",
        "The formula may be right, and the number that was put in is not: at which point is the derivative asked for?",
    ),
    Mistake(
        "saddle not recognized",
        "sees an extremum where curvatures have both signs",
        "Look in every direction: does the function bend the same way in all of them?",
    ),
    Mistake(
        "saddle where there is none",
        "sees a saddle where all curvatures have one sign",
        "For a saddle the function must bend up in one direction and down in another: does it?",
    ),
    Mistake(
        "minimum and maximum swapped",
        "reads the sign of the curvature the wrong way",
        "Where the second derivative is positive, does the function open upward or downward?",
    ),
    Mistake(
        "dy/dx forgotten",
        "differentiates a term in y as if y were x",
        "In one term y was differentiated as x is: it changes with x, so which factor does the chain rule bring?",
    ),
    Mistake(
        "divided the wrong way",
        "takes the quotient upside down",
        "Solve once more: what stands at the derivative goes below the line.",
    ),
    Mistake(
        "derivative by the parameter",
        "stops at how fast one coordinate changes with the parameter",
        "That is how fast one coordinate changes: what is the slope, made of both?",
    ),
    Mistake(
        "product of the speeds",
        "multiplies the derivatives by the parameter",
        "The slope compares the two derivatives by the parameter: is that a product?",
    ),
)
