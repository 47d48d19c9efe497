"""Owns what the operands of a recorded operation are called: as the user wrote them, or by the name of the input."""

from __future__ import annotations

from chainrule.core.graph import Node
from chainrule.explain.diagnosis.run import Run
from chainrule.explain.diagnosis.source import operands, statement, uses
from chainrule.primitives.shape import WHERE


def operand_names(run: Run, node: Node) -> list[str]:
    """Return a name for each operand; the user's own text where the statement computes one such operation only."""
    names = {part.node.index: part.name for part in run.inputs}
    given = [
        names.get(parent.index, f"operand {position}") if parent is not None else f"constant {position}"
        for position, parent in enumerate(node.parents, 1)
    ]
    found = statement(node.line)
    matching = list(uses(found, node.primitive.name)) if found is not None and node.primitive is not None else []
    if found is None or len(matching) != 1:
        return given
    written = operands(matching[0])
    if node.primitive is WHERE and len(written) == 3:  # the table has the condition last
        written = [*written[1:], written[0]]
    return [found.segment(written[n]) if n < len(written) else given[n] for n in range(len(given))]
