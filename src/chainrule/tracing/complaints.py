"""Owns what is said where NumPy or SciPy cannot go on with traced values: which function it was, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, TypeAlias

import numpy as np

from chainrule.core.trace import Traced
from chainrule.errors import ChainruleError, TracingError
from chainrule.tracing.conversions import COMPILED
from chainrule.tracing.lift import holds_traced
from chainrule.tracing.spellings import spelling_of
from chainrule.user_code import is_own, is_user_frame, stores_part, where

_OBJECT_COMPLAINTS = (
    "object array",
    "dtype object",
    "dtype('O')",
    "type object is",  # "array type object is unsupported in linalg"
    "loop of ufunc",
    "not supported for the input types",
    "holds references",
    "doesn't define __",
)
_SET_IN_FLAT = "Error setting single item of array"  # of plain.flat[i] = x, which hides what was raised
_VALUE_COMPLAINTS = (
    "object arrays are not supported",
    "unsupported data types in input",  # what a sparse matrix says of the other factor
    "scipy.sparse does not support dtype object",
    "Unsupported dtype object",
    "input type 'object' not supported",
    "array type dtype('O') not supported",
    "reduction operation 'add' does not have an identity",  # it has one for numbers
    "reduction operation 'multiply' does not have an identity",
    _SET_IN_FLAT,
    "<class 'numpy.object_'> not inexact",  # what np.finfo says of their type
    "function output must be real numbers",  # of SciPy's functions by elements
    "not a proper array of floats",  # what SciPy's solvers say of what a callback returned
)
# What SciPy says of an array of objects, and others say of other things.
_SCIPY_COMPLAINTS = (
    "Unsupported type", "not available for this type", "No matching signature found", "dtype", "data type",
    "output array is read-only",
)  # fmt: skip
_KINDS = (ValueError, TypeError, IndexError, RuntimeError, AttributeError)
_Test: TypeAlias = Callable[[Exception, str], bool]


def advice_on(error: Exception) -> Exception:
    """Return the error to raise for one that the user's function raised: itself where no traced value is to blame."""
    is_of_scipy = _is_raised_by_scipy(error) or isinstance(error, SystemError)  # C code went on after an error
    if not isinstance(error, _KINDS) and not is_of_scipy:
        return error
    refusal = error if isinstance(error, ChainruleError) else error.__cause__
    if isinstance(refusal, ChainruleError):
        is_of_scipy = is_of_scipy or COMPILED in str(refusal)
        is_told = str(refusal).startswith("scipy.")  # by our own part of the function
        if isinstance(refusal, TracingError) and is_of_scipy and not is_told and (name := _library_function(error)):
            return _of_library(name, re.split(r"[:;] |\n", str(refusal))[0], error)
        return refusal
    text = str(error).strip().split("\n")[0]
    if advice := _first_of(_KNOWN, error, text):
        return _refusal(advice, error)
    if text.startswith(_SET_IN_FLAT) and not _holds_traced(error):
        return error
    if isinstance(error, IndexError):
        return error
    complaints = _OBJECT_COMPLAINTS if isinstance(error, TypeError) else _VALUE_COMPLAINTS
    is_of_objects = (
        _is_of_an_element(error) if isinstance(error, AttributeError) else any(map(text.__contains__, complaints))
    )
    is_of_scipy = is_of_scipy and (isinstance(error, AttributeError) or any(map(text.__contains__, _SCIPY_COMPLAINTS)))
    if not is_of_objects and not (is_of_scipy and _holds_traced(error, _is_scipy)):
        return error
    if name := _library_function(error):
        return _of_library(name, text, error)
    return _refusal(_first_of(_OF_OBJECTS, error, text), error) if is_of_objects else error


def _first_of(known: tuple[tuple[_Test, str], ...], error: Exception, text: str) -> str:
    """Return the advice on the first complaint of a table that this one is, with its text filled in; empty where it is none."""
    return next((advice.format(text=text, error=error) for is_it, advice in known if is_it(error, text)), "")


def _refusal(advice: str, error: Exception) -> TracingError:
    return TracingError(f"{advice}{_deepest_user_line(error)}")


