"""Owns the calculus: `push` carries a tangent forward through one primitive, `pull` a cotangent back.

With J the derivative of the primitive, push computes J t and pull computes J* ct, the conjugate transpose, so that
Re<ct, J t> = Re<J* ct, t>. For real numbers that is the transpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import getrefcount
from typing import Any, TypeAlias

import numpy as np

from chainrule.core.graph import Node
from chainrule.core.primitive import Array, Elementwise, General, Linear, Multilinear, Primitive
from chainrule.core.trace import bind
from chainrule.errors import NoRuleError
from chainrule.primitives.shape import cast, unbroadcast
from chainrule.tracing.kept_values import LARGE
from chainrule.transforms.dead_arrays import IN_A_NAME, IN_AN_ARGUMENT, multiply_large
from chainrule.user_code import where

Tangents: TypeAlias = Sequence[Array | None]

_FLOAT64 = np.dtype(np.float64)
_FLOAT32 = np.dtype(np.float32)


def scale(factor: Array, sensitivity: Array) -> Array:
    """Return factor * sensitivity; a factor of 1 or -1 costs no multiplication."""
    if factor is sensitivity or type(factor) is not int:
        return sensitivity * factor
    if factor == 1:
        return sensitivity
    return -sensitivity if factor == -1 else sensitivity * factor


def push(
    primitive: Primitive, out: Any, operands: Sequence[Array], tangents: Tangents, parameters: dict[str, Any]
) -> Any:
    """Return the tangent of the result; None where no operand has a tangent that reaches it."""
    if isinstance(primitive, Elementwise):
        return _push_elementwise(primitive, out, operands, tangents)
    if isinstance(primitive, Linear):
        limit = len(operands) if primitive.linear_in is None else primitive.linear_in
        if not any(tangent is not None for tangent in tangents[:limit]):
            return None
        moved = [
            operand if position >= limit else np.zeros_like(operand) if tangent is None else tangent
            for position, (operand, tangent) in enumerate(zip(operands, tangents, strict=True))
        ]
        return bind(primitive, moved, parameters)
    if isinstance(primitive, Multilinear):
        total = None
        for position, tangent in enumerate(tangents):
            if tangent is not None:
                replaced = [*operands[:position], tangent, *operands[position + 1 :]]
                term = bind(primitive, replaced, parameters)
                total = term if total is None else total + term
        return total
    if isinstance(primitive, General):
        if primitive.push is None:
            raise NoRuleError(
                f"{primitive.name} has no forward rule, which cr.jvp, cr.hvp and cr.hessian take; declare it with "
                f'cr.custom_jvp, from which both modes follow, or use reverse mode: cr.grad, cr.jacobian(f, mode="reverse"), '
                f'cr.jacobian(cr.grad(f), mode="reverse") for a Hessian{where()}'
            )
        return primitive.push(out, tangents, *operands, **parameters)
    return None  # piecewise constant


def _push_elementwise(
    primitive: Elementwise, out: Array, operands: Sequence[Array], tangents: Tangents
) -> Array | None:
    total = None
    for partial, tangent in zip(primitive.partials, tangents, strict=True):
        if tangent is not None and partial is not None:
            term = scale(partial(out, *operands), tangent)
            total = term if total is None else total + term
    if total is None:
        return None
    if np.shape(total) != np.shape(out):
        total = np.broadcast_to(total, np.shape(out))
    # Whole numbers among the operands may have widened what is a tangent in single precision.
    return cast(total, np.float32) if out.dtype is _FLOAT32 and total.dtype is _FLOAT64 else total


def pull(node: Node, ct: Any) -> list[tuple[Node, Array]]:
    """Return the nodes that the operation came from, each with its share of the cotangent."""
    # Hot path: benchmarks/test_eager.py
    primitive, operands, parents = node.primitive, node.operands, node.parents
    if isinstance(primitive, Elementwise):
        return pull_elementwise(primitive, node, ct)
    shares: list[tuple[Node, Array]] = []
    if isinstance(primitive, Linear) and primitive.transposes is not None:
        shares = [
            (parent, _as_real(share, parent.value))
            for parent, share in zip(parents, primitive.transposes(ct, *operands, **node.parameters), strict=True)
            if parent is not None
        ]
    elif isinstance(primitive, Linear):
        for position, parent in enumerate(parents if primitive.linear_in is None else parents[: primitive.linear_in]):
            if parent is not None:
                share = primitive.transpose(ct, position, *operands, **node.parameters)
                shares.append((parent, share if share.dtype is _FLOAT64 else _as_real(share, parent.value)))
    elif isinstance(primitive, Multilinear):
        for transpose, parent in zip(primitive.transposes, parents):  # noqa: B905 (costs time)
            if parent is not None:
                share = transpose(ct, *operands, **node.parameters)
                shares.append((parent, share if share.dtype is _FLOAT64 else _as_real(share, parent.value)))
    elif isinstance(primitive, General) and primitive.pull is not None:
        pulled = primitive.pull(node.value, ct, *operands, **node.parameters)
        shares = [
            (parent, _as_real(share, parent.value))
            for parent, share in zip(parents, pulled, strict=True)
            if parent is not None and share is not None
        ]
    return shares


def pull_elementwise(primitive: Elementwise, node: Node, ct: Array) -> list[tuple[Node, Array]]:
    """Return what `pull` returns, for an elementwise primitive; called with the only reference to `ct`, it may overwrite it."""
    # Hot path: benchmarks/test_eager.py
    operands, out = node.operands, node.value
    shares: list[tuple[Node, Array]] = []
    for partial, operand, parent in zip(primitive.partials, operands, node.parents):  # noqa: B905 (costs time)
        if parent is None or partial is None:
            continue
        factor = partial(out, *operands)
        if factor.__class__ is int:
            share = ct if factor == 1 else -ct if factor == -1 else _times(ct, factor)
        elif factor.__class__ is float:
            share = _times(ct, factor)
        elif factor.__class__ is np.ndarray and factor.size > LARGE:
            own_factor = getrefcount(factor) == IN_A_NAME
            own_ct = partial is primitive.partials[-1] and getrefcount(ct) == IN_AN_ARGUMENT
            share = multiply_large(factor, ct, own_factor, own_ct)
        elif factor.__class__ is not complex and (factor.__class__ is bool or factor.dtype.kind != "c"):
            share = ct * factor
        else:
            share = ct * np.conjugate(factor)
        if (shape := operand.shape) != share.shape:
            share = unbroadcast(share, shape)
        shares.append((parent, share if share.dtype is _FLOAT64 else _as_real(share, operand)))
    return shares


def _times(ct: Array, number: float) -> Array:
    """Return ct * number; where all elements are one number in memory, as in the cotangent of a sum, they stay one."""
    if ct.__class__ is np.ndarray and ct.size > LARGE and not any(ct.strides):
        return np.broadcast_to(ct[(slice(0, 1),) * ct.ndim] * number, ct.shape)
    return ct * number


def _as_real(share: Array, operand: Array) -> Array:
    """Return the share of a real operand as a real number: its imaginary part moves nothing."""
    return np.real(share) if np.iscomplexobj(share) and not np.iscomplexobj(operand) else share
