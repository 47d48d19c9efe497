"""Owns extrema under constraints, by Lagrange's multipliers: where the gradients are parallel, values are compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.errors import GradientError
from chainrule.explain.derivation.account import Detail
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import derive
from chainrule.explain.derivation.findings.exact_forms import said, value_form
from chainrule.explain.derivation.findings.study import Found, Study, StudyStep, Table
from chainrule.explain.derivation.phrases import Phrase, equation, listed
from chainrule.explain.derivation.results import Gradient
from chainrule.explain.derivation.sampled import SampledExpression
from chainrule.explain.derivation.several import gradient
from chainrule.explain.derivation.single import single, typed
from chainrule.explain.derivation.studies.surfaces import point, value_phrase
from chainrule.explain.derivation.studies.systems import Floats, NotIsolated, Solution, Solutions, moved_onto, solved
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression, Symbol
from chainrule.explain.expressions.neat import ZERO, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.parse import Parsed
from chainrule.explain.reading.shapes import Goal, Shape
from chainrule.transforms.derivatives import grad, hessian

MULTIPLIERS = ("lambda", "mu", "nu")
_LETTERS = ("g", "h", "k")
LOCAL = frozenset(("minimum", "maximum"))
_SAME = 1e-9
_TRIALS = 40
_REACHES = (0.3, 1.0, 3.0, 10.0, 100.0, 1e3)


def constrained_study(shape: Shape, names: Sequence[str], detail: Detail) -> tuple[Derivation, Study]:
    """Return the gradient's derivation, and the study of a function on the curve or surface of its constraints.

    Raises ValueError where there are as many constraints as variables, or where the solutions are not single points.
    """
    if len(shape.constraints) >= len(names) or len(shape.constraints) > len(MULTIPLIERS):
        raise ValueError(
            "as many constraints as variables leave single points, and nothing to choose; expected fewer constraints than "
            f"the variables {', '.join(names)}, and {len(MULTIPLIERS)} at most"
        )
    question = typed(shape.parsed, names, None, detail)
    found = gradient(question, tuple(single(question, name, 1) for name in names))
    assert isinstance(found.result, Gradient)
    slopes = [part.expression for part in found.result]
    gaps = [left if right == ZERO else tidy(neat(left - right))[1] for left, right in shape.constraints]
    normals = [_slopes(gap, names, detail) for gap in gaps]
    multipliers = [name for name in MULTIPLIERS if name not in names][: len(gaps)]
    try:
        solutions, candidates = _candidates(slopes, gaps, normals, names, multipliers)
    except NotIsolated as error:
        raise ValueError(f"the solutions of Lagrange's equations are not single points: {error}") from None
    label = shape.parsed.name if shape.parsed.name and len(shape.parsed.name) == 1 else "f"
    points = tuple(_found(found.expression, gaps, names, each) for each in candidates)
    steps = [
        _system_step(label, names, slopes, normals, multipliers, shape),
        _solved_step(names, slopes, gaps, normals, multipliers, solutions, candidates),
    ]
    if points:
        steps.append(_compared(label, names, points))
    reach = _samples(found.expression, gaps, names)
    answer, kinds = _answer(label, points, shape.goal, reach)
    steps += [_extent(reach)] if reach.values else []
    marked = tuple(
        replace(each, kind=kinds.get(each.at, each.kind), scope="absolute" if each.at in kinds else each.scope)
        for each in points
    )
    checked = (
        "Checked: at each point the engine's gradients are parallel, and the values were compared with those at "
        f"{len(reach.values)} other points that satisfy the constraint"
    )
    if not solutions.is_complete:
        checked += f". Found {solutions.how}: that there are no others is not proved"
    question_name = "extrema under a constraint" if len(gaps) == 1 else "extrema under constraints"
    study = Study(question_name, tuple(steps), marked, (), tuple(answer), checked, solutions.is_complete)
    return replace(found, given=tuple(equation(*sides) for sides in shape.constraints)), study


def _slopes(expression: Expression, names: Sequence[str], detail: Detail) -> list[Expression]:
    question = typed(Parsed(expression, None, tuple(names), ""), names, None, detail)
    return [derive(question, name, 1).expression for name in names]


def _candidates(
    slopes: Sequence[Expression],
    gaps: Sequence[Expression],
    normals: Sequence[Sequence[Expression]],
    names: Sequence[str],
    multipliers: Sequence[str],
) -> tuple[Solutions, list[Solution]]:
    """Return the points of the constraint at which the gradients are parallel."""
    if len(gaps) == 1 and len(names) == 2:
        (across,) = (tidy(neat(slopes[0] * normals[0][1] - slopes[1] * normals[0][0]))[1],)
        solutions = solved([across, gaps[0]], names)
        return solutions, list(solutions.found)
    equations = [*_equations(slopes, normals, multipliers), *gaps]
    solutions = solved(equations, (*names, *multipliers))
    count = len(names)
    return solutions, [Solution(each.values[:count], each.exact[:count]) for each in solutions.found]


def _equations(
    slopes: Sequence[Expression], normals: Sequence[Sequence[Expression]], multipliers: Sequence[str]
) -> list[Expression]:
    found: list[Expression] = []
    for place, slope in enumerate(slopes):
        total: Expression = ZERO
        for name, normal in zip(multipliers, normals, strict=True):
            total = total + Symbol(name) * normal[place]
        found.append(neat(slope - total))
    return found


def _system_step(
    label: str,
    names: Sequence[str],
    slopes: Sequence[Expression],
    normals: Sequence[Sequence[Expression]],
    multipliers: Sequence[str],
    shape: Shape,
) -> StudyStep:
    """Return the step that says the system of equations."""
    letters = [letter for letter in _LETTERS if letter not in (label, *names)]
    parts = " + ".join(f"{text(Symbol(name))} ∇{letter}" for name, letter in zip(multipliers, letters, strict=False))
    lines: list[Phrase] = [
        (
            f"at an extremum the level of {label} touches the constraint, so that the gradients are parallel: ∇{label} = {parts}",
        )
    ]
    for place, name in enumerate(names):
        total: Expression = ZERO
        for multiplier, normal in zip(multipliers, normals, strict=True):
            total = neat(total + Symbol(multiplier) * normal[place])
        lines.append((Symbol(name), ": ", equation(slopes[place], total)))
    lines += [("constraint: ", equation(*sides)) for sides in shape.constraints]
    return StudyStep("Lagrange multipliers", tuple(lines))


def _solved_step(
    names: Sequence[str],
    slopes: Sequence[Expression],
    gaps: Sequence[Expression],
    normals: Sequence[Sequence[Expression]],
    multipliers: Sequence[str],
    solutions: Solutions,
    candidates: Sequence[Solution],
) -> StudyStep:
    lines: list[Phrase] = []
    if len(gaps) == 1 and len(names) == 2:
        across = tidy(neat(slopes[0] * normals[0][1] - slopes[1] * normals[0][0]))[1]
        lines.append((f"eliminate {text(Symbol(multipliers[0]))}: ", equation(across, ZERO)))
    lines.append((solutions.how,))
    for each in candidates:
        given = dict(zip(names, each.values, strict=True))
        exact = dict(zip(names, each.exact, strict=True))
        lines.append((*point(names, each.exact, each.values), *_multiplier(slopes, normals, given, exact, multipliers)))
    if not candidates:
        lines.append(("no real solution",))
    return StudyStep("solve the system", tuple(lines))


def _multiplier(
    slopes: Sequence[Expression],
    normals: Sequence[Sequence[Expression]],
    given: Mapping[str, float],
    exact: Mapping[str, Expression | None],
    multipliers: Sequence[str],
) -> Phrase:
    """Return the multiplier at a point, or that the constraint has no normal there."""
    rows = np.array([[float(evaluate(each, given)) for each in normal] for normal in normals])
    rate = np.array([float(evaluate(each, given)) for each in slopes])
    if np.linalg.matrix_rank(rows, tol=1e-9) < len(normals):
        return (": the gradient of the constraint is 0 there, so that the point is looked at besides",)
    found = np.linalg.lstsq(rows.T, rate, rcond=None)[0]
    parts: list[Phrase] = []
    for place, name in enumerate(multipliers):
        form = None
        if len(multipliers) == 1:
            axis = int(np.argmax(np.abs(rows[0])))
            form = value_form(slopes[axis] / normals[0][axis], exact, float(found[0]))
        parts.append((Symbol(name), " = ", *said(form, float(found[place]) + 0.0)))
    return (", ", *listed(parts))


def _found(function: Expression, gaps: Sequence[Expression], names: Sequence[str], each: Solution) -> Found:
    """Return a solution with its local kind: the Hessian of f - λ g along the constraint says it."""
    given = dict(zip(names, each.values, strict=True))
    value = float(evaluate(function, given)) + 0.0
    exact_value = value_form(function, dict(zip(names, each.exact, strict=True)), value)
    kind = _local_kind(function, gaps, names, np.array(each.values))
    how = "the Hessian of f less the multiples of the constraints, along the constraint"
    return Found(tuple(given.items()), each.exact, value, exact_value, kind, "local" if kind in LOCAL else "", how)


def _local_kind(function: Expression, gaps: Sequence[Expression], names: Sequence[str], at: Floats) -> str:
    """Return what a point is among its neighbors on the constraint; "degenerate" where that is not settled."""

    def of(expression: Expression) -> Callable[[Any], Any]:
        return lambda vector: evaluate(expression, {name: vector[place] for place, name in enumerate(names)})

    with np.errstate(all="ignore"):
        rows = np.stack([np.asarray(grad(of(gap))(at), dtype=float) for gap in gaps])
        rate = np.asarray(grad(of(function))(at), dtype=float)
        if not (np.isfinite(rows).all() and np.isfinite(rate).all()) or np.linalg.matrix_rank(rows, tol=1e-9) < len(
            gaps
        ):
            return "degenerate"
        weights = np.linalg.lstsq(rows.T, rate, rcond=None)[0]
        if not np.allclose(weights @ rows, rate, atol=1e-6 * (1 + np.abs(rate).max())):
            raise GradientError(f"the gradients are not parallel at {tuple(at)}; please report this")
        bends = np.asarray(hessian(of(function))(at), dtype=float)
        for weight, gap in zip(weights, gaps, strict=True):
            bends = bends - weight * np.asarray(hessian(of(gap))(at), dtype=float)
    along = np.linalg.svd(rows)[2][len(gaps) :]
    curvatures = np.linalg.eigvalsh(along @ bends @ along.T)
    flat = 1e-9 * max(1.0, float(np.abs(bends).max()))
    if np.any(curvatures > flat) and np.any(curvatures < -flat):
        return "saddle"
    return "degenerate" if np.any(np.abs(curvatures) <= flat) else "minimum" if curvatures[0] > 0 else "maximum"


def _compared(label: str, names: Sequence[str], points: Sequence[Found]) -> StudyStep:
    headings: tuple[Phrase, ...] = (("point",), (f"{label}({', '.join(text(Symbol(name)) for name in names)})",))
    rows = tuple(
        (point(names, each.exact, [value for _, value in each.at]), said(each.exact_value, each.value))
        for each in points
    )
    return StudyStep("compare the values", (), Table(headings, rows))


@dataclass(frozen=True, slots=True)
class _Reach:
    """Values at points of the constraint that were found by chance, and how far out these are."""

    values: tuple[float, ...]
    distances: tuple[float, ...]

    @property
    def is_bounded(self) -> bool:
        """Whether no point was found far out, though there were starting points there."""
        return bool(self.values) and max(self.distances) < 0.5 * _REACHES[-1]


def _samples(function: Expression, gaps: Sequence[Expression], names: Sequence[str]) -> _Reach:
    """Return the values of the function at points of the constraint: points by chance, moved onto it by Newton's method."""
    chance = np.random.default_rng(1)
    starts = [chance.normal(size=(_TRIALS, len(names))) * reach for reach in _REACHES]
    places = moved_onto(gaps, names, np.concatenate(starts))
    if not len(places):
        return _Reach((), ())
    with np.errstate(all="ignore"):
        values = SampledExpression(function).values({name: places[:, place] for place, name in enumerate(names)})
    known = np.isfinite(values)
    return _Reach(tuple(map(float, values[known])), tuple(map(float, np.abs(places[known]).max(axis=1))))


