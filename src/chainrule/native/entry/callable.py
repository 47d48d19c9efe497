"""Owns the callable that jit returns: an object of a type of our own, which Python calls without a detour.

Python finds the address of native code inside the object and calls it with the bare arguments (the vectorcall
protocol). Where the interpreter is unusual, a plain Python object takes its place, which always calls the fallback.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from types import MethodType
from typing import TYPE_CHECKING, Any, final

from chainrule.native.entry import layout as layout
from chainrule.native.entry import runtime as runtime
from chainrule.transforms.transformed import own_name

if TYPE_CHECKING:
    from chainrule.native.plan import Plan


class NativeFunction:
    """A function that runs native code where it has some, and its fallback otherwise.

    It takes attributes, binds as a method does, can be watched by weak references, is its own copy, and pickles by its name,
    as a function does; where that is another's, as what it was made of (`__made_of__`: a function and its arguments). Make one
    with `native_function`.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # as functions do, instances take any attribute; those that jit makes have this one
        explain_plan: Callable[..., Plan]

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...
        def __delattr__(self, name: str) -> None: ...

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        # Abstract by hand: the heap type below fills its own slot, and a metaclass of ABC's cannot be made from C.
        raise NotImplementedError

    def __repr__(self) -> str:
        name = getattr(self, "__qualname__", None) or getattr(self, "__name__", "?")
        return f"<native function {name} at {id(self):#x}>"

    def __copy__(self) -> NativeFunction:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> NativeFunction:
        return self

    def __reduce__(self) -> str | tuple[Any, ...]:
        name = vars(self).get("__qualname__")
        made_of: tuple[Any, ...] | None = vars(self).get("__made_of__")
        if made_of is not None and own_name(self) is None:
            return made_of
        if name is None or "<" in name:
            raise TypeError(
                f"{self!r} cannot be pickled: it has no name by which another process finds it. "
                "Define the function at the top of a module, or pickle the plain function and jit it there."
            )
        return str(name)


@final
class PlainFunction(NativeFunction):
    """The same for interpreters without native calls: it calls its fallback."""

    __slots__ = ("_fallback", "__dict__", "__weakref__")

    def __init__(self, fallback: Callable[..., Any]) -> None:
        self._fallback = fallback

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._fallback(*args, **kwargs)

    def __get__(self, owner: object, kind: type | None = None) -> Any:
        return self if owner is None else MethodType(self, owner)


def native_function(fallback: Callable[..., Any], *, plain: bool = False) -> NativeFunction:
    """Return a callable that runs `fallback` until entries are installed in it.

    plain: make what an interpreter without native calls would get.
    """
    if plain or not layout.supported():
        return PlainFunction(fallback)
    create: Callable[..., NativeFunction] = _type()[1]
    return create(_type()[0], fallback)


def swap_chain(function: NativeFunction, links: int, kept: object) -> object:
    """Give a function other code, at once for all threads, and return what kept the code before alive.

    links: the address of a chain of entries, or 0 for the fallback alone. kept: what keeps the chain alive.
    """
    return _type()[2](function, links, kept)


def is_native(function: object) -> bool:
    """Return whether entries can be installed in this object."""
    return isinstance(function, NativeFunction) and not isinstance(function, PlainFunction)


class _Slot(ctypes.Structure):
    _fields_ = (("slot", ctypes.c_int), ("function", ctypes.c_void_p))


class _Spec(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("basicsize", ctypes.c_int),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    )


class _Member(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class _GetSet(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("get", ctypes.c_void_p),
        ("set", ctypes.c_void_p),
        ("doc", ctypes.c_char_p),
        ("closure", ctypes.c_void_p),
    )


# From CPython's typeslots.h, object.h and structmember.h.
_CALL, _CLEAR, _DEALLOC, _DESCR_GET, _TRAVERSE, _MEMBERS, _GETSET = 50, 51, 52, 54, 71, 72, 73
_NO_INSTANTIATION, _VECTORCALL, _GC, _METHOD_DESCRIPTOR = 1 << 7, 1 << 11, 1 << 14, 1 << 17
_SSIZE, _READONLY = 19, 1


@cache
def _type() -> tuple[type, Any, Any]:
    """Return the type, and the functions that make an instance and give it other code."""
    code = runtime.runtime()
    members = (_Member * 4)(
        _Member(b"__vectorcalloffset__", _SSIZE, runtime.VECTORCALL, _READONLY, None),
        _Member(b"__dictoffset__", _SSIZE, runtime.DICT, _READONLY, None),
        _Member(b"__weaklistoffset__", _SSIZE, runtime.WEAKREFS, _READONLY, None),
    )
    attributes = (_GetSet * 2)(
        _GetSet(
            b"__dict__",
            layout.function_address("PyObject_GenericGetDict"),
            layout.function_address("PyObject_GenericSetDict"),
            None,
            None,
        )
    )
    slots = (_Slot * 8)(
        _Slot(_CALL, layout.function_address("PyVectorcall_Call")),
        _Slot(_CLEAR, code.address("chainrule_clear")),
        _Slot(_DEALLOC, code.address("chainrule_dealloc")),
        _Slot(_DESCR_GET, code.address("chainrule_bind")),
        _Slot(_TRAVERSE, code.address("chainrule_traverse")),
        _Slot(_MEMBERS, ctypes.addressof(members)),
        _Slot(_GETSET, ctypes.addressof(attributes)),
    )
    flags = _NO_INSTANTIATION | _VECTORCALL | _GC | _METHOD_DESCRIPTOR
    spec = _Spec(b"chainrule.native.entry.callable.NativeFunction", runtime.INSTANCE, 0, flags, slots)
    make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.POINTER(_Spec), ctypes.py_object)(
        ("PyType_FromSpecWithBases", ctypes.pythonapi)
    )
    kind = make(ctypes.byref(spec), (NativeFunction,))
    for lasting in (spec, slots, members, attributes, kind):  # the type refers to these until the process ends
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(lasting))
    create = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.py_object)(code.address("chainrule_create"))
    swap = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.c_void_p, ctypes.py_object)(
        code.address("chainrule_swap")
    )
    return kind, create, swap
