"""Owns what happens when the reader acts: live figures follow their controls, exercises are graded, progress is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from dash import ALL, MATCH, Dash, Input, Output, State, ctx, html, no_update

from chainrule.learn.answers import derivation, grade, hint
from chainrule.learn.blocks import Live
from chainrule.learn.rendering import displayed, face, markdown
from chainrule.learn.values import reading
from chainrule.learn.workers import RefusedError, Workers

_LOG = logging.getLogger(__name__)


def follow_controls(app: Dash, workers: Workers, lives: Mapping[str, Live]) -> None:
    """Let every live figure follow its controls. lives: by the key that is unique on all pages."""

    @app.callback(
        Output({"part": "figure", "live": MATCH}, "figure"),
        Output({"part": "figure", "live": MATCH}, "style"),
        Output({"part": "drawing", "live": MATCH}, "src"),
        Output({"part": "drawing", "live": MATCH}, "style"),
        Output({"part": "drawing", "live": MATCH}, "alt"),
        Output({"part": "summary", "live": MATCH}, "children"),
        Output({"part": "text", "live": MATCH}, "children"),
        Output({"part": "report", "live": MATCH}, "children"),
        Output({"part": "problem", "live": MATCH}, "children"),
        Output({"part": "reading", "live": MATCH, "name": ALL}, "children"),
        Input({"part": "control", "live": MATCH, "name": ALL}, "value"),
        Input("scheme", "data"),
        State({"part": "figure", "live": MATCH}, "id"),
        prevent_initial_call=True,  # the page comes with what is seen at first
    )
    def show(values: list[Any], scheme: str | None, identity: dict[str, str]) -> tuple[Any, ...]:
        live = lives[identity["live"]]
        given = {item.name: reading(item, value) for item, value in zip(live.controls, values, strict=True)}
        readings = [f"{given[item['id']['name']]:.4g}" for item in ctx.outputs_list[-1]]
        try:
            shown = workers.run(live.show, **given)
        except RefusedError as refusal:
            return (*(no_update,) * 8, str(refusal), readings)
        return (*(no_update if part is None else part for part in face(shown, scheme == "dark")), "", readings)

    @app.callback(
        Output({"part": "control", "live": MATCH, "name": ALL}, "value"),
        Input({"part": "figure", "live": MATCH}, "clickData"),
        State({"part": "figure", "live": MATCH}, "id"),
        prevent_initial_call=True,
    )
    def click(clicked: Any, identity: dict[str, str]) -> list[Any]:
        live = lives[identity["live"]]
        names = [item["id"]["name"] for item in ctx.outputs_list]
        if live.click is None or not clicked or not clicked.get("points"):
            return [no_update] * len(names)
        point = clicked["points"][0]
        given = dict(zip(live.click, (point.get("x"), point.get("y")), strict=True))
        return [given.get(name, no_update) for name in names]


def copy_code(app: Dash) -> None:
    """Let every program of the lessons be copied."""
    app.clientside_callback(
        """function(clicks, source) {
            if (navigator.clipboard) { navigator.clipboard.writeText(source); return "Copied"; }
            return "Select the text to copy it";  // browsers have no clipboard for pages without TLS
        }""",
        Output({"part": "copy", "code": MATCH}, "children"),
        Input({"part": "copy", "code": MATCH}, "n_clicks"),
        State({"part": "source", "code": MATCH}, "children"),
        prevent_initial_call=True,
    )


def grade_exercises(app: Dash, workers: Workers) -> None:
    """Let exercises be answered, hinted at and solved."""

    @app.callback(
        Output({"part": "feedback", "exercise": MATCH}, "children"),
        Input({"part": "check", "exercise": MATCH}, "n_clicks"),
        Input({"part": "answer", "exercise": MATCH}, "n_submit"),
        Input({"part": "hint", "exercise": MATCH}, "n_clicks"),
        Input({"part": "derivation", "exercise": MATCH}, "n_clicks"),
        State({"part": "answer", "exercise": MATCH}, "value"),
        State({"part": "check", "exercise": MATCH}, "id"),
        prevent_initial_call=True,
    )
    def answer(
        _: int | None, __: int | None, hints: int | None, ___: int | None, value: str | None, identity: dict[str, str]
    ) -> Any:
        part = ctx.triggered_id["part"]
        key = identity["exercise"]
        if part == "hint":
            return markdown(displayed(_run(workers, hint, key, hints or 1)))
        if part == "derivation":
            found = _run(workers, derivation, key)
            text, printed = (found, "") if isinstance(found, str) else found
            return [html.Pre(printed, tabIndex="0")] * bool(printed) + [markdown(displayed(text))]
        if not (value or "").strip():
            return "Type an answer first."
        graded = _run(workers, grade, key, value)
        if isinstance(graded, str):
            return graded
        is_right, said = graded
        return html.Div(
            [html.Strong("Right. " if is_right else "Not yet. "), said], className="right" if is_right else "wrong"
        )

    app.clientside_callback(
        """function(feedback, progress, ids) {
            const solved = {...(progress || {})};
            let is_new = false;
            feedback.forEach((found, place) => {
                const is_right = found && found.props && found.props.className === "right";
                const key = ids[place].exercise;
                if (is_right && !solved[key]) { solved[key] = true; is_new = true; }
            });
            return is_new ? solved : window.dash_clientside.no_update;
        }""",
        Output("progress", "data"),
        Input({"part": "feedback", "exercise": ALL}, "children"),
        State("progress", "data"),
        State({"part": "feedback", "exercise": ALL}, "id"),
        prevent_initial_call=True,
    )


def _run(workers: Workers, function: Callable[..., Any], *args: Any) -> Any:
    try:
        return workers.run(function, *args)
    except RefusedError as refusal:
        return str(refusal)
