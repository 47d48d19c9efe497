"""Owns the addresses of SciPy's BLAS and LAPACK for native code, and how native code keeps it to one thread.

The functions have the interface of Fortran: every argument is a pointer, matrices are stored by columns, integers have 32 bits.

The work is split over the pool of `threads`, so BLAS must not start threads of its own for it. Native code calls
`void @chainrule_blas_begin()` before, and `void @chainrule_blas_end()` after, what it asks of BLAS: between them SciPy's
OpenBLAS uses one thread. Begin and end may nest, and may come from many threads at once; the last end restores the number of
threads found by the first begin, unless somebody set another meanwhile. One pair around a parallel region is enough.
OpenBLAS has one such number per process, so a call of SciPy that another Python thread makes at that very time has one thread
too. NumPy has a BLAS of its own: `numpy_alone` is the same for what a program asks of NumPy. With a BLAS other than OpenBLAS
these functions do nothing.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType

import scipy

from chainrule.native.machine.loading import undisturbed
from chainrule.native.machine.machine import compile_text
from chainrule.native.machine.text import Module

# SciPy's own OpenBLAS has a prefix; that of a distribution has none, or the suffix of 64-bit integers.
_PREFIXES = ("scipy_openblas_", "openblas_")
_SUFFIXES = ("", "64_")

_GUARDS = ("chainrule_blas_begin", "chainrule_blas_end")

ALONE = 512
"""Matrices with fewer rows are worked off by one thread; OpenBLAS may use its own for others."""

_NOTHING = """
define void @chainrule_blas_begin() {
  ret void
}
define void @chainrule_blas_end() {
  ret void
}
define void @chainrule_blas_reset() {
  ret void
}
"""

_ONE_THREAD = """
@lock = internal global i32 0, align 128
@depth = internal global i64 0, align 8
@before = internal global i32 1, align 4

declare i32 @chainrule_blas_get_threads()
declare void @chainrule_blas_set_threads(i32)

define internal void @take() {
entry:
  br label %try
try:
  %exchange = cmpxchg ptr @lock, i32 0, i32 1 acquire monotonic, align 4
  %mine = extractvalue { i32, i1 } %exchange, 1
  br i1 %mine, label %done, label %try
done:
  ret void
}
define internal void @restore() {
entry:
  %before = load i32, ptr @before, align 4
  %now = call i32 @chainrule_blas_get_threads()
  %ours = icmp eq i32 %now, 1
  %other = icmp ne i32 %before, 1
  %needed = and i1 %ours, %other
  br i1 %needed, label %set, label %done
set:
  call void @chainrule_blas_set_threads(i32 %before)
  br label %done
done:
  ret void
}
define void @chainrule_blas_begin() {
entry:
  call void @take()
  %depth = load i64, ptr @depth, align 8
  %deeper = add i64 %depth, 1
  store i64 %deeper, ptr @depth, align 8
  %first = icmp eq i64 %depth, 0
  br i1 %first, label %look, label %done
look:
  %before = call i32 @chainrule_blas_get_threads()
  store i32 %before, ptr @before, align 4
  %many = icmp ne i32 %before, 1
  br i1 %many, label %set, label %done
set:
  call void @chainrule_blas_set_threads(i32 1)
  br label %done
done:
  store atomic i32 0, ptr @lock release, align 4
  ret void
}
define void @chainrule_blas_end() {
entry:
  call void @take()
  %depth = load i64, ptr @depth, align 8
  %shallower = sub i64 %depth, 1
  store i64 %shallower, ptr @depth, align 8
  %last = icmp eq i64 %shallower, 0
  br i1 %last, label %back, label %done
back:
  call void @restore()
  br label %done
done:
  store atomic i32 0, ptr @lock release, align 4
  ret void
}
define void @chainrule_blas_reset() {
entry:
  %depth = load i64, ptr @depth, align 8
  store i64 0, ptr @depth, align 8
  %inside = icmp ne i64 %depth, 0
  br i1 %inside, label %back, label %done
back:
  call void @restore()
  br label %done
done:
  store atomic i32 0, ptr @lock release, align 4
  ret void
}
"""


@cache
def _extension(name: str) -> ModuleType:
    """Return one of the two extension modules with addresses, cython_blas or cython_lapack.

    They need nothing of their package, scipy.linalg, which takes a tenth of a second to import: they are loaded alone. Where
    they do not lie in SciPy's folder, as in an editable installation, they are imported as usual.
    """
    whole = f"scipy.linalg.{name}"
    if whole in sys.modules:
        return sys.modules[whole]
    spec = PathFinder.find_spec(whole, [str(Path(folder, "linalg")) for folder in scipy.__path__])
    with undisturbed():
        if spec is None or spec.loader is None:
            return import_module(whole)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


def _address_in(capsule: object) -> int:
    name = ctypes.pythonapi.PyCapsule_GetName
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(pointer(capsule, name(capsule)))


def _libraries(package: str) -> list[Path]:
    """Return where to look for OpenBLAS: the extension, whose own libraries are searched with it, then the package's folder."""
    module = _extension("cython_blas") if package == "scipy" else sys.modules["numpy.linalg._umath_linalg"]
    extension = Path(module.__file__ or "")
    return [extension, *sorted(extension.parents[2].glob(f"{package}.libs/*openblas*"))]


