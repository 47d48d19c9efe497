"""The playground in a browser: it trains while one looks, answers to the keyboard, takes a file, and is easy to read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.learn.conftest import Visit

from chainrule.learn.playground.view import FIGURES

pytestmark = pytest.mark.slow


def loss_of(page: Any) -> float:
    return float(re.findall(r"training loss ([\d.e-]+),", page.locator("#playground-progress").inner_text())[0])


def wait_for_step(page: Any, step: str) -> None:
    page.wait_for_function(
        "step => document.querySelector('#playground-progress').innerText.startsWith(`Step ${step} `)", arg=step
    )


def test_the_playground_in_the_browser(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    visit.go("/playground?steps=60&seed=3")
    for name in FIGURES:
        page.locator(f"#playground-{name} .main-svg").first.wait_for(state="attached")
        assert page.locator(f"#playground-{name}-summary").inner_text()
    _trains(page)
    _method_is_changed_by_keyboard(page)
    _backpropagation_is_walked_through(page)
    _script_is_downloaded(page)
    _file_is_taken(page, tmp_path)
    page.get_by_role("button", name=re.compile("Switch between light and dark")).click()
    visit.settle()
    visit.nothing_is_serious()


def _trains(page: Any) -> None:
    wait_for_step(page, "0")
    before = loss_of(page)
    page.get_by_role("button", name="One step").click()
    wait_for_step(page, "1")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("status").get_by_text("The training is finished.").wait_for()
    assert loss_of(page) < before
    wait_for_step(page, "60")
    page.get_by_role("button", name="Train again").wait_for()


def _method_is_changed_by_keyboard(page: Any) -> None:
    method = page.get_by_role("combobox", name="Method", exact=True)
    if not method.count():
        method = page.get_by_role("textbox", name="Method", exact=True)
    method.focus()
    method.press("Enter")
    method.press("ArrowDown")
    method.press("Enter")
    wait_for_step(page, "0")
    page.wait_for_function("() => location.search.includes('method=AdamW')")


def _backpropagation_is_walked_through(page: Any) -> None:
    page.get_by_role("button", name="Walk through it").press("Enter")
    shown = page.locator("#playground-walk-step")
    shown.get_by_text("Forward, step 1 of").wait_for()
    shown.get_by_role("img").wait_for()
    page.get_by_role("button", name="Next").press("Enter")
    shown.get_by_text("Forward, step 2 of").wait_for()
    page.get_by_role("button", name="To the way back").press("Enter")
    shown.get_by_text("dL/dL = 1").first.wait_for()
    page.get_by_role("button", name="Back", exact=True).press("Enter")
    shown.get_by_text("Forward").wait_for()


def _script_is_downloaded(page: Any) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the script").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "cr.optim.AdamW" in text
    compile(text, "playground.py", "exec")


def _file_is_taken(page: Any, folder: Path) -> None:
    wrong, right = folder / "wrong.csv", folder / "right.csv"
    wrong.write_text("x,y\n1,2\n", encoding="utf-8")
    right.write_text(
        "x,y,label\n" + "".join(f"{n},{n % 5},{'up' if n % 5 > 2 else 'down'}\n" for n in range(30)), "utf-8"
    )
    status = page.locator("#playground-upload-status")
    page.locator("input[type=file]").set_input_files(wrong)
    status.get_by_text("no column label").wait_for()
    page.locator("input[type=file]").set_input_files(right)
    status.get_by_text("30 points of right.csv").wait_for()
    page.locator("#playground-boundary-summary").get_by_text("The network gives up").wait_for()
    page.get_by_role("button", name="One step").click()
    wait_for_step(page, "1")
    assert page.get_by_role("alert").inner_text() == ""


def test_a_state_that_was_changed_is_refused_on_the_page(visit: Visit) -> None:
    page = visit.page
    spoiled = re.compile(r'("leaves":\s*\[\[\[)-?[\d.e-]+')

    def spoil(route: Any) -> None:
        body = route.request.post_data or ""
        route.continue_(post_data=spoiled.sub(r'\g<1>"x"', body))

    visit.go("/playground?steps=60")
    wait_for_step(page, "0")
    page.route(re.compile("_dash-update-component"), spoil)
    page.get_by_role("button", name="One step").click()
    page.get_by_role("alert").get_by_text("no number; press Reset").wait_for()
    page.unroute_all()
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("() => document.querySelector('#playground-problem').innerText === ''")
