"""Owns critical points of functions of several variables: the gradient is 0, and the Hessian says what kind they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import GradientError
from chainrule.explain.derivation.account import Detail
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import derive
from chainrule.explain.derivation.findings.exact_forms import named, said, shown_number, value_form, without_dust
from chainrule.explain.derivation.findings.study import Found, Study, StudyStep
from chainrule.explain.derivation.phrases import Phrase, equation, listed
from chainrule.explain.derivation.results import Gradient
from chainrule.explain.derivation.several import gradient
from chainrule.explain.derivation.single import found_before, single, typed
from chainrule.explain.derivation.studies.systems import Floats, NotIsolated, Solution, Solutions, solved
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression, Symbol, free_symbols
from chainrule.explain.expressions.neat import ZERO, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.parse import Parsed
from chainrule.explain.reading.shapes import Shape
from chainrule.transforms.derivatives import hessian

NAMES = {"minimum": "local minimum", "maximum": "local maximum", "saddle": "saddle point", "degenerate": "not settled"}
_FLAT = 1e-9
Matrix = tuple[tuple[Expression, ...], ...]


def surface_study(shape: Shape, names: Sequence[str], detail: Detail) -> tuple[Derivation, Study]:
    """Return the gradient's derivation, and the study of the points at which it is 0."""
    question = typed(shape.parsed, names, None, detail)
    firsts = tuple(single(question, name, 1) for name in names)
    found = gradient(question, firsts)
    assert isinstance(found.result, Gradient)
    slopes = tuple(part.expression for part in found.result)
    label = shape.parsed.name if shape.parsed.name and len(shape.parsed.name) == 1 else "f"
    try:
        solutions = solved(slopes, names)
    except NotIsolated as error:
        raise ValueError(f"the critical points of {text(found.expression)} are not isolated: {error}") from None
    rows = second_partials(slopes, names, detail)
    bends = StudyStep(
        "second partial derivatives", (listed([_second_name(label, names, i, j, rows) for i, j in _pairs(names)]),)
    )
    points = tuple(_classified(found.expression, rows, names, each) for each in solutions.found)
    steps = [gradient_step(label, names, slopes, solutions)]
    if points:
        steps += [bends, _test(label, names, rows, points)]
    answer = _answer(shape, label, names, rows, points)
    checked = (
        "Checked: the engine's gradient is 0 at each point, its Hessian has these signs, and so have values around"
    )
    if not solutions.is_complete:
        checked += f". Found {solutions.how}: that there are no others is not proved"
    study = Study(shape.kind, tuple(steps), points, (), tuple(answer), checked, solutions.is_complete)
    return found, study


def gradient_step(label: str, names: Sequence[str], slopes: Sequence[Expression], solutions: Solutions) -> StudyStep:
    """Return the step that sets all partial derivatives to 0."""
    lines: list[Phrase] = [
        (equation(Symbol(f"{label}_{name}"), slope, ZERO),) for name, slope in zip(names, slopes, strict=True)
    ]
    lines.append((solutions.how,))
    points = [point(names, each.exact, each.values) for each in solutions.found]
    lines.append(listed(points, "; ") if points else ("no real solution",))
    return StudyStep("set the gradient to 0", tuple(lines))


def point(names: Sequence[str], exact: Sequence[Expression | None], values: Sequence[float]) -> Phrase:
    """Return a point as it is read: (1, -1)."""
    parts: list[Phrase] = [(named(form, value),) for form, value in zip(exact, values, strict=True)]
    return ("(", *listed(names_of(names)), ") = (", *listed(parts), ")")


def names_of(names: Sequence[str]) -> list[Phrase]:
    """Return variables as phrases."""
    return [(Symbol(name),) for name in names]


def _pairs(names: Sequence[str]) -> list[tuple[int, int]]:
    return [(i, j) for i in range(len(names)) for j in range(i, len(names))]


def second_partials(slopes: Sequence[Expression], names: Sequence[str], detail: Detail) -> Matrix:
    """Return the second partial derivatives, each derived from a first one and checked."""
    questions = [found_before(Parsed(slope, None, tuple(names), ""), names, None, detail) for slope in slopes]
    upper = {(i, j): derive(questions[i], names[j], 1).expression for i, j in _pairs(names)}
    return tuple(tuple(upper[min(i, j), max(i, j)] for j in range(len(names))) for i in range(len(names)))


def _second_name(label: str, names: Sequence[str], i: int, j: int, rows: Matrix) -> Phrase:
    return (equation(Symbol(f"{label}_{names[i]}{names[j]}"), rows[i][j]),)


def determinant(rows: Matrix) -> Expression:
    """Return the determinant of two rows of two."""
    (a, b), (_, d) = rows
    return tidy(neat(a * d - b**2))[1]


