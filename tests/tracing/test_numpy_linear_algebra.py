"""NumPy's products and np.linalg on traced arrays: values, both modes, second derivatives, batches, and refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import NoRuleError, ShapeError, TracingError

STEP = 1e-5


def draw(seed: int, *shape: int) -> Any:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def symmetric(x: Any) -> Any:
    return x @ np.swapaxes(x, -1, -2) + np.eye(x.shape[-1])


def projection(x: Any) -> Any:
    """Return what columns span, whichever of its orthonormal bases they are."""
    return x @ np.conj(x.T)


def dot_product(x: Any, y: Any) -> Any:
    return np.sum(np.conj(x) * y)


def check(function: Callable[..., Any], *args: Any, second: bool = True, tolerance: float = 1e-5) -> None:
    """Check value, jvp against a central difference, vjp against jvp, and the derivative of the gradient likewise."""
    tangents = tuple(draw(90 + position, *x.shape) for position, x in enumerate(args))
    value, moved = cr.jvp(function, args, tangents)
    np.testing.assert_allclose(value, function(*args), rtol=1e-9, atol=1e-12)

    def along(step: float) -> tuple[Any, ...]:
        return tuple(x + step * t for x, t in zip(args, tangents, strict=True))

    difference = (function(*along(STEP)) - function(*along(-STEP))) / (2 * STEP)
    np.testing.assert_allclose(moved, difference, rtol=tolerance, atol=tolerance)
    value, pullback = cr.vjp(function, *args)
    ct = draw(77, *np.shape(value))
    pulled = pullback(ct)
    assert [x.shape for x in pulled] == [x.shape for x in args]
    total = sum(np.sum(x * t) for x, t in zip(pulled, tangents, strict=True))
    np.testing.assert_allclose(total, np.sum(ct * moved), rtol=1e-7, atol=1e-9)
    if second:
        every = tuple(range(len(args)))
        weight = draw(78, *np.shape(value))

        def slope(*inner: Any) -> Any:
            pulled = cr.grad(lambda *each: np.sum(weight * function(*each)), argnums=every)(*inner)
            return sum(np.sum(x * t) for x, t in zip(pulled, tangents, strict=True))

        _, twice = cr.jvp(slope, args, tangents)
        expected = (slope(*along(STEP)) - slope(*along(-STEP))) / (2 * STEP)
        np.testing.assert_allclose(twice, expected, rtol=1e-4, atol=1e-4)
        again = cr.grad(slope, argnums=every)(*args)
        total = sum(np.sum(x * t) for x, t in zip(again, tangents, strict=True))
        np.testing.assert_allclose(total, twice, rtol=1e-6, atol=1e-8)


PRODUCTS: list[tuple[Callable[..., Any], tuple[int, ...], tuple[int, ...]]] = [
    (np.dot, (3,), (3,)),
    (np.dot, (2, 3), (3,)),
    (np.dot, (3,), (3, 2)),
    (np.dot, (2, 3), (3, 4)),
    (np.dot, (5, 2, 3), (3, 4)),
    (np.dot, (2, 3), (5, 3, 4)),
    (np.dot, (3,), (5, 3, 4)),
    (np.dot, (2, 2, 3), (5, 3, 4)),
    (np.dot, (), (2, 3)),
    (np.matmul, (5, 2, 3), (3,)),
    (np.matmul, (5, 2, 3), (5, 3, 4)),
    (lambda x, y: x @ y, (2, 3), (3, 4)),
    (np.inner, (2, 3), (4, 3)),
    (np.inner, (3,), (3,)),
    (np.inner, (), (3,)),
    (np.outer, (2, 3), (4,)),
    (np.vdot, (2, 3), (3, 2)),
    (np.vecdot, (2, 3), (3,)),
    (np.vecdot, (3,), (3,)),
    (lambda x, y: np.vecdot(x, y, axis=0), (3, 2), (3, 2)),
    (np.tensordot, (2, 3, 4), (3, 4, 5)),
    (lambda x, y: np.tensordot(x, y, axes=1), (2, 3), (3, 5)),
    (lambda x, y: np.tensordot(x, y, axes=0), (2,), (3, 5)),
    (lambda x, y: np.tensordot(x, y, axes=([0, 2], [1, 0])), (2, 3, 4), (4, 2, 5)),
    (lambda x, y: np.tensordot(x, y, axes=(-1, 0)), (2, 3), (3, 5)),
    (np.kron, (2, 3), (4,)),
    (np.kron, (2, 3), (3, 2)),
    (np.cross, (2, 3), (3,)),
    (lambda x, y: np.cross(x, y, axis=0), (3, 2), (3, 2)),
    (lambda x, y: np.cross(x, y, axisa=0, axisc=0), (3, 2), (2, 3)),
    (lambda x, y: np.einsum("ij,jk", x, y), (2, 3), (3, 4)),
    (lambda x, y: np.einsum("...ij,...j->...i", x, y), (5, 2, 3), (3,)),
    (lambda x, y: np.einsum("...ij,...jk", x, y), (1, 2, 3), (5, 3, 4)),
    (lambda x, y: np.einsum("ij, kj -> ik", x, y, optimize=True), (2, 3), (4, 3)),
    (lambda x, y: np.einsum(x, [0, 1], y, [1, 2], [0, 2]), (2, 3), (3, 4)),
    (lambda x, y: np.einsum(x, [..., 0], y, [0]), (2, 3), (3,)),
    (lambda x, y: np.einsum("ii,i->i", x, y), (3, 3), (3,)),
    (lambda x, y: np.linalg.multi_dot([x, y, x, y]), (2, 3), (3, 2)),
    (lambda x, y: np.linalg.multi_dot([x, y, x]), (3,), (3, 3)),
    (np.linalg.matmul, (2, 3), (3, 4)),
    (np.linalg.outer, (2,), (3,)),
    (np.linalg.vecdot, (2, 3), (2, 3)),
    (np.linalg.tensordot, (2, 3, 4), (3, 4, 5)),
    (np.linalg.cross, (2, 3), (2, 3)),
]
if hasattr(np, "matvec"):
    PRODUCTS += [(np.matvec, (5, 2, 3), (3,)), (np.vecmat, (3,), (5, 3, 2))]


@pytest.mark.parametrize(("function", "x", "y"), PRODUCTS)
def test_products(function: Any, x: tuple[int, ...], y: tuple[int, ...]) -> None:
    check(function, draw(1, *x), draw(2, *y))


@pytest.mark.parametrize(("function", "x", "y"), PRODUCTS)
def test_products_in_batches(function: Any, x: tuple[int, ...], y: tuple[int, ...]) -> None:
    a, b = draw(1, 3, *x), draw(2, 3, *y)
    got = cr.vmap(function)(a, b)
    np.testing.assert_allclose(got, np.stack([function(p, q) for p, q in zip(a, b, strict=True)]), atol=1e-12)
    got = cr.vmap(function, in_axes=(None, 0))(a[0], b)
    np.testing.assert_allclose(got, np.stack([function(a[0], q) for q in b]), atol=1e-12)


def plus(x: Any) -> Any:
    return x + 3 * np.eye(x.shape[-1])


ONE_MATRIX: list[tuple[Callable[..., Any], tuple[int, ...]]] = [
    (lambda x: np.linalg.inv(plus(x)), (3, 3)),
    (lambda x: np.linalg.inv(plus(x)), (2, 3, 3)),
    (np.linalg.pinv, (4, 2)),
    (np.linalg.pinv, (2, 4)),
    (np.linalg.det, (3, 3)),
    (np.linalg.det, (2, 3, 3)),
    (np.linalg.det, (1, 1)),
    (lambda x: np.linalg.slogdet(x).logabsdet, (3, 3)),
    (lambda x: np.linalg.slogdet(x)[1], (2, 2, 2)),
    (lambda x: np.linalg.cholesky(symmetric(x)), (3, 3)),
    (lambda x: np.linalg.cholesky(symmetric(x), upper=True), (2, 3, 3)),
    (lambda x: np.linalg.qr(x).Q, (4, 3)),
    (lambda x: np.linalg.qr(x)[1], (2, 4)),
    (lambda x: np.linalg.qr(x, mode="r"), (3, 3)),
    (lambda x: np.linalg.eigvalsh(x), (3, 3)),
    (lambda x: np.linalg.eigh(x).eigenvectors, (3, 3)),
    (lambda x: np.linalg.eigh(x, UPLO="U")[0], (3, 3)),
    (lambda x: np.real(np.linalg.eig(x).eigenvalues), (3, 3)),
    (lambda x: np.abs(np.linalg.eig(x)[1]), (3, 3)),
    (lambda x: np.abs(np.linalg.eigvals(x)), (2, 3, 3)),
    (lambda x: np.linalg.svd(x, compute_uv=False), (3, 2)),
    (lambda x: np.linalg.svdvals(x), (2, 3)),
    (lambda x: np.linalg.svd(x, full_matrices=False).U, (3, 2)),
    (lambda x: np.linalg.svd(x)[2], (3, 3)),
    (lambda x: np.linalg.svd(x)[1], (5, 3)),
    (lambda x: np.linalg.svd(x)[2][-1], (2, 3)),
    (lambda x: np.linalg.svd(x)[0], (2, 4, 3)),
    (lambda x: projection(np.linalg.svd(x)[0][:, 2:]), (5, 2)),
    (lambda x: projection(np.linalg.svd(x)[2].T[:, 2:]), (2, 5)),
    (lambda x: np.linalg.svd(x, hermitian=True).U, (3, 3)),
    (lambda x: np.linalg.svd(x, hermitian=True)[2], (2, 3, 3)),
    (lambda x: np.linalg.svd(x, hermitian=True, compute_uv=False), (3, 3)),
    (lambda x: np.linalg.qr(x, mode="complete").R, (5, 3)),
    (lambda x: np.linalg.qr(x, mode="complete")[0], (2, 4, 3)),
    (lambda x: projection(np.linalg.qr(x, mode="complete")[0][:, 2:]), (5, 2)),
    (lambda x: np.linalg.matrix_power(x, 5), (3, 3)),
    (lambda x: np.linalg.matrix_power(plus(x), -2), (3, 3)),
    (lambda x: np.linalg.matrix_power(x, 1), (3, 3)),
    (np.linalg.cond, (3, 3)),
    (lambda x: np.linalg.cond(x, 1), (3, 3)),
    (lambda x: np.linalg.cond(x, -2), (3, 3)),
    (lambda x: np.linalg.cond(x, "fro"), (3, 3)),
    (np.linalg.trace, (2, 3, 3)),
    (np.linalg.diagonal, (2, 3, 3)),
    (lambda x: np.linalg.diagonal(x, offset=1), (3, 3)),
    (np.linalg.matrix_transpose, (2, 3, 4)),
    (lambda x: np.linalg.tensorinv(x, ind=2), (4, 6, 8, 3)),
    (lambda x: np.linalg.tensorsolve(x, np.ones((2, 3))), (2, 3, 6)),
    (lambda x: np.einsum("ii", x), (3, 3)),
    (lambda x: np.einsum("i...->...", x), (3, 2)),
    (lambda x: np.einsum("ij->ji", x), (3, 2)),
    (lambda x: np.einsum("ba", x), (3, 2)),
]


@pytest.mark.parametrize(("function", "shape"), ONE_MATRIX)
def test_matrices(function: Any, shape: tuple[int, ...]) -> None:
    check(function, draw(1, *shape), second=len(shape) < 4)


LEAST_SQUARES: list[tuple[Callable[..., Any], tuple[int, ...]]] = [
    (lambda x: np.linalg.lstsq(x, np.arange(4.0))[0], (4, 2)),
    (lambda x: np.linalg.lstsq(x, np.ones((2, 3)) + np.eye(2, 3))[0], (2, 4)),
    (lambda x: np.linalg.lstsq(x, np.arange(4.0))[1], (4, 2)),
]


@pytest.mark.parametrize(("function", "shape"), LEAST_SQUARES)
def test_least_squares(function: Any, shape: tuple[int, ...]) -> None:
    check(function, draw(1, *shape))


BATCHES = [(function, shape) for function, shape in ONE_MATRIX if len(shape) < 4]


@pytest.mark.parametrize(("function", "shape"), BATCHES)
def test_matrices_in_batches(function: Any, shape: tuple[int, ...]) -> None:
    x = draw(1, 3, *shape)
    np.testing.assert_allclose(cr.vmap(function)(x), np.stack([function(each) for each in x]), atol=1e-9)

    def total(each: Any) -> Any:
        return np.sum(np.sin(function(each)))

    slopes = cr.vmap(cr.grad(total))(x)
    np.testing.assert_allclose(slopes, np.stack([cr.grad(total)(each) for each in x]), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("shapes", [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (3,)), ((3, 3), (2, 3, 1))])
def test_solve(shapes: Any) -> None:
    check(lambda a, b: np.linalg.solve(plus(a), b), draw(1, *shapes[0]), draw(2, *shapes[1]))
    a, b = draw(1, 4, *shapes[0]), draw(2, 4, *shapes[1])
    expected = np.stack([np.linalg.solve(p, q) for p, q in zip(a, b, strict=True)])
    np.testing.assert_allclose(cr.vmap(np.linalg.solve)(a, b), expected, atol=1e-9)


NORMS: list[tuple[Callable[..., Any], tuple[int, ...]]] = [
    (np.linalg.norm, (3,)),
    (np.linalg.norm, (2, 3, 4)),
    *(
        (lambda x, order=order: np.linalg.norm(x, order), (4,))
        for order in (None, 1, 2, 3, 0.5, -1, 0, np.inf, -np.inf)
    ),
    *(
        (lambda x, order=order: np.linalg.norm(x, order), (3, 4))
        for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
    ),
    *(
        (lambda x, order=order: np.linalg.norm(x, order, axis=(2, 0), keepdims=True), (3, 2, 4))
        for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
    ),
    (lambda x: np.linalg.norm(x, axis=1), (2, 3)),
    (lambda x: np.linalg.norm(x, 3, axis=-1, keepdims=True), (2, 3)),
    (lambda x: np.linalg.norm(x, axis=(0, 1)), (2, 3, 4)),
    (lambda x: np.linalg.norm(x, keepdims=True), (2, 3)),
    (np.linalg.vector_norm, (2, 3)),
    (lambda x: np.linalg.vector_norm(x, axis=(0, 2), ord=1), (2, 3, 4)),
    (lambda x: np.linalg.vector_norm(x, axis=(0, 1, 2)), (2, 3, 4, 2)),
    (np.linalg.matrix_norm, (2, 3, 4)),
    (lambda x: np.linalg.matrix_norm(x, ord="nuc", keepdims=True), (2, 3, 4)),
]


@pytest.mark.parametrize(("function", "shape"), NORMS)
def test_norms(function: Any, shape: tuple[int, ...]) -> None:
    check(function, draw(1, *shape), tolerance=1e-4)
    x = draw(1, 3, *shape)
    np.testing.assert_allclose(cr.vmap(function)(x), np.stack([function(each) for each in x]), atol=1e-12)


@pytest.mark.parametrize("order", [None, 2, 3])
def test_norm_of_zero_has_slope_zero(order: Any) -> None:
    np.testing.assert_array_equal(cr.grad(lambda x: np.linalg.norm(x, order))(np.zeros(3)), np.zeros(3))
    rows = np.array([[0.0, 0.0], [3.0, 4.0]])
    slopes = cr.grad(lambda x: np.sum(np.linalg.norm(x, axis=1)))(rows)
    np.testing.assert_allclose(slopes, [[0, 0], [0.6, 0.8]])


@pytest.mark.parametrize(
    "function",
    [
        lambda z: np.real(np.linalg.det(z)),
        lambda z: np.linalg.slogdet(z)[1],
        lambda z: np.imag(np.sum(np.linalg.slogdet(z)[0])),
        lambda z: np.real(np.sum(np.linalg.inv(z) * np.arange(9).reshape(3, 3))),
        lambda z: np.real(np.sum(np.linalg.solve(z, np.conj(z[0])))),
        lambda z: np.linalg.norm(z),
        lambda z: np.linalg.norm(z, "nuc"),
        lambda z: np.sum(np.abs(z @ z.T)),
        lambda z: np.real(np.vdot(z, np.exp(z))),
        lambda z: np.real(np.einsum("ii,ij,jk->", z, z, np.conj(z))),
        lambda z: np.sum(np.linalg.eigvalsh(z) ** 3),
        lambda z: np.sum(np.abs(np.linalg.eigh(z)[1]) ** 4),
        lambda z: np.sum(np.abs(np.linalg.qr(z)[1]) ** 3),
        lambda z: np.sum(np.abs(np.linalg.svd(z)[0]) ** 4),
        lambda z: np.sum(np.abs(projection(np.linalg.svd(z[:, :1])[0][:, 1:])) ** 4),
        lambda z: np.sum(np.abs(projection(np.linalg.qr(z[:, :1], mode="complete")[0][:, 1:])) ** 4),
        lambda z: np.sum(np.abs(np.linalg.svd(z, hermitian=True)[0]) ** 4),
    ],
)
def test_complex_gradients(function: Any) -> None:
    z = draw(1, 3, 3) + 1j * draw(2, 3, 3)
    t = draw(3, 3, 3) + 1j * draw(4, 3, 3)
    slope = np.real(dot_product(cr.grad(function)(z), t))
    expected = (function(z + STEP * t) - function(z - STEP * t)) / (2 * STEP)
    np.testing.assert_allclose(slope, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(cr.jvp(function, (z,), (t,))[1], expected, rtol=1e-5, atol=1e-6)


def test_a_real_factor_of_a_complex_product_has_a_real_gradient() -> None:
    z = draw(1, 3, 3) + 1j * draw(2, 3, 3)
    for function in (
        lambda x: np.sum(np.abs(z @ x) ** 2),
        lambda x: np.sum(np.abs(np.einsum("ij,j->i", z, x)) ** 2),
        lambda x: np.sum(np.abs(np.linalg.solve(z, x)) ** 2),
    ):
        slope = cr.grad(function)(np.arange(3.0))
        assert slope.dtype == np.float64
        expected = [
            (function(np.arange(3.0) + e) - function(np.arange(3.0) - e)) / (2 * STEP) for e in STEP * np.eye(3)
        ]
        np.testing.assert_allclose(slope, expected, rtol=1e-6, atol=1e-8)


def test_determinant_of_singular_matrices() -> None:
    a = np.array([[1.0, 2.0], [2.0, 4.0]])
    np.testing.assert_allclose(cr.grad(np.linalg.det)(a), [[4, -2], [-2, 1]], atol=1e-14)
    hessian = cr.hessian(np.linalg.det)(a).reshape(4, 4)
    np.testing.assert_allclose(hessian, np.fliplr(np.diag([1.0, -1.0, -1.0, 1.0])), atol=1e-13)


def test_third_derivative_of_a_determinant_at_the_identity() -> None:
    cube = cr.derivative(lambda x: np.linalg.det(x * np.eye(3)), order=3)
    np.testing.assert_allclose(cube(1.0), 6.0)


def test_float32_and_integers() -> None:
    x = draw(1, 3, 3).astype(np.float32)
    for function in (
        np.linalg.det,
        np.linalg.norm,
        lambda a: np.sum(a @ a),
        lambda a: np.sum(np.linalg.solve(a, a[0])),
    ):
        assert cr.grad(function)(x).dtype == np.float32
    np.testing.assert_allclose(cr.grad(np.linalg.det)(np.array([[1, 2], [3, 4]])), [[4, -3], [-2, 1]])
    np.testing.assert_allclose(cr.grad(lambda a: np.dot(a, [1, 2]))(np.array([3, 4])), [1, 2])


def test_lists_of_traced_numbers_are_matrices() -> None:
    slope = cr.grad(lambda x: np.linalg.det(np.stack([np.stack([x, 1.0]), np.stack([2.0, x])])))(3.0)
    assert slope == pytest.approx(6.0)
    assert cr.grad(lambda x: np.dot(np.stack([x, x]), [1.0, 2.0]))(3.0) == pytest.approx(3.0)
    assert cr.grad(lambda x: np.linalg.multi_dot([np.stack([x, x]), np.ones((2, 1))])[0])(3.0) == pytest.approx(2.0)


def test_numbers() -> None:
    assert cr.grad(lambda x: np.dot(x, 3.0))(2.0) == 3.0
    assert cr.grad(lambda x: np.linalg.norm(x))(-2.0) == -1.0
    np.testing.assert_allclose(cr.grad(lambda x: np.einsum(",i->", x, np.arange(3.0)))(2.0), 3.0)
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(np.kron(x, np.arange(3.0))))(2.0), 3.0)


def test_empty_arrays() -> None:
    assert cr.grad(lambda x: np.sum(x @ np.ones((0, 2))))(np.ones((3, 0))).shape == (3, 0)
    assert cr.grad(lambda x: np.linalg.det(x))(np.ones((0, 0))).shape == (0, 0)
    assert cr.grad(lambda x: np.linalg.norm(x))(np.ones(0)).shape == (0,)
    assert cr.grad(lambda x: np.sum(np.linalg.solve(x, np.ones((3, 0)))))(np.eye(3)).shape == (3, 3)


def test_refusals() -> None:
    x = draw(1, 3, 2)
    with pytest.raises(NoRuleError, match='mode="reduced"'):
        cr.grad(lambda a: np.sum(np.linalg.qr(a, mode="raw")[0]))(x)
    with pytest.raises(ShapeError, match="matmul"):
        cr.grad(lambda a: np.sum(a @ a))(x)
    with pytest.raises(ShapeError, match="name every axis"):
        cr.grad(lambda a: np.einsum("i->", a))(x)
    with pytest.raises(ShapeError, match="names 2 operands"):
        cr.grad(lambda a: np.einsum("i,j->", a))(x)
    with pytest.raises(ShapeError, match="tensordot"):
        cr.grad(lambda a: np.sum(np.tensordot(a, a, axes=1)))(x)
    with pytest.raises(TracingError, match=r"out="):
        cr.grad(lambda a: np.sum(np.dot(a, a.T, out=np.zeros((3, 3)))))(x)
    with pytest.raises(ShapeError, match="not a norm of matrices"):
        cr.grad(lambda a: np.linalg.norm(a, 3))(x)
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        cr.grad(lambda a: np.sum(np.linalg.eig(a)[0]))(x)


@pytest.mark.parametrize("function", [np.linalg.inv, lambda a: np.linalg.solve(a, a[0]), np.linalg.cholesky])
def test_linalg_errors_stay_linalg_errors(function: Any) -> None:
    with pytest.raises(np.linalg.LinAlgError):
        cr.grad(lambda a: np.sum(function(a)))(np.zeros((2, 2)))


def test_einsum_path_depends_on_shapes_alone() -> None:
    x = draw(1, 3, 2)
    assert cr.grad(lambda a: np.sum(a) * len(np.einsum_path("ij,jk", a, np.ones((2, 4)))[0]))(x).shape == (3, 2)


def test_matrix_rank_is_constant() -> None:
    np.testing.assert_allclose(cr.grad(lambda a: np.linalg.matrix_rank(a) * np.sum(a))(draw(1, 3, 2)), 2)


def test_least_squares_of_a_batch():
    """The shape of the residuals depends on the rank, on which the members have to agree."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 3))
    deficient = a.copy()
    deficient[:, :, 1] = deficient[:, :, 0]
    batch = cr.vmap(lambda a, b: np.linalg.lstsq(a, b))
    for function in (batch, cr.jit(batch)):
        for matrices in (a, deficient) * 3:
            found = function(matrices, b)
            for member in range(4):
                for part, wanted in zip(found, np.linalg.lstsq(matrices[member], b[member]), strict=True):
                    np.testing.assert_allclose(part[member], wanted, rtol=1e-9, atol=1e-12)
    mixed = np.concatenate([a[:2], deficient[2:]])
    with pytest.raises(cr.ShapeError, match="full rank only"):
        batch(mixed, b)
    slopes = cr.vmap(cr.grad(lambda a, b: np.sum(np.linalg.lstsq(a, b)[0])))(a, b)
    np.testing.assert_allclose(slopes[1], cr.grad(lambda a: np.sum(np.linalg.lstsq(a, b[1])[0]))(a[1]))
