"""Owns the figures of the playground: the boundary between the classes, the gradients of each layer, and the network itself."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np

from chainrule.learn.playground import network
from chainrule.learn.playground.datasets import Floats
from chainrule.learn.playground.diagnosis import Diagnosis
from chainrule.learn.playground.parts import Part, formula_of, unit_names, weight_name
from chainrule.learn.playground.training import Training
from chainrule.plots import Picture
from chainrule.plots.style import BLUE, GRAY, GREEN, ORANGE, mark

SIDE = 48
"""Points along each side at which the network is asked."""
GROUND = [[0.0, "#f3c6a0"], [0.5, "#fbfbfb"], [1.0, "#9fc8e8"]]
"""From the color of class 0 to that of class 1: light, so that the points are seen on it."""
COLORS, MARKS = (ORANGE, BLUE), ("circle", "square")
WIDTHS = (0.6, 1.5, 2.5, 3.7, 5.0)
"""Edges of the network are drawn in so many widths, of which each is one trace."""
DECADES = 3.0
"""An axis that spans fewer decades shows 1, 2 and 5 of each, a longer one only powers of ten."""
LONGEST = 34
"""Characters in a line of what pops up: it must fit into a phone's screen."""
_ALONG = 0.38  # where on an edge its numbers pop up: away from the middle, where edges cross


def boundary(training: Training, point: int) -> Picture:
    """Return what the network says of the plane around the points, with the points on it. point: the one to mark."""
    everything = np.concatenate([training.seen[0], training.held[0]])
    low, high = everything.min(axis=0), everything.max(axis=0)
    room = 0.08 * (high - low)
    across, up = (np.linspace(low[axis] - room[axis], high[axis] + room[axis], SIDE) for axis in (0, 1))
    plane = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    shares = np.round(network.sigmoid(training.scores(plane)).reshape(SIDE, SIDE), 3)
    across, up = (np.round(side, 4).astype(np.float64) for side in (across, up))
    x, y = training.seen[0][point]
    ring = {
        "type": "scatter", "mode": "markers", "x": [x], "y": [y], "hoverinfo": "skip", "showlegend": False,
        "marker": {"symbol": "circle-open", "size": 18, "color": "#1c1c1c", "line": {"width": 3}},
    }  # fmt: skip
    right = [network.accuracy(training.scores(points), labels) for points, labels in (training.seen, training.held)]
    summary = (
        f"The network gives {training.classes[1]} the larger probability in {np.mean(shares > 0.5):.0%} of the area. It finds "
        f"the class of {right[0]:.1%} of the {len(training.seen[0])} training points (filled) and of {right[1]:.1%} of the "
        f"{len(training.held[0])} points held out (open). The ring marks training point {point + 1}."
    )
    layout = {
        "xaxis": {"range": [across[0], across[-1]]}, "yaxis": {"range": [up[0], up[-1]]}, "uirevision": "kept",
        "margin": {"l": 45, "r": 10},
    }  # fmt: skip
    traces = (*_ground(across, up, shares, training.classes[1]), *_points(training), ring)
    return Picture("What the network says", summary, traces, ("x", "y"), layout)


def _ground(across: Floats, up: Floats, shares: Floats, name: str) -> tuple[dict[str, Any], ...]:
    """Return the probability of class 1 as a ground, and the line where it is a half."""
    ground = {
        "type": "heatmap", "x": across, "y": up, "z": shares, "zmin": 0, "zmax": 1, "colorscale": GROUND, "showscale": False,
        "zsmooth": "fast", "hovertemplate": f"p({name}) %{{z:.3f}}<extra></extra>",
    }  # fmt: skip
    half = {
        "type": "contour", "x": across, "y": up, "z": shares, "showscale": False, "showlegend": False, "hoverinfo": "skip",
        "contours": {"start": 0.5, "end": 0.5, "size": 1, "coloring": "none"}, "line": {"width": 2.5, "color": "#222222"},
    }  # fmt: skip
    return ground, half


