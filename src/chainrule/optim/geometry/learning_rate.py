"""Owns `learning_rate`: which learning rates will work from a point, before a step is taken, and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, final

import numpy as np

from chainrule.explain.backpropagation.figures import json_safe
from chainrule.optim.geometry.function import further_arguments, read_function
from chainrule.optim.geometry.lanczos import Spectrum, Vector
from chainrule.optim.geometry.measured_rates import Descents, MeasuredRates, measure_rates, with_rate
from chainrule.optim.geometry.predicted_rates import PredictedRates, Verdict
from chainrule.optim.geometry.rate_notes import AHEAD, BatchNoise, how_found, what_to_beware_of
from chainrule.optim.geometry.report import Rows, apart, count, number, rows_html, rows_text
from chainrule.optim.geometry.second_order import SecondOrder, look
from chainrule.optim.methods.gradient_descent import GradientDescent
from chainrule.optim.methods.momentum import Momentum
from chainrule.optim.methods.nesterov import Nesterov

AVERAGED = 64
"""The mean is that of so many batches at most, spread evenly over all."""
ALONE = 16
"""So many of these are looked at on their own, at most."""


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LearningRate:
    """Which learning rates work for a method, at a point of a function.

    method: its name, and its momentum.
    largest, smallest: the ends of the Hessian's spectrum, λmax and λmin; errors: how far they may be off; converged: whether that
        is little.
    bound: the stable bound; infinite where there is none. best: the best fixed rate, None where no rate leads to a minimum.
    steps: how many steps the best rate takes until the gradient's norm is `tol`; infinite if never, None if not known.
    best_momentum: (learning rate, momentum) of Polyak's heavy ball, with momentum_steps; None where λmin is not positive.
    later: λmax after `AHEAD` steps of gradient descent; None where these led nowhere.
    noise: of the batches, None without.
    how: how the numbers were found. rates: what they are taken from.
    """

    method: str
    largest: float
    smallest: float
    errors: tuple[float, float]
    converged: bool
    bound: float
    best: float | None
    steps: float | None
    tol: float
    best_momentum: tuple[float, float] | None
    momentum_steps: float | None
    later: float | None
    noise: BatchNoise | None
    how: str
    notes: tuple[str, ...]
    rates: PredictedRates | MeasuredRates

    def verdict(self, rate: float) -> Verdict | None:
        """Return "too slow", "right", "oscillating" or "diverging"; None where nothing can be said, as of a straight line.

        Right is a rate that needs at most ten times the steps of the best one, or of one that needs thirty to come nearer by a
        factor of a million.
        """
        return self.rates.verdict(_checked(rate))

    def steps_at(self, rate: float) -> float | None:
        """Return how many steps a rate takes until the gradient's norm is `tol`; infinite if never, None if not known."""
        return self.rates.steps(_checked(rate)) if isinstance(self.rates, PredictedRates) else None

    def describe(self, rate: float) -> str:
        """Return the verdict with the numbers that say why."""
        return self.rates.describe(_checked(rate))

    def __str__(self) -> str:
        return rows_text(self._rows())

    __repr__ = __str__

    def _rows(self) -> Rows:
        rows = [
            ("method", self.method),
            ("λmax", number(self.largest)),
            ("λmin", number(self.smallest)),
            ("stable bound", self._bound_text()),
            ("best rate", "none" if self.best is None else apart(self.best, self.bound)),
        ]
        if isinstance(self.rates, PredictedRates) and self.best is not None:
            most = "at most " if self.rates.steps_are_at_most else ""
            rows.append(
                ("steps", f"{most}{count(self.steps)} at the best rate, to a gradient of norm {number(self.tol)}")
            )
        if self.best_momentum is not None:
            rate, momentum = number(self.best_momentum[0]), apart(self.best_momentum[1], 1.0)
            rows.append(("best momentum", f"Momentum({rate}, momentum={momentum}): {count(self.momentum_steps)}"))
        notes = [("note" if place == 0 else "", note) for place, note in enumerate(self.notes)]
        return [*rows, ("how", self.how), *notes]

    def _bound_text(self) -> str:
        if isinstance(self.rates, PredictedRates):
            return f"{number(self.bound)} = {self.rates.formula}" if math.isfinite(self.bound) else "none"
        return f"{number(self.bound)} (measured)" if math.isfinite(self.bound) else "none of the rates tried diverged"

    def _repr_html_(self) -> str:
        return rows_html("learning-rate", self._rows())

    def to_dict(self, rates: Iterable[float] = ()) -> dict[str, Any]:
        """Return everything as JSON can hold it, with what is said of `rates`, and the curve of a measured sweep."""
        names = [field.name for field in fields(self) if field.name not in ("noise", "rates")]
        data = {name: json_safe(getattr(self, name)) for name in names}
        data["noise"] = None if self.noise is None else json_safe(asdict(self.noise))
        data["verdicts"] = [
            {
                "rate": rate,
                "verdict": self.verdict(rate),
                "steps": json_safe(self.steps_at(rate)),
                "text": self.describe(rate),
            }
            for rate in map(float, rates)
        ]
        if isinstance(self.rates, MeasuredRates):
            data["sweep"] = {"rates": json_safe(self.rates.rates), "losses": json_safe(self.rates.losses[:, -1])}
        return data


