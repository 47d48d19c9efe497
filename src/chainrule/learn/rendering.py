"""Owns how blocks become components: headings, text with formulas, controls, figures, exercises."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import dedent
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from chainrule.learn.blocks import Block, Choice, Code, Control, Exercise, Formula, Lesson, Live, Slider, Text

GRAPH = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"], "responsive": True}
_DISPLAYED = re.compile(r"^[ \t]*\$\$(.+?)\$\$[ \t]*$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!\$)\$(?!\\displaystyle)([^$\n]*\\frac[^$\n]*)\$(?!\$)")


def markdown(text: str, **properties: Any) -> dcc.Markdown:
    """Return text with formulas; HTML in it is shown as text."""
    return dcc.Markdown(_on_lines_of_their_own(dedent(text)), mathjax=True, link_target="_self", **properties)


def displayed(text: str) -> str:
    r"""Return computed text with its fractions as large as in a formula on a line of its own.

    >>> displayed(r"The slope is $\frac{dy}{dx}$.")
    'The slope is $\\displaystyle \\frac{dy}{dx}$.'
    """
    return _INLINE.sub(r"$\\displaystyle \1$", _on_lines_of_their_own(text))


def _on_lines_of_their_own(text: str) -> str:
    """Return the text with the dollar signs of displayed formulas alone on their lines, as the renderer wants them."""
    return _DISPLAYED.sub(lambda found: f"\n$$\n{found[1].strip()}\n$$\n", text)


def lesson_page(number: int, lesson: Lesson, before: Lesson | None, after: Lesson | None) -> html.Div:
    """Return the page of a lesson."""
    return html.Div(
        [
            html.H1(f"{number}. {lesson.title}"),
            html.P(f"{lesson.goal} About {lesson.minutes} minutes.", className="goal"),
            *(_block(lesson.slug, place, block) for place, block in enumerate(lesson.body)),
            html.H2("Now change this"),
            html.Ul([html.Li(markdown(item)) for item in lesson.change]),
            html.H2("Exercises"),
            *(exercise(lesson.slug, place, item) for place, item in enumerate(lesson.exercises, 1)),
            html.H2("Key takeaways"),
            html.Ul([html.Li(markdown(item)) for item in lesson.takeaways]),
            _neighbors(before, after),
        ],
        className="lesson",
    )


def _block(slug: str, place: int, block: Block) -> Any:
    if isinstance(block, Text):
        return markdown(block.markdown)
    if isinstance(block, Code):
        return _code(f"{slug}/{place}", block)
    return live(f"{slug}/{block.name}", block)


def _code(key: str, block: Code) -> html.Div:
    source = html.Pre(html.Code(block.source, id={"part": "source", "code": key}), tabIndex="0")
    copy = html.Button("Copy", id={"part": "copy", "code": key}, **{"aria-live": "polite"})
    printed = html.Pre(html.Samp(id={"part": "printed", "code": key}), tabIndex="0", **{"aria-label": "What it prints"})
    return html.Div([html.Div([source, copy], className="code"), html.P("It prints:"), printed])


def live(key: str, block: Live) -> html.Section:
    """Return a live figure: its controls, the figure, its summary in words, and its text. `key` is unique on the page."""
    return html.Section(
        [
            html.H2(block.title),
            html.Div([control(key, item) for item in block.controls], className="controls"),
            html.P(id={"part": "problem", "live": key}, role="alert", className="problem"),
            html.Figure(
                [
                    dcc.Graph(
                        id={"part": "figure", "live": key}, config=GRAPH, style={"display": "none"}, responsive=True
                    ),
                    html.Img(id={"part": "drawing", "live": key}, style={"display": "none"}, alt=""),
                    html.Figcaption(id={"part": "summary", "live": key}, className="summary"),
                ]
            ),
            dcc.Markdown(id={"part": "text", "live": key}, mathjax=True),
            report({"part": "report", "live": key}, block.title),
        ],
        className="live",
        **{"aria-label": block.title},
    )


def report(identity: Any, title: str) -> html.Pre:
    """Return a place for what a record prints; it can be reached from the keyboard, since it may scroll."""
    return html.Pre(id=identity, tabIndex="0", className="report", **{"aria-label": f"Report: {title}"})


def control(key: str, item: Control) -> html.Div:
    """Return a control with its label."""
    name = {"part": "control", "live": key, "name": item.name}
    if isinstance(item, Slider):
        marks = [{"value": value, "label": _label(value, item.powers)} for value in (item.low, item.high)]
        slider = dmc.Slider(
            id=name, min=item.low, max=item.high, step=item.step, value=item.value, updatemode="drag", precision=6,
            thumbLabel=item.label, marks=marks, label=None,
        )  # fmt: skip
        shown = html.Output("", id={"part": "reading", "live": key, "name": item.name})
        return html.Div([html.Div([f"{item.label}: ", shown], className="label"), slider], className="control")
    if isinstance(item, Choice):
        options = list(item.options)
        return html.Div(
            dmc.Select(allowDeselect=False, id=name, label=item.label, data=options, value=options[0]),
            className="control",
        )
    return html.Div(dmc.TextInput(id=name, label=item.label, value=item.value, debounce=400), className="control")


def reading(item: Control, value: Any) -> Any:
    """Return the value that a control hands on: a slider of powers gives the power of ten."""
    if isinstance(item, Slider):
        number = float(item.value if value is None else value)
        number = min(max(number, item.low), item.high)
        return 10.0**number if item.powers else number
    if isinstance(item, Choice):
        return value if value in item.options else item.options[0]
    assert isinstance(item, Formula)
    return str(value or "")[:300]


def _label(value: float, powers: bool) -> str:
    return f"{10.0**value:.3g}" if powers else f"{value:.3g}"


def exercise(slug: str, place: int, item: Exercise) -> html.Section:
    """Return an exercise; its text is filled in when the page is shown."""
    key = f"{slug}|{place}|{item.topic}|{item.level}|{item.seed}"
    name = f"Exercise {place}"
    return html.Section(
        [
            html.H3(name),
            dcc.Markdown(id={"part": "problem text", "exercise": key}, mathjax=True),
            dmc.TextInput(id={"part": "answer", "exercise": key}, label=f"Your answer to exercise {place}"),
            html.Div(
                [
                    html.Button("Check", id={"part": "check", "exercise": key}),
                    html.Button("Hint", id={"part": "hint", "exercise": key}),
                    html.Button("Show the derivation", id={"part": "derivation", "exercise": key}),
                ],
                className="buttons",
            ),
            html.Div(id={"part": "feedback", "exercise": key}, role="status", className="feedback"),
        ],
        className="exercise",
        **{"aria-label": name},
    )


def _neighbors(before: Lesson | None, after: Lesson | None) -> html.Nav:
    links: Sequence[Any] = [
        dcc.Link(f"← {before.title}", href=f"/lessons/{before.slug}") if before else html.Span(),
        dcc.Link(f"{after.title} →", href=f"/lessons/{after.slug}") if after else html.Span(),
    ]
    return html.Nav(links, className="neighbors", **{"aria-label": "Neighboring lessons"})
