"""Proves what every method promises, modified and scheduled ones too: it works on containers of any numbers, keeps their types,
changes no argument, is the same by jit and as a native loop, and can be differentiated. Being listed in `cases` is being tested.
"""

from __future__ import annotations

import copy
import re
from typing import Any

import numpy as np
import pytest
from tests.optim.methods.cases import METHODS, bowl, descend

import chainrule as cr
from chainrule import optim
from chainrule.core.trees import flatten
from chainrule.errors import ShapeError
from chainrule.native.iterate import Stepper, iterate
from chainrule.optim import Adam, GradientDescent, Momentum, RMSprop
from chainrule.optim.schedules import Exponential

pytestmark = pytest.mark.slow

each_method = pytest.mark.parametrize("method", METHODS, ids=lambda method: re.sub(r" at 0x\w+", "", repr(method))[:60])

FLAT = np.array([0.3, -0.2, 0.9, 0.1, 0.5])


def boxed(flat: Any) -> dict[str, Any]:
    """Return five numbers as a container."""
    return {"a": flat[0], "b": (flat[1:3], [np.reshape(flat[3:5], (1, 2)), None])}


def run(method: Any, x: Any, gradients: Any) -> tuple[Any, Any]:
    """Return point and state after updates with these gradients."""
    state = method.init(x)
    for gradient in gradients:
        x, state = method.update(gradient, state, x)
    return x, state


def layout(tree: Any) -> list[tuple[Any, Any]]:
    return [(np.shape(leaf), np.result_type(leaf)) for leaf in flatten(tree)[0]]


def test_every_method_and_modifier_is_listed() -> None:
    public = {part for name in optim.__all__ if isinstance(part := getattr(optim, name), type)}
    listed = {type(method) for method in METHODS}
    missing = {part for part in public - listed - {optim.Method} if hasattr(part, "update")}
    assert not missing, f"add {missing} to CASES of tests/optim/methods/cases.py"


@each_method
def test_a_container_moves_as_its_numbers_side_by_side(method: Any) -> None:
    slopes = [np.sin(np.arange(5) + step) for step in range(6)]
    together, _ = run(method, FLAT, slopes)
    apart, _ = run(method, boxed(FLAT), [boxed(slope) for slope in slopes])
    assert flatten(apart)[1] == flatten(boxed(FLAT))[1]
    np.testing.assert_allclose(np.concatenate([np.ravel(leaf) for leaf in flatten(apart)[0]]), together, rtol=1e-13)


@each_method
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (0,), (0, 2)])
def test_shapes_and_types_stay(method: Any, shape: Any, dtype: Any) -> None:
    x = np.full(shape, 0.5, dtype)
    state = method.init(x)
    before = layout(state)
    for step in range(5):
        x, state = method.update(np.full(shape, step - 1.5, dtype), state, x)
        assert layout(x) == [(shape, np.dtype(dtype))]
        assert layout(state) == before


@each_method
def test_numbers_of_python_stay_numbers_of_python(method: Any) -> None:
    x, state = run(method, 0.5, [1.5, -0.5, 0.25, 0.0])
    assert type(x) is float
    assert {type(leaf) for leaf in flatten(state)[0]} <= {float, int}
    wanted, _ = run(method, np.array([0.5]), [np.array([slope]) for slope in (1.5, -0.5, 0.25, 0.0)])
    assert x == pytest.approx(wanted[0], rel=1e-13)


@each_method
def test_a_gradient_of_zero_is_no_trouble(method: Any) -> None:
    x, state = run(method, FLAT, [np.zeros(5)] * 5)
    assert all(np.all(np.isfinite(leaf)) for leaf in (x, *flatten(state)[0]))
    if not any(word in repr(method) for word in ("Noise", "WeightDecay", "weight_decay=0.1", "Box")):
        np.testing.assert_array_equal(x, FLAT)


@each_method
def test_arguments_are_not_changed(method: Any) -> None:
    x, gradient = boxed(FLAT.copy()), boxed(np.arange(5.0))
    _, state = run(method, x, [gradient])
    before = copy.deepcopy((x, gradient, state))
    method.update(gradient, state, x)
    for leaf, kept in zip(flatten((x, gradient, state))[0], flatten(before)[0], strict=True):
        np.testing.assert_array_equal(leaf, kept)


@each_method
def test_compiled_updates_are_the_same(method: Any) -> None:
    update = cr.jit(method.update)
    x, state = boxed(FLAT), method.init(boxed(FLAT))
    for step in range(4):
        gradient = boxed(np.cos(np.arange(5) * step))
        wanted = method.update(gradient, state, x)
        for one, other in zip(flatten(update(gradient, state, x))[0], flatten(wanted)[0], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)
        x, state = wanted


@each_method
@pytest.mark.parametrize("start", [0.5, np.array([0.5, -0.3]), np.array([0.5, -0.3], np.float32)], ids=repr)
def test_descents_are_native_loops_without_calls_of_numpy(method: Any, start: Any) -> None:
    compute = cr.grad(lambda x: np.sum((x - 0.2) ** 2 + x**4))

    def step(state: Any) -> Any:
        x, kept = state
        return method.update(compute(x), kept, x), x

    stepper = Stepper(step, has_aux=True)
    found = iterate(stepper, (start, method.init(start)), 20)
    (known,) = stepper.signatures.values()
    assert known.is_native
    assert known.program is not None
    assert not known.program.written.calls
    x, state = start, method.init(start)
    for _ in range(20):
        x, state = method.update(compute(x), state, x)
    rtol = 1e-4 if getattr(start, "dtype", None) == np.float32 else 1e-11
    assert flatten(found.state)[1] == flatten((x, state))[1]
    for one, other in zip(flatten(found.state)[0], flatten((x, state))[0], strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)


