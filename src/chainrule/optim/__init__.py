"""Methods of descent, and the records of `minimize`."""

from chainrule.optim.gradient_descent import GradientDescent
from chainrule.optim.method import Method
from chainrule.optim.outcome import Minimum, Progress, Status

__all__ = ["GradientDescent", "Method", "Minimum", "Progress", "Status"]
