"""Owns one backpropagation, step by step: from a part of the network to the loss of one point, and back.

What the part has no influence on is a number, so that every step on the page is a link of the chain from the part to the loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import chainrule as cr
from chainrule.explain.backpropagation.run import Backprop
from chainrule.learn.playground import network
from chainrule.learn.playground.parts import Part, unit_names, weight_name
from chainrule.learn.playground.state import ACTIVATIONS, LOSSES
from chainrule.learn.playground.training import Training

MOST_DRAWN = 40
"""A graph of more nodes than this is not drawn: nobody could read it."""


@final
@dataclass(frozen=True, slots=True)
class Walk:
    """A run forward and backward.

    text: the mathematics that is run, one line per definition. gradient: of the loss with respect to the part. steps: each with
    "phase", "text", "equation", and its "number" in the whole run.
    """

    text: str
    gradient: float
    steps: tuple[dict[str, str | int], ...]


def walk(training: Training, part: Part, point: int) -> Walk:
    """Return the backpropagation from the loss of a training point to a part of the network.

    Raises ValueError where the text would be longer than the grammar reads: leaky relu, which names its argument twice, in
    three full layers.
    """
    text, run = _run(training, part, point)
    chosen = part.name
    on_the_way = {chosen}
    for node in run.nodes:  # an operation comes after what it reads
        if any(edge.source in on_the_way for edge in node.local):
            on_the_way.add(node.name)
    steps: list[dict[str, str | int]] = [
        {
            "phase": "forward" if step.is_forward else "backward",
            "text": step.text,
            "equation": step.equation,
            "number": number,
        }
        for number, step in enumerate(run.steps(), 1)
        if step.node in on_the_way
    ]
    return Walk(text, float(run.gradients[chosen]), tuple(steps))


def drawing(training: Training, part: Part, point: int, number: int) -> str:
    """Return an SVG of the graph as far as it is known after a step; empty where the graph is too large to be read.

    Raises ValueError for a step that the run does not have.
    """
    _, run = _run(training, part, point)
    return run.to_svg(number) if len(run.nodes) <= MOST_DRAWN else ""


def _run(training: Training, part: Part, point: int) -> tuple[str, Backprop]:
    text, values = _mathematics(training, part, point)
    try:
        return text, cr.backprop(text, fold="composite", **values)
    except cr.ParseError as error:
        raise ValueError("This network is too large to be walked through; take a layer or some units out.") from error


def _mathematics(training: Training, part: Part, point: int) -> tuple[str, dict[str, float]]:
    """Return the way from the part to the loss as text, and the values of its variables."""
    settings = training.settings
    activation = ACTIVATIONS[settings.activation]
    names = unit_names(settings.sizes)
    points, labels = training.seen
    outputs = [
        layer[0] for layer in network.values_of(training.weights, points[point : point + 1], activation.function)
    ]
    lines: list[str] = []
    given = {"t": float(labels[point])}

    def add(layer: int, unit: int, terms: list[tuple[str, str, float, float]]) -> None:
        """Write a unit as the sum of terms (factor, factor, their values) and of the rest, and its activation."""
        matrix, constants = training.weights[layer]
        whole = float(outputs[layer] @ matrix[:, unit] + constants[unit])
        name = names[layer + 1][unit]
        given[f"r_{name}"] = whole - sum(first * second for _, _, first, second in terms)
        total = " + ".join(f"{first} {second}".strip() for first, second, _, _ in terms) + f" + r_{name}"
        if layer == len(training.weights) - 1:
            lines.append(f"s = {total}")
        else:
            lines.extend((f"z_{name} = {total}", f"{_symbol(name)} = {activation.text.format(z=f'z_{name}')}"))

    changed = [part.unit]
    if part.kind == "unit":
        given[part.name] = float(outputs[part.layer + 1][part.unit])
    elif part.kind == "constant":
        given[part.name] = float(training.weights[part.layer][1][part.unit])
        add(part.layer, part.unit, [(part.name, "", given[part.name], 1.0)])
    else:
        source = names[part.layer][part.below]
        given[part.name] = float(training.weights[part.layer][0][part.below, part.unit])
        given[source] = float(outputs[part.layer][part.below])
        add(part.layer, part.unit, [(part.name, _symbol(source), given[part.name], given[source])])
    for layer in range(part.layer + 1, len(training.weights)):
        matrix = training.weights[layer][0]
        for unit, name in enumerate(names[layer + 1]):
            terms = []
            for below in changed:
                source = names[layer][below]
                weight = weight_name(name, source)
                given[weight] = float(matrix[below, unit])
                terms.append((weight, _symbol(source), given[weight], float(outputs[layer][below])))
            add(layer, unit, terms)
        changed = list(range(len(names[layer + 1])))
    lines.append(f"L = {LOSSES[settings.loss][1]}")
    return "\n".join(lines), given


def _symbol(name: str) -> str:
    """Return a name as the grammar reads it: a1 would be a product."""
    return f"{name[0]}_{name[1:]}" if len(name) > 1 else name
