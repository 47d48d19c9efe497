"""Owns the figures of descents over their steps: losses of several methods, and losses over learning rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.plots.picture import Picture
from chainrule.plots.sampling import thinned
from chainrule.plots.style import GREEN, ORANGE, line, mark


def losses(runs: Mapping[str, Any], every: Mapping[str, Any] | None = None) -> Picture:
    """Return the losses of descents over their steps, on a logarithmic scale where all are positive and they span a decade.

    runs: by name, arrays of losses, such as `minimize(...).losses`. every: by name, the steps at which they were kept; without
    it, each. Raises ValueError where there is no run, or a run is no list of numbers.

    >>> print(losses({"descent": [25.0, 16.0, 10.24]}).summary)
    Loss over steps. descent: from 25 to 10.24 in 2 steps.
    """
    if not runs:
        raise ValueError("losses shows at least one run: a mapping from names to arrays of losses")
    traces: list[dict[str, Any]] = []
    told = ["Loss over steps."]
    for number, (name, run) in enumerate(runs.items()):
        values = np.atleast_1d(np.asarray(run, dtype=np.float64))
        if values.ndim != 1 or not values.size:
            raise ValueError(f"the run {name!r} is a list of one loss or more, not of shape {values.shape}")
        steps = np.arange(len(values)) if every is None or name not in every else np.asarray(every[name])
        kept = thinned(len(values))
        mode = "lines+markers" if len(values) <= 60 else "lines"
        shown = np.where(np.isfinite(values), values, np.nan)[kept]
        traces.append(
            {
                "type": "scatter", "mode": mode, "name": name, "x": steps[kept], "y": shown, "line": line(number),
                "marker": mark(number, 5),
            }
        )  # fmt: skip
        told.append(f"{name}: from {values[0]:.6g} to {values[-1]:.6g} in {steps[-1]} steps.")
    everything = np.concatenate([trace["y"] for trace in traces])
    seen = everything[np.isfinite(everything)]
    is_wide = seen.size > 0 and seen.min() > 0 and seen.max() > 10 * seen.min()
    scale: dict[str, Any] = {"yaxis": {"type": "log", "exponentformat": "power"}} if is_wide else {}
    return Picture("Loss over steps", " ".join(told), tuple(traces), ("step", "loss"), scale)


def learning_rates(
    rates: Sequence[float],
    final: Sequence[float],
    bound: float | None = None,
    best: float | None = None,
    steps: int | None = None,
) -> Picture:
    """Return the loss that each learning rate reaches, with the stable bound and the best rate marked.

    rates, final: the rates, and the losses that they end with; what diverged is infinite or NaN. bound: 2/λmax. best: the best
    rate. steps: after how many steps, for the title. Raises ValueError where rates and losses are not as many.

    >>> print(learning_rates([0.01, 0.1, 1.0], [4.0, 0.5, float("inf")], bound=1.0).summary)
    The loss for 3 learning rates from 0.01 to 1. The lowest, 0.5, is reached with 0.1. One rate, 1, diverges. The stable bound
    2/λmax is 1.
    """
    x, y = np.asarray(rates, dtype=np.float64), np.asarray(final, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1 or not x.size:
        raise ValueError(
            f"rates and final are lists of one number or more, as long as each other, not of shapes {x.shape} and {y.shape}"
        )
    is_finite = np.isfinite(y)
    after = "" if steps is None else f" after {steps} steps"
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "lines+markers", "name": f"loss{after}", "x": x, "y": np.where(is_finite, y, np.nan),
            "line": line(0), "marker": mark(0, 6),
        }
    ]  # fmt: skip
    told = [f"The loss{after} for {len(x)} learning rates from {x.min():.4g} to {x.max():.4g}."]
    if is_finite.any():
        lowest = int(np.nanargmin(np.where(is_finite, y, np.nan)))
        told.append(f"The lowest, {y[lowest]:.4g}, is reached with {x[lowest]:.4g}.")
    if not is_finite.all():
        count = int(np.count_nonzero(~is_finite))
        many = f"{count} rates, from {x[~is_finite].min():.4g} on, diverge."
        told.append(many if count > 1 else f"One rate, {x[~is_finite].min():.4g}, diverges.")
    shapes, notes = [], []
    for value, name, color in ((best, "best rate", GREEN), (bound, "stable bound 2/λmax", ORANGE)):
        if value is not None:
            drawn = {"color": color, "width": 2, "dash": "dash" if color == ORANGE else "dot"}
            shapes.append({"type": "line", "x0": value, "x1": value, "y0": 0, "y1": 1, "yref": "paper", "line": drawn})
            # The bound's name stands above the figure, the best rate's at its foot, so that no line runs through them.
            place = {
                "x": float(np.log10(value)),
                "y": 1.0 if color == ORANGE else 0.0,
                "yref": "paper",
                "yanchor": "bottom",
            }
            shift = 0 if color == ORANGE else -6
            notes.append(
                {**place, "text": f"{name} = {value:.4g}", "showarrow": False, "xanchor": "right", "xshift": shift}
            )
            told.append(f"The {name} is {value:.4g}.")
    positive = y[is_finite & (y > 0)]
    is_wide = positive.size == np.count_nonzero(is_finite) > 0 and positive.max() > 10 * positive.min()
    layout: dict[str, Any] = {
        "xaxis": {"type": "log"}, "yaxis": {"type": "log" if is_wide else "linear", "exponentformat": "power"},
        "shapes": shapes, "annotations": notes,
    }  # fmt: skip
    return Picture("Loss over learning rates", " ".join(told), tuple(traces), ("learning rate", f"loss{after}"), layout)
