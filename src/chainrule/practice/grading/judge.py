"""Owns the verdict on a derivative: right in any form, or wrong with the mistake that would have given the answer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import numpy as np

from chainrule.explain.expressions.conditions import domain_of
from chainrule.explain.expressions.equivalence import equivalent
from chainrule.explain.expressions.expression import Expression, Number, Symbol, free_symbols, size, substitute, walk
from chainrule.explain.expressions.neat import ZERO, is_named, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.roots import powers_as_cube_roots
from chainrule.practice.grading.mistakes import HINTS, MISTAKES, RANKS, UNKNOWN
from chainrule.practice.grading.operation import Floats
from chainrule.practice.grading.points import LEAST, Sample, agree, sample
from chainrule.practice.grading.variants import OutOfTime, Search, Variant, as_powers, unfolded
from chainrule.practice.grading.whole_answer import (
    compare_terms,
    has_irrational,
    has_wrong_number,
    with_split_powers,
    without_brackets,
)

CLOSE = 1e-3
NEAR = 0.02
_ROUNDED = "rounded too early"


@final
@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is right, the name of the mistake if one was recognized, and the hint."""

    correct: bool
    mistake: str | None = None
    hint: str = ""


RIGHT = Verdict(True, None, "Right.")


def wrong(mistake: str | None) -> Verdict:
    """Return the verdict on a wrong answer."""
    return Verdict(False, mistake, UNKNOWN if mistake is None else HINTS[mistake])


def in_sentence(hint: str) -> str:
    """Return a hint as it goes on after a colon."""
    return hint[0].lower() + hint[1:]


@final
@dataclass(frozen=True)  # without slots, since what is computed once is kept
class Task:
    """One derivative that is asked for.

    function: what is to be differentiated last: the function itself, or for a second derivative the first one. before:
    the functions before it, for a second derivative. name: by which variable. names: all variables. expected: the
    derivative. forms: the derivative in other forms, as the derivation passes through them. conditions: where it holds.
    """

    function: Expression
    name: str
    names: tuple[str, ...]
    expected: Expression
    forms: tuple[Expression, ...] = ()
    conditions: tuple[Expression, ...] = ()
    before: tuple[Expression, ...] = ()

    @cached_property
    def sample(self) -> Sample:
        """The points at which answers are compared."""
        return sample(self.names, (self.function, self.expected), self.conditions)

    @cached_property
    def target(self) -> Floats:
        """The derivative at these points."""
        return self.sample.values(self.expected)

    @cached_property
    def all_forms(self) -> tuple[Expression, ...]:
        """Every form of the derivative that is really equal to it; a derivation has lines that are parts, too."""
        candidates = dict.fromkeys((self.expected, *self.forms))
        return tuple(form for form in candidates if self._is_form(form))

    def _is_form(self, form: Expression) -> bool:
        known = set(free_symbols(form)) <= set(self.names)
        return known and size(form) < 200 and agree(self.sample.values(form), self.target)


def judge(task: Task, answer: Expression, deadline: float) -> Verdict:
    """Return the verdict on one formula; after `deadline`, on the clock `time.monotonic`, no mistake is looked for.

    NumPy's warnings are off where this is called: wrong answers overflow.
    """
    stranger = _in_other_letter(task, answer)
    if stranger is not None:
        return stranger
    if is_right(task, answer):
        return RIGHT
    if len(task.sample) < LEAST:
        return wrong(None)
    answer = _as_meant(task, answer)
    task = _where_defined(task, answer)
    return _named(task, answer, task.sample.values(answer), deadline)


def _where_defined(task: Task, answer: Expression) -> Task:
    """Return the task at points where the answer has a value: 2^x ln(x) is compared for x > 0 with what mistakes give."""
    within = replace(task, conditions=(*task.conditions, *domain_of(answer)))
    return within if len(within.sample) >= LEAST else task


def _as_meant(task: Task, answer: Expression) -> Expression:
    """Return an answer about cube roots with powers such as x^(2/3) as cube roots, so that they are defined below 0, too."""
    return powers_as_cube_roots(answer) if any(is_named(node, "cbrt") for node in walk(task.function)) else answer


def is_right(task: Task, answer: Expression) -> bool:
    """Return whether an answer equals the derivative, wherever the function has one."""
    answer = _as_meant(task, answer)
    if len(task.sample) < LEAST:
        return equivalent(answer, task.expected, task.names, task.conditions) is True
    values = task.sample.values(answer)
    agrees = agree(values, task.target)
    if not agrees and _distance(values, task.target) > CLOSE:
        return False
    if has_decimals(answer) and has_irrational(task.expected):
        return True
    equal = equivalent(answer, task.expected, task.names, task.conditions)
    return equal is not False if agrees else equal is True


def _distance(values: Floats, target: Floats) -> float:
    """Return the largest relative difference; infinite where a value is missing."""
    scale = np.maximum(np.maximum(np.abs(values), np.abs(target)), 1e-12)
    found = np.abs(values - target) / scale
    return float(np.max(found)) if np.all(np.isfinite(found)) else np.inf


def has_decimals(answer: Expression) -> bool:
    """Return whether a number in it was typed as a decimal, which the parser reads exactly."""
    return any(isinstance(node, Number) and _is_decimal(node) for node in walk(answer))


def _is_decimal(number: Number) -> bool:
    value = number.value
    return (
        isinstance(value, float)
        or (not isinstance(value, int) and value.denominator % 10 == 0)
        or (not isinstance(value, int) and value.denominator > 64)
    )


