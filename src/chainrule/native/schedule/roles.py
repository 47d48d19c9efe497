"""Owns the roles of values: by which means each of them is computed."""

from __future__ import annotations

from enum import Enum, auto


class Role(Enum):
    """How a term is computed."""

    SOURCE = auto()  # an input or a constant
    CELL = auto()  # in registers, by straight-line code
    POINT = auto()  # at each point of a loop
    REDUCE = auto()  # by a loop that reduces its operand
    PRODUCT = auto()  # by a matrix product
    ALIAS = auto()  # not at all: a view of what is in memory
    ASSEMBLE = auto()  # from parts that are stored in its memory
    CALL = auto()  # by NumPy, or a search


SOURCE, CELL, POINT, REDUCE, PRODUCT, ALIAS, ASSEMBLE, CALL = Role
"""The members of an enumeration take a while to look up, and a schedule asks for them many times for every term."""
