"""The records of linear algebra against NumPy's values, the limit definition, and <u, J v> = <J* u, v>."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.primitive import Multilinear
from chainrule.errors import NotDifferentiableError
from chainrule.primitives.decompositions import CHOLESKY, EIGH, EIGVALSH, INVERSE_GAPS, QR, SINGULAR_VALUES, SVD
from chainrule.primitives.linear_algebra import LINEAR_ALGEBRA_PRIMITIVES
from chainrule.primitives.norms import EUCLIDEAN_NORM
from chainrule.primitives.products import CROSS, EINSUM, KRON, MATMUL
from chainrule.primitives.solves import COFACTOR, DET, INV, PINV, SLOGDET, SOLVE

STEP = 1e-6


def draw(seed: int, shape: tuple[int, ...], kind: str = "f") -> Any:
    random = np.random.default_rng([seed, *shape])
    x = random.normal(size=shape)
    return x + 1j * random.normal(size=shape) if kind == "c" else x


def real_inner(x: Any, y: Any) -> float:
    """Return Re<x, y>, of tuples too."""
    if isinstance(x, tuple):
        return sum(real_inner(each, other) for each, other in zip(x, y, strict=True))
    return float(np.real(np.sum(np.conjugate(x) * y)))


def check_push(primitive: Any, *operands: Any, tolerance: float = 1e-6, **parameters: Any) -> None:
    """Compare a declared push with a central difference, for all operands together."""
    tangents = tuple(draw(7 + position, x.shape, x.dtype.kind) for position, x in enumerate(operands))
    out = primitive.value(*operands, **parameters)
    pushed = primitive.push(out, tangents, *operands, **parameters)
    ahead = primitive.value(*(x + STEP * t for x, t in zip(operands, tangents, strict=True)), **parameters)
    behind = primitive.value(*(x - STEP * t for x, t in zip(operands, tangents, strict=True)), **parameters)
    if not isinstance(out, tuple):
        pushed, ahead, behind = (pushed,), (ahead,), (behind,)
    for got, after, before in zip(pushed, ahead, behind, strict=True):
        assert np.shape(got) == np.shape(after)
        np.testing.assert_allclose(got, (after - before) / (2 * STEP), rtol=tolerance, atol=tolerance)


def check_transposes(primitive: Multilinear, *operands: Any, **parameters: Any) -> None:
    """Check Re<ct, J t> = Re<J* ct, t> and the shapes, for each operand."""
    out = primitive.value(*operands, **parameters)
    ct = draw(3, np.shape(out), np.asarray(out).dtype.kind)
    for position, operand in enumerate(operands):
        t = draw(5, operand.shape, operand.dtype.kind)
        moved = primitive.value(*operands[:position], t, *operands[position + 1 :], **parameters)
        pulled = primitive.transposes[position](ct, *operands, **parameters)
        assert np.shape(pulled) == operand.shape
        np.testing.assert_allclose(real_inner(ct, moved), real_inner(pulled, t), rtol=1e-9, atol=1e-9)


MATMUL_SHAPES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3,)),
    ((5, 2, 3), (3, 4)),
    ((3,), (5, 3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((1, 2, 3), (5, 3, 4)),
    ((6, 1, 2, 3), (5, 3, 4)),
    ((6, 5, 2, 3), (3, 4)),
    ((0, 3), (3, 4)),
    ((2, 0), (0, 4)),
    ((2, 0), (0,)),
    ((0, 2, 3), (3, 4)),
    ((0, 2, 0), (0,)),
]


@pytest.mark.parametrize("kinds", ["ff", "fc", "cf", "cc"])
@pytest.mark.parametrize("shapes", MATMUL_SHAPES)
def test_matmul_transposes(shapes: Any, kinds: str) -> None:
    check_transposes(MATMUL, *(draw(i, s, k) for i, (s, k) in enumerate(zip(shapes, kinds, strict=True))))


def check_batch(primitive: Any, *operands: Any, tolerance: float = 1e-10, **parameters: Any) -> None:
    """Compare the batch rule with a loop, for every choice of batched operands. `operands` carry a batch axis."""
    count = operands[0].shape[0]
    for batched in itertools.product((False, True), repeat=len(operands)):
        if not any(batched):
            continue
        given = [x if flag else x[0] for x, flag in zip(operands, batched, strict=True)]
        got = primitive.batch(batched, *given, **parameters)
        rows = [
            primitive.value(
                *(x[row] if flag else x[0] for x, flag in zip(operands, batched, strict=True)), **parameters
            )
            for row in range(count)
        ]
        parts = zip(got, zip(*rows, strict=True), strict=True) if isinstance(rows[0], tuple) else [(got, rows)]
        for part, expected in parts:
            np.testing.assert_allclose(part, np.stack(expected), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("shapes", MATMUL_SHAPES)
def test_matmul_batch(shapes: Any) -> None:
    check_batch(MATMUL, *(draw(i, (4, *s)) for i, s in enumerate(shapes)))


EINSUMS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
    ("ii->", (3, 3)),
    ("ii->i", (3, 3)),
    ("iij->j", (3, 3, 2)),
    ("iii->i", (2, 2, 2)),
    ("iii->", (2, 2, 2)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("ij->ji", (2, 3)),
    ("i,j->ij", (2,), (3,)),
    ("i,i->", (3,), (3,)),
    ("bij,bjk->bik", (5, 2, 3), (5, 3, 4)),
    ("ij,kj->ik", (1, 3), (2, 1)),
    ("ij,j->", (2, 3), (1,)),
    ("ii,ij->j", (3, 3), (3, 2)),
    ("ij,k->ij", (2, 3), (4,)),
    (",i->i", (), (3,)),
    ("i,i,i,i->i", (3,), (3,), (3,), (3,)),
    ("ij,jk->ik", (0, 3), (3, 4)),
    ("ij,jk->ik", (2, 0), (0, 4)),
]


@pytest.mark.parametrize("kind", ["f", "c"])
@pytest.mark.parametrize("case", EINSUMS)
def test_einsum(case: Any, kind: str) -> None:
    subscripts, *shapes = case
    operands = [np.asarray(draw(i, s, kind)) for i, s in enumerate(shapes)]
    for optimize in (False, True):
        check_transposes(EINSUM, *operands, subscripts=subscripts, optimize=optimize)
    check_batch(EINSUM, *(draw(i, (4, *s), kind) for i, s in enumerate(shapes)), subscripts=subscripts)


def test_kron_and_cross() -> None:
    for x, y in itertools.product([(2,), (2, 3), (), (2, 1, 3)], repeat=2):
        a, b = np.asarray(draw(1, x)), np.asarray(draw(2, y))
        np.testing.assert_allclose(KRON.value(a, b), np.kron(a, b))
    a, b = draw(1, (4, 3)), draw(2, (3,))
    np.testing.assert_allclose(CROSS.value(a, b), np.cross(a, b))


SQUARES = [(3, 3), (1, 1), (4, 2, 2), (0, 0), (0, 2, 2)]


@pytest.mark.parametrize("kind", ["f", "c"])
@pytest.mark.parametrize("shape", SQUARES)
@pytest.mark.parametrize("primitive", [INV, DET, SLOGDET, COFACTOR], ids=repr)
def test_square_matrices(primitive: Any, shape: tuple[int, ...], kind: str) -> None:
    a = draw(1, shape, kind) + 2 * np.eye(shape[-1])
    check_push(primitive, a, tolerance=1e-5)
    if 0 not in shape:
        check_batch(primitive, np.stack([a, 2 * a, a + 1]))


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (3, 5, 2)])
@pytest.mark.parametrize("kind", ["f", "c"])
def test_pinv(shape: tuple[int, ...], kind: str) -> None:
    check_push(PINV, draw(1, shape, kind))


SOLVE_SHAPES = [
    ((3, 3), (3,)),
    ((3, 3), (3, 2)),
    ((4, 3, 3), (3,)),
    ((4, 3, 3), (4, 3, 2)),
    ((3, 3), (4, 3, 2)),
    ((4, 3, 3), (3, 2)),
    ((1, 3, 3), (4, 3, 3)),
    ((3, 3), (3, 0)),
    ((0, 0), (0,)),
]


@pytest.mark.parametrize("kinds", ["ff", "fc", "cf", "cc"])
@pytest.mark.parametrize("shapes", SOLVE_SHAPES)
def test_solve(shapes: Any, kinds: str) -> None:
    a, b = (draw(i, s, k) for i, (s, k) in enumerate(zip(shapes, kinds, strict=True)))
    a = a + 3 * np.eye(a.shape[-1])
    check_push(SOLVE, a, b)
    out = SOLVE.value(a, b)
    ct = draw(3, out.shape, out.dtype.kind)
    tangents = draw(5, a.shape, kinds[0]), draw(6, b.shape, kinds[1])
    pulled = SOLVE.pull(out, ct, a, b)
    assert [x.shape for x in pulled] == [a.shape, b.shape]
    np.testing.assert_allclose(real_inner(ct, SOLVE.push(out, tangents, a, b)), real_inner(pulled, tangents))
    for position, one in ((0, (tangents[0], None)), (1, (None, tangents[1]))):
        pushed = SOLVE.push(out, one, a, b)
        np.testing.assert_allclose(real_inner(ct, pushed), real_inner(pulled[position], tangents[position]), atol=1e-12)
    check_batch(SOLVE, np.stack([a, 2 * a]), np.stack([b, b + 1]))


def singular(rank: int, size: int, kind: str) -> Any:
    return draw(1, (size, rank), kind) @ draw(2, (rank, size), kind)


@pytest.mark.parametrize("kind", ["f", "c"])
@pytest.mark.parametrize("rank", [0, 1, 2])
def test_determinant_of_singular_matrices(rank: int, kind: str) -> None:
    a = singular(rank, 3, kind)
    check_push(DET, a, tolerance=1e-5)
    check_push(COFACTOR, a, tolerance=1e-5)
    mixed = np.stack([a, draw(4, (3, 3), kind)])
    check_push(DET, mixed, tolerance=1e-5)
    check_push(COFACTOR, mixed, tolerance=1e-5)


@pytest.mark.parametrize("kind", ["f", "c"])
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3), (1, 1), (0, 0)])
def test_cholesky(shape: tuple[int, ...], upper: bool, kind: str) -> None:
    x = draw(1, shape, kind)
    a = x @ np.conjugate(np.swapaxes(x, -1, -2)) + np.eye(shape[-1])
    check_push(CHOLESKY, a, upper=upper)
    check_batch(CHOLESKY, np.stack([a, 2 * a]), upper=upper)


@pytest.mark.parametrize("uplo", ["L", "U"])
def test_eigenvalues(uplo: str) -> None:
    for kind in "fc":
        check_push(EIGVALSH, draw(1, (4, 4), kind), uplo=uplo)
    check_push(EIGH, draw(1, (4, 4)), uplo=uplo)
    check_push(EIGH, draw(1, (2, 3, 3)), uplo=uplo)
    check_batch(EIGH, draw(1, (2, 3, 3)), uplo=uplo)


def test_complex_eigenvectors_span_the_same_lines() -> None:
    a, t = draw(1, (3, 3), "c"), draw(2, (3, 3), "c")
    out = EIGH.value(a)
    pushed = EIGH.push(out, (t,), a)

    def projectors(matrix: Any) -> Any:
        vectors = EIGH.value(matrix)[1]
        return np.einsum("ik,jk->kij", vectors, np.conjugate(vectors))

    moved = np.einsum("ik,jk->kij", pushed[1], np.conjugate(out[1]))
    expected = (projectors(a + STEP * t) - projectors(a - STEP * t)) / (2 * STEP)
    np.testing.assert_allclose(moved + np.conjugate(np.swapaxes(moved, 1, 2)), expected, atol=1e-6)


SVD_SHAPES = [(3, 3), (4, 2), (2, 4), (2, 3, 3), (2, 4, 3)]


@pytest.mark.parametrize("shape", SVD_SHAPES)
def test_singular_values(shape: tuple[int, ...]) -> None:
    for kind in "fc":
        check_push(SINGULAR_VALUES, draw(1, shape, kind), tolerance=1e-5)
    check_push(SVD, draw(1, shape), tolerance=1e-5)
    check_batch(SVD, draw(1, (2, *shape)))


@pytest.mark.parametrize("shape", SVD_SHAPES)
def test_complex_factors_still_multiply_to_the_matrix(shape: tuple[int, ...]) -> None:
    a, t = draw(1, shape, "c"), draw(2, shape, "c")
    u, s, vh = SVD.value(a)
    du, ds, dvh = SVD.push((u, s, vh), (t,), a)
    np.testing.assert_allclose(
        du * s[..., None, :] @ vh + u * ds[..., None, :] @ vh + u * s[..., None, :] @ dvh, t, atol=1e-9
    )
    gram = np.conjugate(np.swapaxes(u, -1, -2)) @ du
    np.testing.assert_allclose(gram, -np.conjugate(np.swapaxes(gram, -1, -2)), atol=1e-9)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 4, 3)])
@pytest.mark.parametrize("kind", ["f", "c"])
def test_qr(shape: tuple[int, ...], kind: str) -> None:
    check_push(QR, draw(1, shape, kind), tolerance=1e-5)
    check_batch(QR, draw(1, (2, *shape), kind))


def test_repeated_eigenvalues_are_refused() -> None:
    a = np.eye(3)
    with pytest.raises(NotDifferentiableError, match="eigvalsh"):
        EIGH.push(EIGH.value(a), (draw(1, (3, 3)),), a)
    with pytest.raises(NotDifferentiableError, match="compute_uv=False"):
        SVD.push(SVD.value(a), (draw(1, (3, 3)),), a)
    rank_one = np.outer([1.0, 2.0, 3.0], [1.0, 1.0])
    with pytest.raises(NotDifferentiableError, match="singular value is zero"):
        SVD.push(SVD.value(rank_one), (draw(1, (3, 2)),), rank_one)
    np.testing.assert_allclose(EIGVALSH.push(np.ones(3), (np.eye(3),), a), np.ones(3))


def test_inverse_gaps() -> None:
    check_push(INVERSE_GAPS, np.array([1.0, 2.0, 4.0]))
    check_push(INVERSE_GAPS, np.zeros(1))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [(0,), (1,), (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("kind", ["f", "c"])
def test_euclidean_norm(axis: tuple[int, ...], keepdims: bool, kind: str) -> None:
    x = draw(1, (2, 3, 4), kind)
    check_push(EUCLIDEAN_NORM, x, axis=axis, keepdims=keepdims)
    check_batch(EUCLIDEAN_NORM, draw(1, (5, 2, 3, 4), kind), axis=axis, keepdims=keepdims)
    zero = EUCLIDEAN_NORM.push(np.zeros(()), (np.ones(3),), np.zeros(3), axis=(0,), keepdims=False)
    assert zero == 0


@pytest.mark.parametrize("primitive", [INV, PINV, DET, COFACTOR, EIGVALSH, SINGULAR_VALUES, CHOLESKY], ids=repr)
def test_float32_stays(primitive: Any) -> None:
    a = (draw(1, (3, 3)) + 4 * np.eye(3)).astype(np.float32)
    a = a @ a.T
    out = primitive.value(a)
    assert out.dtype == np.float32
    assert primitive.push(out, (a,), a).dtype == np.float32


def test_every_primitive_has_a_name_of_its_own() -> None:
    names = [primitive.name for primitive in LINEAR_ALGEBRA_PRIMITIVES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0)])
@pytest.mark.parametrize("dtype", [float, complex])
def test_empty_matrices_have_no_eigenvalues_and_empty_gradients(shape, dtype):
    for function in (np.linalg.eigvals, lambda a: np.linalg.eig(a)[0], lambda a: np.linalg.eig(a)[1]):
        gradient = cr.grad(lambda a, function=function: np.sum(np.abs(function(a)) ** 2))
        for compute in (gradient, cr.jit(gradient)):
            slope = compute(np.zeros(shape, dtype))
            assert slope.shape == shape
            assert slope.dtype == dtype
