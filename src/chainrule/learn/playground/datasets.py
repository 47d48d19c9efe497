"""Owns the data sets of the playground: points of the plane in two classes, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

COUNT = 300
"""Points in a data set that is made here: two thirds of them to train with, one third held out."""


def moons(count: int, noise: float, seed: int) -> tuple[Floats, Floats]:
    """Return two half circles that reach into each other, as points of shape (count, 2) and labels, 0 or 1."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 2).astype(np.float64)
    angle = np.pi * rng.random(count)
    points = np.where(labels, [1 - np.cos(angle), 0.5 - np.sin(angle)], [np.cos(angle), np.sin(angle)]).T
    return points - [0.5, 0.25] + rng.normal(scale=noise, size=(count, 2)), labels


def circles(count: int, noise: float, seed: int) -> tuple[Floats, Floats]:
    """Return a ring and what lies inside it, as points of shape (count, 2) and labels, 0 or 1."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 2).astype(np.float64)
    angle, radius = 2 * np.pi * rng.random(count), np.where(labels, 0.6 * np.sqrt(rng.random(count)), 1.2)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return points + rng.normal(scale=noise, size=(count, 2)), labels


def spirals(count: int, noise: float, seed: int) -> tuple[Floats, Floats]:
    """Return two spirals that wind around each other, as points of shape (count, 2) and labels, 0 or 1."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 2).astype(np.float64)
    along = np.sqrt(rng.random(count))
    angle = 2.5 * np.pi * along + np.pi * labels
    points = 1.5 * np.stack([along * np.cos(angle), along * np.sin(angle)], axis=1)
    return points + rng.normal(scale=noise / 2, size=(count, 2)), labels


def linear(count: int, noise: float, seed: int) -> tuple[Floats, Floats]:
    """Return two clouds that a line parts, as points of shape (count, 2) and labels, 0 or 1."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 2).astype(np.float64)
    points = rng.normal(scale=0.25 + noise, size=(count, 2))
    return points + np.where(labels, 0.7, -0.7)[:, np.newaxis], labels


def xor(count: int, noise: float, seed: int) -> tuple[Floats, Floats]:
    """Return four squares of which those across a corner belong together, as points of shape (count, 2) and labels."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1.2, 1.2, size=(count, 2))
    labels = np.where(points[:, 0] * points[:, 1] < 0, 1.0, 0.0)
    return points + rng.normal(scale=noise, size=(count, 2)), labels


def split(points: Floats, labels: Floats, seed: int) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Return two thirds of the samples to train with, and the others, held out; which ones is up to the seed."""
    order = np.random.default_rng(seed).permutation(len(points))
    first, rest = np.split(order, [len(order) - len(order) // 3])
    return (points[first], labels[first]), (points[rest], labels[rest])


DATASETS: Mapping[str, Callable[[int, float, int], tuple[Floats, Floats]]] = {
    "moons": moons,
    "circles": circles,
    "spirals": spirals,
    "linear": linear,
    "xor": xor,
}
"""The data sets by the names that the page shows: (count, noise, seed) -> (points, labels)."""
