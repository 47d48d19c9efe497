"""Tests of `chainrule bench`: that every run computes the same, that peers run users' functions, and how it refuses."""

import json
import sys

import numpy as np
import pytest
from tests.cli import commands

from chainrule.cli.bench import difference, duration

HELPERS = """
import numpy as np

def softplus(z):
    return np.log1p(np.exp(z))
"""
USER_FILE = """
import numpy as np
from numpy import tanh
from scipy.special import expit
from bench_helpers import softplus

X = np.arange(12.0).reshape(4, 3) / 10
targets = np.array([1.0, -1.0, 1.0, -1.0])

def margin(w, offset=0.0):
    return targets * (X @ w) + offset

def loss(w, scale=1.0):
    return scale * np.mean(softplus(-margin(w))) + np.sum(tanh(w) * expit(w))

def start():
    return np.linspace(0.1, 0.3, 3), 2.0

def wrong():
    return 1.0, 2.0, 3.0

def vector(w):
    return w * 2

def branch(x):
    return x * x if x > 0 else -x

def assigned(x):
    y = np.zeros_like(x)
    y[0] = x[0] ** 2
    return np.sum(y)

def boom(x):
    return {}["key"] + x
"""


@pytest.fixture
def user_file(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "bench_helpers", raising=False)  # another test's
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "bench_helpers.py").write_text(HELPERS)
    path = tmp_path / "model.py"
    path.write_text(USER_FILE)
    return path


def invoke(*arguments):
    return commands.invoke("bench", *arguments, "--rounds", "1")


def data(*arguments):
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def refusal(*arguments):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    return result.stderr


def names(found):
    return [each["name"] for each in found["runs"]]


def reason(found, name):
    return next(each["reason"] for each in found["skipped"] if each["name"] == name)


def test_the_runs_of_a_file_agree(user_file):
    found = data(f"{user_file}:loss", "--at", "w=[0.1,0.2,0.3]")
    assert names(found)[:2] == ["chainrule", "chainrule.jit"]
    assert found["timed"] == "gradient"
    assert all(each["seconds"] > 0 and each["difference"] < 1e-12 for each in found["runs"])
    assert [len(each["first_calls"]) for each in found["runs"][:2]] == [1, 2]


@pytest.mark.parametrize("peer", ["autograd", "jax"])
def test_peers_run_the_function_with_its_helpers_and_arrays(user_file, peer):
    pytest.importorskip(peer)
    found = data(f"{user_file}:loss", "--at", "w=[0.1,0.2,0.3]")
    assert any(name.startswith(peer) for name in names(found)), found["skipped"]


def test_peers_leave_the_users_module_as_it_is(user_file):
    before = data(f"{user_file}:loss", "--at", "w=[0.1,0.2,0.3]", "--value")
    after = data(f"{user_file}:loss", "--at", "w=[0.1,0.2,0.3]", "--value")
    assert names(before) == names(after)
    assert before["timed"] == "value"


def test_arguments_come_from_a_function_of_the_file(user_file):
    result = invoke(f"{user_file}:loss", "--at", "start()")
    assert result.exit_code == 0
    assert "the gradient of loss, w: float64[3], scale: 2" in result.stdout
    assert "loss takes w, scale" in refusal(f"{user_file}:loss", "--at", "wrong()")
    assert "typed mathematics" in refusal("x^2", "--at", "start()")


def test_typed_mathematics():
    found = data("x sin(x^2) + sigmoid(y)", "--at", "x=1,y=2")
    assert names(found)[:2] == ["chainrule", "chainrule.jit"]
    assert all(each["difference"] < 1e-12 for each in found["runs"])


@pytest.mark.parametrize("at", ["x=-2", "x=2"])
def test_typed_cases_choose_in_peers_as_here(at):
    found = data("{x^2 if x < 0, 3x otherwise}", "--at", at, "--rounds", "1")
    assert all(each["difference"] < 1e-12 for each in found["runs"])


def test_a_peer_that_cannot_run_the_function_is_skipped_with_a_reason(user_file):
    pytest.importorskip("autograd")
    assert "autograd" in reason(data(f"{user_file}:assigned", "--at", "x=[1,2]"), "autograd")


def test_jax_cannot_compile_a_branch(user_file):
    pytest.importorskip("jax")
    assert "jax.jit raised" in reason(data(f"{user_file}:branch", "--at", "2"), "jax.jit")


def test_the_table(user_file):
    shown = invoke(f"{user_file}:branch", "--at", "x=2").stdout
    assert "the gradient of branch, x: 2" in shown
    assert "first calls" in shown
    assert "chainrule.jit" in shown


def test_what_numpy_computes_is_said(tmp_path):
    path = tmp_path / "sorting.py"
    path.write_text("import numpy as np\ndef f(x):\n    return np.sum(np.sort(x) * x)\n")
    assert any("NumPy computes sort" in note for note in data(f"{path}:f", "--at", "x=[1,2]", "--value")["notes"])


def test_refusals(user_file):
    assert "one real number" in refusal(f"{user_file}:vector", "--at", "w=[1,2]")
    assert "boom raised KeyError" in refusal(f"{user_file}:boom", "--at", "1")
    assert "there is no variable z" in refusal("x^2", "--at", "z=1")


def test_the_difference_of_results():
    assert difference((np.ones(3), 2.0), (np.ones(3), 2.0)) == 0
    assert difference(np.array([np.nan, 1.0]), np.array([np.nan, 1.0])) == 0
    assert difference(np.array([np.nan, 1.0]), np.array([1.0, 1.0])) == np.inf
    assert difference(1.0, (1.0, 1.0)) == np.inf
    assert difference(np.array([0.0, 1e-8]), np.array([0.0, 1.0])) == pytest.approx(1.0)


def test_durations():
    assert [duration(seconds) for seconds in (9.996e-7, 1e-9, 0.5, 100.0)] == ["1 µs", "1 ns", "500 ms", "100 s"]
