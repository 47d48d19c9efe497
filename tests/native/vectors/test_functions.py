"""The vector functions: their accuracy against mpmath, NumPy's special values, every width and both types."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
from tests.native.accuracy import BINARY, RANGES, TYPES, Array, Kernel, exactly, sample, ulps

import chainrule as cr
from chainrule.native.machine import machine
from chainrule.native.machine.text import Body, Module
from chainrule.native.vectors.functions import FUNCTIONS
from chainrule.native.vectors.lanes import Lanes

# The largest error in ulp that docs/accuracy.md states for "double", rounded up; 2 where it is not named.
BOUNDS = {
    "erf": 3.0, "erfc": 5.0, "gammaln": 5.0, "log_ndtr": 5.0, "ndtr": 5.0, "psi": 5.0, "rel_entr": 3.0,
}  # fmt: skip
# Those computed in "float" itself; the others are computed in "double" and rounded.
SHORT = frozenset("cos cosh erf exp exp2 expit expm1 log log1p log_expit logaddexp sin sinh softplus tan tanh".split())
OUTSIDE = ("erfinv", "gamma", "zeta")
WHOLE = ("floor_divide", "fmod", "remainder")
SPECIAL = (
    *(
        0.0,
        1.0,
        2.0,
        3.0,
        0.5,
        0.65,
        0.9999999999999999,
        1.0000000000000002,
        1e-8,
        1e-30,
        1e-300,
        2.2250738585072014e-308,
    ),
    *(
        5e-324,
        1.5e-310,
        1e8,
        1e9,
        2e9,
        1e16,
        1e22,
        1e300,
        1.7976931348623157e308,
        np.inf,
        709.0,
        709.78,
        709.79,
        710.0,
        711.0,
    ),
    *(745.0, 745.2, 746.0, 1023.0, 1024.0, 1025.0, 1074.0, 1075.0, 1076.0, 36.0, 37.5, 20.0, 27.0, 28.0, 39.0),
)
VALUES = np.array([*SPECIAL, *(-value for value in SPECIAL), np.nan])
FEW = np.array([0.0, 1.0, 2.0, 3.0, 0.5, 1.0000000000000002, 7.25, 1e-300, 5e-324, 1e9, 1e300, np.inf])
FEW = np.array([*FEW, *-FEW, np.nan])
WIDTHS = (
    *(("double", 1, 0), ("double", 2, 16), ("double", 4, 32), ("double", 8, 64), ("double", 2, 64), ("double", 4, 64)),
    *(("float", 1, 0), ("float", 4, 16), ("float", 8, 32), ("float", 16, 64), ("float", 2, 64)),
)


@pytest.fixture(params=WIDTHS, ids=lambda param: "{}-{}-{}".format(*param))
def build(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Callable[[str], Kernel]]]:
    """Compile for a width of lanes on a machine of a width of registers (0: this machine's)."""
    real, width, register = request.param
    machine.host.cache_clear()
    monkeypatch.delenv("CHAINRULE_VECTOR_BYTES", raising=False)
    if register > machine.host().width:
        pytest.skip("this machine has narrower registers")
    if register:
        monkeypatch.setenv("CHAINRULE_VECTOR_BYTES", str(register))
        machine.host.cache_clear()
    yield real, lambda name: compiled(name, width, real, register)
    machine.host.cache_clear()


@cache
def compiled(name: str, width: int, real: str, register: int) -> Kernel:
    """Return the kernel of a function; the register's width is that of the machine it is made for."""
    return Kernel(name, width, real, 2 if name in BINARY else 1)


@cache
def points(name: str, real: str) -> tuple[list[Array], list[Any]]:
    """Return a few random points of a function's ranges, and the exact values there."""
    random = np.random.default_rng(len(name))
    parts = [[sample(kind, 17, real, random) for _ in range(2 if name in BINARY else 1)] for kind in RANGES[name]]
    operands = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return operands, [exactly(name, operands, i) for i in range(operands[0].size)]


def specials(name: str) -> list[Array]:
    """Return special operands: every pair of a few of them for a function of two."""
    if name in BINARY:
        pairs = np.array(list(itertools.product(FEW, FEW)))
        return [pairs[:, 0], pairs[:, 1]]
    return [VALUES]


def by_numpy(name: str, operands: list[Array]) -> Array:
    """Return NumPy's or SciPy's result."""
    if name == "softplus":
        return np.asarray(np.logaddexp(operands[0], 0.0))
    function = getattr(np, name, None) or getattr(scipy.special, name)
    with np.errstate(all="ignore"):
        return np.asarray(function(*operands))


def test_every_function_has_a_reference() -> None:
    assert set(FUNCTIONS) == {*RANGES, *OUTSIDE, *WHOLE}


def test_accuracy(build: tuple[str, Callable[[str], Kernel]]) -> None:
    real, compile_function = build
    largest = float(np.finfo(TYPES[real]).max)
    for name in RANGES:
        operands, exact = points(name, real)
        result = compile_function(name)(*operands)
        bound = 0.51 if real == "float" and name not in SHORT else BOUNDS.get(name, 2.0)
        for i, value in enumerate(exact):
            if abs(value) < largest:
                error = ulps(float(result[i]), value, real)
                assert error <= bound, (name, [operand[i] for operand in operands], float(result[i]), error)


@np.errstate(all="ignore")
def test_special_values(build: tuple[str, Callable[[str], Kernel]]) -> None:
    real, compile_function = build
    kind = TYPES[real]
    for name in FUNCTIONS:
        operands = [operand.astype(kind) for operand in specials(name)]
        result = compile_function(name)(*operands)
        equals = name in WHOLE or name in OUTSIDE
        expected = by_numpy(name, operands if equals else [operand.astype(np.float64) for operand in operands])
        expected = expected.astype(kind)
        same = (result == expected) & (np.signbit(result) == np.signbit(expected))
        for i in np.flatnonzero(~(same | (np.isnan(result) & np.isnan(expected)))):
            at = (name, [operand[i] for operand in operands], result[i], expected[i])
            assert not equals, at
            assert np.isfinite(result[i]), at
            assert np.isfinite(expected[i]), at
            if name.startswith("logaddexp"):  # the sum cancels: what is bounded is the error relative to the operands
                size = max(1.0, *(abs(float(operand[i])) for operand in operands))
                assert abs(float(result[i]) - float(expected[i])) <= 4.0 * float(np.finfo(kind).eps) * size, at
            else:  # both are finite: NumPy's may be the less accurate one
                assert ulps(float(result[i]), exactly(name, operands, int(i)), real) <= BOUNDS.get(name, 2.0), at


def test_rare_and_whole_functions_equal_numpy(build: tuple[str, Callable[[str], Kernel]]) -> None:
    real, compile_function = build
    random = np.random.default_rng(3)
    for name in (*OUTSIDE, *WHOLE):
        operands = [sample(("line", 0.01, 0.99), 48, real, random) for _ in range(2 if name in BINARY else 1)]
        operands[0] *= 3 if name in WHOLE else 1
        if name == "zeta":
            operands[0] += 1
        np.testing.assert_array_equal(compile_function(name)(*operands), by_numpy(name, operands), err_msg=name)


def test_sine_and_cosine_share_their_reduction() -> None:
    def length(*names: str) -> int:
        body = Body(Module())
        lanes = Lanes(body, 4)
        for name in names:
            FUNCTIONS[name](lanes, "%x")
        return len(body.lines)

    assert length("sin", "cos") == length("sin")


def test_what_one_block_knows_is_not_used_in_another() -> None:
    body = Body(Module())
    lanes = Lanes(body, 4)
    first = FUNCTIONS["sin"](lanes, "%x")
    body.do("br label %other")
    body.label("other")
    assert FUNCTIONS["sin"](lanes, "%x") != first


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0, 3.0, 4.0, -1.0])
def test_powers_of_a_constant_exponent_need_no_logarithm(exponent: float) -> None:
    body = Body(Module())
    lanes = Lanes(body, 4)
    FUNCTIONS["power"](lanes, "%x", lanes.number(exponent))
    assert len(body.lines) < 6


