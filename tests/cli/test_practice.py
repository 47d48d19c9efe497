"""`chainrule practice`: it asks, grades, helps, keeps the score, and ends politely however it is ended."""

import pytest
from tests.cli.commands import invoke

from chainrule.practice.exercises.topics import TOPICS, exercise


def practice(*arguments, typed=""):
    return invoke("practice", *arguments, typed=typed)


def answers(topic, level, *seeds):
    return [exercise(topic, level, seed).answer for seed in seeds]


def test_right_answers_score():
    typed = "\n".join(answers("chain", 1, 0, 1)) + "\n"
    result = practice("chain", "--seed", "0", "--count", "2", typed=typed)
    assert result.exit_code == 0
    assert result.stdout.count("Right.") == 2
    assert "Score: 2 of 2 right, 2 of them at the first try without a hint." in result.stdout
    assert "Practice next: level 2." in result.stdout


def test_mistakes_are_named_and_summed_up():
    typed = f"e^(6x)\n{exercise('chain', 1, 0).answer}\n"
    result = practice("chain", "--seed", "0", "--count", "1", typed=typed)
    assert "inner derivative forgotten" in result.stdout
    assert "Mistakes named most often: inner derivative forgotten (1)." in result.stdout
    assert 'Practice next: chain. chainrule practice "chain" --level 1' in result.stdout
    assert "Score: 1 of 1 right, 0 of them" in result.stdout


def test_hints_come_one_by_one_and_end():
    task = exercise("product", 1, 4)
    result = practice("product", "--seed", "4", "--count", "1", typed="?\nhint\n?\n?\n" + task.answer + "\n")
    for number, hint in enumerate(task.hints, 1):
        assert f"Hint {number}: {hint}" in result.stdout
    assert "There are no more hints" in result.stdout
    assert "Used: 4 hints." in result.stdout
    assert "0 of them at the first try" in result.stdout


def test_an_answer_is_shown_with_its_derivation():
    task = exercise("quotient", 1, 2)
    result = practice("quotient", "--seed", "2", "--count", "1", typed="answer\n")
    assert f"Answer: {task.answer}" in result.stdout
    assert "Checked: the engine and the limit definition agree" in result.stdout
    assert "1 answer shown" in result.stdout


@pytest.mark.parametrize("topic", ["descent step", "neuron backprop", "optimizer update", "curvature"])
def test_numbers_and_words_are_practiced_too(topic):
    task = exercise(topic, 2, 7)
    result = practice(topic, "--level", "2", "--seed", "7", "--count", "1", typed=f"{task.answer}\n")
    assert "Score: 1 of 1 right" in result.stdout
    shown = practice(topic, "--level", "2", "--seed", "7", "--count", "1", typed="answer\n")
    assert task.working[-1] in shown.stdout


def test_skip_help_and_quit():
    result = practice("chain", "--seed", "0", "--count", "5", typed="skip\nhelp\n\nquit\n")
    assert result.exit_code == 0
    assert "1 skipped" in result.stdout
    assert "Score: 0 of 1 right" in result.stdout
    assert result.stdout.count("? for a hint") == 3


@pytest.mark.parametrize("typed", ["", "cos(x)\n", "?\n"])
def test_the_end_of_the_input_prints_the_score(typed):
    result = practice("chain", "--seed", "0", typed=typed)
    assert result.exit_code == 0
    assert "Score: 0 of 1 right" in result.stdout if typed else "No exercise was answered." in result.stdout


def test_the_keyboard_ends_it_with_the_score(monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("rich.console.Console.input", interrupted)
    result = practice("chain", "--seed", "0")
    assert result.exit_code == 0
    assert "No exercise was answered." in result.stdout


def test_without_a_topic_they_come_in_turn():
    result = practice("--seed", "0", "--count", "3", typed="skip\nskip\nskip\n")
    for topic in TOPICS[:3]:
        assert f"[{topic}, level 1, seed" in result.stdout


def test_answers_that_cannot_be_read_show_the_column():
    result = practice("chain", "--seed", "0", "--count", "1", typed="2(5x\n")
    assert "column 2" in result.stdout
    assert "Traceback" not in result.output


def test_unknown_topics_are_refused():
    result = practice("chane")
    assert result.exit_code == 2
    assert "did you mean 'chain'" in result.stderr
