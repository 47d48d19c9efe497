"""Tests of the picture: well-formed, complete, safe with hostile names, without overlaps; and of the data for a front end."""

from __future__ import annotations

import io
import itertools
import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from rich.console import Console

import chainrule as cr
from chainrule.explain.backpropagation.layout import lay_out


def branches(x, w):
    a = x * w
    b = np.tanh(a)
    c = a + b
    return c * a


def network(X, W, b):
    h = np.tanh(X @ W + b)
    return np.mean(h**2)


RANDOM = np.random.default_rng(0)
RUNS = [
    (branches, (2.0, 0.5)),
    (network, (RANDOM.normal(size=(4, 3)), RANDOM.normal(size=(3, 2)), np.zeros(2))),
    (lambda x: 3.0, (1.0,)),
    (lambda x: x, (1.0,)),
]


def texts(svg):
    return ["".join(part.itertext()) for part in ElementTree.fromstring(svg).iter() if part.tag.endswith("}text")]


@pytest.mark.parametrize(("fun", "args"), RUNS)
def test_every_node_and_edge_is_drawn(fun, args):
    run = cr.backprop(fun, *args)
    svg = run.to_svg()
    root = ElementTree.fromstring(svg)
    boxes = [part for part in root.iter() if part.get("class", "").startswith("node")]
    assert len(boxes) == len(run.nodes)
    edges = [part for part in root.iter() if part.tag.endswith("}path") and part.get("class") != "arrow"]
    assert len(edges) == sum(len(node.local) for node in run.nodes)
    assert "<script" not in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme:dark" in svg
    assert run._repr_svg_() == svg


def test_labels_hold_values_adjoints_and_local_derivatives():
    shown = texts(cr.backprop(branches, 2.0, 0.5).to_svg())
    assert "a = x * w" in shown
    assert "× 0.5" in shown
    assert any(text.startswith("dL/dx = ") for text in shown)
    shapes = texts(cr.backprop(*RUNS[1][:1], *RUNS[1][1]).to_svg())
    assert any(text.startswith("4×3, norm ") for text in shapes)


def test_it_describes_itself():
    root = ElementTree.fromstring(cr.backprop(branches, 2.0, 0.5).to_svg())
    assert root.get("role") == "img"
    told = {part.tag.split("}")[1]: part.text for part in root if part.text}
    assert told["title"] == "Computation graph of L: forward values and adjoints"
    assert "a = x * w, value 1.0" in told["desc"]


def test_hostile_names_are_text():
    name = '<script>alert("x")</script>\x00&'
    run = cr.backprop(lambda p: p[name] ** 2, {name: 2.0})
    for written in (run.to_svg(), run._repr_html_()):
        assert "<script" not in written
    ElementTree.fromstring(run.to_svg())
    assert json.loads(json.dumps(run.to_dict()))["nodes"][0]["name"] == f"p[{name!r}]"


def test_the_page_has_picture_table_and_reason():
    page = cr.backprop(branches, 2.0, 0.5)._repr_html_()
    assert page.count("<svg") == 1
    assert "<table>" in page
    assert "Why the order matters" in page
    ElementTree.fromstring(page.replace("<br>", "<br/>"))


def test_the_terminal_gets_a_table():
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    console.print(cr.backprop(branches, 2.0, 0.5))
    printed = console.file.getvalue()
    assert "computed as" in printed
    assert "(via c)" in printed


def test_paths_are_spelled_out():
    run = cr.backprop(branches, 2.0, 0.5)
    a = run.node("a")
    assert a.paths.startswith("dL/da = (via L) ")
    assert a.paths.endswith(f" = {a.adjoint:.6g}")
    assert sum(float(np.sum(edge.share)) for edge in a.contributions) == pytest.approx(a.adjoint)
    assert run.node("b").paths == ""
    twice = cr.backprop(lambda x: x + x, 1.0).node("x")
    assert twice.paths == "dL/dx = (via L, place 1) 1.0 + (via L, place 2) 1.0 = 2.0"


@pytest.mark.parametrize(("fun", "args"), RUNS)
def test_data_is_complete_and_json(fun, args):
    run = cr.backprop(fun, *args)
    data = json.loads(json.dumps(run.to_dict(), allow_nan=False))
    names = {node["name"] for node in data["nodes"]}
    assert data["schema"] == 1
    assert {edge["from"] for edge in data["edges"]} | {edge["to"] for edge in data["edges"]} <= names
    assert all(len(edge["points"]) >= 2 for edge in data["edges"])
    assert [step["phase"] for step in data["steps"]] == ["forward"] * len(names) + ["backward"] * len(names)
    assert all(0 <= node["position"][0] <= data["picture"]["width"] for node in data["nodes"])


def test_large_arrays_are_summarized():
    data = cr.backprop(lambda x: np.sum(x**2), np.ones((50, 40))).to_dict()
    assert data["nodes"][0]["value"] == {"shape": [50, 40], "norm": pytest.approx(np.sqrt(2000))}
    assert data["gradients"]["x"]["shape"] == [50, 40]


def test_long_programs_are_drawn_short():
    def chain(x):
        for n in range(400):
            x = np.sin(x) if n % 2 else x * 1.01
        return x

    run = cr.backprop(chain, 1.0, fold=False)
    assert len(run.nodes) == 401
    assert "The last 150 of 401 nodes are drawn." in run.to_svg()
    assert "341 nodes left out here" in str(run)
    assert len(str(run)) < 20_000


def test_boxes_of_a_layer_do_not_overlap():
    random = np.random.default_rng(1)
    for _ in range(20):
        names = [f"n{n}" for n in range(25)]
        edges = sorted({tuple(sorted(random.choice(25, 2, replace=False))) for _ in range(50)})
        pairs = [(names[low], names[high]) for low, high in edges]
        widths = {name: float(random.uniform(40, 200)) for name in names}
        plan = lay_out(names, pairs, widths, 50.0)
        for source, target in pairs:
            assert plan.centers[source][1] < plan.centers[target][1]
            assert plan.routes[source, target][0] == plan.centers[source]
        rows = {}
        for name in names:
            rows.setdefault(plan.centers[name][1], []).append(name)
        for row in rows.values():
            row.sort(key=lambda name: plan.centers[name][0])
            for left, right in itertools.pairwise(row):
                gap = plan.centers[right][0] - plan.centers[left][0]
                assert gap >= (widths[left] + widths[right]) / 2
