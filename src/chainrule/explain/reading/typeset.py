r"""Owns LaTeX that says how a text looks and not what it means: spaces, fonts, words in \text, arrows between statements.

It is blanked out, or moved to the end of its place, so that columns stay.
"""

from __future__ import annotations

import re

_SPACES = re.compile(r"(?<!\\)\\(?:[,;:! ]|(?:quad|qquad|thinspace|displaystyle|textstyle|nonumber)(?![A-Za-z]))")
_FONT = re.compile(
    r"\\(?:mathbf|boldsymbol|bm|mathcal|mathscr|mathit|mathsf|textit|textbf)\s*+"
    r"(?:\{\s*+(\\[A-Za-z]+|[A-Za-z])\s*+\}|(\\[A-Za-z]+|[A-Za-z])(?![A-Za-z]))"
)
"""A font for one letter; names of several letters are read where functions are."""
_WORDS = re.compile(r"\\(?:text|textrm|mbox)\s*+\{([^{}]*)\}")
_IS_SENTENCE = re.compile(r"[ .,:;]|^(?:find|let|given|if|then|and|where|at)$", re.IGNORECASE)
_ARROW = re.compile(r"\\(?:implies|Rightarrow|Longrightarrow|therefore)(?![A-Za-z])|[⟹⇒]")
_DISPLAY = re.compile(r"\\(?:begin|end)\s*\{(?:equation|align|aligned|gather|displaymath|math|split)\*?\}")
_MARK = re.compile(r"&|\\\\(?:\[[^\]]*\])?")
"""Where lines of a display are aligned, and where they end."""
_ELL = re.compile(r"\\ell(?![A-Za-z])")


def without_typesetting(line: str) -> str:
    r"""Return the line with what only concerns its looks blanked out, as long as before.

    >>> without_typesetting(r"\text{Find } y' \text{ if } \mathbf{x}^2\,y")
    "      Find   y'       if           x^2  y"
    """
    if "\\" not in line and "⟹" not in line and "⇒" not in line:
        return line
    if _DISPLAY.search(line):
        line = _DISPLAY.sub(_blank, line)
        if "\\begin" not in line:
            line = _MARK.sub(lambda found: (" " if found[0] == "&" else ";").rjust(len(found[0])), line)
    line = _SPACES.sub(_blank, line)
    line = _FONT.sub(lambda found: (found[1] or found[2]).rjust(len(found[0])), line)
    line = _ELL.sub(lambda found: "l".rjust(len(found[0])), line)
    line = _ARROW.sub(lambda found: ";".rjust(len(found[0])), line)
    # In cases, \text{if } belongs to the grammar.
    return line if "\\begin" in line else _WORDS.sub(_sentence, line)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _sentence(found: re.Match[str]) -> str:
    if not _IS_SENTENCE.search(found[1]):
        return found[0]
    # The brace at the end stays a space, so that words do not join what follows.
    return (found[1] + " ").rjust(len(found[0]))
