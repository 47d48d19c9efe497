"""Owns the mistakes that are seen on an answer as a whole: brackets left out, terms lost, numbers that are wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

import numpy as np

from chainrule.errors import ParseError
from chainrule.explain.expressions.algebra import Term, collect, sum_terms, terms_of
from chainrule.explain.expressions.expansion import expanded_terms
from chainrule.explain.expressions.expression import (
    Apply,
    Expression,
    Number,
    Value,
    fold,
    free_symbols,
    rebuild,
    size,
)
from chainrule.explain.expressions.neat import is_named, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.reading.parse import parse
from chainrule.practice.grading.operation import Floats
from chainrule.practice.grading.points import Sample, agree, ratio

MAX_TEXT = 200
MAX_BRACKETS = 12
MAX_NUMBERS = 24
MAX_ALGEBRA = 200
_LETTERS = re.compile(r"[A-Za-zα-ωΓσ]+$")


def without_brackets(expression: Expression) -> Iterator[Expression]:
    """Yield what is read where brackets are left out: each pair alone, then all of them.

    >>> from chainrule.explain.reading.parse import parse
    >>> [text(found) for found in without_brackets(parse("2(x+1)").expression)]
    ['2x + 1']
    """
    line = text(expression)
    pairs = _pairs(line) if len(line) <= MAX_TEXT else []
    choices = [[pair] for pair in pairs[:MAX_BRACKETS]]
    if len(pairs) > 1:
        choices.append(pairs)
    for chosen in choices:
        try:
            found = parse(_erased(line, chosen)).expression
        except ParseError:
            continue
        if found != expression:
            yield found


def _pairs(line: str) -> list[tuple[int, int]]:
    opened: list[int] = []
    pairs: list[tuple[int, int]] = []
    for position, char in enumerate(line):
        if char == "(":
            opened.append(position)
        elif char == ")" and opened:
            pairs.append((opened.pop(), position))
    return pairs


def _erased(line: str, pairs: Sequence[tuple[int, int]]) -> str:
    chars = list(line)
    for opening, closing in pairs:
        before = line[:opening].rstrip()
        word = _LETTERS.search(before)
        is_factor = bool(before) and (before[-1].isdigit() or before[-1] == ")" or (word and len(word[0]) == 1))
        chars[opening] = "*" if is_factor else " "
        after = line[closing + 1 : closing + 2]
        chars[closing] = "*" if after.isalnum() or after == "(" else " "
    return "".join(chars)


def with_split_powers(expression: Expression) -> Expression:
    """Return the function with (a + b)^n read as a^n + b^n."""

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        made = rebuild(node, operands)
        if (
            isinstance(made, Apply)
            and is_named(made, "power", "sqrt")
            and is_named(made.operands[0], "add", "subtract")
        ):
            inner = made.operands[0]
            assert isinstance(inner, Apply)
            rest = made.operands[1:]
            return Apply(inner.primitive, tuple(Apply(made.primitive, (part, *rest)) for part in inner.operands))
        return made

    return fold(expression, combine)


def expanded(expression: Expression) -> list[Term] | None:
    """Return the multiplied-out terms, like ones collected; None where there are too many."""
    if size(expression) > MAX_ALGEBRA:
        return None
    terms = expanded_terms(neat(expression))
    return None if terms is None else collect(terms)


def compare_terms(answer: Expression, expected: Expression) -> str | None:
    """Return the mistake that shows term by term: a sign, a missing term, or one number."""
    for split in (expanded, _plain_terms):
        left, right = split(answer), split(expected)
        if left is None or right is None or len(right) < 2:
            continue
        numbers = {term.key: term.coefficient for term in left}
        wanted = {term.key: term.coefficient for term in right}
        if not numbers.keys() <= wanted.keys() or not numbers:
            continue
        different = [key for key in numbers if numbers[key] != wanted[key]]
        if len(numbers) == len(wanted) and different and all(numbers[key] == -wanted[key] for key in different):
            return "lost sign"
        if len(numbers) == len(wanted) and len(different) == 1:
            return "arithmetic slip"
        if len(numbers) + 1 == len(wanted) and not different:
            return "one term missing"
    return None


def _plain_terms(expression: Expression) -> list[Term] | None:
    return terms_of(neat(expression)) if size(expression) <= MAX_ALGEBRA else None


def has_wrong_number(values: Floats, expected: Floats, forms: Iterable[Expression], sample: Sample) -> str | None:
    """Return "arithmetic slip" or "lost sign" where one number of the derivative is wrong in an answer that is not just 0."""
    if not np.any(values):
        return None
    factor = ratio(values, expected)
    if factor is not None and factor != 0:
        return "lost sign" if agree(values, -expected) else "arithmetic slip"
    difference = values - expected
    if agree(difference, np.full_like(difference, difference[0])):
        return "arithmetic slip"
    for form in forms:
        for is_sign, changed in _with_other_numbers(form):
            if agree(values, sample.values(changed)):
                return "lost sign" if is_sign else "arithmetic slip"
    return None


def _with_other_numbers(form: Expression) -> Iterator[tuple[bool, Expression]]:
    """Yield the formula with one number changed, at each of its places; and whether only the sign is."""
    if size(form) > MAX_ALGEBRA:
        return
    count = _count_numbers(form)
    for place in range(min(count, MAX_NUMBERS)):
        for is_sign, change in _CHANGED:
            yield is_sign, _replaced(form, place, change)
    for place in range(len(sum_terms(form))):
        signed = [-sign if index == place else sign for index, (sign, _) in enumerate(sum_terms(form))]
        total: Expression = Number(0)
        for sign, (_, term) in zip(signed, sum_terms(form), strict=True):
            total = total + term if sign > 0 else total - term
        yield True, total


_CHANGED = (
    (True, lambda value: -value),
    (False, lambda value: value + 1),
    (False, lambda value: value - 1),
    (False, lambda value: value + 2),
    (False, lambda value: value - 2),
    (False, lambda value: value * 2),
    (False, lambda value: Fraction(value) / 2),
)


def _count_numbers(form: Expression) -> int:
    found = 0
    pending = [form]
    while pending:
        node = pending.pop()
        found += isinstance(node, Number)
        pending.extend(node.operands if isinstance(node, Apply) else ())
    return found


def _replaced(form: Expression, place: int, change: Callable[[int | Fraction], Value]) -> Expression:
    """Return the tree with its number at `place`, counted from the left, changed."""
    seen = -1

    def visit(node: Expression) -> Expression:
        nonlocal seen
        if isinstance(node, Number):
            seen += 1
            if seen == place and not isinstance(node.value, float):
                return Number(change(node.value))
            return node
        if isinstance(node, Apply):
            return rebuild(node, [visit(operand) for operand in node.operands])
        return node

    return visit(form)


def has_irrational(expression: Expression) -> bool:
    """Return whether a number in it has no short decimal form, so that a rounded one is what people write."""
    found = fold(expression, _is_irrational)
    return found


def _is_irrational(node: Expression, operands: Sequence[bool]) -> bool:
    if any(operands):
        return True
    if isinstance(node, Number):
        return isinstance(node.value, Fraction) and (2**20 * 5**20) % node.value.denominator != 0
    if isinstance(node, Apply):
        return not free_symbols(node) and not is_named(node, "add", "subtract", "multiply", "negative")
    return hasattr(node, "value") and not isinstance(node, Number)
