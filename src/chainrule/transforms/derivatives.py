"""Owns the public derivatives: grad, value_and_grad, derivative, jacobian, hessian, hvp, jvp, vjp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.core.trees import flatten, paths, unflatten
from chainrule.errors import NotScalarError, ShapeError, TracingError
from chainrule.tracing.record import as_value
from chainrule.tracing.traced_number import as_number
from chainrule.transforms.arguments import NUMBERS, Arguments, apart, as_result, own, plain, read
from chainrule.transforms.batch import vmap
from chainrule.transforms.forward import pushforward
from chainrule.transforms.jacobian_blocks import forward_blocks, reverse_blocks
from chainrule.transforms.reverse import linearize
from chainrule.transforms.transformed import require_function, transformed
from chainrule.user_code import where

Function: TypeAlias = Callable[..., Any]


def _value_and_pulled(asker: str, call: Arguments, has_aux: bool) -> tuple[Any, list[Array]]:
    """Return the result and the cotangents of the differentiated leaves; `asker` is named where the result is no real number."""
    values, pullback = linearize(call.flat(has_aux), call.values, once=True)
    value = _one_real_number(asker, values, call)
    one = value.dtype.type(1.0) if value.dtype.kind == "f" else np.float64(1.0)
    if value.shape:
        return np.reshape(value, ())[()], pullback([np.full(value.shape, one)])
    return value, pullback([one])


def _one_real_number(asker: str, values: Sequence[Any], call: Arguments) -> Any:
    """Return the result where it is one real number, or an array of one."""
    if len(values) == 1 and values[0].dtype.kind in "fiub" and (values[0].shape == () or values[0].size == 1):
        return values[0]
    name = getattr(call.fun, "__name__", "the function")
    if not values:
        raise NotScalarError(
            f"{asker} takes a function with one real number as its result; {name} returned nothing: end it with `return`"
        )
    if len(values) != 1:
        raise NotScalarError(
            f"{asker} takes a function with one real number as its result; {name} returned {len(values)} values; use "
            "cr.jacobian, or has_aux=True if the rest is auxiliary"
        )
    value = values[0]
    if value.size != 1:
        raise NotScalarError(
            f"{asker} takes a function with one real number as its result; {name} returned an array of shape {np.shape(value)}; "
            "use cr.jacobian for all its derivatives, or sum it"
        )
    raise NotScalarError(
        f"{asker} takes a function with a real result; {name} returned a complex number; take its real part or its modulus, "
        "or use cr.jacobian"
    )


def grad(fun: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """Return a function that computes the gradient of `fun`, a function with one real number, or an array of one, as its result.

    argnums: the position of the differentiated argument, or several; the result is then a tuple.
    has_aux: `fun` returns (value, auxiliary), and the result is (gradient, auxiliary).
    The gradient has the structure, shapes and types of the argument; integers are promoted to float64. For a complex argument
    z = x + iy it is df/dx + i df/dy, the direction of steepest ascent.
    Raises NotScalarError where the result is not one real number.

    >>> import chainrule as cr
    >>> cr.grad(lambda x: x**2 + 3 * x + 2)(5)
    13.0
    """
    return transformed("grad", _gradient, fun, "grad", argnums, has_aux)


def _gradient(
    fun: Function, asker: str, argnums: int | Sequence[int], has_aux: bool, /, *args: Any, **kwargs: Any
) -> Any:
    call = read(fun, args, kwargs, argnums)
    _, pulled = _value_and_pulled(asker, call, has_aux)
    result = call.gather(pulled, isinstance(argnums, int))
    return (result, call.aux) if has_aux else result


def value_and_grad(
    fun: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """Return a function that computes (value, gradient) of `fun` in one run; with `has_aux`, ((value, auxiliary), gradient).

    argnums, shapes, types and errors are those of `grad`.

    >>> import chainrule as cr
    >>> cr.value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    return transformed("value_and_grad", _value_and_gradient, fun, argnums, has_aux)


