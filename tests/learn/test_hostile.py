"""What is typed to hang, to eat memory or to crash costs its visitor a sentence, and nobody else sees anything of it."""

from __future__ import annotations

import json
from threading import Thread

import pytest
from tests.learn.conftest import Site
from tests.learn.posting import explored, posted

pytestmark = pytest.mark.slow

HOSTILE = {
    "towers of powers": "10^10^10^x",
    "a huge exponent": "x^(10^9)",
    "an opened power": "(x + y + z + 1)^(4000)",
    "deep nesting": "(" * 140 + "x" + ")" * 140,
    "functions in functions": "sin(" * 60 + "x" + ")" * 60,
    "powers of powers": "^".join("x" * 100),
    "long products": "*".join(["(x+1)"] * 59),
    "no mathematics": "__import__('os').system('id')",
    "an attribute": "x.__class__",
    "a script": "<script>alert(1)</script>",
    "zero bytes": "x\x00+1",
    "factorials": "x!!!!!!!!!",
}


@pytest.mark.parametrize("function", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_answered_with_a_sentence_or_a_derivation(site: Site, function: str) -> None:
    answer = explored(site, "mallory", function)
    problem = answer["explorer-problem"]
    assert "Traceback" not in json.dumps(answer)
    assert "site-packages" not in json.dumps(answer)
    assert bool(problem) != ("explorer-derivation" in answer)
    if problem:
        assert len(problem) < 1000


def test_another_visitor_is_answered_meanwhile_and_sees_nothing_of_it(site: Site) -> None:
    answers: list[dict[str, str]] = []
    thread = Thread(target=lambda: answers.extend(explored(site, "mallory", text) for text in HOSTILE.values()))
    thread.start()
    for place in range(3):
        answer = explored(site, "alice", f"{place + 2} x^3")
        assert answer["explorer-problem"] == ""
        assert f"{3 * (place + 2)} x^{{2}}" in answer["explorer-derivation"]
    thread.join()
    assert len(answers) == len(HOSTILE)
    assert not any("6 x^{2}" in answer.get("explorer-derivation", "") for answer in answers)


def test_a_mistake_is_pointed_at(site: Site) -> None:
    problem = explored(site, "alice", "sin(x +")["explorer-problem"]
    text, caret = problem.splitlines()[-2:]
    assert text.strip() == "sin(x +"
    assert caret.strip() == "^"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"output": 1}',
        b"\xff\xfe",
        b'{"output": "nothing.children", "inputs": []}',
    ],
    ids=["empty", "half", "list", "null", "text", "no keys", "a number", "no UTF-8", "no such callback"],
)
def test_a_malformed_callback_is_refused_without_a_traceback(site: Site, body: bytes) -> None:
    answer = posted(site, "mallory", body)
    text = answer.get_data(as_text=True)
    assert 400 <= answer.status_code < 600
    assert "Traceback" not in text
    assert 'File "' not in text
    assert "chainrule/" not in text
    assert len(text) < 1000


def test_values_of_the_wrong_kind_are_refused_without_a_traceback(site: Site) -> None:
    for value in (None, [], {}, 1e308, "x" * 10_000, True):
        answer = explored(site, "mallory", value)  # type: ignore[arg-type]
        assert "Traceback" not in json.dumps(answer)