def _classified(function: Expression, rows: Matrix, names: Sequence[str], solution: Solution) -> Found:
    """Return what kind of point a solution is, by the engine's Hessian; where that says nothing, by values around."""
    values = dict(zip(names, solution.values, strict=True))

    def call(vector: Any) -> Any:
        return evaluate(function, {name: vector[place] for place, name in enumerate(names)})

    with np.errstate(all="ignore"):
        value = without_dust(float(call(np.array(solution.values))))
        bends = np.asarray(hessian(call)(np.array(solution.values)), dtype=float)
        formula = np.array([[float(evaluate(entry, values)) for entry in row] for row in rows])
    if not np.allclose(bends, formula, rtol=1e-6, atol=1e-6, equal_nan=True):
        raise GradientError(f"the second derivatives at {values} differ from the engine's; please report this")
    exact_value = value_form(function, dict(zip(names, solution.exact, strict=True)), value)
    at = tuple(values.items())
    if not np.isfinite(bends).all():
        return Found(
            at, solution.exact, value, exact_value, "degenerate", "", "the second derivatives do not exist there"
        )
    curvatures = np.linalg.eigvalsh(bends)
    flat = _FLAT * max(1.0, float(np.abs(curvatures).max()))
    around = _around(call, np.array(solution.values), value)
    if np.any(curvatures > flat) and np.any(curvatures < -flat):
        kind = "saddle"
    elif np.all(np.abs(curvatures) > flat):
        kind = "minimum" if curvatures[0] > 0 else "maximum"
        if around != kind:
            raise GradientError(f"values around {values} contradict the Hessian; please report this")
    else:
        how = "the Hessian says nothing: by values around"
        return Found(at, solution.exact, value, exact_value, around, _scope(around), how)
    return Found(at, solution.exact, value, exact_value, kind, _scope(kind), "by the Hessian")


def _scope(kind: str) -> str:
    return "local" if kind in ("minimum", "maximum") else ""


def _around(call: Callable[[Any], Any], at: Floats, value: float) -> str:
    """Return what values in many directions say: a minimum where all are greater, a saddle where some are and some are not."""
    directions = np.random.default_rng(0).normal(size=(300, len(at)))
    directions = np.concatenate([directions, np.eye(len(at)), -np.eye(len(at))])
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    for reach in (1e-2, 1e-3):
        with np.errstate(all="ignore"):
            off = np.asarray(call((at + reach * directions).T), dtype=float) - value
        off = off[np.isfinite(off)]
        noise = 1e-15 * (1 + abs(value))
        if len(off) and (off > noise).all():
            return "minimum"
        if len(off) and (off < -noise).all():
            return "maximum"
        if (off > 8 * noise).any() and (off < -8 * noise).any():
            return "saddle"
    return "degenerate"


def _test(label: str, names: Sequence[str], rows: Matrix, points: Sequence[Found]) -> StudyStep:
    """Return the second derivative test: by the determinant of two variables, by eigenvalues of more."""
    lines: list[Phrase] = []
    if len(names) == 2:
        first, second = (f"{label}_{name}{name}" for name in names)
        mixed = f"{label}_{names[0]}{names[1]}"
        product = Symbol(first) * Symbol(second) - Symbol(mixed) ** 2
        lines.append((equation(Symbol("D"), product, determinant(rows)),))
    for each in points:
        lines.append(
            (*point(names, each.exact, [value for _, value in each.at]), ": ", *_verdict(label, names, rows, each))
        )
    return StudyStep("second derivative test", tuple(lines))


def _verdict(label: str, names: Sequence[str], rows: Matrix, each: Found) -> Phrase:
    given = dict(zip(names, each.exact, strict=True))
    values = dict(each.at)
    means = {"minimum": "a local minimum", "maximum": "a local maximum", "saddle": "a saddle point"}.get(
        each.kind, "not settled"
    )
    if not each.how.startswith("by the Hessian"):
        means = f"{each.how}, {means}"
    if len(names) > 2:
        matrix = np.array([[float(evaluate(entry, values)) for entry in row] for row in rows])
        found = ", ".join(shown_number(float(value), 4) for value in np.linalg.eigvalsh(matrix))
        return (f"the Hessian has the eigenvalues {found}: {means}",)
    both = determinant(rows)
    size_of = float(evaluate(both, values))
    shown: Phrase = ("D = ", *said(value_form(both, given, size_of), size_of))
    if each.how.startswith("by the Hessian") and each.kind != "saddle":
        bend = float(evaluate(rows[0][0], values))
        sign = ">" if bend > 0 else "<"
        first = f"{label}_{names[0]}{names[0]}"
        return (
            *shown,
            " > 0 and ",
            Symbol(first),
            " = ",
            *said(value_form(rows[0][0], given, bend), bend),
            f" {sign} 0: {means}",
        )
    return (*shown, f" < 0: {means}") if each.how.startswith("by the Hessian") else (*shown, f": {means}")


def _answer(shape: Shape, label: str, names: Sequence[str], rows: Matrix, points: Sequence[Found]) -> list[Phrase]:
    lines: list[Phrase] = []
    for each in points:
        lines.append((f"{NAMES[each.kind]}: ", *value_phrase(label, each)))
    if not points:
        lines.append(
            (
                f"{label} has no critical points"
                if shape.kind == "critical points"
                else f"{label} has no local extrema: the gradient is 0 nowhere",
            )
        )
    if shape.kind == "absolute extrema":
        lines += _everywhere(label, rows, points)
    return lines


def _everywhere(label: str, rows: Matrix, points: Sequence[Found]) -> list[Phrase]:
    """Return whether an extremum is the greatest or the least value of all: so it is where the Hessian is constant."""
    if any(free_symbols(entry) for row in rows for entry in row) or len(points) != 1:
        return [
            (f"whether {label} has a greatest or a least value on the whole is not settled by its critical points",)
        ]
    if points[0].kind == "saddle":
        return [
            (f"{label} has neither a greatest nor a least value: it rises and falls without bound from the saddle",)
        ]
    if points[0].kind in ("minimum", "maximum"):
        return [
            (f"absolute {points[0].kind}: the Hessian is the same everywhere, so that {label} has no other extremum",)
        ]
    return []


def value_phrase(label: str, each: Found) -> Phrase:
    """Return f(1, 1) = -1, exact where it is."""
    places: list[Phrase] = [(named(form, value),) for form, (_, value) in zip(each.exact, each.at, strict=True)]
    return (f"{label}(", *listed(places), ") = ", *said(each.exact_value, each.value))
