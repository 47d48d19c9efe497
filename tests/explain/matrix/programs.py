"""The array programs whose explanations are tested: what a course on learning derives on the board."""

from __future__ import annotations

import numpy as np


def linear(X, W, b, Y):
    P = X @ W + b
    R = P - Y
    return np.mean(R**2)


def softmax(Z):
    E = np.exp(Z - np.max(Z, axis=1, keepdims=True))
    return E / np.sum(E, axis=1, keepdims=True)


def cross_entropy(X, W, b, Y):
    Z = X @ W + b
    P = softmax(Z)
    return -np.mean(np.sum(Y * np.log(P), axis=1))


def softmax_in_lines(Z, Y):
    m = np.max(Z, axis=1, keepdims=True)
    E = np.exp(Z - m)
    s = np.sum(E, axis=1, keepdims=True)
    P = E / s
    return -np.sum(Y * np.log(P)) / 4


def log_sum_exp_loss(Z, Y):
    l = np.logaddexp.reduce(Z, axis=1)  # noqa: E741 (as on the board)
    return np.mean(l - np.sum(Y * Z, axis=1))


def labels(Z, y):
    l = np.logaddexp.reduce(Z, axis=1)  # noqa: E741
    return np.mean(l - Z[np.arange(4), y])


def two_layer(X, W1, b1, W2, b2, Y):
    H = np.tanh(X @ W1 + b1)
    P = H @ W2 + b2
    return np.mean((P - Y) ** 2)


def relu_network(X, W1, W2, Y):
    A = X @ W1
    H = np.maximum(A, 0)
    return np.sum((H @ W2 - Y) ** 2) / 2


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def logistic(w, b, X, y):
    z = X @ w + b
    p = sigmoid(z)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def attention(Q, K, V):
    S = Q @ K.T / np.sqrt(K.shape[1])
    A = softmax(S)
    O = A @ V  # noqa: E741
    return np.sum(O**2)


def quadratic(x, A):
    return x @ A @ x


def norm(x):
    return np.linalg.norm(x)


def log_sum_exp(x):
    return np.logaddexp.reduce(x)


def batch_norm(X, g, b):
    mu = np.mean(X, axis=0)
    C = X - mu
    v = np.mean(C**2, axis=0)
    N = C / np.sqrt(v + 1e-5)
    return np.sum((g * N + b) ** 3)


def indexed(x):
    return x[0] * x[1] + np.sum(x[1:] ** 2)


def einstein(A, B):
    C = np.einsum("ij,jk->ik", A, B)
    return np.sum(C * C)


def log_determinant(A):
    return np.linalg.slogdet(A)[1]


def solved(A, b):
    x = np.linalg.solve(A, b)
    return x @ x


def containers(p, X):
    return np.sum(np.tanh(X @ p["W"] + p["b"]))


_draw = np.random.default_rng(0).normal
ONE_HOT = np.eye(3)[[0, 1, 2, 1]]
SQUARE = np.array([[2.0, 0.3, 0.1], [0.2, 1.5, 0.4], [0.0, 0.1, 3.0]])
CASES = [
    (linear, (_draw(size=(32, 7)), _draw(size=(7, 3)), _draw(size=3), _draw(size=(32, 3)))),
    (cross_entropy, (_draw(size=(4, 5)), _draw(size=(5, 3)), _draw(size=3), ONE_HOT)),
    (softmax_in_lines, (_draw(size=(4, 3)), ONE_HOT)),
    (log_sum_exp_loss, (_draw(size=(4, 3)), ONE_HOT)),
    (two_layer, tuple(_draw(size=shape) for shape in ((4, 5), (5, 6), 6, (6, 2), 2, (4, 2)))),
    (relu_network, tuple(_draw(size=shape) for shape in ((4, 5), (5, 6), (6, 2), (4, 2)))),
    (logistic, (_draw(size=5), 0.3, _draw(size=(8, 5)), (_draw(size=8) > 0).astype(float))),
    (attention, (_draw(size=(4, 8)), _draw(size=(6, 8)), _draw(size=(6, 5)))),
    (quadratic, (_draw(size=3), _draw(size=(3, 3)))),
    (norm, (_draw(size=5),)),
    (log_sum_exp, (_draw(size=5),)),
    (batch_norm, (_draw(size=(6, 3)), _draw(size=3), _draw(size=3))),
    (indexed, (_draw(size=5),)),
    (einstein, (_draw(size=(2, 3)), _draw(size=(3, 4)))),
    (log_determinant, (SQUARE,)),
    (solved, (SQUARE, _draw(size=3))),
    (containers, ({"W": _draw(size=(3, 2)), "b": _draw(size=2)}, _draw(size=(4, 3)))),
]
POINTS = {fun.__name__: (fun, args) for fun, args in CASES}
