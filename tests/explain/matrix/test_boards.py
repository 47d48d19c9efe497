"""Tests of matrix derivations: the lines on the board are those of a lecture, and every number behind them is the engine's."""

from __future__ import annotations

import numpy as np
import pytest
from tests.explain.matrix import programs

import chainrule as cr
from chainrule.core.trees import flatten
from chainrule.errors import NotDifferentiableError
from chainrule.explain.matrix.explain_arrays import explain_arrays
from chainrule.primitives.table import TABLE


def board(name, **options):
    fun, args = programs.POINTS[name]
    return explain_arrays(fun, args, **options)


@pytest.mark.parametrize(("fun", "args"), programs.CASES, ids=list(programs.POINTS))
def test_gradients_are_those_of_grad(fun, args):
    d = explain_arrays(fun, args)
    value, expected = cr.value_and_grad(fun, tuple(range(len(args))))(*args)
    assert d.value == value
    for ours, theirs in zip(flatten(list(d.gradients.values()))[0], flatten(list(expected))[0], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert 0 < d.verified < 1e-10


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "linear",
            {
                "R": "dL/dR = 2 R ⊙ dL/dv1 = R/48",
                "P": "dL/dP = dL/dR = R/48",
                "b": "dL/db = Σ_rows dL/dP = (Σ_rows R) / 48",
                "W": "dL/dW = Xᵀ · dL/dP = Xᵀ · R / 48",
                "X": "dL/dX = dL/dP · Wᵀ = R · Wᵀ / 48",
            },
        ),
        (
            "cross_entropy",
            {
                "P": "dL/dP = dL/dv1 / P = -Y / (4 P)",
                "Z": "dL/dZ = P ⊙ (dL/dP - (Σ_cols P ⊙ dL/dP)) = (P - Y) / 4",
                "W": "dL/dW = Xᵀ · dL/dZ = Xᵀ · (P - Y) / 4",
            },
        ),
        (
            "softmax_in_lines",
            {
                "v1": "dL/dv1 = E ⊙ dL/dE = (P - Y) / 4",
                "m": "dL/dm = -(Σ_cols dL/dv1) = 0",
                "Z": "dL/dZ = (via v1) (dL/dv1) + (via m) (dL/dm ⊙ is_largest_cols(Z, m)) = (P - Y) / 4",
            },
        ),
        (
            "log_sum_exp_loss",
            {"Z": "dL/dZ = (via v1) (Y ⊙ dL/dv1) + (via l) (col(dL/dl) ⊙ exp(Z - col(l))) = (exp(Z - col(l)) - Y) / 4"},
        ),
        (
            "two_layer",
            {
                "W2": "dL/dW2 = Hᵀ · dL/dP = Hᵀ · v2 / 4 = Hᵀ · (P - Y) / 4",
                "v1": "dL/dv1 = dL/dH ⊙ (1 - H²)",
                "W1": "dL/dW1 = Xᵀ · dL/dv1",
            },
        ),
        ("relu_network", {"A": "dL/dA = dL/dH ⊙ [A > 0] = [A > 0] ⊙ (v1 · W2ᵀ)"}),
        (
            "logistic",
            {
                "z": "dL/dz = p ⊙ dL/dp ⊙ (1 - p) = (p - y) / 8",
                "w": "dL/dw = Xᵀ · dL/dz = Xᵀ · (p - y) / 8",
                "X": "dL/dX = dL/dz · wᵀ = (p - y) · wᵀ / 8",
            },
        ),
        (
            "attention",
            {
                "A": "dL/dA = dL/dO · Vᵀ = 2 O · Vᵀ",
                "S": "dL/dS = A ⊙ (dL/dA - (Σ_cols A ⊙ dL/dA))",
                "K": "dL/dK = (dL/dS)ᵀ · Q / 2.8284",
                "Q": "dL/dQ = dL/dS · K / 2.8284",
                "V": "dL/dV = Aᵀ · dL/dO = 2 Aᵀ · O",
            },
        ),
        (
            "quadratic",
            {
                "A": "dL/dA = x · dL/dv1ᵀ = x · xᵀ",
                "x": "dL/dx = (via L) (dL/dL v1) + (via v1) (A · dL/dv1) = v1 + A · x = Aᵀ · x + A · x",
            },
        ),
        ("norm", {"x": "dL/dx = dL/dL x / L = x/L"}),
        ("log_sum_exp", {"x": "dL/dx = dL/dL exp(x - L) = exp(x - L)"}),
        (
            "batch_norm",
            {"mu": "dL/dmu = -(Σ_rows dL/dC)", "X": "dL/dX = (via C) (dL/dC) + (via mu) (dL/dmu / 6)"},
        ),
        ("einstein", {"A": "dL/dA = dL/dC · Bᵀ = 2 C · Bᵀ", "B": "dL/dB = Aᵀ · dL/dC = 2 Aᵀ · C"}),
        ("log_determinant", {"A": "dL/dA = dL/dL inv(A)ᵀ = inv(A)ᵀ"}),
        ("solved", {"A": "dL/dA = -solve(Aᵀ, dL/dx) · xᵀ = -solve(Aᵀ, 2 x) · xᵀ"}),
        ("containers", {"p['W']": "dL/dp['W'] = Xᵀ · dL/dv1 = Xᵀ · (1 - v2²)"}),
    ],
)
def test_lines_are_those_of_a_lecture(name, lines):
    d = board(name)
    assert {name: str(d.step(name)) for name in lines} == lines


