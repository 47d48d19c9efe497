"""Owns what SciPy's searches for roots and minima do with functions of traced values: docs/decisions/0025-solvers.md.

The search runs on plain numbers. What it found solves an equation, from which its derivative follows: the function is zero there,
or at a minimum the gradient.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.errors import TracingError
from chainrule.tracing.lift import lift
from chainrule.tracing.scipy_functions.callbacks import PlainRun, with_arguments
from chainrule.tracing.scipy_functions.implicit import root_of
from chainrule.user_code import where

_Given = dict[str, Any]


def _searched(original: Callable[..., Any], args: tuple[Any, ...], kwargs: _Given) -> tuple[PlainRun, _Given, Any]:
    """Run a search on plain numbers. Return the run, what the search was given, and its result.

    The run knows of traced values in functions and `args`; where the search starts does not matter to what it finds.
    """
    call = inspect.signature(original).bind(*args, **kwargs)
    call.apply_defaults()
    given = dict(call.arguments)
    name = f"scipy.optimize.{original.__name__}"
    run, start = PlainRun(name), PlainRun(name)
    for key, value in given.items():
        call.arguments[key] = start.plain(value) if key in _STARTS else run.given(value)
    if _is_of_a_number(call.arguments):
        call.arguments["full_output"] = True
    return run, given, original(*call.args, **call.kwargs)


_STARTS = frozenset({"x0", "x1", "a", "b", "bracket", "method", "xin"})
"""Arguments on which it does not depend what is found, but for which of several roots it is."""


def _is_of_a_number(plain: _Given) -> bool:
    """Whether a search tells in its full output alone whether it has found a number."""
    return "disp" in plain and np.size(plain.get("x0", 0.0)) == 1


def _further(given: _Given) -> tuple[Any, ...]:
    args = given["args"]
    return args if isinstance(args, tuple) else (args,)


def _root(run: PlainRun, function: Callable[[Array], Any], found: Any) -> Array:
    """Return what a search found, a number or an array of any shape, with its derivatives as the root of a function."""
    at = np.asarray(found, dtype=np.result_type(found, np.float64))

    def flat(z: Array) -> Array:
        value = np.reshape(lift(function(np.reshape(z, at.shape) if at.shape else z[0])), (-1,))
        if value.shape != z.shape:
            raise TracingError(
                f"{run.name}: {value.size} equations for {z.size} unknowns have no root that moves with them{where()}"
            )
        return value

    root = root_of(run, flat, at.reshape(-1))
    return np.reshape(root, at.shape) if at.shape else root[0]


def _failed(run: PlainRun, why: str) -> TracingError:
    return TracingError(f"{run.name} found nothing that has a derivative: {why}{where()}")


def _number(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Answer for brentq and its kin, and for newton: the root, which is the first of several results if more was asked for."""
    run, given, result = _searched(original, args, kwargs)
    is_told = isinstance(result, tuple)
    found, *rest = result if is_told else (result,)
    if run.is_traced:
        if rest and not np.all(getattr(rest[0], "converged", rest[0])):
            raise _failed(run, "it did not converge")
        found = _root(run, with_arguments(given["f"] if "f" in given else given["func"], _further(given)), found)
    if not given["full_output"]:
        return found
    if hasattr(result, "_fields"):
        return type(result)(found, *rest)
    rest[0].root = found
    return (found, *rest)


