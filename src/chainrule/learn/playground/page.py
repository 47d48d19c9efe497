"""Owns the page of the playground: what stands where, and what happens when the reader acts.

The server keeps nothing: the browser holds the weights, and sends them with each request for some more steps.
"""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, ctx, dcc, html, no_update

from chainrule.learn.playground import controls
from chainrule.learn.playground.state import FILE, NAMES, Settings, checked, from_address
from chainrule.learn.playground.training import chunk_of
from chainrule.learn.playground.upload import Table, read_upload
from chainrule.learn.playground.view import FIGURES, Look, backpropagation, script, train, walk_drawing
from chainrule.learn.rendering import markdown
from chainrule.learn.workers import RefusedError, Workers

SECONDS = 10.0
"""A request may take so long: the first one of a new network compiles its step."""
PAUSE = 60
"""Milliseconds between an answer and the next request of a training that runs."""
INSIDE = 4
"""Of so many answers of a training that runs, one shows the inside of the network too."""

_CHOSEN = [State(controls.field(name), "value") for name in NAMES]
_KEPT = [State("playground-file", "data"), State("playground-state", "data")]
_LOOK = [State("playground-part", "value"), State("playground-point", "value")]


def layout(query: str | None = None) -> html.Div:
    """Return the page, filled in with what the address holds."""
    return html.Div(
        [
            dcc.Store(id="playground-state"),
            dcc.Store(id="playground-file"),
            dcc.Store(id="playground-steps"),
            dcc.Interval(id="playground-clock", interval=PAUSE, disabled=True),
            html.H1("Playground"),
            html.P(
                "Train a small network, watch it learn, and look into every weight. This page's address keeps what you choose.",
                className="goal",
            ),
            html.H2("Choose"),
            controls.settings_form(from_address(query)),
            html.H2("Train"),
            controls.buttons(),
            html.Div(
                [controls.figure("boundary", "What the network says"), controls.figure("losses", "Losses")], className="pair"
            ),
            html.H2("Look inside"),
            markdown(
                "The inputs are $x$ and $y$; the units of the hidden layers $a_1, a_2, \\dots$, $b_1, \\dots$ and $c_1, \\dots$; "
                r"the score is $s$, and $p = \sigma(s)$ is the probability that the network gives to the second class."
            ),
            html.Div(
                [controls.figure("network", "The network"), controls.figure("gradients", "Gradients per layer")],
                className="pair",
            ),
            html.H3("Diagnosis"),
            dcc.Markdown(id="playground-diagnosis"),
            html.H3("One part of it"),
            controls.choice_of_part(),
            dcc.Markdown(id="playground-details", mathjax=True),
            html.H2("Step through one backpropagation"),
            html.P("From the part chosen above to the loss of the training point chosen above, and back."),
            controls.walk_region(),
            html.H2("Take it with you"),
            html.P("A Python script of the same functions, which prints the same losses to the last digit."),
            html.Div(html.Button("Download the script", id="playground-download"), className="buttons"),
            dcc.Download(id="playground-script"),
        ],
        className="playground",
    )  # fmt: skip


def connect(app: Dash, workers: Workers) -> None:
    """Let the page answer."""
    _train(app, workers)
    _keep_address(app)
    _take_file(app, workers)
    _follow_clicks(app)
    _walk(app, workers)
    _download(app, workers)


