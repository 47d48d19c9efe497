"""Owns how CasADi takes part: its graphs of scalars (SX) and of matrices (MX), through the buffer interface.

Each graph runs in CasADi's virtual machine, and once more as the C code that it writes, compiled by gcc. CasADi keeps
matrices column by column and has double precision only. It writes into the same arrays at each call, so that they
are not allocated, unlike ours.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.compare import Role
from benchmarks.native_cases import Kind, NativeCase
from benchmarks.native_entry import Entry, NotRunError

NAME = "CasADi"
ROOT_STEPS = 20  # enough for 1e-6 to 1e6
GCC = {"flags": ["-O3", "-march=native", "-ffast-math"], "linker_flags": ["-lm"]}
"""What its jit tells gcc: the flags of the limits in C, with which gcc takes vector functions of the system's library."""


@dataclass(frozen=True, slots=True)
class Form:
    """How CasADi is to represent and run a case.

    symbol: "SX" or "MX".
    compiled: whether gcc compiles it.
    graph: given CasADi and the symbols of all arguments, the value of the formula.
    note: what is particular about it.
    role: `Role.REWRITTEN` if Python's control flow had to be given up.
    """

    symbol: str
    compiled: bool
    graph: Callable[..., Any]
    note: str = ""
    role: Role = Role.PEER


def _polynomial(ca: Any, x: Any) -> Any:
    return x**2 + 3 * x + 2


def _composition(ca: Any, x: Any) -> Any:
    return ca.tanh(ca.sin(x**2) * ca.exp(-x)) + ca.log(1 + x**2)


