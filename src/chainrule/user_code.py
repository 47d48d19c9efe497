"""Owns where in the user's code the program stands, and what that line of code does."""

from __future__ import annotations

import dis
import functools
import inspect
import linecache
import opcode
import os
import re
import sys
from types import CodeType, FrameType, ModuleType

_FOLDER = os.path.join(os.path.dirname(__file__), "")  # with a separator at its end: chainrule_models lies beside it
_PART_STORES = frozenset(opcode.opmap[name] for name in ("STORE_SUBSCR", "STORE_SLICE") if name in opcode.opmap)
_CALLS = ("CALL", "PRECALL")  # which is where Python 3.11 calls what it has often called
_LOOKUPS = frozenset({"LOAD_METHOD", "LOAD_ATTR"})
_STANDARD_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")
_LIBRARIES = tuple(f"{name}/" for name in ("numpy", "scipy", "optree"))


def is_own(frame: FrameType) -> bool:
    """Whether a frame belongs to this package, or to how NumPy calls it."""
    return frame.f_code.co_filename.startswith((_FOLDER, "<__array_function__"))


def is_user_frame(frame: FrameType) -> bool:
    """Whether a frame is the user's: not of this package, nor of what stands between it and the user, such as `statistics`."""
    filename = frame.f_code.co_filename
    if filename.startswith(_STANDARD_LIBRARY) and "-packages" not in filename:
        return False
    return not is_own(frame) and not any(f"site-packages/{library}" in filename for library in _LIBRARIES)


def _user_frame() -> FrameType | None:
    """Return the innermost frame that belongs to the user, or None."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_user_frame(frame):
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


def called_method(frame: FrameType) -> str | None:
    """Return the name of the method that a frame's code is calling, "dot" in `a.dot(x)`; None where it calls none."""
    return _method_called_at(frame.f_code, frame.f_lasti)


@functools.lru_cache(maxsize=256)
def _method_called_at(code: CodeType, place: int) -> str | None:
    # A call begins where the name of its method does, and the method is the last one to be looked up there.
    before = [each for each in dis.get_instructions(code) if each.offset <= place]
    call = before.pop()
    start = _start(call)
    if not call.opname.startswith(_CALLS) or None in start:
        return None
    return next((each.argval for each in reversed(before) if each.opname in _LOOKUPS and _start(each) == start), None)


def _start(instruction: dis.Instruction) -> tuple[int | None, ...]:
    """Return the line and the column in the source from which on an instruction is meant."""
    return instruction.positions[0::2] if instruction.positions else (None,)


def updates_variable(frame: FrameType) -> bool:
    """Whether what a frame's code is doing is `t += x`, or another operator in place, of a variable of the function's own.

    An argument is the caller's, too, which reference counts need not show: Python 3.14 lends it.
    """
    return _updates_variable_at(frame.f_code, frame.f_lasti)


@functools.lru_cache(maxsize=256)
def _updates_variable_at(code: CodeType, place: int) -> bool:
    following = [each for each in dis.get_instructions(code) if each.offset >= place][:2]
    operation, store = (*following, None, None)[:2]
    is_in_place = operation is not None and operation.opname == "BINARY_OP" and operation.argrepr.endswith("=")
    if not is_in_place or store is None or not store.opname.startswith("STORE_FAST"):
        return False
    flags = (inspect.CO_VARARGS, inspect.CO_VARKEYWORDS)
    arguments = code.co_argcount + code.co_kwonlyargcount + sum(bool(code.co_flags & flag) for flag in flags)
    name = store.argval if isinstance(store.argval, str) else store.argval[0]  # Python 3.13 stores and loads in one
    return name not in code.co_varnames[:arguments]


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


def running_function() -> tuple[str, str] | None:
    """Return the package and the name of SciPy's function that the user's line called and that runs: ("special", "softmax")."""
    frame: FrameType | None = sys._getframe(1)
    outermost = None
    while frame is not None and not is_user_frame(frame):
        outermost = frame if "site-packages/scipy/" in frame.f_code.co_filename else outermost
        frame = frame.f_back
    if outermost is None:
        return None
    package = outermost.f_globals["__name__"].split(".")[1]
    return package, outermost.f_code.co_name


def where() -> str:
    """Return " at FILE:LINE: SOURCE" for the user's current line; empty where no such line is known."""
    line = user_line()
    if line is None:
        return ""
    filename, number, source = line
    return f"\n  at {filename}:{number}" + (f": {source}" if source else "")
