"""Owns the one import of lark: it builds the parser from grammar.lark and feeds it tokens.

The parser is LALR and runs its actions while it reads, so that no depth of nesting becomes depth of recursion.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from chainrule.explain.expressions.expression import Constant, Expression
from chainrule.explain.reading.actions import ACTIONS
from chainrule.explain.reading.case_actions import CASE_ACTIONS
from chainrule.explain.reading.cursor import Token

if TYPE_CHECKING:
    from lark import Lark

_EXPECTED = {
    "TIMES": "an operator",
    "COMMA": "a comma",
    "CLOSE": "a closing bracket",
    "BAR_CLOSE": "a closing bar",
    "CASES_CLOSE": "\\end{cases}",
    "RELATION": "a comparison such as <",
    "AMPERSAND": "&",
    "OPEN": "an opening bracket",
    "$END": "the end",
}


class Unexpected(Exception):
    """A token has no place.

    token: the token, or None where the formula ends too early. expected: what could stand there.
    """

    def __init__(self, token: Token | None, expected: str) -> None:
        super().__init__(expected)
        self.token = token
        self.expected = expected


def read(tokens: Iterable[Token]) -> Expression:
    """Return the expression that the tokens make. Raises Unexpected, and Refused from an action."""
    import lark  # noqa: PLC0415  (30 ms that only those pay who type mathematics)

    parser: Any = _parser().parse_interactive()
    token: Token | None = None
    try:
        for token in _with_powers_of_e(tokens):
            parser.feed_token(token)
        token = None
        expression: Expression = parser.feed_eof()
    except lark.UnexpectedToken:
        raise Unexpected(token, _expected(parser.accepts())) from None
    return expression


def _with_powers_of_e(tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield the tokens; an e that is raised to something is a kind of its own."""
    for token, after in itertools.pairwise((*tokens, None)):
        assert token is not None
        is_power = token.value == Constant("e") and after is not None and after.type in ("CARET", "RAISED")
        yield replace(token, type="EULER") if is_power else token


@functools.cache
def _parser() -> Lark:
    """Return the parser, which takes some milliseconds to build. Its own lexer is never used."""
    import lark  # noqa: PLC0415

    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    actions = SimpleNamespace(**{rule: _spread(action) for rule, action in (ACTIONS | CASE_ACTIONS).items()})
    return lark.Lark(grammar, parser="lalr", transformer=actions)


def _spread(action: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    return lambda parts: action(*parts)


def _expected(kinds: set[str]) -> str:
    if "OPERAND" in kinds and "TIMES" not in kinds:
        return "expected a number, a variable, a function or an opening bracket"
    return f"expected {' or '.join(name for kind, name in _EXPECTED.items() if kind in kinds)}"
