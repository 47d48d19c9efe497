"""Proves what cr.jit promises: the results of the plain function for whatever Python and NumPy are given, paths that depend on
values, state that is read at each call, transforms in any order, plain errors, threads, and memory that does not grow.
"""

from __future__ import annotations

import collections
import copy
import functools
import gc
import itertools
import math
import pickle
import random
import subprocess
import sys
import threading
import warnings
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special
from tests.native.agreement import agree, check, eagerly, exact, rounded, within

import chainrule as cr

V = np.array([0.3, -1.2, 2.1])
W = np.array([0.7, 0.4, 1.9])
M = np.arange(6.0).reshape(2, 3) / 4 - 0.6
rng = np.random.default_rng(11)


# --- structure and types -----------------------------------------------------------------------------------------------------

Point = collections.namedtuple("Point", "x y")


def test_results_keep_their_structure() -> None:
    def function(x):
        return {"b": (x * 2, [x.sum(), None]), "a": (), "name": "text", "flag": True, "count": 3}

    check(function, (V,), (W,))


def test_arguments_may_be_nested_containers() -> None:
    def function(tree, rest):
        return {"w": [w * tree["scale"] for w in tree["w"]], "rest": rest[0] + rest[1][0]}

    check(function, ({"w": [V, M], "scale": 2.0}, (V, [W])), ({"w": [W, -M], "scale": 0.5}, (W, [V])))


def test_a_dictionary_is_read_by_native_code_in_each_order_that_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    step = cr.jit(cr.value_and_grad(lambda p: np.sum(p["weights"]) * p["bias"]["of"] - p["bias"]["at"]))
    params = {"weights": V, "bias": {"of": 2.0, "at": 3.0}}
    for _ in range(4):
        step(params)
        step({"bias": {"at": 1.0, "of": 4.0}, "weights": W})
    monkeypatch.setattr("chainrule.native.jit.read_call", None)  # native code does not ask for it
    agree(step(params), step.__wrapped__(params))
    agree(step({"bias": {"at": 1.0, "of": 4.0}, "weights": W})[0], np.sum(W) * 4.0 - 1.0, within(4))


def test_keys_that_are_no_objects_of_the_code_are_read_by_native_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def params(x: float) -> dict[Any, Any]:  # equal to the keys of other calls, and made anew
        return {"-".join(["a", "b"]): x, "c": {int("1000"): 2.0, int("2000"): x}}

    step = cr.jit(lambda p: p["a-b"] * p["c"][1000] - p["c"][2000] * 3.0)
    for _ in range(4):
        step(params(1.0))
    monkeypatch.setattr("chainrule.native.jit.read_call", None)
    assert step(params(5.0)) == -5.0


@pytest.mark.parametrize(
    "function",
    [
        lambda d: sum((place + 1) * value for place, value in enumerate(d.values())),
        lambda d: {key: value * 2 for key, value in d.items()},
        lambda d: np.concatenate([np.ravel(value) for value in d.values()]),
    ],
)
def test_what_a_function_does_in_the_order_of_keys_is_done_in_that_order(function: Any) -> None:
    orders = [dict(order) for order in itertools.permutations([("z", V), ("a", W), ("m", V * W)])]
    check(function, *((order,) for order in orders), fewest=24)
    check(lambda pair: function(pair[0]), *(([order, 1.0],) for order in orders), fewest=24)
    check(function, ({2: V, 1: W},), ({1: W, 2: V},), fewest=8)
    check(function, ({"a": V, 1: W},), ({1: W, "a": V},), fewest=8)
    check(
        function,
        (collections.defaultdict(float, {"b": V, "a": W}),),
        (collections.defaultdict(float, {"a": W, "b": V}),),
    )
    compiled = cr.jit(lambda **named: function(named))
    for _ in range(4):
        for order in orders:
            agree(compiled(**order), function(order), within(4))


class Own(np.ndarray):
    """An array of a class of its own."""


@pytest.mark.filterwarnings("ignore::chainrule.errors.JitWarning")
@pytest.mark.parametrize(
    "array", [np.ma.array([1.0, 2.0], mask=[True, False]), np.ma.array([1.0, 2.0]), Own((2,)), np.array([1.0, 2.0], ">f8")],
    ids=["masked", "unmasked", "own class", "other byte order"],
)  # fmt: skip
def test_arrays_that_native_code_does_not_make_are_returned_as_they_are(array: Any) -> None:
    compiled = cr.jit(lambda x: (x + 1, array))
    for _ in range(4):
        number, found = compiled(2.0)
        assert number == 3.0
        assert (type(found), found.dtype) == (type(array), array.dtype)
        np.testing.assert_array_equal(found, array)


def test_the_keys_of_a_result_are_in_the_order_of_its_path() -> None:
    check(
        lambda x: {"a": x, "b": x + 1} if x > 0 else {"b": x, "a": x - 1}, (1.0,), (-1.0,), (2.0,), (-2.0,), fewest=12
    )


def test_a_dictionary_of_numbered_layers_is_read_by_native_code(monkeypatch: pytest.MonkeyPatch) -> None:
    step = cr.jit(cr.value_and_grad(lambda layers: np.sum(np.tanh(layers[10] * layers[2]) * layers[-1])))
    layers = {10: V, 2: W, -1: V}
    for _ in range(4):
        step(layers)
    monkeypatch.setattr("chainrule.native.jit.read_call", None)
    agree(step(layers), step.__wrapped__(layers), within(8))


def test_named_tuples_go_in_and_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def function(p):
        return Point(p.x * p.y, np.sin(p.x))

    check(function, (Point(V, W),), (Point(W, V),))
    step = cr.jit(function)
    for _ in range(4):
        step(Point(V, W))
    monkeypatch.setattr("chainrule.native.jit.read_call", None)
    agree(step(Point(W, V)), function(Point(W, V)), within(4))


