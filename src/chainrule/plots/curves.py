"""Owns the figure of a function of one variable, with its tangent and the secants that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.plots.picture import Picture
from chainrule.plots.sampling import Floats, axis, finite, values_at
from chainrule.plots.style import BLUE, GRAY, ORANGE, line, mark
from chainrule.transforms.derivatives import derivative

POINTS = 401
SIDE = 1e-5
"""How far to the left and right slopes are compared, in units of the size of the point."""


def curve(
    fun: Callable[[Any], Any],
    at: float | None = None,
    span: tuple[float, float] | None = None,
    secants: Sequence[float] = (),
    names: tuple[str, str] = ("x", "f(x)"),
    path: Sequence[float] = (),
) -> Picture:
    """Return the figure of a function of one number, with the tangent at a point, secants through it, and a descent on it.

    at: where the tangent touches. span: what is shown, (low, high); 3 to both sides of `at` without it. secants: steps h; each
    draws the line through (at, f(at)) and (at + h, f(at + h)). names: what the axes are called. path: the points of a descent, in
    order, such as `minimize(...).path`.
    At a corner there is no tangent, and none is drawn.
    Raises ValueError where the function or its derivative is not finite at the point.

    >>> picture = curve(lambda x: x**2, at=1.0, secants=(1.0,))
    >>> print(picture.summary)
    f(x) for x from -2 to 4. At x = 1 it has value 1 and slope 2: the tangent. The secant with h = 1 has slope 3.
    """
    middle = 0.0 if at is None else finite(at)
    if np.isnan(middle):
        raise ValueError(f"at is a finite number, not {at!r:.60}")
    x = axis((middle - 3, middle + 3) if span is None else span, POINTS)
    y = values_at(fun, x)
    variable, value = names
    layout = _window(y)
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "lines", "name": value, "x": x, "y": _parted(y, layout),
            "line": {**line(0, 3), "simplify": False},  # else Plotly leaves points out, and the corners are seen
        }
    ]  # fmt: skip
    summary = f"{value} for {variable} from {x[0]:g} to {x[-1]:g}."
    title = value
    if at is not None:
        title, told, drawn = _at_point(fun, middle, secants, x, names)
        traces += drawn
        summary += told
    if len(path):
        told, trace = _descent(fun, path)
        traces.append(trace)
        summary += told
        layout["xaxis"] = {"range": [float(x[0]), float(x[-1])]}
    return Picture(title, summary, tuple(traces), names, layout)


def _at_point(
    fun: Callable[[Any], Any], at: float, secants: Sequence[float], x: Floats, names: tuple[str, str]
) -> tuple[str, str, list[dict[str, Any]]]:
    """Return the title and the sentences about a point, and its traces: the secants, the tangent, the point."""
    variable, value = names
    height = float(values_at(fun, np.array([at]))[0])
    with np.errstate(all="ignore"):
        slope = float(derivative(fun)(at))
    if not (np.isfinite(height) and np.isfinite(slope)):
        raise ValueError(f"at {variable} = {at:g} the function has value {height:g} and slope {slope:g}: no tangent")
    sides = _sides(fun, at, height)
    told = f" At {variable} = {at:g} it has value {height:.6g} and"
    if sides is None:
        told += f" slope {slope:.6g}: the tangent."
        title = f"{value} with its tangent at {variable} = {at:g}"
    else:
        told += f" no tangent: the slope is {sides[0]:.4g} on the left and {sides[1]:.4g} on the right."
        title = f"{value}, which has no tangent at {variable} = {at:g}"
    traces = []
    for number, step in enumerate(secants):
        trace, steepness = _secant(fun, at, height, float(step), x, number)
        traces.append(trace)
        told += f" The secant with h = {step:g} has slope {steepness:.6g}."
    if sides is None:
        tangent = {"color": ORANGE, "width": 2.5}
        traces.append(_straight(f"tangent, slope {slope:.6g}", at, height, slope, x, tangent))
    point = {"type": "scatter", "mode": "markers", "name": "point", "x": [at], "y": [height]}
    traces.append({**point, "marker": {"color": BLUE, "size": 11}})
    return title, told, traces


def _descent(fun: Callable[[Any], Any], path: Sequence[float]) -> tuple[str, dict[str, Any]]:
    """Return the sentence about a descent, and its trace."""
    visited = np.asarray(path, dtype=np.float64)
    style = {"line": line(1, 1.5), "marker": mark(1, 8)}
    told = f" A descent of {len(visited) - 1} steps goes from {visited[0]:.6g} to {visited[-1]:.6g}."
    points = {"name": "descent", "x": visited, "y": values_at(fun, visited)}
    return told, {"type": "scatter", "mode": "lines+markers", **points, **style}


def _sides(fun: Callable[[Any], Any], at: float, height: float) -> tuple[float, float] | None:
    """Return the slopes on the left and on the right of a corner; None where they are one and the same."""
    steps = SIDE * max(1.0, abs(at)) * np.array([1.0, 0.1])
    right = (values_at(fun, at + steps) - height) / steps
    left = (height - values_at(fun, at - steps)) / steps
    apart = np.abs(right - left)
    # Of a smooth function the two come together as the step shrinks.
    if not np.all(np.isfinite(apart)) or apart[1] <= 0.5 * apart[0]:
        return None
    rounding = 1e2 * np.finfo(np.float64).eps * abs(height) / steps[1]
    if apart[1] <= max(1e-3 * max(1.0, abs(right[1]), abs(left[1])), rounding):
        return None
    return float(left[1]), float(right[1])


def _secant(
    fun: Callable[[Any], Any], at: float, height: float, step: float, x: Floats, number: int
) -> tuple[dict[str, Any], float]:
    if not step or not np.isfinite(step):
        raise ValueError(f"a secant goes through two points: its step is a number other than 0, not {step:g}")
    other = float(values_at(fun, np.array([at + step]))[0])
    slope = (other - height) / step
    style = {**line(number + 2, 1.5), "color": GRAY}
    return _straight(f"secant, h = {step:g}, slope {slope:.6g}", at, height, slope, x, style), slope


def _straight(name: str, at: float, height: float, slope: float, x: Floats, style: dict[str, Any]) -> dict[str, Any]:
    ends = x[[0, -1]]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": ends,
        "y": height + slope * (ends - at),
        "line": style,
    }


def _parted(y: Floats, layout: dict[str, Any]) -> Floats:
    """Return the values with a gap where the curve leaves the figure above and comes back below: at a pole."""
    if not layout:
        return y
    low, high = layout["yaxis"]["range"]
    is_pole = np.abs(np.diff(y)) > high - low
    return np.where(np.append(is_pole, False), np.nan, y)


def _window(y: Floats) -> dict[str, Any]:
    """Return the layout that shows the bulk of the curve: a pole would flatten all else, and so would a steep tangent."""
    seen = y[np.isfinite(y)]
    if not seen.size:
        return {}
    low, high = np.quantile(seen, (0.02, 0.98))
    low, high = max(seen.min(), low - (high - low)), min(seen.max(), high + (high - low))
    room = 0.08 * (high - low) or 1.0
    return {"yaxis": {"range": [float(low - room), float(high + room)]}}
