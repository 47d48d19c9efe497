"""Proves that native code is kept from one descent to the next, and never for a function that has changed."""

from __future__ import annotations

import gc
import threading
import types
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim import Box, GradientDescent
from chainrule.optim.descent import quick as quick_module
from chainrule.optim.descent.compiled import find_compiled
from chainrule.optim.geometry.function import read_function

CENTER = 2.0
SETTINGS = {"center": 1.0}


def around_center(x: Any) -> Any:
    return (x - CENTER) ** 2


def end_of(fun: Callable[..., Any], x0: Any = 5.0, method: Any = None) -> Any:
    """Return where a descent of many steps comes to, the third time that it is run."""
    for _ in range(3):
        found = cr.minimize(fun, x0, method or GradientDescent(0.25), steps=60)
    return found.x


def test_a_function_is_compiled_once(compilations: list[str]) -> None:
    def fun(x: Any) -> Any:
        return (x - 1.25) ** 2

    for x0 in (5.0, 4.0, 3, np.float64(2.0), 1.0):  # all are Python's numbers in the end
        assert end_of(fun, x0) == pytest.approx(1.25)
    assert len(compilations) == 1


def test_lambdas_that_are_made_again_share_their_code(compilations: list[str]) -> None:
    center = 1.5
    for _ in range(6):
        assert cr.minimize(lambda x: (x - center) ** 2, 5.0, GradientDescent(0.25)).x == pytest.approx(1.5)
    assert len(compilations) == 1


def test_functions_that_are_made_again_from_equal_parts_share_their_code(compilations: list[str]) -> None:
    def make(scale: float, data: Any) -> Any:
        def inner(x: Any) -> Any:
            return scale * np.sum((x - data) ** 2)

        return lambda x: inner(x) + 1

    data = np.array([1.0, 2.0])
    for _ in range(3):
        np.testing.assert_allclose(end_of(make(1.0, data), np.zeros(2)), data)
    assert len(compilations) == 1
    np.testing.assert_allclose(end_of(make(1.0, -data), np.zeros(2)), -data)
    assert cr.minimize(make(0.5, data), np.zeros(2), GradientDescent(0.25), 1, 0.0).fun == pytest.approx(
        1 + 2.5 * 0.75**2
    )


def test_zeros_of_either_sign_are_told_apart() -> None:
    def make(sign: float) -> Any:
        return lambda x: (x - np.copysign(1.0, sign)) ** 2

    for _ in range(2):
        assert end_of(make(0.0)) == pytest.approx(1)
        assert end_of(make(-0.0)) == pytest.approx(-1)


def test_what_was_typed_again_shares_its_code(compilations: list[str]) -> None:
    for _ in range(3):
        assert end_of(cr.explain("x^3 / 3 - x").result, 0.5) == pytest.approx(0, abs=1e-8)  # x² - 1 is least at 0
    assert len(compilations) == 1
    for text, center in (("(x - 2)^2", 2), ("(x - 3)^2", 3), ("(x - 2)^2", 2)):
        fun, start = read_function(text, 5.0)
        assert end_of(fun, start)["x"] == pytest.approx(center)
    assert len(compilations) == 3


def test_names_may_change() -> None:
    center = 1.0

    def fun(x: Any) -> Any:
        return (x - center) ** 2

    for value in (1.0, 2.0, 1.0, -3.0):
        center = value
        assert end_of(fun) == pytest.approx(value)


def test_globals_defaults_and_containers_may_change(monkeypatch: pytest.MonkeyPatch) -> None:
    assert end_of(around_center) == pytest.approx(2.0)
    monkeypatch.setitem(globals(), "CENTER", -1.0)
    assert end_of(around_center) == pytest.approx(-1.0)
    values = [3.0]

    def listed(x: Any, *, shift: float = 0.0) -> Any:
        return (x - values[0] - shift - SETTINGS["center"]) ** 2

    assert end_of(listed) == pytest.approx(4.0)
    values[0] = 5.0
    assert end_of(listed) == pytest.approx(6.0)
    monkeypatch.setitem(SETTINGS, "center", 0.0)
    assert end_of(listed) == pytest.approx(5.0)
    listed.__kwdefaults__ = {"shift": 1.0}
    assert end_of(listed) == pytest.approx(6.0)


def test_arrays_may_change_in_place_or_be_others() -> None:
    data = np.array([1.0, 2.0])

    def fun(x: Any) -> Any:
        return np.sum((x - data) ** 2)

    for _ in range(2):
        np.testing.assert_allclose(end_of(fun, np.zeros(2)), data)
        data[0] += 5
        np.testing.assert_allclose(end_of(fun, np.zeros(2)), data)
        data = np.array([7.0, 8.0])


def test_functions_of_functions_and_objects_may_change() -> None:
    class Model:
        def __init__(self) -> None:
            self.center = 1.0

        def loss(self, x: Any) -> Any:
            return (x - self.center) ** 2

        def __call__(self, x: Any) -> Any:
            return self.loss(x)

    model = Model()

    def inner(x: Any) -> Any:
        return model.loss(x)

    for center in (1.0, 2.0, 3.0):
        model.center = center
        for fun in (model.loss, model, lambda x: inner(x)):
            assert end_of(fun) == pytest.approx(center)


