"""Owns the names of moves that belong to no row of the table: they say how rows are put together."""

from __future__ import annotations

CHAIN = "chain rule"
CHAIN_BY_OPERAND = "chain rule, one operand at a time"
CONSTANT = "constant rule"
DEFINITION = "definition"
TOGETHER = "put the parts together"
AS_POWER = "write it as a power"
BY_CASES = "differentiate case by case"
WHERE_CASES_MEET = "look where the cases meet"

STRUCTURE = (CHAIN, CHAIN_BY_OPERAND, CONSTANT, DEFINITION, TOGETHER, AS_POWER, BY_CASES, WHERE_CASES_MEET)
"""All of them: whatever else a derivation calls a rule is the table's."""
