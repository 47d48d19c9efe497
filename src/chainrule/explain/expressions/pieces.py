"""Owns pieces of written mathematics: text, with what has to be known to write it next to another."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chainrule.explain.expressions.dialects import Dialect

CHOICE, RELATION, SUM, PRODUCT, POWER, ATOM = range(6)
"""How strongly an expression holds together, weakest first."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A written expression, and what has to be known to write it next to another.

    precedence: one of the levels above. negative: starts with a minus. starts, ends: what touches its neighbors:
    "number", "letter" (a variable), "called" (one that would be read as a function before a bracket), "name" (a
    function), "bracket", "ratio" (dy/dx on one line) or "other". fraction: a quotient. letters: the run of one-letter
    variables at its end; head: the one at its start. called: the name and the operands of a function whose powers are
    written at its name.
    """

    text: str
    precedence: int = ATOM
    negative: bool = False
    starts: str = "other"
    ends: str = "other"
    fraction: bool = False
    head: str = ""
    letters: str = ""
    called: tuple[str, tuple[str, ...]] | None = None
    cases: tuple[tuple[str, str], ...] = ()
    sides: tuple[str, str, str] | None = None


def wrap(piece: Piece, dialect: Dialect, least: int) -> Piece:
    """Return a piece, in brackets if it holds together less than `least`."""
    if piece.precedence >= least:
        return piece
    return Piece(dialect.bracket(piece.text), starts="bracket", ends="bracket")


def closed(piece: Piece, dialect: Dialect) -> Piece:
    """Return a piece in brackets where it ends in dy/dx on one line, which a line or an exponent after it would tear apart."""
    return wrap(replace(piece, precedence=CHOICE), dialect, ATOM) if piece.ends == "ratio" else piece
