"""Owns signs where the locale has none of them: · is written *, and what was typed in UTF-8 is read as such."""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata
from typing import Any

_HANDLER = "chainrule-plain-signs"
_PLAIN = {
    "·": "*",
    "×": "x",
    "−": "-",
    "–": "-",
    "—": "-",
    "∂": "d",
    "∇": "grad ",
    "√": "sqrt",
    "∞": "inf",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "→": "->",
    "⇒": "=>",
    "…": "...",
    "ᵀ": "^T",
    "‖": "||",
    "∈": "in",
    "⊙": "*",
    "µ": "u",
    "─": "-",
    "━": "-",
    "│": "|",
    "╌": "-",
}
_GREEK = ("GREEK SMALL LETTER ", "GREEK CAPITAL LETTER ")


def write_signs_plainly(*streams: Any) -> None:
    """Let streams that cannot write a sign write it in letters, or as an escape: no traceback."""
    codecs.register_error(_HANDLER, _plain_signs)
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_HANDLER)


def decoded(argument: str) -> str:
    """Return an argument of the command line as text, where the locale could not decode it.

    >>> decoded("x²".encode().decode("ascii", "surrogateescape"))
    'x²'
    """
    if not any("\udc80" <= char <= "\udcff" for char in argument):
        return argument
    return os.fsencode(argument).decode("utf-8", "replace") if sys.platform != "win32" else argument


def _plain_signs(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain_sign, error.object[error.start : error.end])), error.end


def _plain_sign(char: str) -> str:
    if char in _PLAIN:
        return _PLAIN[char]
    name = unicodedata.name(char, "")
    for start in _GREEK:
        letter = name.removeprefix(start).removeprefix("FINAL ")
        if name.startswith(start) and letter.isalpha():
            letter = letter.replace("LAMDA", "LAMBDA").lower()
            return letter.capitalize() if "CAPITAL" in start else letter
    decomposed = unicodedata.normalize("NFKD", char).replace("\N{FRACTION SLASH}", "/")
    if decomposed.isascii():
        return f"^{decomposed}" if unicodedata.decomposition(char).startswith("<super>") else decomposed
    return char.encode("ascii", "backslashreplace").decode()
