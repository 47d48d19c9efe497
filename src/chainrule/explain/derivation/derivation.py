"""Owns the derivation that `explain` returns: its records, and every way to show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, final

from chainrule.explain.derivation import data, latex, markdown, plain, terminal, web
from chainrule.explain.derivation.account import Account
from chainrule.explain.derivation.alternatives import alternatives
from chainrule.explain.derivation.findings.writing import hints as study_hints
from chainrule.explain.derivation.forms import forms
from chainrule.explain.derivation.hints import hint
from chainrule.explain.derivation.results import Result


@final
@dataclass(frozen=True, slots=True)
class Derivation(Account):
    """How a derivative is found, step by step; its fields are those of `Account`.

    >>> import chainrule as cr
    >>> d = cr.explain("(2x+3)^2", detail="brief")
    >>> print(d.steps[0].general, [str(one) for one in d.steps[0].match])
    d/dx u^n = n u^(n - 1) du/dx ['u = 2x + 3', 'n = 2']
    >>> d.hints()[-1]
    'Simplify what you have, as far as it gets shorter.'
    >>> [way.route for way in d.alternatives], str(d.forms["factored"])
    (['expand first'], '4(2x + 3)')
    """

    def hints(self) -> tuple[str, ...]:
        """Return a nudge for each step, in order. None of them contains the result of its step."""
        of_study = () if self.study is None else study_hints(self.study)
        return (*map(hint, self.steps), *of_study)

    @property
    def alternatives(self) -> tuple[Derivation, ...]:
        """Other natural ways to the same result, such as to expand first; `route` says which. Found when asked for.

        They are of a first derivative by one variable; of a gradient, look at its `partials`.
        """
        return tuple(
            replace(self, route=way.route, steps=way.steps, conditions=way.conditions, verified=way.verified)
            for way in alternatives(self)
        )

    @property
    def forms(self) -> Mapping[str, Result]:
        """The derivative in other forms: "raw", "tidied", "factored" and "expanded". Found when asked for, by SymPy."""
        return forms(self)

    def __str__(self) -> str:
        return plain.write(self)

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        yield terminal.write(self, options.max_width)

    def to_markdown(self) -> str:
        """Return the derivation as Markdown, mathematics between dollar signs."""
        return markdown.write(self)

    def to_latex(self, document: bool = False) -> str:
        """Return the derivation as LaTeX: an `align*` environment of equations with the names of the rules.

        With `document`, a whole document that compiles and says everything that the plain text says.
        """
        return latex.document(self) if document else latex.equations(self)

    def to_html(self) -> str:
        """Return the derivation as a whole page of HTML with MathML, readable alone and without a script."""
        return web.page(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the derivation as plain data, for JSON; `schema.DERIVATION` describes it."""
        return data.as_dict(self)

    def _repr_html_(self) -> str:
        return web.fragment(self)

    def _repr_markdown_(self) -> str:
        return markdown.write(self)

    def _repr_latex_(self) -> str:
        return f"$${latex.heading_latex(self)}$$"
