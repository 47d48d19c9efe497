"""Owns what to write where a traced value would become a plain number, and lose its derivative."""

from __future__ import annotations

import re
import sys
from typing import Any

from chainrule.tracing.spellings import WITH_NUMPY
from chainrule.user_code import assigns_to_parts, called_modules, is_own, user_line

COMPILED = "a compiled function of SciPy takes plain numbers only"
"""What is said of a conversion that no code of Python's asks for."""
_PYTHONS = frozenset({"math", "cmath", "statistics"})
_CONVERSIONS = {
    "float": "float(cr.stop_gradient(x))",
    "complex": "complex(cr.stop_gradient(x)), and x + 1j * y for complex(x, y)",
    "int": "int(cr.stop_gradient(x))",
    "an index": "int(cr.stop_gradient(x))",
}


def advice_on_conversion(wanted: str) -> str:
    """Return what to write in place of a conversion to `wanted`, by the line of the user's that asks for it."""
    line = user_line()
    source, called = line[2] if line else "", called_modules()
    if assigns_to_parts():
        advice = (
            "a traced value was assigned into a plain array, which cannot hold its derivative; create the array with "
            "np.zeros(n, like=x), where x is an argument of the function, or with np.zeros_like(x, shape=n), also of a "
            "number x"
        )
    elif modules := called.intersection(_PYTHONS):
        advice = (
            f"Python's {min(modules)} takes plain numbers only; use NumPy's function instead, such as np.sin for math.sin, "
            "np.mean for statistics.mean"
        )
    elif "stop_gradient(" in source:
        advice = (
            "compiled code and vmap have no plain number here; leave the conversion out: a traced value takes part in NumPy, "
            "and in if and while, as it is"
        )
    elif "arange(" in source:
        advice = "write start + step * np.arange(n)"
    elif "fromiter(" in source:
        advice = "write np.stack(list(values))"
    elif f"{wanted}(" not in source and any(each.split(".")[0] == "scipy" for each in called):
        advice = f"{COMPILED}; {WITH_NUMPY}"
    elif re.search(r"""["']\s*%""", source):
        advice = "an f-string takes a traced value, as in f'{x:.3f}', where % does not"
    elif "array(" in source and not re.search(rf"(?<![\w.]){wanted}\(", source):
        advice = (
            "leave the type out: np.asarray(x) keeps the derivative, and so does np.array([...], like=x) for a list of "
            "traced values, where x is an argument of the function; x.astype(np.float32) converts a traced array"
        )
    elif _is_within_numpy():
        advice = (
            "NumPy made an array of Python objects from traced values and cannot go on with it; write x for np.asarray(x), "
            "np.stack([x, y]) for np.array([x, y]), and np.zeros(n, like=x) for an array that it is to write into"
        )
    elif wanted == "int":
        advice = (
            "write x.astype(int): its derivative is zero, and it is an index and a count as it is; or, for a plain number, "
            f"{_CONVERSIONS[wanted]}; a plain array that traced values are assigned into is created with np.zeros(n, like=x)"
        )
    else:
        advice = (
            "leave the conversion out: a traced value takes part in NumPy as it is; where the derivative is not wanted, "
            f"write {_CONVERSIONS[wanted]}; a plain array that traced values are "
            "assigned into is created with np.zeros(n, like=x)"
        )
    return advice


def _is_within_numpy() -> bool:
    """Whether Python code of NumPy's is what runs."""
    frame: Any = sys._getframe(1)
    while frame is not None and is_own(frame):
        frame = frame.f_back
    return frame is not None and "site-packages/numpy/" in frame.f_code.co_filename
