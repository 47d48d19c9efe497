"""Owns exercises that ask for a derivative: drawn functions, the sentence that asks, and hints from the derivation."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.explain import explain
from chainrule.explain.derivation.hints import gives_away
from chainrule.explain.derivation.phrases import Phrase, equation
from chainrule.explain.derivation.results import Gradient, Result
from chainrule.explain.expressions.expression import Expression, Number, Symbol, Value, free_symbols, size, walk
from chainrule.explain.expressions.neat import ZERO
from chainrule.explain.expressions.notation import text
from chainrule.practice.exercises.draw import Draw
from chainrule.practice.exercises.exercise import Exercise, Formula
from chainrule.practice.exercises.functions import drawn

MAX_TRIALS = 60
MAX_SIZE = 42
MAX_NUMBER = 400
HINTS = 3

TOPIC_HINTS: dict[str, str] = {
    "power": "Write it as a number times a power of x first: what is the exponent?",
    "sums": "A sum is differentiated term by term: what does each term become?",
    "product": "Which operation comes last when you compute it? Look at what is multiplied.",
    "quotient": "What stands above the line, and what below? Both may change.",
    "chain": "Which operation comes last when you compute it, and what goes into it?",
    "exponentials and logarithms": "Where does the variable stand: in the base, in the exponent, or inside of a logarithm?",
    "trigonometry": "Which function comes last, and what goes into it?",
    "partials": "Only one variable moves: which letters are as good as numbers here?",
    "gradients": "One partial derivative for each variable, while the others are held.",
    "second derivatives": "Find the first derivative and make it short before you differentiate again.",
}
"""The vague hint of each topic."""

_GENERAL_HINTS = (
    "Say it in words first: what stays as it is, and what changes?",
    "Write down the rule with letters, then put in what stands for each letter here.",
)
"""What is said where the derivation has few hints that keep the answer."""


def derivative_exercise(topic: str, level: int, seed: int) -> Exercise:
    """Return an exercise that asks for a derivative, a partial derivative, a gradient or a second derivative."""
    draw = Draw(topic, level, seed)
    for _ in range(MAX_TRIALS):
        function = drawn(topic, level, draw)
        names = sorted(free_symbols(function))
        name = draw.pick(names)
        if topic == "gradients":
            derivation = explain(text(function), wrt=names)
        else:
            derivation = explain(text(function), wrt=name, order=2 if topic == "second derivatives" else 1)
        if is_nice(derivation):
            break
    question = Formula(derivation)
    return Exercise(
        topic=topic,
        level=level,
        seed=seed,
        statement=_statement(topic, derivation),
        problem=text(derivation.expression),
        question=question,
        derivation=derivation,
        hints=hints(TOPIC_HINTS[topic], derivation, question.answer),
    )


def _statement(topic: str, derivation: Derivation) -> Phrase:
    function = derivation.expression
    if topic == "partials":
        shown = equation(Symbol("f"), function)
        return ("Find the partial derivative of ", shown, " with respect to ", Symbol(derivation.wrt[0]), ".")
    if topic == "gradients":
        order = ", ".join(derivation.wrt)
        return ("Find the gradient of ", equation(Symbol("f"), function), f" (variables in the order {order}).")
    what = "Find the second derivative of " if topic == "second derivatives" else "Differentiate "
    return (what, equation(Symbol("y"), function), " with respect to ", Symbol(derivation.wrt[0]), ".")


def is_nice(derivation: Derivation) -> bool:
    """Return whether the answer is one that a person enjoys: not zero, of few signs, its numbers small."""
    result = derivation.result
    parts = result.partials if isinstance(result, Gradient) else (result,)
    return derivation.verified is not None and all(
        isinstance(part, Result) and _is_readable(part.expression) and part.expression != derivation.expression
        for part in parts
    )


def _is_readable(answer: Expression) -> bool:
    numbers: list[Value] = [node.value for node in walk(answer) if isinstance(node, Number)]
    return answer != ZERO and size(answer) <= MAX_SIZE and all(-MAX_NUMBER <= value <= MAX_NUMBER for value in numbers)


def hints(vague: str, derivation: Derivation, secret: str) -> tuple[str, ...]:
    """Return three hints, from vague to concrete; what would give the secret away is left out."""
    kept = list(dict.fromkeys(hint for hint in _graded(vague, derivation) if not gives_away(hint, secret)))
    kept += _GENERAL_HINTS[: HINTS - len(kept)] if len(kept) < HINTS else ()
    # The first is the vague one, the last the most concrete.
    return tuple(kept if len(kept) <= HINTS else (*kept[: HINTS - 1], kept[-1]))


def _graded(vague: str, derivation: Derivation) -> Iterator[str]:
    yield vague
    yield from derivation.hints()[:2]
    first = next((step for step in derivation.steps if step.general is not None), None)
    if first is not None:
        match = ", ".join(map(str, first.match))
        yield f"The {first.rule}: {first.general}" + (f", with {match}." if match else ".")
