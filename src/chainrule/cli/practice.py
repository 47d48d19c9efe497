"""Owns `chainrule practice`: asks, grades, gives hints, and keeps the score."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, final

from rich.console import Console

from chainrule.cli.output import CommandError, Output
from chainrule.practice.exercises.exercise import Exercise
from chainrule.practice.exercises.topics import MAX_FRESH_SEED, TOPICS, exercise

HELP = "Type the answer; ? for a hint, skip, answer to see it, quit to stop."
PROMPT = "> "
_COMMANDS = {
    "?": "hint",
    "hint": "hint",
    "help": "help",
    "skip": "skip",
    "answer": "answer",
    "solution": "answer",
    "quit": "quit",
    "exit": "quit",
    "q": "quit",
}


class _Quit(Exception):
    """The learner has had enough."""


@final
@dataclass(slots=True)
class Score:
    """What has happened so far. first: right at the first try, without a hint. trouble: answers that were wrong, by topic."""

    asked: int = 0
    right: int = 0
    first: int = 0
    hints: int = 0
    shown: int = 0
    skipped: int = 0
    mistakes: Counter[str] = field(default_factory=Counter)
    trouble: Counter[str] = field(default_factory=Counter)

    def summary(self, level: int) -> str:
        """Return the score, the mistakes that were named most often, and what to practice next."""
        if not self.asked:
            return "No exercise was answered."
        lines = [f"Score: {self.right} of {self.asked} right, {self.first} of them at the first try without a hint."]
        helped = [f"{count} {name}" for count, name in self._help() if count]
        if helped:
            lines.append(f"Used: {', '.join(helped)}.")
        if self.mistakes:
            named = ", ".join(f"{name} ({count})" for name, count in self.mistakes.most_common(3))
            lines.append(f"Mistakes named most often: {named}.")
        if self.trouble:
            ((topic, _),) = self.trouble.most_common(1)
            lines.append(f'Practice next: {topic}. chainrule practice "{topic}" --level {level}')
        elif self.right == self.asked and level < 3:
            lines.append(f"Practice next: level {level + 1}.")
        return "\n".join(lines)

    def _help(self) -> tuple[tuple[int, str], ...]:
        return (
            (self.hints, "hint" if self.hints == 1 else "hints"),
            (self.shown, "answer shown" if self.shown == 1 else "answers shown"),
            (self.skipped, "skipped"),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the score as plain data."""
        return {
            "asked": self.asked,
            "right": self.right,
            "first": self.first,
            "hints": self.hints,
            "shown": self.shown,
            "skipped": self.skipped,
            "mistakes": dict(self.mistakes),
            "trouble": dict(self.trouble),
        }


def run(topic: str | None, level: int, seed: int | None, count: int) -> Output:
    """Ask `count` exercises, and return the score; the end of the input, Ctrl-C and "quit" end it early."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    score = Score()
    start = secrets.randbelow(MAX_FRESH_SEED) if seed is None else seed
    try:
        tasks = _exercises(topic, level, start, count)
        first = next(tasks)
    except ValueError as error:
        raise CommandError(str(error)) from None
    console.print(HELP, style="dim")
    try:
        _ask(console, first, score)
        for task in tasks:
            _ask(console, task, score)
    except (EOFError, KeyboardInterrupt):
        console.print()
    except _Quit:
        pass
    return Output(f"\n{score.summary(level)}", score.to_dict())


def _exercises(topic: str | None, level: int, start: int, count: int) -> Iterator[Exercise]:
    """Yield exercises of one topic, or of all in turn."""
    for number in range(count):
        name = TOPICS[(start + number) % len(TOPICS)] if topic is None else topic
        yield exercise(name, level, start + number)


def _ask(console: Console, task: Exercise, score: Score) -> None:
    """Ask one exercise until it is answered, shown or skipped."""
    console.print(f"\n[{task.topic}, level {task.level}, seed {task.seed}]", style="dim")
    console.print(str(task), style="bold")
    score.asked += 1
    tries = given = 0
    while True:
        try:
            typed = console.input(PROMPT).strip()
            command = _COMMANDS.get(typed.lower())
            if command == "quit":
                raise _Quit
        except (EOFError, KeyboardInterrupt, _Quit):
            if not (tries or given):  # what was asked but never tried does not count
                score.asked -= 1
            raise
        if command == "skip":
            score.skipped += 1
            return
        if command == "answer":
            score.shown += 1
            if not tries:
                score.trouble[task.topic] += 1
            _show(console, task)
            return
        if command == "help" or not typed:
            console.print(HELP, style="dim")
        elif command == "hint":
            given += 1
            score.hints += 1
            _hint(console, task, given)
        elif _is_right(console, task, typed, score):
            score.right += 1
            score.first += not (tries or given)
            return
        else:
            tries += 1


def _hint(console: Console, task: Exercise, number: int) -> None:
    if number > len(task.hints):
        console.print('There are no more hints; "answer" shows the answer and how it is found.')
    else:
        console.print(f"Hint {number}: {task.hints[number - 1]}", style="cyan")


def _is_right(console: Console, task: Exercise, typed: str, score: Score) -> bool:
    """Grade an answer and say what it is worth."""
    grade = task.check(typed)
    if grade.correct:
        console.print("Right.", style="green")
        return True
    console.print(str(grade), style="yellow")
    if grade.mistake != "not understood":
        score.trouble[task.topic] += 1
        score.mistakes.update([grade.mistake] if grade.mistake else [])
    return False


def _show(console: Console, task: Exercise) -> None:
    console.print(f"Answer: {task.answer}", style="green")
    console.print(task.derivation if console.is_terminal else str(task.derivation))
    for line in task.working:
        console.print(line)
