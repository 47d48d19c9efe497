"""Tests that every primitive of the table can be explained on arrays, and that what is shown of it is right.

`explain_arrays` evaluates each formula and compares it with the engine; here nothing may be refused.
"""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.core.primitive import Elementwise
from chainrule.core.trace import bind
from chainrule.explain.matrix.explain_arrays import explain_arrays
from chainrule.primitives.integer import INTEGER_PRIMITIVES
from chainrule.primitives.special import NoRule
from chainrule.primitives.table import TABLE

WHOLE = {primitive.name for primitive in INTEGER_PRIMITIVES} | {"ldexp"}  # of whole numbers
ELEMENTWISE = [
    each
    for each in TABLE
    if isinstance(each, Elementwise)
    and each.name not in WHOLE
    and not any(isinstance(partial, NoRule) for partial in each.partials)
]
A = np.array([[2.0, 0.3, 0.1], [0.2, 1.5, 0.4], [0.0, 0.1, 3.0]])
X = np.array([[0.3, -1.2, 0.8], [1.1, 0.4, -0.5]])
V = np.array([0.5, -0.7, 1.9])
STRUCTURED = {
    "sum": lambda x: np.sum(np.sum(x, axis=0) ** 2),
    "mean": lambda x: np.sum(np.mean(x, axis=1, keepdims=True) * x),
    "var": lambda x: np.sum(np.var(x, axis=0) ** 2),
    "std": lambda x: np.std(x),
    "prod": lambda x: np.sum(np.prod(x, axis=1) ** 2),
    "logsumexp": lambda x: np.sum(np.logaddexp.reduce(x, axis=0)),
    "max": lambda x: np.sum(np.max(x, axis=1) ** 2),
    "min": lambda x: np.min(x),
    "sort": lambda x: np.sum(np.sort(x, axis=1) * x),
    "cumsum": lambda x: np.sum(np.cumsum(x, axis=1) ** 2),
    "cumprod": lambda x: np.sum(np.cumprod(x, axis=0) ** 2),
    "reshape": lambda x: np.sum(np.reshape(x, (3, 2)) @ x),
    "transpose": lambda x: np.sum(np.exp(x.T) @ x),
    "broadcast": lambda x: np.sum(np.broadcast_to(x, (4, 2, 3)) * np.arange(24.0).reshape(4, 2, 3)),
    "concatenate": lambda x: np.sum(np.concatenate([x, x**2]) ** 3),
    "stack": lambda x: np.sum(np.stack([x[0], x[1] ** 2]) ** 2),
    "pad": lambda x: np.sum(np.pad(x, 1) ** 2),
    "flip": lambda x: np.sum(np.flip(x, 1) * x),
    "roll": lambda x: np.sum(np.roll(x, 1, 1) * x),
    "where": lambda x: np.sum(np.where(x > 0, x**2, 3 * x)),
    "index": lambda x: np.sum(x[1] ** 2) + x[0, 2] + np.sum(x[:, [0, 0, 2]] ** 2),
    "assignment": lambda x: np.sum(_assigned(x)),
    "norm": lambda x: np.linalg.norm(x, axis=1) @ np.array([1.0, 2.0]),
    "nuclear norm": lambda x: np.linalg.norm(x, "nuc"),
    "cross": lambda x: np.sum(np.cross(x[0], x[1]) ** 2),
    "kron": lambda x: np.sum(np.kron(x, x) ** 2),
    "outer": lambda x: np.sum(np.outer(x[0], x[1]) ** 2),
    "convolve": lambda x: np.sum(np.convolve(x[0], x[1]) ** 2),
    "stacks": lambda x: np.sum(np.matmul(np.stack([x, x]), x.T) ** 2),
    "einsum": lambda x: np.einsum("ij,kj,ik->", x, x, np.eye(2)),
    "relu": lambda x: np.sum(np.maximum(x, 0) ** 2),
    "clip": lambda x: np.sum(np.clip(x, -1, 0.5) ** 2),
    "absolute": lambda x: np.sum(np.abs(x) * x),
}
SQUARE = {
    "inv": lambda a: np.sum(np.linalg.inv(a) ** 2),
    "solve": lambda a: np.sum(np.linalg.solve(a, V) ** 2),
    "det": lambda a: np.linalg.det(a),
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "cholesky": lambda a: np.sum(np.linalg.cholesky(a @ a.T)),
    "eigvalsh": lambda a: np.sum(np.linalg.eigvalsh(a + a.T) ** 2),
    "eigh": lambda a: np.sum(np.linalg.eigh(a + a.T)[0] ** 2),
    "svd": lambda a: np.sum(np.linalg.svd(a, compute_uv=False) ** 3),
    "qr": lambda a: np.sum(np.linalg.qr(a)[1] ** 2),
    "pinv": lambda a: np.sum(np.linalg.pinv(a)),
    "trace": lambda a: np.trace(a @ a),
    "diagonal": lambda a: np.sum(np.diag(a) ** 2),
}


def _assigned(x):
    y = x.copy()
    y[0] = 2 * y[1]
    return y**2


def explained(fun, *args):
    d = explain_arrays(fun, args)
    assert d.verified < 1e-6
    assert max(map(len, str(d).splitlines())) <= 100
    for step in d.steps:
        assert step.to_latex()
        assert str(step)
    return d


@pytest.mark.parametrize("primitive", ELEMENTWISE, ids=lambda each: each.name)
def test_elementwise(primitive):
    random = np.random.default_rng(0)
    count = len(primitive.partials)
    domains = primitive.domain if isinstance(primitive.domain[0], tuple) else (primitive.domain,) * count
    args = [random.uniform(*domain, size=(2, 3)) for domain in domains]
    d = explained(lambda *xs: np.sum(bind(primitive, xs) * 1.5), *args)
    assert len(d.gradients) == count


@pytest.mark.parametrize(("fun", "args"), [*((f, (X,)) for f in STRUCTURED.values()), *((f, (A,)) for f in SQUARE.values())],
                         ids=[*STRUCTURED, *SQUARE])  # fmt: skip
def test_structured(fun, args):
    explained(fun, *args)