def test_constant_powers_of_special_values(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 2.0, -3.0, 1e-320, 1e200])
    for exponent in (0.5, 1.0, 2.0, 3.0, 4.0, -1.0):
        monkeypatch.setitem(FUNCTIONS, "constant power", partial(_constant_power, exponent=exponent))
        with np.errstate(all="ignore"):
            expected = np.power(values, np.full_like(values, exponent))  # NumPy takes a scalar 0.5 for sqrt
        result = Kernel("constant power", 4, "double", 1)(values)
        np.testing.assert_array_equal(result, expected)
        number = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(result[number]), np.signbit(expected[number]))


def _constant_power(lanes: Lanes, x: str, exponent: float) -> str:
    return FUNCTIONS["power"](lanes, x, lanes.number(exponent))


def test_the_derivative_of_digamma() -> None:
    """zeta(2, x) is written here for the constant 2, and SciPy's elsewhere."""
    trigamma = cr.jit(lambda x: scipy.special.zeta(2, x))
    random = np.random.default_rng(5)
    x = np.concatenate([random.uniform(0, 12, 40), 10 ** random.uniform(-150, 150, 40)])
    for result, value in zip(trigamma(x), x, strict=True):
        assert ulps(float(result), mpmath.zeta(2, mpmath.mpf(float(value))), "double") <= 4.5
    edges = np.array([0.0, -1.5, -2.0, np.inf, np.nan, 5e-324])
    np.testing.assert_array_equal(trigamma(edges), scipy.special.zeta(2, edges))
    single = trigamma(x[:40].astype(np.float32))
    np.testing.assert_allclose(single, scipy.special.zeta(2, x[:40].astype(np.float32).astype(np.float64)), rtol=1e-7)
