"""Typed formulas have no source lines, points say how they are written, and lines are as long as the terminal is wide."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console
from tests.cli.commands import invoke

from chainrule.explain.derivation.explain import explain
from chainrule.explain.derivation.plain import write


def test_the_line_of_the_command_is_no_line_of_a_typed_formula() -> None:
    asked = ("--at", "x=0")
    assert "Where (" not in invoke("why", "nan", "sqrt(x)", *asked).stdout
    assert json.loads(invoke("why", "nan", "sqrt(x)", *asked, "--json").stdout)["first"]["line"] is None
    nodes = json.loads(invoke("backprop", "L = (x - 1)^2", *asked, "--json").stdout)["nodes"]
    assert [node["line"] for node in nodes] == [None] * len(nodes)


@pytest.mark.parametrize(("typed", "label"), [("sqrt(x)", "f"), ("g(x) = sqrt(x)", "g")])
def test_a_typed_formula_is_called_by_its_name(typed: str, label: str) -> None:
    assert f"\n{label} returned 0" in invoke("why", "nan", typed, "--at", "x=0").stdout


@pytest.mark.parametrize("point", ["x=1;y=2", "x=1; y=2", "1;2"])
def test_a_point_with_semicolons_is_refused_with_commas(point: str) -> None:
    refused = invoke("derive", "x y", "--at", point)
    assert refused.exit_code == 2
    assert "set commas: x=1,y=2" in refused.stderr


@pytest.mark.parametrize(
    ("point", "shown"), [("z=1", "names z"), ("x=1", "no value of y"), ("1,2,3", "3 numbers"), ("1", "each")]
)
def test_a_point_that_does_not_fit_is_refused_as_it_is_typed(point: str, shown: str) -> None:
    refused = invoke("derive", "x y", "--at", point).stderr
    assert shown in refused
    assert "such as --at x=1,y=1" in refused
    assert "{" not in refused


def test_the_length_of_a_long_gradient_does_not_overflow() -> None:
    shown = invoke("gradient", "x^2", "--at", "x=1e300")
    assert "length of the gradient = 2e+300" in shown.stdout
    assert shown.stderr == ""


def test_numbers_without_a_value_are_refused_in_formulas_and_points() -> None:
    for arguments in (("derive", "1/0"), ("derive", "x^2", "--at", "x=1/0")):
        refused = invoke(*arguments)
        assert refused.exit_code == 2
        assert "column 2: 1/0 has no value" in refused.stderr


@pytest.mark.parametrize("width", [24, 40, 60, 80, 200])
@pytest.mark.parametrize("typed", ["sqrt(x + sqrt(x))", "x^2 y + sin(xy)"])
def test_a_derivation_fits_the_terminal(typed: str, width: int) -> None:
    page = Console(file=io.StringIO(), width=width)
    with page.capture() as captured:
        page.print(explain(typed))
    rows = captured.get().rstrip("\n").split("\n")
    assert max(map(len, rows)) <= width
    plain = write(explain(typed))
    assert "".join(captured.get().split()) == "".join(plain.split())
    if width >= 80:
        assert captured.get().rstrip("\n") == plain
