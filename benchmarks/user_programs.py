"""Owns programs of the kinds that NumPy's users write, as functions of a namespace, and the arrays that they are run on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

STEPS = 20


@dataclass(frozen=True, slots=True)
class Program:
    """A program whose value and gradient, with respect to its first argument, are taken.

    fun: `fun(namespace, *arguments)`. arguments: returns them. rewritten: by the module of a peer that cannot run the program
    as it is, the same for that peer; one that is named with None has no such way.
    """

    name: str
    fun: Callable[..., Any]
    arguments: Callable[[], tuple[Any, ...]]
    rewritten: Mapping[str, Callable[..., Any] | None] = field(default_factory=dict)

    def of(self, module: str) -> Callable[..., Any] | None:
        """Return the program as a peer can run it."""
        return self.rewritten.get(module, self.fun)


def _normal(*shapes: tuple[int, ...]) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return tuple(rng.standard_normal(shape) for shape in shapes)


def _places(highest: int, *shape: int) -> Any:
    return np.random.default_rng(1).integers(0, highest, shape)


def attention(xp: Any, q_weights: Any, k_weights: Any, v_weights: Any, x: Any) -> Any:
    """Return one head of attention."""
    q, k, v = x @ q_weights, x @ k_weights, x @ v_weights
    scores = q @ k.T / 4.0
    weights = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return xp.sum((weights / xp.sum(weights, axis=-1, keepdims=True) @ v) ** 2)


def layer_norm(xp: Any, gain: Any, bias: Any, x: Any) -> Any:
    """Return a normalized layer."""
    centered = x - xp.mean(x, axis=-1, keepdims=True)
    return xp.sum(xp.tanh(gain * centered / xp.sqrt(xp.mean(centered**2, axis=-1, keepdims=True) + 1e-5) + bias))


def lookup(xp: Any, table: Any, places: Any) -> Any:
    """Return a function of rows that are looked up."""
    return xp.sum(xp.tanh(table[places]) ** 2)


def cross_entropy(xp: Any, scores: Any, labels: Any) -> Any:
    """Return the loss of a classifier whose classes are whole numbers."""
    shifted = scores - xp.max(scores, axis=1, keepdims=True)
    logs = shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))
    return -xp.mean(logs[np.arange(len(labels)), labels])


def factorization(xp: Any, users: Any, items: Any, rows: Any, columns: Any, ratings: Any) -> Any:
    """Return the loss of a matrix factorization of ratings."""
    return xp.mean((xp.sum(users[rows] * items[columns], axis=1) - ratings) ** 2) + 0.01 * xp.sum(users**2)


def bodies(xp: Any, x: Any) -> Any:
    """Return the energy of bodies that attract each other."""
    apart = x[:, None, :] - x[None, :, :]
    squares = xp.sum(apart**2, axis=-1) + np.eye(len(x))
    return -xp.sum(xp.triu(1 / xp.sqrt(squares), 1))


def heat(xp: Any, u: Any) -> Any:
    """Return steps of the heat equation on a torus."""
    for _ in range(5):
        u = u + 0.1 * (xp.roll(u, 1, 0) + xp.roll(u, -1, 0) + xp.roll(u, 1, 1) + xp.roll(u, -1, 1) - 4 * u)
    return xp.sum(u**2)


def pendulum(xp: Any, state: Any) -> Any:
    """Return a pendulum after steps of the classical Runge-Kutta method."""

    def slope(y: Any) -> Any:
        return xp.stack([y[1], -xp.sin(y[0])])

    h = 0.05
    for _ in range(STEPS):
        k1 = slope(state)
        k2 = slope(state + h / 2 * k1)
        k3 = slope(state + h / 2 * k2)
        k4 = slope(state + h * k3)
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return xp.sum(state**2)


def gaussian_process(xp: Any, theta: Any, X: Any, y: Any) -> Any:
    """Return the negative log marginal likelihood of a Gaussian process."""
    squares = xp.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=-1)
    K = xp.exp(theta[0]) * xp.exp(-0.5 * squares * xp.exp(theta[1])) + 0.1 * np.eye(len(X))
    factor = xp.linalg.cholesky(K)
    return 0.5 * y @ xp.linalg.solve(K, y) + xp.sum(xp.log(xp.diag(factor)))


def kalman(xp: Any, z: Any, F: Any) -> Any:
    """Return the negative log likelihood of a Kalman filter."""
    x, P, H, total = np.zeros(4), np.eye(4), np.eye(4)[:2], 0.0
    F = np.eye(4) + 0.05 * F
    for t in range(STEPS):
        x, P = F @ x, F @ P @ F.T + 0.1 * np.eye(4)
        S, error = H @ P @ H.T + np.eye(2), z * t - H @ x
        inverse = xp.linalg.inv(S)
        gain = P @ H.T @ inverse
        total = total + error @ inverse @ error + xp.linalg.slogdet(S)[1]
        x, P = x + gain @ error, P - gain @ H @ P
    return total


def linear_system(xp: Any, b: Any, A: Any) -> Any:
    """Return a function of the solution of a linear system."""
    return xp.sum(xp.linalg.solve(A + 20 * np.eye(len(b)), b) ** 2)


def quadratic_forms(xp: Any, A: Any, X: Any) -> Any:
    """Return a function of many quadratic forms."""
    return xp.sum(xp.log(1 + xp.einsum("ni,ij,nj->n", X, A @ A.T, X)))


def rotations(xp: Any, rotations: Any, vectors: Any) -> Any:
    """Return a function of many small products."""
    return xp.sum(xp.tanh(xp.einsum("nij,nj->ni", rotations, vectors)) ** 2)


def long_memory(xp: Any, h: Any, W: Any, U: Any, inputs: Any) -> Any:
    """Return a long short-term memory after ten steps."""
    c = h * 0
    for t in range(10):
        gates = inputs[t] @ W + h @ U
        i, f, o = (1 / (1 + xp.exp(-gates[:, 32 * k : 32 * k + 32])) for k in range(3))
        c = f * c + i * xp.tanh(gates[:, 96:])
        h = o * xp.tanh(c)
    return xp.sum(h**2)


def total_variation(xp: Any, u: Any) -> Any:
    """Return the smoothed total variation of a picture."""
    across, down = u[1:, :-1] - u[:-1, :-1], u[:-1, 1:] - u[:-1, :-1]
    return xp.sum(xp.sqrt(across**2 + down**2 + 1e-3))


def volatility(xp: Any, returns: Any) -> Any:
    """Return the likelihood of a GARCH(1, 1) model, by a loop over time."""
    h, total = 1.0, 0.0
    for t in range(50):
        h = 0.1 + 0.1 * returns[t] ** 2 + 0.8 * h
        total = total + xp.log(h) + returns[t] ** 2 / h
    return total


def circuit(xp: Any, angles: Any, energy: Any) -> Any:
    """Return the energy of three qubits after rotations."""
    state = np.eye(8)[0] + 0j
    for place in range(6):
        c, s = xp.cos(angles[place]), xp.sin(angles[place])
        turned = xp.tensordot(xp.array([[c, -1j * s], [-1j * s, c]]), state.reshape(2, 2, 2), axes=(1, place % 3))
        state = xp.moveaxis(turned, 0, place % 3).reshape(8) * np.exp(0.1j * np.arange(8))
    hermitian = energy + energy.T + 1j * (energy - energy.T)
    return xp.real(xp.sum(xp.conj(state) * (hermitian @ state)))


def wave(xp: Any, potential: Any) -> Any:
    """Return the mean potential of a particle after steps of the split-step Fourier method."""
    size = len(potential)
    psi = np.exp(-(np.linspace(-4, 4, size) ** 2)) + 0j
    kinetic = np.exp(-0.05j * (2 * np.pi * np.fft.fftfreq(size)) ** 2)
    for _ in range(5):
        psi = xp.fft.ifft(kinetic * xp.fft.fft(xp.exp(-0.05j * potential) * psi))
    return xp.sum(xp.abs(psi) ** 2 * potential)


def resonance(xp: Any, parts: Any) -> Any:
    """Return a function of the response of a resistor, a coil and a capacitor in series."""
    w = np.linspace(1, 100, 1000)
    impedance = parts[0] + 1j * w * parts[1] + 1 / (1j * w * parts[2])
    return xp.sum(xp.log(xp.abs(1 / impedance)) ** 2)


def spectral_entropy(xp: Any, signal: Any) -> Any:
    """Return the entropy of a power spectrum."""
    power = xp.abs(xp.fft.rfft(signal)) ** 2
    share = power / xp.sum(power)
    return -xp.sum(share * xp.log(share + 1e-12))


def huber(xp: Any, weights: Any, x: Any, y: Any) -> Any:
    """Return Huber's loss, by masks."""
    residuals = x @ weights - y
    far = xp.abs(residuals) > 1
    return xp.sum(residuals[~far] ** 2) / 2 + xp.sum(xp.abs(residuals[far]) - 0.5)


