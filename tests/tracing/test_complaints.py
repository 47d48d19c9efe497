"""Proves that what NumPy, SciPy and Python's math refuse is told by its name, with what to write instead."""

from __future__ import annotations

import functools
import math
import re
import statistics
from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest
import scipy.differentiate
import scipy.fft
import scipy.integrate
import scipy.linalg
import scipy.ndimage
import scipy.optimize
import scipy.optimize.elementwise
import scipy.signal
import scipy.sparse
import scipy.spatial
import scipy.special
import scipy.stats
from scipy.linalg import lapack

import chainrule as cr

X = np.array([0.3, 1.1, 0.2])
MATRIX = np.diag([2.0, 3.0, 4.0])


def added_to_a_plain_array(x: Any) -> Any:
    total = np.zeros(3)
    total[[0, 1]] += np.array(x)[:2]
    return np.sum(total)


def assigned_over_several_lines(x: Any) -> Any:
    table = np.zeros((3, 3))
    table[0, :2] = 1.0
    table[
        1:, 0
    ] = (
        x[1:]
        * 2
    )  # fmt: skip
    return np.sum(table)


def assigned_to_an_element(x: Any) -> Any:
    table = np.array([0.0, 1.0])
    table[0] = np.array(x)[1] * 2
    return np.sum(table)


def counted_by_mask(x: Any) -> Any:
    counts = np.zeros(3)
    counts[x > 0.5] = 1
    return np.sum(counts * x)


def read_by_mask(x: Any) -> Any:
    table = np.arange(3.0)
    return np.sum(table[x > 0.5])


def solved_by_lapack(x: Any) -> Any:
    return np.sum(lapack.dgtsv(x[1:], x, x[1:], np.ones(3))[3])


def histogram_of_objects(x: Any) -> Any:
    values = np.asarray(x)
    return np.histogram(values)[0]


def callback_of_the_user(x: Any) -> Any:
    return scipy.integrate.quad(lambda s: s * float(x[0]), 0, 1)[0]


