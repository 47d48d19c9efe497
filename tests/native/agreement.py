"""Owns what it means that a compiled function agrees with the plain one: structure, types, values, and nothing shared."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import chainrule as cr

Judge = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Tells, for each element of two arrays of one shape and type, whether it is acceptable."""

FEWEST_CALLS = 4
"""The first call traces, the second compiles, later ones run native code."""

SPECIAL = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5)
"""Numbers at which elementwise functions go wrong first."""


def eagerly(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function without the warnings that a compiled one need not give."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return fun(*args, **kwargs)


def exact(got: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Ask for the same bits; any NaN is as good as another."""
    if wanted.dtype.kind == "c":
        return exact(got.real, wanted.real) & exact(got.imag, wanted.imag)
    if wanted.dtype.kind != "f":
        return np.asarray(got == wanted)
    return (np.isnan(got) & np.isnan(wanted)) | ((got == wanted) & (np.signbit(got) == np.signbit(wanted)))


def within(ulps: float, absolute: float = 0.0) -> Judge:
    """Return what asks for a distance of so many units in the last place, or of so many machine epsilons."""

    def judge(got: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        if wanted.dtype.kind == "c":
            return judge(got.real, wanted.real) & judge(got.imag, wanted.imag)
        if wanted.dtype.kind != "f":
            return exact(got, wanted)
        with np.errstate(all="ignore"):
            allowed = ulps * np.spacing(np.abs(wanted)) + absolute * np.finfo(wanted.dtype).eps
            return exact(got, wanted) | (np.isfinite(got) & np.isfinite(wanted) & (np.abs(got - wanted) <= allowed))

    return judge


def rounded(float64: float = 1e-12, float32: float = 1e-5) -> Judge:
    """Return what allows the rounding of sums, relative to the largest element that is finite."""

    def judge(got: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        if wanted.dtype.kind not in "fc":
            return exact(got, wanted)
        relative = {8: float64, 4: float32, 2: 1e-2}.get(wanted.real.dtype.itemsize, float64)
        with np.errstate(all="ignore"):
            sizes = np.abs(wanted.astype(np.clongdouble if wanted.dtype.kind == "c" else np.longdouble))
            scale = np.max(sizes, initial=0, where=np.isfinite(sizes))
            near = np.abs(got - wanted) <= relative * max(scale, np.finfo(wanted.dtype).tiny)
        return exact(got, wanted) | (np.isfinite(got) & np.isfinite(wanted) & near)

    return judge


def numbers(tree: Any) -> Iterator[Any]:
    """Yield the numbers and arrays of nested containers."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, tuple | list):
        for part in tree:
            yield from numbers(part)
    elif isinstance(tree, np.ndarray | np.generic | int | float | complex):
        yield tree


def agree(got: Any, wanted: Any, judge: Judge = exact, python: bool = False, path: str = "result") -> None:
    """Raise where `got` is not what eager evaluation returned.

    python: every number among the arguments is a real one of Python's, so that a float64 has to be Python's too.
    """
    if isinstance(wanted, dict):
        assert type(got) is type(wanted), f"{path}: {type(got)} is no {type(wanted)}"
        assert list(got) == list(wanted), f"{path}: keys {list(got)}, not {list(wanted)}"
        for key, part in wanted.items():
            agree(got[key], part, judge, python, f"{path}[{key!r}]")
    elif isinstance(wanted, tuple | list):
        assert type(got) is type(wanted), f"{path}: {type(got)} is no {type(wanted)}"
        assert len(got) == len(wanted), f"{path}: {len(got)} parts, not {len(wanted)}"
        for place, part in enumerate(wanted):
            agree(got[place], part, judge, python, f"{path}[{place}]")
    elif isinstance(wanted, np.ndarray | np.generic | int | float | complex):
        agree_in_type(got, wanted, python, path)
        agree_in_value(np.asarray(got), np.asarray(wanted), judge, path)
        if isinstance(wanted, np.ma.MaskedArray):
            np.testing.assert_array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(wanted))
    else:
        assert type(got) is type(wanted), f"{path}: {type(got)} is no {type(wanted)}"
        assert got == wanted, f"{path}: {got!r}, not {wanted!r}"


def agree_in_type(got: Any, wanted: Any, python: bool, path: str) -> None:
    """Raise where the kind of container, the shape or the type of the elements differs."""
    if np.ndim(wanted):
        assert type(got) is type(wanted), f"{path}: {type(got)} is no {type(wanted)}"
    else:
        assert isinstance(got, np.ndarray | np.generic | int | float | complex), f"{path}: {got!r} is no number"
        if not isinstance(wanted, np.ndarray):
            assert not isinstance(got, np.ndarray), f"{path}: {got!r} is an array where {wanted!r} is a number"
            if python and np.asarray(wanted).dtype == np.float64:
                assert type(got) is float, f"{path}: {type(got)} is not Python's float"
    a, b = np.asarray(got), np.asarray(wanted)
    assert a.dtype == b.dtype, f"{path}: type {a.dtype}, not {b.dtype}"
    assert a.shape == b.shape, f"{path}: shape {a.shape}, not {b.shape}"


def agree_in_value(got: np.ndarray, wanted: np.ndarray, judge: Judge, path: str) -> None:
    """Raise where an element is not acceptable."""
    accepted = np.asarray(judge(got, wanted))
    if not accepted.all():
        at = tuple(int(i) for i in np.argwhere(~accepted)[0])
        raise AssertionError(
            f"{path}: {np.count_nonzero(~accepted)} of {wanted.size} elements differ, "
            f"the first at {at}: {got[at]!r}, not {wanted[at]!r}"
        )


def assert_nothing_shared(results: Any, others: Any) -> None:
    """Raise where an array among the results shares memory with another one of them, or with one of `others`."""
    arrays = [x for x in numbers(results) if isinstance(x, np.ndarray)]
    rest = [x for x in numbers(others) if isinstance(x, np.ndarray)]
    for place, array in enumerate(arrays):
        for other in (*arrays[:place], *rest):
            assert not np.may_share_memory(array, other), f"a result shares memory: {array!r:.200}"


def check(
    fun: Callable[..., Any],
    *calls: Sequence[Any],
    judge: Judge | None = None,
    jitted: Callable[..., Any] | None = None,
    fewest: int = FEWEST_CALLS,
    **kwargs: Any,
) -> Callable[..., Any]:
    """Call the compiled function with each of the argument tuples, often enough, and compare every call with an eager one.

    Also proves that no argument is changed, that no memory is shared, and that earlier results stay as they were.
    """
    judge = judge or rounded()
    compiled = cr.jit(fun) if jitted is None else jitted
    kept: list[tuple[Any, Any]] = []
    for turn in range(max(fewest, len(calls))):
        args = calls[turn % len(calls)]
        before = copy.deepcopy((args, kwargs))
        given = copy.deepcopy(args)  # eager evaluation may write into its arguments
        wanted = eagerly(fun, *given, **copy.deepcopy(kwargs))
        got = eagerly(compiled, *args, **kwargs)
        found = [*numbers(args), *numbers(kwargs)]
        python = bool(found) and all(type(x) in (int, float, bool) for x in found)
        agree(got, wanted, judge, python, f"call {turn + 1}")
        agree(list(numbers((args, kwargs))), list(numbers(before)), exact, path=f"an argument of call {turn + 1}")
        assert_nothing_shared(got, [args, kwargs, [result for result, _ in kept]])
        kept.append((got, copy.deepcopy(got)))
    for turn, (result, then) in enumerate(kept):
        agree(result, then, exact, path=f"the kept result of call {turn + 1}")
    return compiled
