"""Owns what is said where NumPy or SciPy cannot go on with traced values: which function it was, and what to write instead."""

from __future__ import annotations

from types import FrameType, TracebackType

import numpy as np

from chainrule.core.trace import Traced
from chainrule.errors import ChainruleError, TracingError
from chainrule.user_code import is_own, stores_part, where

WITH_NUMPY = "write it with NumPy's functions, or give it a rule with cr.custom_vjp"
"""What to do about a function that takes plain numbers only."""
_OBJECT_COMPLAINTS = (
    "object array",
    "dtype object",
    "dtype('O')",
    "type object is",  # "array type object is unsupported in linalg"
    "loop of ufunc",
    "not supported for the input types",
    "holds references",
)
_VALUE_COMPLAINTS = (
    "object arrays are not supported",
    "unsupported data types in input",  # what a sparse matrix says of the other factor
    "scipy.sparse does not support dtype object",
    "Unsupported dtype object",
    "input type 'object' not supported",
    "array type dtype('O') not supported",
)
# What SciPy says of an array of objects, and others say of other things.
_SCIPY_COMPLAINTS = ("Unsupported type", "not available for this type", "No matching signature found")
_WINDOWS = (
    "of vectors write {of_vectors}; of more axes np.tensordot(np.lib.stride_tricks.sliding_window_view(x, y.shape), {factor}, "
    "y.ndim), with x padded by np.pad for the modes that are not 'valid'"
)
_INSTEAD = {
    "logsumexp": "write np.logaddexp.reduce(x, axis=axis)",
    "softmax": "write e = np.exp(x - np.max(x, axis=axis, keepdims=True)); e / np.sum(e, axis=axis, keepdims=True)",
    "log_softmax": "write x - np.logaddexp.reduce(x, axis=axis, keepdims=True)",
    "polygamma": "write (-1) ** (n + 1) * scipy.special.gamma(n + 1) * scipy.special.zeta(n + 1, x), for n > 0",
    "multigammaln": "write d * (d - 1) / 4 * np.log(np.pi) + np.sum(scipy.special.gammaln(a - 0.5 * np.arange(d)))",
    "comb": "write scipy.special.binom(n, k)",
    "solve": "write np.linalg.solve(a, b)",
    "solve_triangular": "write np.linalg.solve(a, b)",
    "cho_solve": "write np.linalg.solve(a, b)",
    "cho_factor": "write np.linalg.cholesky(a)",
    "cholesky": "write np.linalg.cholesky(a)",
    "inv": "write np.linalg.inv(a)",
    "det": "write np.linalg.det(a)",
    "__matmul__": "write a.toarray() @ x",
    "__rmatmul__": "write x @ a.toarray()",
    "__mul__": "write a.toarray() @ x",
    "dot": "write a.toarray() @ x",
    "spsolve": "write np.linalg.solve(a.toarray(), b)",
    "eigh": "write np.linalg.eigh(a)",
    "lstsq": "write np.linalg.lstsq(a, b)",
    "expm": "of a symmetric matrix write w, v = np.linalg.eigh(a); v * np.exp(w) @ v.T; of any other a series, or its rule",
    "cdist": "write np.sqrt(np.sum((a[:, None] - b) ** 2, axis=-1))",
    "interp1d": "write np.interp(x, xp, fp)",
    "lfilter": "write np.convolve(b, x)[:len(x)] where a is [1], else a loop over the samples",
    "fftconvolve": "write np.convolve(x, y)",
    "convolve": _WINDOWS.format(factor="np.flip(y)", of_vectors="np.convolve(x, y, mode)"),
    "convolve2d": _WINDOWS.format(factor="np.flip(y)", of_vectors="np.convolve(x, y, mode)"),
    "correlate": _WINDOWS.format(factor="y", of_vectors="np.correlate(x, y, mode)"),
    "correlate2d": _WINDOWS.format(factor="y", of_vectors="np.correlate(x, y, mode)"),
    "gaussian_filter": "write np.convolve(x, kernel, 'same') along each axis",
    "entropy": "write np.sum(scipy.special.entr(p / np.sum(p)))",
    "norm.logpdf": "write -0.5 * ((x - loc) / scale) ** 2 - np.log(scale) - 0.5 * np.log(2 * np.pi)",
    "norm.pdf": "write np.exp(-0.5 * ((x - loc) / scale) ** 2) / (scale * np.sqrt(2 * np.pi))",
    "norm.sf": "write scipy.special.ndtr((loc - x) / scale)",
    "norm.logsf": "write scipy.special.log_ndtr((loc - x) / scale)",
    "norm.cdf": "write scipy.special.ndtr((x - loc) / scale)",
    "norm.logcdf": "write scipy.special.log_ndtr((x - loc) / scale)",
    "norm.ppf": "write loc + scale * scipy.special.ndtri(q)",
    "t.cdf": "write scipy.special.stdtr(df, (x - loc) / scale)",
    "t.logpdf": (
        "write scipy.special.gammaln((df + 1) / 2) - scipy.special.gammaln(df / 2) - 0.5 * np.log(df * np.pi) - np.log(scale) "
        "- (df + 1) / 2 * np.log1p(((x - loc) / scale) ** 2 / df)"
    ),
    "gamma.cdf": "write scipy.special.gammainc(a, x / scale)",
    "gamma.logpdf": "write (a - 1) * np.log(x) - x / scale - scipy.special.gammaln(a) - a * np.log(scale)",
    "beta.cdf": "write scipy.special.betainc(a, b, x)",
    "beta.logpdf": "write (a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - scipy.special.betaln(a, b)",
    "chi2.cdf": "write scipy.special.chdtr(df, x)",
    "chi2.logpdf": "write (df / 2 - 1) * np.log(x) - x / 2 - scipy.special.gammaln(df / 2) - df / 2 * np.log(2)",
    "expon.logpdf": "write -x / scale - np.log(scale)",
    "poisson.logpmf": "write scipy.special.xlogy(k, mu) - mu - scipy.special.gammaln(k + 1)",
    "poisson.cdf": "write scipy.special.pdtr(k, mu)",
    "binom.logpmf": (
        "write scipy.special.xlogy(k, p) + scipy.special.xlog1py(n - k, -p) + scipy.special.gammaln(n + 1) "
        "- scipy.special.gammaln(k + 1) - scipy.special.gammaln(n - k + 1)"
    ),
    "spherical_jn": "write np.sqrt(np.pi / (2 * z)) * scipy.special.jv(n + 0.5, z)",
    "spherical_yn": "write np.sqrt(np.pi / (2 * z)) * scipy.special.yv(n + 0.5, z)",
    "multivariate_normal.logpdf": (
        "write with d = x - mean: "
        "-0.5 * (d @ np.linalg.solve(cov, d) + np.linalg.slogdet(cov)[1] + len(d) * np.log(2 * np.pi))"
    ),
}