REFUSED: tuple[tuple[Callable[..., Any], str], ...] = (
    (assigned_over_several_lines, r"assigned into a plain array.* np\.zeros\(n, like=x\)"),
    (assigned_to_an_element, r"assigned into a plain array.* np\.zeros\(n, like=x\)"),
    (lambda x: sum(v * v for v in np.nditer(x)), r"np\.nditer walks over memory.* for i in np\.ndindex\(x\.shape\)"),
    (
        lambda x: np.sum(np.log(np.array([2.0, x[0]]))),
        r"array of Python objects.*no callable log.* np\.array\(.*like=x\)",
    ),
    (
        lambda x: np.sum(np.arctan2(np.array([2, x[0]]), 1)),
        r"array of Python objects.*'arctan2'.* np\.array\(.*like=x\)",
    ),
    (solved_by_lapack, r"compiled function of SciPy takes plain numbers only; write it with NumPy's functions"),
    (lambda x: scipy.linalg.qr(x * MATRIX, pivoting=True)[1][0, 0], r"scipy\.linalg\.qr .* write np\.linalg\.qr"),
    (
        lambda x: scipy.sparse.coo_array((x, ([0, 1, 2], [0, 1, 2]))).sum(),
        r"scipy\.sparse\.coo_array .* cr\.custom_vjp",
    ),
    (lambda x: np.random.default_rng(0).normal(x[0]), r"plain numbers only.* loc \+ scale \* rng\.standard_normal"),
    (lambda x: np.sum(np.random.default_rng(0).exponential(x)), r"loc \+ scale \* rng\.standard_normal"),
    (lambda x: np.random.default_rng(0).permutation(x)[0], r"x\[rng\.permutation\(len\(x\)\)\]"),
    (lambda x: scipy.ndimage.gaussian_filter(MATRIX, x[0])[0, 0], r"scipy\.ndimage\.gaussian_filter .* np\.convolve"),
    (
        lambda x: np.sum(scipy.signal.convolve2d(np.outer(x, x), np.ones((2, 2)), boundary="wrap")),
        r"scipy\.signal\.convolve2d .*np\.flip",
    ),
    (
        lambda x: np.sum(scipy.signal.sosfilt(np.ones((1, 6)), x)),
        r"(?s)scipy\.signal\.sosfilt .* cr\.custom_vjp\n  at .*test_complaints\.py",
    ),
    (lambda x: len("%.2f" % x[0]) * x[0], "an f-string takes a traced value"),  # noqa: UP031
    (
        lambda x: scipy.optimize.elementwise.find_root(lambda s: s - x[0], (0.0, 1.0)).x,
        r"scipy\.optimize\.find_root .* write scipy\.optimize\.brentq",
    ),
    (
        lambda x: scipy.differentiate.derivative(lambda s: s * x[0], 1.0).df,
        r"scipy\.differentiate\.derivative .* write cr\.derivative",
    ),
    (
        lambda x: scipy.optimize.approx_fprime([1.0], lambda s: s[0] * x[0])[0],
        r"scipy\.optimize\.approx_fprime .* write cr\.grad",
    ),
    (
        lambda x: scipy.integrate.tanhsinh(lambda s: s * x[0], 0, 1).integral,
        r"tanhsinh .* write scipy\.integrate\.quad",
    ),
    (
        lambda x: scipy.integrate.ode(lambda t, y: -y).set_initial_value(x, 0).integrate(1.0)[0],
        r"scipy\.integrate\..* write scipy\.integrate\.solve_ivp",
    ),
    (
        lambda x: scipy.integrate.RK45(lambda t, y: -x[0] * y, 0, [1.0], 1.0).step(),
        r"scipy\.integrate\.RK45 .* write scipy\.integrate\.solve_ivp",
    ),
    (lambda x: np.sum(scipy.ndimage.map_coordinates(MATRIX, [x, x])), r"scipy\.ndimage\.map_coordinates .* np\.take"),
    (lambda x: scipy.special.sph_harm_y(2, 1, x[0], 0.3).real, r"scipy\.special\.sph_harm_y .* cr\.custom_vjp"),
    (lambda x: np.ma.masked_invalid(x).mean(), r"np\.ma\.masked_invalid .* x\[np\.isfinite\(x\)\]"),
    (
        lambda x: np.sum(np.array([2 * v for v in x]), where=[True, False, True]),
        r"Python objects.* np\.array\(.*like=x\)",
    ),
    (lambda x: np.polynomial.Polynomial.fit(x, X, 1)(0.5), r"np\.polynomial\.fit .*np\.polyfit\(x, y, n\)\[::-1\]"),
    (
        lambda x: np.polynomial.polynomial.polyfit(x, X, 1)[0],
        r"np\.polynomial\S*polyfit .*write np\.polyfit\(x, y, n\)",
    ),
    (lambda x: np.logaddexp(np.asarray(x), 0.0)[0], r"Python objects.* np\.array\(.*like=x\)"),
    (lambda x: np.heaviside(np.array([x[0], 1.0]), 0.5)[0], r"Python objects.* np\.array\(.*like=x\)"),
    (lambda x: np.array([x[0], 1.0]).astype(float)[0], "leave the type out"),
    (histogram_of_objects, r"Python objects.* np\.stack\(\[x, y\]\) for np\.array\(\[x, y\]\)"),
    (lambda x: np.sum(np.trunc(np.array([np.float32(2), x[0]]))), r"Python objects.* np\.array\(.*like=x\)"),
    (lambda x: np.sum(np.full_like(X, x[0])), r"np\.full\(shape, value\) for np\.full_like"),
    (lambda x: np.sum(np.arange(x[0], 3.0)), r"start \+ step \* np\.arange\(n\)"),
    (lambda x: np.sum(np.fromiter((v for v in x), float)), r"np\.stack\(list\(values\)\)"),
    (lambda x: abs(complex(x[0], x[1])), r"x \+ 1j \* y for complex\(x, y\)"),
    (lambda x: statistics.mean(x), "np.mean for statistics.mean"),
    (lambda x: statistics.fmean(x), r"(?s)np\.mean for statistics\.mean\n  at .*test_complaints\.py"),
    (lambda x: np.random.default_rng(0).choice(3, p=x / np.sum(x)) * x[0], r"choices are.* cr\.stop_gradient\(x\)"),
    (callback_of_the_user, r"converted to float.* leave the conversion out"),
    (lambda x: sqrt(x[0]), r"Python's math .* np\.sin for math\.sin"),
    (lambda x: math.exp(x[0]), r"Python's math .* np\.sin for math\.sin"),
    (lambda x: np.sin(x[1]) + float(x[0]), "leave the conversion out"),
    (lambda x: x[np.int64(x[0])], r"write x\.astype\(int\)"),
    (lambda x: np.sum(np.array([float(x[0]), x[1]])), "leave the conversion out"),
    (added_to_a_plain_array, r"plain array, which cannot hold their derivatives .* np\.zeros\(n, like=x\)"),
    (lambda x: np.sum(np.isnan(np.array([[x[0], 1.0], [2.0, x[1]]]))), r"np\.array\(\[\.\.\.\], like=x\)"),
)


