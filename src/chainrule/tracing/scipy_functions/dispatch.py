"""Owns how a Python function of another library answers for traced values: it stays the object that it is, and asks first.

SciPy's functions written in Python make plain arrays of what they are given, and SciPy has no protocol by which an argument
could answer. Programs hold the functions themselves (`from scipy.special import logsumexp`), so that putting others into SciPy's
modules would not reach them. What can be exchanged is a function's code: that of a dispatcher, which looks at the arguments and
hands them to the original code, or to our function where one of them is traced. Name, signature and documentation stay.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable
from functools import partial
from threading import Lock
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from chainrule.core.trace import OPEN
from chainrule.tracing.lift import holds_traced

_PLAIN = frozenset({
    type(None), bool, int, float, complex, str, np.bool_, np.int32, np.int64, np.float32, np.float64, np.complex128,
})  # fmt: skip
_ORIGINAL, _OURS, _PLAIN_KINDS, _ARRAY, _HOLDS, _TYPE, _OPEN_TRACES = _NAMES = tuple(
    f"chainrule_{name}" for name in ("original", "ours", "plain", "array", "holds", "type", "open")
)
"""The dispatcher's own variables. Each is assigned its name in the text, and the object in the code's constants."""
_lock = Lock()
_originals: dict[FunctionType, FunctionType] = {}
if hasattr(os, "register_at_fork"):  # a fork waits until a function has been exchanged whole
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def answer_with(function: FunctionType, ours: Callable[..., Any], calls_users: bool = False) -> None:
    """Let a function answer for traced arguments by `ours`, which has the same parameters; once is enough.

    ours: may return NotImplemented, for the original to run.
    calls_users: whether it calls functions of the user's. Then `ours` is asked whenever a trace is open, since these may return
        traced values though no argument is one, and gets the original before the arguments.
    """
    with _lock:
        if function in _originals:
            return
        code = function.__code__
        original = FunctionType(
            code, function.__globals__, function.__name__, function.__defaults__, function.__closure__
        )
        original.__kwdefaults__ = function.__kwdefaults__
        _originals[function] = original
        answer = partial(ours, original) if calls_users else ours
        function.__code__ = _dispatcher(original, answer, calls_users)


def original_of(function: FunctionType) -> FunctionType:
    """Return what a function was before it answered for traced arguments."""
    return _originals.get(function, function)


def holds_any(values: Iterable[Any]) -> bool:
    """Whether a traced value is among the values, or inside lists, tuples and object arrays among them."""
    for value in values:
        kind = type(value)
        if kind in _PLAIN or (kind is np.ndarray and not value.dtype.hasobject):
            continue
        if kind is list or kind is tuple:
            # The types of a long list of numbers are known faster than each number is looked at.
            if not _PLAIN.issuperset(map(type, value)) and holds_any(value):
                return True
        elif holds_traced(value):
            return True
    return False


def _asked(original: FunctionType, ours: Callable[..., Any]) -> Callable[..., Any]:
    """Return what runs where an argument is traced. What ours does not know, in a newer SciPy, has to have its default."""
    unknown = _unknown_to(ours, original)
    signature = inspect.signature(original) if unknown else None

    def ask(*args: Any, **kwargs: Any) -> Any:
        if signature is None:
            result = ours(*args, **kwargs)
        else:
            given = signature.bind(*args, **kwargs)
            if any(given.arguments.pop(name, default) is not default for name, default in unknown.items()):
                return original(*args, **kwargs)
            result = ours(*given.args, **given.kwargs)
        return original(*args, **kwargs) if result is NotImplemented else result

    return ask


def _unknown_to(ours: Callable[..., Any], original: FunctionType) -> dict[str, Any]:
    """Return the parameters of a function that ours does not have, with their defaults."""
    known = inspect.signature(ours).parameters
    if any(each.kind is each.VAR_KEYWORD for each in known.values()):
        return {}
    wanted = inspect.signature(original).parameters
    return {name: each.default for name, each in wanted.items() if name not in known and each.default is not each.empty}


def _dispatcher(original: FunctionType, ours: Callable[..., Any], calls_users: bool) -> CodeType:
    """Return code with the parameters, free variables, name and place of a function's.

    The free variables are the function's for good: its closure cannot be exchanged, and has to fit.
    """
    code = original.__code__
    parameters, call, questions = _spelled(original)
    assigned = "; ".join(f"{name} = {name!r}" for name in _NAMES)
    if calls_users:
        questions = [_OPEN_TRACES]  # while none is open, no argument is traced
    choice = f"return {_OURS}({call}) if {' or '.join(questions)} else {_ORIGINAL}({call})"
    # All on one line, so that a traceback shows the line of the `def`.
    text = f"def chainrule_function({parameters}): {assigned}; {choice}"
    if free := ", ".join(code.co_freevars):
        text = f"def chainrule_closure({free}):\n    {text}; ({free},)"
    compiled = _named(compile(text, code.co_filename, "exec"), "chainrule_function")
    known = original, _asked(original, ours), _PLAIN, np.ndarray, holds_any, type, OPEN
    objects = dict(zip(_NAMES, known, strict=True))
    constants = tuple(objects.get(each, each) if isinstance(each, str) else each for each in compiled.co_consts)
    return compiled.replace(
        co_consts=constants, co_firstlineno=code.co_firstlineno, co_name=code.co_name, co_qualname=code.co_qualname
    )


def _spelled(function: FunctionType) -> tuple[str, str, list[str]]:
    """Return the parameters of a function, the arguments that hand them on, and the questions whether any of them is traced.

    Nobody traces what is a flag or a word by default.
    """
    code = function.__code__
    count, keyword_count = code.co_argcount, code.co_kwonlyargcount
    names = iter(code.co_varnames)
    positional = [next(names) for _ in range(count)]
    keywords = [next(names) for _ in range(keyword_count)]
    rest = [next(names)] if code.co_flags & inspect.CO_VARARGS else []
    named_rest = [next(names)] if code.co_flags & inspect.CO_VARKEYWORDS else []
    starred, twice_starred = [f"*{name}" for name in rest], [f"**{name}" for name in named_rest]
    parameters = [*positional, *(starred or ["*"] * bool(keywords)), *keywords, *twice_starred]
    if code.co_posonlyargcount:
        parameters.insert(code.co_posonlyargcount, "/")
    arguments = [*positional, *starred, *(f"{name}={name}" for name in keywords), *twice_starred]
    defaults = {
        **dict(zip(reversed(positional), reversed(function.__defaults__ or ()), strict=False)),
        **(function.__kwdefaults__ or {}),
    }
    questions = [
        f"{name} is not None and {_TYPE}({name}) not in {_PLAIN_KINDS} "
        f"and ({_TYPE}({name}) is not {_ARRAY} or {name}.dtype.hasobject) and {_HOLDS}(({name},))"
        for name in (*positional, *keywords)
        if not isinstance(defaults.get(name), bool | str)
    ]
    questions += [f"{name} and {_HOLDS}({name})" for name in rest]
    questions += [f"{name} and {_HOLDS}({name}.values())" for name in named_rest]
    return ", ".join(parameters), ", ".join(arguments), questions


def _named(code: CodeType, name: str) -> CodeType:
    """Return the code of a function that is defined in a code, however deep."""
    for each in code.co_consts:
        if isinstance(each, CodeType):
            return each if each.co_name == name else _named(each, name)
    raise LookupError(name)