def test_arguments_by_name_are_read_by_native_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def loss(w, X, y, scale=1.0):
        return scale * np.mean((X @ w["a"] + w["b"] - y) ** 2)

    step = cr.jit(cr.value_and_grad(loss))
    w = {"b": 2.0, "a": V[:3]}
    for _ in range(4):
        step(w, y=V, X=V[:, None] * V[:3], scale=0.5)
    monkeypatch.setattr("chainrule.native.jit.read_call", None)
    agree(step(w, X=V[:, None] * W[:3], scale=3.0, y=W), step.__wrapped__(w, V[:, None] * W[:3], W, 3.0), within(32))


def test_more_names_than_an_entry_compares() -> None:
    names = [f"x{i}" for i in range(20)]
    compiled = cr.jit(lambda **given: sum(given[name] * (i + 1) for i, name in enumerate(names)))
    for factor in (1.0, 2.0, 3.0):
        given = {name: factor * i for i, name in enumerate(names)}
        assert compiled(**given) == compiled.__wrapped__(**given)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128, np.complex64, np.int64, bool])
def test_arrays_in_fortran_order_are_read_where_they_lie(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the function does with them: each way to read an array is one in which a transpose could be forgotten."""

    def function(a, t):
        picked = np.array([1, 0, 1])
        return (
            a * 2, a.sum(0), a.T, a[1], a[:, ::2], a.reshape(-1), np.ravel(a), a @ a.T, t[..., 1], t.mean(1), t[0, 1:, ::-1],
            a[picked], np.concatenate([a, a]), np.where(a == a, a, 0), np.cumsum(t, 0), t.transpose(1, 0, 2), a,
        )  # fmt: skip

    rng = np.random.default_rng(3)
    values = [rng.normal(size=shape) + 1j * rng.normal(size=shape) for shape in ((2, 5), (2, 3, 4))]
    values = [
        value.astype(dtype) if np.issubdtype(dtype, np.complexfloating) else value.real.astype(dtype)
        for value in values
    ]
    a, t = (np.asfortranarray(value) for value in values)
    assert a.flags.f_contiguous
    assert not a.flags.c_contiguous
    compiled = cr.jit(function)
    for _ in range(4):
        agree(compiled(a, t), function(a, t), within(8))
    monkeypatch.setattr("chainrule.native.jit.read_call", None)
    a, t = np.asfortranarray(a[::-1]), np.asfortranarray(t[::-1])
    agree(compiled(a, t), function(a, t), within(8))


def test_one_array_in_either_order() -> None:
    def function(w, X):
        return np.sum(np.tanh(X @ w) ** 2)

    X = np.random.default_rng(0).normal(size=(40, 6))
    C, F, strided = X, np.asfortranarray(X), np.repeat(X, 2, 1)[:, ::2]
    check(cr.value_and_grad(function), (X[0], C), (X[1], F), (X[2], strided), (X[3], F.T[:, :6].T[:6].T), fewest=9)


def test_python_numbers_beside_narrow_arrays_are_read_by_native_code(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled, x = cr.jit(lambda a, x: a * x), V.astype(np.float32)
    for _ in range(3):
        compiled(2.0, x)
        compiled(np.float64(2.0), x)
    monkeypatch.setattr("chainrule.native.jit.read_call", None)
    assert compiled(3.0, x).dtype == np.float32
    assert compiled(np.float64(3.0), x).dtype == np.float64


def test_another_structure_of_the_arguments_is_another_signature() -> None:
    def function(tree):
        return sum(np.sum(part) for part in (tree.values() if isinstance(tree, dict) else tree))

    check(function, ({"a": V},), ([V, W],), ((V, M),), ({"a": V, "b": M},), (V,), fewest=15)


def test_python_numbers_give_python_numbers() -> None:
    check(lambda x: np.sin(x) * x + 1, (0.5,), (1.5,))
    compiled = cr.jit(lambda x, y: (np.exp(x), x * y, [y]))
    for _ in range(4):
        assert [type(part) for part in (*compiled(0.5, 2.0)[:2], compiled(0.5, 2.0)[2][0])] == [float] * 3


def test_numpy_scalars_give_numpy_scalars() -> None:
    for scalar in (np.float64, np.float32):
        compiled = cr.jit(lambda x: np.sin(x) * x)
        for value in (0.5, 1.5, 0.5, 0.25):
            out = compiled(scalar(value))
            assert isinstance(out, scalar)
            assert out == pytest.approx(np.sin(scalar(value)) * scalar(value))


def test_python_numbers_do_not_widen_float32() -> None:
    x = V.astype(np.float32)
    check(lambda a, x: (x * a, a + x, np.maximum(x, a), np.where(x > a, x, a)), (0.5, x), (1.5, x), (-1.0, x))
    check(lambda x: (x * 2, x + 0.5, 1 / x, x**2, np.sum(x) * 3.0), (x,), (2 * x,))
    check(lambda a, x: x * a, (np.float64(0.5), x), (np.float64(1.5), x))


def test_numbers_of_python_and_numpy_are_different_signatures() -> None:
    x = V.astype(np.float32)
    check(lambda a, x: a * x, (2.0, x), (np.float64(2.0), x), (np.float32(2.0), x), (2, x), (True, x), fewest=15)


@pytest.mark.parametrize("dtype", "f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1 ? c16 c8 >f8 >i4".split())
def test_arrays_of_every_type(dtype: str) -> None:
    x = np.array([[1, 2, 3], [3, 1, 2]], dtype)

    def function(x):
        return x + x, x * 2, x == x, np.sum(x, axis=0), x @ x.T, x.astype(float), x[:, ::-1], np.exp(x), x.T

    check(function, (x,), (x[::-1],), (x[:, ::-1],))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (1,), (), (1, 1, 1)], ids=str)
def test_arrays_without_elements_or_axes(shape: Any) -> None:
    def function(x):
        return np.sin(x) * 2, np.sum(x), np.prod(x), x.T, x.reshape(-1), x[..., None] + 1

    check(function, (np.full(shape, 0.5),), (np.full(shape, 1.5),))


LAYOUTS = {
    "Fortran": np.asfortranarray(M),
    "transposed": np.ascontiguousarray(M.T).T,
    "every second": np.repeat(M, 2, axis=1)[:, ::2],
    "reversed": M[::-1, ::-1],
    "broadcast": np.broadcast_to(V, (2, 3)),
    "a part of a larger one": np.pad(M, 2)[2:-2, 2:-2],
    "unaligned": np.frombuffer(b"\0" + M.tobytes(), np.uint8)[1:].view(np.float64).reshape(2, 3),
    "big-endian": M.astype(">f8"),
    "a record's field": np.array([tuple(row) for row in M], [("a", "f8"), ("b", "f4"), ("c", "f8")])["c"],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_arrays_of_every_layout(layout: str) -> None:
    x = LAYOUTS[layout]
    check(lambda x: (np.sin(x) * x + 1, x.sum(axis=0), x.T * 2, np.cumsum(x)), (x,), (x * 2,), (x,))


def test_one_compiled_function_takes_every_layout_in_turn() -> None:
    check(lambda x: np.tanh(x) * 2 - x, *((x,) for x in LAYOUTS.values()), fewest=3 * len(LAYOUTS))


def test_read_only_arrays_stay_as_they_are() -> None:
    x = V.copy()
    x.flags.writeable = False

    def function(x):
        x = x + 0
        x[0] = 5
        return x * 2

    check(function, (x,))


def test_an_argument_that_the_function_writes_into_is_not_changed() -> None:
    def function(x):
        x += 1
        x[0] = x[1] * 2
        return np.sum(x**2), x

    check(function, (V,), (W,))


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("make", [np.matrix, lambda x: np.ma.masked_less(x, 0), lambda x: x.view(np.recarray)])
def test_subclasses_of_arrays_are_treated_as_numpy_does(make: Any) -> None:
    check(lambda x: x * x.T if x.shape[0] == x.shape[1] else x + 1, (make(M),), (make(2 * M),))
    check(lambda x: np.sum(x), (make(M),))


def test_lists_of_numbers() -> None:
    check(lambda xs: xs[0] * 2 + sum(xs), ([1.0, 2.0, 3.0],), ([0.5, -1.0, 4.0],))
    check(lambda xs: np.sum(np.array(xs) ** 2), ([1.0, 2.0],), ([3.0, 4.0],))
    check(lambda xs: np.asarray(xs).mean(), ([[1.0, 2.0], [3.0, 4.0]],))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, 1e308])
def test_special_numbers(value: float) -> None:
    def function(x):
        return (
            x * 0,
            x + 1,
            x - x,
            -x,
            np.sqrt(x),
            np.maximum(x, 1),
            np.minimum(1, x),
            x * x,
            np.abs(x),
            np.sign(x),
            x * 1,
        )

    check(function, (np.full(9, value),), (np.array([value, 1.0] * 5),), judge=exact)
    check(lambda x: (np.sum(x), np.max(x), np.min(x), np.argmax(x), np.any(x), x > 0, x == x, np.isnan(x)),
          (np.array([1.0, value, 2.0, value, -3.0, 0.5, 1.0, 1.0, value]),), judge=exact)  # fmt: skip


def test_a_special_number_in_the_last_place_of_a_row_stays_there() -> None:
    for size in (1, 7, 8, 9, 33):
        x = np.linspace(0.1, 0.9, size)
        x[-1] = np.nan
        check(lambda x: (np.exp(x), np.sum(x), np.max(x), np.nansum(x)), (x,), (np.nan_to_num(x),))


@pytest.mark.parametrize("size", [*range(1, 35), 63, 64, 65, 127, 1000, 4097])
def test_every_size_of_a_row(size: int) -> None:
    x = np.random.default_rng(size).normal(size=size)

    def function(x, y):
        return np.exp(x) * y, np.sum(x * y), np.max(x), np.cumsum(x), x @ y, np.mean(x > y), x[::-1] - y

    check(function, (x, x[::-1]), (x + 1, x))
    check(cr.grad(lambda x, y: np.sum(np.sin(x) ** 2 * np.exp(-y))), (x, x + 1), (x, x))


def test_a_huge_array() -> None:
    x = np.linspace(-3, 3, 3_000_001)
    check(lambda x: (np.sum(np.tanh(x) * x), np.sin(x)), (x,), (x[::-1],))
    check(cr.grad(lambda x: np.sum(np.sin(x) ** 2 * np.exp(-x))), (x,))


@pytest.mark.parametrize("first", ["bool", "int8", "int64", "float32", "float64"])
def test_a_part_of_a_stack_has_the_type_of_the_whole(first: str) -> None:
    x = np.array([1, 0, 3]).astype(first)
    for second in ("int64", "float32", "float64", "complex128"):
        y = np.array([4, 5, 6]).astype(second)
        check(
            lambda x, y: (np.stack([x, y])[0][1], np.stack([x, y])[1, 2], np.stack([x, y])[0] / 3), (x, y), (x, y + 1)
        )


# --- exactness ---------------------------------------------------------------------------------------------------------------


def test_arithmetic_is_numpys_to_the_last_bit() -> None:
    x, y, z = rng.normal(size=(3, 10_001)) * np.exp(rng.normal(size=(3, 10_001)) * 20)

    def function(x, y, z):
        return (
            x * y + z,
            x * y - z,
            z - x * y,
            x / y,
            x + y - z,
            x * (y + z),
            np.sqrt(np.abs(x)) / 3,
            x * x - y * y,
            x**2,
            1 / x,
        )

    check(function, (x, y, z), (z, x, y), judge=exact)
    check(
        lambda x, y, z: x * y + z,
        *(tuple(map(float, row)) for row in zip(x[:9], y[:9], z[:9], strict=True)),
        judge=exact,
    )
    single = [v.astype(np.float32) for v in (x, y, z)]
    check(function, tuple(single), judge=exact)


def test_functions_are_numpys_to_four_units_in_the_last_place() -> None:
    x = np.concatenate([rng.uniform(-5, 5, 4001), np.exp(rng.uniform(-300, 300, 4001)), rng.uniform(-1e6, 1e6, 4001)])

    def function(x):
        positive = np.abs(x)
        periodic = np.sin(x), np.cos(x), np.tan(x), np.arctan(x)
        exponential = np.exp(x), np.expm1(x), np.exp2(x), np.sinh(x), np.cosh(x), np.tanh(x), np.arcsinh(x)
        return periodic, exponential, np.log(positive), np.log1p(positive), np.log2(positive), np.cbrt(x)

    check(function, (x,), (-x,), (np.nextafter(x, 9),), judge=within(4))


def test_a_sum_does_not_lose_what_pairwise_summation_keeps() -> None:
    x = np.full(1_000_001, 0.1)
    check(lambda x: (np.sum(x), np.mean(x)), (x,), judge=rounded(1e-12))


def test_integers_overflow_and_divide_as_numpys_do() -> None:
    big = np.array([2**62, -(2**62), 7, -7, 0, 1])
    check(lambda x: (x * 4, x + x, x // 2, x % 3, x // -2, x % -3, -x, abs(x)), (big,), (big[::-1],))
    check(lambda x, y: (x // y, x % y, np.fmod(x, y)), (big, big[::-1]), (big, np.full(6, 0)), (big, np.full(6, -1)))
    small = np.array([127, -128, 5], np.int8)
    check(lambda x: (x + x, x * 2, -x, x // np.int8(-1)), (small,))


# --- aliases and state -------------------------------------------------------------------------------------------------------

TABLE = np.array([1.0, 2.0, 3.0])
FACTOR = 2.0


def test_results_share_no_memory() -> None:
    kept = np.ones(3)
    check(lambda x: (x, x, x[:2], kept, kept, x.T, TABLE[::-1], x.reshape(3, 1)), (V,), (W,))
    check(lambda x: [x], ([V, V],))


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


# --- arguments ---------------------------------------------------------------------------------------------------------------


def test_keywords_defaults_and_rest_arguments() -> None:
    def function(x, y=2.0, *rest, scale=1.0, **more):
        return (x * y + sum(rest)) * scale + sum(more.values())

    check(function, (V,), (V, 3.0), (V, W), (V, W, 1.0, V), fewest=16)
    check(function, (V,), (W,), scale=0.5)
    check(function, (V,), (W, V), scale=W, other=V, more=1.0)
    compiled = cr.jit(function)
    for _ in range(4):
        agree(compiled(x=V, y=W), function(x=V, y=W))
        agree(compiled(y=W, x=V), function(x=V, y=W))
        agree(compiled(V, W, scale=2.0), function(V, W, scale=2.0))


def test_wrong_arguments_are_pythons_error() -> None:
    compiled = cr.jit(lambda x, y: x + y)
    for _ in range(4):
        with pytest.raises(TypeError, match="y"):
            compiled(V)
        with pytest.raises(TypeError):
            compiled(V, W, V)
        with pytest.raises(TypeError, match="z"):
            compiled(V, W, z=1)
        agree(compiled(V, W), V + W)


def test_static_arguments_choose_the_path() -> None:
    def function(x, kind, flag, axis, count):
        y = {"sin": np.sin, "cos": np.cos}[kind](x)
        y = y * 2 if flag else y
        return np.sum(y, axis=axis) * count

    calls = list(itertools.product([M], ["sin", "cos"], [True, False], [None, 0, 1], [1, 3]))
    check(function, *calls, fewest=3 * len(calls))


def test_an_integer_may_take_many_values() -> None:
    calls = [(V, n) for n in range(30)]
    check(lambda x, n: x * n + n, *calls, fewest=90)
    check(lambda x, n: x**n, *calls[:8], fewest=40)
    check(lambda x, n: sum(x * k for k in range(n)) + np.zeros(3), *calls[:12], fewest=40)
    check(lambda x, n: x[n % 3] + n // 2, *calls, fewest=60)
    check(lambda x, n: np.zeros((n, 2)) + np.sum(x), *calls[:6], fewest=30)
    check(lambda n: n * 2 + 1, *((n,) for n in range(20)), (10**12,), (-5,), (2**70,), fewest=60)


@pytest.mark.parametrize(
    "text", ["np.stack([x] * n)", "np.concatenate(n * (x,))", "np.polynomial.legendre.legval(x, [0] * n + [1])",
             "x[n - 2 :] * 2", "np.cumsum(x[:n])[::n]", "np.outer(x, x)[..., -n:]", "np.delete(np.tile(x, 5), n)",
             "np.insert(np.tile(x, 5), n, 0.5)"],
)  # fmt: skip
def test_an_integer_that_is_an_input_repeats_and_cuts(text: str) -> None:
    function = eval(f"lambda x, n: {text}", {"np": np})
    check(function, *[(V, n) for n in range(1, 13)], fewest=40)
    check(cr.grad(lambda x, n: np.sum(function(x, n) ** 2)), *[(V, n) for n in range(1, 13)], fewest=40)


def test_integers_stay_integers() -> None:
    compiled = cr.jit(lambda n: (n + 1, n // 2, n / 2))
    for n in (5, 5, 5, 6, 7, 8, 9, 10, 5, 11):
        a, b, c = compiled(n)
        assert (a, b, c) == (n + 1, n // 2, n / 2)
        assert (np.asarray(a).dtype, np.asarray(b).dtype, type(c)) == (np.int64, np.int64, float)


def test_integers_and_numbers_of_another_type_take_turns() -> None:
    check(lambda x: x * x, (3,), (3.0,), (True,), (3 + 1j,), (np.int8(3),), (np.float32(3),), (V,), (M,), fewest=40)


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


def test_objects_that_are_no_numbers_pass_through() -> None:
    token = object()
    compiled = cr.jit(lambda x, other: (x * 2, other))
    for _ in range(4):
        doubled, other = compiled(V, token)
        agree(doubled, V * 2)
        assert other is token


# --- paths that depend on values ---------------------------------------------------------------------------------------------


def early_return(x):
    if np.sum(x) > 1:
        return x * 2
    if np.any(x < -1):
        return -x
    return np.sin(x)


def while_loop(x):
    steps = 0
    while np.sum(x * x) > 0.1 and steps < 40:
        x, steps = x * 0.7, steps + 1
    return x, steps


def counted_loop(x):
    total = 0.0
    for k in range(int(x[0] * 3) % 7):
        if k == 4:
            break
        if k == 1:
            continue
        total = total + x[1] * k
    else:
        total = total - 1
    return total


def computed_position(x):
    return x[int(np.argmax(x))] + x[int(abs(x[0])) % 3] ** 2, x[: int(np.sum(x > 0))].sum()


def guarded_division(x):
    try:
        if x[0] > 0:
            raise ValueError("positive")
        return x / 2
    except ValueError:
        return x * 10
    finally:
        x = None


def python_order(x):
    ranked = sorted(x, key=lambda v: -abs(v))
    return ranked[0] * 2 + max(x) - min(x, key=abs), [v * 1 for v in ranked]


def membership(x):
    return x.sum() if x[0] in [0.3, 0.7] else x.prod()


def all_and_any(x):
    return (x * 2 if all(v > 0 for v in x) else x / 2), any(v > 2 for v in x), bool(x[0] > 0)


def chained(x):
    return 1.0 * x[0] if 0 < x[0] < 0.5 < x[2] else x[1]


def fibonacci(x):
    return x if x < 2 else fibonacci(x - 1) + fibonacci(x - 2)


def ternaries(x):
    return (1.0 if x[0] > 0 else 2.0) * (x[1] if x[1] > 0 else -x[1]) + (not x[2] > 0)


def match_statement(x):
    match int(x[0]) % 3:
        case 0:
            return x + 1
        case 1:
            return x * 2
        case _:
            return -x


def mask_of_some(x):
    return x[x > 0] * 2, np.flatnonzero(x > 0), len(x[x > 0.5])


def bisection(x):
    low, high = 0.0, 3.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if middle**2 < abs(x[0]) else (low, middle)
    return low


def other_shapes(x):
    return np.concatenate([x, x]) if x[0] > 0 else {"sum": np.sum(x)} if x[1] > 0 else None


PATHS = (early_return, while_loop, counted_loop, computed_position, guarded_division, python_order, membership, all_and_any,
         chained, ternaries, match_statement, mask_of_some, bisection, other_shapes)  # fmt: skip


@pytest.mark.parametrize("function", PATHS, ids=lambda f: f.__name__)
def test_python_decides_on_values(function: Any) -> None:
    draws = np.random.default_rng(7).normal(size=(12, 3)) * 1.5
    points = [(V,), (W,), (-V,), (V * 3,), (np.array([0.1, 0.2, 0.9]),), *((x,) for x in draws)]
    check(function, *points, fewest=3 * len(points))


@pytest.mark.parametrize("function", [early_return, while_loop, chained, ternaries, python_order, all_and_any])
def test_a_gradient_of_what_python_decides(function: Any) -> None:
    def scalar(x):
        out = function(x)
        return np.sum(out[0] if isinstance(out, tuple) else out)

    draws = np.random.default_rng(8).normal(size=(8, 3)) * 1.5
    check(cr.value_and_grad(scalar), *((x,) for x in draws), fewest=24)


def test_recursion_that_depends_on_a_value() -> None:
    check(fibonacci, (7.0,), (3.0,), (1.5,), (9.0,), fewest=12)
    check(cr.grad(lambda x: fibonacci(x) ** 2), (7.0,), (3.0,), (1.5,), fewest=9)


def test_a_comparison_with_nan_takes_the_path_of_python() -> None:
    def function(x):
        return (1 if x > 0 else 2 if x <= 0 else 3), (x if x == x else 0.0), (4 if not x < 1 else 5)

    check(function, (1.0,), (-1.0,), (np.nan,), (0.0,), (-0.0,), fewest=15)


def test_the_truth_of_a_number() -> None:
    check(lambda x: 1.0 if x else 2.0, (0.0,), (-0.0,), (3.0,), (np.nan,), fewest=12)
    check(lambda x: x and x * 2, (0.0,), (3.0,), (V[:1],), fewest=9)
    compiled = cr.jit(lambda x: 1 if x else 2)
    for _ in range(3):
        with pytest.raises(ValueError, match="truth value"):
            compiled(V)


@pytest.mark.slow
def test_many_paths_in_one_function() -> None:
    def function(x):
        out = 0.0
        for bit in range(6):
            out = out * 2 + (1 if x[bit] > 0 else 0) * x[bit]
        return out

    points = [(np.array(signs, float),) for signs in itertools.product((-1.0, 1.0), repeat=6)]
    check(function, *points, fewest=2 * len(points))


# --- what cannot be compiled -------------------------------------------------------------------------------------------------


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


# --- composition -------------------------------------------------------------------------------------------------------------


def loss(x):
    return np.sum(np.sin(x) ** 2 * np.exp(-x)) + x[0] * x[1]


def vector(x):
    return np.tanh(M @ x) * x[0], x**3


@cr.custom_jvp
def declared_forward(x):
    return np.log1p(np.exp(x))


@declared_forward.defjvp
def forward_rule(primals, tangents):
    (x,), (t,) = primals, tangents
    return declared_forward(x), 3.0 * t / (1 + np.exp(-x))


@cr.custom_vjp
def declared_reverse(x):
    return x * 2


declared_reverse.defvjp(lambda x: (x * 2, x), lambda x, ct: (np.clip(ct, -1, 1) * x,))

COMPOSED = {
    "jit of grad": (lambda jit: jit(cr.grad(loss)), (V,)),
    "grad of jit": (lambda jit: cr.grad(jit(loss)), (V,)),
    "jit of grad of jit": (lambda jit: jit(cr.grad(jit(loss))), (V,)),
    "jit of jit": (lambda jit: jit(jit(loss)), (V,)),
    "jit in jit": (lambda jit: jit(lambda x: jit(loss)(x * 2) + jit(np.sum)(x)), (V,)),
    "jit of vmap": (lambda jit: jit(cr.vmap(loss)), (np.stack([V, W]),)),
    "vmap of jit": (lambda jit: cr.vmap(jit(loss)), (np.stack([V, W]),)),
    "jit of vmap of grad": (lambda jit: jit(cr.vmap(cr.grad(loss))), (np.stack([V, W]),)),
    "vmap of grad of jit": (lambda jit: cr.vmap(cr.grad(jit(loss))), (np.stack([V, W]),)),
    "jit of jacobian": (lambda jit: jit(cr.jacobian(vector)), (V,)),
    "jacobian of jit": (lambda jit: cr.jacobian(jit(vector)), (V,)),
    "jit of forward jacobian": (lambda jit: jit(cr.jacobian(vector, mode="forward")), (V,)),
    "jit of hessian": (lambda jit: jit(cr.hessian(loss)), (V,)),
    "hessian of jit": (lambda jit: cr.hessian(jit(loss)), (V,)),
    "jit of grad of grad": (lambda jit: jit(cr.grad(lambda x: np.sum(cr.grad(loss)(x) ** 2))), (V,)),
    "jit of derivative": (lambda jit: jit(cr.derivative(lambda t: np.sin(t) * t, order=3)), (0.7,)),
    "derivative of jit": (lambda jit: cr.derivative(jit(lambda t: np.sin(t) * t)), (np.array([0.3, 0.7]),)),
    "jvp in jit": (lambda jit: jit(lambda x, t: cr.jvp(vector, (x,), (t,))), (V, W)),
    "jvp of jit": (lambda jit: lambda x, t: cr.jvp(jit(vector), (x,), (t,)), (V, W)),
    "vjp in jit": (lambda jit: jit(lambda x: cr.vjp(loss, x)[1](2.0)), (V,)),
    "vjp of jit": (lambda jit: lambda x: cr.vjp(jit(loss), x)[1](2.0), (V,)),
    "hvp in jit": (lambda jit: jit(lambda x, t: cr.hvp(loss, (x,), (t,))), (V, W)),
    "value_and_grad": (lambda jit: jit(cr.value_and_grad(loss)), (V,)),
    "has_aux": (lambda jit: jit(cr.value_and_grad(lambda x: (loss(x), {"x": x * 2, "n": 3}), has_aux=True)), (V,)),
    "has_aux of jit": (lambda jit: cr.grad(jit(lambda x: (loss(x), {"x": x * 2})), has_aux=True), (V,)),
    "argnums": (lambda jit: jit(cr.grad(lambda x, y: np.sum(x * y**2), argnums=(0, 1))), (V, W)),
    "custom_jvp": (lambda jit: jit(lambda x: np.sum(declared_forward(x))), (V,)),
    "grad of custom_jvp": (lambda jit: jit(cr.grad(lambda x: np.sum(declared_forward(x) ** 2))), (V,)),
    "custom_vjp": (lambda jit: jit(lambda x: np.sum(declared_reverse(x))), (V,)),
    "grad of custom_vjp": (lambda jit: jit(cr.grad(lambda x: np.sum(declared_reverse(x) ** 2))), (V,)),
    "grad of jit of custom_vjp": (lambda jit: cr.grad(jit(lambda x: np.sum(declared_reverse(x) ** 2))), (V,)),
    "grad of jit of custom_jvp": (lambda jit: cr.grad(jit(lambda x: np.sum(declared_forward(x) ** 2))), (V,)),
    "checkpoint": (lambda jit: jit(cr.grad(lambda x: np.sum(cr.checkpoint(np.sin)(x * x)))), (V,)),
    "checkpoint of jit": (lambda jit: cr.grad(lambda x: np.sum(cr.checkpoint(jit(np.sin))(x * x))), (V,)),
    "stop_gradient": (lambda jit: jit(cr.grad(lambda x: np.sum(x * cr.stop_gradient(x)))), (V,)),
    "stop_gradient in jit": (lambda jit: cr.grad(jit(lambda x: np.sum(x * cr.stop_gradient(x)))), (V,)),
    "in_axes": (lambda jit: jit(cr.vmap(lambda x, y: x @ y, in_axes=(1, None), out_axes=0)), (M, np.ones(2))),
    "a path of vmap": (lambda jit: jit(lambda xs: [cr.grad(early_return_sum)(x) for x in xs]), (np.stack([V, W]),)),
}  # fmt: skip


def early_return_sum(x):
    return np.sum(early_return(x))


def scaled(tree: Any, factor: float) -> Any:
    return tuple(x * factor for x in tree)


@pytest.mark.parametrize("name", COMPOSED)
def test_jit_composes(name: str) -> None:
    make, arguments = COMPOSED[name]
    calls = [arguments, arguments, arguments, scaled(arguments, 0.8), scaled(arguments, -1.3), arguments]
    plain = make(lambda f: f)
    if name.split()[0] in ("grad", "vmap", "jacobian", "hessian", "derivative", "jvp", "vjp", "has_aux", "checkpoint"):
        compiled = make(cr.jit)
        for args in calls:  # the outermost transform makes the results here
            agree(eagerly(compiled, *args), eagerly(plain, *args), within(256, absolute=64))
    else:
        check(plain, *calls, jitted=make(cr.jit), judge=within(256, absolute=64))


def test_check_grad_and_minimize_take_a_compiled_function() -> None:
    assert cr.check_grad(cr.jit(loss), V).comparisons > 0
    result = cr.minimize(cr.jit(lambda x: np.sum((x - 1) ** 2)), np.zeros(2), steps=200)
    np.testing.assert_allclose(result.x, 1, atol=1e-3)


def test_perturbations_of_nested_compiled_gradients_are_not_confused() -> None:
    inner = cr.jit(lambda x, y: x * y)

    def outer(x):
        return x * cr.grad(lambda y: inner(x, y))(1.0)

    compiled = cr.jit(cr.grad(outer))
    for x in (3.0, 3.0, 3.0, 4.0):
        assert compiled(x) == cr.grad(outer)(x) == 2 * x


# --- errors ------------------------------------------------------------------------------------------------------------------


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


# --- threads and memory ------------------------------------------------------------------------------------------------------


def in_threads(count: int, work: Any) -> list[BaseException]:
    failures: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        except BaseException as failure:  # noqa: BLE001 - a thread's failure is the test's
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_many_threads_call_one_function_from_its_first_call_on() -> None:
    def function(x):
        return np.sum(np.tanh(x) ** 2) if x[0] > 0 else np.exp(x)

    compiled = cr.jit(function)

    def work(number: int) -> None:
        for step in range(60):
            x = V * (number + 1) * (-1) ** (step // 3) + step / 10
            agree(compiled(x), function(x), within(64, absolute=16))

    assert not in_threads(8, work)


def test_many_threads_share_a_gradient_of_large_arrays() -> None:
    compiled = cr.jit(cr.grad(loss))
    points = [np.linspace(-1, 1, 20_001) * (k + 1) for k in range(4)]
    wanted = [cr.grad(loss)(x) for x in points]

    def work(number: int) -> None:
        for _ in range(10):
            agree(compiled(points[number]), wanted[number], within(256, absolute=64))

    assert not in_threads(4, work)


def test_results_do_not_depend_on_the_run() -> None:
    compiled = cr.jit(lambda x: (np.sum(np.sin(x)), x @ x, np.cumsum(x)))
    x = rng.normal(size=200_003)
    compiled(x), compiled(x)
    first = compiled(x)
    for _ in range(5):
        agree(compiled(x), first, exact)


def resident() -> int:
    """Return the bytes of memory that the process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


on_linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
CALLED = {
    "a number": (lambda x: np.sin(x) * 2, (0.5,)),
    "an array": (lambda x: np.tanh(x) * x, (np.ones(1000),)),
    "a gradient": (cr.grad(loss), (V,)),
    "containers": (lambda t: {"a": [t["x"] * 2, (t["y"],)], "b": None}, ({"x": V, "y": 2.0},)),
    "a strided array": (lambda x: x * 2, (np.ones(2000)[::2],)),
    "paths": (early_return, (V,)),
    "an integer": (lambda n: n + 1, (10**6,)),
    "a list": (lambda xs: sum(xs), ([1.0, 2.0, 3.0],)),
    "a matrix product": (lambda x: x @ x.T + np.sum(x), (np.ones((20, 20)),)),
}


def calls_keep_memory(name: str, count: int) -> None:
    function, arguments = CALLED[name]
    compiled = cr.jit(function)
    for _ in range(300):
        compiled(*arguments)
    gc.collect()
    references = [sys.getrefcount(x) for x in arguments]
    growth = []
    for _ in range(3):  # in one of them it may be compiled again, since it is called often; a leak is in each
        gc.collect()
        blocks, before = sys.getallocatedblocks(), resident()
        for _ in range(count):
            compiled(*arguments)
        gc.collect()
        growth.append((sys.getallocatedblocks() - blocks, resident() - before))
    assert min(blocks for blocks, _ in growth) < count / 10
    assert min(size for _, size in growth) < 4_000_000
    assert [sys.getrefcount(x) for x in arguments] == references


@on_linux
@pytest.mark.parametrize("name", CALLED)
def test_calls_leave_no_memory_behind(name: str) -> None:
    calls_keep_memory(name, 3_000)


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize("name", CALLED)
def test_very_many_calls_leave_no_memory_behind(name: str) -> None:
    calls_keep_memory(name, 40_000)


@on_linux
def test_calls_that_fail_leave_no_memory_behind() -> None:
    def function(x):
        if x[0] > 0:
            raise Complaint
        return x

    compiled = cr.jit(function)
    big = np.ones(100_000)

    def call() -> None:
        with pytest.raises(Complaint):
            compiled(big)

    for _ in range(20):
        call()
    gc.collect()
    before = resident()
    for _ in range(100):
        call()
    gc.collect()
    assert resident() - before < 8_000_000


def compilations_keep_memory(warm: int, count: int) -> None:
    def once(k: int) -> None:
        factor = np.full(50, float(k))
        compiled = cr.jit(cr.value_and_grad(lambda x: np.sum(np.sin(x * factor) ** 2)))
        for _ in range(4):
            compiled(np.ones(50))

    for k in range(warm):
        once(k)
    gc.collect()
    before = resident()
    for k in range(count):
        once(k)
    gc.collect()
    assert resident() - before < 20_000 * count + 4_000_000


@on_linux
def test_compiled_code_that_is_dropped_is_freed() -> None:
    compilations_keep_memory(20, 60)


@on_linux
@pytest.mark.slow
def test_hundreds_of_compilations_are_freed() -> None:
    compilations_keep_memory(100, 600)


def test_a_dropped_function_frees_what_it_closes_over() -> None:
    class Held:
        """Something large."""

    held = Held()
    compiled = cr.jit(lambda x, held=held: x * 2 if held else x)
    for _ in range(4):
        compiled(V)
    gone = weakref.ref(held)
    del held, compiled
    gc.collect()
    assert gone() is None


def test_arguments_are_not_held_and_of_results_two_until_the_function_goes() -> None:
    compiled = cr.jit(lambda x: x * 2)
    arguments, results = [], []
    for _ in range(5):
        x = np.ones(1000)
        out = compiled(x)
        arguments.append(weakref.ref(x))
        results.append(weakref.ref(out))
        del x, out
    gc.collect()
    assert all(watcher() is None for watcher in arguments)
    assert sum(watcher() is not None for watcher in results) <= 2
    del compiled
    gc.collect()
    assert all(watcher() is None for watcher in results)


def test_what_the_first_call_computes_is_not_held() -> None:
    seen = []

    def function(x):
        middle = np.exp(x)
        seen.append(weakref.ref(middle.value.value))  # of the gradient's trace, of that of jit
        return np.sum(middle * x)

    compiled = cr.jit(cr.grad(function))
    compiled(V)
    gc.collect()
    assert len(seen) == 1
    assert seen[0]() is None


def test_functions_that_close_over_a_traced_value_run_as_they_are() -> None:
    def around(x):
        inner = cr.jit(lambda y: np.sum(x * y * y))
        return inner(3.0) + inner(4.0) + inner(5.0)

    def returned(x):
        inner = cr.jit(lambda y: (x, y))
        return sum(np.sum(inner(y)[0]) * y for y in (3.0, 4.0, 5.0))

    assert cr.grad(around)(2.0) == 50.0
    np.testing.assert_array_equal(cr.grad(around)(np.ones(3)), np.full(3, 50.0))
    np.testing.assert_array_equal(cr.grad(returned)(np.ones(3)), np.full(3, 12.0))


@pytest.mark.slow
def test_very_many_operations_compile() -> None:
    def function(x):
        for step in range(2000):
            x = x * 0.99 + 0.01 * step if step % 3 else np.sin(x)
        return x

    check(function, (0.5,), (V,), fewest=8)


def test_nothing_native_is_loaded_before_it_is_needed() -> None:
    code = "import sys, chainrule; assert 'llvmlite' not in sys.modules, 'llvmlite'"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("step", ["truth", "compile_text"])
def test_a_compilation_that_was_interrupted_starts_anew(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []

    def function(x: Any) -> Any:
        runs.append(None)
        return np.sum(x * 2) if x[0] > 0 else np.sum(x - 1)

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    compiled = cr.jit(function)
    compiled(V)
    with monkeypatch.context() as patch:
        patch.setattr(f"chainrule.native.specialize.{step}", interrupted)
        with pytest.raises(KeyboardInterrupt):
            compiled(V)
    for _ in range(3):
        agree(compiled(V), np.sum(V * 2), within(4))
    runs.clear()
    agree(compiled(V), np.sum(V * 2), within(4))
    assert not runs  # it is compiled
    for _ in range(3):
        agree(compiled(-V), np.sum(-V - 1), within(4))


def test_a_fork_calls_what_was_compiled_before() -> None:
    code = (
        "import os, numpy as np, chainrule as cr\n"
        "f = cr.jit(lambda x: np.sum(np.sin(x) ** 2))\n"
        "x = np.linspace(0, 1, 200_000)\n"
        "for _ in range(4): want = f(x)\n"
        "child = os.fork()\n"
        "if not child: os._exit(0 if f(x) == want and f(x[:9]) > 0 else 1)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
    )
    if hasattr(sys, "getwindowsversion"):
        pytest.skip("no fork here")
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)


def test_a_fork_waits_for_no_thread_that_it_has_not() -> None:
    code = (
        "import faulthandler, gc, os, threading, time, numpy as np, chainrule as cr, llvmlite.binding as llvm\n"
        "tracing, inside, forked = (threading.Event() for _ in range(3))\n"
        "before = gc.get_threshold()\n"
        "def function(x):\n"
        "    if x[0] > 0 and not forked.is_set():\n"
        "        tracing.set()\n"
        "        forked.wait()\n"
        "    return x * 2\n"
        "f = cr.jit(function)\n"
        "for _ in range(3): f(-np.ones(3))\n"
        "def compile():\n"
        "    with llvm.ffi.lib._lock:\n"
        "        inside.set()\n"
        "        time.sleep(0.05)\n"
        "threads = [threading.Thread(target=f, args=(np.ones(3),)), threading.Thread(target=compile)]\n"
        "for thread in threads: thread.start()\n"
        "tracing.wait(); inside.wait()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    faulthandler.dump_traceback_later(60, exit=True)\n"
        "    results = [f(-np.ones(length)) for length in (3, 4, 4, 4, 3)]\n"
        "    is_right = all(np.all(result == -2) for result in results)\n"
        "    os._exit(0 if is_right and gc.get_threshold() == before else 1)\n"
        "forked.set()\n"
        "for thread in threads: thread.join()\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
    )
    if hasattr(sys, "getwindowsversion"):
        pytest.skip("no fork here")
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=120)


