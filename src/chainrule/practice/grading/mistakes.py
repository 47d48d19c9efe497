"""Owns the table of mistakes: what each is called, what it does, and the hint that leads on without the answer.

The order is the order of preference: where several mistakes would have given an answer, the first is named. Those with a
`change` are tried at every operation of the function; the others compare the whole answer.
"""

from __future__ import annotations

from chainrule.practice.grading import changes
from chainrule.practice.grading.mistake import Mistake
from chainrule.practice.grading.other_mistakes import OTHERS

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
        "wrong logarithm",
        "takes a logarithm to another base, or of another number",
        "A logarithm is not the one that belongs here, or stands on the wrong side of the line: which one does the rule bring?",
        changes.take_wrong_logarithm,
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
        "variable kept",
        "leaves a multiple of the variable as it was",
        "A multiple of the variable grows at a constant rate: does the variable stay in its derivative?",
        changes.keep_linear,
        True,
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
        "product rule mixed up",
        "pairs the factors of the product rule wrongly",
        "In each term of the product rule one factor is differentiated and the other stays as it was: compare yours.",
        changes.mix_up_product,
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
        "A function was left as it was, and has a derivative of its own: what is it?",
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
        "degrees",
        "differentiates as if the angle were in degrees",
        "Angles are in radians: does a factor for degrees belong here?",
        changes.use_degrees,
    ),
    Mistake(
        "square forgotten",
        "leaves out the square in a rule",
        "Look up the rule once more: a square belongs into it.",
        changes.forget_square,
    ),
    Mistake(
        "rule of another function",
        "uses the rule of a related function",
        "That is the rule of a related function: which one belongs to this one?",
        changes.confuse_function,
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
    *OTHERS,
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
