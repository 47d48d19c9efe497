r"""Owns how an expression is written: with minimal brackets, as plain text, LaTeX or MathML.

One walk decides on brackets, signs and the product sign; a dialect says how the pieces look. `2x cos(x^2)` is text,
`2 x \cos\left(x^{2}\right)` LaTeX.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from chainrule.explain.expressions.dialects import LATEX, MATHML, TEXT, Dialect
from chainrule.explain.expressions.expression import (
    Apply,
    Constant,
    Derivative,
    Expression,
    Limit,
    Number,
    Symbol,
    Value,
    apply,
    fold,
)
from chainrule.explain.expressions.integrals import FormulaIntegrand, shown_integrand
from chainrule.explain.expressions.pieces import ATOM, POWER, PRODUCT, SUM, Piece, closed, wrap
from chainrule.explain.expressions.written_conditions import RELATIONS, both, choice, either, relation
from chainrule.primitives.definite_integral import Integral
from chainrule.primitives.table import BY_NAME

MAX_DIGITS = 15
"""A whole number that is longer is written with a power of ten where it ends in zeros."""

KNOWN_WORDS = re.compile("pi|ln|lg|tg|^(?:mu|nu|xi|log|sin|cos|tan|exp|abs|max|min|erf|tau|phi|chi|psi|rho|eta)$")
"""What letters side by side must not contain, or be: they would be read as one name."""

POWERED = frozenset("sin cos tan sinh cosh tanh log".split())
"""Functions whose powers are set at the name, as in sin²(x), where exponents are set in two dimensions."""

CALLED = frozenset("f g sigma Gamma psi zeta Phi".split())
"""Names of variables that would be read as functions if a bracket touched them."""


def text(expression: Expression) -> str:
    """Return the expression as plain text that can be typed again.

    >>> x = Symbol("x")
    >>> text((2 * x + 3) ** 2 / (x - 1))
    '(2x + 3)^2/(x - 1)'
    """
    return _write(expression, TEXT).text


def latex(expression: Expression) -> str:
    r"""Return the expression as LaTeX, for math mode.

    >>> latex(1 / Symbol("x") ** 2)
    '\\frac{1}{x^{2}}'
    """
    return _write(expression, LATEX).text


def mathml(expression: Expression) -> str:
    """Return the expression as the content of a MathML element; names are escaped."""
    return _write(expression, MATHML).text


def write(expression: Expression, dialect: Dialect) -> str:
    """Return the expression in a dialect."""
    return _write(expression, dialect).text


def is_relation(expression: Expression) -> bool:
    """Return whether the expression is a comparison, which needs brackets next to an equals sign."""
    return isinstance(expression, Apply) and expression.primitive.name in RELATIONS


def _write(expression: Expression, dialect: Dialect) -> Piece:
    # Some primitives are written as others (square(x) as x^2); rewriting them can show more of these.
    shown = fold(expression, _as_written)
    return fold(shown, lambda node, operands: _piece(node, operands, dialect))


def _as_written(node: Expression, operands: Sequence[Expression]) -> Expression:
    if isinstance(node, Apply):
        form = WRITTEN_AS.get(node.primitive.name)
        if form is not None:
            return form(*operands)
        return Apply(node.primitive, tuple(operands), node.parameters)
    return node


WRITTEN_AS: dict[str, Callable[..., Expression]] = {
    "square": lambda x: x**2,
    "float_power": lambda x, y: x**y,
    "reciprocal": lambda x: 1 / x,
    "positive": lambda x: x,
    "exp": lambda x: Constant("e") ** x,
    "exp2": lambda x: Number(2) ** x,
    "expm1": lambda x: Constant("e") ** x - 1,
    "log1p": lambda x: apply(BY_NAME["log"], 1 + x),
    "fabs": lambda x: apply(BY_NAME["absolute"], x),
    "fmax": lambda x, y: apply(BY_NAME["maximum"], x, y),
    "fmin": lambda x, y: apply(BY_NAME["minimum"], x, y),
}
"""Primitives that are written in others."""


def _piece(node: Expression, operands: Sequence[Piece], dialect: Dialect) -> Piece:
    if isinstance(node, Number):
        return _number(node.value, dialect)
    if isinstance(node, Constant):
        run = "π" if node.name == "pi" else ""  # "ex" would look like a name
        return Piece(dialect.constant(node.name), starts="letter", ends="letter", head=run, letters=run)
    if isinstance(node, Symbol):
        shown = TEXT.symbol(node.name)
        run = shown if len(shown) == 1 else ""
        ends = "called" if node.name in CALLED else "letter"
        return Piece(dialect.symbol(node.name), starts="letter", ends=ends, head=run, letters=run)
    if isinstance(node, Derivative):
        return _derivative(node, dialect)
    if isinstance(node, Limit):
        return _limit(node, dialect)
    assert isinstance(node, Apply)
    if (of := _factorial_of(node)) is not None:
        return Piece(dialect.factorial(dialect.symbol(of)), POWER, starts="letter", ends="other")
    if isinstance(node.primitive.value, Integral):
        return _integral(node, node.primitive.value, operands, dialect)
    writer = _WRITERS.get(node.primitive.name)
    if writer is not None:
        return writer(operands, dialect)
    return _call(node.primitive.name, operands, dialect)


def _factorial_of(node: Apply) -> str | None:
    """Return n where the node is Γ(n + 1), which is written as n!."""
    inner = node.operands[0] if node.primitive.name == "gamma" else None
    is_next = isinstance(inner, Apply) and inner.primitive.name == "add" and inner.operands[1] == Number(1)
    variable = inner.operands[0] if isinstance(inner, Apply) and is_next else None
    return variable.name if isinstance(variable, Symbol) else None


def _number(value: Value, dialect: Dialect) -> Piece:
    if value < 0:
        return replace(
            _number(-value, dialect),
            text=dialect.minus + _number(-value, dialect).text,
            precedence=PRODUCT,
            negative=True,
        )
    if isinstance(value, Fraction):
        above, below = _number(value.numerator, dialect), _number(value.denominator, dialect)
        bare = dialect.stacked or below.precedence > PRODUCT
        quotient = dialect.fraction(above.text, below.text if bare else dialect.bracket(below.text))
        return Piece(quotient, PRODUCT, starts="number", ends="number", fraction=True)
    digits = _shortened(str(value))
    power = re.fullmatch(r"([\d.]+)e([+-]?)0*(\d+)", digits)
    if power:
        exponent = dialect.number(power[2].strip("+") + power[3])
        scaled = dialect.power(
            dialect.number("10"), exponent if dialect.stacked or not power[2].strip("+") else f"({exponent})"
        )
        if power[1] == "1":
            return Piece(scaled, POWER, starts="number", ends="other")
        return Piece(dialect.number(power[1]) + dialect.times + scaled, PRODUCT, starts="number", ends="other")
    digits = digits.removesuffix(".0").replace("inf", "∞")
    return Piece(dialect.number(digits), starts="number", ends="number")


def _shortened(digits: str) -> str:
    """Return a long whole number that ends in zeros as 1.5e+20; Python writes decimals so by itself."""
    shown = digits.rstrip("0")
    if len(digits) <= MAX_DIGITS or not digits.isdigit() or len(shown) > MAX_DIGITS:
        return digits
    return f"{shown[0]}{'.' if shown[1:] else ''}{shown[1:]}e+{len(digits) - 1}"


def _derivative(node: Derivative, dialect: Dialect) -> Piece:
    if isinstance(node.body, Symbol) and node.body.name != node.name:
        return Piece(
            dialect.named_derivative(node.body.name, node.name, node.partial, node.order),
            starts="name",
            ends="other" if dialect.stacked else "ratio",
            fraction=dialect.stacked,
        )
    body = _write(node.body, dialect)
    loose = body.precedence <= PRODUCT or body.negative
    inner = dialect.bracket(body.text) if loose else body.text
    return Piece(
        dialect.derivative(inner, node.name, node.partial, node.order),
        PRODUCT,
        starts="name",
        ends="other",
        fraction=True,
    )


def _limit(node: Limit, dialect: Dialect) -> Piece:
    side = {1: dialect.plus_sign.strip(), -1: dialect.minus}.get(node.side, "")
    body = wrap(_write(node.body, dialect), dialect, PRODUCT)
    written = dialect.limit(dialect.symbol(node.name), _write(node.to, dialect).text, side, body.text)
    return Piece(written, SUM - 1, starts="name", ends="other", fraction=True)  # in brackets wherever something follows


def _integral(node: Apply, value: Integral, operands: Sequence[Piece], dialect: Dialect) -> Piece:
    assert isinstance(value.integrand, FormulaIntegrand)
    body, variable = shown_integrand(node, value.integrand)
    lower, upper = (limit.text if dialect.stacked else wrap(limit, dialect, ATOM).text for limit in operands[:2])
    inside = wrap(_write(body, dialect), dialect, PRODUCT).text
    written = dialect.integral(lower, upper, inside, dialect.symbol(variable))
    return Piece(written, PRODUCT, starts="name", ends="other", fraction=True)


def _sum(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    left, right = operands
    left = wrap(left, dialect, SUM)
    right = wrap(right, dialect, PRODUCT)
    if right.negative:
        joined = left.text + dialect.minus_sign + right.text.removeprefix(dialect.minus)
    else:
        joined = left.text + dialect.plus_sign + right.text
    return Piece(joined, SUM, negative=left.negative)


def _difference(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    left, right = operands
    right = wrap(right, dialect, ATOM if right.negative else PRODUCT)
    return Piece(wrap(left, dialect, SUM).text + dialect.minus_sign + right.text, SUM, negative=left.negative)


def _negative(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    (operand,) = operands
    operand = wrap(operand, dialect, ATOM if operand.negative else PRODUCT)
    return replace(operand, text=dialect.minus + operand.text, precedence=PRODUCT, negative=True, head="")


def _product(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    left, right = operands
    left = wrap(left, dialect, PRODUCT)
    sign = right.negative
    right = wrap(right, dialect, ATOM if sign else PRODUCT)
    if right.fraction and right.starts != "name" and not dialect.stacked:
        right = replace(wrap(right, dialect, ATOM), fraction=True)
    if left.fraction and left.precedence == PRODUCT and (left.starts == "name" or not dialect.stacked):
        left = replace(wrap(left, dialect, ATOM), fraction=True)
    joiner = _joiner(left, right, dialect, sign)
    run = right.letters
    if joiner == dialect.nothing and right.head == right.letters and right.letters.isascii():
        run = re.split("[^ -~]", left.letters)[-1] + right.letters
    return Piece(
        left.text + joiner + right.text,
        PRODUCT,
        negative=left.negative,
        starts=left.starts,
        ends=right.ends,
        head=left.head,
        letters=run,
    )


def _joiner(left: Piece, right: Piece, dialect: Dialect, sign: bool) -> str:
    """Return what stands between two factors: nothing, a space, or a product sign where the reader needs one."""
    if right.starts == "number" or sign or (right.starts == "other" and left.ends != "number"):
        return dialect.times
    if left.fraction or right.fraction:
        return dialect.space if dialect.stacked and right.starts == "letter" else dialect.times
    if right.starts == "bracket":
        if left.ends == "called":
            return dialect.times
        return dialect.space if left.ends in ("other", "ratio") else dialect.nothing
    if left.ends == "number":
        return dialect.space if right.starts == "name" else dialect.nothing
    if right.starts == "letter" and left.letters and right.head:
        if not right.letters:
            return dialect.space
        if not left.letters[-1].isascii() or not right.head[0].isascii():
            return dialect.nothing  # a Greek letter ends a word
        word = left.letters + right.head
        return dialect.nothing if len(word) <= 3 and not KNOWN_WORDS.search(word) else dialect.space
    return dialect.space


def _quotient(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    left, right = operands
    if dialect.stacked:
        sign = dialect.minus if left.negative and left.precedence == PRODUCT else ""
        quotient = dialect.fraction(left.text.removeprefix(sign), right.text)
        return Piece(sign + quotient, PRODUCT, negative=bool(sign), starts="other", fraction=True)
    above = wrap(closed(left, dialect), dialect, ATOM if left.fraction else PRODUCT)
    below = wrap(closed(right, dialect), dialect, POWER)
    return Piece(
        dialect.fraction(above.text, below.text), PRODUCT, negative=above.negative, starts=above.starts, fraction=True
    )


def _power(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    base, exponent = operands
    # A power of -1 at the name would be the inverse function.
    is_whole = exponent.precedence == ATOM and exponent.starts == exponent.ends == "number" and "." not in exponent.text
    if dialect.stacked and is_whole and base.called is not None:
        name, inside = base.called
        return Piece(dialect.call(name, inside, exponent.text), POWER, starts="name", ends="bracket")
    base = wrap(closed(base, dialect), dialect, ATOM)
    shown = exponent.text if dialect.stacked else wrap(exponent, dialect, ATOM).text
    return Piece(dialect.power(base.text, shown), POWER, starts=base.starts, ends="other", head=base.head)


def _root(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    return Piece(dialect.root(operands[0].text), starts="name", ends="bracket")


def _binomial(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    return Piece(dialect.binomial(*(operand.text for operand in operands)), starts="name", ends="bracket")


def _bars(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    return Piece(dialect.bars(operands[0].text), starts="other", ends="other")


def _call(name: str, operands: Sequence[Piece], dialect: Dialect) -> Piece:
    inside = tuple(operand.text for operand in operands)
    called = (name, inside) if name in POWERED else None
    return Piece(dialect.call(name, inside), starts="name", ends="bracket", called=called)


def _step(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    # The value at a tie (one half) is said in a note where the function occurs.
    return _call("heaviside", operands[:1], dialect)


_WRITERS: dict[str, Callable[[Sequence[Piece], Dialect], Piece]] = {
    "add": _sum,
    "subtract": _difference,
    "negative": _negative,
    "multiply": _product,
    "divide": _quotient,
    "power": _power,
    "sqrt": _root,
    "binom": _binomial,
    "absolute": _bars,
    **{name: relation(sign) for name, sign in RELATIONS.items()},
    "logical_and": both,
    "logical_or": either,
    "where": choice,
    "heaviside": _step,
}
"""Primitives that are not written as a function with its arguments."""
