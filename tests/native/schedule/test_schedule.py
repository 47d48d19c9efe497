"""What is computed together, what is kept in memory, and what is not computed at all: the steps of programs that matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import check, rounded
from tests.passes.recorded import terms_of

import chainrule as cr
from chainrule.native.jit import Jitted
from chainrule.native.machine.machine import available
from chainrule.native.memory.layout import Storage, contiguous, is_pad
from chainrule.native.memory.steps import Step
from chainrule.native.plan import LOOP, NUMPY
from chainrule.native.schedule.lifetimes import last_uses
from chainrule.native.schedule.order_of_steps import steps_of
from chainrule.native.schedule.roles import Role
from chainrule.native.schedule.row_groups import Group, group_steps
from chainrule.native.schedule.schedule import Schedule
from chainrule.passes.simplify_index import PLACED
from chainrule.passes.terms import Term, live

needs_llvm = pytest.mark.skipif(not available(), reason="needs llvmlite")


def schedule_of(fun: Callable[..., Any], *args: Any) -> Schedule:
    """Return the schedule of a function whose arguments are in memory."""
    outputs = terms_of(fun, *args)
    storage = {
        term.index: Storage(term, 0, contiguous(term.shape))
        for term in live(outputs)
        if term.primitive is None and not term.is_constant
    }
    return Schedule([out for out in outputs if out.primitive is not None], storage, ())


def groups_of(fun: Callable[..., Any], *args: Any) -> list[Group]:
    schedule = schedule_of(fun, *args)
    return group_steps(steps_of(schedule), schedule)


def loops(schedule: Schedule) -> list[Step]:
    return [step for step in steps_of(schedule) if step.kind == "loop"]


def roles(schedule: Schedule) -> Mapping[str, set[Role]]:
    """Return the roles of the operations, by name."""
    found: dict[str, set[Role]] = {}
    for term in schedule.order:
        assert term.primitive is not None
        found.setdefault(term.primitive.name, set()).add(schedule.role(term))
    return found


def logistic_loss(w: Any, x: Any, y: Any) -> Any:
    return np.mean(np.logaddexp(0, -y * (x @ w)))


def logistic_data(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=columns), rng.normal(size=(rows, columns)), np.sign(rng.normal(size=rows))


def test_logistic_regression_is_one_group_of_three_loops_over_the_rows() -> None:
    w, x, y = logistic_data(5000, 20)
    groups = groups_of(cr.grad(logistic_loss), w, x, y)
    (group,) = (group for group in groups if any(step.domain[:1] == (5000,) for step in group))
    assert [step.domain for step in group] == [(5000, 20), (5000,), (5000, 20)]
    assert all(step.kind == "loop" for step in group)


def test_what_lies_between_two_reductions_is_one_loop() -> None:
    schedule = schedule_of(lambda x: np.sum(np.sin(x) ** 2 * np.exp(-x)) / np.max(np.abs(x)), np.ones(1000))
    (loop,) = loops(schedule)
    assert loop.domain == (1000,)
    assert sorted(piece.how for piece in loop.pieces) == ["max", "sum"]
    assert schedule.kept == set()


def test_what_needs_a_reduction_comes_a_level_later() -> None:
    schedule = schedule_of(lambda x: np.sum((x - np.mean(x)) ** 2), np.ones(1000))
    first, second = loops(schedule)
    assert [piece.how for piece in (*first.pieces, *second.pieces)] == ["sum", "sum"]
    levels = [schedule.level[loop.pieces[0].target.index] for loop in (first, second)]
    assert levels == sorted(set(levels))


def test_what_is_cheap_is_computed_again_and_what_is_not_is_kept() -> None:
    def function(cheap: Callable[[Any], Any]) -> Schedule:
        return schedule_of(lambda x: np.sum(cheap(x) / np.sum(cheap(x))), np.ones(1000))

    assert not function(lambda x: x * 2 + 1).kept
    kept = function(lambda x: np.tanh(np.exp(np.sin(x)))).kept
    assert len(kept) == 1


def test_a_pad_is_read_in_place() -> None:
    def smoothness(x: Any) -> Any:
        return np.sum((x[1:] - x[:-1]) ** 2)

    schedule = schedule_of(cr.grad(smoothness), np.linspace(0, 1, 1000))
    pads = [term for term in schedule.order if is_pad(term)]
    assert pads
    assert {schedule.role(pad) for pad in pads} == {Role.POINT}
    assert not {pad.index for pad in pads} & schedule.kept
    (loop,) = loops(schedule)
    assert loop.domain == (1000,)
    assert [piece.how for piece in loop.pieces] == ["store"]


def test_views_are_not_computed() -> None:
    x = np.ones((300, 200))
    schedule = schedule_of(lambda x: np.sum(x.T[::2] * np.ones(300)), x)
    assert roles(schedule)["transpose"] == roles(schedule)["index"] == {Role.ALIAS}


def test_small_arrays_are_registers() -> None:
    def function(x: Any) -> Any:
        return np.sum(x * np.array([1.0, 2.0, 3.0]) + x[::-1]), np.outer(x, x)

    schedule = schedule_of(function, np.ones(3))
    assert {schedule.role(term) for term in schedule.order} == {Role.CELL}
    assert {step.kind for step in steps_of(schedule)} == {"cell"}


def test_large_products_go_to_blas_and_what_has_no_instructions_to_numpy() -> None:
    x = np.eye(64)
    schedule = schedule_of(lambda x: np.sort(x @ x) @ x, x)
    assert roles(schedule) == {"matmul": {Role.PRODUCT}, "sort": {Role.CALL}}
    assert [step.kind for step in steps_of(schedule)] == ["product", "call", "product"]


def test_other_types_go_to_numpy() -> None:
    schedule = schedule_of(lambda x: x.astype(np.int16) * 2, np.ones(100))
    assert {schedule.role(term) for term in schedule.order} == {Role.CALL}


def test_what_is_ready_is_not_computed_again() -> None:
    (first,) = terms_of(lambda x: np.sum(np.sin(x)), np.ones(100))
    ready = {term.index: Storage(term, 0, contiguous(term.shape)) for term in live([first])}
    schedule = Schedule([first], ready, ())
    assert schedule.order == []
    assert schedule.role(first) is Role.SOURCE


def names_of_kept(fun: Callable[..., Any], *args: Any) -> set[str]:
    schedule = schedule_of(fun, *args)
    return {
        term.primitive.name for term in schedule.order if term.index in schedule.kept and term.primitive is not None
    }


def test_a_quotient_of_columns_is_not_computed_again_in_each_row() -> None:
    x, columns, rows = np.ones((100, 40)), np.ones(40), np.ones(100)
    assert names_of_kept(lambda x, v: np.sum(x * (1 / v), axis=1), x, columns) == {"divide"}
    assert names_of_kept(lambda x, v: np.sum(x * (2 * v), axis=1), x, columns) == set()
    assert (
        names_of_kept(lambda x, v: np.sum(x * (1 / v)[:, None], axis=1), x, rows) == set()
    )  # once for each row anyway
    assert names_of_kept(lambda x, v: np.sum(x * (1 / v), axis=1), x[:4], columns) == set()


def test_what_is_kept_is_read_in_other_shapes_where_it_is() -> None:
    """A stack of matrices times a matrix, and its transpose as one matrix times another: the stack is stored once."""

    def function(x: Any, w: Any, y: Any) -> Any:
        stack = np.exp(x)
        return stack @ w, stack.reshape(120, 50).T @ y

    schedule = schedule_of(function, np.ones((6, 20, 50)), np.ones((50, 40)), np.ones((120, 30)))
    (reshaped,) = (term for term in schedule.order if term.primitive is not None and term.primitive.name == "reshape")
    assert schedule.role(reshaped) is Role.ALIAS
    rng = np.random.default_rng(0)
    check(function, (rng.normal(size=(6, 20, 50)), rng.normal(size=(50, 40)), rng.normal(size=(120, 30))))


PROGRAMS: dict[str, Callable[..., Any]] = {
    "reductions": lambda x: np.sum((x - np.mean(x)) ** 2) / np.max(np.exp(x - np.max(x))),
    "rows": lambda x: np.sum(np.exp(x - np.max(x, axis=1, keepdims=True)) / np.sum(np.exp(x), axis=1, keepdims=True)),
    "matrices": lambda x: np.sum(np.tanh(x @ x.T @ x) + np.linalg.inv(x @ x.T + np.eye(70)) @ x),
    "parts": lambda x: np.sum(np.concatenate([x, np.sin(x)], axis=1)[:, ::3] * np.cumsum(x, axis=1)[:, :60]),
    "logistic": lambda x: logistic_loss(np.ones(90), x, np.ones(70)),
}


def _reads(term: Term, schedule: Schedule) -> set[int]:
    """Return the terms with memory of their own that a term is computed from."""
    found: set[int] = set()
    stack = list(term.operands)
    while stack:
        each = stack.pop()
        if schedule.role(each) in (Role.POINT, Role.ALIAS) and each.index not in schedule.kept:
            stack.extend(each.operands)
        else:
            found.add(each.index)
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_steps_come_after_what_they_read_and_buffers_last_as_long_as_they_are_read(name: str) -> None:
    for fun in (PROGRAMS[name], cr.grad(PROGRAMS[name])):
        schedule = schedule_of(fun, np.random.default_rng(1).normal(size=(70, 90)))
        steps = steps_of(schedule)
        groups = group_steps(steps, schedule)
        ends = {index: number for number, indices in last_uses(groups, schedule).items() for index in indices}
        order = [step for group in groups for step in group]
        assert len(order) == len(steps)
        made: dict[int, int] = {}
        for place, step in enumerate(order):
            for term in [piece.target for piece in step.pieces] + ([step.term] if step.term is not None else []):
                made.setdefault(term.index, place)
                for each in (term, *(term.results or ())):
                    made.setdefault(each.index, place)
                for index in _reads(term, schedule) & {each.index for each in schedule.order}:
                    assert made.get(index, place + 1) <= place, f"{term} reads what is not made yet"
                    if index in ends:
                        assert step in [each for group in groups[: ends[index] + 1] for each in group]


def branching(x: Any) -> Any:
    total = np.sum(np.exp(np.sin(x)))
    if total > 1000:
        return total * 2, np.cumsum(x)
    return total / np.max(x), x * total


@needs_llvm
def test_paths_share_what_comes_before_their_decision() -> None:
    x = np.linspace(0, 1, 600)
    compiled = check(branching, (x,), (x + 1,), (x,), (x + 1,), fewest=8)
    plan = compiled.explain_plan(x)
    assert len(plan.paths) == 2
    shared = [step for step in plan.steps if step.paths == (1, 2)]
    assert any(step.kind == LOOP and "exp(sin(x))" in "".join(step.computes) for step in shared)
    assert sum("exp(sin(x))" in "".join(step.computes) for step in plan.steps) == 1


@needs_llvm
def test_a_group_of_loops_gives_the_results_of_single_ones() -> None:
    for rows in (1, 63, 64, 65, 1000, 5000):
        check(cr.value_and_grad(logistic_loss), logistic_data(rows, 20))


@needs_llvm
def test_the_steps_of_a_recurrence_share_their_loops_where_its_states_are_stacked() -> None:
    weights = np.cos(np.arange(1600.0)).reshape(40, 40) / 9

    def path(x: Any) -> Any:
        states = []
        for _ in range(60):
            x = np.tanh(weights @ x)
            states.append(x)
        return np.sum((np.stack(states) - 0.1) ** 2)

    x = np.linspace(-1, 1, 40)
    compiled = check(cr.value_and_grad(path), (x,))
    assert compiled.explain_plan(x).count(LOOP) > 200
    jitted = Jitted(cr.value_and_grad(path))
    jitted.function = cr.jit(jitted.fun)
    jitted(x), jitted(x)
    (specialization,) = jitted.specializations.values()
    (variant,) = specialization.variants
    assert variant.program is not None
    assert sum(name.startswith("loop") for name in variant.program.module.functions) < 20


@needs_llvm
@pytest.mark.parametrize("shape", [(3, 3), (9, 7), (40, 30)], ids=str)
def test_more_pads_than_loops_take_in_are_put_together_in_memory(shape: tuple[int, int]) -> None:
    def relaxed(x: Any) -> Any:
        v = x
        for turn in range(2 * PLACED):
            around = np.pad(v, ((1, 1), (2, 1)), constant_values=turn % 2)
            v = np.tanh(x + np.maximum(around[:-2, 1:-2], around[2:, 2:-1]))
        return np.sum(v), np.pad(v > 0, 1)

    x = np.random.default_rng(0).standard_normal(shape)
    compiled: Any = check(cr.value_and_grad(relaxed, has_aux=True), (x,), (x - 1,), judge=rounded(1e-11), fewest=3)
    assert compiled.explain_plan(x).count(NUMPY) == 0
