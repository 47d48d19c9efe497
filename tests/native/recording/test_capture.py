"""What a function reads besides its arguments is found wherever it is, read anew at each call, and never random."""

from __future__ import annotations

import functools
import random
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import check, eagerly

import chainrule as cr
from chainrule.errors import RandomNumbersError
from chainrule.native.recording.capture import Captured, RandomWatch, surroundings

GLOBAL = np.array([1.0, 2.0])
GENERATOR = np.random.default_rng(0)
V = np.array([0.5, -1.5])


def reads_a_global(x: Any) -> Any:
    return x * GLOBAL


def calls_what_reads_a_global(x: Any) -> Any:
    return reads_a_global(x) + 1


class Model:
    def __init__(self) -> None:
        self.weights = np.array([3.0, 4.0])
        self.layers = [{"bias": np.array([5.0, 6.0])}]

    def __call__(self, x: Any) -> Any:
        return x * self.weights + self.layers[0]["bias"]

    def method(self, x: Any) -> Any:
        return x * self.weights


class Slotted:
    __slots__ = ("weights", "missing")

    def __init__(self) -> None:
        self.weights = np.array([7.0, 8.0])

    def __call__(self, x: Any) -> Any:
        return x * self.weights


def closing(array: np.ndarray) -> Any:
    return lambda x: x * array


def found(fun: Any) -> list[np.ndarray]:
    return list(surroundings(fun)[0].values())


def contains(arrays: list[np.ndarray], wanted: np.ndarray) -> bool:
    return any(array is wanted for array in arrays)


@pytest.mark.parametrize("fun", [reads_a_global, calls_what_reads_a_global, lambda x: (lambda y: y * GLOBAL)(x)])
def test_globals_are_found(fun: Any) -> None:
    assert contains(found(fun), GLOBAL)


def test_what_is_closed_over_is_found() -> None:
    array = np.ones(2)
    fun = closing(array)
    assert contains(found(fun), array)
    assert contains(found(lambda x: fun(x) + 1), array)
    assert contains(found(functools.wraps(fun)(lambda x: fun(x))), array)


def test_defaults_and_partials_are_found() -> None:
    array, other, third = np.ones(2), np.ones(3), np.ones(4)

    def fun(x: Any, first: Any = array, *, second: Any = other) -> Any:
        return x * first

    assert contains(found(fun), array)
    assert contains(found(fun), other)
    partial = functools.partial(fun, first=third)
    assert contains(found(partial), third)
    assert contains(found(functools.partial(lambda a, x: a * x, third)), third)


def test_attributes_are_found() -> None:
    model, slotted = Model(), Slotted()
    assert contains(found(model.method), model.weights)
    assert contains(found(lambda x: model(x)), model.layers[0]["bias"])
    assert contains(found(slotted.__call__), slotted.weights)
    space = SimpleNamespace(inner=SimpleNamespace(array=np.ones(2)))
    assert contains(found(lambda x: x * space.inner.array), space.inner.array)


def test_a_name_that_is_not_bound_yet_is_passed_over() -> None:
    def fun(x: Any) -> Any:
        return x * later

    assert found(fun) == []
    later = np.ones(2)
    assert contains(found(fun), later)


def test_circles_end() -> None:
    first: dict[str, Any] = {"array": GLOBAL}
    first["self"] = [first]
    assert contains(found(lambda x: x * first["array"]), GLOBAL)


def test_generators_are_found() -> None:
    old, python = np.random.RandomState(1), random.Random(2)
    generators = surroundings(lambda x: x + GENERATOR.normal() + old.normal() + python.random())[1]
    assert {id(each) for each in generators} == {id(GENERATOR), id(old), id(python)}


