r"""Owns problems as they are asked: a function with the words or signs that ask for its derivative.

Understood are `d/dx x^2`, `d(x^2)/dx`, `∂/∂x (x^2 y)`, `\frac{d^2}{dx^2} x^4`, `(x^2)'`, `y = x^2, dy/dx`,
`f(x) = x^2; f'(x)`, `∇(xy)`, `∂_x(x^2 y)`, `diff(x^2, x)`, and English around a function: `find the second derivative of x^4 with
respect to x at x = 2`. A sign of differentiation in front takes all that follows: `d/dx x^2 + 3x` asks for 2x + 3. Words
are blanked out, so that columns stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from chainrule.explain.expressions.expression import Expression, free_symbols
from chainrule.explain.reading.asked import (
    ORDERS,
    VARIABLE,
    Asked,
    At,
    blanked,
    by_words,
    without_end,
)
from chainrule.explain.reading.composed import Composed, composed_of
from chainrule.explain.reading.curves import Curve, Implicit, curve_of
from chainrule.explain.reading.differential_quotient import POWER, QUOTIENT, D, parts_of, quotient_order
from chainrule.explain.reading.fields import Field, field_of
from chainrule.explain.reading.graph_point import without_height
from chainrule.explain.reading.inverses import InverseAsked, inverse_of
from chainrule.explain.reading.limits import LimitAsked, limit_of
from chainrule.explain.reading.mixed import without_mixed
from chainrule.explain.reading.parse import Parsed, parse_line, plain_line, symbol_name
from chainrule.explain.reading.polar import polar_of, without_polar
from chainrule.explain.reading.rates import Rates, rates_of
from chainrule.explain.reading.refusal import refusal
from chainrule.explain.reading.requests import by_request
from chainrule.explain.reading.shapes import Shape, shape_of
from chainrule.explain.reading.statements import Span, find_statements, header, refuse_inverses
from chainrule.explain.reading.taylor import TaylorAsked, taylor_of

_BY_A_FORMULA = re.compile(rf"\s*+{D}\s*+{POWER}\s*+/\s*+{D}\s*+[(\[]")
_ABOVE_THE_LINE = (
    (
        re.compile(rf"\s*+{D}\s*+{POWER}\s*+(?=[^\s/])"),
        re.compile(rf"\s*+/\s*+{D}\s*+({VARIABLE})\s*+{POWER}\s*+$"),
    ),
    (
        re.compile(rf"\s*+\\[dt]?frac\s*+\{{\s*+{D}\s*+{POWER}\s*+(?=[^\s}}])"),
        re.compile(rf"\s*+\}}\s*+\{{\s*+{D}\s*+({VARIABLE})\s*+{POWER}\s*+\}}\s*+$"),
    ),
)
"""What stands before and after a function that is written above the line, as in d(x^2)/dx."""

_OPERATOR = re.compile(
    rf"\s*+(?:(?:∂|\\partial(?![A-Za-z]))\s*+_\s*+(?:\{{\s*+({VARIABLE})\s*+\}}|([A-Za-z]))|D_\{{?([r-z])\}}?(?=\s*+[(\[]))"
)
"""Differentiation written with an index, as in ∂_x(x^2 y) and D_x(x^3)."""
_BRACKETED = re.compile(r"\s*+[(\[]")

_NABLA_PRODUCT = re.compile(r"\s*(?:\^\s*\{?\s*2|²|\*|\\cdot(?![A-Za-z])|\\times(?![A-Za-z]))")
_OF_SIGN = re.compile(r"\s*of\b")
_CONSTANTS = frozenset("abcdkmn")
_PROGRAM = re.compile(
    rf"\s*(?:diff|Diff|D|Derivative|derivative|grad)\s*[(\[](.*),\s*({VARIABLE})\s*[)\]]\s*$", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A function, and what was asked of it.

    parsed: the function. wrt: by which variables to differentiate, where that was said or the function lists them.
    order: how often; 1 where nothing was said. at: the point, where one was named. asked: whether the text asks for a
    derivative. turns: the variables of a mixed derivative, in the order in which they are taken.
    composed: the variables between, where there are several. tangent, normal: whether the equations of these lines are
    asked for.
    """

    parsed: Parsed
    wrt: tuple[str, ...] | None = None
    order: int = 1
    at: At | None = None
    asked: bool = False
    turns: tuple[str, ...] = ()
    composed: Composed | None = None
    tangent: bool = False
    normal: bool = False

    @property
    def expression(self) -> Expression:
        """The function."""
        return self.parsed.expression


