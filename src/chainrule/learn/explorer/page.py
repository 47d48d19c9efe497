"""Owns the page of the explorer: any function of one to three variables, or many, looked at from every side."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update

from chainrule.learn.explorer import state as states
from chainrule.learn.explorer.export import FORMATS
from chainrule.learn.explorer.findings import derive, explore
from chainrule.learn.figures import drawn
from chainrule.learn.methods import METHODS
from chainrule.learn.rendering import DRAWN, GRAPH, displayed, report
from chainrule.learn.workers import RefusedError, Workers
from chainrule.plots import Picture

FIELDS = ("function", "at", "detail", "method", "rate", "steps")
FIGURES = ("graph", "field", "paths", "losses")


def layout(query: str | None = None) -> html.Div:
    """Return the page, filled in with what the address holds."""
    start = states.from_address(query)
    return html.Div(
        [
            html.H1("Explorer"),
            html.P(
                "Type a function; the address of this page keeps all that you choose, so that you can share it.",
                className="goal",
            ),
            html.Div(
                [
                    dmc.TextInput(id=_field("function"), label="A function", value=start.function, debounce=400),
                    dmc.TextInput(id=_field("at"), label="At the point", value=start.at, debounce=400),
                    dmc.Select(
                        allowDeselect=False,
                        id=_field("detail"),
                        label="The derivation says",
                        data=list(states.DETAILS),
                        value=start.detail,
                    ),
                    dmc.Select(
                        allowDeselect=False,
                        id=_field("method"),
                        label="Method of descent",
                        data=list(METHODS),
                        value=start.method,
                    ),
                    dmc.NumberInput(
                        id=_field("rate"),
                        label="Learning rate",
                        value=start.rate,
                        min=1e-9,
                        max=1e3,
                        step=0.01,
                        debounce=300,
                    ),
                    dmc.NumberInput(
                        id=_field("steps"), label="Steps", value=start.steps, min=1, max=states.MOST_STEPS, debounce=300
                    ),
                ],
                className="controls",
            ),
            html.P(id="explorer-problem", role="alert", className="problem"),
            html.H2("Derivation"),
            dcc.Markdown(id="explorer-derivation", mathjax=True),
            html.Details([html.Summary("Hints without the answer"), dcc.Markdown(id="explorer-hints", mathjax=True)]),
            html.H2("At the point"),
            dcc.Markdown(id="explorer-values", mathjax=True),
            html.Figure(id=_place("field")),  # before the surface, which takes a browser four times as long
            html.Figure(id=_place("graph")),
            html.H2("Curvature"),
            report("explorer-curvature", "Curvature"),
            html.H2("Descent"),
            report("explorer-descent", "Descent"),
            html.Figure(id=_place("paths")),
            html.Figure(id=_place("losses")),
            html.H2("Which learning rate?"),
            report("explorer-advice", "Learning rates"),
            html.H2("Take it with you"),
            html.Div([html.Button(name, id=f"explorer-{name}") for name in FORMATS], className="buttons"),
            dcc.Download(id="explorer-file"),
        ],
        className="explorer",
    )


def _field(name: str) -> str:
    return f"explorer-field-{name}"


def _place(name: str) -> str:
    return f"explorer-{name}-figure"


def _figure(name: str, picture: Picture, is_dark: bool) -> list[Any]:
    return [
        dcc.Graph(id=f"explorer-{name}", figure=drawn(picture, is_dark), config=GRAPH, style=DRAWN, responsive=True),
        html.Figcaption(picture.summary, id=f"explorer-{name}-summary", className="summary"),
    ]


def connect(app: Dash, workers: Workers) -> None:
    """Let the page answer."""
    inputs = [Input(_field(name), "value") for name in FIELDS]

    @app.callback(
        Output("explorer-derivation", "children"),
        Output("explorer-hints", "children"),
        Output("explorer-problem", "children"),
        Output("address", "search"),
        *inputs,
    )
    def show_derivation(*values: Any) -> tuple[Any, ...]:
        chosen = _chosen(values)
        try:
            derived = workers.run(derive, chosen)
        except RefusedError as refusal:
            return no_update, no_update, str(refusal), chosen.address()
        return displayed(derived.derivation), displayed(derived.hints), "", chosen.address()

    @app.callback(
        *(Output(f"explorer-{name}", "children") for name in ("values", "curvature", "advice", "descent")),
        *(Output(_place(name), "children") for name in FIGURES),
        *inputs,
        Input("scheme", "data"),
    )
    def show_point(*values: Any) -> tuple[Any, ...]:
        *given, scheme = values
        try:
            found = workers.run(explore, _chosen(given))
        except RefusedError as refusal:
            return (str(refusal), *(no_update,) * (3 + len(FIGURES)))
        pictures = [(name, found.figures.get(name)) for name in FIGURES]
        return (
            displayed(found.values), found.curvature, found.advice, found.descent,
            *(None if one is None else _figure(name, one, scheme == "dark") for name, one in pictures),
        )  # fmt: skip

    @app.callback(
        Output("explorer-file", "data"),
        *(Input(f"explorer-{name}", "n_clicks") for name in FORMATS),
        *(State(_field(name), "value") for name in FIELDS),
        prevent_initial_call=True,
    )
    def write(*values: Any) -> Any:
        name = str(ctx.triggered_id).removeprefix("explorer-")
        make, file = FORMATS[name]
        try:
            content = workers.run(make, _chosen(values[len(FORMATS) :]))
        except RefusedError:
            return no_update  # the page says why already
        return {"content": content, "filename": file}


def _chosen(values: Any) -> states.State:
    return states.checked(states.State(), dict(zip(FIELDS, values, strict=True)))