def test_a_path_of_more_decisions_than_python_nests_calls_compiles() -> None:
    def positive(x: Any) -> Any:
        total = 0.0
        for part in x:
            if part > 0:
                total = total + part * part
        return total

    x = np.random.default_rng(0).standard_normal(1200)
    step = cr.jit(cr.value_and_grad(positive))
    for _ in range(3):
        value, slope = step(x)
    np.testing.assert_allclose(value, np.sum(x[x > 0] ** 2))
    np.testing.assert_allclose(slope, 2 * np.maximum(x, 0))
    assert len(step.explain_plan(x).paths[0].decisions) == 1200


def test_the_whole_part_of_a_real_number_is_a_decision() -> None:
    def head(x: Any) -> Any:
        return np.sum(x[: int(x[0])] ** 2)

    step = cr.jit(head)
    for first in (2.5, 2.9, 1.0, 2.1, 1.5):
        x = np.array([first, 3.0, 4.0])
        assert step(x) == head(x)
    assert len(step.explain_plan(x).paths) == 2
    for bad, error in ((np.nan, ValueError), (np.inf, OverflowError)):
        with pytest.raises(error, match="cannot convert float"):
            step(np.array([bad, 3.0, 4.0]))


def factor_or_shift(a: Any) -> Any:
    try:
        factor = np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        factor = np.linalg.cholesky(a + 10 * np.eye(2))
    return np.sum(factor)


