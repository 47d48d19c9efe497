"""Owns differentiation as a teacher writes it: steps whose formulas are the table's own rules, called with symbols.

No derivative is written here. A step asks the primitive for its partial derivative, `primitive.partials[i](out,
*operands)`, with symbols in place of numbers; this module only says which parts are named and in which order the
steps come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

from chainrule.core.primitive import Composite, Elementwise, Linear, Primitive
from chainrule.errors import NoRuleError
from chainrule.explain.derivation.account import Step
from chainrule.explain.derivation.formulas import general_formula
from chainrule.explain.derivation.phrases import Phrase, equation
from chainrule.explain.expressions.algebra import sum_terms
from chainrule.explain.expressions.conditions import conditions_of
from chainrule.explain.expressions.expansion import over_one_line
from chainrule.explain.expressions.expression import (
    Apply,
    Derivative,
    Expression,
    Symbol,
    depends_on,
    free_symbols,
    lift,
    substitute,
)
from chainrule.explain.expressions.neat import ONE, ZERO, is_named, neat
from chainrule.explain.expressions.parts import is_simple, scaled, signed_sum, split_constants
from chainrule.explain.expressions.tidy import gather
from chainrule.primitives.table import BY_NAME

MAX_DEPTH = 60
"""Functions nested deeper than this are not explained: nobody reads such a derivation."""

NAMES_OF_PARTS = "uvwpqrsz"


def part_names(expression: Expression, name: str) -> tuple[Symbol, Symbol]:
    """Return two symbols that name parts, such as u and v, and are no variables of the function."""
    taken = {name, *free_symbols(expression)}
    free = [Symbol(letter) for letter in NAMES_OF_PARTS if letter not in taken]
    free += [Symbol("u_1"), Symbol("u_2")]
    return free[0], free[1]


def local_derivative(primitive: Elementwise, index: int, operands: Sequence[Expression]) -> Expression:
    """Return the table's partial derivative with respect to operand `index`, called with expressions."""
    partial = primitive.partials[index]
    if partial is None:
        return ZERO
    formula = neat(lift(partial(Apply(primitive, tuple(operands)), *operands)))
    move = gather(formula)
    return formula if move is None else move.after


def rule_name(primitive: Primitive, index: int) -> str:
    """Return what people call the rule for operand `index`."""
    return primitive.rule if isinstance(primitive.rule, str) else primitive.rule[index]


