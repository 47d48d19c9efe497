"""Owns how LaTeX becomes tokens: commands, the arguments in braces after them, and the delimiters of left and right."""

from __future__ import annotations

import difflib
import re

from chainrule.explain.expressions.expression import Constant, Number, apply
from chainrule.explain.reading.cases import RELATIONS, scan_cases_command, scan_relation_command
from chainrule.explain.reading.characters import why_not
from chainrule.explain.reading.cursor import Cursor
from chainrule.explain.reading.names import (
    FUNCTIONS,
    GREEK,
    GREEK_NAMES,
    LATEX_LETTERS,
    LATEX_SIGNS,
    LATEX_SIZES,
    LATEX_SPACES,
    LATEX_UPRIGHT,
    MARKED,
    MARKS,
    OTHER_TASKS,
    PROGRAMMING_WORDS,
    Function,
    marked_name,
)
from chainrule.explain.reading.refusal import quoted
from chainrule.explain.reading.words import (
    function_called,
    index_after,
    refuse_programming,
    refuse_unknown,
    scan_function,
    scan_letter,
    scan_symbol,
)
from chainrule.primitives.arithmetic import DIVIDE

_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_UPRIGHT = re.compile(r"\*?\s*\{\s*([A-Za-z]+[0-9]*)\s*\}")
_BAR = re.compile(r"\s*(?:\||\\[lr]?[vV]ert(?![A-Za-z])|\\\|)")
_INDEX = re.compile(r"\s*\[")
_BARS = frozenset(("lvert", "rvert", "vert", "lVert", "rVert", "Vert", "mid", "|"))
_LEFT = frozenset(("left", "lvert", "lVert", "bigl", "Bigl"))
_RIGHT = frozenset(("right", "rvert", "rVert", "bigr", "Bigr"))
FLOORS = {"⌊": "floor", "⌈": "ceil"}
"""Brackets that are functions, and which."""
_FLOOR_COMMANDS = {"lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉"}
_QUOTIENT = Function("frac", lambda above, below: apply(DIVIDE, above, below), 2, 2)
_TWO_ARGUMENTS = dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac"), _QUOTIENT) | dict.fromkeys(
    ("binom", "dbinom", "tbinom"), FUNCTIONS["binom"]
)
"""Commands with two arguments in braces, and what they build."""
_KNOWN_COMMANDS = ("frac", "sqrt", *FUNCTIONS, *LATEX_LETTERS, *LATEX_SIGNS)


def scan_command(cursor: Cursor) -> None:
    r"""Scan a command such as \frac."""
    if scan_cases_command(cursor):
        return
    found = cursor.match(_COMMAND)
    if found is None:
        cursor.refuse("a '\\' at the end; expected the name of a LaTeX command after it")
    name, length = found[1], len(found[0])
    if name in LATEX_SPACES or name == "\n":
        cursor.position += length
    elif name in LATEX_SIGNS:
        cursor.emit(LATEX_SIGNS[name], name, length)
    elif scan_relation_command(cursor, name, length):
        return
    elif name in LATEX_SIZES or name in _BARS:
        _delimiter(cursor, name, length)
    elif name in _TWO_ARGUMENTS:
        cursor.emit("FRAC", _TWO_ARGUMENTS[name], length)
        scan_argument(cursor, 1)
    elif name == "sqrt":
        _square_root(cursor, length)
    elif name in LATEX_UPRIGHT:
        _upright(cursor, name, found.end())
    elif name in LATEX_LETTERS:
        scan_letter(cursor, LATEX_LETTERS[name], length)
    elif name == "{":
        cursor.stand_apart()
        cursor.open(name, length=length)
    elif name == "}":
        cursor.close(name, length=length)
    elif name in ("lfloor", "lceil"):
        scan_floor(cursor, _FLOOR_COMMANDS[name], length)
    elif name in _FLOOR_COMMANDS:
        cursor.close(_FLOOR_COMMANDS[name], length=length)
    elif name in MARKS:
        _marked(cursor, name, length)
    elif name in FUNCTIONS:
        scan_function(cursor, FUNCTIONS[name], length)
    else:
        near = difflib.get_close_matches(name[:40], _KNOWN_COMMANDS, 1, 0.7)
        advice = f"; did you mean '\\{near[0]}'?" if near else ""
        if name in ("begin", "end"):
            cursor.refuse(f"'\\{name}' of something unknown; expected \\begin{{cases}} or \\end{{cases}}")
        if name in RELATIONS:
            cursor.refuse(why_not("<"))
        if name in OTHER_TASKS:
            cursor.refuse(f"'\\{name}' is not understood: {OTHER_TASKS[name]}")
        cursor.refuse(f"unknown LaTeX command {quoted(found[0])}; expected one such as \\frac, \\sin or \\cdot{advice}")


