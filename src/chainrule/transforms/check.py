"""Owns check_grad: the derivatives of a function compared with the limit definition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trees import flatten, paths
from chainrule.errors import GradientError, NoRuleError, NotDifferentiableError, TracingError
from chainrule.transforms.arguments import Arguments, read
from chainrule.transforms.forward import pushforward
from chainrule.transforms.limit import Floats, Limit, limit_quotient
from chainrule.transforms.reverse import linearize
from chainrule.transforms.signature import argument_names

EVERY_ENTRY = 64
"""Up to this many entries are checked one by one; of more, SAMPLED entries and RANDOM random directions."""
SAMPLED = 32
RANDOM = 4
FLOAT32_RTOL = 1e-3


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was compared, and the comparison that came closest to its tolerance.

    entry: which derivative that is, such as "d out[0] / d x[2]". rule, limit: the two numbers. difference: their distance.
    comparisons: how many numbers were compared. modes: the modes that were.
    """

    entry: str
    rule: float
    limit: float
    difference: float
    comparisons: int
    modes: tuple[str, ...]

    def __str__(self) -> str:
        if not self.comparisons:
            return "nothing to compare: the function has no differentiable argument or no result"
        return (
            f"{self.comparisons} derivatives agree with the limit definition ({' and '.join(self.modes)} mode); the worst is "
            f"{self.entry}: rule {self.rule:.10g}, limit {self.limit:.10g}, difference {self.difference:.2g}"
        )


@dataclass(frozen=True, slots=True)
class _Direction:
    """A direction in the space of all differentiated entries, seen as real ones."""

    name: str
    tangents: list[Array]
    scale: float


@dataclass(frozen=True, slots=True)
class _Projection:
    """A weighted sum of the real results: its weights, the cotangents that they are, and what they pull back to."""

    name: str
    weights: Floats
    pulled: list[Array]


@dataclass(frozen=True, slots=True)
class _Comparison:
    mode: str
    entry: str
    rule: float
    limit: float
    tolerance: float

    @property
    def badness(self) -> float:
        difference = abs(self.rule - self.limit)
        return float("inf") if np.isnan(difference) else difference / self.tolerance if difference else 0.0


def check_grad(
    fun: Callable[..., Any], *args: Any, argnums: int | Sequence[int] | None = None, rtol: float = 1e-5, seed: int = 0
) -> CheckReport:
    """Compare the derivatives of `fun` at `args`, forward and reverse, with the limit of difference quotients.

    argnums: the differentiated arguments; None: all that are numbers, arrays or containers of them.
    rtol: the relative difference that is allowed, on top of the uncertainty of the limit itself; at least 1e-3 where an
        argument is float32.
    seed: of the random directions and the sample of entries that are compared where there are more than 64.
    Results may be arrays, complex and nested in containers. A complex argument is moved along its real and its imaginary part.
    Raises GradientError with the worst entry where a derivative disagrees with the limit, NotDifferentiableError where there is
    no limit: at a kink, a jump, a vertical tangent, or where a value is not finite.

    >>> import chainrule as cr
    >>> report = cr.check_grad(lambda x, y: x**2 * y, 3.0, 2.0)
    >>> report.entry, report.comparisons
    ('d out / d x', 4)
    >>> cr.check_grad(abs, 0.0)
    Traceback (most recent call last):
        ...
    chainrule.errors.NotDifferentiableError: out is not differentiable at this point along argument 0: ...
    """
    positions = _differentiable(args) if argnums is None else argnums
    call = read(fun, args, {}, positions)
    names = _leaf_names(call)
    results, pullback = linearize(call.flat(), call.values)
    outputs = _Outputs.of(call, results)
    precise = [np.asarray(value).astype(np.result_type(value, np.float64)) for value in call.values]
    center = outputs.flatten_at(call, precise, None, 0.0)
    _refuse_center(call, outputs, center)
    if any(np.finfo(value.dtype).eps > 1e-10 for value in call.values):
        rtol = max(rtol, FLOAT32_RTOL)
    random = np.random.default_rng(seed)
    projections = list(_projections(outputs, pullback, random))
    modes = ["reverse"]
    comparisons: list[_Comparison] = []
    for direction in _directions(names, precise, random):
        limit = limit_quotient(
            lambda step, moving=direction.tangents: outputs.flatten_at(call, precise, moving, step),  # type: ignore[misc]
            center, direction.scale, rtol, outputs.epsilon,
        )  # fmt: skip
        forward = _pushed(call, direction.tangents, outputs)
        if forward is not None and "forward" not in modes:
            modes.append("forward")
        _refuse_kink(outputs, direction, limit, forward, projections)
        comparisons.extend(_compare(outputs, direction, limit, forward, projections, rtol))
    return _judged(comparisons, tuple(modes))


