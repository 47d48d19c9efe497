"""Programs of signals, statistics, robotics, physics and finance, as people in those fields write them in NumPy and SciPy.

Each is compared with NumPy's value, the limit definition in both modes, and three calls of its compiled gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special
from scipy.special import betaln, expit, gammaincc, gammaln, i0, j0, ndtr, ndtri

import chainrule as cr

random = np.random.default_rng(11)
SIGNAL = random.normal(size=12)
IMAGE = random.normal(size=(4, 6))
POINTS = random.normal(size=(5, 3))
SERIES = random.normal(size=10)
COUNTS = random.poisson(2.0, size=10)
ANGLES = np.linspace(-1.0, 1.5, 7)


# Signals


def spectrum(x: Any) -> Any:
    power = np.abs(np.fft.fft(x * np.hanning(len(x)))) ** 2
    return np.sum(power * np.arange(len(x))) / np.sum(power)


def low_pass(cutoff: Any) -> Any:
    response = 1 / (1 + (np.fft.rfftfreq(12) / cutoff[0]) ** 4)
    return np.sum(np.fft.irfft(np.fft.rfft(SIGNAL) * response, 12)[:5] ** 3)


def deblurring(image: Any) -> Any:
    kernel = np.fft.fft2(np.outer([0.2, 0.5, 0.3], [0.3, 0.4, 0.3]), s=image.shape)
    blurred = np.real(np.fft.ifft2(kernel * np.fft.fft2(image)))
    total_variation = np.sum(np.sqrt(np.diff(image, axis=0) ** 2 + 1e-2))
    return np.sum((np.fft.fftshift(blurred) - IMAGE) ** 2) + 0.1 * total_variation


def poisson_equation(density: Any) -> Any:
    waves = np.fft.fftfreq(len(density)) * 2 * np.pi
    transformed = np.fft.fft(density - np.mean(density))
    potential = np.fft.ifft(np.where(waves == 0, 0, transformed / np.where(waves == 0, 1, waves**2)))
    return np.real(np.vdot(density, potential))


def autocorrelation(x: Any) -> Any:
    centered = x - x.mean()
    whole = np.correlate(centered, centered, "full")[len(x) - 1 :]
    return np.sum(whole[1:4] / whole[0])


def moving_windows(x: Any) -> Any:
    windows = np.lib.stride_tricks.sliding_window_view(x, 4)
    return np.sum(np.tanh(windows @ np.array([0.5, -1.0, 0.3, 0.2])) * windows.std(axis=1))


# Statistics


def beta_binomial(logs: Any) -> Any:
    a, b = np.exp(logs)
    return -np.sum(betaln(COUNTS + a, 9 - COUNTS + b) - betaln(a, b))


def negative_binomial(parameters: Any) -> Any:
    r, p = np.exp(parameters[0]), expit(parameters[1])
    terms = gammaln(COUNTS + r) - gammaln(COUNTS + 1) - gammaln(r) + r * np.log1p(-p)
    return -np.sum(terms + scipy.special.xlogy(COUNTS, p))


def von_mises(parameters: Any) -> Any:
    mean, concentration = parameters[0], np.exp(parameters[1])
    return -np.sum(concentration * np.cos(ANGLES - mean) - np.log(2 * np.pi * i0(concentration)))


def censored_survival(parameters: Any) -> Any:
    scaled = np.abs(SERIES) * np.exp(parameters[0])
    return -np.sum(np.where(SERIES > 0, parameters[0] - scaled, np.log(gammaincc(2.0, scaled) + parameters[1] ** 2)))


def copula(correlation: Any) -> Any:
    u, v = ndtri(np.linspace(0.1, 0.9, 5)), ndtri(expit(correlation))
    return np.sum(ndtr((u - v[0] * v) / np.sqrt(1 + v**2)))


def autoregression(parameters: Any) -> Any:
    errors = [0.0]
    for t in range(1, len(SERIES)):
        errors.append(SERIES[t] - parameters[0] * SERIES[t - 1] - parameters[1] * errors[t - 1])
    return np.sum(np.array(errors) ** 2)


def volatility(parameters: Any) -> Any:
    base, reaction, memory = np.exp(parameters[0]), expit(parameters[1]), expit(parameters[2])
    variance = np.zeros(len(SERIES), like=parameters)
    variance[0] = np.var(SERIES)
    for t in range(1, len(SERIES)):
        variance[t] = base + reaction * SERIES[t - 1] ** 2 + memory * variance[t - 1]
    return np.sum(np.log(variance) + SERIES**2 / variance)


def full_covariance(entries: Any) -> Any:
    lower = np.zeros((3, 3), like=entries)
    lower[np.tril_indices(3)] = entries
    lower[np.diag_indices(3)] = np.exp(np.diag(lower))
    whitened = np.linalg.solve(lower, POINTS.T)
    return 0.5 * np.sum(whitened**2) + len(POINTS) * np.sum(np.log(np.diag(lower)))


def column_loss(weights: Any) -> Any:
    residuals = POINTS @ weights.reshape(3, 1) - 1.0
    return residuals.T @ residuals / len(POINTS)  # an array of one element


# Robotics


def arm(angles: Any) -> Any:
    def link(angle: Any, length: float) -> Any:
        c, s = np.cos(angle), np.sin(angle)
        return np.array([[c, -s, length * c], [s, c, length * s], [0, 0, 1]])

    pose = link(angles[0], 1.0) @ link(angles[1], 0.8) @ link(angles[2], 0.5)
    return (pose[0, 2] - 1.0) ** 2 + (pose[1, 2] - 0.5) ** 2


def rotation_vector(w: Any) -> Any:
    angle = np.linalg.norm(w)
    x, y, z = w / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return np.sum((POINTS @ rotation.T - POINTS[:, [1, 2, 0]]) ** 2)


def bearing(position: Any) -> Any:
    away = POINTS[:, :2] - position
    bearings = np.arctan2(np.array([d[1] for d in away]), np.array([d[0] for d in away]))
    return np.sum(np.unwrap(bearings) ** 2) + np.sum(np.hypot(*away.T))


def tracking(noise: Any) -> Any:
    """A Kalman filter whose matrices are of whole numbers."""
    moves, seen = np.array([[1, 1], [0, 1]]), np.array([[1, 0]])
    state, spread, surprise = np.zeros((2, 1)), np.eye(2) * 10, 0.0
    for measured in SERIES[:5]:
        state, spread = np.dot(moves, state), moves @ spread @ moves.T + np.eye(2) * noise[0] ** 2
        error, size = measured - np.dot(seen, state), seen @ spread @ seen.T + noise[1] ** 2
        gain = spread @ seen.T @ np.linalg.inv(size)
        state, spread = state + gain @ error, (np.eye(2) - gain @ seen) @ spread
        surprise += (np.linalg.slogdet(size)[1] + error.T @ np.linalg.solve(size, error)).item()
    return surprise


def best_way(rewards: Any) -> Any:
    worth = np.zeros((4, 6))
    for _ in range(10):
        around = np.pad(worth, 1, constant_values=-5.0)
        steps = np.stack([around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:]])
        worth = rewards + 0.9 * steps.max(axis=0)
    return worth.sum()


# Physics


def vibrating_membrane(waves: Any) -> Any:
    radii = np.linspace(0.1, 2.0, 6)
    return np.trapezoid(j0(waves[0] * radii) * radii * np.exp(-waves[1] * radii), radii)


def lennard_jones(positions: Any) -> Any:
    apart = positions[:, None, :] - positions[None, :, :]
    squares = np.sum(apart**2, axis=-1)[np.triu_indices(len(positions), 1)]
    return np.sum(4 * (squares**-6 - squares**-3))


def split_step(potential: Any) -> Any:
    grid = np.linspace(-3, 3, 8)
    wave = np.exp(-(grid**2) + 0.5j * grid)
    kinetic = np.exp(-0.05j * (2 * np.pi * np.fft.fftfreq(8, grid[1] - grid[0])) ** 2)
    for _ in range(3):
        wave = np.fft.ifft(kinetic * np.fft.fft(np.exp(-0.1j * potential) * wave))
    return np.sum(np.abs(wave) ** 2 * grid**2)


def diffusion(u: Any) -> Any:
    for _ in range(5):
        old = u.copy()
        u[1:-1] = old[1:-1] + 0.2 * (old[2:] - 2 * old[1:-1] + old[:-2])
        u[0] = u[-1] = 0.0
    return np.sum(u**2)


def growth_of_a_population(rates: Any) -> Any:
    leslie = np.vstack([rates[:3], np.diag(rates[3:5], k=0) @ np.eye(2, 3)])
    return np.log(np.max(np.abs(np.linalg.eigvals(leslie))))


def damping(circuit: Any) -> Any:
    poles = np.roots([1.0, circuit[0] / circuit[1], 1 / (circuit[1] * circuit[2])])
    return np.min(-np.real(poles)) + np.sum(np.abs(poles))


# Finance


def tree_of_prices(market: Any) -> Any:
    spot, volatility = market
    up = np.exp(volatility * np.sqrt(0.1))
    chance = (np.exp(0.005) - 1 / up) / (up - 1 / up)
    values = np.maximum(spot * up ** np.arange(10.0, -11, -2) - 1.03, 0)
    for _ in range(10):
        values = np.exp(-0.005) * (chance * values[:-1] + (1 - chance) * values[1:])
    return values[0]


def internal_rate(shift: Any) -> Any:
    flows, rate, times = np.array([-100.0, 30, 40, 50]), 0.1, np.arange(4)
    for _ in range(20):
        value = np.sum(flows / (1 + rate) ** times) + shift[0]
        rate = rate + value / np.sum(times * flows / (1 + rate) ** (times + 1))
    return rate


MATURITIES = np.array([0.0, 0.5, 1.0, 2.0, 5.0])


def yield_curve(parameters: Any) -> Any:
    """The loadings, with maturities of 0 out of the way while they are divided by."""
    level, slope, bend, scale = parameters
    nothing = MATURITIES <= 0
    MATURITIES[nothing] = 1e-9
    decay = np.exp(-MATURITIES / scale)
    loading = (1 - decay) / (MATURITIES / scale)
    hump = loading - decay
    MATURITIES[nothing] = 0
    loading[nothing], hump[nothing] = 1, 0
    return np.sum((level + slope * loading + bend * hump - 0.02) ** 2) * 1e4


PROGRAMS: tuple[tuple[Callable[..., Any], Any], ...] = (
    (spectrum, SIGNAL), (low_pass, np.array([0.2])), (deblurring, IMAGE + 0.1), (poisson_equation, SIGNAL),
    (autocorrelation, SIGNAL), (moving_windows, SIGNAL), (beta_binomial, np.array([0.2, 0.4])),
    (negative_binomial, np.array([0.2, -0.4])), (von_mises, np.array([0.1, 0.5])),
    (censored_survival, np.array([0.3, 0.2])), (copula, np.array([0.2, -0.3, 0.4, 0.1, 0.7])),
    (autoregression, np.array([0.1, 0.2])), (volatility, np.array([0.1, 0.2, 0.3])),
    (full_covariance, random.normal(size=6) * 0.3), (column_loss, np.array([0.3, -0.2, 0.5])),
    (arm, np.array([0.3, 0.5, -0.2])), (rotation_vector, np.array([0.3, 0.5, -0.2])), (bearing, np.array([0.1, 0.2])),
    (tracking, np.array([0.3, 0.5])), (best_way, IMAGE), (yield_curve, np.array([0.03, -0.01, 0.02, 1.5])),
    (vibrating_membrane, np.array([1.3, 0.4])), (lennard_jones, POINTS), (split_step, np.linspace(0, 1, 8) ** 2),
    (diffusion, SIGNAL), (growth_of_a_population, np.array([0.2, 1.3, 0.9, 0.6, 0.4])),
    (damping, np.array([0.5, 0.4, 1.2])), (tree_of_prices, np.array([1.0, 0.2])), (internal_rate, np.array([0.5])),
)  # fmt: skip
each = pytest.mark.parametrize(("function", "x"), PROGRAMS, ids=[function.__name__ for function, _ in PROGRAMS])


@each
def test_value_and_derivative(function: Callable[..., Any], x: Any) -> None:
    value, gradient = cr.value_and_grad(function)(x)
    assert value == pytest.approx(np.sum(function(x.copy())), rel=1e-12)
    assert gradient.shape == x.shape
    assert cr.check_grad(function, x).comparisons > 0


@each
def test_the_compiled_gradient_is_the_gradient(function: Callable[..., Any], x: Any) -> None:
    expected = cr.grad(function)(x)
    compiled = cr.jit(cr.grad(function))
    for _ in range(3):
        np.testing.assert_allclose(compiled(x), expected, rtol=1e-10, atol=1e-12)
