"""Owns jit: the same function, ready to be compiled. Today it runs through NumPy."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from chainrule.errors import TracingError


def jit(fun: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function with the results of `fun`. It runs `fun` through NumPy; it composes with every transform.

    >>> import chainrule as cr
    >>> cr.jit(cr.grad(lambda x: x**2))(3.0)
    6.0
    """
    if not callable(fun):
        raise TracingError(f"cr.jit takes a function, but was given a {type(fun).__name__}")

    @functools.wraps(fun)
    def compiled(*args: Any, **kwargs: Any) -> Any:
        return fun(*args, **kwargs)

    return compiled