@final
@dataclass(slots=True)
class Differentiation:
    """One derivation on its way: the variable, and the steps so far.

    name: the variable. partial: whether other variables are held. parts: the symbols that name parts.
    """

    name: str
    partial: bool
    parts: tuple[Symbol, Symbol]
    steps: list[Step] = field(default_factory=list)

    def pending(self, body: Expression) -> Derivative:
        """Return the derivative of `body` as one that is still to be taken."""
        return Derivative(body, self.name, self.partial)

    def run(self, expression: Expression) -> Expression:
        """Return the derivative of `expression`, and note the steps; putting parts together is a step of its own."""
        if not depends_on(expression, self.name):
            self._note("constant rule", (), expression, ZERO, f"it does not change with {self.name}")
            return ZERO
        if isinstance(expression, Symbol):
            self._note(
                "power rule",
                ((general_formula(BY_NAME["power"], 0), ", with ", equation(Symbol("n"), ONE)),),
                expression,
                ONE,
                "",
            )
            return ONE
        result = self.derive(expression, 0)
        if self._last_line(expression) != result:
            self.steps.append(
                Step(
                    "put the parts together",
                    (),
                    self.pending(expression),
                    result,
                    "each part is known now",
                    (),
                    "assembly",
                )
            )
        return result

    def _last_line(self, expression: Expression) -> Expression:
        """Return where the steps lead that follow on one another directly, from the first."""
        line: Expression = self.pending(expression)
        for step in self.steps:
            line = step.after if step.before == line else line
        return line

    def derive(self, node: Expression, depth: int) -> Expression:
        """Return the derivative of a part, and note the steps that find it."""
        if depth > MAX_DEPTH:
            raise ValueError(f"the function is nested more than {MAX_DEPTH} deep: too deep to be explained")
        if not depends_on(node, self.name):
            return ZERO
        if isinstance(node, Symbol):
            return ONE
        assert isinstance(node, Apply)
        if is_named(node, "add", "subtract", "negative", "positive") and len(sum_terms(neat(node))) > 1:
            return self._sum(node, depth)
        constant, rest = split_constants(node, self.name)
        if constant is not None:
            return self._constant_factor(node, constant, rest, depth)
        primitive = node.primitive
        if isinstance(primitive, Composite):
            return self._unfold(node, depth)
        moving = [index for index, operand in enumerate(node.operands) if depends_on(operand, self.name)]
        if isinstance(primitive, Linear) and primitive.name == "where":
            return self._choice(node, depth)
        if not isinstance(primitive, Elementwise):
            raise NoRuleError(
                f"{primitive.name} works on whole arrays and is not explained symbol by symbol; use chainrule.grad "
                "for its derivative and chainrule.backprop for a table of sensitivities"
            )
        if len(moving) == 1:
            return self._one_operand(node, primitive, moving[0], depth)
        return self._several_operands(node, primitive, moving, depth)

    def _inline(self, part: Expression) -> Expression:
        """Return the derivative of a part as it stands in a step: found at once if simple, pending otherwise."""
        return self._quiet(part) if is_simple(part, self.name) else self.pending(part)

    def _quiet(self, part: Expression) -> Expression:
        hidden = Differentiation(self.name, self.partial, self.parts)
        return plain(hidden.derive(part, 0))

    def _later(self, parts: Sequence[Expression], depth: int) -> list[Expression]:
        """Return the derivatives of parts, noting the steps of those that are not simple."""
        known: dict[Expression, Expression] = {}
        for part in parts:
            if part not in known:
                known[part] = self._quiet(part) if is_simple(part, self.name) else plain(self.derive(part, depth + 1))
        return [known[part] for part in parts]

    def _note(
        self,
        rule: str,
        phrases: tuple[Phrase, ...],
        body: Expression,
        after: Expression,
        why: str,
        *conditions: Expression,
    ) -> None:
        self.steps.append(Step(rule, phrases, self.pending(body), after, why, tuple(conditions)))

    def _sum(self, node: Apply, depth: int) -> Expression:
        terms = [(sign, term) for sign, term in sum_terms(neat(node)) if depends_on(term, self.name)]
        constants = len(sum_terms(neat(node))) - len(terms)
        phrases: list[Phrase] = []
        for _, term in terms:
            if is_simple(term, self.name) and not isinstance(term, Symbol):
                phrases.append((equation(self.pending(term), self._quiet(term)), self._reason(term)))
        after = signed_sum([(sign, self._inline(term)) for sign, term in terms])
        why = "the derivative of a sum is the sum of the derivatives" + (
            "; constants have derivative 0" if constants else ""
        )
        self._note("sum rule", tuple(phrases), node, after, why)
        results = self._later([term for _, term in terms], depth)
        return signed_sum([(sign, result) for (sign, _), result in zip(terms, results, strict=True)])

    def _reason(self, term: Expression) -> str:
        """Return the name of the rule for a simple term, in brackets."""
        _, rest = split_constants(term, self.name)
        if isinstance(rest, Apply) and not is_named(rest, "add", "subtract"):
            moving = [index for index, operand in enumerate(rest.operands) if depends_on(operand, self.name)]
            if len(moving) == 1 and rest.operands[moving[0]] == Symbol(self.name):
                return f"  ({rule_name(rest.primitive, moving[0])})"
        return ""

    def _constant_factor(self, node: Apply, constant: Expression, rest: Expression, depth: int) -> Expression:
        inner = self._inline(rest)
        shown = self._quiet(rest) if is_simple(rest, self.name) else None
        phrases: list[Phrase] = []
        if shown is not None and rest != Symbol(self.name):
            phrases.append((equation(self.pending(rest), shown), self._reason(rest)))
        if not free_symbols(constant):
            why = "a constant factor stays in front of the derivative"
        else:
            why = (
                f"{', '.join(free_symbols(constant))} is held constant, so this factor stays in front of the derivative"
            )
        if node.primitive.name == "negative" and constant == lift(-1):
            rule, why = "constant factor rule", "a minus sign stays in front of the derivative"
        else:
            rule = "constant factor rule"
        self._note(rule, tuple(phrases), node, neat(scaled(constant, inner)), why)
        (result,) = self._later([rest], depth)
        return neat(scaled(constant, result))

    def _one_operand(self, node: Apply, primitive: Elementwise, index: int, depth: int) -> Expression:
        inner = node.operands[index]
        rule = rule_name(primitive, index)
        conditions = conditions_of(primitive, node.operands)
        if isinstance(inner, Symbol):
            after = local_derivative(primitive, index, node.operands)
            formula = general_formula(primitive, index)
            phrases: tuple[Phrase, ...] = ((formula,),) if formula.sides[1] != after else ()
            self._note(rule, phrases, node, after, "", *conditions)
            return after
        u, _ = self.parts
        operands = [u if place == index else operand for place, operand in enumerate(node.operands)]
        outside = Apply(primitive, tuple(operands))
        slope = local_derivative(primitive, index, operands)
        simple = is_simple(inner, self.name)
        inside = Derivative(u, self.name, self.partial)
        lines: list[Phrase] = [
            ("outside ", outside, ", inside ", equation(u, inner)),
            (equation(Derivative(outside, u.name), slope), f"  ({rule})"),
            (equation(inside, self._quiet(inner)), self._reason(inner))
            if simple
            else (inside, " comes in a step of its own"),
        ]
        local = neat(substitute(slope, {u.name: inner}))
        self._note(
            "chain rule",
            tuple(lines),
            node,
            neat(local * self._inline(inner)),
            "the derivative of the outside at the inside, times the derivative of the inside",
            *conditions,
        )
        (result,) = self._later([inner], depth)
        return neat(local * result)

    def _several_operands(self, node: Apply, primitive: Elementwise, moving: Sequence[int], depth: int) -> Expression:
        names = [*self.parts, Symbol("u_3"), Symbol("u_4")]
        named = dict(zip(moving, names, strict=False))
        operands = [named.get(index, operand) for index, operand in enumerate(node.operands)]
        inner = [node.operands[index] for index in moving]
        slopes = [local_derivative(primitive, index, operands) for index in moving]
        values = {symbol.name: node.operands[index] for index, symbol in named.items()}
        locals_ = [neat(substitute(slope, values)) for slope in slopes]
        dots = [Derivative(named[index], self.name, self.partial) for index in moving]
        lines: list[Phrase] = [_joined([equation(named[index], node.operands[index]) for index in moving])]
        known = [
            equation(dot, self._quiet(part))
            for dot, part in zip(dots, inner, strict=True)
            if is_simple(part, self.name)
        ]
        if known:
            lines.append(_joined(known))
        outside = Apply(primitive, tuple(operands))
        combine = _COMBINATIONS.get(primitive.name, _total)
        rule = (
            rule_name(primitive, moving[0]) if primitive.name in _COMBINATIONS else "chain rule, one operand at a time"
        )
        if primitive.name in _COMBINATIONS:
            lines.append((equation(self.pending(outside), combine(slopes, list(dots))),))
        else:
            for index, slope in zip(moving, slopes, strict=True):
                lines.append(
                    (
                        equation(Derivative(outside, named[index].name, True), slope),
                        f"  ({rule_name(primitive, index)})",
                    )
                )
        after = neat(combine(locals_, [self._inline(part) for part in inner]))
        self._note(
            rule,
            tuple(lines),
            node,
            after,
            _WHY.get(primitive.name, _WHY_TOTAL),
            *conditions_of(primitive, node.operands),
        )
        return neat(combine(locals_, self._later(inner, depth)))

    def _choice(self, node: Apply, depth: int) -> Expression:
        *branches, condition = node.operands
        after = Apply(node.primitive, (*(self._inline(branch) for branch in branches), condition))
        self._note(rule_name(node.primitive, 0), (), node, after, "each branch is differentiated on its own")
        return Apply(node.primitive, (*self._later(branches, depth), condition))

    def _unfold(self, node: Apply, depth: int) -> Expression:
        unfolded = neat(lift(node.primitive.value(*node.operands)))
        self._note(
            "definition", ((equation(node, unfolded),),), node, self.pending(unfolded), rule_name(node.primitive, 0)
        )
        return self.derive(unfolded, depth + 1)


