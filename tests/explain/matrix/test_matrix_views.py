"""Tests of the ways to show a matrix derivation: text, terminal, Markdown, LaTeX, HTML with MathML, JSON, and the command."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from rich.console import Console
from tests.explain.matrix import programs

import chainrule as cr
from chainrule.cli.main import main
from chainrule.explain.matrix.explain_arrays import explain_arrays


def board(name, **options):
    fun, args = programs.POINTS[name]
    return explain_arrays(fun, args, **options)


@pytest.mark.parametrize("name", programs.POINTS)
def test_every_view_is_well_formed(name):
    d = board(name)
    assert max(map(len, str(d).splitlines())) <= 100
    page = ElementTree.fromstring(d.to_html())
    assert len(list(page.iter("math"))) >= len(d.steps)
    assert "<script" not in d.to_html()
    data = json.loads(json.dumps(d.to_dict(), allow_nan=False))
    assert [step["equation"] for step in data["steps"]] == [str(step) for step in d.steps]
    for written in (d.to_latex(), *(step.to_latex() for step in d.steps)):
        assert written.count("{") == written.count("}")
        assert written.count(r"\left") == written.count(r"\right")
    assert d.to_markdown().count("$") % 2 == 0


def test_latex_is_bold_for_arrays():
    latex = board("linear").step("W").to_latex()
    assert r"\frac{\partial L}{\partial \mathbf{W}} = {\mathbf{X}}^{\top}" in latex
    assert board("linear").to_latex().startswith("\\begin{align*}")


def test_the_terminal_shows_the_board():
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    console.print(board("attention"))
    assert "Q · Kᵀ" in console.file.getvalue()


def test_hostile_names_are_text():
    d = explain_arrays(lambda p: np.sum(p["<script>&"] ** 2), ({"<script>&": np.ones(2)},))
    assert "<script" not in d.to_html()
    ElementTree.fromstring(d.to_html())


def test_large_gradients_are_summarized():
    data = explain_arrays(lambda x: np.sum(x**2), np.ones((40, 50))).to_dict()
    assert data["gradients"]["x"]["shape"] == [40, 50]


def test_hints_lead_on_without_the_answer():
    hints = board("linear").hints()
    assert hints[-1] == (
        "For dL/dX you need dL/dP: sum rule; product rule, one factor at a time. It has the shape 32×7."
    )
    assert not any("Wᵀ" in hint for hint in hints)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.py"
    path.write_text("import numpy as np\n\ndef loss(W, x, t):\n    r = W @ x - t\n    return r @ r\n")
    return path


def test_the_command_derives_arrays(capsys, model):
    with pytest.raises(SystemExit) as stop:
        main(["derive", f"{model}:loss", "--at", "W=[[1,2],[3,4]],x=[1,-1],t=[0.5,0]"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    assert "dL/dW = dL/dr · xᵀ = 2 r · xᵀ" in printed
    assert "(2×2) = (2×1)·(1×2)" in printed


def test_the_command_says_which_shapes_do_not_fit(capsys, model):
    with pytest.raises(SystemExit) as stop:
        main(["derive", f"{model}:loss", "--at", "W=[[1,2],[3,4]],x=[1],t=[0.5,0]"])
    assert stop.value.code == 2
    assert "matmul" in capsys.readouterr().err


def test_it_is_what_explain_returns():
    d = cr.explain(programs.norm, at=np.array([3.0, 4.0]))
    assert d.value == 5.0
    assert d._repr_html_() == d.to_html()