def _is_of_an_element(error: AttributeError) -> bool:
    """Whether NumPy asked a number among the elements of an array of objects for what arrays have, or for a ufunc's name."""
    if not isinstance(error.obj, int | float | complex | np.generic):
        return False
    name = error.name or ""
    return isinstance(getattr(np, name, None), np.ufunc) or (
        hasattr(np.ndarray, name) and _is_numpy(_deepest_frame(error))
    )


def _deepest_frame(error: BaseException) -> FrameType:
    """Return the frame of the Python function that raised, or called what raised."""
    step: Any = error.__traceback__
    while step.tb_next is not None and not _is_compiled(step.tb_next.tb_frame):
        step = step.tb_next
    found: FrameType = step.tb_frame
    return found


def _holds_traced(error: BaseException, is_meant: Callable[[FrameType], bool] | None = None) -> bool:
    """Whether a traced value is among the variables of the Python function that raised, or called what raised.

    is_meant: looks at all frames of a kind instead.
    """
    step = error.__traceback__
    variables: list[Any] = []
    while step is not None:
        if is_meant is not None:
            variables += step.tb_frame.f_locals.values() if is_meant(step.tb_frame) else ()
        elif not _is_compiled(step.tb_frame):
            variables = list(step.tb_frame.f_locals.values())
        step = step.tb_next
    return any(holds_traced(value) if is_meant else isinstance(value, Traced) for value in variables)


def _of_library(function: str, text: str, error: BaseException) -> TracingError:
    package, *name = function.split(".")[1:]
    instead = spelling_of(package, ".".join(name))
    return TracingError(
        f"{function} is written for plain arrays and cannot take a traced value ({text}); {instead}{_deepest_user_line(error)}"
    )


def _is_scipy(frame: FrameType) -> bool:
    return "site-packages/scipy/" in frame.f_code.co_filename


def _is_numpy(frame: FrameType) -> bool:
    return "site-packages/numpy/" in frame.f_code.co_filename


def _is_compiled(frame: FrameType) -> bool:
    """Whether this is what Cython shows of a compiled function."""
    return frame.f_code.co_filename.endswith(".pyx") or frame.f_code.co_filename == "<stringsource>"


def _takes_apart(frame: FrameType) -> bool:
    """Whether this is one of NumPy's packages that make plain arrays of what they are given."""
    return _is_numpy(frame) and ("/polynomial/" in frame.f_code.co_filename or "/ma/" in frame.f_code.co_filename)


def _is_raised_by_scipy(error: BaseException) -> bool:
    """Whether the deepest code outside of this package and NumPy is SciPy's; a callback of the user's own is not."""
    step, found = error.__traceback__, False
    while step is not None:
        if not is_own(step.tb_frame) and not _is_numpy(step.tb_frame) and not _is_compiled(step.tb_frame):
            found = _is_scipy(step.tb_frame)
        step = step.tb_next
    return found


def _library_function(error: BaseException) -> str:
    """Return the name of the function of SciPy, or of such a package of NumPy, that the user's code called; empty where none."""
    step = error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        name = step.tb_frame.f_code.co_name
        is_wrapper = (
            name.endswith("wrapper") or name == "<lambda>" or file.endswith("_decorators.py") or "/_lib/" in file
        )
        if (_is_scipy(step.tb_frame) or _takes_apart(step.tb_frame)) and not is_wrapper:
            package = file.rsplit("site-packages/", 1)[1].removesuffix(".py").removesuffix("/core").split("/_")[0]
            return f"{package.replace('numpy', 'np', 1).replace('/', '.')}.{_called(step.tb_frame)}"
        step = step.tb_next
    return ""


def _called(frame: FrameType) -> str:
    """Return what a frame of SciPy runs: a function, a class, or a method of a distribution."""
    name, owner = frame.f_code.co_name, frame.f_locals.get("self")
    if name == "__ua_function__":  # how scipy.fft hands its functions on
        return str(frame.f_locals["method"].__name__)
    kind = type(getattr(owner, "dist", owner))
    if kind.__module__.startswith("scipy.stats"):
        distribution = kind.__name__.removesuffix("_gen").removesuffix("_frozen")
        return distribution if name == "__call__" else f"{distribution}.{name}"
    if name in ("__init__", "__call__"):
        return str(getattr(owner, "__name__", kind.__name__))
    return name


