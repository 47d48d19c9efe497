"""Owns every exception that chainrule raises: what went wrong, where in the user's code, and the spelling that works."""

from __future__ import annotations

import contextlib
import linecache
import opcode
import os
import re
import sys
from types import FrameType, ModuleType

_PACKAGE = os.path.dirname(__file__)
_PART_STORES = frozenset(opcode.opmap[name] for name in ("STORE_SUBSCR", "STORE_SLICE") if name in opcode.opmap)
_LIBRARIES = tuple(f"{name}/" for name in ("numpy", "scipy", "optree"))

WITH_NUMPY = "write it with NumPy's functions, or give it a rule with cr.custom_vjp"
"""What to do about a function that takes plain numbers only."""


class ChainruleError(Exception):
    """The base of every error of chainrule."""


class JitWarning(UserWarning):
    """A function given to jit is not compiled, or not for all of its calls. It is said once for each function."""


class TracingError(ChainruleError, TypeError):
    """A traced value was used where NumPy or Python would drop its derivative without a word."""


class RandomNumbersError(TracingError):
    """Random numbers were drawn while a function was traced for jit, which would repeat them at every call."""


class EscapedTraceError(ChainruleError, RuntimeError):
    """A traced value was used after the function that it was traced for had returned."""


class NoRuleError(ChainruleError, NotImplementedError):
    """A function has no derivative rule in the table."""


class NotScalarError(ChainruleError, TypeError):
    """A gradient was asked of a function whose result is not one real number."""


class NotDifferentiableError(ChainruleError, ValueError):
    """The point or the argument has no derivative."""


class ShapeError(ChainruleError, ValueError):
    """Operands whose shapes do not fit each other, or the operation."""


class PositionError(ShapeError, IndexError):
    """An index that names an element or an axis which does not exist."""


class GradientError(ChainruleError, AssertionError):
    """A derivative does not agree with the limit definition."""


class ParseError(ChainruleError, ValueError):
    """Text that is not mathematics of the grammar; the message points at the column."""


class TooLongError(ChainruleError, ValueError):
    """A derivation that would run to more terms than anybody reads; `grad` computes the same derivative."""


class CheckpointError(ChainruleError, ValueError):
    """A file of a descent cannot be gone on with, or not be written: it is damaged, or of another descent. It was not changed."""


class MissingPackageError(ChainruleError, ImportError):
    """What was asked needs an optional package that is not installed; the message gives the command that installs it."""


def is_own(frame: FrameType) -> bool:
    """Whether a frame belongs to this package, or to how NumPy calls it."""
    return frame.f_code.co_filename.startswith((_PACKAGE, "<__array_function__"))


def _is_user_frame(frame: FrameType) -> bool:
    filename = frame.f_code.co_filename
    if filename == contextlib.__file__:  # how a function that a context manager decorates is called
        return False
    return not is_own(frame) and not any(f"site-packages/{library}" in filename for library in _LIBRARIES)


def _user_frame() -> FrameType | None:
    """Return the innermost frame that belongs to the user, or None."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _is_user_frame(frame):
        frame = frame.f_back
    return frame


def user_line() -> tuple[str, int, str] | None:
    """Return (file, line number, source text) of the innermost frame that belongs to the user, or None."""
    frame = _user_frame()
    if frame is None:
        return None
    filename, number = frame.f_code.co_filename, frame.f_lineno
    return filename, number, linecache.getline(filename, number, frame.f_globals).strip()


def stores_part(frame: FrameType, instruction: int) -> bool:
    """Whether an instruction of a frame's code is an assignment such as `a[i] = x`."""
    return frame.f_code.co_code[instruction] in _PART_STORES


def assigns_to_parts() -> bool:
    """Whether what the user's code is doing is an assignment such as `a[i] = x`."""
    frame = _user_frame()
    return frame is not None and stores_part(frame, frame.f_lasti)


def called_modules() -> set[str]:
    """Return the modules of what the user's current line calls: {"math"} of `y = sin(x)` after `from math import sin`."""
    frame, line = _user_frame(), user_line()
    if frame is None or line is None:
        return set()
    known = {**frame.f_globals, **frame.f_locals}
    called = [known.get(name) for name in re.findall(r"(?<![\w.])(\w+)(?:\.\w+)*\(", line[2])]
    return {
        str(each.__name__ if isinstance(each, ModuleType) else getattr(each, "__module__", None)) for each in called
    }


def where() -> str:
    """Return " at FILE:LINE: SOURCE" for the user's current line; empty where no such line is known."""
    line = user_line()
    if line is None:
        return ""
    filename, number, source = line
    return f"\n  at {filename}:{number}" + (f": {source}" if source else "")
