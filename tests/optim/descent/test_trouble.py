"""Proves that a descent which meets numbers that are not finite names the operation and the line, and what to do about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim import LBFGS, Batches, GradientDescent, Status

DATA = np.random.default_rng(0).normal(size=(20, 3))
LABELS = (DATA[:, 0] > 0) * 1.0
CONSTANT = np.hstack([DATA[:, :2], np.full((20, 1), 3.0)])


def entropy(w: Any) -> Any:
    p = 1 / (1 + np.exp(-(DATA @ w)))
    return -np.mean(LABELS * np.log(p) + (1 - LABELS) * np.log(1 - p))


def scaled(w: Any) -> Any:
    return np.mean(((CONSTANT - CONSTANT.mean(0)) / CONSTANT.std(0) @ w) ** 2)


def angle(v: Any) -> Any:
    return np.arccos(v[0] / np.linalg.norm(v)) ** 2


def recurrent(w: Any) -> Any:
    h = np.ones(4)
    for _ in range(100):
        h = w @ h
    return np.sum(h**2)


def line_of(function: Any, part: int) -> str:
    return f"test_trouble.py:{function.__code__.co_firstlineno + part}: "


def test_a_step_to_the_logarithm_of_0_is_blamed_on_the_logarithm() -> None:
    found = cr.minimize(entropy, np.zeros(3), GradientDescent(2000.0))
    assert found.status is Status.NOT_FINITE
    assert "pole in log" in found.message
    assert line_of(entropy, 2) in found.message
    assert "a step has left where it is defined: try a smaller learning rate" in found.message


def test_data_that_are_not_finite_are_not_blamed_on_the_start() -> None:
    with np.errstate(all="ignore"):
        message = cr.minimize(scaled, np.zeros(3)).message
    assert line_of(scaled, 1) in message
    assert "has 20 NaN, all in column 2; repair these numbers" in message


def test_a_gradient_without_a_value_at_the_minimum_is_not_blamed_on_the_learning_rate() -> None:
    message = cr.minimize(angle, np.array([1.0, 0.1]), steps=2000).message
    assert message.startswith("not finite: the gradient is nan after ")
    assert "in arccos" in message
    assert line_of(angle, 1) in message
    assert "learning rate" not in message


def test_numbers_that_overflow_in_a_loop_are_said_to_be_too_large() -> None:
    found = cr.minimize(recurrent, 1.5 * DATA[:4] @ DATA[4:8].T, GradientDescent(0.1), steps=20)
    assert "overflow in " in found.message
    assert line_of(recurrent, 3) in found.message
    assert "cr.optim.ClipNorm" in found.message


@pytest.mark.parametrize("method", [GradientDescent(0.1), LBFGS()])
def test_a_start_that_is_not_a_number_is_named(method: Any) -> None:
    message = cr.minimize(lambda w: np.sum(w**2), np.array([0.0, np.nan]), method).message
    assert "at the start: w itself is not finite: 1 NaN, 1 of 2 elements (50%), at [1]" in message


def test_an_auxiliary_result_does_not_hide_the_operation() -> None:
    assert "outside the domain in log" in cr.minimize(lambda x: (np.log(x), x), -1.0, has_aux=True).message


def normalized(w: Any, rows: Any) -> Any:
    return np.mean((rows - rows.mean(0)) / rows.std(0) @ w)


def test_the_last_batch_of_an_epoch_is_named_where_it_is_too_small() -> None:
    # The batch of one row has no deviation; a smaller learning rate was advised.
    found = cr.minimize(normalized, np.zeros(3), GradientDescent(0.01), batches=Batches(DATA[:17], size=16))
    assert found.status is Status.NOT_FINITE
    assert line_of(normalized, 1) in found.message
    assert found.message.endswith("that batch is the rest of an epoch, 1 of 16: drop_last=True leaves it out")
    assert "learning rate, " not in found.message
    full = Batches(DATA[:17], size=16, drop_last=True)
    assert np.isfinite(cr.minimize(normalized, np.zeros(3), GradientDescent(0.01), batches=full).fun)


def beyond_two(x: Any) -> Any:
    return np.where(x > 2, x**2, np.nan)


def test_a_step_out_of_all_cases_is_no_fault_of_the_data() -> None:
    message = cr.minimize(beyond_two, 5.0, GradientDescent(0.4), steps=20).message
    assert ": there np.where takes a number that is not finite, " in message
    assert line_of(beyond_two, 1)[:-2] in message
    assert "a step has left where it is defined" in message