def _train(app: Dash, workers: Workers) -> None:
    # All that starts, stops or changes a training is one callback: its newest call wins, so that no late answer of a training
    # that has been reset is shown.
    @app.callback(
        Output("playground-state", "data"),
        *(Output(f"playground-{name}", "figure") for name in FIGURES),
        *(Output(f"playground-{name}-summary", "children") for name in FIGURES),
        *(Output(f"playground-{name}", "children") for name in ("progress", "status", "diagnosis", "details", "train")),
        Output("playground-part", "data"),
        Output("playground-part", "value"),
        Output("playground-clock", "disabled"),
        Output("playground-clock", "max_intervals"),
        Output("playground-problem", "children"),
        *(Input(f"playground-{name}", "n_clicks") for name in ("train", "step", "reset")),
        Input("playground-clock", "n_intervals"),
        Input("scheme", "data"),
        Input("playground-part", "value"),
        Input("playground-point", "value"),
        Input("playground-file", "data"),
        *(Input(controls.field(name), "value") for name in NAMES),
        State("playground-state", "data"),
    )
    def act(_: Any, __: Any, ___: Any, ticks: Any, scheme: Any, part: Any, point: Any, file: Any, *rest: Any) -> Any:
        *values, kept = rest
        settings = checked(dict(zip(NAMES, values, strict=True)))
        kept, is_running, count = _asked(str(ctx.triggered_id or ""), settings, kept)
        tick = ticks if isinstance(ticks, int) else 0
        is_brief = ctx.triggered_id == "playground-clock" and is_running and tick % INSIDE > 0
        look = _look(part, point, scheme, is_brief)
        try:
            view = workers.run_for(SECONDS, train, settings, file, kept, count, look)
        except RefusedError as refusal:
            nothing = (no_update,) * (2 * len(FIGURES) + 4)
            return (None, *nothing, "Train", no_update, no_update, True, no_update, str(refusal))
        is_running = is_running and not view.is_over
        status = view.status or ("Training …" if is_running else "")
        label = "Pause" if is_running else "Train again" if view.is_over else "Train"
        store = {**view.store, "settings": settings.address(), "is_running": is_running, "is_over": view.is_over}
        return (
            store, *(view.figures.get(name, no_update) for name in FIGURES),
            *(view.summaries.get(name, no_update) for name in FIGURES),
            view.progress, status, view.diagnosis or no_update, view.details or no_update, label,
            [{"value": name, "label": words} for name, words in view.parts], view.part,
            not is_running, tick + 1, "",
        )  # fmt: skip


def _asked(trigger: str, settings: Settings, kept: Any) -> tuple[Any, bool, int]:
    """Return the training to go on with, None for a new one, whether it is to run, and how many steps are to be taken now."""
    is_new = trigger in ("playground-reset", "playground-file") or trigger.startswith(controls.field(""))
    if is_new or not isinstance(kept, dict) or kept.get("settings") != settings.address():
        kept = None
    is_running = kept is not None and kept.get("is_running") is True
    if trigger == "playground-train":
        is_running = not is_running
        if kept is not None and kept.get("is_over") is True:
            kept = None
    elif trigger == "playground-step":
        return kept, False, 1
    is_tick = is_running and trigger in ("playground-clock", "playground-train")
    return kept, is_running, chunk_of(settings.steps) if is_tick else 0


def _look(part: Any, point: Any, scheme: Any = None, is_brief: bool = False) -> Look:
    number = int(point) if isinstance(point, int | float) and abs(point) < 1e6 else 1
    return Look(str(part)[:20], number, scheme == "dark", is_brief)


def _keep_address(app: Dash) -> None:
    @app.callback(
        Output("address", "search", allow_duplicate=True),
        Input("playground-state", "data"),
        State("address", "pathname"),
        *_CHOSEN,
        prevent_initial_call=True,
    )
    def write(_: Any, path: Any, *values: Any) -> Any:
        if path != "/playground":  # the reader has gone on meanwhile
            return no_update
        return checked(dict(zip(NAMES, values, strict=True))).address()


def _take_file(app: Dash, workers: Workers) -> None:
    @app.callback(
        Output("playground-file", "data"),
        Output(controls.field("data"), "value"),
        Output("playground-upload-status", "children"),
        Input("playground-upload", "contents"),
        State("playground-upload", "filename"),
        prevent_initial_call=True,
    )
    def take(contents: str | None, name: str | None) -> Any:
        if not contents:
            return no_update, no_update, no_update
        try:
            table: Table = workers.run(read_upload, str(contents))
        except RefusedError as refusal:
            return no_update, no_update, str(refusal)
        first, second = table.classes
        told = (
            f"{len(table.points):,} points of {str(name)[:60]}, labels {first} and {second}; x and y are moved and scaled to "
            "mean 0 and spread 1."
        )
        return table.to_store(), FILE, told


