"""Owns the figure of curvature at a point of the plane: where the quadratic part of a function is one, and its axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.plots.picture import Picture
from chainrule.plots.style import BLUE, GREEN, ORANGE


def curvature_ellipse(
    hessian: Any, at: Any = (0.0, 0.0), names: tuple[str, str] = ("x", "y"), classification: str | None = None
) -> Picture:
    """Return the curve on which vᵀHv is 1 or -1 around a point: an ellipse for a bowl or a cap, hyperbolas for a saddle.

    hessian: a symmetric matrix of shape (2, 2). at: the point. names: what the axes are called. classification: what the point
        is, for the summary.
    A half axis has length 1/√|λ|: the flatter a direction, the longer.
    Raises ValueError for a matrix that is not finite, symmetric and of this shape.

    >>> print(curvature_ellipse([[2.0, 0.0], [0.0, 8.0]], classification="minimum").summary)
    Curvature at (0, 0), a minimum: λ = 2 along (1, 0), λ = 8 along (0, 1). The valley is 2 times as long as wide.
    """
    matrix = np.asarray(hessian, dtype=np.float64)
    center = np.asarray(at, dtype=np.float64)
    if matrix.shape != (2, 2) or center.shape != (2,) or not np.all(np.isfinite(matrix)):
        raise ValueError(
            f"the ellipse is of a finite matrix of shape (2, 2) at a point of the plane, not {matrix.tolist()!r:.60}"
        )
    if not np.allclose(matrix, matrix.T):
        raise ValueError(f"a Hessian is symmetric, and {matrix.tolist()} is not")
    values, vectors = np.linalg.eigh(matrix)
    vectors = vectors * np.where(vectors[np.argmax(np.abs(vectors), axis=0), [0, 1]] < 0, -1.0, 1.0)
    traces: list[dict[str, Any]] = []
    for level, name, dash in ((1.0, "vᵀHv = 1", "solid"), (-1.0, "vᵀHv = -1", "dash")):
        x, y = _level(matrix, level)
        if x.size:
            style = {"color": BLUE, "width": 3, "dash": dash}
            drawn = {"x": center[0] + x, "y": center[1] + y, "line": style}
            traces.append({"type": "scatter", "mode": "lines", "name": name, **drawn})
    told = []
    for number, (value, color) in enumerate(zip(values, (GREEN, ORANGE), strict=True)):
        direction = vectors[:, number]
        told.append(f"λ = {value:.4g} along ({direction[0] + 0.0:.3g}, {direction[1] + 0.0:.3g})")
        half = direction / np.sqrt(abs(value)) if value else direction
        ends = np.stack([center - half, center + half])
        style = {"color": color, "width": 2, "dash": "dot" if number else "dashdot"}
        traces.append(
            {"type": "scatter", "mode": "lines", "name": told[-1], "x": ends[:, 0], "y": ends[:, 1], "line": style}
        )
    kind = "" if classification is None else f", a {classification}"
    summary = f"Curvature at ({center[0]:.4g}, {center[1]:.4g}){kind}: {', '.join(told)}."
    if values[0] * values[1] > 0:
        ratio = np.sqrt(max(abs(values)) / min(abs(values)))
        summary += f" The {'valley' if values[0] > 0 else 'ridge'} is {ratio:.4g} times as long as wide."
    return Picture("Curvature", summary, tuple(traces), names, {"yaxis": {"scaleanchor": "x"}})


def _level(matrix: Any, level: float) -> tuple[Any, Any]:
    """Return the points v with vᵀHv = level, within four times the shorter axis; NaN parts the branches of a hyperbola."""
    angles = np.linspace(0, 2 * np.pi, 721)
    v = np.stack([np.cos(angles), np.sin(angles)])
    with np.errstate(all="ignore"):
        radius = np.sqrt(level / np.einsum("in,ij,jn->n", v, matrix, v))
    seen = radius[np.isfinite(radius)]
    if not seen.size:
        return np.empty(0), np.empty(0)
    strongest = float(np.max(np.abs(np.linalg.eigvalsh(matrix))))
    is_definite = float(np.linalg.det(matrix)) > 0
    radius = np.where(np.isfinite(radius) & (is_definite | (radius < 4 / np.sqrt(strongest))), radius, np.nan)
    return radius * v[0], radius * v[1]