DRAWS = {
    "a generator": lambda: GENERATOR.normal(),
    "NumPy's own": lambda: np.random.normal(),  # noqa: NPY002
    "Python's own": random.random,
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_random_numbers_are_refused(draw: Any) -> None:
    watch = RandomWatch([GENERATOR])
    watch.check()
    draw()
    with pytest.raises(RandomNumbersError, match="pass them as an argument"):
        watch.check()
    compiled = cr.jit(lambda x: x * draw())
    with pytest.raises(cr.RandomNumbersError, match=r"\n  at .*test_capture\.py:\d+: "):
        compiled(V)


def test_random_numbers_that_another_thread_draws_are_not_refused() -> None:
    drawn, ask, end = threading.Event(), threading.Event(), threading.Event()
    runs = []

    def other() -> None:
        ask.wait()
        random.random()
        drawn.set()
        end.wait()

    def function(x: Any) -> Any:
        runs.append(None)
        ask.set()
        drawn.wait()
        return x * 2

    thread = threading.Thread(target=other)
    thread.start()
    compiled = cr.jit(function)
    try:
        np.testing.assert_array_equal(compiled(V), V * 2)
    finally:
        end.set()
        thread.join()
    assert len(runs) == 2
    check(lambda x: x * 2, (V,), jitted=compiled)


@pytest.mark.parametrize("differentiate", [False, True])
def test_what_a_broadcast_array_showed_is_kept(differentiate: bool) -> None:
    """One number in memory, seen five times, may be another one when the function ends."""

    def fun(x: Any) -> Any:
        number = np.full(1, 3.0)
        y = x * np.broadcast_to(number, (5,))
        number[0] = 7.0
        return np.sum(y * y)

    plain = cr.grad(fun) if differentiate else fun
    compiled, x = cr.jit(plain), np.ones(5)
    wanted = np.full(5, 18.0) if differentiate else 45.0
    np.testing.assert_array_equal(plain(x), wanted)
    for _ in range(3):
        np.testing.assert_array_equal(compiled(x), wanted)


def test_what_surrounds_is_read_by_reference_and_so_are_views_of_it() -> None:
    captured = Captured({id(GLOBAL): GLOBAL})
    view = GLOBAL[::-1]
    assert captured.is_reference(GLOBAL)
    assert captured.is_reference(view[1:])
    assert captured.keep(GLOBAL) is GLOBAL
    own = np.ones(2)
    assert not captured.is_reference(own)
    kept = captured.keep(own)
    assert kept is not own
    assert captured.keep(own) is kept
    own[0] = 7.0
    assert captured.keep(own)[0] == 7.0
    assert kept[0] == 1.0


def closure_case() -> tuple[Any, np.ndarray]:
    array = np.array([1.0, 2.0])
    return closing(array), array


def attribute_case() -> tuple[Any, np.ndarray]:
    model = Model()
    return model.__call__, model.layers[0]["bias"]


def partial_case() -> tuple[Any, np.ndarray]:
    array = np.array([1.0, 2.0])
    return functools.partial(lambda weights, x: x + weights, array), array


@pytest.mark.parametrize(
    ("fun", "array"),
    [closure_case(), attribute_case(), partial_case(), (calls_what_reads_a_global, GLOBAL)],
    ids=["closure", "attribute", "partial", "global"],
)
def test_compiled_code_reads_what_is_there_now(fun: Any, array: np.ndarray) -> None:
    compiled = cr.jit(fun)
    for turn in range(4):
        array += turn
        np.testing.assert_array_equal(eagerly(compiled, V), fun(V))


WORK = {"float64": np.array([0.0, 1.0, 2.0]), "int64": np.array([0, 1, 2]), "large": np.zeros(200_000)}


class Worker:
    def __init__(self, work: np.ndarray) -> None:
        self.work = work

    def __call__(self, x: Any) -> Any:
        self.work[0] = 5
        early = x * self.work
        self.work[0] = 2
        late = x[self.work[:1]] if self.work.dtype.kind == "i" else x[0] * self.work
        self.work[0] = 0
        return np.sum(early) + 10 * np.sum(late)


@pytest.mark.parametrize("name", WORK)
@pytest.mark.parametrize("is_method", [False, True], ids=["closure", "attribute"])
def test_what_a_function_writes_into_an_array_around_it_is_its_own(name: str, is_method: bool) -> None:
    work = WORK[name]
    worker = Worker(work)

    def function(x: Any) -> Any:
        work[0] = 5
        early = x * work
        work[0] = 0
        return np.sum(early) + np.sum(x * work)

    x = np.full(work.shape, 3.0)
    for fun in (worker if is_method else function, cr.grad(worker if is_method else function)):
        if fun is not worker and fun is not function and name == "large":
            continue  # refused: its derivative needs old elements
        compiled = cr.jit(fun)
        for _ in range(4):
            np.testing.assert_array_equal(eagerly(compiled, x), fun(x))
        work[1] += 1  # by another one, between the calls
        np.testing.assert_array_equal(eagerly(compiled, x), fun(x))
    assert work[0] == 0


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_arrays_of_other_classes_may_lie_around() -> None:
    around = [np.asmatrix(np.eye(2, dtype=int)), np.ma.masked_greater([1, 5, 2], 3), np.zeros((0, 3), int), np.array(3)]
    holder = SimpleNamespace(arrays=around)
    check(lambda x: np.sin(x) * len(holder.arrays), (V,), (2 * V,))


def test_arrays_of_libraries_are_not_looked_for() -> None:
    inside = GLOBAL * 2
    assert len(found(cr.grad(lambda x: np.sum(x * inside * GLOBAL)))) == 2


def test_of_many_equal_elements_one_is_kept() -> None:
    captured = Captured({})
    array = np.full((100, 100), 3.0)
    kept = captured.keep(array)
    array[:] = 4.0
    np.testing.assert_array_equal(kept, np.full((100, 100), 3.0))
    assert kept.strides == (0, 0)
    array[0, 0] = -0.0
    assert captured.keep(array).strides == array.strides


def _around() -> np.ndarray:
    return np.asfortranarray(np.arange(24.0).reshape(6, 4))


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "by columns": lambda a: a,
    "rows of columns": lambda a: a[::2],
    "inside": lambda a: a[1:4, 1:3],
    "turned, with gaps": lambda a: a.T[::2, ::3],
    "backward": lambda a: a[::-1, ::-2],
    "repeated": lambda a: np.broadcast_to(a[0], (3, 4)),
    "of one axis": lambda a: a.ravel("K")[1::3],
    "windows": lambda a: np.lib.stride_tricks.sliding_window_view(a[:, 0], 3),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_array_around_is_read_where_it_is_however_it_lies_in_memory(layout: str) -> None:
    around = _around()
    part = LAYOUTS[layout](around)
    compiled = check(lambda x: (np.sum(part * x), part[0] * x, part.T @ np.ones(len(part)) + x), (2.0,), (0.5,))
    around += 1.0
    check(lambda x: (np.sum(part * x), part[0] * x, part.T @ np.ones(len(part)) + x), (2.0,), jitted=compiled)


def test_elements_at_odd_distances_are_left_to_numpy() -> None:
    records = np.zeros(4, dtype=[("a", "f8"), ("b", "i4")])
    part = records["a"]
    compiled = cr.jit(lambda x: np.sum(x * part))
    compiled(1.0)
    with pytest.warns(cr.JitWarning, match="whole distances"):
        assert compiled(1.0) == 0.0
    part += 1.0
    assert compiled(1.0) == 4.0