def _root_scalar(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    run, given, result = _searched(original, args, kwargs)
    if run.is_traced:
        if not result.converged:
            raise _failed(run, str(result.flag))
        result.root = _root(run, _value_alone(given["f"], given, "fprime"), result.root)
    return result


def _value_alone(function: Callable[..., Any], given: _Given, slope: str) -> Callable[..., Any]:
    """Return a function with its further arguments; of one that returns its derivative too (jac=True), the value alone."""
    called = with_arguments(function, _further(given))
    has_both = bool(given[slope]) and not callable(given[slope]) and not isinstance(given[slope], str)
    return (lambda x: called(x)[0]) if has_both else called


def _vector(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Answer for root, whose result has the root as `x`."""
    run, given, result = _searched(original, args, kwargs)
    if run.is_traced:
        if not result.success:
            raise _failed(run, str(result.message))
        result.x = _root(run, _value_alone(given["fun"], given, "jac"), result.x)
    return result


def _system(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Answer for the solvers of large systems by their names, such as broyden1."""
    run, given, found = _searched(original, args, kwargs)
    return _root(run, given["F"], found) if run.is_traced else found


def _fsolve(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    run, given, result = _searched(original, args, kwargs)
    if not run.is_traced:
        return result
    found, *rest = result if given["full_output"] else (result,)
    if rest and rest[1] != 1:
        raise _failed(run, str(rest[2]))
    found = _root(run, with_arguments(given["func"], _further(given)), found)
    return (found, *rest) if rest else found


def _fixed_point(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    run, given, found = _searched(original, args, kwargs)
    function = with_arguments(given["func"], _further(given))
    return _root(run, lambda x: lift(function(x)) - x, found) if run.is_traced else found


def _minimize(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Answer for minimize: at a minimum that no bound holds, the gradient is zero; so it has to be given."""
    run, given, result = _searched(original, args, kwargs)
    if not run.is_traced:
        return result
    jac, further = given["jac"], _further(given)
    if given["constraints"]:
        raise _failed(
            run, "under constraints it depends on which of them hold it; write the equations that it solves, for root"
        )
    if _is_held(result.x, given["bounds"], run):
        raise _failed(run, "a bound holds it; leave out the unknowns that bounds hold")
    if callable(jac):
        gradient = with_arguments(jac, further)
    elif jac is True:
        both = with_arguments(given["fun"], further)

        def gradient(x: Array) -> Any:
            return both(x)[1]
    else:
        raise TracingError(
            f"{run.name}: its function depends on traced values, and the derivative of the minimum follows from the gradient; "
            f"give it, jac=cr.grad(fun){where()}"
        )
    if not result.success:
        raise _failed(run, str(result.message))
    result.x = _root(run, gradient, result.x)
    result.fun = run.valued(result.fun, _value_alone(given["fun"], given, "jac")(result.x))
    return result


def _is_held(x: Array, bounds: Any, run: PlainRun) -> bool:
    if bounds is None:
        return False
    pairs = np.stack([bounds.lb, bounds.ub], axis=-1) if hasattr(bounds, "lb") else run.plain(bounds)
    low, high = np.array([[-np.inf if a is None else a, np.inf if b is None else b] for a, b in pairs], dtype=float).T
    return bool(np.any((x <= low + 1e-9 * (1 + np.abs(low))) | (x >= high - 1e-9 * (1 + np.abs(high)))))


def _refused(original: Callable[..., Any], advice: str, *args: Any, **kwargs: Any) -> Any:
    """Run a search that is given no derivative."""
    run = PlainRun(f"scipy.optimize.{original.__name__}")
    result = original(*run.given(args), **run.given(kwargs))
    if run.is_traced:
        raise TracingError(
            f"{run.name} was given what depends on traced values, by which its result has no derivative here; {advice}{where()}"
        )
    return result


_BY_GRADIENT = "write scipy.optimize.minimize(fun, x0, jac=cr.grad(fun))"
_BY_SQUARES = f"{_BY_GRADIENT}, where fun is the sum of the squares"


def _refusing(advice: str) -> Callable[..., Any]:
    def refused(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return _refused(original, advice, *args, **kwargs)

    return refused


ROOTS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("bisect", "brenth", "brentq", "newton", "ridder", "toms748"), _number),
    **dict.fromkeys(
        ("anderson", "broyden1", "broyden2", "diagbroyden", "excitingmixing", "linearmixing", "newton_krylov"), _system
    ),
    "fixed_point": _fixed_point,
    "fsolve": _fsolve,
    "minimize": _minimize,
    "root": _vector,
    "root_scalar": _root_scalar,
    **dict.fromkeys(("curve_fit", "least_squares", "leastsq"), _refusing(_BY_SQUARES)),
    **dict.fromkeys(
        ("basinhopping", "brent", "brute", "differential_evolution", "direct", "dual_annealing", "fmin", "fmin_bfgs", "fmin_cg",
         "fmin_cobyla", "fmin_l_bfgs_b", "fmin_ncg", "fmin_powell", "fmin_slsqp", "fmin_tnc", "fminbound", "golden",
         "minimize_scalar", "shgo"),
        _refusing(_BY_GRADIENT),
    ),
}  # fmt: skip
