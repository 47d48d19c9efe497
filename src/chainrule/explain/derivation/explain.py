"""Owns `explain`: the derivation of a derivative, from typed mathematics or a Python function of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, overload

from chainrule.errors import TooLongError
from chainrule.explain.derivation.account import Detail
from chainrule.explain.derivation.curves.implicit import implicit
from chainrule.explain.derivation.curves.parametric import parametric
from chainrule.explain.derivation.curves.rates import related_rates
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import Question
from chainrule.explain.derivation.fields.chain import chain_of_several
from chainrule.explain.derivation.fields.explain_field import of_field
from chainrule.explain.derivation.inverse import of_inverse
from chainrule.explain.derivation.limiting.explain_limit import of_limit
from chainrule.explain.derivation.recorded import argument_names, recorded
from chainrule.explain.derivation.sampled import Function, SampledFunction
from chainrule.explain.derivation.several import gradient, hessian, mixed
from chainrule.explain.derivation.single import single, typed, with_tangent
from chainrule.explain.derivation.studies.answer import study_of
from chainrule.explain.derivation.taylor.explain_taylor import of_taylor
from chainrule.explain.expressions.expression import size
from chainrule.explain.matrix.call import has_arrays
from chainrule.explain.matrix.derivation import MatrixDerivation
from chainrule.explain.matrix.explain_arrays import explain_arrays
from chainrule.explain.reading.curves import Implicit, Parametric
from chainrule.explain.reading.fields import Field
from chainrule.explain.reading.inverses import InverseAsked
from chainrule.explain.reading.limits import LimitAsked
from chainrule.explain.reading.parse import symbol_name
from chainrule.explain.reading.point import names_asked, point_of
from chainrule.explain.reading.problem import Problem, parse_question
from chainrule.explain.reading.rates import Rates
from chainrule.explain.reading.shapes import Shape
from chainrule.explain.reading.taylor import TaylorAsked

MAX_ORDER = 6
MAX_HESSIAN = 2_000
"""How many operations all parts of a Hessian start from, together."""

MAX_GRADIENT = 20_000
"""The same of a gradient: two or three seconds' work."""

At: TypeAlias = float | Mapping[str, float] | Sequence[float] | None


@overload
def explain(
    fun: str, wrt: str | Sequence[str] | None = None, at: At = None, order: int = 1, detail: Detail = None
) -> Derivation: ...


@overload
def explain(
    fun: Callable[..., Any],
    wrt: str | Sequence[str] | None = None,
    at: Any = None,
    order: int = 1,
    detail: Detail = None,
) -> Derivation | MatrixDerivation: ...


