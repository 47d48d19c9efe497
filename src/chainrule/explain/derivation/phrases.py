"""Owns phrases: sentences with mathematics in them, written in any dialect."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

from chainrule.explain.expressions.dialects import LATEX, MATHML, TEXT, Dialect
from chainrule.explain.expressions.expression import UNDEFINED, Expression, Symbol
from chainrule.explain.expressions.latex_words import words
from chainrule.explain.expressions.notation import is_relation, latex, write

NO_VALUE = "does not exist"
"""What is said of a limit that is none, in the place of "= undefined"."""


@final
@dataclass(frozen=True, slots=True)
class Equation:
    """Expressions with equals signs between them."""

    sides: tuple[Expression, ...]

    def write(self, dialect: Dialect) -> str:
        """Return the equation in a dialect."""
        *known, last = self.sides
        if known and last == UNDEFINED:
            return dialect.equals.join(write_side(side, dialect) for side in known) + dialect.words(f" {NO_VALUE}")
        return dialect.equals.join(write_side(side, dialect) for side in self.sides)

    def __str__(self) -> str:
        return self.write(TEXT)


def write_side(side: Expression, dialect: Dialect) -> str:
    """Return an expression as it stands next to an equals sign: in brackets where it is a comparison."""
    written = write(side, dialect)
    return dialect.bracket(written) if is_relation(side) else written


Phrase: TypeAlias = tuple[str | Expression | Equation, ...]


def equation(*sides: Expression) -> Equation:
    """Return the equation of these sides."""
    return Equation(sides)


def listed(phrases: Sequence[Phrase], between: str = ", ") -> Phrase:
    """Return phrases as one, with `between` between them."""
    found: list[str | Expression | Equation] = []
    for phrase in phrases:
        found += [between, *phrase] if found else phrase
    return tuple(found)


def joined(equations: Sequence[Equation]) -> Phrase:
    """Return equations as one phrase, with commas between them."""
    return listed([(one,) for one in equations])


def in_words(names: Sequence[str]) -> Phrase:
    """Return variables as they are listed in a sentence."""
    symbols: list[Phrase] = [(Symbol(name),) for name in names]
    return symbols[0] if len(symbols) == 1 else (*listed(symbols[:-1]), " and ", *symbols[-1])


def phrase_text(phrase: Phrase) -> str:
    """Return the phrase as plain text."""
    return "".join(part if isinstance(part, str) else _written(part, TEXT) for part in phrase)


def phrase_markdown(phrase: Phrase) -> str:
    """Return the phrase as Markdown, mathematics between dollar signs."""
    return "".join(_escaped(part) if isinstance(part, str) else f"${_latex(part)}$" for part in phrase)


def phrase_latex(phrase: Phrase) -> str:
    """Return the phrase as LaTeX, mathematics between dollar signs."""
    return "".join(words(part) if isinstance(part, str) else f"${_latex(part)}$" for part in phrase)


def phrase_html(phrase: Phrase) -> str:
    """Return the phrase as HTML, mathematics as MathML."""
    return "".join(html.escape(part) if isinstance(part, str) else math_html(part) for part in phrase)


def math_html(part: Expression | Equation) -> str:
    """Return mathematics as a MathML element."""
    return f"<math><mrow>{_written(part, MATHML)}</mrow></math>"


def _written(part: Expression | Equation, dialect: Dialect) -> str:
    return part.write(dialect) if isinstance(part, Equation) else write(part, dialect)


def _latex(part: Expression | Equation) -> str:
    return part.write(LATEX) if isinstance(part, Equation) else latex(part)


def _escaped(words: str) -> str:
    return "".join(f"\\{char}" if char in "*_`<>[]$\\" else char for char in words)
