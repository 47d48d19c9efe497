"""Owns `curvature`: what kind of point a point is, and how the function bends there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, final

import numpy as np

from chainrule.explain.backpropagation.figures import json_safe
from chainrule.optim.geometry.degenerate import (
    NOISE,
    RADII,
    Certainty,
    Finding,
    Kind,
    bend_nearby,
    by_samples,
    look_further,
    size_of,
)
from chainrule.optim.geometry.function import read_function
from chainrule.optim.geometry.lanczos import Spectrum, Vector
from chainrule.optim.geometry.report import Rows, entries, number, rows_html, rows_text
from chainrule.optim.geometry.second_order import Point, SecondOrder, look
from chainrule.optim.geometry.smoothness import is_smooth

_ALIKE = 1e-6  # curvatures that differ by less than this part are the same
_GAIN = 1e-3  # of the size of the value: a point from which a step changes it by more is not critical
_NAMED = 4  # so many entries of a direction are named


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Curvature:
    """How a function bends at a point.

    x: the point. value: of the function. gradient: in the structure of x. gradient_norm: Euclidean.
    eigenvalues: of the Hessian, ascending: all, or with `is_complete` False the smallest and the largest alone.
    eigenvectors: the principal directions as the columns of an array of shape (n, len(eigenvalues)).
    classification: "minimum", "maximum", "saddle" (neither: also a horizontal inflection of one variable), "degenerate" (not
        settled), or "not critical". certainty: "certain", "likely" or "unsettled"; how: what settled it, in words.
    condition: the largest absolute eigenvalue by the smallest one, infinite where one is 0. Where the smaller end of the spectrum
        has not converged, the true one is at least this; where the ends have both signs and no more is known, it is infinite.
    point: x as one vector, with the names of its variables.
    is_convex_here: no direction bends downward here. is_smooth: False at a kink, where the derivatives are convention.
    converged: whether the eigenvalues are exact; errors: how far (the largest, the smallest) may be off.
    """

    x: Any
    value: float
    gradient: Any
    gradient_norm: float
    eigenvalues: Vector
    eigenvectors: Vector
    classification: Kind
    certainty: Certainty
    how: str
    condition: float
    is_convex_here: bool
    is_smooth: bool
    is_complete: bool
    converged: bool
    errors: tuple[float, float]
    point: Point

    def direction(self, index: int) -> Any:
        """Return the unit eigenvector of an eigenvalue in the structure of x; -1 is the direction of the largest."""
        return self.point.given(self.eigenvectors[:, index])

    @property
    def meaning(self) -> tuple[str, ...]:
        """What the numbers say, in sentences."""
        return tuple(_meaning(self))

    def __str__(self) -> str:
        return rows_text(self._rows())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return rows_html("curvature", self._rows())

    def _rows(self) -> Rows:
        sure = "" if self.certainty == "certain" else f" ({self.certainty})"
        rows = [
            ("classification", f"{self.classification}{sure}"),
            ("how", self.how),
            ("value", number(self.value)),
            ("gradient norm", number(self.gradient_norm)),
        ]
        if self.point.size == 1:
            rows.append(("f''", number(self.eigenvalues[0])))
        else:
            condition = number(self.condition)
            rows.append(("eigenvalues" if self.is_complete else "from λmin to λmax", entries(self.eigenvalues)))
            rows.append(("condition", condition if self.converged else f"at least {condition}"))
        return [*rows, *(("meaning" if place == 0 else "", text) for place, text in enumerate(self.meaning))]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as lists, dictionaries, numbers and text that JSON can hold."""
        names = [field.name for field in fields(self) if field.name != "point"]
        return {name: json_safe(getattr(self, name)) for name in (*names, "meaning")}


