"""Owns how the contributions of several operands are put together: partial derivatives times derivatives of operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.core.primitive import Elementwise
from chainrule.explain.expressions.expansion import over_one_line
from chainrule.explain.expressions.expression import Expression
from chainrule.explain.expressions.neat import neat
from chainrule.explain.expressions.parts import signed_sum

Slopes = Sequence[Expression]


def combine(primitive: Elementwise, moving: Sequence[int], slopes: Slopes, dots: Slopes) -> Expression:
    """Return the derivative of a primitive, written as it is taught.

    moving: which operands change. slopes: the partial derivatives with respect to these. dots: the operands' own
    derivatives.
    """
    if len(moving) == 1:
        return neat(slopes[0] * dots[0])
    return _TAUGHT.get(primitive.name, _total)(slopes, dots)


def is_taught(primitive: Elementwise) -> bool:
    """Return whether two operands that change have a rule of their own: products and quotients."""
    return primitive.name in _TAUGHT


def _total(slopes: Slopes, dots: Slopes) -> Expression:
    """Return the sum of what each operand contributes: its partial derivative times its own derivative."""
    return signed_sum([(1, neat(slope * dot)) for slope, dot in zip(slopes, dots, strict=True)])


def _product(slopes: Slopes, dots: Slopes) -> Expression:
    # u' v + u v': the derivative is written where the factor stood.
    return neat(dots[0] * slopes[0]) + neat(slopes[1] * dots[1])


def _quotient(slopes: Slopes, dots: Slopes) -> Expression:
    # The table gives u'/v - u v'/v^2; over one line this is the form that is taught.
    return over_one_line(_total([dots[0], slopes[1]], [slopes[0], dots[1]]))


_TAUGHT: dict[str, Callable[[Slopes, Slopes], Expression]] = {"multiply": _product, "divide": _quotient}
