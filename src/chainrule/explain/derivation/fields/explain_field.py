"""Owns the answers to questions of vector calculus: each is put together of partial derivatives by the rules of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chainrule.errors import TooLongError
from chainrule.explain.derivation.account import Detail, Step
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import Question
from chainrule.explain.derivation.fields.assembly import Assembly, Share, added, together
from chainrule.explain.derivation.fields.planes import approximation_sentence, differential_sentence, plane_sentence
from chainrule.explain.derivation.phrases import Equation, equation
from chainrule.explain.derivation.results import Gradient, Jacobian, Result
from chainrule.explain.derivation.several import gradient
from chainrule.explain.derivation.single import single, typed, with_tangent
from chainrule.explain.derivation.structure import (
    ADD_UP,
    CURL,
    DIFFERENTIAL,
    DIRECTIONAL,
    DIVERGENCE,
    JACOBIAN,
    LAPLACIAN,
    UNIT_VECTOR,
)
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression, Number, Symbol, size
from chainrule.explain.expressions.neat import MINUS_ONE, ONE, ZERO, call, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.symbolic import exact_number
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.curves import HELD
from chainrule.explain.reading.fields import Field
from chainrule.explain.reading.point import point_of

MAX_COMPONENTS = 6
MAX_ONCE = 20_000
"""How many operations all derivatives start from, together: two or three seconds' work."""

MAX_TWICE = 2_000
"""The same of second derivatives."""

_SIZES_OF_CURL = (2, 3)
_ON_THE_SURFACE = 1e-9
_COMPONENTS = ("P", "Q", "R")
_SPACE = ("x", "y", "z")


def of_field(field: Field, wrt: tuple[str, ...] | None, at: Any, order: int, detail: Detail) -> Derivation:
    """Return the derivation of what is asked: a divergence, a curl, a slope in a direction, and so on.

    Raises ValueError where the number of variables or components does not fit, or a point or a direction is missing.
    """
    if order != 1:
        raise ValueError(f"a {field.kind} has no order; leave order={order} out")
    used = tuple(dict.fromkeys(name for part in field.components for name in part.variables))
    unknown = [name for name in wrt or () if name not in (*field.names, *used)]
    if unknown:
        raise ValueError(f"there is no variable {', '.join(map(repr, unknown))}; the variables are {', '.join(used)}")
    names = wrt or field.names or _names(field, used)
    _refuse_what_does_not_fit(field, names)
    every = tuple(dict.fromkeys((*names, *used)))
    if len(names) * sum(size(part.expression) for part in field.components) > (
        MAX_TWICE if field.kind == LAPLACIAN else MAX_ONCE
    ):
        raise TooLongError(f"a {field.kind} of such a long function is not explained; name fewer variables with wrt")
    point = None if at is None else _point(field, names, every, at)
    questions = [typed(component, every, point, detail) for component in field.components]
    return _ANSWERS[field.kind](field, questions, names)


def _names(field: Field, used: Sequence[str]) -> tuple[str, ...]:
    """Return the variables of a question that lists none: x, y and z in this order, or all; letters of constants are held.

    Of constants they are the first of x, y and z.
    """
    if not used:
        return _SPACE[: len(field.components)]
    moving = [name for name in used if name in _SPACE]
    if moving and all(name in HELD for name in used if name not in _SPACE):
        count = len(field.components)
        is_space = field.kind in (DIVERGENCE, CURL) and {*moving} <= {*_SPACE[:count]}
        return _SPACE[:count] if is_space else tuple(sorted(moving))
    return tuple(sorted(used)) if {*used} <= {*"uvw"} else tuple(used)


def _refuse_what_does_not_fit(field: Field, names: Sequence[str]) -> None:
    """Raise ValueError where there are too many components, or not as many as variables where that is needed."""
    count = len(field.components)
    if count > MAX_COMPONENTS:
        raise ValueError(f"a field of {count} components is too long to be read; expected at most {MAX_COMPONENTS}")
    if field.kind == DIVERGENCE and len(names) != count:
        raise ValueError(
            f"a divergence needs as many components as variables: there are {count} components, and the variables "
            f"{', '.join(names)}; name the variables, as in F({', '.join(_SPACE[:count])}) = ..."
        )
    if field.kind == CURL and (count not in _SIZES_OF_CURL or len(names) != count):
        raise ValueError(
            f"a curl is of 3 components in 3 variables, or of 2 in the plane; there are {count} components, and the "
            f"variables {', '.join(names)}"
        )


