"""Tests of why_zero: the cause, the line and the share that it names for every way in which a gradient dies."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import scipy.special
from rich.console import Console

import chainrule as cr
from chainrule.explain.diagnosis.why_zero import why_zero


def causes(part):
    shares = {}
    for cause in part.causes:
        key = (cause.kind, cause.operation)
        shares[key] = shares.get(key, 0) + cause.share
    return {key: pytest.approx(share) for key, share in shares.items()}


class TestWhole:
    @pytest.mark.parametrize(
        ("fun", "point", "kind", "operation"),
        [
            (lambda x: np.sum(x > 0), np.ones(3), "comparison", "greater"),
            (lambda x: np.mean((x > 0) == 1), np.ones(3), "comparison", "equal"),
            (lambda x: np.argmax(x) * 2.0, np.ones(3), "position", "argmax"),
            (lambda x: np.sum(np.round(x)), np.ones(3), "rounding", "rint"),
            (lambda x: np.sum(np.floor(x)), np.ones(3), "rounding", "floor"),
            (lambda x: np.sum(x.astype(int)) * 1.0, np.ones(3), "integer conversion", "truncate"),
            (lambda x: np.sum(cr.stop_gradient(x) ** 2), np.ones(3), "stop_gradient", "stop_gradient"),
            (lambda x: np.sum(np.where(x > 0, 1.0, 2.0)), np.ones(3), "condition", "where"),
            (lambda x: np.sum(np.where(x > 0, x, 0)), -np.ones(3), "branch not taken", "where"),
            (lambda x: np.sum(np.maximum(x, 0)), -np.ones(3), "dead unit", "maximum"),
            (lambda x: np.sum(np.clip(x, 0, 1)), np.full(3, 5.0), "dead unit", "clip"),
            (lambda x: np.sum(scipy.special.expit(x)), np.full(3, 50.0), "saturation", "expit"),
            (lambda x: np.sum(np.tanh(x)), np.full(3, 50.0), "saturation", "tanh"),
            (lambda x: np.sum(scipy.special.erf(x)), np.full(3, 50.0), "saturation", "erf"),
            (lambda x: np.sum(np.logaddexp(0, x)), np.full(3, -800.0), "saturation", "logaddexp"),
            (lambda x: np.sum(np.exp(x)), np.full(3, -800.0), "underflow", "exp"),
            (lambda x: np.sum(x * 0), np.ones(3), "factor of 0", "multiply"),
            (lambda x: np.sum((x > 2) * x), np.ones(3), "factor of 0", "multiply"),
            (lambda x: np.sum(x @ np.zeros((3, 2))), np.ones(3), "factor of 0", "matmul"),
            (lambda x: np.sum(x * 1e-200 * 1e-200), np.ones(3), "underflow", "multiply"),
            (lambda x: np.sum(x**2), np.zeros(3), "stationary", "power"),
            (lambda x: np.sum(np.cos(x)), np.zeros(3), "stationary", "cos"),
            (lambda x: np.sum(np.abs(x)), np.zeros(3), "kink", "absolute"),
            (lambda x: np.linalg.norm(x), np.zeros(3), "kink", "euclidean_norm"),
            (lambda x: np.count_nonzero(x) * 1.0, np.ones(3), "count", "count_nonzero"),
            (lambda x: np.max(np.stack([np.sum(x), 100.0])), np.ones(3), "not chosen", "max"),
        ],
    )
    def test_one_cause(self, fun, point, kind, operation):
        found = why_zero(fun, point)
        (part,) = found.inputs
        assert part.state == "zero"
        assert causes(part) == {(kind, operation): 1}
        assert part.causes[0].line[2] == part.causes[0].line[2].strip() != ""
        assert part.zeros.count == part.zeros.size == point.size
        assert part.norm == 0
        assert bool(found)
        with np.errstate(all="ignore"):
            assert not np.any(cr.grad(fun)(point))

    def test_unused(self):
        part = why_zero(lambda x, y: x**2, 3.0, 2.0)["y"]
        assert causes(part) == {("unused", ""): 1}

    def test_a_value_that_is_thrown_away(self):
        def f(x, y):
            np.sum(np.sin(y))
            return x

        part = why_zero(f, 3.0, np.ones(2))["y"]
        assert causes(part) == {("thrown away", ""): 1}
        assert part.causes[0].line[2] == "np.sum(np.sin(y))"

    def test_a_decision_of_python(self):
        def f(x, y):
            if y > 0:
                return x
            return -x

        part = why_zero(f, 3.0, 2.0)["y"]
        assert causes(part) == {("decision", ""): 1}
        assert part.causes[0].line[2] == "if y > 0:"

    def test_an_index(self):
        part = why_zero(lambda x, y: y[np.argmax(x)], np.ones(3), np.ones(3))["x"]
        assert causes(part) == {("index", "index"): 1}

    def test_a_plain_array_that_is_indexed(self):
        part = why_zero(lambda x: np.sum(np.arange(9.0)[x.astype(int)]), np.ones(3)).inputs[0]
        assert causes(part) == {("constant", ""): 1}

    def test_a_constant_result(self):
        part = why_zero(lambda x: 7.0, 3.0).inputs[0]
        assert causes(part) == {("unused", ""): 1}

    def test_symmetric_paths_cancel(self):
        part = why_zero(lambda x: np.sum((x - 1) ** 2 + (x + 1) ** 2), np.zeros(3)).inputs[0]
        assert causes(part) == {("cancellation", ""): 1}

    def test_elements_cancel_at_the_minimum(self):
        data = np.array([0.1, 0.2, 0.7])
        part = why_zero(lambda m: np.sum((data - m) ** 2), np.mean(data)).inputs[0]
        assert causes(part) == {("cancellation", ""): 1}, "up to rounding"

    def test_paths_cancel_before_an_operation(self):
        def f(x):
            y = np.sin(x)
            return np.sum(y - y)

        part = why_zero(f, np.ones(2)).inputs[0]
        assert causes(part) == {("cancellation", "sin"): 1}

    def test_a_value_used_twice_adds_up(self):
        found = why_zero(lambda a: np.sum(a + a), np.ones(2))
        assert not found
        assert found.inputs[0].smallest == 2

    def test_conversions_raise_as_the_gradient_does(self):
        for fun in (lambda x: float(x) * 2, lambda x: x * int(x), lambda x: np.sum(np.array([float(x)]))):
            with pytest.raises(cr.TracingError, match="converted"):
                why_zero(fun, 2.5)


class TestShares:
    def test_dead_units_of_a_layer(self):
        w = np.array([[1.0, -1.0, 1.0, -1.0]])

        def f(x, b):
            h = np.maximum(x @ w + b, 0)
            return np.sum(h)

        part = why_zero(f, np.array([[2.0]]), np.zeros(4))["b"]
        assert (part.state, part.zeros.first) == ("partly zero", ((1,), (3,)))
        (cause,) = part.causes
        assert (cause.died, cause.size, cause.operand, cause.share) == (2, 4, "x @ w + b", 1)

    def test_shares_are_of_zero_elements_and_add_up(self):
        def f(x):
            a = np.maximum(x[:4], 0)
            b = np.round(x[4:6])
            return np.sum(a) + np.sum(b)

        part = why_zero(f, np.array([-1.0, -1.0, 2.0, -1.0, 0.2, 0.2, 9.0, 9.0]))["x"]
        assert part.zeros.count == 7
        assert causes(part) == {
            ("dead unit", "maximum"): 3 / 7,
            ("rounding", "rint"): 2 / 7,
            ("not selected", "index"): 2 / 7,
        }

    def test_two_paths_share_the_blame(self):
        part = why_zero(lambda x: np.sum(np.round(x) + np.tanh(x)), np.full(2, 40.0)).inputs[0]
        assert causes(part) == {("rounding", "rint"): 0.5, ("saturation", "tanh"): 0.5}

    def test_the_cause_nearest_to_the_result_is_blamed(self):
        part = why_zero(lambda x: np.sum(np.round(np.tanh(x))), np.full(2, 40.0)).inputs[0]
        assert causes(part) == {("rounding", "rint"): 1}

    def test_blame_goes_through_what_mixes_elements(self):
        w = np.eye(3) + 0.1

        def f(x):
            return np.sum(np.maximum(np.reshape(w @ x, (3, 1)), 0).T)

        part = why_zero(f, -np.ones(3)).inputs[0]
        assert causes(part) == {("dead unit", "maximum"): 1}

    def test_a_layer_of_zeros_names_the_other_factor(self):
        def f(w1, w2):
            h = np.tanh(w1)
            return np.sum(h @ w2)

        part = why_zero(f, np.ones((2, 3)), np.zeros(3))["w1"]
        assert "the other factor, w2, is 0" in part.causes[0].words

    def test_many_causes_are_put_together(self):
        def f(x):
            return sum(np.round(x) * k for k in range(1, 40))

        part = why_zero(f, 2.0).inputs[0]
        assert len(part.causes) <= 13
        assert sum(cause.share for cause in part.causes) == pytest.approx(1)

    def test_broadcasting(self):
        def f(x, b):
            return np.sum(np.maximum(x + b, 0))

        found = why_zero(f, -np.ones((3, 2)), np.array(0.5))
        assert causes(found["b"]) == causes(found["x"]) == {("dead unit", "maximum"): 1}
        assert found["b"].causes[0].died == 6

    def test_gradients_that_are_zero_in_the_engine_are_those_reported(self):
        rng = np.random.default_rng(0)
        w = rng.normal(size=(5, 4))

        def f(x):
            h = np.maximum(x @ w, 0)
            s = np.sort(h, axis=1)[:, 2:]
            return np.sum(np.where(s > 1, s, 0) ** 2) + np.max(x)

        x = rng.normal(size=(6, 5))
        part = why_zero(f, x).inputs[0]
        gradient = cr.grad(f)(x)
        assert part.zeros.count == np.count_nonzero(gradient == 0)
        assert part.norm == pytest.approx(np.linalg.norm(gradient))
        assert sum(cause.share for cause in part.causes) == pytest.approx(1 if part.zeros.count else 0)


class TestVanishing:
    def test_factors_of_each_line(self):
        def f(x):
            for _ in range(20):
                x = np.tanh(x * 3)
                x = x * 0.1
            return np.sum(x)

        part = why_zero(f, np.array([2.0, 3.0])).inputs[0]
        assert part.state == "tiny"
        by_line = {shrink.line[2]: shrink for shrink in part.shrinks}
        assert by_line["x = x * 0.1"].per_pass == pytest.approx(0.1)
        assert by_line["x = x * 0.1"].passes == 20
        product = np.prod([shrink.factor for shrink in part.shrinks])
        assert product == pytest.approx(part.largest)

    def test_saturation_that_leaves_a_little(self):
        found = why_zero(lambda x: np.sum(scipy.special.expit(x)), np.full(2, 20.0))
        (shrink,) = found.inputs[0].shrinks
        assert shrink.operations == ("expit",)
        assert shrink.factor == pytest.approx(2.06e-9, rel=1e-2)
        assert "tiny" in str(found)


class TestHealthy:
    def test_it_says_so(self):
        found = why_zero(lambda x, y: np.sum(x**2) + y, np.array([3.0, 4.0]), 2.0)
        assert not found
        assert found.norm == pytest.approx(np.sqrt(101))
        assert (found["x"].smallest, found["x"].smallest_at) == (6, (0,))
        assert "the smallest entry is 1, of y" in found.summary

    def test_not_finite(self):
        found = why_zero(lambda x: np.sqrt(x), 0.0)
        assert found.inputs[0].state == "not finite"
        assert "cr.why_nan" in str(found)

    def test_empty(self):
        found = why_zero(lambda x, y: np.sum(x) + y, np.zeros(0), 1.0)
        assert found["x"].state == "empty"
        assert "has no elements" in str(found)


class TestPrograms:
    def test_containers_keywords_and_data(self):
        def loss(params, x, labels, *, scale):
            scores = x @ params["w"] * scale
            return -np.mean(scores[np.arange(len(labels)), labels])

        params = {"w": np.ones((2, 3)), "unused": np.ones(2), "name": "linear"}
        found = why_zero(loss, params, np.ones((4, 2)), np.array([0, 1, 2, 0]), scale=2.0)
        assert [part.name for part in found.inputs] == ["params['unused']", "params['w']", "x", "scale"]
        assert causes(found["params['unused']"]) == {("unused", ""): 1}
        with pytest.raises(KeyError, match="no input is called 'z'"):
            found["z"]

    def test_jitted_declared_and_checkpointed(self):
        @cr.custom_vjp
        def blocked(x):
            return x * 1.0

        blocked.defvjp(lambda x: (x, None), lambda residuals, ct: (ct * 0,))
        for fun in (
            cr.jit(lambda x: np.sum(np.round(x))),
            lambda x: np.sum(blocked(x)),
            lambda x: np.sum(cr.checkpoint(lambda y: np.round(y) * y * 0)(x)),
        ):
            part = why_zero(fun, np.ones(3)).inputs[0]
            assert part.state == "zero"
            assert sum(cause.share for cause in part.causes) == pytest.approx(1)

    def test_several_results(self):
        def f(x):
            sign, size = np.linalg.slogdet(x)
            return np.round(size) + sign

        part = why_zero(f, np.eye(2) * 3).inputs[0]
        assert part.state == "zero"
        assert "rounding" in {cause.kind for cause in part.causes}

    def test_a_matrix_that_is_not_finite(self):
        with pytest.raises(cr.NotDifferentiableError, match=r"ask cr\.why_nan"):
            why_zero(lambda x: np.linalg.det(np.diag(np.log(x))), np.array([0.0, 1.0, 2.0]))

    def test_complex_numbers(self):
        part = why_zero(lambda z: np.abs(z) ** 2 * 0 + np.real(z), 1 + 2j).inputs[0]
        assert part.state == "healthy"

    def test_what_the_function_raises_passes(self):
        def f(x):
            y = np.log(x)
            raise ValueError(f"no luck with {y.shape}")

        with pytest.raises(ValueError, match="no luck"):
            why_zero(f, -1.0)

    def test_results_that_have_no_gradient(self):
        with pytest.raises(cr.NotScalarError, match="sum it"):
            why_zero(lambda x: x * np.ones(2), 1.0)

    def test_text_is_bounded(self):
        found = why_zero(lambda p: sum(np.sum(np.round(part)) for part in p), [np.ones(3)] * 100)
        assert len(str(found)) < 12_000
        assert "more inputs" in str(found)


class TestForms:
    def test_json_and_every_form(self):
        for fun, point in [
            (lambda x: np.sum(np.round(x)), np.ones(3)),
            (lambda x: np.sum(scipy.special.expit(x)), np.full(2, 20.0)),
            (lambda x: x, 1.0),
            (lambda x: np.sqrt(x), 0.0),
            (lambda x: np.sum(x), np.zeros(0)),
        ]:
            found = why_zero(fun, point)
            json.dumps(found.to_dict(), allow_nan=False)
            console = Console(file=io.StringIO(), width=120)
            console.print(found)
            for form in (str(found), found._repr_html_(), found.to_markdown(), console.file.getvalue()):
                assert "Why zero" in form
            assert found.summary in " ".join(str(found).split())


def test_what_stop_gradient_acts_on_is_its_argument_and_not_the_module():
    def frozen(x):
        return cr.stop_gradient(x).sum()

    assert "stop_gradient(x)" in str(cr.why_zero(frozen, np.ones(2)))


def test_what_is_behind_a_comparison_is_not_to_blame():
    # Where (x > 0) is the label, the square is level, too: "stationary" was said, as of a minimum.
    labels = np.array([1.0, 0.0, 0.0, 1.0])
    found = why_zero(lambda x: np.mean(((x > 0).astype(float) - labels) ** 2), np.array([1.0, -1.0, 2.0, -2.0]))
    assert causes(found["x"]) == {("comparison", "greater"): 1}


def test_a_factor_of_0_that_stands_in_the_line_is_not_said_to_be_0_twice():
    assert "(the other factor is 0)" in why_zero(lambda x: 0 * x + 1.0, 2.0).summary


def test_notes_name_labels_that_are_crossed_and_units_that_are_copies():
    data, labels = np.random.default_rng(0).normal(size=(6, 2)), np.ones((6, 1))
    found = why_zero(lambda w: np.mean((data @ w - labels) ** 2), np.array([1.0, 2.0]))
    assert found
    assert "data @ w of shape (6,) and labels of shape (6, 1) make (6, 6) in subtract" in found.notes[0]
    assert "But data @ w" in found.summary
    assert found.to_dict()["notes"] == list(found.notes)
    copied = why_zero(lambda w: np.sum(np.tanh(data @ w) ** 2), np.ones((2, 3)))
    assert copied.notes[0].startswith("the 3 columns of w are equal, and so are their gradients")
    assert not why_zero(lambda w: np.sum((w - 1) ** 2), np.zeros((2, 3))).notes  # elements that stand alone
