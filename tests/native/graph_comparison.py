"""Owns the comparison of jit with eager evaluation on a random program, and the search for the smallest that disagrees."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tests.native.agreement import agree, assert_nothing_shared, eagerly, exact, numbers
from tests.native.graphs import Graph, derived
from tests.native.rough_trace import roughly

import chainrule as cr

OTHERS = ("tangent", "product", "mixed", "batch", "hessian", "nested", None, None)
"""Derivatives of which each program has one compared, besides its gradient."""
ORDER = (0, 0, 1, 2, 0)
ORDER_OF_CHANGES = (0, 0, 1, 1, 2, 2, 1, 0)
"""Which arguments a call is given: the second one of a kind compiles."""


class Disagreement(AssertionError):
    """A compiled program whose results are not those of the plain one."""


@dataclass
class Tally:
    """Counts what a comparison did, so that one that compares nothing is seen."""

    compared: int = 0
    skipped: int = 0
    refused: int = 0
    gradients: int = 0
    errors: list[str] = field(default_factory=list)


def outcome(fun: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, BaseException | None]:
    try:
        return eagerly(fun, *arguments), None
    except Exception as error:  # noqa: BLE001 - whatever the program raises is what is compared
        return None, error


def compare(graph: Graph, tally: Tally, jit: Callable[..., Any] | None = None, turns: int = 8) -> None:
    """Raise Disagreement where a compiled program, or a compiled derivative of it, does not do what the plain one does."""
    jit = jit or cr.jit
    _compare_calls(graph, "program", tally, jit, turns)
    if graph.weighed() and graph.moving():
        _compare_calls(graph, "gradient", tally, jit, turns)
        other = OTHERS[graph.seed % len(OTHERS)]
        if other == "hessian" and np.size(graph.arguments(0)[graph.moving()[0]]) > 12:
            other = "product"
        if other is not None:
            _compare_calls(graph, other, tally, jit, 4)


def smallest(graph: Graph, failure: Disagreement, jit: Callable[..., Any] | None = None) -> Disagreement:
    """Return the failure of the shortest part of a program that disagrees."""
    for name, _ in graph.lines:
        try:
            compare(graph.of(name), Tally(), jit)
        except Disagreement as shorter:
            return shorter
    return failure


def _compare_calls(graph: Graph, what: str, tally: Tally, jit: Any, turns: int) -> None:
    is_derivative = what != "program"
    around = graph.surroundings(0)

    def over(arrays: dict[str, Any]) -> Callable[..., Any]:
        return derived(what, graph.function(is_derivative, arrays), graph.moving())

    plain = over(around)
    compiled, kept = jit(plain), []
    order = (ORDER if graph.run == "same" else ORDER_OF_CHANGES)[:turns]
    for turn in range(len(order)):
        which = order[turn]
        arguments = graph.arguments(which)
        for name, array in graph.surroundings(which).items():
            around[name][...] = array
        before = copy.deepcopy(arguments)
        wanted, error = outcome(plain, graph.arguments(which))
        got, raised = outcome(compiled, arguments)
        try:
            if error is not None:
                assert type(raised) is type(error), f"raised {raised!r}, not {error!r}"
                tally.refused += 1
                tally.errors.append(f"{type(error).__name__}: {str(error).splitlines()[0]:.100}")
                if is_derivative and not turn:
                    return  # the derivative is not there
                continue
            if raised is not None:
                raise AssertionError(f"raised {raised!r}") from raised
            for x, then in zip(arguments, before, strict=True):
                assert np.all(exact(np.asarray(x), np.asarray(then))), "an argument was changed"
            assert_nothing_shared(got, [arguments, kept])
            _match(got, wanted, lambda *how: outcome(roughly(over, around, *how), graph.arguments(which))[0], tally)  # noqa: B023
            kept.append(got)
            tally.gradients += is_derivative
        except AssertionError as failure:
            raise Disagreement(
                f"call {turn + 1} of the compiled {what}: {failure}\n\n{graph.snippet(what, which)}"
            ) from failure


def _match(got: Any, wanted: Any, again: Callable[..., Any], tally: Tally) -> None:
    agree(got, wanted, lambda a, _: np.ones(a.shape, bool))
    spreads: list[Any] = []
    for place, (a, b) in enumerate(zip(numbers(got), numbers(wanted), strict=True)):
        a, b = np.asarray(a), np.asarray(b)
        close = _close(a, b, 32)
        if not close.all():
            spreads = spreads or _disturbances(wanted, again)
            close |= _explained(a, b, [np.asarray(spread[place]) for spread in spreads])
        certain = close if not spreads else close & _close(a, b, 1e6)
        tally.compared += int(np.count_nonzero(certain))
        tally.skipped += int(np.count_nonzero(close & ~certain))
        if not close.all():
            at = tuple(int(i) for i in np.argwhere(~close)[0])
            raise AssertionError(
                f"result {place} has {np.count_nonzero(~close)} of {close.size} elements wrong, the first at {at}: "
                f"{a[at]!r}, not {b[at]!r}"
            )


def _close(a: np.ndarray, b: np.ndarray, roundings: float) -> np.ndarray:
    same = np.atleast_1d(exact(a, b)).reshape(a.shape)
    if b.dtype.kind not in "fc":
        return np.array(same)
    a, b = _parts(a), _parts(b)
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= roundings * np.finfo(b.dtype).eps * _size(b)
    return np.array(same | np.all((np.isfinite(a) & np.isfinite(b) & near) | exact(a, b), axis=-1))


def _parts(x: np.ndarray) -> np.ndarray:
    """Return the real and imaginary parts along a new last axis: one may be NaN where the other one is a number."""
    return np.stack([x.real, x.imag], axis=-1) if x.dtype.kind == "c" else x[..., None]


def _size(parts: np.ndarray) -> np.ndarray:
    """Return the size of each number, to which the roundings of both of its parts are relative."""
    finite = np.where(np.isfinite(parts), np.abs(parts), 0)
    return np.array(np.hypot.reduce(finite, axis=-1, keepdims=True))


def _disturbances(wanted: Any, again: Callable[..., Any], count: int = 24) -> list[Any]:
    """Return what `again(random numbers, whether alike)` gives, each of whose steps is off by roundings, where the shapes stay.

    In every other run all elements are off alike: a variance of equal elements is zero there, or a rounding.
    """
    found = []
    for seed in range(count):
        parts = list(numbers(again(np.random.default_rng(seed), bool(seed % 2))))
        if [np.shape(x) for x in parts] == [np.shape(x) for x in numbers(wanted)]:
            found.append(parts)
    return found


def _explained(a: np.ndarray, b: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """Tell which differences are no larger than several times what roundings do to the element."""
    if len(others) < 2:
        return np.ones(b.shape, bool)  # roundings change the shapes, or make it fail: nothing can be said
    if b.dtype.kind not in "fc":
        return np.any([np.asarray(other != b) for other in others], axis=0)
    a, b, *others = map(_parts, (a, b, *others))
    with np.errstate(all="ignore"):
        firm = np.all([np.isfinite(other) == np.isfinite(b) for other in others], axis=0)
        gaps = [np.where(np.isfinite(other) & np.isfinite(b), np.abs(other - b), 0) for other in others]
        largest = _size(np.max(gaps, axis=0))
        near = np.isfinite(a) & (np.abs(a - b) <= 4 * largest)
        # A jump: it moves the element far in some of the disturbed runs. Either side of it is right.
        jump = largest > (1e-4 if b.dtype.itemsize == 8 else 1e-2) * (_size(b) + 1e-3)
    return np.array(np.all(near | jump | ~firm | exact(a, b), axis=-1))
