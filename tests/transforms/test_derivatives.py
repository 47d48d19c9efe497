"""Proves the transforms: nesting in every order, no confused perturbations, pytrees, types, and the errors of misuse."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy import special
from scipy.special import expit

import chainrule as cr
from chainrule.tracing.record import record
from chainrule.transforms.rules import pull

X = np.array([0.3, -0.7, 1.1])


def test_lesson_numbers():
    assert repr(cr.grad(lambda x: x**2 + 3 * x + 2)(5)) == "13.0"
    assert [cr.derivative(lambda x: x**3, order)(2.0) for order in range(5)] == [8.0, 12.0, 12.0, 6.0, 0.0]
    w, b, x, t = 0.5, 0.1, 2.0, 1.0
    y = expit(w * x + b)
    expected = 2 * (y - t) * y * (1 - y)
    dw, db = cr.grad(lambda w, b: (expit(w * x + b) - t) ** 2, argnums=(0, 1))(w, b)
    assert dw == pytest.approx(expected * x, rel=1e-14)
    assert db == pytest.approx(expected, rel=1e-14)


def test_cotangents_of_large_sums_stay_one_number():
    graph = record(lambda x: 3.0 * x, [np.ones(20_000)])
    ((_, share),) = pull(graph.nodes[-1], np.broadcast_to(2.0, (20_000,)))
    assert share.strides == (0,)
    assert share[-1] == 6.0
    gradient = cr.grad(lambda x: np.sum(3 * x) - 2.0 * np.sum(x))(np.ones(20_000))
    np.testing.assert_array_equal(gradient, np.ones(20_000))
    gradient[0] = 2.0  # it is an array of its own


def test_perturbations_are_not_confused():
    d = cr.derivative
    assert d(lambda x: x * d(lambda y: x + y)(1.0))(1.0) == 1.0
    assert d(lambda x: x * d(lambda y: x * y)(2.0))(3.0) == 6.0
    assert cr.grad(lambda x: x * cr.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert cr.grad(lambda x: x * d(lambda y: x * y**2)(x))(3.0) == pytest.approx(6 * 9.0)
    assert d(lambda x: cr.grad(lambda y: (x * y) ** 3)(x))(2.0) == pytest.approx(15 * 2.0**4)


@pytest.mark.parametrize("order", [3, 4])
def test_third_and_fourth_derivatives_in_every_order_of_modes(order):
    def forward(f):
        return lambda x: cr.jvp(f, (x,), (1.0,))[1]

    def f(x):
        return np.tanh(np.sin(x**2) * np.exp(-x)) + np.log(1 + x**2)

    expected = cr.derivative(f, order)(0.7)
    for pattern in range(2**order):
        g = f
        for bit in range(order):
            g = cr.grad(g) if pattern >> bit & 1 else forward(g)
        assert g(0.7) == pytest.approx(expected, rel=1e-10)


def test_pytrees_and_named_tuples_keep_their_structure():
    class Layer(NamedTuple):
        w: np.ndarray
        b: float

    tree = {"layer": Layer(np.ones((2, 3)), 2.0), "list": [1, np.float32(2.0)]}
    g = cr.grad(lambda t: np.sum(t["layer"].w) * t["layer"].b + t["list"][0] * t["list"][1])(tree)
    np.testing.assert_array_equal(g["layer"].w, np.full((2, 3), 2.0))
    assert g["layer"].b == 6.0
    assert g["list"] == [2.0, np.float32(1.0)]
    assert type(g["list"][1]) is np.float32
    assert isinstance(g["layer"], Layer)


def test_jacobian_modes_agree_and_hessian_is_symmetric():
    a = np.arange(12.0).reshape(4, 3) / 10
    f = lambda x: np.tanh(a @ x)  # noqa: E731
    np.testing.assert_allclose(cr.jacobian(f, mode="forward")(X), cr.jacobian(f, mode="reverse")(X), rtol=1e-13)
    expected = (1 - np.tanh(a @ X) ** 2)[:, None] * a
    np.testing.assert_allclose(cr.jacobian(f)(X), expected, rtol=1e-13)
    h = cr.hessian(lambda x: np.sum(f(x) ** 2))(X)
    np.testing.assert_allclose(h, h.T, rtol=1e-12)
    np.testing.assert_allclose(cr.hvp(lambda x: np.sum(f(x) ** 2), (X,), (X,)), h @ X, rtol=1e-12)


def test_vmap_of_grad_is_a_loop():
    xs = np.linspace(-1, 1, 12).reshape(4, 3)
    f = lambda x: np.sum(np.sin(x) * x[0])  # noqa: E731
    np.testing.assert_allclose(cr.vmap(cr.grad(f))(xs), np.stack([cr.grad(f)(x) for x in xs]), rtol=1e-14)
    per_example = cr.grad(lambda w: np.sum(cr.vmap(lambda x: np.dot(w, x) ** 2)(xs)))(X)
    np.testing.assert_allclose(per_example, 2 * (xs @ X) @ xs, rtol=1e-13)


def test_a_decision_on_which_a_batch_agrees_is_taken():
    def function(x):
        return x**2 if x > 0 else -x

    for batch in (np.array([1.0, 2.0]), np.array([-1.0, -2.0])):
        for compiled in (cr.vmap(cr.grad(function)), cr.jit(cr.vmap(cr.grad(function)))):
            np.testing.assert_array_equal(compiled(batch), [cr.grad(function)(x) for x in batch])
    table = np.array([[1.0, 2.0], [3.0, 4.0]])
    nested = cr.vmap(cr.vmap(function))
    np.testing.assert_array_equal(nested(table), table**2)
    for batch in (np.array([1.0, -2.0]), np.array([])):
        with pytest.raises(cr.errors.TracingError, match="differs along the batch"):
            cr.vmap(function)(batch)
    table[1, 0] = -1.0
    with pytest.raises(cr.errors.TracingError, match="differs along the batch"):
        nested(table)


def test_complex_gradient_is_the_direction_of_steepest_ascent():
    z = 3.0 + 4.0j
    assert cr.grad(lambda z: np.abs(z) ** 2)(z) == pytest.approx(2 * z)
    assert cr.grad(lambda z: np.real(z * z))(z) == pytest.approx(np.conj(2 * z))
    rng = np.random.default_rng(0)
    u, t, w = (rng.normal(size=3) + 1j * rng.normal(size=3) for _ in range(3))
    f = lambda z: np.exp(z) * np.conj(z) + np.abs(z)  # noqa: E731
    _, tangent = cr.jvp(f, (w,), (t,))
    _, pullback = cr.vjp(f, w)
    assert np.real(np.vdot(u, tangent)) == pytest.approx(np.real(np.vdot(pullback(u)[0], t)))


def test_types():
    assert cr.grad(lambda x: np.sum(x**2))(X.astype(np.float32)).dtype == np.float32
    assert type(cr.grad(lambda x: x * x)(3)) is float
    assert cr.grad(lambda x: x[0] ** 2 + x[1])([1, 2]) == [2.0, 1.0]
    assert cr.grad(lambda x: np.sum(x**2))(np.array([1, 2])).dtype == np.float64


@pytest.mark.parametrize(
    "f",
    [np.exp2, np.log2, np.log10, special.erf, special.erfc, special.erfinv, special.ndtr, special.log_ndtr,
     lambda x: np.ldexp(x, np.array([2, 3])), lambda x: 2.0**x, lambda x: np.logaddexp(x, 0.0),
     lambda x: np.logaddexp2(0.0, x)],
)  # fmt: skip
def test_tangents_in_single_precision_stay_so(f):
    for x in (np.array([0.3, 0.6], np.float32), np.float32(0.3)):
        value, tangent = cr.jvp(f, (x,), (np.ones_like(x),))
        assert value.dtype == np.float32
        assert tangent.dtype == np.float32
        np.testing.assert_allclose(tangent, cr.jvp(f, (np.float64(x),), (np.ones(np.shape(x)),))[1], rtol=1e-6)


@pytest.mark.parametrize("number", [2.0, np.float64(2.0), np.float32(2.0)])
def test_zeros_of_numbers_are_numbers(number):
    for zero in (cr.jvp(lambda x: x.dtype.type(3), (np.asarray(number),), (np.asarray(number),))[1],
                 cr.hvp(lambda x: 3 * x, (number,), (number,)), cr.vjp(lambda x: 3.0, number)[1](1.0)[0]):  # fmt: skip
        assert isinstance(zero, np.generic | float), type(zero)
        assert zero == 0
        assert np.asarray(zero).dtype == np.asarray(number).dtype


def test_factors_may_be_truth_values():
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(x * True))(np.ones(3)), np.ones(3))
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(False * x))(np.ones(3)), np.zeros(3))


def test_constants_that_can_be_assigned_to_have_no_derivative():
    for f in (
        lambda x: np.linalg.norm(np.imag(x)),
        lambda x: np.logaddexp.reduce(np.full_like(x, 1.5), axis=0),
        lambda x: np.max(np.zeros_like(x)),
        lambda x: np.sum(np.linalg.inv(np.eye(2, like=x))),
    ):
        np.testing.assert_array_equal(cr.grad(f)(np.array([1.0, 2.0])), np.zeros(2))
        assert cr.jvp(f, (np.ones(2),), (np.ones(2),))[1] == 0


def test_a_rounded_number_is_an_int_as_pythons_is():
    parts = [1.0, 2.0, 3.0]
    assert cr.grad(lambda x: parts[round(x)] * x + sum(x for _ in range(round(x))))(0.7) == 3.0
    assert cr.grad(lambda x: round(x, 1) + x)(0.7) == 1.0


def test_fmin_and_fmax_take_truth_values():
    x, flags = np.array([0.5, 0.5, np.nan]), np.array([True, False, True])
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(np.fmin(flags, x)))(x), [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(np.fmax(x, flags)))(x), [0.0, 1.0, 0.0])


@pytest.mark.parametrize(
    ("x", "y", "share"), [(np.inf, 1.0, 1), (-np.inf, 1.0, 0), (np.inf, -np.inf, 1), (1.0, np.inf, 0)]
)
def test_logaddexp_at_infinity_has_the_limit_of_its_derivative(x, y, share):
    for f in (np.logaddexp, np.logaddexp2):
        assert cr.grad(f, argnums=(0, 1))(x, y) == (share, 1 - share)
        rows = np.array([x, 1.0]), np.array([y, 1.0])
        by_x, by_y = cr.grad(lambda *xs, f=f: np.sum(f(*xs)), argnums=(0, 1))(*rows)
        np.testing.assert_allclose(by_x, [share, 0.5])
        np.testing.assert_allclose(by_y, [1 - share, 0.5])
    pair = np.array([x, y])
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(cr.grad(np.logaddexp.reduce)(pair), [share, 1 - share])
        np.testing.assert_array_equal(cr.hessian(np.logaddexp.reduce)(pair), np.zeros((2, 2)))


@pytest.mark.parametrize(("dtype", "size"), [(float, 1e14), (np.float32, 1e5)])
def test_logaddexp_of_large_numbers_keeps_its_shares(dtype, size):
    x = np.full(3, size, dtype)
    y = x - 1
    gap = (x - y).astype(float)
    for f, base in ((np.logaddexp, np.e), (np.logaddexp2, 2.0)):
        by_x, by_y = cr.grad(lambda *xs, f=f: np.sum(f(*xs)), argnums=(0, 1))(x, y)
        np.testing.assert_allclose(by_x, 1 / (1 + base**-gap), rtol=1e-6)
        np.testing.assert_allclose(by_y, 1 / (1 + base**gap), rtol=1e-6)


def test_what_is_impossible_in_two_ways_has_no_share_in_a_sum():
    x = np.array([-np.inf, -np.inf, 1.0])
    for f in (
        lambda x: np.logaddexp(np.logaddexp(x[0], x[1]), x[2]),
        lambda x: np.logaddexp2(np.logaddexp2(x[0], x[1]), x[2]),
        lambda x: np.sum(np.logaddexp(np.logaddexp(x[:1], x[1:2]), x[2:])),
        lambda x: np.logaddexp.accumulate(x)[-1],
    ):
        np.testing.assert_array_equal(cr.grad(f)(x), [0, 0, 1])
        np.testing.assert_array_equal(cr.hessian(f)(x), np.zeros((3, 3)))
    assert cr.grad(lambda x: np.logaddexp(np.logaddexp(x, -np.inf), x))(np.float32(1.0)).dtype == np.float32


def test_has_aux_and_argnums():
    (value, aux), g = cr.value_and_grad(lambda x: (x**2, "note"), has_aux=True)(3.0)
    assert (value, aux, g) == (9.0, "note", 6.0)
    assert cr.grad(lambda x, y: x * y**2, argnums=(1, 0))(2.0, 3.0) == (12.0, 9.0)
    assert cr.grad(lambda x, y: x * y**2, argnums=-1)(2.0, 3.0) == 12.0


def test_an_array_of_one_element_is_taken_for_its_number():
    column = np.array([[1.0], [2.0]])
    value, gradient = cr.value_and_grad(lambda x: x.T @ x)(column)
    assert (value, np.shape(value)) == (5.0, ())
    np.testing.assert_array_equal(gradient, 2 * column)
    assert cr.grad(cr.grad(lambda x: x.reshape(1, 1) ** 3))(2.0) == 12.0
    assert cr.minimize(lambda x: x.T @ x, column).success


def test_misuse_is_told():
    with pytest.raises(cr.NotScalarError, match="jacobian"):
        cr.grad(lambda x: x * 2)(X)
    with pytest.raises(cr.TracingError, match=r"np\.sin"):
        cr.grad(lambda x: math.sin(x))(1.0)
    with pytest.raises(cr.TracingError, match="float"):
        cr.grad(lambda x: float(x))(1.0)
    with pytest.raises(cr.ShapeError, match=r"\(3,\)"):
        cr.grad(lambda x: np.sum(x * np.ones(4)))(X)
    with pytest.raises(cr.NoRuleError, match=r"np\.histogram has no derivative rule yet"):
        cr.grad(lambda x: np.sum(np.histogram(x)[0]))(X)
    with pytest.raises(cr.TracingError, match=r"zeros\(n, like=x\)"):
        cr.grad(assign_into_plain)(X)
    with pytest.raises(cr.TracingError, match="argnums"):
        cr.grad(lambda x: x, argnums=1)(1.0)
    with pytest.raises(cr.TracingError, match=r"argnums=-2 names an argument that is not there: .* with 1 positional"):
        cr.grad(lambda x: x, argnums=-2)(1.0)
    for wrong in (
        lambda: cr.grad(np.sin)("a"),
        lambda: cr.jvp(np.sin, (1.0,), ("a",)),
        lambda: cr.vjp(np.sin, 1.0)[1]("a"),
    ):
        with pytest.raises(cr.TracingError, match=r"of and along real and complex numbers, not 'a' \(of type str\)"):
            wrong()
    for call in (lambda f: f(1.0, 2.0), lambda f: f(1.0, a=2.0)):
        with pytest.raises(
            TypeError, match=r"of one number, and this one was called with 2 arguments; hold the others"
        ):
            call(cr.derivative(lambda x, a: a * x))
    with pytest.raises(cr.ShapeError, match=r"sizes \[3, 4\]; an argument that all examples share has None in in_axes"):
        cr.vmap(np.add)(X, np.ones(4))
    with pytest.raises(cr.ShapeError, match=r"^matmul: Input operand 0"):
        cr.grad(lambda x: x @ x)(1.0)
    with pytest.raises(cr.TracingError, match="names an argument twice"):
        cr.grad(lambda x, y: x * y, argnums=(0, -2))(1.0, 2.0)
    with pytest.raises(cr.TracingError, match=r"type object is no number .* named tuple"):
        cr.grad(lambda x: x)(object())
    for argnums in (None, "x", 0.5, [None]):
        with pytest.raises(TypeError, match="argnums is the number of an argument"):
            cr.grad(lambda x: x, argnums=argnums)(1.0)
    with pytest.raises(cr.ShapeError, match="in_axes holds whole numbers"):
        cr.vmap(lambda x: x, in_axes="x")(X)
    with pytest.raises(cr.NotScalarError, match="returned nothing"):
        cr.grad(lambda x: None)(1.0)
    for declare in (cr.custom_jvp, cr.custom_vjp):
        with pytest.raises(TypeError, match="takes a function"):
            declare(3)
    for wrong in (cr.custom_jvp(np.sin).defjvp, lambda rule: cr.custom_vjp(np.sin).defvjp(np.sin, rule)):
        with pytest.raises(cr.TracingError, match=r"def[jv]+p takes a function, not 'rule'"):
            wrong("rule")
    kept = []
    cr.grad(lambda x: kept.append(x) or x * x)(1.0)
    with pytest.raises(cr.EscapedTraceError, match="has_aux"):
        kept[0] + 1


@pytest.mark.parametrize(
    ("asker", "ask"),
    [
        ("grad", lambda f: cr.grad(f)(X)),
        ("value_and_grad", lambda f: cr.value_and_grad(f)(X)),
        ("hessian", lambda f: cr.hessian(f)(X)),
        ("hvp", lambda f: cr.hvp(f, (X,), (X,))),
    ],
)
@pytest.mark.parametrize("function", [lambda x: x * 2, lambda x: None, lambda x: (x[0], x[1]), lambda x: 1j * x[0]])
def test_what_takes_one_real_number_is_named(asker, ask, function):
    with pytest.raises(cr.NotScalarError, match=f"^{asker} takes a function with"):
        ask(function)


@pytest.mark.parametrize("asker", ["jvp", "hvp"])
def test_what_takes_tangents_is_named(asker):
    for tangents in ((np.ones(4),), (X, X)):
        with pytest.raises(cr.ShapeError, match=f"^{asker}: a tangent"):
            getattr(cr, asker)(lambda x: np.sum(x**2), (X,), tangents)


def assign_into_plain(x):
    y = np.zeros(3)
    y[0] = x[0]
    return np.sum(y)


def test_errors_name_the_users_line():
    with pytest.raises(cr.TracingError, match=r"test_derivatives\.py:\d+: y\[0\] = x\[0\]"):
        cr.grad(assign_into_plain)(X)


def test_stop_gradient_checkpoint_and_declared_rules():
    assert cr.grad(lambda x: x * cr.stop_gradient(x**2))(3.0) == 9.0
    w = np.arange(9.0).reshape(3, 3)
    block = lambda x: np.tanh(w @ x)  # noqa: E731
    plain = cr.grad(lambda x: np.sum(block(block(x))))(X)
    np.testing.assert_allclose(
        cr.grad(lambda x: np.sum(cr.checkpoint(block)(cr.checkpoint(block)(x))))(X), plain, rtol=1e-14
    )
    # a checkpointed function may close over what is being differentiated
    np.testing.assert_allclose(cr.grad(lambda v: np.sum(cr.checkpoint(lambda x: x * v)(X)))(X), X)
    assert cr.derivative(cr.derivative(lambda x: cr.checkpoint(np.sin)(x)))(0.5) == pytest.approx(-np.sin(0.5))
    runs: list[float] = []
    assert cr.checkpoint(lambda x: runs.append(x) or 2 * x)(3.0) == 6.0
    assert runs == [3.0], "on plain values it runs once, as it is"

    @cr.custom_vjp
    def twice(x):
        return 2 * x

    twice.defvjp(lambda x: (2 * x, x), lambda x, ct: (100 * ct,))
    assert cr.grad(lambda x: twice(x) + x)(1.0) == 101.0
    with pytest.raises(cr.NoRuleError, match="forward"):
        cr.jvp(twice, (1.0,), (1.0,))

    @cr.custom_jvp
    def cube(x):
        return x**3

    cube.defjvp(lambda primals, tangents: (cube(*primals), 3 * primals[0] ** 2 * tangents[0]))
    assert cr.grad(cube)(2.0) == 12.0
    assert cr.grad(cr.grad(cube))(2.0) == 12.0


def test_declared_rules_take_integers_masks_and_text():
    @cr.custom_vjp
    def picked(x, places, mask, mode):
        return x[places] * mask if mode == "masked" else x[places]

    def backward(residuals, ct):
        x, places, mask = residuals
        share = np.zeros_like(x)
        np.add.at(share, places, 10 * ct * mask)
        return share, None, None, None

    picked.defvjp(lambda x, places, mask, mode: (picked(x, places, mask, mode), (x, places, mask)), backward)
    places, mask = np.array([2, 0]), np.array([True, False])
    total = lambda x: np.sum(picked(x, places, mask, "masked"))  # noqa: E731
    np.testing.assert_array_equal(cr.grad(total)(X), [0, 0, 10])
    np.testing.assert_array_equal(cr.vmap(cr.grad(total))(np.stack([X, X])), [[0, 0, 10]] * 2)
    compiled = cr.jit(cr.grad(total))
    for _ in range(3):
        np.testing.assert_array_equal(compiled(X), [0, 0, 10])

    @cr.custom_jvp
    def power(x, n, name):
        return x**n

    @power.defjvp
    def rule(primals, tangents):
        (x, n, name), (t, of_n, of_name) = primals, tangents
        assert (type(n), of_n, of_name) == (int, None, None)
        return power(x, n, name), n * x ** (n - 1) * t

    assert cr.grad(power)(2.0, 3, "cube") == 12.0
    assert cr.derivative(cr.derivative(lambda x: power(x, 3, None)))(2.0) == 12.0


def test_derivative_refuses_what_is_not_elementwise():
    np.testing.assert_allclose(cr.derivative(np.cos)(X), -np.sin(X))
    with pytest.raises(cr.NotScalarError):
        cr.derivative(lambda x: x * np.ones(3))(1.0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.sin(x) * np.exp(x) / (1 + x**2)),
        lambda x: np.sum((x * x) * (x * x)),
        lambda x: np.sum((x + x) * x - x / (x * x + 1)),
        lambda x: np.sum(np.exp(x) * np.exp(x) + np.exp(np.sin(x)) * x),
        lambda x: np.sum(np.maximum(x * x, x) ** 2 * np.arctan2(x, x * x + 1)),
        lambda x: sum(np.sum(x[i::3] * x[i::3]) for i in range(3)) + np.sum(np.cumsum(x) * x) / x.size,
    ],
)
def test_large_arrays_whose_memory_is_used_again_have_the_gradients_of_small_ones(f):
    x = np.linspace(-1, 1, 30_000)
    kept = x.copy()
    direction = np.cos(7 * x) + x
    _, tangent = cr.jvp(f, (x,), (direction,))
    assert np.sum(cr.grad(f)(x) * direction) == pytest.approx(tangent, rel=1e-9)
    np.testing.assert_array_equal(x, kept)
    _, pullback = cr.vjp(f, x)
    first = pullback(1.0)[0]
    np.testing.assert_array_equal(first, pullback(1.0)[0])  # a pullback can be called again
    u = np.cos(3 * x)
    given = u.copy()
    _, pullback = cr.vjp(lambda x: np.sin(x) * np.exp(x) * x, x)
    np.testing.assert_array_equal(pullback(u)[0], pullback(u)[0])
    np.testing.assert_array_equal(u, given)  # nor is the caller's cotangent overwritten


@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
def test_the_derivative_of_a_pullback_by_its_cotangent_where_that_is_handed_on_as_it_is(shape):
    x, ct = np.ones(shape)[()], np.full(shape, 2.0)[()]

    def handed_on(x, y, ct):
        return cr.vjp(lambda x, y: x + y, x, y)[1](ct)

    cr.check_grad(handed_on, x, x, ct)

    def changed(x):
        doubled = 2 * x
        (share,) = cr.vjp(lambda y: y, x)[1](doubled)
        share *= 3.0
        return share * doubled  # which is what it was

    np.testing.assert_allclose(changed(x), 12.0)
    cr.check_grad(changed, x)


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"out_axes": 2}, r"out_axes=2 is no place .* of shape \(\); write a whole number from -1 to 0"),
        ({"out_axes": "first"}, "out_axes='first' is no place"),
        ({"in_axes": ({"b": 0},)}, r"axes are given for the keys \['b'\], and the keys are \['a'\]"),
        ({"in_axes": ({"a": [0, 0]},)}, r"2 axes are given for 1 parts: \[0, 0\]"),
    ],
)
def test_axes_of_a_batch_that_do_not_fit_are_named(axes, message):
    with pytest.raises(cr.ShapeError, match=message):
        cr.vmap(lambda each: each["a"][0] ** 2, **axes)({"a": [np.ones(3)]})


def test_the_axes_of_results_in_a_dictionary():
    mapped = cr.vmap(lambda row: {"total": np.sum(row), "row": row * 2}, out_axes={"row": 1, "total": 0})
    found = mapped(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(found["total"], [3.0, 12.0])
    np.testing.assert_array_equal(found["row"], 2 * np.arange(6.0).reshape(2, 3).T)


@pytest.mark.parametrize("text", ["a", np.str_("a"), np.datetime64("2020-01-01")], ids=["text", "NumPy's text", "date"])
def test_what_is_no_number_has_no_derivative(text):
    calls = (
        lambda f: cr.grad(f)(1.0),
        lambda f: cr.derivative(f)(1.0),
        lambda f: cr.jacobian(f)(1.0),
        lambda f: cr.jacobian(f, mode="forward")(1.0),
        lambda f: cr.jacobian(lambda x: (x**2, f(x)))(1.0),
        lambda f: cr.jvp(f, (1.0,), (1.0,)),
        lambda f: cr.vjp(f, 1.0),
        lambda f: cr.check_grad(f, 1.0),
    )
    for call in calls:
        with pytest.raises(cr.NotScalarError, match="is no number and has no derivative"):
            call(lambda x: text)
    gradient, label = cr.grad(lambda x: (x**2, text), has_aux=True)(3.0)
    assert (gradient, label) == (6.0, text)


def test_what_returns_an_object_is_named():
    class Network:
        def __init__(self, x):
            self.x = x

    def values(x):
        yield x

    calls = (
        lambda f: cr.grad(f)(1.0),
        lambda f: cr.jacobian(f)(1.0),
        lambda f: cr.backprop(f, 1.0),
        lambda f: cr.why_nan(f, 1.0),
    )
    for call in calls:
        with pytest.raises(cr.NotScalarError, match=r"^Network returned <.* \(of type Network\), which is no number"):
            call(Network)
        with pytest.raises(cr.NotScalarError, match=r"^values returned <.* \(of type generator\), which is no number"):
            call(values)
