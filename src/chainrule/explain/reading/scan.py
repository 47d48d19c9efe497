"""Owns the scanner of typed mathematics: characters to tokens, with functions told from letters and bars from bars."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from chainrule.explain.expressions.expression import Expression, Number, Symbol, apply
from chainrule.explain.reading.cases import scan_case_sign
from chainrule.explain.reading.characters import ROOTS, SUBSCRIPTS, SUPERSCRIPTS, why_not
from chainrule.explain.reading.commands import FLOORS, scan_argument, scan_command, scan_floor
from chainrule.explain.reading.cursor import CLOSERS, Cursor, Token
from chainrule.explain.reading.integrals import integral_here, scan_integral
from chainrule.explain.reading.names import FUNCTIONS, GREEK, Function, root_of
from chainrule.explain.reading.refusal import quoted
from chainrule.explain.reading.sums import scan_sum, sum_here
from chainrule.explain.reading.words import scan_letter, scan_word
from chainrule.primitives.arithmetic import DIVIDE

MAX_DIGITS = 50
MAX_SCALE = 300
"""The largest power of ten that a number such as 1e-3 may be written with."""

_SIGNS = {"+": "PLUS", "-": "MINUS", "*": "TIMES", "/": "DIVIDE", "^": "CARET", ",": "COMMA"}
_POSTFIXES = {"!": "FACTORIAL", "°": "DEGREES"}
_RAISED_CIRCLE = re.compile(r"\^\s*(?:\{\s*\\circ\s*\}|\\circ(?![A-Za-z]))")
_NUMBER = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")
_CARET = re.compile(rf"\s*(?:\^|\*\*|[{''.join(SUPERSCRIPTS)}])")
_SCALE = re.compile("[eE]([+-]?[0-9]+)")
_SUPERSCRIPT = re.compile(f"[{''.join(SUPERSCRIPTS)}]+")
_RAISED = re.compile("([+-]?)(?:([0-9]{1,50})|([a-z]))")
_UNDERSCORED = re.compile(r"\w+")
_INTEGRAL_STARTS = frozenset("\\∫itIT")
_SUM_STARTS = frozenset("\\sp∑∏")
_ROOTS: dict[str, Function] = {
    "√": FUNCTIONS["sqrt"],
    "∛": FUNCTIONS["cbrt"],
    "∜": Function("fourth root", root_of(Number(4))),
}


def scan(cursor: Cursor) -> list[Token]:
    """Return the tokens up to the end. Raises ParseError where a character, a word or a bracket has no place."""
    while cursor.position < cursor.end:
        if cursor.arguments_due:
            due, cursor.arguments_due = cursor.arguments_due, 0
            scan_argument(cursor, due - 1)
        elif cursor.char in _SUM_STARTS and (found := sum_here(cursor)) is not None:
            scan_sum(cursor, *found, scan)
        elif cursor.char in _INTEGRAL_STARTS and integral_here(cursor):
            scan_integral(cursor, scan)
        else:
            _scan_next(cursor, cursor.char)
    if cursor.opened:
        last = cursor.opened[-1]
        cursor.refuse(f"'{last.sign}' is not closed; expected '{CLOSERS.get(last.sign, '|')}' after it", last.position)
    return cursor.tokens


def _scan_next(cursor: Cursor, char: str) -> None:
    if char in " \n":
        cursor.position += 1
    elif char.isdecimal() or char == ".":
        _scan_number(cursor)
    elif char.isascii() and char.isalpha():
        scan_word(cursor)
    elif char == "\\":
        scan_command(cursor)
    elif char in GREEK:
        scan_letter(cursor, GREEK[char], 1)
    elif cursor.plain.startswith("**", cursor.position, cursor.end):
        cursor.emit("CARET", "**", 2)
    elif char == "^" and (circle := cursor.match(_RAISED_CIRCLE)) is not None:
        cursor.emit("DEGREES", "°", len(circle[0]))
    elif char in _SIGNS:
        cursor.emit(_SIGNS[char], char, 1)
    elif char in FLOORS:
        scan_floor(cursor, char, 1)
    elif char in CLOSERS:
        cursor.stand_apart()
        cursor.open(char)
    elif char in ")]}⌋⌉":
        cursor.close(char)
    elif char == "|":
        cursor.bar()
    else:
        _scan_rare(cursor, char)


def _scan_rare(cursor: Cursor, char: str) -> None:
    if char in SUPERSCRIPTS:
        _scan_superscript(cursor)
    elif char in ROOTS:
        cursor.emit("ROOT", _ROOTS[char], 1)
    elif unicodedata.category(char) == "No" and char not in SUBSCRIPTS:
        _refuse_second_number(cursor)
        value = Fraction(unicodedata.numeric(char)).limit_denominator(10)
        cursor.emit("OPERAND", apply(DIVIDE, Number(value.numerator), Number(value.denominator)), 1)
    elif scan_case_sign(cursor):
        return
    elif char in _POSTFIXES and cursor.after_operand():
        cursor.emit(_POSTFIXES[char], char, 1)
    elif char in SUBSCRIPTS or char == "_":
        found = cursor.match(_UNDERSCORED)
        name = quoted(found[0] if found else char)
        cursor.refuse(f"{name} is no name; expected a letter in front, as in x_1")
    else:
        cursor.refuse(why_not(char))


def _scan_number(cursor: Cursor) -> None:
    found = cursor.match(_NUMBER)
    if found is None:
        cursor.refuse("a '.' that belongs to no number; expected digits next to it, as in 0.5")
    if not _starts_a_power(cursor, found.end()):
        _refuse_second_number(cursor)
    digits, length = found[0], len(found[0])
    if len(digits) > MAX_DIGITS:
        cursor.refuse(f"a number of {len(digits):,} digits; expected at most {MAX_DIGITS}")
    scale = 0
    scaled = cursor.match(_SCALE, found.end())
    if scaled is not None:
        after = cursor.at(scaled.end())
        if after.isalpha() or after == "_":
            cursor.refuse(f"{quoted(digits + scaled[0] + after)} can be read in two ways; expected * between factors")
        if len(scaled[1]) > 4 or abs(int(scaled[1])) > MAX_SCALE:
            cursor.refuse(f"a number too large or too small; expected at most e{MAX_SCALE} and at least e-{MAX_SCALE}")
        scale, length = int(scaled[1]), length + len(scaled[0])
    cursor.emit("OPERAND", Number(_exact(digits, scale)), length)


def _starts_a_power(cursor: Cursor, after: int) -> bool:
    """Return whether a number after a space is the base of a power, as in x^2 2^x; 2 3^x has no reading."""
    if cursor.at(cursor.position - 1) != " " or not cursor.match(_CARET, after) or not cursor.tokens:
        return False
    exponent = len(cursor.tokens) > 1 and cursor.tokens[-2].type in ("CARET", "MINUS")
    return exponent or not isinstance(cursor.tokens[-1].value, Number)


def _refuse_second_number(cursor: Cursor) -> None:
    if cursor.after_operand():
        cursor.refuse("a number right after a factor; expected an operator between them, such as * or ^")


def _exact(digits: str, scale: int) -> int | Fraction:
    value = Fraction(digits.rstrip(".")) * Fraction(10) ** scale
    return int(value) if value.denominator == 1 else value


def _is_joined(cursor: Cursor) -> bool:
    """Return whether an operand or a function ends right here, which a raised number is then a power of."""
    return cursor.touches() and (cursor.after_operand() or cursor.tokens[-1].type == "FUNC")


def _scan_superscript(cursor: Cursor) -> None:
    found = cursor.match(_SUPERSCRIPT)
    raised = _RAISED.fullmatch("".join(SUPERSCRIPTS[char] for char in found[0])) if found is not None else None
    if found is None or raised is None:
        cursor.refuse("an exponent that is not understood; expected a number or one letter")
    sign, digits, letter = raised.groups()
    if digits and not sign and cursor.at(cursor.position + len(found[0])) == "√" and not _is_joined(cursor):
        index = Number(int(digits))
        cursor.emit("ROOT", Function(f"root {digits}", root_of(index)), len(found[0]) + 1)
        return
    exponent: Expression
    if digits:
        exponent = Number(int(sign + digits))
    else:
        definition = cursor.definitions.get(letter)
        exponent = Symbol(letter) if definition is None or definition.parameters else definition.expression
        exponent = -exponent if sign == "-" else exponent
    cursor.emit("RAISED", exponent, len(found[0]))
