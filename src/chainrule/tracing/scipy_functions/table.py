"""Owns the table of SciPy's functions, written in Python, that answer for traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.tracing.scipy_functions.exponential import EXPONENTIAL

FUNCTIONS: dict[str, dict[str, Callable[..., Any]]] = {
    "scipy.special": {**EXPONENTIAL},
}
"""SciPy's function, by its module and its name there, to ours, which has the same parameters.

They are names, since a program that uses none of them is to import none of SciPy's modules. A method is "class.method".
"""
