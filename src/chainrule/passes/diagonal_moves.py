"""Owns what operations that move elements make of an array of diagonals: slices, padding, rolls, transposes, reshapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from chainrule.passes.diagonal_parts import Diagonals, Part, clipped, gathered, is_zero, spread, zeros
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Shape, Term
from chainrule.primitives.index_keys import FULL
from chainrule.primitives.indexing import INDEX, INDEX_ADD
from chainrule.primitives.shape import PAD

Value: TypeAlias = Term | Diagonals


def like(term: Term, rows: Shape, columns: Shape) -> Diagonals:
    """Return an array of the shape and type of a term, without diagonals."""
    return Diagonals(term.shape, term.dtype, rows, columns, {})


# --- index expressions


class _Entry(NamedTuple):
    """One entry of an index expression: the axis of the array that it reads, the axis of the result that it makes."""

    source: int | None
    result: int | None
    key: Any


def _entries(template: Any, rank: int) -> list[_Entry] | None:
    """Return the entries of a basic index expression, all axes named; None where it is no basic one."""
    given = list(template) if isinstance(template, tuple) else [template]
    if any(type(key) not in (int, slice, type(None), type(Ellipsis)) for key in given):
        return None
    used = sum(key is not None and key is not Ellipsis for key in given)
    gap = next((place for place, key in enumerate(given) if key is Ellipsis), len(given))
    given[gap : gap + 1] = [FULL] * (rank - used)
    entries, source, result = [], 0, 0
    for key in given:
        entries.append(_Entry(None if key is None else source, None if type(key) is int else result, key))
        source += key is not None
        result += type(key) is not int
    return entries


class _Window(NamedTuple):
    """Where rows or columns are after an index expression: their axes, and what was `start`, before `stop`, is kept."""

    axes: Shape
    start: int
    stop: int


def _window(group: Shape, entries: Sequence[_Entry], shape: Shape, back: bool) -> _Window | None:
    """Return what an index expression of an array of this shape keeps of an axis; `back`: the axis is one of the result.

    Several axes that count rows together must be kept whole.
    """
    axes, start, stop, length = [], 0, 0, 1
    for entry in entries:
        here, there = (entry.result, entry.source) if back else (entry.source, entry.result)
        if here is None or here not in group:
            continue
        if there is None or entry.source is None:
            return None
        start, stop, step = entry.key.indices(shape[entry.source])
        whole = (start, stop) == (0, shape[entry.source])
        if step != 1 or (len(group) > 1 and not whole):
            return None
        length *= stop - start
        axes.append(there)
    if axes != list(range(axes[0], axes[0] + len(axes))):
        return None
    return _Window(tuple(axes), start, max(start, stop)) if len(axes) == 1 else _Window(tuple(axes), 0, length)


def _key_of_parts(entries: Sequence[_Entry], rows: Shape, columns: Shape, back: bool) -> tuple[Any, ...] | None:
    """Return what the index expression does to the other axes of a part; None where it does nothing."""
    groups = (*rows, *columns)
    keys = [entry.key for entry in entries if (entry.result if back else entry.source) not in groups]
    return None if all(key == FULL for key in keys) else (FULL, *keys)


def index(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return a slice of rows and columns."""
    x = operands[0]
    entries = _entries(term.parameters["template"], len(x.shape))
    if len(operands) > 1 or entries is None or not isinstance(x, Diagonals):
        return None
    rows, columns = (_window(group, entries, x.shape, back=False) for group in (x.rows, x.columns))
    if rows is None or columns is None:
        return None
    empty = like(term, rows.axes, columns.axes)
    key = _key_of_parts(entries, x.rows, x.columns, back=False)
    parts = []
    for offset, part in x.parts.items():
        start = max(part.start, rows.start, columns.start - offset)
        stop = min(part.stop, rows.stop, columns.stop - offset)
        if start >= stop:
            continue
        values = clipped(s, part, start, stop).values
        shape = (stop - start, *empty.other_shape)
        if key is not None and all(entry is None or entry == FULL for entry in key):
            values = s.reshape(values, shape)
        elif key is not None:
            values = s.apply(INDEX, (values,), {"template": key}, shape, term.dtype)
        parts.append((offset + rows.start - columns.start, Part(start - rows.start, values)))
    return gathered(s, empty, parts)


