"""Proves that compiled code follows arrays around a function when they change in place, whatever it computes of them."""

from __future__ import annotations

import collections
import functools
import warnings
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import JitWarning

DATA = np.array([1.0, 2.0, 4.0])
ORDER = np.array([2, 0])
CALLS: list[float] = []
COUNT = 0


@pytest.fixture(autouse=True)
def as_they_were() -> Any:
    """Put the arrays of this module back."""
    data, order = DATA.copy(), ORDER.copy()
    yield
    DATA[:], ORDER[:] = data, order
    CALLS.clear()


def follows(fun: Any, change: Any, *args: Any) -> Any:
    """Assert that compiled code gives what `fun` gives, before and after a change, and that it is compiled; return it."""
    compiled = cr.jit(fun)
    with warnings.catch_warnings():
        warnings.simplefilter("error", JitWarning)
        for _ in range(3):
            np.testing.assert_allclose(compiled(*args), fun(*args), rtol=1e-14)
        for _ in range(2):
            change()
            for _ in range(3):
                np.testing.assert_allclose(compiled(*args), fun(*args), rtol=1e-14)
    return compiled


def mean_of_data() -> Any:
    return DATA.mean()


def change_data() -> None:
    DATA[0] += 10


def test_what_numpy_computes_of_a_global_array_alone():
    follows(lambda x: x * np.sum(DATA) + DATA.max(), change_data, 2.0)


def test_in_a_function_that_it_calls():
    follows(lambda x: x * mean_of_data(), change_data, 2.0)


def test_in_a_gradient():
    follows(cr.grad(lambda x: np.sum((DATA - DATA.mean()) * x**2)), change_data, np.ones(3))


def test_in_a_decision():
    follows(lambda x: x * 2 if DATA[0] > 5 else x, change_data, 2.0)


def test_in_a_closure_a_default_and_a_partial():
    near = np.array([1.0, 3.0])

    def change() -> None:
        near[1] *= 2

    follows(lambda x: x * near.sum(), change, 2.0)
    follows(lambda x, scale=near: x * scale.prod(), change, 2.0)
    follows(functools.partial(lambda scale, x: x * np.linalg.norm(scale), near), change, 2.0)


Held = collections.namedtuple("Held", "near")


@pytest.mark.parametrize("make", [
    lambda near: [near], lambda near: (near,), lambda near: {0: near}, Held, lambda near: collections.OrderedDict({0: near}),
    lambda near: collections.defaultdict(list, {0: near}),
], ids=["list", "tuple", "dict", "namedtuple", "OrderedDict", "defaultdict"])  # fmt: skip
def test_in_a_container(make):
    near = np.array([1.0, 3.0])
    held = make(near)

    def change() -> None:
        near[1] *= 2

    follows(lambda x: x * held[0].sum(), change, 2.0)
    follows(cr.grad(lambda x: np.sum(x * held[0])), change, np.ones(2))


def test_what_is_written_into_a_container_stays_in_it():
    counts: Any = collections.defaultdict(int, data=DATA)

    def function(x):
        counts["calls"] += 1
        return x * counts["data"].sum()

    compiled = cr.jit(function)
    assert [compiled(2.0) for _ in range(3)] == [14.0] * 3
    assert counts["calls"] == 1
    assert counts["data"] is DATA


@pytest.mark.parametrize("array", [
    np.array([(1.0, 2), (3.0, 4)], dtype=[("value", float), ("count", int)]),
    np.rec.fromarrays([[1.0, 3.0], [2, 4]], names="value,count"),
], ids=["structured", "record"])  # fmt: skip
def test_fields_of_records(array):
    def change() -> None:
        array["value"] *= 2
        array["count"] += 1

    follows(lambda x: x * array["value"].sum() + array["count"][0], change, 2.0)
    follows(cr.grad(lambda x: np.sum(x * array["value"])), change, np.ones(2))


def test_numbers_of_another_byte_order():
    array = np.array([1.0, 2.0], dtype=np.dtype(float).newbyteorder())

    def change() -> None:
        array[:] = array * 2

    follows(lambda x: x * array.sum(), change, 2.0)


def test_in_a_jitted_function_that_it_calls():
    inner = cr.jit(lambda x: x * DATA.sum())
    follows(lambda x: inner(x) + 1, change_data, 2.0)


def test_indices_of_a_global_array():
    def change() -> None:
        ORDER[:] = ORDER[::-1]

    follows(lambda x: x[ORDER[0]] * 2 + x[ORDER].sum(), change, DATA)


def test_a_size_in_a_global_array():
    size = np.array([2])

    def change() -> None:
        size[0] += 1

    follows(lambda x: x * np.arange(size[0]).sum(), change, 3.0)


def test_arrays_that_have_gaps_or_another_order():
    wide = np.arange(12.0).reshape(3, 4)

    def change() -> None:
        wide[:] += 1

    follows(lambda x: x * wide[:, ::2].sum() + wide.T[0].max(), change, 2.0)
    view = wide[:, ::2]
    follows(lambda x: np.sum(x * view) + view.max(), change, 2.0)


def test_what_takes_plain_arrays_only_is_recorded_anew():
    compiled = cr.jit(lambda x: x * np.histogram_bin_edges(DATA, 3).sum())
    for _ in range(3):
        assert compiled(1.0) == np.histogram_bin_edges(DATA, 3).sum()
    for _ in range(3):
        change_data()
        for _ in range(3):
            np.testing.assert_allclose(compiled(1.0), np.histogram_bin_edges(DATA, 3).sum())


def test_arrays_that_keep_changing_are_followed_without_compiling():
    compiled = cr.jit(lambda x: x * np.histogram_bin_edges(DATA, 3).sum())

    def call_often() -> None:
        for _ in range(30):
            change_data()
            np.testing.assert_allclose(compiled(1.0), np.histogram_bin_edges(DATA, 3).sum())

    with pytest.warns(JitWarning, match="change from call to call"):
        call_often()


def test_side_effects_reach_the_originals():
    counter = np.zeros(1)
    kept: list[Any] = [DATA]
    last = None

    def function(x: Any) -> Any:
        global COUNT
        nonlocal last
        COUNT += 1
        last = "called"
        counter[0] += 1
        CALLS.append(float(COUNT))
        kept.append("note")
        return x * DATA.sum()

    before = COUNT
    compiled = cr.jit(function)
    assert [compiled(2.0) for _ in range(3)] == [14.0] * 3
    # The first recording ends where it assigns to an element; the function is recorded again with plain arrays.
    assert before < COUNT <= before + 2
    assert last == "called"
    assert counter[0] == 1
    assert set(kept[1:]) == {"note"}
    assert kept[0] is DATA
    assert CALLS


def test_recursion_and_functions_that_call_each_other():
    def even(n: int) -> Any:
        return DATA[0] if n == 0 else odd(n - 1)

    def odd(n: int) -> Any:
        return DATA[1] if n == 0 else even(n - 1)

    follows(lambda x: x * even(4) + odd(4), change_data, 2.0)


def test_a_name_that_the_function_deletes_is_gone() -> None:
    table = np.array([1.0, 2.0])

    def function(x):
        nonlocal table
        out = x * table
        del table
        return out

    compiled = cr.jit(function)
    np.testing.assert_array_equal(compiled(2.0), [2.0, 4.0])
    with pytest.raises(NameError):
        _ = table
