r"""Owns prose in LaTeX: signs that are escaped, letters that every LaTeX has, and the start of a document that compiles."""

from __future__ import annotations

from chainrule.explain.expressions.dialects import LATEX

PREAMBLE = r"""\documentclass{article}
\usepackage{iftex}
\ifPDFTeX\usepackage[T1]{fontenc}\fi
\usepackage{amsmath}
\usepackage{amssymb}
\setlength{\parindent}{0pt}
\allowdisplaybreaks
\begin{document}"""

_SIGNS = {
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": "$<$", ">": "$>$", "|": "$|$",
    "·": r"$\cdot$", "²": "$^2$", "∇": r"$\nabla$", "≠": r"$\ne$", "≤": r"$\le$", "≥": r"$\ge$", "∞": r"$\infty$",
    "≈": r"$\approx$",
    **{sign: f"\\{sign}" for sign in "#$%&_{}"},
}  # fmt: skip
"""How signs are written in a text of LaTeX."""

_LATIN = range(0xA1, 0x180)
"""Letters that every LaTeX has in its fonts."""


def words(text: str) -> str:
    """Return a text with what means something to LaTeX escaped."""
    return "".join(_SIGNS.get(char) or _greek(char) for char in text)


def _greek(char: str) -> str:
    written = LATEX.symbol(char) if char.isalpha() and not char.isascii() else char
    return f"${written}$" if written.startswith("\\") and written[1:].isalpha() else char


def known(written: str) -> str:
    """Return LaTeX with characters that every LaTeX has; others by their code, so that the document compiles."""
    return "".join(map(_known, written))


def _known(char: str) -> str:
    if char == "\n" or (char.isascii() and char.isprintable()):
        return char
    return rf"\text{{{char}}}" if ord(char) in _LATIN and char.isalpha() else rf"\text{{U+{ord(char):04X}}}"
