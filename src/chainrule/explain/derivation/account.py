"""Owns the records that a derivation is made of: its steps, and what a derivation holds."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, final

from chainrule.explain.derivation.findings.study import Study
from chainrule.explain.derivation.phrases import Equation, Phrase, phrase_text
from chainrule.explain.derivation.results import Gradient, Hessian, Jacobian, Result
from chainrule.explain.derivation.structure import (
    ADD_UP,
    INVERSE_RULE,
    OF_SUMS,
    ONE_SIDE_EACH,
    PUT_DEFINITIONS_IN,
    TAYLOR_SUM,
)
from chainrule.explain.expressions.dialects import LATEX, TEXT
from chainrule.explain.expressions.expression import Derivative, Expression, Symbol, fold
from chainrule.explain.expressions.notation import text

_SUMS = (ADD_UP, PUT_DEFINITIONS_IN, TAYLOR_SUM, INVERSE_RULE, ONE_SIDE_EACH)
"""The steps after which derivatives are put together, nothing tidied yet."""

Point: TypeAlias = tuple[tuple[str, float], ...]
Value: TypeAlias = float | tuple[float, ...] | tuple[tuple[float, ...], ...]
Detail: TypeAlias = Literal["brief", "full"] | None
"""How much is said. None is the level of a lesson, between the two."""


@final
@dataclass(frozen=True, slots=True)
class Step:
    """One step of a derivation.

    rule: what people call it. phrases: what is said of it, with its mathematics. before, after: the two sides; they
    have the same value, a derivative that is still to be taken included. why: why the rule applies. conditions: where
    it holds. kind: "rule" for a rule of the table, "algebra" for a tidying move, "assembly" where parts are put
    together. general: the rule as the table has it, called with symbols; None where nothing is looked up. match: what
    the symbols of `general` stand for here.
    """

    rule: str
    phrases: tuple[Phrase, ...]
    before: Expression
    after: Expression
    why: str
    conditions: tuple[Expression, ...] = ()
    kind: str = "rule"
    general: Equation | None = None
    match: tuple[Equation, ...] = ()

    @property
    def statement(self) -> str:
        """What is said of the step, as one line of plain text."""
        return "; ".join(phrase_text(phrase) for phrase in self.phrases)

    @property
    def equation(self) -> Equation:
        """The step as an equation."""
        return Equation((self.before, self.after))

    @property
    def parts(self) -> tuple[Equation, ...]:
        """What stands for a part that is differentiated in its turn, such as u = 2x + 3."""
        sides = () if self.general is None else self.general.sides
        moving = {name for side in sides for name in _differentiated(side)}
        return tuple(one for one in self.match if isinstance(one.sides[0], Symbol) and one.sides[0].name in moving)

    def to_dict(self) -> dict[str, Any]:
        """Return the step as plain data, for JSON; the fields are described in `schema.STEP`."""
        return {
            "rule": self.rule,
            "kind": self.kind,
            "statement": self.statement,
            "before": text(self.before),
            "after": text(self.after),
            "why": self.why,
            "conditions": [text(condition) for condition in self.conditions],
            "latex": self.equation.write(LATEX),
            "general": None if self.general is None else _written(self.general),
            "match": [_written(equation) for equation in self.match],
        }


def _differentiated(expression: Expression) -> set[str]:
    """Return the names of parts whose derivative occurs."""
    found: set[str] = set()

    def combine(node: Expression, operands: object) -> None:
        if isinstance(node, Derivative) and isinstance(node.body, Symbol):
            found.add(node.body.name)

    fold(expression, combine)
    return found


def _written(equation: Equation) -> dict[str, str]:
    return {"text": equation.write(TEXT), "latex": equation.write(LATEX)}


@dataclass(frozen=True, slots=True)
class Account(ABC):
    """How a derivative is found, step by step.

    expression: the function, or the last component of a field. label: its name, such as "f". names: its variables. wrt:
    what it is differentiated by.
    order: how often. steps: in the order in which a teacher writes them. result: the derivative, the gradient, or the
    Hessian. conditions: where the derivation holds. notes: what a reader should know. at: the point, where one was
    given; value: the derivative there, computed by the engine. verified: the largest relative difference between the
    result, the engine's derivative and the limit definition at sample points; None where no point could be sampled.
    partials: where there are several variables, one derivation for each; of a Hessian, one for each first and then for
    each second derivative. detail: how much is said. route: the way that was taken, such as "chain rule". given: the
    equations of a curve, where the derivative is that of one coordinate by the other: `expression` is then that coordinate; or
    the components of a field. study: what the derivative says of extrema, of where the function rises and bends, or of a zero,
    where that was asked; `result` is then the derivative that it starts from.
    """

    expression: Expression
    label: str | None
    names: tuple[str, ...]
    wrt: tuple[str, ...]
    order: int
    steps: tuple[Step, ...]
    result: Result | Gradient | Hessian | Jacobian
    conditions: tuple[Expression, ...] = ()
    notes: tuple[str, ...] = ()
    at: Point | None = None
    value: Value | None = None
    verified: float | None = None
    partials: tuple[Account, ...] = ()
    detail: Detail = None
    route: str = ""
    given: tuple[Equation, ...] = ()
    study: Study | None = None

    @property
    def function(self) -> Result:
        """The function itself: it is called with the values of its variables, in order, and written as a result is."""
        return Result(self.expression, self.names)

    @property
    def sum_step(self) -> Step:
        """The step that puts derivatives together, where the derivation is one of `structure.OF_SUMS`; of a limit the first."""
        together = (step for step in self.steps if step.kind == "assembly" and step.rule in _SUMS)
        return next(together, self.steps[0])

    @property
    def heading(self) -> Equation:
        """What is found, as an equation: the derivative of the function, and the result where it is one expression."""
        if self.route in OF_SUMS and self.partials:
            return self.partials[-1].heading
        if self.route in OF_SUMS and isinstance(self.result, Result):
            return Equation((self.sum_step.before, self.result.expression))
        function = self.expression
        variables = function.of if isinstance(function, Symbol) and function.of else self.names
        before = Derivative(function, self.wrt[0], len(variables) > 1, self.order)
        if isinstance(self.result, Result) and len(self.wrt) > 1:  # by several variables in turn
            before = Derivative(function, self.wrt[0], True)
            for name in self.wrt[1:]:
                before = Derivative(before, name, True)
        found = self.result
        while not isinstance(found, Result):
            found = found[0]
        return Equation((before, found.expression))
