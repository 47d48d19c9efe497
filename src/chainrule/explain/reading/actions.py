"""Owns the actions of the grammar: what each rule builds. They build and bound; they simplify nothing."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Apply, Constant, Expression, Number, Symbol, apply, substitute
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.cursor import Definition, Token
from chainrule.explain.reading.names import FUNCTIONS, Function, factorial_of, root_of
from chainrule.primitives.arithmetic import ABSOLUTE, ADD, DIVIDE, MULTIPLY, NEGATIVE, POWER, SUBTRACT
from chainrule.primitives.exponential import EXP

MAX_DEPTH = 250
MAX_SIZE = 2000
MAX_EXPONENT = 1000
MAX_SHOWN = 12
"""Operations of more parts than this are not repeated in a message."""
_MAX_DECIMAL_EXPONENT = 300
_MAX_FACTORIAL = 25


class Refused(Exception):
    """An action found something that it cannot build."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.position = position
        self.message = message


def _operand(token: Token) -> Expression:
    expression: Expression = token.value
    return expression


def _minus_operand(sign: Token, token: Token) -> Expression:
    return _negated(sign, token.value)


def _group(_open: Token, body: Expression, _close: Token) -> Expression:
    return body


def _bars(opening: Token, body: Expression, _close: Token) -> Expression:
    return bounded(opening, apply(ABSOLUTE, body))


def _add(left: Expression, sign: Token, right: Expression) -> Expression:
    return bounded(sign, apply(ADD, left, right))


def _subtract(left: Expression, sign: Token, right: Expression) -> Expression:
    return bounded(sign, apply(SUBTRACT, left, right))


def _multiply(left: Expression, sign: Token, right: Expression) -> Expression:
    return bounded(sign, apply(MULTIPLY, left, right))


def _juxtaposed(left: Expression, right: Expression) -> Expression:
    return bounded(None, apply(MULTIPLY, left, right))


def _apart(left: Expression, _space: Token, right: Expression) -> Expression:
    return _juxtaposed(left, right)


def _divide(left: Expression, sign: Token, right: Expression) -> Expression:
    return bounded(sign, apply(DIVIDE, left, right))


def _negative(sign: Token, body: Expression) -> Expression:
    return _negated(sign, body)


def _positive(_sign: Token, body: Expression) -> Expression:
    return body


def _raise_to(base: Expression, sign: Token, exponent: Expression) -> Expression:
    return _power(sign, base, exponent)


def _raise_to_sign(base: Expression, raised: Token) -> Expression:
    return _power(raised, base, raised.value)


def _factorial(body: Expression, sign: Token) -> Expression:
    """Build the factorial of a whole number, and the gamma function for that of anything with a variable."""
    value = _number_of(body)
    if value is None:
        return bounded(sign, factorial_of(body))
    if not value.is_integer() or not 0 <= value <= _MAX_FACTORIAL:
        problem = f"the factorial of a number that is not whole, or not between 0 and {_MAX_FACTORIAL}"
        raise Refused(sign.position, f"{problem}; expected another number, or Gamma(n + 1)")
    return Number(math.factorial(int(value)))


def _degrees(body: Expression, sign: Token) -> Expression:
    """Build an angle in radians."""
    return bounded(sign, tidy(Constant("pi") * body / 180)[1])


def _application(function: Token, argument: Expression) -> Expression:
    return bounded(function, function.value.build(argument))


def _raised_application(function: Token, *parts: Any) -> Expression:
    """Build sin^2 x, or arcsin x from sin^-1 x."""
    *_, exponent, argument = parts
    called: Function = function.value
    if isinstance(exponent, Token):
        exponent = exponent.value
    if exponent != Number(-1):
        return _power(function, bounded(function, called.build(argument)), exponent)
    if called.inverse is None:
        raise Refused(function.position, f"{called.name}^-1 can be read in two ways; expected 1/{called.name}(x)")
    return bounded(function, FUNCTIONS[called.inverse].build(argument))


def _arguments(*parts: Any) -> tuple[Expression, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))


def _call(name: Token, _open: Token, arguments: tuple[Expression, ...], _close: Token) -> Expression:
    if not isinstance(name.value, Function):
        return bounded(name, _called(name, arguments))
    function = name.value
    if len(arguments) < function.least or (function.most is not None and len(arguments) > function.most):
        wanted = {1: "one argument", 2: "two arguments"}[function.least]
        raise Refused(name.position, f"{function.name} has {len(arguments)} arguments; expected {wanted}")
    return bounded(name, function.build(*arguments))


def _root(sign: Token, body: Expression) -> Expression:
    return bounded(sign, sign.value.build(body))


def _fraction(sign: Token, *parts: Any) -> Expression:
    above, below = (part for part in parts if not isinstance(part, Token))
    return bounded(sign, sign.value.build(above, below))