@cache
def thread_functions(package: str = "scipy") -> tuple[int, int] | None:
    """Return the addresses of get_num_threads and set_num_threads of a package's OpenBLAS, or None for another BLAS."""
    for path in _libraries(package):
        try:
            library = ctypes.CDLL(str(path))
        except OSError:  # not a library, or not one of this system
            continue
        for prefix in _PREFIXES:
            for suffix in _SUFFIXES:
                names = (f"{prefix}get_num_threads{suffix}", f"{prefix}set_num_threads{suffix}")
                if all(hasattr(library, name) for name in names):
                    get, put = (ctypes.cast(getattr(library, name), ctypes.c_void_p).value for name in names)
                    return int(get or 0), int(put or 0)
    return None


@cache
def _begin_and_end(package: str = "scipy") -> dict[str, int]:
    functions = thread_functions(package)
    if functions is None:
        code = compile_text(_NOTHING, {}, level=1)
    else:
        symbols = dict(zip(("chainrule_blas_get_threads", "chainrule_blas_set_threads"), functions, strict=True))
        code = compile_text(_ONE_THREAD, symbols, level=1)
    names = (*_GUARDS, "chainrule_blas_reset")
    addresses = {name: code.address(name) for name in names}
    code.keep()
    if hasattr(os, "register_at_fork"):
        # The thread that was between begin and end, or held the lock, is not there in the child.
        os.register_at_fork(after_in_child=ctypes.CFUNCTYPE(None)(addresses["chainrule_blas_reset"]))
    return addresses


@cache
def numpy_alone() -> tuple[Callable[[], None], Callable[[], None]]:
    """Return what is called before and after NumPy works on matrices that are too small for threads of its own."""
    outside = _begin_and_end("numpy")
    begin, end = (ctypes.CFUNCTYPE(None)(outside[name]) for name in _GUARDS)
    return begin, end


_ROUTINES = frozenset(
    f"{kind}{name}" for kind in "ds" for name in ("gemm", "swap", "trsm", "trsv", "getrf", "getrs", "potrf")
)


def is_blas(name: str) -> bool:
    """Whether a function is one of BLAS or LAPACK, or of those that keep them to one thread."""
    return name in _ROUTINES or name in _GUARDS


@cache
def blas_symbols() -> dict[str, int]:
    """Return the addresses of what native code calls of SciPy's BLAS and LAPACK by name, and those of begin and end."""
    functions = {**_extension("cython_blas").__pyx_capi__, **_extension("cython_lapack").__pyx_capi__}
    outside = _begin_and_end()
    return {name: _address_in(functions[name]) for name in _ROUTINES} | {name: outside[name] for name in _GUARDS}


# --- arguments: Fortran takes every one by its address


def whole(module: Module, number: int) -> str:
    """Return a pointer to an integer."""
    return module.constant(f"whole_{number}", f"private constant i32 {number}")


def letter(module: Module, option: str) -> str:
    """Return a pointer to an option, such as "T" for a transpose."""
    return module.constant(f"letter_{option}", f"private constant i8 {ord(option)}")


def one(module: Module, real: str) -> str:
    """Return a pointer to 1.0 in a type."""
    return module.constant(f"one_{real}", f"private constant {real} 1.0")