Question: TypeAlias = Problem | Curve | Rates | Field | Shape | TaylorAsked | LimitAsked | InverseAsked
"""What `explain` answers."""

_EXPLAINED_ONLY: dict[type, str] = {
    Rates: "related rates are",
    TaylorAsked: "a Taylor polynomial is",
    LimitAsked: "a limit is",
    InverseAsked: "the derivative of an inverse is",
}


def parse_problem(text: str) -> Problem:
    """Read a function, and what is asked of it; a function alone asks nothing.

    Raises ParseError, a ValueError, that points at the column of what is not understood.

    >>> problem = parse_problem("find the second derivative of x^4 with respect to x")
    >>> problem.expression, problem.wrt, problem.order
    (power(x, 4), ('x',), 2)
    >>> parse_problem("y = x^2; dy/dx").wrt, parse_problem("x^2").asked
    (('x',), False)
    """
    question = parse_question(text)
    if isinstance(question, Problem) and not question.turns:
        return question
    if isinstance(question, Problem):
        advice = "expected the function alone; order=2 gives its Hessian, which has them all"
        raise refusal(text, 0, f"a mixed derivative is explained only; {advice}")
    if isinstance(question, Field):
        raise refusal(text, 0, f"a {question.kind} is explained only; expected the function alone")
    if isinstance(question, Shape):
        what = question.kind if question.kind.endswith(("s", "a")) else f"a question of {question.kind}"
        raise refusal(text, 0, f"{what}: that is explained only; expected the function alone")
    if (others := _EXPLAINED_ONLY.get(type(question))) is not None:
        raise refusal(text, 0, f"{others} explained only; expected the function alone")
    assert isinstance(question, Curve)
    advice = "explain differentiates it implicitly" if isinstance(question, Implicit) else "explain finds its slope"
    raise refusal(text, 0, f"a curve, {question.shown}, where a function is expected; {advice}")


def parse_question(text: str) -> Question:
    """Read a function, a curve, or another question that `explain` answers, and what is asked of it.

    Raises ParseError as `parse_problem` does.

    >>> parse_question("x^2 + y^2 = 25").shown
    'x^2 + y^2 = 25'
    """
    line = plain_line(text)
    inverse = inverse_of(text, line)
    if inverse is not None:
        return inverse
    refuse_inverses(text, line)
    special = (
        shape_of(text, line)
        or field_of(text, line)
        or taylor_of(text, line)
        or limit_of(text, line)
        or rates_of(text, line)
    )
    if special is not None:
        return special
    line, turns = without_mixed(text, line)
    line, is_polar = without_polar(line)
    asked = Asked(line)
    for understand in (without_end, by_words, _as_program, by_request):
        asked = understand(text, asked)
    curve = polar_of(text, asked, is_polar) or curve_of(text, asked)
    return _problem(text, asked, turns) if curve is None else curve