def scan_floor(cursor: Cursor, sign: str, length: int) -> None:
    """Scan a bracket that is a function: the floor, or the ceiling."""
    cursor.emit("CALL", FUNCTIONS[FLOORS[sign]], 0)
    cursor.open(sign, length=length)


def _marked(cursor: Cursor, name: str, length: int) -> None:
    r"""Scan a letter with a mark, such as \hat{y}; it is the variable y_hat."""
    found = cursor.match(MARKED)
    marked = None if found is None else marked_name(found)
    if found is None or marked is None:
        cursor.refuse(f"expected one letter after '\\{name}', as in \\{name}{{y}}", cursor.position + length)
    index, width = index_after(cursor, found.end())
    scan_symbol(cursor, marked + index, found.end() - cursor.position + width)


def _delimiter(cursor: Cursor, name: str, length: int) -> None:
    r"""Scan \left and \right, which change nothing but the direction of a bar, and the names of bars."""
    bar = cursor.match(_BAR, cursor.position + length)
    if name in LATEX_SIZES and bar is None:
        cursor.position += length
        return
    width = length if name not in LATEX_SIZES or bar is None else bar.end() - cursor.position
    if name in _LEFT:
        cursor.push("|", "BAR_OPEN", width)
    elif name in _RIGHT and cursor.opened and cursor.opened[-1].sign == "|":
        cursor.close_bar(width)
    elif name in _RIGHT:
        cursor.refuse("a bar that closes nothing; expected an opening bar before it")
    else:
        cursor.bar(width)


def _square_root(cursor: Cursor, length: int) -> None:
    after = cursor.position + length
    if cursor.match(_INDEX, after):
        cursor.emit("INDEXED_ROOT", "sqrt", length)
        cursor.position = cursor.plain.index("[", after)
        cursor.open("[", arguments=1)
    else:
        cursor.emit("CALL", FUNCTIONS["sqrt"], length)
        scan_argument(cursor, 0)


def scan_argument(cursor: Cursor, more: int) -> None:
    r"""Scan the braces of an argument of LaTeX, or the single sign that stands for them: \frac12. `more` follow."""
    while cursor.char in (" ", "\n"):
        cursor.position += 1
    char = cursor.char
    if char == "{":
        cursor.open("{", arguments=more)
        return
    if char == "(" and cursor.tokens[-1].type == "CALL":
        cursor.open("(")
        return
    start = cursor.position
    cursor.emit("OPEN", "{", 0, start)
    if char.isdecimal():
        cursor.emit("OPERAND", Number(int(char)), 1)
    elif char in GREEK:
        _emit_single(cursor, GREEK[char], 1)
    elif char.isalpha() and char.isascii():
        _emit_single(cursor, char, 1)
    elif (found := cursor.match(_COMMAND)) and found[1] in LATEX_LETTERS:
        _emit_single(cursor, LATEX_LETTERS[found[1]], len(found[0]))
    else:
        cursor.refuse("an argument of a LaTeX command is missing; expected '{' here, as in \\frac{1}{x}")
    cursor.emit("CLOSE", "}", 0, cursor.position)
    if more:
        scan_argument(cursor, more - 1)


def _emit_single(cursor: Cursor, letter: str, length: int) -> None:
    if letter in ("e", "pi"):
        cursor.emit("OPERAND", Constant(letter), length)
    else:
        scan_symbol(cursor, letter, length)


def _upright(cursor: Cursor, name: str, after: int) -> None:
    found = cursor.match(_UPRIGHT, after)
    if found is None:
        cursor.refuse(f"expected a name in braces after '\\{name}', as in \\{name}{{sigmoid}}")
    word = found[1]
    function = function_called(word)
    length = found.end() - cursor.position
    if function is not None:
        scan_function(cursor, function, length)
    elif word in cursor.definitions or word in cursor.pending:
        scan_symbol(cursor, word, length)
    elif word.lower() in OTHER_TASKS:
        refuse_unknown(cursor, word)
    elif word.lower() in PROGRAMMING_WORDS:
        refuse_programming(cursor, word)
    elif word == "e":
        cursor.emit("OPERAND", Constant("e"), length)
    elif len(word) == 1 or word in GREEK_NAMES:
        scan_symbol(cursor, word, length)
    else:
        refuse_unknown(cursor, word)