def advice_on(error: ValueError | TypeError | IndexError | RuntimeError | AttributeError) -> Exception:
    """Return the error to raise for one that the user's function raised: itself where no traced value is to blame."""
    refusal = error if isinstance(error, ChainruleError) else error.__cause__
    if isinstance(refusal, ChainruleError):
        if isinstance(refusal, TracingError) and _is_raised_by_scipy(error):
            return _of_scipy(_scipy_function(error), str(refusal).split(":")[0], error)
        return refusal
    text = str(error).strip()
    if text == "array is read-only" and _holds_traced(error):
        return TracingError(
            f"a traced array cannot be shuffled as it is ({text}); write x[rng.permutation(len(x))]{_deepest_user_line(error)}"
        )
    if "destination is read-only" in text:
        return TracingError(
            f"{text}: np.asarray(x) of a traced array cannot be assigned to, since that would not reach x; assign to x "
            f"itself, or to a copy, x.copy(){_deepest_user_line(error)}"
        )
    if isinstance(error, IndexError):
        if not text.startswith("only integers, slices") or not _holds_traced(error):
            return error
        step = _deepest_user_step(error)
        instead = (
            "np.take(a, i, axis=0), or np.array(a, like=x)[i]"
            if step is None or not stores_part(step.tb_frame, step.tb_lasti)
            else "a = np.zeros(n, like=x) where the array is created"
        )
        return TracingError(
            f"a plain array was indexed by a traced array, of which it takes no notice ({text}); write {instead}, "
            f"where x is an argument of the function{_deepest_user_line(error)}"
        )
    complaints = _OBJECT_COMPLAINTS if isinstance(error, TypeError) else _VALUE_COMPLAINTS
    is_of_objects = (
        _is_missing_ufunc(error) if isinstance(error, AttributeError) else any(map(text.__contains__, complaints))
    )
    if not is_of_objects and not any(part in text for part in _SCIPY_COMPLAINTS):
        return error
    if name := _scipy_function(error):
        return _of_scipy(name, text, error)
    if not is_of_objects:
        return error
    if "according to the rule 'safe'" in text:
        return TracingError(
            f"a traced value was given to a compiled function that takes plain numbers only, as random generators do ({text}); "
            "draw numbers that depend on nothing and move them: loc + scale * rng.standard_normal(shape)"
            f"{_deepest_user_line(error)}"
        )
    if "NPY_ITER_REFS_OK" in text:
        return TracingError(
            f"np.nditer walks over memory, which a traced array does not have ({text}); write for i in np.ndindex(x.shape) "
            f"and x[i], or for i, value in np.ndenumerate(x){_deepest_user_line(error)}"
        )
    if "output from dtype('O')" in text:
        return TracingError(
            f"traced values were added or assigned into a plain array, which cannot hold their derivatives ({text}); create the "
            "array with np.zeros(n, like=x), where x is an argument of the function, or with np.zeros_like(x)"
            f"{_deepest_user_line(error)}"
        )
    return TracingError(
        f"NumPy made an array of Python objects from traced values and cannot go on with it ({error}); "
        "write np.array([...], like=x), where x is an argument of the function, or np.stack([...])"
        f"{_deepest_user_line(error)}"
    )


