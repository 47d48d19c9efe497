"""Owns what the record of a descent shows of its pace: whether it goes to and fro, slows down, or hardly moves."""

from __future__ import annotations

import math

import numpy as np

from chainrule.optim.descent.trail import Trail

_FEW = 1e6  # more steps are not named: nobody will take them
_TOLD = 20  # of fewer points nothing is said
_STEADY = 0.9  # of the pace before: a descent that keeps less of it slows down


def turns_back(trail: Trail) -> bool:
    """Whether the last point but one is where the last but three was, so that steps go to and fro."""
    if trail.points_every != 1 or trail.done < 4:
        return False
    last, middle, first = (np.concatenate([np.ravel(column[-row]) for column in trail.points]) for row in (1, 2, 3))
    step = float(np.linalg.norm(last - middle))
    return step > 0 and float(np.linalg.norm(last - first)) <= 1e-3 * step


def steps_left(trail: Trail, norm: float, tol: float) -> str:
    """Return how many steps more it takes, judged by the last half of the steps, as the end of a sentence.

    Empty where the norm of the gradient does not become smaller from the third quarter to the last, or hardly.
    """
    half = len(trail.squares) // 2
    first = half - 1 if half else 0
    before = math.sqrt(float(trail.squares[first]))
    steps = trail.done - 1 - first * trail.every
    if not (tol > 0 and steps > 0 and 0 < norm < before * (1 - 1e-9)):
        return ""
    later = np.asarray(trail.squares[first:], dtype=float)
    middle = len(later) // 2
    if 0 < middle < len(later) - 1:
        if later[middle:].max() >= later[:middle].max():
            return ""
        earlier_pace = math.log(later[0] / later[middle]) / middle if later[middle] > 0 else 0.0
        pace = math.log(later[middle] / later[-1]) / (len(later) - 1 - middle) if later[middle] > 0 else 0.0
        if np.all(np.diff(later) <= 0) and pace < _STEADY * earlier_pace:
            needed = 2 * math.log(norm / tol) / pace * trail.every if pace > 0 else math.inf
            return f"; it slows down, and takes more than {math.floor(needed):,} more" if needed < _FEW else ""
    needed = math.log(norm / tol) / math.log(before / norm) * steps
    return f"; at this pace it takes about {math.ceil(needed):,} more" if needed < _FEW else ""


def is_creeping(trail: Trail) -> bool:
    """Whether the steps are so short that the gradient is still nearly that of the start, and the function still falls."""
    values, squares = trail.values, trail.squares
    if len(values) < _TOLD or not 0.8 * squares[0] < squares[-1] < squares[0]:
        return False
    half = len(values) // 2
    first, second = abs(float(values[half] - values[0])), abs(float(values[-1] - values[half]))
    return 0.1 * first < second < 1.25 * first


def is_settled(trail: Trail) -> bool:
    """Whether the norm of the gradient has hardly changed in the last half."""
    half = np.asarray(trail.squares[len(trail.squares) // 2 :], dtype=float)
    return len(trail.squares) >= _TOLD and bool(half.max() - half.min() <= 0.05 * half.max())
