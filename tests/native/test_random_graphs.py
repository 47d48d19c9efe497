"""Proves on random programs that jit computes what eager evaluation does, for values and for gradients, whatever the shapes,
types and memory layouts; and that the comparison sees a small error.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.native import fuzz
from tests.native.graph_comparison import Disagreement, Tally, compare, smallest
from tests.native.graph_writer import FAMILIES, build, seeded
from tests.native.graphs import Graph

import chainrule as cr
from chainrule.core.trees import flatten, unflatten
from chainrule.native.calls.signature import has_traced

SEEDS = range(240)
PARTS = 8  # of the seeds, for the workers of the test run


@st.composite
def graphs(draw: st.DrawFn, family: str) -> Graph:
    return build(lambda n: draw(st.integers(0, n - 1)), family, longest=8)


@pytest.mark.parametrize("family", FAMILIES)
@settings(
    deadline=None,
    max_examples=12,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),  # `smallest` shortens a program in seconds
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(data=st.data())
def test_the_programs_of_a_family(family: str, data: st.DataObject) -> None:
    graph = data.draw(graphs(family))
    try:
        compare(graph, Tally())
    except Disagreement as failure:
        raise smallest(graph, failure) from None


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_the_programs_of_fixed_seeds(part: int) -> None:
    tally = Tally()
    for seed in SEEDS[part::PARTS]:
        graph = seeded(seed)
        try:
            compare(graph, tally)
        except Disagreement as failure:
            raise AssertionError(f"python -m tests.native.fuzz --seed {seed} --graphs 1") from smallest(graph, failure)
    assert tally.compared > 1000
    assert tally.gradients > 10
    assert tally.skipped < 0.05 * tally.compared
    assert tally.refused < len(SEEDS) // PARTS * 2


def test_a_seed_gives_the_same_program_and_arguments_again() -> None:
    for seed in (3, 50, 2024):
        first, again = seeded(seed), seeded(seed)
        assert first == again
        for x, y in zip(first.arguments(1), again.arguments(1), strict=True):
            np.testing.assert_array_equal(x, y)


def faulty(fault: Any) -> Any:
    """Return a jit whose results have a fault from the third call on."""

    def jit(fun: Any) -> Any:
        calls = 0

        def compiled(*args: Any) -> Any:
            nonlocal calls
            if has_traced(flatten(args)[0]):
                return fun(*args)
            calls += 1
            leaves, structure = flatten(fun(*copy.deepcopy(args)))
            results = [np.array(x) if isinstance(x, np.ndarray | np.generic | float) else x for x in leaves]
            if calls > 2:
                results = [fault(x) if isinstance(x, np.ndarray) else x for x in results]
            return unflatten(structure, [x[()] if isinstance(x, np.ndarray) else x for x in results])

        return compiled

    return jit


def a_little_larger(x: Any) -> Any:
    if x.dtype.kind != "f" or not x.size:
        return x
    x.flat[-1] *= 1 + 2000 * np.finfo(x.dtype).eps
    return x


def infinite_where_it_is_large(x: Any) -> Any:
    return np.where(x > 1, x.dtype.type(np.inf), x) if x.dtype.kind == "f" else x


FAULTS = {
    "another rounding": a_little_larger,
    "infinite": infinite_where_it_is_large,
    "another type": lambda x: x.astype(np.complex128),
    "another order": lambda x: x[::-1].copy() if x.ndim else x,
    "another shape": lambda x: x[None],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_comparison_sees_a_fault(fault: str) -> None:
    seen = 0
    for seed in range(20):
        try:
            compare(seeded(seed), Tally(), faulty(FAULTS[fault]))
        except Disagreement:
            seen += 1
    assert seen >= 8


def test_the_comparison_accepts_what_is_right() -> None:
    for seed in range(20):
        compare(seeded(seed), Tally(), faulty(lambda x: x))


ROUNDINGS = {
    "between steps of one line": ("t0 = np.exp(x0 * 0 - 15)\nt0 = (1 + t0) - 1", lambda x: x * (1 + 1e-9), lambda x: x * 1.001),
    "the small part of a complex number": ("t0 = np.real((x0 * 1e-9 + 3j) * 0.7)", lambda x: x + 1e-15, lambda x: x + 1e-11),
    "a variance of equal elements": ("t0 = np.var(np.repeat(x0[0] * 0 + 0.1, 10)) > 0", np.logical_not, None),
    "within a derivative": (
        "t0 = cr.grad(lambda u: np.sum(np.tanh(u)))(x0 * 0 + 12)", lambda x: x * (1 + 1e-6), lambda x: x * 1.01),
    "the part beside a NaN": ("t0 = (x0 + 1j) * 0.1 + complex(np.nan, 0)", lambda x: x.real + 1j * (x.imag + 1e-17), None),
}  # fmt: skip


@pytest.mark.parametrize("name", ROUNDINGS)
def test_the_comparison_knows_a_rounding_from_a_fault(name: str) -> None:
    line, rounding, fault = ROUNDINGS[name]
    graph = Graph((("t0", line),), (((3,), "float64", "C"),), ("t0",), (), 1)
    compare(graph, Tally(), faulty(rounding))
    if fault is not None:
        with pytest.raises(Disagreement):
            compare(graph, Tally(), faulty(fault))


def test_fuzz_says_what_it_did_and_fails_with_a_program_to_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cr, "jit", faulty(lambda x: x))
    assert fuzz.main(["--seed", "5", "--graphs", "3"]) == 0
    assert "3 programs" in capsys.readouterr().out
    monkeypatch.setattr(cr, "jit", faulty(FAULTS["another type"]))
    assert fuzz.main(["--seed", "5", "--graphs", "3"]) == 1
    out = capsys.readouterr().out
    assert "seed 5 FAILED" in out
    snippet = out[
        out.index("import numpy as np") : out.index("print(plain(*arguments))") + len("print(plain(*arguments))")
    ]
    exec(compile(snippet, "<snippet>", "exec"), {})
