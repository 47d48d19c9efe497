"""Owns the record of a primitive: what it computes, what its derivative is, and what people call the rule.

A rule is plain NumPy. It is called with arrays by the engine, with traced values by higher derivatives and with symbols by
the explanation, so that the rule one reads is the rule that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, final

Array: TypeAlias = Any  # an ndarray, a number, a traced value or a symbol: whatever NumPy's functions take
Partial: TypeAlias = Callable[..., Array] | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Primitive:
    """What all kinds share. Records are compared by identity.

    name: unique in the table, lower case.
    value: computes the result from positional operands and keyword parameters, with NumPy.
    rule: what people call the derivative rule; one name, or one for each operand.
    domain: where real operands are drawn from when the table is tested; one pair, or one for each operand.
    expansion: `expansion(*operands, **parameters)` computes the value in other primitives; native code, which has no instruction
        for this one, runs it instead. It may return NotImplemented for operands for which that would be no better.
    operator: Python's operator for the same computation, where there is one; on NumPy's numbers it is many times faster.
    is_constant: whether the derivative is zero wherever it exists; follows from the rest.
    batch: `batch(batched, *operands, **parameters)` computes the result where operands flagged in `batched` carry a leading
        batch axis; the result carries one too. Elementwise and composite primitives need none.
    """

    name: str
    value: Callable[..., Any]
    rule: str | tuple[str, ...]
    domain: tuple[float, float] | tuple[tuple[float, float], ...] = (-2.0, 2.0)
    batch: Callable[..., Any] | None = None
    expansion: Callable[..., Any] | None = None
    operator: Callable[..., Any] | None = None
    is_constant: bool = field(init=False, default=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


@final
@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Elementwise(Primitive):
    """A function of each element, with broadcasting.

    partials: for each operand, `partial(out, *operands)`: the derivative with respect to it, or None where that is zero.
        An integer stands for a constant derivative.
    """

    partials: tuple[Partial, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_constant", not any(self.partials))


@final
@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Linear(Primitive):
    """Linear in its first `linear_in` operands together (None: in all of them).

    transpose: `transpose(ct, index, *operands, **parameters)`: the cotangent of operand `index`, which gives its shape only.
    transposes: `transposes(ct, *operands, **parameters)`: the cotangents of all operands, for a primitive of any number of them:
        to ask for one after the other would take time that grows with the square of how many there are.
    """

    transpose: Callable[..., Array]
    transposes: Callable[..., Sequence[Array]] | None = None
    linear_in: int | None = None


@final
@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Multilinear(Primitive):
    """Linear in each operand while the others are held.

    transposes: for each operand, `transpose(ct, *operands, **parameters)`.
    """

    transposes: tuple[Callable[..., Array], ...]


@final
@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class General(Primitive):
    """A primitive whose derivative is declared as a whole.

    push: `push(out, tangents, *operands, **parameters)`, linear in the tangents (None where an operand has none); reverse
        mode transposes it. None: the primitive has no forward rule.
    pull: `pull(out, ct, *operands, **parameters)`: a tuple of cotangents, for primitives whose reverse rule is given
        (by a user, or because it is not the transpose that one would want to run).
    A primitive with several results returns a tuple; `push` then returns a tuple and `ct` is one.
    """

    push: Callable[..., Any] | None
    pull: Callable[..., tuple[Array, ...]] | None = None


@final
@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Piecewise(Primitive):
    """Piecewise constant: positions, counts, orders. Its derivative is zero wherever it exists."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_constant", True)


@final
@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Composite(Primitive):
    """A named function whose `value` is written in other primitives; it inherits their derivatives and unfolds into them."""
