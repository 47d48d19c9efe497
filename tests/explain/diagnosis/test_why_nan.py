"""Tests of why_nan: the operation, the line and the cause that it names, and that every mend it writes works."""

from __future__ import annotations

import importlib.util
import io
import itertools
import json
import linecache
import textwrap

import numpy as np
import pytest
import scipy.special
from rich.console import Console

import chainrule as cr
from chainrule.explain.diagnosis.remedies import REMEDIES
from chainrule.explain.diagnosis.why_nan import why_nan
from chainrule.primitives.table import BY_NAME

_numbers = itertools.count()


@pytest.fixture
def load(tmp_path):
    """Return a function that makes a function `f` of source text, which lies in a file as a user's does."""

    def made(source):
        path = tmp_path / f"program_{next(_numbers)}.py"
        path.write_text("import numpy as np\nimport scipy.special\n\n\n" + textwrap.dedent(source).strip() + "\n")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        linecache.checkcache()
        return module.f, path.read_text()

    return made


MENDS = {
    "double where of sqrt": ("return np.sum(np.where(x > 0, np.sqrt(x), 0))", [0.0, 4.0], [0, 0.25]),
    "double where of log": ("return np.sum(np.where(x > 0, np.log(x), 0))", [0.0, 4.0], [0, 0.25]),
    "double where, taken otherwise": ("return np.sum(np.where(x <= 0, 0, np.sqrt(x)))", [0.0, 4.0], [0, 0.25]),
    "double where of a quotient": ("return np.sum(np.where(x == 0, 0, 1 / x))", [0.0, 2.0], [0, -0.25]),
    "double where of two operations": ("return np.sum(np.where(x > 0, x / np.sqrt(x), 0))", [0.0, 4.0], [0, 0.25]),
    "double where of a power": ("return np.sum(np.where(x > 0, x**0.5, 0))", [0.0, 4.0], [0, 0.25]),
    "double where of arccos": (
        "return np.sum(np.where(np.abs(x) < 1, np.arccos(x), 0))",
        [1.0, 0.0],
        [0, -1],
    ),
    "double where with a mask": ("m = x > 0\nreturn np.sum(np.where(m, np.sqrt(x), 0))", [0.0, 4.0], [0, 0.25]),
    "double where over two lines": ("r = np.sqrt(x)\nreturn np.sum(np.where(x > 0, r, 0))", [0.0, 4.0], [0, 0.25]),
    "double where over several lines": (
        "y = np.where(\n    x > 0,\n    np.sqrt(x),\n    0,\n)\nreturn np.sum(y)",
        [0.0, 4.0],
        [0, 0.25],
    ),
    "norm": ("return np.sqrt(np.sum(x**2))", [0.0, 0.0], [0, 0]),
    "norm of a product": ("return np.sqrt((x * x).sum())", [0.0, 0.0], [0, 0]),
    "norm of rows": (
        "return np.sum(np.sqrt(np.sum(np.square(x), axis=1)))",
        [[0.0, 0.0], [3.0, 4.0]],
        [[0, 0], [0.6, 0.8]],
    ),
    "norm by matmul": ("return np.sqrt(x @ x)", [0.0, 0.0], [0, 0]),
    "norm as a power": ("return np.sum(x**2) ** 0.5", [0.0, 0.0], [0, 0]),
    "square root at 0": ("return np.sum(np.sqrt(x))", [0.0, 4.0], [0, 0.25]),
    "masked by a product": ("return np.sum((x > 0) * np.sqrt(x))", [0.0, 4.0], [0, 0.25]),
    "masked by a maximum": ("return np.sum(np.maximum(np.sqrt(x), 1e-3))", [0.0, 4.0], [0, 0.25]),
    "log of 0": ("return np.sum(np.log(x))", [0.0, 4.0], [0, 0.25]),
    "log of 0 times 0": ("return np.sum(x * np.log(x))", [0.0, 1.0], [np.log(1e-12), 1]),
    "log2": ("return np.sum(np.log2(x))", [0.0, 1.0], [0, 1 / np.log(2)]),
    "log10": ("return np.sum(np.log10(x))", [0.0, 1.0], [0, 1 / np.log(10)]),
    "log1p": ("return np.sum(np.log1p(x))", [-1.0, 1.0], [0, 0.5]),
    "log of a negative number": ("return np.sum(np.log(x))", [-1.0, 4.0], [0, 0.25]),
    "softmax": ("e = np.exp(x)\nreturn (e / np.sum(e))[0]", [1000.0, 0.0], [0, 0]),
    "softmax of rows": (
        "e = np.exp(x)\np = e / np.sum(e, axis=1, keepdims=True)\nreturn np.sum(p[:, 0])",
        [[1000.0, 0.0], [0.0, 0.0]],
        [[0, 0], [0.25, -0.25]],
    ),
    "softmax in one line": ("return (np.exp(x) / np.sum(np.exp(x)))[0]", [1000.0, 1000.0], [0.25, -0.25]),
    "softmax that underflows": ("e = np.exp(x)\nreturn (e / np.sum(e))[0]", [-1000.0, -1000.0], [0.25, -0.25]),
    "log-sum-exp": ("return np.log(np.sum(np.exp(x)))", [1000.0, 1000.0], [0.5, 0.5]),
    "log-sum-exp of rows": (
        "return np.sum(np.log(np.sum(np.exp(x), axis=1)))",
        [[1000.0, 1000.0], [0.0, 0.0]],
        [[0.5, 0.5], [0.5, 0.5]],
    ),
    "log-sum-exp that underflows": ("return np.log(np.sum(np.exp(x)))", [-1000.0, -1000.0], [0.5, 0.5]),
    "softplus": ("return np.sum(np.log(1 + np.exp(x)))", [1000.0, 0.0], [1, 0.5]),
    "softplus with log1p": ("return np.sum(np.log1p(np.exp(x)))", [1000.0, 0.0], [1, 0.5]),
    "sigmoid": ("return np.sum(1 / (1 + np.exp(-x)))", [-1000.0, 0.0], [0, 0.25]),
    "sigmoid, not negated": ("return np.sum(1 / (1 + np.exp(x + 1)))", [999.0, -1.0], [0, -0.25]),
    "sigmoid of two exponentials": ("return np.sum(np.exp(x) / (1 + np.exp(x)))", [1000.0, 0.0], [0, 0.25]),
    "log of a sigmoid": ("return np.sum(np.log(scipy.special.expit(x)))", [-1000.0, 0.0], [1, 0.5]),
    "log of the rest of a sigmoid": ("return np.sum(np.log(1 - scipy.special.expit(x)))", [1000.0, 0.0], [-1, -0.5]),
    "sinc": ("return np.sum(np.sin(x) / x)", [0.0, np.pi], [0, -1 / np.pi]),
    "exponential": ("return np.sum(np.exp(x))", [1000.0, 0.0], [0, 1]),
    "exp2": ("return np.sum(np.exp2(x))", [2000.0, 0.0], [0, np.log(2)]),
    "expm1": ("return np.sum(np.expm1(x))", [1000.0, 0.0], [0, 1]),
    "sinh": ("return np.sum(np.sinh(x))", [1000.0, 0.0], [0, 1]),
    "cosh": ("return np.sum(np.cosh(x))", [1000.0, 0.0], [0, 0]),
    "0/0": ("return np.sum(x / np.abs(x))", [0.0, 2.0], [1, 0]),
    "division by zero": ("return np.sum(1 / x)", [0.0, 2.0], [0, -0.25]),
    "division by a spread of 0": ("return np.sum((x - np.mean(x)) / np.std(x))", [1.0, 1.0], [0, 0]),
    "reciprocal": ("return np.sum(np.reciprocal(x))", [0.0, 2.0], [0, -0.25]),
    "power at 0": ("return np.sum(x**0.5)", [0.0, 4.0], [0, 0.25]),
    "power of a negative number": ("return np.sum(x**1.5)", [-1.0, 4.0], [0, 3]),
    "power with a whole exponent": ("return np.sum(x**-2.0)", [0.0, -2.0], [0, 0.25]),
    "np.power": ("return np.sum(np.power(x, 0.5))", [0.0, 4.0], [0, 0.25]),
    "cube root": ("return np.sum(np.cbrt(x))", [0.0, 8.0], [0, 1 / 12]),
    "arccos": ("return np.sum(np.arccos(x))", [1.0, 0.0], [0, -1]),
    "arcsin": ("return np.sum(np.arcsin(x))", [-1.0, 0.0], [0, 1]),
    "arctanh": ("return np.sum(np.arctanh(x))", [1.0, 0.0], [0, 1]),
    "arccosh": ("return np.sum(np.arccosh(x))", [1.0, np.sqrt(2)], [0, 1]),
    "arctan2": ("return np.sum(np.arctan2(x, 2 * x))", [0.0, 1.0], [None, 0]),
    "logit": ("return np.sum(scipy.special.logit(x))", [0.0, 0.5], [0, 4]),
    "erfinv": ("return np.sum(scipy.special.erfinv(x))", [1.0, 0.0], [0, np.sqrt(np.pi) / 2]),
    "xlogy": ("return np.sum(scipy.special.xlogy(x, x))", [0.0, 1.0], [np.log(1e-12), 1]),
    "xlog1py": ("return np.sum(scipy.special.xlog1py(x, x))", [-1.0, 0.0], [None, 0]),
    "entr": ("return np.sum(scipy.special.entr(x))", [0.0, 1.0], [-np.log(1e-12), -1]),
    "rel_entr": ("return np.sum(scipy.special.rel_entr(x, 0.5 + 0 * x))", [0.0, 0.5], [None, 1]),
    "gamma": ("return np.sum(scipy.special.gamma(x))", [0.0, 1.0], [0, -np.euler_gamma]),
    "gammaln": ("return np.sum(scipy.special.gammaln(x))", [0.0, 1.0], [0, -np.euler_gamma]),
    "gammaln by another name of its module": (
        "import scipy.special as sc\nreturn np.sum(sc.gammaln(x))",
        [0.0, 1.0],
        [0, -np.euler_gamma],
    ),
    "log by another name of NumPy": ("import numpy as xp\nreturn np.sum(xp.log(x))", [0.0, 4.0], [0, 0.25]),
    "psi": ("return np.sum(scipy.special.psi(x))", [0.0, 1.0], [0, np.pi**2 / 6]),
}
"""Bodies of f(x), a point at which the value or gradient is not finite, and the gradient of the mended function there.

None: where the original has no gradient that could be right, and finite is all that is asked.
"""


