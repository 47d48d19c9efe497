"""Owns how words and letters become tokens: functions, constants, variables with indices, and what is refused."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NoReturn

from chainrule.explain.expressions.expression import Constant, Number, Symbol
from chainrule.explain.reading.cases import EXAMPLE, scan_case_word, scan_piecewise
from chainrule.explain.reading.characters import SUBSCRIPTS, SUPERSCRIPTS
from chainrule.explain.reading.cursor import Cursor
from chainrule.explain.reading.glued import parts_of
from chainrule.explain.reading.names import (
    BRACKET_FUNCTIONS,
    ENGLISH,
    FUNCTIONS,
    GLUED,
    GREEK,
    GREEK_NAMES,
    OTHER_FUNCTIONS,
    OTHER_TASKS,
    PROGRAMMING_WORDS,
    SHORT_TASKS,
    Function,
    log_to_base,
)
from chainrule.explain.reading.refusal import NotYetDefined, quoted
from chainrule.explain.reading.spoken import phrase_here

_WORD = re.compile("[A-Za-z]+")
_MODULE = re.compile(r"(?:np|numpy|math)\.(?=[A-Za-z])")
_DIGITS = re.compile("[0-9]+")
_NUMBERED_FUNCTION = re.compile("(log10|log2|log1p|exp2|expm1|arctan2|atan2)(?![A-Za-z0-9])", re.IGNORECASE)
_GLUED_FUNCTION = re.compile(f"({'|'.join(GLUED)})")
_ARGUMENT = re.compile(rf"\s*(?:[A-Za-z0-9.(\[{{|^√∛∜\\]|[{''.join(GREEK)}{''.join(SUPERSCRIPTS)}])|_")
_SUBSCRIPT = re.compile(r"_\s*(?:\{\s*([A-Za-z0-9]{1,8})\s*\}|([0-9]+)|([A-Za-z][A-Za-z0-9]*))")
_BASE = re.compile(r"_\s*\{\s*([0-9]{1,8}/[1-9][0-9]{0,7}|[0-9]{0,8}\.[0-9]{1,8})\s*\}")
_SMALL_INDEX = re.compile(f"[{''.join(SUBSCRIPTS)}]+")
_INDEX_STARTS = frozenset(("_", *SUBSCRIPTS))
_SPOKEN_EXPONENT = re.compile(r"\s*(-?)\s*([0-9]{1,9})\s*([A-Za-z])(?![A-Za-z])")
_KNOWN_WORDS = (*FUNCTIONS, *GREEK_NAMES, *BRACKET_FUNCTIONS)
_LONGEST_INDEX = 8


def scan_word(cursor: Cursor) -> None:
    """Scan a run of letters: a name of the text's own, a function, a Greek letter, or letters that multiply."""
    module = cursor.match(_MODULE)
    if module is not None:  # np.sin is how programs write sin
        cursor.position = module.end()
    found = cursor.match(_WORD)
    word = found[0] if found else ""
    digits = _digits(cursor, cursor.position + len(word))
    numbered = cursor.match(_NUMBERED_FUNCTION)
    if word + digits in cursor.definitions or word + digits in cursor.pending:
        scan_symbol(cursor, word + digits, len(word + digits))
    elif numbered is not None:
        scan_function(cursor, FUNCTIONS[numbered[1].lower()], len(numbered[1]))
    elif not scan_case_word(cursor, word) and not scan_piecewise(cursor, word):
        _scan_plain_word(cursor, word, digits)


def _digits(cursor: Cursor, position: int) -> str:
    found = cursor.match(_DIGITS, position)
    return found[0] if found else ""


def _scan_plain_word(cursor: Cursor, word: str, digits: str) -> None:
    function = function_called(word)
    after = cursor.position + len(word)
    phrase = phrase_here(cursor)
    if phrase is not None:
        _scan_phrase(cursor, *phrase)
    elif word.lower() in SHORT_TASKS:
        refuse_unknown(cursor, word)
    elif word.lower() in PROGRAMMING_WORDS:
        refuse = refuse_unknown if word.lower() in OTHER_TASKS else refuse_programming
        refuse(cursor, word)
    elif word.lower() in ENGLISH:
        cursor.refuse(f"{quoted(word)} is a word, and signs are read; expected {ENGLISH[word.lower()]}")
    elif function is not None:
        _refuse_glued_digits(cursor, word, digits)
        scan_function(cursor, function, len(word))
    elif word in GREEK_NAMES or word in BRACKET_FUNCTIONS:
        scan_letter(cursor, word, len(word))
    elif parts := _glued(cursor, word):
        _scan_glued(cursor, parts)
    elif len(word) <= 3 and "ln" not in word:
        _refuse_near_call(cursor, word, after)
        for letter in word:
            scan_letter(cursor, letter, 1)
    else:
        refuse_unknown(cursor, word)


