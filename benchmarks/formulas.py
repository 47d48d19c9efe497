"""Owns the formulas that are differentiated, each written once, as a function of an array namespace and arrays.

The namespace is `numpy` for chainrule and each peer's own for the peer. Where a library has a better way to write a
formula than NumPy's, the module of that peer says so.
"""

from __future__ import annotations

from typing import Any


def polynomial(xp: Any, x: Any) -> Any:
    """Return a scalar polynomial: nothing but bookkeeping."""
    return x**2 + 3 * x + 2


def composition(xp: Any, x: Any) -> Any:
    """Return a composition of elementary functions of a scalar."""
    return xp.tanh(xp.sin(x**2) * xp.exp(-x)) + xp.log(1 + x**2)


def ratio_sum(xp: Any, x: Any) -> Any:
    """Return the sum of a few elementwise functions of `x`."""
    return xp.sum(xp.sin(x) * xp.exp(x) / (1 + x**2))


def rosenbrock(xp: Any, x: Any) -> Any:
    """Return Rosenbrock's function of a vector (Rosenbrock 1960), in its chained form."""
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def damped_sine(xp: Any, x: Any) -> Any:
    """Return the sum of a squared sine that decays."""
    return xp.sum(xp.sin(x) ** 2 * xp.exp(-x))


def logistic(xp: Any, w: Any, X: Any, y: Any) -> Any:
    """Return the loss of logistic regression; `y` is 1 or -1."""
    return xp.mean(xp.logaddexp(0, -y * (X @ w)))


def classifier(xp: Any, W1: Any, b1: Any, W2: Any, b2: Any, X: Any, targets: Any) -> Any:
    """Return the cross-entropy of a network with one hidden layer; each row of `targets` is 1 at its class, else 0."""
    scores = xp.tanh(X @ W1 + b1) @ W2 + b2
    shifted = scores - xp.max(scores, axis=1, keepdims=True)
    return xp.mean(xp.log(xp.sum(xp.exp(shifted), axis=1)) - xp.sum(shifted * targets, axis=1))


def regressor(xp: Any, W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any, X: Any, y: Any) -> Any:
    """Return the mean squared error of a network with two hidden layers."""
    hidden = xp.tanh(xp.tanh(X @ W1 + b1) @ W2 + b2)
    return xp.mean((hidden @ W3 + b3 - y) ** 2)


def dense_map(xp: Any, x: Any, W: Any, b: Any) -> Any:
    """Return one layer of a network."""
    return xp.tanh(W @ x + b)


def square_root(xp: Any, a: Any) -> Any:
    """Return the square root by Newton's method: a branch and a loop that depend on the value."""
    x = a if a > 1 else 1.0
    while abs(x * x - a) > 1e-12 * a:
        x = 0.5 * (x + a / x)
    return x


def recurrence(xp: Any, weights: Any, inputs: Any, start: Any) -> Any:
    """Return the sum of the last hidden state of a plain recurrent network, unrolled by Python."""
    hidden = start
    for i in range(len(inputs)):
        hidden = xp.tanh(weights @ hidden + inputs[i])
    return xp.sum(hidden)


def log_sum_exp(xp: Any, x: Any) -> Any:
    """Return the logarithm of the sum of exponentials along the first axis."""
    top = xp.max(x, axis=0)
    return top + xp.log(xp.sum(xp.exp(x - top), axis=0))


def mixture(xp: Any, log_weights: Any, means: Any, factors: Any, X: Any) -> Any:
    """Return the negative log-likelihood of a mixture of Gaussians, without its constant term.

    log_weights: (K,), up to a common summand.
    means: (K, d).
    factors: (K, d, d), each of determinant 1, times its transpose the inverse of a covariance.
    X: (n, d), the points.
    """
    Z = (X - means[:, None, :]) @ factors
    terms = log_weights[:, None] - 0.5 * xp.sum(Z**2, axis=-1)
    return len(X) * log_sum_exp(xp, log_weights) - xp.sum(log_sum_exp(xp, terms))
