"""chainrule: derivatives of plain NumPy functions and of typed mathematics, exact and explained rule by rule."""

from importlib import import_module
from typing import TYPE_CHECKING

from chainrule.errors import (
    ChainruleError,
    EscapedTraceError,
    GradientError,
    JitWarning,
    NoRuleError,
    NotDifferentiableError,
    NotScalarError,
    ParseError,
    RandomNumbersError,
    ShapeError,
    TracingError,
)
from chainrule.transforms.batch import vmap
from chainrule.transforms.custom import checkpoint, custom_jvp, custom_vjp, stop_gradient
from chainrule.transforms.derivatives import derivative, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

if TYPE_CHECKING:
    from chainrule import optim
    from chainrule.explain.backpropagation.backprop import backprop
    from chainrule.explain.derivation.explain import explain
    from chainrule.native.jit import jit
    from chainrule.optim.descent.minimize import minimize
    from chainrule.transforms.check import check_grad
else:
    # What a gradient does not need is loaded when its name is first used: it takes longer than all that is loaded above.
    _LATER = {
        "backprop": "chainrule.explain.backpropagation.backprop",
        "check_grad": "chainrule.transforms.check",
        "explain": "chainrule.explain.derivation.explain",
        "jit": "chainrule.native.jit",
        "minimize": "chainrule.optim.descent.minimize",
    }

    # Python binds a package's name when it first loads the package. Here this must not happen later: the name is a function's.
    import_module("chainrule.explain")
    globals().pop("explain", None)

    def __getattr__(name: str) -> object:
        if name == "optim":
            return import_module("chainrule.optim")
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_LATER[name]), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__version__ = "0.1.0"

__all__ = [
    "ChainruleError",
    "EscapedTraceError",
    "GradientError",
    "JitWarning",
    "NoRuleError",
    "NotDifferentiableError",
    "NotScalarError",
    "ParseError",
    "RandomNumbersError",
    "ShapeError",
    "TracingError",
    "backprop",
    "check_grad",
    "checkpoint",
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
    "minimize",
    "optim",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
]
