"""Normals are said where they are asked for, beside the tangent: of graphs, equations and curves by a parameter."""

from __future__ import annotations

import pytest

import chainrule as cr

NORMALS = [
    ("normal line to y = x^2 at (1, 1)", "y = 2x - 1", "y = 3/2 - x/2"),
    (
        "equations of the tangent line and normal line to the curve y = x^4 + 2e^x at (0, 2)",
        "y = 2x + 2",
        "y = 2 - x/2",
    ),
    ("tangent and normal to y = x^2 at x = 0", "y = 0", "vertical, x = 0; it has no slope"),
    ("normal to x^2 + y^2 = 25 at (3, 4)", "y = 25/4 - 3x/4", "y = 4x/3"),
    ("normal to x^2 + y^2 = 25 at (5, 0)", "vertical, x = 5; it has no slope", "y = 0"),
    ("normal to x = t^2, y = t at t = 1", "y = x/2 + 1/2", "y = 3 - 2x"),
]


@pytest.mark.parametrize(("typed", "tangent", "normal"), NORMALS, ids=[case[0] for case in NORMALS])
def test_the_normal_is_said(typed, tangent, normal):
    notes = cr.explain(typed).notes
    assert f"Tangent there: {tangent}" in notes
    assert f"Normal there: {normal}" in notes


def test_a_tangent_alone_has_no_normal():
    assert not any("Normal" in note for note in cr.explain("tangent to y = x^2 at x = 1").notes)
