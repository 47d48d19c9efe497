"""Proves, for every primitive by its being listed in the table, that jit computes what NumPy does.

Elementwise ones in every memory layout, of every type, with broadcasting, on NaN, infinities, zeros of both signs and numbers
at the ends of the range; all of them on their samples; and the derivatives of both modes. Every program of the tests, too.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests import test_programs as programs
from tests.native.agreement import SPECIAL as EDGES
from tests.native.agreement import check, eagerly, exact, rounded, within
from tests.primitives import test_structured as structured
from tests.primitives import test_table as elementwise

import chainrule as cr
from chainrule.core.primitive import Elementwise, Piecewise
from chainrule.core.trace import bind
from chainrule.primitives.integer import INTEGER_PRIMITIVES
from chainrule.primitives.table import SCIPY_UFUNCS, TABLE

pytestmark = pytest.mark.slow

named = pytest.mark.parametrize("primitive", elementwise.ELEMENTWISE, ids=lambda p: p.name)
smooth = pytest.mark.parametrize("primitive", elementwise.SMOOTH, ids=lambda p: p.name)
sampled = pytest.mark.parametrize(("name", "place"), structured.CASES, ids=[f"{n}-{i}" for n, i in structured.CASES])
differentiated = pytest.mark.parametrize(
    ("name", "place"), structured.SMOOTH, ids=[f"{name}-{place}" for name, place in structured.SMOOTH]
)

# NumPy computes these by functions of the mathematical library, whose last places differ between machines; the rest is exact.
ROUNDED = frozenset(
    "power float_power cbrt hypot degrees radians rad2deg deg2rad exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2 "
    "sinh cosh tanh arcsinh arccosh arctanh sin cos tan arcsin arccos arctan arctan2".split()
)
# Of 0.0 and -0.0 NumPy itself returns one or the other, by the place of the element in the array.
EITHER_ZERO = frozenset(("maximum", "minimum", "fmax", "fmin", "clip"))
# These rearrange, choose, count or compare.
EXACT = frozenset(
    "real imag conjugate relu max min sort partition argmax argmin argsort argpartition argwhere count_nonzero any all "
    "cumsum cumprod searchsorted reshape transpose broadcast_to concatenate stack pad flip roll astype truncate where index "
    "index_set last_written".split()
)
SPECIAL = (
    *EDGES,
    2.0,
    -2.0,
    3.0,
    1e-10,
    -1e-10,
    1e10,
    25.0,
    -40.0,
    700.0,
)
# SciPy takes as many steps as the order of these says, or their neighbors far below order 0 cancel.
BY_RECURRENCE = frozenset(("yn", "kn", "struve"))
# Exponentials of large logarithms of gamma functions, and small differences of digammas: a rounding of these, which are ours in
# compiled code and SciPy's elsewhere, is much of the derivative at its ends.
AMPLIFYING = frozenset("beta binom poch chdtr chdtrc chdtri gammaincinv gammainccinv log_ndtr".split())
ENDS = ("smallest_subnormal", "tiny", "max", "eps")
LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "Fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "reversed": lambda x: x[::-1],
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "repeated": lambda x: np.broadcast_to(x[:1], x.shape),
    "offset": lambda x: np.concatenate([x[:1], x])[1:],
}


def judge_of(primitive: Any) -> Any:
    if primitive in SCIPY_UFUNCS:
        return within(64, absolute=4)
    if primitive.name in ("logaddexp", "logaddexp2"):
        return within(4, absolute=4)
    if primitive.name in EITHER_ZERO:
        return lambda got, wanted: np.asarray(got == wanted) | exact(got, wanted)
    return within(4) if primitive.name in ROUNDED else exact


def of_one_size(got: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Ask for the size and the sign only, and for what is not finite."""
    with np.errstate(all="ignore"):
        near = np.abs(got - wanted) <= 0.5 * np.abs(wanted)
    return within(64, absolute=64)(got, wanted) | (np.isfinite(got) & np.isfinite(wanted) & near)


def call(primitive: Any) -> Callable[..., Any]:
    return lambda *xs: bind(primitive, xs)


def drawn(primitive: Any, *shapes: Any) -> list[tuple[Any, ...]]:
    """Return the operands for several calls: of the same shapes, with other values."""
    if len(shapes) == 1:
        shapes = shapes * 3
    return [tuple(elementwise.operands(primitive, seed, shapes[0])) for seed in (1, 2, 3)]


