"""Proves that solvers and curvatures compile a function once, and never run native code of a function that has changed."""

from __future__ import annotations

import gc
import math
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.native.calls import specialize
from chainrule.optim import LBFGS, ConjugateGradient, Newton
from chainrule.optim.geometry.second_order import look
from chainrule.optim.kept import keeping

SOLVERS = (LBFGS(), ConjugateGradient(), Newton(), Newton(trust_region=False))
each_solver = pytest.mark.parametrize("solver", SOLVERS, ids=repr)

CENTER = 2.0


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what grows by each compilation, with nothing kept from before."""
    monkeypatch.setattr(keeping, "_known", OrderedDict())
    seen: list[str] = []
    original = specialize.compile_text

    def compile_text(text: str, *rest: Any) -> Any:
        seen.append(text)
        return original(text, *rest)

    monkeypatch.setattr(specialize, "compile_text", compile_text)
    return seen


def end(fun: Any, x0: Any, solver: Any, **options: Any) -> Any:
    """Return where a solver ends."""
    found = cr.minimize(fun, x0, solver, **options)
    assert found.success, found.message
    return found.x


def around_center(x: Any) -> Any:
    return (x - CENTER) ** 2 + (x - CENTER) ** 4


@each_solver
def test_a_function_is_compiled_once(solver: Any, compilations: list[str]) -> None:
    def fun(x: Any) -> Any:
        return np.sum(np.cosh(x - 1.25))

    counts = []
    for start in (0.0, 1.0, 0.5, 2.0):
        np.testing.assert_allclose(end(fun, np.full(2, start), solver), 1.25, atol=1e-6)
        counts.append(len(compilations))
    assert 1 <= counts[0] <= 2  # the value with its gradient, and products of the Hessian
    assert counts[-1] == counts[0]
    for _ in range(3):  # another shape, and another container
        np.testing.assert_allclose(end(fun, np.zeros(3), solver), 1.25, atol=1e-6)
        assert end(lambda x: fun(x["a"]), {"a": 0.0}, solver)["a"] == pytest.approx(1.25, abs=1e-6)
    assert len(compilations) == 3 * counts[0]


@each_solver
def test_lambdas_and_typed_functions_that_are_made_again_share_their_code(solver: Any, compilations: list[str]) -> None:
    center = 1.5
    counts = []
    for _ in range(4):
        end(lambda x: (x - center) ** 2 + (x - center) ** 4, 3.0, solver)
        assert end("(x - 2)^2 + (y - x)^4 + y^2", {"x": 1.0, "y": 1.0}, solver)["x"] > 0
        counts.append(len(compilations))
    assert counts[-1] == counts[0]


@each_solver
def test_arguments_are_inputs(solver: Any, compilations: list[str]) -> None:
    def fun(x: Any, data: Any, weight: Any) -> Any:
        return np.sum(weight * (x - data) ** 2 + (x - data) ** 4)

    counts = []
    for k in range(5):
        data = np.array([k, 2.0 + k])
        np.testing.assert_allclose(end(fun, np.zeros(2), solver, args=(data, 1.0 + k)), data, atol=1e-6)
        counts.append(len(compilations))
    assert counts[-1] == counts[0]


@each_solver
def test_what_a_function_reads_may_change(solver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    center, data = 1.0, np.array([1.0, 2.0])

    def fun(x: Any) -> Any:
        return np.sum((x - data - center) ** 2 + (x - data - center) ** 4)

    for value in (1.0, -2.0, 1.0):
        center = value
        for _ in range(2):
            np.testing.assert_allclose(end(fun, np.zeros(2), solver), data + center, atol=1e-6)
            data[0] += 1
        data = data[::-1].copy()
    for value in (2.0, -1.0, 2.0):
        monkeypatch.setitem(globals(), "CENTER", value)
        assert end(around_center, 0.5, solver) == pytest.approx(value, abs=1e-6)


@each_solver
def test_objects_among_the_arguments_may_change(solver: Any) -> None:
    class Model:
        center = 0.0

    model = Model()

    def fun(x: Any, model: Any, table: Any, kind: str) -> Any:
        move = x - model.center - table["shift"]
        return np.sum(move**2 + move**4) if kind == "here" else np.sum((x + 5) ** 2)

    masked = np.ma.masked_array([0.0, 3.0], [False, True])
    for center, shift in ((1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 0.0)):
        model.center = center
        for _ in range(2):
            found = end(fun, np.zeros(2), solver, args=(model, {"shift": shift}, "here"))
            np.testing.assert_allclose(found, center + shift, atol=1e-6)
    np.testing.assert_allclose(end(fun, np.zeros(2), solver, args=(model, {"shift": 0.0}, "there")), -5, atol=1e-6)
    for value in (1.0, 4.0):  # of a type that native code does not take
        masked[0] = value
        assert end(lambda x, data: np.sum((x - data[0]) ** 2), 0.0, solver, args=(masked,)) == pytest.approx(value)


@each_solver
def test_functions_that_need_to_know_an_argument_are_compiled_all_the_same(
    solver: Any, compilations: list[str]
) -> None:
    """Without a warning, which the tests raise: `math.exp` takes no input of native code."""

    def fun(x: Any, power: float) -> Any:
        return (x - math.exp(power)) ** 2 + (x - math.exp(power)) ** 4

    counts = []
    for power in (0.5, 1.0) * 3:
        assert end(fun, 1.0, solver, args=(power,)) == pytest.approx(math.exp(power), abs=1e-6)
        counts.append(len(compilations))
    assert 0 < counts[0] < counts[1] == counts[-1]


@each_solver
def test_what_is_returned_beside_the_value_is_that_of_the_call(solver: Any) -> None:
    def fun(x: Any, center: float) -> Any:
        return np.sum((x - center) ** 2), {"twice": 2 * x}

    for center in (1.0, 2.0, 3.0):
        found = cr.minimize(fun, np.zeros(2), solver, args=(center,), has_aux=True)
        np.testing.assert_allclose(found.aux["twice"], 2 * center, atol=1e-6)


@each_solver
def test_functions_and_large_data_go(solver: Any) -> None:
    def run() -> list[weakref.ref[Any]]:
        small, large, given = np.ones(2), np.ones(keeping.LIGHT // 8 + 1), np.ones(5)

        def light(x: Any) -> Any:
            return np.sum((x - small) ** 2)

        def heavy(x: Any) -> Any:
            return np.mean((x - large) ** 2)

        def with_data(x: Any, data: Any) -> Any:
            return np.mean((x - data) ** 2)

        for _ in range(3):
            end(light, np.zeros(2), solver)
            end(heavy, 0.0, solver)
            end(with_data, 0.0, solver, args=(given,))
        return [weakref.ref(each) for each in (light, heavy, with_data, large, given)]

    references = run()
    gc.collect()
    assert [each() for each in references] == [None] * 5


class Model:
    """What has a loss as a method."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.parts: list[Any] = []

    def loss(self, x: Any) -> Any:
        return np.mean((x - self.data) ** 2)


