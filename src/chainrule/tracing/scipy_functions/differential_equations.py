"""Owns what SciPy's solvers of ordinary differential equations do with traced values: docs/decisions/0025-solvers.md.

SciPy's own run, on plain numbers, gives the values and chooses the steps; the steps are then taken again with traced values.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.errors import TracingError
from chainrule.tracing.lift import lift
from chainrule.tracing.scipy_functions.callbacks import PlainRun, as_vector, with_arguments
from chainrule.tracing.scipy_functions.operands import as_floats
from chainrule.tracing.scipy_functions.runge_kutta import Slope, Step, Taken, collocation_step, explicit_step, noting
from chainrule.user_code import where

_SUCCESSES = ("Integration successful.", "Nothing was done; the integration time was 0.")
_TOLERANCES = {"DOP853": (1e-13, 1e-8), "Radau": (1e-8, 1e-6)}
"""Between which relative tolerances a run is from which derivatives alone are taken: a step of Radau's method is dear."""


def _solve_ivp(
    original: Callable[..., Any], fun: Any, t_span: Any, y0: Any, method: Any = "RK45", t_eval: Any = None,
    dense_output: Any = False, events: Any = None, vectorized: bool = False, args: Any = None, **options: Any,
) -> Any:  # fmt: skip
    run = PlainRun("scipy.integrate.solve_ivp")
    plain = run.plain
    taken: list[Taken] = []
    kinds = original.__globals__["METHODS"]
    kind = kinds.get(method) if isinstance(method, str) else method
    plain_options = plain({name: run.function(option) for name, option in options.items()})
    asked = [events] if callable(events) else events
    given = (
        run.function(fun), plain(t_span), plain(y0), method if kind is None else noting(kind, taken), plain(t_eval),
        dense_output, None if asked is None else [run.function(event) for event in asked], vectorized, plain(args),
    )  # fmt: skip
    result = original(*given, **plain_options)
    if not run.is_traced:
        if dense_output:  # SciPy goes by the class of the solver here
            return original(*given[:3], method, *given[4:], **plain_options)
        return result
    state = run.constant(*as_floats(y0))
    slope = _slope(with_arguments(fun, args), np.size(state), vectorized)
    plain_slope = _slope(with_arguments(given[0], given[8]), np.size(state), vectorized)
    start, end = map(lift, t_span)
    is_companion = kind not in (kinds["RK23"], kinds["RK45"], kinds["DOP853"], kinds["Radau"])
    if is_companion:
        last = result.t[-1] if len(result.t) and result.status < 0 else given[1][1]
        goal = given[1][0], last, np.asarray(given[2])
        kind, taken = kinds["Radau"], _companion(kinds, "Radau", goal, plain_slope, run, plain_options)
    steps = list(_taken_again(kind, slope, plain_slope, run, taken, start, end, state))
    path = Path(run, steps, start, state, result.sol)
    if asked is not None:
        further = [with_arguments(event, args) for event in asked]
        _find_events(result, path, further)
    if len(result.t):
        _give_values(result, path, t_eval, end, is_companion)
    result.sol = path if dense_output else None
    return result


def _slope(fun: Callable[..., Any], size: int, vectorized: bool = False, time_first: bool = True) -> Slope:
    """Return a function of time and state, which returns a vector."""
    if vectorized:
        return lambda t, y: as_vector(np.ravel(lift(fun(t, y[:, None]))), size)
    if time_first:
        return lambda t, y: as_vector(fun(t, y), size)
    return lambda t, y: as_vector(fun(y, t), size)


def _companion(
    kinds: Any, name: str, goal: tuple[Any, ...], slope: Slope, run: PlainRun, options: dict[str, Any]
) -> list[Taken]:
    """Return the steps of another solver, by its name, from one time to another.

    It is for solvers whose steps go by the whole past, and cannot be taken again.
    goal: the two times and the first state. slope: plain.
    """
    start, end, state = goal
    finest, coarsest = _TOLERANCES[name]
    relative = np.clip(options.get("rtol", coarsest), finest, coarsest)
    absolute = np.minimum(options.get("atol", coarsest), coarsest)
    taken: list[Taken] = []
    further = {"max_step": options["max_step"]} if "max_step" in options else {}
    solver = noting(kinds[name], taken)(slope, float(start), state, float(end), rtol=relative, atol=absolute, **further)
    while solver.status == "running":
        message = solver.step()
    if solver.status == "failed":
        raise TracingError(
            f"{run.name}: the steps by which derivatives are taken failed at t = {solver.t:.6g}: {message}{where()}"
        )
    return taken


