"""Owns the table of reasons for which an operation passes no sensitivity on, with what helps, by the primitive's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from chainrule.core.graph import Node
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.shape import WHERE


@final
@dataclass(frozen=True, slots=True)
class Reason:
    """Why no sensitivity passes.

    kind: a key, such as "saturation". words: what happens. mend: what helps. code: an example, or empty text. is_minor: of a
    path that only decides; it is to blame only where no other path is.
    """

    kind: str
    words: str
    mend: str
    code: str = ""
    is_minor: bool = False


_THRESHOLD = Reason(
    "comparison",
    "a comparison is 0 or 1, constant on both sides of its threshold",
    "replace the hard threshold by a smooth one, and keep the comparison for reports",
    "scipy.special.expit(10 * (x - threshold))",
    is_minor=True,
)
_ROUNDING = Reason(
    "rounding",
    "rounding is constant between its steps",
    "leave the rounding out, or let the gradient pass as if it were not there (a straight-through estimator)",
    "x + cr.stop_gradient(np.round(x) - x)",
)
_POSITION = Reason(
    "position",
    "a position is a whole number, which does not move with the values",
    "weight all positions by a softmax, or use the value (np.max) instead of its position",
    "np.sum(np.arange(x.size) * np.exp(x - np.logaddexp.reduce(x)))",
)
_COUNT = Reason(
    "count",
    "a count is a whole number, which does not move with the values",
    "count smoothly: sum a sigmoid of the distance from the threshold",
    "np.sum(scipy.special.expit(10 * (x - threshold)))",
)
_SATURATION = Reason(
    "saturation",
    "the function is flat there: it has saturated",
    "make its operand smaller: scale the inputs, start from smaller weights, or compute the loss from the operand itself",
    "np.logaddexp(0, z) - y * z    # the cross-entropy of expit(z), from z",
)
_DEAD = Reason(
    "dead unit",
    "the operand is on the flat side",
    "let a little pass on the flat side, start from other biases, or use a smaller learning rate",
    "np.where(z > 0, z, 0.01 * z)",
)
_FLAT = Reason(
    "stationary",
    "the local derivative is 0 at this very point",
    "at a minimum that is as it should be; else start from another point",
)
_KINK = Reason("kink", "at the kink the derivative is taken to be 0", "start from another point, or smooth the kink")
_UNDERFLOW = Reason(
    "underflow",
    "the product of what arrives and the local derivative is smaller than the smallest number",
    "compute in float64, or with logarithms; scale the data",
)
_VANISHED = Reason(
    "underflow",
    "the value itself is too small for the precision, and its derivative with it",
    "subtract the largest operand before the exponential, or work with logarithms",
    "x - np.logaddexp.reduce(x)",
)
FACTOR = Reason(
    "factor of 0",
    "the other factor is 0",
    "see where the 0 comes from; weights start from small random numbers instead of 0",
    "rng.normal(size=shape) / np.sqrt(shape[0])",
)
_BRANCH = Reason(
    "branch not taken",
    "np.where takes the other branch there",
    "let both branches depend on the input where it should learn",
)
_CONDITION = Reason(
    "condition",
    "the value only decides which branch np.where takes, and decisions have no derivative",
    "blend the branches smoothly",
    "s = scipy.special.expit(10 * (x - threshold)); s * a + (1 - s) * b",
    is_minor=True,
)
_INDEX = Reason(
    "index",
    "it only says which elements are read, and a choice has no derivative",
    "weight the elements smoothly instead of reading one",
    is_minor=True,
)
_CHOICE = Reason(
    "not chosen",
    "another element is chosen, and only that one passes the sensitivity",
    "use a soft version, in which every element takes part",
    "np.logaddexp.reduce(x)    # a smooth maximum",
)
_SELECTED = Reason(
    "not selected",
    "the program reads other elements only",
    "read them too, or leave them out of the input",
    is_minor=True,
)
STOPPED = Reason(
    "stop_gradient",
    "cr.stop_gradient declares its value constant",
    "take cr.stop_gradient out where the gradient is wanted",
)
_INTEGER = Reason(
    "integer conversion",
    "a conversion to whole numbers or truth values is constant between its steps",
    "leave the conversion out",
    "x + cr.stop_gradient(np.trunc(x) - x)",
)
UNUSED = Reason("unused", "the function does not read it", "use it, or leave it out of the arguments")
UNREACHED = Reason(
    "thrown away", "what is computed from it does not reach the result", "return something that depends on it"
)
DECISION = Reason(
    "decision",
    "it only decides which way Python's `if` or `while` goes, and decisions have no derivative",
    "blend the two ways smoothly, or make the value itself a part of the result",
)
STEPS_ONLY = Reason(
    "constant",
    "it is not read, or only by what is constant between its steps: comparisons, rounding, positions, indices",
    "use smooth functions of it",
)
CANCELED = Reason(
    "cancellation",
    "it arrives on several paths, or from several elements, and the parts cancel",
    "at a minimum or for symmetric data that is as it should be; else break the symmetry of the start",
)
OTHER = Reason("other", "smaller causes together", "mend the larger ones first")
_CONSTANT = Reason("constant", "the operation is constant between its steps", "use a smooth function instead")

_REASONS: Mapping[str, Reason] = {
    **dict.fromkeys(
        "equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor logical_not isfinite isinf "
        "isnan signbit sign heaviside any all".split(),
        _THRESHOLD,
    ),
    **dict.fromkeys("floor ceil trunc rint floor_divide".split(), _ROUNDING),
    **dict.fromkeys("argmax argmin argsort argpartition argwhere searchsorted".split(), _POSITION),
    "count_nonzero": _COUNT,
    "truncate": _INTEGER,
    "stop_gradient": STOPPED,
    **dict.fromkeys(
        "expit tanh erf erfc ndtr arctan logaddexp logaddexp2 log_expit log_ndtr logit erfinv".split(), _SATURATION
    ),
    **dict.fromkeys("maximum minimum fmax fmin clip".split(), _DEAD),
    **dict.fromkeys("absolute fabs absolute_complex euclidean_norm hypot".split(), _KINK),
    **dict.fromkeys("exp exp2 sinh cosh reciprocal divide".split(), _VANISHED),
    **dict.fromkeys("multiply prod cumprod matmul einsum convolve kron cross".split(), FACTOR),
    **dict.fromkeys("max min sort partition cummax cummin shares".split(), _CHOICE),
    **dict.fromkeys("index index_set index_add".split(), _SELECTED),
    "where": _BRANCH,
}
"""Why an operation passes nothing on; what is not listed is flat at the point."""


def reason_for(node: Node, position: int, is_declared: bool, is_flat: bool) -> Reason:
    """Return why an operation passes no sensitivity to an operand.

    is_declared: the table has no derivative for this operand. is_flat: the local derivative is 0; else the product is.
    """
    assert node.primitive is not None
    if node.primitive is WHERE and position == 2:
        return _CONDITION
    if is_declared and node.primitive in (INDEX, INDEX_SET, INDEX_ADD):
        return _INDEX
    if not is_declared and not is_flat:
        return _UNDERFLOW
    return _REASONS.get(node.primitive.name, _CONSTANT if is_declared else _FLAT)