def whole_or_two(x: Any) -> Any:
    try:
        start = int(x[0])
    except ValueError:
        start = 2
    return np.sum(x[start:])


def element_or_sum(x: Any, places: Any) -> Any:
    try:
        return x[places[0]] * 2
    except (IndexError, ValueError):
        return np.sum(x)


def largest_or_sum(a: Any) -> Any:
    try:
        return np.linalg.svd(a, compute_uv=False)[0]
    except np.linalg.LinAlgError:
        return np.sum(a[:, 0]) * 0.5


@pytest.mark.parametrize(
    ("fun", "good", "bad"),
    [
        (largest_or_sum, (np.diag([2.0, 3.0]),), (np.array([[1.0, np.nan], [1.0, 1.0]]),)),
        (factor_or_shift, (np.diag([2.0, 3.0]),), (np.diag([-2.0, 3.0]),)),
        (whole_or_two, (np.array([1.0, 1.0, 2.0]),), (np.array([np.nan, 1.0, 2.0]),)),
        (element_or_sum, (np.ones(3), np.array([1])), (np.ones(3), np.array([7]))),
    ],
)
@pytest.mark.parametrize("order", ["bgg", "ggbg", "gbb"])
@pytest.mark.filterwarnings("ignore::chainrule.errors.JitWarning")
def test_an_error_that_the_function_answers_is_no_part_of_compiled_code(
    fun: Any, good: Any, bad: Any, order: str
) -> None:
    compiled = cr.jit(fun)
    for kind in order:
        args = good if kind == "g" else bad
        assert compiled(*args) == fun(*args)
