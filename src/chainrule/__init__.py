"""chainrule: derivatives of plain NumPy functions and of typed mathematics, exact and explained rule by rule."""

from importlib import import_module
from typing import TYPE_CHECKING

from chainrule.errors import (
    ChainruleError,
    CheckpointError,
    EscapedTraceError,
    GradientError,
    JitWarning,
    MissingPackageError,
    NoRuleError,
    NotDifferentiableError,
    NotScalarError,
    ParseError,
    RandomNumbersError,
    ShapeError,
    TooLongError,
    TracingError,
)
from chainrule.transforms.batch import vmap
from chainrule.transforms.checkpoint import checkpoint
from chainrule.transforms.custom import custom_jvp, custom_vjp, stop_gradient
from chainrule.transforms.derivatives import derivative, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

if TYPE_CHECKING:
    from chainrule import optim, plots, practice
    from chainrule.explain.backpropagation.backprop import backprop
    from chainrule.explain.derivation.explain import explain
    from chainrule.explain.diagnosis.why_nan import why_nan
    from chainrule.explain.diagnosis.why_zero import why_zero
    from chainrule.explain.limits.limit import limit
    from chainrule.native.jit import jit
    from chainrule.optim.compare import compare
    from chainrule.optim.descent.minimize import minimize
    from chainrule.optim.geometry.curvature import curvature
    from chainrule.optim.geometry.landscape import landscape
    from chainrule.optim.geometry.learning_rate import learning_rate
    from chainrule.transforms.check import check_grad
else:
    # What a gradient does not need is loaded when its name is first used: it takes longer than all that is loaded above.
    _LATER = {
        "backprop": "chainrule.explain.backpropagation.backprop",
        "check_grad": "chainrule.transforms.check",
        "compare": "chainrule.optim.compare",
        "curvature": "chainrule.optim.geometry.curvature",
        "explain": "chainrule.explain.derivation.explain",
        "jit": "chainrule.native.jit",
        "landscape": "chainrule.optim.geometry.landscape",
        "learning_rate": "chainrule.optim.geometry.learning_rate",
        "limit": "chainrule.explain.limits.limit",
        "minimize": "chainrule.optim.descent.minimize",
        "why_nan": "chainrule.explain.diagnosis.why_nan",
        "why_zero": "chainrule.explain.diagnosis.why_zero",
    }

    _MODULES = ("optim", "plots", "practice")

    # Python binds a package's name when it first loads the package. Here this must not happen later: the name is a function's.
    import_module("chainrule.explain")
    globals().pop("explain", None)

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return import_module(f"chainrule.{name}")
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_LATER[name]), name)
        return value

    def __dir__() -> list[str]:
        """List what is public: not what this module imports, nor the packages that it loads names from."""
        return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})


__version__ = "0.1.0"

__all__ = [
    "ChainruleError",
    "CheckpointError",
    "EscapedTraceError",
    "GradientError",
    "JitWarning",
    "MissingPackageError",
    "NoRuleError",
    "NotDifferentiableError",
    "NotScalarError",
    "ParseError",
    "RandomNumbersError",
    "ShapeError",
    "TooLongError",
    "TracingError",
    "backprop",
    "check_grad",
    "checkpoint",
    "compare",
    "curvature",
    "custom_jvp",
    "custom_vjp",
    "derivative",
    "explain",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jit",
    "jvp",
    "landscape",
    "learning_rate",
    "limit",
    "minimize",
    "optim",
    "plots",
    "practice",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
    "why_nan",
    "why_zero",
]