def _problem(text: str, asked: Asked, turns: tuple[str, ...]) -> Problem:
    for understand in (_by_signs, _by_prime):
        asked = understand(text, asked)
    parsed = parse_line(text, asked.line)
    composed = composed_of(text, asked)
    if asked.name is not None and parsed.name != asked.name:
        problem = f"the derivative of {asked.name} is asked for"
        raise refusal(text, 0, f"{problem}; expected the definition of {asked.name} as the last one")
    parsed = replace(parsed, notes=(*parsed.notes, *asked.notes))
    arguments = parsed.parameters or parsed.variables
    if asked.argument in arguments:
        asked = replace(asked, wrt=(str(asked.argument),))
    elif asked.argument is not None and len(arguments) == 1:
        (variable,) = arguments
        note = f"{parsed.name}'({asked.argument}) is the result with {asked.argument} in the place of {variable}"
        parsed = replace(parsed, notes=(*parsed.notes, note))
    _refuse_what_is_defined(text, asked, parsed)
    wrt = asked.wrt or parsed.parameters or (_only_variable(parsed) if asked.asked else None)
    at = None if asked.at is None else without_height(text, asked.at, parsed)
    return Problem(
        parsed, wrt, asked.order, _named(at, parsed, wrt), asked.asked, turns, composed, asked.tangent, asked.normal
    )


def _named(at: At | None, parsed: Parsed, wrt: tuple[str, ...] | None) -> At | None:
    """Return the point by name, where one number is that of the variable, or there is one for each."""
    if at is None or isinstance(at, Mapping):
        return at
    names = (wrt or parsed.variables)[:1] if len(at) == 1 else parsed.variables
    return dict(zip(names, at, strict=True)) if len(names) == len(at) else at


def _refuse_what_is_defined(text: str, asked: Asked, parsed: Parsed) -> None:
    """Raise ParseError where the text defines what it asks to differentiate by, as a curve in a parameter does."""
    name = next((name for name in asked.wrt or () if name in parsed.defined), None)
    if name is not None:
        advice = "expected a variable, or a curve, as in x = cos t, y = sin t, dy/dx"
        raise refusal(text, 0, f"{name} is defined as a formula, so that nothing is differentiated by it; {advice}")


def _only_variable(parsed: Parsed) -> tuple[str, ...] | None:
    """Return x where the other letters are those of constants, as in ax^2 + b."""
    found = free_symbols(parsed.expression)
    return ("x",) if len(found) > 1 and "x" in found and _CONSTANTS.issuperset({*found} - {"x"}) else None


def _as_program(text: str, asked: Asked) -> Asked:
    """Understand `diff(x^2, x)`."""
    found = _PROGRAM.match(asked.line)
    if found is None:
        return asked
    line = blanked(blanked(asked.line, 0, found.start(1)), found.end(1), len(asked.line))
    return replace(asked, line=line, wrt=(symbol_name(found[2]),), asked=True)


def _main(text: str, line: str) -> Span:
    """Return where the function itself is typed, after its name and the equals sign."""
    span = find_statements(text, line)[-1]
    if "=" not in line[span.start : span.end]:
        return span
    return Span(header(text, line, span).start, span.end)


def _by_signs(text: str, asked: Asked) -> Asked:
    """Understand `d/dx` or `∇` in front of the function, and the function above the line."""
    line = asked.line
    main = find_statements(text, line)[-1]
    nabla = re.compile(r"(?:∇|\\nabla(?![A-Za-z]))").match(line, main.start, main.end)
    if nabla is not None:
        if _NABLA_PRODUCT.match(line, nabla.end()) is not None:
            raise refusal(text, main.start, "a product with ∇ is explained alone, as in ∇·(x^2 y, y z) or ∇²(x^2 y)")
        return replace(asked, line=blanked(line, main.start, nabla.end()), asked=True)
    operator = _OPERATOR.match(line, main.start, main.end)
    if operator is not None:
        variable = operator[1] or operator[2] or operator[3]
        return _of_all_that_follows(text, asked, main, operator.end(), (symbol_name(variable),), 1)
    line, found = _quotient(line, main)
    if found is not None and (of := _OF_SIGN.match(line, found.end())) is not None:
        line = blanked(line, of.start(), of.end())
    if found is None:
        beside = _BY_A_FORMULA.match(line, main.start, main.end)
        if beside is not None:
            problem = "what is differentiated by is one variable, such as x"
            raise refusal(text, beside.end() - 1, f"{problem}; name the formula first, as in u = x^2, y = u^2, dy/du")
        return _of_what_stands_above(text, asked, main)
    order, name, variable = parts_of(text, found, 0)
    if name is not None:
        problem = f"{found[0].strip()} asks for the derivative of {name}, which is not defined"
        raise refusal(text, main.start, f"{problem}; expected its definition before, as in {name} = x^2, d{name}/dx")
    return _of_all_that_follows(text, replace(asked, line=line), main, found.end(), (variable,), order)


