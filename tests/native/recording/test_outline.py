"""Proves that an outline has the shapes, types and layouts of the values, and that code compiled from one is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests import test_programs as programs
from tests.native.agreement import check, eagerly, rounded
from tests.native.graph_comparison import Tally, compare
from tests.native.graph_writer import seeded
from tests.primitives import test_structured as structured
from tests.primitives import test_table as elementwise

import chainrule as cr
from chainrule.core.trace import compute
from chainrule.native.recording import outline as outlines
from chainrule.native.recording.outline import ValuesNeededError, outline

N = 700_000
X = np.random.default_rng(0).uniform(0.5, 1.5, N)
TABLE = np.random.default_rng(1).normal(size=(70_000, 10))


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outline functions of small arrays, too."""
    monkeypatch.setattr(outlines, "LARGE", 1)
    monkeypatch.setattr(outlines, "WORTH_BYTES", 1)


def same_form(primitive: Any, operands: Any, parameters: Any) -> None:
    wanted = eagerly(compute, primitive, operands, parameters)
    try:
        found = eagerly(outline, primitive, operands, parameters)
    except ValuesNeededError:
        if primitive not in outlines._BY_VALUES:
            pytest.fail("the operands fit")
        return
    for got, then in zip(structured.several(found), structured.several(wanted), strict=True):
        assert np.shape(got) == np.shape(then)
        assert np.asarray(got).dtype == np.asarray(then).dtype
        assert np.asarray(got).flags.c_contiguous == np.asarray(then).flags.c_contiguous
        assert np.asarray(got).flags.f_contiguous == np.asarray(then).flags.f_contiguous


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("primitive", elementwise.ELEMENTWISE, ids=lambda p: p.name)
def test_an_elementwise_primitive_keeps_its_form(primitive: Any) -> None:
    for shape in [(), (3,), (2, 3), (0, 3)]:
        same_form(primitive, elementwise.operands(primitive, 1, shape), {})
    first, *rest = elementwise.operands(primitive, 1, (4, 3))
    same_form(primitive, [first, *(each[0] for each in rest)], {})
    same_form(primitive, [np.asfortranarray(first), *rest], {})
    same_form(primitive, [np.asfortranarray(each) for each in (first, *rest)], {})


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("dtype", [None, np.float32])
@structured.sampled
def test_a_primitive_keeps_its_form_on_its_samples(name: str, place: int, dtype: Any) -> None:
    _, _, operands, parameters = structured.sampled_call(name, place, np.random.default_rng(3))
    if dtype is not None:
        operands = [x.astype(dtype) if x.dtype == np.float64 else x for x in operands]
    same_form(structured.STRUCTURED[name], operands, parameters)
    same_form(structured.STRUCTURED[name], [np.asfortranarray(x) for x in operands], parameters)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_a_program_compiled_at_once(name: str) -> None:
    """Every program of the tests and its gradient, whether values turn out to be needed or not."""
    function, arguments = programs.PROGRAMS[name]
    for fun in (function, cr.value_and_grad(function)):
        try:
            check(fun, arguments, arguments, arguments, judge=rounded(1e-10))
        except cr.TracingError as error:
            assert "random" in str(error)  # noqa: PT017 - where it is not refused, the results were compared


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("part", range(4))
def test_random_programs_compiled_at_once(part: int) -> None:
    tally = Tally()
    for seed in range(5000 + part, 5080, 4):
        compare(seeded(seed), tally)
    assert tally.compared > 1000
    assert tally.gradients > 10


