"""Owns what is said of a reading that some would expect to be another: log x, e^2x, 1/2x, x^1/2, sin x^2."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from chainrule.explain.expressions.expression import Constant, Number, Symbol
from chainrule.explain.expressions.neat import ONE
from chainrule.explain.reading.cursor import Token
from chainrule.explain.reading.names import FUNCTIONS

_OPERAND_ENDS = frozenset(("OPERAND", "RAISED", "CLOSE", "BAR_CLOSE"))
_ARRAYS = "of vectors, explain a NumPy function with arrays as the point"
NORM = f"letters are numbers here, so that ‖u‖ is |u|; {_ARRAYS}"


def remarks(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield one sentence for each reading that may surprise, in the order of the text."""
    if _are_doubled(tokens, "BAR_OPEN") and _are_doubled(tokens, "BAR_CLOSE"):
        yield NORM
    for place, token in enumerate(tokens):
        before, after = tokens[max(0, place - 3) : place], tokens[place + 1 : place + 4]
        if token.type == "CALL" and token.value is FUNCTIONS["log"] and _has_comma(tokens, place + 1):
            yield "log(x, b) is the logarithm of x to the base b; of a number and a variable the number is the base"
        elif token.type in ("FUNC", "CALL") and token.text.lstrip("\\").lower() == "log":
            yield "log is the natural logarithm, as in this field; log10 or lg is the one to base 10"
        elif token.type == "DEGREES":
            yield "angles are in radians: x° is x·π/180, so that a derivative by an angle in degrees has the factor π/180"
        elif token.type == "FUNC" and after and token.text != "log" and _power_without_bracket(after):
            shown = f"{token.text.lstrip(chr(92))} {_shown(after)}"
            yield f"{shown} is read as {_name(token)}({_shown(after)}); the power of the function is {_name(token)}^n x"
        elif token.type == "FUNC" and (joined := _bracket_joined(after)) is not None:
            name = _name(token)
            yield f"{name} {joined}(...) is read as {name}({joined}(...)); write {name}({joined})(...) for the product"
        elif token.value == Symbol("gamma") and after and after[0].type == "OPEN":
            yield "gamma before a bracket is the variable γ, which multiplies it; the gamma function is Gamma(x)"
        elif (variable := _looks_called(token, after)) is not None:
            call = f"{token.text}({variable})"
            yield f"{call} is read as {token.text} times {variable}; a function is defined before, as in {call} = {variable}^2"
        elif token.type == "CARET" and after and after[0].value == Symbol("T"):
            yield f"T is a variable here, and ^T a power; {_ARRAYS}"
        elif token.type == "DIVIDE" and after:
            yield from _divided_power(before, token, after[0])
        elif (_is_variable(token) or token.type == "ROOT") and place and _touches(tokens[place - 1], token):
            yield from _joined(tokens[max(0, place - 4) : place], token)


def _are_doubled(tokens: Sequence[Token], kind: str) -> bool:
    """Return whether two bars of a kind touch, as on both sides of ||u||."""
    pairs = itertools.pairwise(tokens)
    return any(left.type == right.type == kind and _touches(left, right) for left, right in pairs)


def _has_comma(tokens: Sequence[Token], opening: int) -> bool:
    """Return whether a comma stands in the bracket that opens there, and in none within it."""
    depth = 0
    for token in tokens[opening:]:
        depth += (token.type == "OPEN") - (token.type == "CLOSE")
        if depth <= 0 or (depth == 1 and token.type == "COMMA"):
            return depth > 0
    return False


def _power_without_bracket(after: Sequence[Token]) -> bool:
    """Return whether a variable with an exponent follows: x^2, x²."""
    if len(after) < 2 or not _is_variable(after[0]):
        return False
    return after[1].type == "RAISED" or (after[1].type == "CARET" and len(after) > 2 and after[2].type == "OPERAND")


def _bracket_joined(after: Sequence[Token]) -> str | None:
    """Return the variable of a function that a bracket touches, as in sin x(x + 1)."""
    if len(after) < 2 or not _is_variable(after[0]) or after[1].type != "OPEN" or after[1].text != "(":
        return None
    return after[0].text


def _looks_called(token: Token, after: Sequence[Token]) -> str | None:
    """Return the other variable that stands alone in a bracket which touches this one, as in u(x)."""
    if len(after) < 3 or not isinstance(token.value, Symbol) or not _touches(token, after[0]):
        return None
    is_called = (after[0].type, after[0].text, after[2].type) == ("OPEN", "(", "CLOSE")
    inside = after[1].value
    return after[1].text if is_called and isinstance(inside, Symbol) and inside != token.value else None


def _divided_power(before: Sequence[Token], token: Token, number: Token) -> Iterator[str]:
    """Yield what is said of a line after the exponent 1, as in x^1/2: nobody writes that power for its own sake."""
    *others, exponent = before
    if not others or exponent.value != ONE or not isinstance(number.value, Number) or not _touches(token, number):
        return
    is_negative = others[-1].type == "MINUS" and len(others) > 1
    sign = "-" if is_negative else ""
    if others[-1 - is_negative].type == "CARET":
        yield f"the exponent is {sign}1 alone; brackets would join /{number.text} to it: ^({sign}1/{number.text})"


def _joined(before: Sequence[Token], token: Token) -> Iterator[str]:
    """Yield what is said of a variable or root that touches a number or letter in an exponent or under a line."""
    if len(before) < 2 or before[-1].type != "OPERAND":
        return
    *others, sign, number = before
    base = others[-1] if others else None
    if sign.type == "DIVIDE" and base is not None and base.type in _OPERAND_ENDS:
        is_alone = base.type == "OPERAND" and (len(others) < 2 or others[-2].type != "CARET")
        yield _read_from_left(base.text if is_alone else "…", "/", number, token)
    elif token.type == "ROOT" or base is None:
        return
    elif sign.type == "MINUS" and base.type == "CARET":
        yield f"the exponent is -{number.text} alone; brackets would join {token.text} to it: ^(-{number.text}{token.text})"
    elif sign.type == "CARET" and isinstance(base.value, Constant | Number):
        yield _read_from_left(base.text, "^", number, token)


def _read_from_left(base: str, sign: str, number: Token, token: Token) -> str:
    joined = f"{token.text}…" if token.type == "ROOT" else token.text
    first = f"{base}{sign}{number.text}"
    other = f"{base}{sign}({number.text}{joined})"
    return f"{first}{joined} is read as ({first}) {joined}; write {other} for the other reading"


def _is_variable(token: Token) -> bool:
    return token.type == "OPERAND" and (isinstance(token.value, Symbol) or token.value == Constant("pi"))


def _touches(left: Token, right: Token) -> bool:
    return left.position + len(left.text) == right.position


def _name(token: Token) -> str:
    return str(token.value)


def _shown(after: Sequence[Token]) -> str:
    if after[1].type == "RAISED":
        return after[0].text + after[1].text
    return f"{after[0].text}^{after[2].text}"
