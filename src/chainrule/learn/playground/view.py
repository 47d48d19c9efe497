"""Owns what the page shows of a training: figures, sentences and choices. It is computed in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, final

from chainrule import plots
from chainrule.learn.figures import drawn
from chainrule.learn.playground import export, figures, network, walk
from chainrule.learn.playground.diagnosis import diagnose
from chainrule.learn.playground.parts import Part, describe, label_of, parts_of
from chainrule.learn.playground.state import Settings
from chainrule.learn.playground.training import Training, advance, begin, resume, to_store
from chainrule.plots import Picture

FIGURES = ("boundary", "losses", "network", "gradients")


@final
@dataclass(frozen=True, slots=True)
class Look:
    """How the reader looks at the training: a part of the network, the number of a training point from 1, and the colors.

    is_brief: leave out what lies inside of the network. A browser draws half of the figures in half the time.
    """

    part: str
    point: int
    is_dark: bool = False
    is_brief: bool = False


@final
@dataclass(frozen=True, slots=True)
class View:
    """What the page shows. store: what the browser keeps. figures, summaries: by name. parts: (name, label) to choose from.

    In a brief view, diagnosis and details are empty, and figures of the inside are missing.
    """

    store: dict[str, Any]
    is_over: bool
    figures: dict[str, Any]
    summaries: dict[str, str]
    progress: str
    status: str
    diagnosis: str
    details: str
    part: str
    parts: tuple[tuple[str, str], ...]


def train(settings: Settings, file: Any, store: Any, count: int, look: Look) -> View:
    """Return what is to be seen after `count` more steps; without a store, of a new training. Raises ValueError."""
    training = begin(settings, file) if store is None else resume(settings, file, store)
    training = advance(training, count)
    part, point = _part(settings, look), _point(training, look)
    steps, seen, held = zip(*training.history, strict=True)
    losses = plots.losses({"training": seen, "held out": held}, {"training": steps, "held out": steps})
    if not training.step:
        summary = f"Loss over steps; none has been taken. Training loss {seen[0]:.6g}, held-out loss {held[0]:.6g}."
        losses = replace(losses, summary=summary)
    pictures = {"boundary": figures.boundary(training, point), "losses": losses}
    diagnosis = details = ""
    is_brief = look.is_brief and not training.is_over
    if not is_brief:
        found = diagnose(training)
        pictures |= {"network": figures.drawing(training, part), "gradients": figures.gradients(found)}
        diagnosis, details = found.to_markdown(), describe(training, part, point)
    return View(
        store=to_store(training),
        is_over=training.is_over,
        figures={name: _drawn(picture, look.is_dark) for name, picture in pictures.items()},
        summaries={name: picture.summary for name, picture in pictures.items()},
        progress=_progress(training),
        status=_status(training),
        diagnosis=diagnosis,
        details=details,
        part=part.name,
        parts=tuple((each.name, label_of(each, settings.sizes)) for each in parts_of(settings.sizes).values()),
    )


def backpropagation(settings: Settings, file: Any, store: Any, look: Look) -> tuple[str, walk.Walk]:
    """Return in words what is walked through, and the walk."""
    training, part, point = _looked_at(settings, file, store, look)
    walked = walk.walk(training, part, point)
    label = training.classes[int(training.seen[1][point])]
    about = (
        f"The loss L of training point {point + 1} ({label}, t = {training.seen[1][point]:g}), after {training.step} steps, "
        f"and how it depends on {label_of(part, settings.sizes)}. What {part.name} has no part in is a number: r with an index "
        "is the rest of a sum."
    )
    return about, walked


def walk_drawing(settings: Settings, file: Any, store: Any, look: Look, number: int) -> str:
    """Return an SVG of the walk's graph as far as it is known after a step; empty where it is too large to be read."""
    return walk.drawing(*_looked_at(settings, file, store, look), number)


def _looked_at(settings: Settings, file: Any, store: Any, look: Look) -> tuple[Training, Part, int]:
    training = resume(settings, file, store)
    return training, _part(settings, look), _point(training, look)


def _part(settings: Settings, look: Look) -> Part:
    parts = parts_of(settings.sizes)
    return parts.get(look.part) or next(iter(parts.values()))


def script(settings: Settings, file: Any, store: Any) -> str:
    """Return the program that prints what the page shows."""
    return export.as_script(resume(settings, file, store), file)


def _drawn(picture: Picture, is_dark: bool) -> dict[str, Any]:
    figure: dict[str, Any] = drawn(picture, is_dark)
    figure["layout"]["legend"]["y"] = -0.28  # these figures are low, and the names of their axes need room
    return figure


def _point(training: Training, look: Look) -> int:
    return min(max(look.point, 1), len(training.seen[0])) - 1


def _progress(training: Training) -> str:
    seen, held = training.losses()
    points, labels = training.held
    part = network.accuracy(training.scores(points), labels)
    return (
        f"Step {training.step:,} of {training.settings.steps:,}: training loss {seen:.6g}, held-out loss {held:.6g}, "
        f"{part:.0%} of the held-out points are right."
    )


def _status(training: Training) -> str:
    if training.has_diverged:
        return f"The training diverged after step {training.step:,}; make the learning rate smaller."
    if training.step >= training.settings.steps:
        return "The training is finished."
    return ""
