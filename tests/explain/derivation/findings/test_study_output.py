"""A study is shown in every way that a derivation is, says the same in each, and its data fits the schema."""

from __future__ import annotations

import json
import re

import pytest

import chainrule as cr
from chainrule.cli import derive
from chainrule.explain.derivation.schema import DERIVATION, STUDY

QUESTIONS = (
    "local extrema of x^3 - 3x",
    "inflection points of e^(-x^2)",
    "absolute extrema of |x| on [-1, 2)",
    "critical points of x^2 y - x y + y^2",
    "minimize x^2 + y^2 subject to x + y = 1",
    "Newton's method for x^2 = 2 from x = 1",
    "mean value theorem for x^3 on [0, 2]",
)
LEVELS = (None, "brief", "full")


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("detail", LEVELS)
def test_every_form_holds_every_step_and_the_answer(question, detail):
    found = cr.explain(question, detail=detail)
    plain = str(found)
    forms = (plain, found.to_markdown(), found.to_html(), found.to_latex(document=True))
    for step in found.study.steps:
        for form in forms:
            assert step.rule.replace("'", "&#x27;") in form or step.rule in form
    assert all(form.count("Result:") == len(found.study.answer) for form in forms)
    for line in str(found.study).splitlines():
        assert re.sub(r"\s+", " ", line) in re.sub(r"\s+", " ", plain)


@pytest.mark.parametrize("question", QUESTIONS)
def test_latex_has_only_characters_that_it_knows(question):
    document = cr.explain(question).to_latex(document=True)
    assert document.isascii()
    assert r"\text{U+" not in document
    assert document.count(r"\begin{") == document.count(r"\end{")


@pytest.mark.parametrize("question", QUESTIONS)
def test_data_is_json_and_has_what_the_schema_names(question):
    data = json.loads(json.dumps(cr.explain(question).to_dict(), allow_nan=False))
    assert set(data) == set(DERIVATION["required"])
    assert set(data["study"]) == set(STUDY["required"])
    for kind in ("steps", "points", "stretches"):
        for each in data["study"][kind]:
            assert set(each) == set(STUDY["properties"][kind]["items"]["required"])


def test_other_derivations_have_no_study():
    assert cr.explain("x^2").study is None
    assert cr.explain("x^2").to_dict()["study"] is None


def test_hints_name_no_result():
    found = cr.explain("local extrema of x^3 - 3x")
    assert len(found.hints()) == len(found.steps) + len(found.study.steps)
    assert not [hint for hint in found.hints() if "-1" in hint or "= 2" in hint]


def test_the_command_prints_answers_and_hints():
    output = derive.run("critical points of x^2 - y^2", None, None, 1, None, False, False, False)
    assert "Result: saddle point: f(0, 0) = 0" in output.text
    assert output.data["study"]["points"][0]["kind"] == "saddle"
    hints = derive.run("critical points of x^2 - y^2", None, None, 1, None, True, False, False)
    assert "what are the partial derivatives there?" in hints.text
