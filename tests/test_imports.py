"""Proves that nothing heavy is loaded before it is needed, and that what is loaded later is there all the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

# The programs print what they have loaded of these.
_LOADED = "print([name for name in {names!r} if name in sys.modules])"

_HEAVY = ("llvmlite", "scipy.linalg", "scipy.special", "sympy", "rich", "typer", "lark")

_POLYNOMIAL = """
f = cr.jit(cr.grad(lambda x: x**3 - 2 * x))
assert [f(2.0), f(3.0), f(4.0)] == [10.0, 25.0, 46.0]
"""
_GRADIENT = """
import numpy as np
slope = cr.grad(lambda x: np.sum(np.sin(x) ** 2))(np.arange(3.0))
assert np.allclose(slope, np.sin(2 * np.arange(3.0)))
"""


def run(code: str) -> str:
    program = f"import sys\nimport chainrule as cr\n{code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("", (*_HEAVY, "chainrule.native", "chainrule.explain.derivation.explain", "chainrule.optim")),
        (_GRADIENT, (*_HEAVY, "chainrule.native")),
        ("cr.jit", (*_HEAVY, "chainrule.native.calls.specialize")),
        (_POLYNOMIAL, ("scipy.linalg", "scipy.special", "sympy", "chainrule.native.explain_plan.explain_plan")),
        ("cr.minimize(lambda x: x**2, 1.0)", ("scipy.linalg", "scipy.special", "sympy", "rich", "typer", "lark")),
    ],
    ids=["import", "gradient", "decorator", "compiled polynomial", "descent"],
)
def test_what_is_not_needed_is_not_loaded(code: str, names: tuple[str, ...]) -> None:
    assert run(f"{code}\n{_LOADED.format(names=names)}") == "[]"


@pytest.mark.parametrize(
    "code",
    [
        "from chainrule import *\nnames = set(globals())\nassert names >= set(cr.__all__), set(cr.__all__) - names",
        "assert {name for name in dir(cr) if not name.startswith('__')} == set(cr.__all__)\nassert '__version__' in dir(cr)",
        "for name in cr.__all__: assert name in dir(cr) and getattr(cr, name) is getattr(cr, name), name",
        "from chainrule import backprop, check_grad, explain, jit, minimize, optim\nassert callable(optim.GradientDescent)",
        "import chainrule.optim.descent.minimize as m, chainrule.transforms.check\nassert callable(cr.minimize), m",
        "import importlib\ncr.explain\nimportlib.reload(cr)\nassert callable(cr.explain) and callable(cr.minimize)",
    ],
    ids=["star", "dir", "every name", "from", "modules", "reload"],
)
def test_every_public_name_is_there(code: str) -> None:
    run(code)


@pytest.mark.parametrize(
    "first",
    ["chainrule.explain.reading.parse", "chainrule.explain", "chainrule.explain.backpropagation.backprop"],
)
def test_explain_is_the_function_whatever_of_its_package_is_loaded_first(first: str) -> None:
    assert run(f"import {first}\nprint(str(cr.explain('x^2').result))") == "2x"


def test_a_name_that_is_not_there() -> None:
    message = run("try: cr.gradient\nexcept AttributeError as error: print(error)")
    assert message == "module 'chainrule' has no attribute 'gradient'"
