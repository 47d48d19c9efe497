"""Owns statistics of samples: scipy.stats' moments, scores, entropy, correlation and regression line on traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.scipy_functions.operands import as_floats


def _along(function: Callable[..., Array]) -> Callable[..., Any]:
    """Return a statistic along an axis, as SciPy's: None is all elements, and what is left out of NaN is left to SciPy."""

    def statistic(
        *args: Any, nan_policy: str = "propagate", keepdims: bool = False, _no_deco: bool = False, **kwargs: Any
    ) -> Any:
        found = NotImplemented
        if nan_policy == "propagate" and not keepdims and kwargs.get("dtype") is None:
            found = function(*args, **{name: value for name, value in kwargs.items() if name != "dtype"})
        return found

    return statistic


def _read(a: Any, axis: Any) -> tuple[Array, Any]:
    (x,) = as_floats(a)
    return (np.ravel(x), 0) if axis is None or not x.ndim else (x, axis)


def _gmean(a: Any, axis: Any = 0, weights: Any = None) -> Array:
    x, axis = _read(a, axis)
    if weights is not None:
        return NotImplemented
    with np.errstate(divide="ignore"):
        return np.exp(np.mean(np.log(x), axis=axis))


def _hmean(a: Any, axis: Any = 0, *, weights: Any = None) -> Array:
    x, axis = _read(a, axis)
    return NotImplemented if weights is not None else 1.0 / np.mean(1.0 / x, axis=axis)


def _sem(a: Any, axis: Any = 0, ddof: int = 1) -> Array:
    x, axis = _read(a, axis)
    return np.std(x, axis=axis, ddof=ddof) / np.sqrt(x.shape[axis])


def _moment(deviations: Array, order: int, axis: int) -> Array:
    return np.mean(deviations**order, axis=axis)


def _skew(a: Any, axis: Any = 0, bias: bool = True) -> Array:
    x, axis = _read(a, axis)
    deviations, n = x - np.mean(x, axis=axis, keepdims=True), x.shape[axis]
    value = _moment(deviations, 3, axis) / _moment(deviations, 2, axis) ** 1.5
    return value if bias or n < 3 else value * np.sqrt((n - 1.0) * n) / (n - 2.0)


def _kurtosis(a: Any, axis: Any = 0, fisher: bool = True, bias: bool = True) -> Array:
    x, axis = _read(a, axis)
    deviations, n = x - np.mean(x, axis=axis, keepdims=True), x.shape[axis]
    value = _moment(deviations, 4, axis) / _moment(deviations, 2, axis) ** 2
    if not bias and n > 3:
        value = 1.0 / (n - 2) / (n - 3) * ((n**2 - 1.0) * value - 3 * (n - 1) ** 2.0) + 3.0
    return value - 3 if fisher else value


def _entropy(pk: Any, qk: Any = None, base: Any = None, axis: Any = 0) -> Array:
    p, axis = _read(pk, axis)
    p = p / np.sum(p, axis=axis, keepdims=True)
    if qk is None:
        terms = scipy.special.entr(p)
    else:
        q, _ = _read(qk, axis)
        terms = scipy.special.rel_entr(p, q / np.sum(q, axis=axis, keepdims=True))
    total = np.sum(terms, axis=axis)
    return total if base is None else total / np.log(base)


def _zscore(a: Any, axis: Any = 0, ddof: int = 0, nan_policy: str = "propagate") -> Any:
    if nan_policy != "propagate":
        return NotImplemented
    x = as_array(a)
    return (x - np.mean(x, axis=axis, keepdims=True)) / np.std(x, axis=axis, ddof=ddof, keepdims=True)


def _two_vectors(x: Any, y: Any) -> tuple[Array, Array] | None:
    """Return two samples as vectors; None where there are too few, or they have axes."""
    x, y = as_floats(x, y)
    return (x, y) if x.ndim == 1 and x.shape == y.shape and x.size > 2 else None


def _pearsonr(x: Any, y: Any, *, alternative: str = "two-sided", method: Any = None, axis: Any = 0) -> Any:
    """scipy.stats.pearsonr of vectors, with the probability of a correlation that is as large, to both sides."""
    samples = _two_vectors(x, y)
    if samples is None or alternative != "two-sided" or method is not None:
        return NotImplemented
    u, v = (each - np.mean(each) for each in samples)
    r = np.sum(u * v) / np.sqrt(np.sum(u**2) * np.sum(v**2))
    half = u.size / 2 - 1
    # By the smaller argument: a share close to one would leave no digits of the rest.
    probability = 2 * scipy.special.betainc(half, half, (1 - np.abs(r)) / 2)
    return scipy.stats._stats_py.PearsonRResult(
        statistic=r, pvalue=probability, alternative=alternative, n=u.size, x=samples[0], y=samples[1], axis=axis
    )


def _linregress(x: Any, y: Any, alternative: str = "two-sided", axis: Any = 0) -> Any:
    """scipy.stats.linregress of three points or more."""
    samples = _two_vectors(x, y)
    if samples is None or alternative != "two-sided":
        return NotImplemented
    x, y = samples
    u, v = x - np.mean(x), y - np.mean(y)
    of_x, of_both, of_y = np.mean(u**2), np.mean(u * v), np.mean(v**2)
    r, slope, freedom = of_both / np.sqrt(of_x * of_y), of_both / of_x, x.size - 2
    error = np.sqrt((1 - r**2) * of_y / of_x / freedom)
    probability = 2 * scipy.special.betainc(freedom / 2, freedom / 2, (1 - np.abs(r)) / 2)
    return scipy.stats._stats_py.LinregressResult(
        slope=slope,
        intercept=np.mean(y) - slope * np.mean(x),
        rvalue=r,
        pvalue=probability,
        stderr=error,
        intercept_stderr=error * np.sqrt(of_x + np.mean(x) ** 2),
    )


SUMMARIES: dict[str, Callable[..., Any]] = {
    "gmean": _along(_gmean),
    "hmean": _along(_hmean),
    "sem": _along(_sem),
    "skew": _along(_skew),
    "kurtosis": _along(_kurtosis),
    "entropy": _along(_entropy),
    "zscore": _zscore,
    "pearsonr": _pearsonr,
    "linregress": _along(_linregress),
}
"""SciPy's function to ours."""