def _is_missing_ufunc(error: AttributeError) -> bool:
    """Whether a ufunc asked a number among the elements of an array of objects for a method of its own name."""
    is_number = isinstance(error.obj, int | float | complex | np.generic)
    return is_number and isinstance(getattr(np, error.name or "", None), np.ufunc)


def _holds_traced(error: BaseException) -> bool:
    """Whether a traced value is among the variables of the Python function that raised, or called what raised."""
    step, variables = error.__traceback__, {}
    while step is not None:
        if not step.tb_frame.f_code.co_filename.endswith(".pyx"):
            variables = step.tb_frame.f_locals
        step = step.tb_next
    return any(isinstance(value, Traced) for value in variables.values())


def _of_scipy(function: str, text: str, error: BaseException) -> TracingError:
    package, *name = function.split(".")[1:]
    instead = _INSTEAD.get(".".join(name if package == "stats" else name[-1:]), WITH_NUMPY)
    if package == "fft":
        instead = f"write np.fft.{name[-1]}(...)"
    return TracingError(
        f"{function} is written for plain arrays and cannot take a traced value ({text}); {instead}{_deepest_user_line(error)}"
    )


def _is_scipy(frame: FrameType) -> bool:
    return "site-packages/scipy/" in frame.f_code.co_filename


def _is_raised_by_scipy(error: BaseException) -> bool:
    """Whether the deepest code outside of this package is SciPy's; a callback of the user's own is not."""
    step, found = error.__traceback__, False
    while step is not None:
        if not is_own(step.tb_frame):
            found = _is_scipy(step.tb_frame)
        step = step.tb_next
    return found


def _scipy_function(error: BaseException) -> str:
    """Return the name of the function of SciPy that the user's code called when the error was raised; empty where none."""
    step = error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        name = step.tb_frame.f_code.co_name
        is_wrapper = (
            name.endswith("wrapper") or name == "<lambda>" or file.endswith("_decorators.py") or "/_lib/" in file
        )
        if _is_scipy(step.tb_frame) and not is_wrapper:
            package = file.rsplit("site-packages/", 1)[1].split("/_")[0].removesuffix(".py")
            return f"{package.replace('/', '.')}.{_called(step.tb_frame)}"
        step = step.tb_next
    return ""


def _called(frame: FrameType) -> str:
    """Return what a frame of SciPy runs: a function, a class, or a method of a distribution."""
    name, owner = frame.f_code.co_name, frame.f_locals.get("self")
    if name == "__ua_function__":  # how scipy.fft hands its functions on
        return str(frame.f_locals["method"].__name__)
    kind = type(getattr(owner, "dist", owner))
    if kind.__module__.startswith("scipy.stats"):
        distribution = kind.__name__.removesuffix("_gen").removesuffix("_frozen")
        return distribution if name == "__call__" else f"{distribution}.{name}"
    return type(owner).__name__ if name in ("__init__", "__call__") else name


def _deepest_user_line(error: BaseException) -> str:
    """Return where the user's code stood when the error was raised."""
    step = _deepest_user_step(error)
    return where() if step is None else f"\n  at {step.tb_frame.f_code.co_filename}:{step.tb_lineno}"


def _deepest_user_step(error: BaseException) -> TracebackType | None:
    step, found = error.__traceback__, None
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        is_compiled = name.endswith(".pyx") or name == "<stringsource>"
        if not is_compiled and "site-packages" not in name and not is_own(step.tb_frame):
            found = step
        step = step.tb_next
    return found