def special(primitive: Any, dtype: Any) -> tuple[Any, ...]:
    """Return every combination of numbers that are special."""
    info, count = np.finfo(dtype), len(primitive.partials)
    ends = [sign * getattr(info, name) for name in ENDS for sign in (1, -1)]
    values = np.array([*SPECIAL, *ends] if count < 3 else [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -2.0], dtype)
    if count == 1:
        return (values,)
    combined = np.array(list(itertools.product(values, repeat=count)), dtype)
    xs = [combined[:, place].copy() for place in range(count)]
    if primitive.name == "ldexp":
        xs[1] = np.resize([0, 1, -1, 5, -5, 2000, -2000], len(combined))
    if primitive.name in BY_RECURRENCE:
        xs[0] = np.resize(np.array([0, 1, -1, 2, 5, 40], dtype), len(combined))
    return tuple(xs)


def of_real(primitive: Any) -> bool:
    return primitive not in INTEGER_PRIMITIVES


# --- elementwise: values -----------------------------------------------------------------------------------------------------


@named
@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1,), (5,), (8,), (67,), (3, 33)], ids=str)
def test_an_elementwise_primitive_in_every_size(primitive: Any, shape: Any) -> None:
    check(call(primitive), *drawn(primitive, shape), judge=judge_of(primitive))


@named
def test_an_elementwise_primitive_of_python_numbers(primitive: Any) -> None:
    calls = [tuple(x.item() for x in map(np.asarray, xs)) for xs in drawn(primitive, ())]
    check(call(primitive), *calls, judge=judge_of(primitive))


@named
def test_an_elementwise_primitive_in_every_layout(primitive: Any) -> None:
    for change in LAYOUTS.values():
        calls = [tuple(map(change, xs)) for xs in drawn(primitive, (4, 9))]
        check(call(primitive), *calls, judge=judge_of(primitive))
    frozen = drawn(primitive, (4, 9))
    for x in itertools.chain(*frozen):
        x.flags.writeable = False
    check(call(primitive), *frozen, judge=judge_of(primitive))


@named
def test_an_elementwise_primitive_broadcasts(primitive: Any) -> None:
    count = len(primitive.partials)
    for parts in ((np.s_[:, :1], np.s_[:1, :]), (np.s_[0, 0], np.s_[:, :]), (np.s_[0], np.s_[:, :])):
        chosen = (*parts, np.s_[:, 0:1], np.s_[:1, 1:2], np.s_[:, :])[:count]
        calls = [tuple(x[part] for x, part in zip(xs, chosen, strict=True)) for xs in drawn(primitive, (3, 7))]
        check(call(primitive), *calls, judge=judge_of(primitive))


@named
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_elementwise_primitive_of_special_numbers(primitive: Any, dtype: str) -> None:
    if not of_real(primitive):
        integers = np.array([0, 1, -1, 2, 63, 64, 65, np.iinfo(np.int64).max, np.iinfo(np.int64).min])
        grid = np.array(list(itertools.product(integers, repeat=len(primitive.partials)))).T.copy()
        check(call(primitive), tuple(grid), judge=exact)
        return
    xs = special(primitive, dtype)
    check(call(primitive), xs, tuple(x[::-1].copy() for x in xs), judge=judge_of(primitive))


TYPES = ("float32", "float16", "int64", "int8", "uint8", "bool", "complex128", "complex64", ">f8", ">i4")


@named
def test_an_elementwise_primitive_of_every_type(primitive: Any) -> None:
    """Where NumPy refuses a type, so does jit."""
    xs = drawn(primitive, (5,))[0]
    choices = [(dtype,) * len(xs) for dtype in TYPES]
    if len(xs) == 2:
        choices += [
            ("float32", "float64"),
            ("int64", "float32"),
            ("bool", "int64"),
            ("uint8", "int8"),
            ("int8", "float16"),
        ]
    for choice in choices:
        cast = tuple(eagerly(np.asarray(x).astype, dtype) for x, dtype in zip(xs, choice, strict=True))
        agrees_or_is_refused(primitive, cast)
    if len(xs) == 2:
        for dtype, number in itertools.product(("float32", "int64", "uint8"), (2, 0.5, True)):
            # The user's call says that a number has no precision of its own, so that it is the function that is called.
            agrees_or_is_refused(primitive, (eagerly(xs[0].astype, dtype), number), lambda *xs: primitive.value(*xs))
            agrees_or_is_refused(primitive, (number, eagerly(xs[1].astype, dtype)), lambda *xs: primitive.value(*xs))


def agrees_or_is_refused(primitive: Any, xs: tuple[Any, ...], function: Any = None) -> None:
    function = function or call(primitive)
    try:
        wanted = eagerly(primitive.value, *xs)
    except (TypeError, ValueError) as refused:
        compiled = cr.jit(function)
        for _ in range(3):
            with pytest.raises(type(refused)):
                eagerly(compiled, *xs)
        return
    single = np.asarray(wanted).dtype in (np.float16, np.complex64, np.complex128)
    judge = rounded() if single else judge_of(primitive)
    check(function, xs, judge=judge, fewest=3)