@each_method
def test_the_end_of_a_descent_has_a_derivative(method: Any) -> None:
    def end(x: Any) -> Any:
        found = x
        state = method.init(x)
        for _ in range(4):
            found, state = method.update(found**3 + 0.5, state, found)
        return np.sum(found)

    x = np.array([0.41, 0.32])
    cr.check_grad(end, x)


@each_method
def test_many_descents_are_run_at_once_by_vmap(method: Any) -> None:
    def end(x: Any) -> Any:
        state, found = method.init(x), x
        for _ in range(3):
            found, state = method.update(found**3 + 0.5, state, found)
        return found

    starts = np.array([[0.4, 0.3], [-0.2, 0.1], [0.0, 0.45]])
    np.testing.assert_allclose(cr.vmap(end)(starts), [end(x) for x in starts], rtol=1e-12)


@each_method
def test_gradients_that_do_not_fit_are_named(method: Any) -> None:
    x = boxed(FLAT)
    state = method.init(x)
    with pytest.raises(ShapeError, match="the point has 3 arrays"):
        method.update({"a": 1.0}, state, x)
    with pytest.raises(ShapeError, match="structure"):
        method.update({"a": 0.1, "c": (FLAT[1:3], [np.ones((1, 2)), None])}, state, x)
    with pytest.raises(ShapeError, match="shape"):
        method.update(boxed(FLAT) | {"a": np.ones(3)}, state, x)


# --- learning rates


def test_each_number_may_have_a_rate_of_its_own() -> None:
    x = {"a": 1.0, "b": np.array([1.0, 2.0], np.float32)}
    method = GradientDescent({"a": 0.5, "b": np.array([0.25, 0.0])})
    moved, _ = method.update({"a": 1.0, "b": np.array([1.0, 1.0], np.float32)}, (), x)
    assert moved["a"] == 0.5
    assert moved["b"].tolist() == [0.75, 2.0]
    assert moved["b"].dtype == np.float32
    for kind in (Momentum, Adam):
        both = descend(kind(np.array([0.01, 0.02, 0.0])), bowl, np.array([3.0, -1.0, 0.5]), 5)
        for place, rate in enumerate((0.01, 0.02)):
            alone = descend(kind(rate), bowl, np.array([3.0, -1.0, 0.5]), 1)
            np.testing.assert_allclose(both[1, place], alone[1, place])
        assert np.all(both[:, 2] == 0.5)


@pytest.mark.parametrize(
    ("rate", "point"),
    [
        ({"a": 0.1}, {"b": 1.0, "a": 2.0}),
        ({"a": 0.1, "b": 0.1}, [1.0, 2.0]),
        (np.ones(3), np.ones(2)),
        (np.ones(2), 1.0),
    ],
)
def test_rates_that_do_not_fit_the_point_are_named(rate: Any, point: Any) -> None:
    with pytest.raises(ShapeError, match="learning_rate"):
        GradientDescent(rate).update(point, (), point)


def test_a_descent_has_a_derivative_by_its_learning_rate() -> None:
    def end(rate: Any) -> Any:
        for method in (GradientDescent(rate), RMSprop(rate), Adam({"x": rate})):
            x = {"x": 1.0}
            state = method.init(x)
            for _ in range(3):
                x, state = method.update({"x": 2 * x["x"]}, state, x)
        return x["x"]

    cr.check_grad(end, 0.1)
    assert cr.jit(end)(0.1) == pytest.approx(end(0.1))

    def by_decay(gamma: Any) -> Any:
        x, state = 1.0, 0
        for _ in range(3):
            x, state = GradientDescent(Exponential(0.1, gamma)).update(2 * x, state, x)
        return x

    cr.check_grad(by_decay, 0.9)


# --- settings


@pytest.mark.parametrize(
    "rate", [0, 0.0, -1, np.nan, np.inf, True, "0.1", None, {}, {"a": -1.0}, np.array([1.0, np.nan]), 1j]
)
@pytest.mark.parametrize(
    "kind",
    sorted({type(method) for method in METHODS if hasattr(method, "learning_rate")}, key=lambda kind: kind.__name__),
    ids=lambda k: k.__name__,
)
def test_learning_rates_are_checked(kind: Any, rate: Any) -> None:
    with pytest.raises(ValueError, match=r"learning_rate is a finite number above 0, such as 0\.1"):
        kind(rate)


def test_every_other_setting_is_checked() -> None:
    kinds = sorted(
        {type(method) for method in METHODS if hasattr(method, "learning_rate")}, key=lambda kind: kind.__name__
    )
    checked = 0
    for kind in kinds:
        for name in kind.__dataclass_fields__.keys() - {"learning_rate", "centered"}:
            for wrong in (-0.5, np.nan, np.inf, "0.5", True, None):
                with pytest.raises(ValueError, match=f"{name} is a .*number"):
                    kind(learning_rate=0.1, **{name: wrong})
                checked += 1
    assert checked > 100


def test_methods_that_keep_squares_refuse_complex_numbers() -> None:
    for method in (Adam(), RMSprop()):
        with pytest.raises(TypeError, match="real and the imaginary part"):
            method.init({"z": 1j})
    assert Momentum(0.5, 0.0).update(1j, (0.0, ()), 2j)[0] == 1.5j


def test_running_sums_of_weights_stay_exact() -> None:
    """After so many steps that 0.9^t is no number of full precision any more, they are 1."""
    method = Adam(0.1)
    _, state = run(method, 0.0, [1.0] * 8000)
    assert state[2][0] == pytest.approx(1, abs=1e-15)
    assert state[2][1] == pytest.approx(1 - 0.999**8000, rel=1e-12)
    assert state[0] == pytest.approx(1)
