"""Owns which of the user's own functions an operation belongs to, so that a helper such as softmax is one step."""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import Any

from chainrule.core.graph import ITEM, Node


def label_functions(nodes: Sequence[Node], function: Callable[..., Any]) -> dict[int, Hashable]:
    """Return the label of each operation: its composite, the helper function that it was computed in, or itself.

    function: the one that is explained, whose own operations stay apart.
    """
    code = getattr(function, "__code__", None)
    own = (code.co_filename, code.co_firstlineno) if code is not None else ("", 0)
    labels: dict[int, Hashable] = {}
    visit, before = 0, ("", 0, 0)
    for node in nodes:
        if node.primitive is None:
            continue
        found = _enclosing(*node.line[:2]) if node.line is not None else None
        place = (node.line[0], found[1], node.line[1]) if node.line is not None and found is not None else ("", 0, 0)
        if place[:2] != before[:2] or place[2] < before[2]:
            visit += 1
        before = place
        if node.scopes:
            labels[node.index] = ("composite", *node.scopes[0])
        if found is not None and not (place[0] == own[0] and found[1] <= own[1] <= found[2]):
            labels[node.index] = ("function", found[0], visit)
        elif not node.scopes:
            labels[node.index] = ("operation", _together(node))
    return labels


def _together(node: Node) -> int:
    """Return what tells an operation from others: one result of several belongs to the operation that has them."""
    first = node.parents[0] if node.primitive is ITEM else None
    return first.index if first is not None else node.index


def _enclosing(filename: str, number: int) -> tuple[str, int, int] | None:
    """Return the name, the first and the last line of the innermost function around a line."""
    around = [found for found in _functions(filename) if found[1] <= number <= found[2]]
    return max(around, key=lambda found: found[1]) if around else None


@lru_cache(maxsize=64)
def _functions(filename: str) -> tuple[tuple[str, int, int], ...]:
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):  # a page of a notebook with commands of its own
        return ()
    return tuple(
        (node.name, min([node.lineno, *(part.lineno for part in node.decorator_list)]), node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    )


def called_names(function: Callable[..., Any], title: str) -> tuple[str | None, ...]:
    """Return for each call of a helper in a function's own source the name that it is assigned to, or None, in order.

    >>> def loss(z):
    ...     p = soft(z)
    ...     return np.sum(soft(p))
    >>> called_names(loss, "soft")
    ('p', None)
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):  # typed into a prompt, or cut out of a longer line
        return ()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) == title]
    targets = {
        node.value: node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    }
    return tuple(targets.get(call) for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)))


def _called(call: ast.Call) -> str:
    return (
        call.func.id
        if isinstance(call.func, ast.Name)
        else call.func.attr
        if isinstance(call.func, ast.Attribute)
        else ""
    )