# --- elementwise: derivatives ------------------------------------------------------------------------------------------------


def weighted(primitive: Any, xs: Any) -> tuple[Callable[..., Any], Any, tuple[int, ...]]:
    """Return a real number that is made of the primitive's results, as a function of the operands that may move."""
    function, parts = elementwise.of_moving(primitive, list(xs))

    def scalar(*moving: Any) -> Any:
        out = function(*moving)
        return np.sum(out * np.cos(np.arange(float(np.size(out)))).reshape(np.shape(out)).astype(out.dtype))

    return scalar, parts, tuple(range(len(parts)))


@smooth
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_derivatives_of_an_elementwise_primitive(primitive: Any, dtype: str) -> None:
    for shape in ((), (2, 35), (0,)):
        xs = [
            x.astype(dtype) if np.asarray(x).dtype.kind == "f" else x
            for x in map(np.asarray, drawn(primitive, shape)[0])
        ]
        scalar, parts, every = weighted(primitive, xs)
        calls = (
            parts,
            tuple(x.astype(dtype) for x in elementwise.of_moving(primitive, list(drawn(primitive, shape)[1]))[1]),
        )
        # A rule with a constant of float64 gives a float64 that was rounded as a float32 on its way.
        judge = rounded(1e-11 if dtype == "float64" else 1e-4, 1e-4)
        check(cr.grad(scalar, argnums=every), *calls, judge=judge)
        check(cr.value_and_grad(scalar, argnums=every), *calls, judge=judge)
        # Each tangent by itself: a sum of them may cancel to far less than their roundings.
        function, _ = elementwise.of_moving(primitive, list(xs))
        check(lambda *ps, f=function: cr.jvp(f, ps, tuple(np.ones_like(p) for p in ps)), *calls, judge=judge)


@smooth
def test_the_second_derivatives_of_an_elementwise_primitive(primitive: Any) -> None:
    first, second, _ = drawn(primitive, (3,))
    scalar, parts, _ = weighted(primitive, first)
    calls = parts, elementwise.of_moving(primitive, list(second))[1]
    check(cr.hessian(scalar), *calls, judge=rounded(1e-10))
    check(lambda x, *rest: cr.grad(lambda y: np.sum(cr.grad(scalar)(y, *rest) ** 2))(x), *calls, judge=rounded(1e-10))


@smooth
def test_the_derivative_of_an_elementwise_primitive_at_special_numbers(primitive: Any) -> None:
    xs = special(primitive, float)
    function, parts = elementwise.of_moving(primitive, list(xs))
    every = tuple(range(len(parts)))
    judge = of_one_size if primitive.name in AMPLIFYING else within(64, absolute=64)
    # A sum of NaN is NaN, but the gradient of a sum is an array: each element has its own.
    check(cr.grad(lambda *ps: np.sum(function(*ps)), argnums=every), parts, judge=judge)


# --- all other primitives ----------------------------------------------------------------------------------------------------


def judge_structured(name: str) -> Any:
    return exact if name in EXACT else rounded(1e-11)


def operands_of(name: str, place: int, seed: int) -> tuple[Any, ...]:
    return tuple(structured.sampled_call(name, place, np.random.default_rng(seed))[2])


def call_structured(name: str, place: int) -> Callable[..., Any]:
    parameters = structured.SAMPLES[name][place][1]
    return lambda *xs: bind(structured.STRUCTURED[name], xs, parameters)


@sampled
def test_a_primitive_on_its_samples(name: str, place: int) -> None:
    calls = [operands_of(name, place, seed) for seed in (1, 2, 3)]
    check(call_structured(name, place), *calls, judge=judge_structured(name))


@sampled
def test_a_primitive_in_other_layouts_and_as_float32(name: str, place: int) -> None:
    xs = operands_of(name, place, 4)
    judge = exact if name in EXACT else rounded(1e-11, 1e-4)
    for change in (LAYOUTS["Fortran"], LAYOUTS["strided"]):
        check(call_structured(name, place), tuple(change(x) if x.ndim else x for x in xs), judge=judge, fewest=3)
    single = tuple(x.astype(np.float32) if x.dtype == float else x for x in xs)
    check(call_structured(name, place), single, judge=judge, fewest=3)


