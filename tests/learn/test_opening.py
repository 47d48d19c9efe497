"""A lesson's page comes whole: one computation, made once, holds all that is seen before a control is moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import call, create_autospec

import pytest

pytest.importorskip("dash", reason="the extra `learn` is not installed")

from chainrule.learn.app import create_app
from chainrule.learn.blocks import Code, Lesson, Live
from chainrule.learn.lessons.table import LESSONS
from chainrule.learn.opening import opening
from chainrule.learn.workers import RefusedError, Workers


def counting(refused: int = 0) -> Any:
    """Return workers that compute where they are called, and remember it; the first so many calls are refused."""
    workers = create_autospec(Workers, instance=True)
    refusals = iter(range(refused))

    def run(function: Callable[..., Any], *args: Any) -> Any:
        if next(refusals, None) is not None:
            raise RefusedError("Try again in a moment.")
        return function(*args)

    workers.run.side_effect = run
    return workers


def opened(workers: Any) -> Callable[..., Any]:
    """Return a function that asks a site for the content of a path, as a browser does when it opens or goes on to a page."""
    client = create_app(workers).server.test_client()

    def ask(path: str, scheme: str = "light", switched: int | None = None, changed: str = "address.pathname") -> Any:
        asked = {
            "output": "content.children",
            "outputs": {"id": "content", "property": "children"},
            "inputs": [
                {"id": "address", "property": "pathname", "value": path},
                {"id": "scheme", "property": "data", "value": scheme},
            ],
            "state": [
                {"id": "address", "property": "search", "value": ""},
                {"id": "switch", "property": "n_clicks", "value": switched},
            ],
            "changedPropIds": [changed],
        }
        return client.post("/_dash-update-component", json=asked, headers={"Host": "127.0.0.1"})

    return ask


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
def test_an_opening_has_a_figure_a_print_and_a_problem_for_every_place(lesson: Lesson) -> None:
    found = opening(lesson)
    assert list(found.figures) == [block.name for block in lesson.body if isinstance(block, Live)]
    assert list(found.printed) == [place for place, block in enumerate(lesson.body) if isinstance(block, Code)]
    assert len(found.problems) == len(lesson.exercises)
    assert all(found.problems)
    assert all(found.printed.values())


def test_a_page_holds_its_figures_and_is_computed_once() -> None:
    workers = counting()
    ask = opened(workers)
    light, dark = (json.dumps(ask("/lessons/derivatives", scheme).get_json()) for scheme in ("light", "dark"))
    assert workers.run.call_args_list == [call(opening, LESSONS[0])]
    assert '"data": [{' in light
    assert "#1c1c1c" in light
    assert "#1c1c1c" not in dark
    ask("/lessons/gradient")
    assert [each.args[0] for each in workers.run.call_args_list] == [opening] * 2


def test_the_switch_of_colors_leaves_the_page_as_it_is() -> None:
    ask = opened(counting())
    switched = ask("/lessons/derivatives", "dark", switched=1, changed="scheme.data")
    assert switched.get_json()["response"] == {}
    read_from_the_browser = ask("/lessons/derivatives", "dark", switched=None, changed="scheme.data")
    assert "content" in read_from_the_browser.get_json()["response"]


def test_a_refusal_is_a_sentence_and_is_not_kept() -> None:
    ask = opened(counting(refused=1))
    assert "Try again in a moment." in json.dumps(ask("/lessons/derivatives").get_json())
    assert '"data": [{' in json.dumps(ask("/lessons/derivatives").get_json())