def _indexed_root(sign: Token, *parts: Any) -> Expression:
    index, body = (part for part in parts if not isinstance(part, Token))
    return bounded(sign, root_of(index)(body))


def _called(token: Token, arguments: tuple[Expression, ...]) -> Expression:
    """Return a function of the text's own applied to arguments."""
    name: str
    definition: Definition
    name, definition = token.value
    parameters = definition.parameters or ()
    if len(arguments) != len(parameters):
        expected = f"{name}({', '.join(parameters)})"
        raise Refused(token.position, f"{name} has {len(arguments)} arguments; expected {expected}")
    return substitute(definition.expression, dict(zip(parameters, arguments, strict=True)))


def bounded(token: Token | None, expression: Expression) -> Expression:
    """Return an operation that was built; refuse one that is too long, and one that has no value, such as 1/0."""
    position = token.position if token is not None else 0
    if isinstance(expression, Apply) and (expression.depth > MAX_DEPTH or expression.size > MAX_SIZE):
        raise Refused(position, f"more than {MAX_DEPTH} operations within one another; expected a simpler formula")
    for operation in (expression, *expression.operands) if isinstance(expression, Apply) else ():
        if not isinstance(operation, Apply) or not _has_no_value(operation):
            continue
        shown = text(operation) if operation.size <= MAX_SHOWN else "this"
        raise Refused(position, f"{shown} has no value among the real numbers; expected numbers for which it has one")
    return expression


def _has_no_value(operation: Apply) -> bool:
    """Return whether an operation is defined for no number; one whose value is only too large for floats is defined."""
    operands = [_number_of(operand) for operand in operation.operands]
    if operation.primitive is DIVIDE and operands[1] == 0:
        return True
    if any(operand is None or not math.isfinite(operand) for operand in operands):
        return False
    try:
        with np.errstate(divide="raise", invalid="raise", over="ignore", under="ignore"):
            return math.isnan(evaluate(operation, {}))
    except FloatingPointError:
        return True


def _negated(sign: Token, expression: Expression) -> Expression:
    """Return the negative; the sign joins a number in front, so that -3x is (-3)x."""
    rebuilt: list[Callable[[Expression], Expression]] = []
    front = expression
    while isinstance(front, Apply) and front.primitive in (MULTIPLY, DIVIDE):
        rebuilt.append(functools.partial(_with_front, front))
        front = front.operands[0]
    if not isinstance(front, Number) or not front.value:
        return bounded(sign, apply(NEGATIVE, expression))
    result: Expression = Number(-front.value)
    for rebuild in reversed(rebuilt):
        result = rebuild(result)
    return result


def _with_front(node: Apply, front: Expression) -> Expression:
    return apply(node.primitive, front, *node.operands[1:])


def _power(token: Token, base: Expression, exponent: Expression) -> Expression:
    """Return base^exponent, with e^x as exp(x). Powers of numbers, and exponents that are numbers, are bounded."""
    size = _number_of(exponent)
    if size is not None:
        if not abs(size) <= MAX_EXPONENT:
            raise Refused(token.position, f"an exponent beyond {MAX_EXPONENT:,}; expected a smaller one")
        value = _number_of(base)
        if value is not None and value and not abs(size * math.log10(abs(value))) <= _MAX_DECIMAL_EXPONENT:
            problem = f"a power with more than {_MAX_DECIMAL_EXPONENT} digits"
            raise Refused(token.position, f"{problem}; expected a smaller number")
    if base == Constant("e"):
        return bounded(token, apply(EXP, exponent))
    return bounded(token, apply(POWER, base, exponent))


def _number_of(expression: Expression) -> float | None:
    """Return the value of an expression without variables; infinite where floats end."""
    pending = [expression]
    while pending:
        node = pending.pop()
        if isinstance(node, Symbol):
            return None
        if isinstance(node, Apply):
            pending.extend(node.operands)
    with np.errstate(all="ignore"):
        return float(evaluate(expression, {}))


ACTIONS: dict[str, Callable[..., Any]] = {
    "operand": _operand,
    "minus_operand": _minus_operand,
    "group": _group,
    "bars": _bars,
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "juxtaposed": _juxtaposed,
    "apart": _apart,
    "divide": _divide,
    "negative": _negative,
    "positive": _positive,
    "raise_to": _raise_to,
    "raise_to_sign": _raise_to_sign,
    "factorial": _factorial,
    "degrees": _degrees,
    "application": _application,
    "raised_application": _raised_application,
    "arguments": _arguments,
    "call": _call,
    "root": _root,
    "fraction": _fraction,
    "indexed_root": _indexed_root,
}
"""What each rule of grammar.lark builds from its parts, which are tokens and expressions."""
