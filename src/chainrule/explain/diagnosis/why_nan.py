"""Owns `why_nan`: the first operation and source line that is not finite, forward or backward, and the mend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.core.graph import ITEM, Node
from chainrule.explain.diagnosis.arising import (
    backward_cause,
    forward_cause,
    is_mean_of_nothing,
    name_of,
)
from chainrule.explain.diagnosis.diagnosis import Diagnosis
from chainrule.explain.diagnosis.growing import growth
from chainrule.explain.diagnosis.marks import Elements, Mark, at, bad, spread
from chainrule.explain.diagnosis.mend import Mend, by_table, mend
from chainrule.explain.diagnosis.names import operand_names
from chainrule.explain.diagnosis.nan_record import Finding, InputState, Link, Operand
from chainrule.explain.diagnosis.origin import (
    Backward,
    Origin,
    Trail,
    backward_run,
    backward_trail,
    forward_trail,
)
from chainrule.explain.diagnosis.remedies import REMEDIES
from chainrule.explain.diagnosis.run import Run, record_run
from chainrule.primitives.arithmetic import SQRT
from chainrule.primitives.shape import WHERE
from chainrule.transforms.arguments import plain

MAX_LINKS = 12
"""So many lines of the chain are kept."""


def why_nan(
    fun: Callable[..., Any], *args: Any, argnums: int | Sequence[int] | None = None, **kwargs: Any
) -> Diagnosis:
    """Return why the value or the gradient of `fun` at these arguments is NaN or infinite.

    fun: has one real number as its result; it may be jitted, take containers, and close over data. argnums: the positions
    of the differentiated arguments; None: all real and complex numbers and arrays among the arguments, and whole numbers
    that are positional arguments (arrays of whole numbers are labels or indices). Other keywords are the function's own.

    The function runs forward and backward once. What is not finite is followed from the end to its origin, element by
    element, so that a NaN that `np.where` throws away is not blamed. Where the function raises after something that was not
    finite, the diagnosis says from where that came; else what it raises passes.
    Raises NotScalarError where the result is not one real number, TracingError where there is nothing to differentiate.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> found = cr.why_nan(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0)), np.array([0.0, 4.0]))
    >>> found.first.way, found.first.operation, found.first.kind
    ('backward', 'sqrt', '0·∞')
    """
    run = record_run("why_nan", fun, args, kwargs, argnums)
    with np.errstate(all="ignore"):
        start = _start(run)
        backward = backward_run(run, as_far_as_possible=start is not None)
        if start is None and backward.stopped is not None:
            start = next(
                (part for part in backward.stopped.parents if part is not None and bad(part.value).any()), None
            )
        states = tuple(_state(part.name, part.node, backward) for part in run.inputs)
        if start is not None:
            return _diagnosis(run, states, forward_trail(run, start), backward)
        wrong = [part.node for part, state in zip(run.inputs, states, strict=True) if state.gradient.count]
        if not isinstance(run.out, Node) and bad(run.out).any():
            return _of_constant(run, states)
        if wrong:
            return _diagnosis(run, states, backward_trail(run, backward, wrong), backward)
        return Diagnosis(run.label, plain(run.result), None, True, None, None, (), (), states, _harmless(run, states))


def _state(name: str, node: Node, backward: Backward) -> InputState:
    gradient = backward.cts.get(node.index)
    wrong = np.zeros(np.shape(node.value), dtype=bool) if gradient is None else bad(gradient)
    return InputState(name, Elements.of(bad(node.value)), Elements.of(wrong))


def _start(run: Run) -> Node | None:
    """Return the value from which the search goes to its origins.

    That is the last value before an exception, or the result.
    """
    if run.raised is not None:
        return next(node for node in reversed(run.graph.nodes) if bad(node.value).any())
    return run.out if isinstance(run.out, Node) and bad(run.out.value).any() else None


def _of_constant(run: Run, states: tuple[InputState, ...]) -> Diagnosis:
    note = "The result depends on no input: it is a constant of the program that is not finite"
    found = Finding(
        "constant", "constant", "constant", None, Elements.of(bad(run.out)), (), plain(run.out), None, None, note
    )
    return Diagnosis(run.label, plain(run.out), None, False, found, None, (), (), states, ())


def _diagnosis(run: Run, states: tuple[InputState, ...], trail: Trail, backward: Backward) -> Diagnosis:
    chosen, becomes = _first(trail)
    first = _finding(run, chosen, backward)
    turned = None if becomes is None else _finding(run, becomes, backward)
    mends = _mends(run, chosen, first.kind)
    # What overflows is no mask: it has to be mended where it overflows.
    is_mask = turned is not None and (first.kind, turned.kind) != ("overflow", "∞ - ∞")
    if becomes is not None and turned is not None and is_mask and not any(found.after for found in mends):
        mends = [*_mends(run, becomes, turned.kind), *mends]
    raised = None if run.raised is None else f"{type(run.raised).__name__}: {run.raised!s:.200}"
    result = None if run.result is None else plain(run.result)
    chain = _chain(trail, chosen, backward)
    grown = growth(chosen.node) if first.kind == "overflow" and first.way == "forward" else ""
    notes = (grown,) if grown else ()
    return Diagnosis(run.label, result, raised, False, first, turned, chain, tuple(mends[:1]), states, notes)


def _first(trail: Trail) -> tuple[Origin, Origin | None]:
    """Return the origin to blame, and the place at which it turns into NaN, where that is another.

    An infinite input or constant may be meant, as in a mask: then the operation that makes a NaN of it is to blame.
    """
    first = trail.origins[0] if trail.origins else trail.turns[0]
    turn = trail.turns[0] if trail.turns else None
    is_given = not first.is_backward and (first.node.primitive is None or first.position is not None)
    value = first.node.value if first.position is None else first.node.operands[first.position]
    if is_given and turn is not None and not np.isnan(np.asarray(value)).any():
        return turn, None
    return first, turn if turn is not None and turn.node is not first.node else None


def _finding(run: Run, origin: Origin, backward: Backward) -> Finding:
    node, elements = origin.node, Elements.of(origin.mark)
    shape = origin.mark.shape
    where = (
        tuple(int(part) for part in np.unravel_index(int(np.argmax(origin.mark)), shape)) if origin.mark.ndim else ()
    )
    if origin.is_sum:
        name = next((part.name for part in run.inputs if part.node is node), _name(node))
        cause = "the parts of the sensitivity that arrive are finite, but their sum is too large"
        return Finding("backward", "overflow", name, node.line, elements, (), None, None, None, cause)
    if node.primitive is None:
        return _of_input(run, node, elements, where)
    value = at(node.value, shape, where)
    texts = operand_names(run, node)
    if origin.position is not None and is_mean_of_nothing(node):
        cause = "the mean of no elements is 0/0: what it is taken of is empty"
        return Finding("forward", "no elements", "mean", node.line, elements, (), value, None, None, cause)
    if origin.position is not None:
        constant = node.operands[origin.position]
        places = Elements.of(bad(constant)).places
        held = f"has {_counted(constant)}, {places}" if np.ndim(constant) else f"is {_counted(constant)}"
        cause = f"{texts[origin.position]}, which {_name(node)} reads, {held}"
        given = (Operand(texts[origin.position], constant),)
        return Finding("constant", "not finite", _name(node), node.line, elements, given, None, None, None, cause)
    parts = [at(operand, shape, where) for operand in node.operands]
    listed = tuple(
        Operand(text, operand if part is None else part)
        for text, part, operand in zip(texts, parts, node.operands, strict=True)
    )
    if origin.edge is None:
        kind, cause = forward_cause(node, parts, node.value if value is None else value)
        return Finding("forward", kind, _name(node), node.line, elements, listed, value, None, None, cause)
    edge = origin.edge
    ct, local, product = (at(part, shape, where) for part in (backward.cts[node.index], edge.local, edge.product))
    kind, cause = backward_cause(node, ct, local, product)
    return Finding("backward", kind, _name(node), node.line, elements, listed, value, local, ct, cause)


def _of_input(run: Run, node: Node, elements: Elements, where: tuple[int, ...]) -> Finding:
    name = next(part.name for part in run.inputs if part.node is node)
    value = at(node.value, np.shape(node.value), where)
    return Finding(
        "input", "not finite", name, None, elements, (), value, None, None, f"{_counted(node.value)}, {elements}"
    )


def _counted(value: Any) -> str:
    array = np.asarray(value)
    nan = int(np.count_nonzero(np.isnan(array)))
    infinite = int(np.count_nonzero(np.isinf(array)))
    parts = [f"{count:,} {name}" for count, name in ((nan, "NaN"), (infinite, "infinite")) if count]
    return " and ".join(parts) if array.size > 1 else ("NaN" if nan else "infinite")


def _name(node: Node) -> str:
    return node.primitive.name if node.primitive else "input"


def _chain(trail: Trail, first: Origin, backward: Backward) -> tuple[Link, ...]:
    """Return the lines through which it goes on, each once, from the first operation on."""
    backward_way = first.is_backward
    links: dict[Any, list[Node]] = {} if first.node.primitive is None else {first.node.line: [first.node]}
    for node in trail.nodes:
        behind = node.index < first.node.index if backward_way else node.index > first.node.index
        if node.primitive is not None and node.primitive is not ITEM and behind:
            links.setdefault(node.line, []).append(node)
    made = []
    for line, nodes in links.items():
        last = nodes[-1]
        mark = first.mark if last is first.node else bad(backward.cts[last.index]) if backward_way else bad(last.value)
        operations = tuple(dict.fromkeys(_name(node) for node in nodes))
        made.append(Link(line, operations, Elements.of(mark)))
    return tuple(made if len(made) <= MAX_LINKS else [*made[: MAX_LINKS - 1], made[-1]])


def _mends(run: Run, origin: Origin, kind: str) -> list[Mend]:
    node = origin.node
    if origin.is_sum:
        return [Mend("smaller numbers", REMEDIES["sum"].why, node.line, "", "")]
    if kind == "no elements":
        why = "decide what the mean of no elements shall be, such as 0, before it is taken"
        return [Mend("ask for the empty case", why, node.line, "", "np.mean(v) if v.size else 0.0")]
    if node.primitive is None or origin.position is not None:
        given = next((part.name for part in run.inputs if part.node is node), "the data")
        after = f"{given} = np.where(np.isfinite({given}), {given}, 0)" if given.isidentifier() else ""
        why = "find out where the data come from; leave such rows out, or put a number in their place before the call"
        return [Mend("clean the data", why, None, "", after)]
    root = _root_at_zero(origin)
    first = None if root is None else by_table(root, "infinite derivative")
    if first is not None and first.after:
        also = (
            f"0 comes from the square root that the {name_of(node)} reads, whose slope is infinite there: {first.why}"
        )
        return [replace(first, why=also)]
    found = mend(node, run.graph.nodes, _mask(run, origin), kind)
    return [] if found is None else [found]


def _root_at_zero(origin: Origin) -> Node | None:
    """Return the square root whose 0 makes an operation infinite: mended behind it, the gradient would still be 0 · ∞."""
    remedy = REMEDIES.get(_name(origin.node))
    if origin.is_backward or remedy is None or remedy.operand >= len(origin.node.parents):
        return None
    parent = origin.node.parents[remedy.operand]
    return parent if parent is not None and parent.primitive is SQRT and not np.all(parent.value) else None


def _mask(run: Run, origin: Origin) -> Node | None:
    """Return the `where` that does not take the bad elements of an origin on the backward way, or None."""
    if origin.edge is None:
        return None
    reached = {origin.node.index: origin.mark}
    for node in run.graph.nodes[origin.node.index + 1 :]:
        for position, parent in enumerate(node.parents):
            if parent is None or parent.index not in reached:
                continue
            if node.primitive is WHERE and position < 2 and _leaves_out(node, position, reached[parent.index]):
                return node
            reached[node.index] = _moved(reached[parent.index], np.shape(node.value))
    return None


def _leaves_out(node: Node, position: int, mark: Mark) -> bool:
    taken = np.broadcast_to(np.asarray(node.operands[2], dtype=bool), np.shape(node.value))
    taken = taken if position == 0 else ~taken
    return not bool((taken & mark).any()) if mark.shape == taken.shape else not bool(taken.all())


def _moved(mark: Mark, shape: tuple[int, ...]) -> Mark:
    try:
        return spread(mark, shape)
    except ValueError:  # elements have changed places: all are meant
        return np.ones(shape, dtype=bool)


def _harmless(run: Run, states: Sequence[InputState]) -> tuple[str, ...]:
    """Return notes on what is not finite but does no harm."""
    notes = [f"{state.name} is not finite itself: {state.values}" for state in states if state.values.count]
    for node in run.graph.nodes:
        if node.primitive is not None and bad(node.value).any():
            where = "" if node.line is None else f", {node.line[0]}:{node.line[1]}"
            notes.append(
                f"{_name(node)}{where} has values that are not finite ({Elements.of(bad(node.value))}), which reach neither the "
                "result nor the gradient"
            )
    return tuple(notes[:3])
