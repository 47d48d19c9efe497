"""Owns the parts of a network: what its units, weights and constants are called, and each one's formula with its numbers.

x and y are the inputs, a1, a2 ... the units of the first hidden layer, b1 ... and c1 ... those of the next ones, s is the score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

import chainrule as cr
from chainrule.learn.playground import network
from chainrule.learn.playground.state import ACTIVATIONS
from chainrule.learn.playground.training import Training

_LETTERS = "abc"
_BREAK = "$ $"  # between two formulas of one line, where it may break on a narrow screen


@final
@dataclass(frozen=True, slots=True)
class Part:
    """A unit, a weight, or a constant.

    name: as formulas have it. kind: "unit", "weight" or "constant". layer: the first hidden one is 0. unit: its number in the
    layer; weights and constants belong to the unit that they lead into. below: the number of the unit that a weight comes from.
    """

    name: str
    kind: str
    layer: int
    unit: int
    below: int = -1


def unit_names(sizes: tuple[int, ...]) -> list[list[str]]:
    """Return the names of the units of each layer.

    >>> unit_names((2, 3, 1))
    [['x', 'y'], ['a1', 'a2', 'a3'], ['s']]
    """
    hidden = [
        [f"{letter}{unit + 1}" for unit in range(count)] for letter, count in zip(_LETTERS, sizes[1:-1], strict=False)
    ]
    return [["x", "y"], *hidden, ["s"]]


def parts_of(sizes: tuple[int, ...]) -> dict[str, Part]:
    """Return all parts of a network, by name: units first, then weights and constants."""
    names = unit_names(sizes)
    units, rest = [], []
    for layer, above in enumerate(names[1:]):
        for unit, name in enumerate(above):
            units.append(Part(name, "unit", layer, unit))
            rest += [
                Part(weight_name(name, source), "weight", layer, unit, below)
                for below, source in enumerate(names[layer])
            ]
            rest.append(Part(f"k_{name}", "constant", layer, unit))
    return {part.name: part for part in (*units, *rest)}


def weight_name(above: str, below: str) -> str:
    """Return what the weight is called by which one unit enters another."""
    return f"w_{above}{below}"


def label_of(part: Part, sizes: tuple[int, ...]) -> str:
    """Return a part as a list of choices shows it.

    >>> [label_of(part, (2, 1)) for part in parts_of((2, 1)).values()]
    ['score s', 'weight w_sx, x → s', 'weight w_sy, y → s', 'constant k_s']
    """
    if part.kind != "weight":
        return f"{'score' if part.name == 's' else part.kind} {part.name}"
    names = unit_names(sizes)
    return f"weight {part.name}, {names[part.layer][part.below]} → {names[part.layer + 1][part.unit]}"


def formula_of(training: Training, layer: int, unit: int) -> str:
    """Return how a unit is computed, with its weights as numbers, in plain text."""
    names = unit_names(training.settings.sizes)
    inner = _inner(training, layer, unit, names[layer])
    name = names[layer + 1][unit]
    is_score = layer == len(training.weights) - 1
    return f"{name} = {inner if is_score else _applied(training, inner)}"


def describe(training: Training, part: Part, point: int) -> str:
    """Return a part's formula and numbers as Markdown, at a training point and over all of them."""
    shown = _unit(training, part, point) if part.kind == "unit" else _weight(training, part, point)
    x, y = training.seen[0][point]
    return f"At training point {point + 1}, $x = {x:.4g}$ and $y = {y:.4g}$:\n\n{shown}"


def _unit(training: Training, part: Part, point: int) -> str:
    names = unit_names(training.settings.sizes)
    activation = ACTIVATIONS[training.settings.activation]
    values = network.values_of(training.weights, training.seen[0], activation.function)
    below, here = values[part.layer][point], values[part.layer + 1][:, part.unit]
    matrix, constants = training.weights[part.layer]
    inner = float(below @ matrix[:, part.unit] + constants[part.unit])
    name = _latex_name(part.name)
    summed = _inner(training, part.layer, part.unit, [_latex_name(each) for each in names[part.layer]], r"\,", _BREAK)
    told = f"Over the {len(here)} training points it is {here.min():.4g} to {here.max():.4g}, {here.mean():.4g} on average."
    if part.name == "s":
        probability = float(network.sigmoid(inner))
        return (
            f"$s = {summed}$ $= {inner:.4g}$\n\n$p = \\sigma(s) = {probability:.4g}$\n\n"
            f"p is the probability that the network gives to {training.classes[1]}. {told}"
        )
    outer, numeric = (activation.latex.replace("{z}", inside) for inside in (summed, f"{inner:.4g}"))
    return f"${name} = {outer}$ $= {numeric}$ $= {here[point]:.4g}$\n\n{told}"


def _weight(training: Training, part: Part, point: int) -> str:
    names = unit_names(training.settings.sizes)
    matrix, constants = training.weights[part.layer]
    gradient = cr.grad(training.objective())(training.weights, *training.seen)[part.layer]
    above, name = _latex_name(names[part.layer + 1][part.unit]), _latex_name(part.name)
    if part.kind == "constant":
        value, slope = constants[part.unit], gradient[1][part.unit]
        adds = f"${name} = {value:.4g}$\n\nIt is added in ${above}$, at every point."
    else:
        value, slope = matrix[part.below, part.unit], gradient[0][part.below, part.unit]
        activation = ACTIVATIONS[training.settings.activation].function
        entering = network.values_of(training.weights, training.seen[0][point : point + 1], activation)[part.layer][0]
        source, number = _latex_name(names[part.layer][part.below]), entering[part.below]
        adds = (
            f"${name}\\,{source} = {_signed(value)} \\cdot {_signed(number)} = {value * number:.4g}$\n\n"
            f"is what this weight adds in ${above}$."
        )
    way = "leave it" if slope == 0 else f"make it {'smaller' if slope > 0 else 'larger'}"
    return (
        f"{adds} The derivative of the training loss is $\\frac{{\\partial L}}{{\\partial {name}}} = {slope:.4g}$: "
        f"gradient descent would {way}."
    )


def _inner(training: Training, layer: int, unit: int, names: list[str], times: str = " ", between: str = " ") -> str:
    """Return the sum of what enters a unit, with numbers for the weights. between: what stands before a sign."""
    matrix, constants = training.weights[layer]
    text = between.join(
        f"{'-' if weight < 0 else '+'} {abs(weight):.3g}{times}{name}"
        for weight, name in zip(matrix[:, unit], names, strict=True)
    )
    constant = constants[unit]
    if constant:
        text += f"{between}{'-' if constant < 0 else '+'} {abs(constant):.3g}"
    return text[2:] if text.startswith("+") else f"-{text[2:]}"


def _applied(training: Training, inner: str) -> str:
    name = training.settings.activation
    return inner if name == "identity" else f"{name.replace(' ', '_')}({inner})"


def _latex_name(name: str) -> str:
    """Return a name as a formula has it: a1 is a with the index 1, w_a1x is w with the index a1 x."""
    head, _, index = name.partition("_")
    if index:
        return f"{head}_{{{index}}}"
    return f"{head[0]}_{{{head[1:]}}}" if len(head) > 1 else head


def _signed(value: Any) -> str:
    text = f"{value:.4g}"
    return f"({text})" if value < 0 or np.signbit(value) else text
