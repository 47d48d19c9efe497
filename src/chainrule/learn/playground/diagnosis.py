"""Owns what is said of a network's gradients, layer by layer: vanishing, exploding, dead and saturated units, with numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

import chainrule as cr
from chainrule.learn.playground import network
from chainrule.learn.playground.datasets import Floats
from chainrule.learn.playground.parts import unit_names
from chainrule.learn.playground.state import ACTIVATIONS
from chainrule.learn.playground.training import Training

FACTOR = 100.0
"""Where the first layer's gradient is so many times as small, or as large, as the last one's, it vanishes, or explodes."""
STEEP = 100.0
"""A gradient of this size explodes, whatever the layers are to each other: a usual learning rate is far too large for it."""
FLAT = 1e-6
"""A gradient below this size is as good as none."""
SLOPE, MOSTLY = 0.01, 0.9
"""A unit is saturated where its activation's slope is smaller than this at more than this part of the points."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class LayerGradient:
    """The derivatives of the training loss with respect to a layer's weights and constants. size: their root mean square."""

    name: str
    entries: Floats
    size: float


@final
@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """The gradients of all layers, and what is to be said of them: (what it is called, a sentence)."""

    layers: tuple[LayerGradient, ...]
    findings: tuple[tuple[str, str], ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """What was found."""
        return tuple(kind for kind, _ in self.findings)

    def to_markdown(self) -> str:
        """Return the findings as Markdown."""
        return "\n\n".join(f"**{kind[:1].upper()}{kind[1:]}.** {sentence}" for kind, sentence in self.findings)


def diagnose(training: Training) -> Diagnosis:
    """Return what the gradients of the training loss look like now."""
    with np.errstate(all="ignore"):
        gradient = cr.grad(training.objective())(training.weights, *training.seen)
    layers = []
    for names, (matrix, constants) in zip(unit_names(training.settings.sizes)[1:], gradient, strict=True):
        entries = np.concatenate([matrix.ravel(), constants])
        name = f"hidden layer {names[0][0]}" if names != ["s"] else "output"
        layers.append(LayerGradient(name, entries, float(np.sqrt(np.mean(entries**2)))))
    findings = [*_flat_units(training), *_still(training, layers)]
    findings += _across(layers)
    if training.has_diverged:
        findings.insert(0, ("diverged", _DIVERGED))
    return Diagnosis(tuple(layers), tuple(findings) or (("healthy", _healthy(layers)),))


_DIVERGED = (
    "The next step leads to weights out of all bounds. Make the learning rate or the first weights smaller, and reset."
)


def _flat_units(training: Training) -> list[tuple[str, str]]:
    """Name the units whose activation is flat: dead where it is so at every point, saturated where it is at most of them."""
    activation = ACTIVATIONS[training.settings.activation].function
    values = network.values_of(training.weights, training.seen[0], activation)
    slope = cr.grad(lambda z: np.sum(activation(z)))
    dead, saturated, total = [], [], 0
    for number, row in enumerate(unit_names(training.settings.sizes)[1:-1]):
        matrix, constants = training.weights[number]
        slopes = np.abs(slope(values[number] @ matrix + constants))
        total += len(row)
        for name, of_unit in zip(row, slopes.T, strict=True):
            if not np.any(of_unit):
                dead.append(name)
            elif np.mean(of_unit < SLOPE) > MOSTLY:
                saturated.append(name)
    count = len(training.seen[0])
    found = []
    if dead:
        is_relu = training.settings.activation == "relu"
        why = (
            "Where relu is flat no gradient passes"
            if is_relu
            else "The activation is flat there, and no gradient passes"
        )
        sentence = (
            f"{_units(dead)} flat at all {count} training points: {len(dead)} of {total} hidden units. {why}, so that the "
            "weights that lead there stay as they are. Another activation, smaller first weights, a smaller learning rate or "
            "another seed helps."
        )
        found.append(("dead relu" if is_relu else "dead units", sentence))
    if saturated:
        sentence = (
            f"{_units(saturated)} flat, with a slope below {SLOPE:g}, at more than {MOSTLY:.0%} of the training points: little "
            "gradient passes. Smaller first weights help."
        )
        found.append(("saturated", sentence))
    return found


def _units(names: list[str]) -> str:
    return f"Unit {names[0]} is" if len(names) == 1 else f"Units {_listed(names)} are"


def _still(training: Training, layers: list[LayerGradient]) -> list[tuple[str, str]]:
    """Say why all layers' gradients are as good as zero, where they are: nothing is left to learn, or nothing gets through."""
    largest = max(layer.size for layer in layers)
    if largest >= FLAT:
        return []
    loss = training.losses()[0]
    if loss < 1e-3:
        return [
            (
                "finished",
                f"The gradient has size {largest:.2g}: with a loss of {loss:.2g} there is nothing left to learn.",
            )
        ]
    words = next((f" Most of it is lost here: {cause.words}." for cause in _causes(training)), "")
    return [("flat", f"All gradients are below {FLAT:g} in size, while the loss is still {loss:.3g}.{words}")]


def _across(layers: list[LayerGradient]) -> list[tuple[str, str]]:
    """Compare the first layer with the last."""
    first, last = layers[0], layers[-1]
    if len(layers) > 1 and first.size * FACTOR < last.size:
        part = "0" if not first.size else f"1/{last.size / first.size:,.0f}"
        sentence = (
            f"The gradient of {first.name} has size {first.size:.2g}, {part} of that of the {last.name}, {last.size:.2g}: on the "
            "way back every layer has made it smaller, so that the first one learns last. Larger first weights, or an "
            "activation that is less flat, help."
        )
        return [("vanishing", sentence)]
    steepest = max(layers, key=lambda layer: layer.size)
    if len(layers) > 1 and first.size > FACTOR * last.size:
        sentence = (
            f"The gradient of {first.name} has size {first.size:.2g}, {first.size / last.size:,.0f} times that of the "
            f"{last.name}, {last.size:.2g}: on the way back the layers have made it larger. Smaller first weights help."
        )
        return [("exploding", sentence)]
    if steepest.size > STEEP:
        sentence = f"The gradient of {steepest.name} has size {steepest.size:.2g}. Smaller first weights help."
        return [("exploding", sentence)]
    return []


def _healthy(layers: list[LayerGradient]) -> str:
    sizes = _listed([f"{layer.size:.2g} ({layer.name})" for layer in layers])
    if len(layers) == 1:
        return f"The gradient has size {sizes}."
    ratio = max(layer.size for layer in layers) / min(layer.size for layer in layers)
    return f"The layers' gradients have sizes {sizes}: they are within a factor of {ratio:.2g}."


def _causes(training: Training) -> list[Any]:
    """Return why parts of the gradient are zero, the cause of most zeros first."""
    with np.errstate(all="ignore"):
        found = cr.why_zero(training.objective(), training.weights, *training.seen, argnums=0)
    causes = [(cause.elements * cause.share, cause) for part in found.inputs for cause in part.causes]
    return [cause for _, cause in sorted(causes, key=lambda each: -each[0])]


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