def _differentiable(args: Sequence[Any]) -> tuple[int, ...]:
    """Return the positions of the arguments that are numbers, arrays of them, or containers of these alone."""

    def is_number(leaf: Any) -> bool:
        return not isinstance(leaf, bool | np.bool_ | str) and np.asarray(leaf).dtype.kind in "iufc"

    flat = [flatten(argument)[0] for argument in args]
    return tuple(position for position, leaves in enumerate(flat) if leaves and all(map(is_number, leaves)))


def _leaf_names(call: Arguments) -> list[str]:
    arguments = argument_names(call.fun, len(call.args))
    return [arguments[position] + path for position in call.positions for path in paths(call.args[position])]


@dataclass(frozen=True, slots=True)
class _Outputs:
    """The results as one vector of real numbers: each array's real parts, then its imaginary parts if it is complex.

    names: of every entry. shapes, is_complex: of every array. epsilon: the coarsest rounding unit.
    """

    names: list[str]
    shapes: list[tuple[int, ...]]
    is_complex: list[bool]
    values: Floats
    epsilon: float

    @classmethod
    def of(cls, call: Arguments, results: Sequence[Any]) -> _Outputs:
        """Read the results of the recorded run; raise where one is no number."""
        names: list[str] = []
        for result, path in zip(results, _result_paths(call, results), strict=True):
            if np.asarray(result).dtype.kind not in "biufc":
                raise TracingError(f"check_grad: the function returned a {np.asarray(result).dtype}, not numbers")
            parts = ("Re out", "Im out") if np.iscomplexobj(result) else ("out",)
            names.extend(f"{part}{path}{index}" for part in parts for index in _indices(np.shape(result)))
        shapes = [np.shape(result) for result in results]
        is_complex = [bool(np.iscomplexobj(result)) for result in results]
        return cls(names, shapes, is_complex, _real_vector(results, is_complex), float(np.finfo(np.float64).eps))

    def flatten_at(self, call: Arguments, values: Sequence[Array], tangents: Sequence[Array] | None, step: float) -> Floats:
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
        return _real_vector(results, self.is_complex)

    def cotangents(self, weights: Floats) -> list[Array]:
        """Return the cotangents that pull back the weighted sum of the real results."""
        parts: list[Array] = []
        start = 0
        for shape, is_complex in zip(self.shapes, self.is_complex, strict=True):
            size = int(np.prod(shape, dtype=int))
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


def _real_vector(results: Sequence[Any], is_complex: Sequence[bool]) -> Floats:
    parts: list[Any] = []
    for result, both in zip(results, is_complex, strict=True):
        parts.append(np.ravel(np.real(result)))
        if both:
            parts.append(np.ravel(np.imag(result)))
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)


def _indices(shape: tuple[int, ...]) -> list[str]:
    return [f"[{', '.join(map(str, index))}]" if shape else "" for index in np.ndindex(shape)]


def _refuse_center(call: Arguments, outputs: _Outputs, center: Floats) -> None:
    name = getattr(call.fun, "__name__", "the function")
    wrong = np.flatnonzero(~np.isfinite(center))
    if wrong.size:
        raise NotDifferentiableError(
            f"{name} is {center[wrong[0]]} at this point ({outputs.names[wrong[0]]}), where it has no derivative; choose a "
            "point inside its domain"
        )
    tolerance = 1e-6 if all(value.dtype.itemsize >= 8 for value in call.values) else 1e-2
    if not np.allclose(center, outputs.values, rtol=tolerance, atol=tolerance * (1 + float(np.abs(center).max(initial=0)))):
        worst = int(np.argmax(np.abs(center - outputs.values)))
        raise GradientError(
            f"{name} returned {outputs.values[worst]:.10g} while it was recorded and {center[worst]:.10g} when it ran again "
            f"({outputs.names[worst]}); make it return the same value every time (fix the seed of its random numbers)"
        )


def _directions(names: Sequence[str], values: Sequence[Array], random: np.random.Generator) -> Iterator[_Direction]:
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
        yield _Direction(name, tangents, max(1.0, float(abs(value.flat[index]))))


def _random_direction(name: str, values: Sequence[Array], random: np.random.Generator) -> _Direction:
    drawn = [
        random.standard_normal(value.shape) + (1j * random.standard_normal(value.shape) if value.dtype.kind == "c" else 0)
        for value in values
    ]
    length = np.sqrt(sum(float(np.sum(np.abs(part) ** 2)) for part in drawn))
    return _Direction(name, [np.asarray(part / length) for part in drawn], 1.0)


def _projections(
    outputs: _Outputs, pullback: Callable[[Sequence[Array]], list[Array]], random: np.random.Generator
) -> Iterator[_Projection]:
    """Yield each real result, or a sample of them and a few random sums of all."""
    size = len(outputs.names)
    chosen: Sequence[int] = range(size)
    if size > EVERY_ENTRY:
        chosen = sorted(random.choice(size, SAMPLED, replace=False))
        for number in range(RANDOM):
            weights = random.standard_normal(size)
            yield _Projection(f"random sum {number} of the results", weights, pullback(outputs.cotangents(weights)))
    for position in chosen:
        weights = np.zeros(size)
        weights[position] = 1.0
        yield _Projection(outputs.names[position], weights, pullback(outputs.cotangents(weights)))


