"""Owns the table of mistakes: what each is called, what it does, and the hint that leads on without the answer.

The order is the order of preference: where several mistakes would have given an answer, the first is named. Those with a
`change` are tried at every operation of the function; the others compare the whole answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from chainrule.practice.grading import changes
from chainrule.practice.grading.operation import Change


@final
@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake that people make.

    name: a stable name in plain English. does: what was done. hint: one sentence that leads on. change: what it makes of
    the derivative of one operation; None where the answer as a whole is compared. is_common: whether it is also tried
    together with another mistake.
    """

    name: str
    does: str
    hint: str
    change: Change | None = None
    is_common: bool = False


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "inner derivative forgotten",
        "differentiates the outside only",
        "The outside is right; what is the derivative of the inside, and where does it go?",
        changes.forget_inside,
        True,
    ),
    Mistake(
        "wrong variable",
        "differentiates with respect to another variable",
        "Look again at the variable that is asked for: only that one moves.",
    ),
    Mistake(
        "quotient's sign",
        "adds in the quotient rule, or subtracts the wrong way round",
        "In the quotient rule the order above the line matters: which product comes first, and what stands between them?",
        changes.flip_quotient,
        True,
    ),
    Mistake(
        "product of derivatives",
        "multiplies the derivatives of the factors",
        "The derivative of a product is not the product of the derivatives: differentiate one factor at a time.",
        changes.multiply_derivatives,
        True,
    ),
    Mistake(
        "quotient of derivatives",
        "divides the derivatives of what stands above and below the line",
        "The derivative of a quotient is not the quotient of the derivatives: which rule is there for u/v?",
        changes.divide_derivatives,
        True,
    ),
    Mistake(
        "power rule on an exponential",
        "brings the exponent down although it moves",
        "The variable stands in the exponent, so the power rule does not apply: which rule does?",
        changes.treat_as_power,
        True,
    ),
    Mistake(
        "missing ln a",
        "treats the base a as if it were e",
        "The base is not e: which number makes up for that?",
        changes.drop_logarithm,
        True,
    ),
    Mistake(
        "1/ln x",
        "puts the logarithm below the line",
        "What stands below the line in the derivative of a logarithm is its argument, not the logarithm.",
        changes.invert_logarithm,
        True,
    ),
    Mistake(
        "lost sign",
        "leaves out a minus sign",
        "Go through the signs again: one of them was lost on the way.",
        changes.lose_sign,
        True,
    ),
    Mistake(
        "other variable not held constant",
        "lets another variable change too",
        "The other variable is held: treat it as you would treat a number.",
        changes.let_other_move,
        True,
    ),
    Mistake(
        "constant kept",
        "carries a constant term over",
        "How much does a constant term change, and what is its derivative therefore?",
        changes.keep_constant,
        True,
    ),
    Mistake(
        "integrated instead",
        "goes the other way",
        "You went the other way: differentiate your answer, and see what comes out.",
    ),
    Mistake(
        "answered the function itself",
        "repeats the function",
        "That is the function itself: now how fast does it change?",
    ),
    Mistake(
        "exponent dropped",
        "loses the exponent, as a factor or as a power",
        "In the power rule the exponent has two tasks, one in front and one above: which of them was left out?",
        changes.drop_exponent,
        True,
    ),
    Mistake(
        "exponent not reduced",
        "leaves the exponent as it was",
        "The exponent came down; what becomes of the one that stays above?",
        changes.keep_exponent,
        True,
    ),
    Mistake(
        "differentiated once only",
        "stops at the first derivative",
        "That is the first derivative: differentiate once more.",
    ),
    Mistake(
        "differentiated twice",
        "goes one derivative too far",
        "That is one derivative too many: where did you stop the first time?",
    ),
    Mistake(
        "one term of the product rule missing",
        "differentiates one factor only",
        "Each factor has its turn in the product rule: how many terms should there be?",
        changes.forget_product_term,
    ),
    Mistake(
        "one term of the quotient rule missing",
        "differentiates only what stands above, or below the line",
        "Both what stands above and what stands below the line change: how many terms should there be?",
        changes.forget_quotient_term,
    ),
    Mistake(
        "denominator not squared",
        "divides by v in place of v²",
        "What stands below the line in the quotient rule?",
        changes.forget_square_below,
    ),
    Mistake(
        "inner derivative put inside",
        "takes the outer derivative at the inner derivative",
        "The outer derivative is taken at the inside as it was; the inner derivative is a factor after it.",
        changes.move_inside,
    ),
    Mistake(
        "outside not differentiated",
        "leaves the outer function as it was",
        "The outer function has a derivative of its own: what is it?",
        changes.keep_outside,
    ),
    Mistake(
        "inner derivative added",
        "adds the inner derivative",
        "The chain rule has one operation between the outer and the inner derivative: is it a sum?",
        changes.add_inside,
    ),
    Mistake(
        "constant factor dropped",
        "loses a constant factor",
        "What happens to a constant factor when you differentiate?",
        changes.drop_factor,
    ),
    Mistake(
        "constant differentiated",
        "differentiates a number as if it were a variable",
        "One part is only a number, however it is written: how much does it change?",
        changes.differentiate_constant,
    ),
    Mistake(
        "power of a sum split",
        "takes (a + b)^n for a^n + b^n",
        "A power of a sum is not the sum of the powers: keep the bracket together.",
    ),
    Mistake(
        "inside replaced by the variable",
        "takes the outer derivative at the variable, not at the inside",
        "The outer derivative is taken at the whole inside: what stands there in your answer?",
        changes.lose_inside,
    ),
    Mistake(
        "dropped brackets",
        "leaves brackets out",
        "Put brackets around what belongs together: without them a factor, a sign or a power reaches its neighbor only.",
    ),
    Mistake(
        "lost sign",
        "puts a minus sign where there is none",
        "Go through the signs again: one of them is not right.",
        changes.gain_sign,
    ),
    Mistake(
        "one term missing",
        "leaves a term out",
        "Count the terms: one that should be there is missing.",
    ),
    Mistake(
        "arithmetic slip",
        "has a number wrong",
        "The method is right and a number is not: compute the numbers once more.",
    ),
    Mistake(
        "rounded too early",
        "has too few digits",
        "You are close: give the number exactly, or with three significant digits.",
    ),
    Mistake(
        "gradient components swapped",
        "has the right parts in the wrong order",
        "The parts are right: in which order do the variables come?",
    ),
    Mistake(
        "partial derivatives added up",
        "gives the sum of the partial derivatives",
        "A gradient keeps its parts apart: it has one for each variable.",
    ),
    Mistake(
        "wrong number of components",
        "has too few or too many parts",
        "Count the parts: how many variables are asked for?",
    ),
    Mistake(
        "one component wrong",
        "has one part wrong and the others right",
        "One part is wrong and the others are right.",
    ),
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
    Mistake(
        "differential",
        "writes dx behind the derivative",
        "A factor such as dx belongs to differentials and integrals: is it needed here?",
    ),
    Mistake(
        "not understood",
        "is no mathematics that can be read",
        "Write the answer as a formula, such as 3x^2 + 1.",
    ),
)
"""In the order of preference. A name that stands twice is one mistake that is seen at two places."""

RANKS: dict[str, int] = {mistake.name: rank for rank, mistake in reversed(tuple(enumerate(MISTAKES)))}
HINTS: dict[str, str] = {mistake.name: mistake.hint for mistake in reversed(MISTAKES)}
UNKNOWN = "Write down the rule that fits the outermost operation, and go on from there."
"""The hint where no mistake of the table would have given the answer."""
