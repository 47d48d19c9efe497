"""Proves that the outcome of a descent reads well: as text of one width, and as a table in a notebook."""

from __future__ import annotations

import numpy as np

import chainrule as cr


def test_a_long_message_is_wrapped() -> None:
    text = str(cr.minimize(lambda x: np.log(x), -1.0))
    assert max(map(len, text.splitlines())) <= 100
    assert text.splitlines()[0].startswith(" message: not finite: the function is nan at the start")
    assert text.splitlines()[1].startswith(" " * 10)


def test_the_parts_of_a_container_are_shown_with_their_places() -> None:
    start = {"w": np.arange(60.0).reshape(6, 10), "b": 0.5, "v": np.ones((2, 2))}
    text = str(cr.minimize(lambda p: 0.0 * p["b"], start, steps=0))
    assert "       x: ['b'] = 0.5\n          ['v'] = [[1. 1.]\n           [1. 1.]]\n" in text
    assert "\n          ['w'] = array of 6×10, from 0 to 59\n" in text
    many = str(cr.minimize(lambda p: sum(p), [1.0] * 12, steps=0))
    assert "          [7] = 1\n          and 4 more parts\n" in many


def test_a_notebook_shows_a_table_with_everything_escaped() -> None:
    page = cr.minimize("x^2 + y^2", {"x": 1.0, "y": 2.0})._repr_html_()
    assert page.startswith("<table class='chainrule-minimum'>")
    cell = "<td style='text-align: left; white-space: pre-wrap'>"  # notebooks set cells to the right
    assert f"<th scope='row'>message</th>{cell}converged: the gradient has norm" in page
    assert f"{cell}[&#x27;x&#x27;] = " in page


def test_variables_of_typed_functions_have_their_own_names() -> None:
    message = cr.minimize("floor(x) + y^2", {"x": 1.2, "y": 1.0}).message
    assert "the gradient of x is exactly 0: rounding in floor (" in message
