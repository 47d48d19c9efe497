"""Owns how blocks become components: headings, text with formulas, controls, figures, exercises."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from textwrap import dedent
from typing import Any, NamedTuple

import dash_mantine_components as dmc
from dash import dcc, html

from chainrule.learn.blocks import Block, Choice, Code, Control, Exercise, Lesson, Live, Shown, Slider, Text
from chainrule.learn.figures import drawn
from chainrule.learn.opening import Opening
from chainrule.learn.values import at_start

GRAPH = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"], "responsive": True}
HIDDEN, SEEN = {"display": "none"}, {"display": "block"}
DRAWN = {"display": "block", "height": "420px"}
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


class Face(NamedTuple):
    """What the components of a live figure hold. figure: None where there is none."""

    figure: Any
    figure_style: dict[str, str]
    source: str
    drawing_style: dict[str, str]
    alt: str
    summary: str
    text: str
    report: str


def face(shown: Shown, is_dark: bool) -> Face:
    """Return what is shown as the components of a live figure take it."""
    picture, drawing = shown.picture, shown.drawing
    return Face(
        None if picture is None else drawn(picture, is_dark),
        HIDDEN if picture is None else DRAWN,
        f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}" if drawing else "",
        SEEN if drawing else HIDDEN,
        shown.summary,
        shown.summary if picture is None else picture.summary,
        displayed(shown.text),
        shown.report,
    )


def lesson_page(
    number: int, lesson: Lesson, before: Lesson | None, after: Lesson | None, start: Opening, is_dark: bool
) -> html.Div:
    """Return the page of a lesson. start: what it shows at first."""
    exercises = zip(lesson.exercises, start.problems, strict=True)
    return html.Div(
        [
            html.H1(f"{number}. {lesson.title}"),
            html.P(f"{lesson.goal} About {lesson.minutes} minutes.", className="goal"),
            *(_block(lesson.slug, place, block, start, is_dark) for place, block in enumerate(lesson.body)),
            html.H2("Now change this"),
            html.Ul([html.Li(markdown(item)) for item in lesson.change]),
            html.H2("Exercises"),
            *(exercise(lesson.slug, place, item, text) for place, (item, text) in enumerate(exercises, 1)),
            html.H2("Key takeaways"),
            html.Ul([html.Li(markdown(item)) for item in lesson.takeaways]),
            _neighbors(before, after),
        ],
        className="lesson",
    )


def _block(slug: str, place: int, block: Block, start: Opening, is_dark: bool) -> Any:
    if isinstance(block, Text):
        return markdown(block.markdown)
    if isinstance(block, Code):
        return _code(f"{slug}/{place}", block, start.printed[place])
    return live(f"{slug}/{block.name}", block, face(start.figures[block.name], is_dark))


def _code(key: str, block: Code, printed: str) -> html.Div:
    source = html.Pre(html.Code(block.source, id={"part": "source", "code": key}), tabIndex="0")
    copy = html.Button("Copy", id={"part": "copy", "code": key}, **{"aria-live": "polite"})
    result = html.Pre(html.Samp(printed), tabIndex="0", **{"aria-label": "What it prints"})
    return html.Div([html.Div([source, copy], className="code"), html.P("It prints:"), result])


def live(key: str, block: Live, start: Face) -> html.Section:
    """Return a live figure: its controls, the figure, its summary in words, and its text. `key` is unique on the page."""

    def name(part: str) -> dict[str, str]:
        return {"part": part, "live": key}

    values = at_start(block)
    return html.Section(
        [
            html.H2(block.title),
            html.Div([control(key, item, values[item.name]) for item in block.controls], className="controls"),
            html.P(id=name("problem"), role="alert", className="problem"),
            html.Figure(
                [
                    dcc.Graph(
                        id=name("figure"), figure=start.figure, config=GRAPH, style=start.figure_style, responsive=True
                    ),
                    html.Img(id=name("drawing"), src=start.source, style=start.drawing_style, alt=start.alt),
                    html.Figcaption(start.summary, id=name("summary"), className="summary"),
                ]
            ),
            dcc.Markdown(start.text, id=name("text"), mathjax=True),
            report(name("report"), block.title, start.report),
        ],
        className="live",
        **{"aria-label": block.title},
    )


def report(identity: Any, title: str, printed: str = "") -> html.Pre:
    """Return a place for what a record prints; it can be reached from the keyboard, since it may scroll."""
    return html.Pre(printed, id=identity, tabIndex="0", className="report", **{"aria-label": f"Report: {title}"})


def control(key: str, item: Control, value: Any) -> html.Div:
    """Return a control with its label. value: what it hands on at the start."""
    name = {"part": "control", "live": key, "name": item.name}
    if isinstance(item, Slider):
        marks = [{"value": value, "label": _label(value, item.powers)} for value in (item.low, item.high)]
        slider = dmc.Slider(
            id=name, min=item.low, max=item.high, step=item.step, value=item.value, updatemode="drag", precision=6,
            thumbLabel=item.label, marks=marks, label=None,
        )  # fmt: skip
        shown = html.Output(f"{value:.4g}", id={"part": "reading", "live": key, "name": item.name})
        return html.Div([html.Div([f"{item.label}: ", shown], className="label"), slider], className="control")
    if isinstance(item, Choice):
        options = list(item.options)
        return html.Div(
            dmc.Select(allowDeselect=False, id=name, label=item.label, data=options, value=options[0]),
            className="control",
        )
    return html.Div(dmc.TextInput(id=name, label=item.label, value=item.value, debounce=400), className="control")


def _label(value: float, powers: bool) -> str:
    return f"{10.0**value:.3g}" if powers else f"{value:.3g}"


def exercise(slug: str, place: int, item: Exercise, text: str) -> html.Section:
    """Return an exercise. text: the problem, as Markdown."""
    key = f"{slug}|{place}|{item.topic}|{item.level}|{item.seed}"
    name = f"Exercise {place}"
    return html.Section(
        [
            html.H3(name),
            dcc.Markdown(displayed(text), mathjax=True),
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
