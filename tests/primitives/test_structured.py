"""Proves of every primitive that is not elementwise, by its being listed, what a rule promises.

The calls below are recorded; each operation that they are made of is then taken by itself, with the operands and parameters
that it was given: forward mode agrees with the limit definition, reverse mode is its transpose, both orders of modes give the
same second derivatives, a batch is a loop. A listed primitive that no call uses fails the first test.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.core.graph import ITEM
from chainrule.core.primitive import Elementwise, Piecewise
from chainrule.core.trace import bind
from chainrule.primitives.special import RELU, SOFTPLUS
from chainrule.primitives.table import TABLE
from chainrule.tracing.record import record

# These two decide a case inside the rules of index_set and det, where no call meets them; they are tested with those rules.
INSIDE_RULES = {"last_written", "nearly_singular"}
STRUCTURED = [p for p in TABLE if not isinstance(p, Elementwise) and p.name not in INSIDE_RULES]
SEEDS = st.integers(0, 9)
ROWS = np.array([0, 2])

# Functions of a regular 3 x 3 matrix; together they use every primitive that is not elementwise.
CALLS = (
    lambda x: np.real(x * (1 + 2j)) + np.imag(np.conj(x * (2 - 1j))) + np.abs(x * (1 + 1j)),
    lambda x: bind(SOFTPLUS, (x,)) + bind(RELU, (x,)),
    lambda x: np.sum(x, axis=0) + np.prod(x, axis=1) + np.logaddexp.reduce(x, axis=0),
    lambda x: np.mean(x, axis=0) + np.var(x, axis=1) + np.std(x, axis=0),
    lambda x: np.max(x, axis=0) + np.min(x, axis=1) + np.sort(x, axis=0)[0] + np.partition(x, 1, axis=1)[:, 0],
    lambda x: np.argmax(x) + np.argmin(x) + np.argsort(x, axis=0) + np.argpartition(x, 1, axis=0),
    lambda x: (np.argwhere(x > 0), np.count_nonzero(x), np.any(x > 0), np.all(x > 0), np.median(x))[-1],
    lambda x: np.searchsorted(np.sort(np.ravel(x)), 0.5) + np.sum(x.astype(int)),
    lambda x: np.cumsum(x, axis=0) + np.cumprod(x, axis=1) + np.convolve(x[0], x[1])[:3],
    lambda x: np.broadcast_to(np.transpose(x), (2, 3, 3)) + np.concatenate([x, x])[:3] + np.stack([x, x])[0],
    lambda x: np.pad(x, 1)[1:4, 1:4] + np.flip(x, 0) + np.roll(x, 1, axis=1) + np.real(x.astype(complex)),
    lambda x: np.where(x > 0, x, x**2) + np.reshape(np.ravel(x), (3, 3)) + x[ROWS][:, :1].sum(),
    lambda x: assigned(x),
    lambda x: np.matmul(x, x) + np.einsum("ij,jk->ik", x, x) + np.cross(x, x[0]) + np.kron(x, x)[:3, :3],
    lambda x: np.linalg.inv(x) + np.linalg.pinv(x) + np.linalg.solve(x, x.T) + np.linalg.det(x),
    lambda x: np.linalg.slogdet(x)[1] + np.linalg.cholesky(x @ x.T + np.eye(3)) + np.linalg.norm(x, axis=0),
    lambda x: np.linalg.eigh(x + x.T)[0] + np.linalg.eigvalsh(x + x.T) + np.linalg.qr(x)[1],
    lambda x: np.linalg.svd(x)[1] + np.linalg.svd(x, compute_uv=False) + np.linalg.matrix_rank(x),
    lambda x: cr.grad(lambda y: np.linalg.det(y) + np.sum(np.max(y, axis=0)))(x),
    lambda x: cr.grad(lambda y: np.sum(np.linalg.eigh(y + y.T)[1][0]) + assigned(y).sum() + np.linalg.norm(y))(x),
)  # fmt: skip


def assigned(x):
    y = x.copy()
    y[0] = 2 * x[1]
    y[np.array([1, 2])] = x[np.array([2, 1])]
    np.add.at(y, np.array([0, 0]), x[0])
    return y


def matrix(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.diag([1.0, 2.0, 3.5]) + 0.3 * rng.uniform(-1, 1, size=(3, 3)) + 0.01 * np.arange(9).reshape(3, 3)


@functools.cache
def operations(seed: int) -> dict[str, list]:
    """Return the recorded operations of all calls, by the primitive's name: (operands, parameters)."""
    found: dict[str, list] = {}
    for call in CALLS:
        for node in record(call, [matrix(seed)]).nodes:
            for primitive in {node.primitive, *(scope for scope, _ in node.scopes)}:
                if primitive is not None and primitive is not ITEM:
                    found.setdefault(primitive.name, [])
            if node.primitive is not None and node.primitive is not ITEM:
                found[node.primitive.name].append((list(node.operands), node.parameters))
    return found


def test_every_listed_primitive_is_used_by_a_call():
    missing = sorted({p.name for p in STRUCTURED} - operations(0).keys())
    assert not missing, f"add a call that uses {', '.join(missing)} to CALLS"


