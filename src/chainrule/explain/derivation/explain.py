"""Owns `explain`: the derivation of a derivative, from typed mathematics or a Python function of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from chainrule.errors import NotDifferentiableError
from chainrule.explain.derivation.account import Gradient, Result, Step
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.differentiate import Differentiation, part_names
from chainrule.explain.derivation.phrases import Phrase
from chainrule.explain.derivation.recorded import Recorded, argument_names, recorded
from chainrule.explain.derivation.verify import Function, verify
from chainrule.explain.expressions.conditions import domain_of, nonzero, simplified
from chainrule.explain.expressions.expression import (
    Apply,
    Expression,
    Number,
    evaluate,
    fold,
    free_symbols,
    rebuild,
    walk,
)
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import Move, tidy
from chainrule.explain.reading.parse import parse
from chainrule.transforms.derivatives import jvp

MAX_ORDER = 6
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth")

_NOTES = {
    "heaviside": "step(u) is 1 where u > 0, 0 where u < 0, and 1/2 where u = 0",
    "sign": "sign(u) is 1 where u > 0 and -1 where u < 0",
    "expit": "σ(u) = 1/(1 + e^(-u)), the sigmoid",
    "psi": "ψ is the digamma function, the derivative of ln Γ",
    "zeta": "ζ(s, x) is the Hurwitz zeta function",
    "equal": "a condition in brackets counts 1 where it holds and 0 elsewhere",
    "less": "a condition in brackets counts 1 where it holds and 0 elsewhere",
    "greater": "a condition in brackets counts 1 where it holds and 0 elsewhere",
}
"""What is said of functions that a reader may not know."""

_RELATIONS = frozenset(("equal", "less", "greater"))

At: TypeAlias = float | Mapping[str, float] | Sequence[float] | None


def explain(
    fun: str | Callable[..., Any], wrt: str | Sequence[str] | None = None, at: At = None, order: int = 1
) -> Derivation:
    """Return the derivation of the derivative of a function, step by step.

    fun: mathematics as text, such as "(2x+3)^2", or a Python function of numbers. wrt: the variable, or several;
    without it, the only variable, or all of them, which gives the gradient. at: a point, as a number (one variable),
    a mapping from names to numbers, or numbers in the order of the variables. order: how often to differentiate (1 to
    6).

    Every formula is the table's own rule called with symbols. The result is compared with the engine's derivative and
    with the limit definition at sample points; `verified` is the largest difference. Raises ParseError for text that
    is no mathematics, ValueError for unknown variables or a bad point, NotDifferentiableError where the derivative
    does not exist at `at`, and GradientError should an explanation ever disagree with the engine.

    >>> d = explain("(2x+3)^2", at=1)
    >>> str(d.result), d.value
    ('8x + 12', 20.0)
    >>> str(explain("x^2 + 3xy + y^2").result)
    '(2x + 3y, 3x + 2y)'
    """
    if type(order) is not int or not 1 <= order <= MAX_ORDER:
        raise ValueError(f"order is how often to differentiate, a whole number from 1 to {MAX_ORDER}, not {order!r}")
    source, function, point = _read(fun, wrt, at)
    variables = _variables(source.names, wrt)
    if len(variables) > 1 and order > 1:
        raise ValueError(f"a derivative of order {order} needs one variable; name it with wrt={variables[0]!r}")
    derivations = tuple(_derive(source, function, name, order, point) for name in variables)
    return derivations[0] if len(derivations) == 1 else _gradient(source, derivations)


def _read(
    fun: str | Callable[..., Any], wrt: str | Sequence[str] | None, at: At
) -> tuple[Recorded, Function, dict[str, float] | None]:
    """Return the function as an expression, as something to call, and the point."""
    if isinstance(fun, str):
        parsed = parse(fun)
        expression = _with_decimals(parsed.expression)
        found = free_symbols(expression)
        listed = parsed.parameters or ()
        names = (*listed, *(name for name in found if name not in listed))
        # A constant is differentiated with respect to what was asked, or x.
        names = names or ((wrt,) if isinstance(wrt, str) else ("x",))
        source = Recorded(expression, names, parsed.name, (), ())
        return source, _evaluator(expression), _point(names, at)
    if not callable(fun):
        raise TypeError(f'explain takes mathematics as text, such as "x^2", or a function, not {type(fun).__name__}')
    names = argument_names(fun)
    point = _point(names, at)
    return recorded(fun, point), lambda values: fun(*(values[name] for name in names)), point


def _with_decimals(expression: Expression) -> Expression:
    """Return typed mathematics with its decimals written as decimals: the parser reads 0.1 as the exact number."""

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        if (
            isinstance(node, Number)
            and isinstance(node.value, Fraction)
            and Fraction(str(float(node.value))) == node.value
        ):
            return Number(float(node.value))
        return rebuild(node, operands)

    return fold(expression, combine)


def _variables(names: Sequence[str], wrt: str | Sequence[str] | None) -> tuple[str, ...]:
    if wrt is None:
        return tuple(names)
    asked = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    unknown = [name for name in asked if name not in names]
    if unknown or not asked:
        raise ValueError(f"there is no variable {', '.join(map(repr, unknown))}; the variables are {', '.join(names)}")
    return asked


def _point(names: Sequence[str], at: At) -> dict[str, float] | None:
    """Return the point as numbers by name."""
    if at is None:
        return None
    given: dict[str, Any]
    if isinstance(at, Mapping):
        given = dict(at)
    elif isinstance(at, Sequence | np.ndarray) and not isinstance(at, str):
        if len(at) != len(names):
            raise ValueError(f"at has {len(at)} numbers, but there are {len(names)} variables ({', '.join(names)})")
        given = dict(zip(names, at, strict=True))
    elif len(names) == 1:
        given = {names[0]: at}
    else:
        example = ", ".join(f'"{name}": 1' for name in names)
        raise ValueError(f"there are {len(names)} variables, so at names each: at={{{example}}}")
    missing = [name for name in names if name not in given]
    unknown = [name for name in given if name not in names]
    if missing or unknown:
        what = f"gives no value of {', '.join(missing)}" if missing else f"names {', '.join(map(str, unknown))}"
        raise ValueError(f"at {what}; the variables are {', '.join(names)}")
    return {name: _number(name, given[name]) for name in names}


def _number(name: str, value: Any) -> float:
    if isinstance(value, str | bytes) or np.ndim(value) != 0 or isinstance(value, complex):
        raise ValueError(f"the value of {name} is one real number, not {value!r}")
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the value of {name} is one real number, not {value!r}") from error
    if not math.isfinite(number):
        raise ValueError(f"the value of {name} is a finite number, not {number}")
    return number


def _derive(source: Recorded, function: Function, name: str, order: int, point: dict[str, float] | None) -> Derivation:
    """Return the derivation with respect to one variable."""
    steps: list[Step] = []
    current, verified = source.expression, None
    conditions: tuple[Expression, ...] = source.branches
    points = () if point is None else (point,)
    for count in range(1, order + 1):
        previous = current
        taken, moves, current = _once(current, name, source.names, count)
        steps += taken
        canceled = [nonzero(factor) for move in moves for factor in move.nonzero]
        used = [condition for step in taken for condition in step.conditions]
        conditions = simplified((*conditions, *domain_of(previous), *used, *canceled))
        step_function = function if count == 1 else _evaluator(previous)
        worst = verify(step_function, current, source.names, name, conditions, points)
        verified = worst if verified is None or worst is None else max(verified, worst)
    notes = (*source.notes, *_notes(source.expression, current))
    if verified is None:
        notes = (*notes, "No point was found at which the function is finite, so that nothing could be checked")
    derivation = Derivation(
        expression=source.expression,
        label=source.label,
        names=source.names,
        wrt=(name,),
        order=order,
        steps=tuple(steps),
        result=Result(current, source.names),
        conditions=conditions,
        notes=notes,
        verified=verified,
    )
    return derivation if point is None else _with_value(derivation, function, point)


def _evaluator(expression: Expression) -> Function:
    return lambda values: evaluate(expression, values)


def _once(
    expression: Expression, name: str, names: Sequence[str], count: int
) -> tuple[list[Step], tuple[Move, ...], Expression]:
    """Differentiate once: the rules, then the tidying."""
    others = [other for other in names if other != name and other in free_symbols(expression)]
    run = Differentiation(name, len(names) > 1, part_names(expression, name))
    moves, result = tidy(run.run(expression))
    steps = list(run.steps)
    said: list[Phrase] = []
    if others:
        said.append((f"treat {_listed(others)} as constant",))
    if count > 1:
        said.append((f"the {_ORDINALS[count]} derivative: differentiate ", expression, " again"))
    steps[0] = replace(steps[0], phrases=(*said, *steps[0].phrases))
    steps += [
        Step(move.name, (), move.before, move.after, move.why, simplified(map(nonzero, move.nonzero)), "algebra")
        for move in moves
    ]
    return steps, moves, result


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _notes(*expressions: Expression) -> tuple[str, ...]:
    applied = [
        node.primitive.name for expression in expressions for node in walk(expression) if isinstance(node, Apply)
    ]
    silent = _RELATIONS if "where" in applied else frozenset()
    return tuple(dict.fromkeys(_NOTES[name] for name in applied if name in _NOTES and name not in silent))


def _with_value(derivation: Derivation, function: Function, point: dict[str, float]) -> Derivation:
    """Return the derivation with the engine's derivative at the point."""
    name = derivation.wrt[0]
    for_engine = function
    for _ in range(derivation.order - 1):
        for_engine = _slope(for_engine, name)
    with np.errstate(all="ignore"):
        height = float(function(point))  # type: ignore[arg-type]
        value = float(_slope(for_engine, name)(point))  # type: ignore[arg-type]
        broken = [condition for condition in derivation.conditions if not bool(evaluate(condition, point))]
    where = ", ".join(f"{key} = {number:g}" for key, number in point.items())
    needs = (
        f"it needs {', '.join(text(condition) for condition in broken)}"
        if broken
        else "the function is not smooth there"
    )
    if not math.isfinite(value) or not math.isfinite(height):
        raise NotDifferentiableError(
            f"the derivative of {text(derivation.expression)} does not exist at {where}: {needs}"
        )
    if broken:
        note = f"At {where} this does not hold ({needs}); the value is what the rule takes there by convention"
        derivation = replace(derivation, notes=(*derivation.notes, note))
    return derivation.with_point(point, value)


def _slope(function: Function, name: str) -> Function:
    """Return the engine's derivative of a function of values by name."""
    return lambda values: jvp(lambda value: function({**values, name: value}), (values[name],), (1.0,))[1]


def _gradient(source: Recorded, derivations: tuple[Derivation, ...]) -> Derivation:
    """Return the partial derivatives as one derivation."""
    checks = [part.verified for part in derivations]
    first = derivations[0]
    values = tuple(part.value for part in derivations if isinstance(part.value, float))
    results = tuple(part.result for part in derivations if isinstance(part.result, Result))
    known = [check for check in checks if check is not None]
    return Derivation(
        expression=source.expression,
        label=source.label,
        names=source.names,
        wrt=tuple(part.wrt[0] for part in derivations),
        order=1,
        steps=tuple(step for part in derivations for step in part.steps),
        result=Gradient(results),
        conditions=simplified(condition for part in derivations for condition in part.conditions),
        notes=tuple(dict.fromkeys(note for part in derivations for note in part.notes)),
        at=first.at,
        value=values if first.at is not None else None,
        verified=max(known) if len(known) == len(checks) else None,
        partials=derivations,
    )
