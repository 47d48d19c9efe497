"""Proves that compiled functions raise what the plain ones raise, and that what cannot be compiled runs as it is or says why."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special
from tests.native.agreement import agree, check
from tests.native.jit_examples import M, V, W

import chainrule as cr


def test_what_is_not_numpys_runs_all_the_same() -> None:
    check(lambda x: math.sin(x) + math.floor(x * 3), (0.5,), (1.5,))
    check(lambda x: float(x[0]) * 2 + int(x[1]) + complex(x[2]).real, (V,), (W,))
    check(lambda x: scipy.special.logsumexp(x) + scipy.special.jv(1, x).sum(), (V,), (W,))
    check(lambda x: np.fft.fft(x), (V,), (W,))
    check(lambda x: f"{x[0]:.3f} {x.sum() > 0}", (V,), (W,))
    check(lambda x: np.unique(np.round(x)), (V,), (W,))
    check(lambda x: np.linalg.eig(M @ M.T + np.diag(x[:2])), (V,), (W,))
    check(lambda x: str(x.tolist()), (V,), (W,))
    check(lambda x: {float(v): 1.0 for v in x}, (V,), (W,))
    check(lambda x: x.tobytes(), (V,), (W,))


def test_functions_that_write_into_plain_arrays() -> None:
    def function(x):
        out = np.zeros(3)
        for i in range(3):
            out[i] = x[i] ** 2
        return out

    check(function, (V,), (W,))


def test_out_of_numpy_functions() -> None:
    def function(x):
        out = np.empty(3)
        np.multiply(x, 2, out=out)
        np.add(out, 1, out=out)
        return out

    check(function, (V,), (W,))


def test_each_call_of_an_async_function_gives_a_coroutine_of_its_own() -> None:
    async def square(x: float) -> float:
        return x * x

    squared = cr.jit(square)
    with pytest.warns(cr.JitWarning, match="it returns a coroutine"):
        first = squared(3.0)
    for coroutine, result in ((first, 9.0), (squared(3.0), 9.0), (squared(4.0), 16.0)):
        with pytest.raises(StopIteration) as ended:  # no event loop is needed, and another test's may be running
            coroutine.send(None)
        assert ended.value.value == result


DRAWN = np.random.default_rng(1)
RANDOM = {
    "np.random.normal": lambda x: x + np.random.normal(size=3),  # noqa: NPY002
    "np.random.rand": lambda x: x * np.random.rand(),  # noqa: NPY002
    "np.random.shuffle": lambda x: (np.random.shuffle([1, 2, 3]), x)[1],  # noqa: NPY002
    "a generator": lambda x: x + DRAWN.normal(size=3),
    "a generator's choice": lambda x: x[DRAWN.integers(3)],
    "random.random": lambda x: x * random.random(),
    "random.gauss": lambda x: x * random.gauss(0, 1),
}


@pytest.mark.parametrize("name", RANDOM)
def test_random_numbers_are_refused(name: str) -> None:
    for function in (RANDOM[name], cr.grad(lambda x: np.sum(RANDOM[name](x)))):
        compiled = cr.jit(function)
        for _ in range(3):
            with pytest.raises(cr.TracingError, match="random"):
                compiled(V)


def test_random_numbers_as_an_argument_are_welcome() -> None:
    noise = np.random.default_rng(2)
    compiled = cr.jit(lambda x, e: x + 0.1 * e)
    for _ in range(5):
        drawn = noise.normal(size=3)
        agree(compiled(V, drawn), V + 0.1 * drawn)
    assert 0 <= random.random() < 1  # and after tracing they are as they were
    assert 0 <= np.random.rand() < 1  # noqa: NPY002


class Complaint(Exception):
    """A user's own exception."""


def test_an_exception_of_the_function_reaches_the_caller() -> None:
    def function(x):
        if x[0] > 0:
            raise Complaint("no positive numbers")
        return x * 2

    compiled = cr.jit(function)
    for x in (V, V, V, -V, -V, -V, V, -V, V):
        if x[0] > 0:
            with pytest.raises(Complaint, match="no positive"):
                compiled(x)
        else:
            agree(compiled(x), x * 2)


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (lambda x: x + np.ones(4), ValueError), (lambda x: x @ np.ones((4, 4)), ValueError), (lambda x: x[7], IndexError),
        (lambda x: x.reshape(2, 2), ValueError), (lambda x: x.nothing, AttributeError), (lambda x: {}["key"], KeyError),
        (lambda x: np.linalg.inv(np.outer(x, 0 * x)), np.linalg.LinAlgError), (lambda x: 1 // 0, ZeroDivisionError),
        (lambda x: np.concatenate([x, np.ones((2, 2))]), ValueError), (lambda x: np.sum(x, axis=3), ValueError),
        (lambda x: (x > 0).round(1), TypeError),
        (lambda x: [][0], IndexError), (lambda x: undefined_name, NameError), (lambda x: x + "text", TypeError),  # noqa: F821
    ],
)  # fmt: skip
def test_errors_have_the_type_of_the_plain_function(function: Any, error: type[Exception]) -> None:
    compiled = cr.jit(function)
    for _ in range(4):
        with pytest.raises(error):
            compiled(V)


def test_a_wrong_shape_names_the_line() -> None:
    def function(x, y):
        return np.sum(x * 2 + y)  # here

    line = function.__code__.co_firstlineno + 1
    compiled = cr.jit(cr.grad(function))
    for _ in range(3):
        compiled(V, W)
        with pytest.raises(cr.ShapeError, match=rf"{Path(__file__).name}:{line}"):
            compiled(V, np.ones(4))


def test_endless_recursion_is_an_error_that_leaves_jit_usable() -> None:
    def endless(x):
        return endless(x * 2) if x[0] > 0 else x

    compiled = cr.jit(endless)
    for _ in range(3):
        with pytest.raises(RecursionError):
            compiled(V)
        agree(compiled(-V), -V)


def test_an_interrupt_leaves_jit_usable() -> None:
    interrupting = [True]

    def function(x):
        y = np.sin(x)
        if interrupting[0]:
            raise KeyboardInterrupt
        return y * 2

    compiled = cr.jit(function)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            compiled(V)
    interrupting[0] = False
    check(function, (V,), (W,), jitted=compiled)


def test_the_numpy_of_others_is_left_alone_after_an_error() -> None:
    with pytest.raises(Complaint):
        cr.jit(lambda x: (_ for _ in ()).throw(Complaint()))(V)
    assert np.random.default_rng(0).normal() == np.random.default_rng(0).normal()
    assert type(np.array([1.0, 2.0]).sum()) is np.float64
