"""Owns the choice of a mend: the user's own statement, rewritten by a pattern that is known, or by the table of remedies."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from chainrule.core.graph import Node
from chainrule.explain.diagnosis import idioms
from chainrule.explain.diagnosis.remedies import INFINITE, LIMITS, REMEDIES, SMALLER, TOO_LARGE, WHOLE_POWER, Remedy
from chainrule.explain.diagnosis.source import (
    Statement,
    argument,
    bracketed,
    called,
    is_method,
    operands,
    statement,
    uses,
)


@final
@dataclass(frozen=True, slots=True)
class Mend:
    """What to write instead.

    title: of the pattern. why: it helps. line: (file, number, source) of what is replaced, or None. before: the statement;
    empty where it could not be read. after: the statement as it should be, or an example where `before` is empty.
    """

    title: str
    why: str
    line: tuple[str, int, str] | None
    before: str
    after: str


def mend(node: Node, nodes: Sequence[Node], mask: Node | None, kind: str) -> Mend | None:
    """Return what to write instead of an operation; None where nothing is known.

    kind: of the finding. mask: the `where` behind it that does not take its bad elements, or None.
    """
    assert node.primitive is not None
    name = node.primitive.name
    remedy = _remedy(node, name, kind)
    found = statement(node.line)
    if mask is not None and remedy is not None:
        double = _double_where(node, name, remedy, found, mask)
        if double is not None:
            return double
    for idiom in idioms.IDIOMS.get(name, ()):
        written = idiom.rewrite(found, node, nodes)
        if written is not None:
            line = node.line if written.node is None else written.node.line
            return Mend(idiom.title, idiom.why, line, written.before, written.text)
    if kind in INFINITE and (remedy is None or not remedy.code):
        return Mend(f"no {kind}", INFINITE[kind].why, node.line, "", INFINITE[kind].code)
    return None if remedy is None else _by_table(node, name, remedy, found)


def by_table(node: Node, kind: str) -> Mend | None:
    """Return what the table of remedies has for an operation, whatever pattern it is part of."""
    assert node.primitive is not None
    name = node.primitive.name
    remedy = _remedy(node, name, kind)
    return None if remedy is None else _by_table(node, name, remedy, statement(node.line))


def _remedy(node: Node, name: str, kind: str) -> Remedy | None:
    """Return the remedy of the table: one for overflow has to keep the operand small, one for a whole power its sign."""
    remedy = REMEDIES.get(name)
    if remedy is not None and kind == "overflow" and remedy.code and "{limit}" not in remedy.code:
        return replace(remedy, code="", why=SMALLER)
    exponents = np.asarray(node.operands[1]) if name in ("power", "float_power") else np.asarray(0.5)
    return WHOLE_POWER if exponents.dtype.kind in "iuf" and np.all(exponents == np.round(exponents)) else remedy


def _by_table(node: Node, name: str, remedy: Remedy, found: Statement | None) -> Mend:
    title = f"keep {name} finite"
    if not remedy.code:
        is_largest = remedy.why == SMALLER and np.asarray(node.value).dtype in (np.float64, np.complex128)
        return Mend(title, TOO_LARGE if is_largest else remedy.why, node.line, "", "")
    limit = LIMITS.get((name, str(np.asarray(node.value).dtype)), "700.0")
    changes = []
    for use in uses(found, name) if found is not None else ():
        parts = operands(use)
        if len(parts) > remedy.operand and found is not None:
            changes.append((use, _as_called(found, use, _filled(remedy.code, found, parts, limit))))
    if found is not None and changes:
        return Mend(title, remedy.why, node.line, found.text, found.replaced(changes))
    example = Statement("(u, v)", ast.parse("(u, v)"))
    parts = [ast.Name("u", ast.Load()), ast.Name("v", ast.Load())]
    return Mend(
        title,
        f"{remedy.why} (u and v stand for the operands)",
        node.line,
        "",
        _filled(remedy.code, example, parts, limit),
    )


def _as_called(found: Statement, use: ast.expr, text: str) -> str:
    """Return a call by the name under which the program calls the function, such as sc.gammaln."""
    function, opening, rest = text.partition("(")
    if not isinstance(use, ast.Call) or function.rpartition(".")[2] != called(use) or is_method(use):
        return text
    return f"{found.segment(use.func)}{opening}{rest}"


def _filled(code: str, found: Statement, parts: Sequence[ast.expr], limit: str) -> str:
    given = [argument(found, part) for part in parts]
    outer = [bracketed(found, part) for part in parts]
    compared = [f"({text})" if " " in text and "{" in code and ") & (" in code else text for text in given]
    return code.format(*compared, left=outer[0], right=outer[-1], limit=limit)


def _double_where(node: Node, name: str, remedy: Remedy, found: Statement | None, mask: Node) -> Mend | None:
    """Return the operation with an operand that is safe where the `where` behind it does not take it."""
    taker = statement(mask.line)
    if found is None or taker is None:
        return None
    title = "double where"
    why = (
        "np.where computes both branches, and backward multiplies the infinite derivative of the one not taken by 0, which is "
        "NaN; the inner np.where gives that branch a harmless operand, so that its derivative is finite"
    )
    choices = [call for call in uses(taker, "where") if len(operands(call)) == 3]
    inner = [call for call in choices if found.text == taker.text and _branch(call, name) is not None]
    if inner:
        call = inner[0]
        branch = _branch(call, name)
        assert branch is not None
        changes = _guarded(found, operands(call)[0], operands(call)[branch], branch, name, remedy)
    elif choices and found.text != taker.text:
        condition = operands(choices[0])[0]
        branch = 1 if node_side(node, mask) == 0 else 2
        changes = _operands_guarded(found, taker.segment(condition), found.tree, branch, name, remedy)
    else:
        return None
    return Mend(title, why, node.line, found.text, found.replaced(changes)) if changes else None


def node_side(node: Node, mask: Node) -> int:
    """Return through which of the two branches of a `where` a node reaches it."""
    for position in (0, 1):
        pending, seen = [mask.parents[position]], set()
        while pending:
            part = pending.pop()
            if part is node:
                return position
            if part is not None and part.index > node.index and part.index not in seen:
                seen.add(part.index)
                pending.extend(part.parents)
    return 0


def _branch(call: ast.expr, name: str) -> int | None:
    for position in (1, 2):
        part = Statement("", operands(call)[position])
        if any(True for _ in uses(part, name)):
            return position
    return None


def _guarded(
    found: Statement, condition: ast.expr, branch: ast.expr, position: int, name: str, remedy: Remedy
) -> list[tuple[ast.expr, str]]:
    """Replace what the condition tests wherever the branch uses it; else the operand of the operation."""
    text = found.segment(condition)
    tested = [condition.left, *condition.comparators] if isinstance(condition, ast.Compare) else []
    for subject in tested:
        if isinstance(subject, ast.Constant):
            continue
        dump = ast.dump(subject)
        same = [node for node in ast.walk(branch) if isinstance(node, ast.expr) and ast.dump(node) == dump]
        if same:
            safe = _chosen(text, argument(found, subject), remedy.stand_in, position)
            return [(node, safe) for node in same]
    return _operands_guarded(found, text, branch, position, name, remedy)


def _operands_guarded(
    found: Statement, condition: str, tree: ast.AST, position: int, name: str, remedy: Remedy
) -> list[tuple[ast.expr, str]]:
    changes: list[tuple[ast.expr, str]] = []
    for use in uses(Statement(found.text, tree), name):
        parts = operands(use)
        if len(parts) > remedy.operand:
            part = parts[remedy.operand]
            changes.append((part, _chosen(condition, argument(found, part), remedy.stand_in, position)))
    return changes


def _chosen(condition: str, text: str, stand_in: str, position: int) -> str:
    first, second = (text, stand_in) if position == 1 else (stand_in, text)
    return f"np.where({condition}, {first}, {second})"