def index_write(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return diagonals that are written into, or added to, a slice of rows and columns of an array of zeros or diagonals."""
    x, v = operands[:2]
    entries = _entries(term.parameters["template"], len(term.shape))
    if len(operands) > 2 or entries is None or not isinstance(v, Diagonals):
        return None
    if _region(entries, term.shape) != v.shape:
        return None
    rows, columns = (_window(group, entries, term.shape, back=True) for group in (v.rows, v.columns))
    if rows is None or columns is None or rows.axes[0] > columns.axes[0]:
        return None
    empty = like(term, rows.axes, columns.axes)
    parts: list[tuple[int, Part]] = []
    if isinstance(x, Diagonals):
        if term.primitive is not INDEX_ADD or (x.rows, x.columns, x.dtype) != (rows.axes, columns.axes, term.dtype):
            return None
        parts.extend(x.parts.items())
    elif not is_zero(x):
        return None
    key = _key_of_parts(entries, v.rows, v.columns, back=True)
    for offset, part in v.parts.items():
        values = spread(s, part.values, part.values.shape, term.dtype)
        if key is not None:
            shape = (values.shape[0], *empty.other_shape)
            values = s.apply(INDEX_ADD, (zeros(s, shape, term.dtype), values), {"template": key}, shape, term.dtype)
        parts.append((offset + columns.start - rows.start, Part(part.start + rows.start, values)))
    return gathered(s, empty, parts)


def _region(entries: Sequence[_Entry], shape: Shape) -> Shape:
    """Return the shape of what an index expression selects."""
    return tuple(
        1 if entry.source is None else len(range(*entry.key.indices(shape[entry.source])))
        for entry in entries
        if entry.result is not None
    )


# --- shapes


def transpose(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return diagonals with the axes in another order; a matrix that is turned has the negative offsets."""
    (x,), axes = operands, tuple(term.parameters["axes"])
    assert isinstance(x, Diagonals)
    rows, columns = (tuple(axes.index(axis) for axis in group) for group in (x.rows, x.columns))
    if any(group != tuple(range(group[0], group[0] + len(group))) for group in (rows, columns)):
        return None
    turned = columns[0] < rows[0]
    empty = like(term, columns, rows) if turned else like(term, rows, columns)
    order = (0, *(1 + x.others.index(axes[axis]) for axis in empty.others))
    parts = []
    for offset, part in x.parts.items():
        values = s.transpose(part.values, order)
        parts.append((-offset, Part(part.start + offset, values)) if turned else (offset, Part(part.start, values)))
    return gathered(s, empty, parts)


def reshape(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return diagonals in another shape, as long as rows, columns and other axes are not mixed."""
    (x,) = operands
    assert isinstance(x, Diagonals)
    return reshaped(s, x, term.shape)


def reshaped(s: Simplifier, x: Diagonals, shape: Shape) -> Diagonals | None:
    """Return diagonals in another shape; None where rows, columns and other axes would be mixed."""
    groups = []
    for group in (x.rows, x.columns):
        axes: list[int] = []
        for old, new in _blocks(x.shape, shape):
            inside = [axis in group for axis in old]
            if any(inside):
                if not all(inside):
                    return None
                axes.extend(new)
        groups.append(tuple(range(axes[0], axes[-1] + 1)))
    rows, columns = groups
    empty = Diagonals(shape, x.dtype, rows, columns, {})
    parts = [
        (offset, Part(part.start, s.reshape(part.values, (part.values.shape[0], *empty.other_shape))))
        for offset, part in x.parts.items()
    ]
    return gathered(s, empty, parts)


def _blocks(old: Shape, new: Shape) -> list[tuple[list[int], list[int]]]:
    """Return which axes of a shape become which axes of another of the same size; those of length 1 are left out."""
    here = [axis for axis, length in enumerate(old) if length != 1]
    there = [axis for axis, length in enumerate(new) if length != 1]
    blocks = []
    while here:
        left, right = [here.pop(0)], [there.pop(0)]
        before, after = old[left[0]], new[right[0]]
        while before != after:
            if before < after:
                left.append(here.pop(0))
                before *= old[left[-1]]
            else:
                right.append(there.pop(0))
                after *= new[right[-1]]
        blocks.append((left, right))
    return blocks


# --- along rows or columns


def _shifted(x: Diagonals, axis: int, offset: int, part: Part, by: int) -> tuple[int, Part]:
    """Return a part that is moved along the axis of the rows or of the columns."""
    return (offset + by, part) if axis in x.columns else (offset - by, Part(part.start + by, part.values))


def concatenate(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return diagonals and zeros that are joined along rows or columns."""
    first = next(each for each in operands if isinstance(each, Diagonals))
    axis = term.parameters["axis"] % len(term.shape)
    if (axis,) not in (first.rows, first.columns):
        return None
    parts: list[tuple[int, Part]] = []
    start = 0
    for each in operands:
        if isinstance(each, Diagonals):
            if (each.rows, each.columns, each.dtype) != (first.rows, first.columns, term.dtype):
                return None
            parts.extend(_shifted(each, axis, offset, part, start) for offset, part in each.parts.items())
        elif not is_zero(each):
            return None
        start += each.shape[axis]
    return gathered(s, like(term, first.rows, first.columns), parts)


def pad(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return diagonals with zeros around them."""
    (x,), widths = operands, term.parameters["widths"]
    assert isinstance(x, Diagonals)
    groups = (x.rows, x.columns)
    if any(len(group) > 1 and any(any(widths[axis]) for axis in group) for group in groups):
        return None
    empty = like(term, x.rows, x.columns)
    others = ((0, 0), *(tuple(widths[axis]) for axis in x.others))
    down, right = (widths[group[0]][0] for group in groups)
    parts = []
    for offset, part in x.parts.items():
        values = part.values
        if any(map(any, others)):
            values = s.apply(PAD, (values,), {"widths": others}, (values.shape[0], *empty.other_shape), values.dtype)
        parts.append((offset + right - down, Part(part.start + down, values)))
    return gathered(s, empty, parts)