def curvature(fun: Callable[..., Any] | str, x: Any, args: Sequence[Any] = (), *, tol: float = 1e-6) -> Curvature:
    """Return how `fun` bends at `x`, and whether `x` is a minimum, a maximum, a saddle or no critical point at all.

    fun: takes x and `args`, returns one real number; or mathematics as text. x: a number, an array, or a container of them; for
    text a dictionary of numbers by name. Computing is in float64.
    tol: x counts as critical where a Newton step along the strongest curvature, |gradient| / |λ|, moves it by at most
    tol * max(1, |x|), the largest entry, and changes the value by at most a thousandth of max(1, |fun(x)|).

    Of at most 200 variables the whole Hessian is computed, of more the ends of its spectrum, by Lanczos on products with it;
    where these do not converge, the whole one of at most 1,000 variables after all.
    Where the Hessian is flat in some direction, higher derivatives decide, else values around the point; `how` says which.
    Raises NotScalarError where `fun` does not return one real number, NotDifferentiableError where it or its derivatives are
    not finite at `x`, TypeError and ValueError for points that are none.

    >>> bowl = curvature("x^2 - y^2", {"x": 0, "y": 0})
    >>> bowl.classification, bowl.eigenvalues, bowl.condition
    ('saddle', array([-2.,  2.]), 1.0)
    >>> curvature(lambda x: x**4, 0.0).how
    'by the fourth derivative, 24, the first that is not 0: of even order and positive'
    """
    if not isinstance(tol, int | float) or isinstance(tol, bool) or not tol > 0:
        raise ValueError(f"tol is a number above 0, such as 1e-6, not {tol!r:.60}")
    function, at = read_function(fun, x)
    around = look(function, at, args)
    spectrum = around.spectrum()
    smooth = is_smooth(around)
    values, vectors = _known(spectrum)
    finding = _classified(around, spectrum, smooth, tol)
    return Curvature(
        x=around.point.given(around.point.vector),
        value=around.value,
        gradient=around.point.given(around.gradient),
        gradient_norm=around.norm,
        eigenvalues=values,
        eigenvectors=vectors,
        classification=finding.kind,
        certainty=finding.certainty,
        how=finding.how,
        condition=_condition(spectrum),
        is_convex_here=spectrum.smallest >= -spectrum.zero,
        is_smooth=smooth,
        is_complete=spectrum.eigenvalues is not None,
        converged=spectrum.converged,
        errors=spectrum.errors,
        point=around.point,
    )


def _condition(spectrum: Spectrum) -> float:
    if spectrum.eigenvalues is None and spectrum.smallest < 0 < spectrum.largest:
        return math.inf  # somewhere between the ends; nothing is known of it
    known = np.array([spectrum.smallest, spectrum.largest]) if spectrum.eigenvalues is None else spectrum.eigenvalues
    least = float(np.min(np.abs(known)))
    rounding = spectrum.zero if spectrum.converged else 0.0
    return spectrum.scale / least if least > rounding else math.inf


def _known(spectrum: Spectrum) -> tuple[Vector, Vector]:
    if spectrum.eigenvalues is not None and spectrum.eigenvectors is not None:
        return spectrum.eigenvalues, spectrum.eigenvectors
    ends = np.array([spectrum.smallest, spectrum.largest])
    return ends, np.stack([spectrum.smallest_vector, spectrum.largest_vector], axis=1)


def _classified(around: SecondOrder, spectrum: Spectrum, smooth: bool, tol: float) -> Finding:
    if not smooth:
        return _at_a_kink(around, _known(spectrum)[1])
    norm = around.norm
    noise = NOISE * bend_nearby(around)
    zero = max(spectrum.zero, noise)
    # A point whose parts have different scales may be a short step from where the function is far lower.
    gain = 0.5 * norm * (norm / spectrum.scale) if spectrum.scale > 0 else 0.0
    is_far = norm > max(tol * spectrum.scale, noise) * size_of(around)
    if is_far or gain > _GAIN * max(1.0, abs(around.value)):
        how, long = f"by the gradient: its norm is {number(norm)}, ", number(norm / (spectrum.scale or 1.0))
        level = f"the parabola that fits here is level about {long} away"
        how += f"and {level if spectrum.scale > 0 else 'the function is straight here'}"
        return Finding("not critical", "certain", how)
    if spectrum.smallest < -zero and spectrum.largest > zero:
        return Finding("saddle", "certain", "by the Hessian: it has eigenvalues of both signs")
    sure: Certainty = "certain" if spectrum.converged else "likely"
    if spectrum.smallest > zero:
        return Finding("minimum", sure, "by the Hessian: all eigenvalues are positive")
    if spectrum.largest < -zero:
        return Finding("maximum", sure, "by the Hessian: all eigenvalues are negative")
    if spectrum.eigenvalues is not None and spectrum.eigenvectors is not None:
        return look_further(around, spectrum.eigenvalues, spectrum.eigenvectors, zero)
    ends = (spectrum.smallest, spectrum.smallest_vector), (spectrum.largest, spectrum.largest_vector)
    return by_samples(around, np.stack([vector for value, vector in ends if abs(value) <= zero], axis=1))