def test_forward_lines_have_shapes():
    first, *_ = board("linear").forward
    assert (str(first), first.shapes) == ("P = X · W + b", "(32×3) = (32×7)·(7×3) + (3)")
    assert first.line[2] == "P = X @ W + b"
    assert board("linear").step("W").shapes == "(7×3) = (7×32)·(32×3)"


def test_broadcasting_is_explained():
    assert "b was stretched over 32 rows, so its gradient sums over them" in board("linear").step("b").notes
    assert "b was stretched over all 8 entries, so its gradient sums over them" in board("logistic").step("b").notes


def test_what_was_used_of_the_data_is_said():
    facts = [note for note in board("cross_entropy").step("Z").notes if note.startswith("used")]
    assert facts == ["used: the entries in each row of P and of Y add up to 1 (checked here)"]
    fun, (X, W, b, Y) = programs.POINTS["cross_entropy"]
    other = explain_arrays(fun, (X, W, b, 2 * Y)).step("Z")  # the rows of 2 Y do not add up to 1
    assert "(P - Y)" not in str(other)


def test_helpers_and_composites_unfold():
    parts = board("cross_entropy").step("Z").unfold()
    written = [str(part) for part in parts]
    assert "P = P_3/P_4" in written
    assert "dL/dP_2 = P_3 ⊙ dL/dP_3" in written
    assert next(str(part) for part in board("linear").step("v1").unfold()).startswith("L_1 = Σ v1")
    assert board("linear").step("W").unfold() == ()


def test_rules_are_the_tables():
    steps = board("two_layer").backward
    rules = {rule for step in steps for rule in step.rule.split("; ") if rule}
    names = {
        rule
        for primitive in TABLE
        for rule in ([primitive.rule] if isinstance(primitive.rule, str) else primitive.rule)
    }
    assert len(rules) > 3
    assert rules <= names


def test_labels_are_held():
    Z = np.random.default_rng(1).normal(size=(4, 3))
    d = explain_arrays(programs.labels, (Z, np.array([0, 2, 1, 1])))
    assert list(d.gradients) == ["Z"]
    assert "Z[arange(4), y]" in str(d)
    assert str(d.step("Z")).endswith("place(-1/4, at [arange(4), y]) + exp(Z - col(l)) / 4")


def test_only_what_was_asked_for_is_derived():
    d = board("cross_entropy", wrt=("W", "b"))
    assert list(d.gradients) == ["W", "b"]
    assert {step.name for step in d.backward} == {"L", "v1", "v2", "v3", "P", "Z", "W", "b"}
    assert str(d.step("W")) == "dL/dW = Xᵀ · dL/dZ = Xᵀ · (P - Y) / 4"
    with pytest.raises(ValueError, match="there is no array 'q'"):
        board("cross_entropy", wrt="q")


def test_explain_takes_arrays():
    fun, args = programs.POINTS["quadratic"]
    assert str(cr.explain(fun, at=args)) == str(explain_arrays(fun, args))
    named = cr.explain(fun, wrt="x", at={"A": args[1].tolist(), "x": args[0].tolist()})
    np.testing.assert_array_equal(named.gradients["x"], cr.grad(fun)(*args))
    assert str(cr.explain(programs.norm, at=np.array([3.0, 4.0])).step("x")).endswith("= x/L")
    assert cr.explain(programs.norm, at=[3.0, 4.0]).gradients["x"].tolist() == [0.6, 0.8]
    assert str(cr.explain(lambda x, y: x * y, at=(2.0, 3.0)).result) == "(y, x)"


