"""Owns the records of a matrix derivation: its steps, its results, and every way to show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

from chainrule.explain.matrix import render
from chainrule.explain.matrix.account import MatrixAccount


@final
@dataclass(frozen=True, slots=True, eq=False)
class MatrixDerivation(MatrixAccount):
    """How the gradients of an array program are found, operation by operation; its fields are those of `MatrixAccount`."""

    def __str__(self) -> str:
        return render.plain(self)

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        yield from render.to_rich(self)

    def to_latex(self, document: bool = False) -> str:
        """Return the derivation as an `align*` environment (amsmath, amssymb); with `document`, a whole document."""
        return render.latex_document(self) if document else render.latex_equations(self)

    def to_markdown(self) -> str:
        """Return the derivation as Markdown, mathematics between dollar signs."""
        return render.markdown(self)

    def to_html(self) -> str:
        """Return the derivation as HTML with MathML: no script, all text escaped."""
        return render.html_document(self)

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_dict(self) -> dict[str, Any]:
        """Return the derivation as plain data, for JSON.

        function, result, value, verified. steps: kind ("forward" or "backward"), name, equation, latex, rule, notes, shape,
        shapes (text), line (number and source, or None), parts (steps again). gradients: by name; arrays of more than 1000
        entries are {"shape", "norm"}.
        """
        return render.as_dict(self)
