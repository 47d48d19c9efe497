"""Every way to show a derivation: text, terminal, Markdown, LaTeX, HTML with MathML, and data with its schema."""

import io
import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from rich.console import Console
from tests.explain.derivation.problems import EVERY, LEVELS, derived

from chainrule.explain.derivation.explain import explain
from chainrule.explain.derivation.schema import DERIVATION

SHOWN = (*EVERY[::9], "L = (y-t)^2 where y = sigmoid(wx+b)", "x^x")
HOSTILE = (
    "<script>alert(1)</script>",
    "</title><b>",
    "$x$ & \\input{/etc/passwd} % #",
    "\x1b[31mred\x07",
    "[bold]",
    "`*_~^",
)


def _everything(typed):
    """Yield derivations at all levels, with their alternatives, and the Hessian where there are several variables."""
    for level in LEVELS:
        main = derived(typed, level)
        yield from (main, *main.alternatives)
    if main.partials and len(main.names) < 3:
        yield explain(typed, order=2)


def _named(name):
    def function(x):
        return x**2

    function.__name__ = name
    return explain(function)


# HTML


def _page(derivation):
    page = derivation.to_html()
    root = ET.fromstring(page.removeprefix("<!DOCTYPE html>\n").replace('<meta charset="utf-8">', "").replace(
        '<meta name="viewport" content="width=device-width, initial-scale=1">', ""
    ))  # fmt: skip
    return page, root


@pytest.mark.parametrize("typed", SHOWN)
def test_a_page_is_whole_and_well_formed(typed):
    for derivation in _everything(typed):
        page, root = _page(derivation)
        assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
        assert '<meta charset="utf-8">' in page
        assert root.find("head/title").text == root.find("body/main/h1").text
        assert "prefers-color-scheme: dark" in root.find("head/style").text
        assert len(root.findall(".//li")) == len(derivation.steps)
        assert root.findall(".//math")
        assert not re.search("<script|src=|href=|url\\(|@import|javascript:", page)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_text(name):
    derivation = _named(name)
    page, root = _page(derivation)
    assert root.find("head/title").text.startswith("Derivative of ")
    assert "<script" not in page
    assert "\x1b" not in page + str(derivation) + derivation.to_latex(document=True) + derivation.to_markdown()


def test_a_fragment_says_the_same():
    derivation = derived("(2x+3)^2")
    assert derivation._repr_html_() in derivation.to_html()


# LaTeX

ENVIRONMENT = re.compile(r"\\(begin|end)\{([a-z*]+)\}")
COMMANDS = frozenset(
    "documentclass usepackage ifPDFTeX fi setlength parindent allowdisplaybreaks begin end section textbf item par paragraph "
    "mbox text frac left right sqrt cdot ln log sin cos tan arcsin arccos arctan sinh cosh tanh sigma pi lambda nabla partial "
    "operatorname max min textasciicircum textasciitilde textbackslash ne le ge log Gamma mathrm infty psi zeta theta sim".split()
)


def _braces_balance(source):
    depth = 0
    for char in re.sub(r"\\[\\{}]", "", source):
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return depth == 0


def _check_latex(source):
    assert _braces_balance(source)
    open_ones = []
    for kind, name in ENVIRONMENT.findall(source):
        if kind == "begin":
            open_ones.append(name)
        else:
            assert open_ones.pop() == name
    assert not open_ones
    assert len(re.findall(r"\\left(?![a-z])", source)) == len(re.findall(r"\\right(?![a-z])", source))
    assert set(re.findall(r"\\([a-zA-Z]+)", source)) <= COMMANDS


@pytest.mark.parametrize("typed", SHOWN)
def test_latex_is_balanced_and_knows_every_command(typed):
    for derivation in _everything(typed):
        fragment, document = derivation.to_latex(), derivation.to_latex(document=True)
        _check_latex(fragment)
        _check_latex(document)
        assert document.isascii()
        assert document.startswith("\\documentclass")
        assert document.rstrip().endswith("\\end{document}")
        assert document.count("\\item ") == len(derivation.steps)
        # A superscript or a subscript outside of mathematics stops LaTeX.
        outside = re.sub(r"\\begin\{align\*\}.*?\\end\{align\*\}|\\\[.*?\\\]|\$[^$]*\$", "", document, flags=re.DOTALL)
        body = outside[outside.index("\\begin{document}") :]
        assert not re.search(r"(?<!\\)[_^&#%$]", body), body


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_cannot_command_latex(name):
    document = _named(name).to_latex(document=True)
    _check_latex(document)
    assert "\\input" not in document
    assert document.isascii()