def _value_and_gradient(
    fun: Function, argnums: int | Sequence[int], has_aux: bool, /, *args: Any, **kwargs: Any
) -> tuple[Any, Any]:
    call = read(fun, args, kwargs, argnums)
    value, pulled = _value_and_pulled("value_and_grad", call, has_aux)
    result = call.gather(pulled, isinstance(argnums, int))
    return ((plain(value), call.aux) if has_aux else plain(value)), result


def derivative(fun: Function, order: int = 1) -> Function:
    """Return the derivative of a function of one number, of any order; on an array, at each of its elements.

    Raises NotScalarError where `fun` does not map one number to one number.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> cr.derivative(np.sin)(0.0)
    1.0
    >>> cr.derivative(lambda x: x**3, order=2)(np.array([1.0, 2.0]))
    array([ 6., 12.])
    """
    if not isinstance(order, int) or order < 0:
        raise TracingError(f"order must be a whole number of at least 0, not {order!r}")
    return transformed("derivative", _derived, fun, order)


def _derived(fun: Function, order: int, /, x: Any, *others: Any, **named: Any) -> Any:
    if others or named:
        raise TypeError(
            f"derivative takes a function of one number, and this one was called with {1 + len(others) + len(named)} arguments; "
            "hold the others, as in cr.derivative(lambda x: fun(x, a))(x), or use cr.grad(fun, argnums)"
        )
    nested = fun
    for _ in range(order):
        nested = _once(nested, type(x) in NUMBERS)
    value = as_value(x)
    if np.ndim(value) == 0:
        return plain(nested(value))
    flat = vmap(nested)(np.reshape(value, (-1,)))
    return np.reshape(flat, np.shape(value))


def _once(inner: Function, is_number: bool) -> Function:
    """Return the first derivative of a function of one number."""

    def moved(t: Array) -> list[Array]:
        return [as_result(inner(as_number(t) if is_number else t), inner)]

    def slope(x: Array) -> Array:
        values, tangents = pushforward(moved, [x], [np.ones_like(x)])
        if np.shape(values[0]) != ():
            raise NotScalarError(
                f"derivative takes a function of one number with one number as its result, which is applied to each element "
                f"of an array; this one returned shape {np.shape(values[0])}; use cr.jacobian or cr.grad"
            )
        return tangents[0]

    return slope


