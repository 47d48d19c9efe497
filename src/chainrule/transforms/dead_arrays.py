"""Owns the memory that reverse mode uses again: that of large arrays to which nothing but the sweep itself refers.

CPython counts references. How many of them an array has that is held by one name, one argument or one list differs between its
versions (from 3.14 on a name on its way into a call is not counted), so that it is measured here and not written down.
"""

from __future__ import annotations

from functools import cache
from sys import getrefcount
from typing import Any

import numpy as np

from chainrule.core.primitive import Array

KEPT = (32 << 20) - (1 << 16)  # bytes of a block just below the largest that glibc learns from


def _count_of_a_name() -> int:
    array = object()
    return getrefcount(array)


def _count_of_an_argument() -> int:
    array = object()
    return _counted(array)


def _counted(array: object) -> int:
    return getrefcount(array)


def _count_of_an_entry() -> int:
    entries = [object()]
    array = entries[0]
    return getrefcount(array)


IN_A_NAME = _count_of_a_name()
"""What `getrefcount` says of what one name holds, and nothing else."""
IN_AN_ARGUMENT = _count_of_an_argument()
"""What it says in a function of an argument that besides it a name of the caller holds."""
IN_AN_ENTRY = _count_of_an_entry()
"""What it says of what a list and a name hold."""


def owns_memory(array: np.ndarray[Any, Any]) -> bool:
    """Whether an array may be written to, and is no view of another."""
    return array.base is None and array.flags.writeable


def multiply_large(factor: Array, ct: Array, own_factor: bool, own_ct: bool) -> Array:
    """Return ct * conj(factor), in the memory of one of them where nobody else refers to it: fresh memory costs more than it."""
    _let_memory_stay()
    if factor.dtype.kind == "c":
        factor = np.conjugate(factor)
    if type(ct) is np.ndarray and ct.shape == factor.shape and ct.dtype == factor.dtype:
        if own_factor and factor.base is None:
            if not any(ct.strides) and ct.item(0) == 1:  # as in the cotangent of a sum
                return factor
            return np.multiply(ct, factor, out=factor)
        if own_ct and ct.base is None:
            return np.multiply(ct, factor, out=ct)
    return ct * factor


@cache
def _let_memory_stay() -> None:
    """Let the C library keep the memory of arrays that are freed for those to come, as it does by itself for small ones.

    glibc takes a block from the system, and gives it back, where it is larger than any that was freed before, up to 32 MB;
    and of what is free at the end of its memory it keeps twice that. One such block, freed without being touched, is enough.
    """
    np.empty(KEPT, dtype=np.int8)