@pytest.mark.parametrize("name", MENDS)
def test_the_mended_function_has_a_finite_right_gradient(name, load):
    body, point, expected = MENDS[name]
    point = np.array(point)
    f, source = load("def f(x):\n" + textwrap.indent(body, "    "))
    found = why_nan(f, point)
    assert not found.finite
    (mend,) = found.mends
    assert mend.before, "the statement was read"
    indented = textwrap.indent(mend.before, "    ")
    assert indented in source
    mended, _ = load(source.replace(indented, textwrap.indent(mend.after, "    ")).split("\n\n\n", 1)[1])
    value, gradient = cr.value_and_grad(mended)(point)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    known = np.array([part is not None for part in np.ravel(np.array(expected, dtype=object))])
    wanted = np.array([0.0 if part is None else part for part in np.ravel(np.array(expected, dtype=object))])
    assert np.allclose(np.ravel(gradient)[known], wanted[known], atol=1e-9)
    assert not why_nan(mended, point)


@pytest.mark.slow
def test_mends_change_nothing_where_all_was_well(load):
    for name, (body, point, _) in MENDS.items():
        f, source = load("def f(x):\n" + textwrap.indent(body, "    "))
        (mend,) = why_nan(f, np.array(point)).mends
        before, after = (textwrap.indent(part, "    ") for part in (mend.before, mend.after))
        mended, _ = load(source.replace(before, after).split("\n\n\n", 1)[1])
        inside = np.full(np.shape(point), 1.5 if name == "arccosh" else 0.4)
        inside.flat[0] *= 0.8
        if "1 / (1 + np.exp(x" not in body:
            inside = np.abs(inside)
        assert np.allclose(mended(inside), f(inside), rtol=1e-12), name
        assert np.allclose(cr.grad(mended)(inside), cr.grad(f)(inside), rtol=1e-9), name


