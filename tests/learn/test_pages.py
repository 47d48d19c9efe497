"""The first page and the explorer in a browser: links, progress, shared addresses, files to take away, light and dark, print."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.learn.conftest import Visit

import chainrule as cr
from chainrule.learn.lessons.table import LESSONS

pytestmark = pytest.mark.slow


def scheme_of(page: Any) -> str:
    return str(page.evaluate("document.documentElement.getAttribute('data-mantine-color-scheme')"))


def test_the_first_page_leads_everywhere_and_keeps_progress(visit: Visit) -> None:
    page = visit.page
    visit.go("/")
    for lesson in LESSONS:
        assert page.get_by_role("link", name=lesson.title).get_attribute("href") == f"/lessons/{lesson.slug}"
    visit.nothing_is_serious()
    if visit.is_phone:
        return
    first = LESSONS[0]
    item = page.get_by_role("listitem").filter(has_text=first.title)
    item.get_by_text("0 of 5 solved").wait_for()
    page.get_by_role("link", name=first.title).click()
    section = page.get_by_role("region", name="Exercise 1", exact=True)
    exercise = cr.practice.exercise(first.exercises[0].topic, first.exercises[0].level, first.exercises[0].seed)
    section.get_by_role("textbox").fill(str(exercise.answer))
    section.get_by_role("button", name="Check").click()
    section.get_by_text("Right.").wait_for()
    visit.go("/")
    item.get_by_text("1 of 5 solved").wait_for()
    page.get_by_role("button", name="Clear my progress").click()
    item.get_by_text("0 of 5 solved").wait_for()
    visit.go("/")
    item.get_by_text("0 of 5 solved").wait_for()


def test_an_address_without_a_page_says_so(visit: Visit) -> None:
    visit.go("/nowhere")
    visit.page.get_by_role("heading", name="There is no such page").wait_for()


def test_light_and_dark_are_switched_and_kept(visit: Visit) -> None:
    page = visit.page
    visit.go("/")
    before = "dark" if visit.is_phone else "light"
    after = "light" if visit.is_phone else "dark"
    page.wait_for_function(f"() => document.documentElement.getAttribute('data-mantine-color-scheme') === '{before}'")
    page.get_by_role("button", name="Switch between light and dark").press("Enter")
    page.wait_for_function(f"() => document.documentElement.getAttribute('data-mantine-color-scheme') === '{after}'")
    visit.go("/")
    page.wait_for_function(f"() => document.documentElement.getAttribute('data-mantine-color-scheme') === '{after}'")
    assert scheme_of(page) == after


def test_a_window_that_changes_before_figures_can_be_drawn(visit: Visit) -> None:
    """Plotly comes late, and is asked to resize what it has not drawn."""
    page = visit.page

    def wait(route: Any) -> None:
        for width in (600, 500, 700):
            page.set_viewport_size({"width": width, "height": 800})
            time.sleep(0.3)
        route.continue_()

    page.route("**/plotly.min.js*", wait)
    visit.go("/lessons/gradient")
    assert page.locator(".main-svg").count()


def test_the_explorer_shares_its_state_and_gives_files(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    visit.go("/explorer?function=x%5E2%2B2y%5E2&at=x%3D3%2C+y%3D1&method=Adam&rate=0.2&steps=30")
    assert page.get_by_label("A function", exact=True).input_value() == "x^2+2y^2"
    page.locator("#explorer-paths .main-svg").first.wait_for(state="attached")
    page.locator("#explorer-descent").get_by_text("nit: 30").wait_for()
    page.locator("#explorer-derivation").get_by_text("power rule").first.wait_for()
    visit.nothing_is_serious()
    if visit.is_phone:
        return
    _state_is_shared(visit)
    _mistake_is_pointed_at(page)
    _files_are_given(page, tmp_path)


def _state_is_shared(visit: Visit) -> None:
    page = visit.page
    page.get_by_label("A function", exact=True).fill("x^2 + 3y^2")
    page.wait_for_function("() => location.search.includes('3y%5E2')")
    page.wait_for_function("() => document.querySelector('#explorer-graph-summary').innerText.includes('value 12')")
    shared, said = page.url, page.locator("#explorer-descent").inner_text()
    visit.go(shared.removeprefix(visit.site.url))
    page.wait_for_function("said => document.querySelector('#explorer-descent').innerText === said", arg=said)
    assert page.get_by_label("A function", exact=True).input_value() == "x^2 + 3y^2"
    assert page.url == shared


def _mistake_is_pointed_at(page: Any) -> None:
    field = page.get_by_label("A function", exact=True)
    field.fill("x^2 + sin(")
    page.wait_for_function("() => document.querySelector('#explorer-problem').innerText.trimEnd().endsWith('^')")
    field.fill("x^2 + 3y^2")
    page.wait_for_function("() => document.querySelector('#explorer-problem').innerText === ''")


def _files_are_given(page: Any, folder: Path) -> None:
    content: dict[str, str] = {}
    for name in ("Python", "LaTeX", "HTML"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        content[name] = Path(download.value.path()).read_text(encoding="utf-8")
    assert content["LaTeX"].rstrip().endswith(r"\end{document}")
    assert content["HTML"].startswith("<!DOCTYPE html>")
    script = folder / "explore.py"
    script.write_text(content["Python"], encoding="utf-8")
    printed = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=True
    ).stdout
    for place in ("#explorer-curvature", "#explorer-advice", "#explorer-descent"):
        said = page.locator(place).inner_text()
        for number in re.findall(r"\d+\.\d{3,}", said):
            assert number in printed, f"{place} says {number}, the script does not"


def test_a_lesson_is_walked_through_by_keyboard_and_printed(visit: Visit) -> None:
    if visit.is_phone:
        pytest.skip("the keyboard is that of a desktop")
    page = visit.page
    visit.go("/lessons/gradient")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    reached: list[str] = []
    for _ in range(80):
        page.keyboard.press("Tab")
        name, is_seen = page.evaluate(
            "() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return [e.getAttribute('aria-label') || e.textContent || e.id || e.tagName,"
            " s.outlineStyle !== 'none' || s.boxShadow !== 'none' || e.matches('input')]; }"
        )
        assert is_seen, f"the focus on {name!r:.60} cannot be seen"
        reached.append(str(name))
        if name.startswith("Gradient descent: how large"):
            break
    assert "Direction in degrees" in reached
    assert reached.count("Check") == 5
    assert reached[-1].startswith("Gradient descent: how large"), "the focus does not reach the end of the page"
    page.emulate_media(media="print")
    for hidden in ("header", ".controls", ".buttons", ".neighbors"):
        assert not page.locator(hidden).first.is_visible()
    assert page.locator(".live figure .main-svg").first.is_visible()


DRAWN = """
window.drawn = [];
new MutationObserver(() => {
    for (const graph of document.querySelectorAll(".dash-graph")) {
        if (graph.querySelector(".main-svg") && !window.drawn.some(one => one.graph === graph)) {
            window.drawn.push({graph, others: document.querySelectorAll(".dash-graph .main-svg").length});
        }
    }
}).observe(document, {subtree: true, childList: true});
"""


def test_figures_are_drawn_in_the_order_of_the_page_and_formulas_are_set(visit: Visit) -> None:
    page = visit.page
    page.add_init_script(DRAWN)
    visit.go("/lessons/curvature")
    in_order = page.evaluate(
        "[...document.querySelectorAll('.dash-graph')].map(graph => window.drawn.findIndex(one => one.graph === graph))"
    )
    assert in_order == list(range(len(in_order)))
    assert len(in_order) == 3
    assert page.evaluate("new Set(window.drawn.map(one => one.others)).size") == 3, "figures were drawn at once"
    page.wait_for_function("() => !document.querySelector('main').innerText.includes('\\\\(')")
    assert page.locator("mjx-container").count() > 10
