"""Proves, for every elementwise primitive by its being listed, what a rule promises.

Its value is NumPy's; forward mode agrees with the limit definition; reverse with forward; the second order too; a batch with a
loop; no operand is changed; and the general formula of every rule can be shown.
"""

from __future__ import annotations

import types

import numpy as np
import pytest
import scipy
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.core.primitive import Composite, Elementwise, Primitive
from chainrule.core.trace import bind
from chainrule.errors import NoRuleError
from chainrule.primitives.integer import INTEGER_PRIMITIVES
from chainrule.primitives.special import NoRule
from chainrule.primitives.table import BY_NAME, TABLE, WITH_SEVERAL_RESULTS, of_scipy

ELEMENTWISE = [p for p in TABLE if isinstance(p, Elementwise)]
SMOOTH = [p for p in ELEMENTWISE if not p.is_constant]
BATCHES = st.integers(1, 3)
SEEDS = st.integers(0, 2**32 - 1)
# Integer exponents are no direction to move in; some of SciPy's functions have no rule in their order.
REFUSED = {p.name: tuple(i for i, each in enumerate(p.partials) if isinstance(each, NoRule)) for p in ELEMENTWISE}
HELD = REFUSED | {"ldexp": (1,)}
# These have a kink where two operands agree, which no difference quotient may step over.
KINKED = {"maximum", "minimum", "fmax", "fmin", "clip"}
named = pytest.mark.parametrize("primitive", ELEMENTWISE, ids=lambda p: p.name)
smooth = pytest.mark.parametrize("primitive", SMOOTH, ids=lambda p: p.name)


def domains(primitive: Elementwise) -> list[tuple[float, float]]:
    each = primitive.domain
    if isinstance(each[0], tuple):
        return list(each)
    return [each] * len(primitive.partials)


def operands(primitive: Elementwise, seed: int, shape: tuple[int, ...] = ()) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    drawn = [rng.uniform(low, high, size=shape) for low, high in domains(primitive)]
    while primitive.name in KINKED and any(np.any(np.abs(drawn[0] - other) < 0.05) for other in drawn[1:]):
        drawn[0] = rng.uniform(-2.0, 2.0, size=shape)
    if primitive.name == "ldexp":
        drawn[1] = rng.integers(-2, 3, size=shape)
    if primitive in INTEGER_PRIMITIVES:
        drawn = [rng.integers(0, 5, size=shape) for _ in drawn]
    return drawn


def moving(primitive: Elementwise) -> list[int]:
    if primitive in INTEGER_PRIMITIVES:
        return []
    return [i for i in range(len(primitive.partials)) if i not in HELD.get(primitive.name, ())]


def of_moving(primitive: Elementwise, xs: list[np.ndarray]):
    places = moving(primitive)

    def function(*parts):
        full = list(xs)
        for place, part in zip(places, parts, strict=True):
            full[place] = part
        return bind(primitive, full)

    return function, tuple(xs[place] for place in places)


def limit(function, xs, ts, h=1e-3):
    """The central difference quotient, extrapolated twice to h = 0."""

    def moved(h):
        return function(*(x + h * t for x, t in zip(xs, ts, strict=True)))

    def quotient(h):
        return (moved(h) - moved(-h)) / (2 * h)

    a, b, c = quotient(h), quotient(h / 2), quotient(h / 4)
    return ((4 * c - b) / 3 * 16 - (4 * b - a) / 3) / 15


def close(a, b, tolerance=1e-6):
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@named
@settings(deadline=None, max_examples=5)
@given(seed=SEEDS)
def test_value_of_traced_operands_is_numpys(primitive, seed):
    xs = operands(primitive, seed, (3,))
    before = [x.copy() for x in xs]
    plain = primitive.value(*xs)
    function, parts = of_moving(primitive, xs)
    value, _ = cr.vjp(function, *parts)
    np.testing.assert_array_equal(value, plain)
    for x, kept in zip(xs, before, strict=True):
        np.testing.assert_array_equal(x, kept)


@smooth
@settings(deadline=None, max_examples=8)
@given(seed=SEEDS)
def test_forward_is_the_limit_and_reverse_its_transpose(primitive, seed):
    xs = operands(primitive, seed, (2, 3))
    function, parts = of_moving(primitive, xs)
    rng = np.random.default_rng(seed)
    ts = tuple(rng.normal(size=x.shape) * 0.1 for x in parts)
    out, tangent = cr.jvp(function, parts, ts)
    close(tangent, limit(function, parts, ts))
    u = rng.normal(size=np.shape(out))
    _, pullback = cr.vjp(function, *parts)
    close(np.sum(u * tangent), sum(np.sum(ct * t) for ct, t in zip(pullback(u), ts, strict=True)), 1e-10)


