"""Owns the steps of Runge's and Kutta's methods for traced states: those that SciPy's solvers took, taken again.

E. Hairer, S. P. Norsett, G. Wanner, "Solving Ordinary Differential Equations I" (II.4 to II.6) and "II" (IV.8).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from chainrule.core.primitive import Array
from chainrule.errors import NotDifferentiableError
from chainrule.tracing.scipy_functions.callbacks import PlainRun
from chainrule.tracing.scipy_functions.implicit import inverse_of, is_near, refined, slopes, steps_at
from chainrule.user_code import where

Slope: TypeAlias = Callable[[Array, Array], Array]


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that a solver of SciPy's took, in plain numbers.

    displacements: of an implicit method, how far the state is from its old one at each stage, shape (stages, n).
    """

    start: float
    end: float
    displacements: Array | None


@dataclass(frozen=True, slots=True)
class Step:
    """A step taken again, from the time `start`, over `width`.

    within: the state at a part of the step (0 to 1): of a number, a vector; of m numbers, shape (m, n).
    """

    taken: Taken
    start: Array
    width: Array
    state: Array
    within: Callable[[Array], Array]

    def at(self, time: Array) -> Array:
        """Return the state at a time within the step, or at several."""
        return self.within((time - self.start) / self.width)


def noting(kind: Any, taken: list[Taken]) -> Any:
    """Return a solver that does what one of SciPy's does and notes its steps."""

    class Noting(kind):  # type: ignore[misc]
        def step(self) -> Any:
            message = super().step()
            if self.status != "failed":
                stages = getattr(self, "Z", None)
                taken.append(Taken(self.t_old, self.t, None if stages is None else stages.copy()))
            return message

    return Noting


def explicit_step(
    kind: Any, fun: Slope, taken: Taken, start: Array, width: Array, y: Array, slope: Array
) -> tuple[Step, Array]:
    """Take one step of an explicit method, given as SciPy's solver of it, from a state and its slope there.

    Returns the step, and the slope at its end.
    """
    stages = [slope]
    for weights, part in zip(kind.A[1:], kind.C[1:], strict=True):
        stages.append(fun(start + part * width, y + width * _mixed(weights, stages)))
    state = y + width * _mixed(kind.B, stages)
    last = fun(start + width, state)
    stages.append(last)

    def within(part: Array) -> Array:
        if kind.P is not NotImplemented:
            return y + width * np.dot(_powers(part, kind.P), np.stack(stages))
        return _dense_of_order_seven(kind, fun, start, width, y, state, stages, part)

    return Step(taken, start, width, state, within), last


def _mixed(weights: Array, vectors: Sequence[Array]) -> Array:
    """Return the sum of vectors by weights; what has no weight is left out."""
    places = [place for place, weight in enumerate(weights[: len(vectors)]) if weight]
    return np.dot(weights[places], np.stack([vectors[place] for place in places]))


def _powers(part: Array, coefficients: Array) -> Array:
    """Return polynomials without a constant term, whose coefficients are rows, at a number or at several."""
    return np.dot(np.stack([part**power for power in range(1, coefficients.shape[1] + 1)], axis=-1), coefficients.T)


def _dense_of_order_seven(
    kind: Any, fun: Slope, start: Array, width: Array, y: Array, state: Array, stages: Sequence[Array], part: Array
) -> Array:
    """Return the state within a step of DOP853, which takes three more stages: equation (6.13) of Hairer's book."""
    stages = list(stages)
    for weights, place in zip(kind.A_EXTRA, kind.C_EXTRA, strict=True):
        stages.append(fun(start + place * width, y + width * _mixed(weights, stages)))
    change = state - y
    first, last = width * stages[0], width * stages[kind.n_stages]
    terms = [change, first - change, 2 * change - (first + last), *(width * _mixed(row, stages) for row in kind.D)]
    part = np.expand_dims(part, -1)
    total = 0.0 * part * change
    for place, term in enumerate(reversed(terms)):
        total = (total + term) * (part if place % 2 == 0 else 1 - part)
    return y + total


def collocation_step(
    fun: Slope, plain: Slope, run: PlainRun, taken: Taken, start: Array, width: Array, y: Array
) -> Step:
    """Take one step of a collocation method whose last stage is its end, given as the stages that SciPy's solver found.

    plain: the slope in plain numbers.
    The displacements Z of the stages solve Z = h A F(y + Z), a system whose root is given its derivatives.
    """
    assert taken.displacements is not None
    count, size = taken.displacements.shape
    nodes = _RADAU_NODES
    powers = np.arange(1, count + 1)
    # A polynomial of this degree is integrated exactly up to each node.
    weights = (nodes[:, None] ** powers / powers) @ np.linalg.inv(nodes[:, None] ** (powers - 1))
    coefficients = np.linalg.inv(nodes[:, None] ** powers).T
    plain_y, plain_start, plain_width = run.plain(y), run.plain(start), taken.end - taken.start

    def residual(flat: Array) -> Array:
        z = np.reshape(flat, (count, size))
        stages = np.stack([fun(start + part * width, y + z[place]) for place, part in enumerate(nodes)])
        return np.reshape(z - width * np.dot(weights, stages), (-1,))

    def plain_residual(flat: Array) -> Array:
        z = flat.reshape(count, size)
        times = plain_start + nodes * plain_width
        stages = np.stack([plain(time, plain_y + each) for time, each in zip(times, z, strict=True)])
        return (z - plain_width * (weights @ stages)).reshape(-1)

    flat = taken.displacements.reshape(-1)
    for part in (1.0, 1e-3):
        matrix = np.eye(count * size, dtype=np.result_type(plain_y, np.float64))
        steps = []
        for place, node in enumerate(nodes):
            stage = plain_y + taken.displacements[place]
            steps.append(part * steps_at(stage))
            steep, _ = slopes(partial(plain, plain_start + node * plain_width), stage, steps[-1])
            columns = slice(place * size, (place + 1) * size)
            matrix[:, columns] -= plain_width * np.kron(weights[:, place : place + 1], steep)
        inverse = inverse_of(run, matrix)
        if is_near(plain_residual, flat, inverse, np.concatenate(steps)):
            break
    else:
        raise NotDifferentiableError(
            f"{run.name}: the function is not smooth at t = {plain_start:.6g}, where an implicit step has no derivative{where()}"
        )
    z = np.reshape(refined(run, residual, flat, inverse), (count, size))
    return Step(taken, start, width, y + z[-1], lambda part: y + np.dot(_powers(part, coefficients), z))


_RADAU_NODES = np.array([(4 - 6**0.5) / 10, (4 + 6**0.5) / 10, 1.0])
"""The stages of Radau's method of order 5, as parts of a step."""