def _joined(equations: Sequence[object]) -> Phrase:
    parts: list[object] = []
    for index, item in enumerate(equations):
        parts += [", ", item] if index else [item]
    return tuple(parts)  # type: ignore[arg-type]


def _total(slopes: Sequence[Expression], dots: Sequence[Expression]) -> Expression:
    """Return the sum of what each operand contributes: its partial derivative times its own derivative."""
    return signed_sum([(1, neat(slope * dot)) for slope, dot in zip(slopes, dots, strict=True)])


def _product(slopes: Sequence[Expression], dots: Sequence[Expression]) -> Expression:
    # u' v + u v': the derivative is written where the factor stood.
    return neat(dots[0] * slopes[0]) + neat(slopes[1] * dots[1])


def _quotient(slopes: Sequence[Expression], dots: Sequence[Expression]) -> Expression:
    # The table gives u'/v - u v'/v^2; over one line this is the form that is taught.
    return over_one_line(_total([dots[0], slopes[1]], [slopes[0], dots[1]]))


_COMBINATIONS = {"multiply": _product, "divide": _quotient}
_WHY = {
    "multiply": "each factor is differentiated in turn while the other is kept",
    "divide": "above and below the line both change; the two contributions stand over one denominator",
}
_WHY_TOTAL = "each operand contributes its partial derivative times its own derivative"


def plain(expression: Expression) -> Expression:
    """Return a derivative with its numbers multiplied, as it is written inside of a step."""
    cleaned = neat(expression)
    move = gather(cleaned)
    return cleaned if move is None or move.name.startswith("cancel") else move.after
