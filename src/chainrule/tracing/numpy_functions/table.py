"""Owns the table of NumPy's functions that traced arrays answer to, and of those whose results are views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.tracing.numpy_functions.accumulation import ACCUMULATIONS
from chainrule.tracing.numpy_functions.calculus import CALCULUS
from chainrule.tracing.numpy_functions.creation import CREATION
from chainrule.tracing.numpy_functions.diagonals import DIAGONALS
from chainrule.tracing.numpy_functions.elementwise import ELEMENTWISE
from chainrule.tracing.numpy_functions.extended_domains import EXTENDED_DOMAINS
from chainrule.tracing.numpy_functions.fourier import FOURIER
from chainrule.tracing.numpy_functions.histograms import HISTOGRAMS
from chainrule.tracing.numpy_functions.indexing import INDEXING
from chainrule.tracing.numpy_functions.joining import JOINING
from chainrule.tracing.numpy_functions.linear_algebra import LINEAR_ALGEBRA
from chainrule.tracing.numpy_functions.polynomials import POLYNOMIALS
from chainrule.tracing.numpy_functions.quantiles import QUANTILES
from chainrule.tracing.numpy_functions.queries import QUERIES
from chainrule.tracing.numpy_functions.reduction import REDUCTIONS
from chainrule.tracing.numpy_functions.sets import SETS
from chainrule.tracing.numpy_functions.shape import SHAPES
from chainrule.tracing.numpy_functions.statistics import STATISTICS

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    **ELEMENTWISE,
    **REDUCTIONS,
    **ACCUMULATIONS,
    **STATISTICS,
    **QUANTILES,
    **SHAPES,
    **DIAGONALS,
    **JOINING,
    **INDEXING,
    **CREATION,
    **CALCULUS,
    **HISTOGRAMS,
    **POLYNOMIALS,
    **SETS,
    **QUERIES,
    **LINEAR_ALGEBRA,
    **FOURIER,
    **EXTENDED_DOMAINS,
}
"""NumPy's function to ours, which has the same signature. A function that is not here is refused by name."""

VIEWS: frozenset[Callable[..., Any]] = frozenset({
    np.reshape, np.ravel, np.transpose, np.permute_dims, np.matrix_transpose, np.swapaxes, np.moveaxis, np.rollaxis,
    np.squeeze, np.expand_dims, np.flip, np.fliplr, np.flipud, np.rot90, np.atleast_1d, np.atleast_2d, np.atleast_3d,
    np.broadcast_to, np.diagonal, np.real, np.imag, np.lib.stride_tricks.sliding_window_view,
})  # fmt: skip
"""Functions whose result shares NumPy's memory with their first argument: an assignment to one is seen in the other."""

VIEWS_BY_POSITION: frozenset[Callable[..., Any]] = frozenset({np.diagonal, np.lib.stride_tricks.sliding_window_view})
"""Views that the engine reads by position, so that their values have memory of their own."""

LAYOUTS: dict[Callable[..., Any], str] = {
    **dict.fromkeys((np.take, np.compress, np.repeat, np.select, np.quantile, np.percentile, np.polyfit), "C"),
    **dict.fromkeys((np.delete, np.insert, np.pad), "A"),
}
"""How NumPy lays the results of these functions into memory of their own, as an order of np.copy: row by row however the operands
lie, or by columns where the array lies so that was given."""
