"""Owns arguments and functions that several tests of jit take."""

from __future__ import annotations

import numpy as np

V = np.array([0.3, -1.2, 2.1])
W = np.array([0.7, 0.4, 1.9])
M = np.arange(6.0).reshape(2, 3) / 4 - 0.6


def early_return(x):
    if np.sum(x) > 1:
        return x * 2
    if np.any(x < -1):
        return -x
    return np.sin(x)


def loss(x):
    return np.sum(np.sin(x) ** 2 * np.exp(-x)) + x[0] * x[1]
