"""Owns `chainrule rules`: the table of rules, with each rule's own formula."""

from __future__ import annotations

from chainrule.cli.output import CommandError, Output, table
from chainrule.explain.derivation.rule_table import all_rules


def run(name: str | None) -> Output:
    """Return one row for each rule of each primitive whose name or rule contains `name`."""
    wanted = (name or "").strip().lower()
    rows = [row for row in all_rules() if wanted in row["name"] or wanted in row["rule"].lower()]
    if not rows:
        raise CommandError(f"no rule is called {wanted[:60]!r}; `chainrule rules` lists them all")
    cells = [[row["name"], row["rule"], row["formula"] or ""] for row in rows]
    return Output(table(["operation", "rule", "formula"], cells, left=3), {"rules": rows})