@smooth
@settings(deadline=None, max_examples=4)
@given(seed=SEEDS)
def test_second_derivative_in_every_order_of_modes(primitive, seed):
    xs = operands(primitive, seed)
    function, parts = of_moving(primitive, xs)
    x, rest = parts[0], parts[1:]

    def f(x):
        return function(x, *rest)

    def forward(g):
        return lambda x: cr.jvp(g, (x,), (1.0,))[1]

    expected = limit(forward(f), (x,), (1.0,))
    for outer in (cr.grad, forward):
        for inner in (cr.grad, forward):
            close(outer(inner(f))(x), expected, 1e-5)


@named
@settings(deadline=None, max_examples=4)
@given(seed=SEEDS, size=BATCHES)
def test_batch_is_a_loop(primitive, seed, size):
    xs = operands(primitive, seed, (size, 2))
    batch = cr.vmap(lambda *row: bind(primitive, row))(*xs)
    np.testing.assert_allclose(batch, np.stack([primitive.value(*row) for row in zip(*xs, strict=True)]))


@named
def test_operands_broadcast_and_gradients_have_their_shapes(primitive):
    xs = operands(primitive, 1, (2, 1, 3))
    if len(xs) > 1:
        xs[0] = xs[0][:, :, :1]
    function, parts = of_moving(primitive, xs)
    value, pullback = cr.vjp(function, *parts)
    for part, ct in zip(parts, pullback(np.ones(np.shape(value))), strict=True):
        assert np.shape(ct) == np.shape(part)


@named
@pytest.mark.parametrize("shape", [(0,), (2, 0)])
def test_empty_arrays(primitive, shape):
    xs = operands(primitive, 1, shape)
    function, parts = of_moving(primitive, xs)
    value, pullback = cr.vjp(function, *parts)
    assert np.shape(value) == shape
    assert all(np.shape(ct) == shape for ct in pullback(np.ones(shape)))


@smooth
def test_float32_stays_float32(primitive):
    xs = [x.astype(np.float32) if x.dtype.kind == "f" else x for x in operands(primitive, 1, (3,))]
    function, parts = of_moving(primitive, xs)
    value, pullback = cr.vjp(function, *parts)
    if primitive.name != "float_power":
        assert np.asarray(value).dtype == np.float32
    assert all(np.asarray(ct).dtype == np.float32 for ct in pullback(np.ones(3, dtype=np.asarray(value).dtype)))


def test_names_are_unique_and_rules_named():
    names = [p.name for p in TABLE]
    twice = sorted({name for name in names if names.count(name) > 1})
    assert not twice, f"{twice} are names of several primitives"
    for primitive in TABLE:
        rules = (primitive.rule,) if isinstance(primitive.rule, str) else primitive.rule
        assert isinstance(primitive, Primitive)
        assert all(rule.strip() for rule in rules), f"{primitive.name} needs the name of its rule: rule=..."


def test_a_composite_is_its_body():
    for primitive in TABLE:
        if isinstance(primitive, Composite) and primitive.name in ("softplus", "relu"):
            x = np.array([-1.0, 0.5, 2.0])
            np.testing.assert_array_equal(bind(primitive, (x,)), primitive.value(x))
            close(
                cr.grad(lambda x, p=primitive: np.sum(bind(p, (x,))))(x),
                limit(lambda x, p=primitive: p.value(x), (x,), (np.ones(3),)),
            )


@pytest.mark.parametrize(("name", "index"), [(name, i) for name, places in REFUSED.items() for i in places])
def test_an_operand_without_a_rule_is_refused_by_name(name, index):
    primitive = BY_NAME[name]
    function = getattr(scipy.special, primitive.partials[index].function)
    xs = operands(primitive, 1)
    with pytest.raises(
        NoRuleError,
        match=rf"scipy\.special\.{function.__name__} has no derivative rule in its (first|second|third) operand",
    ):
        cr.grad(lambda x: first_of(function(*xs[:index], x, *xs[index + 1 :])))(xs[index])


def first_of(out):
    return out[0] if isinstance(out, tuple) else out


@pytest.mark.parametrize("function", [scipy.special.log1p, scipy.special.expm1, scipy.special.cbrt, scipy.special.exp2])
def test_functions_that_scipy_has_too(function):
    assert cr.grad(function)(0.7) == cr.grad(getattr(np, function.__name__))(0.7)


