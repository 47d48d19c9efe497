"""Owns what the values of a recorded program are called: a name from the user's line where it is certain, or v1, v2."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from chainrule.core.graph import ITEM, Node
from chainrule.explain.backpropagation.folding import Unit
from chainrule.primitives.table import BY_UFUNC

_OPERATORS: dict[type[ast.operator] | type[ast.unaryop], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
    ast.MatMult: "matmul",
    ast.USub: "negative",
}

_REDUCTIONS = {"logaddexp": "logsumexp", "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min"}
"""What `np.logaddexp.reduce` and its like are called in the table."""
_ALIASES = {"dot": "matmul", "amax": "max", "amin": "min"}


def name_nodes(
    inputs: Sequence[tuple[Node, str]], units: Sequence[Unit], out: Node, given: Mapping[int, str]
) -> dict[int, str]:
    """Return the name of every input and of the head of every unit, by index; all differ.

    given: names that are known, by the index of the node.
    """
    names = {node.index: name for node, name in inputs}
    used = set(names.values()) | set(given.values())
    wanted = _assigned(units) | dict(given)
    if out.index not in wanted and out.index not in names:
        wanted[out.index] = "L" if "L" not in used | set(wanted.values()) else "out"
    numbers = itertools.count(1)
    taken = set(names.values())
    for unit in units:
        head = unit.head
        if head.primitive is ITEM and head.parents[0] is not None and head.parents[0].index in names:
            name = f"{names[head.parents[0].index]}[{head.parameters['index']}]"
        elif head.index in wanted:
            name = _free(wanted[head.index], taken)
        else:
            name = next(name for name in (f"v{number}" for number in numbers) if name not in taken | used)
        taken.add(name)
        names[head.index] = name
    return names


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    return next(other for other in (f"{name}_{number}" for number in itertools.count(2)) if other not in taken)


def _assigned(units: Sequence[Unit]) -> dict[int, str]:
    """Return the names that the user's lines assign, to the last operation of a line if it is the outermost."""
    found: dict[int, str] = {}
    for unit, after in itertools.zip_longest(units, units[1:]):
        if unit.head.line is None or (after is not None and after.head.line == unit.head.line):
            continue
        name = _target(unit.head.line[2], unit)
        if name is not None:
            found[unit.head.index] = name
    return found


def _target(source: str, unit: Unit) -> str | None:
    found = _assignment(source)
    if found is None or not (unit.kind in ("function", "line", "block") or _computes(found[1], unit)):
        return None
    return found[0]


@lru_cache(maxsize=1024)
def _assignment(source: str) -> tuple[str, ast.expr] | None:
    """Return the name that a line assigns and what it assigns to it; None where it does something else."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):  # a part of a statement that goes over several lines
        return None
    if len(body) != 1 or not isinstance(body[0], ast.Assign | ast.AnnAssign) or body[0].value is None:
        return None
    targets = body[0].targets if isinstance(body[0], ast.Assign) else [body[0].target]
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        return None
    return targets[0].id, body[0].value


def assigned_text(source: str) -> str:
    """Return what a line assigns, or returns, as it was written; the line itself where it does neither.

    >>> assigned_text("z = w * x + b"), assigned_text("return np.sum(z**2)")
    ('w * x + b', 'np.sum(z**2)')
    """
    found = _assignment(source)
    if found is not None:
        return ast.get_source_segment(source, found[1]) or source
    return source.removeprefix("return ") if source.startswith("return ") else source


def _computes(value: ast.expr, unit: Unit) -> bool:
    """Return whether the outermost operation of an expression is the one of the unit."""
    primitive = unit.primitive
    if isinstance(value, ast.BinOp | ast.UnaryOp):
        return _OPERATORS.get(type(value.op)) == primitive.name
    if isinstance(value, ast.Subscript):
        return primitive.name in ("index", "item")
    if isinstance(value, ast.Attribute):
        return value.attr in ("T", "mT") and primitive.name == "transpose"
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name | ast.Attribute):
        return False
    called = value.func.id if isinstance(value.func, ast.Name) else value.func.attr
    if called == "reduce" and isinstance(value.func, ast.Attribute) and isinstance(value.func.value, ast.Attribute):
        called = _REDUCTIONS.get(value.func.value.attr, called)
    called = _ALIASES.get(called, called)
    ufunc = getattr(np, called, None)
    return called == primitive.name or (isinstance(ufunc, np.ufunc) and BY_UFUNC.get(ufunc) is primitive)