def moving(operand) -> bool:
    return np.asarray(operand).dtype.kind in "fc"


def alone(primitive, operands, parameters):
    """Return the operation as a function of its real and complex operands, with one real array as its result."""
    places = [i for i, operand in enumerate(operands) if moving(operand)]

    def function(*parts):
        full = list(operands)
        for place, part in zip(places, parts, strict=True):
            full[place] = part
        out = bind(primitive, full, parameters)
        outs = out if isinstance(out, tuple) else (out,)
        return sum(np.sum(np.cos(1 + i) * np.real(part) + np.imag(part)) for i, part in enumerate(outs))

    return function, tuple(np.asarray(operands[place])[()] for place in places)


def along(function, parts, directions):
    return lambda h: function(*(part + h * d for part, d in zip(parts, directions, strict=True)))


def limit(f, h=1e-3):
    a, b, c = ((f(h / k) - f(-h / k)) / (2 * h / k) for k in (1, 2, 4))
    return (16 * (4 * c - b) / 3 - (4 * b - a) / 3) / 15


@pytest.mark.parametrize("primitive", STRUCTURED, ids=lambda p: p.name)
@settings(deadline=None, max_examples=3)
@given(seed=SEEDS)
def test_the_derivative_is_the_limit_and_reverse_its_transpose(primitive, seed):
    rng = np.random.default_rng(seed)
    for operands, parameters in operations(seed)[primitive.name][:4]:
        function, parts = alone(primitive, operands, parameters)
        if not parts:
            continue
        kept = [part.copy() for part in parts]
        directions = tuple(rng.normal(size=part.shape) * (1 if part.dtype.kind == "f" else 1 + 0.5j) for part in parts)
        if isinstance(primitive, Piecewise):
            shares = cr.grad(function, argnums=tuple(range(len(parts))))(*parts)
            assert all(not np.any(share) for share in shares)
            continue
        _, tangent = cr.jvp(function, parts, directions)
        shares = cr.grad(function, argnums=tuple(range(len(parts))))(*parts)
        inner = sum(np.sum(np.real(np.conj(s) * d)) for s, d in zip(shares, directions, strict=True))
        np.testing.assert_allclose(inner, tangent, rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(tangent, limit(along(function, parts, directions)), rtol=1e-5, atol=1e-6)
        for part, before in zip(parts, kept, strict=True):
            np.testing.assert_array_equal(part, before)


@pytest.mark.parametrize("primitive", STRUCTURED, ids=lambda p: p.name)
@settings(deadline=None, max_examples=2)
@given(seed=SEEDS)
def test_second_derivatives_agree_in_both_modes(primitive, seed):
    rng = np.random.default_rng(seed)
    for operands, parameters in operations(seed)[primitive.name][:2]:
        function, parts = alone(primitive, operands, parameters)
        if not parts or isinstance(primitive, Piecewise) or any(part.dtype != np.float64 for part in parts):
            continue
        directions = tuple(rng.normal(size=part.shape) for part in parts)
        places = tuple(range(len(parts)))

        def slope(*xs, f=function, d=directions):
            return cr.jvp(f, xs, d)[1]

        mixed = cr.hvp(function, parts, directions)
        mixed = mixed if isinstance(mixed, tuple) else (mixed,)
        for first, second in zip(mixed, cr.grad(slope, argnums=places)(*parts), strict=True):
            np.testing.assert_allclose(first, second, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("primitive", STRUCTURED, ids=lambda p: p.name)
@settings(deadline=None, max_examples=2)
@given(seed=SEEDS)
def test_a_batch_is_a_loop(primitive, seed):
    rows = [operations(seed + step)[primitive.name] for step in range(2)]
    for first, second in list(zip(*rows, strict=False))[:3]:
        (a, parameters), (b, others) = first, second
        if [np.shape(x) for x in a] != [np.shape(x) for x in b] or str(parameters) != str(others):
            continue
        stacked = [np.stack([x, y]) for x, y in zip(a, b, strict=True)]
        try:
            loop = [bind(primitive, row, parameters) for row in (a, b)]
            batch = cr.vmap(lambda *xs, p=parameters: bind(primitive, xs, p))(*stacked)
        except cr.ShapeError:  # a result whose shape depends on the values, such as argwhere
            assert primitive.name == "argwhere"
            continue
        for part in range(len(batch) if isinstance(batch, tuple) else 1):
            pick = (lambda out, i=part: out[i]) if isinstance(batch, tuple) else (lambda out: out)
            np.testing.assert_allclose(pick(batch), np.stack([pick(out) for out in loop]), rtol=1e-8, atol=1e-9)


def test_composites_are_their_bodies():
    x = matrix(1)
    np.testing.assert_array_equal(bind(SOFTPLUS, (x,)), np.logaddexp(0, x))
    np.testing.assert_array_equal(bind(RELU, (x,)), np.maximum(0, x))
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(bind(SOFTPLUS, (x,))))(x), scipy.special.expit(x))
