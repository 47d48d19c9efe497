"""Owns a function around a point, to second order: value, gradient, Hessian and its products, with the point as one vector."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from chainrule.core.trees import flatten, paths, unflatten
from chainrule.errors import JitWarning, NotDifferentiableError
from chainrule.optim.geometry.function import further_arguments
from chainrule.optim.geometry.lanczos import STEPS, Spectrum, Vector, dense_spectrum, extreme_eigenvalues
from chainrule.optim.kept.vector_code import OnVectors, on_vector, with_arguments
from chainrule.optim.layout import Layout, layout_of
from chainrule.optim.modifiers.clipping import norm_of
from chainrule.transforms.derivatives import hessian, value_and_grad

DENSE = 200
"""Of so many variables at most the whole Hessian is computed, and all its eigenvalues; of more, the ends of its spectrum."""

WHOLE = 1000
"""Of so many variables at most the whole Hessian is computed after all where Lanczos has not converged: that is no more work."""

_HALVINGS = 40
"""A step is halved so often before it is given up."""

_KEY = re.compile(r"\['(?P<name>[^\W\d]\w*)'\]")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A point as one vector of float64, and how to put it together again.

    vector: shape (n,). layout: how its parts lie there. names: what each part is called: x for a lone array or number, w for that
    of a dictionary's "w", or how it is reached, such as x[0]['w'].
    """

    vector: Vector
    layout: Layout
    names: tuple[str, ...]

    @property
    def size(self) -> int:
        """The number of variables."""
        return int(self.vector.size)

    def together(self, vector: Any) -> Any:
        """Return a vector in the structure of the point; traced vectors stay traced."""
        return self.layout.together(vector)

    def given(self, vector: Vector) -> Any:
        """Return a vector in the structure of the point, with Python's own numbers where it has lone ones."""
        parts = [np.array(part) if np.ndim(part) else float(part) for part in self.layout.split(vector)]
        return unflatten(self.layout.structure, parts)

    def coordinate(self, index: int) -> str:
        """Return what a variable is called: x, x[0, 1], or w[0] in a dictionary."""
        for name, shape in zip(self.names, self.layout.shapes, strict=True):
            count = math.prod(shape)
            if index < count:
                places = ", ".join(str(int(place)) for place in np.unravel_index(index, shape)) if shape else ""
                return f"{name}[{places}]" if shape else name
            index -= count
        raise IndexError(f"there is no variable {index}")


def read_point(x: Any) -> Point:
    """Return a point as a vector; computing is in float64, whatever the types of its parts.

    Raises TypeError where a part is not made of real numbers, ValueError where there is no number or one that is not finite.
    """
    arrays = [_real(leaf) for leaf in flatten(x)[0]]
    vector = np.concatenate([np.ravel(array) for array in arrays]) if arrays else np.zeros(0)
    if not vector.size:
        raise ValueError(
            "x holds no number, so that there is no direction to look in; give a point such as 1.0 or [0, 1]"
        )
    point = Point(vector, layout_of(x), tuple(map(_called, paths(x))))
    bad = np.flatnonzero(~np.isfinite(vector))
    if bad.size:
        raise ValueError(f"{point.coordinate(int(bad[0]))} is {vector[bad[0]]}; a point has finite numbers")
    return point


def _called(path: str) -> str:
    """Return what a part is called that is reached so."""
    key = _KEY.match(path)
    return f"x{path}" if key is None else key["name"] + path[key.end() :]


def _real(leaf: Any) -> Vector:
    array = np.asarray(leaf)
    if array.dtype.kind not in "fiub":
        why = "complex; pass real and imaginary parts as two numbers" if array.dtype.kind == "c" else "not a number"
        raise TypeError(f"x holds {leaf!r:.60}, which is {why}")
    return array.astype(np.float64)