def test_a_method_that_changes_is_noticed() -> None:
    class Mutable:
        def __init__(self) -> None:
            self.rate = 0.25

        def init(self, x: Any) -> Any:
            return ()

        def update(self, gradient: Any, state: Any, x: Any) -> Any:
            return x - self.rate * gradient, state

    method = Mutable()
    for rate in (0.25, 0.1, 0.25):
        method.rate = rate
        for _ in range(3):
            found = cr.minimize(lambda x: x**2, 1.0, method, steps=30, tol=0)
        assert found.x == pytest.approx((1 - 2 * rate) ** 30)


def test_functions_that_raise_or_diverge_leave_nothing_behind() -> None:
    for start in (5.0, 5.0, 5.0, 0.1, 5.0):
        found = cr.minimize(lambda x: x**4, start, GradientDescent(0.1), steps=300)
        assert np.isfinite(found.fun)
        assert found.fun <= start**4


def test_tolerances_and_starts_may_change_between_quick_calls() -> None:
    def fun(x: Any) -> Any:
        return np.sum((x - 1) ** 2)

    for tol, x0 in ((1e-8, np.zeros(3)), (1e-2, np.zeros(3)), (1e-8, np.ones(3) * 4), (0.0, np.zeros(3))) * 2:
        found = cr.minimize(fun, x0, GradientDescent(0.1), 120, tol)
        norm = np.linalg.norm(2 * (x0 - 1))
        wanted = 120 if tol == 0 else int(np.ceil(np.log(norm / tol) / np.log(1 / 0.8)))
        assert found.nit == min(wanted, 120)
        np.testing.assert_allclose(found.x, 1 + (x0 - 1) * 0.8**found.nit)
        assert found.path[0].tobytes() == x0.tobytes()


def test_data_go_with_their_function() -> None:
    def run() -> weakref.ref[Any]:
        data = np.ones(300_000)

        def fun(x: Any) -> Any:
            return np.mean((x - data) ** 2)

        for _ in range(3):
            cr.minimize(fun, 0.0, steps=30)
        assert find_compiled(fun, GradientDescent(0.1), False, True) is find_compiled(
            fun, GradientDescent(0.1), False, True
        )
        return weakref.ref(data)

    reference = run()
    gc.collect()
    assert reference() is None


def test_few_compiled_descents_are_kept() -> None:
    for k in range(quick_module._KEPT + 5):
        cr.minimize(lambda x, k=k: (x - k) ** 2, 0.0, steps=2)
    assert len(quick_module._known) <= quick_module._KEPT


def test_several_threads_descend_at_once() -> None:
    def fun(x: Any) -> Any:
        return np.sum((x - 1) ** 2 + np.sin(x) ** 2)

    starts = [np.full(4, 0.3 * k) for k in range(6)]
    wanted = [cr.minimize(fun, start, GradientDescent(0.1), 300).x for start in starts]
    found: list[Any] = [None] * len(starts)

    def work(place: int) -> None:
        for _ in range(20):
            found[place] = cr.minimize(fun, starts[place], GradientDescent(0.1), 300).x

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(starts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_the_same_code_in_another_module_is_another_function() -> None:
    def fun(x: Any) -> Any:
        return (x - CENTER) ** 2

    other = types.FunctionType(fun.__code__, {"CENTER": -4.0, "np": np})
    for _ in range(3):
        assert end_of(fun) == pytest.approx(2.0)
        assert end_of(other) == pytest.approx(-4.0)


def test_states_of_any_kind_start_again() -> None:
    class Heavy:
        """A method that keeps an array for a lone number, and a lone array."""

        def __init__(self, shape: tuple[int, ...]) -> None:
            self.shape = shape

        def init(self, x: Any) -> Any:
            return np.zeros(self.shape, np.float32)

        def update(self, gradient: Any, state: Any, x: Any) -> Any:
            return x - 0.1 * gradient, state + np.float32(1)

    for shape in ((), (3,)):
        method = Heavy(shape)
        ends = [cr.minimize(lambda x: x**2, 5.0, method, steps=30, tol=0).x for _ in range(5)]
        assert ends == pytest.approx([5 * 0.8**30] * 5)


def test_methods_without_a_hash_start_again() -> None:
    sides = np.array([2.5, 0.0]), np.array([9.0, 1.0])
    for low in (sides[0], sides[0] + 0.25):
        found = [
            cr.minimize(lambda x: np.sum((x - 2) ** 2), np.zeros(2), Box(GradientDescent(0.1), low, sides[1]), steps=60)
            for _ in range(3)
        ]
        assert [one.x.tolist() for one in found] == [[low[0], 1.0]] * 3


def test_a_transform_leaves_nothing_behind() -> None:
    def end(scale: Any) -> Any:
        return cr.minimize(lambda x: scale * x**2, 5.0, GradientDescent(0.1), steps=5).x

    for _ in range(3):
        assert cr.grad(end)(1.0) == pytest.approx(-5 * 0.8**4)
        assert end(1.0) == pytest.approx(5 * 0.8**5)
