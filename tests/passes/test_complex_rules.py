"""Operations on complex numbers, written in real ones, are NumPy's: a rule is tested by being listed, on branch cuts too."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import agree, exact
from tests.passes.recorded import evaluate, pairs_of, terms_of

from chainrule.core.primitive import Primitive
from chainrule.passes.complex_parts import ON_PAIRS
from chainrule.passes.complex_rules import RULES
from chainrule.passes.terms import live
from chainrule.primitives.arithmetic import MULTIPLY, POWER, SQUARE
from chainrule.primitives.table import BY_UFUNC

SIDES = (0.0, -0.0, 1.0, -1.0, 0.3, -2.5, 20.0, 1e-9)
NUMBERS = np.array([complex(x, y) for x in SIDES for y in SIDES])
BROKEN = np.array([complex(np.nan, 1.0), complex(-1.0, np.nan), complex(np.nan, np.nan)])
NEAR_ONE = 1 + np.array([1e-12, -1e-12, 1e-12j, 3e-9 + 4e-9j, -1e-9 - 1e-9j])
HUGE = np.array([1e300 + 1e300j, -1e300 + 1j, 1e-300 - 1e-300j, 3e-160 + 1e-300j])


@pytest.fixture(autouse=True)
def no_complaints() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def computed(fun: Callable[..., Any], *args: Any) -> tuple[Any, set[str]]:
    """Return what the terms of a function are worth, by NumPy on their parts, and by which operations."""
    (out,) = terms_of(fun, *args)
    return evaluate([out], args)[0], {term.primitive.name for term in live([out]) if term.primitive is not None}


def assert_close(got: Any, wanted: Any, roundings: float = 8, zeros: bool = True) -> None:
    """Raise where a number is off by more than some roundings of its size, or a zero among the parts has another sign."""
    if np.asarray(wanted).dtype.kind != "c":
        np.testing.assert_allclose(got, wanted, rtol=roundings * np.finfo(float).eps)
        return
    numbers = got[..., 0] + 1j * 0
    numbers.imag = got[..., 1]
    far = np.abs(numbers - wanted) > roundings * np.finfo(wanted.dtype).eps * np.abs(wanted)
    assert not far.any(), (numbers[far], wanted[far])
    assert (np.isnan(numbers) == np.isnan(wanted)).all()
    for sign in (
        np.signbit(got[..., 0]) != np.signbit(wanted.real),
        np.signbit(got[..., 1]) != np.signbit(wanted.imag),
    ):
        wrong = sign & (np.abs(pairs_of(wanted)) == 0).any(axis=-1) & ~np.isnan(wanted)
        assert not (zeros and wrong.any()), (numbers[wrong], wanted[wrong])


UFUNCS = {rule: ufunc for ufunc, rule in BY_UFUNC.items() if rule in RULES}
FUNCTIONS: dict[Primitive, Callable[..., Any]] = {
    rule: UFUNCS.get(rule, rule.value) for rule in RULES if rule not in (MULTIPLY, SQUARE)
}


@pytest.mark.parametrize("rule", FUNCTIONS, ids=lambda rule: rule.name)
def test_a_rule_is_numpys(rule: Primitive) -> None:
    fun = FUNCTIONS[rule]
    count = getattr(fun, "nin", 1)
    if count == 1:
        args: tuple[Any, ...] = (np.concatenate([NUMBERS, BROKEN]),)
    else:
        args = tuple(np.array(each) for each in zip(*itertools.product(NUMBERS, NUMBERS[::3]), strict=True))
    if rule is POWER:
        args = (args[0][::5], np.clip(args[1].real, -3, 3)[::5] + 0.5j * np.clip(args[1].imag, -1, 1)[::5])
    got, names = computed(fun, *args)
    assert ON_PAIRS.name not in names
    assert_close(got, fun(*args), 64 if rule is POWER else 8, zeros=rule is not POWER)


def test_products_are_rounded_by_the_size_of_their_terms() -> None:
    x, y = (np.array(each) for each in zip(*itertools.product(NUMBERS, NUMBERS), strict=True))
    agree(
        computed(lambda x, y: x * y, x, y)[0], pairs_of(x * y), lambda got, wanted: np.abs(got - wanted) <= 1e-15 * 400
    )
    agree(computed(np.square, x)[0], pairs_of(x * x), lambda got, wanted: np.abs(got - wanted) <= 1e-15 * 800)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 5, 17, -1, -2, -3, 0.5, 1.5, -0.5, 2j, 1 - 0.5j])
def test_powers(exponent: Any) -> None:
    z = NUMBERS[np.abs(NUMBERS) > 1e-3]
    got, names = computed(lambda z: z**exponent, z)
    assert ON_PAIRS.name not in names
    assert_close(got, z**exponent, 64, zeros=exponent == int(np.real(exponent)))


def test_division_and_roots_do_not_overflow_on_the_way() -> None:
    for fun in (lambda z: z / (2 * z), np.reciprocal, np.sqrt, np.abs, np.log):
        got, _ = computed(fun, HUGE)
        assert_close(got, fun(HUGE))


def test_logarithms_near_one_are_precise() -> None:
    assert_close(computed(np.log, NEAR_ONE)[0], np.log(NEAR_ONE))


def test_a_real_operand_is_a_complex_one_with_a_zero() -> None:
    x, z = np.array([1.0, -0.0, np.inf, 2.0]), np.array([1 + 2j, -1 - 0j, 2 + 1j, 0.5j])
    for fun in (
        lambda x, z: x + z,
        lambda x, z: x - z,
        lambda x, z: x / z,
        lambda x, z: z / (x + 3),
        lambda x, z: x * z,
    ):
        agree(computed(fun, x, z)[0], pairs_of(fun(x, z)), exact)


@pytest.mark.parametrize("kind", [np.complex64, np.complex128])
def test_the_type_is_numpys(kind: Any) -> None:
    z, x = NUMBERS.astype(kind), np.arange(64)
    for fun in (
        lambda z: z * 2.5,
        lambda z: z + 1j,
        lambda z: z * np.float32(2),
        lambda z: z / np.float64(3),
        lambda z: z + x,
    ):
        got, _ = computed(fun, z)
        assert got.dtype == fun(z).real.dtype
        np.testing.assert_allclose(got, pairs_of(fun(z)), rtol=1e-5)


Z, W = NUMBERS.reshape(8, 8), NUMBERS[::-1].reshape(8, 8) + 0.25
MOVES: dict[str, Callable[..., Any]] = {
    "sums": lambda z, w: np.sum(z, axis=0) + np.cumsum(w, axis=1)[0],
    "slices": lambda z, w: z[::2, 1:] * w[1::2, :-1],
    "places": lambda z, w: z[[0, 3], [1, -1]],
    "joined": lambda z, w: np.concatenate([z, w.T, np.ones((1, 8))]),
    "stacked": lambda z, w: np.stack([z, w], axis=-1),
    "padded": lambda z, w: np.pad(np.roll(z, 3), 2),
    "chosen": lambda z, w: np.where(z.real > 0, z, 2.0),
    "products": lambda z, w: np.sin(z.imag) @ (z @ w),
    "einsum": lambda z, w: np.einsum("ij,kj->ik", np.conj(z), w),
    "written": lambda z, w: _written(z, w),
    "cast": lambda z, w: z.astype(np.complex64),
}


def _written(z: Any, w: Any) -> Any:
    out = z * 1.0
    out[2] = w[3]
    out[:, 1] += 2.5
    out[[0, 1], 4] = 1j
    return out


@pytest.mark.parametrize("name", MOVES)
def test_what_moves_and_adds_numbers_does_so_with_each_part(name: str) -> None:
    got, names = computed(MOVES[name], Z, W)
    assert ON_PAIRS.name not in names
    np.testing.assert_allclose(got, pairs_of(MOVES[name](Z, W)), rtol=1e-6 if name == "cast" else 1e-13, atol=1e-13)


def test_what_has_no_rule_is_numpys_on_pairs() -> None:
    matrix = Z + 9 * np.eye(8)
    for fun in (
        lambda z: np.linalg.solve(z, W),
        lambda z: np.arctan(z),
        lambda z: np.prod(z, axis=0),
        lambda z: np.linalg.det(z),
    ):
        got, names = computed(fun, matrix)
        assert ON_PAIRS.name in names
        np.testing.assert_array_equal(got, pairs_of(fun(matrix)))


def test_several_results_keep_their_kinds() -> None:
    hermitian = Z + np.conj(Z.T)
    values, vectors = evaluate(terms_of(lambda z: tuple(np.linalg.eigh(z)), hermitian), [hermitian])
    wanted = np.linalg.eigh(hermitian)
    np.testing.assert_array_equal(values, wanted[0])
    np.testing.assert_array_equal(vectors, pairs_of(wanted[1]))
