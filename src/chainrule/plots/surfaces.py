"""Owns the figures of a function of two variables: contours, the surface, the gradient's arrows, and paths on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.plots.picture import Picture
from chainrule.plots.sampling import Floats, axis, grid, slopes_at, thinned, values_at
from chainrule.plots.style import BLUE, GROUND, INK, LIGHT_SCALE, SCALE, line, mark
from chainrule.transforms.derivatives import grad

Range = tuple[float, float]
LINES = 101
"""Points along each side of a contour figure."""
MESH = 65
"""Points along each side of a surface: Plotly refines them to at least 128, so that a few more would cost much more."""
MOST_MARKS = 25
"""Points of a path that are marked; a browser draws a mark ten times slower than a piece of a line."""
ARROWS = 15
"""Arrows along each side of a gradient field."""


def contour(
    fun: Callable[[Any], Any],
    x: Range,
    y: Range,
    paths: Mapping[str, Any] | None = None,
    minima: Sequence[Any] = (),
    names: tuple[str, str] = ("x", "y"),
) -> Picture:
    """Return the contours of a function of a vector of two numbers, with the paths of descents on them.

    x, y: what is shown, (low, high). paths: by name, arrays of shape (steps, 2), such as `minimize(...).path`. minima: points
        to mark. names: what the axes are called.
    Raises ValueError where a range is none, a path has another shape, or `fun` does not return one number; TypeError where it is
    no function.

    >>> picture = contour(lambda v: v[0] ** 2 + 4 * v[1] ** 2, (-2, 2), (-2, 2), {"descent": [[2, 1], [1, 0.1]]})
    >>> print(picture.summary)
    Contours for x from -2 to 2 and y from -2 to 2; values from 0 to 20. descent: 1 step from (2, 1), value 8, to (1, 0.1),
    value 1.04.
    """
    across, up = axis(x, LINES), axis(y, LINES)
    z = grid(fun, across, up)
    lines, told = _spread(z)
    value, besides = ("z", {}) if lines is z else ("customdata", {"customdata": z})
    traces: list[dict[str, Any]] = [
        {
            "type": "contour", "x": across, "y": up, "z": lines, "colorscale": GROUND, "showscale": False,
            "ncontours": 30, "contours": {"coloring": "fill"}, "line": {"width": 0.4, "smoothing": 0}, **besides,
            "hovertemplate": f"{names[0]} %{{x:.4g}}, {names[1]} %{{y:.4g}}<br>value %{{{value}:.6g}}<extra></extra>",
        }
    ]  # fmt: skip
    for number, (name, path) in enumerate((paths or {}).items()):
        points = _path(name, path)
        traces.append(
            {
                "type": "scatter", "mode": "lines+markers", "name": name, "x": points[:, 0], "y": points[:, 1],
                "line": line(number, 2), "marker": {**mark(number, 5), "maxdisplayed": MOST_MARKS},
            }
        )  # fmt: skip
    if len(minima):
        spots = np.asarray(minima, float).reshape(-1, 2)
        star = {"color": "white", "symbol": "star", "size": 14, "line": {"color": "black", "width": 1}}
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "minimum",
                "x": spots[:, 0],
                "y": spots[:, 1],
                "marker": star,
            }
        )
    title = "Contours" if not paths else "Contours and paths"
    summary = _summary("Contours", fun, across, up, z, names, paths) + told
    return Picture(title, summary, tuple(traces), names, {"xaxis": {"range": list(x)}, "yaxis": {"range": list(y)}})


def surface(
    fun: Callable[[Any], Any],
    x: Range,
    y: Range,
    paths: Mapping[str, Any] | None = None,
    names: tuple[str, str, str] = ("x", "y", "f(x, y)"),
) -> Picture:
    """Return the surface of a function of a vector of two numbers, with the paths of descents on it.

    Arguments and errors are those of `contour`, `names` with the height.

    >>> surface(lambda v: v[0] ** 2 + v[1] ** 2, (-1, 1), (-1, 1)).summary
    'The surface for x from -1 to 1 and y from -1 to 1; values from 0 to 2.'
    """
    across, up = axis(x, MESH), axis(y, MESH)
    z = grid(fun, across, up)
    scale = LIGHT_SCALE if paths else SCALE
    traces: list[dict[str, Any]] = [
        {"type": "surface", "x": across, "y": up, "z": z, "colorscale": scale, "showscale": False, "opacity": 0.9}
    ]
    for number, (name, path) in enumerate((paths or {}).items()):
        points = _path(name, path)
        inside = (points[:, 0] >= x[0]) & (points[:, 0] <= x[1]) & (points[:, 1] >= y[0]) & (points[:, 1] <= y[1])
        points = points[inside]
        heights = values_at(fun, points) if len(points) else np.empty(0)
        traces.append(
            {
                "type": "scatter3d", "mode": "lines+markers", "name": name, "x": points[:, 0], "y": points[:, 1], "z": heights,
                "line": {"color": line(number)["color"], "width": 5}, "marker": {"color": line(number)["color"], "size": 2.5},
            }
        )  # fmt: skip
    return Picture("Surface", _summary("The surface", fun, across, up, z, names[:2], paths), tuple(traces), names)


def gradient_field(
    fun: Callable[[Any], Any], x: Range, y: Range, at: Any = None, names: tuple[str, str] = ("x", "y")
) -> Picture:
    """Return contours with arrows along the gradient, the direction in which a function of two numbers rises fastest.

    x, y, names: as for `contour`. at: a point whose gradient is drawn large and told in the summary. The arrows show
        directions; all have one length.
    Raises as `contour` does.

    >>> print(gradient_field(lambda v: v[0] ** 2 + v[1] ** 2, (-2, 2), (-2, 2), at=(1.0, 0.5)).summary)
    Contours for x from -2 to 2 and y from -2 to 2; values from 0 to 8. Arrows point along the gradient, uphill and across the
    contours. At (1, 0.5) the gradient is (2, 1), of length 2.23607; the way down is (-2, -1).
    """
    base = contour(fun, x, y, names=names)
    across, up = axis(x, ARROWS), axis(y, ARROWS)
    slopes = grad(fun)
    length = 0.4 * np.array([across[1] - across[0], up[1] - up[0]])
    tails = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    arrows = _arrows("gradient", tails, slopes_at(slopes, tails), length, INK, 1.5)
    summary = f"{base.summary} Arrows point along the gradient, uphill and across the contours."
    if at is not None:
        spot = np.asarray(at, dtype=np.float64)
        slope = np.asarray(slopes(spot), dtype=np.float64)
        arrows += _arrows(f"gradient at {_place(spot)}", spot[None], slope[None], 4 * length, BLUE, 4)
        summary += (
            f" At {_place(spot)} the gradient is {_place(slope)}, of length {np.linalg.norm(slope):.6g}; the way down is "
            f"{_place(-slope)}."
        )
    # With one scale on both axes the arrows stand at right angles on the contours.
    layout = {name: {**part, "constrain": "domain"} for name, part in (base.layout or {}).items()}
    layout["yaxis"]["scaleanchor"] = "x"
    return Picture("Gradient field", summary, (*base.traces, *arrows), names, layout)


def _arrows(
    name: str, tails: Floats, slopes: Floats, length: Floats, color: str, width: float
) -> tuple[dict[str, Any], ...]:
    """Return arrows along slopes, each as long as `length` says on its axis: their shafts, and their heads."""
    with np.errstate(all="ignore"):
        steps = slopes / np.linalg.norm(slopes / length, axis=1, keepdims=True)
    is_drawn = np.all(np.isfinite(steps), axis=1)
    tails, steps = tails[is_drawn], steps[is_drawn]
    heads = tails + steps
    shafts = np.stack([tails, heads, np.full_like(tails, np.nan)], axis=1).reshape(-1, 2)
    angles = np.degrees(np.arctan2(steps[:, 0], steps[:, 1]))
    shaft = {"x": shafts[:, 0], "y": shafts[:, 1], "line": {"color": color, "width": width}, "hoverinfo": "skip"}
    marker = {"symbol": "arrow", "angle": angles, "color": color, "size": 5 * width}
    return (
        {"type": "scatter", "mode": "lines", "name": name, **shaft},
        {
            "type": "scatter",
            "mode": "markers",
            "x": heads[:, 0],
            "y": heads[:, 1],
            "marker": marker,
            "showlegend": False,
        },
    )


def _path(name: str, path: Any) -> Floats:
    points = np.asarray(path, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"the path {name!r:.40} is an array of shape (steps, 2), not {points.shape}")
    return points[thinned(len(points))]


def _spread(z: Floats) -> tuple[Floats, str]:
    """Return what the colors follow: the values, or the logarithm of their height where a few dwarf all others."""
    low = np.nanmin(z, initial=np.inf)
    heights = z - low
    middle, top = (np.nanmedian(heights), np.nanmax(heights)) if np.isfinite(low) else (0.0, 0.0)
    if not top > 8 * middle > 0:
        return z, ""
    return np.log10(heights + 1e-3 * middle), " The colors follow the logarithm of the height above the lowest value."


def _summary(
    what: str, fun: Callable[[Any], Any], x: Floats, y: Floats, z: Floats, names: Sequence[str],
    paths: Mapping[str, Any] | None,
) -> str:  # fmt: skip
    ranges = f"{names[0]} from {x[0]:g} to {x[-1]:g} and {names[1]} from {y[0]:g} to {y[-1]:g}"
    seen = z[np.isfinite(z)]
    values = f"values from {seen.min():.4g} to {seen.max():.4g}" if seen.size else "no finite value"
    told = [f"{what} for {ranges}; {values}."]
    for name, path in (paths or {}).items():
        points = np.asarray(path, dtype=np.float64)
        count = len(points) - 1
        first, last = values_at(fun, points[[0, -1]])
        told.append(
            f"{name}: {count} step{'' if count == 1 else 's'} from {_place(points[0])}, value {first:.4g}, to "
            f"{_place(points[-1])}, value {last:.4g}."
        )
    return " ".join(told)


def _place(point: Floats) -> str:
    return f"({', '.join(f'{part + 0.0:.4g}' for part in point)})"
