"""Owns the methods of scipy.stats' distributions: one function for each serves all distributions.

SciPy's distributions say what they are in methods of their own (`_logpdf`, `_cdf`, `_get_support`), which are NumPy expressions
and take traced arrays. What they are called by makes plain arrays and writes into others; that is what is here. Where SciPy
computes the elements inside the support alone, ours computes all, those outside at a point inside: infinity or NaN would reach
derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, bind
from chainrule.errors import NoRuleError
from chainrule.primitives.constants import STOP_GRADIENT
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import lift
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.scipy_functions.branches import is_anywhere
from chainrule.tracing.scipy_functions.own_methods import own
from chainrule.user_code import where


class Standard(NamedTuple):
    """The arguments of a method: the shapes of the distribution, its place and scale, and where they are what they may be."""

    shapes: tuple[Array, ...]
    loc: Array
    scale: Array
    is_good: Any


_BRANCHED_AT_ZERO = {"genextreme_gen": (0,), "genpareto_gen": (0,), "kappa4_gen": (0, 1)}
"""Shapes, by position, at whose zero SciPy computes the limit by a formula of its own."""


def _standard(self: Any, args: Any, kwds: Any) -> Standard:
    shapes, loc, scale = self._parse_args(*args, **kwds)
    shapes = tuple(np.atleast_1d(as_array(each)) for each in shapes)
    loc, scale = as_array(loc), as_array(scale)
    for position in _BRANCHED_AT_ZERO.get(type(self).__name__, ()):
        if isinstance(shapes[position], Traced) and is_anywhere(np.equal(shapes[position], 0), undecided=False):
            raise NoRuleError(
                f"scipy.stats.{self.name}: at {self.shapes.split(', ')[position]} = 0 SciPy goes by a formula without it, whose "
                f"derivative is not that of the distribution; move it away from 0, or hold it with cr.stop_gradient{where()}"
            )
    is_good = _both(_are_good(self, shapes), np.greater(scale, 0))
    return Standard(shapes, loc, scale, is_good)


def _are_good(self: Any, shapes: tuple[Array, ...]) -> Any:
    """Return where the shapes are what they may be."""
    if not shapes:
        return True
    if type(self)._argcheck.__qualname__ != "rv_generic._argcheck":
        return self._argcheck(*shapes)
    good: Any = True
    for shape in shapes:  # the default makes plain arrays of them
        good = _both(good, np.greater(shape, 0))
    return good


def _both(first: Any, second: Any) -> Any:
    """Return where both hold; True where that is known to be everywhere."""
    first, second = (True if not isinstance(each, Traced) and bool(np.all(each)) else each for each in (first, second))
    if first is True or second is True:
        return second if first is True else first
    return np.logical_and(first, second)


def _chosen(mask: Any, value: Array, other: Any) -> Array:
    return value if mask is True else np.where(mask, value, other)


def _standardized(x: Any, standard: Standard) -> Array:
    """Return (x - loc) / scale in double precision or more, as an array of one axis or more."""
    x = as_array(x)
    wanted = np.promote_types(x.dtype, np.float64)
    x = x if _is_plain(standard.loc, 0) else x - standard.loc
    return np.atleast_1d(cast(x if _is_plain(standard.scale, 1) else x / standard.scale, wanted))


def _is_plain(value: Array, number: float) -> bool:
    return not isinstance(value, Traced) and value.ndim == 0 and bool(value == number)


def _inside(low: Any, high: Any) -> Array:
    """Return a point between the ends of the support, as a constant."""
    low, high = (bind(STOP_GRADIENT, (as_array(each),)) for each in (low, high))
    # Two from the end that there is, or from zero; half of that is a point inside.
    low, high = (
        np.where(np.isinf(end), np.where(np.isinf(other), 0, other) + step, end)
        for end, other, step in ((low, high, -2), (high, low, 2))
    )
    return 0.5 * low + 0.5 * high


def _shaped(value: Array, *operands: Any) -> Array:
    """Return the result as it is given out: of numbers, a number."""
    if any(np.ndim(each) for each in operands):
        return value
    return np.reshape(value, ())[()]


def _density(name: str, outside: float, scaled: Callable[[Array, Array], Array]) -> Callable[..., Any]:
    """Return the method of a density. name: of the distribution's own method. scaled: takes its value and the scale."""

    def method(self: Any, x: Any, *args: Any, **kwds: Any) -> Any:
        standard = _standard(self, args, kwds)
        y = _standardized(x, standard)
        low, high = _support(self, standard)
        is_closed = self._support_mask.__qualname__ == "rv_generic._support_mask"
        is_inside = (is_closed and _is_everywhere(low, high)) or self._support_mask(y, *standard.shapes)
        with np.errstate(all="ignore"):
            at = y if is_inside is True else np.where(is_inside, y, _inside(low, high))
            value = own(self, name)(at, *standard.shapes)
            if not _is_plain(standard.scale, 1):
                value = scaled(value, standard.scale)
            if is_inside is not True:
                value = np.where(is_inside, value, np.where(np.isnan(y), self.badvalue, outside))
        return _shaped(_chosen(standard.is_good, value, self.badvalue), x, *args, *kwds.values())

    return method


