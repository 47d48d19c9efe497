"""Owns what is said of exercises: hints, derivations and grades, by the key that an exercise has on its page."""

from __future__ import annotations

from typing import Any

import chainrule as cr
from chainrule.explain.derivation.derivation import Derivation


def _exercise(key: str) -> Any:
    _, _, topic, level, seed = key.split("|")
    return cr.practice.exercise(topic, int(level), int(seed))


def hint(key: str, count: int) -> str:
    """Return the first so many hints, each in a line."""
    hints = _exercise(key).hints
    return "\n\n".join(hints[: min(count, len(hints))])


def derivation(key: str) -> tuple[str, str]:
    """Return how the answer is found: as Markdown, and what is printed as it is."""
    exercise = _exercise(key)
    found = exercise.derivation
    last = "\n\n".join([*exercise.working, f"**Answer:** {exercise.answer}"])
    if isinstance(found, Derivation):
        return f"{found.to_markdown()}\n\n{last}", ""
    return last, str(found)


def grade(key: str, answer: str) -> tuple[bool, str]:
    """Return whether the answer is right, and what is said to it."""
    found = _exercise(key).check(answer)
    if found.correct:
        return True, ""  # the page says "Right."
    named = f"{found.mistake[:1].upper()}{found.mistake[1:]}: " if found.mistake else ""
    return False, f"{named}{found.hint}"