def _quotient(line: str, main: Span) -> tuple[str, re.Match[str] | None]:
    """Return the sign d/dx in front of the function, and the line without brackets around it, as in (d/dx)(x^2)."""
    opened = _BRACKETED.match(line, main.start, main.end)
    inside = QUOTIENT.match(line, opened.end(), main.end) if opened is not None else None
    if opened is None or inside is None or line[inside.end() : inside.end() + 1] not in (")", "]"):
        return line, QUOTIENT.match(line, main.start, main.end)
    without = blanked(blanked(line, opened.start(), opened.end()), inside.end(), inside.end() + 1)
    return without, QUOTIENT.match(without, main.start, main.end)


def _of_all_that_follows(text: str, asked: Asked, main: Span, start: int, wrt: tuple[str, ...], order: int) -> Asked:
    """Return what a sign of differentiation asks for that ends at `start` and takes all that follows."""
    body, notes = asked.line[start : main.end], asked.notes
    if _has_loose_sum(body):
        if body.lstrip()[:1] in "([" or body.lstrip().startswith("\\left"):
            problem = "the derivative of the bracket alone, or of all that follows"
            raise refusal(text, start, f"{problem}; expected brackets around all of what is to be differentiated")
        notes = (*notes, f"the derivative is taken of all that follows: {body.strip()}")
    line = blanked(asked.line, main.start, start)
    return replace(asked, line=line, wrt=wrt, order=order, asked=True, notes=notes)


def _of_what_stands_above(text: str, asked: Asked, main: Span) -> Asked:
    r"""Understand `d(x^2)/dx` and `\frac{d(x^2)}{dx}`, which would be read as quotients of products with d."""
    line = asked.line
    for is_fraction, (opening, closing) in enumerate(_ABOVE_THE_LINE):
        above = opening.match(line, main.start, main.end)
        below = closing.search(line, above.end(), main.end) if above is not None else None
        if above is None or below is None or not (is_fraction or _is_product(line[above.end() : below.start()])):
            continue
        order = quotient_order(text, above.start(), above[1] or above[2], below[2] or below[3])
        line = blanked(blanked(line, below.start(), below.end()), above.start(), above.end())
        return replace(asked, line=line, wrt=(symbol_name(below[1]),), order=order, asked=True)
    return asked


def _is_product(body: str) -> bool:
    """Return whether a division sign after `body` has all of it above the line."""
    return "=" not in body and not _has_loose_sum(body)


def _has_loose_sum(body: str) -> bool:
    """Return whether a plus or minus stands outside of brackets, other than as a sign."""
    depth, in_bars = 0, False
    for position, char in enumerate(body):
        depth += (char in "([{") - (char in ")]}")
        in_bars ^= char == "|" and depth == 0
        if (
            char in "+-"
            and depth == 0
            and not in_bars
            and body[:position].strip()
            and body[:position].rstrip()[-1] not in "^*/·(+-,"
        ):
            return True
    return False


def _by_prime(text: str, asked: Asked) -> Asked:
    """Understand a prime after a bracket: `(x^2)'`."""
    line = asked.line
    if "'" not in line:
        return asked
    main = _main(text, line)
    found = re.compile(r"\s*[(\[].*[)\]]\s*('+)").fullmatch(line, main.start, main.end)
    if found is None or len(found[1]) > len(ORDERS) or not _is_one_bracket(line[main.start : found.start(1)].strip()):
        return asked
    line = blanked(line, found.start(1), main.end)
    return replace(asked, line=line, order=len(found[1]), asked=True)


def _is_one_bracket(body: str) -> bool:
    depth = 0
    for position, char in enumerate(body):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            return position == len(body) - 1
    return False
