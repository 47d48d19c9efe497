"""Tests of check_grad: right rules pass, wrong ones are named, points without a derivative are blamed themselves."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.transforms.check import CheckReport, check_grad


def _entries(shape: int | tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape)


@pytest.mark.parametrize(
    ("fun", "args"),
    [
        (lambda x: x**2 + 3 * x + 2, (5,)),
        (np.sin, (1e6,)),
        (np.log, (1e-6,)),
        (np.floor, (2.5,)),
        (lambda x: np.abs(x) ** 1.5, (0.0,)),
        (lambda x: 1e-10 * np.sin(x), (1.0,)),
        (lambda x: np.maximum(0, x), (1e-9,)),
        (lambda x: np.sin(2 * np.pi * 256 * x), (0.0,)),
        (
            lambda p, x: {"a": p["w"] @ x, "b": [np.sum(p["b"]) ** 2]},
            ({"w": _entries((3, 2)), "b": [1, 2]}, _entries(2)),
        ),
        (lambda z: np.exp(z) * z, (1 + 2j,)),
        (lambda z: np.sum(np.abs(z) ** 2), (np.array([1 + 2j, 3 - 1j]),)),
        (lambda x: (x, 3.0, x**2), (2.0,)),
        (lambda a: np.linalg.cholesky(a + a.T + 4 * np.eye(3)), (_entries((3, 3)),)),
        (lambda x, mode: x**2 if mode == "square" else x, (3.0, "square")),
    ],
)
def test_right_rules_pass_in_both_modes(fun, args):
    report = check_grad(fun, *args)
    assert isinstance(report, CheckReport)
    assert report.comparisons > 0
    assert report.modes == ("reverse", "forward")
    assert report.difference <= 1e-5 * max(1.0, abs(report.limit))


def test_float32_is_compared_at_its_own_precision():
    assert check_grad(lambda x: np.tanh(x) @ x, _entries(5).astype(np.float32)).comparisons == 10


def test_many_entries_are_sampled():
    report = check_grad(lambda x: np.sum(np.tanh(x @ x)), 0.1 * _entries((100, 100)))
    assert report.comparisons == 2 * (32 + 4)


def test_large_arrays_with_kinks_elsewhere_pass():
    assert check_grad(lambda x: np.sum(np.maximum(0, x)), _entries(5000)).comparisons == 72


def _wrong(index: int):
    @cr.custom_vjp
    def doubled(x):
        return 2 * x

    def backward(residuals, ct):
        scale = np.full(3, 2.0)
        scale[index] = 2.5
        return (ct * scale,)

    doubled.defvjp(lambda x: (2 * x, None), backward)
    return doubled


def test_a_wrong_rule_is_named_with_its_worst_entry_and_both_numbers():
    with pytest.raises(
        cr.GradientError, match=r"out\[1\] / d x\[1\] is 2\.5 by the rules \(reverse mode\) and 2 by the limit"
    ):
        check_grad(lambda x: _wrong(1)(x), np.array([1.0, 2.0, 3.0]))


@pytest.mark.parametrize(
    ("fun", "point", "message"),
    [
        (abs, 0.0, "-1 from the left and 1 from the right: a kink"),
        (lambda x: np.maximum(0, x), 0.0, "0 from the left and 1 from the right: a kink"),
        (lambda x: abs(x) + 1e3 * x**2, 0.0, "a kink"),
        (np.sign, 0.0, "a jump"),
        (np.floor, 2.0, "a jump"),
        (np.cbrt, 0.0, "a vertical tangent"),
        (np.sqrt, 0.0, "not defined on both sides"),
        (np.log, 0.0, "log is -inf at this point"),
        (np.log, -1.0, "log is nan at this point"),
        (lambda x: np.max(x), np.array([1.0, 1.0, 0.0]), r"along x\[0\]"),
        (lambda x: np.linalg.norm(x), np.zeros(2), "a kink"),
    ],
)
def test_points_without_a_derivative_are_blamed_themselves(fun, point, message):
    with pytest.raises(cr.NotDifferentiableError, match=message):
        check_grad(fun, point)


def test_an_unused_branch_that_is_not_finite_is_pointed_at():
    with pytest.raises(cr.GradientError, match=r"nan by the rules .* unused branch of np\.where"):
        check_grad(lambda x: np.where(x > -1, x**2, np.sqrt(x)), 0.5 - 0.5)


def test_random_results_are_refused():
    random = np.random.default_rng(0)
    with pytest.raises(cr.GradientError, match="same value every time"):
        check_grad(lambda x: x * random.random(), 1.0)


@pytest.mark.parametrize("seed", range(6))
def test_noise_beside_a_point_is_no_kink(seed):
    # At w = 0 the value is the same whatever is drawn; it was "a kink", or a wrong rule.
    random, data = np.random.default_rng(seed), np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(cr.GradientError, match=r"at the same place .* same value every time"):
        check_grad(lambda w: np.mean(((data + random.normal(size=data.shape)) @ w - 1) ** 2), np.zeros(3))


def test_the_report_reads_well():
    report = check_grad(lambda x: x**2, 3.0)
    assert str(report).startswith(
        "2 derivatives agree with the limit definition (reverse and forward mode); the worst is d out"
    )
    assert str(check_grad(np.sum, np.zeros(0))).startswith("nothing to compare")


def test_what_is_no_array_is_compared_or_refused():
    for sequence in (range(1, 3), memoryview(np.array([1.0, 2.0]))):  # it was a success without a comparison
        assert check_grad(lambda x: np.sum(x**2), sequence).comparisons == 4
    with pytest.raises(cr.TracingError, match="not 'text'"):
        check_grad(lambda x: 1.0, "text")


def test_arguments_are_left_alone():
    x = np.array([1.0, 2.0])

    def assigns(v):
        v[0] = v[1] ** 2
        return np.sum(v)

    assert check_grad(assigns, x).comparisons == 4
    assert x.tolist() == [1.0, 2.0]


def test_small_derivatives_of_large_results_are_no_kinks():
    # Rounding errors of 4e-6 in the result hide a derivative of 0.01 from short steps; the function is smooth all the same.
    report = cr.check_grad(lambda x: 3e10 * np.cos(x[0]) + 0.01 * x[1] ** 2, np.array([0.3, 0.7]))
    assert report.comparisons == 4


@pytest.mark.parametrize("offset", [1e6, 1e8])
def test_kinks_of_large_results_are_seen(offset):
    with pytest.raises(cr.NotDifferentiableError, match="kink"):
        cr.check_grad(lambda x: offset + abs(x), 0.0)


def _steeper(factor: float) -> cr.custom_jvp:
    """Return x**2 with a derivative that is wrong by a factor."""
    squared = cr.custom_jvp(lambda x: x**2)
    squared.defjvp(lambda primals, tangents: (primals[0] ** 2, factor * 2 * primals[0] * tangents[0]))
    return squared


def test_only_the_named_arguments_are_compared():
    wrong = _steeper(1.5)
    report = check_grad(lambda x, y: x**2 + wrong(y), 3.0, 2.0, argnums=0)
    assert (report.entry, report.comparisons) == ("d out / d x", 2)
    for argnums in (1, (0, 1), None):
        with pytest.raises(cr.GradientError, match="d out / d y is 6"):
            check_grad(lambda x, y: x**2 + wrong(y), 3.0, 2.0, argnums=argnums)


def test_the_difference_that_is_allowed_is_relative():
    nearly = _steeper(1 + 1e-4)
    assert check_grad(nearly, 3.0, rtol=1e-3).difference == pytest.approx(6e-4, rel=1e-3)
    with pytest.raises(cr.GradientError, match="disagree"):
        check_grad(nearly, 3.0)


def test_a_seed_draws_the_same_sample_of_many_entries():
    x = np.linspace(0.1, 2.0, 200)
    first, again, other = (check_grad(lambda x: np.sum(np.sin(x) * x), x, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first.entry != other.entry or first.rule != other.rule


@pytest.mark.parametrize("rtol", [-1e-5, np.nan, np.inf, "tight", None])
def test_a_tolerance_that_is_none_is_refused(rtol):
    with pytest.raises(ValueError, match="rtol is a number of at least 0, such as 1e-5, not"):
        cr.check_grad(lambda x: x**2, 3.0, rtol=rtol)