def test_every_remedy_belongs_to_a_primitive_of_the_table():
    assert set(REMEDIES) <= set(BY_NAME)


class TestForward:
    def test_the_first_operation_and_its_line(self, load):
        f, _ = load("def f(x):\n    a = x - 1\n    b = np.log(a)\n    c = b * 2\n    return np.sum(c)")
        found = why_nan(f, np.array([1.0, 2.0, 0.5]))
        assert (found.first.way, found.first.operation, found.first.line[2]) == ("forward", "log", "b = np.log(a)")
        assert found.first.elements.count == 2
        assert found.first.elements.first == ((0,), (2,))
        assert [operand.name for operand in found.first.operands] == ["a"]
        assert found.first.operands[0].value == 0
        assert [link.line[2] for link in found.chain] == ["b = np.log(a)", "c = b * 2", "return np.sum(c)"]

    @pytest.mark.parametrize(
        ("fun", "point", "kind", "operation"),
        [
            (lambda x: x / x, 0.0, "0/0", "divide"),
            (lambda x: 1 / x, 0.0, "division by zero", "divide"),
            (lambda x: np.log(x), 0.0, "pole", "log"),
            (lambda x: np.log(x), -1.0, "outside the domain", "log"),
            (lambda x: np.exp(x), 1e4, "overflow", "exp"),
            (lambda x: x**2, 1e200, "overflow", "power"),
            (lambda x: x * x, 1e200, "overflow", "multiply"),
            (lambda x: np.arccos(x), 2.0, "outside the domain", "arccos"),
            (lambda x: x**0.5, -1.0, "outside the domain", "power"),
            (lambda x: np.sum(x * np.ones(10)), 1e308, "overflow", "sum"),
            (lambda x: np.prod(x * np.ones(400)), 10.0, "overflow", "prod"),
        ],
    )
    def test_kinds(self, fun, point, kind, operation):
        found = why_nan(fun, point)
        assert (found.first.way, found.first.kind, found.first.operation) == ("forward", kind, operation)

    def test_how_infinity_minus_infinity_arose(self):
        found = why_nan(lambda x: np.exp(x) - np.exp(x + 1), 1000.0)
        assert (found.first.operation, found.first.kind) == ("exp", "overflow")
        assert (found.becomes.operation, found.becomes.kind) == ("subtract", "∞ - ∞")
        assert "∞ - ∞ is NaN" in str(found)

    def test_how_zero_times_infinity_arose(self):
        found = why_nan(lambda x: x * np.log(x), 0.0)
        assert found.first.operation == "log"
        assert (found.becomes.operation, found.becomes.kind) == ("multiply", "0·∞")

    def test_an_infinite_mask_is_not_blamed_but_what_makes_nan_of_it(self):
        masked = np.array([True, True])

        def f(x):
            s = np.where(masked, -np.inf, x)
            e = np.exp(s - np.max(s))
            return np.sum(e / np.sum(e))

        found = why_nan(f, np.array([1.0, 2.0]))
        assert (found.first.operation, found.first.kind) == ("subtract", "∞ - ∞")
        assert found.mends[0].after == "np.where(mask, x, -1e9)"

    def test_a_large_finite_mask_is_the_mend(self):
        def f(x):
            s = np.where(np.array([False, False]), x, -1e9)
            e = np.exp(s - np.max(s))
            return np.sum(e / np.sum(e))

        assert why_nan(f, np.array([1.0, 2.0])).finite

    def test_steps_after_the_origin_are_followed(self):
        found = why_nan(lambda x: np.sum(np.floor(np.log(x))), np.array([0.0, 1.0]))
        assert (found.first.operation, found.first.way) == ("log", "forward")

    def test_an_infinite_mask_that_does_no_harm(self):
        masked = np.array([True, False])

        def f(x):
            s = np.where(masked, -np.inf, x)
            e = np.exp(s - np.max(s))
            return np.sum(e / np.sum(e) * x)

        found = why_nan(f, np.array([1.0, 2.0]))
        assert found.finite
        assert "reach neither the result nor the gradient" in found.notes[0]

    def test_float32_overflows_earlier(self):
        found = why_nan(lambda x: np.sum(np.exp(x)), np.array([100.0], dtype=np.float32))
        assert found.first.kind == "overflow"
        assert "float32" in found.first.cause
        assert "88.0" in found.mends[0].after

    @pytest.mark.parametrize(
        ("fun", "point"), [(lambda x: x**2, -1e200), (lambda x: 1 / x, 1e-320), (scipy.special.gamma, 200.0)]
    )
    def test_no_floor_is_a_mend_of_overflow(self, fun, point):
        found = why_nan(fun, point)
        assert found.first.kind == "overflow"
        (mend,) = found.mends
        assert "too large" in mend.why
        assert not mend.after

    @pytest.mark.parametrize(("fun", "point"), [(lambda x: x**-2.0, 0.0), (scipy.special.gammaln, -2.0)])
    def test_a_pole_is_no_overflow(self, fun, point):
        assert why_nan(fun, point).first.kind == "pole"

    def test_whole_numbers_are_promoted(self):
        assert why_nan(lambda x: np.log(x), 0).first.operation == "log"

    def test_complex_numbers(self):
        found = why_nan(lambda z: np.abs(1 / z), 0j)
        assert found.first.operation == "divide"

    def test_a_function_that_raises_after_nan(self):
        def f(x):
            return np.linalg.svd(np.log(x) * np.eye(2), compute_uv=False)[0]

        found = why_nan(f, -1.0)
        assert found.raised.startswith("LinAlgError")
        assert found.first.operation == "log"
        assert found.value is None
        assert "raised LinAlgError" in str(found)

    def test_a_function_that_raises_otherwise(self):
        def f(x):
            raise RuntimeError("no")

        with pytest.raises(RuntimeError, match="no"):
            why_nan(f, 1.0)

        def g(x):
            raise ValueError("bad luck")

        with pytest.raises(ValueError, match="bad luck"):
            why_nan(g, 1.0)


