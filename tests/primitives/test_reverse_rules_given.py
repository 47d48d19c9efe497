"""Proves that the reverse rules that are written down, beside a forward rule, are its transposes for complex numbers too."""

import numpy as np
import pytest
import scipy.linalg

import chainrule as cr
from chainrule.core.primitive import General
from chainrule.core.trace import bind
from chainrule.primitives.sequence import RECURRENCE
from chainrule.primitives.table import TABLE

RNG = np.random.default_rng(7)
GENERAL = RNG.normal(size=(2, 3, 3)) + 1j * RNG.normal(size=(2, 3, 3))
HERMITIAN = GENERAL @ np.conjugate(np.swapaxes(GENERAL, -1, -2)) + np.eye(3)
CALLS = {
    "inv": (np.linalg.inv, GENERAL),
    "solve": (lambda a: np.linalg.solve(a, a[:, ::-1]), GENERAL),
    "det": (np.linalg.det, GENERAL),
    "slogdet": (lambda a: tuple(np.linalg.slogdet(a)), GENERAL),
    "cholesky": (lambda a: (np.linalg.cholesky(a), np.linalg.cholesky(a, upper=True)), HERMITIAN),
    "eigh": (lambda a: (*np.linalg.eigh(a), *np.linalg.eigh(a, UPLO="U")), HERMITIAN),
    "eigvalsh": (lambda a: (np.linalg.eigvalsh(a), np.linalg.eigvalsh(a, UPLO="U")), HERMITIAN),
    "euclidean_norm": (lambda a: (np.linalg.norm(a), np.linalg.norm(a, axis=-1, keepdims=True)), GENERAL),
    "prod": (lambda a: (np.prod(a, axis=1), np.prod(a, axis=(0, 2), keepdims=True), np.prod(a)), GENERAL),
    "cumprod": (lambda a: (np.cumprod(a, axis=1), np.cumprod(a)), GENERAL),
    "recurrence": (lambda a: bind(RECURRENCE, (a, np.sin(a[:, 1:])), {"axis": 1}), GENERAL),
    "logsumexp": (lambda a: np.logaddexp.reduce(a, axis=-1), GENERAL.real),
    "max": (lambda a: (np.max(a, axis=(0, 2)), np.max(a, keepdims=True)), GENERAL.real),
    "sort": (lambda a: (np.sort(a, axis=0), np.sort(a)), GENERAL),
    "partition": (lambda a: (np.partition(a, 1), np.partition(a, (0, 2), axis=1)), GENERAL.real),
    "min": (lambda a: np.min(a, axis=-2), GENERAL.real),
    "expm": (scipy.linalg.expm, GENERAL),
    "logm": (lambda a: scipy.linalg.logm(a[0]), HERMITIAN),
    "sqrtm": (lambda a: scipy.linalg.sqrtm(a[0]), HERMITIAN),
    "sylvester": (lambda a: scipy.linalg.solve_sylvester(a[0], a[1], a[1] @ a[0]), HERMITIAN),
}
"""A call of each primitive that has both rules."""


def drawn_like(x):
    drawn = RNG.normal(size=np.shape(x))
    return drawn + 1j * RNG.normal(size=np.shape(x)) if np.iscomplexobj(x) else drawn


def test_every_primitive_with_both_rules_is_called():
    both = {p.name for p in TABLE if isinstance(p, General) and p.push is not None and p.pull is not None}
    assert both == CALLS.keys()


@pytest.mark.parametrize("name", CALLS)
def test_the_given_rule_is_the_transpose(name):
    function, x = CALLS[name]
    t = drawn_like(x)
    out, tangent = cr.jvp(function, (x,), (t,))
    several = isinstance(out, tuple)
    ct = tuple(map(drawn_like, out)) if several else drawn_like(out)
    (back,) = cr.vjp(function, x)[1](ct)
    pairs = zip(ct, tangent, strict=True) if several else [(ct, tangent)]
    np.testing.assert_allclose(np.vdot(back, t).real, sum(np.vdot(c, m).real for c, m in pairs), rtol=1e-9)


def test_a_product_with_zeros_has_the_product_of_the_others_as_its_gradient():
    gradient = cr.grad(np.prod)
    np.testing.assert_array_equal(gradient(np.array([2.0, 0.0, 3.0, 5.0])), [0.0, 30.0, 0.0, 0.0])
    np.testing.assert_array_equal(gradient(np.array([[2.0, 0.0], [0.0, 5.0]])), np.zeros((2, 2)))
    np.testing.assert_array_equal(gradient(np.array([7.0])), [1.0])
    assert gradient(np.zeros((0, 2))).shape == (0, 2)
    assert gradient(3.0) == 1.0


def test_products_along_no_axis_are_their_elements():
    np.testing.assert_array_equal(cr.jacobian(lambda x: np.prod(x, axis=()))(np.array([2.0, 3.0])), np.eye(2))


def test_an_order_is_not_sorted_to_be_turned_around(monkeypatch):
    def sorting(*args, **kwargs):
        raise AssertionError("an order was sorted")

    monkeypatch.setattr(np, "argsort", sorting)
    x = RNG.normal(size=(3, 5))
    for axis in (0, 1):
        chosen = np.partition(x, 1, axis=axis).take([1], axis=axis)
        slope = cr.grad(lambda x, axis=axis: np.sum(np.partition(x, 1, axis=axis).take(1, axis=axis)))(x)
        np.testing.assert_array_equal(slope, (x == chosen) * 1.0)


def test_the_tangent_of_a_running_product_is_finite_where_only_a_product_of_others_overflows():
    x = np.array([1e-100, 1e-100, 1e-100, 1e100, 1e100, 1e100, 1e100])
    _, tangent = cr.jvp(np.cumprod, (x,), (np.eye(7)[1],))
    np.testing.assert_allclose(tangent, [0, 1e-100, 1e-200, 1e-100, 1, 1e100, 1e200], rtol=1e-12)
