"""Owns `chainrule rates`: which learning rates will work from a point, before a step is taken."""

from __future__ import annotations

import math

import chainrule as cr
from chainrule.cli.methods import make_method
from chainrule.cli.numbers import assignments
from chainrule.cli.output import CommandError, Output, table
from chainrule.cli.source import read_source, user_code
from chainrule.cli.variables import of_point
from chainrule.optim.geometry.learning_rate import LearningRate

MOST_RATES = 50
_PARTS = (0.001, 0.1, 1.0, 1.1)  # of the stable bound; these are looked at where no rates are given


def run(function: str, start: str, method: str, rates: str | None, tol: float) -> Output:
    """Return the bound, the best rate, and a verdict on each of the rates."""
    asked = None if rates is None else _read_rates(rates)
    source = read_source(function)
    fun, values = of_point(source, start)
    chosen = make_method(method)
    with user_code(source.path, source.label):
        found = cr.learning_rate(fun, values, chosen, tol=tol)
        looked_at = asked or _usual(found)
        data = found.to_dict(looked_at)
    verdicts = [(f"{row['rate']:.6g}", row["verdict"] or "-") for row in data["verdicts"]]
    lines = [f"{source.text or source.label} from {assignments(values)}", "", str(found)]
    if verdicts:
        lines += ["", table(("rate", "verdict"), verdicts), "", *(row["text"] for row in data["verdicts"])]
    return Output("\n".join(lines), {"function": source.text or source.label, "start": values, **data})


def _read_rates(text: str) -> list[float]:
    try:
        rates = [float(part) for part in text.split(",")]
    except ValueError:
        rates = []
    if not rates or not all(0 < rate < math.inf for rate in rates):
        raise CommandError(f"{text[:40]!r} is not a list of learning rates; write numbers above 0, such as 0.01,0.1,1")
    if len(rates) > MOST_RATES:
        raise CommandError(f"{len(rates)} rates are too many; at most {MOST_RATES} are looked at")
    return rates


def _usual(found: LearningRate) -> list[float]:
    """Return rates from far below the bound to just above it; none where there is no bound."""
    bound = found.bound if math.isfinite(found.bound) else 0.0
    return [float(f"{part * bound:.6g}") for part in _PARTS if bound]
