"""Owns what a limit says: its verdict, the equation of the tangent, and the page with the table."""

from __future__ import annotations

import math
from collections.abc import Iterator

from chainrule.explain.limits.measured import Measured
from chainrule.explain.limits.quotients import BestStep, Quotient
from chainrule.explain.limits.sides import Side
from chainrule.explain.pages.page import Block, Grid, Page, Paragraph

FAR = 1e4
"""From this scale of the point on the tangent's intercept has lost digits, and the point-slope form is shown."""


def number(value: float | None, digits: int = 7) -> str:
    """Return a number as it stands in sentences; what is not known as a dash.

    >>> number(4.0), number(-0.0), number(1/3), number(None)
    ('4', '0', '0.3333333', '-')
    """
    return "-" if value is None else f"{value + 0.0:.{digits}g}"


def heading(limit: Measured) -> str:
    """Return the function and the point, such as "f at x = 2"."""
    held = "".join(f", {name} = {_shown(value)}" for name, value in limit.held)
    return f"{limit.label} at {limit.variable} = {number(limit.at)}{held}"


def _shown(value: object) -> str:
    return number(value) if isinstance(value, float) else f"{value!r:.40}"


def equation(limit: Measured) -> str | None:
    """Return the equation of the tangent line, or None where there is none."""
    if limit.derivative is None:
        return None
    slope, name = limit.derivative, limit.variable
    left = _left_side(limit)
    if limit.scale >= FAR:
        return f"{left} = {number(limit.value)} + {_factor(slope)}({name} - {number(limit.at)})"
    intercept = limit.value - slope * limit.at
    if abs(intercept) < 1e-9 * (abs(limit.value) + abs(slope * limit.at)):
        intercept = 0.0
    if slope == 0:
        return f"{left} = {number(intercept, 6)}"
    if intercept == 0:
        return f"{left} = {_factor(slope)}{name}"
    return f"{left} = {_factor(slope)}{name} {'-' if intercept < 0 else '+'} {number(abs(intercept), 6)}"


def _left_side(limit: Measured) -> str:
    return "f" if limit.variable == "y" else "y"


def _factor(slope: float) -> str:
    if slope in (1, -1):
        return "" if slope == 1 else "-"
    written = number(slope, 6)
    return f"{written}·" if "e" in written else written


def verdict(limit: Measured) -> str:
    """Return in a sentence or two whether there is a derivative, and what happens where there is none."""
    left, right = limit.left, limit.right
    if limit.kind == "smooth":
        slope = number(limit.derivative)
        return f"the quotients from the left and from the right tend to the same number, the derivative {slope}"
    why = {
        "corner": f"the quotients tend to {_limit(left)} from the left and to {_limit(right)} from the right: a corner",
        "cusp": f"the quotients grow without bound, to {_infinite(left)} from the left and to {_infinite(right)} from the "
        "right: a cusp",
        "vertical tangent": f"the quotients grow without bound{_one_sided(limit)}: the tangent is vertical",
        "jump": f"the function itself jumps there, {_jump(limit)}, so that the quotients grow without bound",
        "edge": f"the function is defined on one side only, where the quotients tend to {number(_either(left, right).limit)}: "
        "a one-sided derivative",
        "oscillation": f"the quotients do not settle: they oscillate{_wandering(left, right)}, however small the step",
        "undecided": f"the quotients still change{_wandering(left, right)} at the smallest steps that rounding leaves, so that "
        "their limit, if there is one, cannot be told",
        "undefined": f"the function has no finite value {_nowhere(limit)}",
    }[limit.kind]
    return f"{'no derivative is found' if limit.kind == 'undecided' else 'there is no derivative'}: {why}"


def _limit(side: Side) -> str:
    return _infinite(side) if side.behavior == "grows" else number(side.limit)


def _infinite(side: Side) -> str:
    return "∞" if side.sign > 0 else "-∞"


def _either(left: Side, right: Side) -> Side:
    return right if left.behavior == "undefined" else left


def _one_sided(limit: Measured) -> str:
    if "undefined" not in (limit.left.behavior, limit.right.behavior):
        return f", to {_infinite(limit.left)} from both sides"
    side = "right" if limit.left.behavior == "undefined" else "left"
    return f" from the {side}, the only side on which the function is defined"


def _jump(limit: Measured) -> str:
    parts = [
        f"to {number(_rounded(side.value, limit.value))} on the {name}"
        for name, side in (("left", limit.left), ("right", limit.right))
        if side.behavior == "jumps" and side.value is not None
    ]
    return f"from {number(limit.value)} {' and '.join(parts)}"


def _rounded(value: float, center: float) -> float:
    """Return a limit that was seen near the point only, without the digits that are not known."""
    size = max(abs(value), abs(center))
    return round(value, 7 - math.floor(math.log10(size))) if 0 < size < math.inf else value


