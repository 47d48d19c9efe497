"""Proves that each modifier changes what its formula says and nothing else, and that modifiers nest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tests.optim.methods.cases import bowl, descend

import chainrule as cr
from chainrule.errors import ShapeError
from chainrule.native.iterate import iterate
from chainrule.optim import (
    LBFGS,
    Adam,
    Box,
    ClipNorm,
    ClipValue,
    GradientDescent,
    Lookahead,
    Maximize,
    Momentum,
    Newton,
    Noise,
    WeightDecay,
)
from chainrule.optim.modifiers.clipping import norm_of
from chainrule.optim.modifiers.modifier import projected_gradient, sign_of
from chainrule.optim.modifiers.noise import normal

X = {"w": np.array([3.0, -4.0]), "b": 12.0}
INSIDE = GradientDescent(1.0)


def given(modifier: Any, gradient: Any, x: Any = X) -> Any:
    """Return the gradient that the method inside was given: with rate 1 it is how far the point went back."""
    moved, _ = modifier.update(gradient, modifier.init(x), x)
    return {"w": x["w"] - moved["w"], "b": x["b"] - moved["b"]}


# --- weight decay


def test_weight_decay_adds_the_point() -> None:
    found = given(WeightDecay(INSIDE, 0.5), {"w": np.array([1.0, 2.0]), "b": 3.0})
    assert found["w"].tolist() == [2.5, 0.0]
    assert found["b"] == 9.0
    x = np.array([3.0, -1.0, 0.5])
    with_penalty = descend(Momentum(0.01), lambda x: bowl(x) + 0.3 * np.sum(x**2) / 2, x, 20)
    np.testing.assert_allclose(descend(WeightDecay(Momentum(0.01), 0.3), bowl, x, 20), with_penalty, rtol=1e-12)


# --- looking ahead


def test_the_slow_point_follows_a_part_of_the_way() -> None:
    x, every, share = np.array([3.0, -1.0, 0.5]), 4, 0.3
    compute, method, slow = cr.grad(bowl), Momentum(0.01), x
    fast, state, expected = x, method.init(x), [x]
    for step in range(1, 13):
        fast, state = method.update(compute(fast), state, fast)
        if step % every == 0:
            fast = slow = slow + share * (fast - slow)
        expected.append(fast)
    np.testing.assert_allclose(descend(Lookahead(method, every, share), bowl, x, 12), expected, rtol=1e-12)
    np.testing.assert_allclose(
        descend(Lookahead(method, every, 1.0), bowl, x, 12), descend(method, bowl, x, 12), rtol=1e-12
    )


def test_looking_ahead_damps_what_swings() -> None:
    swinging = GradientDescent(1.02)  # above the bound of x²
    assert not cr.minimize(lambda x: x**2, 1.0, swinging, steps=200).success
    assert cr.minimize(lambda x: x**2, 1.0, Lookahead(swinging), steps=200, tol=1e-6).success


# --- clipping


def test_long_gradients_are_cut_to_the_norm_and_short_ones_left() -> None:
    slope = {"w": np.array([3.0, -4.0]), "b": 12.0}  # of norm 13
    found = given(ClipNorm(INSIDE, 2.6), slope)
    np.testing.assert_allclose(found["w"], slope["w"] * 2.6 / (13 + 1e-6), rtol=1e-12)
    assert found["b"] == pytest.approx(12 * 2.6 / (13 + 1e-6), rel=1e-12)
    assert given(ClipNorm(INSIDE, 14.0), slope)["w"].tolist() == [3.0, -4.0]


@pytest.mark.slow
def test_clipping_is_that_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    slope = np.array([3.0, -4.0, 12.0])
    for largest in (0.1, 5.0, 13.0, 20.0):
        parameter = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        parameter.grad = torch.tensor(slope)
        torch.nn.utils.clip_grad_norm_([parameter], largest)
        moved, _ = ClipNorm(INSIDE, largest).update(slope, (), np.zeros(3))
        np.testing.assert_allclose(-moved, parameter.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e200, 1e300])
def test_norms_neither_overflow_nor_vanish(size: float) -> None:
    assert norm_of([3 * size, np.array([4 * size])]) == pytest.approx(5 * size, rel=1e-14)
    assert norm_of({"a": np.zeros(3), "b": np.zeros(0)}) == 0.0
    assert norm_of(np.float32(2e38) * np.ones(1, np.float32)).dtype == np.float32


def test_gradients_that_are_not_finite_stay_so() -> None:
    for slope in (math.nan, math.inf):
        with np.errstate(invalid="ignore"):
            assert not math.isfinite(ClipNorm(INSIDE, 1.0).update(slope, (), 0.0)[0])
    assert math.isnan(ClipValue(INSIDE, 1.0).update(math.nan, (), 0.0)[0])


def test_each_entry_is_cut_to_the_largest() -> None:
    found = given(ClipValue(INSIDE, 2.0), {"w": np.array([3.0, -1.0]), "b": -12.0})
    assert found["w"].tolist() == [2.0, -1.0]
    assert found["b"] == -2.0


# --- noise


def test_noise_is_normal_and_independent() -> None:
    drawn = np.stack([normal(7, step, 2000) for step in range(200)])
    count = drawn.size
    flat = np.sort(drawn.ravel())
    assert abs(np.mean(flat)) < 4 / math.sqrt(count)
    assert abs(np.var(flat) - 1) < 4 * math.sqrt(2 / count)
    expected = np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in flat[::40]])
    assert np.max(np.abs(np.arange(0, count, 40) / count - expected)) < 1.95 / math.sqrt(
        count
    )  # Kolmogorov and Smirnov
    assert len(np.unique(flat)) > 0.999 * count
    for shift in (1, 2, 17):
        for one, other in ((drawn[shift:], drawn[:-shift]), (drawn[:, shift:], drawn[:, :-shift])):
            assert abs(np.mean(one * other)) < 4.5 / math.sqrt(one.size)
            assert abs(np.mean(one**2 * other**2) - 1) < 4.5 * math.sqrt(8 / one.size)


def test_noise_depends_on_seed_step_and_place_alone() -> None:
    one = normal(3, 5, 10)
    np.testing.assert_array_equal(one, normal(3, 5, 10))
    np.testing.assert_array_equal(one[:4], normal(3, 5, 4))
    others = [
        normal(seed, step, 10) for seed, step in ((4, 5), (3, 6), (5, 3), (3 + 2**32, 5), (3 + 2**70, 5), (3, 2**31))
    ]
    for other in others:
        assert not np.any(one == other)


def test_noise_dies_out_as_it_says() -> None:
    method = Noise(INSIDE, 0.5, decay=1.0)
    x, state, sizes = np.zeros(4000), method.init(np.zeros(4000)), []
    for _ in range(4):
        moved, state = method.update(np.zeros(4000), state, x)
        sizes.append(np.std(moved - x))
        x = moved
    np.testing.assert_allclose(sizes, 0.5 / np.sqrt([1, 2, 3, 4]), rtol=0.05)


def test_noise_leads_out_of_a_saddle() -> None:
    compute = cr.grad(lambda x: x[0] ** 2 - x[1] ** 2 + x[1] ** 4)

    def end(method: Any) -> Any:
        def step(state: Any) -> Any:
            return method.update(compute(state[0]), state[1], state[0])

        x = np.array([1.0, 0.0])
        return iterate(step, (x, method.init(x)), 20_000).state[0]

    np.testing.assert_allclose(end(GradientDescent(0.05)), [0, 0], atol=1e-9)
    np.testing.assert_allclose(np.abs(end(Noise(GradientDescent(0.05), 0.1))), [0, math.sqrt(0.5)], atol=0.05)


# --- maximizing


def test_maximizing_is_minimizing_the_negative() -> None:
    x = np.array([0.3, -0.2, 0.1])
    climbing = descend(Maximize(Adam(0.1)), lambda x: -bowl(x), x, 30)
    np.testing.assert_array_equal(climbing, descend(Adam(0.1), bowl, x, 30))


def test_the_sign_shows_through_other_modifiers() -> None:
    assert [sign_of(method) for method in (Adam(), ClipNorm(Adam(), 1.0), object())] == [1, 1, 1]
    assert Box(ClipNorm(Maximize(Adam()), 1.0), 0, 1).sign == -1
    assert Maximize(Box(Maximize(Adam()), 0, 1)).sign == 1


# --- bounds


def test_points_stay_in_the_box() -> None:
    x = np.array([0.5, 0.5, 0.5])
    path = descend(
        Box(ClipNorm(Adam(0.1), 1.0), 0, 1), lambda x: np.sum((x - np.array([2.0, 0.25, -3.0])) ** 2), x, 300
    )
    assert np.all((path >= 0) & (path <= 1))
    np.testing.assert_allclose(path[-1], [1, 0.25, 0], atol=1e-3)


def test_each_number_may_have_sides_of_its_own() -> None:
    box = Box(INSIDE, {"w": np.array([-1.0, -np.inf]), "b": 0.0}, {"w": 1.0, "b": np.inf})
    moved, _ = box.update({"w": np.array([9.0, -9.0]), "b": 99.0}, (), {"w": np.zeros(2, np.float32), "b": 3.0})
    assert moved["w"].tolist() == [-1.0, 1.0]
    assert moved["b"] == 0.0
    assert type(moved["b"]) is float
    assert Box(INSIDE, np.array([0.0, 1.0])).update(np.ones(2), (), np.ones(2))[0].tolist() == [0.0, 1.0]
    assert Box(INSIDE, 0).update(5.0, (), 3.0)[0] == 0.0


def test_the_projected_gradient_vanishes_where_a_side_is_in_the_way() -> None:
    box = Box(ClipNorm(Adam(), 1.0), 0.0, 1.0)
    x, slope = np.array([0.0, 1.0, 0.0, 1.0, 0.5]), np.array([0.25, -0.25, -0.25, 0.25, 0.25])
    assert box.projected_gradient(slope, x).tolist() == [0, 0, -0.25, 0.25, 0.25]
    assert Maximize(box).projected_gradient(slope, x).tolist() == [0.25, -0.25, 0, 0, 0.25]
    assert WeightDecay(box, 0.1).projected_gradient(slope, x).tolist() == [0, 0, -0.25, 0.25, 0.25]
    assert projected_gradient(Adam(), slope, x) is slope


@pytest.mark.parametrize("wrap", [lambda m: Box(Maximize(m), 0.0, 1.0), lambda m: Maximize(Box(m, 0.0, 1.0))])
def test_in_whatever_order_a_climb_ends_at_the_side_of_its_box(wrap: Any) -> None:
    method = wrap(GradientDescent(0.25))
    x, slope = np.array([0.0, 1.0, 0.0, 1.0, 0.5]), np.array([0.25, -0.25, -0.25, 0.25, 0.25])
    assert method.projected_gradient(slope, x).tolist() == [0.25, -0.25, 0, 0, 0.25]
    up = cr.minimize(lambda x: -((x - 3) ** 2), 0.5, method)
    assert (up.x, up.success) == (1.0, True)
    down = cr.minimize(lambda x: -x, 1.0, method)  # the side is where it starts, and not in the way
    assert (down.x, down.success) == (0.0, True)


# --- what is refused


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: WeightDecay(Adam(), -1.0), ValueError, "rate is a finite number of at least 0, such as 0.01"),
        (lambda: ClipNorm(Adam(), 0.0), ValueError, "largest is a finite number above 0"),
        (lambda: ClipValue(Adam(), np.nan), ValueError, "largest is a finite number above 0"),
        (lambda: Noise(Adam(), 0.0), ValueError, "scale is a finite number above 0"),
        (lambda: Noise(Adam(), 1.0, decay=-1), ValueError, "decay is a finite number of at least 0"),
        (lambda: Noise(Adam(), 1.0, seed=1.5), ValueError, "seed is a whole number of at least 0"),
        (lambda: Noise(Adam(), 1.0).init(1j), TypeError, "real and the imaginary part"),
        (lambda: Box(Adam(), 1.0, 0.0), ValueError, "exchange them"),
        (lambda: Box(Adam(), [0.0, 2.0], 1.0), ValueError, "exchange them"),
        (lambda: Box(Adam(), math.nan), ValueError, "lower is a number"),
        (lambda: Box(Adam(), None), ValueError, "lower is a number"),
        (lambda: Box(Adam(), "a"), ValueError, "lower is a number"),
        (
            lambda: Box(INSIDE, np.zeros(3)).update(np.ones(2), (), np.ones(2)),
            ShapeError,
            "a side of the Box has shape",
        ),
        (lambda: Box(INSIDE, [0.0, 0.0]).update(np.ones(2), (), np.ones(2)), ShapeError, "a side of the Box 2"),
        (lambda: Maximize(LBFGS()), TypeError, "Maximize cannot change LBFGS, which takes all its steps itself"),
        (lambda: ClipNorm(Newton(), 1.0), TypeError, "ClipNorm cannot change Newton"),
        (lambda: ClipNorm(Adam, 1.0), TypeError, r"write Adam\(0.1\)"),
        (lambda: ClipNorm(3, 1.0), TypeError, "ClipNorm takes a method of descent"),
    ],
)
def test_errors_say_what_is_wrong(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
