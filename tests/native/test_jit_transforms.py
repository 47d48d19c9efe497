"""Proves that cr.jit composes with every transform, in either order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.native.agreement import agree, check, eagerly, within
from tests.native.jit_examples import M, V, W, early_return, loss

import chainrule as cr


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