@final
@dataclass(frozen=True, slots=True, eq=False)
class SecondOrder:
    """A function around a point.

    on_vector: the function of the point as a vector, shape (n,). value, gradient: at the point; the gradient has shape (n,).
    native: the native code of the function.
    """

    point: Point
    on_vector: Callable[[Any], Any]
    value: float
    gradient: Vector
    native: OnVectors

    @property
    def norm(self) -> float:
        """The Euclidean norm of the gradient, whose square may be too large or too small for a number."""
        return float(norm_of(self.gradient))

    def product(self) -> Callable[[Vector], Any]:
        """Return the function that multiplies the Hessian at the point with a vector, as native code."""
        at = self.point.vector
        return lambda vector: self.native.product(at, vector)

    def hessian(self) -> Vector:
        """Return the Hessian at the point, shape (n, n)."""
        with np.errstate(all="ignore"):
            return np.asarray(hessian(self.on_vector)(self.point.vector), dtype=np.float64)

    def spectrum(self, *, tol: float = 1e-4, steps: int = STEPS) -> Spectrum:
        """Return the eigenvalues of the Hessian: all of a few variables, the ends of the spectrum for many.

        Where these have not converged within the usual number of steps, all of a thousand variables at most.
        Raises NotDifferentiableError where second derivatives are not finite.
        """
        size = self.point.size
        if size <= DENSE:
            return dense_spectrum(self.hessian(), applications=size)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            # What is not compiled is computed all the same.
            warnings.simplefilter("ignore", JitWarning)
            product = self.product()
            found = extreme_eigenvalues(product, size, tol=tol, steps=steps)
            if found.converged or steps < STEPS or size > WHOLE:
                return found
            columns = np.stack([np.asarray(product(unit), dtype=np.float64) for unit in np.eye(size)], axis=1)
        return dense_spectrum(columns, applications=found.applications + size)

    def moved(self, steps: int, rate: float) -> SecondOrder | None:
        """Return the function around where so many steps of gradient descent lead, at this rate or less.

        None where they lead nowhere. A rate that leads uphill is halved, for good: the first steps may be too long where the
        curvature grows.
        """
        at, value, gradient = self.point.vector, self.value, self.gradient
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", JitWarning)
            for _ in range(steps):
                for _ in range(_HALVINGS):
                    ahead = at - rate * gradient
                    there, slope = self.native.value_and_grad(ahead)
                    if there <= value and np.all(np.isfinite(slope)):
                        break
                    rate /= 2
                else:
                    return None
                at, value, gradient = ahead, float(there), np.asarray(slope)
        return replace(self, point=replace(self.point, vector=at), value=value, gradient=gradient)


def look(fun: Callable[..., Any], x: Any, args: Sequence[Any] = ()) -> SecondOrder:
    """Return a function around a point.

    fun: takes x and `args`, returns one real number. x: a number, an array, or a container of them.
    Raises NotScalarError where `fun` does not return one real number, NotDifferentiableError where it is not finite at `x`.

    >>> around = look(lambda x: x[0] ** 2 - 3 * x[1] ** 2, np.array([1.0, 2.0]))
    >>> around.value, around.gradient, around.spectrum().eigenvalues
    (-11.0, array([  2., -12.]), array([-6.,  2.]))
    """
    point, args = read_point(x), further_arguments(args)

    around = with_arguments(on_vector(fun, point.layout), args)
    with np.errstate(all="ignore"):
        value, gradient = value_and_grad(around)(point.vector)
    if not math.isfinite(value):
        raise NotDifferentiableError(
            f"the function is {float(value)} at x, so that it has no curvature there; choose another point, or ask cr.why_nan"
        )
    if not np.all(np.isfinite(gradient)):
        where = point.coordinate(int(np.flatnonzero(~np.isfinite(gradient))[0]))
        raise NotDifferentiableError(
            f"the derivative by {where} is not finite at x; choose a point where the function is smooth, or ask cr.why_nan"
        )
    native = OnVectors(fun, point.layout, args=args)
    return SecondOrder(point, around, float(value), np.asarray(gradient, dtype=np.float64), native)
