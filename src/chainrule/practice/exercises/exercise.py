"""Owns the record of an exercise: what is asked, the right answer, its derivation, and hints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias, final

from chainrule.explain.backpropagation.run import Backprop
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.phrases import Phrase, phrase_html, phrase_markdown, phrase_text
from chainrule.practice.grading.answer import Answer
from chainrule.practice.grading.grades import Grade, grade_tasks
from chainrule.practice.grading.numbers import Choice, Numbers
from chainrule.practice.grading.questions import tasks
from chainrule.practice.grading.slopes import Slope


@final
@dataclass(frozen=True, slots=True)
class Formula:
    """A question whose answer is the result of a derivation: a derivative, or a gradient."""

    derivation: Derivation

    @property
    def answer(self) -> str:
        """The right answer."""
        return str(self.derivation.result)

    def check(self, answer: Answer) -> Grade:
        """Return the grade of an answer, which may have any form."""
        return grade_tasks(tasks(self.derivation), self.answer, answer)


Question: TypeAlias = Formula | Slope | Numbers | Choice


@final
@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise with everything that a teacher has at hand.

    topic, level, seed: what it was made from; the same three make the same exercise again. statement: the sentence that asks;
    `str(exercise)` is it as text. problem: the function as text that can be typed again. question: what counts as an answer.
    derivation: how the derivative is found; for a neuron the table of its backpropagation. working: what is computed after
    that, line by line. hints: from vague to concrete, none of which contains the answer.
    """

    topic: str
    level: int
    seed: int
    statement: Phrase
    problem: str
    question: Question
    derivation: Derivation | Backprop
    hints: tuple[str, ...]
    working: tuple[str, ...] = ()

    @property
    def answer(self) -> str:
        """The right answer, as text."""
        return self.question.answer

    def check(self, answer: Answer) -> Grade:
        """Return the grade of an answer."""
        return self.question.check(answer)

    def __str__(self) -> str:
        return phrase_text(self.statement)

    def to_html(self) -> str:
        """Return the sentence that asks as HTML, its mathematics as MathML."""
        return f"<p>{phrase_html(self.statement)}</p>"

    def to_latex(self) -> str:
        """Return the sentence that asks as LaTeX, its mathematics between dollar signs."""
        return "".join(part if isinstance(part, str) else phrase_markdown((part,)) for part in self.statement)

    def to_markdown(self) -> str:
        """Return the sentence that asks as Markdown, its mathematics as LaTeX between dollar signs."""
        return phrase_markdown(self.statement)

    def _repr_html_(self) -> str:
        return self.to_html()

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def to_dict(self, reveal: bool = False) -> dict[str, Any]:
        """Return the exercise as plain data, for JSON; with `reveal` also the answer, the working and the derivation."""
        data: dict[str, Any] = {
            "topic": self.topic,
            "level": self.level,
            "seed": self.seed,
            "statement": str(self),
            "latex": self.to_latex(),
            "html": self.to_html(),
            "problem": self.problem,
            "hints": list(self.hints),
        }
        if reveal:
            data |= {"answer": self.answer, "working": list(self.working), "derivation": self.derivation.to_dict()}
        return data
