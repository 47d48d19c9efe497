"""Textbook problems derive right: SymPy's derivative of an expression built by hand is the judge of every spelling."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import mpmath
import numpy as np
import pytest
import sympy as sp
from tests.explain import textbook, textbook_several
from tests.explain.textbook import Problem
from tests.explain.textbook_several import ASKED

from chainrule.explain.derivation.explain import explain
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression
from chainrule.explain.expressions.notation import latex, text
from chainrule.explain.reading.parse import parse
from chainrule.explain.reading.problem import parse_problem

pytestmark = pytest.mark.slow

RANGES = ((0.2, 2.0), (-2.0, 2.0), (0.2, 0.8), (1.1, 3.0), (-0.9, 0.9), (2.8, 6.0))
WANTED_POINTS = 8
LEAST_POINTS = 3

PROBLEMS = textbook.PROBLEMS | textbook_several.PROBLEMS
EACH = [problem for problems in PROBLEMS.values() for problem in problems]
SPELLINGS = [(problem, spelling) for problem in (*EACH, *ASKED) for spelling in problem.spellings[1:]]


@functools.cache
def judged(problem: Problem, order: int) -> list[tuple[dict[str, float], float]]:
    """Return points of the domain, and the value of the function's derivative there, as SymPy finds it to 60 digits."""
    symbols = sorted(problem.meaning.free_symbols | {problem.wrt}, key=str)
    derivative = sp.diff(problem.meaning, problem.wrt, order)
    function = sp.lambdify(symbols, (problem.meaning, derivative), "mpmath")
    generator = np.random.default_rng(1)
    found: list[tuple[dict[str, float], float]] = []
    for trial in range(60):
        point = {str(symbol): float(generator.uniform(*RANGES[trial % len(RANGES)])) for symbol in symbols}
        with mpmath.workdps(60):
            try:
                values = [mpmath.mpmathify(value) + 0 for value in function(*map(mpmath.mpf, point.values()))]
            except (ValueError, ZeroDivisionError):
                continue
        if all(isinstance(value, mpmath.mpf) and mpmath.isfinite(value) for value in values):
            found.append((point, float(values[1])))
        if len(found) == WANTED_POINTS:
            break
    return found


def check(expression: Expression, values: list[tuple[Mapping[str, float], float]]) -> None:
    assert len(values) >= LEAST_POINTS
    for point, value in values:
        with np.errstate(all="ignore"):
            assert float(evaluate(expression, point)) == pytest.approx(value, rel=1e-9, abs=1e-12), point


@pytest.mark.parametrize("problem", EACH, ids=lambda problem: f"{problem.spellings[0]}, {problem.wrt}, {problem.order}")
def test_derives_right(problem: Problem) -> None:
    derivation = explain(problem.spellings[0], wrt=str(problem.wrt), order=problem.order)
    result = derivation.result.expression
    values = judged(problem, problem.order)
    check(result, values)
    assert derivation.verified is not None
    assert derivation.verified < 1e-6
    # What is printed can be typed again.
    check(parse(text(result)).expression, values)
    check(parse(latex(result)).expression, values)


@pytest.mark.parametrize(("problem", "spelling"), SPELLINGS, ids=[spelling for _, spelling in SPELLINGS])
def test_other_spellings_mean_the_same(problem: Problem, spelling: str) -> None:
    check(parse_problem(spelling).expression, judged(problem, 0))


@pytest.mark.parametrize(
    ("problem", "spelling"), [(problem, spelling) for problem in ASKED for spelling in problem.spellings], ids=str
)
def test_what_is_asked_in_words_or_signs_is_derived(problem: Problem, spelling: str) -> None:
    derivation = explain(spelling)
    assert (derivation.wrt, derivation.order) == ((str(problem.wrt),), problem.order)
    check(derivation.result.expression, judged(problem, problem.order))


def test_there_are_enough_problems() -> None:
    assert len(EACH) >= 200
    assert len({spelling for problem in EACH for spelling in problem.spellings}) >= 600
