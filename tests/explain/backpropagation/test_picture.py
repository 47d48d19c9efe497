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


def marked(svg, tag, word):
    found = (part for part in ElementTree.fromstring(svg).iter() if part.tag.endswith("}" + tag))
    return [part for part in found if word in part.get("class", "").split()]


def boxes(svg):
    """Return of each box its value, its adjoint, and whether it is the one of the step, by its name."""
    found = {}
    for group in ElementTree.fromstring(svg).iter():
        if [part.get("class", "").split()[:1] for part in group][1:2] == [["node"]]:
            _, frame, name, value, adjoint = group
            found[name.text.split(" = ")[0]] = (value.text, adjoint.text, "now" in frame.get("class").split())
    return found


@pytest.mark.parametrize(("fun", "args"), RUNS)
def test_after_each_step_only_what_is_known_is_shown(fun, args):
    run = cr.backprop(fun, *args)
    whole, names = boxes(run.to_svg()), [node.name for node in run.nodes]
    assert list(whole) == names
    for number, step in enumerate(run.steps(), 1):
        forward, backward = names[:number], names[::-1][: max(0, number - len(names))]
        svg = run.to_svg(steps=number)
        assert boxes(svg) == {
            name: (
                whole[name][0] if name in forward else None,
                whole[name][1] if name in backward else None,
                name == step.node,
            )
            for name in names
        }
        assert len(marked(svg, "g", "waiting")) == len(names) - len(forward)


def test_nothing_moves_while_one_steps_and_the_last_step_shows_the_whole_run():
    run = cr.backprop(branches, 2.0, 0.5)
    frames = [
        [(part.get("x"), part.get("y"), part.get("width")) for part in marked(run.to_svg(steps=number), "rect", "node")]
        for number in range(1, 13)
    ]
    assert frames == [frames[0]] * 12
    assert texts(run.to_svg(steps=12)) == texts(run.to_svg())
    assert not marked(run.to_svg(), "rect", "now")


def test_the_edges_of_the_step_are_marked_and_carry_their_factors():
    run = cr.backprop("b = a^2; c = b + a; L = b c", a=1.5)
    numbers = {(step.node, step.is_forward): number for number, step in enumerate(run.steps(), 1)}
    forward, backward = run.to_svg(steps=numbers["c", True]), run.to_svg(steps=numbers["b", False])
    assert len(marked(forward, "path", "now")) == 2  # c reads b and a
    assert not marked(forward, "text", "local")
    assert len(marked(backward, "path", "now")) == 2  # c and L use b
    assert sorted(part.text for part in marked(backward, "text", "local")) == ["× 1.0", "× 2.25", "× 3.75"]
    (description,) = (part.text for part in ElementTree.fromstring(backward) if part.tag.endswith("}desc"))
    assert "b = a ** 2.0, value 2.25, adjoint 6.0" in description
    assert "a = input, value 1.5;" in description
    assert description.endswith("The last step is at b.")


@pytest.mark.parametrize("steps", [0, -1, 13])
def test_a_step_that_the_run_does_not_have_is_refused(steps):
    with pytest.raises(ValueError, match="the run has 12: give 1 to 12"):
        cr.backprop(branches, 2.0, 0.5).to_svg(steps=steps)


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


def test_a_chain_of_operations_that_read_inputs_runs_straight_down():
    names, pairs = ["x"], []
    for number in range(12):
        names += [f"w{number}", f"v{number}"]
        pairs += [(f"w{number}", f"v{number}"), (names[-3] if number else "x", f"v{number}")]
    plan = lay_out(names, pairs, dict.fromkeys(names, 60.0), 50.0)
    across = [plan.centers[f"v{number}"][0] for number in range(12)]
    assert max(across) - min(across) < 1.0
    assert plan.width < 4 * 60.0


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