def _point(field: Field, names: Sequence[str], every: Sequence[str], at: Any) -> dict[str, float]:
    """Return the point; of the graph of a function its height may be given, too, and must be right."""
    is_graph = field.kind == "tangent plane" and not field.is_surface
    heights: tuple[float, ...] = ()
    if is_graph and isinstance(at, Sequence) and len(at) == len(names) + 1 == len(every) + 1:
        at, heights = at[:-1], (at[-1],)
    point = point_of(every, at)
    value = float(evaluate(field.components[0].expression, point))
    if field.is_surface:
        heights = (0.0,)
    if any(abs(value - height) > _ON_THE_SURFACE * (1 + sum(map(abs, point.values()))) for height in heights):
        told = (
            f"its two sides differ by {value:.10g} there" if field.is_surface else f"its height there is {value:.10g}"
        )
        raise ValueError(f"the point is not on the surface: {told}")
    return point


def _given(field: Field) -> tuple[Equation, ...]:
    count = len(field.components)
    called = _COMPONENTS[:count] if count <= len(_COMPONENTS) else tuple(f"F{place}" for place in range(1, count + 1))
    return tuple(equation(Symbol(name), part.expression) for name, part in zip(called, field.components, strict=True))


def _divergence(field: Field, questions: Sequence[Question], names: Sequence[str]) -> Derivation:
    given = _given(field)
    parts = [replace(single(question, name, 1), given=given) for question, name in zip(questions, names, strict=True)]
    how = Assembly(
        DIVERGENCE,
        ADD_UP,
        "the divergence is the sum of the derivatives of each component by its own variable",
        given=given,
    )
    total = added(how, [Share(ONE, part) for part in parts])
    return together(DIVERGENCE, parts, [total], total.result)


def _curl(field: Field, questions: Sequence[Question], names: Sequence[str]) -> Derivation:
    given, parts, sums = _given(field), [], []
    turns = ((0, 1),) if len(names) == 2 else ((1, 2), (2, 0), (0, 1))
    for first, second in turns:
        # The derivative of the second component by the first variable, less that of the first by the second.
        ahead = replace(single(questions[second], names[first], 1), given=given)
        behind = replace(single(questions[first], names[second], 1), given=given)
        parts += [ahead, behind]
        axis = "" if len(turns) == 1 else f", along the axis of {text(Symbol(names[3 - first - second]))}"
        how = Assembly(CURL, ADD_UP, f"how fast the field turns{axis}", given=given)
        sums.append(added(how, [Share(ONE, ahead), Share(MINUS_ONE, behind)]))
    results = [each.result for each in sums if isinstance(each.result, Result)]
    return together(CURL, parts, sums, results[0] if len(results) == 1 else Gradient(tuple(results)))


def _jacobian(field: Field, questions: Sequence[Question], names: Sequence[str]) -> Derivation:
    given = _given(field)
    rows = [[replace(single(question, name, 1), given=given) for name in names] for question in questions]
    found = [[part.result for part in row if isinstance(part.result, Result)] for row in rows]
    result = Jacobian(tuple(Gradient(tuple(row)) for row in found))
    notes = []
    if len(rows) == len(names) and len(names) in (2, 3):
        determinant = tidy(neat(_determinant([[one.expression for one in row] for row in found])))[1]
        notes.append(f"Its determinant is {text(determinant)}")
    answer = together(JACOBIAN, [part for row in rows for part in row], [], result, notes)
    values = [[part.value for part in row if isinstance(part.value, float)] for row in rows]
    known = all(len(row) == len(names) for row in values)
    return replace(answer, wrt=tuple(names), value=tuple(map(tuple, values)) if known else None)


def _determinant(rows: Sequence[Sequence[Expression]]) -> Expression:
    if len(rows) == 1:
        return rows[0][0]
    total: Expression = ZERO
    for place, entry in enumerate(rows[0]):
        rest = [[*row[:place], *row[place + 1 :]] for row in rows[1:]]
        part = entry * _determinant(rest)
        total = total - part if place % 2 else total + part
    return total


