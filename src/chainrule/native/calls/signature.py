"""Owns how a call is told apart from others: by the structure, types and shapes of its arguments, and what is no array."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from chainrule.core.trace import Traced
from chainrule.core.trees import flatten, flatten_in_order, unflatten
from chainrule.native.entry.plan import Array, Nested, Node, Number, Same, Scalar, Whole

FEW = 8
"""An integer argument is part of the signature until it has had so many values; then it is an input like any other."""
_INT64 = range(-(1 << 63), 1 << 63)
_KEYS: tuple[set[type], ...] = (set(), {str}, {int})
"""Of which types the keys of a dictionary may be that native code reads: they are sorted as those of its leaves are."""
_NESTS: dict[type, Literal["tuple", "list", "dict"]] = {tuple: "tuple", list: "list", dict: "dict"}


class Unsupported(Exception):
    """A call that native code is not made for."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, taken apart.

    key: equal for calls that one specialization serves. leaves, structure: of (args, kwargs).
    moving: the positions of the leaves that are inputs. kinds: of those, what the entry expects.
    is_ordered: whether the function may notice in which order `kwargs` were given; they are sorted otherwise.
    """

    key: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    leaves: list[Any]
    structure: Any
    moving: tuple[int, ...]
    kinds: tuple[Node, ...]
    is_ordered: bool = False

    def inputs(self) -> list[Any]:
        """Return the inputs as the engine computes with them."""
        return [_as_input(self.leaves[place]) for place in self.moving]

    def without_inputs(self) -> Call:
        """Return the call without its arrays, which are not to be kept alive."""
        leaves = [None if place in self.moving else leaf for place, leaf in enumerate(self.leaves)]
        return replace(self, args=(), kwargs={}, leaves=leaves)

    def interpret(self, fun: Callable[..., Any]) -> Any:
        """Call the function as it is; its results are made to share memory with nothing, as native code's do."""
        return unshared(fun(*self.args, **self.kwargs))

    def rebuilt(self, inputs: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return arguments with other inputs in the same places."""
        leaves = list(self.leaves)
        for place, value in zip(self.moving, inputs, strict=True):
            leaves[place] = value
        args, kwargs = unflatten(self.structure, leaves)
        return args, kwargs


def _as_input(leaf: Any) -> Any:
    kind = type(leaf)
    if kind is float:
        return np.float64(leaf)
    if kind is int:
        return np.int64(leaf)
    if kind is complex:
        return np.complex128(leaf)
    return leaf[()] if kind is np.ndarray and not leaf.shape else leaf


def unshared(result: Any) -> Any:
    """Return a result whose arrays are copies: a function may return its argument, or an array around it, at every call."""
    parts, structure = flatten(result)
    copied = [part.copy() if isinstance(part, np.ndarray) else part for part in parts]
    return unflatten(structure, copied) if any(a is not b for a, b in zip(parts, copied, strict=True)) else result


def has_traced(leaves: Sequence[Any]) -> bool:
    """Whether a transform is running over some argument."""
    return any(isinstance(leaf, Traced) for leaf in leaves)


def takes_any_name(fun: Callable[..., Any]) -> bool:
    """Whether a function may get its arguments by name as a dictionary, whose order it may notice."""
    try:
        parameters = inspect.signature(fun).parameters.values()
    except (TypeError, ValueError):  # one written in C that does not tell
        return False
    return any(each.kind is each.VAR_KEYWORD for each in parameters)


def read_call(args: tuple[Any, ...], kwargs: dict[str, Any], varying: set[int], is_ordered: bool = False) -> Call:
    """Take a call apart. Raise Unsupported where it cannot be.

    varying: the positions of integers that are inputs. is_ordered: whether the order of `kwargs` matters.
    """
    if not is_ordered:
        kwargs = dict(sorted(kwargs.items()))
    leaves, structure, orders = flatten_in_order((args, kwargs))
    signs: list[Any] = [structure, orders]
    sign: Any
    moving: list[int] = []
    kinds: list[Node] = []
    for place, leaf in enumerate(leaves):
        kind = type(leaf)
        node: Node | None = None
        if kind is np.ndarray:
            dtype = leaf.dtype
            if dtype.kind not in "fiubc" or not dtype.isnative:
                raise Unsupported(f"an array of {dtype}")
            flags = leaf.flags
            order: Literal["C", "F"] = "F" if flags.f_contiguous and not flags.c_contiguous else "C"
            node, sign = Array(dtype, leaf.shape, order), (dtype, leaf.shape, order)
        elif kind is float:
            node, sign = Number(), "float"
        elif kind is int and place in varying and leaf in _INT64:
            node, sign = Whole(), "int"
        elif isinstance(leaf, np.generic) and leaf.dtype.kind in "fiubc" and kind.__module__ == "numpy":
            node, sign = Scalar(leaf.dtype), leaf.dtype
        elif isinstance(leaf, np.ndarray | np.generic):
            raise Unsupported(f"a {kind.__name__}")
        elif kind is complex:
            node, sign = Array(np.dtype(complex), ()), "complex"
        else:
            try:
                hash(leaf)
            except (TypeError, ValueError):  # the latter of a memoryview that can be written to
                raise Unsupported(f"a {kind.__name__}, which has no hash") from None
            sign = (kind, leaf)
        signs.append(sign)
        if node is not None:
            moving.append(place)
            kinds.append(node)
    return Call(tuple(signs), args, kwargs, leaves, structure, tuple(moving), tuple(kinds), is_ordered)


def integers(call: Call) -> list[tuple[int, int]]:
    """Return the integers that are part of the signature: (position, value)."""
    return [(place, leaf) for place, leaf in enumerate(call.leaves) if type(leaf) is int and place not in call.moving]


def arguments_of(tree: Any, leaves: Sequence[Node]) -> Node | None:
    """Return the description of a tree of tuples, lists and dictionaries, given those of its leaves; None for other trees.

    The keys of a dictionary are named in the order of the leaves, which is sorted.
    """
    found = _nested(tree, leaves, sorted)
    return None if found is None else found[0]


def results_of(tree: Any, leaves: Sequence[Node]) -> tuple[Node, list[int]] | None:
    """Return the description of such a tree with each dictionary in its own order, and the order in which it names the leaves."""
    return _nested(tree, leaves, list)


def _nested(
    tree: Any, leaves: Sequence[Node], order_of: Callable[[dict[Any, Any]], list[Any]]
) -> tuple[Node, list[int]] | None:
    remaining = iter(range(len(leaves)))

    def below(part: Any) -> tuple[Node, list[int]] | None:
        if part is None:
            return Same(None), []
        kind = type(part)
        keys: tuple[str | int, ...] = ()
        if kind is dict and {type(key) for key in part} in _KEYS:
            found = {key: below(part[key]) for key in sorted(part)}  # as the leaves come
            keys = tuple(order_of(part))
            children = [found[key] for key in keys]
        elif kind is tuple or kind is list or _is_named(kind):
            children = [below(each) for each in part]
        else:
            leaf = flatten(part)[0]
            if len(leaf) != 1 or leaf[0] is not part:
                return None
            place = next(remaining)
            return leaves[place], [place]
        nodes = [child[0] for child in children if child is not None]
        if len(nodes) < len(children):
            return None
        order = [place for child in children if child is not None for place in child[1]]
        named = None if kind in _NESTS else kind
        own = tuple(map(keys.index, part)) if keys else ()
        return Nested(_NESTS.get(kind, "tuple"), tuple(nodes), keys, named, own), order

    return below(tree)


def _is_named(kind: type) -> bool:
    """Whether a class is one of named tuples, and no class made of one, which may do more when it is made."""
    return kind.__mro__ == (kind, tuple, object) and hasattr(kind, "_fields")
