"""Programs as people write them: NumPy's value, the limit's derivative in both modes, a batch that agrees with a loop."""

from __future__ import annotations

import copy
import functools
import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.special
from numpy.typing import NDArray

import chainrule as cr

Array = NDArray[np.float64]
random = np.random.default_rng(3)
V = np.array([0.3, -1.2, 2.1])
W = np.array([0.7, 0.4, 1.9])
M = random.normal(size=(2, 3))
S = random.normal(size=(3, 3))
DATA = random.normal(size=(6, 3))
LABELS = np.array([0, 1, 1, 0, 1, 0])
LAYERS = [(random.normal(size=(3, 4)), np.zeros(4)), (random.normal(size=(4, 2)), np.ones(2))]


# Models


def logistic_regression(weights: Any) -> Any:
    probability = 0.5 * (np.tanh(DATA @ weights) + 1)
    return -np.sum(np.log(probability * LABELS + (1 - probability) * (1 - LABELS)))


def perceptron(layers: Any) -> Any:
    hidden = DATA
    for weights, bias in layers:
        outputs = np.dot(hidden, weights) + bias
        hidden = np.tanh(outputs)
    log_probability = outputs - np.logaddexp.reduce(outputs, axis=1, keepdims=True)
    return -np.mean(log_probability[np.arange(len(LABELS)), LABELS])


def lstm(parameters: Any) -> Any:
    hidden = cell = np.zeros(2)
    for x in DATA:
        gates = parameters["W"] @ np.concatenate([x, hidden]) + parameters["b"]
        ingate, forget, outgate, change = np.split(gates, 4)
        cell = scipy.special.expit(forget) * cell + scipy.special.expit(ingate) * np.tanh(change)
        hidden = scipy.special.expit(outgate) * np.tanh(cell)
    return np.sum(hidden**2)


def mixture(log_weights: Any, means: Any, log_scales: Any) -> Any:
    normalized = log_weights - np.logaddexp.reduce(log_weights)
    scaled = (DATA[:, None, :] - means) / np.exp(log_scales)
    log_density = np.sum(-0.5 * scaled**2 - log_scales - 0.5 * np.log(2 * np.pi), axis=-1)
    return np.logaddexp.reduce(normalized + log_density, axis=1).sum()


def evidence_bound(parameters: Any) -> Any:
    mean, log_std = parameters[:2], parameters[2:]
    samples = np.random.RandomState(0).randn(20, 2) * np.exp(log_std) + mean
    log_joint = -0.5 * samples[:, 0] ** 2 - 0.5 * (samples[:, 1] / np.exp(samples[:, 0] / 2)) ** 2 - samples[:, 0] / 2
    return np.mean(log_joint) + np.sum(log_std)


def gaussian_process(parameters: Any) -> Any:
    scale, length, noise = np.exp(parameters)
    distance = np.sum((DATA[:, None] / length - DATA[None, :] / length) ** 2, axis=2)
    covariance = scale * np.exp(-0.5 * distance) + noise * np.eye(len(DATA))
    lower = np.linalg.cholesky(covariance)
    whitened = np.linalg.solve(lower, LABELS - 0.5)
    return 0.5 * whitened @ whitened + np.sum(np.log(np.diag(lower))) + 0.1 * np.linalg.slogdet(covariance)[1]


def kalman(logs: Any) -> Any:
    process, measurement = np.exp(logs)
    mean, variance, total = 0.0, 1.0, 0.0
    for y in DATA[:, 0]:
        variance = variance + process
        innovation = variance + measurement
        total += 0.5 * (np.log(innovation) + (y - mean) ** 2 / innovation)
        gain = variance / innovation
        mean, variance = mean + gain * (y - mean), (1 - gain) * variance
    return total


def runge_kutta(parameters: Any) -> Any:
    def slope(y: Any) -> Any:
        return np.array([y[0] * (parameters[0] - y[1]), y[1] * (y[0] - parameters[1])])

    y, h = np.array([1.0, parameters[2]]), 0.1
    for _ in range(10):
        k1 = slope(y)
        k2 = slope(y + h / 2 * k1)
        k3 = slope(y + h / 2 * k2)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(y + h * k3))
    return y[0] + y[1] ** 2


