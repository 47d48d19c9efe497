"""Owns the derivation that `explain` returns: its records, and every way to show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, final

from chainrule.explain.derivation import render
from chainrule.explain.derivation.account import Account


@final
@dataclass(frozen=True, slots=True)
class Derivation(Account):
    """How a derivative is found, step by step; its fields are those of `Account`."""

    def __str__(self) -> str:
        return render.plain(self)

    def to_latex(self) -> str:
        """Return the derivation as LaTeX: an `align*` environment of equations with the names of the rules."""
        return render.latex_document(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the derivation as plain data, for JSON."""
        return render.as_dict(self)

    def _repr_html_(self) -> str:
        return render.html_document(self)

    def _repr_markdown_(self) -> str:
        return render.markdown(self)

    def _repr_latex_(self) -> str:
        return f"$${render.latex_heading(self)}$$"

    def with_point(self, at: Mapping[str, float], value: float | tuple[float, ...]) -> Derivation:
        """Return the derivation with the value at a point."""
        return replace(self, at=tuple(at.items()), value=value)
