"""SciPy's functions on traced arrays."""

from chainrule.tracing.scipy_functions.modules import watch_scipy

__all__ = ["watch_scipy"]
