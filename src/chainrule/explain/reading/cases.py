r"""Owns how functions by cases become tokens: `{x^2 if x < 0, 3x otherwise}`, `piecewise((x^2, x < 0), ...)`, LaTeX's cases.

Words such as `if` and signs such as `<` have this meaning inside of brackets only; elsewhere they are refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chainrule.core.primitive import Primitive
from chainrule.explain.reading.cursor import Cursor, Token
from chainrule.explain.reading.names import PROGRAMMING_WORDS
from chainrule.explain.reading.refusal import quoted
from chainrule.primitives.comparison import EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, NOT_EQUAL

OPENED = "\\begin{cases}"
"""What stands in the list of open brackets for LaTeX's cases."""

RELATIONS: dict[str, Primitive] = {
    **dict.fromkeys(("<=", "≤", "le", "leq", "leqslant", "=<"), LESS_EQUAL),
    **dict.fromkeys((">=", "≥", "ge", "geq", "geqslant"), GREATER_EQUAL),
    **dict.fromkeys(("!=", "≠", "<>", "ne", "neq"), NOT_EQUAL),
    **dict.fromkeys(("<", "lt"), LESS),
    **dict.fromkeys((">", "gt"), GREATER),
    **dict.fromkeys(("==", "="), EQUAL),
}
"""Signs and LaTeX's names of comparisons."""

EXAMPLE = "{x^2 if x < 0, 3x otherwise}"
_EXAMPLES = {
    "PIECEWISE": "piecewise((x^2, x < 0), (3x, x >= 0))",
    "CASES_OPEN": "\\begin{cases} x^2 & x < 0 \\\\ 3x & x \\ge 0 \\end{cases}",
}
_KINDS = frozenset((*_EXAMPLES, "RELATION", "IF", "OTHERWISE", "AMPERSAND", "SEMICOLON"))

_SIGN = re.compile("<=|>=|=<|!=|<>|==|[<>=≤≥≠]")
_WORDS: dict[str, str] = {
    **dict.fromkeys(("if", "for", "when"), "IF"),
    **dict.fromkeys(("otherwise", "else", "elsewhere"), "OTHERWISE"),
    "and": "AND",
    "or": "OR",
    "true": "OTHERWISE",
}
_LATEX_WORDS = {"land": "AND", "wedge": "AND", "lor": "OR", "vee": "OR"}
_BEGIN = re.compile(r"\\begin\s*\{\s*d?cases\s*\}|\\left\s*\\\{\s*\\begin\s*\{\s*array\s*\}\s*\{[lcr| @{}]{0,20}\}")
_END = re.compile(r"\\end\s*\{\s*(?:d?cases|array)\s*\}(?:\s*\\right\s*\.)?")
_ROW = re.compile(r"\\\\(?:\s*\[[^\]\n]{0,12}\])?(?:\s*(?=\\end))?")
_TEXT = re.compile(r"\\(?:text|mbox|textrm|mathrm|hbox)\s*\{\s*,?\s*(\w+)\s*\}")


def example_for(tokens: Sequence[Token]) -> str | None:
    """Return how cases are written, for tokens that are meant to be some; None for others."""
    kinds = [token.type for token in tokens]
    if _KINDS.isdisjoint(kinds):
        return None
    return next((_EXAMPLES[kind] for kind in kinds if kind in _EXAMPLES), EXAMPLE)


def scan_cases_command(cursor: Cursor) -> bool:
    r"""Scan what LaTeX's cases are made of: \begin{cases}, \\, \text{if}, \le, \end{cases}. Return whether it was one."""
    if (found := cursor.match(_BEGIN)) is not None:
        cursor.stand_apart()
        cursor.push(OPENED, "CASES_OPEN", len(found[0]))
        return True
    if cursor.opened and cursor.opened[-1].sign == OPENED:
        if (found := cursor.match(_ROW)) is not None:
            if not cursor.plain.startswith("\\end", found.end()):  # a row's end after the last row ends nothing
                cursor.emit("ROW", "\\\\", len(found[0]))
            else:
                cursor.position = found.end()
            return True
        if (found := cursor.match(_END)) is not None:
            cursor.close("\\end{cases}", "CASES_CLOSE", len(found[0]))
            return True
    if cursor.opened and (found := cursor.match(_TEXT)) is not None and found[1].lower() in _WORDS:
        cursor.emit(_WORDS[found[1].lower()], found[1], len(found[0]))
        return True
    return False


def scan_relation_command(cursor: Cursor, name: str, length: int) -> bool:
    r"""Scan \le, \ne, \land and the like, inside of brackets. Return whether it was one."""
    if not cursor.opened or (name not in RELATIONS and name not in _LATEX_WORDS):
        return False
    if name in RELATIONS:
        cursor.emit("RELATION", RELATIONS[name], length)
    else:
        cursor.emit(_LATEX_WORDS[name], name, length)
    return True


def scan_case_sign(cursor: Cursor) -> bool:
    """Scan a sign of comparison, a semicolon between cases, or LaTeX's &, inside of brackets. Return whether it was one."""
    if not cursor.opened:
        return False
    if (found := cursor.match(_SIGN)) is not None:
        cursor.emit("RELATION", RELATIONS[found[0]], len(found[0]))
    elif cursor.char == ";":
        cursor.emit("SEMICOLON", ";", 1)
    elif cursor.char == "&" and cursor.opened[-1].sign == OPENED:
        cursor.emit("AMPERSAND", "&", 1)
    else:
        return False
    return True


def scan_case_word(cursor: Cursor, word: str) -> bool:
    """Scan `if`, `otherwise` and the like, inside of brackets. Return whether it was one."""
    kind = _WORDS.get(word.lower())
    if kind is None:
        return False
    if not cursor.opened:
        if kind == "OTHERWISE" and word.lower() not in PROGRAMMING_WORDS:
            cursor.refuse(f"{quoted(word)} stands outside of brackets; expected cases as in {EXAMPLE}")
        return False
    cursor.emit(kind, word, len(word))
    return True


def scan_piecewise(cursor: Cursor, word: str) -> bool:
    """Scan the name `piecewise` before a bracket. Return whether it was it."""
    if word.lower() != "piecewise":
        return False
    if not cursor.call_ahead(cursor.position + len(word)):
        cursor.refuse("piecewise takes cases in brackets; expected piecewise((x^2, x < 0), (3x, x >= 0))")
    cursor.emit("PIECEWISE", word, len(word))
    return True
