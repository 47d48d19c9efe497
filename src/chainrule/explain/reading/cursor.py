"""Owns the place in the text that is being scanned: the tokens so far, and the brackets and bars that are open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, NoReturn

from chainrule.errors import ParseError
from chainrule.explain.expressions.expression import Expression, Number
from chainrule.explain.reading.refusal import refusal

MAX_NESTING = 100
CLOSERS = {"(": ")", "[": "]", "{": "}", "⌊": "⌋", "⌈": "⌉", "\\begin{cases}": "\\end{cases}"}

_ENDS = frozenset(("OPERAND", "CLOSE", "BAR_CLOSE", "CASES_CLOSE", "RAISED", "FACTORIAL", "DEGREES"))
_CALL_AHEAD = re.compile(r"(?:\s|\\left(?![A-Za-z])|\\[bB]igg?l?(?![A-Za-z]))*(?:[(\[{]|\\\{)")


@dataclass(frozen=True, slots=True)
class Definition:
    """What a name has been defined as; `parameters` is None where it is no function."""

    expression: Expression
    parameters: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the grammar: its kind, what it means, how it was typed, and where."""

    type: str
    value: Any
    text: str
    position: int


@dataclass(slots=True)
class _Opened:
    """A bracket that waits for its partner; `arguments` of LaTeX in braces are still to follow it."""

    sign: str
    position: int
    token: int
    arguments: int


class Cursor:
    """A place in `text`; `plain` is the text in plain characters, column by column. It moves up to `end`.

    definitions: what names mean. pending: names that the text defines, but not before this place. indices: the numbers
    that stand for the indices of sums around this place.
    arguments_due: how many arguments of a LaTeX command start here.
    """

    def __init__(
        self,
        text: str,
        plain: str,
        start: int,
        end: int,
        definitions: Mapping[str, Definition],
        pending: Set[str],
        indices: Mapping[str, int] | None = None,
    ) -> None:
        self.text = text
        self.plain = plain
        self.position = start
        self.end = end
        self.definitions = definitions
        self.pending = pending
        self.indices = indices or {}
        self.arguments_due = 0
        self.tokens: list[Token] = []
        self.opened: list[_Opened] = []
        self.opening: dict[int, int] = {}  # from the token of a closing bracket to that of its opening one

    @property
    def char(self) -> str:
        """The character here; empty at the end."""
        return self.at(self.position)

    def at(self, position: int) -> str:
        """Return the character at `position`; empty at the end."""
        return self.plain[position] if position < self.end else ""

    def match(self, pattern: re.Pattern[str], position: int | None = None) -> re.Match[str] | None:
        """Return what matches here, or at `position`."""
        return pattern.match(self.plain, self.position if position is None else position, self.end)

    def refuse(self, message: str, position: int | None = None, kind: type[ParseError] = ParseError) -> NoReturn:
        """Raise the error that points here, or at `position`."""
        raise refusal(self.text, self.position if position is None else position, message, kind)

    def emit(self, kind: str, value: object, length: int, position: int | None = None) -> None:
        """Add a token of `length` characters, here or at `position`; a token that is put here is stepped over."""
        at = self.position if position is None else position
        self.tokens.append(Token(kind, value, self.plain[at : at + max(length, 1)], at))
        if position is None:
            self.position += length

    def call_ahead(self, position: int) -> bool:
        """Return whether an opening bracket comes at `position`, after spaces."""
        return self.match(_CALL_AHEAD, position) is not None

    def push(self, sign: str, kind: str, length: int, arguments: int = 0) -> None:
        """Open a bracket or a bar."""
        if len(self.opened) >= MAX_NESTING:
            self.refuse(f"brackets nested more than {MAX_NESTING} deep; expected a simpler formula")
        self.opened.append(_Opened(sign, self.position, len(self.tokens), arguments))
        self.emit(kind, sign, length)

    def open(self, sign: str, arguments: int = 0, length: int = 1) -> None:
        """Open a bracket; `arguments` of LaTeX follow the one that it starts."""
        self.push(sign, "OPEN", length, arguments)

    def stand_apart(self) -> None:
        """Note a space between an operand, other than a number, and the bracket that comes here: sin x (x + 1)."""
        if not self.after_operand() or isinstance(self.tokens[-1].value, Number):
            return
        before = self.tokens[-1]
        if any(char.isspace() for char in self.plain[before.position + len(before.text) : self.position]):
            self.emit("APART", " ", 0, self.position)

    def touches(self) -> bool:
        """Return whether a token ends right here."""
        return bool(self.tokens) and self.tokens[-1].position + len(self.tokens[-1].text) == self.position

    def close(self, sign: str, kind: str = "CLOSE", length: int = 1) -> None:
        """Close the bracket that was opened last."""
        if not self.opened:
            self.refuse(f"'{sign}' closes nothing; expected an opening bracket before it, or the end")
        opened = self.opened.pop()
        expected = CLOSERS.get(opened.sign, "|")
        if sign != expected:
            where = f"of column {opened.position + 1}"
            self.refuse(f"'{sign}' cannot close the '{opened.sign}' {where}; expected '{expected}' first")
        self.opening[len(self.tokens)] = opened.token
        self.emit(kind, sign, length)
        if opened.arguments:
            self.arguments_due = opened.arguments

    def bar(self, length: int = 1) -> None:
        """Close a bar where an operand has ended and a bar is open, and open one elsewhere: |x|y, ||x| - 1|."""
        if self.opened and self.opened[-1].sign == "|" and self.after_operand():
            self.close_bar(length)
        else:
            self.push("|", "BAR_OPEN", length)

    def close_bar(self, length: int) -> None:
        """Close the bar that was opened last."""
        self.opening[len(self.tokens)] = self.opened.pop().token
        self.emit("BAR_CLOSE", "|", length)

    def after_function(self) -> bool:
        """Return whether a function ends here that its argument, or a power of its own, is to follow."""
        return bool(self.tokens) and self.tokens[-1].type == "FUNC"

    def after_operand(self) -> bool:
        """Return whether an operand ends here. The 2 of sin^2 does not end one: the argument is still to come."""
        if not self.tokens or self.tokens[-1].type not in _ENDS:
            return False
        first = self.opening.get(len(self.tokens) - 1, len(self.tokens) - 1)
        if self.tokens[first].type == "RAISED":
            return not (first and self.tokens[first - 1].type == "FUNC")
        if first and self.tokens[first - 1].type == "MINUS":
            first -= 1
        return not (first > 1 and self.tokens[first - 1].type == "CARET" and self.tokens[first - 2].type == "FUNC")
