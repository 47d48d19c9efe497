"""Owns the sentences on what touches at a point: tangent planes, linear approximations and differentials."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.errors import NotDifferentiableError
from chainrule.explain.derivation.curves.tangent import rounded
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression, Symbol
from chainrule.explain.expressions.neat import ZERO, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.fields import Field


def plane_sentence(found: Derivation, field: Field) -> str:
    """Return the equation of the plane that touches a surface, or the graph of a function, at the point."""
    if field.is_surface:
        return f"Tangent plane there: {_level(found)}"
    of = "z" if found.label in (None, *"fgh") else str(found.label)
    return f"Tangent plane there: {text(Symbol(of))} = {_touching(found)}"


def approximation_sentence(found: Derivation, field: Field) -> str:
    """Return the linear function that touches at the point."""
    variables = ", ".join(text(Symbol(name)) for name in found.names)
    return f"Linear approximation there: L({variables}) = {_touching(found)}"


def differential_sentence(name: str, names: Sequence[str], parts: Sequence[Derivation]) -> str:
    """Return the differential with the numbers of the point."""
    total: Expression = ZERO
    for each, part in zip(names, parts, strict=True):
        assert isinstance(part.value, float)
        total = neat(total + rounded(part.value) * Symbol(f"d{each}"))
    return f"There d{text(Symbol(name))} = {text(total)}"


def _slopes(found: Derivation) -> list[tuple[str, float, float]]:
    """Return each variable with its value at the point and the slope there."""
    assert found.at is not None
    assert isinstance(found.value, tuple)
    return [
        (name, value, slope)
        for (name, value), slope in zip(found.at, found.value, strict=True)
        if isinstance(slope, float)
    ]


def _touching(found: Derivation) -> str:
    """Return f(a) + f_x (x - a) + ... with its numbers put together."""
    assert found.at is not None
    constant = float(evaluate(found.expression, dict(found.at)))
    total: Expression = ZERO
    for name, value, slope in _slopes(found):
        total = total + rounded(slope) * Symbol(name)
        constant -= slope * value
    return text(tidy(neat(total + rounded(constant)))[1])


def _level(found: Derivation) -> str:
    """Return the plane that is perpendicular to the gradient. Raises NotDifferentiableError where the gradient is 0."""
    total: Expression = ZERO
    constant = 0.0
    for name, value, slope in _slopes(found):
        total = total + rounded(slope) * Symbol(name)
        constant += slope * value
    if neat(total) == ZERO:
        raise NotDifferentiableError(
            "all partial derivatives are 0 at the point: the surface may have a tip or a crossing"
        )
    return f"{text(tidy(neat(total))[1])} = {text(rounded(constant))}"
