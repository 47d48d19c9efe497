"""Owns the published formulas of every method, written out step by step as they are printed, without any code of the package.

They keep to the papers' notation: powers are computed as powers, sums of weights are not carried along. `trajectory` is
what tests compare with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Update = Callable[..., Iterator[Any]]


def gradient_descent(x, rate):
    while True:
        g = yield x
        x = x - rate * g


def momentum(x, rate, momentum=0.9):
    v = 0 * x
    while True:
        g = yield x
        v = momentum * v + g
        x = x - rate * v


def nesterov(x, rate, momentum=0.9):
    """Nesterov 1983: the gradient is that at the point ahead, y = x - rate * momentum * v; the points shown are these."""
    behind, v = x, 0 * x  # behind: the point itself; ahead of it is what is shown
    while True:
        g = yield behind - rate * momentum * v
        v = momentum * v + g
        behind = behind - rate * v


def adagrad(x, rate, start=0.0, eps=1e-10):
    past = []
    while True:
        g = yield x
        past.append(g)
        x = x - rate * g / (np.sqrt(start + sum(each**2 for each in past)) + eps)


def adadelta(x, rate=1.0, rho=0.9, eps=1e-6):
    mean_g, mean_d = 0 * x, 0 * x
    while True:
        g = yield x
        mean_g = rho * mean_g + (1 - rho) * g**2
        d = -np.sqrt(mean_d + eps) / np.sqrt(mean_g + eps) * g
        mean_d = rho * mean_d + (1 - rho) * d**2
        x = x + rate * d


def rmsprop(x, rate, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
    past, v = [], 0 * x
    while True:
        g = yield x
        past.append(g)
        weights = [(1 - alpha) * alpha**age for age in reversed(range(len(past)))]
        square = sum(w * each**2 for w, each in zip(weights, past, strict=True))
        mean = sum(w * each for w, each in zip(weights, past, strict=True))
        v = momentum * v + g / (np.sqrt(square - mean**2 if centered else square) + eps)
        x = x - rate * v


def adam(x, rate, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.0, largest=False):
    m, v, u, t = 0 * x, 0 * x, 0 * x, 0
    while True:
        g = yield x
        t += 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        u = np.maximum(u, v)
        corrected = (u if largest else v) / (1 - beta2**t)
        x = x - rate * (m / (1 - beta1**t) / (np.sqrt(corrected) + eps) + decay * x)


def adamax(x, rate, beta1=0.9, beta2=0.999, eps=1e-8):
    m, u, t = 0 * x, 0 * x, 0
    while True:
        g = yield x
        t += 1
        m = beta1 * m + (1 - beta1) * g
        u = np.maximum(beta2 * u, np.abs(g) + eps)
        x = x - rate / (1 - beta1**t) * m / u


def nadam(x, rate, beta1=0.9, beta2=0.999, eps=1e-8, momentum_decay=0.004):
    m, v, t = 0 * x, 0 * x, 0

    def mu(step):
        return beta1 * (1 - 0.5 * 0.96 ** (step * momentum_decay))

    while True:
        g = yield x
        t += 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        product = np.prod([mu(step) for step in range(1, t + 1)])
        ahead = mu(t + 1) * m / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
        x = x - rate * ahead / (np.sqrt(v / (1 - beta2**t)) + eps)


def radam(x, rate, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v, t = 0 * x, 0 * x, 0
    whole = 2 / (1 - beta2) - 1
    while True:
        g = yield x
        t += 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        mean = m / (1 - beta1**t)
        seen = whole - 2 * t * beta2**t / (1 - beta2**t)
        if seen > 5:
            share = np.sqrt((seen - 4) * (seen - 2) * whole / ((whole - 4) * (whole - 2) * seen))
            x = x - rate * share * mean * np.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)
        else:
            x = x - rate * mean


def lion(x, rate, beta1=0.9, beta2=0.99, decay=0.0):
    m = 0 * x
    while True:
        g = yield x
        direction = np.sign(beta1 * m + (1 - beta1) * g)
        m = beta2 * m + (1 - beta2) * g
        x = x - rate * (direction + decay * x)


def trajectory(points: Iterator[Any], gradient: Callable[[Any], Any], steps: int) -> Any:
    """Return the start and the points after each step, stacked."""
    x = next(points)
    found = [x]
    for _ in range(steps):
        x = points.send(gradient(x))
        found.append(x)
    return np.stack(found)
