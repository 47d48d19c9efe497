"""Owns the names of typed mathematics: functions, Greek letters, LaTeX commands, and words that are refused."""

from __future__ import annotations

import functools
import keyword
import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from chainrule.core.primitive import Primitive
from chainrule.explain.expressions.expression import Constant, Expression, Number, apply
from chainrule.explain.expressions.tidy import tidy
from chainrule.primitives import arithmetic, comparison, exponential, special, trigonometric
from chainrule.primitives.arithmetic import SQRT
from chainrule.primitives.exponential import EXP, LOG
from chainrule.primitives.gamma_functions import BINOM

MAX_CHOSEN = 10
"""With larger numbers a binomial coefficient is no polynomial that anybody reads."""
MAX_TOTAL = 300


@dataclass(frozen=True, slots=True)
class Function:
    """A function that can be typed.

    name: how it is spelled in messages.
    build: makes the expression from the arguments.
    least, most: how many arguments it takes; `most` is None where there is no bound.
    inverse: the function that `name^-1` means, where there is one.
    """

    name: str
    build: Callable[..., Expression]
    least: int = 1
    most: int | None = 1
    inverse: str | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def is_of_one(self) -> bool:
        """Whether it takes one argument, so that this may stand next to it without brackets; log may have a base besides."""
        return self.least == 1 and self.most is not None


def _over(primitive: Primitive) -> Callable[..., Expression]:
    return lambda *arguments: apply(primitive, *arguments)


def _reciprocal(primitive: Primitive) -> Callable[..., Expression]:
    return lambda x: 1 / apply(primitive, x)


def _of_reciprocal(primitive: Primitive) -> Callable[..., Expression]:
    return lambda x: apply(primitive, 1 / x)


def _pairwise(primitive: Primitive) -> Callable[..., Expression]:
    def build(first: Expression, *others: Expression) -> Expression:
        for other in others:
            first = apply(primitive, first, other)
        return first

    return build


def _cotangent(x: Expression) -> Expression:
    return apply(trigonometric.COS, x) / apply(trigonometric.SIN, x)


def _hyperbolic_cotangent(x: Expression) -> Expression:
    return apply(exponential.COSH, x) / apply(exponential.SINH, x)


def log_to_base(base: Expression) -> Callable[..., Expression]:
    """Return what builds the logarithm to `base`: ln x / ln base."""
    return lambda x: apply(LOG, x) / apply(LOG, base)


def root_of(index: Expression) -> Callable[..., Expression]:
    """Return what builds the root of the given index: x^(1/index), and the square and the cube root by name."""
    if index == Number(2):
        return _over(SQRT)
    if index == Number(3):
        return _over(arithmetic.CBRT)
    return lambda x: apply(arithmetic.POWER, x, 1 / index)


def factorial_of(x: Expression) -> Expression:
    """Return x!, which is the gamma function at x + 1."""
    return apply(special.GAMMA, tidy(x + 1)[1])


def binomial(n: Expression, k: Expression) -> Expression:
    """Return n over k: a number of numbers, a polynomial in n of a small number k, and the function of the table else."""
    if isinstance(k, Number) and isinstance(k.value, int) and 0 <= k.value <= MAX_CHOSEN:
        if isinstance(n, Number) and isinstance(n.value, int) and 0 <= n.value <= MAX_TOTAL:
            return Number(math.comb(n.value, k.value))
        factors = [n - step if step else n for step in range(k.value)] or [Number(1)]
        product: Expression = functools.reduce(operator.mul, factors)
        return product / math.factorial(k.value) if k.value > 1 else product
    return apply(BINOM, n, k)


def logarithm(x: Expression, base: Expression | None = None) -> Expression:
    """Return the logarithm of x to a base, the natural one without it. Of a number and a variable the number is the base."""
    if base is None:
        return apply(LOG, x)
    if isinstance(x, Number | Constant) and not isinstance(base, Number | Constant):
        x, base = base, x
    return log_to_base(base)(x)