@pytest.mark.parametrize("size", [3, keeping.LIGHT // 8 + 1], ids=["light", "heavy"])
@pytest.mark.parametrize("method", [LBFGS(), cr.optim.Adam(0.1)], ids=repr)
def test_objects_go_whose_methods_were_minimized(method: Any, size: int) -> None:
    model = Model(np.ones(size))
    reference = weakref.ref(model)
    for _ in range(3):
        cr.minimize(model.loss, 0.0, method, steps=30)
    del model
    gc.collect()
    assert reference() is None


def test_methods_are_compiled_once_for_an_object(compilations: list[str]) -> None:
    model = Model(np.array([1.0, 2.0]))
    for _ in range(3):
        np.testing.assert_allclose(end(model.loss, np.zeros(2), LBFGS()), model.data, atol=1e-6)
    assert len(compilations) == 1
    model.data = np.array([3.0, 5.0])
    np.testing.assert_allclose(end(model.loss, np.zeros(2), LBFGS()), [3.0, 5.0], atol=1e-6)
    other = Model(np.array([-1.0, 0.5]))
    np.testing.assert_allclose(end(other.loss, np.zeros(2), LBFGS()), other.data, atol=1e-6)


def test_what_refers_to_its_heavy_object_keeps_nothing_alive() -> None:
    model = Model(np.ones(keeping.LIGHT // 8 + 1))
    model.parts = [model]
    reference = weakref.ref(model)
    for _ in range(2):
        end(model.loss, 0.0, LBFGS())
    del model
    gc.collect()
    assert reference() is None


def test_a_function_that_raises_is_let_go_and_may_go_on() -> None:
    limit = [0.0]

    def fun(x: Any) -> Any:
        if x < limit[0]:
            raise LookupError("too far")
        return (x - 1.0) ** 2

    for level in (5.0, 0.0, 5.0, 0.0):
        limit[0] = level
        if level:
            with pytest.raises(LookupError, match="too far"):
                end(fun, 3.0, LBFGS())
        else:
            assert end(fun, 3.0, LBFGS()) == pytest.approx(1.0)


def test_a_descent_inside_of_another_on_the_same_function() -> None:
    def fun(x: Any) -> Any:
        return (x - 1.0) ** 2 + (x - 1.0) ** 4

    inner: list[float] = []
    for _ in range(3):
        found = cr.minimize(fun, 4.0, LBFGS(), callback=lambda now: inner.append(end(fun, 2.0, LBFGS())))
        assert found.x == pytest.approx(1.0, abs=1e-6)
    assert inner == pytest.approx([1.0] * len(inner), abs=1e-6)


def test_several_threads_at_once() -> None:
    def fun(x: Any, center: Any) -> Any:
        return np.sum(np.cosh(x - center))

    found: dict[int, Any] = {}

    def work(place: int) -> None:
        for _ in range(4):
            found[place] = end(fun, np.zeros(3), LBFGS(), args=(float(place),))

    threads = [threading.Thread(target=work, args=(place,)) for place in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place in range(5):
        np.testing.assert_allclose(found[place], place, atol=1e-5)


@pytest.mark.parametrize(
    "ask",
    [
        lambda fun, x: cr.curvature(fun, x).eigenvalues,
        lambda fun, x: cr.learning_rate(fun, x).largest,
        lambda fun, x: [cr.landscape(fun, x, directions="random", resolution=5) for _ in range(2)],
        lambda fun, x: [look(fun, x).product()(x) for _ in range(2)],
    ],
)
def test_curvatures_rates_and_landscapes_compile_a_function_once(
    ask: Callable[..., Any], compilations: list[str]
) -> None:
    scale = np.linspace(1, 2, 250)

    def fun(x: Any) -> Any:
        return np.sum(scale * np.cosh(x))

    counts = []
    for k in range(1, 4):
        ask(fun, np.full(250, 0.1 * k))
        counts.append(len(compilations))
    assert counts[0] == counts[-1]
    before = np.max(cr.curvature(fun, np.zeros(250)).eigenvalues)
    scale *= 3
    assert np.max(cr.curvature(fun, np.zeros(250)).eigenvalues) == pytest.approx(3 * before, rel=1e-3)
