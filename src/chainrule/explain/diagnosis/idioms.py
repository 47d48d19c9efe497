"""Owns idioms: well-known expressions that overflow or have a kink, and the function that computes the same without."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, final

import numpy as np

from chainrule.core.graph import Node
from chainrule.explain.diagnosis.source import Statement, argument, bracketed, called, operands, statement, uses


@final
@dataclass(frozen=True, slots=True)
class Written:
    """A statement as it should be: `before` is as it was, on the line of `node`; without it, an example for several lines."""

    text: str
    before: str = ""
    node: Node | None = None


Rewrite: TypeAlias = Callable[[Statement | None, Node, Sequence[Node]], Written | None]


@final
@dataclass(frozen=True, slots=True)
class Idiom:
    """title: what the expression is called. why: the other spelling helps. rewrite: writes it, or returns None."""

    title: str
    why: str
    rewrite: Rewrite


_MOVES = frozenset(("reshape", "broadcast_to", "index", "transpose", "squeeze", "expand_dims", "astype"))


def _source_of(node: Node | None) -> Node | None:
    """Return the operation whose elements a node holds, moved only."""
    while node is not None and node.primitive is not None and node.primitive.name in _MOVES:
        node = node.parents[0]
    return node


def _is(node: Node | None, *names: str) -> bool:
    return node is not None and node.primitive is not None and node.primitive.name in names


def _rewritten(found: Statement | None, name: str, write: Callable[[ast.expr], str | None]) -> Written | None:
    """Return the statement with each use of an operation replaced by what `write` returns for it."""
    if found is None:
        return None
    changes = [(use, text) for use in uses(found, name) if (text := write(use)) is not None]
    return Written(found.replaced(changes), found.text) if changes else None


def _is_number(node: ast.expr, value: float) -> bool:
    return isinstance(node, ast.Constant) and node.value == value


def _same(left: ast.expr, right: ast.expr) -> bool:
    return ast.dump(left) == ast.dump(right)


def _options(found: Statement, call: ast.Call, skip: int) -> str:
    """Return the further arguments of a reduction, such as ", axis=1"."""
    extra = [f"axis={found.segment(part)}" for part in operands(call)[skip:]]
    extra += [f"{option.arg}={found.segment(option.value)}" for option in call.keywords]
    return "".join(f", {part}" for part in extra)


def _norm(found: Statement | None, node: Node, nodes: Sequence[Node]) -> Written | None:
    """Write the square root of a sum of squares as a norm."""

    def write(use: ast.expr) -> str | None:
        assert found is not None
        parts = operands(use)
        if isinstance(use, ast.BinOp) and not _is_number(use.right, 0.5):
            return None
        return _norm_of(found, parts[0]) if parts else None

    written = _rewritten(found, "power" if _is(node, "power") else "sqrt", write)
    if written is not None:
        return written
    summed = _source_of(node.parents[0])
    if _is(node, "power") and not (np.ndim(node.operands[1]) == 0 and node.operands[1] == 0.5):
        return None
    squared = summed.parents[0] if summed is not None and _is(summed, "sum") else None
    if squared is None or not _squares(squared):
        return None
    assert summed is not None
    axis = summed.parameters["axis"]
    whole = len(axis) == np.ndim(squared.value)
    return Written(f"np.linalg.norm(x{'' if whole else f', axis={axis[0] if len(axis) == 1 else axis}'})")


def _squares(node: Node) -> bool:
    if _is(node, "square"):
        return True
    if _is(node, "power"):
        return np.ndim(node.operands[1]) == 0 and bool(node.operands[1] == 2)
    return _is(node, "multiply") and node.parents[0] is node.parents[1]


def _norm_of(found: Statement, node: ast.expr) -> str | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult) and _same(node.left, node.right):
        return f"np.linalg.norm({argument(found, node.left)})"
    if called(node) not in ("sum", "dot"):
        return None
    assert isinstance(node, ast.Call)
    parts = operands(node)
    if called(node) == "dot":
        return f"np.linalg.norm({argument(found, parts[0])})" if len(parts) == 2 and _same(*parts) else None
    base = _squared(parts[0]) if parts else None
    return None if base is None else f"np.linalg.norm({argument(found, base)}{_options(found, node, 1)})"


def _squared(node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and _is_number(node.right, 2):
        return node.left
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and _same(node.left, node.right):
        return node.left
    return operands(node)[0] if called(node) == "square" else None


def _exp_operand(node: ast.expr) -> ast.expr | None:
    return operands(node)[0] if called(node) == "exp" else None


def _one_plus_exp(node: ast.expr) -> ast.expr | None:
    """Return u of 1 + exp(u)."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)):
        return None
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if _is_number(one, 1):
            return _exp_operand(other)
    return None


