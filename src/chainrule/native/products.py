"""Owns large matrix products: calls of BLAS on matrices where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chainrule.native.instructions import REALS
from chainrule.native.layout import Storage
from chainrule.passes.terms import Term

if TYPE_CHECKING:
    from chainrule.native.program import ProgramWriter


def _order(strides: tuple[int, int], shape: tuple[int, int]) -> tuple[str, int] | None:
    """Return how BLAS, which counts columns first, reads a matrix: as it is or transposed, and its leading dimension."""
    rows, columns = shape
    down, across = strides
    if (across == 1 or columns == 1) and (down >= columns or rows == 1):
        return "N", max(down, columns, 1)
    if (down == 1 or rows == 1) and (across >= rows or columns == 1):
        return "T", max(across, rows, 1)
    return None


def can_multiply(strides: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether BLAS can read the matrices of a stack where they lie."""
    return _order(strides[-2:], shape[-2:]) is not None  # type: ignore[arg-type]


def write_product(writer: ProgramWriter, term: Term, operands: list[Storage], pointers: list[str], target: str) -> None:
    """Write the products of a stack of matrices, one after another."""
    body, module = writer.body, writer.module
    x, y = term.operands
    real = REALS[term.dtype]
    rows, inner, columns = x.shape[-2], x.shape[-1], y.shape[-1]
    left = _order(operands[0].strides[-2:], x.shape[-2:])  # type: ignore[arg-type]
    right = _order(operands[1].strides[-2:], y.shape[-2:])  # type: ignore[arg-type]
    assert left is not None and right is not None
    name = "dgemm" if real == "double" else "sgemm"
    module.declare(name, "void {}(" + ", ".join(["ptr"] * 13) + ")")
    one = module.constant(f"one_{real}", f"private constant {real} 1.0")
    zero = module.constant(f"zero_{real}", f"private constant {real} 0.0")

    def whole(number: int) -> str:
        return module.constant(f"whole_{number}", f"private constant i32 {number}")

    def letter(which: str) -> str:
        return module.constant(f"letter_{which}", f"private constant i8 {ord(which)}")

    stack = term.shape[:-2]
    for place in np.ndindex(stack):
        at = [
            sum(
                index * stride
                for index, stride, length in zip(
                    place[len(stack) - len(operand.shape) + 2 :], stored.strides[:-2], operand.shape[:-2], strict=True
                )
                if length != 1
            )
            for operand, stored in zip(term.operands, operands, strict=True)
        ]
        moved = [
            body.let(f"getelementptr {real}, ptr {pointer}, i64 {offset}") if offset else pointer
            for pointer, offset in zip(pointers, at, strict=True)
        ]
        number = int(np.ravel_multi_index(place, stack)) if stack else 0
        out = body.let(f"getelementptr {real}, ptr {target}, i64 {number * rows * columns}") if number else target
        body.do(
            f"call void @{name}(ptr {letter(right[0])}, ptr {letter(left[0])}, ptr {whole(columns)}, ptr {whole(rows)}, "
            f"ptr {whole(inner)}, ptr {one}, ptr {moved[1]}, ptr {whole(right[1])}, ptr {moved[0]}, ptr {whole(left[1])}, "
            f"ptr {zero}, ptr {out}, ptr {whole(columns)})"
        )
    writer.work += int(np.prod(term.shape)) * inner
