"""Owns variants: the paths through a function whose results are of one kind, as a tree of decisions, with their native code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chainrule.core.trees import Orders
from chainrule.native.entry.entry import Entry
from chainrule.native.entry.plan import Node
from chainrule.native.program.heat import Heat
from chainrule.native.program.paths import Path
from chainrule.native.program.program import Compiled
from chainrule.native.recording.trace import Recording
from chainrule.passes.complex_parts import Value, truth
from chainrule.passes.terms import Term


@dataclass(slots=True)
class Variant:
    """The paths of a specialization whose results are of one kind, and their native code.

    leaves, structure, orders (of keys): of the results. recorded: runs whose paths are not in the tree yet; paths: how many are.
    is_fresh: whether every path of it is compiled. heat: of code that is compiled fast; None once it was hot. program: for who
    looks inside.
    """

    leaves: tuple[Node, ...]
    structure: Any
    orders: Orders
    recorded: list[Recording] = field(default_factory=list)
    tree: Path = field(default_factory=Path)
    paths: int = 0
    is_fresh: bool = False
    heat: Heat | None = field(default_factory=Heat)
    entry: Entry | None = None
    program: Compiled | None = None

    def insert(self, recording: Recording, to_term: Callable[[Any], Value], outputs: tuple[Term, ...]) -> bool:
        """Add the path of a run to the tree; return False where the same decisions have led elsewhere before."""
        path = self.tree
        for decision in recording.decisions:
            term = truth(to_term(decision.node))
            if term.is_constant:
                continue
            if path.outputs is not None:
                return False
            if path.decision is None:
                path.decision, path.kind = term, decision.kind
            elif path.decision is not term or path.kind is not decision.kind:
                return False
            path = path.branches.setdefault(decision.outcome, Path())
        if path.decision is not None or path.outputs is not None:
            return path.outputs == outputs  # a known path, from which rounding had led native code away
        path.outputs = outputs
        self.paths += 1
        self.is_fresh = False
        return True