def huber_everywhere(xp: Any, weights: Any, x: Any, y: Any) -> Any:
    """Return the same, computed in both ways for all."""
    residuals = x @ weights - y
    sizes = xp.abs(residuals)
    return xp.sum(xp.where(sizes > 1, sizes - 0.5, residuals**2 / 2))


def triangular(xp: Any, matrix: Any) -> Any:
    """Return the determinant's logarithm by elimination in the array."""
    a = matrix @ matrix.T + 5 * np.eye(len(matrix))
    for i in range(len(a)):
        for j in range(i):
            a[i, j] = (a[i, j] - a[i, :j] @ a[:j, j]) / a[j, j]
        for j in range(i, len(a)):
            a[i, j] -= a[i, :i] @ a[:i, j]
    return xp.sum(xp.log(xp.diag(a)))


def triangular_at(xp: Any, matrix: Any) -> Any:
    """Return the same with new arrays."""
    a = matrix @ matrix.T + 5 * np.eye(len(matrix))
    for i in range(len(a)):
        for j in range(i):
            a = a.at[i, j].set((a[i, j] - a[i, :j] @ a[:j, j]) / a[j, j])
        for j in range(i, len(a)):
            a = a.at[i, j].add(-(a[i, :i] @ a[:i, j]))
    return xp.sum(xp.log(xp.diag(a)))


