"""Tests of the algebra of array formulas: every law keeps the value, and the laws that a lecture uses are applied."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from chainrule.explain.matrix.algebra import Algebra
from chainrule.explain.matrix.formula import Symbol, constant, evaluate, of_atom
from chainrule.explain.matrix.notation import text

A, B, C = Symbol("A", (3, 4)), Symbol("B", (4, 2)), Symbol("C", (3, 4))
ROW, COLUMN, NUMBER = Symbol("r", (4,)), Symbol("c", (3, 1)), Symbol("k", ())
SHARES = Symbol("P", (3, 4))
_RANDOM = np.random.default_rng(0)
VALUES = {symbol: _RANDOM.uniform(0.5, 2, size=symbol.shape) for symbol in (A, B, C, ROW, COLUMN, NUMBER, SHARES)}
VALUES[SHARES] = VALUES[SHARES] / VALUES[SHARES].sum(axis=1, keepdims=True)


def f(symbol):
    return of_atom(symbol)


def check(formula, expected, written=None):
    np.testing.assert_allclose(evaluate(formula, VALUES), expected, rtol=1e-12)
    assert formula.shape == np.shape(expected)
    if written is not None:
        assert text(formula) == written


def test_sums_and_products():
    algebra = Algebra()
    a, c = VALUES[A], VALUES[C]
    check(algebra.add(f(A), f(C), -1), a - c, "A - C")
    check(algebra.add(f(A), f(A)), 2 * a, "2 A")
    check(algebra.add(f(A), f(A), -1), 0 * a, "0")
    check(algebra.multiply(algebra.add(f(A), f(C)), f(ROW)), (a + c) * VALUES[ROW], "r ⊙ (A + C)")
    check(algebra.scale(algebra.add(f(A), f(C), -1), Fraction(1, 6)), (a - c) / 6, "(A - C) / 6")
    check(algebra.multiply(f(NUMBER), f(A)), VALUES[NUMBER] * a, "k A")


def test_quotients_cancel():
    algebra = Algebra()
    one_less = algebra.add(constant(1, A.shape), f(A), -1)
    inverse = algebra.power(one_less, -1)
    check(algebra.multiply(one_less, inverse), np.ones(A.shape), "1")
    check(algebra.multiply(algebra.multiply(f(C), one_less), inverse), VALUES[C], "C")
    check(algebra.multiply(f(C), algebra.power(f(A), -2)), VALUES[C] / VALUES[A] ** 2, "C/A²")
    assert algebra.power(constant(0), -1) is None


def test_named_quotients_are_recognized():
    algebra = Algebra()
    algebra.define(SHARES, algebra.multiply(f(A), algebra.power(f(COLUMN), -1)))
    found = algebra.multiply(algebra.multiply(f(C), f(A)), algebra.power(f(COLUMN), -1))
    assert text(found) == "C ⊙ P"


def test_a_share_of_one_leaves_the_rest():
    algebra = Algebra()
    algebra.define(SHARES, algebra.power(algebra.add(constant(1, A.shape), f(A)), -1))
    assert text(algebra.multiply(f(SHARES), f(A))) == "1 - P"


@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_sums_over_axes(axes, keepdims):
    algebra = Algebra()
    for formula, value in (
        (f(A), VALUES[A]),
        (algebra.multiply(f(A), f(ROW)), VALUES[A] * VALUES[ROW]),
        (algebra.multiply(f(A), f(COLUMN)), VALUES[A] * VALUES[COLUMN]),
        (algebra.multiply(f(ROW), f(COLUMN)), VALUES[ROW] * VALUES[COLUMN]),
        (constant(2, A.shape), np.full(A.shape, 2.0)),
        (algebra.broadcast(f(ROW), A.shape), np.broadcast_to(VALUES[ROW], A.shape)),
    ):
        found = algebra.sum_over(formula, axes, keepdims)
        check(found, np.sum(value, axis=axes, keepdims=keepdims))


def test_what_does_not_vary_is_taken_out():
    algebra = Algebra()
    product = algebra.multiply(algebra.multiply(f(A), f(COLUMN)), f(NUMBER))
    assert text(algebra.sum_over(product, (1,), True)) == "k c ⊙ (Σ_cols A)"
    assert text(algebra.sum_over(constant(1, (3, 4)), (0, 1), False)) == "12"


def test_sums_to_one_are_used_and_noted():
    algebra = Algebra(lambda symbol, axes: symbol == SHARES and axes == (1,))
    check(algebra.sum_over(f(SHARES), (1,), True), np.ones((3, 1)), "1")
    assert list(algebra.used) == [(SHARES, (1,))]


def test_transposes_and_products_of_matrices():
    algebra = Algebra()
    product = algebra.matmul(f(A), f(B), (3, 2))
    check(product, VALUES[A] @ VALUES[B], "A · B")
    check(algebra.transpose(product, (1, 0)), (VALUES[A] @ VALUES[B]).T, "Bᵀ · Aᵀ")
    check(algebra.transpose(algebra.transpose(f(A), (1, 0)), (1, 0)), VALUES[A], "A")
    half = algebra.scale(f(A), Fraction(1, 2))
    check(algebra.matmul(half, f(B), (3, 2)), VALUES[A] @ VALUES[B] / 2, "A · B / 2")
    check(algebra.matmul(f(ROW), f(B), (2,)), VALUES[ROW] @ VALUES[B], "Bᵀ · r")
    check(algebra.matmul(f(ROW), f(B), (2,), columns=False), VALUES[ROW] @ VALUES[B], "rᵀ · B")
    both = algebra.multiply(f(A), f(C))
    check(algebra.transpose(both, (1, 0)), (VALUES[A] * VALUES[C]).T, "Aᵀ ⊙ Cᵀ")


def test_shapes_come_and_go():
    algebra = Algebra()
    column = algebra.reshape(f(ROW), (4, 1))
    check(column, VALUES[ROW][:, None], "col(r)")
    check(algebra.reshape(column, (4,)), VALUES[ROW], "r")
    check(algebra.reshape(f(A), (2, 6)), VALUES[A].reshape(2, 6), "reshape(A, 2×6)")
    outer = algebra.matmul(column, algebra.reshape(f(ROW), (1, 4)), (4, 4))
    check(outer, np.outer(VALUES[ROW], VALUES[ROW]), "r · rᵀ")


def test_equal_formulas_are_equal():
    algebra = Algebra()
    assert algebra.add(f(A), f(C)) == algebra.add(f(C), f(A))
    assert hash(algebra.add(f(A), f(C))) == hash(algebra.add(f(C), f(A)))
    assert f(A) != f(C)