class TestBackward:
    def test_a_branch_not_taken(self):
        found = why_nan(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0)), np.array([0.0, 4.0]))
        assert (found.first.way, found.first.kind, found.first.operation) == ("backward", "0·∞", "sqrt")
        assert (found.first.cotangent, found.first.local) == (0, np.inf)
        assert found.mends[0].title == "double where"

    def test_norm_at_zero(self):
        found = why_nan(lambda x: np.sqrt(np.sum(x**2)), np.zeros(3))
        assert (found.first.kind, found.first.operation) == ("infinite derivative", "sqrt")
        assert (found.becomes.operation, found.becomes.kind) == ("power", "0·∞")
        assert found.mends[0].title == "norm"

    def test_norm_over_two_lines_gets_an_example(self):
        def f(x):
            total = np.sum(x**2, axis=1)
            return np.sum(np.sqrt(total))

        found = why_nan(f, np.zeros((2, 3)))
        assert found.mends[0].after == "np.linalg.norm(x, axis=1)"

    def test_a_sigmoid_whose_value_is_finite(self):
        found = why_nan(lambda x: 1 / (1 + np.exp(-x)), -1000.0)
        assert (found.first.way, found.first.operation) == ("backward", "exp")
        assert found.value == 0

    def test_a_nan_that_is_thrown_away_is_only_noted(self):
        found = why_nan(lambda x: np.sum(np.where(x > 0, x, np.log(-np.abs(x) - 1))), np.array([1.0, 2.0]))
        assert found.finite
        assert not found
        assert found.first is None
        assert "log" in found.notes[0]

    def test_only_the_input_that_is_wrong_is_named(self):
        found = why_nan(lambda x, y: np.sqrt(x) + y, 0.0, 1.0)
        assert [state.name for state in found.inputs if state.gradient.count] == ["x"]

    def test_finite_parts_with_a_sum_that_overflows(self):
        found = why_nan(lambda x: 1.7e308 * x + 1.7e308 * x, 0.4)
        assert (found.first.way, found.first.operation, found.first.kind) == ("backward", "x", "overflow")

    def test_the_chain_goes_back_to_the_input(self, load):
        f, _ = load("def f(x):\n    a = x * 2\n    b = np.sqrt(a)\n    return np.sum(b)")
        found = why_nan(f, np.zeros(2))
        assert [link.line[2] for link in found.chain] == ["b = np.sqrt(a)", "a = x * 2"]

    def test_a_local_derivative_that_is_nan(self):
        found = why_nan(lambda x: np.arctan2(x, x), 0.0)
        assert found.first.kind == "undefined derivative"


