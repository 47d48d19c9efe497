"""Proves that the plan of a compiled function says what the program does: its loops, its memory, its paths, and NumPy's part."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import JitWarning
from chainrule.native.plan import ASSEMBLED, LAPACK, LOOP, NUMPY, PRODUCT, STRAIGHT

rng = np.random.default_rng(3)
SCALE = np.array([2.0, 3.0] * 10)


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def logistic(w, X, y):
    return np.mean(np.logaddexp(0, -y * (X @ w)))


def square_root(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def plan(fun, *args):
    return cr.jit(fun).explain_plan(*args)


def test_rosenbrock_is_one_loop_without_scratch_memory():
    found = plan(rosenbrock, np.linspace(0, 1, 1000))
    (step,) = found.steps
    assert (step.kind, step.space) == (LOOP, (999,))
    assert step.computes == ("result = sum(100 * (x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)",)
    assert (step.writes, found.arena, found.fallbacks) == (8, 0, ())
    assert (
        step.spared == 7 * 999 * 8
    )  # six operations before the sum would write an array each, and the square of x[:-1]


def test_rosenbrocks_gradient_is_computed_by_fused_loops_alone():
    found = plan(cr.grad(rosenbrock), np.linspace(0, 1, 1000))
    assert {step.kind for step in found.steps} == {LOOP}
    assert len(found.steps) <= 2
    assert found.steps[-1].writes == 8000
    assert "placed(v, at=[k])" in str(found)


def test_logistic_regression_reads_its_matrix_once():
    X, y = rng.normal(size=(4000, 5)), np.sign(rng.normal(size=4000))
    found = plan(cr.value_and_grad(logistic), rng.normal(size=5), X, y)
    loops = [step for step in found.steps if step.kind == LOOP]
    reading = [step for step in loops if step.space == (4000, 5)]
    assert len(reading) == 2  # the products with X and with its transpose
    assert len(loops) <= 4
    assert reading[0].number in reading[1].together
    assert {"result[0]", "result[1]"} <= {line.split(" = ")[0] for step in found.steps for line in step.computes}
    assert not found.fallbacks


def test_small_arrays_are_straight_line_code():
    found = plan(cr.grad(lambda x: np.sum(np.sin(x) * x)), np.ones(3))
    (step,) = found.steps
    assert (step.kind, step.space, found.arena) == (STRAIGHT, (), 0)
    assert (step.reads, step.writes) == (24, 24)
    assert found.instructions > 10


def test_a_function_without_instructions_is_named():
    found = plan(lambda x: np.sum(np.sort(x) ** 2), np.ones(3))
    assert [(each.what, each.why) for each in found.fallbacks] == [("sort", "native code has no instructions for it")]
    assert found.steps[0].kind == NUMPY
    assert "t1 = sort(x, axis=0)" in found.steps[0].computes


def test_a_matrix_is_factored_once_for_a_system_and_its_gradient():
    found = plan(cr.value_and_grad(lambda b, A: np.sum(np.linalg.solve(A, b) ** 2)), np.ones(20), np.eye(20) + 1)
    assert [step.kind for step in found.steps] == [LAPACK, LAPACK, LOOP, LAPACK]
    assert found.steps[0].computes == ("t1, t2, t3 = lu(A)",)
    assert not found.fallbacks


@pytest.mark.parametrize(
    ("fun", "argument", "why"),
    [
        (lambda x: x[x > 0, None] * 2, np.ones(300), "an index is a mask"),
        (lambda x: x * 2, np.ones(40, np.int32), "not in int32"),
        (lambda x: np.linalg.qr(x), np.ones((0, 4)), "no elements"),
    ],
)
def test_why_numpy_computes_an_operation(fun, argument, why):
    assert why in plan(fun, argument).fallbacks[0].why


def test_matrix_products_read_transposes_where_they_lie():
    found = plan(lambda A: np.concatenate([A @ A.T, A * 2]), np.ones((300, 300)))
    kinds = [step.kind for step in found.steps]
    assert kinds == [PRODUCT, ASSEMBLED]
    assert found.steps[0].computes == ("t1 = A @ A.T",)
    assert found.steps[1].computes == ("result = concatenate([t1, A * 2], axis=0)",)
    assert found.arena == 300 * 300 * 8


@pytest.mark.parametrize(
    ("fun", "text"),
    [
        (lambda x, y: (x < y) + x, "(x < y) + x"),
        (lambda x, y: x - (x == y), "x - (x == y)"),
        (lambda x, y: (x < y) == (y <= x), "(x < y) == (y <= x)"),
        (lambda x, y: x + 1 < y - x, "x + 1 < y - x"),
    ],
)
def test_a_comparison_stands_in_brackets_inside_of_another_operation(fun, text):
    found = plan(fun, np.linspace(0, 1, 100), np.linspace(1, 0, 100))
    assert found.steps[0].computes == (f"result = {text}",)


def test_several_results_of_one_operation_have_names():
    found = plan(np.linalg.svd, np.eye(4) * 2)
    assert "= svd(a" in found.steps[0].computes[0]


def test_paths_are_those_that_calls_have_taken():
    compiled = cr.jit(square_root)
    assert len(compiled.explain_plan(4.0).paths) == 1
    assert len(compiled.explain_plan(4.0).paths) == 1
    found = compiled.explain_plan(1e6)
    assert len(found.paths) == 2
    assert [path.number for path in found.paths] == [1, 2]
    first, second = (path.decisions for path in found.paths)
    assert len(first) < len(second)
    assert first[0] == second[0] == ("absolute(a * a - a) > 1e-12", "True")
    assert first[-1][1] == "False"
    assert {step.paths for step in found.steps} == {(1, 2), (2,)}


def test_a_branch_is_a_path_with_steps_of_its_own():
    compiled = cr.jit(lambda x: np.sin(x) if x[0] > 0 else np.cos(x))
    compiled.explain_plan(np.ones(100))
    found = compiled.explain_plan(-np.ones(100))
    assert [path.decisions for path in found.paths] == [(("x[0] > 0", "True"),), (("x[0] > 0", "False"),)]
    assert [(step.computes, step.paths) for step in found.steps if step.kind == LOOP] == [
        (("result = sin(x)",), (1,)),
        (("result = cos(x)",), (2,)),
    ]


def test_arguments_results_and_closed_over_arrays_go_by_their_names():
    found = plan(lambda p, n: {"out": [p["w"] * SCALE + n * p["b"]]}, {"w": np.ones(20), "b": 2.0}, 3)
    assert "result['out'][0] = p['w'] * SCALE + " in str(found)
    assert "p['w']: float64[20]" in found.signature
    assert any(note.startswith("SCALE is an array (20, float64) that was closed over") for note in found.notes)
    assert any(note.startswith("n = 3 is part of the signature") for note in found.notes)


class Scaler:
    def __init__(self):
        self.w = np.arange(20.0)

    def __call__(self, x):
        return x * self.w

    def scaled(self, x):
        return x * self.w


SCALER = Scaler()
PARAMS = {"w": [np.arange(20.0)]}


@pytest.mark.parametrize(
    ("fun", "name"),
    [
        (lambda x: SCALER(x), "SCALER.w"),
        (SCALER.scaled, "self.w"),
        (lambda x: x * PARAMS["w"][0], "PARAMS['w'][0]"),
        (lambda x, data=SCALER.w: x * data, "data"),
        (lambda x: sum(y * SCALE for y in (x, x)), "SCALE"),
        (cr.grad(lambda x: np.sum(x**2 * SCALE)), "SCALE"),
    ],
)
def test_arrays_are_named_however_the_function_reaches_them(fun, name):
    assert any(note.startswith(f"{name} is an array (20, float64)") for note in plan(fun, np.ones(20)).notes)


def test_arguments_that_a_star_collects_are_counted_also_before_keywords():
    def scaled(a, *rest, scale=2.0):
        return a * rest[1] * scale

    x = np.ones(3)
    assert str(plan(scaled, x, x, x)).startswith("scaled(a: float64[3], rest[0]: float64[3], rest[1]: float64[3])")


def test_what_is_used_twice_is_named_once():
    (step,) = plan(lambda x: np.exp(np.sin(x)) * np.sin(x), np.ones(50)).steps
    assert step.computes == ("v1 = sin(x)", "result = exp(v1) * v1")


def test_many_operations_are_counted():
    def long(x):
        for _ in range(30):
            x = np.sin(x) * 2
        return x

    (step,) = plan(long, np.ones(4)).steps
    assert step.operations == 60
    assert step.computes[0].startswith("result from 60 operations: ")
    assert "30 sin" in step.computes[0]


def test_results_that_are_only_copied_are_noted():
    found = plan(lambda x: (x.T, x), np.ones((30, 20)))
    assert found.steps == ()
    assert found.notes[:2] == ("result[0] is a copy of x.T", "result[1] is a copy of x")


def test_a_call_that_is_not_compiled_says_why():
    found = plan(lambda x: x, np.array([1, 2], dtype=">i4"))
    assert not found.steps
    assert found.fallbacks[0].what == "the whole function"
    assert "not compiled" in str(found)


def test_a_function_that_is_not_compiled_says_why():
    compiled = cr.jit(lambda x: f"{x[0]:.1f}")
    with pytest.warns(JitWarning):
        compiled(np.ones(3))
    found = compiled.explain_plan(np.ones(3))
    assert found.fallbacks[0].what == "the whole function"
    assert found.fallbacks[0].why


def test_a_plan_inside_of_a_transform_is_refused():
    compiled = cr.jit(np.sin)
    with pytest.raises(cr.TracingError, match="inside of a transform"):
        cr.grad(lambda x: (compiled.explain_plan(x), x)[1])(1.0)


def test_the_plan_changes_nothing_of_what_is_computed():
    compiled, x = cr.jit(cr.grad(rosenbrock)), np.linspace(-1, 2, 100)
    compiled.explain_plan(x)
    np.testing.assert_allclose(compiled(x), cr.grad(rosenbrock)(x), rtol=1e-13, atol=1e-12)


def test_text_html_and_data_say_the_same():
    found = plan(lambda x: np.sum(x < 0.5), np.linspace(0, 1, 100))
    text, page, data = str(found), found._repr_html_(), json.loads(json.dumps(found.to_dict()))
    assert "x < 0.5" in text
    assert "x &lt; 0.5" in page
    assert data["steps"][0]["kind"] == LOOP
    assert data["arena"] == found.arena
    assert found.summary in text


def test_parts_of_an_array_are_read_each():
    (step,) = cr.jit(lambda x: np.sum(np.hypot(x[0], x[1]))).explain_plan(np.ones((3, 1000))).steps
    assert step.reads == 2 * 8000
    (step,) = cr.jit(lambda x: np.sum(x[1:] * x[:-1])).explain_plan(np.ones(1000)).steps
    assert step.reads == 8000
