"""Proves that elements that are made Python numbers have no precision of their own, and that `round` gives whole numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import check, rounded

import chainrule as cr

JUDGE = rounded(1e-13, 1e-6)
PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "item": lambda x: (x.item(0) * 3, x[0].item() * x, x.item(1) + np.float32(1), x.reshape(2, 2).item(1, 0) * 0.1),
    "items": lambda x: (x[1].item() * x[2].item(), x[:1].item() / 3),
    "tolist": lambda x: (
        [each * 0.1 for each in x.tolist()],
        sum(x.tolist()) * x,
        x.reshape(2, 2).tolist(),
        x[0].tolist() / 3,
    ),
    "an array of a list": lambda x: np.array(x.tolist()) * x,
    "truth": lambda x: ((x > 1)[0].item() + (x > 0)[1].item(), (x > 1).tolist(), sum((x > 0).tolist()) / 3),
    "whole": lambda x: (x.astype(np.int8)[0].item() * 1000, x.astype(np.uint8).tolist()[1] * x),
    "rounded": lambda x: (round(x[0]), round(x[1]) * 10, round(x[2]) * x, round(x[0]) // 2, round(x[0]) / 3),
    "rounded to digits": lambda x: (round(x[0], 1), round(x[1], 2) * x),
    "a place": lambda x: (x[round(x[0])], [1.0, 2.0, 3.0, 4.0][round(x[1])], sum(range(round(x[2])))),
}


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_elements_as_python_numbers(name: str, dtype: str) -> None:
    arguments = [(np.linspace(0.1 * turn + 0.3, 3, 4).astype(dtype),) for turn in range(4)]
    check(PROGRAMS[name], *arguments, judge=JUDGE)


def test_elements_of_whole_numbers() -> None:
    for dtype in ("int8", "uint8", "int32", "bool"):
        x = np.array([1, 0, 100]).astype(dtype)
        check(lambda x: (x.tolist(), x.item(2), x[0].item() * np.ones(2, np.float32)), (x,), (x[::-1],))
    assert cr.jit(lambda x: x.tolist())(np.array([2**63 + 5], np.uint64)) == [2**63 + 5]


def test_rounded_numbers_are_on_one_path_and_what_is_no_number_is_refused() -> None:
    for kind in (float, np.float64, np.float32):
        compiled = check(lambda x: round(x) * 0.5, *((kind(x),) for x in np.linspace(-9, 9, 7)))
        assert len(compiled.explain_plan(kind(1)).paths) == 1
        for bad, error in (("nan", ValueError), ("inf", OverflowError)):
            with pytest.raises(error):
                compiled(kind(bad))
        assert compiled(kind(2.5)) == 1.0


def test_derivatives_by_elements() -> None:
    x = np.array([2.0, 3.0])
    np.testing.assert_allclose(cr.grad(lambda x: x.item(0) * x.tolist()[1])(x), [3, 2])
    assert cr.grad(lambda x: x.item(0) * x.tolist()[1])(x.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(cr.hessian(lambda x: x.item(0) ** 2 * x.tolist()[1])(x), [[6, 4], [4, 0]])
    np.testing.assert_allclose(cr.vmap(lambda x: x[0].item() * x)(np.array([x, 2 * x])), [[4, 6], [16, 24]])


TRUTHS: dict[str, Callable[[Any], Any]] = {
    "counted": lambda x: (
        np.sum([x[0] > 0, x[1] > 0]),
        np.mean([each > 0 for each in x]),
        np.cumsum([each > 0 for each in x]),
    ),
    "an array": lambda x: (
        np.array([each > 0 for each in x]),
        ~np.array([x[0] > 0, True]),
        np.any([x[0] > 0, x[1] > 1]),
    ),
    "an index": lambda x: x[~np.array([each > 0 for each in x])] * 2,
    "a factor": lambda x: np.array([each > 0 for each in x]) * x,
}


@pytest.mark.parametrize("name", TRUTHS)
def test_truth_values_in_a_list_make_an_array_of_them(name: str) -> None:
    check(
        TRUTHS[name],
        *((np.array(x),) for x in ([1.0, 2.0, -1.0], [3.0, -1.0, -1.0], [-1.0, -1.0, -1.0], [1.0, 1.0, 1.0])),
    )


ARRAYS: dict[str, Callable[[Any], Any]] = {
    "mixed with others": lambda x: (np.asarray(x) * np.linspace(0, 1, 3), np.asarray(x) + np.arange(3)),
    "summed": lambda x: (np.asarray(x).sum(), np.mean(np.asarray(x)), np.cumsum(np.asarray(x)), np.prod(np.asarray(x))),
    "a function": lambda x: (np.sin(np.asarray(x)), np.linalg.norm(np.asarray(x)), np.asarray(x) ** 2),
    "choices": lambda x: (np.where(np.asarray(x) > 1, np.asarray(x), 0), np.maximum(np.asarray(x), 1)),
    "a copy": lambda x: np.array(x) * 2,
    "parts": lambda x: (np.real(np.asarray(x)), np.asarray(x + 1j).imag, np.iscomplexobj(np.asarray(x * 1j))),
    "a comparison": lambda x: (np.asarray(x > 0).sum(), np.mean(np.asarray(x > 0)), np.asarray(x > 0) * 0.5),
}


@pytest.mark.filterwarnings("ignore::chainrule.errors.JitWarning")
@pytest.mark.parametrize("dtype", ["float64", "int64", "complex128", "float32", "float16", "int8", "uint8", "bool"])
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_that_numpy_takes_apart_keep_their_type(name: str, dtype: str) -> None:
    x = np.array([1, 0, 100]).astype(dtype)
    check(ARRAYS[name], (x,), (x[::-1],), judge=JUDGE)