def _logsumexp(found: Statement | None, node: Node, nodes: Sequence[Node]) -> Written | None:
    def write(use: ast.expr) -> str | None:
        assert found is not None
        (inner, *_) = operands(use)
        if called(inner) != "sum":
            return None
        assert isinstance(inner, ast.Call)
        parts = operands(inner)
        base = _exp_operand(parts[0]) if parts else None
        if base is None:
            return None
        options = _options(found, inner, 1)
        return (
            f"np.logaddexp.reduce({argument(found, base)}{options if 'axis=' in options else ', axis=None' + options})"
        )

    written = _rewritten(found, "log", write)
    if written is not None:
        return written
    log = (
        node
        if _is(node, "log")
        else next((part for part in nodes if _is(part, "log") and _exp_of_sum(part) is node), None)
    )
    summed = None if log is None else _source_of(log.parents[0])
    if log is None or summed is None or _exp_of_sum(log) is None:
        return None
    axes = summed.parameters["axis"]
    return Written(f"np.logaddexp.reduce(x, axis={axes[0] if len(axes) == 1 else axes})")


def _exp_of_sum(log: Node) -> Node | None:
    """Return the exponential of log(sum(exp(x)))."""
    summed = _source_of(log.parents[0])
    inner = summed.parents[0] if summed is not None and _is(summed, "sum") else None
    return inner if _is(inner, "exp") else None


def _softplus(found: Statement | None, node: Node, nodes: Sequence[Node]) -> Written | None:
    def write(use: ast.expr) -> str | None:
        assert found is not None
        (inner, *_) = operands(use)
        base = _exp_operand(inner) if called(use) == "log1p" else _one_plus_exp(inner)
        return None if base is None else f"np.logaddexp(0, {argument(found, base)})"

    return _rewritten(found, "log", write) or _rewritten(found, "log1p", write)


def _sigmoid(found: Statement | None, node: Node, nodes: Sequence[Node]) -> Written | None:
    def write(use: ast.expr) -> str | None:
        assert found is not None
        parts = operands(use)
        base = _one_plus_exp(parts[-1])
        if base is None:
            return None
        if _is_number(parts[0], 1):
            if isinstance(base, ast.UnaryOp) and isinstance(base.op, ast.USub):
                return f"scipy.special.expit({argument(found, base.operand)})"
            return f"scipy.special.expit(-{bracketed(found, base)})"
        top = _exp_operand(parts[0])
        return f"scipy.special.expit({argument(found, base)})" if top is not None and _same(top, base) else None

    return _rewritten(found, "divide", write)


def _softmax(found: Statement | None, node: Node, nodes: Sequence[Node]) -> Written | None:
    """Subtract the largest operand from the exponentials that are divided by their sum, which changes nothing else."""
    exponential = _source_of(node.parents[0]) if _is(node, "divide") else node
    summed = _softmax_sum(exponential, nodes)
    if exponential is None or summed is None:
        return None
    axes = summed.parameters["axis"]
    whole = len(axes) == np.ndim(summed.operands[0])
    options = "" if whole else f", axis={axes[0] if len(axes) == 1 else axes}, keepdims=True"
    computed = statement(exponential.line)

    def write(use: ast.expr) -> str:
        assert computed is not None
        (part, *_) = operands(use)
        return f"np.exp({bracketed(computed, part)} - np.max({argument(computed, part)}{options}))"

    written = _rewritten(computed, "exp", write)
    return Written(f"np.exp(x - np.max(x{options}))") if written is None else replace(written, node=exponential)


