"""Proves that a stochastic descent takes the steps of the plain loop over shuffled batches, the same in every run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ShapeError
from chainrule.optim import Adam, Batches, GradientDescent, Maximize, Momentum, Status
from chainrule.optim.descent import stochastic

rng = np.random.default_rng(0)
X = rng.normal(size=(103, 5))
TRUE = np.arange(5.0)
Y = X @ TRUE + 0.01 * rng.normal(size=103)


def squares(w: Any, x: Any, y: Any) -> Any:
    return np.mean((x @ w - y) ** 2)


def plain_loop(batches: Batches, method: Any, x: Any) -> tuple[Any, list[float]]:
    """Run the same steps in Python."""
    state, losses = method.init(x), []
    compute = cr.value_and_grad(squares)
    for epoch in range(batches.epochs):
        order, begin = batches.order(epoch), 0
        for size in batches.sizes():
            samples = order[begin : begin + size]
            begin += size
            value, gradient = compute(x, *(array[samples] for array in batches.arrays))
            losses.append(value)
            x, state = method.update(gradient, state, x)
    return x, losses


@pytest.mark.parametrize("window", [1, 1 << 26])
@pytest.mark.parametrize(("size", "drop_last"), [(10, False), (10, True), (103, False), (500, False), (1, False)])
@pytest.mark.parametrize("shuffle", [True, False])
def test_steps_are_those_of_the_plain_loop(
    size: int, drop_last: bool, shuffle: bool, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stochastic, "_WINDOW", window)
    batches = Batches((X, Y), size, epochs=3, drop_last=drop_last, shuffle=shuffle)
    method = Momentum(0.003)
    found = cr.minimize(squares, np.zeros(5), method, batches=batches)
    x, losses = plain_loop(batches, method, np.zeros(5))
    np.testing.assert_allclose(found.x, x, rtol=1e-9)
    np.testing.assert_allclose(found.losses, losses, rtol=1e-9)
    assert (found.nit, found.status) == (batches.steps, Status.STEPS_EXHAUSTED)
    assert found.epochs is not None
    per_epoch = np.reshape(losses, (3, -1))
    np.testing.assert_allclose(found.epochs.losses, per_epoch @ batches.sizes() / sum(batches.sizes()), rtol=1e-9)
    assert found.fun == found.epochs.losses[-1]
    assert found.path.shape == (batches.steps, 5)


def test_the_same_seed_gives_the_same_bits_and_another_one_another_descent() -> None:
    runs = [
        cr.minimize(squares, np.zeros(5), Adam(0.1), batches=Batches((X, Y), 16, epochs=4, seed=seed))
        for seed in (1, 1, 2)
    ]
    assert runs[0].path.tobytes() == runs[1].path.tobytes() != runs[2].path.tobytes()


def test_every_sample_is_seen_once_an_epoch() -> None:
    batches = Batches(np.arange(10.0), 3, epochs=4)
    seen = [sorted(batches.order(epoch)) for epoch in range(4)]
    assert seen == [list(range(10))] * 4
    assert batches.sizes() == (3, 3, 3, 1)
    assert len({tuple(batches.order(epoch)) for epoch in range(4)}) > 1


def test_one_array_and_arguments_come_in_order() -> None:
    found = cr.minimize(
        lambda x, scale, batch: scale * np.mean((batch - x) ** 2), 0.0, GradientDescent(0.05),
        args=(2.0,), batches=Batches(np.arange(8.0), 4, epochs=60),
    )  # fmt: skip
    assert found.x == pytest.approx(3.5, abs=0.3)
    assert type(found.x) is float


def test_validation_chooses_the_point_and_patience_ends_the_descent() -> None:
    held = (rng.normal(size=(30, 5)), rng.normal(size=30))
    batches = Batches((X, Y), 10, epochs=50, validation=held, patience=4)
    found = cr.minimize(squares, np.zeros(5), GradientDescent(0.01), batches=batches)
    assert found.status is Status.STALLED
    assert "the validation loss has not become lower for 4 epochs" in found.message
    epochs = found.epochs
    assert epochs is not None
    assert epochs.best == int(np.argmin(epochs.validation)) == len(epochs.validation) - 5
    assert squares(found.x, *held) == pytest.approx(epochs.validation[epochs.best])
    by_function = Batches((X, Y), 10, epochs=50, validation=lambda w: squares(w, *held), patience=4)
    again = cr.minimize(squares, np.zeros(5), GradientDescent(0.01), batches=by_function)
    assert again.x.tobytes() == found.x.tobytes()


def test_callbacks_and_ctrl_c_end_it() -> None:
    seen: list[int] = []

    def callback(progress: Any) -> Any:
        seen.append(progress.step)
        if progress.step == 25:
            raise KeyboardInterrupt
        return None

    found = cr.minimize(squares, np.zeros(5), batches=Batches((X, Y), 10), callback=callback)
    assert (found.status, found.nit, seen) == (Status.INTERRUPTED, 26, list(range(26)))
    assert "after 2 of 10 epochs (26 steps)" in found.message


def test_a_validation_loss_that_does_not_exist_is_not_the_best() -> None:
    losses = iter([math.nan, 3.0, 2.0, math.nan, 4.0])
    batches = Batches((X, Y), 10, epochs=5, validation=lambda w: next(losses))
    found = cr.minimize(squares, np.zeros(5), GradientDescent(0.01), batches=batches)
    assert found.epochs is not None
    assert found.epochs.best == 2
    assert "x is of epoch 3, where the validation loss was 2" in found.message


@pytest.mark.parametrize("result", [np.ones(2), None, "low"])
def test_a_validation_loss_is_one_number(result: Any) -> None:
    with pytest.raises(cr.NotScalarError, match="one real number is needed"):
        cr.minimize(squares, np.zeros(5), batches=Batches((X, Y), 10, validation=lambda w: result))


def test_losses_that_grow_without_end_are_told() -> None:
    for method, fun in (
        (GradientDescent(1.0), squares),
        (Maximize(GradientDescent(1.0)), lambda *rest: -squares(*rest)),
    ):
        found = cr.minimize(fun, np.zeros(5), method, batches=Batches((X, Y), 10, epochs=3))
        assert found.status is Status.DIVERGED
        assert found.message.startswith("diverged: the mean loss went from ")
        assert found.message.endswith("after 3 of 3 epochs (33 steps); try a smaller learning rate, such as 0.1")


def test_one_step_is_one() -> None:
    found = cr.minimize(squares, np.zeros(5), batches=Batches((X, Y), 200, epochs=1))
    assert found.message.endswith("after 1 of 1 epochs (1 step)")


def test_losses_that_are_not_finite_end_it() -> None:
    found = cr.minimize(squares, np.zeros(5), GradientDescent(1e3), batches=Batches((X, Y), 10))
    assert found.status is Status.DIVERGED
    assert found.nit < 110
    assert "try a smaller learning rate" in found.message


@pytest.mark.parametrize("size", [10, 57])  # of 57, the sample is the first one of the smaller batch at the end
def test_a_sample_that_is_not_finite_is_named(size: int) -> None:
    data = X.copy()
    data[57, 2] = np.nan
    for batches, name in (
        (Batches((data, Y), size, shuffle=False), "array 0 of the data"),
        (Batches(data, size), "the data"),
    ):
        fun = squares if isinstance(batches.data, tuple) else lambda w, x: np.mean((x @ w - 1) ** 2)
        found = cr.minimize(fun, np.zeros(5), GradientDescent(0.1), batches=batches)
        assert found.status is Status.NOT_FINITE
        assert "the loss is nan after" in found.message
        assert f"; sample 57 of {name} has a number that is not finite" in found.message
        assert np.all(np.isfinite(found.x))  # where the loss was evaluated last, not where it led


def test_it_runs_without_a_record() -> None:
    batches = Batches((X, Y), 10, epochs=2)
    quiet, loud = (cr.minimize(squares, np.zeros(5), batches=batches, record=record) for record in (False, True))
    assert quiet.x.tobytes() == loud.x.tobytes()
    assert len(quiet.path) == 0


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"size": 0}, ValueError, "size"),
        ({"epochs": 0}, ValueError, "epochs"),
        ({"seed": -1}, ValueError, "seed"),
        ({"patience": 3}, ValueError, "patience is about the validation loss"),
        ({"validation": [X, Y]}, TypeError, "validation is data like `data`, 2 in number"),
        ({"validation": X}, TypeError, "validation is data like `data`, 2 in number"),
        ({"data": [1, 2]}, TypeError, "data is an array"),
        ({"data": ()}, TypeError, "data is an array"),
        ({"data": (X, Y[:5])}, ShapeError, "equal length"),
        ({"data": np.ones((0, 3))}, ShapeError, "no sample"),
        ({"data": np.ma.masked_greater(X, 0)}, cr.TracingError, "masked array"),
        ({"size": 200, "drop_last": True}, ValueError, "fill no batch of 200"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Batches(**{"data": (X, Y), "size": 10, **settings})
