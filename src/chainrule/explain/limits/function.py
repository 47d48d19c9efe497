"""Owns the function whose limit is taken, seen as a function of one real number: typed mathematics or Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.trace import Traced
from chainrule.errors import ChainruleError, NoRuleError, NotScalarError, TracingError
from chainrule.explain.expressions.conditions import value_at
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression
from chainrule.explain.reading.parse import parse, symbol_name
from chainrule.explain.reading.point import point_of, real_number
from chainrule.transforms.derivatives import derivative
from chainrule.transforms.signature import argument_names

Point = float | Mapping[str, Any] | Sequence[Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A function along one of its variables, the others held.

    label: how it is called. variable: the one that moves. at: its value. held: the others, by name.
    call: takes the moving variable, a number or a traced value.
    """

    label: str
    variable: str
    at: float
    held: tuple[tuple[str, Any], ...]
    call: Callable[[Any], Any]

    def value(self, x: float) -> float:
        """Return the function's value as a real number; NaN where it is not defined.

        Raises NotScalarError where the result is not one real number.
        """
        try:
            with np.errstate(all="ignore"):
                result = self.call(np.float64(x))
        except ChainruleError:
            raise
        except (ArithmeticError, ValueError):  # math.sqrt(-1), 1 / 0: outside the domain
            return math.nan
        return _real(result, self.label)

    def slope(self, order: int = 1) -> float | None:
        """Return the engine's derivative at the point; None where the function cannot be traced or has no rule."""
        try:
            with np.errstate(all="ignore"):
                return float(derivative(self.call, order)(self.at))
        except (TracingError, NoRuleError, ArithmeticError):
            return None


def _real(result: Any, label: str) -> float:
    if isinstance(result, Traced) or np.shape(result) != () or np.asarray(result).dtype.kind not in "fiub":
        what = f"shape {np.shape(result)}" if np.shape(result) != () else f"the value {result!r:.60}"
        raise NotScalarError(
            f"limit takes a function with one real number as its result; {label} returned {what}; sum it, take one of its "
            "elements, or take its real part"
        )
    return float(result)


def read(fun: str | Callable[..., Any], x: Point, wrt: str | None) -> Section:
    """Return the function along the variable that is meant; raise ValueError where the point does not fit."""
    if isinstance(fun, str):
        return _typed(fun, x, wrt)
    if not callable(fun):
        raise TypeError(f'limit takes mathematics as text, such as "x^2", or a function, not {type(fun).__name__}')
    label = getattr(fun, "__name__", type(fun).__name__)
    label = "f" if label == "<lambda>" else label
    if isinstance(x, Mapping):
        variable = _variable(tuple(x), wrt)
        values = dict(x)
        return _section(label, variable, values, lambda moving: fun(**{**values, variable: moving}))
    given = tuple(x) if isinstance(x, Sequence | np.ndarray) and np.ndim(x) else (x,)
    names = argument_names(fun, len(given))
    if len(given) == 1 and names == ("argument 0",):  # a function written in C
        names = ("x",)
    variable = _variable(names, wrt)
    values = dict(zip(names, given, strict=True))
    return _section(label, variable, values, lambda moving: fun(*{**values, variable: moving}.values()))


def _typed(text: str, x: Point, wrt: str | None) -> Section:
    parsed = parse(text)
    names = parsed.variables or ((wrt,) if wrt is not None else ("x",))
    values = point_of(names, x, "x")
    variable = _variable(names, wrt)
    return _section(
        parsed.name or text.strip(),
        variable,
        values,
        along(parsed.expression, variable, values),
    )


def along(expression: Expression, variable: str, values: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Return an expression as a function of one variable, of traced values, too; numbers at a pole within it give NaN."""

    def call(moving: Any) -> Any:
        given = {**values, variable: moving}
        return evaluate(expression, given) if isinstance(moving, Traced) else value_at(expression, given)

    return call


def _variable(names: Sequence[str], wrt: str | None) -> str:
    if not names:
        raise ValueError("the point has no number; give one, such as 1.0")
    if wrt is not None:
        if not isinstance(wrt, str):
            raise TypeError(f"wrt is the name of the variable that moves, such as 'x', not {wrt!r:.60}")
        found = wrt if wrt in names else symbol_name(wrt)
        if found not in names:
            raise ValueError(f"there is no variable {wrt!r}; the variables are {', '.join(names)}")
        return found
    if len(names) != 1:
        raise ValueError(f"the variables are {', '.join(names)}; name the one that moves, such as wrt={names[0]!r}")
    return names[0]


def _section(label: str, variable: str, values: Mapping[str, Any], call: Callable[[Any], Any]) -> Section:
    held = tuple((name, value) for name, value in values.items() if name != variable)
    return Section(label, variable, real_number(variable, values[variable]), held, call)
