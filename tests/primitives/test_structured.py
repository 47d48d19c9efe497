"""Proves, for every primitive that is not elementwise by its being listed, what a rule promises, on literal samples.

Its value is NumPy's; forward mode agrees with the limit definition; reverse with forward; the second order too; a batch, of
all operands or of one, with a loop; no operand is changed.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.core.primitive import Elementwise, Piecewise
from chainrule.core.trace import bind
from chainrule.primitives.index_keys import ARRAY, FULL
from chainrule.primitives.table import TABLE

STRUCTURED = {p.name: p for p in TABLE if not isinstance(p, Elementwise)}
SEEDS = st.integers(0, 2**32 - 1)
SIZE = 2  # of a batch


def real(*shapes):
    return lambda rng: [rng.normal(size=shape) for shape in shapes]


def complex_(*shapes):
    return lambda rng: [rng.normal(size=shape) + 1j * rng.normal(size=shape) for shape in shapes]


def apart(*shape):
    """Draw elements that differ by 0.1 at least, and from zero by 0.05."""
    count = int(np.prod(shape))
    return lambda rng: [
        (rng.permutation(count) - count // 2 + 0.5 + rng.uniform(-0.4, 0.4, count)).reshape(shape) * 0.5
    ]


def regular(*shape, dtype=float):
    def draw(rng):
        size = min(shape[-2:])
        a = np.zeros(shape, dtype)
        a[..., np.arange(size), np.arange(size)] = 1.0 + 1.5 * np.arange(size)
        noise = rng.uniform(-1, 1, shape) + (1j * rng.uniform(-1, 1, shape) if dtype is complex else 0)
        return [a + 0.25 * noise]

    return draw


def positive_definite(rng):
    (a,) = regular(3, 3)(rng)
    return [a @ a.T + np.eye(3)]


def near_identity(rng):
    """Draw a real matrix of which the logarithm and the roots are real."""
    return [np.eye(2) + 0.2 * rng.uniform(-1, 1, (2, 2))]


def turning_back(rng):
    """Draw a real matrix of which the logarithm and the square root are complex."""
    return [np.diag([-1.0, 2.0]) + 0.2 * rng.uniform(-1, 1, (2, 2))]


def turning(rng):
    """Draw a real matrix with complex eigenvalues."""
    (a,) = regular(3, 3)(rng)
    return [a + np.array([[0.0, -3.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 3.0]])]


def permuted(rng):
    return [rng.permutation(4)]


def both(*draws):
    return lambda rng: [operand for draw in draws for operand in draw(rng)]


def ints(high, *shape):
    return lambda rng: [rng.integers(0, high, size=shape)]


def bools(*shape):
    return lambda rng: [rng.integers(0, 2, size=shape).astype(bool)]


def extremes(rng):
    (x,) = apart(2, 3)(rng)
    return [x, np.max(x, axis=1, keepdims=True)]


def searched(rng):
    return [np.sort(apart(5)(rng)[0]), rng.normal(size=3)]


def distinct(rng):
    return [np.arange(3) + rng.uniform(-0.2, 0.2, 3)]


def half_spectrum(size):
    """Draw what a spectrum of a real vector of that length starts with."""
    return complex_((2, size // 2 + 1))


A0, A1, A01 = {"axis": (0,)}, {"axis": (1,)}, {"axis": (0, 1)}
K, D = {"keepdims": True}, {"keepdims": False}
REDUCED = tuple((real((2, 3)), {**a, **k}) for a in (A0, A1, A01) for k in (K, D))
ORDERED = tuple((apart(2, 3), {**a, **k}) for a in (A0, A1, A01) for k in (K, D))
SPREAD = tuple((draw, {**p, "ddof": d}) for draw, p in REDUCED for d in (0, 0.5))
POSITIONS = tuple((apart(2, 3), {"axis": axis, **k}) for axis in (0, 1) for k in (K, D))
NORMS = (
    *((apart(2, 3), {"order": o, "axis": (1,), **k, "is_matrix": False}) for o in (None, 1, 2, 3, np.inf, -np.inf)
      for k in (K, D)),
    *((regular(3, 3), {"order": o, "axis": (0, 1), **k, "is_matrix": True})
      for o in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf) for k in (K, D)),
    (real((2, 2, 3)), {"order": "fro", "axis": (2, 0), "keepdims": True, "is_matrix": True}),
    (real((2, 2, 3)), {"order": "nuc", "axis": (2, 0), "keepdims": True, "is_matrix": True}),
)  # fmt: skip
ROWS = {"template": ARRAY}
MIXED = {"template": (ARRAY, FULL, ARRAY)}
SQUARE = (regular(3, 3), {}), (regular(2, 3, 3), {}), (regular(3, 3, dtype=complex), {})
WRITES = (
    (real((4, 3), (3,)), {"template": 1}),
    (real((4, 3), ()), {"template": (slice(None, None, 2), None, 1)}),
    (both(real((4, 3), (2, 3)), ints(4, 2)), ROWS),
    (both(real((4, 3), (3,)), ints(4, 5)), ROWS),
    (both(real((4, 2, 3), (2, 2)), ints(4, 2), ints(3, 2)), MIXED),
    (both(complex_((4, 3), (2, 3)), ints(4, 2)), ROWS),
)
LAST, FIRST = {"axis": -1, "norm": "backward"}, {"axis": -2, "norm": "ortho"}
SAMPLES = {
    "fft": ((complex_((2, 5)), LAST), (real((4, 2)), FIRST)),
    "ifft": ((complex_((2, 5)), LAST), (real((4, 2)), FIRST)),
    "rfft": ((real((2, 5)), LAST), (real((2, 6)), {**LAST, "norm": "forward"}), (real((4, 2)), FIRST)),
    "irfft": ((half_spectrum(5), {**LAST, "size": 5}), (half_spectrum(6), {**LAST, "size": 6, "norm": "ortho"})),
    "real": ((complex_((2, 3)), {}),),
    "imag": ((complex_((2, 3)), {}),),
    "conjugate": ((complex_((2, 3)), {}),),
    "absolute_complex": ((complex_((2, 3)), {}),),
    "softplus": ((real((3,)), {}), (real(()), {})),
    "relu": ((apart(4), {}),),
    "diagonal": tuple((real((2, 3, 4)), {"offset": k}) for k in (-1, 0, 2, 4)),
    "diagonal_matrix": (
        (real((2, 2)), {"rows": 3, "columns": 4, "offset": -1}),
        (complex_((3,)), {"rows": 3, "columns": 5, "offset": 2}),
    ),
    "sum": (*REDUCED, (complex_((2, 3)), {**A0, **D})),
    "prod": (*REDUCED, (complex_((2, 3)), {**A1, **D})),
    "logsumexp": REDUCED,
    "mean": REDUCED,
    "var": (*SPREAD, (complex_((2, 3)), {**A1, **D, "ddof": 0})),
    "std": SPREAD,
    "max": ORDERED,
    "min": ORDERED,
    "sort": ((apart(2, 3), {"axis": 0}), (apart(2, 3), {"axis": 1})),
    "partition": ((apart(2, 5), {"kth": (2,), "axis": 1}), (apart(5, 2), {"kth": (1, 3), "axis": 0})),
    "shares": ((extremes, A1),),
    "argmax": POSITIONS,
    "argmin": POSITIONS,
    "argsort": ((apart(2, 3), {"axis": 0, "kind": None}), (apart(2, 3), {"axis": 1, "kind": "stable"})),
    "argpartition": ((apart(2, 5), {"kth": (2,), "axis": 1}),),
    "argwhere": ((apart(2, 3), {}),),
    "count_nonzero": REDUCED,
    "any": REDUCED,
    "all": REDUCED,
    "searchsorted": ((searched, {"side": "left"}), (searched, {"side": "right"})),
    "cumsum": ((real((2, 3)), {"axis": 0}), (real((2, 3)), {"axis": 1})),
    "recurrence": (
        (real((2, 5), (2, 4)), {"axis": 1}),
        (real((5, 2), (4, 2)), {"axis": 0}),
        (complex_((3,), (2,)), {"axis": 0}),
        (real((3, 40), (2, 40)), {"axis": 0}),
    ),
    "cumprod": ((real((2, 5)), {"axis": 0}), (real((2, 5)), {"axis": 1}), (complex_((3,)), {"axis": 0})),
    "cummax": ((apart(2, 3), {"axis": 0}), (apart(2, 3), {"axis": 1}), (apart(5), {"axis": 0})),
    "cummin": ((apart(2, 3), {"axis": 0}), (apart(2, 3), {"axis": 1}), (apart(5), {"axis": 0})),
    "convolve": tuple(
        (draw, {"mode": mode})
        for mode in ("full", "valid")
        for draw in (real((4,), (2,)), real((2,), (4,)), complex_((3,), (2,)))
    ),
    "reshape": ((real((2, 3)), {"shape": (3, 2)}), (real((2, 3)), {"shape": (6,)}), (real((1,)), {"shape": ()})),
    "transpose": ((real((2, 3, 4)), {"axes": (2, 0, 1)}), (real((2, 3)), {"axes": (1, 0)})),
    "broadcast_to": ((real((3, 1)), {"shape": (2, 3, 4)}), (real(()), {"shape": (2,)})),
    "concatenate": ((real((2, 3), (1, 3)), {"axis": 0}), (real((2, 3), (2, 1), (2, 2)), {"axis": 1})),
    "stack": ((real((2,), (2,), (2,)), {}), (real((), ()), {})),
    "pad": ((real((2, 3)), {"widths": ((1, 0), (2, 1))}),),
    "flip": ((real((2, 3)), {"axis": (0,)}), (real((2, 3)), {"axis": (0, 1)})),
    "roll": ((real((3, 4)), {"shift": (1,), "axis": (1,)}), (real((3, 4)), {"shift": (2, -1), "axis": (0, 1)})),
    "astype": ((real((3,)), {"dtype": np.dtype(complex)}),),
    "truncate": ((real((3,)), {"dtype": np.dtype(int)}), (real((3,)), {"dtype": np.dtype(bool)})),
    "where": (
        (both(real((2, 3), (2, 3)), bools(2, 3)), {}),
        (both(real((3,), ()), bools(2, 1)), {}),
        (both(complex_((3,)), real((3,)), bools(3)), {}),
    ),
    "index": (
        (real((4, 3)), {"template": 1}),
        (real((4, 3)), {"template": (Ellipsis, None, slice(None, None, -2))}),
        (both(real((4, 3)), ints(4, 5)), ROWS),
        (both(real((4, 3)), ints(4, 2, 2)), ROWS),
        (both(real((4, 2, 3)), ints(4, 2), ints(3, 2)), MIXED),
        (both(real((4, 3)), ints(3, 2)), {"template": (slice(1, None), ARRAY)}),
    ),
    "index_set": (*WRITES, (real((4, 3), (1, 3)), {"template": 0})),
    "index_add": WRITES,
    "last_written": ((ints(3, 4), {**ROWS, "shape": (3, 2)}),),
    "matmul": (*(
        (real(a, b), {})
        for a, b in (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3,)),
                     ((3,), (5, 3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)))
    ), (complex_((2, 3), (3, 2)), {})),
    "einsum": (
        (real((2, 3), (3, 4)), {"subscripts": "ij,jk->ki"}),
        (real((3, 3)), {"subscripts": "ii->i"}),
        (real((3, 3)), {"subscripts": "ii->"}),
        (real((2, 3), (3,), (2,)), {"subscripts": "ij,j,i->"}),
        (real((2, 3), (4,)), {"subscripts": "ij,k->k"}),
        (complex_((2, 3), (3,)), {"subscripts": "ij,j->i"}),
    ),
    "cross": ((real((3,), (3,)), {}), (real((2, 3), (2, 3)), {}), (real((2, 3), (3,)), {})),
    "kron": ((real((2,), (3,)), {}), (real((2, 3), (2, 2)), {}), (real((2,), (2, 2)), {})),
    "inv": SQUARE,
    "pinv": (*SQUARE, (regular(3, 2), {}), (regular(2, 3), {})),
    "solve": (
        (both(regular(3, 3), real((3,))), {}),
        (both(regular(3, 3), real((3, 2))), {}),
        (both(regular(2, 3, 3), real((3,))), {}),
        (both(regular(2, 3, 3), real((3, 2))), {}),
        (both(regular(3, 3), real((2, 3, 2))), {}),
        (both(regular(3, 3, dtype=complex), complex_((3,))), {}),
    ),
    "det": SQUARE,
    "cofactor": SQUARE,
    "slogdet": SQUARE,
    "nearly_singular": ((regular(3, 3), {}),),
    "cholesky": ((positive_definite, {}), (positive_definite, {"upper": True})),
    "eigh": ((positive_definite, {}), (positive_definite, {"uplo": "U"})),
    "eig": (*SQUARE, (turning, {})),
    "eigvals": (*SQUARE, (turning, {})),
    "eigvalsh": ((positive_definite, {}), (positive_definite, {"uplo": "U"})),
    "svd": ((regular(3, 3), {}), (regular(4, 3), {}), (regular(3, 4), {}), (regular(4, 3), {"full": True})),
    "singular_values": ((regular(3, 3), {}), (regular(4, 3), {}), (regular(3, 4), {})),
    "qr": ((regular(3, 3), {}), (regular(4, 3), {}), (regular(3, 4), {}), (regular(4, 3), {"mode": "complete"})),
    "inverse_gaps": ((distinct, {}),),
    "matrix_rank": ((regular(3, 3), {}),),
    "expm": (*SQUARE, (turning, {})),
    "logm": ((near_identity, {}), (turning_back, {})),
    "sqrtm": ((near_identity, {}), (turning_back, {}), (regular(2, 2, 2, dtype=complex), {})),
    "sylvester": (
        (both(near_identity, near_identity, real((2, 2))), {}),
        (both(regular(2, 2), regular(3, 3), real((2, 2, 3))), {}),
        (both(regular(3, 3, dtype=complex), regular(2, 2), complex_((3, 2))), {}),
    ),
    **{
        name: (
            (both(regular(2, 2), real((2, 3)), near_identity, regular(3, 3)), {}),
            (both(regular(2, 2, dtype=complex), real((2, 2)), near_identity, near_identity), {}),
        )
        for name in ("riccati", "discrete_riccati")
    },
    "lu_decomposition": ((regular(3, 3), {}), (regular(2, 4, 3), {}), (regular(2, 3, dtype=complex), {})),
    "exchanges": ((permuted, {}),),
    "order_of_exchanges": ((lambda rng: [rng.integers(np.arange(4), 4)], {}),),
    "polar": ((regular(3, 3), {}), (regular(2, 4, 3), {}), (regular(3, 3, dtype=complex), {})),
    "norm": NORMS,
    "euclidean_norm": (*REDUCED, (complex_((2, 3)), {**A1, **D})),
}  # fmt: skip

CASES = [(name, place) for name in SAMPLES for place in range(len(SAMPLES[name]))]
sampled = pytest.mark.parametrize(("name", "place"), CASES, ids=[f"{name}-{place}" for name, place in CASES])
SMOOTH = [case for case in CASES if not isinstance(STRUCTURED.get(case[0]), Piecewise)]
smooth = pytest.mark.parametrize(("name", "place"), SMOOTH, ids=[f"{name}-{place}" for name, place in SMOOTH])
STEPS = [case for case in CASES if case not in SMOOTH]
steps = pytest.mark.parametrize(("name", "place"), STEPS, ids=[f"{name}-{place}" for name, place in STEPS])


def several(out):
    return out if isinstance(out, tuple) else (out,)


def sampled_call(name, place, rng):
    """Return the primitive as a function of its real and complex operands, those, and all operands."""
    draw, parameters = SAMPLES[name][place]
    operands = [np.asarray(x) for x in draw(rng)]
    places = [i for i, x in enumerate(operands) if x.dtype.kind in "fc"]

    def function(*parts):
        full = list(operands)
        for at, part in zip(places, parts, strict=True):
            full[at] = part
        return bind(STRUCTURED[name], full, parameters)

    return function, tuple(operands[i] for i in places), operands, parameters


def like(rng, x):
    x = np.asarray(x)
    drawn = rng.normal(size=x.shape)
    return drawn + 1j * rng.normal(size=x.shape) if x.dtype.kind == "c" else drawn


def inner(us, vs):
    """Return Re<u, v>, summed over the parts."""
    return sum(np.sum(np.real(np.conj(u) * v)) for u, v in zip(us, vs, strict=True))


def limit(f, h=2e-3):
    """The central difference quotient, extrapolated twice to h = 0, of each part."""
    a, b, c = (
        [(x - y) / (2 * s) for x, y in zip(several(f(s)), several(f(-s)), strict=True)] for s in (h, h / 2, h / 4)
    )
    return [((4 * z - y) / 3 * 16 - (4 * y - x) / 3) / 15 for x, y, z in zip(a, b, c, strict=True)]


def along(function, parts, ts):
    return lambda h: function(*(x + h * t for x, t in zip(parts, ts, strict=True)))


def as_at_zero(f):
    """Return f, whose eigenvectors have the order and the signs of those at 0: LAPACK may choose others nearby."""
    _, first = f(0.0)

    def matched(h):
        values, vectors = f(h)
        overlaps = np.conj(np.swapaxes(first, -1, -2)) @ vectors
        order = np.argmax(np.abs(overlaps), axis=-1)
        signs = np.sign(np.real(np.take_along_axis(overlaps, order[..., None], -1)[..., 0]))
        moved = np.take_along_axis(vectors, order[..., None, :], -1)
        return np.take_along_axis(values, order, -1), moved * signs[..., None, :]

    return matched


def close(got, wanted, tolerance):
    for a, b in zip(several(got), wanted, strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_every_primitive_that_is_not_elementwise_has_a_sample():
    missing = sorted(name for name in STRUCTURED if not SAMPLES.get(name))
    assert not missing, f"add to SAMPLES, for each of {missing}: (a function drawing operands, its parameters)"
    unknown = sorted(SAMPLES.keys() - STRUCTURED.keys())
    assert not unknown, f"remove from SAMPLES: {unknown} name no primitive of the table that is not elementwise"


@sampled
@settings(deadline=None, max_examples=2)
@given(seed=SEEDS)
def test_value_of_traced_operands_is_numpys(name, place, seed):
    function, parts, operands, parameters = sampled_call(name, place, np.random.default_rng(seed))
    kept = [x.copy() for x in operands]
    plain = STRUCTURED[name].value(*operands, **parameters)
    value = cr.vjp(function, *parts)[0] if parts else function()
    for a, b in zip(several(value), several(plain), strict=True):
        np.testing.assert_array_equal(a, b)
    for x, before in zip(operands, kept, strict=True):
        np.testing.assert_array_equal(x, before)


@smooth
@settings(deadline=None, max_examples=2)
@given(seed=SEEDS)
def test_forward_is_the_limit_and_reverse_its_transpose(name, place, seed):
    rng = np.random.default_rng(seed)
    function, parts, operands, _ = sampled_call(name, place, rng)
    kept = [x.copy() for x in operands]
    ts = tuple(0.1 * like(rng, x) for x in parts)
    out, tangent = cr.jvp(function, parts, ts)
    moved = along(function, parts, ts)
    close(tangent, limit(as_at_zero(moved) if name == "eig" else moved), 1e-6)
    value, pullback = cr.vjp(function, *parts)
    us = tuple(like(rng, part) for part in several(out))
    cts = pullback(us if isinstance(value, tuple) else us[0])
    assert [np.shape(ct) for ct in cts] == [x.shape for x in parts]
    np.testing.assert_allclose(inner(cts, ts), inner(us, several(tangent)), rtol=1e-8, atol=1e-9)
    for x, before in zip(operands, kept, strict=True):
        np.testing.assert_array_equal(x, before)


@smooth
@settings(deadline=None, max_examples=1)
@given(seed=SEEDS)
def test_second_derivative_in_both_orders_of_modes(name, place, seed):
    rng = np.random.default_rng(seed)
    function, parts, _, _ = sampled_call(name, place, rng)
    ts = tuple(0.1 * like(rng, x) for x in parts)
    us = tuple(like(rng, part) for part in several(function(*parts)))
    every = tuple(range(len(parts)))
    gradient = cr.grad(lambda *xs: inner(us, [o * o for o in several(function(*xs))]), argnums=every)
    expected = limit(along(gradient, parts, ts))
    close(cr.jvp(gradient, parts, ts)[1], expected, 1e-5)
    close(cr.grad(lambda *xs: inner(gradient(*xs), ts), argnums=every)(*parts), expected, 1e-5)


@steps
def test_a_step_has_derivative_zero(name, place):
    function, parts, _, _ = sampled_call(name, place, np.random.default_rng(1))
    if parts:
        gradients = cr.grad(lambda *xs: np.sum(1.5 * function(*xs)), argnums=tuple(range(len(parts))))(*parts)
        close(gradients, [np.zeros(x.shape) for x in parts], 0)
    else:
        assert np.asarray(function()).dtype.kind in "bi"


@sampled
@settings(deadline=None, max_examples=2)
@given(seed=SEEDS)
def test_a_batch_of_all_operands_or_one_is_a_loop(name, place, seed):
    rng = np.random.default_rng(seed)
    primitive = STRUCTURED[name]
    # Batched alone, shares meets another row's extreme, which none of its elements is: 0/0 in the loop and in the batch alike.
    unmet = "ignore" if name == "shares" else "warn"
    rows = [sampled_call(name, place, rng)[2] for _ in range(SIZE)]
    parameters = SAMPLES[name][place][1]

    def call(*operands):
        return bind(primitive, operands, parameters)

    count = len(rows[0])
    choices = {(True,) * count, *(tuple(i == j for j in range(count)) for i in range(count))}
    with np.errstate(invalid=unmet):
        for flags in sorted(choices):
            args = [np.stack([row[i] for row in rows]) if flag else rows[0][i] for i, flag in enumerate(flags)]
            mapped = cr.vmap(call, in_axes=tuple(0 if flag else None for flag in flags))
            loop = [several(call(*(row[i] if flag else rows[0][i] for i, flag in enumerate(flags)))) for row in rows]
            for got, wanted in zip(several(mapped(*args)), zip(*loop, strict=True), strict=True):
                assert np.shape(got) == np.shape(np.stack(wanted))
                np.testing.assert_allclose(got, np.stack(wanted), rtol=1e-9, atol=1e-10)
