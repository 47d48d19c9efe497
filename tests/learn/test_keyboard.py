"""A reader with a keyboard alone gets from control to control; formulas are no stops on the way."""

from __future__ import annotations

import pytest
from tests.learn.conftest import Visit

pytestmark = pytest.mark.slow


def test_formulas_are_no_stops_of_the_tab_key(visit: Visit) -> None:
    page = visit.page
    visit.go("/lessons/chain-rule")
    page.locator("p mjx-container").first.wait_for()
    page.locator("p mjx-container").nth(10).wait_for(state="attached")
    assert page.locator("p mjx-container[tabindex]").count() == 0
    page.get_by_role("button", name="Switch between light and dark").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") in ("INPUT", "TEXTAREA")