def learning_rate(
    fun: Callable[..., Any] | str,
    x: Any,
    method: Any = None,
    *,
    tol: float = 1e-6,
    args: Sequence[Any] = (),
    batches: Iterable[Any] | None = None,
) -> LearningRate:
    """Return which learning rates will work for `fun` from `x`: the stable bound, the best one, and a verdict on any.

    fun: takes x and `args`, returns one real number; or mathematics as text, with x a dictionary of numbers by name.
    method: a method of descent, whose own learning rate does not matter; gradient descent without it. For gradient descent,
        Momentum and Nesterov the answer is theory, exact where `fun` is a quadratic; for other methods, which have none so
        simple, short descents at many rates are run and compared.
    tol: the norm of the gradient at which a descent has arrived, as for `minimize`.
    batches: further arguments of `fun`, a tuple or a single one for each batch, or `Batches`; the loss is their mean. Of more
        than 64, as many are taken, spread evenly.

    λmax and λmin come from the Hessian, or for more than 200 variables from Lanczos on its products with vectors, as far as it
    converges.
    Raises as `curvature` does, and ValueError for methods without a learning rate.

    >>> rates = learning_rate("x^2", 5.0)
    >>> rates.bound, rates.best
    (1.0, 0.5)
    >>> [rates.verdict(rate) for rate in (0.001, 0.1, 1.0, 1.1)]
    ['too slow', 'right', 'oscillating', 'diverging']
    >>> rates.describe(1.1)
    '1.1 is diverging: it is above the stable bound 2/λmax = 1; along the steepest direction each step makes the distance
    1.2 times as large. Try 0.5.'
    """
    if not isinstance(tol, int | float) or isinstance(tol, bool) or not tol > 0:
        raise ValueError(f"tol is the gradient's norm to arrive at, a number above 0, not {tol!r:.60}")
    chosen = _method(method)
    function, at = read_function(fun, x)
    loss, noise_of = _loss(function, further_arguments(args), batches)
    around = look(loss, at)
    spectrum = around.spectrum()
    has_theory = isinstance(chosen, GradientDescent | Momentum | Nesterov)
    theory = _predicted(chosen if has_theory else GradientDescent(1.0), around, spectrum, tol)
    later = _later(around, spectrum, theory)
    noise = None if noise_of is None else noise_of(around)
    rates: PredictedRates | MeasuredRates = theory
    if not has_theory:
        start = around.point.given(around.point.vector)
        rates = measure_rates(Descents(loss, with_rate(chosen, 1.0), start))
    polyak = theory.best_momentum if has_theory else None
    return LearningRate(
        method=_label(chosen),
        largest=spectrum.largest,
        smallest=spectrum.smallest,
        errors=spectrum.errors,
        converged=spectrum.converged,
        bound=rates.bound,
        best=rates.best,
        steps=theory.best_steps if rates is theory else None,
        tol=tol,
        best_momentum=polyak,
        momentum_steps=None if polyak is None else theory.steps(polyak[0], Momentum(1.0, momentum=polyak[1])),
        later=later,
        noise=noise,
        how=how_found(spectrum, around.point.size, rates),
        notes=what_to_beware_of(theory, rates, later, noise),
        rates=rates,
    )


