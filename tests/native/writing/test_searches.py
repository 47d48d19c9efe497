"""Proves that native code finds the positions in sorted tables that NumPy finds, and interpolates between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import agree, exact, within

import chainrule as cr
from chainrule.native.machine.machine import available
from chainrule.native.plan import LOOP, SEARCH

pytestmark = pytest.mark.skipif(not available(), reason="needs llvmlite")

Fun = Callable[..., Any]
LENGTHS = (1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 1000, 1023, 1024, 1025)
KINDS = (
    ("float64", "float64"), ("float32", "float32"), ("int64", "int64"), ("int64", "float64"), ("float32", "float64"),
    ("float64", "int64"), ("bool", "float64"),
)  # fmt: skip
SHAPES = ((), (1,), (5,), (40,), (7, 9), (2, 3, 4))


def drawn(shape: Any, dtype: str, seed: int = 0) -> np.ndarray:
    x = 4 * np.random.default_rng(seed).normal(size=shape)
    return x > 0 if dtype == "bool" else np.asarray(x).astype(dtype)


def tables(length: int, dtype: str) -> list[np.ndarray]:
    """Return sorted tables: with ties, and where there may be with infinities and NaN, which comes last."""
    found = [
        np.sort(drawn(length, dtype)),
        np.sort(np.round(drawn(length, dtype, 1)).astype(dtype)),
        np.zeros(length, dtype),
    ]
    if dtype.startswith("float"):
        special = found[0].copy()
        special[0], special[-1] = -np.inf, np.nan
        found += [np.sort(special), np.full_like(special, np.nan)]
    return found


def values(shape: tuple[int, ...], dtype: str, table: np.ndarray) -> list[np.ndarray]:
    found = [drawn(shape, dtype, 2), np.full(shape, table[len(table) // 2], table.dtype).astype(dtype)]
    if dtype.startswith("float"):
        found += [np.full(shape, number, dtype) for number in (np.nan, np.inf, -np.inf, -0.0)]
    return found


@pytest.mark.parametrize(("of_table", "of_values"), KINDS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_positions_are_those_of_numpy(of_table: str, of_values: str, side: Any) -> None:
    def fun(table: Any, v: Any) -> Any:
        return np.searchsorted(table, v, side=side)

    with np.errstate(invalid="ignore"):
        for length in LENGTHS:
            for shape in SHAPES:
                compiled = cr.jit(fun)
                for table in tables(length, of_table):
                    for v in values(shape, of_values, table):
                        agree(compiled(table, v), fun(table, v), exact)
                assert not compiled.explain_plan(table, v).fallbacks


FUNCTIONS: dict[str, Fun] = {
    "views": lambda table, x: np.searchsorted(np.sort(x[::2, 1]), x[:, ::-2].T),
    "a table that is turned": lambda table, x: np.searchsorted(-table[::-1], -x[1:, 1:]),
    "a table with gaps": lambda table, x: np.searchsorted(table[::3], x),
    "bins": lambda table, x: np.digitize(x, table),
    "decreasing bins": lambda table, x: np.digitize(x, table[::-1], right=True),
    "a known table": lambda table, x: np.searchsorted(np.array([-1.0, 0.0, 0.5]), x),
    "a known value": lambda table, x: np.searchsorted(table, 0.25) + np.searchsorted(table, [0.5, -2.0]),
    "no values": lambda table, x: np.searchsorted(table, x[:0]),
    "an empty table": lambda table, x: np.searchsorted(table[:0], x),
    "computed values": lambda table, x: np.searchsorted(np.cumsum(np.exp(table)), np.sum(x * x, axis=1)),
    "sorted by another array": lambda table, x: np.searchsorted(x[:, 0], 0.1, sorter=np.argsort(x[:, 0])),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_tables_and_values_are_read_where_they_lie(name: str) -> None:
    fun, compiled = FUNCTIONS[name], cr.jit(FUNCTIONS[name])
    table = np.sort(drawn(31, "float64"))
    for seed in range(4):
        x = drawn((9, 20), "float64", seed)
        for each in (x, np.asfortranarray(x), x[::-1], np.repeat(x, 2, axis=1)[:, ::2]):
            agree(compiled(table, each), fun(table, each), exact)


INTERPOLATED: dict[str, Fun] = {
    "plain": lambda f, nodes, x: np.sum(np.interp(x, nodes, f) ** 2),
    "with ends": lambda f, nodes, x: np.sum(np.interp(x, nodes, f, left=-3.0, right=0.5) ** 2),
    "periodic": lambda f, nodes, x: np.sum(np.interp(x, nodes, f, period=2.5) ** 2),
    "of one node": lambda f, nodes, x: np.sum(np.interp(x, nodes[:1], f[:1]) * x),
    "of a number": lambda f, nodes, x: np.interp(x[0], nodes, f) ** 2,
    "of a sum": lambda f, nodes, x: np.sum(np.interp(np.cumsum(x * x) / 20, nodes, f) * x),
    "looked up": lambda f, nodes, x: np.sum(f[np.searchsorted(nodes[:-1], x)] ** 2 * x),
}


@pytest.mark.parametrize("name", INTERPOLATED)
def test_interpolation_has_the_values_and_gradients_of_the_engine(name: str) -> None:
    fun = INTERPOLATED[name]
    slope = cr.value_and_grad(fun, argnums=(0, 1, 2))
    compiled = cr.jit(slope)
    for count in (12, 400):
        nodes = np.sort(drawn(count, "float64"))
        for seed in range(3):
            f, x = drawn(count, "float64", seed), drawn(60, "float64", seed + 5)
            agree(compiled(f, nodes, x), slope(f, nodes, x), within(4096, 4096))
        h, direction = 1e-7, drawn(count, "float64", 9)
        difference = (fun(f + h * direction, nodes, x) - fun(f - h * direction, nodes, x)) / (2 * h)
        np.testing.assert_allclose(np.sum(compiled(f, nodes, x)[1][0] * direction), difference, rtol=1e-4, atol=1e-5)


def test_interpolation_is_one_path_without_numpy() -> None:
    nodes, x = np.linspace(0, 1, 100), np.linspace(-0.1, 1.2, 1000)
    plan = cr.jit(np.interp).explain_plan(x, nodes, nodes**2)
    assert [step.kind for step in plan.steps] == [SEARCH, LOOP]
    assert not plan.fallbacks
    assert not plan.paths[0].decisions
    assert "1 binary search" in str(plan)
