"""Owns the picture of a run: an SVG of the graph, with values, adjoints and local derivatives.

It has no script and needs no network. It brings colors for light and for dark pages, and a description for screen readers.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from html import escape

from chainrule.explain.backpropagation.figures import short_figure
from chainrule.explain.backpropagation.known import Known, known_after
from chainrule.explain.backpropagation.layout import Layout, Point, lay_out
from chainrule.explain.backpropagation.node import BackpropNode, Edge
from chainrule.explain.backpropagation.text import fold_notes, is_sum, shorten

MOST_NODES = 150
"""Of more nodes than this the last ones are drawn; the picture says so."""
LONGEST_LABEL = 30
MARGIN = 20.0
HEIGHT = 58.0
_CHARACTER = 7.3
"""The width of one character of the font, in pixels."""

_STYLE = """
.chainrule-graph{font:12px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.chainrule-graph .page{fill:#ffffff}
.chainrule-graph rect.node{fill:#eef3fb;stroke:#4a6fa5;stroke-width:1.2}
.chainrule-graph rect.input{fill:#eef8ee;stroke:#3b7d3b}
.chainrule-graph rect.result{fill:#fdf3e1;stroke:#a86a10;stroke-width:2}
.chainrule-graph rect.folded{stroke-dasharray:5 3}
.chainrule-graph text{fill:#1b1f24}
.chainrule-graph .name{font-weight:bold}
.chainrule-graph .adjoint{fill:#9a2a1f}
.chainrule-graph path{fill:none;stroke:#6b7280;stroke-width:1.3}
.chainrule-graph path.dead{stroke-dasharray:2 4}
.chainrule-graph .arrow{fill:#6b7280;stroke:none}
.chainrule-graph .local{fill:#9a2a1f;font-size:11px}
.chainrule-graph .waiting{opacity:.55}
.chainrule-graph rect.now{fill:#ffe8c7;stroke:#b45309;stroke-width:3.5}
.chainrule-graph path.now{stroke:#b45309;stroke-width:2.8}
.chainrule-graph .now .arrow{fill:#b45309}
@media (prefers-color-scheme:dark){
.chainrule-graph .page{fill:#14171c}
.chainrule-graph rect.node{fill:#1d2736;stroke:#7fa3d8}
.chainrule-graph rect.input{fill:#1a2a1d;stroke:#7fc08a}
.chainrule-graph rect.result{fill:#33270f;stroke:#e0a84a}
.chainrule-graph text{fill:#e6e8eb}
.chainrule-graph .adjoint{fill:#ff9a8a}
.chainrule-graph path{stroke:#9aa3ad}
.chainrule-graph .arrow{fill:#9aa3ad}
.chainrule-graph .local{fill:#ff9a8a}
.chainrule-graph rect.now{fill:#4a3510;stroke:#ffb454}
.chainrule-graph path.now{stroke:#ffb454}
.chainrule-graph .now .arrow{fill:#ffb454}
}
""".strip().replace("\n", "")


def plan_of(nodes: Sequence[BackpropNode], result: str) -> Layout:
    """Return where the nodes and edges of a run are drawn."""
    names = [node.name for node in nodes]
    shown = set(names)
    edges = [(edge.source, edge.target) for node in nodes for edge in node.local if edge.source in shown]
    return lay_out(names, edges, {node.name: _width(node, result) for node in nodes}, HEIGHT)


def drawn(nodes: Sequence[BackpropNode], result: str) -> Sequence[BackpropNode]:
    """Return the nodes that are drawn: what leads to the result, and the inputs; of too many, the last ones."""
    used = {result, *(edge.source for node in nodes for edge in node.local)}
    kept = [node for node in nodes if node.name in used or node.operation == "input"]
    return kept[-MOST_NODES:]


def to_svg(nodes: Sequence[BackpropNode], result: str, steps: int | None = None) -> str:
    """Return the graph of a run as an SVG document. steps: show what is known after so many; None shows the whole run.

    Everything stands at the same place after each step.
    """
    known = known_after(nodes, steps)
    shown = drawn(nodes, result)
    plan = plan_of(shown, result)
    notes = list(fold_notes(nodes))
    if len(shown) < len(nodes):
        notes.insert(0, f"The last {len(shown)} of {len(nodes):,} nodes are drawn.")
    width = max(plan.width, max((len(note) for note in notes), default=0) * _CHARACTER, 240) + 2 * MARGIN
    height = plan.height + 2 * MARGIN + 18 * len(notes)
    shift = (width - plan.width) / 2
    after = "" if steps is None else f", after step {steps} of {2 * len(nodes)}"
    title = escape(f"Computation graph of {_clean(result)}: forward values and adjoints{after}")
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="chainrule-graph" role="img" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}">'
        ),
        f"<title>{title}</title><desc>{escape(_description(shown, result, known))}</desc><style>{_STYLE}</style>",
        f'<rect class="page" width="{width:.0f}" height="{height:.0f}" rx="8"/>',
        f'<g transform="translate({shift:.1f} {MARGIN:.0f})">',
        *_edges(shown, plan, known),
        *(_box(node, plan, result, known) for node in shown),
        "</g>",
    ]
    for number, note in enumerate(notes):
        parts.append(f'<text x="{MARGIN:.0f}" y="{height - 14 - 18 * number:.0f}">{escape(note)}</text>')
    return "".join([*parts, "</svg>"])


def _description(nodes: Sequence[BackpropNode], result: str, known: Known) -> str:
    lines = []
    for node in nodes[-20:]:
        value = f"value {short_figure(node.value)}" if node.name in known.values else "not yet computed"
        adjoint = f", adjoint {short_figure(node.adjoint)}" if node.name in known.adjoints else ""
        lines.append(f"{_clean(node.name)} = {_clean(node.formula)}, {value}{adjoint}")
    more = f"; {len(nodes) - 20} earlier nodes" if len(nodes) > 20 else ""
    now = f" The last step is at {_clean(known.now)}." if known.now else ""
    return (
        f"From inputs at the top to the result {_clean(result)} at the bottom. " + "; ".join(lines) + more + "." + now
    )


def _clean(words: str, length: int = LONGEST_LABEL) -> str:
    """Return words cut short, without characters that XML does not allow."""
    return shorten("".join(char if char.isprintable() else "?" for char in words), length)


def _labels(node: BackpropNode, result: str) -> tuple[str, str, str]:
    name = _clean(node.name)
    first = name if node.operation == "input" else _clean(f"{name} = {node.formula}")
    return (
        first,
        short_figure(node.value),
        f"d{_clean(result, 8)}/d{_clean(node.name, 12)} = {short_figure(node.adjoint)}",
    )


def _width(node: BackpropNode, result: str) -> float:
    return max(map(len, _labels(node, result))) * _CHARACTER + 20


def _box(node: BackpropNode, plan: Layout, result: str, known: Known) -> str:
    x, y = plan.centers[node.name]
    first, value, adjoint = _labels(node, result)
    width = _width(node, result)
    kind = "input" if node.operation == "input" else "result" if node.name == result else "value"
    kind += " folded" if node.operations > 1 else ""
    kind += " now" if node.name == known.now else ""
    place = f"{node.line[1]}: {node.line[2]}" if node.line else ""
    is_valued, has_adjoint = node.name in known.values, node.name in known.adjoints
    told = [
        f"{_clean(node.name, 80)} = {_clean(node.formula, 200)}",
        _clean(node.paths or node.chain, 300) if has_adjoint else "",
        _clean(place, 200),
    ]
    middle = f'x="{x:.1f}" text-anchor="middle"'
    waiting = "" if is_valued else ' class="waiting"'
    return (
        f"<g{waiting}>"
        f"<title>{escape(chr(10).join(part for part in told if part))}</title>"
        f'<rect class="node {kind}" x="{x - width / 2:.1f}" y="{y - HEIGHT / 2:.1f}" width="{width:.1f}" '
        f'height="{HEIGHT:.0f}" rx="7"/>'
        f'<text class="name" {middle} y="{y - 13:.1f}">{escape(first)}</text>'
        f'<text {middle} y="{y + 4:.1f}">{escape(value) if is_valued else ""}</text>'
        f'<text class="adjoint" {middle} y="{y + 20:.1f}">{escape(adjoint) if has_adjoint else ""}</text></g>'
    )


def _edges(nodes: Sequence[BackpropNode], plan: Layout, known: Known) -> list[str]:
    """Return the edges, and above them all the local derivatives, none on top of another where that can be helped.

    A local derivative is known when an adjoint has come along its edge.
    """
    lines, labels = [], []
    taken: list[tuple[float, float, float]] = []
    for node in nodes:
        for edge in node.local:
            route = plan.routes.get((edge.source, edge.target))
            if route is None:
                continue
            points = [
                (route[0][0], route[0][1] + HEIGHT / 2),
                *route[1:-1],
                (route[-1][0], route[-1][1] - HEIGHT / 2 - 6),
            ]
            is_known = edge.source in known.adjoints
            told = escape(_clean(_told(edge), 300)) if is_known else ""
            kind = " ".join(
                name for name, holds in (("dead", is_known and not edge.shares), ("now", known.uses(edge))) if holds
            )
            x, y = points[-1]
            arrow = f'<path class="arrow" d="M{x - 4:.1f} {y - 1:.1f}L{x + 4:.1f} {y - 1:.1f}L{x:.1f} {y + 6:.1f}Z"/>'
            named = f' class="{kind}"' if kind else ""
            lines.append(f'<g{named}><title>{told}</title><path{named} d="{_curve(points)}"/>{arrow}</g>')
            label = _edge_label(edge)
            width = len(label) * 6.7
            x, y = _free_place(points, width, taken)
            if not is_known:
                continue
            labels.append(
                f'<rect class="page" x="{x - width / 2 - 1:.1f}" y="{y - 7:.1f}" width="{width + 2:.1f}" height="14"/>'
                f'<text class="local" text-anchor="middle" x="{x:.1f}" y="{y + 4:.1f}">{escape(label)}</text>'
            )
    return lines + labels


def _told(edge: Edge) -> str:
    local = "" if edge.local is None else f" = {short_figure(edge.local)}"
    twice = f", read in {len(edge.shares)} places" if is_sum([edge]) else ""
    return f"d{edge.target}/d{edge.source}{local} ({edge.rule}){twice}; passes back {short_figure(edge.share)}"


def _edge_label(edge: Edge) -> str:
    """Return the local derivative; where it is no array of entries, that the adjoint is pulled back by a rule."""
    return _clean(edge.rule.split(",")[0], 24) if edge.local is None else f"× {short_figure(edge.local)}"


def _curve(points: Sequence[Point]) -> str:
    """Return a smooth path that leaves and reaches every point vertically."""
    x, y = points[0]
    drawn_path = [f"M{x:.1f} {y:.1f}"]
    for next_x, next_y in points[1:]:
        half = (y + next_y) / 2
        drawn_path.append(f"C{x:.1f} {half:.1f} {next_x:.1f} {half:.1f} {next_x:.1f} {next_y:.1f}")
        x, y = next_x, next_y
    return "".join(drawn_path)


def _free_place(points: Sequence[Point], width: float, taken: list[tuple[float, float, float]]) -> Point:
    """Return a point on an edge where its label touches no other; the middle where there is none."""
    pieces = list(itertools.pairwise(points))
    places = [_on_curve(*pieces[-1], part) for part in (0.5, 0.35, 0.65, 0.22, 0.78)]
    places += [_on_curve(*piece, 0.5) for piece in pieces[:-1]]
    for x, y in places:
        if all(
            abs(x - other_x) > (width + other) / 2 + 4 or abs(y - other_y) > 13 for other_x, other_y, other in taken
        ):
            break
    else:
        x, y = places[0]
    taken.append((x, y, width))
    return x, y


def _on_curve(start: Point, end: Point, part: float) -> Point:
    """Return the point of a piece of `_curve`: a cubic whose inner control points are half way down."""
    rest = 1 - part
    half = (start[1] + end[1]) / 2
    x = start[0] * (rest**3 + 3 * rest**2 * part) + end[0] * (3 * rest * part**2 + part**3)
    return x, start[1] * rest**3 + half * (3 * rest**2 * part + 3 * rest * part**2) + end[1] * part**3