def _scan_phrase(cursor: Cursor, kind: str, value: object, length: int) -> None:
    """Scan words that stand for a sign, a number, a power or a function."""
    if isinstance(value, Function):
        scan_function(cursor, value, length)
    else:
        cursor.emit(kind, value, length)
    if kind == "CARET" and (found := cursor.match(_SPOKEN_EXPONENT)) is not None:
        # "e to the 2x" is e^(2x), though e^2x is (e^2) x.
        cursor.emit("OPEN", "(", 0, cursor.position)
        cursor.position = found.start(1)
        if found[1]:
            cursor.emit("MINUS", "-", 1)
        cursor.position = found.start(2)
        cursor.emit("OPERAND", Number(int(found[2])), len(found[2]))
        cursor.position = found.start(3)
        scan_letter(cursor, found[3], 1)
        cursor.emit("CLOSE", ")", 0, cursor.position)


def refuse_programming(cursor: Cursor, word: str) -> NoReturn:
    """Refuse a word of programming languages."""
    advice = "; write λ for the Greek letter" if word == "lambda" else ""
    if word in ("if", "else"):
        advice = f"; cases stand in brackets, as in {EXAMPLE}"
    cursor.refuse(
        f"{quoted(word)} is a word of programming languages, and nothing typed here is run; expected mathematics "
        f"such as x^2 + 3x{advice}"
    )


def _refuse_glued_digits(cursor: Cursor, word: str, digits: str) -> None:
    # "log3x" and "sin2(x)" have readings that differ; "sin2x" has one.
    after = cursor.position + len(word) + len(digits)
    if digits and (cursor.at(after) == "(" or word.lower() in ("log", "exp", "atan", "arctan")):
        other = f"{word}_{digits}(x)" if word.lower() == "log" else f"{word}(x)^{digits}"
        cursor.refuse(f"{quoted(word + digits)} can be read in two ways; expected {word}({digits}x) or {other}")


def _refuse_near_call(cursor: Cursor, word: str, after: int) -> None:
    """Refuse what looks like a call: f(2) where there is no f, sni(x)."""
    if cursor.at(after) != "(":
        return
    product = f"{'*'.join(word)}*( for a product"
    if word in ("f", "g") and word not in cursor.definitions and word not in cursor.pending:
        cursor.refuse(f"{word} is not defined; expected its definition before, as in {word}(x) = x^2, or {product}")
    if word.lower() in OTHER_FUNCTIONS:
        advice = f"{OTHER_TASKS[word.lower()]}; or" if word.lower() in OTHER_TASKS else "expected"
        cursor.refuse(f"the function '{word}' is not understood; {advice} {product}")
    if len(word) == 3 and (near := difflib.get_close_matches(word, FUNCTIONS, 1, 0.66)):
        cursor.refuse(f"unknown function '{word}'; did you mean '{near[0]}'? (expected {product})")


def _glued(cursor: Cursor, word: str) -> tuple[str, ...]:
    """Return the functions and letters that a word is made of, where they and what comes after it have one reading."""
    parts = parts_of(word)
    after = cursor.position + len(word)
    if parts and parts[-1] in FUNCTIONS:
        return parts if cursor.match(_ARGUMENT, after) else ()
    # "sinx(x + 1)" could be the product, or the sine of the product.
    is_product = FUNCTIONS.keys().isdisjoint(parts)
    return parts if is_product or not cursor.call_ahead(after) else ()


def _scan_glued(cursor: Cursor, parts: Sequence[str]) -> None:
    """Scan what a word is made of. A function at its end has an argument after the word, and is a word of its own."""
    for part in parts[:-1]:
        if part in FUNCTIONS:
            cursor.emit("FUNC", FUNCTIONS[part], len(part))
        else:
            scan_letter(cursor, part, len(part))
    if parts[-1] in FUNCTIONS:
        scan_word(cursor)
    else:
        scan_letter(cursor, parts[-1], len(parts[-1]))


def refuse_unknown(cursor: Cursor, word: str) -> NoReturn:
    """Refuse a word that is no name, with the name that it may have been meant to be."""
    parts = _GLUED_FUNCTION.sub(r" \1 ", word).split()
    if 1 < len(parts) <= 6 and all(part in FUNCTIONS or len(part) <= 2 for part in parts):
        cursor.refuse(f"{quoted(word)} is glued together; expected spaces or brackets, as in '{' '.join(parts)}'")
    if word.lower() in OTHER_TASKS:
        cursor.refuse(f"{quoted(word)} is not understood: {OTHER_TASKS[word.lower()]}")
    near = difflib.get_close_matches(word[:40].lower(), _KNOWN_WORDS, 1, 0.6)
    advice = f"; did you mean '{near[0]}'?" if near else "; write * between letters that are to be multiplied"
    cursor.refuse(f"unknown name {quoted(word)}; expected a function, or variables of one letter{advice}")