def _wandering(left: Side, right: Side) -> str:
    ranges = [side.range for side in (left, right) if side.range is not None]
    if not ranges:
        return ""
    low, high = min(part[0] for part in ranges), max(part[1] for part in ranges)
    return f", between {number(low, 3)} and {number(high, 3)}"


def _nowhere(limit: Measured) -> str:
    if not math.isfinite(limit.value):
        return f"at the point ({number(limit.value)})"
    return "on either side of the point"


def page(limit: Measured) -> Page:
    """Return the page of a limit."""
    return Page(f"The limit definition of the derivative: {heading(limit)}", tuple(_blocks(limit)))


def _blocks(limit: Measured) -> Iterator[Block]:
    said = verdict(limit)
    yield Paragraph(f"{said[0].upper()}{said[1:]}.{_engine(limit)}", "Result")
    if limit.derivative is not None:
        yield Paragraph(f"{equation(limit)}", "Tangent")
    name = limit.variable
    caption = (
        f"Difference quotients: forward (f({name}+h) - f({name}))/h, backward (f({name}) - f({name}-h))/h, "
        f"central (f({name}+h) - f({name}-h))/2h"
    )
    if limit.derivative is None:
        rows = tuple((f"{row.h:.0e}", *map(_quotient, (row.forward, row.backward, row.central))) for row in limit.rows)
        yield Grid(("h", "forward", "backward", "central"), rows, caption)
        return
    yield Grid(
        ("h", "forward", "error", "by", "central", "error", "by", f"secant through {name} and {name}+h"),
        tuple(_cells(limit, row) for row in limit.rows),
        f"{caption}; the error is the distance from the derivative",
    )
    yield Paragraph(_reason(limit), "The two parts of the error")
    yield Paragraph(_best("forward", limit.forward, "√ε"), "Best step")
    yield Paragraph(_best("central", limit.central, "ε^(1/3)"), "Best step")
    if limit.scale != 1:
        yield Paragraph(
            f"the steps are scaled by {number(limit.scale)}, the size of {name}: a step of 1e-16 would leave {name} unchanged",
            "Scale",
        )


def _engine(limit: Measured) -> str:
    if limit.engine is None:
        return (
            " The function cannot be traced, so that this is the extrapolated limit." if limit.kind == "smooth" else ""
        )
    if limit.kind == "undefined":
        return ""
    if limit.kind != "smooth":
        return f" The rules give {number(limit.engine)} there, by convention."
    if limit.derivative != limit.engine:
        return f" The rules give {number(limit.engine)} instead: they do not see the whole function at this point."
    return ""


def _quotient(value: float) -> str:
    return number(value, 9)


def _cells(limit: Measured, row: Quotient) -> tuple[str, ...]:
    errors = [number(error, 2) for error in (row.forward_error, row.central_error)]
    sign, left = "-" if row.intercept < 0 else "+", _left_side(limit)
    secant = f"{left} = {number(row.forward, 6)}{limit.variable} {sign} {number(abs(row.intercept), 6)}"
    return (
        f"{row.h:.0e}", _quotient(row.forward), errors[0], row.forward_by,
        _quotient(row.central), errors[1], row.central_by, secant,
    )  # fmt: skip


def _reason(limit: Measured) -> str:
    bends = [row.h for row in limit.rows if row.forward_by == "truncation"]
    rounds = [row.h for row in limit.rows if row.forward_by == "rounding"]
    said = []
    if bends:
        said.append(
            f"while h is at least {min(bends):.0e}, truncation rules: the curve bends away from the secant, and ten times "
            "smaller a step leaves a tenth of the error (a hundredth of the central quotient's)"
        )
    if rounds:
        said.append(
            f"from h = {max(rounds):.0e} down, rounding rules: f is known to its last digit only, the two values are nearly "
            "equal, and dividing their difference by h makes that digit ten times larger with each row"
        )
    lost = [row.h for row in limit.rows if limit.at + row.h == limit.at]
    if lost:
        said.append(
            f"with h = {max(lost):.0e} {limit.variable} + h is {limit.variable} itself, and the forward quotient is 0"
        )
    if not said:
        said.append("neither part can be told apart here: the quotients are exact, or the curve's bend is not known")
    return "; ".join(said)


def _best(name: str, best: BestStep, rule: str) -> str:
    if best.measured is None:
        return f"{name}: none"
    theory = "" if best.theory is None else f"; theory, where both parts balance, {best.theory:.1e}"
    found = f"{name} h = {best.measured:.0e} with an error of {number(best.error, 2)}"
    return f"{found} (rule of thumb {rule} = {best.rule:.1e}{theory})"
