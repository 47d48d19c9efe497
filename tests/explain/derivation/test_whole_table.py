"""The rule that is read is the rule that runs: every row of the table explains itself, and nothing else writes a formula.

- Every elementwise primitive and every composite of numbers is explained, and agrees with the engine and the limit.
- Where a row's rule is replaced in memory, its explanation changes with it, for every row: no formula is kept elsewhere.
- Every name of a rule that is printed is the table's, or belongs to a short list of moves that are no rules.
- No source file of the explanations spells the name of a rule; the derivations call no function of NumPy that a formula
  would need, and know by name only the primitives that sums, products, powers and conditions are made of.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.explain.derivation.problems import EVERY, LEVELS, derived, parts

import chainrule
from chainrule.core.primitive import Composite, Elementwise
from chainrule.explain.derivation import brief
from chainrule.explain.derivation.brief import SIMPLIFY
from chainrule.explain.derivation.differentiate import Differentiation
from chainrule.explain.derivation.explain import explain
from chainrule.explain.derivation.structure import STRUCTURE
from chainrule.explain.expressions.algebra import has_derivative
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Apply, Symbol, lift, substitute
from chainrule.explain.expressions.notation import text
from chainrule.primitives.integer import INTEGER_PRIMITIVES
from chainrule.primitives.special import NoRule
from chainrule.primitives.table import BY_NAME, TABLE

pytestmark = pytest.mark.slow

NAMES = ("x", "y", "z", "w", "v")
COMPOSITES_OF_NUMBERS = ("softplus", "relu")
NO_REAL_OPERAND = {primitive.name for primitive in INTEGER_PRIMITIVES}
"""Primitives of whole numbers and bits: they have no derivative to be explained."""
WHOLE_OPERAND = {"ldexp": {1: 3}, "kn": {0: 2}, "yn": {0: 2}, "expn": {0: 2}}
"""Operands that have to be whole numbers: they are held."""

ELEMENTWISE = [
    primitive for primitive in TABLE if isinstance(primitive, Elementwise) and primitive.name not in NO_REAL_OPERAND
]
NO_RULE = {(p.name, index) for p in ELEMENTWISE for index, each in enumerate(p.partials) if isinstance(each, NoRule)}
OPERANDS = [
    (primitive, index)
    for primitive in ELEMENTWISE
    for index in range(len(primitive.partials))
    if (primitive.name, index) not in NO_RULE and index not in WHOLE_OPERAND.get(primitive.name, {})
]
WITH_A_RULE = [(primitive, index) for primitive, index in OPERANDS if primitive.partials[index] is not None]


def _label(value):
    return getattr(value, "name", str(value))


def _function(primitive):
    """Return the primitive as a Python function of numbers with named arguments."""
    held = WHOLE_OPERAND.get(primitive.name, {})
    count = len(primitive.partials) if isinstance(primitive, Elementwise) else 1
    used = [name for index, name in enumerate(NAMES[:count]) if index not in held]
    operands = tuple(held.get(index, Symbol(name)) for index, name in enumerate(NAMES[:count]))
    body = Apply(primitive, tuple(map(lift, operands))) if not held else None

    def value(given):
        if body is not None:
            return evaluate(body, given)
        return primitive.value(*(held.get(index, given.get(name)) for index, name in enumerate(NAMES[:count])))

    sources = {1: lambda x: value({"x": x}), 2: lambda x, y: value({"x": x, "y": y})}
    sources[3] = lambda x, y, z: value({"x": x, "y": y, "z": z})
    sources[4] = lambda x, y, z, w: value({"x": x, "y": y, "z": z, "w": w})
    sources[5] = lambda x, y, z, w, v: value({"x": x, "y": y, "z": z, "w": w, "v": v})
    return sources[len(used)]


@pytest.mark.parametrize("primitive", [*ELEMENTWISE, *map(BY_NAME.get, COMPOSITES_OF_NUMBERS)], ids=_label)
def test_every_row_is_explained_and_agrees_with_the_engine_and_the_limit(primitive):
    function = _function(primitive)
    names = NAMES[: function.__code__.co_argcount]
    for index, name in enumerate(names):
        if (primitive.name, index) in NO_RULE:
            continue
        derivation = explain(function, wrt=name)
        assert derivation.verified is not None, primitive.name
        assert derivation.verified < 1e-7


def test_composites_of_numbers_are_all_there():
    of_arrays = {"mean", "var", "std", "cross", "kron", "norm"}
    composites = {primitive.name for primitive in TABLE if isinstance(primitive, Composite)}
    assert composites == of_arrays | set(COMPOSITES_OF_NUMBERS)


def _derivative(primitive, index):
    """Return what the explanation gives for the primitive of symbols, by one of them, and the steps."""
    names = NAMES[: len(primitive.partials)]
    run = Differentiation(names[index], False, (Symbol("u"), Symbol("v")), names)
    return run.run(Apply(primitive, tuple(map(Symbol, names)))), run.steps


@pytest.fixture
def replaced():
    """Replace rules of the table in memory, and put them back."""
    kept = []

    def replace(primitive, index, partial):
        kept.append((primitive, primitive.partials))
        changed = list(primitive.partials)
        changed[index] = partial
        object.__setattr__(primitive, "partials", tuple(changed))

    yield replace
    for primitive, partials in reversed(kept):
        object.__setattr__(primitive, "partials", partials)


LINEAR = {("add", 0), ("add", 1), ("subtract", 0), ("subtract", 1), ("negative", 0), ("positive", 0), ("multiply", 0),
          ("multiply", 1), ("divide", 0)}  # fmt: skip
"""Sums, signs and constant factors: that the derivative is linear is what the steps are made of. Products and quotients of
which both operands change are in the next test."""


@pytest.mark.parametrize(
    ("primitive", "index"), [pair for pair in WITH_A_RULE if (pair[0].name, pair[1]) not in LINEAR], ids=_label
)
def test_a_row_that_is_changed_in_memory_explains_itself_anew(primitive, index, replaced):
    name = NAMES[index]
    before, _ = _derivative(primitive, index)
    replaced(primitive, index, lambda out, *operands: np.arctan(operands[index]) * 7)
    after, steps = _derivative(primitive, index)
    assert after != before
    assert text(after) == f"7 arctan({name})"
    assert "7 arctan(" in str(steps[0].general)


@pytest.mark.parametrize("name", ["multiply", "divide"])
def test_products_and_quotients_come_from_the_table_too(name, replaced):
    x = Symbol("x")
    primitive = BY_NAME[name]
    for index in (0, 1):
        replaced(primitive, index, lambda out, u, v, index=index: np.arctan((u, v)[index]))
    run = Differentiation("x", False, (Symbol("u"), Symbol("v")), ("x",))
    run.run(Apply(primitive, (np.sin(x), np.exp(x))))
    for shown in (text(run.steps[0].after), text(substitute(run.steps[0].general.sides[1], parts(run.steps[0])))):
        assert "arctan(sin(x))" in shown
        assert "arctan(e^x)" in shown


def test_a_wrong_rule_is_told_and_never_shown(replaced):
    replaced(BY_NAME["sin"], 0, lambda out, x: -np.cos(x))
    with pytest.raises(chainrule.GradientError, match="must not be shown"):
        explain("sin(x)")


RULES = {
    rule for primitive in TABLE for rule in ((primitive.rule,) if isinstance(primitive.rule, str) else primitive.rule)
}


@pytest.mark.parametrize("typed", EVERY)
def test_every_name_of_a_rule_is_the_table_s(typed):
    for level in LEVELS:
        for step in derived(typed, level).steps:
            if step.kind == "rule":
                assert step.rule in RULES or step.rule in STRUCTURE
            elif step.kind == "assembly":
                assert step.rule in STRUCTURE
            else:
                # Algebra changes how a derivative is written, not what it is: nothing is differentiated in it.
                assert step.kind == "algebra"
                assert step.rule not in RULES
                assert not has_derivative(step.after)
                assert step.rule == SIMPLIFY or not has_derivative(step.before)


@pytest.mark.parametrize(("primitive", "index"), WITH_A_RULE, ids=_label)
def test_the_names_printed_for_each_row_are_the_table_s(primitive, index):
    _, steps = _derivative(primitive, index)
    assert steps
    assert all(step.rule in RULES or step.rule in STRUCTURE for step in steps)
    said = " ".join(step.statement for step in steps)
    assert all(name in RULES or name in STRUCTURE for name in re.findall(r"  \(([^()]*rule)\)", said))


EXPLAIN = Path(brief.__file__).parents[1]
SOURCES = sorted(EXPLAIN.rglob("*.py"))
NUMPY_FOR_CHECKS = frozenset(
    "abs all any array asarray bool_ broadcast_to complexfloating errstate finfo flatnonzero float64 full generic inf "
    "iscomplexobj isfinite maximum nan nanargmax ndarray ndim ones ones_like random shape".split()
)
"""What the check at sample points and the reading of points use of NumPy: no function of the table but the larger of two."""


def _strings(tree: ast.AST) -> Iterator[str]:
    """Yield the strings of a source that are no docstrings."""
    bodies = [body for node in ast.walk(tree) if isinstance(body := getattr(node, "body", None), list)]
    docstrings = {id(node.value) for body in bodies for node in body if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(EXPLAIN)))
def test_no_source_spells_the_name_of_a_rule(path):
    names = [rule for rule in RULES if rule.endswith(" rule")]
    for string in _strings(ast.parse(path.read_text(encoding="utf-8"))):
        assert not [name for name in names if name in string]


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.parent.name == "derivation"], ids=lambda path: path.stem
)
def test_no_source_of_derivations_calls_a_function_that_a_formula_would_need(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("np", "math", "scipy")
    }
    assert called <= NUMPY_FOR_CHECKS
    assert {name for name in _strings(tree) if name in BY_NAME} <= KNOWN_BY_NAME


KNOWN_BY_NAME = frozenset(
    "add subtract negative positive multiply divide power float_power where "  # what steps are made of
    "log log2 log10 exp sqrt cbrt reciprocal "  # what routes rewrite: laws of logarithms, roots as powers
    "equal not_equal less less_equal greater greater_equal "  # conditions
    "astype reshape broadcast_to index sum conjugate real "  # what gives back a single number as it is
    "gammainc_by_shape betainc_by_shapes "  # what notes explain
    "heaviside sign expit psi zeta gamma binom arctan2".split()  # what notes explain and operands are called
)
"""Primitives that the derivations know by name; of all others they know nothing but what the table says."""
