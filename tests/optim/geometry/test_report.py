"""Proves that findings are written in rows and tables that line up, and that HTML is escaped."""

from __future__ import annotations

from chainrule.optim.geometry.report import rows_html, rows_text, table_html, table_text


def test_long_values_are_wrapped_under_their_start():
    lines = rows_text([("a", "1"), ("name", "word " * 40), ("", "more")]).splitlines()
    assert lines[0] == "   a: 1"
    assert lines[1].startswith("name: word")
    assert lines[2].startswith("      word")
    assert lines[-1] == "      more"
    assert max(map(len, lines)) <= 100


def test_tables_line_up():
    lines = table_text(("method", "steps", "end"), [("gd", "1,000", "done"), ("momentum", "7", "so")]).splitlines()
    assert lines == ["method    steps  end", "--------  -----  ----", "gd        1,000  done", "momentum      7  so"]


def test_html_is_escaped():
    assert "&lt;b&gt;" in rows_html("kind", [("<b>", "&")])
    assert ">&amp;</td>" in rows_html("kind", [("<b>", "&")])
    assert "<td>&lt;i&gt;</td>" in table_html("kind", ("a",), [("<i>",)])