def _points(training: Training) -> list[dict[str, Any]]:
    """Return the points: the classes differ by mark and color, those held out are open. A click tells the point's number."""
    traces = []
    for ending, (points, labels) in (("", training.seen), (", held out", training.held)):
        for label, name in enumerate(training.classes):
            chosen = np.flatnonzero(labels == label)
            here = np.round(points[chosen], 4)
            symbol = MARKS[label] + ("-open" if ending else "")
            number = {} if ending else {"customdata": chosen + 1}
            traces.append(
                {
                    "type": "scatter", "mode": "markers", "name": name + ending, "x": here[:, 0], "y": here[:, 1], **number,
                    "marker": {"color": COLORS[label], "symbol": symbol, "size": 7, "line": {"color": "#1c1c1c", "width": 0.8}},
                    "hovertemplate": "%{x:.3g}, %{y:.3g}" + ("" if ending else ", point %{customdata}"),
                }
            )  # fmt: skip
    return traces


def gradients(diagnosis: Diagnosis) -> Picture:
    """Return the sizes of all derivatives of the loss with respect to weights and constants, layer by layer."""
    traces, told = [], []
    for number, layer in enumerate(diagnosis.layers):
        sizes = np.abs(layer.entries)
        alive = sizes[sizes > 0]
        traces.append(
            {
                "type": "box", "name": layer.name, "y": [float(f"{size:.4g}") for size in alive], "boxpoints": "all",
                "jitter": 0.5, "pointpos": 0, "marker": mark(number, 6), "line": {"width": 1.5}, "fillcolor": "rgba(0,0,0,0)",
                "showlegend": False,
            }
        )  # fmt: skip
        zeros = f", {len(sizes) - len(alive)} are 0" if len(alive) < len(sizes) else ""
        told.append(f"{layer.name}: {len(sizes)} derivatives of size {layer.size:.2g}{zeros}")
    summary = f"Absolute derivatives of the training loss. {'; '.join(told)}."
    axis = {"type": "log", "exponentformat": "power", "dtick": _ticks(diagnosis)}
    layout = {"yaxis": axis, "margin": {"l": 55, "r": 10}}
    return Picture("Gradients per layer", summary, tuple(traces), ("", "|∂L/∂w|"), layout)


