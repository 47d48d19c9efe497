"""Owns the user's source: the statement that a line belongs to, the calls in it, and the text of their operands."""

from __future__ import annotations

import ast
import functools
import linecache
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Line: TypeAlias = tuple[str, int, str]

MAX_LINES = 12
"""Longer statements are taken by their one line."""

_OPERATORS: Mapping[str, type[ast.operator]] = {
    "add": ast.Add,
    "subtract": ast.Sub,
    "multiply": ast.Mult,
    "divide": ast.Div,
    "power": ast.Pow,
    "matmul": ast.MatMult,
}
_COMPARISONS: Mapping[str, type[ast.cmpop]] = {
    "equal": ast.Eq,
    "not_equal": ast.NotEq,
    "less": ast.Lt,
    "less_equal": ast.LtE,
    "greater": ast.Gt,
    "greater_equal": ast.GtE,
}
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "divide": ("divide", "true_divide"),
    "power": ("power", "float_power", "pow"),
    "matmul": ("matmul", "dot", "vdot", "inner"),
    "euclidean_norm": ("norm",),
    "absolute": ("abs", "absolute"),
    "max": ("max", "amax"),
    "min": ("min", "amin"),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the user's program, or the part of one that could be read.

    text: as it is written, without its indentation. tree: of it. bare: whether it is an expression cut out of a line.
    """

    text: str
    tree: ast.AST

    def segment(self, node: ast.AST) -> str:
        """Return the text of a part, without the brackets around it."""
        return ast.get_source_segment(self.text, node) or ast.unparse(node)

    def replaced(self, changes: Sequence[tuple[ast.expr, str]]) -> str:
        """Return the text with parts replaced; of parts within each other the outer one is."""
        lines = self.text.splitlines(keepends=True)
        starts = [sum(len(line.encode()) for line in lines[:n]) for n in range(len(lines) + 1)]
        data = self.text.encode()

        def place(line: int | None, column: int | None) -> int:
            assert line is not None
            assert column is not None  # what was parsed knows its end
            return starts[line - 1] + column

        spans = sorted(
            (place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset), new.encode())
            for node, new in changes
        )
        done, parts = 0, []
        for begin, end, new in spans:
            if begin >= done:
                parts += [data[done:begin], new]
                done = end
        return b"".join([*parts, data[done:]]).decode()


def statement(line: Line | None) -> Statement | None:
    """Return the smallest statement around a line, or None where there is no source that can be read."""
    if line is None:
        return None
    filename, number, source = line
    lines = linecache.getlines(filename)
    around = [node for node in _statements("".join(lines)) if node.lineno <= number <= (node.end_lineno or node.lineno)]
    if around:
        node = min(around, key=lambda node: (node.end_lineno or node.lineno) - node.lineno)
        if not hasattr(node, "body") and (node.end_lineno or node.lineno) - node.lineno < MAX_LINES:
            return _parsed(textwrap.dedent("".join(lines[node.lineno - 1 : node.end_lineno])).strip("\n"))
    return _parsed(source)


@functools.lru_cache(maxsize=8)
def _statements(whole: str) -> tuple[ast.stmt, ...]:
    """Return the statements of a file; none where it is no plain Python, but a notebook's cell with commands for example."""
    try:
        return tuple(node for node in ast.walk(ast.parse(whole)) if isinstance(node, ast.stmt))
    except (SyntaxError, ValueError):
        return ()


def _parsed(text: str) -> Statement | None:
    for candidate in (text, text.rstrip().rstrip(":").removeprefix("if ").removeprefix("while ")):
        try:
            return Statement(candidate, ast.parse(candidate))
        except (SyntaxError, ValueError):  # a part of a statement that could not be found whole
            continue
    return None


def uses(found: Statement, operation: str) -> Iterator[ast.expr]:
    """Yield the expressions that compute an operation of the table, in the order of reading."""
    names = _SPELLINGS.get(operation, (operation,))
    operator, comparison = _OPERATORS.get(operation), _COMPARISONS.get(operation)
    for node in ast.walk(found.tree):
        is_operator = isinstance(node, ast.BinOp) and operator is not None and isinstance(node.op, operator)
        is_comparison = (
            isinstance(node, ast.Compare)
            and comparison is not None
            and len(node.ops) == 1
            and isinstance(node.ops[0], comparison)
        )
        if is_operator or is_comparison or (isinstance(node, ast.Call) and called(node) in names):
            assert isinstance(node, ast.expr)
            yield node


def called(node: ast.AST) -> str:
    """Return the name of the function of a call, without its module; empty text where it is no call by name."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def operands(node: ast.expr) -> list[ast.expr]:
    """Return the operands of an operator or call; a method's object comes first."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    assert isinstance(node, ast.Call)
    function = node.func
    return [*([function.value] if isinstance(function, ast.Attribute) and is_method(node) else []), *node.args]


def is_method(node: ast.Call) -> bool:
    """Return whether a call is one of an array's own methods, as in x.sum(); sc.gammaln(x) is none, whatever sc is."""
    function = node.func
    return isinstance(function, ast.Attribute) and hasattr(np.ndarray, function.attr) and not _is_module(function.value)


def _is_module(node: ast.expr) -> bool:
    return ast.unparse(node) in {
        "np",
        "numpy",
        "scipy.special",
        "special",
        "np.linalg",
        "numpy.linalg",
        "sp",
        "scipy",
        "math",
        "cr",
        "chainrule",
    }


def bracketed(found: Statement, node: ast.expr) -> str:
    """Return the text of an expression, in brackets where an operator beside it could take a part of it."""
    text = found.segment(node)
    return text if isinstance(node, ast.Name | ast.Call | ast.Attribute | ast.Subscript | ast.Constant) else f"({text})"


def argument(found: Statement, node: ast.expr) -> str:
    """Return the text of an expression as an argument that may be compared: in brackets only where that needs them."""
    text = found.segment(node)
    loose = isinstance(node, ast.Compare | ast.BoolOp | ast.IfExp | ast.Lambda | ast.Starred | ast.NamedExpr)
    return f"({text})" if loose else text
