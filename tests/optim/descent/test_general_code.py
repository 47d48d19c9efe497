"""Proves that methods which differ in numbers alone share native code, and that it finds the bits of code made for each alone."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim
from chainrule.core.trees import flatten
from chainrule.errors import JitWarning
from chainrule.optim import schedules
from chainrule.optim.descent.compiled import find_compiled
from chainrule.optim.methods.numbers import form_and_numbers, with_numbers

pytestmark = pytest.mark.slow

STEPS = 30
METHODS: tuple[Any, ...] = (
    optim.GradientDescent(0.013),
    optim.GradientDescent(np.float64(0.013)),
    optim.Momentum(0.013, 0.7),
    optim.Nesterov(0.013, 0.7),
    optim.Adagrad(0.3, 0.1, 1e-9),
    optim.Adadelta(0.7, 0.8, 1e-4),
    optim.RMSprop(0.013, 0.97, 1e-7),
    optim.RMSprop(0.013, 0.97, 1e-7, 0.3, centered=True),
    optim.Adam(0.013, 0.85, 0.99, 1e-7),
    optim.AdamW(0.013, 0.85, 0.99, 1e-7, 0.03),
    optim.AMSGrad(0.013, 0.85, 0.99, 1e-7),
    optim.Adamax(0.013, 0.85, 0.99, 1e-7),
    optim.NAdam(0.013, 0.85, 0.99, 1e-7, 0.007),
    optim.Lion(0.013, 0.85, 0.95, 0.03),
    optim.WeightDecay(optim.Adam(0.013), 0.07),
    optim.ClipNorm(optim.Momentum(0.013), 0.7),
    optim.ClipValue(optim.Momentum(0.013), 0.7),
    optim.Maximize(optim.GradientDescent(0.0013)),
    optim.Box(optim.Momentum(0.013), 0.7, 1.3),
    optim.Noise(optim.GradientDescent(0.013), 0.3, 0.6, seed=3),
    optim.GradientDescent(schedules.Step(0.013, 7, 0.7)),
    optim.GradientDescent(schedules.Exponential(0.013, 0.97)),
    optim.GradientDescent(schedules.Cosine(0.013, 50, 0.001)),
    optim.Adam(schedules.WarmUp(schedules.Exponential(0.013, 0.97), 10, 0.2)),
    optim.Adam(schedules.OneCycle(0.013, 50, 0.4, 20.0, 900.0)),
)
CONTAINER = {"a": np.array([1.2, 0.8, 1.1], np.float32), "b": (1.3, np.float32(1.1))}
_numbers = itertools.count(1)


def bowl(x: Any, tilt: float) -> Any:
    total: Any = 0.0
    for leaf in flatten(x)[0]:
        total = total + np.sum((leaf - 1) ** 4 + 0.3 * leaf * leaf)
    return np.float64(1.0) * total + 0.0 * tilt


def new_function() -> Callable[[Any], Any]:
    """Return a function of which nothing is known yet."""
    tilt = float(next(_numbers))
    return lambda x: bowl(x, tilt)


def moved(method: Any) -> Any:
    """Return a method of the same form, each number of which is another one."""
    return with_numbers(method, [0.9 * number for number in form_and_numbers(method)[1]])


def bits(found: Any) -> Any:
    leaves = [found.fun, found.losses, found.gradient_norms, *flatten((found.x, found.jac, found.path[-1]))[0]]
    return [np.asarray(leaf).tobytes() for leaf in leaves], found.status, found.nit, found.message


@dataclass(frozen=True)
class Rounded:
    """A method that reads its rate as text."""

    rate: float

    def init(self, x: Any) -> Any:
        return ()

    def update(self, gradient: Any, state: Any, x: Any) -> Any:
        return x - float(f"{self.rate:.1f}") * gradient, state


@pytest.mark.parametrize(
    ("method", "x0"),
    [(method, 1.2) for method in METHODS] + [(method, CONTAINER) for method in METHODS[::5]],
    ids=lambda value: repr(value)[:60],
)
def test_numbers_as_inputs_give_the_bits_of_numbers_as_constants(method: Any, x0: Any, compilations: list[str]) -> None:
    one, other = new_function(), new_function()
    wanted = bits(cr.minimize(one, x0, method, STEPS, 0.0))
    between = bits(cr.minimize(other, x0, moved(method), STEPS, 0.0))
    assert between != wanted
    constants = len(compilations)
    for _ in range(3):
        assert bits(cr.minimize(other, x0, method, STEPS, 0.0)) == wanted
        assert bits(cr.minimize(other, x0, moved(method), STEPS, 0.0)) == between
    assert find_compiled(other, method, False, True).numbers is None
    assert find_compiled(other, moved(method), False, True).numbers is not None
    assert len(compilations) == constants // 2 * 3  # the new code is for all numbers


def test_a_sweep_is_compiled_twice(compilations: list[str]) -> None:
    fun = new_function()
    for rate in np.linspace(0.001, 0.1, 41):
        cr.minimize(fun, 1.2, optim.Momentum(float(rate)), 100)
    assert len(compilations) == 2


def test_threads_with_rates_of_their_own_do_not_mix() -> None:
    fun = new_function()
    rates = [0.01 * k for k in range(1, 5)]
    starts: tuple[Any, ...] = (1.2, np.array([1.2, 0.7]))
    wanted = [[bits(cr.minimize(fun, x0, optim.Momentum(rate), 50, 0.0)) for x0 in starts] for rate in rates]
    found: list[list[Any]] = [[] for _ in rates]

    def work(place: int) -> None:
        method = optim.Momentum(rates[place])
        for _ in range(10):
            found[place].append([bits(cr.minimize(fun, x0, method, 50, 0.0)) for x0 in starts])

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(rates))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == right for same, right in zip(found, wanted, strict=True) for each in same)
    assert all(len(same) == 10 for same in found)


def test_parts_that_numbers_leave_out_are_another_form(compilations: list[str]) -> None:
    fun = new_function()
    for _ in range(2):
        for method in (optim.RMSprop(0.01), optim.RMSprop(0.01, momentum=0.5), optim.AdamW(0.01, weight_decay=0.0)):
            cr.minimize(fun, 1.2, method, 100)
    assert len(compilations) == 3


def test_whole_numbers_and_ways_of_others_are_of_the_form() -> None:
    def half(step: Any) -> Any:
        return 0.5

    for one, other in (
        (optim.Noise(optim.Adam(), 0.1, seed=1), optim.Noise(optim.Adam(), 0.1, seed=2)),
        (optim.Adam(schedules.Cosine(0.1, 10)), optim.Adam(schedules.Cosine(0.1, 20))),
        (optim.Adam(half), optim.Adam(0.5)),
        (optim.Adam(0.1), optim.Adam(np.float64(0.1))),
        (optim.Box(optim.Adam(), 0.5), optim.Box(optim.Adam(), 0.5, 1.0)),
    ):
        assert form_and_numbers(one)[0] != form_and_numbers(other)[0]
        assert form_and_numbers(one)[0] == form_and_numbers(with_numbers(one, form_and_numbers(one)[1]))[0]


def test_a_schedule_of_ones_own_may_change() -> None:
    rate = 0.25
    method = optim.GradientDescent(lambda step: rate)
    for value in (0.25, 0.1, 0.25):
        rate = value
        for _ in range(3):
            found = cr.minimize(lambda x: x**2, 1.0, method, 30, 0.0)
        assert found.x == pytest.approx((1 - 2 * value) ** 30)


def test_batches_and_checkpoints_take_numbers_too(compilations: list[str], tmp_path: Any) -> None:
    data = np.random.default_rng(0).normal(size=(50, 3))

    def loss(w: Any, rows: Any) -> Any:
        return np.mean((rows @ w - 1) ** 2)

    def train(rate: float) -> Any:
        return cr.minimize(loss, np.zeros(3), optim.Momentum(rate), batches=optim.Batches((data,), size=8, epochs=3))

    def descend(name: str, rate: float, steps: int) -> Any:
        return cr.minimize(new, 1.2, optim.Momentum(rate), steps, 0.0, checkpoint=tmp_path / name)

    new = new_function()
    first = [train(rate).x for rate in (0.01, 0.02, 0.03, 0.02, 0.01)]
    assert first[0].tobytes() == first[4].tobytes() != first[1].tobytes() == first[3].tobytes()
    descend("a", 0.01, 100)
    half, whole = descend("b", 0.02, 50), descend("c", 0.02, 100)
    assert half.nit == 50
    assert bits(descend("b", 0.02, 100)) == bits(whole)


def test_messages_name_the_numbers_of_their_own_method() -> None:
    def fun(x: Any) -> Any:
        return x**2

    for rate in (0.3, 1.1, 1.3, 1.1):
        found = cr.minimize(fun, 5.0, optim.GradientDescent(rate), 200)
        assert found.success == (rate < 1)
        assert rate < 1 or f"learning rate {rate}" in found.message


def test_a_method_of_ones_own_may_do_what_only_python_can(recwarn: pytest.WarningsRecorder) -> None:
    def fun(x: Any) -> Any:
        return (x - 1) ** 2

    for rate in (0.11, 0.21, 0.3):
        found = cr.minimize(fun, 1.2, Rounded(rate), 30, 0.0)
        assert found.x == pytest.approx(1 + 0.2 * (1 - 2 * round(rate, 1)) ** 30)
    assert not [warning for warning in recwarn if issubclass(warning.category, JitWarning)]
