"""Owns the site: the application with its pages, callbacks and protection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import ALL, Dash, Input, Output, State

from chainrule.learn import callbacks, explorer, playground
from chainrule.learn.blocks import Code, Live
from chainrule.learn.lessons.table import LESSONS
from chainrule.learn.pages import frame, page
from chainrule.learn.security import protect
from chainrule.learn.workers import Workers

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
    blocks = [(lesson.slug, place, block) for lesson in LESSONS for place, block in enumerate(lesson.body)]
    lives = {f"{slug}/{block.name}": block for slug, _, block in blocks if isinstance(block, Live)}
    codes = {f"{slug}/{place}": block for slug, place, block in blocks if isinstance(block, Code)}
    others = {"/explorer": explorer.layout, "/playground": playground.layout}
    _navigate(app, others)
    _keep(app)
    callbacks.follow_controls(app, workers, lives)
    callbacks.run_code(app, workers, codes)
    callbacks.grade_exercises(app, workers)
    explorer.connect(app, workers)
    playground.connect(app, workers)
    protect(app, hosts)
    return app


def _navigate(app: Dash, others: dict[str, Any]) -> None:
    @app.callback(Output("content", "children"), Input("address", "pathname"), State("address", "search"))
    def show(path: str, query: str | None) -> Any:
        return page(path, query, LESSONS, others)

    titles = {"/": "Lessons", "/explorer": "Explorer", "/playground": "Playground"}
    titles |= {f"/lessons/{lesson.slug}": lesson.title for lesson in LESSONS}
    app.clientside_callback(
        f"""function(path) {{
            const titles = {titles!r};
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