def explain(
    fun: str | Callable[..., Any],
    wrt: str | Sequence[str] | None = None,
    at: Any = None,
    order: int = 1,
    detail: Detail = None,
) -> Derivation | MatrixDerivation:
    """Return the derivation of the derivative of a function, step by step.

    fun: mathematics as text, such as "(2x+3)^2" or "d/dx (2x+3)^2", or a Python function of numbers. wrt: the
    variable, or several; without it, the only variable, or all of them, which gives the gradient. at: a point, as a
    number (one variable), a mapping from names to numbers, or numbers in the order of the variables. order: how often
    to differentiate (1 to 6); order 2 of several variables gives the Hessian. detail: "brief" for one line per rule,
    "full" for the general form of every rule and a step for every part, None for the level of a lesson, between the
    two.

    An equation such as "x^2 + y^2 = 25" is differentiated implicitly, and "x = cos t, y = sin t" gives the slope dy/dx of
    the curve; a derivative is named as in "p^2 + q^2 = 1, dq/dp" where it is not dy/dx. A point given by `at` is on the
    curve, its second coordinate may be left out where there is one only, and the tangent there is said; where it is
    vertical, `value` is None. `given` holds the equations.

    Related rates are asked for as in "x^2 + y^2 = 25, dx/dt = 3, x = 4, dy/dt".

    Vector calculus is asked for in words or signs: "directional derivative of x^2 y at (1, 2) in the direction (3, 4)",
    "tangent plane to z = x^2 + y^2 at (1, 1)", "linear approximation", "total differential", "Laplacian", "curl",
    "div (x^2 y, y z, z^2)", "Jacobian of (r cos θ, r sin θ)". What is put together of derivatives comes last among the
    `partials`; `given` holds the components of a field.

    The shape of a function is asked for in words: "critical points of x^3 - 3x", "local extrema", "where is x e^(-x) increasing",
    "inflection points", "absolute maximum of x^3 - 3x on [-2, 3]", "saddle points of x^3 + y^3 - 3xy", "maximize xy subject to
    x^2 + y^2 = 8", "Newton's method for x^2 = 2 from x = 1". `study` holds the answer with its points; `result` is the derivative
    that it starts from.

    Taylor polynomials are asked for as in "Taylor polynomial of ln x about x = 1 of degree 3", "Maclaurin series of sin x to
    order 7", "quadratic approximation of e^x cos y at (0, 0)"; `result` is the polynomial; the remainder is a note.

    Limits are asked for as in "lim x->0 sin(x)/x", "limit of (1 + 1/x)^x as x -> infinity": by the laws of limits and
    l'Hôpital's rule. One that does not exist is `undefined`, which is written as "does not exist"; a note says why.

    The derivative of an inverse is asked for as in "(f^(-1))'(2) where f(x) = x^3 + x".

    Where `at` gives arrays, the program is explained operation by operation with shapes, as a `MatrixDerivation`.

    Every formula is the table's own rule called with symbols. The result is compared with the engine's derivative and
    with the limit definition at sample points; `verified` is the largest difference. Raises ParseError for text that
    is no mathematics, ValueError for unknown variables, a bad point or detail, NotDifferentiableError where the derivative
    does not exist at `at`, TooLongError where nobody would read it all, and GradientError should an explanation ever
    disagree with the engine.

    >>> d = explain("(2x+3)^2", at=1)
    >>> str(d.result), d.value
    ('8x + 12', 20.0)
    >>> str(explain("x^2 + 3xy + y^2").result)
    '(2x + 3y, 3x + 2y)'
    >>> str(explain("x^2 + y^2 = 25", at=(3, 4)).heading), str(explain("x = t^2, y = t^3").heading)
    ('dy/dx = -x/y', 'dy/dx = 3t/2')
    >>> print(explain("local extrema of x^3 - 3x").study)
    local maximum: f(-1) = 2
    local minimum: f(1) = -2
    >>> explain("x^2 y", order=2).result.to_sympy()
    ((2*y, 2*x), (2*x, 0))
    """
    if not isinstance(fun, str) and has_arrays(fun, at):
        return explain_arrays(fun, at, wrt, order, detail)
    asked = parse_question(fun) if isinstance(fun, str) else fun
    if isinstance(asked, Problem | Implicit | Parametric | Field):
        at = asked.at if at is None else at
    if isinstance(asked, Problem | Implicit | Parametric):
        order = asked.order if type(order) is int and order == 1 else order
    if isinstance(asked, Problem):
        wrt = asked.wrt if wrt is None else wrt
    if type(order) is not int or not 1 <= order <= MAX_ORDER:
        raise ValueError(f"order is how often to differentiate, a whole number from 1 to {MAX_ORDER}, not {order!r}")
    if detail not in (None, "brief", "full"):
        raise ValueError(f'detail is "brief" or "full", or left out for what lies between the two; not {detail!r}')
    if isinstance(asked, Shape):
        return study_of(asked, None if wrt is None else tuple(map(symbol_name, names_asked(wrt))), at, order, detail)
    if isinstance(asked, Implicit):
        return implicit(asked, _one_name(wrt), at, order, detail)
    if isinstance(asked, Parametric):
        return parametric(asked, _one_name(wrt), at, order, detail)
    if isinstance(asked, Rates):
        return related_rates(asked, at, order, detail)
    if isinstance(asked, LimitAsked):
        return of_limit(asked, wrt, at, order, detail)
    if isinstance(asked, InverseAsked):
        return of_inverse(asked, wrt, at, order, detail)
    if isinstance(asked, Field | TaylorAsked):
        by = None if wrt is None else tuple(map(symbol_name, names_asked(wrt)))
        if isinstance(asked, Field):
            return of_field(asked, by, at, order, detail)
        return of_taylor(asked, by, at, order, detail)
    question = _read(asked, wrt, at, detail)
    if isinstance(asked, Problem) and asked.turns and wrt == asked.wrt and order == 1:
        return mixed(question, asked.turns, single(question, asked.turns[0], 1))
    if isinstance(asked, Problem) and asked.composed is not None and wrt == asked.wrt and order == 1:
        return chain_of_several(asked.composed, question)
    variables = _variables(question.source.names, wrt)
    if len(variables) == 1:
        found = single(question, variables[0], order)
        return with_tangent(found, asked.normal) if isinstance(asked, Problem) and asked.tangent else found
    return _by_several(question, variables, order)


