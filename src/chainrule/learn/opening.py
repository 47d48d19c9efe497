"""Owns what a lesson shows when it is opened: its figures before a control is moved, and texts that have to be computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import chainrule as cr
from chainrule.learn.blocks import Code, Lesson, Live, Shown
from chainrule.learn.values import at_start


@final
@dataclass(frozen=True, slots=True)
class Opening:
    """figures: what each live figure shows, by its name. printed: what each program prints, by its place in the lesson's body.

    problems: the texts of the exercises, as Markdown.
    """

    figures: Mapping[str, Shown]
    printed: Mapping[int, str]
    problems: Sequence[str]


def opening(lesson: Lesson) -> Opening:
    """Compute what the lesson shows at first; a page that has it asks for nothing more."""
    exercises = [cr.practice.exercise(item.topic, item.level, item.seed) for item in lesson.exercises]
    return Opening(
        {block.name: block.show(**at_start(block)) for block in lesson.body if isinstance(block, Live)},
        {place: block.run() for place, block in enumerate(lesson.body) if isinstance(block, Code)},
        [str(exercise.to_markdown()) for exercise in exercises],
    )
