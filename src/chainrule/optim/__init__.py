"""Methods of descent, what modifies them, schedules, test problems, and the records of `minimize`."""

from chainrule.optim import problems, schedules
from chainrule.optim.descent.batches import Batches, Epochs
from chainrule.optim.descent.checkpoint import Checkpoint
from chainrule.optim.descent.outcome import Minimum, Progress, Status
from chainrule.optim.methods.adadelta import Adadelta
from chainrule.optim.methods.adagrad import Adagrad
from chainrule.optim.methods.adam import Adam
from chainrule.optim.methods.adamax import Adamax
from chainrule.optim.methods.adamw import AdamW
from chainrule.optim.methods.amsgrad import AMSGrad
from chainrule.optim.methods.conjugate_gradient import ConjugateGradient
from chainrule.optim.methods.gradient_descent import GradientDescent
from chainrule.optim.methods.lbfgs import LBFGS
from chainrule.optim.methods.lion import Lion
from chainrule.optim.methods.method import Method, Solver
from chainrule.optim.methods.momentum import Momentum
from chainrule.optim.methods.nadam import NAdam
from chainrule.optim.methods.nesterov import Nesterov
from chainrule.optim.methods.newton import Newton
from chainrule.optim.methods.radam import RAdam
from chainrule.optim.methods.rmsprop import RMSprop
from chainrule.optim.modifiers.box import Box
from chainrule.optim.modifiers.clipping import ClipNorm, ClipValue
from chainrule.optim.modifiers.lookahead import Lookahead
from chainrule.optim.modifiers.maximize import Maximize
from chainrule.optim.modifiers.noise import Noise
from chainrule.optim.modifiers.weight_decay import WeightDecay

__all__ = [
    "AMSGrad",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Batches",
    "Box",
    "Checkpoint",
    "ClipNorm",
    "ClipValue",
    "ConjugateGradient",
    "Epochs",
    "GradientDescent",
    "LBFGS",
    "Lion",
    "Lookahead",
    "Maximize",
    "Method",
    "Minimum",
    "Momentum",
    "NAdam",
    "Nesterov",
    "Newton",
    "Noise",
    "Progress",
    "RAdam",
    "RMSprop",
    "Solver",
    "Status",
    "WeightDecay",
    "problems",
    "schedules",
]