def _by_several(question: Question, variables: Sequence[str], order: int) -> Derivation:
    """Return the gradient, or the Hessian where the order is 2; raise where there is no such derivative, or it is too long."""
    if order > 2:
        raise ValueError(f"a derivative of order {order} needs one variable; name it with wrt={variables[0]!r}")
    cells, what, most = (
        (len(variables), "gradient", MAX_GRADIENT) if order == 1 else (len(variables) ** 2, "Hessian", MAX_HESSIAN)
    )
    if cells * size(question.source.expression) > most:
        raise TooLongError(
            f"a {what} with {cells} parts of such a long function is not explained; name fewer variables with wrt"
        )
    firsts = tuple(single(question, name, 1) for name in variables)
    return gradient(question, firsts) if order == 1 else hessian(question, firsts)


def _one_name(wrt: str | Sequence[str] | None) -> str | None:
    """Return the one variable that a curve is differentiated by."""
    if wrt is None:
        return None
    names = tuple(map(symbol_name, names_asked(wrt)))
    if len(names) != 1:
        raise ValueError(
            f"a curve is differentiated by one variable, as in wrt='x'; not by {', '.join(names) or 'none'}"
        )
    return names[0]


def _read(fun: Problem | Callable[..., Any], wrt: str | Sequence[str] | None, at: At, detail: Detail) -> Question:
    """Return the function as an expression, as something to call, and the point."""
    if isinstance(fun, Problem):
        names = tuple(dict.fromkeys((*fun.parsed.variables, *(fun.wrt or ()))))
        # A constant is differentiated with respect to what was asked, or x.
        names = names or ((wrt,) if isinstance(wrt, str) else ("x",))
        return typed(fun.parsed, names, None if at is None else point_of(names, at), detail)
    if not callable(fun):
        raise TypeError(f'explain takes mathematics as text, such as "x^2", or a function, not {type(fun).__name__}')
    names = argument_names(fun)
    point = None if at is None else point_of(names, at)
    function: Function = lambda values: fun(*(values[name] for name in names))  # noqa: E731
    return Question(recorded(fun, point), function, SampledFunction(function), point, detail)


def _variables(names: Sequence[str], wrt: str | Sequence[str] | None) -> tuple[str, ...]:
    if wrt is None:
        return tuple(names)
    # θ is theta, x_1 is x1
    asked = tuple(name if name in names else symbol_name(name) for name in names_asked(wrt))
    unknown = [name for name in asked if name not in names]
    if not asked:
        raise ValueError(f"wrt names no variable; the variables are {', '.join(names)}")
    if unknown:
        raise ValueError(f"there is no variable {', '.join(map(repr, unknown))}; the variables are {', '.join(names)}")
    return asked
