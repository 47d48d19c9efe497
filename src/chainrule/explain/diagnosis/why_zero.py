"""Owns `why_zero`: where the sensitivity dies on its way from the result to each input, with the share of each cause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.core.graph import Node
from chainrule.errors import NotDifferentiableError
from chainrule.explain.diagnosis.blame import Blame, Death, blame
from chainrule.explain.diagnosis.marks import Elements, bad
from chainrule.explain.diagnosis.names import operand_names
from chainrule.explain.diagnosis.origin import Backward, backward_run
from chainrule.explain.diagnosis.reasons import DECISION, FACTOR, STEPS_ONLY, UNREACHED, UNUSED, Reason
from chainrule.explain.diagnosis.remarks import copies, crossed
from chainrule.explain.diagnosis.run import Input, Run, record_run
from chainrule.explain.diagnosis.vanishing import largest, shrinking
from chainrule.explain.diagnosis.zero_diagnosis import ZeroDiagnosis
from chainrule.explain.diagnosis.zero_record import Cause, InputGradient
from chainrule.transforms.arguments import plain

TINY = 1e-6
"""A gradient without an entry as large as this is tiny."""
FOLLOWED = 6
"""Of so many tiny gradients the path is followed back to what has shrunk them."""
NEARLY = 1e-9
"""Below this part of the largest sensitivity in the run an entry may be what rounding has left of a cancellation."""


def why_zero(
    fun: Callable[..., Any], *args: Any, argnums: int | Sequence[int] | None = None, **kwargs: Any
) -> ZeroDiagnosis:
    """Return why the gradient of `fun` at these arguments is zero, for each input, or that it is not.

    fun: has one real number as its result; it may be jitted, take containers, and close over data. argnums: the positions
    of the differentiated arguments; None: all real and complex numbers and arrays among the arguments, and whole numbers
    that are positional arguments (arrays of whole numbers are labels or indices). Other keywords are the function's own.

    Every zero element of an input's gradient is blamed on the operations nearest to the result at which the sensitivity on
    its paths became 0; `share` is the part of the zero elements that a cause is to blame for (see `Cause`). Causes are:
    unused inputs, comparisons, rounding, positions such as argmax, conversions to integers, stop_gradient, branches that
    np.where does not take, decisions of Python's `if`, saturation, dead units (relu, clip), factors and weights of 0,
    elements that are not chosen or selected, underflow, stationary points, and opposite parts that cancel. Of a gradient
    that is tiny but not 0 the factor is given that each source line leaves of it. `notes` say where labels of shape (n, 1) meet
    predictions of shape (n,), and which columns or rows of a matrix are equal and stay so.
    Raises what the function raises, NotScalarError where the result is not one real number, NotDifferentiableError where a
    matrix that is not finite is factorized, and TracingError where there is nothing to differentiate, or a traced value is
    converted by float(), int() or np.asarray().

    >>> import numpy as np
    >>> import chainrule as cr
    >>> found = cr.why_zero(lambda x, b: np.sum(np.maximum(x, 0)), np.array([-1.0, -2.0, 3.0, -4.0]), 1.0)
    >>> found["x"].state, found["x"].zeros.count, found["x"].causes[0].kind, found["b"].causes[0].kind
    ('partly zero', 3, 'dead unit', 'unused')
    """
    run = record_run("why_zero", fun, args, kwargs, argnums)
    if run.raised is not None:
        raise run.raised
    with np.errstate(all="ignore"):
        backward = backward_run(run)
        if backward.stopped is not None:
            raise NotDifferentiableError(
                f"why_zero: {run.label} factorizes a matrix that is not finite, so that it has no gradient; ask cr.why_nan"
            )
        scale = max(map(largest, backward.cts.values()), default=0.0)
        suspicious = any(_may_be_zero(backward.cts.get(part.node.index), part.node, scale) for part in run.inputs)
        found = blame(run) if suspicious else None
        inputs = _with_shrinks(run, backward, [_gradient(part, run, backward, found) for part in run.inputs])
        notes = (*crossed(run), *copies(run, backward))
    norm = float(np.sqrt(sum(part.norm**2 for part in inputs)))
    return ZeroDiagnosis(run.label, plain(run.result), inputs, norm, notes)


def _may_be_zero(gradient: Any, node: Node, scale: float) -> bool:
    return gradient is None or not bool(np.all(np.abs(gradient) > NEARLY * scale)) or np.size(node.value) == 0


def _with_shrinks(run: Run, backward: Backward, gradients: Sequence[InputGradient]) -> tuple[InputGradient, ...]:
    """Return the gradients, the smallest of the tiny ones with what has shrunk them."""
    small = [
        (part.largest, n) for n, part in enumerate(gradients) if 0 < part.largest < TINY and part.state != "not finite"
    ]
    followed = {n for _, n in sorted(small)[:FOLLOWED]}
    return tuple(
        replace(part, shrinks=shrinking(run, backward, run.inputs[n].node)) if n in followed else part
        for n, part in enumerate(gradients)
    )


def _gradient(part: Input, run: Run, backward: Backward, found: Blame | None) -> InputGradient:
    node = part.node
    shape = np.shape(node.value)
    source = backward.cts.get(node.index) if found is None else found.cts.get(node.index)
    gradient = np.zeros(shape) if source is None else np.broadcast_to(source, shape)
    zeros = np.equal(gradient, 0)
    sizes = np.abs(gradient)
    alive = np.where(zeros, np.inf, sizes)
    place = np.unravel_index(int(np.argmin(alive)), shape) if alive.size else ()
    top = largest(gradient)
    if bad(gradient).any():
        state = "not finite"
    elif not zeros.size:
        state = "empty"
    elif zeros.any():
        state = "zero" if zeros.all() else "partly zero"
    else:
        state = "tiny" if top < TINY else "healthy"
    return InputGradient(
        name=part.name,
        shape=shape,
        state=state,
        zeros=Elements.of(zeros),
        norm=float(np.sqrt(np.sum(np.square(sizes, dtype=np.float64)))),
        largest=top,
        smallest=float(np.min(alive, initial=np.inf)) if not zeros.all() else 0.0,
        smallest_at=tuple(map(int, place)) if not zeros.all() else (),
        causes=_causes(run, node, zeros, found) if zeros.any() else (),
    )


def _causes(run: Run, node: Node, zeros: Any, found: Blame | None) -> tuple[Cause, ...]:
    """Return the causes of the zeros of an input, the largest share first."""
    weights = {} if found is None else found.weights.get(node.index, {})
    count = int(np.count_nonzero(zeros))
    total = sum(weights.values(), np.zeros(zeros.shape))
    blamed = zeros & (total > 0)
    safe = np.where(blamed, total, 1.0)
    together: dict[Any, list[tuple[Death, Any]]] = {}
    for key, weight in weights.items():
        assert found is not None
        death = found.deaths[key]
        place = None if death.node is None else (death.node.primitive, death.node.line)
        part = np.where(blamed, weight / safe, 0.0)
        if float(part.sum()) > 1e-6 * count:
            together.setdefault((death.reason.kind, place), []).append((death, part))
    causes = [_cause(run, parts, count) for parts in together.values()]
    rest = int(np.count_nonzero(zeros & ~blamed))
    if rest:
        reason, line = _without_path(run, node)
        share = rest / count
        causes.append(Cause(reason.kind, "", reason.words, line, "", share, rest, 0, 0, reason.mend, reason.code))
    return tuple(sorted(causes, key=lambda cause: -cause.share))


def _cause(run: Run, parts: Sequence[tuple[Death, Any]], count: int) -> Cause:
    """Return as one cause what dies for the same reason in the same operation of a source line, a loop's passes for example."""
    death = parts[0][0]
    reason, node = death.reason, death.node
    whole = sum(part for _, part in parts)
    operation, operand, words, line = "", "", reason.words, None
    if node is not None and node.primitive is not None:  # else parts cancel at an input, or causes are put together
        operation, line = node.primitive.name, node.line
        names = operand_names(run, node)
        operand = names[death.position] if death.position >= 0 else ""
        if reason.kind == FACTOR.kind and len(names) == 2:
            other = names[1 - death.position]
            if other.strip("-.0"):  # else it is a 0 that stands in the line
                words = words.replace("the other factor", f"the other factor, {other:.60},")
    return Cause(
        kind=reason.kind,
        operation=operation,
        words=words,
        line=line,
        operand=operand,
        share=float(np.sum(whole)) / count,
        elements=int(np.count_nonzero(whole)),
        died=sum(each.died for each, _ in parts),
        size=sum(each.size for each, _ in parts),
        mend=reason.mend,
        code=reason.code,
    )


def _without_path(run: Run, node: Node) -> tuple[Reason, Any]:
    """Return why an input has no path to the result: it is unused, decides only, or what is made of it is thrown away."""
    reached = {node.index}
    last = None
    for other in run.graph.nodes:
        if any(parent is not None and parent.index in reached for parent in other.parents):
            reached.add(other.index)
            last = other
    for decided in run.decisions:
        if decided.index in reached:
            return DECISION, decided.line
    if not run.whole:
        return STEPS_ONLY, None
    return (UNUSED, None) if last is None else (UNREACHED, last.line)
