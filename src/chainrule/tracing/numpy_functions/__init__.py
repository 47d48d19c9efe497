"""NumPy's functions on traced arrays."""

from chainrule.tracing.numpy_functions.creation import CREATORS
from chainrule.tracing.numpy_functions.table import FUNCTIONS, LAYOUTS, VIEWS, VIEWS_BY_POSITION
from chainrule.tracing.numpy_functions.ufunc_methods import masked_call, moved_to_middle, ufunc_method

__all__ = [
    "CREATORS", "FUNCTIONS", "LAYOUTS", "VIEWS", "VIEWS_BY_POSITION", "masked_call", "moved_to_middle", "ufunc_method",
]  # fmt: skip
