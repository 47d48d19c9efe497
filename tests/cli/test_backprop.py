"""Tests of `chainrule backprop`: the table, the steps, the orders, the folds, the picture, and errors that say what to do."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import pytest

from chainrule.cli.main import main

NEURON = ("y = sigmoid(wx+b); L = (y-t)^2", "--at", "w=0.5,x=2,b=-1,t=1")
PROGRAM = """
import numpy as np

def doubled(a):
    b = a + a
    c = b + b
    return c

def looped(x):
    for _ in range(200):
        y = np.sin(x)
        x = x - 0.1 * y
    return x
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def run(capsys, *arguments, code=0):
    with pytest.raises(SystemExit) as stop:
        main(["backprop", *arguments])
    assert stop.value.code == code
    captured = capsys.readouterr()
    return captured.out if code == 0 else captured.err


def test_the_table_is_printed(capsys):
    printed = run(capsys, *NEURON)
    assert "dL/dw = dL/dv1 * dv1/dw = (-0.25) * 2.0 = -0.5" in printed


def test_typed_functions_are_called_as_in_mathematics(capsys):
    printed = run(capsys, "ln(sigmoid(x))", "--at", "x=1")
    assert "σ(x)" in printed
    assert "ln(v1)" in printed
    assert json.loads(run(capsys, "sigmoid(x)", "--at", "x=1", "--json"))["nodes"][1]["operation"] == "expit"


def test_steps_are_numbered_and_said(capsys):
    printed = run(capsys, *NEURON, "--steps")
    assert printed.startswith("1. forward: w = 0.5\n   w is given.")
    assert "backward: dL/dy = dL/dv3 * dv3/dy" in printed


def test_orders_show_the_classic_mistake(capsys, program):
    printed = run(capsys, f"{program}:doubled", "--at", "1", "--orders")
    row = next(line for line in printed.splitlines() if line.startswith("dc/da  "))
    assert row.split() == ["dc/da", "4.0", "6.0", "1.0"]


def test_the_picture_is_written(capsys, tmp_path):
    target = tmp_path / "graph.svg"
    assert f"drawn in {target}" in run(capsys, *NEURON, "--svg", str(target))
    assert ElementTree.parse(target).getroot().tag.endswith("svg")


def test_folds_are_chosen(capsys, program):
    def count(*options):
        return len(json.loads(run(capsys, f"{program}:looped", "--at", "1", "--json", *options))["nodes"])

    assert count("--fold", "none") == 601
    assert count("--fold", "line") == 401
    assert count() < 60


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--fold", "page"), 'fold is "auto", "composite", "line" or "none"'),
        (("--svg", "graph.png"), "name the file graph.svg"),
        (("--svg", "/nowhere/at/all/graph.svg"), "cannot be written"),
    ],
)
def test_errors_say_what_to_do(capsys, options, message):
    assert message in run(capsys, *NEURON, *options, code=2)