@pytest.mark.parametrize(("function", "message"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_a_refusal_says_what_and_what_to_write(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(cr.TracingError, match=message):
        cr.grad(function)(X)


ADVICE: tuple[tuple[Callable[..., Any], dict[str, float]], ...] = (
    (scipy.special.spherical_jn, {"n": 2, "z": 1.4}),
    (scipy.special.spherical_yn, {"n": 2, "z": 1.4}),
)


@pytest.mark.parametrize(("function", "given"), ADVICE, ids=[f"{i}-{f.__name__}" for i, (f, _) in enumerate(ADVICE)])
def test_what_is_advised_is_the_same_function_and_has_a_derivative(
    function: Callable[..., Any], given: dict[str, float]
) -> None:
    by = "x" if "x" in given else list(given)[-1]
    with pytest.raises(cr.ChainruleError, match="; write ") as told:
        cr.grad(lambda value: function(**{**given, by: value}))(given[by])
    text = str(told.value).split("; write ")[1].split("\n")[0]

    def advised(value: Any) -> Any:
        return eval(text, {"np": np, "scipy": scipy, **given, by: value})  # what the message says

    assert advised(given[by]) == pytest.approx(function(**given), rel=1e-12)
    cr.check_grad(advised, given[by])


ADVICE_ON_ARRAYS: tuple[tuple[Callable[..., Any], dict[str, Any]], ...] = (
    (lambda x: scipy.stats.iqr(x), {}),
    (lambda a, popmean: scipy.stats.ttest_1samp(a, popmean).statistic, {"a": X, "popmean": 0.2}),
    (lambda x, t: scipy.signal.detrend(x), {"t": np.arange(3)}),
    (lambda x, n: scipy.signal.medfilt(x, n), {"n": 3}),
    (lambda b, w: scipy.signal.freqz(b, worN=w)[1], {"b": X, "w": np.array([0.1, 0.7])}),
)  # fmt: skip


@pytest.mark.parametrize(("function", "given"), ADVICE_ON_ARRAYS, ids=[str(i) for i in range(len(ADVICE_ON_ARRAYS))])
def test_what_is_advised_on_arrays_is_the_same_function(function: Callable[..., Any], given: dict[str, Any]) -> None:
    by = next((name for name in given if name in ("a", "b", "c", "p", "u", "x")), "x")
    given = given if by in given else {**given, "x": X}
    with pytest.raises(cr.TracingError, match="write ") as told:
        cr.grad(lambda value: np.sum(function(**{**given, by: value})))(given[by])
    text = str(told.value).split("write ")[-1].split("\n")[0].split(", with")[0].split(", without")[0]
    scope = {"np": np, "scipy": scipy, **given}
    np.testing.assert_allclose(eval(text, scope), function(**given), rtol=1e-10)
    weights = np.random.default_rng(0).uniform(size=np.shape(function(**given)))  # a sum of deviations says nothing
    cr.check_grad(lambda value: np.sum(weights * np.real(eval(text, {**scope, by: value}))), given[by])


def test_a_step_by_hand_gives_a_root_its_derivative() -> None:
    def root(x: Any) -> Any:
        a = x[0]
        constant = cr.stop_gradient(a)
        r = scipy.optimize.brentq(lambda r: r**3 + r - constant, -3, 3)
        return r - (r**3 + r - a) / (3 * r * r + 1)

    cr.check_grad(root, X)


def test_the_array_that_is_advised_takes_numbers_without_a_trace_too() -> None:
    def powers(x: Any, array: Any) -> Any:
        array[:] = x, x**2, x**3
        return np.sum(array)

    with pytest.raises(cr.TracingError, match=r"np\.zeros_like\(x, shape=n\), also of a number"):
        cr.grad(lambda x: powers(x, np.zeros(3)))(2.0)

    def advised(x: Any) -> Any:
        return powers(x, np.zeros_like(x, shape=3))

    assert advised(2.0) == 14.0
    assert cr.grad(advised)(2.0) == 17.0


def test_an_error_of_another_kind_is_told_of_as_it_is() -> None:
    class Mine(Exception):
        pass

    def function(x: Any) -> Any:
        try:
            return math.sin(x[0])
        except TypeError as error:
            raise Mine("not a proper array of floats") from error

    with pytest.raises(Mine, match="not a proper"):
        cr.grad(function)(X)
    with pytest.raises(ValueError, match="different signs"):
        cr.grad(lambda x: scipy.optimize.brentq(lambda s: s * s + 1, 0, 1) * x[0])(X)


def test_a_conversion_that_was_declared_is_not_advised_again() -> None:
    def function(x: Any) -> Any:
        return x[0] * float(cr.stop_gradient(x[1]))

    np.testing.assert_array_equal(cr.grad(function)(X), [1.1, 0, 0])
    with pytest.raises(cr.TracingError, match="compiled code and vmap have no plain number here"):
        cr.vmap(function)(np.stack([X, X]))


@pytest.mark.parametrize(
    "function",
    [lambda x: {0.5: 2.0}[x] * x, lambda x: {0.5: 2.0}.get(x, 0.0) * x, lambda x: x * (x in {0.5}), lambda x: len({x, 0.5}) * x,
     functools.cache(lambda x: x * x)],
)  # fmt: skip
def test_a_traced_value_is_no_key(function: Callable[..., Any]) -> None:
    with pytest.raises(cr.TracingError, match=r"dictionary or a set.*\(x\) instead of x"):
        cr.grad(function)(0.5)
    jitted = cr.jit(function)
    with pytest.warns(cr.JitWarning, match="dictionary or a set"):
        assert [jitted(0.5) for _ in range(3)] == [function(0.5)] * 3


@pytest.mark.parametrize(
    ("function", "message"),
    [(counted_by_mask, r"write a = np\.zeros\(n, like=x\) where the array is created"),
     (read_by_mask, r"write np\.take\(a, i, axis=0\), or np\.array\(a, like=x\)\[i\]")],
)  # fmt: skip
def test_a_plain_array_indexed_in_compiled_code_says_how_it_is_written(
    function: Callable[..., Any], message: str
) -> None:
    jitted = cr.jit(function)
    with pytest.warns(cr.JitWarning, match=message):
        assert [jitted(X) for _ in range(3)] == [function(X)] * 3


def test_a_declared_constant_is_a_key() -> None:
    assert cr.grad(lambda x: {0.5: 2.0}[cr.stop_gradient(x)] * x)(0.5) == 2.0


def test_an_error_that_is_the_users_own_stays_as_it_is() -> None:
    def function(x: Any) -> Any:
        raise ValueError("an object of mine")

    with pytest.raises(ValueError, match=r"^an object of mine$"):
        cr.grad(function)(X)


def test_strides_are_asked_for_in_vain() -> None:
    with pytest.raises(AttributeError, match="sliding_window_view"):
        cr.grad(lambda x: np.sum(x) * x.strides[0])(X)


def test_an_array_taken_apart_is_told_of_where_it_makes_a_long_run() -> None:
    table = np.ones((60, 100))
    product = table.dot  # a method that is not called where it is looked up
    with pytest.warns(
        RuntimeWarning, match=r"(?s)operations on single numbers .*product\(x\).* a @ x for a\.dot\(x\)"
    ) as told:
        gradient = cr.grad(lambda x: np.sum(product(x)))(np.ones(100))
    assert told[0].filename == __file__
    np.testing.assert_array_equal(gradient, np.full(100, 60.0))


def test_a_function_of_scipy_that_takes_an_array_apart_is_named() -> None:
    said = r"(?s)scipy\.signal\.detrend took .*detrend\(x.*Write x - np\.polyval"
    with pytest.warns(RuntimeWarning, match=said):
        gradient = cr.grad(lambda x: scipy.signal.detrend(x, type="constant")[-1])(np.zeros(4000))
    np.testing.assert_allclose(gradient, [*np.full(3999, -1 / 4000), 1 - 1 / 4000])


def test_a_short_run_on_single_numbers_is_not_told_of() -> None:
    product = np.ones((4, 4)).dot
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(product(x)))(np.ones(4)), np.full(4, 4.0))


NOTHING: Any = None


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: NOTHING(x), "'NoneType' object is not callable"),
        (lambda x: NOTHING[0] * x, "'NoneType' object is not subscriptable"),
        (lambda x: x(3), "object is not callable"),
        (lambda x: len(5) * x, "object of type 'int' has no len()"),
        (lambda x: sum(5) * x, "'int' object is not iterable"),
        (lambda x: object() * x, "unsupported operand type(s) for *: 'object'"),
    ],
)
def test_what_python_says_of_objects_is_not_taken_for_numpys(function: Callable[[Any], Any], said: str) -> None:
    with pytest.raises(TypeError, match=re.escape(said)) as caught:
        cr.grad(function)(1.0)
    assert not isinstance(caught.value, cr.TracingError)


def test_an_element_of_a_plain_array_by_flat() -> None:
    def assigned(x: Any) -> Any:
        total = np.zeros(3)
        total.flat[1] = x[0]
        return np.sum(total)

    with pytest.raises(cr.TracingError, match=r"into a plain array.*np\.zeros\(n, like=x\)"):
        cr.grad(assigned)(X)


def test_what_else_flat_refuses_is_not_blamed_on_traced_values() -> None:
    def text() -> None:
        np.zeros(3).flat[1] = "text"

    def fun(x: Any) -> Any:
        text()
        return np.sum(x)

    with pytest.raises(ValueError, match="single item") as caught:
        cr.grad(fun)(X)
    assert not isinstance(caught.value, cr.TracingError)