def attention(x: Any) -> Any:
    scores = np.einsum("id,jd->ij", x, x) / np.sqrt(x.shape[-1])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.sum(np.einsum("ij,jd->id", weights, x) ** 2)


def layer_norm(x: Any) -> Any:
    centered = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    return np.sum(centered**3 * np.arange(3))


def soft_k_means(centers: Any) -> Any:
    distance = np.sum((DATA[:, None] - centers[None]) ** 2, axis=-1)
    return -np.sum(np.logaddexp.reduce(-distance, axis=1))


def principal_components(x: Any) -> Any:
    values, vectors = np.linalg.eigh(x @ x.T + np.diag([1.0, 2.0, 3.0]))
    return values[-1] + np.sum(vectors[:, -1] ** 4) + np.linalg.svd(x, compute_uv=False)[0]


def black_scholes(market: Any) -> Any:
    spot, rate, volatility = market
    d1 = (np.log(spot / 1.1) + (rate + volatility**2 / 2) * 0.5) / (volatility * np.sqrt(0.5))
    normal = [0.5 * (1 + scipy.special.erf(d / np.sqrt(2))) for d in (d1, d1 - volatility * np.sqrt(0.5))]
    return spot * normal[0] - 1.1 * np.exp(-rate * 0.5) * scipy.special.ndtr(d1 - volatility * np.sqrt(0.5))


def stencil(x: Any) -> Any:
    for _ in range(4):
        x = x + 0.1 * (np.roll(x, 1, 0) + np.roll(x, -1, 0) + np.roll(x, 1, 1) + np.roll(x, -1, 1) - 4 * x)
    return np.sum(x**2)


def newton_root(a: Any) -> Any:
    x, steps = a * 1.0, 0
    while abs(x * x - a) > 1e-13 and steps < 50:
        x, steps = x - (x * x - a) / (2 * x), steps + 1
    return x


def recursion(x: Any, depth: int = 5) -> Any:
    return x if depth == 0 else np.sin(recursion(x, depth - 1)) + x


