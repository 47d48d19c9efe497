"""Owns the lines of random programs that take derivatives, maps and compiled functions in their midst.

Each names its operand {0} and its result {v}. The operand of tanh is moderate: where its value is almost 1, the last place of it
decides on the derivative.
"""

from __future__ import annotations

TRANSFORMS: tuple[str, ...] = (
    "{v} = cr.grad(lambda x: np.sum(np.tanh(np.sin(x)) * {0}))({0})",
    "{v} = cr.grad(lambda x: np.sum(x ** 3) + np.max(x))({0} * 1.0)",
    "{v} = cr.value_and_grad(lambda x: np.sum(np.exp(-x * x)))({0} * 1.0)[1]",
    "{v} = cr.hvp(lambda x: np.sum(np.sin(x) * x[::-1]), ({0} * 1.0,), ({0} * 0.5,))",
    "{v} = cr.hessian(lambda x: np.sum(x ** 2 * x[::-1]) + np.prod(np.sin(x)))(np.ravel({0})[:4] * 1.0)",
    "{v} = cr.jacobian(lambda x: np.cumsum(x) * np.tanh(np.sin(x[::-1])))(np.ravel({0})[:4] * 1.0)",
    "{v} = cr.jacobian(lambda x: np.outer(x, x)[:, :2], mode='forward')(np.ravel({0})[:3] * 1.0)",
    "{v} = cr.jvp(lambda x: np.sort(x, axis=0) * x, ({0} * 1.0,), (np.cos({0}),))[1]",
    "{v} = cr.vjp(lambda x: np.sum(x * x, axis=0), {0} * 1.0)[1](np.ones(np.shape({0})[1:]))[0]",
    "{v} = cr.vmap(lambda row: row * np.sum(row))({0})", "{v} = cr.vmap(np.sum, in_axes=-1)({0})",
    "{v} = cr.vmap(lambda d, s: d['a'] * s + d['b'], in_axes=({'a': 0, 'b': None}, None))({'a': {0}, 'b': {0}[0]}, 2.0)",
    "{v} = cr.vmap(lambda a, b: a @ b, in_axes=(0, 1), out_axes=0)({0}, {0}.T)",
    "{v} = cr.vmap(lambda row: np.where(row > 0, np.cumsum(row), np.sort(row)), out_axes=1)({0})",
    "{v} = cr.vmap(cr.grad(lambda row: np.sum(np.sin(row)) * row[0]))({0} * 1.0)",
    "{v} = cr.vmap(cr.vmap(lambda x: np.sin(x) * x))({0})", "{v} = cr.vmap(lambda row: row[np.argmax(row)] * row)({0})",
    "{v} = cr.vmap(lambda row: np.linalg.solve(np.outer(row, row) + np.eye(len(row)), row))({0}[:, :4])",
    "{v} = cr.vmap(lambda row: np.fft.irfft(np.fft.rfft(row)))({0})",
    "{v} = cr.vmap(lambda row, i: row[i], in_axes=(0, None))({0}, 0)", "{v} = cr.jit(lambda x: np.sin(x) * x)({0})",
    "{v} = cr.jit(cr.jit(cr.grad(lambda x: np.sum(np.cos(x)))))({0} * 1.0)",
    "{v} = cr.checkpoint(lambda x: np.tanh(np.sin(x)) * x)({0})", "{v} = cr.stop_gradient({0}) * {0}",
    "{v} = np.where({0} > 0, cr.stop_gradient(np.exp({0})), {0})",
    "{v} = cr.derivative(lambda x: np.sin(x) * np.exp(-x), order=2)({0} * 1.0)",
    ("{v} = cr.grad(lambda x: np.sum(cr.grad(lambda y: np.sum(np.sin(x * y)))(x * 0.5)[0]))({0} * 1.0)"),
    "{v} = cr.grad(lambda x: np.sum(x[x > 0] ** 2) + np.sum(x[0] * {0}))({0} * 1.0)",
    "{v} = cr.grad(lambda d: np.sum(d['a'] * d['b'][0]))({'a': {0} * 1.0, 'b': [{0} * 2.0]})['b'][0]",
    "{v} = cr.grad(lambda x: np.sum(np.sin(x)) if np.sum(x) > 0 else np.sum(x ** 2))({0} * 1.0)",
)  # fmt: skip
