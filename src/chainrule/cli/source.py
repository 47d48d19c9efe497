"""Owns the function that a command is given, as mathematics or FILE.py:function, and what users' code raises."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import keyword
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from chainrule.cli.output import CommandError
from chainrule.cli.point import Point, read_point
from chainrule.errors import ChainruleError
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.reading.parse import parse
from chainrule.user_code import is_own

_IN_FILE = re.compile(r"\s*(?P<path>[^\x00]+\.py):(?P<name>[^:\s]*)\s*")
_FILE_ALONE = re.compile(r"\s*[^\x00\n]*\w\.py\s*")
MAX_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Source:
    """The function of a command.

    label: how it is called in output. fun: takes the variables by position. text: what was typed, or None for a file.
    names: the variables; for a Python function, those of its parameters that have no default.
    optional: the other parameters of a Python function. path: its file.
    """

    label: str
    fun: Callable[..., Any]
    text: str | None
    names: tuple[str, ...]
    optional: tuple[str, ...] = ()
    path: Path | None = None

    @property
    def explainable(self) -> Any:
        """What `cr.explain` takes."""
        return self.fun if self.text is None else self.text

    def values(self, point: Point) -> dict[str, Any]:
        """Return the values of a point by name; parameters with a default may be left out."""
        given = len(self.ordered_names(point))
        return point.match((*self.names, *self.optional)[:given] if point.ordered else self.ordered_names(point))

    def values_at(self, at: str | None) -> dict[str, Any]:
        """Return the values of a typed point by name; without one, the defaults of a function that has them all."""
        if at is not None:
            return self.values(read_point(at))
        if self.names or not self.optional:
            example = ",".join(f"{name}=1" for name in self.names or ("x",))
            raise CommandError(
                f"a point is needed, such as --at {example}; only a function with defaults has one of its own"
            )
        parameters = inspect.signature(self.fun).parameters
        return {name: parameters[name].default for name in self.optional}

    def ordered_names(self, point: Point) -> tuple[str, ...]:
        """Return the variables, with the optional parameters that the point sets."""
        extra = len(point.ordered) - len(self.names)
        return (*self.names, *(name for n, name in enumerate(self.optional) if name in point.named or n < extra))


def _typed(function: str) -> str:
    if _FILE_ALONE.fullmatch(function):
        raise CommandError(f"which function of {function.strip()[:200]}? Write it as {function.strip()[-60:]}:function")
    return function.strip()


def read_question(function: str) -> Source:
    """Return what was typed or pointed at, for those who read the question themselves: d/dx x^2, or a curve."""
    found = _IN_FILE.fullmatch(function)
    if found is not None:
        return _from_file(Path(found["path"].strip()), found["name"])

    def unread(*values: Any) -> Any:
        raise CommandError("a question is explained, not computed")

    return Source("f", unread, _typed(function), ())


def read_source(function: str) -> Source:
    """Return the function that was typed or pointed at."""
    found = _IN_FILE.fullmatch(function)
    if found is not None:
        return _from_file(Path(found["path"].strip()), found["name"])
    text = _typed(function)
    parsed = parse(text)
    names = parsed.variables

    def typed(*values: Any) -> Any:
        return evaluate(parsed.expression, dict(zip(names, values, strict=True)))

    typed.__name__ = parsed.name or "f"
    if not any(map(keyword.iskeyword, names)):  # λ is called lambda
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        # Reports then name the variables.
        typed.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])  # type: ignore[attr-defined]
    return Source(typed.__name__, typed, text, names)


def _from_file(path: Path, name: str) -> Source:
    try:
        missing = not path.is_file()
    except OSError:  # a name that the file system refuses
        missing = True
    if missing:
        raise CommandError(f"there is no file {str(path)[:200]}; write the path of one, such as model.py:loss")
    spec = importlib.util.spec_from_file_location(f"_chainrule_user_{path.stem}", path.resolve())
    if spec is None or spec.loader is None:
        raise CommandError(f"{path} cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickling look their module up; imports of neighboring files work as in `python FILE.py`.
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.resolve().parent))
    with user_code(path, "the file"):
        spec.loader.exec_module(module)
    functions = [key for key, part in vars(module).items() if inspect.isfunction(part) and part.__module__ == spec.name]
    offered = f"; its functions are {', '.join(functions[:12])}" if functions else "; it defines no functions"
    if not name:
        raise CommandError(f"which function of {path}? Write it as {path}:function{offered}")
    try:
        fun = reduce(getattr, name.split("."), module)
    except AttributeError:
        raise CommandError(f"{path} has no function {name[:60]!r}{offered}") from None
    if not callable(fun):
        raise CommandError(f"{name} in {path} is of type {type(fun).__name__}, not a function{offered}")
    names, optional = _parameters(fun, name)
    return Source(name, fun, None, names, optional, path.resolve())


def _parameters(fun: Callable[..., Any], name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the positional parameters without a default, and those with one."""
    try:
        parameters = inspect.signature(fun).parameters.values()
    except (TypeError, ValueError) as error:
        raise CommandError(f"the parameters of {name} are not known; wrap it in a Python function") from error
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty:
            raise CommandError(f"{name} needs {parameter.name} by keyword; give it a default, or wrap {name}")
    positional = [part for part in parameters if part.kind in (part.POSITIONAL_ONLY, part.POSITIONAL_OR_KEYWORD)]
    required = tuple(part.name for part in positional if part.default is part.empty)
    return required, tuple(part.name for part in positional if part.default is not part.empty)


@contextlib.contextmanager
def user_code(path: Path | None, label: str) -> Iterator[None]:
    """Run users' code: what it prints goes to stderr, and what it raises becomes one sentence with its line.

    Errors of chainrule pass: they say where they are themselves.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (ChainruleError, CommandError):
        raise
    except SystemExit as error:
        raise CommandError(f"{label} ended the program (exit code {error.code!s:.60}); take that out") from error
    except Exception as error:
        if path is None or _is_ours(error, path):
            raise
        raise CommandError(_sentence(error, path, label)) from error


def _is_ours(error: Exception, path: Path) -> bool:
    """Whether this package refuses what it was asked for, and the users' file has no part in it."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return is_own(frames[-1]) and not any(Path(frame.f_code.co_filename) == path.resolve() for frame in frames)


def _sentence(error: Exception, path: Path, label: str) -> str:
    message = str(error).strip()
    if len(message) > MAX_MESSAGE:
        message = message[: MAX_MESSAGE - 1] + "…"
    if isinstance(error, SyntaxError):
        line = f":{error.lineno}" if error.lineno else ""
        return f"{error.filename or path}{line}: {type(error).__name__}: {error.msg}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path.resolve()]
    place = f"\n  at {path}:{frames[-1].lineno}: {frames[-1].line}" if frames else ""
    raised = f"{label} raised {type(error).__name__}" if frames else f"{label}: {type(error).__name__}"
    return f"{raised}{': ' if message else ''}{message}{place}"