def _ticks(diagnosis: Diagnosis) -> str | int:
    """Return where the axis has numbers: Plotly's "D2" stands for 1, 2 and 5, an integer for so many decades."""
    exponents = [np.log10(sizes[sizes > 0]) for sizes in (np.abs(layer.entries) for layer in diagnosis.layers)]
    everything = np.concatenate(exponents)
    everything = everything[np.isfinite(everything)]
    decades = float(np.ptp(everything)) if everything.size else 0.0
    return "D2" if decades < DECADES else 1 + int(decades // (2 * DECADES))


def drawing(training: Training, chosen: Part) -> Picture:
    """Return the network: the wider an edge, the larger its weight; negative ones are dashed. chosen: the part to mark."""
    names = unit_names(training.settings.sizes)
    places = [
        [(float(layer), (len(row) - 1) / 2 - unit) for unit in range(len(row))] for layer, row in enumerate(names)
    ]
    largest = max(float(np.abs(matrix).max()) for matrix, _ in training.weights) or 1.0
    edges: dict[tuple[int, int], list[tuple[Any, Any]]] = {}
    hovers: list[tuple[float, float, str]] = []
    for layer, (matrix, _) in enumerate(training.weights):
        for (below, above), weight in np.ndenumerate(matrix):
            start, end = places[layer][below], places[layer + 1][above]
            width = min(int(abs(weight) / largest * len(WIDTHS)), len(WIDTHS) - 1)
            edges.setdefault((width, int(weight < 0)), []).extend((start, end, (None, None)))
            x, y = (first + _ALONG * (last - first) for first, last in zip(start, end, strict=True))
            name = weight_name(names[layer + 1][above], names[layer][below])
            hovers.append((x, y, f"{name} = {weight:.4g}<br>{names[layer][below]} → {names[layer + 1][above]}"))
    traces: list[dict[str, Any]] = [_key(sign) for sign in (0, 1)]
    traces += [_edge(width, sign, points) for (width, sign), points in sorted(edges.items())]
    traces.append(_chosen(places, chosen))
    traces.append(
        {
            "type": "scatter", "mode": "markers", "x": [x for x, _, _ in hovers], "y": [y for _, y, _ in hovers],
            "marker": {"size": 12, "opacity": 0}, "hovertext": [text for _, _, text in hovers], "hoverinfo": "text",
            "customdata": [text.partition(" ")[0] for _, _, text in hovers], "showlegend": False,
        }
    )  # fmt: skip
    traces.append(_units(training, names, places))
    positive = int(sum(np.count_nonzero(matrix > 0) for matrix, _ in training.weights))
    count = sum(matrix.size for matrix, _ in training.weights)
    layout: dict[str, Any] = {
        "xaxis": {"visible": False, "range": [-0.4, len(names) - 0.6]},
        "yaxis": {"visible": False, "range": [-max(map(len, names)) / 2 - 0.2, max(map(len, names)) / 2 + 0.2]},
        "hovermode": "closest", "margin": {"l": 5, "r": 5, "b": 30},
    }  # fmt: skip
    summary = (
        f"Layers of {', '.join(str(len(row)) for row in names)} units from the inputs to the score; {count} weights, {positive} "
        f"positive, the largest {largest:.3g} in size. Click a part, or choose it below, to see its formula and numbers."
    )
    return Picture("The network", summary, tuple(traces), ("", ""), layout)


def _edge(width: int, sign: int, points: list[tuple[Any, Any]]) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "x": [x for x, _ in points], "y": [y for _, y in points], "hoverinfo": "skip",
        "line": {"color": COLORS[1 - sign], "width": WIDTHS[width], "dash": "dash" if sign else "solid"}, "showlegend": False,
    }  # fmt: skip


def _key(sign: int) -> dict[str, Any]:
    """Return an entry of the legend."""
    shown = _edge(2, sign, [(None, None)])
    return {**shown, "showlegend": True, "name": "negative weight" if sign else "positive weight"}


def _chosen(places: list[list[tuple[float, float]]], part: Part) -> dict[str, Any]:
    end = places[part.layer + 1][part.unit]
    if part.kind == "weight":
        start = places[part.layer][part.below]
        return {
            "type": "scatter", "mode": "lines", "x": [start[0], end[0]], "y": [start[1], end[1]], "hoverinfo": "skip",
            "name": part.name, "line": {"color": GREEN, "width": 11}, "opacity": 0.4,
        }  # fmt: skip
    ring = {"size": 46, "color": GREEN, "symbol": "circle", "opacity": 0.5}
    return {
        "type": "scatter", "mode": "markers", "x": [end[0]], "y": [end[1]], "marker": ring, "hoverinfo": "skip",
        "name": part.name,
    }  # fmt: skip


def _units(training: Training, names: list[list[str]], places: list[list[tuple[float, float]]]) -> dict[str, Any]:
    units = [(name, *places[layer][unit]) for layer, row in enumerate(names) for unit, name in enumerate(row)]
    told = ["the first input", "the second input"] + [
        "<br>".join(textwrap.wrap(formula_of(training, layer, unit), LONGEST))
        for layer, row in enumerate(names[1:])
        for unit in range(len(row))
    ]
    return {
        "type": "scatter", "mode": "markers+text", "x": [x for _, x, _ in units], "y": [y for _, _, y in units],
        "text": [name for name, _, _ in units], "textfont": {"color": "#1c1c1c", "size": 13}, "hovertext": told,
        "customdata": [name for name, _, _ in units], "hoverinfo": "text", "showlegend": False,
        "marker": {"size": 32 if max(map(len, names)) < 6 else 23, "color": "#f4f4f4", "line": {"color": GRAY, "width": 2}},
    }  # fmt: skip
