"""Owns along which directions, and in which results, the derivatives of a function are compared.

Results and arguments are seen as real vectors: an array's real parts, then its imaginary parts if it is complex.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trees import paths
from chainrule.transforms.arguments import Arguments
from chainrule.transforms.limit import Floats
from chainrule.transforms.signature import argument_names

EVERY_ENTRY = 64
"""Up to this many entries are checked one by one; of more, SAMPLED entries and RANDOM random directions."""
SAMPLED = 32
RANDOM = 4


@dataclass(frozen=True, slots=True)
class Direction:
    """A direction in the space of all differentiated entries, seen as real ones."""

    name: str
    tangents: list[Array]
    scale: float


@dataclass(frozen=True, slots=True)
class Projection:
    """A weighted sum of the real results: its weights, the cotangents that they are, and what they pull back to."""

    name: str
    weights: Floats
    pulled: list[Array]


@dataclass(frozen=True, slots=True)
class Outputs:
    """The results as one vector of real numbers: each array's real parts, then its imaginary parts if it is complex.

    names: of every entry. shapes, is_complex: of every array. values: all at the point.
    """

    names: list[str]
    shapes: list[tuple[int, ...]]
    is_complex: list[bool]
    values: Floats

    @classmethod
    def of(cls, call: Arguments, results: Sequence[Any]) -> Outputs:
        """Read the results of the recorded run."""
        names: list[str] = []
        for result, path in zip(results, _result_paths(call, results), strict=True):
            parts = ("Re out", "Im out") if np.iscomplexobj(result) else ("out",)
            names.extend(f"{part}{path}{index}" for part in parts for index in _indices(np.shape(result)))
        shapes = [np.shape(result) for result in results]
        is_complex = [bool(np.iscomplexobj(result)) for result in results]
        return cls(names, shapes, is_complex, real_vector(results, is_complex))

    def at(self, call: Arguments, values: Sequence[Array], tangents: Sequence[Array] | None, step: float) -> Floats:
        """Return the results of the plain function at values + step * tangents; NaN where it cannot be evaluated."""
        moved = [value.copy() for value in values]
        if tangents is not None:
            moved = [value + step * tangent for value, tangent in zip(moved, tangents, strict=True)]
        try:
            with np.errstate(all="ignore"):
                results = call.flat()(*(value[()] for value in moved))
        except (ArithmeticError, ValueError, np.linalg.LinAlgError):  # outside the domain
            if tangents is None:
                raise
            return np.full(len(self.names), np.nan)
        if [np.shape(result) for result in results] != self.shapes:
            return np.full(len(self.names), np.nan)
        return real_vector(results, self.is_complex)

    def cotangents(self, weights: Floats) -> list[Array]:
        """Return the cotangents that pull back the weighted sum of the real results."""
        parts: list[Array] = []
        start = 0
        for shape, is_complex in zip(self.shapes, self.is_complex, strict=True):
            size = math.prod(shape)
            part = weights[start : start + size]
            start += size
            if is_complex:
                part = part + 1j * weights[start : start + size]
                start += size
            parts.append(part.reshape(shape)[()])
        return parts


def _result_paths(call: Arguments, results: Sequence[Any]) -> list[str]:
    structure = call.result_structure
    return paths(structure.unflatten(list(range(len(results))))) if results else []


def real_vector(results: Sequence[Any], is_complex: Sequence[bool]) -> Floats:
    """Return arrays as one real vector."""
    parts: list[Any] = []
    for result, both in zip(results, is_complex, strict=True):
        parts.append(np.ravel(np.real(result)))
        if both:
            parts.append(np.ravel(np.imag(result)))
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)


def _indices(shape: tuple[int, ...]) -> list[str]:
    return [f"[{', '.join(map(str, index))}]" if shape else "" for index in np.ndindex(shape)]


def leaf_names(call: Arguments) -> list[str]:
    """Return what each differentiated leaf is called, such as "params['w']"."""
    arguments = argument_names(call.fun, len(call.args))
    return [arguments[position] + path for position in call.positions for path in paths(call.args[position])]


def directions(names: Sequence[str], values: Sequence[Array], random: np.random.Generator) -> Iterator[Direction]:
    """Yield a direction for each entry, or for a sample of the entries and a few random directions."""
    entries = [
        (leaf, index, unit)
        for leaf, value in enumerate(values)
        for unit in ((1.0, 1j) if value.dtype.kind == "c" else (1.0,))
        for index in range(value.size)
    ]
    if len(entries) > EVERY_ENTRY:
        chosen = sorted(random.choice(len(entries), SAMPLED, replace=False))
        for number in range(RANDOM):
            yield _random_direction(f"random direction {number}", values, random)
        entries = [entries[position] for position in chosen]
    for leaf, index, unit in entries:
        tangents = [np.zeros_like(value) for value in values]
        tangents[leaf].flat[index] = unit
        value = values[leaf]
        where = np.unravel_index(index, value.shape) if value.ndim else ()
        part = {1.0: "Re " if value.dtype.kind == "c" else "", 1j: "Im "}[unit]
        name = f"{part}{names[leaf]}" + (f"[{', '.join(map(str, where))}]" if value.ndim else "")
        yield Direction(name, tangents, max(1.0, float(abs(value.flat[index]))))


def _random_direction(name: str, values: Sequence[Array], random: np.random.Generator) -> Direction:
    drawn = [
        random.standard_normal(value.shape)
        + (1j * random.standard_normal(value.shape) if value.dtype.kind == "c" else 0)
        for value in values
    ]
    length = np.sqrt(sum(float(np.sum(np.abs(part) ** 2)) for part in drawn))
    return Direction(name, [np.asarray(part / length) for part in drawn], 1.0)


def projections(
    outputs: Outputs, pullback: Callable[[Sequence[Array]], list[Array]], random: np.random.Generator
) -> Iterator[Projection]:
    """Yield each real result, or a sample of them and a few random sums of all."""
    size = len(outputs.names)
    chosen: Sequence[int] = range(size)
    if size > EVERY_ENTRY:
        chosen = sorted(random.choice(size, SAMPLED, replace=False))
        for number in range(RANDOM):
            weights = random.standard_normal(size)
            yield Projection(f"random sum {number} of the results", weights, pullback(outputs.cotangents(weights)))
    for position in chosen:
        weights = np.zeros(size)
        weights[position] = 1.0
        yield Projection(outputs.names[position], weights, pullback(outputs.cotangents(weights)))


def along(projection: Projection, tangents: Sequence[Array]) -> float:
    """Return Re<J* ct, t>, the reverse derivative of a weighted sum of the results along a direction."""
    total = 0.0
    for pulled, tangent in zip(projection.pulled, tangents, strict=True):
        moving = np.flatnonzero(tangent)  # 0 times infinity is not 0
        total += float(np.sum(np.real(np.conjugate(np.ravel(pulled)[moving]) * np.ravel(tangent)[moving])))
    return total
