"""Owns how text is refused: what is wrong, what was expected, and a caret under the column."""

from __future__ import annotations

import unicodedata

from chainrule.errors import ParseError

_AROUND = 30
_LONGEST = 280


class NotYetDefined(ParseError):
    """A formula uses a name whose definition stands after it, or is its own."""


def refusal(text: str, position: int, message: str, kind: type[ParseError] = ParseError) -> ParseError:
    """Return the error that points at `position` (from 0) of `text`; it is under 500 characters, whatever the text.

    >>> print(refusal("2x + )", 5, "unexpected ')'"))
    column 6: unexpected ')'
      2x + )
           ^
    """
    if len(message) > _LONGEST:
        message = message[: _LONGEST - 1] + "…"
    start = max(0, position - _AROUND)
    before = ("…" if start else "") + "".join(map(_shown, text[start:position]))
    after = "".join(map(_shown, text[position : position + _AROUND]))
    if position + _AROUND < len(text):
        after += "…"
    # Escapes are up to ten characters for one; what is far from the caret gives way.
    if len(before) > 60:
        before = "…" + before[-59:]
    after = after if len(after) <= 60 else after[:59] + "…"
    return kind(f"column {position + 1}: {message}\n  {before}{after}\n  {' ' * len(before)}^")


def quoted(text: str) -> str:
    """Return a short piece of text in quotes, as it can be shown."""
    shown = "".join(map(_shown, text[:24]))
    return f"'{shown}…'" if len(text) > 24 else f"'{shown}'"


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if char == " " or category[0] in "LNPS":
        return char
    return char.encode("unicode_escape").decode() if ord(char) > 126 or ord(char) < 32 else f"\\x{ord(char):02x}"


def character_name(char: str) -> str:
    """Return the code point and the name of a character, such as "U+0445 CYRILLIC SMALL LETTER HA"."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '(no name)')}"
