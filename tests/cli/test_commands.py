"""Tests of the commands: what they print, as text and as JSON, and how they refuse."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.commands import invoke

from chainrule.cli.main import main

USER_FILE = """
import math
import numpy as np

print("loading")

def loss(x, y, scale=1.0):
    return scale * x**2 * y + np.sin(y)

def total(x):
    return np.sum(x**2)

def vector(x):
    return x**2

def boom(x):
    return {}["key"] + x

def by_math(x):
    return math.sin(x)

def leaves(x):
    raise SystemExit(3)

def kink(x):
    return np.abs(x)

def forever(x):
    return forever(x)

number = 3
"""


def printed(*arguments):
    result = invoke(*arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def data(*arguments):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(printed(*arguments, "--json"), parse_constant=refuse)


def refusal(*arguments):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert len(result.stderr) < 800
    return result.stderr


def test_derive():
    shown = printed("derive", "(2x+3)^2", "--at", "x=1")
    assert "8x + 12" in shown
    assert "u = 2x + 3" in shown
    assert "At x = 1: 20" in shown


@pytest.mark.parametrize("asked", ["d/dx (2x+3)^2", "derivative of (2x+3)^2", "y = (2x+3)^2; dy/dx"])
def test_derive_reads_what_is_asked(asked):
    assert "Result: 8x + 12" in printed("derive", asked)


def test_derive_on_a_curve():
    shown = printed("derive", "x^2 + y^2 = 25", "--at", "3,4")
    assert "dy/dx = -x/y" in shown
    assert "Tangent there: y = 25/4 - 3x/4" in shown
    assert "Divide by it" in printed("derive", "x^2 + y^2 = 25", "--at", "x=3,y=4", "--hint")
    assert "several points at x = 3" in refusal("derive", "x^2 + y^2 = 25", "--at", "3")


def test_derive_as_data():
    found = data("derive", "(2x+3)^2", "--wrt", "x", "--at", "1")
    assert (found["result"], found["value"]) == ("8x + 12", 20.0)
    assert found["steps"][0]["rule"] == "chain rule"


def test_derive_of_higher_order():
    assert data("derive", "x^3", "--order", "2")["result"] == "6x"


def test_a_hint_does_not_give_the_answer():
    shown = printed("derive", "(2x+3)^2", "--hint")
    assert "1. " in shown
    assert "3. " in shown
    assert "chain rule" in shown
    assert "u = 2x + 3" in shown
    assert "12" not in shown
    assert len(data("derive", "(2x+3)^2", "--hint")["hints"]) == 3


def test_hints_of_several_variables_stand_under_what_is_differentiated():
    shown = printed("derive", "x^2+3xy", "--hint").split("\n")
    assert shown[0] == "∂/∂x (x^2 + 3xy):"
    assert "∂/∂y (x^2 + 3xy):" in shown


def test_derive_in_brief_and_in_full():
    brief, usual, full = (
        printed("derive", "(2x+3)^2", *level) for level in (["--detail", "brief"], [], ["--detail", "full"])
    )
    assert "1. chain rule (u = 2x + 3): d/dx (2x + 3)^2 = 2(2x + 3) · 2" in brief
    assert "in general d/dx u^n = n u^(n - 1) du/dx" in full
    assert len(brief) < len(usual) < len(full)
    assert "brief or full" in refusal("derive", "x", "--detail", "more")


def test_derive_as_a_page():
    page = printed("derive", "x^2", "--html")
    assert page.startswith("<!DOCTYPE html>")
    assert "give one of them" in refusal("derive", "x", "--html", "--latex")


def test_derive_as_latex():
    assert printed("derive", "x^2", "--latex").startswith(r"\begin{align*}")


def test_gradient():
    found = data("gradient", "x^2+3xy+y^2", "--at", "x=1,y=2")
    assert found["formulas"] == {"x": "2x + 3y", "y": "3x + 2y"}
    assert found["gradient"] == {"x": 8.0, "y": 7.0}
    assert found["value"] == 11.0


def test_gradient_of_a_file(user_file):
    found = data("gradient", f"{user_file}:loss", "--at", "x=2,y=0")
    assert found["gradient"] == {"x": 0.0, "y": 5.0}
    assert data("gradient", f"{user_file}:loss", "--at", "2,0,3")["gradient"]["scale"] == 0.0
    assert data("gradient", f"{user_file}:total", "--at", "x=[1,2]")["gradient"] == {"x": [2.0, 4.0]}


def test_what_is_not_finite_is_still_json():
    assert data("gradient", "1/x", "--at", "x=0")["gradient"]["x"] == "-inf"


def test_a_gradient_that_is_not_finite_says_who_knows_why():
    assert printed("gradient", "1/x", "--at", "x=0").endswith("`chainrule why nan` finds the operation that is not\n")


def test_descend_prints_every_step():
    lines = printed("descend", "x^2", "--start", "x=5", "--rate", "0.1", "--steps", "10").splitlines()
    rows = [line.split() for line in lines[2:13]]
    assert [row[0] for row in rows] == [str(step) for step in range(11)]
    assert rows[1] == ["1", "4.0000", "16.0000", "8.0000"]
    assert [row[1] for row in rows[2:]] == "3.2000 2.5600 2.0480 1.6384 1.3107 1.0486 0.8389 0.6711 0.5369".split()


def test_descend_of_the_lesson_second_example():
    found = data("descend", "x^2+3x+2", "--start", "5", "--steps", "5")
    x = 5.0
    for step in found["steps"]:
        assert step["x"]["x"] == pytest.approx(x)
        assert step["gradient"]["x"] == pytest.approx(2 * x + 3)
        x -= 0.1 * (2 * x + 3)
    assert len(found["steps"]) == 6


def test_descend_says_that_it_diverged():
    assert data("descend", "x^2", "--start", "5", "--rate", "1.1", "--steps", "5000")["status"] == "diverged"


def test_descend_of_a_file(user_file):
    assert data("descend", f"{user_file}:total", "--start", "x=[1,2]", "--steps", "200")["status"] == "converged"


def test_backprop():
    found = data("backprop", "y = sigmoid(wx+b); L = (y-t)^2", "--at", "w=0.5,x=2,b=-1,t=1")
    assert found["gradients"]["w"] == pytest.approx(-0.5)
    assert found["gradients"]["b"] == pytest.approx(-0.25)


def test_check(user_file):
    found = data("check", f"{user_file}:loss", "--at", "1.0,2.0")
    assert found["agrees"] is True
    assert found["difference"] < 1e-8
    assert "correct" in printed("check", "sin(x) y", "--at", "1,2")


def test_rules_come_from_the_table():
    rows = {(row["name"], row["formula"]) for row in data("rules")["rules"]}
    assert ("sin", "d/dx sin(x) = cos(x)") in rows
    assert ("power", "d/dx x^n = n x^(n - 1)") in rows
    assert "matmul" in {name for name, _ in rows}
    assert "cosh(x)" in printed("rules", "hyperbolic sine")


def test_tour():
    found = data("tour")["tour"]
    assert len(found) == 6
    assert found[0]["result"]["result"] == "8x + 12"
    assert found[4]["result"]["path"][-1] == pytest.approx(5 * 0.8**10)
    assert found[5]["result"]["message"].startswith("diverged")
    shown = printed("tour")
    assert all(stop["title"] in shown and stop["command"] in shown for stop in found)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["derive", "x +"], "column"),
        (["derive", "__import__('os')"], "column 1"),
        (["derive", "(" * 5000], "characters"),
        (["derive", "x^(10^(10^10))"], "exponent"),
        (["derive", "x\x1b[31m"], "column"),
        (["derive", "x", "--order", "9"], "order"),
        (["derive", "x", "--wrt", "y"], "variables are x"),
        (["derive", "x", "--at", "y=1"], "at names y; the variables are x"),
        (["derive", "xy", "--at", "x=1"], "no value of y"),
        (["derive", "xy", "--at", "1"], "gives a number for each"),
        (["derive", "x", "--at", "x=1,x=2"], "twice"),
        (["derive", "x", "--at", "x=1,2"], "mixes"),
        (["derive", "x", "--at", "x="], "missing"),
        (["derive", "x", "--at", "x=y"], "not a number"),
        (["derive", "x", "--at", "x=nan"], "not a finite number"),
        (["derive", "x", "--at", "x=[1"], "open bracket"),
        (["derive", "x", "--at", "x=" + "[" * 5000], "brackets"),
        (["derive", "x", "--at", "9" * 200_000], "characters"),
        (["descend", "x^2", "--start", "5", "--rate", "0"], "learning_rate"),
        (["descend", "x^2", "--start", "5", "--steps", "-1"], "steps"),
        (["descend", "5", "--start", "x=5"], "no variable x"),
        (["descend", "x^2", "--start", "5", "--checkpoint", "/no/where/a.npz"], "no folder /no/where"),
        (["descend", "x^2", "--start", "5", "--plot", "/no/where/a.html"], "/no/where/a.html: No such file"),
        (["derive", "missing.py:f"], "no file missing.py"),
        (["derive", "missing.py"], "which function"),
        (["rules", "no such rule"], "lists them all"),
        (["nonsense"], "No such command"),
    ],
)
def test_input_that_is_refused(arguments, message):
    assert message in refusal(*arguments)
    if "--order" not in arguments:
        assert "\x1b" not in refusal(*arguments)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nope", "no function 'nope'; its functions are loss"),
        ("number", "is of type int, not a function"),
        ("", "which function"),
        ("vector", "shape (2,)"),
        ("boom", "boom raised KeyError: 'key'\n  at "),
        ("by_math", "np.sin"),
        ("leaves", "ended the program"),
        ("forever", "RecursionError"),
    ],
)
def test_files_that_are_refused(user_file, name, message):
    assert message in refusal("gradient", f"{user_file}:{name}", "--at", "x=[1,2]")


def test_the_line_in_the_users_file_is_shown(user_file):
    line = USER_FILE.splitlines().index('    return {}["key"] + x') + 1
    assert f"model.py:{line}: return" in refusal("gradient", f"{user_file}:boom", "--at", "1")


@pytest.mark.parametrize("command", [("descend", "--start"), ("backprop", "--at")])
def test_a_pole_gets_no_warnings(command):
    name, option = command
    assert invoke(name, "1/x", option, "x=0").stderr == ""


def test_a_kink_is_not_blamed_on_the_rule(user_file):
    assert "kink" in refusal("check", f"{user_file}:kink", "--at", "0")


def test_a_file_that_is_not_python(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("def f(x: return\n")
    assert "broken.py:1: SyntaxError" in refusal("derive", f"{path}:f")
    path.write_bytes(b"\0")
    assert "broken.py: SyntaxError" in refusal("derive", f"{path}:f")


def test_what_a_file_prints_does_not_spoil_the_output(user_file):
    result = invoke("check", f"{user_file}:total", "--at", "x=[1,2]", "--json")
    assert "loading" in result.stderr
    assert "loading" not in result.stdout


def test_a_leading_minus_is_mathematics(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["derive", "-x^2", "--at", "-1"])
    assert stopped.value.code == 0
    assert "At x = -1: 2" in capsys.readouterr().out


def process(*arguments, **environment):
    source = str(Path(__file__).parents[2] / "src")
    return subprocess.run(
        [sys.executable, "-m", "chainrule", *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": source, "PYTHONUTF8": "1", **environment},
        timeout=60,
        check=False,
    )


def test_as_a_process():
    assert "8x + 12" in process("derive", "(2x+3)^2", NO_COLOR="1").stdout
    refused = process("derive", "x +")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: ")


def test_a_terminal_without_unicode_gets_no_traceback():
    shown = process("gradient", "xy", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert shown.returncode == 0
    assert "Traceback" not in shown.stderr


def test_no_color_is_respected():
    assert "\x1b[" in process("rules", "sine", FORCE_COLOR="1", NO_COLOR="").stdout
    assert "\x1b[" not in process("rules", "sine", FORCE_COLOR="1", NO_COLOR="1").stdout