def _named(task: Task, answer: Expression, values: Floats, deadline: float) -> Verdict:
    """Return the verdict on a wrong answer: the mistake that comes first in the table, of all that would have given it."""
    if agree(values, task.target):  # it differs in late digits only, which no misused rule gives
        return wrong(_ROUNDED if has_decimals(answer) else "arithmetic slip")
    found: list[tuple[int, str]] = []
    searches: list[tuple[Expression, Search]] = []
    try:
        for name in _of_whole(task, answer, values, deadline):
            found.append((RANKS[name], ""))
        for form in dict.fromkeys((unfolded(task.function), as_powers(unfolded(task.function)))):
            search = Search(form, task.name, task.sample.points, deadline)
            if agree(task.sample.spread(search.right(form)), task.target):
                searches.append((form, search))
                found += _matches(search.with_slips(form, 1), values, form, task)
                found += _matches(search.everywhere(form), values, form, task)
        if not found:
            found += _by_brackets(task, values, deadline)
        by_terms = None if found else compare_terms(answer, task.expected)
        if by_terms in ("lost sign", "one term missing"):
            found.append((RANKS[by_terms], ""))
        if not found:
            for form, search in searches:
                found += _matches(search.with_slips(form, 2), values, form, task)
        if not found:
            found += _by_numbers(task, answer, values, by_terms)
    except OutOfTime:
        pass
    if not found:
        return wrong(None)
    rank, place = min(found, key=lambda match: (match[0], len(match[1])))
    made = MISTAKES[rank]
    return Verdict(False, made.name, f"Look at {place}: {in_sentence(made.hint)}" if place else made.hint)


def _matches(variants: Iterable[Variant], values: Floats, whole: Expression, task: Task) -> Iterator[tuple[int, str]]:
    for variant in variants:
        value = task.sample.spread(variant.value)
        # The first point alone rules nearly all of them out.
        if variant.slips and abs(value[0] - values[0]) <= 1e-6 * (abs(value[0]) + 1e-6) and agree(value, values):
            where = "" if variant.node is None or variant.node == whole else text(neat(variant.node))
            yield min(variant.slips), where if len(where) <= 40 and not where.isalpha() else ""


def _of_whole(task: Task, answer: Expression, values: Floats, deadline: float) -> Iterator[str]:
    """Yield what an answer is the answer to: another question about the same function."""
    function = task.sample.values(task.function)
    for other in task.names:
        if other != task.name and agree(values, _slope(task.function, other, task.sample, deadline)):
            yield "wrong variable"
    if agree(_slope(answer, task.name, task.sample, deadline), function) and not agree(values, function):
        yield "integrated instead"
    is_constant = task.expected == ZERO
    if is_constant and not free_symbols(task.function) and np.any(values) and not agree(values, function):
        yield "constant differentiated"
    if agree(values, function):
        once = "constant kept" if is_constant else "answered the function itself"
        yield "differentiated once only" if task.before else once
    if any(agree(values, task.sample.values(earlier)) for earlier in task.before):
        yield "answered the function itself"
    if (
        agree(values, _slope(task.expected, task.name, task.sample, deadline))
        and task.expected != ZERO
        and np.any(values)
    ):
        yield "differentiated twice"
    split = with_split_powers(task.function)
    if split != task.function and agree(values, _slope(split, task.name, task.sample, deadline)):
        yield "power of a sum split"


def _slope(expression: Expression, name: str, points: Sample, deadline: float) -> Floats:
    """Return the derivative of an expression at the points, by the rules of the table."""
    plain = unfolded(expression)
    if name not in free_symbols(plain):
        return points.spread(0.0)
    return points.spread(Search(plain, name, points.points, deadline).right(plain))


def _by_brackets(task: Task, values: Floats, deadline: float) -> Iterator[tuple[int, str]]:
    rank = RANKS["dropped brackets"]
    for form in task.all_forms:
        for changed in without_brackets(form):
            if time.monotonic() > deadline:
                raise OutOfTime
            if _is_known(task, changed) and agree(values, task.sample.values(changed)):
                yield rank, ""
    for changed in without_brackets(task.function):
        if _is_known(task, changed) and agree(values, _slope(changed, task.name, task.sample, deadline)):
            yield rank, ""


def _is_known(task: Task, expression: Expression) -> bool:
    return set(free_symbols(expression)) <= set(task.names)


def _by_numbers(task: Task, answer: Expression, values: Floats, by_terms: str | None) -> Iterator[tuple[int, str]]:
    if has_decimals(answer) and _distance(values, task.target) <= NEAR:
        yield RANKS[_ROUNDED], ""
        return
    name = by_terms or has_wrong_number(values, task.target, task.all_forms, task.sample)
    if name is not None:
        yield RANKS[name], ""


def _in_other_letter(task: Task, answer: Expression) -> Verdict | None:
    """Return the verdict on an answer in a letter that the function does not have, such as 2t for 2x; None if it has none."""
    strangers = [name for name in free_symbols(answer) if name not in task.names]
    if not strangers:
        return None
    shown = ", ".join(text(Symbol(name)) for name in strangers)
    if len(strangers) == 1 and is_right(task, substitute(answer, {strangers[0]: Symbol(task.name)})):
        return Verdict(False, "wrong variable", f"The function has no {shown}: which letter does it have?")
    return Verdict(
        False, "wrong variable", f"The function has no {shown}: write it in the letters that the function has."
    )
