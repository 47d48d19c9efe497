"""Proves that every function of NumPy's that traced arrays answer to is named by a test of this folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chainrule.tracing.numpy_functions import CREATORS, FUNCTIONS

TESTS = "".join(path.read_text() for path in Path(__file__).parent.glob("*.py"))
NAMED = frozenset(re.findall(r"\w+", TESTS))


@pytest.mark.parametrize(
    "function", [*FUNCTIONS, *CREATORS], ids=lambda function: f"{function.__module__}.{function.__name__}"
)
def test_a_function_that_is_listed_is_tested(function: Callable[..., Any]) -> None:
    assert function.__name__ in NAMED, (
        f"add a call of it to CASES of {Path(__file__).with_name('test_numpy_functions.py').name}"
    )
