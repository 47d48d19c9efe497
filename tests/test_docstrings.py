"""Proves that every module says what it is for, and that public functions describe their parameters and show an example."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import chainrule as cr
from chainrule import optim, plots, practice

SOURCES = Path(cr.__file__).parent
# What they are is said by the summary: the function, where it is looked at, and what it is called with.
SPEAKING = {"fun", "x", "args", "kwargs"}


def _functions(module: ModuleType) -> list[Any]:
    found = [getattr(module, name) for name in module.__all__]
    return [each for each in found if inspect.isfunction(each)]


FUNCTIONS = [each for module in (cr, optim, plots, practice) for each in _functions(module)]


def test_every_module_begins_with_what_it_is_for() -> None:
    files = sorted(SOURCES.rglob("*.py"))
    silent = [str(file.relative_to(SOURCES)) for file in files if not re.match(r'r?"""\w', file.read_text("utf-8"))]
    assert len(files) > 100
    assert silent == []


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: f"{function.__module__}.{function.__name__}")
def test_public_functions_describe_their_parameters_and_show_an_example(function: Any) -> None:
    told = inspect.getdoc(function) or ""
    parameters = set(inspect.signature(function).parameters) - SPEAKING
    assert [name for name in parameters if not re.search(rf"\b{name}\b", told)] == []
    assert ">>>" in told
