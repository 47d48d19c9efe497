"""Proves that a stochastic descent says what its losses show: overfitting, sorted samples, bad numbers, no learning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim import Batches, ClipNorm, GradientDescent, Momentum, Status, schedules

random = np.random.default_rng(3)
X = random.normal(size=(48, 3))
Y = X @ np.array([1.0, -2.0, 3.0]) + 0.1 * random.normal(size=48)
CLASSES = (Y > 0) * 1.0


def squares(w: Any, x: Any, y: Any) -> Any:
    return np.mean((x @ w - y) ** 2)


def test_overfitting_is_named_with_both_losses() -> None:
    times, held = np.linspace(-1, 1, 10), np.linspace(-0.95, 0.95, 30)
    noise = np.random.default_rng(0).normal(size=40)
    data = np.vander(times, 9), np.sin(3 * times) + 0.5 * noise[:10]
    validation = np.vander(held, 9), np.sin(3 * held) + 0.1 * noise[10:]
    found = cr.minimize(
        squares, np.zeros(9), Momentum(0.05), batches=Batches(data, 10, epochs=3000, validation=validation)
    )
    assert "while the mean loss went on from " in found.message
    assert ": overfitting; with patience= it ends there" in found.message
    assert (
        "overfitting" not in cr.minimize(squares, np.zeros(3), batches=Batches((X, Y), 12, validation=(X, Y))).message
    )


def test_patience_does_not_hide_that_losses_grow() -> None:
    # It was "stalled", with a validation loss of 84,000.
    batches = Batches((X, Y), 12, epochs=50, validation=(X, Y), patience=3)
    found = cr.minimize(squares, np.zeros(3), GradientDescent(5.0), batches=batches)
    assert found.status is Status.DIVERGED
    assert "try a smaller learning rate, such as 0.1; x is of epoch 1, where" in found.message


def test_validation_data_that_are_not_finite_are_named() -> None:
    held = X.copy()
    held[7, 1] = np.nan
    message = cr.minimize(squares, np.zeros(3), batches=Batches((X, Y), 12, validation=(held, Y))).message
    assert (
        "the validation loss is nan: sample 7 of array 0 of the validation data has a number that is not finite"
        in message
    )
    by_function = Batches((X, Y), 12, validation=lambda w: np.nan)
    assert (
        "the validation loss is nan after every epoch" in cr.minimize(squares, np.zeros(3), batches=by_function).message
    )


@pytest.mark.parametrize("sign", [1, -1])
def test_samples_sorted_by_their_class_are_named_where_they_are_not_shuffled(sign: int) -> None:
    order = np.argsort(sign * CLASSES, kind="stable")
    data = X[order], CLASSES[order]
    for shuffle in (False, True):
        message = cr.minimize(squares, np.zeros(3), batches=Batches(data, 6, shuffle=shuffle)).message
        assert ("the samples are sorted by array 1 of the data" in message) is not shuffle
    assert not Batches((X, CLASSES), 6, shuffle=False).order_flaw()
    assert not Batches((X, np.arange(48.0)), 6, shuffle=False).order_flaw()  # a time: it has an order
    assert not Batches(data, 48, shuffle=False).order_flaw()


def test_a_loss_that_does_not_fall_is_told() -> None:
    message = cr.minimize(squares, np.zeros(3), GradientDescent(1e-9), batches=Batches((X, Y), 12)).message
    assert message.endswith("cr.learning_rate with the same batches= says which rates work from the start")


def test_units_that_are_dead_on_the_last_batch_are_named() -> None:
    def network(p: Any, x: Any, y: Any) -> Any:
        return np.mean((np.maximum(x @ p[0] - 100, 0) @ p[1] - y) ** 2)

    start = (np.ones((3, 4)), np.ones(4))
    message = cr.minimize(network, start, batches=Batches((X, Y), 12)).message
    assert "the gradient of p[0], p[1] is exactly 0: dead unit in maximum" in message


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (GradientDescent(schedules.Exponential(0.05, 0.7)), "the schedule has brought the learning rate from 0.05 to "),
        (GradientDescent(schedules.Cosine(0.05, 120)), ""),  # at 0 at the end, as it should be
        (ClipNorm(GradientDescent(0.05), 1e-3), "every gradient was longer than the 0.001 that ClipNorm lets through"),
        (ClipNorm(GradientDescent(0.05), 30.0), ""),
    ],
)
def test_settings_that_keep_steps_short_are_named(method: Any, words: str) -> None:
    message = cr.minimize(squares, np.zeros(3), method, batches=Batches((X, Y), 12, epochs=30)).message
    assert words in message
    assert bool(words) is any(sign in message for sign in ("the schedule has", "lets through"))


def test_a_loss_that_falls_without_end_is_named() -> None:
    def wrong(w: Any, x: Any, y: Any) -> Any:
        return -squares(w, x, y)

    message = cr.minimize(wrong, np.zeros(3), GradientDescent(0.05), batches=Batches((X, Y), 12)).message
    assert "it may have no minimum that way; if it is a loss, look for a wrong sign, or labels out of range" in message