@sampled
def test_a_batch_of_a_primitive(name: str, place: int) -> None:
    batch = tuple(np.stack(parts) for parts in zip(*(operands_of(name, place, s) for s in (1, 2)), strict=True))
    check(cr.vmap(call_structured(name, place)), batch, judge=judge_structured(name), fewest=3)


@differentiated
def test_the_derivatives_of_a_primitive(name: str, place: int) -> None:
    rng = np.random.default_rng(5)
    function, parts, _, _ = structured.sampled_call(name, place, rng)
    tangents = tuple(structured.like(rng, x) for x in parts)
    weights = [structured.like(rng, part) for part in structured.several(eagerly(function, *parts))]

    def scalar(*xs: Any) -> Any:
        return structured.inner(weights, structured.several(function(*xs)))

    calls = parts, structured.sampled_call(name, place, np.random.default_rng(6))[1]
    judge = rounded(1e-10)
    check(cr.grad(scalar, argnums=tuple(range(len(parts)))), *calls, judge=judge)
    check(lambda *xs: cr.jvp(function, xs, tangents), *calls, judge=judge)


def test_every_primitive_of_the_table_is_compiled_here() -> None:
    listed = {p.name for p in elementwise.ELEMENTWISE} | {name for name, _ in structured.CASES}
    unknown = sorted({p.name for p in TABLE} ^ listed)
    assert not unknown, f"{unknown} have no operands: add them to SAMPLES in tests/primitives/test_structured.py"
    constant = {p.name for p in TABLE if isinstance(p, Piecewise) or (isinstance(p, Elementwise) and p.is_constant)}
    moving = {p.name for p in elementwise.SMOOTH} | {name for name, _ in structured.SMOOTH}
    assert listed - constant == moving


# --- programs ----------------------------------------------------------------------------------------------------------------

# These make a generator of their own, from a seed, inside the function: its numbers are the same at every call. They may be
# refused; a wrong result may not be given.
DRAWS = {"random in a closure", "evidence_bound"}
on_programs = pytest.mark.parametrize("name", programs.PROGRAMS)


def moved(tree: Any, factor: float, shift: float) -> Any:
    """Return arguments of the same structure with other values."""
    if isinstance(tree, dict):
        return {key: moved(part, factor, shift) for key, part in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(moved(part, factor, shift) for part in tree)
    return tree * factor + shift


def check_program(name: str, function: Any) -> None:
    arguments = programs.PROGRAMS[name][1]
    calls = [arguments, arguments, arguments, moved(arguments, 0.9, 0.01), moved(arguments, 1.1, 0.0), arguments]
    try:
        check(function, *calls, judge=rounded(1e-10))
    except cr.TracingError as error:
        if name not in DRAWS:
            raise
        assert "random" in str(error)  # noqa: PT017 - where it is not refused, the results were compared


@on_programs
def test_a_program(name: str) -> None:
    check_program(name, programs.PROGRAMS[name][0])


@on_programs
def test_the_gradient_of_a_program(name: str) -> None:
    check_program(name, cr.value_and_grad(programs.PROGRAMS[name][0]))


@on_programs
def test_the_gradient_of_a_compiled_program(name: str) -> None:
    function, arguments = programs.PROGRAMS[name]
    wanted = eagerly(cr.value_and_grad(function), *arguments)
    gradient = cr.value_and_grad(cr.jit(function))
    try:
        for _ in range(4):
            check(lambda *xs: wanted, arguments, jitted=lambda *xs: gradient(*xs), fewest=1, judge=rounded(1e-10))
    except cr.TracingError as error:
        if name not in DRAWS:
            raise
        assert "random" in str(error)  # noqa: PT017


@pytest.mark.parametrize("name", programs.ON_ONE_ARRAY)
def test_the_hessian_of_a_program(name: str) -> None:
    check_program(name, cr.hessian(programs.PROGRAMS[name][0]))


@pytest.mark.parametrize("name", [name for name in programs.ON_ONE_ARRAY if name not in programs.DECIDES])
def test_a_batch_of_a_program(name: str) -> None:
    function, (x,) = programs.PROGRAMS[name]
    batch = np.stack([x, 0.9 * x + 0.01])
    try:
        check(cr.vmap(function), (batch,), judge=rounded(1e-10))
    except cr.TracingError:
        if name not in DRAWS:
            raise


@pytest.mark.parametrize("name", programs.REFUSED)
def test_what_a_derivative_refuses_has_a_value_all_the_same(name: str) -> None:
    function, advice = programs.REFUSED[name]
    check(function, (programs.V,), (programs.W,))
    compiled = cr.jit(cr.grad(function))
    for _ in range(3):
        with pytest.raises(cr.TracingError, match=advice):
            compiled(programs.V)
