"""Proves that the user's code is told from this package's, whatever its files, folders and modules are called."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

OURS = os.path.dirname(cr.__file__)


def defined_in(file: str, module: str, body: str) -> Callable[..., Any]:
    """Return the function f(x) with this body, as if it stood in a file and a module of the user's."""
    names: dict[str, Any] = {"__name__": module, "np": np}
    exec(compile(f"def f(x):\n{body}", file, "exec"), names)
    function: Callable[..., Any] = names["f"]
    return function


@pytest.mark.parametrize("file", [f"{OURS}_models/losses.py", "/home/user/chainrule/script.py", "<stdin>"])
@pytest.mark.parametrize(
    ("body", "line"),
    [
        (" y = x * 2\n return np.sum(y + np.ones(4))\n", 3),
        (" total = np.zeros(3)\n total[[0, 1]] += np.array(x)[:2]\n return np.sum(total)\n", 3),
        (" table = np.ones(3)\n return table[np.sum(x)]\n", 3),
    ],
    ids=["shapes", "a plain array", "an index"],
)
def test_errors_name_the_line_of_a_file_that_is_called_as_we_are(file: str, body: str, line: int) -> None:
    with pytest.raises(cr.ChainruleError, match=re.escape(f"at {file}:{line}")):
        cr.grad(defined_in(file, "script", body))(np.ones(3))


@pytest.mark.parametrize("module", ["chainrule_models", "chainrules", "__main__"])
def test_modules_that_are_called_as_we_are_ask_for_types_as_others_do(module: str) -> None:
    body = " return np.sum(x**2) if isinstance(x, np.ndarray) else np.sum(x)\n"
    slope = cr.grad(defined_in("losses.py", module, body))
    np.testing.assert_array_equal(slope(np.ones(3)), np.full(3, 2.0))
