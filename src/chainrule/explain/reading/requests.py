"""Owns requests next to a definition, as in y = x^2, dy/dx: f'(x), y'', f^{(4)}(x), f_x(2, 1), ∇f, and its derivative."""

from __future__ import annotations

import re
from dataclasses import replace

from chainrule.explain.reading.asked import (
    NUMBER,
    ORDER_WORD,
    VARIABLE,
    VERB,
    Asked,
    blanked,
    constant,
    order_of,
    without_let,
)
from chainrule.explain.reading.differential_quotient import QUOTIENT, parts_of
from chainrule.explain.reading.nesting import lone_equals
from chainrule.explain.reading.parse import symbol_name

_LAGRANGE = r"\^\s*+(?:\{\s*+\(\s*+([0-9]{1,3}|n)\s*+\)\s*+\}|\(\s*+([0-9]{1,3}|n)\s*+\))"
"""The order in f^{(4)}(x)."""
_PRIMED = re.compile(
    rf"\s*+({VARIABLE})\s*+(?:('+)|{_LAGRANGE})\s*+(?:\(\s*+(?:({VARIABLE})|([-+]?[0-9.]+))\s*+\))?\s*+$"
)

_GRADIENT = re.compile(rf"\s*+(?:∇|\\nabla(?![A-Za-z]))\s*+({VARIABLE})\s*+")
_INDEXED = re.compile(r"\s*+([A-Za-z])_\{?(([a-z])\3{0,5})\}?\s*+(?:\(([^()]*)\)\s*+)?")
"""f_x, f_{xx} and f_x(2, 1)."""
_ASK = re.compile(
    rf"[\s;,.:]++(?:then\s+)?(?:{VERB})((?:the|its)\s+(?:({ORDER_WORD})\s+)?derivative|(?<=\s)(?:\\partial\s+)?[^\s=]{{0,40}}(?:'|/|\^\s*\{{?\(|\\[dt]?frac|∇|\\nabla|_)[^=\n]{{0,80}}?)\s*+$",
    re.IGNORECASE,
)
_ASK_FIRST = re.compile(
    rf"\s*(?:{VERB})((?:\\partial\s+)?\S*(?:'|/|\^\s*\{{?\(|\\[dt]?frac|∇|\\nabla|_).*?)[\s,]*(?:\b(?:where|if|when|given\s+that|given|for|of|from|in|on)\s|[:;]|(?<=,)(?![^()]*\)))(?=.*=)",
    re.IGNORECASE,
)


def by_request(text: str, asked: Asked) -> Asked:
    """Understand what stands next to a definition: `y = x^2, dy/dx`, `Let f(x) = x^2. Find f'(x)`."""
    line = asked.line
    if lone_equals(line, 0, len(line)) < 0:  # that of a sum's index, as in \sum_{i=1}^{3} y_i, is no definition
        return asked
    first = _ASK_FIRST.match(line)
    if first is not None and (signs := _signs(text, first[1])) is not None:
        return replace(signs, line=blanked(line, 0, first.end()), wrt=signs.wrt or asked.wrt, at=signs.at or asked.at)
    start = 0
    while (found := _ASK.search(line, start)) is not None:
        start = found.start() + 1  # what looks like a request may hold the one that is meant
        in_words = found[1].lower().startswith(("the", "its"))
        signs = (
            Asked(line, order=order_of(text, found.start(1), found[2] or "first"))
            if in_words
            else _signs(text, found[1])
        )
        if signs is not None:
            left = without_let(blanked(line, found.start(), len(line)))
            return replace(signs, line=left, wrt=signs.wrt or asked.wrt, at=signs.at or asked.at, asked=True)
    return asked


def _signs(text: str, request: str) -> Asked | None:
    """Return what dy/dx, f'(x) or y'' asks for, where the request is nothing else."""
    found = QUOTIENT.fullmatch(request.rstrip())
    if found is not None:
        order, name, variable = parts_of(text, found, 0)
        return None if name is None else Asked("", (variable,), order, name=name, asked=True)
    gradient = _GRADIENT.fullmatch(request.rstrip())
    if gradient is not None:
        return Asked("", name=symbol_name(gradient[1]), asked=True)
    indexed = _INDEXED.fullmatch(request.rstrip())
    if indexed is not None:
        arguments = (indexed[4] or "").split(",")
        numbers = tuple(number for number in map(constant, arguments) if number is not None)
        if len(numbers) not in (0, len(arguments)):
            return None
        return Asked("", (indexed[3],), len(indexed[2]), numbers or None, name=indexed[1], asked=True)
    primed = _PRIMED.fullmatch(request.rstrip())
    if primed is None:
        return None
    name, primes, braced, bracketed, argument, number = primed.groups()
    if number and not re.fullmatch(NUMBER, number):
        return None
    order = order_of(text, 0, braced or bracketed or str(len(primes)))
    sign = f"{name}^({bracketed})"
    notes = (
        (f"{sign} is the derivative of order {order}; a power is written as {name}^{bracketed}",) if bracketed else ()
    )
    return Asked(
        "",
        None,
        order,
        (float(number),) if number else None,
        name=symbol_name(name),
        asked=True,
        argument=symbol_name(argument) if argument else None,
        notes=notes,
    )
