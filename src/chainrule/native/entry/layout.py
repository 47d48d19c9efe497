"""Owns where CPython and NumPy keep things in memory, and the addresses of what an entry calls and compares with.

The places are read from sample objects once. Where one differs (another interpreter, a free-threaded build), nothing
is native and functions run through Python.
"""

from __future__ import annotations

import ctypes
import sys
import sysconfig
import weakref
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

# In bytes from the start of an object.
TYPE = 8
PAYLOAD = 16  # of a float, and of NumPy's scalars
SIZE = 16  # the length of a tuple or a list
ITEMS = 24  # a tuple's items begin there; a list's pointer to its items is there
DATA, NDIM, DIMENSIONS, BASE, DTYPE, FLAGS, WEAKREFS = 16, 24, 32, 48, 56, 64, 72  # of an array
BYTE_ORDER, TYPE_NUMBER = 26, 28  # of a dtype

ONE_PIECE, ALIGNED = 0x3, 0x100  # an array's flags C_CONTIGUOUS or F_CONTIGUOUS; ALIGNED
IN_ORDER = {"C": 0x1 | ALIGNED, "F": 0x2 | ALIGNED}
FRESH_LAYOUT = 0x505  # those, OWNDATA and WRITEABLE
NEW_COPY, NEW_FROM_DESCR = 85, 94  # the functions' places in NumPy's table

_FUNCTIONS = """
    PyDict_New PyDict_Next PyDict_SetItem PyDict_Size PyErr_NoMemory PyErr_Occurred PyErr_SetString
    PyEval_RestoreThread PyEval_SaveThread PyFloat_FromDouble PyList_New PyLong_AsLongLongAndOverflow
    PyLong_FromLongLong PyMem_RawFree PyMem_RawMalloc PyMethod_New PyObject_ClearWeakRefs PyObject_GC_Del
    PyObject_RichCompareBool
    PyObject_GC_UnTrack PyObject_GenericGetDict PyObject_GenericSetDict PyObject_Vectorcall PyTuple_New
    PyType_GenericAlloc PyVectorcall_Call Py_DecRef Py_IncRef _PyObject_New
""".split()
_TYPES = {
    "PyFloat_Type": float, "PyLong_Type": int, "PyUnicode_Type": str, "PyTuple_Type": tuple, "PyList_Type": list,
    "PyDict_Type": dict,
}  # fmt: skip


def dtype_symbol(dtype: np.dtype[Any]) -> str:
    """Return the name an entry's text gives to a dtype's descriptor."""
    return f"numpy_dtype_{dtype.type.__name__}"


def scalar_symbol(dtype: np.dtype[Any]) -> str:
    """Return the name an entry's text gives to the type of a dtype's scalars."""
    return f"numpy_type_{dtype.type.__name__}"


def dtype_symbols(dtype: np.dtype[Any]) -> dict[str, int]:
    """Return the addresses of a dtype's descriptor and of the type of its scalars."""
    return {dtype_symbol(dtype): id(np.dtype(dtype.type)), scalar_symbol(dtype): id(dtype.type)}


@cache
def symbols() -> dict[str, int]:
    """Return the addresses of the functions and objects of CPython and NumPy that entries refer to, by name."""
    found = {name: function_address(name) for name in _FUNCTIONS}
    found.update((name, id(kind)) for name, kind in _TYPES.items())
    found.update(PyArray_Type=id(np.ndarray), numpy_true=id(np.True_), numpy_false=id(np.False_), py_none=id(None))
    found.update(dtype_symbols(np.dtype(np.float64)), PyExc_RuntimeError_object=id(RuntimeError))
    table = _numpy_table()
    found.update(PyArray_NewCopy=table[NEW_COPY] or 0, PyArray_NewFromDescr=table[NEW_FROM_DESCR] or 0)
    return found


def function_address(name: str) -> int:
    """Return the address of a function of CPython's C API."""
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0


def _numpy_table() -> Any:
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = pointer(np._core._multiarray_umath._ARRAY_API, None)  # type: ignore[attr-defined]
    return ctypes.cast(table, ctypes.POINTER(ctypes.c_void_p))


@cache
def supported() -> bool:
    """Return whether this interpreter and this NumPy lay out objects as entries expect."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return False
    if sys.byteorder != "little" or object.__basicsize__ != 16 or np.ndarray.__basicsize__ < WEAKREFS + 8:
        return False
    present = all(hasattr(ctypes.pythonapi, name) for name in _FUNCTIONS)
    table = hasattr(np._core._multiarray_umath, "_ARRAY_API")  # type: ignore[attr-defined]
    return present and table and _scalars_fit() and _containers_fit() and _arrays_fit() and _dtypes_fit()


def _read(owner: object, offset: int, kind: Any) -> Any:
    return kind.from_address(id(owner) + offset).value


def _scalars_fit() -> bool:
    samples: tuple[Any, ...] = (np.float64(0.1), np.float32(0.1), np.int64(-7), np.uint8(7), np.complex128(1 + 2j))
    count = sys.getrefcount(sample := object())
    return bool(
        _read(0.1, PAYLOAD, ctypes.c_double) == 0.1
        and all(ctypes.string_at(id(x) + PAYLOAD, x.itemsize) == x.tobytes() for x in samples)
        and _read(sample, TYPE, ctypes.c_uint64) == id(object)
        and 0 < _read(sample, 0, ctypes.c_uint32) <= count
    )


def _containers_fit() -> bool:
    first, second = object(), object()
    pair, row = (first, second), [first, second]
    items = _read(row, ITEMS, ctypes.c_uint64)
    return bool(
        _read(pair, SIZE, ctypes.c_int64) == _read(row, SIZE, ctypes.c_int64) == 2
        and _read(pair, ITEMS, ctypes.c_uint64) == ctypes.c_uint64.from_address(items).value == id(first)
        and _read(pair, ITEMS + 8, ctypes.c_uint64) == ctypes.c_uint64.from_address(items + 8).value == id(second)
    )


def _arrays_fit() -> bool:
    array: npt.NDArray[np.float64] = np.empty((3, 5))
    part = array[1:, ::2]
    dimensions = _read(part, DIMENSIONS, ctypes.c_uint64)
    free = _read(array, WEAKREFS, ctypes.c_uint64)
    watcher = weakref.ref(array)
    return bool(
        _read(part, DATA, ctypes.c_uint64) == part.ctypes.data
        and _read(part, NDIM, ctypes.c_int32) == 2
        and [ctypes.c_int64.from_address(dimensions + 8 * i).value for i in range(2)] == [2, 3]
        and _read(part, BASE, ctypes.c_uint64) == id(array)
        and _read(part, DTYPE, ctypes.c_uint64) == id(part.dtype)
        and _read(array, FLAGS, ctypes.c_int32) == array.flags.num
        and array.flags.num & FRESH_LAYOUT == FRESH_LAYOUT
        and (free, _read(array, WEAKREFS, ctypes.c_uint64)) == (0, id(watcher))
    )


def _dtypes_fit() -> bool:
    samples = (np.dtype("f8"), np.dtype("f4"), np.dtype("i4"), np.dtype("?"), np.dtype(">f8"))
    return all(
        _read(sample, BYTE_ORDER, ctypes.c_char).decode() == sample.byteorder
        and _read(sample, TYPE_NUMBER, ctypes.c_int32) == sample.num
        for sample in samples
    )