def _taken_again(
    kind: Any, slope: Slope, plain: Slope, run: PlainRun, taken: Sequence[Taken], start: Array, end: Array, state: Array
) -> Any:
    """Yield the steps with traced values. Each is as wide as it was; the last goes as far as the time of the end does."""
    rate: Any = None
    plain_end = run.plain(end)
    for each in taken:
        width = end - start if each.end == plain_end and isinstance(end - start, Traced) else each.end - each.start
        if each.displacements is not None:
            step = collocation_step(slope, plain, run, each, start, width, state)
        else:
            rate = slope(start, state) if rate is None else rate
            step, rate = explicit_step(kind, slope, each, start, width, state, rate)
        yield step
        start, state = start + width, step.state


class Path:
    """A solution between its first and last times, which may be asked for at any time: called as SciPy's OdeSolution is.

    known: SciPy's own, whose values it has; None where there is none.
    """

    def __init__(self, run: PlainRun, steps: Sequence[Step], start: Array, state: Array, known: Any = None) -> None:
        self.run, self.steps, self.known = run, steps, known
        self.times = [start, *(step.start + step.width for step in steps)]
        self.states = [state, *(step.state for step in steps)]
        self.ends = np.array([step.taken.end for step in steps])
        self.direction = -1 if steps and steps[0].taken.end < steps[0].taken.start else 1

    def _places(self, times: Array) -> Array:
        """Return in which step each of some plain times is; a time at which one ends is in that one."""
        found = np.searchsorted(self.direction * self.ends, self.direction * times, side="left")
        return np.minimum(found, len(self.steps) - 1)

    def __call__(self, t: Any) -> Array:
        """Return the state at a time, shape (n,), or at m times, shape (n, m)."""
        t = lift(t)
        found = self.within(t) if np.ndim(t) else self.at(t)
        return self.run.valued(self.known(self.run.plain(t)), found)

    def at(self, time: Array) -> Array:
        """Return the state at a time."""
        if not self.steps:
            return self.states[0]
        return self.steps[int(self._places(self.run.plain(time)))].at(time)

    def within(self, t: Array) -> Array:
        """Return the states at m times, shape (n, m)."""
        if not self.steps:
            return np.stack([self.states[0]] * len(t), axis=1)
        places = self._places(self.run.plain(t))
        order = np.argsort(places, kind="stable")
        found = [self.steps[place].at(t[order[places[order] == place]]) for place in np.unique(places)]
        return np.concatenate(found)[np.argsort(order)].T


def _give_values(result: Any, path: Path, t_eval: Any, end: Array, is_companion: bool) -> None:
    """Put traced times and states into a result of SciPy's; the steps of a companion end at other times than SciPy's did."""
    run, count = path.run, len(result.t)
    times: Any = result.t
    if t_eval is not None:
        times = lift(t_eval)[:count]
    elif is_companion or result.status == 1:
        ends = [path.times[0] + (time - result.t[0]) for time in result.t]
        if result.status == 1:  # an event ended it
            ends[-1] = next(each[-1] for each in result.t_events if len(each) and run.plain(each[-1]) == result.t[-1])
        elif result.status == 0:
            ends[-1] = end
        times = np.stack([lift(each) for each in ends])
    else:
        times = np.stack([lift(each) for each in path.times])
    on_steps = t_eval is None and not is_companion
    if on_steps and result.status != 1:
        states = np.stack(path.states, axis=1)
    elif on_steps:
        states = np.stack([*path.states[: count - 1], path.at(times[-1])], axis=1)
    else:
        states = path.within(times)
    result.y = run.valued(result.y, states)
    result.t = run.valued(result.t, times)