def jvp(fun: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return (fun(*primals), its derivative in the direction of the tangents), in one forward run.

    primals, tangents: tuples of the same structure and shapes. Raises ShapeError where they differ.

    >>> import chainrule as cr
    >>> cr.jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    require_function("jvp", fun)
    return _pushed("jvp", fun, _as_tuple("primals", primals), _as_tuple("tangents", tangents))


def _pushed(asker: str, fun: Function, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    call = read(fun, primals, {}, tuple(range(len(primals))))
    moving = [as_value(leaf) for leaf in flatten(tangents)[0]]
    _same_shapes(
        f"{asker}: a tangent", [np.shape(t) for t in moving], [np.shape(v) for v in call.values], paths(primals)
    )
    values, moved = pushforward(call.flat(), call.values, moving)
    values, moved = apart(values, call.values), apart(moved, moving)
    return _gathered(call, values), _gathered(call, moved)


def vjp(fun: Function, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return fun(*primals) and its pullback, which maps a cotangent of the result to a tuple of cotangents of the primals.

    The cotangent has the structure and the shapes of the result, and those of the primals theirs. The pullback may be called
    again. For complex numbers it is the conjugate transpose of the derivative. Raises ShapeError where a cotangent does not fit.

    >>> import chainrule as cr
    >>> value, pullback = cr.vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> pullback(1.0)
    (3.0, 2.0)
    """
    require_function("vjp", fun)
    call = read(fun, primals, {}, tuple(range(len(primals))))
    # The pullback may run after the caller has changed the arguments in place.
    inputs = [np.copy(value) if np.ndim(value) else value for value in call.values]
    values, pull = linearize(call.flat(), inputs)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        cts = [as_value(leaf) for leaf in flatten(cotangent)[0]]
        _same_shapes("vjp: a cotangent", [np.shape(c) for c in cts], [np.shape(v) for v in values], [""] * len(values))
        shares = [np.copy(share) if any(share is ct for ct in cts) else share for share in pull(cts)]
        gathered: tuple[Any, ...] = call.gather(shares, alone=False)
        return gathered

    # The pullback reads the results that the run has kept, whatever the caller does to those that are returned.
    return _gathered(call, [own(value) for value in values]), pullback


def jacobian(fun: Function, argnums: int | Sequence[int] = 0, mode: str | None = None) -> Function:
    """Return a function that computes all derivatives of all results: for y = fun(x), an array of shape y.shape + x.shape.

    mode: "forward", "reverse", or None for whichever takes fewer sweeps. Each sweep is batched, not looped.
    Results and arguments may be pytrees: the structure of the results, and inside each of its leaves that of the arguments.
    Raises TracingError for another mode, and where `argnums` names an argument that is not there; NotScalarError where a result
    is no number.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> cr.jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if mode not in (None, "forward", "reverse"):
        raise TracingError(f'mode must be "forward", "reverse" or None, not {mode!r}')
    return transformed("jacobian", _jacobian, fun, argnums, mode)


def _jacobian(fun: Function, argnums: int | Sequence[int], mode: str | None, /, *args: Any, **kwargs: Any) -> Any:
    call = read(fun, args, kwargs, argnums)
    flat = call.flat()
    size_in = sum(int(np.size(value)) for value in call.values)
    values, pullback = linearize(flat, call.values) if mode != "forward" else ((), None)
    if pullback is None or (mode is None and size_in < sum(int(np.size(value)) for value in values)):
        blocks = forward_blocks(flat, call.values)
    else:
        blocks = reverse_blocks(values, pullback, call.values)
    alone = isinstance(argnums, int)
    rows = [_arranged(call, row, alone) for row in blocks]
    return unflatten(call.result_structure, rows)


def _arranged(call: Arguments, row: Sequence[Array], alone: bool) -> Any:
    entries = [block if np.ndim(block) or isinstance(block, Traced) else plain(block) for block in row]
    parts = unflatten(call.structure, entries)
    return parts[0] if alone else tuple(parts)


def hessian(fun: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function that computes all second derivatives of `fun`, which returns one real number.

    argnums: as for `grad`; of several, the result holds the blocks of each pair, in tuples. For an array x the result has shape
    x.shape + x.shape; it is computed forward over reverse.
    Raises NotScalarError where `fun` returns anything else, NoRuleError where a primitive has a reverse rule only.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> cr.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return transformed("hessian", _hessian, fun, argnums)


def _hessian(fun: Function, argnums: int | Sequence[int], /, *args: Any, **kwargs: Any) -> Any:
    return _jacobian(partial(_gradient, fun, "hessian", argnums, False), argnums, "forward", *args, **kwargs)


def hvp(fun: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the product of the Hessian of `fun` at the primals with the tangents, without forming the Hessian.

    primals, tangents: tuples of the arguments of `fun`, of the same shapes. One argument gives one result, several give a tuple.
    Raises as `hessian` does, and ShapeError where a tangent does not fit its primal.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> cr.hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])
    """
    require_function("hvp", fun)
    primals, tangents = _as_tuple("primals", primals), _as_tuple("tangents", tangents)
    gradient = partial(_gradient, fun, "hvp", tuple(range(len(primals))), False)
    _, product = _pushed("hvp", gradient, primals, tangents)
    return product[0] if len(primals) == 1 else product


def _as_tuple(name: str, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, tuple | list):
        raise TracingError(
            f"{name} must be a tuple with one entry for each argument, such as (x,), not {type(value).__name__}"
        )
    return tuple(value)


def _same_shapes(what: str, given: Sequence[Any], expected: Sequence[Any], names: Sequence[str]) -> None:
    if len(given) != len(expected):
        raise ShapeError(f"{what}: {len(given)} arrays were given where {len(expected)} are expected{where()}")
    for shape, wanted, name in zip(given, expected, names, strict=True):
        if shape != wanted:
            raise ShapeError(f"{what}{' ' + name if name else ''} has shape {shape}, but {wanted} is expected{where()}")


def _gathered(call: Arguments, values: Sequence[Any]) -> Any:
    return unflatten(call.result_structure, [plain(value) for value in values])