# Spellings, what they build, and the spelling of the inverse.
_ONE_ARGUMENT: tuple[tuple[str, Callable[..., Expression], str | None], ...] = (
    ("sin", _over(trigonometric.SIN), "arcsin"),
    ("cos", _over(trigonometric.COS), "arccos"),
    ("tan tg", _over(trigonometric.TAN), "arctan"),
    ("sec", _reciprocal(trigonometric.COS), "arcsec"),
    ("csc cosec", _reciprocal(trigonometric.SIN), "arccsc"),
    ("cot cotan ctg cotg", _cotangent, "arccot"),
    ("arcsin asin", _over(trigonometric.ARCSIN), "sin"),
    ("arccos acos", _over(trigonometric.ARCCOS), "cos"),
    ("arctan atan arctg", _over(trigonometric.ARCTAN), "tan"),
    ("arcsec asec", _of_reciprocal(trigonometric.ARCCOS), "sec"),
    ("arccsc acsc", _of_reciprocal(trigonometric.ARCSIN), "csc"),
    ("arccot acot arcctg", _of_reciprocal(trigonometric.ARCTAN), "cot"),
    ("sinh", _over(exponential.SINH), "arcsinh"),
    ("cosh", _over(exponential.COSH), "arccosh"),
    ("tanh", _over(exponential.TANH), "arctanh"),
    ("sech", _reciprocal(exponential.COSH), "arcsech"),
    ("csch cosech", _reciprocal(exponential.SINH), "arccsch"),
    ("coth", _hyperbolic_cotangent, "arccoth"),
    ("arcsinh asinh arsinh", _over(exponential.ARCSINH), "sinh"),
    ("arccosh acosh arcosh", _over(exponential.ARCCOSH), "cosh"),
    ("arctanh atanh artanh", _over(exponential.ARCTANH), "tanh"),
    ("arccoth acoth arcoth", _of_reciprocal(exponential.ARCTANH), "coth"),
    ("arcsech asech arsech", _of_reciprocal(exponential.ARCCOSH), "sech"),
    ("arccsch acsch arcsch", _of_reciprocal(exponential.ARCSINH), "csch"),
    ("exp", _over(EXP), "ln"),
    ("exp2", _over(exponential.EXP2), "log2"),
    ("expm1", _over(exponential.EXPM1), "log1p"),
    ("ln", _over(LOG), "exp"),
    ("log2", _over(exponential.LOG2), "exp2"),
    ("log10 lg", _over(exponential.LOG10), None),
    ("log1p", _over(exponential.LOG1P), "expm1"),
    ("sqrt", _over(SQRT), None),
    ("cbrt", _over(arithmetic.CBRT), None),
    ("square", _over(arithmetic.SQUARE), None),
    ("abs absolute", _over(arithmetic.ABSOLUTE), None),
    ("sign sgn", _over(comparison.SIGN), None),
    ("step heaviside", lambda x: apply(comparison.HEAVISIDE, x, Fraction(1, 2)), None),
    ("floor", _over(comparison.FLOOR), None),
    ("ceil", _over(comparison.CEIL), None),
    ("sigmoid expit logistic", _over(special.EXPIT), "logit"),
    ("logit", _over(special.LOGIT), "sigmoid"),
    ("softplus", _over(special.SOFTPLUS), None),
    ("relu", _over(special.RELU), None),
    ("silu swish", lambda x: x * apply(special.EXPIT, x), None),
    ("gelu", lambda x: x * apply(special.NDTR, x), None),
    ("erf", _over(special.ERF), "erfinv"),
    ("erfc", _over(special.ERFC), None),
    ("erfinv", _over(special.ERFINV), "erf"),
    ("gammaln lgamma", _over(special.GAMMALN), None),
    ("digamma", _over(special.DIGAMMA), None),
)
_SEVERAL_ARGUMENTS: tuple[tuple[str, Function], ...] = (
    ("log", Function("log", logarithm, 1, 2, "exp")),
    ("max maximum", Function("max", _pairwise(comparison.MAXIMUM), 1, None)),
    ("min minimum", Function("min", _pairwise(comparison.MINIMUM), 1, None)),
    ("atan2 arctan2", Function("atan2", _over(trigonometric.ARCTAN2), 2, 2)),
    ("logaddexp", Function("logaddexp", _over(exponential.LOGADDEXP), 2, 2)),
    ("hypot", Function("hypot", _over(arithmetic.HYPOT), 2, 2)),
    ("xlogy", Function("xlogy", _over(special.XLOGY), 2, 2)),
    ("binom binomial comb", Function("binom", binomial, 2, 2)),
    ("root", Function("root", lambda x, index: root_of(index)(x), 2, 2)),
    ("pow power", Function("pow", _over(arithmetic.POWER), 2, 2)),
)