def _support(self: Any, standard: Standard) -> tuple[Any, Any]:
    """Return the ends of the support, of which SciPy may have made arrays of objects."""
    low, high = self._get_support(*standard.shapes)
    return lift(low), lift(high)


def _is_everywhere(low: Any, high: Any) -> bool:
    """Whether a support is known to be the whole line."""
    if isinstance(low, Traced) or isinstance(high, Traced):
        return False
    return bool(np.all(np.isneginf(low)) and np.all(np.isposinf(high)))


def _cumulative(name: str, below: float, above: float) -> Callable[..., Any]:
    """Return the method of what is accumulated below a point, or above it. below, above: what it is outside of the support."""

    def method(self: Any, x: Any, *args: Any, **kwds: Any) -> Any:
        standard = _standard(self, args, kwds)
        y = _standardized(x, standard)
        low, high = _support(self, standard)
        is_inside = self._open_support_mask(y, *standard.shapes)
        with np.errstate(all="ignore"):
            value = own(self, name)(np.where(is_inside, y, _inside(low, high)), *standard.shapes)
            edges = np.where(y >= high, above, np.where(y <= low, below, self.badvalue))
            value = np.where(is_inside, value, edges)
        return _shaped(_chosen(standard.is_good, value, self.badvalue), x, *args, *kwds.values())

    return method


def _quantile(name: str, at_zero: int, at_one: int) -> Callable[..., Any]:
    """Return the method of a quantile. at_zero, at_one: which end of the support it is there."""

    def method(self: Any, q: Any, *args: Any, **kwds: Any) -> Any:
        standard = _standard(self, args, kwds)
        probability = np.atleast_1d(cast(as_array(q), np.float64))
        support = _support(self, standard)
        is_inside = np.logical_and(np.greater(probability, 0), np.less(probability, 1))
        with np.errstate(all="ignore"):
            value = own(self, name)(np.where(is_inside, probability, 0.5), *standard.shapes)
            if is_anywhere(np.logical_not(is_inside)):
                # Not in vain: the support can be such that its derivative by a shape is infinite.
                ends = np.where(np.equal(probability, 1), support[at_one], self.badvalue)
                value = np.where(is_inside, value, np.where(np.equal(probability, 0), support[at_zero], ends))
            if not _is_plain(standard.scale, 1):
                value = value * standard.scale
            if not _is_plain(standard.loc, 0):
                value = value + standard.loc
        return _shaped(_chosen(standard.is_good, value, self.badvalue), q, *args, *kwds.values())

    return method


def _mass(name: str, outside: float) -> Callable[..., Any]:
    """Return the method of the probability of a whole number."""

    def method(self: Any, k: Any, *args: Any, **kwds: Any) -> Any:
        standard = _standard(self, args, kwds)
        whole = _standardized(k, standard)
        low, high = _support(self, standard)
        is_inside = np.logical_and(np.greater_equal(whole, low), np.less_equal(whole, high))
        if hasattr(self, "_nonzero"):
            is_inside = np.logical_and(is_inside, self._nonzero(whole, *standard.shapes))
        with np.errstate(all="ignore"):
            value = own(self, name)(np.where(is_inside, whole, _whole_inside(low, high)), *standard.shapes)
            value = np.where(is_inside, value, np.where(np.isnan(whole), self.badvalue, outside))
        return _shaped(_chosen(standard.is_good, value, self.badvalue), k, *args, *kwds.values())

    return method


def _whole_inside(low: Any, high: Any) -> Array:
    """Return a whole number of the support, as a constant: the one that it begins with, or ends with, or zero."""
    low, high = (bind(STOP_GRADIENT, (as_array(each),)) for each in (low, high))
    return np.where(np.isinf(low), np.where(np.isinf(high), 0, high), low)