def _follow_clicks(app: Dash) -> None:
    @app.callback(
        Output("playground-part", "value", allow_duplicate=True),
        Input("playground-network", "clickData"),
        prevent_initial_call=True,
    )
    def choose_part(clicked: Any) -> Any:
        name = _clicked(clicked)
        return name if isinstance(name, str) and name not in ("x", "y") else no_update

    @app.callback(
        Output("playground-point", "value"), Input("playground-boundary", "clickData"), prevent_initial_call=True
    )
    def choose_point(clicked: Any) -> Any:
        number = _clicked(clicked)
        return number if isinstance(number, int) else no_update


def _clicked(clicked: Any) -> Any:
    points = clicked.get("points") if isinstance(clicked, dict) else None
    return points[0].get("customdata") if points and isinstance(points[0], dict) else None


def _walk(app: Dash, workers: Workers) -> None:
    @app.callback(
        Output("playground-steps", "data"),
        Output("playground-walk-about", "children"),
        Output("playground-walk-text", "children"),
        Output("playground-walk-details", "style"),
        Output("playground-walk-step", "children", allow_duplicate=True),
        Input("playground-walk", "n_clicks"),
        *_CHOSEN,
        *_KEPT,
        *_LOOK,
        prevent_initial_call=True,
    )
    def start(_: Any, *rest: Any) -> Any:
        *values, file, kept, part, point = rest
        settings = checked(dict(zip(NAMES, values, strict=True)))
        try:
            about, walked = workers.run_for(SECONDS, backpropagation, settings, file, kept, _look(part, point))
        except RefusedError as refusal:
            return None, "", "", {"display": "none"}, str(refusal)
        return {"steps": list(walked.steps), "at": 0}, about, walked.text, {}, no_update

    @app.callback(
        Output("playground-steps", "data", allow_duplicate=True),
        *(Input(f"playground-{name}", "n_clicks") for name in ("back", "next", "turn")),
        State("playground-steps", "data"),
        prevent_initial_call=True,
    )
    def move(_: Any, __: Any, ___: Any, walked: Any) -> Any:
        place = _place(walked)
        if place is None:
            return no_update
        at, turn, _last = place
        return {**walked, "at": {"playground-back": at - 1, "playground-next": at + 1}.get(str(ctx.triggered_id), turn)}

    @app.callback(
        Output("playground-walk-step", "children"),
        *(Output(f"playground-{name}", "disabled") for name in ("back", "next", "turn")),
        Input("playground-steps", "data"),
        *(State(each.component_id, each.component_property) for each in (*_CHOSEN, *_KEPT, *_LOOK)),
        prevent_initial_call=True,
    )
    def show(walked: Any, *rest: Any) -> Any:
        place = _place(walked)
        if place is None:
            return no_update, True, True, True
        at, turn, last = place
        step = walked["steps"][at]
        *values, file, kept, part, point = rest
        settings = checked(dict(zip(NAMES, values, strict=True)))
        try:
            drawing = workers.run_for(
                SECONDS, walk_drawing, settings, file, kept, _look(part, point), step.get("number")
            )
        except RefusedError:  # the words and the equation say it all
            drawing = ""
        return controls.step_shown(step, at + 1, last + 1, drawing), at == 0, at == last, at == turn


def _place(walked: Any) -> tuple[int, int, int] | None:
    """Return where in a walk the reader is, where its way back begins, and its end; None for what is no walk."""
    try:
        phases = [step["phase"] for step in walked["steps"] if step["text"] and step["equation"]]
        last = len(walked["steps"]) - 1
        return min(max(int(walked["at"]), 0), last), phases.index("backward"), last
    except (TypeError, KeyError, ValueError):
        return None


def _download(app: Dash, workers: Workers) -> None:
    @app.callback(
        Output("playground-script", "data"),
        Output("playground-problem", "children", allow_duplicate=True),
        Input("playground-download", "n_clicks"),
        *_CHOSEN,
        *_KEPT,
        prevent_initial_call=True,
    )
    def write(_: Any, *rest: Any) -> Any:
        *values, file, kept = rest
        try:
            content = workers.run(script, checked(dict(zip(NAMES, values, strict=True))), file, kept)
        except RefusedError as refusal:
            return no_update, str(refusal)
        return {"content": content, "filename": "playground.py"}, ""
