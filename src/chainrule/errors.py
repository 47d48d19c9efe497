"""Owns the exceptions that users meet. A message says what went wrong, where in the user's code, and what to write."""

from __future__ import annotations


class ChainruleError(Exception):
    """The base of every error of chainrule."""


class JitWarning(UserWarning):
    """A function given to jit is not compiled, or not for all of its calls. It is said once for each function."""


class TracingError(ChainruleError, TypeError):
    """A traced value was used where NumPy or Python would drop its derivative without a word, or a call cannot be traced."""


class RandomNumbersError(TracingError):
    """Random numbers were drawn while a function was traced for jit, which would repeat them at every call."""


class EscapedTraceError(ChainruleError, RuntimeError):
    """A traced value was used after the function that it was traced for had returned."""


class NoRuleError(ChainruleError, NotImplementedError):
    """A function has no derivative rule in the table."""


class NotScalarError(ChainruleError, TypeError):
    """A derivative was asked of a result that is no number, or a gradient of one that is not one real number."""


class NotDifferentiableError(ChainruleError, ValueError):
    """The point or the argument has no derivative."""


class ShapeError(ChainruleError, ValueError):
    """Operands whose shapes do not fit each other, or the operation."""


class PositionError(ShapeError, IndexError):
    """An index that names an element or an axis which does not exist."""


class GradientError(ChainruleError, AssertionError):
    """A derivative does not agree with the limit definition."""


class ParseError(ChainruleError, ValueError):
    """Text that is not mathematics of the grammar; the message points at the column."""


class TooLongError(ChainruleError, ValueError):
    """A derivation that would run to more terms than anybody reads; `grad` computes the same derivative."""


class CheckpointError(ChainruleError, ValueError):
    """A file of a descent cannot be gone on with, or not be written: it is damaged, or of another descent. It was not changed."""


class MissingPackageError(ChainruleError, ImportError):
    """What was asked needs an optional package that is not installed; the message gives the command that installs it."""
