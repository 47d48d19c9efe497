"""Owns what SciPy's integrators of functions do with traced values: docs/decisions/0025-solvers.md.

SciPy's own run, on plain numbers, gives the value and the intervals; Gauss's rule in each of them is a sum that has derivatives.
A limit moves the integral by the integrand there, as the fundamental theorem of calculus has it: the sum has no part in that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.errors import NotDifferentiableError, TracingError
from chainrule.tracing.lift import lift
from chainrule.tracing.scipy_functions.callbacks import PlainRun, with_arguments
from chainrule.user_code import where

Integrand: TypeAlias = Callable[[Any], Array]

_PLACES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_HALVES = np.concatenate([_PLACES - 1, _PLACES + 1]) / 2
"""Two rules side by side, from -1 to 1: the intervals are good for the values, and a derivative may ask for a little more."""


def _quad(
    original: Callable[..., Any], func: Any, a: Any, b: Any, args: Any = (), full_output: Any = 0, epsabs: Any = 1.49e-8,
    epsrel: Any = 1.49e-8, limit: Any = 50, points: Any = None, weight: Any = None, wvar: Any = None, wopts: Any = None,
    maxp1: Any = 50, limlst: Any = 50, complex_func: Any = False,
) -> Any:  # fmt: skip
    if complex_func or not callable(func):
        return NotImplemented  # the parts of complex numbers come here one by one
    run = PlainRun("scipy.integrate.quad")
    plain = run.plain
    further = args if isinstance(args, tuple) else (args,)
    given = run.function(func), plain(a), plain(b), plain(further)
    options = plain([epsabs, epsrel, limit, points, weight, wvar, wopts, maxp1, limlst])
    found, error, information, *complaint = original(*given, 1, *options)
    if complaint and not full_output:
        original(*given, 0, *options)  # once more, for its warning
    if run.is_traced:
        if weight is not None:
            raise TracingError(
                f"{run.name}: an integral with weight={weight!r} has no derivative; write the weight into the function{where()}"
            )
        integrand = with_arguments(lambda x, *more: np.reshape(lift(func(x, *more)), ()), further)
        count = information["last"]
        intervals = np.stack([information["alist"][:count], information["blist"][:count]], axis=1)
        low, high = sorted(given[1:3])
        inner, start, end = _on_finite_range(integrand, low, high)
        tolerance = max(options[0], options[1] * abs(found))
        breaks = [start, *(point for point in sorted(options[3] or ()) if start < point < end), end]
        sign = -1.0 if given[2] < given[1] else 1.0
        summed = sign * _summed(run, inner, intervals, breaks, sign * found, tolerance)
        found = run.valued(found, summed + _moved(run, integrand, b) - _moved(run, integrand, a))
    return (found, error, information, *complaint) if full_output else (found, error)


def _quad_vec(
    original: Callable[..., Any], f: Any, a: Any, b: Any, epsabs: Any = 1e-200, epsrel: Any = 1e-8, norm: Any = "2",
    cache_size: Any = 100e6, limit: Any = 10000, workers: Any = 1, points: Any = None, quadrature: Any = None,
    full_output: Any = False, *, args: Any = (),
) -> Any:  # fmt: skip
    run = PlainRun("scipy.integrate.quad_vec")
    plain = run.plain
    low, high = plain(a), plain(b)
    further = args if isinstance(args, tuple) else (args,)
    options = plain([epsabs, epsrel, norm, cache_size, limit, workers, points, quadrature])
    if np.isinf(low) or np.isinf(high):
        # SciPy comes back with a finite range.
        found, *rest = original(f, low, high, *options, full_output, args=further)
        summed = found
    else:
        found, error, information = original(run.function(f), low, high, *options, True, args=plain(further))
        rest = [error, information] if full_output else [error]
        summed = found
        if run.is_traced:
            integrand = with_arguments(lambda x, *more: lift(f(x, *more)), further)
            summed = _gauss(integrand, information.intervals)
    if run.is_traced:
        integrand = with_arguments(lambda x, *more: lift(f(x, *more)), further)
        found = run.valued(plain(found), summed + _moved(run, integrand, b) - _moved(run, integrand, a))
    return (found, *rest)


def _on_finite_range(integrand: Integrand, low: float, high: float) -> tuple[Integrand, float, float]:
    """Return the integral between two limits as one between finite limits, in the variable that QUADPACK has for it."""
    if np.isfinite(low) and np.isfinite(high):
        return integrand, low, high
    if np.isfinite(low):
        return (lambda t: integrand(low + (1 - t) / t) / t**2), 0.0, 1.0
    if np.isfinite(high):
        return (lambda t: integrand(high - (1 - t) / t) / t**2), 0.0, 1.0
    return (lambda t: (integrand((1 - t) / t) + integrand(-(1 - t) / t)) / t**2), 0.0, 1.0


def _summed(
    run: PlainRun, integrand: Integrand, intervals: Array, breaks: list[float], value: float, tolerance: float
) -> Array:
    """Return an integral as a sum with derivatives, by that rule that gives the value which SciPy found.

    Raises NotDifferentiableError where none does.
    """
    for rule, ranges in ((_gauss, intervals), (_double_exponential, np.stack([breaks[:-1], breaks[1:]], axis=1))):
        found = rule(integrand, ranges)
        if abs(run.plain(found) - value) <= tolerance:
            return found
    raise NotDifferentiableError(
        f"{run.name}: no sum of values of the integrand comes near the value {value:.6g}, which was found by extrapolation, so "
        f"that there is no derivative; split the integral at its singular points{where()}"
    )


def _gauss(integrand: Integrand, ranges: Array) -> Array:
    places: list[float] = []
    weights: list[float] = []
    for start, end in ranges:
        places += ((start + end) / 2 + (end - start) / 2 * _HALVES).tolist()
        weights += ((end - start) / 4 * np.tile(_WEIGHTS, 2)).tolist()
    return _weighted(integrand, weights, places)


def _double_exponential(integrand: Integrand, ranges: Array) -> Array:
    """H. Takahasi, M. Mori, "Double exponential formulas for numerical integration" (1974): for singular ends of an interval."""
    steps = np.linspace(-3.6, 3.6, 145)
    wide = np.pi / 2 * np.sinh(steps)
    parts = 1 / (1 + np.exp(-2 * wide))  # of an interval, from its start; from its end they are the same in reverse
    speeds = (steps[1] - steps[0]) * np.pi / 4 * np.cosh(steps) / np.cosh(wide) ** 2
    places: list[float] = []
    weights: list[float] = []
    for start, end in ranges:
        at = np.where(steps < 0, start + (end - start) * parts, end - (end - start) * parts[::-1])
        is_inside = (at > start) & (at < end)
        places += at[is_inside].tolist()
        weights += ((end - start) * speeds)[is_inside].tolist()
    return _weighted(integrand, weights, places)


def _weighted(integrand: Integrand, weights: Iterable[float], places: Iterable[float]) -> Array:
    values = [integrand(place) for place in places]
    return np.tensordot(np.array(weights), np.stack(values), axes=(0, 0)) if values else 0.0


def _moved(run: PlainRun, integrand: Integrand, limit: Any) -> Array:
    """Return the integral from where a traced limit is to the limit, which is 0 and has derivatives; 0 where it is plain."""
    limit = lift(limit)
    if not isinstance(limit, Traced):
        return 0.0
    start = run.plain(limit)
    if not np.isfinite(start):
        return 0.0
    change = limit - start
    if run.order == 1:
        return change * integrand(float(start))
    places, weights = np.polynomial.legendre.leggauss(run.order)  # exact for polynomials of all degrees that matter
    return sum(change * weight / 2 * integrand(start + (1 + place) / 2 * change)
               for place, weight in zip(places, weights, strict=True))  # fmt: skip


def _fixed_quad(original: Callable[..., Any], func: Any, a: Any, b: Any, args: Any = (), n: Any = 5) -> Any:
    low, high = lift(a), lift(b)
    if any(not isinstance(limit, Traced) and np.any(np.isinf(limit)) for limit in (low, high)):
        return NotImplemented  # which complains
    places, weights = sys.modules["scipy.special"].roots_legendre(n)  # SciPy's integrators have imported it
    at = (high - low) * (np.real(places) + 1) / 2.0 + low
    return (high - low) / 2.0 * np.sum(weights * func(at, *args), axis=-1), None


INTEGRATORS: dict[str, Callable[..., Any]] = {"quad": _quad, "quad_vec": _quad_vec, "fixed_quad": _fixed_quad}
