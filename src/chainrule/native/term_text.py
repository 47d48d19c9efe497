"""Owns how terms are written for a person: as NumPy expressions, with names for what is in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.native.layout import is_pad, is_view
from chainrule.passes.terms import Term, uniform
from chainrule.primitives import arithmetic as a
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.products import MATMUL
from chainrule.primitives.shape import ASTYPE, BROADCAST_TO, CONCATENATE, PAD, RESHAPE, STACK_AXES if False else TRANSPOSE, WHERE
