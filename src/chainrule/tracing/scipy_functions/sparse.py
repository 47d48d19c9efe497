"""Owns products of SciPy's sparse matrices, which are constants, with traced vectors and matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.errors import ShapeError
from chainrule.primitives.indexing import index_add
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where


def matmul(self: Any, other: Any) -> Any:
    """Return a sparse matrix times a vector, or times the columns of a matrix: a sum over the elements that it stores."""
    x = as_array(other)
    if self.ndim != 2 or not 0 < x.ndim < 3:
        return NotImplemented
    rows, columns = self.shape
    if x.shape[0] != columns:
        raise ShapeError(
            f"a sparse matrix of shape {self.shape} does not multiply an array of shape {x.shape}: {columns} rows are "
            f"wanted{where()}"
        )
    stored = self.tocsr()
    factors = np.reshape(stored.data, (-1, *(1,) * (x.ndim - 1)))
    terms: Array = factors * np.take(x, stored.indices, axis=0)
    row_of_each = np.repeat(np.arange(rows), np.diff(stored.indptr))
    return index_add(np.zeros((rows, *x.shape[1:]), terms.dtype), row_of_each, terms)


SPARSE: dict[str, Callable[..., Any]] = {"_spbase._matmul_dispatch": matmul}
"""What all products of sparse matrices go through, to ours: `@`, `dot`, and `*` of the older kind; from the right too."""

SPARSE_COORDINATES: dict[str, Callable[..., Any]] = {"_coo_base._matmul_dispatch": matmul, "_coo_base.dot": matmul}
"""What one kind of sparse matrix has of its own, to ours."""
