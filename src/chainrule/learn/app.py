"""Owns the site: the application with its pages, callbacks and protection."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update

from chainrule.learn import callbacks
from chainrule.learn.blocks import Lesson, Live
from chainrule.learn.explorer import page as explorer
from chainrule.learn.lessons.table import LESSONS
from chainrule.learn.opening import Opening, opening
from chainrule.learn.pages import frame, page
from chainrule.learn.playground import page as playground
from chainrule.learn.security import protect
from chainrule.learn.workers import RefusedError, Workers

_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


def create_app(workers: Workers, hosts: Sequence[str] = ()) -> Dash:
    """Return the site. hosts: the names under which it is reached, besides this machine's own."""
    app = Dash(
        __name__,
        title="chainrule",
        update_title="",
        serve_locally=True,
        suppress_callback_exceptions=True,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
        index_string=_INDEX,
        assets_folder="assets",
        include_assets_files=True,
        compress=False,
    )
    app.layout = frame()
    lives = {
        f"{lesson.slug}/{block.name}": block for lesson in LESSONS for block in lesson.body if isinstance(block, Live)
    }
    others = {"/explorer": explorer.layout, "/playground": playground.layout}
    _navigate(app, workers, others)
    _keep(app)
    callbacks.follow_controls(app, workers, lives)
    callbacks.copy_code(app)
    callbacks.grade_exercises(app, workers)
    explorer.connect(app, workers)
    playground.connect(app, workers)
    protect(app, hosts)
    return app


def _navigate(app: Dash, workers: Workers, others: dict[str, Any]) -> None:
    @functools.cache  # one for each lesson: nothing that a visitor chooses is in it
    def opened(lesson: Lesson) -> Opening:
        found: Opening = workers.run(opening, lesson)
        return found

    @app.callback(
        Output("content", "children"),
        Input("address", "pathname"),
        Input("scheme", "data"),
        State("address", "search"),
        State("switch", "n_clicks"),
    )
    def show(path: str, scheme: str | None, query: str | None, switched: int | None) -> Any:
        if switched and ctx.triggered_id == "scheme":
            return no_update  # the figures follow the switch by themselves
        try:
            return page(path, query, LESSONS, others, opened, scheme == "dark")
        except RefusedError as refusal:
            return html.P(str(refusal), role="alert", className="problem")

    titles = {"/": "Lessons", "/explorer": "Explorer", "/playground": "Playground"}
    titles |= {f"/lessons/{lesson.slug}": lesson.title for lesson in LESSONS}
    app.clientside_callback(
        f"""function(path) {{
            const titles = {json.dumps(titles)};
            document.title = (titles[path] || "No such page") + " · chainrule";
            return window.dash_clientside.no_update;
        }}""",
        Output("content", "title"),
        Input("address", "pathname"),
    )


def _keep(app: Dash) -> None:
    """Keep the color scheme and the progress in the browser."""
    app.clientside_callback(
        """function(clicks, kept) {
            const system = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
            const now = kept || system;
            return clicks ? (now === "dark" ? "light" : "dark") : now;
        }""",
        Output("scheme", "data"),
        Input("switch", "n_clicks"),
        State("scheme", "data"),
    )
    app.clientside_callback(
        """function(scheme) { return [scheme || "light", scheme === "dark" ? "Light" : "Dark"]; }""",
        Output("provider", "forceColorScheme"),
        Output("switch", "children"),
        Input("scheme", "data"),
    )
    app.clientside_callback(
        """function(progress, ids) {
            const solved = Object.keys(progress || {});
            return ids.map(id => {
                const count = solved.filter(key => key.startsWith(id.lesson + "|")).length;
                return count + " of " + id.of + " solved";
            });
        }""",
        Output({"part": "solved", "lesson": ALL, "of": ALL}, "children"),
        Input("progress", "data"),
        Input({"part": "solved", "lesson": ALL, "of": ALL}, "id"),
    )
    app.clientside_callback(
        """function(clicks) { return clicks ? {} : window.dash_clientside.no_update; }""",
        Output("progress", "data", allow_duplicate=True),
        Input("clear", "n_clicks"),
        prevent_initial_call=True,
    )
