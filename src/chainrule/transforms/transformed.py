"""Owns what a transform makes of a function: a function in turn, which binds, copies and pickles as functions do."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import MethodType
from typing import Any, final

from chainrule.errors import TracingError


@final
class Transformed(functools.partial[Any]):
    """A transform's work with the user's function filled in as its first argument, and then the transform's options.

    Unlike a closure it can be taken apart, so that it pickles: by its name, where that is its own, as a function does, and
    otherwise as what it is made of. It is its own copy and binds to an object as a method.
    """

    __slots__ = ()
    __name__: str
    transform: str

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __set_name__(self, owner: type, name: str) -> None:
        self.__name__ = name  # by which Python pickles a bound method

    def __repr__(self) -> str:
        return f"<{self.__name__} at {id(self):#x}>"

    def __copy__(self) -> Transformed:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Transformed:
        return self

    def __reduce__(self) -> str | tuple[Any, ...]:
        return own_name(self) or (transformed, (self.transform, self.func, *self.args))


def transformed(transform: str, work: Callable[..., Any], fun: Callable[..., Any], *options: Any) -> Transformed:
    """Return the function that `transform` makes of `fun`: `work(fun, *options, *args, **kwargs)`, under the name of `fun`.

    Raises TracingError where `fun` is no function.
    """
    require_function(transform, fun)
    made = Transformed(work, fun, *options)
    functools.update_wrapper(made, fun)
    made.__name__ = f"{transform}({getattr(fun, '__name__', 'function')})"
    made.transform = transform
    return made


def require_function(asker: str, fun: Any) -> None:
    """Raise TracingError where `fun`, which the user gave to `cr.asker`, is no function."""
    if not callable(fun):
        raise TracingError(f"cr.{asker} takes a function, not {fun!r:.60} (of type {type(fun).__name__})")


def own_name(function: Any) -> str | None:
    """Return the name by which another process finds a function in its module; None where the name is another's, or nobody's."""
    name: str | None = vars(function).get("__qualname__")
    found: Any = sys.modules.get(vars(function).get("__module__") or "")
    for part in (name or "").split("."):
        found = getattr(found, part, None)
    return name if found is function else None
