"""Owns how a derivation is shown by rich, in colors; it is the one place of derivations that loads rich."""

from __future__ import annotations

from typing import Any

from chainrule.explain.derivation.account import Account
from chainrule.explain.derivation.plain import lines

_STYLES = {"title": "bold", "rule": "bold cyan", "why": "dim", "result": "bold green", "": ""}


def write(derivation: Account, width: int) -> Any:
    """Return the derivation as a text of rich: the lines of the plain text, nothing in them read as markup."""
    from rich.text import Text  # noqa: PLC0415  (heavy: loaded when a console asks for it)

    rows = [Text.assemble(*((span, _STYLES[role]) for span, role in line)) for line in lines(derivation, width)]
    return Text("\n").join(rows)