def waves(xp: Any, speed: Any, height: Any) -> Any:
    """Return the energy of waves on a staggered grid after steps that update the arrays."""
    speed, height = speed.copy(), height.copy()
    for _ in range(10):
        speed[1:, :] -= 0.5 * (height[1:, :] - height[:-1, :])
        speed[:, 1:] -= 0.5 * (height[:, 1:] - height[:, :-1])
        height[:-1, :-1] -= 0.7 * (speed[1:, :-1] - speed[:-1, :-1] + speed[:-1, 1:] - speed[:-1, :-1])
    return xp.sum(height**2)


def waves_at(xp: Any, speed: Any, height: Any) -> Any:
    """Return the same with new arrays."""
    for _ in range(10):
        speed = speed.at[1:, :].add(-0.5 * (height[1:, :] - height[:-1, :]))
        speed = speed.at[:, 1:].add(-0.5 * (height[:, 1:] - height[:, :-1]))
        change = speed[1:, :-1] - speed[:-1, :-1] + speed[:-1, 1:] - speed[:-1, :-1]
        height = height.at[:-1, :-1].add(-0.7 * change)
    return xp.sum(height**2)


def map_of_points(xp: Any, points: Any, wanted: Any) -> Any:
    """Return how far points in the plane are from having the distances that are wanted: multidimensional scaling."""
    distances = xp.sqrt(xp.sum((points[:, None] - points[None]) ** 2, axis=-1) + 1e-9)
    return xp.sum((distances - wanted) ** 2)


