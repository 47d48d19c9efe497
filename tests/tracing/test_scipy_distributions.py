"""Proves that scipy.stats' distributions take traced arrays, with the derivatives of the limit; what is refused is listed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy
import scipy.stats
from scipy.stats._distr_params import distcont, distdiscrete

import chainrule as cr

CONTINUOUS = ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf")
DISCRETE = ("pmf", "logpmf", "cdf", "logcdf", "sf", "logsf")
SHAPES = {name: tuple(shapes) for name, shapes in reversed(distcont + distdiscrete) if isinstance(name, str)}
"""The first shapes that SciPy tests each distribution with."""
_OF_A_ROOT, _ACCUMULATED = ("ppf", "isf"), ("cdf", "logcdf", "sf", "logsf")
REFUSED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        "argus cosine exponnorm foldcauchy foldnorm genexpon invgauss recipinvgauss rel_breitwigner skewnorm wald".split(),
        _OF_A_ROOT,
    ),
    **dict.fromkeys("norminvgauss rice vonmises vonmises_line".split(), _ACCUMULATED + _OF_A_ROOT),
    **dict.fromkeys(
        (
            "dpareto_lognorm gausshyper genhyperbolic geninvgauss irwinhall ksone kstwo kstwobign landau levy_stable ncf nct "
            "ncx2 pearson3 studentized_range"
        ).split(),
        CONTINUOUS,
    ),
    "tukeylambda": tuple(name for name in CONTINUOUS if name not in _OF_A_ROOT),
    "hypergeom": tuple(name for name in DISCRETE if name != "logpmf"),
    "skellam": DISCRETE,
    **dict.fromkeys("nchypergeom_fisher nchypergeom_wallenius zipf zipfian".split(), DISCRETE),
}
if tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 18):  # it calls the integrator, which has derivatives
    REFUSED["norminvgauss"] = ("logcdf", "sf", "logsf", *_OF_A_ROOT)
# At a shape of zero SciPy's formula has a branch without it; these are away from there.
SHAPES["kappa4"] = (0.3, 0.4)


def _methods(name: str) -> tuple[str, ...]:
    return CONTINUOUS if isinstance(getattr(scipy.stats, name), scipy.stats.rv_continuous) else DISCRETE


WORKING = [(name, method) for name in SHAPES for method in _methods(name) if method not in REFUSED.get(name, ())]
NAMES = sorted({name for name, _ in WORKING})


def _limit(function: Callable[[float], Any], x: float) -> Any:
    def quotient(h: float) -> Any:
        return (function(x + h) - function(x - h)) / (2 * h)

    h = 1e-5 * max(1.0, abs(x))
    return (4 * quotient(h / 2) - quotient(h)) / 3


def _arguments(name: str, method: str) -> tuple[list[float], list[int]]:
    """Return arguments of a method inside of the support, with a place and a scale, and which of them move."""
    shapes = list(SHAPES[name])
    if method in ("ppf", "isf"):
        return [0.37, *shapes, 0.3, 1.7], [*range(len(shapes) + 3)]
    middle = float(getattr(scipy.stats, name).ppf(0.37, *shapes))
    if _methods(name) is DISCRETE:
        return [middle, *shapes], [1 + place for place, shape in enumerate(shapes) if isinstance(shape, float)]
    return [middle * 1.7 + 0.3, *shapes, 0.3, 1.7], [*range(len(shapes) + 3)]


@pytest.mark.filterwarnings("ignore:The shape parameter of the erlang")
@pytest.mark.parametrize("name", NAMES)
def test_values_and_derivatives(name):
    for method in _methods(name):
        if method in REFUSED.get(name, ()):
            continue
        function = getattr(getattr(scipy.stats, name), method)
        arguments, moving = _arguments(name, method)

        def moved(v, function=function, arguments=arguments, moving=moving):
            return function(*(v[moving.index(k)] if k in moving else each for k, each in enumerate(arguments)))

        if not moving:
            continue
        point = np.array([arguments[k] for k in moving], dtype=float)
        value, gradient = cr.value_and_grad(moved)(point)
        np.testing.assert_allclose(value, function(*arguments), rtol=1e-9, atol=1e-12, err_msg=method)
        for place, partial in enumerate(gradient):

            def along(t, place=place, moved=moved, point=point):
                return moved(np.where(np.arange(point.size) == place, t, point))

            np.testing.assert_allclose(partial, _limit(along, point[place]), rtol=2e-4, atol=1e-6, err_msg=method)


@pytest.mark.parametrize("name", NAMES)
def test_values_everywhere_are_scipys(name):
    dist, shapes = getattr(scipy.stats, name), SHAPES[name]
    # Where skewnorm's probability is tiny SciPy integrates, which is refused.
    lowest = [] if name == "skewnorm" else [-np.inf, -2.5, -1.0]
    x = np.array([*lowest, 0.0, 0.25, 1.0, 3.0, np.inf, np.nan])
    for method in _methods(name):
        if method not in REFUSED.get(name, ()):
            function = getattr(dist, method)
            with np.errstate(all="ignore"):
                wanted = function(x, *shapes)
                found = cr.vjp(lambda x, function=function: function(x, *shapes), x)[0]
            np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-12, err_msg=method)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_has_no_rule_says_so(name):
    for method in REFUSED[name]:
        arguments = [0.37, *SHAPES[name]]
        with pytest.raises(cr.ChainruleError):
            cr.grad(
                lambda x, name=name, method=method, arguments=arguments: getattr(getattr(scipy.stats, name), method)(
                    x * arguments[0], *(x * each for each in arguments[1:])
                )
            )(1.0)


X = np.array([0.4, 1.3, 2.2, -0.7])
CALLS: dict[str, Callable[[Any], Any]] = {
    "norm": lambda v: scipy.stats.norm.logpdf(X, v, v**2),
    "frozen": lambda v: scipy.stats.norm(v, 2.0).cdf(X),
    "by name": lambda v: scipy.stats.gamma.logpdf(X, a=v, loc=-2.0, scale=v),
    "of rows": lambda v: scipy.stats.t.logpdf(X[:, None] * v, np.array([3.0, 5.0]), scale=v),
    "outside of the support": lambda v: scipy.stats.expon.pdf(X, scale=v),
    "a number": lambda v: scipy.stats.beta.logpdf(0.3, v, 2.0),
    "truncated": lambda v: scipy.stats.truncnorm.logpdf(X, -2.0, 3.0, scale=v),
    "counts": lambda v: scipy.stats.poisson.logpmf([0, 3, 5], v),
    "binomial": lambda v: scipy.stats.binom.pmf([0, 3, 5], 6, v / 3),
    "quantile": lambda v: scipy.stats.lognorm.ppf([0.1, 0.7], v, scale=v),
    "mean": lambda v: scipy.stats.gamma.mean(v, v, 2.0) + scipy.stats.beta(v, 2.0).var() * scipy.stats.poisson.std(v),
    "entropy": lambda v: scipy.stats.norm.entropy(v, v) + scipy.stats.beta.entropy(v, 2.0),
    "median": lambda v: scipy.stats.gamma.median(v, scale=v) + scipy.stats.norm.interval(0.9, v, v)[1],
}


@pytest.mark.parametrize("name", CALLS)
def test_all_that_derivatives_can_do(name):
    call = CALLS[name]

    def total(v):
        return np.sum(np.where(np.isfinite(call(v)), call(v), 0.0))

    wanted = call(1.4)
    np.testing.assert_allclose(cr.vjp(call, 1.4)[0], wanted, rtol=1e-12, atol=1e-15)
    assert np.shape(cr.vjp(call, 1.4)[0]) == np.shape(wanted)
    cr.check_grad(total, 1.4)
    cr.check_grad(cr.grad(total), 1.4)
    np.testing.assert_allclose(cr.jit(cr.grad(total))(1.4), cr.grad(total)(1.4), rtol=1e-10)
    v = np.array([1.2, 1.4])
    np.testing.assert_allclose(cr.vmap(cr.grad(total))(v), [cr.grad(total)(each) for each in v], rtol=1e-10)


def test_bad_parameters_give_nan_as_scipys_do():
    with np.errstate(divide="ignore"):
        found, _ = cr.vjp(lambda s: scipy.stats.norm.logpdf(1.0, 0.0, s * np.array([1.0, -1.0, 0.0])), 1.0)
        np.testing.assert_array_equal(found, scipy.stats.norm.logpdf(1.0, 0.0, [1.0, -1.0, 0.0]))
    assert np.isnan(cr.vjp(lambda a: scipy.stats.gamma.pdf(1.0, a), -1.0)[0])


def test_no_nan_reaches_a_gradient_from_outside_of_the_support():
    x = np.array([-1.0, 0.5, 2.0])
    gradient = cr.grad(lambda a: np.sum(scipy.stats.gamma.pdf(x, a)))(1.7)
    np.testing.assert_allclose(gradient, cr.grad(lambda a: np.sum(scipy.stats.gamma.pdf(x[1:], a)))(1.7))
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(scipy.stats.uniform.pdf(x)))(x), 0)


@pytest.mark.parametrize(("name", "shapes"), [("genpareto", (0.0,)), ("genextreme", (0.0,)), ("kappa4", (0.5, 0.0))])
def test_a_limit_that_has_a_formula_of_its_own_is_no_derivative_by_the_shape(name, shapes):
    with pytest.raises(cr.NoRuleError, match=rf"scipy.stats.{name}: at .* = 0 .* move it away from 0"):
        cr.grad(lambda v: getattr(scipy.stats, name).logpdf(0.5, *(v + each for each in shapes)))(0.0)


def test_skewness_of_zero_has_its_derivative():
    cr.check_grad(lambda a: scipy.stats.skewnorm.logpdf(0.7, a) + scipy.stats.skewnorm.pdf(0.7, a), 0.0)


def test_a_numerical_method_is_named():
    with pytest.raises(cr.NoRuleError, match=r"scipy\.stats\.argus\.ppf: .* a search for a root"):
        cr.grad(lambda q: scipy.stats.argus.ppf(q, 1.0))(0.5)


@pytest.mark.parametrize("method", ["mean", "var", "std", "entropy"])
@pytest.mark.parametrize("name", ["norm", "laplace", "expon"])
def test_moments_are_of_each_place_and_scale(name, method):
    function = getattr(getattr(scipy.stats, name), method)
    for call in (lambda v: function(loc=v), lambda v: function(loc=v, scale=2), lambda v: function(0, v)):
        for v in (np.array([0.5, 1.0, np.nan]), np.array(0.5)):
            found, wanted = np.asarray(cr.vjp(call, v)[0]), np.asarray(call(v))
            assert found.dtype == wanted.dtype
            np.testing.assert_allclose(found, wanted, strict=True)


def test_moments_that_scipy_goes_on_to_write_into():
    cr.check_grad(lambda v: scipy.stats.f.mean(v[0], v[1]) + scipy.stats.f.var(v[0], v[1]), np.array([3.0, 5.0]))
    cr.check_grad(
        lambda v: scipy.stats.nbinom.mean(v[0], v[1]) + scipy.stats.nbinom.var(v[0], v[1]), np.array([3.0, 0.4])
    )


def test_far_tails_keep_their_digits():
    x = np.array([-2.0, 0.5, 30.0, 60.0])
    for method, points in (("logsf", x), ("logcdf", -x)):
        function = getattr(scipy.stats.dgamma, method)
        found = cr.vjp(lambda a, function=function, points=points: function(points, a), np.array(1.7))[0]
        np.testing.assert_allclose(found, function(points, 1.7), rtol=1e-12)


@pytest.mark.parametrize("ends", [(-1.0, 2.0), (1.0, 2.0), (-3.0, -1.0), (30.0, 40.0)])
def test_quantiles_of_truncated_normals_by_their_ends(ends):
    q = np.array([0.2, 0.5, 0.9])
    for method in ("ppf", "isf"):
        function = getattr(scipy.stats.truncnorm, method)

        def total(v, function=function):
            return np.sum(np.array([1.0, 2.0, 0.5]) * function(q, v[0], v[1], 0.3, 1.4))

        np.testing.assert_allclose(cr.value_and_grad(total)(np.array(ends))[0], total(np.array(ends)), rtol=1e-10)
        cr.check_grad(total, np.array(ends))


def test_a_batch_whose_members_are_in_several_cases():
    for call in (
        lambda c: scipy.stats.triang.pdf(np.array([0.2, 0.5]), c),
        lambda c: scipy.stats.trapezoid.pdf(np.array([0.2, 0.95]), c, 0.9),
    ):
        shapes = np.array([0.3, 0.7])
        np.testing.assert_allclose(cr.vmap(call)(shapes), np.stack([call(each) for each in shapes]))
