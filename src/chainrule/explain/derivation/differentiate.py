"""Owns differentiation as a teacher writes it: steps whose formulas are the table's own rules, called with symbols.

No derivative is written here. A step asks the primitive for its partial derivative, `primitive.partials[i](out,
*operands)`, with symbols in place of numbers; this module only says which parts are named and in which order the
steps come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

from chainrule.core.primitive import Composite, Elementwise, Linear
from chainrule.errors import NoRuleError, TooLongError
from chainrule.explain.derivation.account import Detail, Step
from chainrule.explain.derivation.combine import is_taught
from chainrule.explain.derivation.formulas import (
    combined,
    fresh,
    general_rule,
    local_derivative,
    named_operands,
    row,
    rule_name,
)
from chainrule.explain.derivation.phrases import Equation, Phrase, equation, in_words, joined, phrase_text
from chainrule.explain.derivation.reasons import WHY, WHY_AT_THE_VARIABLE, WHY_BY_CASES, WHY_CHAIN, WHY_TOTAL
from chainrule.explain.derivation.structure import (
    AS_POWER,
    BY_CASES,
    CHAIN,
    CHAIN_BY_OPERAND,
    CONSTANT,
    DEFINITION,
    TOGETHER,
)
from chainrule.explain.expressions.algebra import sum_terms
from chainrule.explain.expressions.cases import cases_of, known_in_cases, needed
from chainrule.explain.expressions.conditions import conditions_of
from chainrule.explain.expressions.expression import (
    Apply,
    Derivative,
    Expression,
    Symbol,
    depends_on,
    free_symbols,
    lift,
    size,
    substitute,
)
from chainrule.explain.expressions.neat import ONE, ZERO, is_named, is_whole, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.parts import is_simple, scaled, signed_sum, split_constants
from chainrule.explain.expressions.tidy import plain

MAX_DEPTH = 60
"""Functions nested deeper than this are not explained: nobody reads such a derivation."""

MAX_WORK = 4_000
"""How many operations the derivatives of all parts may have together, about half a second's work; nobody reads more."""


