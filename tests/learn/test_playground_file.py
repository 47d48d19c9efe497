"""A reader's own CSV becomes points and labels, and what is no such table is refused with a sentence."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

pytest.importorskip("dash", reason="the extra `learn` is not installed")

from chainrule.learn.playground.upload import MOST_BYTES, MOST_ROWS, from_store, read_csv, read_upload

ROWS = "".join(f"{n},{n * n % 7},{'red' if n % 2 else 'blue'}\n" for n in range(10))


def upload(data: bytes) -> str:
    return "data:text/csv;base64," + base64.b64encode(data).decode()


def test_a_table_is_read_scaled_and_its_labels_are_numbered() -> None:
    table = read_csv("x,y,label\n" + ROWS)
    assert table.classes == ("blue", "red")
    assert table.labels.tolist() == [n % 2 for n in range(10)]
    np.testing.assert_allclose(table.points.mean(axis=0), 0, atol=1e-7)
    np.testing.assert_allclose(table.points.std(axis=0), 1, atol=1e-7)


def test_columns_may_stand_in_any_order_among_others() -> None:
    text = "Label, note, Y, X\n" + "".join(f'{n % 2},"a, b",{n},{2 * n % 5}\n' for n in range(8))
    assert read_csv(text).classes == ("0", "1")
    assert read_upload(upload(("\ufeff" + text).encode())).points.shape == (8, 2)


def test_names_of_classes_mean_nothing_to_markdown_or_figures() -> None:
    text = "x,y,label\n" + "".join(f"{n},{n * n},{'<b>$a_1$' if n % 2 else 'b'}\n" for n in range(8))
    assert read_csv(text).classes == ("?b??a?1?", "b")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no column x"),
        ("a,b\n1,2\n", "no column x and no column y and no column label"),
        ("x,y,label\n1,2,a\n", "1 points; 6 to 2,000"),
        ("x,y,label\n" + "1,2,a\n" * (MOST_ROWS + 1), "2,001 points"),
        ("x,y,label\n" + ROWS + "1,two,red\n", "Row 12 has 'two' where a number"),
        ("x,y,label\n" + ROWS + "1,nan,red\n", "too large"),
        ("x,y,label\n" + ROWS + "1,1e300,red\n", "too large"),
        ("x,y,label\n" + ROWS + "1,2\n", "Row 12 has 2 cells"),
        ("x,y,label\n" + ROWS + "1,2,green\n", "3 different values"),
        ("x,y,label\n" + "1,2,a\n3,4,a\n" * 4, "1 different values"),
        ("x,y,label\n" + "1,2,a\n1,4,b\n" * 4, "the same x"),
        ('x,y,label\n"1,2,a\n', "no CSV"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_csv(text)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("data:text/csv;base64,%%%", "did not arrive"),
        ("nothing", "no column"),
        (upload(b"\xff\xfe\x00\x01"), "UTF-8"),
        (upload(b"x" * (MOST_BYTES + 1)), "200,001 bytes"),
    ],
)
def test_what_is_no_text_is_refused(content: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_upload(content)


def kept(**changed: Any) -> dict[str, Any]:
    return {**read_csv("x,y,label\n" + ROWS).to_store(), **changed}


def test_the_browser_keeps_a_table_whole() -> None:
    table = read_csv("x,y,label\n" + ROWS)
    again = from_store(table.to_store())
    assert np.array_equal(again.points, table.points)
    assert np.array_equal(again.labels, table.labels)
    assert again.classes == table.classes


@pytest.mark.parametrize(
    "store",
    [
        None, [], "x", {}, kept(points=[]), kept(points=[[1, 2]]), kept(points=[[1, 2, 3]] * 10), kept(points=[[1e9, 0]] * 10),
        kept(points=[[float("nan"), 0]] * 10), kept(labels=[0, 1]), kept(labels=[2] * 10), kept(classes="abc"),
        kept(classes=None), kept(points="abc"), kept(points=[["a", "b"]] * 10), kept(labels=0.0), kept(points=1.0),
    ],
)  # fmt: skip
def test_a_table_that_was_changed_is_refused(store: Any) -> None:
    with pytest.raises(ValueError, match="choose the file again"):
        from_store(store)
