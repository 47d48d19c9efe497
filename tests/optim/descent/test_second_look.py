"""Proves that to read the message of a descent, for which its function runs again, is noticed by nothing else."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim import LBFGS, Batches, GradientDescent, Status
from chainrule.optim.descent.second_look import SecondLook

START = np.array([1.0, 2.0])


def states(generator: np.random.Generator) -> tuple[Any, ...]:
    """Return where the generators of NumPy and Python, and one that is given, are."""
    return np.random.get_state(), random.getstate(), generator.bit_generator.state  # noqa: NPY002


def used_up(error: BaseException) -> tuple[Callable[..., Any], Callable[[], None]]:
    """Return a function of one budget, and what uses it up."""
    is_left = True

    def fun(x: Any, *rows: Any) -> Any:
        if not is_left:
            raise error
        return np.sum(x**2)

    def use_up() -> None:
        nonlocal is_left
        is_left = False

    return fun, use_up


@pytest.mark.parametrize(
    "error", [RuntimeError("budget"), KeyError("file"), StopIteration(), RecursionError()], ids=repr
)
@pytest.mark.parametrize(
    ("start", "method", "status"),
    [
        (START, GradientDescent(1.1), Status.DIVERGED),
        (START, GradientDescent(0.001), Status.STEPS_EXHAUSTED),
        (START, GradientDescent(1.0), Status.STALLED),
        (START, GradientDescent(0.4), Status.CONVERGED),
        (START * np.nan, GradientDescent(0.4), Status.NOT_FINITE),
        (START, LBFGS(), Status.CONVERGED),
    ],
)
def test_a_function_that_raises_later_does_not_end_the_message(
    error: Exception, start: Any, method: Any, status: Status
) -> None:
    fun, use_up = used_up(error)
    found = cr.minimize(fun, start, method, steps=100)
    use_up()
    assert found.status is status
    assert found.message.startswith(status.name.lower().replace("_", " "))


def test_a_function_of_batches_that_raises_later_does_not_end_the_message() -> None:
    fun, use_up = used_up(OSError("gone"))
    batches = Batches(np.ones((4, 1)), size=2, epochs=2)
    found = cr.minimize(fun, START, GradientDescent(0.1), batches=batches)
    use_up()
    assert found.message.startswith("steps exhausted: the mean loss went from ")


def test_ctrl_c_is_no_error_of_the_function() -> None:
    with pytest.raises(KeyboardInterrupt), SecondLook():
        raise KeyboardInterrupt


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_random_numbers_are_not_used_up_by_the_message(
    monkeypatch: pytest.MonkeyPatch, shared: bool, threads: int
) -> None:
    generator = np.random.default_rng(0)
    monkeypatch.setattr(threading, "active_count", lambda: threads)

    def fun(x: Any) -> Any:
        return np.sum(x**2) * (np.random.normal() + random.random() if shared else generator.normal())  # noqa: NPY002

    found = cr.minimize(fun, START, GradientDescent(0.001), steps=10)
    before = states(generator)
    assert "another value at every call" in found.message
    if threads == 1:
        np.testing.assert_equal(states(generator), before)
    else:  # whoever drew them gets none twice
        with pytest.raises(AssertionError):
            np.testing.assert_equal(states(generator), before)


def test_the_message_is_looked_for_once() -> None:
    calls = []

    def fun(x: Any) -> Any:
        calls.append(x)
        return np.sum(x**2)

    found = cr.minimize(fun, START, GradientDescent(1.1), steps=100)
    message, count = found.message, len(calls)
    assert str(found)
    assert (found.message, len(calls)) == (message, count)
