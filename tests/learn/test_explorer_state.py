"""The explorer's point: what is typed is taken as it is meant, and what cannot be meant is refused with an example."""

from __future__ import annotations

import pytest

from chainrule.learn.explorer.state import point_of


@pytest.mark.parametrize(
    ("text", "names", "point"),
    [
        ("x=2, y=1", ("x", "y"), {"x": 2.0, "y": 1.0}),
        ("2, 1", ("x", "y"), {"x": 2.0, "y": 1.0}),
        ("(y=3, x=-1e2)", ("x", "y"), {"x": -100.0, "y": 3.0}),
        ("", ("a", "b"), {"a": 1.0, "b": 1.0}),
        ("x=2, y=1", ("x",), {"x": 2.0}),
        ("x=2, y=1", ("x", "y", "z"), {"x": 2.0, "y": 1.0, "z": 1.0}),
    ],
)
def test_a_point_of_the_variables_that_there_are(text: str, names: tuple[str, ...], point: dict[str, float]) -> None:
    assert point_of(text, names) == point


@pytest.mark.parametrize(
    ("text", "message"),
    [("x=two", "'x=two', which is no number; write it as x=1, y=1"), ("t=3", "names 't'; the variables are x, y")],
)
def test_what_is_no_point_of_the_function(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        point_of(text, ("x", "y"))
