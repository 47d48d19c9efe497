"""Methods of descent, and the records of `minimize`."""

from chainrule.optim.descent.outcome import Minimum, Progress, Status
from chainrule.optim.methods.gradient_descent import GradientDescent
from chainrule.optim.methods.method import Method

__all__ = ["GradientDescent", "Method", "Minimum", "Progress", "Status"]
