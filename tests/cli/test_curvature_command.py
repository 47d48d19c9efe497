"""Tests of `chainrule curvature`: what it prints, as text and as JSON, and how it refuses."""

import json

import pytest
from tests.cli.commands import invoke


def test_a_saddle():
    shown = invoke("curvature", "x^2 - y^2", "--at", "x=0,y=0")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("x^2 - y^2 at x = 0, y = 0\n\nclassification: saddle\n")
    assert "downward most along y, by -2" in shown.stdout


def test_data():
    data = json.loads(invoke("curvature", "x^4", "--at", "0", "--json").stdout)
    assert (data["classification"], data["certainty"], data["function"], data["at"]) == (
        "minimum",
        "certain",
        "x^4",
        {"x": 0.0},
    )


def test_a_function_of_a_file(tmp_path):
    path = tmp_path / "model.py"
    path.write_text("import numpy as np\ndef loss(w, b=1.0):\n    return np.sum(w**2) - b**2\n")
    data = json.loads(invoke("curvature", f"{path}:loss", "--at", "w=[0,0],b=0", "--json").stdout)
    assert data["classification"] == "saddle"
    assert data["gradient"] == {"b": 0.0, "w": [0.0, 0.0]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x +", "--at", "1"], "column"),
        (["x", "--at", "y=1"], "no variable y"),
        (["ln x", "--at", "x=-1"], "the function is nan"),
        (["5", "--at", "x=1"], "no variable x"),
    ],
)
def test_input_that_is_refused(arguments, message):
    result = invoke("curvature", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
