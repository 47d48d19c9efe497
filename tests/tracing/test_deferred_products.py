"""Proves that `a.dot(x)` of a plain array is one product of arrays, and that whoever else asks for elements gets them."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ShapeError, TracingError
from chainrule.tracing.record import record
from chainrule.user_code import called_method

A = np.arange(6.0).reshape(2, 3)
V = np.array([1.0, 2.0, 3.0])
HELD = A.dot
MATRIX = A.view(np.matrix)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (A, V),
        (A, np.ones((3, 4))),
        (V, V),
        (A, np.float64(2.0)),
        (np.ones((2, 3, 3)), np.ones((4, 3, 2))),
        (np.zeros((0, 3)), V),
        (np.arange(6).reshape(2, 3), V),
        (A > 2, V),
        (1j * A, V),
        (A.astype(np.float32), V.astype(np.float32)),
        (A.astype(np.float32), V),
    ],
    ids=lambda each: f"{each.dtype}{each.shape}",
)
def test_a_dot_x_is_the_product_of_numpy(left: Any, right: Any) -> None:
    function: Callable[[Any], Any] = lambda x: left.dot(x)  # noqa: E731
    expected = left.dot(right)
    value, _ = cr.jvp(function, (right,), (np.ones_like(right),))
    assert np.result_type(value) == expected.dtype
    np.testing.assert_allclose(value, expected)
    np.testing.assert_allclose(cr.jacobian(function)(right), cr.jacobian(lambda x: np.dot(left, x))(right))
    np.testing.assert_allclose(cr.jit(function)(right), expected)


def test_it_is_recorded_as_one_operation() -> None:
    function = lambda x: A.dot(x)  # noqa: E731
    for _ in range(20):  # Python runs otherwise what it has often run
        graph = record(function, [V])
        assert len(graph.nodes) < 5


def test_orders_of_derivatives_and_batches_pass_through_it() -> None:
    square = lambda x: np.sum(A.dot(x) ** 2)  # noqa: E731
    np.testing.assert_allclose(cr.hessian(square)(V), 2 * A.T @ A)
    np.testing.assert_allclose(cr.vmap(lambda x: A.dot(x))(np.ones((5, 3))), np.ones((5, 3)) @ A.T)


def test_a_chain_of_calls_on_several_lines_is_read() -> None:
    function = lambda x: (  # noqa: E731
        A.T
        .dot(A)
        .dot(x)
    )  # fmt: skip
    assert len(record(function, [V]).nodes) < 5
    np.testing.assert_allclose(cr.jacobian(function)(V), A.T @ A)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: A.dot([x, x * x, x]),
        lambda x: HELD(x),
        lambda x: (V + 0.5).searchsorted(x) * x,
        lambda x: np.array(x) * V.dot(np.asarray(x, dtype=object)),
    ],
    ids=["list", "held", "searchsorted", "converted"],
)
def test_whoever_else_asks_gets_the_elements(function: Callable[[Any], Any]) -> None:
    value, tangent = cr.jvp(function, (V,), (np.ones(3),))
    np.testing.assert_allclose(value, function(V))
    np.testing.assert_allclose(tangent, (function(V + 1e-6) - function(V - 1e-6)) / 2e-6, atol=1e-8)


def test_a_list_after_a_product_that_failed_gets_its_elements() -> None:
    def function(x: Any) -> Any:
        with pytest.raises(ShapeError, match="not aligned"):
            np.ones((3, 4)).dot(x)
        return A.dot([x, x, x])

    np.testing.assert_allclose(cr.jvp(function, (V,), (V,))[0], A @ np.stack([V, V, V]))


def test_a_matrix_is_refused_as_by_its_operators() -> None:
    with pytest.raises(TracingError, match=r"np\.matrix met a traced value"):
        cr.grad(lambda x: np.sum(MATRIX.dot(x)))(V)


def test_the_method_that_a_frame_calls() -> None:
    class Asking:
        def method(self, *_: Any) -> str | None:
            return called_method(sys._getframe(1))

        __getitem__ = __add__ = method

    asking = Asking()
    held = asking.method
    assert asking.method(asking.method(1), 2) == "method"
    assert held() is None
    assert asking[0] is None
    assert asking + 1 is None