@pytest.mark.parametrize("name", WITH_SEVERAL_RESULTS)
def test_functions_with_several_results(name):
    ufunc = getattr(scipy.special, name)

    def function(x):
        return ufunc(x, *(0.3,) * (ufunc.nin - 1))

    for value, traced in zip(function(0.7), cr.vjp(function, 0.7)[0], strict=True):
        assert value == traced
    cr.check_grad(function, np.array([0.7, 1.9, 0.01]))
    fast = cr.jit(cr.jacobian(function))
    for x in (0.7, 1.2, 0.3):
        np.testing.assert_allclose(fast(x), cr.jacobian(function)(x), rtol=1e-13)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_integrals_have_their_derivatives_at_zero(order):
    for part, expected in ((scipy.special.sici, [1.0, 0.0, -1 / 3]), (scipy.special.shichi, [1.0, 0.0, 1 / 3])):
        with np.errstate(all="ignore"):  # of the other result, which is infinite there
            slope = cr.derivative(lambda x, part=part: part(x)[0], order)(0.0)
        assert slope == pytest.approx(expected[order - 1], abs=1e-12)


def test_a_ufunc_of_another_library_is_not_taken_for_scipys_of_that_name():
    assert of_scipy(scipy.special.huber) is BY_NAME["huber"]
    assert of_scipy(types.SimpleNamespace(__name__="huber")) is None


def test_a_function_of_scipy_without_a_rule_is_refused_by_its_name():
    with pytest.raises(NoRuleError, match=r"scipy\.special\.pro_cv has no derivative rule yet"):
        cr.grad(lambda x: scipy.special.pro_cv(1, 1, x))(0.7)


@pytest.mark.parametrize(
    ("name", "function"),
    [("lambertw", scipy.special.lambertw), ("ellip_harm", lambda s: scipy.special.ellip_harm(5.0, 8.0, 1, 1, s))],
)
def test_a_ufunc_behind_a_function_of_scipy_is_called_by_the_name_of_that(name, function):
    with pytest.raises(NoRuleError, match=rf"scipy\.special\.{name} has no derivative rule yet; "):
        cr.grad(function)(0.7)


@pytest.mark.parametrize(
    ("function", "variable"),
    [
        (lambda z: scipy.special.lambertw(z), "z"),
        (lambda z: scipy.special.hankel1(1, z), "z"),
        (lambda z: scipy.special.hankel2(1, z), "z"),
    ],
)
def test_what_is_written_in_place_of_a_function_without_a_rule_is_that_function(function, variable):
    with pytest.raises(NoRuleError, match="write ") as told:
        cr.grad(lambda x: np.abs(function(x)))(0.7)
    text = str(told.value).split("write ")[1].split("\n")[0]

    def written(x):
        return eval(text, {"np": np, "scipy": scipy, "v": 1, variable: x})  # what the message says

    close(written(0.7), function(0.7), 1e-13)
    cr.check_grad(lambda x: np.abs(written(x)), 0.7)


# Dates have no rule and are refused by name.
WITHOUT_RULE = {"isnat"}
UFUNCS = sorted({u.__name__: u for u in vars(np).values() if isinstance(u, np.ufunc)}.items())
SHAPES = {"matvec": ((2, 2), (2,)), "vecmat": ((2,), (2, 2)), "vecdot": ((2,), (2,)), "matmul": ((2, 2), (2, 2))}


@pytest.mark.parametrize(("name", "ufunc"), UFUNCS)
def test_every_ufunc_of_numpy_has_a_rule_or_is_refused_by_name(name, ufunc):
    integers = any(p.value is ufunc for p in INTEGER_PRIMITIVES)
    if integers:
        return  # they take no real number that one could differentiate by; the tests above take them with integers
    shapes = SHAPES.get(name, ((),) * ufunc.nin)
    xs = [np.full(shape, 1.5 if name == "arccosh" else 0.6 + 0.1 * i) for i, shape in enumerate(shapes)]
    if name == "ldexp":
        xs[1] = np.array(2)

    def of_first(x):
        out = ufunc(x, *xs[1:])
        return sum(np.sum(part * 1.0) for part in (out if isinstance(out, tuple) else (out,)))

    if name in WITHOUT_RULE:
        with pytest.raises(NoRuleError, match=name):
            cr.grad(of_first)(xs[0])
        return
    plain = of_first(xs[0])
    value, gradient = cr.value_and_grad(of_first)(xs[0])
    close(value, plain, 1e-12)
    assert np.shape(gradient) == np.shape(xs[0])
    close(np.sum(gradient), limit(of_first, (xs[0],), (np.ones(shapes[0]),)))


def test_slopes_of_the_arithmetic_geometric_mean_at_equal_numbers():
    assert cr.grad(scipy.special.agm, argnums=(0, 1))(1.5, 1.5) == (0.5, 0.5)