def _deepest_user_line(error: BaseException) -> str:
    """Return where the user's code stood when the error was raised."""
    step = _deepest_user_step(error)
    return where() if step is None else f"\n  at {step.tb_frame.f_code.co_filename}:{step.tb_lineno}"


def _deepest_user_step(error: BaseException) -> TracebackType | None:
    step, found = error.__traceback__, None
    while step is not None:
        if not _is_compiled(step.tb_frame) and is_user_frame(step.tb_frame):
            found = step
        step = step.tb_next
    return found


def _indexes_plain_array(error: Exception, text: str) -> bool:
    """Whether a plain array was indexed by a traced one."""
    return isinstance(error, IndexError) and text.startswith("only integers, slices") and _holds_traced(error)


def _stores_in_plain_array(error: Exception, text: str) -> bool:
    """Whether a part of a plain array, named by a traced index, was assigned to."""
    if not _indexes_plain_array(error, text):
        return False
    step = _deepest_user_step(error)
    return step is not None and stores_part(step.tb_frame, step.tb_lasti)


_INDEXED = "a plain array was indexed by a traced array, of which it takes no notice ({text}); write "

_KNOWN: tuple[tuple[_Test, str], ...] = (
    (
        lambda error, text: text == "array is read-only" and _holds_traced(error),
        "a traced array cannot be shuffled as it is ({text}); write x[rng.permutation(len(x))]",
    ),
    (
        lambda error, text: text.startswith("can't convert type 'Traced"),
        (
            "Python's statistics takes plain numbers only ({text}); use NumPy's function instead, such as np.mean for "
            "statistics.mean"
        ),
    ),
    (
        lambda error, text: "destination is read-only" in text,
        (
            "{text}: np.asarray(x) of a traced array cannot be assigned to, since that would not reach x; assign to x itself,"
            " or to a copy, x.copy()"
        ),
    ),
    (
        _stores_in_plain_array,
        _INDEXED + "a = np.zeros(n, like=x) where the array is created, where x is an argument of the function",
    ),
    (
        _indexes_plain_array,
        _INDEXED + "np.take(a, i, axis=0), or np.array(a, like=x)[i], where x is an argument of the function",
    ),
)
"""Complaints that say by themselves what is wrong, each with the advice; the first that fits counts."""

_OF_OBJECTS: tuple[tuple[_Test, str], ...] = (
    (
        lambda error, text: "according to the rule 'safe'" in text and not _is_numpy(_deepest_frame(error)),
        (
            "a traced value was given to a compiled function that takes plain numbers only, as random generators do ({text});"
            " draw numbers that depend on nothing and move them, loc + scale * rng.standard_normal(shape); where they are "
            "whole, as choices are, they have no derivative: give the generator cr.stop_gradient(x)"
        ),
    ),
    (
        lambda error, text: "NPY_ITER_REFS_OK" in text,
        (
            "np.nditer walks over memory, which a traced array does not have ({text}); write for i in np.ndindex(x.shape) and"
            " x[i], or for i, value in np.ndenumerate(x)"
        ),
    ),
    (
        lambda error, text: "output from dtype('O')" in text or _SET_IN_FLAT in text,
        (
            "traced values were added or assigned into a plain array, which cannot hold their derivatives ({text}); create "
            "the array with np.zeros(n, like=x), where x is an argument of the function, or with np.zeros_like(x, shape=n), "
            "also of a number x"
        ),
    ),
    (
        lambda error, text: True,
        (
            "NumPy made an array of Python objects from traced values and cannot go on with it ({error}); write "
            "np.array([...], like=x), where x is an argument of the function, or np.stack([...])"
        ),
    ),
)
"""Complaints of arrays of objects, which NumPy makes of traced values; the first that fits counts."""
