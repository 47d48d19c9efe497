"""Owns what each slip does to the derivative of one operation. The right derivative is the table's; these bend it once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.explain.expressions.expression import Apply, Symbol
from chainrule.explain.expressions.neat import ONE
from chainrule.practice.grading.operation import ARITHMETIC, Operation, slope_of
from chainrule.primitives.arithmetic import DIVIDE, POWER
from chainrule.primitives.exponential import ARCCOSH, ARCSINH, ARCTANH, COSH, LOG, SINH, TANH
from chainrule.primitives.trigonometric import ARCCOS, ARCSIN, ARCTAN, COS, SIN, TAN


def forget_inside(op: Operation) -> Iterator[Any]:
    """Stop after the outside."""
    if op.has_inside:
        yield op.slope


def keep_exponent(op: Operation) -> Iterator[Any]:
    """Bring the exponent down and leave it above, too; below 1 it is also raised by one, away from zero."""
    if op.is_power:
        raised = op.slope * op.operands[0]
        yield raised * op.dot
        yield raised  # the inside forgotten as well
        if np.all(op.operands[1] < 1):
            yield raised * op.operands[0] * op.dot


def keep_linear(op: Operation) -> Iterator[Any]:
    """Leave a multiple of the variable as it was: 3x for 3."""
    index = op.constant()
    if index is not None and isinstance(op.inside, Symbol) and (op.kind, index) in (*_MULTIPLES, ("divide", 1)):
        yield op.out


_MULTIPLES = (("multiply", 0), ("multiply", 1))


def drop_exponent(op: Operation) -> Iterator[Any]:
    """Reduce the exponent without bringing it down, or bring it down and lose the power."""
    if op.is_power and op.node.operands[1] != ONE:
        yield op.slope / op.operands[1] * op.dot
        yield op.operands[1] * op.operands[0] * op.dot
        yield op.operands[1] * op.dot
        yield op.slope / op.operands[1]


def keep_constant(op: Operation) -> Iterator[Any]:
    """Carry a constant term over."""
    index = op.constant()
    if op.kind in ("add", "subtract") and index is not None:
        yield op.derivative + op.slopes[index] * op.operands[index]


def multiply_derivatives(op: Operation) -> Iterator[Any]:
    """Take the product of the derivatives."""
    if op.is_product:
        yield op.dots[0] * op.dots[1]


def mix_up_product(op: Operation) -> Iterator[Any]:
    """Put the two derivatives into one term of the product rule, and none into the other; or add them up."""
    if op.is_product:
        yield op.dots[0] * op.dots[1] + op.out
        yield op.dots[0] + op.dots[1]


def divide_derivatives(op: Operation) -> Iterator[Any]:
    """Take the quotient of the derivatives; a constant above the line stays."""
    if op.kind == "divide" and 1 in op.moving:
        above = op.dots[0] if 0 in op.moving else op.operands[0]
        yield above / op.dots[1]


def flip_quotient(op: Operation) -> Iterator[Any]:
    """Add the two products of the quotient rule, or subtract them the wrong way round."""
    if op.is_quotient:
        yield op.slopes[0] * op.dots[0] - op.slopes[1] * op.dots[1]
        yield -op.derivative


def lose_sign(op: Operation) -> Iterator[Any]:
    """Leave out the minus sign that the rule or the function has."""
    if not op.has_minus():
        return
    if op.kind == "subtract":
        yield op.slopes[0] * op.dots[0] - op.slopes[1] * op.dots[1]
    else:
        yield -op.derivative


def gain_sign(op: Operation) -> Iterator[Any]:
    """Put a minus sign where there is none."""
    if op.is_function and not op.has_minus():
        yield -op.derivative
    elif op.is_product or (op.kind == "add" and len(op.moving) == 2):
        yield op.slopes[0] * op.dots[0] - op.slopes[1] * op.dots[1]
        yield op.slopes[1] * op.dots[1] - op.slopes[0] * op.dots[0]


def treat_as_power(op: Operation) -> Iterator[Any]:
    """Use the power rule where the exponent moves."""
    if op.is_exponential:
        wrong = slope_of(POWER, 0, op.out, (op.base, op.operands[-1]))
        yield wrong * op.dot
        yield wrong
        yield op.out / op.base * op.dot  # the exponent reduced only
        yield op.out / op.base
    elif op.kind in ("power", "float_power") and len(op.moving) == 2:
        yield op.slopes[0] * op.dots[0]


def drop_logarithm(op: Operation) -> Iterator[Any]:
    """Differentiate a^x as if a were e; a logarithm to another base as if it were natural."""
    if op.is_exponential and op.kind != "exp":
        yield op.slope / LOG.value(op.base) * op.dot
        yield op.slope / LOG.value(op.base)
    elif op.kind in ("log2", "log10") and op.moving:
        yield op.slope * LOG.value(op.base) * op.dot
    elif op.kind == "divide" and op.moving == (0,) and _is_logarithm(op, 1):
        yield op.dots[0]


def take_wrong_logarithm(op: Operation) -> Iterator[Any]:
    """Take a logarithm to base 10 for the natural one, ln x for ln a, or put ln a on the other side of the line."""
    ten = LOG.value(10.0)
    if op.kind == "log" and op.moving:
        yield op.derivative / ten
        yield op.derivative * ten
    elif op.kind in ("log2", "log10") and op.moving:
        base = LOG.value(op.base)
        yield op.derivative * base * base
        yield op.derivative * base / op.base
    elif op.is_exponential:
        yield op.derivative / ten
        yield op.slope / LOG.value(op.base) * LOG.value(op.operands[-1]) * op.dot


def _is_logarithm(op: Operation, index: int) -> bool:
    node = op.node.operands[index]
    return isinstance(node, Apply) and node.primitive is LOG


def invert_logarithm(op: Operation) -> Iterator[Any]:
    """Put the logarithm itself below the line."""
    if op.kind in ("log", "log2", "log10") and op.moving:
        yield op.dot / op.out
        yield 1 / op.out


def let_other_move(op: Operation) -> Iterator[Any]:
    """Lose a factor with another variable, as if it were a constant term, or differentiate it as well."""
    index = op.constant()
    if op.kind == "multiply" and index is not None and op.has_other_variable(index):
        yield op.dot
        yield op.dots[0] * op.dots[1]
    if op.kind == "divide" and op.moving == (0,) and op.has_other_variable(1):
        yield op.dot


def forget_product_term(op: Operation) -> Iterator[Any]:
    """Differentiate one factor only."""
    if op.is_product:
        yield op.slopes[0] * op.dots[0]
        yield op.slopes[1] * op.dots[1]


def forget_quotient_term(op: Operation) -> Iterator[Any]:
    """Differentiate only what stands above, or only what stands below the line."""
    if op.is_quotient:
        yield op.slopes[0] * op.dots[0]
        yield op.slopes[1] * op.dots[1]


def forget_square_below(op: Operation) -> Iterator[Any]:
    """Divide by v, or by nothing, in place of v²."""
    if op.is_quotient:
        yield op.derivative * op.operands[1]
        yield op.derivative * op.operands[1] ** 2


def move_inside(op: Operation) -> Iterator[Any]:
    """Put the derivative of the inside into the outside."""
    if op.has_inside:
        _, slope = op.at_inside(op.dot + np.zeros_like(op.out))
        yield slope
        yield slope * op.dot


def lose_inside(op: Operation) -> Iterator[Any]:
    """Take the outer derivative at the variable in place of the inside."""
    if op.has_inside:
        _, slope = op.at_inside(op.variable)
        yield slope * op.dot
        yield slope


def keep_outside(op: Operation) -> Iterator[Any]:
    """Differentiate only the inside, or nothing at all."""
    if op.has_inside:
        yield op.out * op.dot
        value, _ = op.at_inside(op.dot + np.zeros_like(op.out))
        yield value
    if op.is_function:
        yield op.out


def add_inside(op: Operation) -> Iterator[Any]:
    """Add the derivative of the inside."""
    if op.has_inside:
        yield op.slope + op.dot


def drop_factor(op: Operation) -> Iterator[Any]:
    """Lose a constant factor or divisor."""
    index = op.constant()
    if index is not None and not op.has_other_variable(index) and (op.kind, *op.moving) != ("divide", 1):
        if op.kind in ("multiply", "divide"):
            yield op.dot
    elif op.kind == "divide" and op.moving == (1,):
        yield op.derivative / op.operands[0]


def differentiate_constant(op: Operation) -> Iterator[Any]:
    """Differentiate a number such as e² as if it were a variable."""
    if not op.moving and op.kind not in ARITHMETIC and op.kind != "divide":
        yield op.slopes[0]
        if op.kind == "exp":  # e to a number, by the power rule
            yield slope_of(POWER, 0, op.out, (op.base, op.operands[0]))


def confuse_function(op: Operation) -> Iterator[Any]:
    """Use the rule of a related function: that of the secant for the tangent, that of the cosine for the hyperbolic one."""
    if not op.is_function or len(op.operands) != 1:
        return
    (inside,) = op.operands
    for family in _RELATED:
        if op.primitive in family:
            for other in family:
                if other is not op.primitive:
                    yield slope_of(other, 0, other.value(inside), (inside,)) * op.dot
    if op.primitive is TAN:
        for below in (COS, SIN, TAN):  # secant, cosecant and cotangent
            value = below.value(inside)
            outer = slope_of(DIVIDE, 1, 1 / value, (1.0, value))
            yield outer * slope_of(below, 0, value, (inside,)) * op.dot


_RELATED = (
    (SIN, COS, TAN),
    (ARCSIN, ARCCOS, ARCTAN, ARCSINH, ARCCOSH, ARCTANH),
    (SINH, COSH, TANH),
    (SIN, SINH),
    (COS, COSH),
    (TAN, TANH),
    (ARCTAN, ARCTANH),
)


def forget_square(op: Operation) -> Iterator[Any]:
    """Take the secant for its square."""
    if op.primitive is TAN and op.moving:
        yield op.dot / COS.value(op.operands[0])


def use_degrees(op: Operation) -> Iterator[Any]:
    """Differentiate as if the angle were in degrees."""
    if op.moving and op.primitive in (SIN, COS, TAN):
        degree = np.deg2rad(1.0)
        yield op.derivative * degree
        yield op.derivative / degree
