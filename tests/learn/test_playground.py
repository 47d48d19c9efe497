"""The playground's network, data, diagnosis, backpropagation and script are right, and what the browser sends is checked."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("dash", reason="the extra `learn` is not installed")

import chainrule as cr
from chainrule.learn.methods import METHODS
from chainrule.learn.playground import datasets, export, figures, network, state, training, view
from chainrule.learn.playground.diagnosis import Diagnosis, LayerGradient, diagnose
from chainrule.learn.playground.parts import describe, parts_of
from chainrule.learn.playground.state import ACTIVATIONS, LOSSES, SCHEDULES, Settings, checked
from chainrule.learn.playground.training import DamagedError, Training, advance, begin, resume, to_store
from chainrule.learn.playground.walk import drawing, walk


def through_json(settings: Settings, run: Training, file: Any = None) -> Training:
    """Send a training to the browser and back."""
    return resume(settings, file, json.loads(json.dumps(to_store(run))))


# --- the network and the data


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_agree_with_the_limit_definition(activation: str, loss: str) -> None:
    objective = network.make_objective(ACTIVATIONS[activation].function, LOSSES[loss][0])
    weights = network.start_weights((2, 3, 2, 1), 1.0, seed=5)
    for number, (_, constants) in enumerate(weights):
        constants += 0.1 + 0.07 * number  # at 0 a relu below which nothing is alive has a kink
    points, labels = datasets.moons(12, 0.1, seed=1)
    cr.check_grad(objective, weights, points, labels)


@pytest.mark.parametrize("name", datasets.DATASETS)
def test_a_data_set_is_the_same_for_the_same_seed_and_has_two_classes(name: str) -> None:
    make = datasets.DATASETS[name]
    points, labels = make(90, 0.1, 7)
    again, _ = make(90, 0.1, 7)
    other, _ = make(90, 0.1, 8)
    assert np.array_equal(points, again)
    assert not np.array_equal(points, other)
    assert points.shape == (90, 2)
    assert 25 <= np.count_nonzero(labels) <= 65
    (seen, _), (held, _) = datasets.split(points, labels, 0)
    assert len(seen) == 60
    assert {tuple(row) for row in (*seen, *held)} == {tuple(row) for row in points}


@pytest.mark.parametrize("name", ["moons", "circles", "linear", "xor"])
def test_a_network_learns_each_data_set(name: str) -> None:
    settings = Settings(data=name, first=8, second=4, steps=400)
    run = begin(settings)
    before = run.losses()[0]
    run = advance(run, 400)
    assert run.losses()[0] < 0.4 * before
    assert network.accuracy(run.scores(run.held[0]), run.held[1]) > 0.85


def test_a_linear_network_cannot_learn_xor() -> None:
    run = advance(begin(Settings(data="xor", first=0, second=0, steps=200)), 200)
    assert network.accuracy(run.scores(run.held[0]), run.held[1]) < 0.75


@pytest.mark.parametrize("method", METHODS)
def test_each_method_makes_the_loss_smaller(method: str) -> None:
    rate = 0.003 if method == "Lion" else 0.03
    run = begin(Settings(method=method, rate=rate, first=3, second=0, steps=60))
    assert advance(run, 60).losses()[0] < run.losses()[0]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 7, 5000])
def test_each_schedule_takes_any_number_of_steps(schedule: str, steps: int) -> None:
    rates = [SCHEDULES[schedule](0.1, steps)(number) for number in (0, steps // 2, steps - 1)]
    assert all(0 <= rate <= 0.1 for rate in rates)


# --- a training in requests


def test_a_training_in_requests_is_the_training_in_one_go() -> None:
    settings = Settings(method="NAdam", schedule="cosine", steps=60, activation="relu")
    whole, parts = advance(begin(settings), 60), begin(settings)
    for _ in range(12):
        parts = through_json(settings, advance(parts, 5))
    assert parts.step == whole.step == 60
    assert parts.history == whole.history
    for (one, _), (other, _) in zip(parts.weights, whole.weights, strict=True):
        assert np.array_equal(one, other)


def test_a_training_that_diverges_stops_at_its_last_finite_weights() -> None:
    run = advance(
        begin(Settings(activation="identity", method="gradient descent", rate=100.0, start="huge", steps=300)), 300
    )
    # A logistic loss pulls back; momentum without bounds does not.
    wild = advance(begin(Settings(activation="identity", method="momentum", rate=100.0, start="huge", steps=300)), 300)
    assert wild.has_diverged or run.has_diverged
    stopped = wild if wild.has_diverged else run
    assert all(np.all(np.isfinite(part)) for layer in stopped.weights for part in layer)
    assert "diverged" in diagnose(stopped).kinds
    json.dumps(to_store(stopped), allow_nan=False)


def hostile(**changed: Any) -> dict[str, Any]:
    return {**to_store(begin(Settings())), **changed}


@pytest.mark.parametrize(
    "store",
    [
        "text", 3, [], {}, hostile(step="3"), hostile(step=True), hostile(step=-1), hostile(step=10**9), hostile(leaves=None),
        hostile(leaves=[]), hostile(leaves=[[1.0]] * 20), hostile(leaves={"a": 1}), hostile(leaves=["x"] * 20),
        hostile(history=None), hostile(history="abc"), hostile(history=[[0, 1]]), hostile(history=[[0, 1, float("nan")]]),
        hostile(history=[[0, 1, 2]] * 1000), hostile(history=[[0, "__import__('os')", 2]]), hostile(history={"0": 1}),
    ],
)  # fmt: skip
def test_a_state_that_makes_no_sense_is_refused_with_a_sentence(store: Any) -> None:
    with pytest.raises(DamagedError, match=r"[Bb]rowser|no training"):
        resume(Settings(), None, store)


@pytest.mark.parametrize(
    "value", [float("inf"), float("nan"), "1.0e5x", None, [1.0] * 100_000, {"a": 1}, 10**400, [[[1.0]]]]
)
def test_a_weight_that_is_no_finite_number_is_refused(value: Any) -> None:
    store = hostile()
    store["leaves"][0] = value
    with pytest.raises(DamagedError):
        resume(Settings(), None, store)


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(DamagedError, match="another network"):
        resume(Settings(first=5), None, hostile())


# --- settings and the address


def test_the_address_holds_all_settings() -> None:
    settings = Settings(
        data="xor", noise=0.25, seed=3, first=8, third=1, activation="leaky relu", rate=0.5, batch="all"
    )
    assert state.from_address(settings.address()) == settings
    assert state.from_address(None) == Settings()


@pytest.mark.parametrize("value", ["nan", "inf", "", None, [], {}, "x" * 5000, -1e308, 1e308, True, 10**400])
def test_settings_that_make_no_sense_are_kept_in_bounds(value: Any) -> None:
    found = checked(dict.fromkeys(state.NAMES, value))
    assert 0 <= found.noise <= 0.5
    assert 1e-6 <= found.rate <= 100
    assert 1 <= found.steps <= state.MOST_STEPS
    assert all(0 <= units <= state.MOST_UNITS for units in (found.first, found.second, found.third))
    assert found.data in state.DATA
    assert found.method in METHODS


# --- the diagnosis


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (Settings(first=4, second=4, third=4, activation="sigmoid", start="tiny"), "vanishing"),
        (Settings(first=8, second=8, third=8, activation="identity", start="huge"), "exploding"),
        (Settings(activation="sigmoid", start="huge"), "saturated"),
        (Settings(), "healthy"),
    ],
)
def test_what_is_wrong_with_the_gradients_is_named(settings: Settings, kind: str) -> None:
    found = diagnose(begin(settings))
    assert kind in found.kinds
    assert any(character.isdigit() for character in found.to_markdown())


def test_dead_relus_are_named() -> None:
    run = begin(Settings(activation="relu", first=4, second=0))
    run.weights[0][1][:] = [-100.0, 0.0, -100.0, 0.0]
    found = diagnose(run)
    assert found.kinds == ("dead relu",)
    assert "Units a1 and a3" in found.to_markdown()
    gradient = cr.grad(run.objective())(run.weights, *run.seen)
    assert not np.any(gradient[0][0][:, [0, 2]])


def test_a_network_of_which_nothing_gets_through_says_why() -> None:
    run = begin(Settings(activation="relu", first=3, second=0, loss="squared error"))
    run.weights[0][1][:] = -100.0
    run.weights[1][1][:] = 800.0
    assert set(diagnose(run).kinds) == {"dead relu", "flat"}


# --- a part, and its backpropagation


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_walk_arrives_at_the_derivative(activation: str, loss: str) -> None:
    settings = Settings(activation=activation, loss=loss, first=3, second=2)
    run = begin(settings)
    points, labels = run.seen[0][4:5], run.seen[1][4:5]
    gradient = cr.grad(run.objective())(run.weights, points, labels)
    for part in parts_of(settings.sizes).values():
        walked = walk(run, part, 4)
        of_weights, of_constants = gradient[part.layer]
        expected = of_weights[part.below, part.unit] if part.kind == "weight" else of_constants[part.unit]
        if part.kind != "unit" or part.name == "s":  # what is added in the score changes the loss as its constant does
            assert walked.gradient == pytest.approx(float(expected), rel=1e-9, abs=1e-14)
        phases = [step["phase"] for step in walked.steps]
        assert phases == sorted(phases, reverse=True)
        assert f"dL/d{part.name}" in walked.steps[-1]["equation"]


def test_the_largest_network_can_be_walked_through() -> None:
    settings = Settings(first=8, second=8, third=8)
    run = begin(settings)
    walked = walk(run, parts_of(settings.sizes)["w_a8x"], 0)
    expected = cr.grad(run.objective())(run.weights, run.seen[0][:1], run.seen[1][:1])[0][0][0, 7]
    assert walked.gradient == pytest.approx(float(expected), rel=1e-9)


def test_each_step_of_the_walk_is_marked_in_the_graph() -> None:
    settings = Settings(first=2, second=0)
    run, part = begin(settings), parts_of(settings.sizes)["a1"]
    walked = walk(run, part, 0)
    for step in (walked.steps[0], walked.steps[5], walked.steps[-1]):
        name = step["equation"].split(" = ")[0].removeprefix("dL/d")
        drawn = ElementTree.fromstring(drawing(run, part, 0, step["number"]))
        (marked,) = (box for box in drawn.iter() if any("now" in rect.get("class", "").split() for rect in box
                     if rect.tag.endswith("}rect")))  # fmt: skip
        assert marked[0].text.startswith(f"{name} = ")


def test_a_graph_that_nobody_could_read_is_not_drawn() -> None:
    settings = Settings(first=8, second=8, third=0)
    run = begin(settings)
    assert drawing(run, parts_of(settings.sizes)["w_a8x"], 0, 1) == ""
    assert drawing(run, parts_of(settings.sizes)["w_sb1"], 0, 1).startswith("<svg")


def test_a_part_is_described_with_its_numbers() -> None:
    run = begin(Settings())
    weight = run.weights[0][0][0, 1]
    assert f"{weight:.4g}" in describe(run, parts_of(run.settings.sizes)["w_a2x"], 0)
    outputs = network.values_of(run.weights, run.seen[0], np.tanh)
    assert f"{outputs[1][0, 0]:.4g}" in describe(run, parts_of(run.settings.sizes)["a1"], 0)
    for part in parts_of(run.settings.sizes).values():
        assert "nan" not in describe(run, part, 3)


def test_a_network_that_is_too_large_for_the_grammar_is_refused_with_a_sentence() -> None:
    settings = Settings(first=8, second=8, third=8, activation="leaky relu")
    with pytest.raises(ValueError, match="too large to be walked through"):
        walk(begin(settings), parts_of(settings.sizes)["w_a8x"], 0)


# --- what is seen


@pytest.mark.parametrize("layers", [(0, 0, 0), (1, 0, 3), (8, 8, 8)])
def test_every_figure_says_in_words_what_it_shows(layers: tuple[int, int, int]) -> None:
    first, second, third = layers
    seen = view.train(Settings(first=first, second=second, third=third), None, None, 3, view.Look("none such", 9999))
    assert set(seen.figures) == set(seen.summaries) == set(view.FIGURES)
    assert all(len(summary) > 40 for summary in seen.summaries.values())
    assert "Step 3 of 400" in seen.progress
    json.dumps([seen.figures, seen.store], allow_nan=False)


def test_before_the_first_step_no_losses_are_compared() -> None:
    said = view.train(Settings(), None, None, 0, view.Look("a1", 1)).summaries["losses"]
    assert said.startswith("Loss over steps; none has been taken. Training loss 0.728433,")


def test_what_pops_up_fits_into_a_phone() -> None:
    run = begin(Settings(first=8, second=8, third=8))
    texts = [text for trace in figures.drawing(run, parts_of(run.settings.sizes)["a1"]).traces
             for text in trace.get("hovertext", ())]  # fmt: skip
    assert len(texts) == 2 * 8 + 8 * 8 * 2 + 8 + 2 + 24 + 1
    assert max(len(line) for text in texts for line in text.split("<br>")) <= figures.LONGEST
    assert any(text.startswith("c1 = tanh(") and text.replace("<br>", " ").count(" b") == 8 for text in texts)


@pytest.mark.parametrize(
    ("sizes", "ticks"), [([0.0, 0.01, 0.5], "D2"), ([1e-9, 1.0], 2), ([0.0], "D2"), ([np.inf, 1.0], "D2")]
)
def test_an_axis_of_gradients_has_few_numbers(sizes: list[float], ticks: str | int) -> None:
    picture = figures.gradients(Diagnosis((LayerGradient("output", np.array(sizes), 1.0),), ()))
    assert picture.layout is not None
    assert picture.layout["yaxis"]["dtick"] == ticks


def test_each_edge_of_the_drawing_belongs_to_a_weight() -> None:
    run = begin(Settings(first=3, second=2))
    picture = figures.drawing(run, parts_of(run.settings.sizes)["w_a1x"])
    names = {part.name for part in parts_of(run.settings.sizes).values() if part.kind == "weight"}
    hovered = [trace["customdata"] for trace in picture.traces if "customdata" in trace]
    assert set(hovered[0]) == names
    signs = {
        trace["line"]["dash"] for trace in picture.traces if trace.get("mode") == "lines" and "dash" in trace["line"]
    }
    assert signs == {"solid", "dash"}


# --- the script


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        Settings(steps=120),
        Settings(
            data="spirals", activation="relu", loss="squared error", method="momentum", schedule="one cycle", steps=300
        ),
        Settings(
            data="xor", first=0, second=0, batch="1", method="NAdam", schedule="in steps", steps=90, start="large"
        ),
    ],
    ids=lambda settings: settings.data,
)
def test_the_script_prints_what_the_page_shows_to_the_last_bit(settings: Settings, tmp_path: Path) -> None:
    run = begin(settings)
    while run.step < settings.steps - 10:
        run = through_json(settings, advance(run, training.chunk_of(settings.steps)))
    assert run_script(export.as_script(run), tmp_path) == export.printed(run)


@pytest.mark.slow
def test_the_script_brings_an_uploaded_file_with_it(tmp_path: Path) -> None:
    points, labels = datasets.circles(40, 0.05, seed=2)
    file = {"points": points.tolist(), "labels": labels.tolist(), "classes": ["in", "out"]}
    settings = Settings(data=state.FILE, steps=20)
    run = advance(begin(settings, file), 20)
    assert run_script(export.as_script(run, file), tmp_path) == export.printed(run)


def run_script(text: str, folder: Path) -> str:
    path = folder / "playground.py"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
