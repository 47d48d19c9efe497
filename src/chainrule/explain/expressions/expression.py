"""Owns the expression tree: numbers, constants, symbols, and primitives of the table applied to expressions.

An expression answers Python's operators and NumPy's protocols, so that a rule of the table, called with expressions,
returns the formula of the rule. Operators build; they do not simplify. Trees are walked without recursion, so that
depth is no danger.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias, TypeVar, final

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.core.trace import Symbolic
from chainrule.errors import NoRuleError, TracingError
from chainrule.primitives.table import BY_NAME, BY_UFUNC, of_scipy, results_of_scipy

Value: TypeAlias = int | Fraction | float
Parameters: TypeAlias = tuple[tuple[str, Any], ...]
Result = TypeVar("Result")

MAX_FRACTION_DENOMINATOR = 64
"""A float that a rule writes, such as 0.5, is read as a fraction up to this denominator."""

CONSTANTS: dict[str, float] = {"pi": math.pi, "e": math.e, "undefined": math.nan}


class Expression(Symbolic):
    """A mathematical expression. Equality is structural, and expressions can be keys of dictionaries.

    Only the final kinds below are made. It is no ABC, since `isinstance` asks those in Python, and trees are walked a lot.
    """

    __slots__ = ()

    def applied(self, primitive: Primitive, operands: Sequence[Any]) -> Expression:
        return apply(primitive, *operands)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        # SciPy's functions are ufuncs too, which the table loads lazily and knows by name.
        primitive = BY_UFUNC.get(ufunc) or of_scipy(ufunc)
        parts = results_of_scipy(ufunc)
        if parts is not None and method == "__call__" and not options:
            return tuple(apply(part, *operands) for part in parts)
        if primitive is None or method != "__call__" or options:
            raise NoRuleError(
                f"np.{ufunc.__name__} cannot be applied to an expression: it is not in the table of rules"
            )
        return apply(primitive, *operands)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, operands: Sequence[Any], options: Mapping[str, Any]
    ) -> Expression:
        build = _FUNCTIONS.get(function)
        if build is None or options:
            raise NoRuleError(
                f"np.{function.__name__} cannot be applied to an expression: it is not in the table of rules"
            )
        return build(*operands)

    def __bool__(self) -> bool:
        raise TracingError("the truth of an expression is unknown until its variables have values; use np.where")

    def __add__(self, other: Any) -> Expression:
        return apply(BY_NAME["add"], self, other)

    def __radd__(self, other: Any) -> Expression:
        return apply(BY_NAME["add"], other, self)

    def __sub__(self, other: Any) -> Expression:
        return apply(BY_NAME["subtract"], self, other)

    def __rsub__(self, other: Any) -> Expression:
        return apply(BY_NAME["subtract"], other, self)

    def __mul__(self, other: Any) -> Expression:
        return apply(BY_NAME["multiply"], self, other)

    def __rmul__(self, other: Any) -> Expression:
        return apply(BY_NAME["multiply"], other, self)

    def __truediv__(self, other: Any) -> Expression:
        return apply(BY_NAME["divide"], self, other)

    def __rtruediv__(self, other: Any) -> Expression:
        return apply(BY_NAME["divide"], other, self)

    def __pow__(self, other: Any) -> Expression:
        return apply(BY_NAME["power"], self, other)

    def __rpow__(self, other: Any) -> Expression:
        return apply(BY_NAME["power"], other, self)

    def __mod__(self, other: Any) -> Expression:
        return np.remainder(self, other)  # type: ignore[call-overload, no-any-return]

    def __rmod__(self, other: Any) -> Expression:
        return np.remainder(other, self)  # type: ignore[call-overload, no-any-return]

    def __floordiv__(self, other: Any) -> Expression:
        return np.floor_divide(self, other)  # type: ignore[call-overload, no-any-return]

    def __rfloordiv__(self, other: Any) -> Expression:
        return np.floor_divide(other, self)  # type: ignore[call-overload, no-any-return]

    def __neg__(self) -> Expression:
        return apply(BY_NAME["negative"], self)

    def __pos__(self) -> Expression:
        return self

    def __abs__(self) -> Expression:
        return np.absolute(self)  # type: ignore[no-any-return]

    def __lt__(self, other: Any) -> Expression:
        return np.less(self, other)  # type: ignore[call-overload, no-any-return]

    def __le__(self, other: Any) -> Expression:
        return np.less_equal(self, other)  # type: ignore[call-overload, no-any-return]

    def __gt__(self, other: Any) -> Expression:
        return np.greater(self, other)  # type: ignore[call-overload, no-any-return]

    def __ge__(self, other: Any) -> Expression:
        return np.greater_equal(self, other)  # type: ignore[call-overload, no-any-return]


@final
@dataclass(frozen=True, slots=True)
class Number(Expression):
    """A number: exact where it is an int or a Fraction. Decimals stay floats, and print as they were written."""

    value: Value

    def __post_init__(self) -> None:
        value = self.value
        whole = (
            value.denominator == 1 if isinstance(value, Fraction) else isinstance(value, float) and value.is_integer()
        )
        if whole and -(1 << 53) < value < 1 << 53:
            object.__setattr__(self, "value", int(value))


@final
@dataclass(frozen=True, slots=True)
class Constant(Expression):
    """A number with a name: "pi" or "e", or "undefined"."""

    name: str

    @property
    def value(self) -> float:
        """The number."""
        return CONSTANTS[self.name]


UNDEFINED = Constant("undefined")
"""What a function by cases has for a value where none of its conditions holds: none."""


@final
@dataclass(frozen=True, slots=True)
class Symbol(Expression):
    """A variable. of: the variables that it changes with, as y does with x on a curve; it is a function of these."""

    name: str
    of: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Derivative(Expression):
    """A derivative that is still to be taken, as it stands in a step: d/dx of `body`, or du/dx of a symbol u.

    partial: whether other variables are held, so that it is written with a round d. order: how often it is taken.
    """

    body: Expression
    name: str
    partial: bool = False
    order: int = 1


@final
@dataclass(frozen=True, slots=True)
class Limit(Expression):
    """A limit that is still to be found, as it stands in a step: that of `body` as the variable `name` tends to `to`.

    side: 1 where it comes from above, -1 from below, 0 from both sides.
    """

    body: Expression
    name: str
    to: Expression
    side: int = 0


@final
@dataclass(frozen=True, slots=True, eq=False)
class Apply(Expression):
    """A primitive of the table applied to operands.

    size: how many nodes the tree has. depth: how many are above one another.
    """

    primitive: Primitive
    operands: tuple[Expression, ...]
    parameters: Parameters = ()
    size: int = field(init=False, repr=False)
    depth: int = field(init=False, repr=False)
    key: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", 1 + sum(size(operand) for operand in self.operands))
        object.__setattr__(self, "depth", 1 + max((depth(operand) for operand in self.operands), default=0))
        key = hash((self.primitive.name, self.parameters, tuple(hash(operand) for operand in self.operands)))
        object.__setattr__(self, "key", key)

    def __hash__(self) -> int:
        return self.key

    def __reduce__(self) -> tuple[Any, ...]:  # another process hashes names in another way
        return Apply, (self.primitive, self.operands, self.parameters)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Apply):
            return False if isinstance(other, Expression) else NotImplemented
        if self.key != other.key or self.size != other.size:
            return False
        pending: list[tuple[Expression, Expression]] = [(self, other)]
        while pending:
            left, right = pending.pop()
            if left is right:
                continue
            if not isinstance(left, Apply) or not isinstance(right, Apply):
                if isinstance(left, Apply) or isinstance(right, Apply) or left != right:
                    return False
                continue
            if left.key != right.key or left.primitive is not right.primitive or left.parameters != right.parameters:
                return False
            if len(left.operands) != len(right.operands):
                return False
            pending.extend(zip(left.operands, right.operands, strict=True))
        return True

    def __repr__(self) -> str:
        return fold(self, _named)


def _named(expression: Expression, operands: Sequence[str]) -> str:
    if isinstance(expression, Derivative):
        return f"derivative({expression.body!r}, {expression.name})"
    if isinstance(expression, Apply):
        return f"{expression.primitive.name}({', '.join(operands)})"
    return str(expression.value) if isinstance(expression, Number) else str(getattr(expression, "name", ""))


def lift(value: Any) -> Expression:
    """Return `value` as an expression; a Python or NumPy number becomes a `Number`, and pi and e get their names.

    Raises TracingError for anything that is not one real number.
    """
    if isinstance(value, Expression):
        return value
    if isinstance(value, np.ndarray | np.generic) and np.ndim(value) == 0:
        value = value.item()
    if isinstance(value, bool | int | Fraction):
        return Number(int(value) if isinstance(value, bool) else value)
    if not isinstance(value, float):
        raise TracingError(f"only real numbers can stand in an expression, not {type(value).__name__}")
    if value in _NAMED_FLOATS:
        return _NAMED_FLOATS[value]
    if math.isfinite(value):
        numerator, denominator = value.as_integer_ratio()
        if denominator <= MAX_FRACTION_DENOMINATOR and abs(numerator) < 1 << 53:
            return Number(Fraction(numerator, denominator))
    return Number(value)


def apply(primitive: Primitive, *operands: Any) -> Expression:
    """Return `primitive` applied to operands, which may be Python numbers."""
    return Apply(primitive, tuple(lift(operand) for operand in operands))


def size(expression: Expression) -> int:
    """Return the number of nodes of the tree."""
    return expression.size if isinstance(expression, Apply) else 1


def depth(expression: Expression) -> int:
    """Return how many nodes are above one another."""
    return expression.depth if isinstance(expression, Apply) else 1


def walk(expression: Expression, into: Callable[[Apply], bool] = lambda node: True) -> Iterator[Expression]:
    """Yield every distinct node, operands before what they are operands of, in the order of reading.

    The operands of nodes for which `into` is false are left out.
    """
    seen: set[Expression] = set()
    pending: list[tuple[Expression, bool]] = [(expression, False)]
    while pending:
        node, ready = pending.pop()
        if node in seen:
            continue
        if ready or not isinstance(node, Apply) or not into(node):
            seen.add(node)
            yield node
            continue
        pending.append((node, True))
        pending.extend((operand, False) for operand in reversed(node.operands))


def fold(
    expression: Expression,
    combine: Callable[[Expression, Sequence[Result]], Result],
    into: Callable[[Apply], bool] = lambda node: True,
) -> Result:
    """Return `combine(node, results of its operands)` for the whole tree; every distinct node is visited once.

    Nodes for which `into` is false are combined without their operands.
    """
    results: dict[Expression, Result] = {}
    for node in walk(expression, into):
        operands = node.operands if isinstance(node, Apply) and into(node) else ()
        results[node] = combine(node, [results[operand] for operand in operands])
    return results[expression]


def free_symbols(expression: Expression) -> tuple[str, ...]:
    """Return the names of the variables, in the order of their appearance."""
    return tuple(node.name for node in walk(expression) if isinstance(node, Symbol))


def depends_on(expression: Expression, name: str) -> bool:
    """Return whether the variable occurs, or another that changes with it."""
    return any(isinstance(node, Symbol) and (node.name == name or name in node.of) for node in walk(expression))


def substitute(expression: Expression, replacements: Mapping[str, Expression]) -> Expression:
    """Return the expression with variables replaced."""

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        if isinstance(node, Symbol):
            return replacements.get(node.name, node)
        return rebuild(node, operands)

    return fold(expression, combine)


def rebuild(node: Expression, operands: Sequence[Expression]) -> Expression:
    """Return `node` with other operands; the same object where they are the same."""
    if not isinstance(node, Apply) or all(new is old for new, old in zip(operands, node.operands, strict=True)):
        return node
    return Apply(node.primitive, tuple(operands), node.parameters)


_FUNCTIONS: dict[Callable[..., Any], Callable[..., Expression]] = {
    np.where: lambda condition, chosen, other: apply(BY_NAME["where"], chosen, other, condition),
    np.clip: lambda value, low, high: apply(BY_NAME["clip"], value, low, high),
}
"""NumPy's functions that are no ufuncs and that rules of the table use."""

_NAMED_FLOATS: dict[float, Expression] = {
    math.pi: Constant("pi"),
    math.e: Constant("e"),
    math.log(2): apply(BY_NAME["log"], 2),
    math.log(10): apply(BY_NAME["log"], 10),
    math.sqrt(math.pi): apply(BY_NAME["sqrt"], Constant("pi")),
    math.sqrt(2 * math.pi): apply(BY_NAME["sqrt"], 2 * Constant("pi")),
    2 / math.sqrt(math.pi): 2 / apply(BY_NAME["sqrt"], Constant("pi")),
    -2 / math.sqrt(math.pi): -2 / apply(BY_NAME["sqrt"], Constant("pi")),
    math.sqrt(math.pi) / 2: apply(BY_NAME["sqrt"], Constant("pi")) / 2,
    180 / math.pi: 180 / Constant("pi"),
    math.pi / 180: Constant("pi") / 180,
}
"""Numbers that rules and programs compute with NumPy, such as np.log(2), and what they stand for."""
