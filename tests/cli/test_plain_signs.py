"""Where the locale has no signs, they are written in letters, and what was typed is read all the same."""

from __future__ import annotations

import io

import pytest
from typer.testing import CliRunner

import chainrule
from chainrule.cli.main import app
from chainrule.cli.signs import decoded, write_signs_plainly


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("x · d/dx sin(x²)", "x * d/dx sin(x^2)"),
        ("∂f/∂θ ≠ 0, λ ≤ Δ", "df/dtheta != 0, lambda <= Delta"),
        ("42.4 µs → ∞ …", "42.4 us -> inf ..."),
        ("½ café", "1/2 caf\\xe9"),
        ("語", "\\u8a9e"),
    ],
)
def test_signs_are_written_in_letters(text, plain):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    write_signs_plainly(stream)
    stream.write(text)
    stream.flush()
    assert raw.getvalue().decode() == plain


def test_what_the_locale_could_not_decode_is_utf_8():
    assert decoded("θ²".encode().decode("ascii", "surrogateescape")) == "θ²"
    assert decoded("x^2") == "x^2"


def test_the_version():
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"chainrule {chainrule.__version__}\n")


def test_no_line_of_the_help_is_cut():
    commands = CliRunner().invoke(app, ["--help"], terminal_width=80).output
    assert "..." not in commands.partition("Commands:")[2]