def _checked(rate: Any) -> float:
    if isinstance(rate, bool) or not isinstance(rate, int | float | np.number) or not 0 < rate < math.inf:
        raise ValueError(f"a learning rate is a finite number above 0, not {rate!r:.60}")
    return float(rate)


def _method(method: Any) -> Any:
    if method is None:
        return GradientDescent(1.0)
    if isinstance(method, type):
        raise TypeError(f"method is a record with its settings: write {method.__name__}(0.1), not {method.__name__}")
    if not callable(getattr(method, "update", None)) and not callable(getattr(method, "solve", None)):
        raise TypeError(f"method is a method of descent, such as cr.optim.Momentum(0.1), not {method!r:.60}")
    return with_rate(method, 1.0)


def _label(method: Any) -> str:
    name = type(method).__name__
    return f"{name} with momentum {number(method.momentum)}" if isinstance(method, Momentum | Nesterov) else name


def _loss(
    fun: Callable[..., Any], args: tuple[Any, ...], batches: Iterable[Any] | None
) -> tuple[Callable[[Any], Any], Callable[[SecondOrder], BatchNoise] | None]:
    """Return the loss of a point alone, and what tells the noise of the batches."""
    if batches is None:

        def alone(x: Any) -> Any:
            return fun(x, *args)

        alone.__name__ = getattr(fun, "__name__", "the function")
        return alone, None
    if not isinstance(batches, Iterable):
        raise TypeError(
            f"batches is a list of further arguments of the function, a tuple for each, not {batches!r:.60}"
        )
    each = _spread([batch if isinstance(batch, tuple) else (batch,) for batch in batches], AVERAGED)
    if not each:
        raise ValueError("batches is empty; give at least one batch, a tuple of further arguments of the function")

    def mean(x: Any) -> Any:
        return sum(fun(x, *args, *batch) for batch in each) / len(each)

    def noise(around: SecondOrder) -> BatchNoise:
        x = around.point.given(around.point.vector)
        seen = [look(fun, x, (*args, *batch)) for batch in _spread(each, ALONE)]
        largest = [one.spectrum(tol=1e-2).largest for one in seen]
        off = math.sqrt(float(np.mean([np.sum((one.gradient - around.gradient) ** 2) for one in seen])))
        norm = around.norm
        return BatchNoise(len(seen), (min(largest), max(largest)), off / norm if norm else math.inf if off else 0.0)

    mean.__name__ = getattr(fun, "__name__", "the function")
    return mean, noise


def _spread(parts: list[Any], most: int) -> list[Any]:
    """Return so many of the parts at most, spread evenly."""
    return [parts[place] for place in np.unique(np.linspace(0, len(parts) - 1, most).astype(int))] if parts else []


def _predicted(method: Any, around: SecondOrder, spectrum: Spectrum, tol: float) -> PredictedRates:
    norm = around.norm
    if spectrum.eigenvalues is None or spectrum.eigenvectors is None:
        ends = np.array([spectrum.smallest, spectrum.largest])
        return PredictedRates(method, spectrum, ends, np.full(2, norm), spectrum.zero, tol)
    parts: Vector = spectrum.eigenvectors.T @ around.gradient
    # What is but rounding in a flat direction would never go away.
    is_nothing = (np.abs(spectrum.eigenvalues) <= spectrum.zero) & (np.abs(parts) <= 1e-12 * norm)
    return PredictedRates(method, spectrum, spectrum.eigenvalues, np.where(is_nothing, 0.0, parts), spectrum.zero, tol)


def _later(around: SecondOrder, spectrum: Spectrum, theory: PredictedRates) -> float | None:
    """Return λmax some steps later; None where the steps lead out of where the function is finite."""
    if spectrum.largest <= theory.zero:
        return None
    moved = around.moved(AHEAD, 1 / spectrum.largest)
    if moved is None:
        return None
    ahead = moved.spectrum(tol=1e-2)
    return ahead.largest if math.isfinite(ahead.largest) else None