class TestInputs:
    def test_a_nan_of_an_input_is_found_in_its_container(self):
        data = {"w": np.ones(2), "x": [np.array([[1.0, np.nan], [0.0, 1.0]])]}
        found = why_nan(lambda p: np.sum(p["x"][0] @ p["w"]), data)
        assert (found.first.way, found.first.operation) == ("input", "p['x'][0]")
        assert found.first.elements.first == ((0, 1),)
        assert "1 NaN, 1 of 4 elements (25%), at [0, 1]" in found.summary

    def test_a_constant_of_a_closure(self):
        data = np.array([1.0, np.nan])
        found = why_nan(lambda w: np.sum(w * data), 2.0)
        assert (found.first.way, found.first.operands[0].name) == ("constant", "data")

    def test_keywords(self):
        found = why_nan(lambda x, *, scale, power=2: np.log(x * scale) ** power, 1.0, scale=0.0, power=3)
        assert [state.name for state in found.inputs] == ["x", "scale"]
        assert found.first.operation == "log"

    def test_labels_are_no_inputs(self):
        def f(x, labels):
            return -np.sum(np.log(x[np.arange(2), labels]))

        found = why_nan(f, np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([0, 1]))
        assert [state.name for state in found.inputs] == ["x"]
        assert found.first.operation == "log"

    def test_argnums(self):
        assert [s.name for s in why_nan(lambda x, y: x + y, 1.0, 2.0, argnums=1).inputs] == ["y"]
        with pytest.raises(cr.TracingError, match="not there"):
            why_nan(lambda x: x, 1.0, argnums=1)

    def test_empty_arrays(self):
        assert why_nan(lambda x: np.sum(x), np.zeros(0)).finite
        assert why_nan(lambda x: np.mean(x) + np.log(np.sum(x)), np.zeros(0)).first.operation in (
            "log",
            "mean",
            "multiply",
        )

    def test_nothing_to_differentiate(self):
        with pytest.raises(cr.TracingError, match="no number among the arguments"):
            why_nan(lambda x: 1.0, "text")

    @pytest.mark.parametrize("fun", [lambda x: x * np.ones(2), lambda x: (x, x), lambda x: x * 1j, lambda x: None])
    def test_results_that_have_no_gradient(self, fun):
        with pytest.raises(cr.NotScalarError, match="sum it"):
            why_nan(fun, 1.0)

    def test_what_is_no_function(self):
        with pytest.raises(TypeError, match="takes a function"):
            why_nan(3, 1.0)