def test_unused_inputs_dead_code_and_constants():
    def fun(x, unused):
        np.exp(x)
        return np.sum(x)

    d = explain_arrays(fun, (np.ones(3), np.ones(2)))
    assert str(d.step("unused")) == "dL/dunused = 0, since L does not depend on unused"
    assert [step.name for step in d.forward] == ["L"]
    dead = explain_arrays(lambda x: np.sum(np.where(x > 0, x, 0.0)), -np.ones(2))
    assert str(dead.step("x")) == "dL/dx = 0, since all that reads it has derivative zero here"
    constant = explain_arrays(lambda x: 3.0, np.ones(2))
    np.testing.assert_array_equal(constant.gradients["x"], np.zeros(2))


def test_a_value_in_two_branches_adds_up():
    def fun(x):
        a = x * x
        return np.sum(a * np.tanh(a))

    d = explain_arrays(fun, np.array([0.5, 1.0]))
    assert "a is used in 2 places: their shares add up" in d.step("a").notes
    doubled = explain_arrays(lambda a: np.sum((a + a) + (a + a)), np.ones(2))
    assert str(doubled.step("a")).endswith("= 4")


def test_choices_of_the_program_are_shown_and_those_of_rules_settled():
    def fun(x):
        y = np.where(x > 0, x**2, 3 * x)
        return np.sum(y)

    mixed = explain_arrays(fun, np.array([1.0, -2.0]))
    assert [str(step) for step in mixed.forward][-2:] == ["y = where([x > 0], v1, 3 x)", "L = Σ y"]
    assert str(mixed.step("x")).endswith("= 3 + 2 x ⊙ [x > 0] - 3 [x > 0]")
    assert "[condition] is 1 where it holds" in str(mixed)
    positive = explain_arrays(fun, np.array([1.0, 2.0]))
    assert "where([x > 0], x², 3 x)" in str(positive)
    assert str(positive.step("x")).endswith("2 x")
    assert "where" not in str(board("norm").step("x"))


def test_single_precision_is_checked_too():
    d = explain_arrays(programs.norm, np.array([3.0, 4.0], dtype=np.float32))
    assert d.gradients["x"].dtype == np.float32


@pytest.mark.parametrize(
    ("fun", "at", "error", "message"),
    [
        (programs.quadratic, {"x": np.ones(2)}, ValueError, "at gives no value of A"),
        (programs.quadratic, (np.ones(2),), ValueError, "at has 1 values"),
        (lambda x: x * 2.0, np.ones(3), cr.NotScalarError, "one real number"),
        (lambda x: np.sum(np.log(x)), np.zeros(2), cr.NotDifferentiableError, "not finite"),
        (lambda x: sum((np.sum(x * n) for n in range(300)), 0.0), np.ones(2), ValueError, "operations"),
    ],
)
def test_refusals_say_what_to_do(fun, at, error, message):
    with pytest.raises(error, match=message):
        cr.explain(fun, at=at)


def test_orders_and_levels_are_read():
    with pytest.raises(ValueError, match="first derivatives"):
        cr.explain(programs.norm, at=np.ones(2), order=2)
    with pytest.raises(ValueError, match="detail is"):
        explain_arrays(programs.norm, np.ones(2), detail="all")
    brief, usual, full = (str(board("cross_entropy", detail=level)) for level in ("brief", None, "full"))
    assert len(brief) < len(usual) < len(full)
    assert "product rule" not in brief
    assert "dL/dP_3" in full


def test_shares_of_a_mean_are_fractions():
    def ridge(w, x, y):
        return np.sum((x @ w - y) ** 2) / 3 + 0.1 * np.sum(w**2)

    d = explain_arrays(ridge, (np.ones(2), np.ones((3, 2)), np.arange(3.0)))
    assert str(d.step("w")).endswith("= w/5 + 2 xᵀ · (x · w - y) / 3")


@pytest.mark.parametrize("program", [lambda x: np.mean(x[x > 10]), lambda x: np.mean(np.log(x))])
def test_a_value_that_is_no_number_has_no_explanation(program):
    # The mean of no elements was a KeyError, that of ln(-2) was said to agree with the limit definition.
    with np.errstate(all="ignore"), pytest.raises(NotDifferentiableError, match="why_nan"):
        cr.explain(program, at=np.array([1.0, -2.0]))
