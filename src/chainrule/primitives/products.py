"""Owns the rules of matrix products and of Einstein sums.

A pull is the conjugate transpose of the push: each factor's cotangent is a product with the conjugates of the others.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from chainrule.core.primitive import Array, Composite, Multilinear
from chainrule.core.trace import bind
from chainrule.primitives.shape import aligned, unbroadcast

# NumPy's own limit on the operands of one einsum.
MAXIMUM_EINSUM_OPERANDS = 63
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def conjugate(x: Array) -> Array:
    """Return the complex conjugate of `x`; real arrays are returned as they are."""
    return np.conjugate(x) if x.dtype.kind == "c" else x


def swapped(x: Array) -> Array:
    """Return the transposes of the matrices in the last two axes of `x`."""
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


def adjoint(x: Array) -> Array:
    """Return the conjugate transposes of the matrices in the last two axes of `x`."""
    return conjugate(swapped(x))


def _matmul(x: Array, y: Array) -> Array:
    # Hot path: benchmarks/test_eager.py. `dot` is the same product of vectors and matrices with half of the overhead.
    if 0 < x.ndim <= 2 and 0 < y.ndim <= 2:
        return x.dot(y)
    return np.matmul(x, y)


def _left_cotangent(ct: Array, x: Array, y: Array) -> Array:
    # Hot path: benchmarks/test_eager.py
    if y.dtype.kind == "c":
        y = np.conjugate(y)
    x_ndim, y_ndim = x.ndim, y.ndim
    if y_ndim == 1:
        if x_ndim == 2:  # BLAS is quicker with a column times a row than broadcasting is
            return np.dot(ct[:, None], y[None, :])
        return ct * y if x_ndim == 1 else ct[..., None] * y
    if y_ndim == 2 and x_ndim <= 2:
        return np.dot(y, ct) if x_ndim == 1 else np.dot(ct, y.T)
    if x_ndim == 1:
        return unbroadcast(np.matmul(y, ct[..., None])[..., 0], x.shape)
    return unbroadcast(np.matmul(ct, swapped(y)), x.shape)


def _right_cotangent(ct: Array, x: Array, y: Array) -> Array:
    # Hot path: benchmarks/test_eager.py
    if x.dtype.kind == "c":
        x = np.conjugate(x)
    x_ndim, y_ndim = x.ndim, y.ndim
    if x_ndim == 2 and y_ndim <= 2:
        return np.dot(ct, x) if y_ndim == 1 else np.dot(x.T, ct)
    if x_ndim == 1:
        if y_ndim == 1:
            return ct * x
        return np.dot(x[:, None], ct[None, :]) if y_ndim == 2 else unbroadcast(x[:, None] * ct[..., None, :], y.shape)
    if y_ndim <= 2:  # one product of all rows instead of one for each matrix of the stack
        count = math.prod(x.shape[:-1])
        rows = np.reshape(x, (count, x.shape[-1]))
        return np.matmul(rows.T, np.reshape(ct, (count, *y.shape[1:])))
    return unbroadcast(np.matmul(swapped(x), ct), y.shape)


def _batched_matmul(batched: tuple[bool, bool], x: Array, y: Array) -> Array:
    x_batched, y_batched = batched
    x_ndim, y_ndim = x.ndim - x_batched, y.ndim - y_batched
    if x_ndim == 2 and y_ndim == 1 and not x_batched:
        return np.matmul(y, x.T)  # a stack of vectors is a matrix: one product
    x = x[..., None, :] if x_ndim == 1 else x
    y = y[..., :, None] if y_ndim == 1 else y
    ndim = max(x_ndim, y_ndim, 2)
    out = np.matmul(aligned(x, x_batched, ndim), aligned(y, y_batched, ndim))
    if y_ndim == 1:
        out = out[..., 0]
    if x_ndim == 1:
        out = out[..., 0] if y_ndim == 1 else out[..., 0, :]
    return out


MATMUL = Multilinear(
    name="matmul",
    value=_matmul,
    transposes=(_left_cotangent, _right_cotangent),
    rule="product rule, one factor at a time",
    batch=_batched_matmul,
)
"""The matrix product x @ y: vectors, matrices and stacks of matrices, as `np.matmul` takes them."""


def _einsum(*operands: Array, subscripts: str, optimize: bool = False) -> Array:
    return np.einsum(subscripts, *operands, optimize=optimize)


def _einsum_cotangent(index: int, ct: Array, *operands: Array, subscripts: str, optimize: bool = False) -> Array:
    """Return the cotangent of operand `index`: the Einstein sum of `ct` with the other operands.

    A label that the operand repeats stands for a diagonal: identity matrices put the cotangent back on it. A label
    that nothing else carries, or along which the operand was stretched, is an axis of length one that is broadcast at
    the end.
    """
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    term = terms[index]
    shape = operands[index].shape
    factors = [ct, *(conjugate(operand) for other, operand in enumerate(operands) if other != index)]
    factor_terms = [output, *(name for other, name in enumerate(terms) if other != index)]
    carried = set("".join(factor_terms))
    labels: list[str] = []
    for position, (label, size) in enumerate(zip(term, shape, strict=True)):
        if label in term[:position] and size != 1:
            again = next(letter for letter in LETTERS if letter not in subscripts and letter not in labels)
            factors.append(np.eye(size, dtype=bool))
            factor_terms.append(label + again)
            labels.append(again)
        elif size != 1 and (label in carried or term.count(label) > 1):
            labels.append(label)
        else:
            labels.append("")
    wanted = "".join(labels)
    if len(factors) == 1 and wanted == output:
        result = ct
    else:
        result = bind(EINSUM, factors, {"subscripts": f"{','.join(factor_terms)}->{wanted}", "optimize": optimize})
    if len(wanted) < len(shape):
        sizes = iter(np.shape(result))
        result = np.reshape(result, tuple(next(sizes) if label else 1 for label in labels))
    return result if result.shape == shape else np.broadcast_to(result, shape)


def _batched_einsum(batched: tuple[bool, ...], *operands: Array, subscripts: str, optimize: bool = False) -> Array:
    inputs, output = subscripts.split("->")
    label = next(letter for letter in LETTERS if letter not in subscripts)
    terms = [label + term if flag else term for term, flag in zip(inputs.split(","), batched, strict=True)]
    return bind(EINSUM, operands, {"subscripts": f"{','.join(terms)}->{label}{output}", "optimize": optimize})


EINSUM: Multilinear = Multilinear(
    name="einsum",
    value=_einsum,
    transposes=tuple(partial(_einsum_cotangent, index) for index in range(MAXIMUM_EINSUM_OPERANDS)),
    rule="product rule, one factor at a time",
    batch=_batched_einsum,
)
"""An Einstein sum over explicit subscripts such as "ij,jk->ik": no ellipsis, no spaces, the output always given."""


def _cross(x: Array, y: Array) -> Array:
    forward, backward = [1, 2, 0], [2, 0, 1]
    return x[..., forward] * y[..., backward] - x[..., backward] * y[..., forward]


CROSS = Composite(name="cross", value=_cross, rule="product rule, one factor at a time")
"""The vector product of the three-dimensional vectors in the last axes."""


def _kron(x: Array, y: Array) -> Array:
    ndim = max(x.ndim, y.ndim)
    x_shape = (1,) * (ndim - x.ndim) + x.shape
    y_shape = (1,) * (ndim - y.ndim) + y.shape
    blocks = np.reshape(x, tuple(size for n in x_shape for size in (n, 1)))
    entries = np.reshape(y, tuple(size for n in y_shape for size in (1, n)))
    return np.reshape(blocks * entries, tuple(n * m for n, m in zip(x_shape, y_shape, strict=True)))


KRON = Composite(name="kron", value=_kron, rule="product rule, one factor at a time")
"""The Kronecker product: every entry of x times the whole of y."""