class TestPrograms:
    def test_jitted(self):
        found = why_nan(cr.jit(lambda x: np.sqrt(x)), 0.0)
        assert found.first.operation == "sqrt"

    def test_several_results(self):
        def f(x):
            sign, size = np.linalg.slogdet(x)
            return sign * size

        found = why_nan(f, np.zeros((2, 2)))
        assert (found.first.way, found.first.operation) == ("forward", "slogdet")
        assert why_nan(f, np.eye(2)).finite

    def test_a_matrix_that_is_not_finite_is_not_factorized_again(self):
        found = why_nan(lambda x: np.linalg.det(np.diag(np.log(x))), np.array([0.0, 1.0, 2.0]))
        assert (found.first.operation, found.first.way) == ("log", "forward")

    def test_declared_rules(self):
        @cr.custom_vjp
        def broken(x):
            return x * 2

        broken.defvjp(lambda x: (x * 2, None), lambda residuals, ct: (ct * np.nan,))
        found = why_nan(lambda x: np.sum(broken(x)), np.ones(2))
        assert (found.first.way, found.first.operation, found.first.kind) == ("backward", "broken", "backward rule")

    def test_checkpoint(self):
        found = why_nan(lambda x: np.sum(cr.checkpoint(lambda y: np.sqrt(y))(x)), np.zeros(2))
        assert found.first.operation == "checkpoint"

    def test_all_is_finite(self):
        found = why_nan(lambda x: x**2, 3.0)
        assert found.finite
        assert "finite in every element" in str(found)
        assert found.mends == ()

    def test_text_is_bounded(self):
        found = why_nan(lambda x: np.sum(np.log(x)), np.zeros(200_000))
        assert len(str(found)) < 3000
        assert found.first.elements.count == 200_000

    def test_agrees_with_the_gradient(self):
        for body, point, _ in MENDS.values():
            scope = {"np": np, "scipy": scipy}
            exec("def f(x):\n" + textwrap.indent(body, "    "), scope)
            with np.errstate(all="ignore"):
                value, gradient = cr.value_and_grad(scope["f"])(np.array(point))
            found = why_nan(scope["f"], np.array(point))
            assert found.finite == bool(np.isfinite(value) and np.isfinite(gradient).all())
            assert found.inputs[0].gradient.count == np.count_nonzero(~np.isfinite(gradient))
            assert found.mends, "without source there is an example"