def _pushed(call: Arguments, tangents: Sequence[Array], outputs: _Outputs) -> Floats | None:
    """Return the forward derivative along the direction; None where a primitive has no forward rule."""
    moving = [tangent.astype(value.dtype)[()] for tangent, value in zip(tangents, call.values, strict=True)]
    try:
        _, moved = pushforward(call.flat(), call.values, moving)
    except NoRuleError:  # reverse mode alone is complete: the recorded run has passed through it already
        return None
    return _real_vector([np.broadcast_to(part, shape) for part, shape in zip(moved, outputs.shapes, strict=True)], outputs.is_complex)


def _along(projection: _Projection, tangents: Sequence[Array]) -> float:
    """Return Re<J* ct, t>, the reverse derivative along the direction."""
    with np.errstate(all="ignore"):
        moved = (np.real(np.conjugate(pulled) * tangent) for pulled, tangent in zip(projection.pulled, tangents, strict=True))
        return float(sum(float(np.sum(part[np.asarray(tangent) != 0])) if np.ndim(part) else float(part)
                         for part, tangent in zip(moved, tangents, strict=True)))  # fmt: skip


def _refuse_kink(
    outputs: _Outputs, direction: _Direction, limit: Limit, forward: Floats | None, projections: Sequence[_Projection]
) -> None:
    """Raise where the quotients have no limit: the point is at fault then, and no rule."""
    steep = np.abs(limit.value) * 0.01
    unsettled = ~limit.smooth | ~np.isfinite(limit.value) | ((limit.error > steep) & (limit.error > 1e-3))
    if not unsettled.any():
        return
    entry = int(np.argmax(unsettled))
    rule = forward[entry] if forward is not None else None
    for projection in projections:
        if rule is None and projection.name == outputs.names[entry]:
            rule = _along(projection, direction.tangents)
    left, right = limit.left[entry], limit.right[entry]
    raise NotDifferentiableError(
        f"{outputs.names[entry]} is not differentiable at this point along {direction.name}: the difference quotient is "
        f"{left:.6g} from the left and {right:.6g} from the right{_kind_of(left, right)}"
        + ("" if rule is None else f" (the rules say {rule:.6g}, a convention here)" if np.isfinite(rule) else "")
        + "; move the point a little to check the rules"
    )


def _kind_of(left: float, right: float) -> str:
    if not (np.isfinite(left) and np.isfinite(right)):
        return ", so the function is not defined on both sides"
    if max(abs(left), abs(right)) > 1e3 * (1 + min(abs(left), abs(right))) or (left > 1e3 and right > 1e3):
        return ", which grows without bound: a jump or a vertical tangent"
    return ": a kink"


def _compare(
    outputs: _Outputs, direction: _Direction, limit: Limit, forward: Floats | None, projections: Sequence[_Projection], rtol: float
) -> Iterator[_Comparison]:
    """Yield forward and reverse derivatives next to the limit."""
    largest = float(np.abs(limit.value).max(initial=0.0))
    allowed = rtol * (np.abs(limit.value) + 0.01 * largest) + 10 * limit.error
    for projection in projections:
        weights = np.abs(projection.weights)
        expected = float(projection.weights @ limit.value)
        entry = f"d {projection.name} / d {direction.name}"
        yield _Comparison("reverse", entry, _along(projection, direction.tangents), expected, float(weights @ allowed))
    if forward is not None:
        for name, rule, expected, tolerance in zip(outputs.names, forward, limit.value, allowed, strict=True):
            yield _Comparison("forward", f"d {name} / d {direction.name}", float(rule), float(expected), float(tolerance))


def _judged(comparisons: Sequence[_Comparison], modes: tuple[str, ...]) -> CheckReport:
    if not comparisons:
        return CheckReport("", 0.0, 0.0, 0.0, 0, modes)
    worst = max(comparisons, key=lambda comparison: comparison.badness)
    if worst.badness > 1:
        count = sum(comparison.badness > 1 for comparison in comparisons)
        advice = "" if np.isfinite(worst.rule) else (
            "; the function is smooth here, so an operation on the way is not finite (an unused branch of np.where, 0/0)"
        )  # fmt: skip
        raise GradientError(
            f"{worst.entry} is {worst.rule:.10g} by the rules ({worst.mode} mode) and {worst.limit:.10g} by the limit "
            f"definition, a difference of {abs(worst.rule - worst.limit):.3g} where {worst.tolerance:.3g} is allowed; "
            f"{count} of {len(comparisons)} comparisons disagree, this one most{advice}"
        )
    return CheckReport(worst.entry, worst.rule, worst.limit, abs(worst.rule - worst.limit), len(comparisons), modes)
