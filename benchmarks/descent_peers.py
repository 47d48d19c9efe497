"""Owns how others descend: each as fast as we know how, with its loop compiled where it can compile one.

- **jax** runs `lax.fori_loop` around its gradient, with optax for Adam, under `jax.jit`, on its own arrays, and is waited for.
- **CasADi** has the step as a graph of scalars, repeated by `fold`, and compiled by gcc.
- **PyTorch** runs its optimizer eagerly.
- **C** is the limit: `descent_reference.c`, with the flags of `c_compiler.py`.

None of these records the way, tests for convergence, or looks for numbers that are not finite. Ours does all three, and with
`record=False` the last two.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.c_compiler import compiled
from benchmarks.peer_casadi import GCC

Runs = dict[str, Callable[[], Any]]

JAX, OPTAX, CASADI, TORCH, C = "jax", "jax + optax", "CasADi, compiled fold", "PyTorch, eager", "C"
ADAM_STEPS, LOGISTIC_STEPS = 10_000, 1000


def rosenbrock(x: Any) -> Any:
    """Rosenbrock's function of two variables, in any library."""
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def reference(folder: Path) -> Any:
    """Return the compiled loops in C; None without gcc."""
    if shutil.which("gcc") is None:
        return None
    return compiled(Path(__file__).with_name("descent_reference.c"), folder)


def _jax() -> Any:
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


def jax_adam(start: Any) -> Callable[[], Any]:
    """Return a new compiled loop of Adam, which is compiled when it is first called."""
    jax, optax = _jax(), import_module("optax")
    method = optax.adam(0.01)

    def fun(x: Any) -> Any:
        return rosenbrock(x)

    def step(_: Any, carried: Any) -> Any:
        x, state = carried
        change, state = method.update(jax.grad(fun)(x), state)
        return optax.apply_updates(x, change), state

    run = jax.jit(lambda x: jax.lax.fori_loop(0, ADAM_STEPS, step, (x, method.init(x)))[0])
    placed = jax.numpy.asarray(start)
    return lambda: run(placed).block_until_ready()


def adam(start: Any, c: Any) -> Runs:
    """Return those that run Adam on Rosenbrock's function."""
    runs: Runs = {}
    if find_spec("jax") and find_spec("optax"):
        runs[OPTAX] = jax_adam(start)
    if find_spec("casadi") and c is not None:
        runs[CASADI] = _casadi_adam(start)
    if c is not None:
        runs[C] = lambda: c.adam(start, ADAM_STEPS)
    return runs


def _casadi_adam(start: Any) -> Callable[[], Any]:
    ca = import_module("casadi")
    state = ca.SX.sym("state", 8)
    x, m, v, first, second = state[:2], state[2:4], state[4:6], state[6] * 0.9, state[7] * 0.999
    g = ca.gradient(rosenbrock(ca.vertsplit(x)), x)
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    root = ca.sqrt(1 - second)
    moved = x - 0.01 * root / (1 - first) * m / (ca.sqrt(v) + 1e-8 * root)
    step = ca.Function("step", [state], [ca.vertcat(moved, m, v, first, second)])
    options = {"jit": True, "compiler": "shell", "jit_options": GCC}
    outer = ca.MX.sym("state", 8)
    run = ca.Function("run", [outer], [step.fold(ADAM_STEPS)(outer)], options)
    begin = np.array([*start, 0, 0, 0, 0, 1, 1], dtype=float)
    return lambda: run(begin)


def logistic(data: Any, signs: Any, c: Any) -> Runs:
    """Return those that run gradient descent on the logistic loss."""
    runs: Runs = {}
    if find_spec("jax"):
        jax = _jax()

        def loss(w: Any, x: Any, s: Any) -> Any:
            return jax.numpy.mean(jax.numpy.logaddexp(0, s * (x @ w)))

        run = jax.jit(
            lambda w, x, s: jax.lax.fori_loop(0, LOGISTIC_STEPS, lambda _, w: w - 0.1 * jax.grad(loss)(w, x, s), w)
        )
        placed = [jax.numpy.asarray(part) for part in (np.zeros(data.shape[1]), data, signs)]
        runs[JAX] = lambda: run(*placed).block_until_ready()
    if find_spec("torch"):
        runs[TORCH] = _torch_logistic(data, signs)
    if c is not None:
        runs[C] = lambda: c.logistic(data, signs, LOGISTIC_STEPS)
    return runs


def _torch_logistic(data: Any, signs: Any) -> Callable[[], Any]:
    torch = import_module("torch")
    x, s = torch.from_numpy(data), torch.from_numpy(signs)

    def run() -> Any:
        w = torch.zeros(data.shape[1], dtype=torch.float64, requires_grad=True)
        method = torch.optim.SGD([w], lr=0.1)
        for _ in range(LOGISTIC_STEPS):
            method.zero_grad()
            torch.nn.functional.softplus(s * (x @ w)).mean().backward()
            method.step()
        return w.detach().numpy()

    return run


def parabola(c: Any) -> Runs:
    """Return those that take ten steps on x² from 5."""
    runs: Runs = {}
    if find_spec("jax"):
        jax = _jax()
        run = jax.jit(lambda x: jax.lax.fori_loop(0, 10, lambda _, x: x - 0.1 * jax.grad(lambda x: x**2)(x), x))
        runs[JAX] = lambda: run(5.0).block_until_ready()
    if c is not None:
        runs[C] = lambda: c.parabola(5.0, 10)
    return runs