def _rosenbrock(ca: Any, x: Any) -> Any:
    return ca.sum1(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def _damped_sine(ca: Any, x: Any) -> Any:
    return ca.sum1(ca.sin(x) ** 2 * ca.exp(-x))


def _logistic(ca: Any, w: Any, X: Any, y: Any) -> Any:
    t = -y * ca.mtimes(X, w)
    return ca.sum1(ca.fmax(t, 0) + ca.log1p(ca.exp(-ca.fabs(t)))) / t.shape[0]


def _rows(ca: Any, bias: Any, count: int) -> Any:
    return ca.repmat(bias.T, count, 1)


def _layer(ca: Any, X: Any, W: Any, b: Any) -> Any:
    return ca.tanh(ca.mtimes(X, W) + _rows(ca, b, X.shape[0]))


def _classifier(ca: Any, W1: Any, b1: Any, W2: Any, b2: Any, X: Any, targets: Any) -> Any:
    count = X.shape[0]
    scores = ca.mtimes(_layer(ca, X, W1, b1), W2) + _rows(ca, b2, count)
    # Its logsumexp takes one vector at a time; scores of this network are small, so that exp needs no shift.
    return ca.sum1(ca.log(ca.sum2(ca.exp(scores))) - ca.sum2(scores * targets)) / count


def _regressor(ca: Any, W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any, X: Any, y: Any) -> Any:
    hidden = _layer(ca, _layer(ca, X, W1, b1), W2, b2)
    return ca.sumsqr(ca.mtimes(hidden, W3) + _rows(ca, b3, X.shape[0]) - y) / X.shape[0]


def _dense_map(ca: Any, x: Any, W: Any, b: Any) -> Any:
    return ca.tanh(ca.mtimes(W, x) + b)


def _masked_root(ca: Any, a: Any) -> Any:
    x = ca.if_else(a > 1, a, 1.0)
    for _ in range(ROOT_STEPS):
        x = ca.if_else(ca.fabs(x * x - a) > 1e-12 * a, 0.5 * (x + a / x), x)
    return x


def _recurrence(ca: Any, W: Any, inputs: Any, start: Any) -> Any:
    hidden = start
    for row in ca.vertsplit(inputs):
        hidden = ca.tanh(ca.mtimes(W, hidden) + row.T)
    return ca.sum1(hidden)


def _folded(ca: Any, W: Any, inputs: Any, start: Any) -> Any:
    h, u, V = ca.MX.sym("h", start.shape), ca.MX.sym("u", start.shape), ca.MX.sym("V", W.shape)
    step = ca.Function("step", [h, u, V], [ca.tanh(ca.mtimes(V, h) + u)])
    states = step.mapaccum(inputs.shape[0])(start, inputs.T, ca.repmat(W, 1, inputs.shape[0]))
    return ca.sum1(states[:, -1])


def _mixture(ca: Any, log_weights: Any, means: Any, factors: Any, X: Any) -> Any:
    count, size = means.shape
    terms = []
    for k, factor in enumerate(ca.vertsplit(factors, size)):
        Z = ca.mtimes(X - ca.repmat(means[k, :], X.shape[0], 1), factor)
        terms.append(log_weights[k] - 0.5 * ca.sum2(Z**2))
    table = ca.horzcat(*terms)
    top = table[:, 0]
    for k in range(1, count):
        top = ca.fmax(top, table[:, k])
    sums = top + ca.log(ca.sum2(ca.exp(table - ca.repmat(top, 1, count))))
    return X.shape[0] * ca.logsumexp(log_weights) - ca.sum1(sums)


def _each(graph: Callable[..., Any], *kinds: str) -> tuple[Form, ...]:
    return tuple(Form(kind[:2], kind.endswith("jit"), graph) for kind in kinds)


_ALL = ("SX", "SX jit", "MX", "MX jit")
FORMS: dict[str, tuple[Form, ...]] = {
    "polynomial": _each(_polynomial, *_ALL),
    "composition_first": _each(_composition, *_ALL),
    "composition_third": _each(_composition, *_ALL),
    "rosenbrock_2": _each(_rosenbrock, *_ALL),
    "rosenbrock_1e3": _each(_rosenbrock, *_ALL),
    "rosenbrock_1e6": _each(_rosenbrock, "MX", "MX jit"),
    "damped_sine_1e3": _each(_damped_sine, *_ALL),
    "damped_sine_1e5": _each(_damped_sine, "SX", "MX", "MX jit"),
    "damped_sine_1e7": _each(_damped_sine, "MX", "MX jit"),
    "logistic_small": _each(_logistic, "SX", "MX", "MX jit"),
    "logistic_large": _each(_logistic, "MX", "MX jit"),
    "classifier": _each(_classifier, "MX", "MX jit"),
    "regressor": _each(_regressor, "SX", "SX jit", "MX", "MX jit"),
    "hessian": _each(_rosenbrock, *_ALL),
    "hessian_vector": _each(_rosenbrock, "MX", "MX jit"),
    "jacobian": _each(_dense_map, *_ALL),
    "square_root": tuple(
        Form(kind, jit, _masked_root, ", rewritten", Role.REWRITTEN) for kind in ("SX", "MX") for jit in (False, True)
    ),
    "recurrence": (
        *_each(_recurrence, "MX"),  # gcc needs two minutes for the C code of 500 steps
        Form("MX", False, _folded, ", rewritten", Role.REWRITTEN),
        Form("MX", True, _folded, ", rewritten", Role.REWRITTEN),
    ),
    "mixture": _each(_mixture, "MX"),  # gcc needs minutes for its C code
}


def _matrix(array: Any) -> Any:
    """Return an array as CasADi has it, with two axes: a stack of matrices as one above the other."""
    return np.atleast_2d(np.asarray(array, dtype=np.float64).T).T if np.ndim(array) < 3 else np.concatenate(array)


def _view(array: Any) -> Any:
    """Return the memory of an array as CasADi takes it, and as the fastest way to one number of it."""
    return memoryview(array.ravel(order="K"))


def _outputs(ca: Any, case: NativeCase, symbols: Sequence[Any], form: Form) -> list[Any]:
    """Return the expressions to compute."""
    if case.kind is Kind.HESSIAN_VECTOR:
        x, v = symbols
        return [ca.jtimes(ca.gradient(form.graph(ca, x), x), x, v)]
    value = form.graph(ca, *symbols)
    x = symbols[0]
    match case.kind:
        case Kind.DERIVATIVE | Kind.GRADIENT:
            return [ca.gradient(value, x)]
        case Kind.THIRD_DERIVATIVE:
            return [ca.gradient(ca.gradient(ca.gradient(value, x), x), x)]
        case Kind.HESSIAN:
            return [ca.densify(ca.hessian(value, x)[0])]
        case Kind.JACOBIAN:
            return [ca.densify(ca.jacobian(value, x))]
        case _:
            return [value, *(ca.gradient(value, symbol) for symbol in symbols[: case.count])]


def _shaped(array: Any, like: Any) -> Any:
    """Return a matrix of CasADi's in the shape of one of the case's arguments."""
    return array.reshape(like.shape) if np.ndim(like) < 2 or np.ndim(like) == 3 else array


@dataclass(frozen=True, slots=True)
class _Bound:
    """A function of CasADi's, bound to the memory that it reads and writes; it must outlive the calls.

    buffer: CasADi's own record of the binding.
    trigger: runs the function.
    inputs, results: the memory, as matrices.
    """

    buffer: Any
    trigger: Callable[[], None]
    inputs: Sequence[Any]
    results: Sequence[Any]

    def entry(self, name: str, case: NativeCase, role: Role) -> Entry:
        """Return the function as a contender."""
        arguments = case.arguments()
        if isinstance(arguments[0], float):
            return Entry(name, self._scalar_call(arguments[0]), self._read_scalar, role)

        def read(_: Any) -> Any:
            if case.kind is Kind.VALUE_AND_GRADIENT:
                value, *gradients = self.results
                return value[0, 0], [_shaped(part, like) for part, like in zip(gradients, arguments, strict=False)]
            (result,) = self.results
            return result if case.kind in (Kind.HESSIAN, Kind.JACOBIAN) else _shaped(result, arguments[0])

        return Entry(name, self.trigger, read, role)

    def _read_scalar(self, result: Any) -> Any:
        return result

    def _scalar_call(self, point: float) -> Callable[[], Any]:
        """Return a call from a Python float to Python floats; memory views are the fastest way in and out."""
        x = _view(self.inputs[0])
        views = [_view(array) for array in self.results]
        trigger = self.trigger

        def call_one() -> Any:
            x[0] = point
            trigger()
            return views[0][0]

        def call_two() -> Any:
            x[0] = point
            trigger()
            return views[0][0], views[1][0]

        return call_one if len(views) == 1 else call_two


def _entry(case: NativeCase, form: Form, scratch: Path) -> Entry:
    ca = import_module("casadi")
    inputs = [np.asfortranarray(_matrix(argument)) for argument in case.arguments()]
    kind = getattr(ca, form.symbol)
    symbols = [kind.sym(f"a{i}", *array.shape) for i, array in enumerate(inputs)]
    options: dict[str, Any] = {}
    if form.compiled:
        options = {"jit": True, "compiler": "shell", "jit_options": {**GCC, "directory": f"{scratch}/"}}
    function = ca.Function("f", symbols, [ca.densify(part) for part in _outputs(ca, case, symbols, form)], options)
    buffer, trigger = function.buffer()
    results = [np.zeros(function.size_out(i), order="F") for i in range(function.n_out())]
    for i, array in enumerate(inputs):
        buffer.set_arg(i, _view(array))
    for i, array in enumerate(results):
        buffer.set_res(i, _view(array))
    name = f"{NAME} {form.symbol}{' jit' if form.compiled else ''}{form.note}"
    return _Bound(buffer, trigger, inputs, results).entry(name, case, form.role)


def entries(case: NativeCase, scratch: Path) -> Iterator[Entry]:
    """Yield each form; what gcc makes of it lies in the folder `scratch`."""
    for form in FORMS[case.key]:
        if form.compiled and shutil.which("gcc") is None:
            raise NotRunError("there is no gcc for its jit")
        yield _entry(case, form, scratch)