def scan_letter(cursor: Cursor, letter: str, length: int) -> None:
    """Scan a letter with its index, if it has one: x, x1, x_1, w_{ij}, θ₀. x1, x_1, x_{1} and x₁ are the same."""
    after = cursor.position + length
    if letter in BRACKET_FUNCTIONS and letter not in cursor.definitions and cursor.call_ahead(after):
        scan_function(cursor, BRACKET_FUNCTIONS[letter], length)
        return
    index, width = index_after(cursor, after)
    if letter in ("e", "pi"):
        if index:
            cursor.refuse(f"{letter} is a number, not a variable; expected {letter}*{index} or {letter}^{index}")
        cursor.emit("OPERAND", Constant(letter), length)
        return
    scan_symbol(cursor, f"{letter}{'' if index.isdecimal() or not index else '_'}{index}", length + width)


def index_after(cursor: Cursor, after: int) -> tuple[str, int]:
    """Return the index that starts at `after`, and how many characters it takes; that of a sum is its number."""
    index, width = _typed_index(cursor, after)
    if index in cursor.indices and cursor.indices[index] >= 0:
        index = str(cursor.indices[index])
    return index, width


def _typed_index(cursor: Cursor, after: int) -> tuple[str, int]:
    small = cursor.match(_SMALL_INDEX, after)
    if small is not None:
        return "".join(SUBSCRIPTS[char] for char in small[0]), len(small[0])
    digits = _digits(cursor, after)
    if digits or cursor.at(after) != "_":
        if len(digits) > _LONGEST_INDEX:
            cursor.refuse(f"an index of {len(digits):,} digits; expected at most {_LONGEST_INDEX}", after)
        return digits, len(digits)
    found = cursor.match(_SUBSCRIPT, after)
    index = next((part for part in found.groups() if part), "") if found is not None else ""
    if found is None or len(index) > _LONGEST_INDEX:
        advice = f"expected up to {_LONGEST_INDEX} letters or digits, as in x_1 or x_{{max}}"
        cursor.refuse(f"an index that is not understood; {advice}", after)
    # In LaTeX, w_ij is w_i j; typed plainly, it is meant as one name.
    if found[3] and (cursor.at(found.end()) == "_" or (len(index) > 1 and "\\" in cursor.plain)):
        cursor.refuse("an index of several letters; expected braces around it, as in x_{max}", after)
    return index, len(found[0])


def scan_symbol(cursor: Cursor, name: str, length: int) -> None:
    """Scan a variable, or what the text has defined it as."""
    definition = cursor.definitions.get(name)
    if name in cursor.pending:
        problem = f"'{name}' is used before it is defined, or in its own definition"
        cursor.refuse(f"{problem}; expected its definition before this", kind=NotYetDefined)
    if definition is None:
        cursor.emit("OPERAND", Symbol(name), length)
    elif definition.parameters is None:
        cursor.emit("OPERAND", definition.expression, length)
    elif cursor.call_ahead(cursor.position + length):
        cursor.emit("CALL", (name, definition), length)
    else:
        example = f"{name}({', '.join(definition.parameters)})"
        cursor.refuse(f"'{name}' is a function; expected its arguments in brackets, as in {example}")


def scan_function(cursor: Cursor, function: Function, length: int) -> None:
    """Scan a function: CALL where a bracket follows, FUNC where its argument is written next to it."""
    if function is FUNCTIONS["log"] and cursor.at(cursor.position + length) in _INDEX_STARTS:
        _scan_logarithm(cursor, cursor.position + length)
    elif cursor.call_ahead(cursor.position + length):
        cursor.emit("CALL", function, length)
    elif function.least > 1 or function.most is None:
        cursor.refuse(f"{function.name} takes several arguments; expected brackets, as in {function.name}(x, y)")
    else:
        cursor.emit("FUNC", function, length)


def _scan_logarithm(cursor: Cursor, after: int) -> None:
    """Scan log_2 x, where `after` is the place of the base."""
    typed = cursor.match(_BASE, after)
    if typed is not None:
        number = Fraction(typed[1])
        if number in (0, 1):
            cursor.refuse(f"there is no logarithm to base {typed[1]}; expected another base", after)
        function = Function(f"log_{{{typed[1]}}}", log_to_base(Number(number)))
        scan_function(cursor, function, typed.end() - cursor.position)
        return
    index, width = index_after(cursor, after)
    length = after + width - cursor.position
    if index in ("2", "10", "e"):
        scan_function(cursor, FUNCTIONS["log" if index == "e" else f"log{index}"], length)
        return
    if not index.isdecimal() and len(index) != 1:
        cursor.refuse("a base of a logarithm that is not understood; expected a number or a letter", after)
    base = Number(int(index)) if index.isdecimal() else Symbol(index)
    if base in (Number(0), Number(1)):
        cursor.refuse(f"there is no logarithm to base {index}; expected another base", after)
    scan_function(cursor, Function(f"log_{index}", log_to_base(base)), length)


def function_called(word: str) -> Function | None:
    """Return the function of that name; "Sin" and "ReLU" are understood, too."""
    return FUNCTIONS.get(word) or (FUNCTIONS.get(word.lower()) if len(word) > 1 else None)
