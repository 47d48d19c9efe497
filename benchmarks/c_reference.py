"""Owns the limit: C written by hand, compiled by gcc when the benchmarks run, and for the large network its five products.

C is no peer, since it differentiates nothing; it shows what the machine gives. The flags are `-O3 -march=native
-ffast-math`; gcc then takes the vector functions of the system's library of mathematics.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.c_compiler import compiled
from benchmarks.compare import Role
from benchmarks.native_cases import NativeCase
from benchmarks.native_entry import Entry, NotRunError

NAME = "C"
REUSED = "C, output reused"
PRODUCTS = "five matrix products, NumPy"

FUNCTIONS = {
    "polynomial": "polynomial",
    "composition_first": "composition_first",
    "composition_third": "composition_third",
    "rosenbrock_2": "rosenbrock",
    "rosenbrock_1e3": "rosenbrock",
    "rosenbrock_1e6": "rosenbrock",
    "damped_sine_1e3": "damped_sine",
    "damped_sine_1e5": "damped_sine",
    "damped_sine_1e7": "damped_sine",
    "logistic_small": "logistic",
    "logistic_large": "logistic",
    "regressor": "regressor",
    "hessian": "rosenbrock_hessian",
    "hessian_vector": "rosenbrock_product",
    "jacobian": "dense_map",
    "square_root": "square_root",
    "recurrence": "recurrence",
    "mixture": "mixture",
}
TAKES_OUTPUT = ("rosenbrock", "damped_sine")


@cache
def _module(scratch: Path) -> Any:
    return compiled(Path(__file__).with_suffix(".c"), scratch)


def _products(arguments: tuple[Any, ...]) -> Callable[[], Any]:
    """Return a call of the five products of matrices that the large network needs, into memory that is reused."""
    W1, _, W2, _, X, targets = arguments
    hidden, scores = np.tanh(X @ W1), np.empty_like(targets)
    back, grad1, grad2 = np.empty_like(hidden), np.empty_like(W1), np.empty_like(W2)
    forward = np.empty_like(hidden)

    def call() -> None:
        np.matmul(X, W1, out=forward)
        np.matmul(hidden, W2, out=scores)
        np.matmul(hidden.T, targets, out=grad2)
        np.matmul(targets, W2.T, out=back)
        np.matmul(X.T, back, out=grad1)

    return call


def entries(case: NativeCase, scratch: Path) -> Iterator[Entry]:
    """Yield the C function of the case, and where its result is large one that writes into memory given to it."""
    arguments = case.arguments()
    if case.key not in FUNCTIONS:
        yield Entry(PRODUCTS, _products(arguments), role=Role.LIMIT)
        return
    if shutil.which("gcc") is None:
        raise NotRunError("there is no gcc to compile it")
    name = FUNCTIONS[case.key]
    function = getattr(_module(scratch), name)
    yield Entry(NAME, partial(function, *arguments), role=Role.LIMIT)
    if name in TAKES_OUTPUT:
        yield Entry(REUSED, partial(function, *arguments, np.empty_like(arguments[0])), role=Role.LIMIT)
