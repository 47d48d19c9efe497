"""Owns what is said of learning rates beside the numbers: how they were found, and what to beware of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

from chainrule.optim.geometry.lanczos import Spectrum
from chainrule.optim.geometry.measured_rates import MeasuredRates
from chainrule.optim.geometry.predicted_rates import NARROW, PredictedRates
from chainrule.optim.geometry.report import number

AHEAD = 20
"""The curvature is looked at once more after so many steps of gradient descent at half the stable bound."""


@final
@dataclass(frozen=True, slots=True)
class BatchNoise:
    """How much batches differ.

    count: that were looked at. largest: the least and the greatest λmax of a batch.
    gradient: the root mean square distance of their gradients from the mean one, in units of its norm.
    """

    count: int
    largest: tuple[float, float]
    gradient: float


def how_found(spectrum: Spectrum, size: int, rates: PredictedRates | MeasuredRates) -> str:
    """Return how the rates were found."""
    if isinstance(rates, MeasuredRates):
        tried = rates.rates
        span = f"from {number(tried[0])} to {number(tried[-1])}"
        return f"measured: {len(tried)} descents of {rates.descents.steps} steps at rates {span}"
    if size == 1:
        return "from f'', the curvature at the start"
    if spectrum.eigenvalues is not None:
        return f"from all {size} eigenvalues of the Hessian at the start"
    return f"from the ends of the Hessian's spectrum at the start, by Lanczos with {spectrum.applications} products"


def what_to_beware_of(
    theory: PredictedRates, rates: PredictedRates | MeasuredRates, later: float | None, noise: BatchNoise | None
) -> tuple[str, ...]:
    """Return the notes on rates. later: λmax some steps later."""
    notes: list[str] = []
    if rates is theory:
        notes += _shape(theory)
        notes += _uncertain(theory.spectrum)
        if later is not None and abs(later - theory.spectrum.largest) > 0.1 * theory.spectrum.largest:
            notes.append(_changed(theory, later))
    elif rates.best is None:
        notes.append("No rate that was tried brings the loss below that of the start.")
    return (*notes, *_noisy(noise))


def _shape(theory: PredictedRates) -> list[str]:
    spectrum, zero = theory.spectrum, theory.zero
    if theory.is_still and spectrum.largest <= zero:
        return ["The gradient is 0 here, so that no step moves, at any rate; start elsewhere to see what rates do."]
    if spectrum.scale <= zero:
        return [
            "The function is straight here: every step is as long as the last, at any rate, and none leads to a minimum."
        ]
    if spectrum.largest <= zero:
        return [
            "The function bends downward here: gradient descent moves away at every rate; there is no minimum to come to."
        ]
    if spectrum.smallest < -zero:
        return [
            "Not convex here: along what bends downward every rate moves away, as it should. The bound is that of the rest."
        ]
    if theory.lowest is None:
        return [
            "λmin cannot be told from 0: half the bound, a safe rate, is given as the best, and the steps are not known."
        ]
    if spectrum.smallest <= zero:
        return [
            "Flat in some direction: there the descent stays where it is, and the steps are those of the other directions."
        ]
    return _narrow(theory)


def _narrow(theory: PredictedRates) -> list[str]:
    if theory.lowest is None or theory.spectrum.largest <= NARROW * theory.lowest:
        return []
    times = number(theory.spectrum.largest / theory.lowest)
    bends = (
        f"It bends {times} times more in one direction than in another, and the best rate needs about as many steps."
    )
    scale = (
        "Bring the variables (the columns of the data) to one scale, leave out what says the same twice, or take LBFGS."
    )
    return [f"{bends} {scale}"]


def _uncertain(spectrum: Spectrum) -> list[str]:
    if spectrum.converged:
        return []
    above, below = spectrum.errors
    return [f"Lanczos has not converged: λmax is known to ± {number(above)}, λmin to ± {number(below)}."]


def _changed(theory: PredictedRates, later: float) -> str:
    bound = theory.bound * theory.spectrum.largest / later if later > theory.zero else math.inf
    then = f"{AHEAD} steps later, at half the bound or less, λmax is {number(later)}, and the bound {number(bound)}"
    said = f"The curvature changes along the way: {then}. The verdicts hold near here."
    if theory.best is None or not bound < theory.bound:
        return said
    return f"{said} A rate for both is {number(theory.best * bound / theory.bound)}."


def _noisy(noise: BatchNoise | None) -> list[str]:
    if noise is None:
        return []
    low, high = noise.largest
    differ = f"{noise.count} batches: λmax is {number(low)} to {number(high)}"
    off = f"their gradients are off the mean one by {number(noise.gradient)} times its norm"
    safe = (
        f" Gradient descent is stable on each of them below 2/{number(high)} = {number(2 / high)}." if high > 0 else ""
    )
    return [f"{differ}, and {off}.{safe}"]
