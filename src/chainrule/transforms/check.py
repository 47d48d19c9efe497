"""Owns check_grad: the derivatives of a function compared with the limit definition."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.errors import GradientError, NoRuleError, NotDifferentiableError
from chainrule.transforms.arguments import Arguments, read
from chainrule.transforms.forward import pushforward
from chainrule.transforms.limit import Floats, Limit, limit_quotient
from chainrule.transforms.probes import Direction, Outputs, along, directions, leaf_names, projections, real_vector
from chainrule.transforms.reverse import linearize
from chainrule.transforms.signature import is_numeric
from chainrule.transforms.transformed import require_function

FLOAT32_RTOL = 1e-3
ROUNDING = float(np.finfo(np.float64).eps)
UNSETTLED = 1e-3
"""A limit that may be further off, and by a hundredth of itself, is none."""
UNSEEN = 1e4
"""Derivatives of fewer roundings of the result are below what difference quotients can see."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was compared, and the comparison that came closest to its tolerance.

    entry: which derivative that is, such as "d out[0] / d x[2]". rule, limit, difference: the numbers.
    comparisons: how many numbers were compared. modes: the modes that were.
    """

    entry: str
    rule: float
    limit: float
    difference: float
    comparisons: int
    modes: tuple[str, ...]

    def __str__(self) -> str:
        if not self.comparisons:
            return "nothing to compare: the function has no differentiable argument or no result"
        return (
            f"{self.comparisons} derivatives agree with the limit definition ({' and '.join(self.modes)} mode); "
            f"the worst is {self.entry}: rule {self.rule:.10g}, limit {self.limit:.10g}, "
            f"difference {self.difference:.2g}"
        )


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The worst of `count` numbers that were compared in one mode along one direction; `failed` of them disagree."""

    mode: str
    entry: str
    rule: float
    limit: float
    tolerance: float
    badness: float
    count: int
    failed: int


def check_grad(
    fun: Callable[..., Any], *args: Any, argnums: int | Sequence[int] | None = None, rtol: float = 1e-5, seed: int = 0
) -> CheckReport:
    """Compare the derivatives of `fun` at `args`, forward and reverse, with the limit of difference quotients.

    argnums: the differentiated arguments; None: all that are numbers, arrays or containers of them, or all where none is.
    rtol: the relative difference that is allowed, on top of the uncertainty of the limit itself; at least 1e-3 where an
        argument is float32.
    seed: of the random directions and the sample of entries that are compared where there are more than 64.
    Results may be arrays, complex and nested in containers. A complex argument is moved along its real and imaginary
    parts. Raises GradientError with the worst entry where a derivative disagrees with the limit, NotDifferentiableError
    where there is no limit: at a kink, a jump, a vertical tangent, or where a value is not finite, and ValueError where `rtol` is
    negative or no number.

    >>> import chainrule as cr
    >>> report = cr.check_grad(lambda x, y: x**2 * y, 3.0, 2.0)
    >>> report.comparisons, report.difference < 1e-10
    (4, True)
    >>> cr.check_grad(abs, 0.0)
    Traceback (most recent call last):
        ...
    chainrule.errors.NotDifferentiableError: out is not differentiable at this point along x: ...
    """
    require_function("check_grad", fun)
    if not isinstance(rtol, int | float | np.number) or not 0 <= rtol < np.inf:
        raise ValueError(f"rtol is a number of at least 0, such as 1e-5, not {rtol!r:.60}")
    if argnums is None:
        argnums = tuple(n for n, part in enumerate(args) if is_numeric(part)) or tuple(range(len(args)))
    call = read(fun, args, {}, argnums)
    if any(np.finfo(value.dtype).eps > 1e-10 for value in call.values):
        rtol = max(rtol, FLOAT32_RTOL)
    with np.errstate(all="ignore"):  # what is not finite is reported below, with the entry that it belongs to
        comparisons = list(_comparisons(call, rtol, np.random.default_rng(seed)))
    return _judged(comparisons)


def _comparisons(call: Arguments, rtol: float, random: np.random.Generator) -> Iterator[_Comparison]:
    """Yield the worst comparison of each direction, reverse and forward."""
    results, pullback = linearize(call.flat(), call.values)
    outputs = Outputs.of(call, results)
    # The limit of a float32 function is taken in float64, where small steps do not drown in rounding.
    precise = [np.asarray(value).astype(np.result_type(value, np.float64)) for value in call.values]
    center = outputs.at(call, precise, None, 0.0)
    _refuse_center(call, outputs, center)
    if not outputs.names:
        return
    checked = list(projections(outputs, pullback, random))
    for direction in directions(leaf_names(call), precise, random):
        at = functools.partial(outputs.at, call, precise, direction.tangents)
        limit = limit_quotient(at, center, direction.scale, rtol, ROUNDING)
        forward = _pushed(call, direction.tangents, outputs)
        _refuse_kink(
            at, outputs, direction, limit, forward, UNSETTLED + np.abs(center) * (UNSEEN * ROUNDING / direction.scale)
        )
        tolerance = rtol * (np.abs(limit.value) + 0.01 * float(np.abs(limit.value).max())) + 10 * limit.error
        pulled = np.array([along(projection, direction.tangents) for projection in checked])
        expected = np.array([projection.weights @ limit.value for projection in checked])
        allowed = np.array([np.abs(projection.weights) @ tolerance for projection in checked])
        names = [projection.name for projection in checked]
        found = [_worst("reverse", names, direction, pulled, expected, allowed)]
        if forward is not None:
            found.append(_worst("forward", outputs.names, direction, forward, limit.value, tolerance))
        if any(comparison.failed for comparison in found):
            _refuse_noise(at, outputs, direction.scale)
        yield from found


