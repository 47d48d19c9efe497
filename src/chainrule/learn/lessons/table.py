"""Owns the list of lessons, in their order: a lesson that is listed is shown and tested."""

from __future__ import annotations

from chainrule.learn.lessons import (
    backpropagation,
    chain_rule,
    curvature,
    derivatives,
    gradient,
    gradient_descent,
    in_python,
    key_rules,
    optimizers,
    partial_derivatives,
)

LESSONS = (
    derivatives.LESSON,
    chain_rule.LESSON,
    partial_derivatives.LESSON,
    gradient.LESSON,
    gradient_descent.LESSON,
    curvature.LESSON,
    backpropagation.LESSON,
    in_python.LESSON,
    key_rules.LESSON,
    optimizers.LESSON,
)
