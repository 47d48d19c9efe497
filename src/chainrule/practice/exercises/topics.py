"""Owns the topics, and `exercise`: one from each topic, level and seed."""

from __future__ import annotations

import difflib
import functools
import secrets
from collections.abc import Callable

from chainrule.practice.exercises.critical_points import curvature_exercise
from chainrule.practice.exercises.curves import IMPLICIT, PARAMETRIC, implicit_exercise, parametric_exercise
from chainrule.practice.exercises.derivatives import TOPIC_HINTS, derivative_exercise
from chainrule.practice.exercises.descent_steps import descent_exercise
from chainrule.practice.exercises.exercise import Exercise
from chainrule.practice.exercises.neurons import neuron_exercise
from chainrule.practice.exercises.optimizer_updates import optimizer_exercise

LEVELS = (1, 2, 3)
MAX_FRESH_SEED = 1_000_000

_MAKERS: dict[str, Callable[[int, int], Exercise]] = {
    **{topic: functools.partial(derivative_exercise, topic) for topic in TOPIC_HINTS},
    IMPLICIT: implicit_exercise,
    PARAMETRIC: parametric_exercise,
    "curvature": curvature_exercise,
    "descent step": descent_exercise,
    "neuron backprop": neuron_exercise,
    "optimizer update": optimizer_exercise,
}

TOPICS: tuple[str, ...] = tuple(_MAKERS)
"""What can be practiced, in the order in which it is learned."""


def exercise(topic: str, level: int = 1, seed: int | None = None) -> Exercise:
    """Return an exercise.

    topic: one of `TOPICS`. level: 1 asks for one rule, 2 combines it, 3 goes deeper. seed: a whole number; the same topic, level
    and seed give the same exercise on every machine. Without a seed a fresh one is taken; the exercise says which.

    The answer comes from the derivation or the library's own methods, never from a list. Raises ValueError for a topic or a
    level that there is not, TypeError for a seed that is no whole number.

    >>> task = exercise("chain", level=1, seed=3)
    >>> print(task)
    Differentiate y = (4x - 7)^6 with respect to x.
    >>> task.check(task.answer).correct
    True
    >>> len(task.hints)
    3
    """
    name = _topic(topic)
    if isinstance(level, bool) or level not in LEVELS:
        raise ValueError(f"level is 1, 2 or 3, not {level!r:.60}")
    if seed is None:
        seed = secrets.randbelow(MAX_FRESH_SEED)
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed is a whole number, not {seed!r:.60}")
    return _MAKERS[name](level, seed)


def _topic(topic: str) -> str:
    """Return the topic of that name, whatever its capitals and spaces."""
    wanted = " ".join(str(topic).lower().replace("_", " ").replace("-", " ").split())
    if wanted in _MAKERS:
        return wanted
    near = [name for name in TOPICS if wanted and name.startswith(wanted)]
    if len(near) == 1:
        return near[0]
    near = near or difflib.get_close_matches(wanted[:40], TOPICS, 3, 0.5)
    advice = f"did you mean {' or '.join(map(repr, near))}?" if near else f"the topics are {', '.join(TOPICS)}"
    raise ValueError(f"there is no topic {topic!r:.60}; {advice}")