class TestForms:
    def test_json_and_every_form(self):
        for fun, point in [
            (lambda x: np.log(x), 0.0),
            (lambda x: np.sqrt(x), 0.0),
            (lambda x: x, 1.0),
            (lambda x: x, np.nan),
        ]:
            found = why_nan(fun, point)
            json.dumps(found.to_dict(), allow_nan=False)
            console = Console(file=io.StringIO(), width=120)
            console.print(found)
            for form in (str(found), found._repr_html_(), found.to_markdown(), console.file.getvalue()):
                assert "Why NaN" in form
            assert found.summary in " ".join(str(found).split())


def test_the_mean_of_an_empty_selection_is_named():
    def average(x):
        return np.mean(x[x > 10])

    found = why_nan(average, np.array([1.0, 2.0]))
    assert (found.first.kind, found.first.operation) == ("no elements", "mean")
    assert "if v.size" in str(found)
    assert "constant" not in str(found)


def _distances(x):
    r = np.sqrt(np.sum(x**2))
    return np.sum(x / r)


def _logarithm(x):
    return np.log(np.sqrt(np.sum(x**2)))


@pytest.mark.parametrize("program", [_distances, _logarithm])
def test_a_quotient_by_a_root_that_is_zero_is_mended_at_the_root(program):
    # Mended behind the root, the value is finite, and its gradient 0 · ∞.
    found = why_nan(program, np.zeros(2))
    assert "np.sqrt(np.maximum(np.sum(x**2), 1e-12))" in found.mends[0].after

    def mended(x):
        r = np.sqrt(np.maximum(np.sum(x**2), 1e-12))
        return np.sum(x / r) + np.log(r)

    assert np.all(np.isfinite(cr.grad(mended)(np.zeros(2))))


def test_the_places_of_data_that_are_not_finite_are_named():
    data, labels = np.ones((9, 3)), np.ones(9)
    loss = lambda w: np.mean((data @ w - labels) ** 2)  # noqa: E731
    data[7, 1] = np.nan
    assert "data, which matmul reads, has 1 NaN, at [7, 1]" in why_nan(loss, np.zeros(3)).summary
    data[7] = np.nan
    assert "has 3 NaN, all in row 7" in why_nan(loss, np.zeros(3)).summary
    data[7] = 1.0
    data[:, 2] = np.inf
    assert "has 9 infinite, all in column 2" in why_nan(loss, np.ones(3)).summary
    assert "infinite ones (all in column 2) is not finite" in why_nan(loss, np.zeros(3)).summary
    found = why_nan(lambda w, data: np.mean(data @ w), np.ones(3), data)
    assert "9 of 27 elements (33%), all in column 2" in found.summary
    assert "  ?  " not in str(found)  # the input itself has no line


def test_numbers_outside_a_domain_are_told_from_its_end():
    found = why_nan(np.arccos, 1 + 1e-12)
    assert "the arc cosine of 1.000000000001 is NaN" in found.summary
    assert "1.000000000001" in str(found).split("value of arccos")[0].split("quantity")[1]


def test_a_product_of_matrices_whose_terms_overflow_with_both_signs_is_too_large():
    large = np.array([[1e200, -1e200]])
    found = why_nan(lambda w: (large @ w)[0] * 1.0, np.array([1e200, 1e200]))
    assert (found.first.operation, found.first.kind) == ("matmul", "overflow")


@pytest.mark.parametrize("factor", [50.0, 3e3])
def test_numbers_that_grow_in_a_loop_are_followed_to_its_line(factor):
    def recurrent(w):
        h = np.ones(2)
        for _ in range(100):
            h = w @ h
        return np.sum(h**2)

    found = why_nan(recurrent, factor * np.eye(2))
    assert found.first.kind == "overflow"
    assert f"The numbers grow in line {recurrent.__code__.co_firstlineno + 3}, which is passed " in found.notes[0]
    assert f"by a factor of {factor:.3g} each time" in found.notes[0]
    assert "even for float64" in found.mends[0].why  # "compute in float64" is no advice there


def test_a_number_that_is_simply_too_large_has_not_grown_in_a_loop():
    found = why_nan(lambda x: x**2, np.float32(1e30))
    assert (found.first.kind, found.notes) == ("overflow", ())
    assert "compute in float64" in found.mends[0].why