@final
@dataclass(slots=True)
class Differentiation:
    """One derivation on its way: the variable, and the steps so far.

    name: the variable. partial: whether other variables are held. parts: the symbols that name parts. taken: names
    that mean something already. detail: how much is said. work: how many operations the derivatives found so far have.
    """

    name: str
    partial: bool
    parts: tuple[Symbol, ...]
    taken: tuple[str, ...] = ()
    detail: Detail = None
    steps: list[Step] = field(default_factory=list)
    work: int = 0
    known: dict[Expression, Expression] = field(default_factory=dict)
    guards: tuple[Expression, ...] = ()

    def pending(self, body: Expression) -> Derivative:
        """Return the derivative of `body` as one that is still to be taken."""
        return Derivative(body, self.name, self.partial)

    def run(self, expression: Expression) -> Expression:
        """Return the derivative of `expression`, and note the steps; putting parts together is a step of its own."""
        if not depends_on(expression, self.name):
            self._constant(expression)
            return ZERO
        if expression == Symbol(self.name):
            self._identity(expression)
            return ONE
        result = neat(self.derive(expression, 0))
        if self._last_line(expression) != result:
            why = "each part is known now"
            self.steps.append(Step(TOGETHER, (), self.pending(expression), result, why, (), "assembly"))
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
            raise TooLongError(f"the function is nested more than {MAX_DEPTH} deep: too deep to be explained")
        if not depends_on(node, self.name):
            return ZERO
        if isinstance(node, Symbol):
            return ONE if node.name == self.name else self.pending(node)
        assert isinstance(node, Apply)
        if is_named(node, "add", "subtract", "negative", "positive") and len(sum_terms(neat(node))) > 1:
            return self._sum(node, depth)
        constant, rest = split_constants(node, self.name)
        if constant is not None:
            return self._constant_factor(node, constant, rest, depth)
        if is_named(node, "divide") and not depends_on(node.operands[0], self.name):
            below, rest = split_constants(node.operands[1], self.name)
            if below is not None or (is_named(rest, "power") and node.operands[0] != ONE):
                constant = node.operands[0] if below is None else neat(node.operands[0] / below)
                return self._constant_factor(node, constant, 1 / rest, depth)
            if is_named(rest, "power") and is_whole(rest.operands[1]):
                return self._as_power(node, rest, depth)
        primitive = node.primitive
        if is_named(node, "power") and node.operands[0] == ZERO:
            why = "it is 0 wherever the exponent is positive"
            self._note(CONSTANT, node, ZERO, why, (), None, (), conditions_of(primitive, node.operands))
            return ZERO
        if isinstance(primitive, Composite):
            return self._unfold(node, depth)
        if isinstance(primitive, Linear) and primitive.name == "where":
            return self._choice(node, depth)
        if not isinstance(primitive, Elementwise):
            raise NoRuleError(
                f"{primitive.name} works on whole arrays and is not explained symbol by symbol; use chainrule.grad "
                "for its derivative and chainrule.backprop for a table of sensitivities"
            )
        moving = [index for index, operand in enumerate(node.operands) if depends_on(operand, self.name)]
        if len(moving) == 1 and node.operands[moving[0]] == Symbol(self.name):
            return self._at_the_variable(node, primitive, moving[0])
        if len(moving) == 1:
            return self._one_operand(node, primitive, moving[0], depth)
        return self._several_operands(node, primitive, moving, depth)

    def _is_seen(self, part: Expression) -> bool:
        """Return whether the derivative of a part is written down at once, without a step of its own."""
        if self.detail == "full":
            return isinstance(part, Symbol) or not depends_on(part, self.name)
        return is_simple(part, self.name)

    def _inline(self, part: Expression) -> Expression:
        """Return the derivative of a part as it stands in a step: found at once if simple, pending otherwise."""
        if self._is_seen(part):
            return self._quiet(part)
        factor, rest = self._peeled(part)
        return self.pending(rest) if factor is None else neat(scaled(factor, self.pending(rest)))

    def _peeled(self, part: Expression) -> tuple[Expression | None, Expression]:
        """Return a part as (constant factor, what is differentiated); constant terms are dropped. Only where brief."""
        if self.detail != "brief":
            return None, part
        moving = [(sign, term) for sign, term in sum_terms(neat(part)) if depends_on(term, self.name)]
        if len(moving) != 1:
            return None, part
        ((sign, term),) = moving
        factor, rest = split_constants(term, self.name)
        if sign < 0:
            factor = lift(-1) if factor is None else neat(-factor)
        return factor, rest

    def _quiet(self, part: Expression) -> Expression:
        """Return the derivative of a part without noting steps."""
        if part not in self.known:
            hidden = Differentiation(self.name, self.partial, self.parts, self.taken, known=self.known)
            self.known[part] = plain(hidden.derive(part, 0))
        return self.known[part]

    def _later(self, parts: Sequence[Expression], depth: int) -> list[Expression]:
        """Return the derivatives of parts, noting the steps of those that are not simple."""
        found: dict[Expression, Expression] = {}
        for part in parts:
            if part in found:
                continue
            if self._is_seen(part):
                found[part] = self._quiet(part)
                continue
            factor, rest = self._peeled(part)
            result = self._weighed(self.derive(rest, depth + 1))
            found[part] = result if factor is None else plain(scaled(factor, result))
        return [found[part] for part in parts]

    def _weighed(self, result: Expression) -> Expression:
        """Return the derivative of a part with its numbers multiplied. Raises ValueError where all this gets too long."""
        self.work += size(result)
        if self.work > MAX_WORK:
            raise TooLongError(
                "the derivative gets too long to be explained: nobody reads so many terms; use chainrule.grad for its value"
            )
        return plain(result)

    def _note(
        self,
        rule: str,
        body: Expression,
        after: Expression,
        why: str,
        phrases: Sequence[Phrase] = (),
        general: Equation | None = None,
        match: Sequence[Equation] = (),
        conditions: Sequence[Expression] = (),
    ) -> None:
        said = () if self.detail == "brief" else tuple(phrases)
        if self.detail == "full" and general is not None and general != equation(self.pending(body), after):
            here: tuple[Phrase, ...] = (("here ", *joined(match)),) if match else ()
            said = (("in general ", general), *here, *said)
        here_needed = needed(conditions, self.guards) if self.guards else tuple(conditions)
        step = Step(rule, said, self.pending(body), neat(after), why, here_needed, "rule", general, tuple(match))
        self.steps.append(step)

    def _constant(self, expression: Expression) -> None:
        held = fresh("ckab", (*self.taken, self.name))
        general = equation(Derivative(held, self.name), ZERO)
        why = f"it does not change with {text(Symbol(self.name))}"
        self._note(CONSTANT, expression, ZERO, why, general=general, match=(equation(held, expression),))

    def _identity(self, variable: Symbol) -> None:
        general, match = self._looked_up(row("power"), 0, (variable, ONE))
        phrases = ((general, ", with ", *joined(match)),) if self.detail is None else ()
        why = "the variable is its own first power"
        self._note(rule_name(row("power")), variable, ONE, why, phrases, general, match)

    def _looked_up(
        self, primitive: Elementwise, index: int, operands: Sequence[Expression]
    ) -> tuple[Equation, tuple[Equation, ...]]:
        """Return the rule at the variable itself, and what its other symbols stand for."""
        named = named_operands(primitive, {index: Symbol(self.name)}, (*self.taken, self.name))
        held = [
            (symbol, value) for place, (symbol, value) in enumerate(zip(named, operands, strict=True)) if place != index
        ]
        general = general_rule(primitive, [index], named, self.name, False)
        return general, tuple(equation(symbol, value) for symbol, value in held)

    def _sum(self, node: Apply, depth: int) -> Expression:
        every = sum_terms(neat(node))
        terms = [(sign, term) for sign, term in every if depends_on(term, self.name)]
        phrases = self._at_once([term for _, term in terms])
        if self.detail == "full":
            constants = [term for _, term in every if not depends_on(term, self.name)]
            phrases += [(equation(self.pending(term), ZERO), f"  ({CONSTANT})") for term in constants]
        after = signed_sum([(sign, self._inline(term)) for sign, term in terms])
        why = "the derivative of a sum is the sum of the derivatives"
        if len(every) > len(terms):
            why += "; constants have derivative 0"
        general = general_rule(row("add"), (0, 1), self.parts[:2], self.name, self.partial)
        both = [neat(-term) if sign < 0 else term for sign, term in every] if len(every) == 2 else []
        match = [equation(symbol, term) for symbol, term in zip(self.parts, both, strict=False)]
        self._note(rule_name(row("add")), node, after, why, phrases, general, match)
        results = self._later([term for _, term in terms], depth)
        return signed_sum([(sign, result) for (sign, _), result in zip(terms, results, strict=True)])

    def _at_once(self, parts: Sequence[Expression]) -> list[Phrase]:
        """Say the derivatives of parts that are written down at once."""
        simple = [part for part in dict.fromkeys(parts) if is_simple(part, self.name) and self._is_seen(part)]
        return [
            (equation(self.pending(part), self._quiet(part)), self._reason(part))
            for part in simple
            if isinstance(part, Apply) and depends_on(part, self.name)
        ]

    def _reason(self, term: Expression) -> str:
        """Return the name of the rule for a simple term, in brackets."""
        _, rest = split_constants(term, self.name)
        if isinstance(rest, Apply) and not is_named(rest, "add", "subtract"):
            moving = [index for index, operand in enumerate(rest.operands) if depends_on(operand, self.name)]
            if len(moving) == 1 and rest.operands[moving[0]] == Symbol(self.name):
                return f"  ({rule_name(rest.primitive, moving[0])})"
        return ""

    def _constant_factor(self, node: Apply, constant: Expression, rest: Expression, depth: int) -> Expression:
        phrases: list[Phrase] = []
        if self._is_seen(rest) and (isinstance(rest, Apply) or (rest == Symbol(self.name) and self.detail == "full")):
            phrases.append((equation(self.pending(rest), self._quiet(rest)), self._reason(rest)))
        held = free_symbols(constant)
        why = "a constant factor stays in front of the derivative"
        if held:
            shown, verb = phrase_text(in_words(held)), "are" if len(held) > 1 else "is"
            why = f"{shown} {verb} held constant, so this factor stays in front of the derivative"
        if constant == lift(-1):
            why = "a minus sign stays in front of the derivative"
        named = named_operands(row("multiply"), {1: self.parts[0]}, (*self.taken, self.name))
        general = general_rule(row("multiply"), (1,), named, self.name, self.partial)
        match = (equation(named[0], constant), equation(named[1], rest))
        after = neat(scaled(constant, self._inline(rest)))
        self._note(rule_name(row("negative")), node, after, why, phrases, general, match)
        (result,) = self._later([rest], depth)
        return neat(scaled(constant, result))

    def _at_the_variable(self, node: Apply, primitive: Elementwise, index: int) -> Expression:
        """Look a rule up: the operand that changes is the variable itself."""
        after = local_derivative(primitive, index, node.operands)
        general, match = self._looked_up(primitive, index, node.operands)
        phrases = ((general, ", with ", *joined(match)),) if match and self.detail is None else ()
        conditions = conditions_of(primitive, node.operands)
        why = WHY_AT_THE_VARIABLE.get((primitive.name, index), "the function is taken of the variable itself")
        self._note(rule_name(primitive, index), node, after, why, phrases, general, match, conditions)
        return after

    def _one_operand(self, node: Apply, primitive: Elementwise, index: int, depth: int) -> Expression:
        """Apply the chain rule: one operand changes, and it is no variable."""
        inner = node.operands[index]
        u = self.parts[0]
        operands = [u if place == index else operand for place, operand in enumerate(node.operands)]
        outside = Apply(primitive, tuple(operands))
        slope = local_derivative(primitive, index, operands)
        lines: list[Phrase] = [(equation(Derivative(outside, u.name), slope), f"  ({rule_name(primitive, index)})")]
        if self.detail is None:
            lines.insert(0, ("outside ", outside, ", inside ", equation(u, inner)))
            inside = Derivative(u, self.name, self.partial)
            if self._is_seen(inner):
                lines.append((equation(inside, self._quiet(inner)), self._reason(inner)))
            else:
                lines.append((inside, " comes in a step of its own"))
        named = named_operands(primitive, {index: u}, (*self.taken, self.name))
        general = general_rule(primitive, (index,), named, self.name, self.partial)
        match = [equation(*pair) for pair in zip(named, node.operands, strict=True)]
        match.insert(0, match.pop(index))
        local = neat(substitute(slope, {u.name: inner}))
        after = neat(local * self._inline(inner))
        conditions = conditions_of(primitive, node.operands)
        self._note(CHAIN, node, after, WHY_CHAIN, lines, general, match, conditions)
        (result,) = self._later([inner], depth)
        return neat(local * result)

    def _several_operands(self, node: Apply, primitive: Elementwise, moving: Sequence[int], depth: int) -> Expression:
        """Apply the rule for several operands that change: of products, of quotients, or the general one."""
        named = dict(zip(moving, self.parts, strict=False))
        operands = [named.get(index, operand) for index, operand in enumerate(node.operands)]
        inner = [node.operands[index] for index in moving]
        slopes = [local_derivative(primitive, index, operands) for index in moving]
        symbols = named_operands(primitive, named, (*self.taken, self.name))
        general = general_rule(primitive, moving, symbols, self.name, self.partial)
        match = [equation(*pair) for pair in zip(symbols, node.operands, strict=True)]
        lines = self._lines_of_parts(named, node)
        if is_taught(primitive):
            rule = rule_name(primitive, moving[0])
            lines += [(general,)] if self.detail is None else []
        else:
            rule, outside = CHAIN_BY_OPERAND, Apply(primitive, tuple(operands))
            for index, slope in zip(moving, slopes, strict=True):
                local = equation(Derivative(outside, named[index].name, True), slope)
                lines.append((local, f"  ({rule_name(primitive, index)})"))
        after = combined(primitive, moving, named, node.operands, [self._inline(part) for part in inner])
        why = WHY.get(primitive.name, WHY_TOTAL)
        self._note(rule, node, after, why, lines, general, match, conditions_of(primitive, node.operands))
        return combined(primitive, moving, named, node.operands, self._later(inner, depth))

    def _lines_of_parts(self, named: dict[int, Symbol], node: Apply) -> list[Phrase]:
        """Say what the parts are, and the derivatives of the simple ones."""
        if self.detail is not None:
            return []
        lines = [joined([equation(symbol, node.operands[index]) for index, symbol in named.items()])]
        dots = [
            equation(Derivative(symbol, self.name, self.partial), self._quiet(node.operands[index]))
            for index, symbol in named.items()
            if self._is_seen(node.operands[index])
        ]
        return [*lines, joined(dots)] if dots else lines

    def _as_power(self, node: Apply, below: Expression, depth: int) -> Expression:
        """Write 1/u^n as a power: its rule is the one that everybody knows."""
        assert isinstance(below, Apply)
        base, exponent = below.operands
        power = base ** neat(-exponent)
        self.steps.append(Step(AS_POWER, (), self.pending(node), self.pending(power), "1/a^n = a^(-n)", (), "assembly"))
        return self.derive(power, depth + 1)

    def _choice(self, node: Apply, depth: int) -> Expression:
        formulas, rebuild = cases_of(node)
        after = rebuild([self._inline(formula) for formula in formulas])
        conditions = conditions_of(node.primitive, node.operands)
        self._note(BY_CASES, node, after, WHY_BY_CASES, self._at_once(formulas), None, (), conditions)
        outer, found = self.guards, []
        for formula, known in zip(formulas, known_in_cases(node), strict=False):
            self.guards = (*outer, *known)
            found += self._later([formula], depth)
        self.guards = outer
        return rebuild(found)

    def _unfold(self, node: Apply, depth: int) -> Expression:
        unfolded = neat(lift(node.primitive.value(*node.operands)))
        phrases = ((equation(node, unfolded),),)
        self._note(DEFINITION, node, self.pending(unfolded), rule_name(node.primitive), phrases)
        return self.derive(unfolded, depth + 1)