def _whole_cumulative(name: str, below: float, above: float) -> Callable[..., Any]:
    """Return the method of what whole numbers add up to below a point, or above it."""

    def method(self: Any, k: Any, *args: Any, **kwds: Any) -> Any:
        standard = _standard(self, args, kwds)
        y = _standardized(k, standard)
        low, high = _support(self, standard)
        is_inside = np.logical_and(np.greater_equal(y, low), np.less(y, high)) & np.isfinite(y)
        with np.errstate(all="ignore"):
            value = own(self, name)(np.where(is_inside, y, _whole_inside(low, high)), *standard.shapes)
            edges = np.where(y >= high, above, np.where((y < low) | np.isneginf(y), below, self.badvalue))
            value = np.where(is_inside, value, edges)
        return _shaped(_chosen(standard.is_good, value, self.badvalue), k, *args, *kwds.values())

    return method


def _moments(self: Any, letters: str, standard: Standard) -> tuple[Any, Any]:
    """Return the mean and the variance of the standard distribution, None where SciPy has no formula."""
    mean, variance, *_ = self._stats(*standard.shapes, **({"moments": letters} if self._stats_has_moments else {}))
    return mean, variance


def _of_distribution(self: Any, standard: Standard, value: Any, *given: Any) -> Any:
    """Return what a distribution has one of, for each of its parameters: for each place too, even where it is the same at all."""
    value = as_array(value)
    shape = np.broadcast_shapes((1,), value.shape, np.shape(standard.loc), np.shape(standard.scale))
    value = np.broadcast_to(cast(value, np.result_type(value, np.float64)), shape)
    is_good = _both(standard.is_good, np.equal(standard.loc, standard.loc))  # NaN is no place
    return _shaped(_chosen(is_good, value, self.badvalue), *given)


def _mean(self: Any, *args: Any, **kwds: Any) -> Any:
    """Return the mean."""
    standard = _standard(self, args, kwds)
    mean = _moments(self, "m", standard)[0]
    if mean is None:
        mean = self._munp(1, *standard.shapes)
    return _of_distribution(self, standard, mean * standard.scale + standard.loc, *args, *kwds.values())


def _variance(self: Any, *args: Any, **kwds: Any) -> Any:
    """Return the variance."""
    standard = _standard(self, args, kwds)
    mean, variance = _moments(self, "mv", standard)
    if variance is None:
        mean = self._munp(1, *standard.shapes) if mean is None else mean
        variance = self._munp(2, *standard.shapes) - mean**2
    return _of_distribution(self, standard, variance * standard.scale**2, *args, *kwds.values())


def _deviation(self: Any, *args: Any, **kwds: Any) -> Any:
    """Return the standard deviation."""
    return np.sqrt(_variance(self, *args, **kwds))


def _entropy(self: Any, *args: Any, **kwds: Any) -> Any:
    """Return the entropy."""
    standard = _standard(self, args, kwds)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = own(self, "_entropy")(*standard.shapes) + np.log(standard.scale)
    return _of_distribution(self, standard, value, *args, *kwds.values())


_ALL: dict[str, Callable[..., Any]] = {"mean": _mean, "var": _variance, "std": _deviation, "entropy": _entropy}
_CONTINUOUS: dict[str, Callable[..., Any]] = {
    "pdf": _density("_pdf", 0.0, np.divide),
    "logpdf": _density("_logpdf", -np.inf, lambda value, scale: value - np.log(scale)),
    "cdf": _cumulative("_cdf", 0.0, 1.0),
    "logcdf": _cumulative("_logcdf", -np.inf, 0.0),
    "sf": _cumulative("_sf", 1.0, 0.0),
    "logsf": _cumulative("_logsf", 0.0, -np.inf),
    "ppf": _quantile("_ppf", 0, 1),
    "isf": _quantile("_isf", 1, 0),
}
_DISCRETE: dict[str, Callable[..., Any]] = {
    "pmf": _mass("_pmf", 0.0),
    "logpmf": _mass("_logpmf", -np.inf),
    "cdf": _whole_cumulative("_cdf", 0.0, 1.0),
    "logcdf": _whole_cumulative("_logcdf", -np.inf, 0.0),
    "sf": _whole_cumulative("_sf", 1.0, 0.0),
    "logsf": _whole_cumulative("_logsf", 0.0, -np.inf),
}


DISTRIBUTIONS: dict[str, Callable[..., Any]] = {
    **{f"rv_continuous.{name}": method for name, method in (_ALL | _CONTINUOUS).items()},
    **{f"rv_discrete.{name}": method for name, method in _DISCRETE.items()},
}
"""The methods of SciPy's base classes to ours."""
