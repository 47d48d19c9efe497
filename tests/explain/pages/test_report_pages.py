"""Tests of pages: the same blocks as text, HTML, Markdown and in a terminal; nothing is lost, and markup is escaped."""

from __future__ import annotations

import io
from html.parser import HTMLParser

import pytest
from rich.console import Console

from chainrule.explain.pages import markup, plain, terminal
from chainrule.explain.pages.page import Code, Grid, Page, Paragraph

PAGE = Page(
    "Why <b> & [red]",
    (
        Paragraph("first | second " * 12, "Result"),
        Grid(("a<b", "c|d"), (("1", "[bold]x"), ("22", "`y`")), "Table"),
        Code("if x < 1:\n    y = '```'", "Write"),
    ),
)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.text = [], []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def shown(page):
    console = Console(file=io.StringIO(), width=100)
    console.print(terminal.write(page))
    return console.file.getvalue()


@pytest.mark.parametrize("write", [plain.write, shown])
def test_text_holds_everything_within_the_width(write):
    text = write(PAGE)
    for part in ("Why <b> & [red]", "Result:", "a<b", "c|d", "[bold]x", "`y`", "if x < 1:", "y = '```'"):
        assert part in text
    assert max(map(len, text.splitlines())) <= 100


def test_columns_of_text_are_aligned():
    lines = plain.write(PAGE).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("  a<b"))
    assert lines[start : start + 4] == ["  a<b  c|d", "  ---  -------", "  1    [bold]x", "  22   `y`"]


def test_html_is_balanced_and_escaped():
    reader = Tags()
    reader.feed(markup.html_document(PAGE))
    assert reader.open == []
    assert "Why <b> & [red]" in "".join(reader.text)
    assert "<b> &" not in markup.html_document(PAGE)


def test_markdown_escapes_marks_and_fences_code():
    text = markup.markdown(PAGE)
    assert "\\|" in text
    assert "| 1 | \\[bold\\]x |" in text
    assert "````python\nif x < 1:" in text
