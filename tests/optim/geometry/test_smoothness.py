"""Proves that kinks are noticed, whatever the rules say there, and that smooth functions are not taken for kinks."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim
from chainrule.optim.geometry.second_order import look
from chainrule.optim.geometry.smoothness import is_smooth

SMOOTH = [
    (lambda x: x**2, 0.0),
    (lambda x: x**4, 0.0),
    (lambda x: np.sin(1e5 * x), 0.3),
    (lambda x: 1e9 * x, 1.0),
    (lambda x: np.exp(20 * x), 1.0),
    (lambda x: 1e-12 * x**3, 1e3),
    (np.abs, 1.0),
    (np.sin, 1e6 * np.pi),
    (np.sin, 1e6 * np.pi + np.pi / 2),
    (lambda v: np.sin(v[0]) * np.cos(v[1]), np.array([1e6 * np.pi, 2.0])),
    (lambda x: 1e6 * (x**3 - x**2) - 1e6 * x**2 * (x - 1) + x**2, 0.7),  # what cancels leaves rounding
    (lambda x: 3.0, 1.0),
    (optim.problems.rosenbrock, np.array([-1.2, 1.0])),
    (lambda v: np.sum(np.tanh(v) ** 2), np.linspace(-1, 1, 300)),
]
KINKED = [
    (np.abs, 0.0),
    (lambda x: np.abs(x - 1e6), 1e6),
    (lambda x: (x - 1e6) * np.abs(x - 1e6), 1e6),
    (lambda x: np.maximum(x, 0), 0.0),
    (lambda x: x * np.abs(x), 0.0),
    (lambda x: np.maximum(x, 2 * x), 0.0),
    (lambda v: np.abs(v[0]) + v[1] ** 2, np.zeros(2)),
    (lambda v: np.sum(np.abs(v)), np.zeros(300)),
    (optim.problems.ackley, np.zeros(2)),
]


@pytest.mark.parametrize(("fun", "x"), SMOOTH)
def test_smooth(fun, x):
    assert is_smooth(look(fun, x))


@pytest.mark.parametrize(("fun", "x"), KINKED)
def test_kinked(fun, x):
    assert not is_smooth(look(fun, x))


@pytest.mark.parametrize(
    ("fun", "x", "kind"),
    [
        (np.abs, 0.0, "minimum"),
        (lambda x: -np.abs(x), 0.0, "maximum"),
        (lambda x: np.maximum(x, 2 * x), 0.0, "degenerate"),
        (lambda v: np.abs(v[0]) - v[1] ** 2, np.zeros(2), "degenerate"),
        (optim.problems.ackley, np.zeros(2), "minimum"),
    ],
)
def test_values_decide_at_a_kink_and_the_words_say_so(fun, x, kind):
    found = cr.curvature(fun, x)
    assert found.classification == kind
    assert found.certainty != "certain"
    assert not found.is_smooth
    assert "not twice differentiable" in found.how
    assert "convention" in found.meaning[0]
