"""Owns what a matrix derivation holds: steps with their formulas and shapes, gradients, and how well they were verified."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import Any, Literal, final

from chainrule.explain.matrix.formula import Formula, Symbol, symbols
from chainrule.explain.matrix.notation import write, write_symbol
from chainrule.explain.matrix.styles import LATEX_STYLE, PLAIN, Style


@final
@dataclass(frozen=True, slots=True)
class MatrixStep:
    """One line on the board.

    kind: "forward" for what the program computes, "backward" for an adjoint. symbol: what the line defines. paths: for an
    adjoint to which several users contribute, each user's name and share. sides: formulas that the symbol equals, from the
    rule as it stands to the shortest; empty where there is no short formula, and `words` says so. rule: what people call it.
    notes: why. shapes: of the result and of its parts. line: (file, number, source) of the user's line. parts: what a
    composite step unfolds into.
    """

    kind: str
    symbol: Symbol
    paths: tuple[tuple[str, Formula], ...]
    sides: tuple[Formula, ...]
    rule: str
    notes: tuple[str, ...]
    shapes: str
    line: tuple[str, int, str] | None
    words: str = ""
    parts: tuple[MatrixStep, ...] = ()

    def __str__(self) -> str:
        return self.write(PLAIN)

    @property
    def name(self) -> str:
        """The name of the value that the line is about."""
        return self.symbol.name

    def write(self, style: Style) -> str:
        """Return the line as an equation in a style."""
        pieces = [write_symbol(self.symbol, style)]
        if self.paths:
            shares = [
                style.bracket(style.words(f"via {via}")) + style.space + style.bracket(write(share, style))
                for via, share in self.paths
            ]
            pieces.append(style.plus.join(shares))
        pieces += [write(side, style) for side in self.sides]
        if self.words and not self.sides:
            pieces.append(style.words(self.words))
        said = style.words(f", {self.words}") if self.words and self.sides else ""
        return style.equals.join(pieces) + said

    def to_latex(self) -> str:
        """Return the line as LaTeX."""
        return self.write(LATEX_STYLE)

    def unfold(self) -> tuple[MatrixStep, ...]:
        """Return the steps that a composite step stands for; none where it is one operation."""
        return self.parts


@dataclass(frozen=True, slots=True, eq=False)
class MatrixAccount(ABC):
    """How the gradients of an array program are found.

    function: its name. result: the name of its value. names: the inputs that it was differentiated with respect to. steps: the
    program's lines, then the adjoints from the result to the inputs. value: of the function. gradients: by name, what `grad`
    returns. verified: the largest relative difference between the formulas that are shown, the engine's adjoints and the limit
    definition along a random direction. detail: how much the text says.
    """

    function: str
    result: str
    names: tuple[str, ...]
    steps: tuple[MatrixStep, ...]
    value: float
    gradients: dict[str, Any]
    verified: float
    detail: Literal["brief", "full"] | None = None

    @property
    def forward(self) -> tuple[MatrixStep, ...]:
        """The lines of the program."""
        return tuple(step for step in self.steps if step.kind == "forward")

    @property
    def backward(self) -> tuple[MatrixStep, ...]:
        """The adjoints, from the result to the inputs."""
        return tuple(step for step in self.steps if step.kind == "backward")

    def hints(self) -> tuple[str, ...]:
        """Return one nudge for each adjoint, from the result to the inputs, without the answer."""
        return tuple(_hint(step, self.result) for step in self.backward if step.rule)

    def step(self, name: str) -> MatrixStep:
        """Return the backward step of a value; raise KeyError where there is none."""
        for step in self.backward:
            if step.name == name:
                return step
        raise KeyError(f"no adjoint of {name!r} is shown; there are {', '.join(step.name for step in self.backward)}")


def _hint(step: MatrixStep, result: str) -> str:
    users = list(dict.fromkeys(via for via, _ in step.paths)) or sorted(
        {symbol.name for side in step.sides[:1] for symbol in symbols(side) if symbol.result}
    )
    wanted = f"d{result}/d{step.name}"
    needed = " and ".join(f"d{result}/d{user}" for user in users)
    start = f"For {wanted} you need {needed}" if needed else wanted
    several = ", and add up what comes from each" if len(users) > 1 else ""
    shape = f"the shape {'×'.join(map(str, step.symbol.shape))}" if step.symbol.shape else "no axes"
    return f"{start}: {step.rule}{several}. It has {shape}."