def _find_events(result: Any, path: Path, events: Sequence[Callable[..., Any]]) -> None:
    """Give the times of events their derivatives: each is a root, along the solution, of its function."""
    run = path.run
    for place, event in enumerate(events):
        times, states = [], []
        for time in result.t_events[place]:
            moment = _moment(run, path, event, time)
            times.append(moment)
            states.append(path.at(moment))
        if times:
            found = result.t_events[place], result.y_events[place]
            result.t_events[place] = run.valued(found[0], np.stack([lift(each) for each in times]))
            result.y_events[place] = run.valued(found[1], np.stack(states))


def _moment(run: PlainRun, path: Path, event: Callable[..., Any], time: float) -> Array:
    step = path.steps[int(path._places(time))]

    def crossing(moment: Array) -> Array:
        return lift(event(moment, step.at(moment)))

    width = 1e-4 * (step.taken.end - step.taken.start)
    steep = (run.plain(crossing(time + width)) - run.plain(crossing(time - width))) / (2 * width)
    if not steep:
        raise TracingError(
            f"{run.name}: an event at t = {time:.6g} is only touched, so that its time has no derivative{where()}"
        )
    moment: Array = time
    for _ in range(run.order + 1):
        moment = moment - np.reshape(crossing(moment), ()) / steep
    return moment


def _odeint(
    original: Callable[..., Any], func: Any, y0: Any, t: Any, args: Any = (), Dfun: Any = None, col_deriv: Any = 0,
    full_output: Any = 0, ml: Any = None, mu: Any = None, rtol: Any = None, atol: Any = None, tcrit: Any = None,
    h0: Any = 0.0, hmax: Any = 0.0, hmin: Any = 0.0, ixpr: Any = 0, mxstep: Any = 0, mxhnil: Any = 0, mxordn: Any = 12,
    mxords: Any = 5, printmessg: Any = 0, tfirst: Any = False,
) -> Any:  # fmt: skip
    run = PlainRun("scipy.integrate.odeint")
    plain = run.plain
    further = args if isinstance(args, tuple) else (args,)
    given = run.function(func), plain(y0), plain(t), plain(further)
    options = plain([run.function(Dfun), col_deriv, True, ml, mu, rtol, atol, tcrit, h0, hmax, hmin, ixpr, mxstep,
                     mxhnil, mxordn, mxords, printmessg, tfirst])  # fmt: skip
    found, information = original(*given, *options)
    if not run.is_traced:
        return (found, information) if full_output else found
    if information["message"] not in _SUCCESSES:
        raise TracingError(f"{run.name} failed, so that there is no derivative: {information['message']}{where()}")
    times = lift(t) if isinstance(lift(t), Traced) else np.asarray(t, dtype=np.float64)
    (state,) = as_floats(y0)
    state = run.constant(np.reshape(state, (-1,)))
    slope = _slope(with_arguments(func, further), np.size(state), time_first=tfirst)
    plain_slope = _slope(with_arguments(given[0], given[3]), np.size(state), time_first=tfirst)
    name = "Radau" if np.any(information["mused"] == 2) else "DOP853"
    kinds = vars(sys.modules["scipy.integrate"])
    taken: list[Taken] = []
    first, last = np.asarray(given[2], dtype=np.float64)[[0, -1]]
    if first != last:
        goal = first, last, plain(state)
        given_options = {"rtol": options[5], "atol": options[6], "max_step": abs(float(options[10])) or None}
        known = {name: value for name, value in given_options.items() if value is not None}
        taken = _companion(kinds, name, goal, plain_slope, run, known)
    kind = kinds[name]
    steps = list(_taken_again(kind, slope, plain_slope, run, taken, times[0], times[-1], state))
    values = run.valued(found, Path(run, steps, times[0], state).within(times).T)
    return (values, information) if full_output else values


DIFFERENTIAL_EQUATIONS: dict[str, Callable[..., Any]] = {"odeint": _odeint, "solve_ivp": _solve_ivp}
