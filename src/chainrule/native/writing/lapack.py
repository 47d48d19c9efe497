"""Owns factorizations and solves in native code: what LAPACK makes of a matrix that loops have put into its memory.

LAPACK stores matrices by columns, so it takes what lies by rows for its transpose. A matrix that it cannot factor, or solve
with, ends the program with an unknown path: NumPy then raises its own error.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from chainrule.core.primitive import Primitive
from chainrule.native.machine.text import Body, Module
from chainrule.native.memory.layout import contiguous
from chainrule.native.memory.steps import Piece
from chainrule.native.threads.blas import ALONE, letter, one, whole
from chainrule.native.vectors.instructions import REALS
from chainrule.native.writing.writing import State, Writing
from chainrule.passes.factors import LU, LU_SOLVE, TRIANGULAR_SOLVE
from chainrule.passes.terms import Shape, Term
from chainrule.primitives.decompositions import CHOLESKY

_WORK = 10  # operations that one multiplication of a factorization counts as, with what is around it


def has_lapack(term: Term) -> bool:
    """Whether a term is computed by LAPACK, from matrices in memory."""
    if term.primitive is CHOLESKY:
        return term.dtype in REALS and term.operands[0].dtype == term.dtype and not term.parameters.get("upper")
    return term.primitive in (LU, LU_SOLVE, TRIANGULAR_SOLVE)


def lapack_pieces(term: Term) -> list[Piece]:
    """Return what is in the memory of the result before LAPACK works on it."""
    if term.primitive is LU:
        packed = term.results[0]
        *stack, down, across = contiguous(packed.shape)
        return [Piece(term.operands[0], "store", packed, 0, (*stack, across, down))]
    start = term.operands[0] if term.primitive is CHOLESKY else term.operands[-1]
    return [Piece(start, "store", term, 0, contiguous(term.shape))]


def write_lapack(writer: Writing, state: State, term: Term) -> None:
    """Write what LAPACK does to each matrix of a stack."""
    body, module = writer.body, writer.module
    real, size = REALS[term.dtype], term.operands[0].shape[-1]
    columns = term.shape[-1] if len(term.shape) > 1 else 1
    assert term.primitive is not None
    function = _FUNCTIONS[term.primitive](module, real, size, columns, bool(term.parameters.get("transposed")))
    parts = [*(term.results or (term,))] if term.primitive in (LU, CHOLESKY) else [*term.operands[:-1], term]
    stack = term.shape[:-2]
    count = math.prod(stack)
    state.done.update(part.index for part in (term.results or (term,)))
    pointers = [writer.pointer(state, writer.stored(state, part), part.dtype.itemsize) for part in parts]
    axes = (2, 1, 0) if term.primitive is LU else (2, 1, 2) if term.primitive is LU_SOLVE else (2, 2)
    steps = [_bytes_of_one(part, own, stack) for part, own in zip(parts, axes, strict=False)]
    if size < ALONE:
        body.do(f"call void {module.declare('chainrule_blas_begin', 'void {}()')}()")
    if count == 1:
        failed = body.let(f"call i64 {function}({', '.join(f'ptr {each}' for each in pointers)})")
    else:
        each = _each(module, function, count, steps)
        failed = body.let(f"call i64 {each}({', '.join(f'ptr {each}' for each in pointers)})")
    if size < ALONE:
        body.do(f"call void {module.declare('chainrule_blas_end', 'void {}()')}()")
    wrong, fine = body.fresh("wrong"), body.fresh("fine")
    body.do(f"br i1 {body.let(f'icmp eq i64 {failed}, 0')}, label %{fine}, label %{wrong}")
    body.label(wrong)
    body.do("ret i64 1")
    body.label(fine)
    writer.work += _WORK * count * size * size * (columns if term.primitive in (LU_SOLVE, TRIANGULAR_SOLVE) else size)


def _bytes_of_one(part: Term, axes: int, stack: Shape) -> int:
    """Return by how many bytes the memory of one matrix of a stack, or what belongs to it, lies behind the one before.

    axes: how many of its own each has. What is no stack is the same for all.
    """
    if len(part.shape) < len(stack) + axes:
        return 0
    return math.prod(part.shape[len(stack) :]) * part.dtype.itemsize


def _each(module: Module, function: str, count: int, steps: list[int]) -> str:
    """Write the function that works off a stack; it returns how many matrices were refused."""
    name = f"{function[1:]}_{count}_{'_'.join(map(str, steps))}"
    body = Body(module)
    refused = body.let("alloca i64")
    body.do(f"store i64 0, ptr {refused}")

    def one_matrix(at: str) -> None:
        moved = [
            body.let(f"getelementptr i8, ptr %p{place}, i64 {body.let(f'mul i64 {at}, {step}')}")
            if step
            else f"%p{place}"
            for place, step in enumerate(steps)
        ]
        failed = body.let(f"call i64 {function}({', '.join(f'ptr {each}' for each in moved)})")
        total = body.let(f"add i64 {body.let(f'load i64, ptr {refused}')}, {failed}")
        body.do(f"store i64 {total}, ptr {refused}")

    body.repeat(count, one_matrix)
    body.do(f"ret i64 {body.let(f'load i64, ptr {refused}')}")
    return _defined(module, name, len(steps), body)


def _defined(module: Module, name: str, count: int, body: Body) -> str:
    arguments = ", ".join(f"ptr %p{place}" for place in range(count))
    return module.define(name, lambda: f"define internal i64 @{name}({arguments}) {{\n{body.text()}\n}}")


# --- for one matrix: functions of pointers that return 0, or 1 where LAPACK refuses it


def _lu(module: Module, real: str, size: int, columns: int, transposed: bool) -> str:
    """Write the factorization of p0, its exchanges in p1 and their sign in p2."""
    body = Body(module)
    info = body.let("alloca i32")
    n = whole(module, size)
    _call(body, real, "getrf", [n, n, "%p0", n, "%p1", info])
    body.do(f"store {real} 1.0, ptr %p2")

    def turn(at: str) -> None:
        pivot = body.let(f"load i32, ptr {body.let(f'getelementptr i32, ptr %p1, i64 {at}')}")
        row = body.let(f"trunc i64 {body.let(f'add i64 {at}, 1')} to i32")
        stays = body.let(f"icmp eq i32 {pivot}, {row}")
        sign = body.let(f"load {real}, ptr %p2")
        turned = body.let(f"select i1 {stays}, {real} {sign}, {real} {body.let(f'fneg {real} {sign}')}")
        body.do(f"store {real} {turned}, ptr %p2")

    body.repeat(size, turn)
    body.do("ret i64 0")
    return _defined(module, f"lu_{real}_{size}", 3, body)


def _lu_solve(module: Module, real: str, size: int, columns: int, transposed: bool) -> str:
    """Write the solution in p2, which holds the right sides, by the factors in p0 and the exchanges in p1."""
    body = Body(module)
    name = f"lu_solve_{real}_{size}_{columns}_{'T' if transposed else 'N'}"
    _refuse_zeros(body, real, size)
    n, k = whole(module, size), whole(module, columns)
    if columns == 1:
        info = body.let("alloca i32")
        _call(body, real, "getrs", [letter(module, "T" if transposed else "N"), n, k, "%p0", n, "%p1", "%p2", n, info])
    else:  # by rows, so the transposed right sides are divided from the right
        right, no, yes = (letter(module, each) for each in "RNT")
        how, unit = (no if transposed else yes), letter(module, "U")
        lower, upper = (
            [right, letter(module, side), how, diagonal, k, n, one(module, real), "%p0", n, "%p2", k]
            for side, diagonal in (("L", unit), ("U", no))
        )
        if not transposed:
            _exchange(body, real, size, columns, forward=True)
        for arguments in (upper, lower) if transposed else (lower, upper):
            _call(body, real, "trsm", arguments)
        if transposed:
            _exchange(body, real, size, columns, forward=False)
    body.do("ret i64 0")
    return _defined(module, name, 3, body)


def _triangular_solve(module: Module, real: str, size: int, columns: int, transposed: bool) -> str:
    """Write the solution in p1, which holds the right sides, by the lower triangle in p0: by columns, an upper one."""
    body = Body(module)
    name = f"triangular_solve_{real}_{size}_{columns}_{'T' if transposed else 'N'}"
    n, k = whole(module, size), whole(module, columns)
    upper, no, yes = (letter(module, each) for each in "UNT")
    if columns == 1:
        _call(body, real, "trsv", [upper, no if transposed else yes, no, n, "%p0", n, "%p1", whole(module, 1)])
    else:
        how = yes if transposed else no
        _call(body, real, "trsm", [letter(module, "R"), upper, how, no, k, n, one(module, real), "%p0", n, "%p1", k])
    body.do("ret i64 0")
    return _defined(module, name, 2, body)


def _cholesky(module: Module, real: str, size: int, columns: int, transposed: bool) -> str:
    """Write the lower factor of p0 over it, with zeros above."""
    body = Body(module)
    info = body.let("alloca i32")
    n = whole(module, size)
    _call(body, real, "potrf", [letter(module, "U"), n, "%p0", n, info])
    failed = body.let(f"icmp ne i32 {body.let(f'load i32, ptr {info}')}, 0")
    clear = module.declare("llvm.memset.p0.i64", "void {}(ptr, i8, i64, i1)")
    width = 8 if real == "double" else 4

    def zeros_right_of(row: str) -> None:
        after = body.let(f"add i64 {row}, 1")
        start = body.let(f"add i64 {body.let(f'mul i64 {row}, {size + 1}')}, 1")
        length = body.let(f"mul i64 {body.let(f'sub i64 {size}, {after}')}, {width}")
        place = body.let(f"getelementptr {real}, ptr %p0, i64 {start}")
        body.do(f"call void {clear}(ptr {place}, i8 0, i64 {length}, i1 false)")

    body.repeat(size, zeros_right_of)
    body.do(f"ret i64 {body.let(f'zext i1 {failed} to i64')}")
    return _defined(module, f"cholesky_{real}_{size}", 1, body)


_FUNCTIONS: dict[Primitive, Callable[[Module, str, int, int, bool], str]] = {
    LU: _lu, LU_SOLVE: _lu_solve, TRIANGULAR_SOLVE: _triangular_solve, CHOLESKY: _cholesky,
}  # fmt: skip


def _refuse_zeros(body: Body, real: str, size: int) -> None:
    """Write the end of a function for factors with a zero on the diagonal: the matrix is singular."""
    zero, more = body.fresh("zero"), body.fresh("more")

    def look(at: str) -> None:
        place = body.let(f"getelementptr {real}, ptr %p0, i64 {body.let(f'mul i64 {at}, {size + 1}')}")
        is_zero = body.let(f"fcmp oeq {real} {body.let(f'load {real}, ptr {place}')}, 0.0")
        body.do(f"br i1 {is_zero}, label %{zero}, label %{more}")
        body.label(zero)
        body.do("ret i64 1")
        body.label(more)

    body.repeat(size, look)


def _exchange(body: Body, real: str, size: int, columns: int, forward: bool) -> None:
    """Write the exchanges of p1 of the rows of p2, in order or backward."""
    apart, length = whole(body.module, 1), whole(body.module, columns)

    def swap(at: str) -> None:
        row = at if forward else body.let(f"sub i64 {size - 1}, {at}")
        pivot = body.let(f"load i32, ptr {body.let(f'getelementptr i32, ptr %p1, i64 {row}')}")
        other = body.let(f"sub i64 {body.let(f'sext i32 {pivot} to i64')}, 1")
        rows = [
            body.let(f"getelementptr {real}, ptr %p2, i64 {body.let(f'mul i64 {each}, {columns}')}")
            for each in (row, other)
        ]
        _call(body, real, "swap", [length, rows[0], apart, rows[1], apart])

    body.repeat(size, swap)


def _call(body: Body, real: str, name: str, arguments: list[str]) -> None:
    """Write a call of BLAS or LAPACK: every argument is a pointer."""
    routine = f"{'d' if real == 'double' else 's'}{name}"
    symbol = body.module.declare(routine, f"void {{}}({', '.join(['ptr'] * len(arguments))})")
    body.do(f"call void {symbol}({', '.join(f'ptr {each}' for each in arguments)})")