def _extent(reach: _Reach) -> StudyStep:
    if reach.is_bounded:
        said_of = (
            "no point of the constraint was found far out: on a bounded one a continuous function has both extremes"
        )
    else:
        said_of = "the constraint goes on far out: the values there are compared with those of the candidates"
    return StudyStep("look far out", ((said_of,),))


def _answer(
    label: str, points: Sequence[Found], goal: Goal | None, reach: _Reach
) -> tuple[list[Phrase], dict[tuple[tuple[str, float], ...], str]]:
    """Return the answer, and the kinds of the points that are extremes."""
    if not points:
        return [(f"{label} has no extremum under this constraint",)], {}
    lines: list[Phrase] = []
    kinds: dict[tuple[tuple[str, float], ...], str] = {}
    goals: tuple[Goal, ...] = ("maximum", "minimum") if goal is None else (goal,)
    for each in goals:
        sign = 1.0 if each == "maximum" else -1.0
        most = max(sign * candidate.value for candidate in points)
        beyond = max((sign * value for value in reach.values), default=-math.inf)
        if beyond > most + 1e-6 * (1 + abs(most)):
            way = "greater" if each == "maximum" else "less"
            lines.append(
                (f"no absolute {each}: under the constraint {label} has values that are {way} than at every candidate",)
            )
            local = [candidate for candidate in points if candidate.kind == each]
            lines += [(f"local {each} under the constraint: ", *value_phrase(label, candidate)) for candidate in local]
            continue
        for candidate in points:
            if sign * candidate.value >= most - _SAME * (1 + abs(most)):
                lines.append((f"{each}: ", *value_phrase(label, candidate)))
                kinds.setdefault(candidate.at, each)
    return lines, kinds
