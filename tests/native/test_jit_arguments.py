"""Proves that what cr.jit makes takes the arguments that the plain function takes, in whatever structure, and returns the same
structure, types and numbers.
"""

from __future__ import annotations

import collections
import itertools
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import agree, check, within
from tests.native.jit_examples import M, V, W

import chainrule as cr

Point = collections.namedtuple("Point", "x y")


def test_results_keep_their_structure() -> None:
    def function(x):
        return {"b": (x * 2, [x.sum(), None]), "a": (), "name": "text", "flag": True, "count": 3}

    check(function, (V,), (W,))


def test_a_memory_view_is_taken_as_the_function_takes_it() -> None:
    view = memoryview(np.array([3.0, 4.0]))  # it raises ValueError where it is asked for its hash
    with pytest.warns(cr.JitWarning, match="no hash"):
        assert cr.jit(lambda x, view: x * view[0])(2.0, view) == 6.0


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


def test_lists_of_numbers() -> None:
    check(lambda xs: xs[0] * 2 + sum(xs), ([1.0, 2.0, 3.0],), ([0.5, -1.0, 4.0],))
    check(lambda xs: np.sum(np.array(xs) ** 2), ([1.0, 2.0],), ([3.0, 4.0],))
    check(lambda xs: np.asarray(xs).mean(), ([[1.0, 2.0], [3.0, 4.0]],))


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


def test_objects_that_are_no_numbers_pass_through() -> None:
    token = object()
    compiled = cr.jit(lambda x, other: (x * 2, other))
    for _ in range(4):
        doubled, other = compiled(V, token)
        agree(doubled, V * 2)
        assert other is token