def _worst(
    mode: str, names: Sequence[str], direction: Direction, rules: Floats, limits: Floats, allowed: Floats
) -> _Comparison:
    difference = np.abs(rules - limits)
    badness = np.where(difference == 0, 0.0, difference / allowed)
    badness[np.isnan(badness)] = np.inf
    worst = int(np.argmax(badness))
    entry = f"d {names[worst]} / d {direction.name}"
    rule, limit, tolerance, bad = (float(values[worst]) for values in (rules, limits, allowed, badness))
    return _Comparison(mode, entry, rule, limit, tolerance, bad, len(names), int(np.count_nonzero(badness > 1)))


def _refuse_center(call: Arguments, outputs: Outputs, center: Floats) -> None:
    name = getattr(call.fun, "__name__", "the function")
    wrong = np.flatnonzero(~np.isfinite(center))
    if wrong.size:
        raise NotDifferentiableError(
            f"{name} is {center[wrong[0]]} at this point ({outputs.names[wrong[0]]}), where it has no derivative; "
            "choose a point inside its domain"
        )
    tolerance = 1e-6 if all(value.dtype.itemsize >= 8 for value in call.values) else 1e-2
    if not np.allclose(
        center, outputs.values, rtol=tolerance, atol=tolerance * (1 + float(np.abs(center).max(initial=0)))
    ):
        worst = int(np.argmax(np.abs(center - outputs.values)))
        raise GradientError(
            f"{name} returned {outputs.values[worst]:.10g} while it was recorded and {center[worst]:.10g} when it ran "
            f"again ({outputs.names[worst]}); make it return the same value every time (fix its random seed)"
        )


def _pushed(call: Arguments, tangents: Sequence[Array], outputs: Outputs) -> Floats | None:
    """Return the forward derivative along the direction; None where a primitive has no forward rule."""
    moving = [tangent.astype(value.dtype)[()] for tangent, value in zip(tangents, call.values, strict=True)]
    try:
        _, moved = pushforward(call.flat(), call.values, moving)
    except NoRuleError:  # reverse mode alone is complete: the recorded run has passed through it already
        return None
    return real_vector(
        [np.broadcast_to(part, shape) for part, shape in zip(moved, outputs.shapes, strict=True)], outputs.is_complex
    )


def _refuse_noise(at: Callable[[float], Floats], outputs: Outputs, scale: float) -> None:
    """Raise where the function returns other values at the same place: that is no kink."""
    first, second = at(1e-2 * scale), at(1e-2 * scale)
    differs = np.flatnonzero(np.isfinite(first) & (first != second))
    if differs.size:
        raise GradientError(
            f"the function returned {first[differs[0]]:.10g} and {second[differs[0]]:.10g} at the same place "
            f"({outputs.names[differs[0]]}); make it return the same value every time (fix its random seed)"
        )


def _refuse_kink(
    at: Callable[[float], Floats],
    outputs: Outputs,
    direction: Direction,
    limit: Limit,
    forward: Floats | None,
    settled: Floats,
) -> None:
    """Raise where the quotients have no limit: the point is at fault then, and no rule. settled: an error that is none."""
    steep = np.abs(limit.value) * 0.01
    unsettled = ~limit.smooth | ~np.isfinite(limit.value) | ((limit.error > steep) & (limit.error > settled))
    if not unsettled.any():
        return
    _refuse_noise(at, outputs, direction.scale)
    entry = int(np.argmax(unsettled))
    left, right = limit.left[entry], limit.right[entry]
    says = "" if forward is None else f" (the rules give {forward[entry]:.6g} here, by convention)"
    raise NotDifferentiableError(
        f"{outputs.names[entry]} is not differentiable at this point along {direction.name}: the difference quotient "
        f"is {left:.6g} from the left and {right:.6g} from the right{_kind_of(left, right)}"
        f"{says}; move the point a little to check the rules"
    )


def _kind_of(left: float, right: float) -> str:
    if not (np.isfinite(left) and np.isfinite(right)):
        return ", so the function is not defined on both sides"
    if max(abs(left), abs(right)) > 1e3 * (1 + min(abs(left), abs(right))) or (left > 1e3 and right > 1e3):
        return ", which grows without bound: a jump or a vertical tangent"
    return ": a kink"


def _judged(comparisons: Sequence[_Comparison]) -> CheckReport:
    modes = tuple(dict.fromkeys(comparison.mode for comparison in comparisons))
    if not comparisons:
        return CheckReport("", 0.0, 0.0, 0.0, 0, modes)
    worst = max(comparisons, key=lambda comparison: comparison.badness)
    difference, count = abs(worst.rule - worst.limit), sum(comparison.count for comparison in comparisons)
    if worst.badness <= 1:
        return CheckReport(worst.entry, worst.rule, worst.limit, difference, count, modes)
    advice = ""
    if not np.isfinite(worst.rule):
        advice = (
            "; the function is smooth here, so an operation on the way is not finite (an unused branch of np.where?)"
        )
    raise GradientError(
        f"{worst.entry} is {worst.rule:.10g} by the rules ({worst.mode} mode) and {worst.limit:.10g} by the limit "
        f"definition, a difference of {difference:.3g} where {worst.tolerance:.3g} is allowed; "
        f"{sum(comparison.failed for comparison in comparisons)} of {count} comparisons disagree, this one most{advice}"
    )
