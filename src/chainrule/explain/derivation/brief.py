"""Owns the brief form of a derivation: each rule in one line, and tidying in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from chainrule.explain.derivation.account import Step
from chainrule.explain.derivation.formulas import row, rule_name
from chainrule.explain.derivation.structure import AS_POWER
from chainrule.explain.expressions.conditions import simplified
from chainrule.explain.expressions.notation import text

SIMPLIFY = "simplify"


def shortened(steps: Sequence[Step]) -> list[Step]:
    """Return steps in which moves of algebra that follow one another, and putting parts together, are one step."""
    found: list[Step] = []
    for is_rule, group in groupby(steps, lambda step: step.kind == "rule" or step.rule == AS_POWER):
        run = list(group)
        merged = run if is_rule else _merged(run)
        if not is_rule and found and merged and _is_plain(found[-1]) and found[-1].after == merged[0].before:
            found[-1] = replace(found[-1], after=merged[0].after)
        else:
            found += merged
    return found


def _is_plain(step: Step) -> bool:
    """Return whether nobody needs to see what a rule gives before its numbers are multiplied."""
    return step.rule in (rule_name(row("add")), rule_name(row("negative")))


def _merged(run: Sequence[Step]) -> list[Step]:
    first, last = run[0], run[-1]
    if text(first.before) == text(last.after):
        return []
    conditions = simplified(condition for step in run for condition in step.conditions)
    why = "; ".join(dict.fromkeys(step.rule for step in run))
    return [Step(SIMPLIFY, (), first.before, last.after, why, conditions, "algebra")]
