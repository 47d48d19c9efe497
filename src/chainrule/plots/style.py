"""Owns how figures look: colors that differ without color vision, dashes and marks besides them, grounds and fonts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

BLUE, ORANGE, GREEN, PURPLE, YELLOW, SKY, GRAY = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A7A7A",
)  # fmt: skip
"""Okabe and Ito's palette, "Color Universal Design", 2008: told apart with every kind of color vision."""

INK = "#4a4a4a"

COLORS = (BLUE, ORANGE, GREEN, PURPLE, YELLOW, SKY)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKS = ("circle", "square", "diamond", "triangle-up", "x", "star")
SCALE = "Cividis"
"""The scale of surfaces: its lightness rises evenly, so that it reads in gray too."""
LIGHT_SCALE = [[0.0, "#9fb4cc"], [1.0, "#f6e7b0"]]
"""The scale of surfaces with paths on them: light enough for paths of every color to be seen."""
GROUND = [[0.0, "#ffffff"], [1.0, "#8da6c2"]]
"""The scale of contours, from low to high: light enough for paths of every color to be seen on it."""


def line(number: int, width: float = 2.5) -> dict[str, Any]:
    """Return the line of the series of this number: another color and another dash than its neighbors."""
    return {"color": COLORS[number % len(COLORS)], "dash": DASHES[number % len(DASHES)], "width": width}


def mark(number: int, size: float = 7) -> dict[str, Any]:
    """Return the mark of the series of this number."""
    return {"color": COLORS[number % len(COLORS)], "symbol": MARKS[number % len(MARKS)], "size": size}


def layout_of(title: str, axes: Sequence[str], dark: bool) -> dict[str, Any]:
    """Return the layout that all figures share."""
    ink, faint = ("#e6e6e6", "#3a3f47") if dark else ("#1c1c1c", "#dcdcdc")
    axis = {"gridcolor": faint, "zerolinecolor": GRAY, "linecolor": faint}
    named = [{**axis, "title": {"text": name, "standoff": 8}} for name in axes]
    layout: dict[str, Any] = {
        "title": {"text": title, "x": 0.02, "xanchor": "left", "font": {"size": 16}},
        "font": {"color": ink, "size": 13},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 60, "r": 20, "t": 50, "b": 50},
        "hoverlabel": {"namelength": -1},
        "legend": {"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"},
    }
    if len(named) == 3:
        layout["margin"] = {"l": 0, "r": 0, "t": 40, "b": 0}  # its axes stand in the scene
        # From a little further away than Plotly stands, so that the numbers at the axes are in the figure.
        layout["scene"] = {
            # Each number at an axis is cut into triangles: few of them, and the scene stands sooner.
            **{f"{side}axis": {**axis, "title": {"text": name}, "nticks": 4} for side, name in zip("xyz", axes, strict=True)},
            "camera": {"eye": {"x": 1.1, "y": -1.1, "z": 1.5}, "center": {"x": 0, "y": 0, "z": -0.15}},
            "aspectmode": "manual", "aspectratio": {"x": 1, "y": 1, "z": 0.7},
        }  # fmt: skip
    elif named:
        layout.update({f"{name}axis": part for name, part in zip("xy", named, strict=False)})
        for name in "xy":
            layout[f"{name}axis"]["automargin"] = True
    return layout
