"""Proves that SciPy's functions stay what they are for plain arguments, whenever and however a program imports them."""

from __future__ import annotations

import inspect
import os
import pickle
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp  # as programs do that import it before chainrule

import chainrule as cr
from chainrule.tracing.scipy_functions.dispatch import answer_with, holds_any, original_of

X = np.array([0.5, -1.0, 2.0])


def _fresh(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def all_kinds(
    a: Any, /, b: Any, c: Any = 3.0, *rest: Any, d: Any, e: Any = 5.0, flag: bool = False, **named: Any
) -> Any:
    """Say which arguments there were."""
    return "plain", a, b, c, rest, d, e, flag, named


def ours(*args: Any, **kwargs: Any) -> Any:
    return "ours", args, kwargs


def _closed_over(number: float, other: float) -> Callable[..., Any]:
    def closure(x: Any, *args: Any) -> Any:
        return x * number + other

    return closure


def _traced() -> Any:
    kept = []
    cr.grad(lambda x: kept.append(x) or x)(1.0)
    return kept[0]


def _copy(function: Any) -> Any:
    made = types.FunctionType(function.__code__, function.__globals__, closure=function.__closure__)
    made.__defaults__, made.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    return made


def test_every_kind_of_parameter_reaches_the_original():
    function = _copy(all_kinds)
    answer_with(function, ours)
    for args, kwargs in (
        ((1, 2), {"d": 4}),
        ((1, 2, 3, 4, 5), {"d": 4, "e": [1.0, 2], "flag": True, "other": np.ones(2)}),
        (([1, [2]], np.array([None])), {"d": "text", "c": (1, 2)}),
    ):
        assert str(function(*args, **kwargs)) == str(all_kinds(*args, **kwargs))


def test_a_traced_argument_of_every_kind_reaches_ours():
    function, x = _copy(all_kinds), _traced()
    answer_with(function, ours)
    for args, kwargs in (
        ((x, 2), {"d": 4}),
        ((1, x), {"d": 4}),
        ((1, 2, x), {"d": 4}),
        ((1, 2, 3, x), {"d": 4}),
        ((1, 2), {"d": x}),
        ((1, 2), {"d": 4, "e": x}),
        ((1, 2), {"d": 4, "other": x}),
        (([1.0, (2, x)], 2), {"d": 4}),
        ((np.array([1.0, None, x], dtype=object), 2), {"d": 4}),
    ):
        assert function(*args, **kwargs)[0] == "ours"


def test_ours_may_leave_a_call_to_the_original():
    function = _copy(all_kinds)
    answer_with(function, lambda *args, **kwargs: NotImplemented)
    assert function(_traced(), 2, d=4)[0] == "plain"


def test_the_function_is_the_same_object_with_the_same_signature_and_complaints():
    function = _copy(all_kinds)
    signature = inspect.signature(function)
    answer_with(function, ours)
    assert inspect.signature(function) == signature
    assert function.__code__.co_qualname == all_kinds.__code__.co_qualname
    for args in ((), (1,), (1, 2)):
        with pytest.raises(TypeError) as plain:
            all_kinds(*args)
        with pytest.raises(TypeError, match=f"^{plain.value}".replace("(", r"\(").replace(")", r"\)")):
            function(*args)


def test_a_function_with_a_closure_keeps_it():
    function = _closed_over(2.0, 1.0)
    answer_with(function, ours)
    assert function(3.0) == 7.0
    assert function(_traced())[0] == "ours"


def test_once_is_enough():
    function = _copy(all_kinds)
    answer_with(function, ours)
    code = function.__code__
    answer_with(function, ours)
    assert function.__code__ is code
    assert original_of(function).__code__ is all_kinds.__code__
    assert original_of(all_kinds) is all_kinds


def test_plain_values_of_every_kind_are_no_traced_ones():
    objects = np.array([None, 1], dtype=object)
    assert not holds_any([1, 2.0, None, "text", {"a": 1}, np.ones(3), [1, [2.0]], (), objects, np.ma.array([1])])
    assert holds_any([[], ([_traced()],)])


def test_scipys_function_stays_what_it_was():
    cr.grad(logsumexp)(X)
    assert logsumexp is sys.modules["scipy.special"].logsumexp
    assert pickle.loads(pickle.dumps(logsumexp)) is logsumexp
    assert "def logsumexp" in inspect.getsource(logsumexp)
    assert "Compute the log of the sum" in logsumexp.__doc__
    assert list(inspect.signature(logsumexp).parameters) == ["a", "axis", "b", "keepdims", "return_sign"]
    assert type(logsumexp(X)) is np.float64
    with pytest.raises(ValueError, match="Array shapes are incompatible for broadcasting"):
        logsumexp(X, b=np.ones(2))


def test_it_works_whichever_is_imported_first_and_where():
    program = "import {}; import numpy as np\nprint(np.round({}({})(np.array([1.0, 1.0])), 3))"
    for first, second, function in (
        ("scipy.special", "import chainrule as cr; cr.grad", "scipy.special.logsumexp"),
        ("chainrule as cr, scipy", "cr.grad", "lambda x: scipy.special.logsumexp(x)"),
        ("chainrule as cr", "cr.grad", "lambda x: __import__('scipy.special').special.logsumexp(x)"),
    ):
        *before, call = second.split("; ")
        found = _fresh(program.format(first + "".join(f"\n{each}" for each in before), call, function))
        assert found == "[0.5 0.5]"


def test_a_trace_imports_none_of_scipys_modules():
    program = (
        "import sys, numpy as np, chainrule as cr\ncr.grad(lambda x: np.sum(x * x))(np.ones(3))\n"
        "print([name for name in ('stats', 'linalg', 'fft', 'signal', 'spatial') if f'scipy.{name}' in sys.modules])"
    )
    assert _fresh(program) == "[]"


def test_threads_that_trace_at_once_agree():
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(cr.grad(logsumexp)(X))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for gradient in found:
        np.testing.assert_allclose(gradient, np.exp(X) / np.sum(np.exp(X)))
    assert len(found) == 4


def test_a_fork_waits_until_the_functions_have_learned() -> None:
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    code = (
        "import faulthandler, os, threading, time, numpy as np, chainrule as cr\n"
        "from scipy.special import logsumexp\n"
        "from chainrule.tracing.scipy_functions import modules\n"
        "teach, inside = modules._teach, threading.Event()\n"
        "def slow(module): inside.set(); time.sleep(0.1); teach(module)\n"
        "modules._teach = slow\n"
        "thread = threading.Thread(target=cr.grad(np.sum), args=(np.ones(2),))\n"
        "thread.start()\n"
        "assert inside.wait(60)\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    faulthandler.dump_traceback_later(20, exit=True)\n"
        "    os._exit(0 if np.allclose(cr.grad(logsumexp)(np.zeros(2)), 0.5) else 1)\n"
        "thread.join()\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)


def test_a_parameter_that_ours_does_not_know_has_to_have_its_default():
    """SciPy's functions get more parameters in newer versions."""

    def newer(x: Any, scale: Any = 1.0, extra: Any = None, shift: Any = 0.0) -> Any:
        return "theirs"

    def known(x: Any, scale: Any = 1.0, shift: Any = 0.0) -> Any:
        return x * scale + shift

    function = _copy(newer)
    answer_with(function, known)
    assert cr.grad(lambda x: function(x, 3.0, shift=x))(2.0) == 4.0
    assert function(_traced(), extra=1) == "theirs"
    assert function(2.0) == "theirs"
