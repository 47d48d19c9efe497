"""Proves that what NumPy, SciPy and Python's math refuse is told by its name, with what to write instead."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.integrate
import scipy.linalg
import scipy.special
import scipy.stats

import chainrule as cr

X = np.array([0.3, 1.1, 0.2])
MATRIX = np.diag([2.0, 3.0, 4.0])


def added_to_a_plain_array(x: Any) -> Any:
    total = np.zeros(3)
    total[[0, 1]] += np.array(x)[:2]
    return np.sum(total)


def callback_of_the_user(x: Any) -> Any:
    return scipy.integrate.quad(lambda s: s * float(x[0]), 0, 1)[0]


REFUSED: tuple[tuple[Callable[..., Any], str], ...] = (
    (lambda x: scipy.special.logsumexp(x), r"scipy\.special\.logsumexp .* write np\.logaddexp\.reduce\(x, axis=axis\)"),
    (lambda x: np.sum(scipy.special.log_softmax(x)), r"scipy\.special\.log_softmax .* np\.logaddexp\.reduce"),
    (lambda x: np.sum(scipy.special.polygamma(1, x)), r"scipy\.special\.polygamma .* scipy\.special\.zeta"),
    (lambda x: np.sum(scipy.stats.norm.logpdf(x)), r"scipy\.stats\.norm\.logpdf .* write -0\.5 \* \(\(x - loc\)"),
    (lambda x: np.sum(scipy.stats.norm(0, 2).cdf(x)), r"scipy\.stats\.norm\.cdf .* write scipy\.special\.ndtr"),
    (
        lambda x: scipy.stats.multivariate_normal.logpdf(x, X, MATRIX),
        r"scipy\.stats\.multivariate_normal\.logpdf .* np\.linalg\.slogdet",
    ),
    (lambda x: np.sum(scipy.linalg.solve(MATRIX, x)), r"scipy\.linalg\.solve .* write np\.linalg\.solve"),
    (lambda x: scipy.linalg.det(x * MATRIX), r"scipy\.linalg\.det .* write np\.linalg\.det"),
    (lambda x: np.abs(scipy.fft.fft(x)[1]), r"scipy\.fft\.fft .* write np\.fft\.fft"),
    (lambda x: scipy.integrate.quad(lambda s: s * x[0], 0, 1)[0], r"scipy\.integrate\.quad .* cr\.custom_vjp"),
    (callback_of_the_user, r"converted to float.* leave the conversion out"),
    (lambda x: sqrt(x[0]), r"Python's math .* np\.sin for math\.sin"),
    (lambda x: math.exp(x[0]), r"Python's math .* np\.sin for math\.sin"),
    (lambda x: np.sin(x[1]) + float(x[0]), "leave the conversion out"),
    (added_to_a_plain_array, r"plain array, which cannot hold their derivatives .* np\.zeros\(n, like=x\)"),
    (lambda x: np.linalg.det(np.array([[x[0], 1.0], [2.0, x[1]]])), r"np\.array\(\[\.\.\.\], like=x\)"),
)


@pytest.mark.parametrize(("function", "message"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_a_refusal_says_what_and_what_to_write(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(cr.TracingError, match=message):
        cr.grad(function)(X)


def test_an_error_that_is_the_users_own_stays_as_it_is() -> None:
    def function(x: Any) -> Any:
        raise ValueError("an object of mine")

    with pytest.raises(ValueError, match=r"^an object of mine$"):
        cr.grad(function)(X)