class Counter:
    """A model with state: the counter is no number of the derivative."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return np.sum(np.tanh(x) ** 2)


# Assignments, views and aliases


def loop_assignment(x: Any) -> Any:
    out = np.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[i] ** 2
        out[i] += x[i - 1]
    return np.sum(out**2)


def alias(x: Any) -> Any:
    y = x * 1
    z = y
    z += 1
    z[0] = z[1] * 2
    return np.sum(y * y)


def view_of_a_view(x: Any) -> Any:
    y = x * 2.0
    z = y[0:2].reshape(-1)
    y[...] = y * x
    z[1] = 3 * y[0, 0]
    return np.sum(z**3) + np.sum(y**2)


def row_is_a_view(x: Any) -> Any:
    y = x.copy()
    row = y[0]
    row[1] = 2.0
    y.T[0] = y[:, 1] * 3
    return np.sum(y**2)


def raveled_transpose_is_a_copy(x: Any) -> Any:
    y = x * 1.0
    z = y.T.ravel()
    z[1] = 100.0
    return np.sum(y**2) + np.sum(z)


def diagonal_by_einsum(x: Any) -> Any:
    y = x * 1.0
    np.einsum("ii->i", y)[...] = x[0] ** 2
    return np.sum(y**2)


def diagonal_follows(x: Any) -> Any:
    y = x.copy()
    diagonal = np.diagonal(y)
    y[0, 0] = 5.0 * x[1, 1]
    return np.sum(diagonal**2)


def broadcast_follows(x: Any) -> Any:
    y = x * 1.0
    wide = np.broadcast_to(y, (2, 3))
    y[0] = 9.0 * x[1]
    return np.sum(wide**2)


def conversion_is_a_copy(x: Any) -> Any:
    y = x * 1.0
    z, w = y.astype(float), np.conj(y)
    z[0], w[1] = 7.0, 8.0
    return np.sum(y**2) + np.sum(z * w)


def repeated_positions(x: Any) -> Any:
    y = x * 1.0
    y[[0, 0, 1]] += x[2]
    y[[2, 2, 1]] = x * y
    np.add.at(y, [0, 0], x[:2])
    return np.sum(y**2)


def overlapping(x: Any) -> Any:
    y = x.copy()
    y[1:] += y[:-1]
    y[0], y[1] = y[1], y[0]
    return np.sum(y**2 * np.arange(1, 4))


def flat_assignment(x: Any) -> Any:
    y = x.copy()
    y.flat[2] = 5 * y.flat[0]
    return np.sum(y**2) + sum(v**3 for v in y.flat)


def iterated_rows(x: Any) -> Any:
    y = x * 1.0
    for row, position in zip(y, range(2), strict=True):
        row *= 2
        row[position] = row[position] ** 2
    return np.sum(y**3)


# Arrays of the user's own that change after they were used


def changed_constant(x: Any) -> Any:
    factors = np.array([1.0, 2.0, 3.0])
    y = x * factors
    factors[0] = 50.0
    return np.sum(y**2)


def reused_buffer(x: Any) -> Any:
    buffer, total = np.zeros(3), 0.0
    for i in range(3):
        buffer[:] = i + 1
        total = total + np.dot(x * x, buffer)
    return total


def changed_positions(x: Any) -> Any:
    positions = np.array([0, 1])
    y = np.sum(x[positions] ** 2)
    positions[0] = 2
    return y


def changed_mask(x: Any) -> Any:
    mask = x > 0
    y = np.where(mask, x * x, x)
    mask[:] = False
    return np.sum(y)


# Python and NumPy's smaller parts

SMALL: dict[str, tuple[Callable[..., Any], Any]] = {
    "rosenbrock by slices": (lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2), V),
    "rosenbrock by zip": (lambda x: sum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(x)), V),
    "portfolio": (lambda w: np.sqrt(w @ (S @ S.T) @ w) / np.sum(w), W),
    "stacked": (lambda x: np.sum(np.array([[x[0], 1.0], [x[1], x[2]]]) @ np.array([x[0], 2])), V),
    "built-ins": (lambda x: sum(x) * max(x) - min(x) + abs(x[1]) + len(x) * x[0], V),
    "sorted": (lambda x: sum(v * i for i, v in enumerate(sorted(x))), V),
    "round": (lambda x: round(x[0], 1) + x[0] ** 2, V),
    "reduce and map": (lambda x: functools.reduce(lambda a, b: a * b + a, map(np.sin, x)), V),
    "chained comparison": (lambda x: x[0] ** 2 if 0 < x[0] < 1 else x[1], V),
    "text": (lambda x: (f"{x} {x[0]}", np.sum(x**2))[1], V),
    "deep copy": (lambda x: np.sum(copy.deepcopy([x])[0] ** 2), V),
    "vectorize": (lambda x: np.sum(np.vectorize(lambda t: t**2)(x)), V),
    "apply_along_axis": (lambda x: np.sum(np.apply_along_axis(lambda r: np.sum(r**2), 1, x)), M),
    "append": (lambda x: np.sum(np.append(x, [1.0, x[0] ** 2]) ** 2), V),
    "r_ and c_": (lambda x: np.sum(np.r_[x, 1.0] * 2) + np.sum(np.c_[x, x] ** 2), V),
    "masks": (lambda x: np.sum(np.where(x > 0, x**2, 0)) + np.sum(np.select([x > 1, x > 0], [x**2, x**3], -x)), V),
    "order": (lambda x: np.median(x) ** 2 + np.sum(np.sort(x) * np.arange(3)) + x[np.argsort(x)][0] ** 3, V),
    "cumulative": (lambda x: np.sum(np.cumsum(x) * np.cumprod(x)) + np.sum(np.diff(x) ** 2), V),
    "interp": (lambda x: np.interp(0.7, np.array([0.0, 1, 2]), x) ** 2, V),
    "complex": (lambda x: np.abs((x[0] + 1j * x[1]) ** 2 * np.exp(1j * x[2])) + np.angle(x[0] + 1j * x[1]), V),
    "sign of a complex number": (lambda x: np.abs(np.sign(x[0] + 1j * x[1]) + x[2]), V),
    "compress": (lambda x: np.sum(x.compress([True, False, True]) ** 2), V),
    "trace": (lambda x: x.trace() ** 2, S),
    "view": (lambda x: np.sum(x.view()) ** 2, V),
    "ravel in memory order": (lambda x: np.sum(np.transpose(x * 1).ravel(order="K") * np.arange(6)) ** 2, M),
    "empty slice": (lambda x: np.sum(x[:0]) + x[0] ** 2, V),
    "negative strides": (lambda x: np.sum(x[::-1] * np.arange(3)) + np.sum(x**2), V[::-1]),
    "generator": (lambda x: sum(v**3 for v in x if v > 0), V),
    "random in a closure": (lambda x: np.sum(x * np.random.default_rng(1).normal(size=3)) ** 2, V),
}

LSTM = {"W": random.normal(size=(8, 5)), "b": np.zeros(8)}
PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    **{name: (function, (argument,)) for name, (function, argument) in SMALL.items()},
    **{
        function.__name__: (function, arguments)
        for function, *arguments in (
            (logistic_regression, V), (perceptron, LAYERS), (lstm, LSTM), (mixture, np.zeros(2), M, np.zeros(3)),
            (evidence_bound, np.array([0.1, 0.2, -0.3, 0.1])), (gaussian_process, np.array([0.1, 0.3, -0.5])),
            (kalman, np.array([-0.3, 0.2])), (runge_kutta, W), (attention, M), (layer_norm, M), (soft_k_means, M),
            (principal_components, S), (black_scholes, np.array([1.0, 0.05, 0.3])), (stencil, S), (newton_root, 2.0),
            (recursion, 0.4), (loop_assignment, V), (alias, V), (view_of_a_view, M), (row_is_a_view, M),
            (raveled_transpose_is_a_copy, M), (diagonal_by_einsum, S), (diagonal_follows, S), (broadcast_follows, V),
            (conversion_is_a_copy, V), (repeated_positions, V), (overlapping, V), (flat_assignment, M),
            (iterated_rows, M), (changed_constant, V), (reused_buffer, V), (changed_positions, V), (changed_mask, V),
        )
    },
}  # fmt: skip
ON_ONE_ARRAY = [
    name for name, (_, arguments) in PROGRAMS.items() if len(arguments) == 1 and isinstance(arguments[0], np.ndarray)
]
DECIDES = {"built-ins", "sorted", "chained comparison", "generator", "vectorize"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_value_and_derivative(name: str) -> None:
    function, arguments = PROGRAMS[name]
    before = copy.deepcopy(arguments)
    value, _ = cr.value_and_grad(function)(*arguments)
    assert value == pytest.approx(function(*arguments))
    assert cr.check_grad(function, *arguments).comparisons > 0
    np.testing.assert_equal(arguments, before)


@pytest.mark.parametrize("name", ON_ONE_ARRAY)
def test_hessian_is_the_limit_of_gradients(name: str) -> None:
    function, (x,) = PROGRAMS[name]
    gradient, direction, step = cr.grad(function), np.cos(np.arange(x.size)).reshape(x.shape), 1e-5
    limit = (gradient(x + step * direction) - gradient(x - step * direction)) / (2 * step)
    hessian = np.tensordot(cr.hessian(function)(x), direction, axes=x.ndim)
    np.testing.assert_allclose(hessian, limit, rtol=1e-4, atol=1e-5 * (1 + np.abs(limit).max()))


@pytest.mark.parametrize("name", [name for name in ON_ONE_ARRAY if name not in DECIDES])
def test_batch_agrees_with_a_loop(name: str) -> None:
    function, (x,) = PROGRAMS[name]
    batch = np.stack([x, 0.9 * x + 0.01])
    np.testing.assert_allclose(cr.vmap(function)(batch), [function(row) for row in batch])
    gradients = [cr.grad(function)(row) for row in batch]
    np.testing.assert_allclose(cr.vmap(cr.grad(function))(batch), gradients, rtol=1e-9, atol=1e-12)


def test_a_model_with_state() -> None:
    model = Counter()
    cr.grad(model)(V)
    cr.check_grad(Counter(), V)
    assert model.calls == 1


def test_a_large_array_that_changed_is_refused() -> None:
    data = np.ones(5000)

    def program(x: Any) -> Any:
        y = np.sum(x * data)
        data[17] = 2.0
        return y

    with pytest.raises(cr.TracingError, match="changed in place"):
        cr.grad(program)(np.ones(5000))


def test_a_pullback_keeps_the_arguments_that_it_was_given() -> None:
    x = V.copy()
    _, pullback = cr.vjp(lambda x: np.sum(x**2), x)
    x[:] = 0.0
    np.testing.assert_array_equal(pullback(1.0)[0], 2 * V)


def test_what_leaves_beside_the_result_is_plain() -> None:
    def program(x: Any) -> Any:
        y = np.sin(x)
        last = y[-1:]
        y[2] = 5.0
        return np.sum(y**2), {"name": "y", "y": y, "view": last, "first": x[0]}

    value, (gradient, aux) = program(V), cr.grad(program, has_aux=True)(V)
    np.testing.assert_allclose(gradient, [*np.sin(2 * V[:2]), 0.0])
    assert (type(aux["y"]), type(aux["first"]), aux["name"]) == (np.ndarray, float, "y")
    np.testing.assert_allclose(aux["y"], value[1]["y"])
    np.testing.assert_array_equal(aux["view"], [5.0])


def test_what_leaves_beside_a_nested_result_keeps_its_derivative() -> None:
    def program(t: Any) -> Any:
        slope, beside = cr.grad(lambda s: (s**3, s * 4), has_aux=True)(t)
        return slope + beside, beside

    assert cr.grad(program, has_aux=True)(2.0) == (16.0, 8.0)


def test_equal_gradients_are_arrays_of_their_own() -> None:
    first, second = cr.grad(lambda x, y: np.sum((x + y) ** 2), argnums=(0, 1))(V, W)
    first *= 0
    np.testing.assert_allclose(second, 2 * (V + W))


def test_threads_do_not_meet() -> None:
    found: dict[int, Any] = {}

    def work(k: int) -> None:
        for _ in range(20):
            found[k] = cr.grad(lambda x: np.sum(np.sin(k * x) * x))(V)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(4):
        np.testing.assert_allclose(found[k], k * np.cos(k * V) * V + np.sin(k * V))


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "np.array(x, dtype=float)": (lambda x: np.sum(np.array(x, dtype=float)), "leave the type out"),
    "np.asarray(x, float)": (lambda x: np.sum(np.asarray(x, float)), "leave the type out"),
    "np.array([...], dtype=float)": (lambda x: np.sum(np.array([x[0], x[1]], dtype=float)), "leave the type out"),
    "float(x)": (lambda x: float(x[0]), "leave the conversion out"),
    "part of a complex array": (lambda x: (x * 1j).imag.__setitem__(0, 1.0), "real or imaginary part"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_lose_the_derivative_says_what_to_write(name: str) -> None:
    function, advice = REFUSED[name]
    with pytest.raises(cr.TracingError, match=advice):
        cr.grad(function)(V)


def test_an_array_made_of_a_traced_one_is_a_copy_or_read_only():
    def changes_a_copy(x):
        z = np.array(x * 2)
        z[0] = 1.0
        return np.sum(z * z)

    def changes_what_numpy_would_share(x):
        y = x * 2
        z = np.asarray(y)
        z[0] = 1.0
        return np.sum(y * z)

    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(cr.grad(changes_a_copy)(x), [0, 16, 24])
    with pytest.raises(cr.TracingError, match=r"x\.copy\(\)"):
        cr.grad(changes_what_numpy_would_share)(x)
    np.testing.assert_allclose(cr.grad(scipy.optimize.rosen)(x), scipy.optimize.rosen_der(x))
