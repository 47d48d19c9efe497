"""Owns the addresses of what programs call outside of themselves: Python, BLAS, and functions of libm and SciPy."""

from __future__ import annotations

import ctypes

from chainrule.native.machine.text import Module
from chainrule.native.threads.blas import blas_symbols, is_blas
from chainrule.native.threads.threads import pool_symbols
from chainrule.native.vectors.outside import c_library, outside_symbols

_PYTHON = ("PyLong_FromVoidPtr", "PyObject_CallOneArg", "PyObject_IsTrue", "Py_DecRef")


def outside(module: Module) -> dict[str, int]:
    """Return the addresses of the outside functions that a module declares."""
    found = outside_symbols("\n".join([*module.declarations.values(), *module.globals]))
    for name in module.declarations:
        if name in _PYTHON:
            found[name] = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0
    if "memcmp" in module.declarations:
        found["memcmp"] = ctypes.cast(c_library().memcmp, ctypes.c_void_p).value or 0
    wanted = [name for name in module.declarations if is_blas(name)]
    if wanted:
        known = blas_symbols()
        found.update({name: known[name] for name in wanted})
    if "chainrule_parallel" in module.declarations:
        found.update(pool_symbols())
    return found
