"""Small arrays in registers: the same numbers as NumPy's, whether elements are written one by one or as a vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.native.machine.machine import host
from chainrule.native.machine.text import Body, Module
from chainrule.native.writing.cells import Cells
from chainrule.passes.terms import FLOAT64, Terms
from chainrule.primitives.arithmetic import ADD, SQRT
from chainrule.primitives.trigonometric import COS, SIN

SPECIAL = np.array([4.0, -0.0, np.nan, np.inf, 0.0, -1.0, 1e-310, 2.0, 9.0, 1e300, -np.inf, 3.0])
EXACT: list[Callable[[Any], Any]] = [
    np.sqrt,
    lambda x: 3.0 / x,
    lambda x: x / x[::-1],
    lambda x: x / np.sqrt(x[0]) + x,
    lambda x: -x * x[::-1],
    lambda x: (-x) * 0.0 - x,
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 8, 12])
@pytest.mark.parametrize("place", range(len(EXACT)))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_small_arrays_are_numpys_bit_by_bit(place: int, size: int, dtype: Any) -> None:
    """For every number of elements, in whichever groups they are written."""
    fun, x = EXACT[place], SPECIAL[:size].astype(dtype)
    compiled = cr.jit(fun)
    for _ in range(3):
        found = compiled(x)
    expected = fun(x)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[numbers]), np.signbit(expected[numbers]))


@pytest.mark.parametrize("size", [2, 3, 4, 12])
@pytest.mark.parametrize("fun", [np.exp, np.tanh, np.log], ids=lambda fun: fun.__name__)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_functions_give_what_they_give_in_a_loop(fun: Callable[[Any], Any], size: int) -> None:
    """An element's value does not depend on how many others there are."""
    long = np.tile(SPECIAL[:size], 100)
    small, large = cr.jit(fun), cr.jit(fun)
    for _ in range(3):
        few, many = small(SPECIAL[:size]), large(long)
    np.testing.assert_array_equal(np.tile(few, 100), many)


def test_what_goes_on_with_a_vector_stays_one() -> None:
    """Roots of several elements are one instruction, and so is what is added to them."""
    terms, module = Terms(), Module()
    count = host().width // 8
    x = terms.input(0, (count,), FLOAT64)
    root = terms.apply(SQRT, (x,), {}, (count,), FLOAT64)
    total = terms.apply(ADD, (root, x), {}, (count,), FLOAT64)
    body = Body(module)
    writer = Cells(body)
    names = np.array([f"%x{place}" for place in range(count)], dtype=object)
    writer.write(total, [writer.write(root, [names]), names])
    assert body.text().count("@llvm.sqrt") == 1
    assert body.text().count("fadd") == 1


def test_what_is_placed_beside_others_is_not_added_to_zeros() -> None:
    """Zeros around a placed part are no operands."""
    terms, module = Terms(), Module()
    zeros, x = terms.constant(np.zeros(2)), terms.input(0, (2,), FLOAT64)
    total = terms.apply(ADD, (zeros, x), {}, (2,), FLOAT64)
    body = Body(module)
    writer = Cells(body)
    names = np.array(["%x0", "%x1"], dtype=object)
    assert writer.write(total, [writer.constant(zeros), names]).tolist() == ["%x0", "%x1"]
    assert "fadd" not in body.text()


def test_functions_are_called_or_written_where_they_are_used() -> None:
    """Inline, the sine and the cosine of a number share what they have in common."""
    terms = Terms()
    x = terms.input(0, (), FLOAT64)
    both = [terms.apply(primitive, (x,), {}, (), FLOAT64) for primitive in (SIN, COS)]
    texts = []
    for is_inline in (False, True):
        body = Body(Module())
        writer = Cells(body, is_inline=is_inline)
        for term in both:
            writer.write(term, [np.array("%x", dtype=object)])
        texts.append(body.text())
    assert "@sin_double_1" in texts[0]
    assert "@sin_double_1" not in texts[1]
    alone = Body(Module())
    Cells(alone, is_inline=True).write(both[0], [np.array("%x", dtype=object)])
    assert len(texts[1].splitlines()) < 2 * len(alone.text().splitlines())


def test_hot_code_gives_the_same_bits() -> None:
    """What is compiled again, with its functions inline, gives what it gave before."""

    def fun(x: Any) -> Any:
        return np.tanh(np.sin(x * x) * np.exp(-x)) + np.log(1 + x * x) + np.cos(x * x)

    points = np.linspace(-3, 3, 50).tolist()
    compiled = cr.jit(fun)
    first = [compiled(x) for x in points]
    second = [compiled(x) for x in points]
    for _ in range(300_000):
        compiled(0.5)
    assert [compiled(x) for x in points] == second
    np.testing.assert_allclose(second, first, rtol=1e-14)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_functions_of_an_odd_number_of_elements_are_called_once_a_vector(size: int) -> None:
    """The last element stands in the lanes that are left, also for what goes on with the result."""
    terms, body = Terms(), Body(Module())
    x = terms.input(0, (size,), FLOAT64)
    sine = terms.apply(SIN, (x,), {}, (size,), FLOAT64)
    total = terms.apply(ADD, (sine, x), {}, (size,), FLOAT64)
    writer = Cells(body)
    names = np.array([f"%x{place}" for place in range(size)], dtype=object)
    found = writer.write(total, [writer.write(sine, [names]), names])
    vectors = -(-size // min(host().width // 8, 1 << (size - 1).bit_length()))
    assert body.text().count("@sin_double") == body.text().count("fadd") == vectors
    assert len(set(found)) == size