def _softmax_sum(exponential: Node | None, nodes: Sequence[Node]) -> Node | None:
    """Return the sum of exp(u) by which exp(u) is divided, or None where there is none."""
    if exponential is None or not _is(exponential, "exp"):
        return None
    for part in nodes[exponential.index + 1 :]:
        if not _is(part, "divide"):
            continue
        top, below = _source_of(part.parents[0]), _source_of(part.parents[1])
        inner = _source_of(below.parents[0]) if below is not None and _is(below, "sum") else None
        if _is(top, "exp") and _is(inner, "exp") and exponential in (top, inner):
            assert top is not None
            assert inner is not None
            if top.parents[0] is inner.parents[0]:
                return below
    return None


def _log_softmax(found: Statement | None, node: Node, nodes: Sequence[Node]) -> Written | None:
    shares = _source_of(node.parents[0])
    if not _is(shares, "divide"):
        return None
    assert shares is not None
    summed = _softmax_sum(_source_of(shares.parents[0]), nodes)
    if summed is None:
        return None
    axes = summed.parameters["axis"]
    return Written(f"x - np.logaddexp.reduce(x, axis={axes[0] if len(axes) == 1 else axes}, keepdims=True)")


def _log_sigmoid(found: Statement | None, node: Node, nodes: Sequence[Node]) -> Written | None:
    def write(use: ast.expr) -> str | None:
        assert found is not None
        (inner, *_) = operands(use)
        if called(inner) == "expit":
            return f"scipy.special.log_expit({argument(found, operands(inner)[0])})"
        is_rest = isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub) and _is_number(inner.left, 1)
        if isinstance(inner, ast.BinOp) and is_rest and called(inner.right) == "expit":
            return f"scipy.special.log_expit(-{bracketed(found, operands(inner.right)[0])})"
        return None

    return _rewritten(found, "log", write)


def _sinc(found: Statement | None, node: Node, nodes: Sequence[Node]) -> Written | None:
    def write(use: ast.expr) -> str | None:
        assert found is not None
        top, below = operands(use)
        if called(top) != "sin" or not _same(operands(top)[0], below):
            return None
        return f"np.sinc({bracketed(found, below)} / np.pi)"

    return _rewritten(found, "divide", write)


_STABLE = "it is computed without the exponential that overflows"
_NORM = Idiom("norm", "np.linalg.norm has the derivative 0 at 0, where a length has a kink", _norm)
_LOGSUMEXP = Idiom("log-sum-exp", _STABLE, _logsumexp)
_SOFTMAX = Idiom(
    "softmax", "subtracting the largest element cancels in the quotient, and no exponential is above 1", _softmax
)
_SIGMOID = Idiom("sigmoid", _STABLE, _sigmoid)
_LOG_SIGMOID = Idiom("log of a sigmoid", "the sigmoid rounds to 0 or 1 before its logarithm is taken", _log_sigmoid)
_LOG_SOFTMAX = Idiom("log of a softmax", "the softmax rounds to 0 before its logarithm is taken", _log_softmax)
_SOFTPLUS = Idiom("softplus", _STABLE, _softplus)
_SINC = Idiom("sinc", "np.sinc has the limit 1 at 0", _sinc)

IDIOMS: Mapping[str, tuple[Idiom, ...]] = {
    "sqrt": (_NORM,),
    "power": (_NORM,),
    "exp": (_LOGSUMEXP, _SOFTPLUS, _SIGMOID, _SOFTMAX),
    "log": (_LOG_SIGMOID, _LOGSUMEXP, _LOG_SOFTMAX),
    "divide": (_SINC, _SOFTMAX),
}
"""The idioms to try, by the name of the primitive that is not finite."""
