"""Proves what compiled functions share with their surroundings: arrays around them are read at each call, results share no
memory, and methods, names and pickles are those of functions.
"""

from __future__ import annotations

import copy
import functools
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
import scipy.special
from tests.native.agreement import agree, check, within
from tests.native.jit_examples import V, W

import chainrule as cr

TABLE = np.array([1.0, 2.0, 3.0])
FACTOR = 2.0


def test_results_share_no_memory() -> None:
    kept = np.ones(3)
    check(lambda x: (x, x, x[:2], kept, kept, x.T, TABLE[::-1], x.reshape(3, 1)), (V,), (W,))
    check(lambda x: [x], ([V, V],))


@pytest.mark.filterwarnings("ignore::chainrule.errors.JitWarning")
@pytest.mark.parametrize("x", [V.astype(">f8"), np.ma.array(V)], ids=["byte order", "subclass"])
def test_results_of_calls_that_run_through_numpy_share_no_memory_either(x: np.ndarray) -> None:
    kept = np.ones(3)
    check(lambda x: (x, x * 2, kept, kept[::2], TABLE[1:]), (x,))


def test_a_result_that_is_changed_is_not_seen_by_the_next_call() -> None:
    compiled = cr.jit(lambda x: (x, np.ones(3), x * 0))
    for _ in range(5):
        results = compiled(V)
        agree(results, (V, np.ones(3), V * 0))
        for part in results:
            part[:] = -1.0


def test_arrays_that_are_closed_over_are_read_at_each_call() -> None:
    data = np.ones(3)
    compiled = cr.jit(lambda x: (np.sum(x * data), x + TABLE, data))
    try:
        for step in range(6):
            agree(compiled(V), (np.sum(V * data), V + TABLE, data), within(4))
            data[step % 3] += 1.5
            TABLE[:] = TABLE[::-1].copy()
    finally:
        TABLE[:] = [1.0, 2.0, 3.0]


def test_a_gradient_reads_closed_over_arrays_at_each_call() -> None:
    data = np.ones((4, 3))
    compiled = cr.jit(cr.grad(lambda w: np.sum(np.tanh(data @ w) ** 2)))
    for step in range(6):
        agree(compiled(V), cr.grad(lambda w: np.sum(np.tanh(data @ w) ** 2))(V), within(64))
        data[step % 4] *= -0.7


def test_views_of_closed_over_arrays_follow_too() -> None:
    data = np.arange(6.0)
    view = data[::2]
    compiled = cr.jit(lambda x: x * view + data[1:4] - data.reshape(2, 3)[1])
    for _ in range(5):
        agree(compiled(V), V * view + data[1:4] - data.reshape(2, 3)[1])
        data[:] = data * 2 + 1


@pytest.mark.parametrize("shape", [(24,), (2, 3, 4), (6, 4), (1, 12, 2)])
def test_a_result_may_be_a_closed_over_array_in_another_shape(shape: tuple[int, ...]) -> None:
    data = np.arange(24.0).reshape(2, 12)

    def moved(x):
        wide = np.asarray(data, like=x)
        again = np.reshape(wide, shape)
        return (again, again if x[0] > 0 else again * 2, cr.vjp(lambda y: np.reshape(y, (2, 12)), again)[1](wide))

    compiled = cr.jit(moved)
    for sign in (1, -1, 1, -1, 1, -1):
        agree(compiled(sign * V), moved(sign * V), within(4))
        data[0] += 0.5


def test_a_small_python_side_effect_happens_while_tracing_only() -> None:
    calls = []

    def function(x):
        calls.append(1)
        return np.sin(x) * 2

    compiled = cr.jit(function)
    for _ in range(3):
        compiled(V)
    traced = len(calls)
    assert 1 <= traced <= 3
    for _ in range(20):
        agree(compiled(W), np.sin(W) * 2, within(4))
    assert len(calls) == traced


