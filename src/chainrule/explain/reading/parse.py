r"""Owns the way from text to an expression.

How text is read, where people could differ:

- A letter with digits or an index is one variable: x1, x_1, x_{1} and x₁ are all `x1`; w_{ij} is `w_ij`. Up to three
  letters that are no known name multiply (`xy`, `wx`), and functions may be glued to their letters (`xsinx`). Other words
  are refused, except names that the text itself defines, such as loss in `loss = (y-t)^2`.
- e is Euler's number and pi a constant. `sigma(...)` and `σ(...)` are the sigmoid; elsewhere sigma is a variable.
- Division and juxtaposition go from left to right: `1/2x` is (1/2)x. An exponent is the one factor next to the sign:
  `e^2x` is (e^2)x. `1e-3` without spaces is 0.001.
- A function without brackets takes the factors written next to it, up to the next function or sign: `sin 2x cos x` is
  sin(2x) cos(x), `sin x^2` is sin(x^2), `sin x/2` is sin(x)/2. With brackets it takes what they hold: `sin(x)^2`,
  `sin(x) y`. A bracket after a space is no part of it: `sin x (x+1)` is sin(x) (x+1). `sin^-1 x` is the inverse. `√`
  takes only the next factor: `√2x` is (√2)x.
- log and ln are the natural logarithm; log2, log10, log_b x and log(x, b) have their bases. Decimals are exact: 0.1 is 1/10.
- x! is the gamma function at x + 1, and 30° is 30π/180. Words stand for signs: `x squared times the sine of x`.
- `\sum_{k=1}^{3} x^k` is x + x^2 + x^3: the bounds are whole numbers, and the sum takes one term. `\hat{y}` is y_hat.
- `int_0^x sin(t) dt`, `\int_0^x`, `∫_0^x` and "the integral from 0 to x of sin(t) dt" end at dt, whose variable is theirs alone.
- Functions by cases are `{x^2 if x < 0, 3x otherwise}`, `piecewise((x^2, x < 0), (3x, x >= 0))`, or LaTeX's cases. The
  first condition that holds decides; where none does, the function is not defined.
- Definitions stand around the function in any order, with `;`, `,` or a new line between, or after it with `where`:
  `L = (y-t)^2 where y = sigmoid(wx+b)`.

Nothing is evaluated as code, and nothing is simplified.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chainrule.explain.expressions.expression import Expression, free_symbols
from chainrule.explain.reading.actions import Refused
from chainrule.explain.reading.cases import example_for
from chainrule.explain.reading.characters import plain
from chainrule.explain.reading.cursor import Cursor, Definition
from chainrule.explain.reading.grammar import Unexpected, read
from chainrule.explain.reading.names import MARKED, marked_name
from chainrule.explain.reading.refusal import NotYetDefined, quoted, refusal
from chainrule.explain.reading.remarks import NORM, remarks
from chainrule.explain.reading.scan import scan
from chainrule.explain.reading.statements import (
    LONE_STATEMENT,
    NAME,
    Header,
    Span,
    defined_name,
    find_statements,
    header,
    refuse_derivatives,
    refuse_transposes,
    without_wrapper,
)
from chainrule.explain.reading.typeset import without_typesetting

MAX_LENGTH = 2000
_DECIMAL_COMMA = re.compile("[0-9],[0-9]")
_NORMS = ("‖", "∥", "\\|", "\\lVert")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A function that was typed.

    expression: what it computes, definitions put in.
    name: its name, where it was given one: f in `f(x) = x^2`, L in `L = (y-t)^2`.
    parameters: its variables, where they were listed: ("x",) in `f(x) = x^2`.
    text: what was typed. notes: what is to be said of readings that may surprise, such as that of log x.
    defined: the names that are put in.
    """

    expression: Expression
    name: str | None
    parameters: tuple[str, ...] | None
    text: str
    notes: tuple[str, ...] = ()
    defined: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables: those that were listed, then the others in the order in which they appear."""
        return tuple(dict.fromkeys((*(self.parameters or ()), *free_symbols(self.expression))))


def parse(text: str) -> Parsed:
    """Read a function from mathematics as people type it, or from LaTeX.

    Raises ParseError, a ValueError, that points at the column where the text is no mathematics of this grammar, is
    longer than 2,000 characters, has brackets nested more than 100 deep, or exponents beyond 1,000.

    >>> parse("2x sin^2 x").expression
    multiply(multiply(2, x), power(sin(x), 2))
    >>> parsed = parse("L(w, b) = (y - t)^2 where y = sigmoid(wx + b)")
    >>> parsed.name, parsed.parameters
    ('L', ('w', 'b'))
    >>> parsed.expression
    power(subtract(expit(add(multiply(w, x), b)), t), 2)
    >>> parse("2x + (3*)")
    Traceback (most recent call last):
    ...
    chainrule.errors.ParseError: column 9: unexpected ')'; expected a number, a variable, a function or an opening ...
      2x + (3*)
              ^
    """
    return parse_line(text, plain_line(text))


def plain_line(text: str) -> str:
    """Return the text in plain characters, column by column, without the dollar signs around LaTeX.

    Raises ParseError for text that is too long, and for characters that mathematics does not use.
    """
    if len(text) > MAX_LENGTH:
        raise refusal(text, MAX_LENGTH, f"the text has {len(text):,} characters; expected at most {MAX_LENGTH:,}")
    return without_wrapper(without_typesetting(plain(text)))


def parse_line(text: str, line: str) -> Parsed:
    """Read the function in `line`, which is `text` in plain characters; blanks may stand for words around it."""
    refuse_derivatives(text, line)
    refuse_transposes(text, line)
    statements = find_statements(text, line)
    headers = [header(text, line, statement) for statement in statements]
    pending = {head.name for head in headers if head.name is not None}
    definitions: dict[str, Definition] = {}
    notes: list[str] = []
    waiting = list(zip(statements, headers, strict=True))
    for statement, head in waiting[:-1]:
        if head.name is None:
            raise refusal(text, statement.start, LONE_STATEMENT)
    while True:
        statement, head, expression = _next_formula(text, line, waiting, definitions, pending, notes)
        if head.name in definitions:
            raise refusal(text, statement.start, f"'{head.name}' is defined twice; expected one definition")
        if not waiting:
            unique = tuple(dict.fromkeys(notes))
            return Parsed(expression, head.name, head.parameters, text, unique, tuple(definitions))
        assert head.name is not None
        definitions[head.name] = Definition(expression, head.parameters)
        pending.discard(head.name)


def _next_formula(
    text: str,
    line: str,
    waiting: list[tuple[Span, Header]],
    definitions: Mapping[str, Definition],
    pending: set[str],
    notes: list[str],
) -> tuple[Span, Header, Expression]:
    """Return the first formula of those that wait which uses nothing that is still to be defined, and take it from them.

    Definitions may stand in any order, as in y = u^2, u = sin x; the last formula is the function, unless another needs it.
    """
    first: NotYetDefined | None = None
    for place, (statement, head) in enumerate(waiting):
        said: list[str] = []
        try:
            expression = _formula(text, line, head, statement.end, definitions, pending, said)
        except NotYetDefined as error:
            first = first or error
            continue
        if place == len(waiting) - 1 and waiting[:-1] and head.name is None:
            break
        notes.extend(said)
        del waiting[place]
        return statement, head, expression
    assert first is not None
    raise first


def symbol_name(text: str) -> str:
    r"""Return the name that a typed variable has in expressions: "x_1" gives "x1", "α" gives "alpha".

    Raises ParseError where the text is not one variable.

    >>> symbol_name("x₁"), symbol_name(r"\theta"), symbol_name("w_{ij}")
    ('x1', 'theta', 'w_ij')
    """
    typed = plain(text).strip() if len(text) <= MAX_LENGTH else ""
    found, marked = re.compile(NAME).fullmatch(typed), MARKED.fullmatch(typed)
    name = defined_name(found[0]) if found is not None else None if marked is None else marked_name(marked)
    if name is None:
        raise refusal(text[:MAX_LENGTH], 0, f"{quoted(text)} is not a variable; expected a letter such as x, or x1")
    return name


def _formula(
    text: str,
    line: str,
    head: Header,
    end: int,
    definitions: Mapping[str, Definition],
    pending: set[str],
    notes: list[str],
) -> Expression:
    """Parse one formula, and note its remarks. A function's own parameters hide definitions of the same name."""
    hidden = head.parameters or ()
    seen = {name: definition for name, definition in definitions.items() if name not in hidden}
    tokens = scan(Cursor(text, line, head.start, end, seen, pending.difference(hidden)))
    try:
        expression = read(tokens)
    except Unexpected as error:
        example = example_for(tokens)
        expected = error.expected if example is None else f"expected cases as in {example}"
        if error.token is None:
            raise refusal(text, end, f"the formula ends too early; {expected}") from None
        problem = f"unexpected {quoted(error.token.text)}"
        if _DECIMAL_COMMA.match(line, error.token.position - 1):
            expected = "decimals are written with a point, as in 0.5"
        raise refusal(text, error.token.position, f"{problem}; {expected}") from None
    except Refused as error:
        raise refusal(text, error.position, error.message) from None
    notes.extend(remarks(tokens))
    if any(sign in text[head.start : end] for sign in _NORMS):
        notes.append(NORM)
    return expression
