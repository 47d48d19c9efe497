"""Owns the layout of a layered graph: layers from top to bottom, few crossings, and a place for every node and edge.

The steps are those of Sugiyama, Tagawa and Toda (1981), "Methods for visual understanding of hierarchical system structures":
layers by the longest path, dummies where an edge crosses layers, orders by barycenters, then positions.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

SWEEPS = 8
"""Passes down and up in which layers are ordered, and in which they are moved towards their neighbors."""
GAP = 28.0
LAYER_GAP = 48.0
DUMMY_WIDTH = 12.0
HEAVY = 1000.0
"""So many times as hard as an input a value that was computed holds its place, where two want the same."""

Point: TypeAlias = tuple[float, float]
Key: TypeAlias = str | tuple[str, str, int]


@final
@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is: the centers of the nodes, the points through which each edge passes, and the size of it all."""

    centers: dict[str, Point]
    routes: dict[tuple[str, str], tuple[Point, ...]]
    width: float
    height: float


def lay_out(
    names: Sequence[str], edges: Sequence[tuple[str, str]], widths: Mapping[str, float], height: float
) -> Layout:
    """Return the layout of a graph without circles.

    names: in topological order. edges: (from, to), each once. widths: of the boxes; all boxes have the same height.

    >>> plan = lay_out(["x", "y"], [("x", "y")], {"x": 40, "y": 60}, 20)
    >>> plan.centers["x"][0] == plan.centers["y"][0], plan.centers["x"][1] < plan.centers["y"][1]
    (True, True)
    """
    depths = _depths(names, edges)
    layers, neighbors_up, neighbors_down, chains = _layers(names, edges, depths)
    _reduce_crossings(layers, neighbors_up, neighbors_down)
    sizes: dict[Key, float] = {key: DUMMY_WIDTH for layer in layers for key in layer}
    sizes.update(widths)
    places = _places(layers, neighbors_up, neighbors_down, sizes)
    left = min((places[key] - sizes[key] / 2 for layer in layers for key in layer), default=0.0)
    right = max((places[key] + sizes[key] / 2 for layer in layers for key in layer), default=0.0)
    rows = {key: number for number, layer in enumerate(layers) for key in layer}

    def point(key: Key) -> Point:
        return places[key] - left, rows[key] * (height + LAYER_GAP) + height / 2

    centers = {name: point(name) for name in names}
    routes = {edge: tuple(point(key) for key in chain) for edge, chain in chains.items()}
    return Layout(centers, routes, right - left, len(layers) * (height + LAYER_GAP) - LAYER_GAP if layers else 0.0)


def _depths(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the layer of each node: below all that it reads; what reads nothing stands right above its first reader."""
    sources: dict[str, list[str]] = {name: [] for name in names}
    targets: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        sources[target].append(source)
        targets[source].append(target)
    depths: dict[str, int] = {}
    for name in names:
        depths[name] = max((depths[source] + 1 for source in sources[name]), default=0)
    for name in names:
        if not sources[name] and targets[name]:
            depths[name] = min(depths[target] for target in targets[name]) - 1
    return depths


def _layers(
    names: Sequence[str], edges: Sequence[tuple[str, str]], depths: Mapping[str, int]
) -> tuple[list[list[Key]], dict[Key, list[Key]], dict[Key, list[Key]], dict[tuple[str, str], list[Key]]]:
    """Return the layers with dummies, the neighbors above and below of each key, and the keys along each edge."""
    layers: list[list[Key]] = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for name in names:
        layers[depths[name]].append(name)
    above: dict[Key, list[Key]] = {name: [] for name in names}
    below: dict[Key, list[Key]] = {name: [] for name in names}
    chains: dict[tuple[str, str], list[Key]] = {}
    for source, target in edges:
        chain: list[Key] = [source]
        for depth in range(depths[source] + 1, depths[target]):
            dummy = (source, target, depth)
            layers[depth].append(dummy)
            above[dummy], below[dummy] = [], []
            chain.append(dummy)
        chain.append(target)
        for upper, lower in itertools.pairwise(chain):
            below[upper].append(lower)
            above[lower].append(upper)
        chains[source, target] = chain
    return layers, above, below, chains


def _reduce_crossings(
    layers: list[list[Key]], above: Mapping[Key, Sequence[Key]], below: Mapping[Key, Sequence[Key]]
) -> None:
    """Order each layer by the mean position of its neighbors, down and up in turn."""
    for sweep in range(SWEEPS):
        downward = sweep % 2 == 0
        for layer, other in _neighboring(layers, downward):
            rank = {key: place for place, key in enumerate(other)}
            near = above if downward else below
            here = {key: place for place, key in enumerate(layer)}
            layer.sort(key=lambda key: _mean([rank[each] for each in near[key]], here[key]))


def _neighboring(layers: list[list[Key]], downward: bool) -> list[tuple[list[Key], list[Key]]]:
    """Return each layer with the one that it is set by."""
    ordered = layers if downward else layers[::-1]
    return list(zip(ordered[1:], ordered[:-1], strict=True))


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _places(
    layers: list[list[Key]],
    above: Mapping[Key, Sequence[Key]],
    below: Mapping[Key, Sequence[Key]],
    sizes: Mapping[Key, float],
) -> dict[Key, float]:
    """Return the horizontal center of everything: close to the mean of its neighbors, without overlaps.

    What reads nothing follows its readers, and does not draw or push them to its side: else a chain of operations that each
    read an input too would run across the picture.
    """
    weights = {key: HEAVY if near else 1.0 for key, near in above.items()}
    drawn_by = {key: [each for each in near if above[each]] or near for key, near in above.items()}
    places: dict[Key, float] = {}
    for layer in layers:
        start = -sum(sizes[key] + GAP for key in layer) / 2
        for key in layer:
            places[key] = start + sizes[key] / 2
            start += sizes[key] + GAP
    for sweep in range(SWEEPS):
        downward = sweep % 2 == 0
        near = drawn_by if downward else below
        for layer, _ in _neighboring(layers, downward):
            wanted = [_mean([places[each] for each in near[key]], places[key]) for key in layer]
            for key, place in zip(
                layer, _apart(wanted, [sizes[key] for key in layer], [weights[key] for key in layer]), strict=True
            ):
                places[key] = place
    return places


def _apart(wanted: Sequence[float], sizes: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return places in the same order, close to the wanted ones and a gap apart.

    Where two overlap they form a block, which is placed at the weighted mean of what its members want.
    """
    blocks: list[
        tuple[float, float, list[float]]
    ] = []  # the weighted sum of the wanted starts, the weight, the offsets
    for want, size, own in zip(wanted, sizes, weights, strict=True):
        total, weight, offsets = own * (want - size / 2), own, [0.0, size + GAP]
        while blocks and blocks[-1][0] / blocks[-1][1] + blocks[-1][2][-1] > total / weight:
            before_total, before_weight, before = blocks.pop()
            shift = before[-1]
            total = before_total + total - shift * weight
            weight += before_weight
            offsets = [*before[:-1], *(shift + offset for offset in offsets)]
        blocks.append((total, weight, offsets))
    starts = [total / weight + offset for total, weight, offsets in blocks for offset in offsets[:-1]]
    return [start + size / 2 for start, size in zip(starts, sizes, strict=True)]
