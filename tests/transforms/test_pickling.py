"""What transforms make of functions is pickled and copied as functions are, so that other processes can call it."""

from __future__ import annotations

import concurrent.futures
import copy
import functools
import inspect
import multiprocessing
import pickle

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.trees import flatten

X = np.array([0.5, -1.0, 2.0])


def loss(x):
    """Return a number."""
    return np.sum(np.sin(x) * x**2)


def power(x, n):
    return x**n


@cr.grad
def slope(x):
    return x**3


@cr.jit
def compiled(x):
    return x * 2


@cr.custom_jvp
def declared(x):
    return x * x


@declared.defjvp
def declared_rule(primals, tangents):
    return declared(*primals), 10 * tangents[0]


class Model:
    @functools.partial(cr.grad, argnums=1)
    def slope(self, x):
        return x**2

    @cr.jit
    def double(self, x):
        return 2 * x


MADE = {
    "grad": (cr.grad(loss), X),
    "value_and_grad": (cr.value_and_grad(loss), X),
    "partial": (cr.grad(functools.partial(power, n=2)), 3.0),
    "derivative": (cr.derivative(np.sin, order=2), X),
    "jacobian": (cr.jacobian(functools.partial(power, n=3), mode="forward"), X),
    "hessian": (cr.hessian(loss), X),
    "vmap": (cr.vmap(cr.grad(loss), in_axes=1), np.stack([X, X, X, X])),
    "checkpoint": (cr.grad(cr.checkpoint(loss)), X),
    "jit": (cr.jit(loss), X),
    "nested": (cr.jit(cr.vmap(cr.jit(cr.grad(loss)))), np.stack([X, 2 * X])),
    "decorated": (slope, 2.0),
    "decorated with jit": (compiled, X),
    "declared": (cr.grad(declared), 2.0),
    "method": (Model().slope, 3.0),
    "compiled method": (Model().double, 3.0),
}


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
@pytest.mark.parametrize("name", MADE)
def test_a_copy_computes_the_same(name, copied):
    function, x = MADE[name]
    again = copied(function)
    for _ in range(3):
        for one, other in zip(flatten(again(x))[0], flatten(function(x))[0], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-14)


@pytest.mark.parametrize("function", [slope, compiled, declared])
def test_what_is_decorated_in_place_is_pickled_by_its_name(function):
    assert pickle.loads(pickle.dumps(function)) is function


@pytest.mark.parametrize("transform", [cr.grad, cr.value_and_grad, cr.derivative, cr.jacobian, cr.hessian, cr.vmap,
                                       cr.checkpoint, cr.jit])  # fmt: skip
def test_a_function_without_a_name_gets_pythons_error(transform):
    def local(x):
        return x

    for function in (local, lambda x: x):
        with pytest.raises((AttributeError, pickle.PicklingError), match="local"):
            pickle.dumps(transform(function))


@pytest.mark.slow
@pytest.mark.parametrize("function", [cr.grad(loss), cr.jit(cr.grad(loss)), cr.jit(loss)])
def test_other_processes_compute_it(function):
    xs = [X, 2 * X]
    expected = list(map(function, xs))
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        np.testing.assert_allclose(pool.map(function, xs), expected)
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        np.testing.assert_allclose(list(executor.map(function, xs)), expected)


def test_it_looks_like_the_function():
    made = cr.grad(loss)
    assert (made.__name__, made.__doc__, made.__wrapped__) == ("grad(loss)", "Return a number.", loss)
    assert inspect.signature(made) == inspect.signature(loss)
    assert repr(made).startswith("<grad(loss) at ")
    assert cr.derivative(loss).__name__ == "derivative(loss)"


def test_names_of_options_are_free_for_arguments():
    assert cr.grad(lambda x, fun, argnums, has_aux: x * fun)(2.0, fun=3.0, argnums=1, has_aux=2) == 3.0
    assert cr.derivative(lambda x: x**2)(x=3.0) == 6.0


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("vmap", ()), ("custom_jvp", ()), ("custom_vjp", ()), ("checkpoint", ()), ("hessian", ()), ("jit", ()),
     ("check_grad", (1.0,)), ("vjp", (1.0,)), ("jvp", ((1.0,), (1.0,))), ("hvp", ((1.0,), (1.0,)))],
)  # fmt: skip
def test_what_is_no_function_is_refused(name, arguments):
    with pytest.raises(cr.TracingError, match=rf"^cr\.{name} takes a function, not 3 \(of type int\)"):
        getattr(cr, name)(3, *arguments)
