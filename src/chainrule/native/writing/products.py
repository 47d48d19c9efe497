"""Owns large matrix products: calls of BLAS on matrices where they lie, in pieces that threads share.

How a product is cut depends on its sizes only, so that a result does not depend on the number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from chainrule.native.machine.text import Body, Module
from chainrule.native.memory.layout import Storage, contiguous
from chainrule.native.threads.blas import letter, one, whole
from chainrule.native.vectors.instructions import REALS
from chainrule.native.writing.writing import Writing
from chainrule.passes.terms import Shape, Term

# Each time the work passes one of these numbers of multiplications, a product is cut into twice as many pieces: one thread
# loses 1 to 8 % by that, since every piece packs the other operand anew. From timings of 100 cubed to 1024 cubed.
_CUTS = (1_000_000, 16_000_000, 500_000_000, 8_000_000_000)
_THINNEST = 48
"""Pieces of fewer rows or columns would lose much more."""
_ROUND = 16
"""Pieces have a multiple of so many rows or columns: what the kernels of BLAS do at once."""
_TASK_WORK = 500_000
"""An index of the pool computes several matrices of a stack, if they are small: at least so many multiplications."""
_MOST = (1 << 31) - 1


class _Order(NamedTuple):
    """How BLAS, which counts columns first, reads a matrix: as it is ("N") or transposed ("T"), and its leading dimension."""

    letter: str
    leading: int

    @property
    def down(self) -> int:
        """The stride from one row to the next."""
        return self.leading if self.letter == "N" else 1

    @property
    def across(self) -> int:
        """The stride from one column to the next."""
        return 1 if self.letter == "N" else self.leading


def _order(strides: Shape, shape: Shape) -> _Order | None:
    rows, columns = shape
    down, across = strides
    found = None
    if (across == 1 or columns == 1) and (down >= columns or rows == 1):
        found = _Order("N", max(down, columns, 1))
    elif (down == 1 or rows == 1) and (across >= rows or columns == 1):
        found = _Order("T", max(across, rows, 1))
    return found if found is not None and max(found.leading, rows, columns) <= _MOST else None


def can_multiply(strides: Shape, shape: Shape) -> bool:
    """Whether BLAS can read the matrices of a stack where they lie."""
    return _order(strides[-2:], shape[-2:]) is not None


def wants_copy(term: Term, operand: Term, strides: Shape) -> bool:
    """Whether an operand of a product had better be copied than read with these strides.

    The kernels of OpenBLAS for small products take up to 1.4 times as long where the right matrix is transposed.
    """
    x, y = term.operands
    order = _order(strides[-2:], operand.shape[-2:])
    if order is None or order.letter == "N" or operand is not y:
        return order is None
    return x.shape[-2] > 128 and x.shape[-2] * x.shape[-1] * y.shape[-1] <= 1_000_000


@dataclass(frozen=True, slots=True)
class _Product:
    """Products of a stack of matrices, the result in C order.

    left, right: how the operands are read. stack: its axes, as (length, strides of left, right and result).
    grid: into how many rows and columns of pieces each result is cut. sizes: rows and columns of a piece.
    """

    real: str
    rows: int
    inner: int
    columns: int
    left: _Order
    right: _Order
    stack: tuple[tuple[int, Shape], ...]
    grid: tuple[int, int] = (1, 1)
    sizes: tuple[int, int] = (0, 0)

    @property
    def count(self) -> int:
        """The number of matrices."""
        return math.prod(length for length, _ in self.stack)

    @property
    def units(self) -> int:
        """The number of calls of BLAS."""
        return self.count * self.grid[0] * self.grid[1]

    @property
    def work(self) -> int:
        """The number of multiplications."""
        return self.count * self.rows * self.inner * self.columns


def write_product(writer: Writing, term: Term, operands: list[Storage], pointers: list[str], target: str) -> None:
    """Write the products of a stack of matrices."""
    product = _cut(_product(term, operands))
    body, module = writer.body, writer.module
    each = product.units
    if product.work >= _CUTS[0]:
        each = min(-(-_TASK_WORK * each // product.work), -(-each // 2))
    count = -(-product.units // each)
    function = _function(module, product, each)
    body.do(f"call void {module.declare('chainrule_blas_begin', 'void {}()')}()")
    if count == 1:
        body.do(f"call void {function}(ptr {pointers[0]}, ptr {pointers[1]}, ptr {target}, i64 0, i64 1)")
    else:
        table = f"%{body.fresh('table')}"
        writer.entry_lines.append(f"  {table} = alloca [3 x ptr]")
        for place, pointer in enumerate((*pointers, target)):
            body.do(f"store ptr {pointer}, ptr {body.let(f'getelementptr ptr, ptr {table}, i64 {place}')}")
        parallel = module.declare("chainrule_parallel", "void {}(ptr, ptr, i64)")
        body.do(f"call void {parallel}(ptr {_task(module, function)}, ptr {table}, i64 {count})")
    body.do(f"call void {module.declare('chainrule_blas_end', 'void {}()')}()")
    writer.work += product.work


# --- what to call


def _product(term: Term, operands: Sequence[Storage]) -> _Product:
    """Return the products of a term. Axes of the stack that lie as one are one, or more rows of the same matrix."""
    x, y = term.operands
    rows, inner, columns = x.shape[-2], x.shape[-1], y.shape[-1]
    axes: list[tuple[int, Shape]] = []
    steps = [_stack_strides(term, x, operands[0]), _stack_strides(term, y, operands[1]), contiguous(term.shape)[:-2]]
    for length, *strides in zip(term.shape[:-2], *steps, strict=True):
        if length == 1:
            continue
        if axes and all(before == length * stride for before, stride in zip(axes[-1][1], strides, strict=True)):
            length *= axes.pop()[0]
        axes.append((length, tuple(strides)))
    down, across = operands[0].strides[-2:]
    left, right = _order((down, across), (rows, inner)), _order(operands[1].strides[-2:], (inner, columns))
    if axes and not axes[-1][1][1]:  # the same right matrix for all
        length, (step, *_) = axes[-1]
        longer = _order((step if rows == 1 else down, across), (length * rows, inner))
        if longer is not None and (rows == 1 or step == rows * down):
            left, rows = longer, length * rows
            axes.pop()
    assert left is not None
    assert right is not None
    return _Product(REALS[term.dtype], rows, inner, columns, left, right, tuple(axes), sizes=(rows, columns))


def _stack_strides(term: Term, operand: Term, stored: Storage) -> Shape:
    """Return the strides of an operand along the axes of the stack, 0 where it is the same for all."""
    strides = [0 if length == 1 else step for length, step in zip(operand.shape[:-2], stored.strides[:-2], strict=True)]
    return (0,) * (len(term.shape) - len(operand.shape)) + tuple(strides)


def _cut(product: _Product) -> _Product:
    """Return a large product with its matrices cut along their longer side, where the stack alone is too short."""
    wanted = -(-(2 ** sum(product.work >= limit for limit in _CUTS)) // product.count)
    side = 0 if product.rows >= product.columns else 1
    length = (product.rows, product.columns)[side]
    size = -(-length // max(1, min(wanted, length // _THINNEST)))
    size = min(length, -(-size // _ROUND) * _ROUND)
    pieces = -(-length // size)
    if side == 0:
        return replace(product, grid=(pieces, 1), sizes=(size, product.columns))
    return replace(product, grid=(1, pieces), sizes=(product.rows, size))


# --- the functions


def _function(module: Module, product: _Product, each: int) -> str:
    """Write the function of (left, right, result, low, high) that computes the pieces of a range; return its symbol.

    It computes the pieces from low * each up to high * each, as far as there are any.
    """
    parts = [product.real, product.rows, product.inner, product.columns, *product.left, *product.right, *product.grid]
    for length, strides in product.stack:
        parts += ["by", length, *strides]
    name = "product_" + "_".join(map(str, [*parts, "each", each]))
    body = Body(module)
    lengths = body.let("alloca i32"), body.let("alloca i32")
    first, last = body.let(f"mul i64 %low, {each}"), body.let(f"mul i64 %high, {each}")
    least = module.declare("llvm.smin.i64", "i64 {}(i64, i64)")
    stop = body.let(f"call i64 {least}(i64 {last}, i64 {product.units})")
    body.do(f"br i1 {body.let(f'icmp slt i64 {first}, {stop}')}, label %piece, label %done")
    body.label("piece")
    body.do(f"%at = phi i64 [ {first}, %entry ], [ %next, %piece ]")
    _piece(body, product, lengths)
    body.do("%next = add i64 %at, 1")
    body.do(f"br i1 {body.let(f'icmp slt i64 %next, {stop}')}, label %piece, label %done")
    body.label("done")
    body.do("ret void")
    head = f"define internal void @{name}(ptr %p0, ptr %p1, ptr %p2, i64 %low, i64 %high)"
    return module.define(name, lambda: f"{head} {{\n{body.text()}\n}}")


def _piece(body: Body, product: _Product, lengths: tuple[str, str]) -> None:
    """Write the call of BLAS for the piece with the number %at. lengths: pointers to memory for rows and columns."""
    module = body.module
    *places, row, column = _digits(body, "%at", [*(length for length, _ in product.stack), *product.grid])
    moves = [[(place, strides[k]) for place, (_, strides) in zip(places, product.stack, strict=True)] for k in range(3)]
    height, width = product.sizes
    moves[0].append((row, height * product.left.down))
    moves[1].append((column, width * product.right.across))
    moves[2] += [(row, height * product.columns), (column, width)]
    x, y, out = (_moved(body, f"%p{place}", product.real, moves[place]) for place in range(3))
    gemm = module.declare("dgemm" if product.real == "double" else "sgemm", f"void {{}}({', '.join(['ptr'] * 13)})")
    zero = module.constant(f"zero_{product.real}", f"private constant {product.real} 0.0")
    # BLAS sees the transposes of all matrices, so that left and right change places.
    arguments = [
        letter(module, product.right.letter), letter(module, product.left.letter),
        _length(body, column, width, product.columns, lengths[1]), _length(body, row, height, product.rows, lengths[0]),
        whole(module, product.inner), one(module, product.real), y, whole(module, product.right.leading), x,
        whole(module, product.left.leading), zero, out, whole(module, product.columns),
    ]  # fmt: skip
    body.do(f"call void {gemm}({', '.join(f'ptr {each}' for each in arguments)})")


def _task(module: Module, function: str) -> str:
    """Write the task of the pool for a function; the context is a table of its three pointers. Return its symbol."""
    body = Body(module)
    pointers = [body.let(f"load ptr, ptr {body.let(f'getelementptr ptr, ptr %context, i64 {k}')}") for k in range(3)]
    after = body.let("add i64 %index, 1")
    body.do(f"call void {function}({', '.join(f'ptr {each}' for each in pointers)}, i64 %index, i64 {after})")
    body.do("ret void")
    name = f"{function[1:]}_task"
    return module.define(name, lambda: f"define internal void @{name}(ptr %context, i64 %index) {{\n{body.text()}\n}}")


def _digits(body: Body, number: str, lengths: Sequence[int]) -> list[str]:
    """Write the place along each axis of the element with a number, in C order."""
    found = []
    left = math.prod(lengths)
    for length in reversed(lengths):
        if length == 1:
            found.append("0")
        elif length == left:
            found.append(number)
        else:
            found.append(body.let(f"urem i64 {number}, {length}"))
            number = body.let(f"udiv i64 {number}, {length}")
        left //= length
    return found[::-1]


def _moved(body: Body, pointer: str, real: str, moves: Sequence[tuple[str, int]]) -> str:
    """Write a pointer moved by the sum of index * stride."""
    for index, stride in moves:
        if index != "0" and stride:
            step = body.let(f"mul i64 {index}, {stride}")
            pointer = body.let(f"getelementptr {real}, ptr {pointer}, i64 {step}")
    return pointer


def _length(body: Body, index: str, size: int, total: int, memory: str) -> str:
    """Return a pointer to the length of a piece, of which the last one may be shorter; that is written to `memory`."""
    if total % size == 0:
        return whole(body.module, size)
    rest = body.let(f"sub i64 {total}, {body.let(f'mul i64 {index}, {size}')}")
    least = body.module.declare("llvm.smin.i64", "i64 {}(i64, i64)")
    length = body.let(f"trunc i64 {body.let(f'call i64 {least}(i64 {rest}, i64 {size})')} to i32")
    body.do(f"store i32 {length}, ptr {memory}")
    return memory