def test_a_value_that_is_stored_while_tracing_says_what_became_of_it() -> None:
    history: list[Any] = []

    def function(x):
        history.append(np.sum(x))
        return x * 2

    cr.jit(function)(V)
    for use in (float, lambda value: value + 1, np.mean):
        with pytest.raises(cr.EscapedTraceError, match=r"being compiled .* return the value, and store it where"):
            use(history[0])


class Model:
    """A model with parameters on itself."""

    scale = 3.0

    def __init__(self, weights: Any) -> None:
        self.weights = weights

    def predict(self, x: Any, power: int = 2) -> Any:
        return np.sum(self.weights * x**power) * self.scale

    def __call__(self, x: Any) -> Any:
        return self.predict(x, 3)

    @staticmethod
    def plain(x: Any) -> Any:
        return x * 2

    @classmethod
    def scaled(cls, x: Any) -> Any:
        return x * cls.scale

    @functools.cached_property
    def compiled(self) -> Any:
        return cr.jit(self.predict)


def test_methods_callables_partials_and_builtins() -> None:
    model = Model(W.copy())
    for function in (model.predict, model, model.plain, Model.scaled, functools.partial(model.predict, power=4), np.sin,
                     abs, max, scipy.special.expit):  # fmt: skip
        check(function, (V,), (W,)) if function is not max else check(function, ([0.5, 2.0],), ([3.0, 1.0],))
    model.weights[:] = 1.0
    agree(model.compiled(V), model.predict(V), within(4))
    for _ in range(4):
        model.weights[0] += 1
        agree(model.compiled(V), model.predict(V), within(4))


def test_a_compiled_method_of_a_class() -> None:
    class Compiled(Model):
        predict = cr.jit(Model.predict)

    for scale in (1.0, 2.0, 3.0, 4.0):
        one, other = Compiled(W * scale), Compiled(V * scale)
        for _ in range(4):
            agree(one.predict(V), Model(W * scale).predict(V), within(4))
            agree(other.predict(V), Model(V * scale).predict(V), within(4))
    for _ in range(4):
        one.weights *= 2
        agree(one.predict(V), Model(one.weights).predict(V), within(4))


def plain_square(x: Any) -> Any:
    return x * x


square = cr.jit(plain_square)


def test_a_compiled_function_of_another_name_is_pickled_and_copied() -> None:
    for function in (square, cr.jit(Model(W).predict), cr.jit(Model(V))):
        again = pickle.loads(pickle.dumps(function))
        for _ in range(3):
            agree(again(V), function(V), within(4))
    holder = {"step": cr.jit(lambda x: x + 1)}
    assert copy.deepcopy(holder)["step"] is copy.copy(holder["step"]) is holder["step"]


def test_its_name_and_documentation_are_the_functions() -> None:
    def slope(x):
        """Return a slope."""
        return x

    assert (cr.jit(slope).__name__, cr.jit(slope).__doc__) == ("slope", "Return a slope.")
    with pytest.raises(cr.TracingError, match="jit takes a function"):
        cr.jit(3.0)


class Pair:
    __slots__ = ("both",)

    def __init__(self, *both: Any) -> None:
        self.both = both


@pytest.mark.parametrize(
    ("function", "read"),
    [
        (lambda x: Pair(x, x * 2), lambda pair: pair.both),
        (lambda x: {"pair": [Pair(x, x * 2)]}, lambda found: found["pair"][0].both),
        (lambda x: lambda y: x * y, lambda later: later(3.0)),
        (lambda x: functools.partial(np.multiply, x), lambda later: later(3.0)),
        (lambda x: (x * k for k in range(3)), list),
        (lambda x: map(np.sin, [x, x + 1]), list),
        (lambda x: np.poly1d([x, 1.0]), lambda polynomial: polynomial.coefficients),
        (lambda x: frozenset((1.0, float(x))), sorted),
    ],
)
def test_objects_that_hold_what_was_computed_hold_that_of_each_call(function: Any, read: Any) -> None:
    compiled = cr.jit(function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cr.JitWarning)
        for x in (1.0, 2.0, 3.0, 1.0):
            np.testing.assert_array_equal(read(compiled(x)), read(function(x)))
