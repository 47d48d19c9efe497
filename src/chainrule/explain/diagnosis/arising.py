"""Owns how a number that is not finite arises, in words and with the numbers at one element."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.graph import Node
from chainrule.core.primitive import Elementwise, Linear, Multilinear
from chainrule.explain.diagnosis.marks import Elements
from chainrule.explain.expressions.conditions import conditions_of, is_pole
from chainrule.explain.expressions.expression import Symbol
from chainrule.explain.expressions.notation import text
from chainrule.primitives.arithmetic import DIVIDE
from chainrule.primitives.reduction import SUM

_WORDS = {
    "sqrt": "square root", "cbrt": "cube root", "log": "logarithm", "log2": "logarithm", "log10": "logarithm",
    "log1p": "log1p", "divide": "quotient", "power": "power", "exp": "exponential", "multiply": "product",
    "arccos": "arc cosine", "arcsin": "arc sine", "sum": "sum", "add": "sum", "subtract": "difference",
}  # fmt: skip


def figure(value: Any) -> str:
    """Return a number with six digits.

    >>> figure(np.float64(-0.0)), figure(2.5), figure(np.inf), figure(1 + 2j)
    ('0', '2.5', '∞', '1+2j')
    """
    if value is None:
        return "?"
    if isinstance(value, complex | np.complexfloating):
        return f"{complex(value):.6g}"
    number = float(value)
    if math.isinf(number):
        return "∞" if number > 0 else "-∞"
    return "NaN" if math.isnan(number) else f"{number + 0.0:.6g}"


def precise(value: Any) -> str:
    """Return a number with six digits, or with all of them where six make a whole number of it: outside a domain these count.

    >>> precise(1 + 1e-12), precise(1.0), precise(0.123456789)
    ('1.000000000001', '1', '0.123457')
    """
    said = figure(value)
    number = np.asarray(value)
    if (
        number.dtype.kind != "f"
        or not np.isfinite(number)
        or float(said) == number
        or float(said) != round(float(said))
    ):
        return said
    return str(number[()])


def name_of(node: Node) -> str:
    """Return what people call an operation."""
    name = node.primitive.name if node.primitive else "input"
    return _WORDS.get(name, name)


def needs(node: Node) -> str:
    """Return where an operation has a value and a derivative, as a clause; empty text where it has both everywhere."""
    if not isinstance(node.primitive, Elementwise):
        return ""
    symbols = [Symbol(name) for name in "uvw"[: len(node.operands)]]
    conditions = [text(condition) for condition in conditions_of(node.primitive, symbols)]
    return f" (it has a value and a derivative where {' and '.join(conditions)})" if conditions else ""


def forward_cause(node: Node, operands: Sequence[Any], value: Any) -> tuple[str, str]:
    """Return the kind and a sentence: how a value that is not finite arises from operands at one element."""
    name = node.primitive.name if node.primitive else "input"
    numbers = [np.nan if part is None else part for part in operands]
    shown = ", ".join(figure(part) for part in operands)
    if any(part is None for part in operands) or name in ("sum", "matmul", "einsum", "prod", "cumsum", "cumprod"):
        return _of_many(node, value)
    if name == "divide" and numbers[1] == 0:
        kind = "0/0" if numbers[0] == 0 else "division by zero"
        return kind, f"{figure(numbers[0])}/0 is {figure(value)}"
    if any(np.isinf(part) for part in numbers):
        return _of_infinite(name, numbers, value)
    if np.isnan(value):
        exactly = ", ".join(map(precise, operands))
        return "outside the domain", f"the {name_of(node)} of {exactly} is NaN{needs(node)}"
    if not _is_growth(node, value, numbers):
        return "pole", f"the {name_of(node)} is infinite at {shown}{needs(node)}"
    largest = np.finfo(np.asarray(value).dtype).max
    return "overflow", (
        f"the {name_of(node)} of {shown} is larger than {np.asarray(value).dtype} can hold ({float(largest):.2g})"
    )


def is_mean_of_nothing(node: Node) -> bool:
    """Return whether a quotient is the mean of an empty array, whose number of elements is recorded as NaN."""
    above = node.parents[0] if node.primitive is DIVIDE else None
    return above is not None and above.primitive is SUM and np.size(above.operands[0]) == 0


def _is_growth(node: Node, value: Any, numbers: Sequence[Any]) -> bool:
    """Return whether an infinite value comes from large operands, not from a pole."""
    if isinstance(node.primitive, Elementwise) and not any(map(np.iscomplexobj, numbers)):
        return bool(np.isinf(value)) and not is_pole(node.primitive, numbers)
    return bool(np.isinf(value)) and max(abs(part) for part in numbers) > 1


def _of_infinite(name: str, numbers: Sequence[Any], value: Any) -> tuple[str, str]:
    shown = [figure(part) for part in numbers]
    if name == "divide":
        return "∞/∞", f"{shown[0]} / {shown[1]} is {figure(value)}"
    if name == "multiply":
        return "0·∞", f"{shown[0]} · {shown[1]} is {figure(value)}: a factor of 0 does not undo an infinite one"
    if name in ("add", "subtract"):
        sign = "+" if name == "add" else "-"
        return "∞ - ∞", f"{shown[0]} {sign} {shown[1]} is {figure(value)}"
    return "of an infinite number", f"{name}({', '.join(shown)}) is {figure(value)}"


def _of_many(node: Node, value: Any) -> tuple[str, str]:
    """Say how a value arises from arrays of which no single element stands behind it."""
    values = [np.asarray(part) for part in node.operands if np.asarray(part).dtype.kind in "fc"]
    infinite = next((np.isinf(part) for part in values if np.isinf(part).any()), None)
    if infinite is not None:
        kind = "∞ - ∞" if np.asarray(value).dtype.kind in "fc" and np.isnan(value).any() else "of an infinite number"
        where = f" ({Elements.of(infinite).places})" if infinite.ndim else ""
        return kind, f"the {name_of(node)} of numbers among which are infinite ones{where} is not finite"
    largest = max((float(np.abs(part).max()) for part in values if part.size), default=0.0)
    # Infinite terms of both signs add up to NaN, so that a sum or a product of matrices may be NaN, too.
    is_sum = isinstance(node.primitive, Linear | Multilinear)
    if largest > 1 and (is_sum or np.isinf(value).any()):
        return (
            "overflow",
            f"the {name_of(node)} of numbers up to {largest:.3g} is too large for {np.asarray(value).dtype}",
        )
    return (
        "not defined",
        f"{node.primitive.name if node.primitive else 'input'} is not finite here, though its operands are",
    )


def backward_cause(node: Node, ct: Any, local: Any, product: Any) -> tuple[str, str]:
    """Return the kind and a sentence: how a share of a cotangent that is not finite arises at one element."""
    if local is None:
        return (
            "backward rule",
            f"the derivative of {name_of(node)} is not finite here, though its value and operands are",
        )
    multiplied = f"{figure(ct)} · {figure(local)} = {figure(product)}"
    if np.isnan(local) and np.isnan(node.value).any():
        return "outside the domain", (
            f"the {name_of(node)} is NaN there itself{needs(node)}, and so is its local derivative; what arrives is "
            f"{figure(ct)}, and {multiplied}"
        )
    if np.isnan(local):
        return (
            "undefined derivative",
            f"the local derivative of the {name_of(node)} is NaN (0/0 in its rule), whatever arrives",
        )
    if np.isinf(local) and ct == 0:
        return "0·∞", (
            f"no sensitivity arrives (0), but the local derivative of the {name_of(node)} is infinite, and {multiplied}"
        )
    if np.isinf(local):
        return "infinite derivative", f"the local derivative of the {name_of(node)} is infinite: {multiplied}"
    if np.isinf(ct):
        local_derivative = f"the local derivative of the {name_of(node)} is {figure(local)}"
        return "0·∞", f"an infinite sensitivity arrives, and {local_derivative}: {multiplied}"
    return "overflow", f"the product {multiplied} is larger than {np.asarray(product).dtype} can hold"
