"""Owns `minimize`: the loop that follows the gradient of a function downhill, and says how it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.trees import flatten, unflatten
from chainrule.optim.descent.outcome import Minimum, Progress, Status
from chainrule.optim.methods.gradient_descent import GradientDescent
from chainrule.optim.methods.method import Method
from chainrule.transforms.derivatives import value_and_grad

DEFAULT_METHOD = GradientDescent(0.1)


def minimize(
    fun: Callable[[Any], Any],
    x0: Any,
    method: Method = DEFAULT_METHOD,
    steps: int = 1000,
    tol: float = 1e-8,
    callback: Callable[[Progress], Any] | None = None,
) -> Minimum:
    """Follow the gradient of `fun` from `x0` downhill, and return where it led, as SciPy's OptimizeResult would.

    fun: takes x, returns one real number. x0: a number, an array, or a container of them; it is not changed.
    steps: at most so many. tol: the descent has converged where the Euclidean norm of the gradient is at most this.
    callback: called with the `Progress` at every point, the start first; it ends the descent by returning True or by
        raising StopIteration. Ctrl-C ends it too: what was found so far is returned.
    Raises NotScalarError where `fun` does not return one real number, TypeError or ValueError for arguments that do not
    fit.

    >>> import chainrule as cr
    >>> found = cr.minimize(lambda x: (x - 3) ** 2, 0.0)
    >>> round(found.x, 6), found.success, found.message
    (3.0, True, 'converged: the gradient has norm 9.11e-09 after 91 steps')
    """
    _refuse_arguments(fun, method, steps, tol)
    x = _start(x0)
    compute = value_and_grad(fun)
    seen: list[Progress] = []
    try:
        # What overflows ends the descent with a status that says so: a warning would say it twice.
        with np.errstate(all="ignore"):
            state = method.init(x)
            while True:
                value, gradient = compute(x)
                seen.append(Progress(len(seen), x, float(value), gradient, _norm(gradient)))
                if callback is not None and _wants_to_stop(callback, seen[-1]):
                    return _outcome(seen, Status.INTERRUPTED, f"interrupted: the callback ended it {_after(seen)}")
                ended = _ended(seen, steps, tol)
                if ended is not None:
                    return _outcome(seen, *ended)
                x, state = method.update(gradient, state, x)
    except KeyboardInterrupt:
        if not seen:
            raise
        return _outcome(seen, Status.INTERRUPTED, f"interrupted: stopped from the keyboard {_after(seen)}")


def _refuse_arguments(fun: object, method: object, steps: object, tol: object) -> None:
    if not callable(fun):
        raise TypeError(f"minimize takes a function of x, such as lambda x: x**2, not {fun!r:.60}")
    if not (callable(getattr(method, "init", None)) and callable(getattr(method, "update", None))):
        raise TypeError(f"method is a method of descent, such as cr.optim.GradientDescent(0.1), not {method!r:.60}")
    if isinstance(method, type):
        raise TypeError(f"method is a record with its settings: write {method.__name__}(0.1), not {method.__name__}")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 0:
        raise ValueError(f"steps is a whole number of at least 0, not {steps!r:.60}")
    if not isinstance(tol, int | float | np.floating) or not tol >= 0:
        raise ValueError(f"tol is a number of at least 0, not {tol!r:.60}")


def _start(x0: Any) -> Any:
    """Return the start as floats, in arrays of our own."""
    leaves, structure = flatten(x0)
    if not leaves:
        raise ValueError("x0 holds no number to start from")
    return unflatten(structure, [_as_float(leaf) for leaf in leaves])


def _as_float(leaf: Any) -> Any:
    array = np.array(leaf)
    if array.dtype.kind not in "fciub":
        raise TypeError(f"x0 holds {leaf!r:.60}, which is not a number or an array of numbers")
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if isinstance(leaf, np.ndarray):
        return array
    return array.item() if array.dtype in (np.float64, np.complex128) else array[()]


def _norm(gradient: Any) -> float:
    leaves, _ = flatten(gradient)
    return float(np.linalg.norm([np.linalg.norm(np.ravel(leaf)) for leaf in leaves]))


def _wants_to_stop(callback: Callable[[Progress], Any], progress: Progress) -> bool:
    try:
        return callback(progress) is True
    except StopIteration:
        return True


def _ended(seen: Sequence[Progress], steps: int, tol: float) -> tuple[Status, str] | None:
    """Return how the descent has ended at its last point, or None where it goes on."""
    last = seen[-1]
    if not np.isfinite(last.fun):
        return Status.DIVERGED, f"diverged: the function is {last.fun} {_after(seen)}; {_advice(seen)}"
    if not np.isfinite(last.gradient_norm):
        return Status.DIVERGED, f"diverged: the gradient is not finite {_after(seen)}; {_advice(seen)}"
    if last.gradient_norm <= tol:
        return Status.CONVERGED, f"converged: the gradient has norm {last.gradient_norm:.3g} {_after(seen)}"
    if last.step < steps:
        return None
    if last.fun > seen[0].fun and last.gradient_norm > seen[0].gradient_norm:
        grown = f"the function grew from {seen[0].fun:.4g} to {last.fun:.4g}"
        return Status.DIVERGED, f"diverged: {grown} {_after(seen)}; {_advice(seen)}"
    norm = f"the gradient still has norm {last.gradient_norm:.3g}"
    return Status.STEPS_EXHAUSTED, f"steps exhausted: {norm} {_after(seen)}"


def _advice(seen: Sequence[Progress]) -> str:
    return "try a smaller learning rate" if len(seen) > 1 else "start where the function and its gradient are finite"


def _after(seen: Sequence[Progress]) -> str:
    count = len(seen) - 1
    return "at the start" if count == 0 else f"after {count} step{'' if count == 1 else 's'}"


def _outcome(seen: Sequence[Progress], status: Status, message: str) -> Minimum:
    place = seen[-1]
    if status in (Status.DIVERGED, Status.INTERRUPTED):
        place = min(seen, key=lambda progress: progress.fun if np.isfinite(progress.fun) else np.inf)
    points = [progress.x for progress in seen]
    lone = isinstance(points[0], float | complex | np.ndarray | np.generic)
    return Minimum(
        x=place.x,
        fun=place.fun,
        jac=place.gradient,
        nit=len(seen) - 1,
        nfev=len(seen),
        success=status is Status.CONVERGED,
        status=status,
        message=message,
        path=np.stack(points) if lone else tuple(points),
        losses=np.array([progress.fun for progress in seen]),
        gradient_norms=np.array([progress.gradient_norm for progress in seen]),
    )