FUNCTIONS: dict[str, Function] = {
    spelling: Function(spelling, build, inverse=inverse)
    for spellings, build, inverse in _ONE_ARGUMENT
    for spelling in spellings.split()
} | {spelling: function for spellings, function in _SEVERAL_ARGUMENTS for spelling in spellings.split()}
"""Every function, by every spelling."""

BRACKET_FUNCTIONS: dict[str, Function] = {
    "sigma": FUNCTIONS["sigmoid"],
    "Gamma": Function("Gamma", _over(special.GAMMA)),
    "psi": Function("psi", _over(special.DIGAMMA)),
    "zeta": Function("zeta", _over(special.ZETA), 2, 2),
    "Phi": Function("Phi", _over(special.NDTR)),
}
"""Letters that are functions where a bracket follows, and variables elsewhere."""

GREEK: dict[str, str] = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "ϵ": "epsilon",
    "ζ": "zeta",
    "η": "eta",
    "θ": "theta",
    "ϑ": "theta",
    "ι": "iota",
    "κ": "kappa",
    "λ": "lambda",
    "μ": "mu",
    "ν": "nu",
    "ξ": "xi",
    "ο": "omicron",
    "π": "pi",
    "ρ": "rho",
    "σ": "sigma",
    "τ": "tau",
    "υ": "upsilon",
    "φ": "phi",
    "ϕ": "phi",
    "χ": "chi",
    "ψ": "psi",
    "ω": "omega",
    "Γ": "Gamma",
    "Δ": "Delta",
    "Θ": "Theta",
    "Λ": "Lambda",
    "Ξ": "Xi",
    "Π": "Pi",
    "Υ": "Upsilon",
    "Σ": "Sigma",
    "Φ": "Phi",
    "Ψ": "Psi",
    "Ω": "Omega",
}
"""Greek letters and the names that their variables get."""

GREEK_NAMES = frozenset(GREEK.values())
LATEX_LETTERS = {f"var{name}": name for name in ("epsilon", "theta", "phi", "rho", "sigma", "kappa")} | {
    name: name for name in GREEK_NAMES
}

MARKS = {"widehat": "hat", "overline": "bar", "widetilde": "tilde"} | {
    name: name for name in ("hat", "bar", "tilde", "dot", "ddot")
}
"""LaTeX's commands for marks over a letter, and the index that they become: y_hat."""
MARKED = re.compile(rf"\\({'|'.join(MARKS)})\s*(?:\{{\s*(\\?[A-Za-z]+)\s*\}}|([A-Za-z]|\\[A-Za-z]+))")


def marked_name(found: re.Match[str]) -> str | None:
    """Return the name of the variable that MARKED has found, or None where the mark is over something else."""
    letter = found[2] or found[3]
    name = LATEX_LETTERS.get(letter[1:]) if letter[0] == "\\" else letter if len(letter) == 1 else None
    return None if name is None else f"{name}_{MARKS[found[1]]}"


