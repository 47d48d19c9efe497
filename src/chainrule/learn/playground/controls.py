"""Owns the controls of the playground, and the regions in which it answers."""

from __future__ import annotations

import base64
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from chainrule.learn.playground.state import MOST_SEED, MOST_STEPS, MOST_UNITS, Settings, choices
from chainrule.learn.playground.upload import MOST_BYTES, MOST_ROWS
from chainrule.learn.rendering import GRAPH

_WORDS = {
    "data": "Data", "noise": "Noise", "seed": "Seed", "first": "Units in hidden layer a", "second": "Units in hidden layer b",
    "third": "Units in hidden layer c", "activation": "Activation", "loss": "Loss", "method": "Method", "schedule": "Schedule",
    "rate": "Learning rate", "batch": "Batch size", "steps": "Steps", "start": "First weights",
}  # fmt: skip
_GROUPS = (
    ("Data", ("data", "noise", "seed")),
    ("Network", ("first", "second", "third", "activation", "start")),
    ("Training", ("loss", "method", "schedule", "rate", "batch", "steps")),
)
_NUMBERS: dict[str, dict[str, Any]] = {
    "noise": {"min": 0, "max": 0.5, "step": 0.05, "decimalScale": 3},
    "seed": {"min": 0, "max": MOST_SEED, "step": 1, "allowDecimal": False},
    "rate": {"min": 1e-6, "max": 100, "step": 0.01},
    "steps": {"min": 1, "max": MOST_STEPS, "step": 50, "allowDecimal": False},
}


def field(name: str) -> str:
    """Return the id of the control of a setting."""
    return f"playground-field-{name}"


def settings_form(start: Settings) -> html.Div:
    """Return the controls of all settings, in groups."""
    groups = [
        html.Fieldset(
            [html.Legend(title), html.Div([_control(name, start) for name in names], className="settings")]
            + ([_upload()] if title == "Data" else []),
        )
        for title, names in _GROUPS
    ]
    return html.Div(groups, className="playground-form")


def _control(name: str, start: Settings) -> Any:
    value = getattr(start, name)
    if name in _NUMBERS:
        return dmc.NumberInput(id=field(name), label=_WORDS[name], value=value, debounce=300, **_NUMBERS[name])
    if name in ("first", "second", "third"):
        options = [{"value": "0", "label": "none"}] + [
            {"value": str(units), "label": str(units)} for units in range(1, MOST_UNITS + 1)
        ]
        return dmc.Select(allowDeselect=False, id=field(name), label=_WORDS[name], data=options, value=str(value))
    return dmc.Select(allowDeselect=False, id=field(name), label=_WORDS[name], data=choices(name), value=value)


def _upload() -> html.Div:
    return html.Div(
        [
            # The label opens the file dialog of the input inside it, and is what a screen reader says of that.
            html.Label(
                dcc.Upload(
                    html.Span("Choose a CSV file", className="button"),
                    id="playground-upload",
                    max_size=MOST_BYTES,
                    accept=".csv,text/csv",
                    disable_click=True,
                )
            ),
            html.P(
                f"Columns x, y and label, with two labels; at most {MOST_ROWS:,} points. The file stays on this machine.",
                className="summary",
            ),
            html.P(id="playground-upload-status", role="status", className="summary"),
        ],
        className="upload",
    )


def buttons() -> html.Div:
    """Return the buttons of the training, and where it says how far it is."""
    return html.Div(
        [
            html.Div(
                [
                    html.Button("Train", id="playground-train"),
                    html.Button("One step", id="playground-step"),
                    html.Button("Reset", id="playground-reset"),
                ],
                className="buttons",
            ),
            html.P(id="playground-progress", className="progress"),
            html.P(id="playground-status", role="status"),
            html.P(id="playground-problem", role="alert", className="problem"),
        ]
    )


def figure(name: str, title: str) -> html.Figure:
    """Return a figure with its summary in words below it."""
    return html.Figure(
        [
            dcc.Graph(
                id=f"playground-{name}",
                config={**GRAPH, "displayModeBar": False},
                responsive=True,
                style={"height": "380px"},
            ),
            html.Figcaption(id=f"playground-{name}-summary", className="summary"),
        ],
        **{"aria-label": title},
    )


def choice_of_part() -> html.Div:
    """Return the choice of a part of the network and of a training point."""
    return html.Div(
        [
            dmc.Select(allowDeselect=False, id="playground-part", label="Unit, weight or constant", data=["a1"], value="a1"),
            dmc.NumberInput(
                id="playground-point", label="Training point", value=1, min=1, max=MOST_ROWS, step=1, allowDecimal=False,
                debounce=300,
            ),
        ],
        className="settings",
    )  # fmt: skip


def walk_region() -> html.Div:
    """Return the buttons that step through a backpropagation, and where the step is shown."""
    return html.Div(
        [
            html.Div(
                [
                    html.Button("Walk through it", id="playground-walk"),
                    html.Button("Back", id="playground-back", disabled=True),
                    html.Button("Next", id="playground-next", disabled=True),
                    html.Button("To the way back", id="playground-turn", disabled=True),
                ],
                className="buttons",
            ),
            html.P(id="playground-walk-about"),
            html.Details(
                [html.Summary("The mathematics that is run"), html.Pre(id="playground-walk-text")],
                id="playground-walk-details",
                style={"display": "none"},
            ),
            html.Div(id="playground-walk-step", role="status", className="walk"),
        ]
    )


def step_shown(step: dict[str, Any], number: int, count: int, drawing: str) -> list[Any]:
    """Return a step of a walk: what happens in words, as an equation, and in the graph. drawing: an SVG, or nothing."""
    way = "Forward" if step["phase"] == "forward" else "Backward"
    said = html.P([html.Strong(f"{way}, step {number} of {count}. "), step["text"]])
    if not drawing:
        return [said, html.Pre(step["equation"])]
    source = f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
    picture = html.Img(src=source, alt="The graph as far as it is known after this step", tabIndex="0")  # it may scroll
    return [said, html.Pre(step["equation"]), html.Div(picture)]
