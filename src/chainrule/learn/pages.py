"""Owns the frame around every page, the list of lessons, and which page belongs to an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import dash_mantine_components as dmc
from dash import dcc, html

from chainrule.learn.blocks import Lesson
from chainrule.learn.opening import Opening
from chainrule.learn.rendering import lesson_page

THEME = {"primaryColor": "blue", "primaryShade": {"light": 8, "dark": 5}, "respectReducedMotion": True}


def frame() -> dmc.MantineProvider:
    """Return what surrounds every page: links, the switch between light and dark, and what the browser keeps."""
    links = (("/", "Lessons"), ("/explorer", "Explorer"), ("/playground", "Playground"))
    return dmc.MantineProvider(
        [
            dcc.Location(id="address", refresh=False),
            dcc.Store(id="scheme", storage_type="local"),
            dcc.Store(id="progress", storage_type="local"),
            html.A("Skip to the content", href="#content", className="skip"),
            html.Header(
                [
                    html.Strong("chainrule"),
                    html.Nav([dcc.Link(name, href=path) for path, name in links], **{"aria-label": "Main"}),
                    html.Button("Dark", id="switch", **{"aria-label": "Switch between light and dark"}),
                ]
            ),
            html.Main(id="content", tabIndex="-1"),
        ],
        id="provider",
        theme=THEME,
    )


def page(
    path: str,
    query: str | None,
    lessons: Sequence[Lesson],
    others: Mapping[str, Any],
    opened: Callable[[Lesson], Opening],
    is_dark: bool,
) -> Any:
    """Return the page of an address.

    others: functions from the query of the address to the pages that are no lessons. opened: gives what a lesson shows at first.
    """
    path = unquote(path or "/").rstrip("/") or "/"
    if path == "/":
        return home(lessons)
    if path in others:
        return others[path](query)
    for place, lesson in enumerate(lessons):
        if path == f"/lessons/{lesson.slug}":
            before = lessons[place - 1] if place else None
            after = lessons[place + 1] if place + 1 < len(lessons) else None
            return lesson_page(place + 1, lesson, before, after, opened(lesson), is_dark)
    return html.Div([html.H1("There is no such page"), html.P(["Go to the ", dcc.Link("lessons", href="/"), "."])])


def home(lessons: Sequence[Lesson]) -> html.Div:
    """Return the list of lessons, with what is solved of each."""
    rows = [
        html.Li(
            [
                dcc.Link(lesson.title, href=f"/lessons/{lesson.slug}"),
                html.Span(
                    [
                        f"{lesson.minutes} min · ",
                        html.Span(id={"part": "solved", "lesson": lesson.slug, "of": len(lesson.exercises)}),
                    ],
                    className="meta",
                ),
                html.P(lesson.goal),
            ]
        )
        for lesson in lessons
    ]
    return html.Div(
        [
            html.H1("The calculus that machine learning runs on"),
            html.P(
                f"{len(lessons)} lessons, about {sum(lesson.minutes for lesson in lessons)} minutes in all. Every figure and its "
                "numbers are computed by the library while you read, and every answer that you give is checked. Nothing leaves "
                "this machine.",
                className="goal",
            ),
            html.Ol(rows, className="lessons"),
            html.P(
                [
                    "Afterwards, or before: the ",
                    dcc.Link("explorer", href="/explorer"),
                    " takes any function apart, and the ",
                    dcc.Link("playground", href="/playground"),
                    " trains a small network before your eyes.",
                ]
            ),
            html.Div(html.Button("Clear my progress", id="clear"), className="buttons"),
        ]
    )
