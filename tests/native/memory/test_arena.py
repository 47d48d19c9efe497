"""The arena never gives memory away that is in use, gives back what is not, and programs whose buffers share it stay right."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.native.agreement import check

import chainrule as cr
from chainrule.native.machine.machine import available
from chainrule.native.memory.arena import ALIGNMENT, Arena

SIZES = st.integers(0, 5000)
ACTIONS = st.lists(
    st.one_of(SIZES.map(lambda size: ("take", size)), st.integers(0, 99).map(lambda k: ("give", k))), max_size=80
)


@given(ACTIONS)
def test_live_buffers_do_not_overlap(actions: list[tuple[str, int]]) -> None:
    arena = Arena()
    live: dict[int, int] = {}
    for kind, number in actions:
        if kind == "take":
            offset = arena.take(number)
            assert offset % ALIGNMENT == 0
            assert offset + number <= arena.top
            for other, size in live.items():
                assert offset + number <= other or other + size <= offset
            assert offset not in live
            live[offset] = number
        elif live:
            offset = sorted(live)[number % len(live)]
            del live[offset]
            arena.give_back(offset)


@given(st.lists(SIZES, min_size=1, max_size=20))
def test_what_was_given_back_is_taken_again(sizes: list[int]) -> None:
    arena = Arena()
    for offset in [arena.take(size) for size in sizes]:
        arena.give_back(offset)
    top = arena.top
    again = [arena.take(size) for size in reversed(sizes)]
    assert arena.top == top
    assert len({*again}) == len(again)


def test_a_copy_for_a_branch_is_independent() -> None:
    arena = Arena()
    first = arena.take(100)
    branch = copy.deepcopy(arena)
    branch.give_back(first)
    assert branch.take(100) == first
    assert arena.take(100) != first


needs_llvm = pytest.mark.skipif(not available(), reason="needs llvmlite")


@needs_llvm
def test_a_long_chain_needs_the_memory_of_two_arrays() -> None:
    def function(x):
        for _ in range(20):
            x = np.tanh(x) / np.sum(x * x)
        return np.sum(x)

    x = np.linspace(0.1, 1.0, 5000)
    compiled = check(function, (x,), (2 * x,))
    assert compiled.explain_plan(x).arena <= 4 * x.nbytes


@needs_llvm
def test_buffers_that_follow_one_another_in_the_arena_keep_their_values() -> None:
    rng = np.random.default_rng(5)

    def function(x):
        kept = []
        for power in range(1, 9):
            x = (
                np.cumsum(np.sort(np.sin(x * power))[::-1]) / 600
            )  # NumPy's part, the sort, reads memory, and writes new memory
            kept.append(x / (1 + np.max(np.abs(x))))
        return sum(np.sum(part) * weight for weight, part in enumerate(kept)), kept[3], kept[0] + kept[7]

    check(function, (rng.normal(size=600),), (rng.normal(size=600),))
    check(cr.grad(lambda x: function(x)[0]), (rng.normal(size=600),), (rng.normal(size=600),))


@needs_llvm
def test_registers_that_are_written_to_memory_overwrite_nothing_that_is_still_read() -> None:
    def function(x, z, y):
        small = y * 2  # in registers, until a loop reads it: then it is written where `first` was
        first = np.sum(x, axis=0)
        second = np.sum((x - first) ** 2, axis=0)
        return np.sum(z * small + second)

    rng = np.random.default_rng(6)
    args = rng.normal(size=(100, 8)), rng.normal(size=(50, 8)), rng.normal(size=8)
    check(function, args)
