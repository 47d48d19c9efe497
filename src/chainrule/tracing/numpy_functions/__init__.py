"""NumPy's functions on traced arrays."""

from chainrule.tracing.numpy_functions.creation import CREATORS
from chainrule.tracing.numpy_functions.table import DIAGONAL_VIEWS, FUNCTIONS, VIEWS
from chainrule.tracing.numpy_functions.ufunc_methods import masked_call, moved_to_middle, ufunc_method

__all__ = ["CREATORS", "DIAGONAL_VIEWS", "FUNCTIONS", "VIEWS", "masked_call", "moved_to_middle", "ufunc_method"]