def unit_vectors(xp: Any, vectors: Any, goal: Any) -> Any:
    """Return how well directions in space agree with others."""
    directions = vectors / xp.sqrt(xp.sum(vectors**2, axis=1, keepdims=True))
    return xp.mean(xp.exp(3 * (xp.sum(directions * goal, axis=1) - 1)))


PROGRAMS: tuple[Program, ...] = (
    Program("attention, 64 tokens of 32 numbers", attention, lambda: _normal((32, 16), (32, 16), (32, 16), (64, 32))),
    Program("layer normalization, 128 × 64", layer_norm, lambda: _normal((64,), (64,), (128, 64))),
    Program("500 rows of 16 numbers looked up", lookup, lambda: (*_normal((200, 16)), _places(200, 500))),
    Program("cross-entropy with labels, 256 × 100", cross_entropy, lambda: (*_normal((256, 100)), _places(100, 256))),
    Program(
        "matrix factorization, 2,000 ratings",
        factorization,
        lambda: (*_normal((500, 8), (300, 8)), _places(500, 2000), _places(300, 2000), *_normal((2000,))),
    ),
    Program("energy of 100 bodies", bodies, lambda: _normal((100, 3))),
    Program("heat equation, 5 steps on 64 × 64", heat, lambda: _normal((64, 64))),
    Program(f"pendulum, {STEPS} Runge-Kutta steps", pendulum, lambda: (np.array([1.0, 0.5]),)),
    Program(
        "Gaussian process, 60 points",
        gaussian_process,
        lambda: (np.array([0.5, 0.3]), *_normal((60, 2), (60,))),
    ),
    Program(f"Kalman filter, {STEPS} steps", kalman, lambda: _normal((2,), (4, 4))),
    Program("linear system of 20 equations", linear_system, lambda: _normal((20,), (20, 20))),
    Program("500 quadratic forms of 10 numbers, einsum", quadratic_forms, lambda: _normal((10, 10), (500, 10))),
    Program("1,000 products of 3 × 3, einsum", rotations, lambda: _normal((1000, 3, 3), (1000, 3))),
    Program("LSTM, 10 steps, 32 hidden", long_memory, lambda: _normal((16, 32), (32, 128), (32, 128), (10, 16, 32))),
    Program("total variation, 128 × 128", total_variation, lambda: _normal((128, 128))),
    Program("map of 200 points by their distances", map_of_points, lambda: _normal((200, 2), (200, 200))),
    Program("5,000 directions in space", unit_vectors, lambda: _normal((5000, 3), (5000, 3))),
    Program("GARCH likelihood, 50 steps", volatility, lambda: _normal((50,))),
    Program("quantum circuit, 3 qubits, 6 gates", circuit, lambda: _normal((6,), (8, 8))),
    Program("Schrödinger's equation, 5 steps, 512 points", wave, lambda: _normal((512,))),
    Program("resonance, 1,000 frequencies", resonance, lambda: (np.array([10.0, 0.1, 0.01]),)),
    Program("spectral entropy of 1,024 samples", spectral_entropy, lambda: _normal((1024,))),
    Program(
        "Huber's loss by masks, 1,000 × 10",
        huber,
        lambda: _normal((10,), (1000, 10), (1000,)),
        {"jax": huber_everywhere},
    ),
    Program(
        "elimination in the array, 15 × 15",
        triangular,
        lambda: _normal((15, 15)),
        {"jax": triangular_at, "autograd": None},
    ),
    Program(
        "waves on a staggered grid, 10 steps on 48 × 48",
        waves,
        lambda: _normal((48, 48), (48, 48)),
        {"jax": waves_at, "autograd": None},
    ),
)
