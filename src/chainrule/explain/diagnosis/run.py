"""Owns the recorded run that a diagnosis looks at: every operation with its source line, even where the function raised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.graph import Graph, Node
from chainrule.core.trace import Traced
from chainrule.core.trees import flatten, paths, unflatten
from chainrule.errors import ChainruleError, NotScalarError, TracingError
from chainrule.tracing.record import RecordTrace, as_value, call, close_over, own_node
from chainrule.transforms.arguments import as_result
from chainrule.transforms.signature import argument_names
from chainrule.user_code import user_line

_PACKAGE = "chainrule."


@dataclass(frozen=True, slots=True)
class Input:
    """A number or array that the function was called with and that a gradient belongs to."""

    name: str
    node: Node


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a function.

    label: the function's name. graph: what it did; `out` is its result, a node or a constant, None where it raised.
    decisions: the nodes on which Python's `if` and `while` decided. whole: whether what is constant between its steps, such as a
    comparison, was recorded too. raised: what the function raised.
    """

    label: str
    inputs: tuple[Input, ...]
    graph: Graph
    out: Any
    decisions: tuple[Node, ...]
    whole: bool
    raised: BaseException | None = None

    @property
    def result(self) -> Any:
        """The value of the function; None where it raised."""
        return self.out.value if isinstance(self.out, Node) else self.out


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A leaf of the arguments: its name, and where it stands among all leaves."""

    name: str
    place: int
    value: Any


def record_run(asker: str, fun: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], argnums: Any) -> Run:
    """Run `fun` and keep every operation; `asker` is named in errors.

    What is constant between its steps is recorded too. A program that uses such values where only plain ones will do, such as
    a comparison that indexes a plain array, is run again without.
    What the function raises passes, unless a value that is not finite came before it: then the run ends there.
    """
    try:
        return _recorded(asker, fun, args, kwargs, argnums, True)
    except NotScalarError:
        raise
    except (IndexError, TypeError, ChainruleError):
        return _recorded(asker, fun, args, kwargs, argnums, False)


def _recorded(
    asker: str, fun: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], argnums: Any, whole: bool
) -> Run:
    if not callable(fun):
        raise TypeError(f"{asker} takes a function and its arguments, not {type(fun).__name__}")
    label = getattr(fun, "__name__", type(fun).__name__)
    leaves, structure = flatten((tuple(args), kwargs))
    moving = _moving(asker, fun, args, kwargs, argnums)
    trace = RecordTrace(whole=whole, lines=True)
    traced = [trace.input(as_value(leaf.value)) for leaf in moving]
    inputs = tuple(Input(leaf.name, node) for leaf, node in zip(moving, trace.nodes, strict=True))

    def flat(values: Sequence[Any]) -> Any:
        full = list(leaves)
        for leaf, value in zip(moving, values, strict=True):
            full[leaf.place] = value
        positional, keywords = unflatten(structure, full)
        return fun(*positional, **keywords)

    out, raised = None, None
    try:
        with np.errstate(all="ignore"):
            out = own_node(trace, close_over(trace, _one(asker, call(flat, [traced]), label)))
    except ChainruleError:  # some are ValueErrors too
        raise
    except (ArithmeticError, ValueError) as error:  # np.linalg.LinAlgError is a ValueError
        if not any(_is_bad(node.value) for node in trace.nodes):
            raise
        raised = error
    finally:
        nodes = trace.finish()
    if str(getattr(fun, "__module__", "")).startswith(_PACKAGE):
        _forget(nodes, user_line())
    if trace.guard is not None:
        trace.guard.check()
    entry = tuple(part.node for part in inputs)
    graph = Graph(entry, tuple(nodes), (out,))
    return Run(label, inputs, graph, out, tuple(node for node, _ in trace.decisions), whole, raised)


def _forget(nodes: Sequence[Node], line: tuple[str, int, str] | None) -> None:
    """Take from nodes the line that asks: of a typed formula, which this package computes, it says nothing."""
    for node in nodes:
        if node.line == line:
            node.line = None


def _is_bad(value: Any) -> bool:
    parts = value if isinstance(value, tuple) else (value,)
    return any(not np.isfinite(part).all() for part in parts if np.asarray(part).dtype.kind in "fc")


def _one(asker: str, result: Any, label: str) -> Any:
    leaves = flatten(result)[0]
    value = as_result(leaves[0], label) if len(leaves) == 1 else None
    if value is None or np.shape(value) != () or value.dtype.kind not in "fiub":
        what = f"{len(leaves)} values" if value is None else f"a {value.dtype} of shape {np.shape(value)}"
        raise NotScalarError(
            f"{asker} takes a function with one real number as its result, since that is what has a gradient; {label} returned "
            f"{what}; sum it, as in {asker}(lambda *args: np.sum({label}(*args)), ...), or pick the element that you ask about"
        )
    return value


def _moving(
    asker: str, fun: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], argnums: Any
) -> list[_Leaf]:
    """Return the leaves that are differentiated.

    Without argnums these are the real and complex numbers and arrays among the arguments, and whole numbers that are
    positional arguments themselves. Arrays of whole numbers are labels or indices; where there is nothing else, they count.
    """
    names = [*argument_names(fun, len(args)), *sorted(kwargs)]  # in the order in which a dictionary's leaves stand
    parts = [*args, *(kwargs[name] for name in sorted(kwargs))]
    asked = None if argnums is None else {argnums} if isinstance(argnums, int) else set(argnums)
    if asked is not None:
        asked = {number + len(args) if number < 0 else number for number in asked}
        if not all(0 <= number < len(args) for number in asked):
            raise TracingError(
                f"{asker}: argnums={argnums} names an argument that is not there; {len(args)} were given"
            )
    found: list[_Leaf] = []
    whole: list[_Leaf] = []
    place = 0
    for number, (name, part) in enumerate(zip(names, parts, strict=True)):
        leaves = flatten(part)[0]
        for path, leaf in zip(paths(part), leaves, strict=True):
            kind = _kind(leaf)
            this = _Leaf(name + path, place, leaf)
            place += 1
            if asked is not None:
                if number in asked and kind:
                    found.append(this)
            elif kind in ("f", "c") or (kind == "i" and number < len(args) and leaf is part and np.ndim(leaf) == 0):
                found.append(this)
            elif kind == "i":
                whole.append(this)
    if not (found or whole):
        raise TracingError(f"{asker}: there is no number among the arguments that a gradient could belong to")
    return found or whole


def _kind(leaf: Any) -> str:
    """Return "f", "c" or "i" for real, complex and whole numbers and arrays of them; else empty text."""
    if isinstance(leaf, Traced | bool | str | bytes):
        return ""
    kind = np.asarray(leaf).dtype.kind if isinstance(leaf, int | float | complex | np.ndarray | np.generic) else ""
    return {"f": "f", "c": "c", "i": "i", "u": "i"}.get(kind, "")
