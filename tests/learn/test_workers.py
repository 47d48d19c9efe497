"""A computation that hangs, eats memory or kills its process costs its visitor a sentence, and stops nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import Any

import pytest

pytest.importorskip("pebble", reason="the extra `learn` is not installed")

from chainrule.learn.workers import MOST_WAITING, PRELOADED, RefusedError, Turns, Workers

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(2, seconds=5.0) as running:
        yield running


def test_the_processes_compute_without_dash() -> None:
    program = f"import importlib, sys; [importlib.import_module(name) for name in {PRELOADED}]; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert set(PRELOADED) <= set(loaded)
    assert not {"dash", "plotly", "dash_mantine_components"} & set(loaded)


def hang() -> None:
    while True:
        pass


def devour() -> Any:
    return bytearray(100 * 2**30)


def die() -> None:
    os._exit(1)


def refuse() -> None:
    raise ValueError("x is not a number")


def fail() -> None:
    raise RuntimeError("with details of this machine")


def add(function: int, limit: int) -> int:
    return function + limit


def test_results_come_back_whatever_arguments_are_called(workers: Workers) -> None:
    assert workers.run(add, 2, limit=3) == 5
    assert workers.run(add, function=2, limit=3) == 5


def test_a_computation_that_hangs_is_stopped_while_others_go_on(workers: Workers) -> None:
    refusals: list[str] = []

    def visit() -> None:
        with pytest.raises(RefusedError) as refused:
            workers.run_for(1.0, hang)
        refusals.append(str(refused.value))

    thread = Thread(target=visit)
    thread.start()
    time.sleep(0.2)
    assert workers.run(abs, -3) == 3
    thread.join()
    assert refusals == ["This took longer than 1 seconds and was stopped; try something smaller."]
    assert workers.run(abs, -4) == 4


def test_a_visitor_with_many_computations_leaves_a_process_to_the_others() -> None:
    turns = Turns(1)
    order: list[str] = []

    def compute(name: str, label: str, seconds: float) -> None:
        with turns.taken(name):
            time.sleep(seconds)
            order.append(label)

    threads = [Thread(target=compute, args=("a", f"a{number}", 0.3)) for number in range(3)]
    for thread in threads:
        thread.start()
    compute("b", "b", 0.0)
    for thread in threads:
        thread.join()
    assert order[0] == "b"
    assert sorted(order[1:]) == ["a0", "a1", "a2"]
    assert len(turns.by_visitor) == 0


def test_a_visitor_with_too_many_computations_is_refused_at_once_and_no_other_is() -> None:
    turns = Turns(1)
    with turns.taken("a"), ThreadPoolExecutor(MOST_WAITING) as threads:
        release = Event()

        def wait() -> None:
            with turns.taken("a"):
                release.wait()

        waiting = [threads.submit(wait) for _ in range(MOST_WAITING - 1)]
        while turns.by_visitor["a"].count < MOST_WAITING:
            time.sleep(0.01)
        with pytest.raises(RefusedError, match="Your other figures"), turns.taken("a"):
            pass
        with turns.taken("b"):
            release.set()
            turns.by_visitor["a"].turns.release()  # ends the turn that this test holds, so that the others go on
            for one in waiting:
                one.result(timeout=10)
        turns.by_visitor["a"].turns.acquire()


@pytest.mark.parametrize("function", [devour, die], ids=["memory", "exit"])
def test_too_much_memory_or_a_process_that_ends_is_a_sentence(workers: Workers, function: Any) -> None:
    with pytest.raises(RefusedError, match="too much memory"):
        workers.run(function)
    assert workers.run(abs, -1) == 1


def test_errors_for_people_are_passed_on_and_others_are_not(workers: Workers, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RefusedError, match="x is not a number"):
        workers.run(refuse)
    with pytest.raises(RefusedError) as refused:
        workers.run(fail)
    assert str(refused.value) == "This could not be computed."
    assert "with details" in caplog.text