LARGE: dict[str, Callable[[Any], Any]] = {
    "slices": lambda x: np.sum((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2),
    "pieces": lambda x: np.sum(np.concatenate([np.sin(x), x[::2]]) ** 2) + np.max(np.stack([x, 2 * x])),
    "products": lambda x: np.sum(np.tanh(TABLE @ x[:10]) * x[:70_000]) + x[:70_000] @ TABLE @ np.ones(10),
    "assignment": lambda x: np.sum(np.where(x > 1, x, x**2) * np.pad(x[5:-5], 5)),
    "axes": lambda x: np.sum(
        np.max(x.reshape(70, -1), axis=0, keepdims=True) * np.mean(x.reshape(70, -1), axis=1)[:, None]
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_the_first_call_of_a_function_of_large_arrays_is_native(name: str) -> None:
    """It runs once, and its first results have the bits of the later ones."""
    calls: list[int] = []

    def fun(x: Any) -> Any:
        calls.append(1)
        return LARGE[name](x)

    compiled = cr.jit(cr.value_and_grad(fun))
    first, second = compiled(X), compiled(X)
    assert len(calls) == 1
    for got, then in zip(first, second, strict=True):
        np.testing.assert_array_equal(got, then)
    for got, then in zip(first, cr.value_and_grad(LARGE[name])(X), strict=True):
        np.testing.assert_allclose(got, then, rtol=1e-9, atol=1e-12)


def test_a_function_that_decides_on_values_runs_through_numpy_first() -> None:
    compiled = cr.jit(cr.grad(lambda x: np.sum(x**3) if x[-1] > 1 else np.sum(x**2)))
    last = X.copy()
    for end in (2.0, 0.5, 2.0, 0.5):
        last[-1] = end
        np.testing.assert_allclose(compiled(last), 3 * last**2 if end > 1 else 2 * last, rtol=1e-12)


def test_a_decision_that_is_caught_is_no_outline() -> None:
    """A bare `except` must not lead the trace along a way that the values do not take."""

    def fun(x: Any) -> Any:
        try:
            is_large = bool(x[-1] > 0)
        except:  # noqa: E722
            is_large = False
        return np.sum(x) if is_large else np.sum(-x)

    compiled = cr.jit(fun)
    for _ in range(3):
        np.testing.assert_allclose(compiled(X), np.sum(X), rtol=1e-12)


def test_an_error_that_is_answered_is_judged_with_the_values() -> None:
    """Memory that was never written is no positive definite matrix; what the user does then must not be recorded."""
    size = 750
    matrix = np.eye(size) + 0.1

    def fun(a: Any) -> Any:
        try:
            return np.sum(np.linalg.cholesky(a + 0.0))
        except np.linalg.LinAlgError:
            return np.sum(a)

    compiled = cr.jit(fun)
    for _ in range(3):
        np.testing.assert_allclose(compiled(matrix), np.sum(np.linalg.cholesky(matrix)), rtol=1e-10)


def test_text_is_made_of_values(capsys: pytest.CaptureFixture[str]) -> None:
    def fun(x: Any) -> Any:
        total = np.sum(x)
        print(f"{total:.3f}")
        return total

    with pytest.warns(cr.JitWarning, match="text"):
        cr.jit(fun)(X)
    assert set(capsys.readouterr().out.split()) == {f"{np.sum(X):.3f}"}


def test_elements_that_values_select() -> None:
    compiled = cr.jit(lambda x: np.sum(x[x > 1.0] ** 2))
    for _ in range(3):
        np.testing.assert_allclose(compiled(X), np.sum(X[X > 1] ** 2), rtol=1e-12)


@pytest.mark.parametrize(
    "fun",
    [
        lambda x: x[:-1] + x,
        lambda x: np.ones((3, 5)) @ x,
        lambda x: np.concatenate([x, np.ones((2, 2))]),
        lambda x: np.stack([x, x[1:]]),
    ],
)
def test_what_does_not_fit_is_refused_as_ever(fun: Callable[[Any], Any]) -> None:
    with pytest.raises(cr.ChainruleError) as plain:
        cr.grad(lambda x: np.sum(fun(x)))(X)
    with pytest.raises(cr.ChainruleError) as compiled:
        cr.jit(cr.grad(lambda x: np.sum(fun(x))))(X)
    assert type(plain.value) is type(compiled.value)


def test_results_that_are_arguments_or_constants() -> None:
    compiled = cr.jit(lambda x: (x, x[::2], np.arange(3.0), 2, np.broadcast_to(x[0], (20_000,))))
    for _ in range(3):
        found = compiled(X)
        for got, then in zip(found, (X, X[::2], np.arange(3.0), 2, np.full(20_000, X[0])), strict=True):
            np.testing.assert_array_equal(got, then)
        assert not np.shares_memory(found[0], X)


def test_arrays_around_a_function_are_outlined_and_followed() -> None:
    data = np.ones((70_000, 10))
    compiled = cr.jit(cr.grad(lambda w: np.mean((data @ w - 1) ** 2)))
    w = np.arange(10.0)
    first = compiled(w)
    data *= 2
    second = compiled(w)
    np.testing.assert_allclose(first, np.full(10, 2 * 44.0))
    np.testing.assert_allclose(second, np.full(10, 4 * 89.0))


@pytest.mark.parametrize("x", [X, X[:10]], ids=["large", "small"])
def test_the_function_runs_once_where_nothing_is_decided(x: Any) -> None:
    calls: list[int] = []

    def fun(x: Any) -> Any:
        calls.append(1)
        return np.sum(np.sin(x))

    compiled = cr.jit(fun)
    for _ in range(3):
        compiled(x)
    assert len(calls) == 1
