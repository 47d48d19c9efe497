"""Owns exercises on the backpropagation of a neuron: which gradient reaches its weights."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.explain.backpropagation.backprop import backprop
from chainrule.explain.backpropagation.node import BackpropNode, Edge
from chainrule.explain.backpropagation.run import Backprop
from chainrule.explain.derivation.phrases import Equation, equation
from chainrule.explain.expressions.expression import Derivative, Symbol
from chainrule.explain.reading.parse import parse
from chainrule.practice.exercises.descent_steps import different
from chainrule.practice.exercises.draw import Draw
from chainrule.practice.exercises.exercise import Exercise
from chainrule.practice.grading.numbers import Numbers, Outcome, number
from chainrule.practice.grading.operation import slope_of
from chainrule.primitives.special import EXPIT

TOPIC = "neuron backprop"
_TEXTS = (
    "y = w x + b; L = (y - t)^2",
    "z = w x + b; y = sigmoid(z); L = (y - t)^2",
    "h = w x; y = sigmoid(h + v h^2); L = (y - t)^2",
)
_ASKED = (("w", "b"), ("w", "b"), ("w",))
_MAX_TRIALS = 60


def neuron_exercise(level: int, seed: int) -> Exercise:
    """Return an exercise: a linear neuron, one with a sigmoid, or one whose weight acts on two paths."""
    draw = Draw(TOPIC, level, seed)
    for _ in range(_MAX_TRIALS):
        values = _values(draw, level)
        run = backprop(_TEXTS[level - 1], fold=False, **values)
        name = draw.pick(_ASKED[level - 1])
        right = float(run.gradients[name])
        if abs(right) > 0.01:
            break
    given = ", ".join(f"{key} = {number(value)}" for key, value in values.items())
    digits = "" if level == 1 else " Give three significant digits."
    return Exercise(
        topic=TOPIC,
        level=level,
        seed=seed,
        statement=(
            "A neuron computes ",
            *_definitions(_TEXTS[level - 1]),
            f". At {given}: what is ",
            Derivative(Symbol("L"), name, partial=True),
            f"?{digits}",
        ),
        problem=_TEXTS[level - 1],
        question=Numbers((f"∂L/∂{name}",), (right,), different(tuple(_outcomes(run, name)), (right,))),
        derivation=run,
        hints=_HINTS[level - 1],
        working=tuple(line for line in (run.node(name).chain,) if line),
    )


_HINTS = (
    (
        "Start at the loss and go back: what depends on what?",
        "Find how the loss changes with y, and how y changes with what is asked for.",
        "Multiply the local derivatives along the path from L back to it.",
    ),
    (
        "Start at the loss and go back: what depends on what?",
        "Three factors: loss by output, output by what goes into the sigmoid, and that by what is asked for.",
        "The slope of the sigmoid at z can be had from its value y alone; multiply the factors along the path.",
    ),
    (
        "The weight acts in more than one place: which ones?",
        "Find what arrives at h from each place that uses it, and add up.",
        "Add the shares at h before you go on to w; on each path the local derivatives are multiplied.",
    ),
)


def _definitions(program: str) -> Iterator[str | Equation]:
    """Yield the lines of a neuron as equations, with commas between."""
    for index, line in enumerate(program.split(";")):
        parsed = parse(line)
        assert parsed.name is not None
        yield from (", ",) if index else ()
        yield equation(Symbol(parsed.name), parsed.expression)


def _values(draw: Draw, level: int) -> dict[str, float]:
    if level == 1:
        names = ("w", "x", "b", "t")
        return {name: float(draw.nonzero(3)) for name in names}
    halves = (-1.0, -0.5, 0.5, 1.0)
    second = "b" if level == 2 else "v"
    values = {"w": draw.pick(halves), "x": float(draw.pick((-2, -1, 1, 2, 3))), second: draw.pick(halves)}
    return {**values, "t": float(draw.integer(0, 1))}


def _outcomes(run: Backprop, name: str) -> Iterator[Outcome]:
    """Yield what mistakes give: a local derivative left out or wrong, a path left out, or the adjoint of another value."""
    for path in _paths(run, name):
        for edge in path:
            if _operation(run, edge) == "expit":
                yield _outcome("sigmoid's derivative forgotten", path, edge, 1.0)
                yield _outcome("sigmoid's derivative at the wrong place", path, edge, _slope_at_output(run, edge))
    paths = list(_paths(run, name))
    if len(paths) > 1:
        for path in paths:
            yield Outcome("one path only", (_product(path),))
    total = run.node(name).adjoint
    yield Outcome("lost sign", (-float(total),))
    for path in paths:
        for edge in path:
            yield _outcome("a factor of the chain forgotten", path, edge, 1.0)
    for node in run.nodes:
        if node.name != name:
            yield Outcome("wrong adjoint", (float(node.adjoint),))


def _paths(run: Backprop, name: str) -> Iterator[tuple[Edge, ...]]:
    """Yield the paths from a value to the result, as edges."""
    leaving: dict[str, list[Edge]] = {}
    for node in run.nodes:
        for edge in node.local:
            leaving.setdefault(edge.source, []).append(edge)
    pending: list[tuple[str, tuple[Edge, ...]]] = [(name, ())]
    while pending:
        at, path = pending.pop()
        if at == run.result:
            yield path
        pending += [(edge.target, (*path, edge)) for edge in leaving.get(at, ())]


def _product(path: tuple[Edge, ...], changed: Edge | None = None, local: float = 1.0) -> float:
    result = 1.0
    for edge in path:
        result *= local if edge is changed else float(edge.local)
    return result


def _outcome(mistake: str, path: tuple[Edge, ...], edge: Edge, local: float) -> Outcome:
    return Outcome(mistake, (_product(path, edge, local),))


def _operation(run: Backprop, edge: Edge) -> str:
    target: BackpropNode = run.node(edge.target)
    return target.operation


def _slope_at_output(run: Backprop, edge: Edge) -> float:
    """Return the sigmoid's slope where its output is taken for its input."""
    output = float(run.node(edge.target).value)
    return float(slope_of(EXPIT, 0, EXPIT.value(output), (output,)))
