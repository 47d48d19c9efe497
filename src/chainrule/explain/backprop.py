"""Owns backprop: one run of a function forward and backward, node by node, with every chain-rule product spelled out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.graph import Node
from chainrule.core.primitive import Primitive
from chainrule.core.trace import Traced, bind
from chainrule.core.trees import flatten, paths, unflatten
from chainrule.errors import NotScalarError, TracingError
from chainrule.explain import backprop_text
from chainrule.explain.backprop_record import Backprop, BackpropNode, Edge
from chainrule.explain.expression import Apply, Constant, Expression, Symbol, fold, free_symbols
from chainrule.explain.expression import evaluate as value_of
from chainrule.explain.figures import figure
from chainrule.explain.node_names import name_nodes
from chainrule.explain.parse import parse
from chainrule.explain.sweep import Flow, Unit, local_derivative, sweep, units
from chainrule.tracing.record import as_value, record_with_trace
from chainrule.transforms.arguments import like_input
from chainrule.transforms.signature import argument_names, is_numeric


@dataclass(frozen=True, slots=True)
class _Input:
    """One differentiated leaf of the arguments: its name, the argument that it belongs to, the leaf as given and its value."""

    name: str
    argument: str
    leaf: Any
    value: Any
