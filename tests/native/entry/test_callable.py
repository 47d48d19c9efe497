"""What jit returns is an object that is called, bound, copied, pickled and freed as a function is."""

from __future__ import annotations

import copy
import functools
import pickle
import subprocess
import sys
import weakref
from typing import Any

import pytest
from tests.native.entry_examples import (
    exhaust,
    polynomial,
)

from chainrule.native.entry.callable import NativeFunction, PlainFunction, is_native, native_function
from chainrule.native.entry.entry import install
from chainrule.native.entry.layout import supported

pytestmark = pytest.mark.skipif(not supported(), reason="this interpreter has no native calls")


@pytest.mark.parametrize("plain", [False, True])
def test_callable_object(plain: bool) -> None:
    def original(x: float, y: float = 1.0) -> float:
        """Say what it does."""
        return x + y

    function = functools.wraps(original)(native_function(original, plain=plain))
    assert isinstance(function, NativeFunction)
    assert is_native(function) is not plain
    assert isinstance(function, PlainFunction) is plain
    assert function(1.0, y=2.0) == 3.0
    assert (function.__name__, function.__doc__) == ("original", "Say what it does.")
    assert function.__wrapped__ is original
    assert function.__module__ == __name__
    assert "original" in repr(function)
    function.explain_plan = lambda: "plan"
    assert function.explain_plan() == "plan"
    del function.explain_plan
    assert not hasattr(function, "explain_plan")
    with pytest.raises(TypeError, match="argument"):
        function()
    watcher = weakref.ref(function)
    assert watcher() is function
    install(function, [polynomial()])
    assert function(2.0) == (3.0 if plain else 10.0)


@pytest.mark.parametrize("plain", [False, True])
def test_methods_bind(plain: bool) -> None:
    class Model:
        scale = 3.0
        predict = native_function(lambda self, x: self.scale * x, plain=plain)

    model = Model()
    assert model.predict(2.0) == 6.0
    bound: Any = model.predict
    assert bound(2.0) == 6.0
    assert bound.__self__ is model
    assert isinstance(Model.predict, NativeFunction)
    assert Model.predict(model, 2.0) == 6.0


@native_function
def module_level(x: float) -> float:
    return x


functools.update_wrapper(module_level, len, assigned=())
module_level.__qualname__ = "module_level"
vars(module_level)["__module__"] = __name__


@pytest.mark.parametrize("plain", [False, True])
def test_pickling(plain: bool) -> None:
    function = native_function(lambda x: x, plain=plain)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(function)
    assert pickle.loads(pickle.dumps(module_level)) is module_level
    assert copy.deepcopy(module_level) is module_level
    hidden = functools.wraps(exhaust)(native_function(exhaust, plain=plain))
    with pytest.raises(pickle.PicklingError, match="not the same object"):
        pickle.dumps(hidden)


def test_instances_are_made_by_one_function_only() -> None:
    with pytest.raises(TypeError, match="cannot create"):
        type(native_function(len))(len)  # type: ignore[call-arg]


def test_functions_that_live_until_the_process_ends() -> None:
    program = (
        "import sys; sys.path.insert(0, 'tests/native')\n"
        "import entry_examples as t, builtins\n"
        "f = t.with_entries(t.polynomial()); g = t.with_entries(t.squares())\n"
        "f(1.0); g(t.np.ones(2)); f.me = f; builtins.kept = g; sys.kept = (f, g)\n"
        "class Late:\n"
        "    def __del__(self, f=f): print(f(2.0))\n"
        "builtins.late = Late()\n"
    )
    done = subprocess.run([sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "10.0\n", "")
