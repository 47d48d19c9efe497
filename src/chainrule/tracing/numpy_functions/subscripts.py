"""Owns how einsum's subscripts are read: every spelling that NumPy takes becomes explicit terms of letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.core.primitive import Array
from chainrule.errors import ShapeError
from chainrule.primitives.products import LETTERS
from chainrule.user_code import where


def _term_of(labels: Sequence[Any]) -> str:
    """Return the term of a list of numbers, einsum's other spelling."""
    return "".join("..." if label is Ellipsis else LETTERS[label] for label in labels)


def split_arguments(arguments: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return the subscripts and the operands of einsum's positional arguments, in either of its spellings."""
    if isinstance(arguments[0], str):
        return arguments[0], list(arguments[1:])
    pairs = len(arguments) // 2
    operands = [arguments[2 * index] for index in range(pairs)]
    subscripts = ",".join(_term_of(arguments[2 * index + 1]) for index in range(pairs))
    if len(arguments) % 2:
        subscripts += "->" + _term_of(arguments[-1])
    return subscripts, operands


def _spell_out(term: str, letters: str, ndim: int) -> str:
    """Replace the ellipsis of a term by the last of `letters`, as many as the operand has further axes."""
    missing = ndim - (len(term) - 3)
    return term.replace("...", letters[len(letters) - missing :] if missing > 0 else "")


def _letters_of_ellipses(subscripts: str, terms: Sequence[str], operands: Sequence[Array]) -> str:
    """Return as many letters, of those that are free, as the ellipses stand for axes at most."""
    further = max(
        (op.ndim - len(term) + 3 for term, op in zip(terms, operands, strict=True) if "..." in term), default=0
    )
    free = [letter for letter in LETTERS if letter not in subscripts]
    return "".join(free[len(free) - further :])


def explicit_subscripts(subscripts: str, operands: Sequence[Array]) -> str:
    """Return subscripts without spaces and ellipses and with the output given.

    >>> import numpy as np
    >>> explicit_subscripts("...ij, jk", [np.zeros((5, 2, 3)), np.zeros((3, 4))])
    'Zij,jk->Zik'
    """
    subscripts = subscripts.replace(" ", "")
    inputs, arrow, output = subscripts.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        raise ShapeError(
            f'np.einsum: "{subscripts}" names {len(terms)} operands, but {len(operands)} were given; '
            f"separate the terms by commas, one for each operand{where()}"
        )
    letters = _letters_of_ellipses(subscripts, terms, operands) if "..." in subscripts else ""
    if not arrow:
        named = inputs.replace(".", "").replace(",", "")
        output = letters + "".join(sorted(letter for letter in set(named) if named.count(letter) == 1))
    elif "..." in output:
        output = output.replace("...", letters)
    spelled = terms
    if "..." in inputs:
        spelled = [_spell_out(term, letters, op.ndim) for term, op in zip(terms, operands, strict=True)]
    for term, operand in zip(spelled, operands, strict=True):
        if len(term) != operand.ndim:
            raise ShapeError(
                f'np.einsum: the term "{term}" of "{subscripts}" names {len(term)} axes, but its operand has the shape '
                f"{operand.shape}; name every axis, or write ... for the others{where()}"
            )
    return f"{','.join(spelled)}->{output}"