def test_a_comparison_that_is_a_derivative_stands_in_brackets():
    found = explain(lambda x: np.clip(x, -1, 1))
    assert str(found.result) == "(x = clip(x, -1, 1))"
    first, last = found.to_latex().splitlines()[1:3]
    assert r"&= \left(x = " in first
    assert r"&= \left(x = " in last


def test_the_fragment_keeps_its_form():
    assert explain("x^2").to_latex() == (
        "\\begin{align*}\n\\frac{d}{dx} x^{2} &= 2 x && \\text{power rule} \\\\\n\\frac{d}{dx} x^{2} &= 2 x\n\\end{align*}"
    )


# Markdown and terminal


@pytest.mark.parametrize("typed", SHOWN)
def test_markdown_pairs_its_dollars_and_numbers_its_steps(typed):
    for derivation in _everything(typed):
        written = derivation.to_markdown()
        assert len(re.findall(r"(?<!\\)\$", written)) % 2 == 0
        assert len(re.findall(r"^\d+\. \*\*", written, flags=re.MULTILINE)) == len(derivation.steps)
        assert written == derivation._repr_markdown_()


@pytest.mark.parametrize("typed", SHOWN)
def test_the_terminal_shows_the_plain_text_in_colors(typed):
    for derivation in _everything(typed):
        plain, colored = (
            Console(file=io.StringIO(), width=200),
            Console(file=io.StringIO(), width=200, force_terminal=True),
        )
        plain.print(derivation)
        colored.print(derivation)
        assert plain.file.getvalue().rstrip("\n") == str(derivation)
        shown = colored.file.getvalue()
        assert "\x1b[1;36m1. " in shown
        assert re.sub(r"\x1b\[[\d;]*m", "", shown).rstrip("\n") == str(derivation)


def test_lines_are_short_enough_for_a_terminal():
    for typed in EVERY:
        assert max(map(len, str(derived(typed, "full")).split("\n"))) <= 80


# Data


def _fits(value, schema, root):
    """Check a value against the parts of JSON Schema that the description uses."""
    if "$ref" in schema:
        schema = root
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": int | float, "null": type(None)}
    if "oneOf" in schema:
        assert sum(_does_fit(value, one, root) for one in schema["oneOf"]) == 1
        return
    if "enum" in schema:
        assert value in schema["enum"]
        return
    allowed = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    assert any(isinstance(value, kinds[name]) and not isinstance(value, bool) for name in allowed), (value, allowed)
    if isinstance(value, dict):
        known, extra = schema.get("properties", {}), schema.get("additionalProperties", True)
        assert set(schema.get("required", ())) <= set(value)
        for key, item in value.items():
            assert key in known or extra is not False, key
            _fits(item, known.get(key, extra), root)
    elif isinstance(value, list) and "items" in schema:
        for item in value:
            _fits(item, schema["items"], root)


def _does_fit(value, schema, root):
    try:
        _fits(value, schema, root)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("typed", SHOWN)
def test_data_fits_its_schema_and_json(typed):
    for derivation in _everything(typed):
        data = derivation.to_dict()
        _fits(data, DERIVATION, DERIVATION)
        assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert set(DERIVATION["required"]) == set(DERIVATION["properties"]) == set(data)


def test_the_schema_refuses_what_does_not_fit():
    data = explain("x^2", at=2).to_dict()
    assert _does_fit(data, DERIVATION, DERIVATION)
    for wrong in (
        {**data, "order": "1"},
        {**data, "more": 1},
        {key: value for key, value in data.items() if key != "steps"},
        {**data, "steps": [{**data["steps"][0], "kind": "magic"}]},
        {**data, "detail": "some"},
    ):
        assert not _does_fit(wrong, DERIVATION, DERIVATION)


def test_a_hessian_has_rows_of_values():
    data = explain("x^2 y", order=2, at=(1, 2)).to_dict()
    assert data["value"] == [[4.0, 2.0], [2.0, 0.0]]
    assert len(data["partials"]) == 5