def _laplacian(field: Field, questions: Sequence[Question], names: Sequence[str]) -> Derivation:
    parts = [single(questions[0], name, 2) for name in names]
    how = Assembly(LAPLACIAN, ADD_UP, "the Laplacian is the sum of the second derivatives by each variable")
    total = added(how, [Share(ONE, part) for part in parts])
    return together(LAPLACIAN, parts, [total], total.result)


def _directional(field: Field, questions: Sequence[Question], names: Sequence[str]) -> Derivation:
    vector = tuple(exact_number(part) for part in field.direction)
    if field.is_target:
        if questions[0].point is None:
            raise ValueError("a direction towards a point needs the point where it starts, as in at (1, 2)")
        if len(vector) == len(names):
            starts = [_exact(questions[0].point[name]) for name in names]
            vector = tuple(neat(end - start) for end, start in zip(vector, starts, strict=True))
    if len(vector) != len(names):
        raise ValueError(f"the direction has {len(vector)} numbers, but the variables are {', '.join(names)}")
    squares = _sum([part ** Number(2) for part in vector])
    length = tidy(neat(call("sqrt", squares)))[1]
    if length == ZERO:
        raise ValueError("the direction is 0: it has no direction; expected a vector such as (3, 4)")
    unit = tuple(tidy(neat(part / length))[1] for part in vector)
    parts = [single(questions[0], name, 1) for name in names]
    how = Assembly(
        DIRECTIONAL,
        ADD_UP,
        "the slope in a direction is the product of the gradient and the unit vector",
        first=() if length == ONE else (_unit_step(squares, length, unit),),
    )
    shares = [Share(factor, part) for factor, part in zip(unit, parts, strict=True)]
    total = added(how, shares)
    return together(DIRECTIONAL, parts, [total], total.result)


def _exact(value: float) -> Expression:
    return Number(int(value)) if value.is_integer() else Number(value)


def _sum(parts: Sequence[Expression]) -> Expression:
    first, *others = parts
    return sum(others, start=first)


def _unit_step(squares: Expression, length: Expression, unit: Sequence[Expression]) -> Step:
    """Return the step that divides the vector by its length."""
    listed: list[str | Expression] = ["the unit vector is u = ("]
    for place, part in enumerate(unit):
        listed += [", ", part] if place else [part]
    said = ((*listed, ")"),)
    return Step(UNIT_VECTOR, said, call("sqrt", squares), length, "the vector is divided by its length", (), "algebra")


def _differential(field: Field, questions: Sequence[Question], names: Sequence[str]) -> Derivation:
    parts = [single(questions[0], name, 1) for name in names]
    moving = tuple(f"d{name}" for name in names)
    how = Assembly(DIFFERENTIAL, ADD_UP, "each variable adds its derivative times its own change")
    total = added(
        how, [Share(Symbol(each), part, is_last=True) for each, part in zip(moving, parts, strict=True)], moving
    )
    notes = [] if questions[0].point is None else [differential_sentence(field.components[0].name or "f", names, parts)]
    return together(DIFFERENTIAL, parts, [total], total.result, notes)


def _gradient_with(
    sentence: Callable[[Derivation, Field], str], field: Field, questions: Sequence[Question], names: Sequence[str]
) -> Derivation:
    question = questions[0]
    if question.point is None:
        example = ", ".join("1" for _ in names)
        raise ValueError(f"a {field.kind} touches at a point; expected one at the end, as in at ({example})")
    parts = [single(question, name, 1) for name in names]
    if len(parts) == 1:
        return with_tangent(parts[0])
    found = gradient(question, parts)
    return replace(found, notes=(*found.notes, sentence(found, field)))


def _plane(field: Field, questions: Sequence[Question], names: Sequence[str]) -> Derivation:
    return _gradient_with(plane_sentence, field, questions, names)


def _approximation(field: Field, questions: Sequence[Question], names: Sequence[str]) -> Derivation:
    return _gradient_with(approximation_sentence, field, questions, names)


_ANSWERS: Mapping[str, Callable[[Field, Sequence[Question], Sequence[str]], Derivation]] = {
    "divergence": _divergence,
    "curl": _curl,
    "Jacobian": _jacobian,
    "Laplacian": _laplacian,
    "directional derivative": _directional,
    "total differential": _differential,
    "tangent plane": _plane,
    "linear approximation": _approximation,
}
