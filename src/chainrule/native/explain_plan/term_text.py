"""Owns how terms are written for a person: as NumPy expressions, with names for what is in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.native.memory.layout import is_pad, is_view
from chainrule.passes.complex_parts import ON_PAIRS
from chainrule.passes.terms import Term, uniform
from chainrule.passes.weaving import WEAVE
from chainrule.primitives import arithmetic as a
from chainrule.primitives.index_keys import ARRAY
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.products import MATMUL
from chainrule.primitives.shape import ASTYPE, BROADCAST_TO, CONCATENATE, RESHAPE, TRANSPOSE, WHERE

MOST_OPERATIONS = 40
"""What consists of more operations is not written as a formula: nobody would read it, and it is told by its operations."""
MOST_OPERANDS = 8
"""Of what is joined of more parts, some are written."""
NAMELESS = "value"

_COMPARISON, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(1, 7)
_BETWEEN = {
    "add": ("+", _SUM, _PRODUCT), "subtract": ("-", _SUM, _PRODUCT), "multiply": ("*", _PRODUCT, _SIGN),
    "divide": ("/", _PRODUCT, _SIGN), "floor_divide": ("//", _PRODUCT, _SIGN), "remainder": ("%", _PRODUCT, _SIGN),
    "equal": ("==", _COMPARISON, _SUM), "not_equal": ("!=", _COMPARISON, _SUM), "less": ("<", _COMPARISON, _SUM),
    "less_equal": ("<=", _COMPARISON, _SUM), "greater": (">", _COMPARISON, _SUM), "greater_equal": (">=", _COMPARISON, _SUM),
}  # fmt: skip
"""Operators: the sign, how tightly it binds, and how tightly its right operand has to, so that it needs no brackets."""


def _is_moved(term: Term) -> bool:
    """Whether a term has the elements of its operand, which a loop reads where they are."""
    return is_view(term) or term.primitive is RESHAPE


def base_of(term: Term, names: Mapping[int, str]) -> Term:
    """Return what a view reads, through other views, down to what has a name."""
    while term.index not in names and _is_moved(term):
        (term,) = term.operands
    return term


def computed(targets: Iterable[Term], names: Mapping[int, str]) -> list[Term]:
    """Return the operations that make `targets` out of what has a name: no views, no constants; operands first."""
    found: dict[int, Term] = {}
    stack = list(targets)
    first = {term.index for term in stack}
    while stack:
        term = stack.pop()
        if term.index in found or term.constant is not None or term.primitive is None:
            continue
        if term.index in names and term.index not in first:
            continue
        if _is_moved(term) and term.index not in first:
            stack.append(term.operands[0])
            continue
        found[term.index] = term
        stack.extend(term.operands)
    return sorted(found.values(), key=lambda term: term.index)


def reads(targets: Sequence[Term], names: Mapping[int, str]) -> dict[int, int]:
    """Return which terms that have a name, and constant arrays, the operations of `targets` read, and how many bytes of each."""
    bases: dict[int, Term] = {}
    parts: dict[int, dict[int, int]] = {}  # of each, how many elements the views of it have that are read
    own = {term.index for term in targets}
    for term in computed(targets, names):
        for operand in term.operands:
            base = base_of(operand, names)
            is_array = base.constant is not None and uniform(base) is None
            if (base.index in names and base.index not in own) or is_array:
                bases[base.index] = base
                parts.setdefault(base.index, {})[operand.index] = operand.size
    return {index: min(sum(parts[index].values()), base.size) * base.dtype.itemsize for index, base in bases.items()}


def formulas(targets: Sequence[Term], names: Mapping[int, str]) -> tuple[str, ...]:
    """Return lines such as "t1 = sum(v1**2)", one for each target, after those of what is used more than once."""
    operations = computed(targets, names)
    own = {term.index for term in targets}
    if len(operations) > MOST_OPERATIONS:
        made = ", ".join(names.get(term.index, NAMELESS) for term in targets[:6])
        return (f"{made}{', …' if len(targets) > 6 else ''} from {counted(operations)}",)
    uses = Counter(base_of(operand, names).index for term in operations for operand in term.operands)
    known = dict(names)
    lines = []
    for term in operations:
        if term.index in own:
            lines.append(f"{names.get(term.index, NAMELESS)} = {formula(term, known)}")
        elif uses[term.index] > 1:
            name = f"v{sum(line.startswith('v') for line in lines) + 1}"
            lines.append(f"{name} = {formula(term, known)}")
            known[term.index] = name
    return tuple(lines)


def counted(operations: Iterable[Term]) -> str:
    """Return the operations by name, the most frequent first."""
    counts = Counter(term.primitive.name for term in operations if term.primitive is not None)
    total = sum(counts.values())
    listed = ", ".join(f"{count} {name}" for name, count in counts.most_common(8))
    return f"{total} operations: {listed}{', …' if len(counts) > 8 else ''}"


def formula(term: Term, names: Mapping[int, str]) -> str:
    """Return a term as an expression of what has a name; its own name is not used."""
    return _written(term, names, is_whole=True)[0]


def _operand(term: Term, names: Mapping[int, str], tightness: int) -> str:
    text, own = _written(term, names)
    return text if own >= tightness else f"({text})"


def _written(term: Term, names: Mapping[int, str], is_whole: bool = False) -> tuple[str, int]:
    """Return the text of a term and how tightly it binds."""
    if term.index in names and not is_whole:
        return names[term.index], _ATOM
    number = uniform(term)
    if number is not None:
        text = _number(number)
        return text, _SIGN if text.startswith("-") else _ATOM
    if term.primitive is None:
        return f"constant{list(term.shape)}", _ATOM
    name, operands = term.primitive.name, term.operands
    if name in _BETWEEN:
        sign, tightness, right = _BETWEEN[name]
        left = max(tightness, _SUM)  # a comparison of a comparison would be a chain
        return f"{_operand(operands[0], names, left)} {sign} {_operand(operands[1], names, right)}", tightness
    if term.primitive in (a.SQUARE, a.POWER):
        exponent = "2" if term.primitive is a.SQUARE else _operand(operands[1], names, _SIGN)
        return f"{_operand(operands[0], names, _ATOM)}**{exponent}", _POWER
    if term.primitive is a.NEGATIVE:
        return f"-{_operand(operands[0], names, _SIGN)}", _SIGN
    if term.primitive is MATMUL:
        return f"{_operand(operands[0], names, _PRODUCT)} @ {_operand(operands[1], names, _SIGN)}", _PRODUCT
    return _moved(term, names)


def _moved(term: Term, names: Mapping[int, str]) -> tuple[str, int]:
    """Return the text of an operation that moves elements; of any other as a call."""
    primitive, operands, parameters = term.primitive, term.operands, term.parameters
    assert primitive is not None
    if primitive is BROADCAST_TO:
        return _written(operands[0], names)
    if primitive is ASTYPE:
        return f"{_operand(operands[0], names, _ATOM)}.astype({term.dtype})", _ATOM
    if primitive is TRANSPOSE:
        is_reversed = tuple(parameters["axes"]) == tuple(range(len(term.shape)))[::-1]
        how = "T" if is_reversed else f"transpose{tuple(parameters['axes'])}"
        return f"{_operand(operands[0], names, _ATOM)}.{how}", _ATOM
    if primitive is INDEX:
        return f"{_operand(operands[0], names, _ATOM)}[{_key(parameters, operands[1:], names)}]", _ATOM
    if is_pad(term) and primitive is INDEX_ADD:
        return f"placed({_written(operands[1], names)[0]}, at=[{_key(parameters, (), names)}])", _ATOM
    if primitive in (INDEX_SET, INDEX_ADD):
        at = _key(parameters, operands[2:], names)
        verb = "set" if primitive is INDEX_SET else "add"
        x, value = (_written(operand, names)[0] for operand in operands[:2])
        return f"{verb}_at({x}, [{at}], {value})", _ATOM
    if primitive is WHERE:
        x, y, condition = (_written(operand, names)[0] for operand in operands)
        return f"where({condition}, {x}, {y})", _ATOM
    texts = [_written(operand, names)[0] for operand in operands]
    if len(texts) > MOST_OPERANDS:
        texts[MOST_OPERANDS - 2 : -1] = ["…"]
    if primitive is WEAVE:
        is_complex = (parameters["grid"], parameters["axes"]) == ((2,), (len(term.shape) - 1,))
        return f"{'complex' if is_complex else 'woven'}({', '.join(texts)})", _ATOM
    if primitive is ON_PAIRS:
        primitive, parameters = parameters["primitive"], parameters["keywords"]
    if primitive is CONCATENATE:
        texts = [f"[{', '.join(texts)}]"]
    return f"{primitive.name}({', '.join([*texts, *_options(term, parameters)])})", _ATOM


def _options(term: Term, parameters: Mapping[str, Any]) -> list[str]:
    """Return the parameters that can be read."""
    found = []
    for name, value in parameters.items():
        if name == "axis" and isinstance(value, tuple):
            if len(value) == len(term.operands[0].shape):
                continue
            value = value[0] if len(value) == 1 else value
        if value is False or value is None:
            continue
        if isinstance(value, int | float | str | tuple | np.dtype):
            found.append(f"{name}={value}")
    return found


def _key(parameters: Mapping[str, Any], arrays: Sequence[Term], names: Mapping[int, str]) -> str:
    """Return an index expression."""
    template = parameters["template"]
    remaining = iter(arrays)
    entries = template if isinstance(template, tuple) else (template,)
    return ", ".join(_written(next(remaining), names)[0] if entry is ARRAY else _entry(entry) for entry in entries)


def _entry(entry: Any) -> str:
    if entry is Ellipsis:
        return "..."
    if not isinstance(entry, slice):
        return str(entry)
    first, last = ("" if edge is None else str(edge) for edge in (entry.start, entry.stop))
    return f"{first}:{last}" if entry.step in (None, 1) else f"{first}:{last}:{entry.step}"


def _number(number: Any) -> str:
    if isinstance(number, bool | np.bool):
        return str(bool(number))
    if isinstance(number, complex | np.complexfloating):
        return f"({number})"
    return f"{number:.10g}" if isinstance(number, float | np.floating) else str(int(number))
