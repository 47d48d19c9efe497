"""chainrule: derivatives of plain NumPy functions and of typed mathematics, exact and explained rule by rule."""

from chainrule import optim
from chainrule.errors import (
    ChainruleError,
    EscapedTraceError,
    GradientError,
    NoRuleError,
    NotDifferentiableError,
    NotScalarError,
    ParseError,
    ShapeError,
    TracingError,
)
from chainrule.explain.backprop import backprop
from chainrule.explain.explain import explain
from chainrule.native.jit import jit
from chainrule.optim.minimize import minimize
from chainrule.transforms.batch import vmap
from chainrule.transforms.check import check_grad
from chainrule.transforms.custom import checkpoint, custom_jvp, custom_vjp, stop_gradient
from chainrule.transforms.derivatives import derivative, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__version__ = "0.1.0"

__all__ = [
    "ChainruleError",
    "EscapedTraceError",
    "GradientError",
    "NoRuleError",
    "NotDifferentiableError",
    "NotScalarError",
    "ParseError",
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
