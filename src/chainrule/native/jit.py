"""Owns jit: a function that is traced at its first call, compiled at its second, and runs as native code from then on.

The compiler takes longer to load than all that a gradient needs. So it is loaded when a jitted function is first called,
and what explains its plans when that is asked for.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chainrule.core.trees import flatten
from chainrule.errors import JitWarning
from chainrule.native.calls.signature import FEW, Unsupported, has_traced, integers, read_call, takes_any_name, unshared
from chainrule.native.entry.callable import NativeFunction, native_function
from chainrule.native.entry.entry import install
from chainrule.native.machine.loading import undisturbed
from chainrule.transforms.transformed import require_function

if TYPE_CHECKING:
    from types import ModuleType

    from chainrule.native.calls.specialize import Specialization
    from chainrule.native.plan import Plan

DIRECT = 16
"""So many signatures are tried by native code, the newest first; others are looked up."""
SIGNATURES = 256
"""Calls of so many signatures are compiled."""


def _compiler() -> ModuleType:
    with undisturbed():
        from chainrule.native.calls import specialize  # noqa: PLC0415  (heavy: loaded at the first call)

        return specialize


def warner(name: str) -> Callable[[str], None]:
    """Return what tells the user, once, that a function is not compiled."""
    said: list[bool] = []

    def say(why: str) -> None:
        if not said:
            said.append(True)
            warnings.warn(f"cr.jit({name}): {why}", JitWarning, stacklevel=4)

    return say


class Jitted:
    """What stands behind a jitted function: its specializations by signature."""

    def __init__(self, fun: Callable[..., Any], say: Callable[[str], None] | None = None) -> None:
        self.fun = fun
        self.say = say or warner(getattr(fun, "__name__", type(fun).__name__))
        self.specializations: dict[Any, Specialization] = {}
        self.varying: set[int] = set()
        self.seen: dict[int, set[int]] = {}
        self._lock = threading.RLock()
        self.direct: list[Specialization] = []
        self.function: Any = None
        self._process = os.getpid()
        self._takes_any_name: bool | None = None

    @property
    def takes_any_name(self) -> bool:
        """Whether the function may notice in which order arguments are given by name."""
        if (
            self._takes_any_name is None
        ):  # no `cached_property`: its lock, held by another thread, would stay so in a fork
            self._takes_any_name = takes_any_name(self.fun)
        return self._takes_any_name

    @property
    def lock(self) -> threading.RLock:
        """What one thread at a time traces and compiles under.

        In the child of a fork another thread of the parent may hold it, which will not go on: what it was at is forgotten.
        """
        if self._process != os.getpid():
            self._process = os.getpid()
            if self._lock.acquire(blocking=False):
                self._lock.release()
            else:
                self._lock, self.specializations = threading.RLock(), {}
        return self._lock

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if has_traced(flatten((args, kwargs))[0]):
            return self.fun(*args, **kwargs)
        with self.lock:
            found = self.find(args, kwargs)
            if found is None:
                return unshared(self.fun(*args, **kwargs))
            specialization, call = found
            before = specialization.entries
            try:
                return specialization.run(call)
            finally:
                if specialization.entries != before:
                    self.offer(specialization)

    def find(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the specialization of a call, and the call."""
        try:
            is_ordered = len(kwargs) > 1 and self.takes_any_name
            call = read_call(args, kwargs, self.varying, is_ordered)
            if self._notice_integers(call):
                call = read_call(args, kwargs, self.varying, is_ordered)
        except Unsupported as error:
            self.say(f"it was called with {error}; such calls run through NumPy")
            return None
        specialization = self.specializations.get(call.key)
        if specialization is None:
            if len(self.specializations) >= SIGNATURES:
                self.say(
                    f"it was called with more than {SIGNATURES} different signatures; further ones run through NumPy"
                )
                return None
            specialization = self.specializations[call.key] = _compiler().Specialization(self.fun, call, self.say)
        return specialization, call

    def explain_plan(self, *args: Any, **kwargs: Any) -> Plan:
        """Return the plan of the calls with these arguments, as `native.explain_plan` reads it."""
        with undisturbed():
            from chainrule.native.explain_plan.explain_plan import explain_plan  # noqa: PLC0415  (heavy: loaded when a plan is asked for)

        return explain_plan(self, *args, **kwargs)

    def _notice_integers(self, call: Any) -> bool:
        """Note the integers of a call; return whether one has had so many values that it is an input from now on."""
        changed = False
        for place, value in integers(call):
            values = self.seen.setdefault(place, set())
            values.add(value)
            if len(values) > FEW:
                self.varying.add(place)
                changed = True
        return changed

    def offer(self, specialization: Specialization) -> None:
        """Let native code try the newest entries first."""
        others = [each for each in self.direct if each is not specialization]
        self.direct = [specialization, *others][:DIRECT]
        install(self.function, [entry for each in self.direct for entry in each.entries][:DIRECT])


def jit(fun: Callable[..., Any]) -> NativeFunction:
    """Return a function with the results of `fun`, compiled to native code; it composes with every transform.

    The first call with arguments of new types or shapes traces `fun` and runs it through NumPy; the second one compiles, and
    later ones run native code. Python's own control flow stays: each path that values take through `fun` is compiled when it is
    first taken. With arrays of half a megabyte and more the first call compiles already, and runs `fun` again where `fun`
    decides on values. Side effects happen while tracing only. Arrays that `fun` closes over are read at each call; other names
    that it closes over keep the value that they had at the trace.
    Raises TracingError where `fun` is no function, and where random numbers are drawn while it is traced.

    >>> import chainrule as cr
    >>> slope = cr.jit(cr.grad(lambda x: x**2))
    >>> slope(3.0), slope(4.0), slope(5.0)
    (6.0, 8.0, 10.0)
    """
    require_function("jit", fun)
    return jit_saying(fun)


def jit_saying(fun: Callable[..., Any], say: Callable[[str], None] | None = None) -> NativeFunction:
    """Return what `jit` does. say: told why something is not compiled, each time; without it the user is, once."""
    jitted = Jitted(fun, say)
    function = native_function(jitted)
    jitted.function = function
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        if hasattr(fun, name):
            setattr(function, name, getattr(fun, name))
    function.__wrapped__ = fun
    function.__made_of__ = jit, (fun,)
    function.explain_plan = jitted.explain_plan
    return function
