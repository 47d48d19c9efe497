"""Owns what a lesson is made of: text, live figures with their controls, exercises, takeaways, and things to change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, final

from chainrule.plots import Picture


@final
@dataclass(frozen=True, slots=True)
class Slider:
    """A number that the reader moves. It is handed to the live figure's function under `name`.

    low, high, step, value: where it goes, how fine, and where it starts. powers: whether the slider moves the power of ten: it
    goes from 10**low to 10**high then.
    """

    name: str
    label: str
    low: float
    high: float
    step: float
    value: float
    powers: bool = False


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """One of several words that the reader chooses. The first is where it starts."""

    name: str
    label: str
    options: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class Formula:
    """Mathematics that the reader types, handed on as text; it goes through the grammar, never through `eval`."""

    name: str
    label: str
    value: str


Control: TypeAlias = Slider | Choice | Formula


@final
@dataclass(frozen=True, slots=True)
class Shown:
    """What a live figure shows now.

    text: Markdown with formulas between dollar signs. report: what a record of the library prints, as it is. picture: a figure.
    drawing: an SVG, and `summary` the same in words.
    """

    text: str = ""
    report: str = ""
    picture: Picture | None = None
    drawing: str = ""
    summary: str = ""


@final
@dataclass(frozen=True, slots=True)
class Text:
    """Markdown with formulas between dollar signs."""

    markdown: str


@final
@dataclass(frozen=True, slots=True)
class Live:
    """A figure that follows its controls.

    name: unique in the lesson; title: its heading. show: a function at the top level of a module; it takes each control's value
    under the control's name and returns what is to be seen. It runs in a process of its own, for a bounded time.
    click: the names of the two sliders that a click into the figure sets.
    """

    name: str
    title: str
    controls: tuple[Control, ...]
    show: Callable[..., Shown]
    click: tuple[str, str] | None = None


@final
@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise of `chainrule.practice`: its topic, level and seed."""

    topic: str
    level: int
    seed: int


@final
@dataclass(frozen=True, slots=True)
class Code:
    """Python to copy and run, and a function of no arguments at the top level of a module that returns what it prints."""

    source: str
    run: Callable[[], str]


Block: TypeAlias = Text | Live | Code


@final
@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson.

    slug: its address; title; minutes: how long it takes; goal: one sentence. body: what is read, in order. change: things to
    try now. takeaways: what to remember. exercises: at least five.
    """

    slug: str
    title: str
    minutes: int
    goal: str
    body: tuple[Block, ...]
    change: tuple[str, ...]
    takeaways: tuple[str, ...]
    exercises: tuple[Exercise, ...]