LATEX_SIGNS: dict[str, str] = {"cdot": "TIMES", "times": "TIMES", "ast": "TIMES", "div": "DIVIDE"}
LATEX_SPACES = frozenset((*",;:! ", "quad", "qquad", "thinspace", "displaystyle", "limits", "nolimits"))
LATEX_SIZES = frozenset(("left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr"))
LATEX_UPRIGHT = frozenset(("mathrm", "operatorname", "text", "textrm", "mathit", "mathbf", "mathsf", "boldsymbol"))

PROGRAMMING_WORDS = frozenset(word.lower() for word in (*keyword.kwlist, "match", "elif")) | frozenset(
    (
        "exec eval print open input compile globals locals getattr setattr system "
        "function let var const then end switch case null nil undefined self this "
        "int float str bool list dict range len new void do goto echo sudo"
    ).split()
)
"""Words of programming languages, lower case. Text is mathematics; nothing in it is ever run."""

OTHER_FUNCTIONS = frozenset(
    "det tr div rot adj dim cov var arg mod gcd lcm sum lim inv cis ci si ei li vec ker re im".split()
)
"""Functions of up to three letters that are not understood: before a bracket their letters are not multiplied."""

_NOT_FOUND = "what is found are derivatives, limits, Taylor polynomials and extrema; expected a function"
INTEGRALS = (
    "integrals are read between two limits, with their variable, as in int_0^x sin(t) dt; antiderivatives are not found"
)
_SHAPES = (
    "explain understands questions: critical points of x^3 - 3x, where is x^2 increasing, minimize x^2 + 1/x for x > 0"
)
_FIELDS = "explain understands it in front of a field, as in div (x^2 y, y z) and Jacobian of (r cos t, r sin t)"
_ARRAYS = (
    "letters are numbers here; expected a NumPy function of arrays, such as lambda A, X: np.trace(A @ X), with arrays as "
    "the point"
)
OTHER_TASKS: dict[str, str] = {
    **dict.fromkeys(
        (
            "integrate integral antiderivative solve simplify factor expand plot graph slope tangent asymptote asymptotes"
        ).split(),
        _NOT_FOUND,
    ),
    **dict.fromkeys(
        (
            "minimize maximize minimise maximise critical stationary inflection concave concavity extrema increasing decreasing "
            "newton lagrange"
        ).split(),
        _SHAPES,
    ),
    "int": INTEGRALS,
    **dict.fromkeys(("lim", "limit"), "a limit stands in front of all else, as in lim x->0 sin(x)/x; explain finds it"),
    **dict.fromkeys(("jacobian", "divergence", "div", "curl", "rot"), _FIELDS),
    "laplacian": "explain understands it in front of a function, as in Laplacian of x^2 y",
    "directional": "explain understands directional derivative of x^2 y at (1, 2) in the direction (3, 4)",
    **dict.fromkeys(("taylor", "maclaurin"), "explain understands Taylor polynomial of e^x at 0 of degree 4"),
    "plane": "explain understands tangent plane to z = x^2 + y^2 at (1, 2)",
    **dict.fromkeys("tr trace det top intercal transpose vec".split(), _ARRAYS),
}
"""What else people ask for, by its name in words or in LaTeX, and what to type."""

SHORT_TASKS = frozenset(("lim",))
"""Those of up to three letters that are never read as letters that multiply."""

ENGLISH: dict[str, str] = {
    "of": "a function in front of it, as in sine of x",
    "the": "the formula alone, such as sin(x)",
    "to": "^, as in x^3",
    "squared": "what is squared in front of it, as in x squared",
    "cubed": "what is cubed in front of it, as in x cubed",
}
"""English that has no meaning where it stands, and what to type; the letters of none of these words are multiplied."""

GLUED = tuple(
    sorted(
        (name for name, function in FUNCTIONS.items() if function.is_of_one and not name.startswith("a")),
        key=len,
        reverse=True,
    )
)
"""Functions that one letter may be glued to ("sinx"), longest first. "asinx" could be a sin x, and is refused."""