def _at_a_kink(around: SecondOrder, special: Vector) -> Finding:
    """Return what a point is where derivatives say nothing: values decide, at two distances, for a kink hides what is smooth."""
    why = "the function is not twice differentiable here, so that derivatives say nothing"
    near, far = (by_samples(around, special, (radius,)) for radius in RADII[:2])
    if near.kind == far.kind and near.kind in ("minimum", "maximum"):
        return Finding(near.kind, near.certainty, f"{near.how}; {why}")
    return Finding("degenerate", "unsettled", f"{why}; {far.how}")


def _meaning(found: Curvature) -> list[str]:
    if not found.is_smooth:
        return ["The function is not twice differentiable here: the rules give gradient and eigenvalues by convention."]
    said = _one_variable(found) if found.point.size == 1 else _several_variables(found)
    if not found.converged:
        above, below = found.errors
        said.append(
            f"Lanczos has not converged: λmax is known to ± {number(above)} and λmin to ± {number(below)}. The true λmax is not "
            "smaller than what it gives, and the true λmin not larger."
        )
    return said


def _one_variable(found: Curvature) -> list[str]:
    second = float(found.eigenvalues[0])
    name = found.point.coordinate(0)
    if second == 0:
        return [f"f'' = 0: to second order the graph is straight here, and the slope does not change with {name}."]
    way = "upward, like a bowl" if second > 0 else "downward, like a hill"
    change = "grows" if second > 0 else "falls"
    radius = (1 + found.gradient_norm**2) ** 1.5 / abs(second)
    slope = f"for each unit of {name} the slope {change} by {number(abs(second))}"
    return [
        f"f'' = {number(second)}: the graph bends {way}; {slope}. It is as bent as a circle of radius {number(radius)}."
    ]


def _several_variables(found: Curvature) -> list[str]:
    values = found.eigenvalues
    if values[0] < 0 < values[-1] and not found.is_convex_here:
        up, down = _named(found, -1), _named(found, 0)
        bends = f"It bends upward most along {up}, by {number(values[-1])}"
        bends += f", and downward most along {down}, by {number(values[0])}."
        leaves = f"A descent that stands here can leave along {down}."
        return [bends, leaves] if found.classification == "saddle" else [bends]
    most, least = int(np.argmax(np.abs(values))), int(np.argmin(np.abs(values)))
    if not values[most]:
        return ["To second order it is straight in every direction."]
    if abs(values[most]) <= abs(values[least]) * (1 + _ALIKE):
        return [f"It bends alike in every direction, by {number(values[most])}."]
    said = [f"It bends most along {_named(found, most)}, by {number(values[most])}"]
    said[0] += f", and least along {_named(found, least)}, by {number(values[least])}."
    if found.is_convex_here and math.isinf(found.condition):
        said.append(
            "In some direction it is flat, so that gradient descent moves ever more slowly along it, if at all."
        )
    elif found.is_convex_here and found.condition >= 100:
        said.append(
            f"A narrow valley: it bends {number(found.condition)} times more across than along, and gradient descent needs about "
            "as many steps."
        )
    return said


def _named(found: Curvature, index: int) -> str:
    """Return a direction by its largest entries."""
    vector = found.eigenvectors[:, index]
    order = np.argsort(-np.round(np.abs(vector), 6), kind="stable")  # entries alike in their own order
    big = [int(place) for place in order if abs(vector[place]) > 1e-3 * abs(vector[order[0]])]
    if len(big) == 1:
        return found.point.coordinate(big[0])
    turned = -vector if vector[big[0]] < 0 else vector
    terms = [_term(turned[place], found.point.coordinate(place)) for place in big[:_NAMED]]
    return f"{' '.join(terms).removeprefix('+ ')}{' …' if len(big) > _NAMED else ''}"


def _term(factor: float, name: str) -> str:
    """Return a term of a sum.

    >>> _term(1.0, "x"), _term(-3e-5, "y")
    ('+ x', '- 3e-05 y')
    """
    size = f"{abs(factor):.3g}"
    return f"{'-' if factor < 0 else '+'} {'' if size == '1' else f'{size} '}{name}"
