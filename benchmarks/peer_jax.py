"""Owns how JAX takes part: one `jax.jit` around the derivative of a function of `jax.numpy`, on arrays of the device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from time import perf_counter
from typing import Any

from benchmarks.compare import Role
from benchmarks.native_cases import Kind, NativeCase
from benchmarks.native_entry import Entry

NAME = "jax.jit"


def _classifier(xp: Any, W1: Any, b1: Any, W2: Any, b2: Any, X: Any, targets: Any) -> Any:
    jax = import_module("jax")
    return -xp.mean(xp.sum(jax.nn.log_softmax(xp.tanh(X @ W1 + b1) @ W2 + b2) * targets, axis=1))


def _mixture(xp: Any, log_weights: Any, means: Any, factors: Any, X: Any) -> Any:
    log_sum_exp = import_module("jax.scipy.special").logsumexp
    Z = (X - means[:, None, :]) @ factors
    terms = log_weights[:, None] - 0.5 * xp.sum(Z**2, axis=-1)
    return len(X) * log_sum_exp(log_weights) - xp.sum(log_sum_exp(terms, axis=0))


def _scanned(xp: Any, weights: Any, inputs: Any, start: Any) -> Any:
    """Return the recurrence, its loop given to the compiler instead of unrolled."""
    last, _ = import_module("jax.lax").scan(lambda h, u: (xp.tanh(weights @ h + u), None), start, inputs)
    return xp.sum(last)


def _masked_root(xp: Any, a: Any) -> Any:
    """Return the root, its branch and its loop given to the compiler."""
    return import_module("jax.lax").while_loop(
        lambda x: abs(x * x - a) > 1e-12 * a, lambda x: 0.5 * (x + a / x), xp.where(a > 1, a, 1.0)
    )


FORMULAS: dict[str, Callable[..., Any]] = {"classifier": _classifier, "mixture": _mixture}
REWRITTEN: dict[str, Callable[..., Any]] = {"recurrence": _scanned, "square_root": _masked_root}


def _setup() -> Any:
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


def derived(case: NativeCase, formula: Callable[..., Any]) -> Callable[..., Any]:
    """Return what is taken of a formula, not compiled, as a new function."""
    jax = _setup()
    namespace = import_module("jax.numpy")
    argnums: Any = tuple(range(case.count)) if case.count > 1 else 0

    def fun(*arguments: Any) -> Any:
        return formula(namespace, *arguments)

    if formula is _masked_root:  # a while loop has no reverse mode
        return lambda a: jax.jvp(fun, (a,), (1.0,))
    result: Callable[..., Any]
    match case.kind:
        case Kind.DERIVATIVE | Kind.GRADIENT:
            result = jax.grad(fun, argnums)
        case Kind.THIRD_DERIVATIVE:
            result = jax.grad(jax.grad(jax.grad(fun)))
        case Kind.VALUE_AND_GRADIENT:
            result = jax.value_and_grad(fun, argnums)
        case Kind.HESSIAN:
            result = jax.hessian(fun)
        case Kind.HESSIAN_VECTOR:
            return lambda x, v: jax.jvp(jax.grad(fun), (x,), (v,))[1]
        case Kind.JACOBIAN:
            result = jax.jacfwd(fun)
    return result


def own_arguments(case: NativeCase) -> list[Any]:
    """Return floats as they are, and arrays as the device's."""
    asarray = import_module("jax.numpy").asarray
    return [value if isinstance(value, float) else asarray(value) for value in case.arguments()]


def _called(case: NativeCase, compiled: Callable[..., Any]) -> Callable[[], Any]:
    wait = import_module("jax").block_until_ready
    arguments = own_arguments(case)
    if not isinstance(arguments[0], float):
        return lambda: wait(compiled(*arguments))
    (x,) = arguments
    if case.kind is not Kind.VALUE_AND_GRADIENT:
        return lambda: float(compiled(x))

    def call() -> tuple[float, float]:
        value, slope = compiled(x)
        return float(value), float(slope)

    return call


def formulations(case: NativeCase) -> Iterator[tuple[str, Callable[..., Any], Role]]:
    """Yield each name, formula and role that JAX can compile."""
    if case.key != "square_root":  # its loop asks for a value, which a trace does not have
        yield NAME, FORMULAS.get(case.key, case.formula), Role.PEER
    if case.key in REWRITTEN:
        yield f"{NAME}, rewritten", REWRITTEN[case.key], Role.REWRITTEN


def entries(case: NativeCase) -> Iterator[Entry]:
    """Yield the compiled function, and where Python's control flow is in the way, a rewritten one."""
    jax = _setup()
    if case.key == "square_root":
        yield Entry("jax, no jit", _called(case, derived(case, case.formula)))
    for name, formula, role in formulations(case):
        yield Entry(name, _called(case, jax.jit(derived(case, formula))), role=role)


def first_seconds(case: NativeCase, formula: Callable[..., Any]) -> tuple[float, float]:
    """Return how long it takes to trace and compile a new function, and how long until it has been called twice too."""
    jax = _setup()
    arguments = own_arguments(case)
    start = perf_counter()
    compiled = jax.jit(derived(case, formula)).lower(*arguments).compile()
    ready = perf_counter() - start
    for _ in range(2):
        jax.block_until_ready(compiled(*arguments))
    return ready, perf_counter() - start
