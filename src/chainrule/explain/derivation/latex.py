r"""Owns how a derivation is written as LaTeX: equations in `align*`, or a document that compiles."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.explain.derivation.account import Account
from chainrule.explain.derivation.findings.writing import latex_answer, latex_steps
from chainrule.explain.derivation.outline import Item, outline
from chainrule.explain.derivation.phrases import NO_VALUE, Equation, phrase_latex, write_side
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.structure import CURL, JACOBIAN
from chainrule.explain.expressions.dialects import LATEX
from chainrule.explain.expressions.expression import UNDEFINED, Expression
from chainrule.explain.expressions.latex_words import PREAMBLE, known, words
from chainrule.explain.expressions.notation import latex
from chainrule.explain.expressions.notation import write as write_expression


def equations(derivation: Account) -> str:
    """Return the derivation as an `align*` environment: one row per step, with the name of its rule."""
    rows: list[str] = []
    for part in derivation.partials or (derivation,):
        for step in part.steps:
            rows.append(rf"{latex(step.before)} {_aligned(step.after)} && \text{{{words(step.rule)}}}")
    rows.append(f"{left_side(derivation)} {_found(derivation, '&')}")
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def document(derivation: Account) -> str:
    """Return the derivation as a document of LaTeX that compiles by itself."""
    shown = outline(derivation)
    rows = [PREAMBLE, rf"\section*{{{words(shown.title)}}}"]
    for section in shown.sections:
        if section.caption:
            rows.append(rf"\paragraph{{{words(section.caption)}}}\mbox{{}}")
        rows.append(_display(section.heading))
        rows.append(r"\begin{enumerate}")
        for item in section.items:
            rows += _item(item)
        rows.append(r"\end{enumerate}")
    if derivation.study is not None:
        rows += [*latex_steps(derivation.study), *latex_answer(derivation.study), ""]
    else:
        rows += [rf"\textbf{{Result:}} \[{heading_latex(derivation)}\]", ""]
    rows += [rf"{words(line)}\par" for line in shown.closing]
    rows.append(r"\end{document}")
    return known("\n".join(rows)) + "\n"


def _item(item: Item) -> Iterator[str]:
    aside = f" ({phrase_latex(item.aside)})" if item.aside else ""
    why = f": {words(item.why)}" if item.why else ""
    yield rf"\item \textbf{{{words(item.rule)}}}{aside}{why}"
    *said, last = item.lines
    for phrase in said:
        yield rf"\par {phrase_latex(phrase)}"
    (equation,) = last
    assert isinstance(equation, Equation)
    yield _display(equation)
    if item.conditions:
        yield "where " + ", ".join(f"${latex(condition)}$" for condition in item.conditions)


def _display(equation: Equation) -> str:
    """Return an equation on lines of its own, broken before its equals signs."""
    first, *others = equation.sides
    right = r" \\ ".join(map(_aligned, others))
    return rf"\begin{{align*}}{write_expression(first, LATEX)} {right}\end{{align*}}"


def _aligned(side: Expression) -> str:
    """Return what stands right of an equals sign, with that sign, as it is aligned with others."""
    return rf"& \text{{ {NO_VALUE}}}" if side == UNDEFINED else f"&= {write_side(side, LATEX)}"


def equation_latex(equation: Equation) -> str:
    """Return an equation as LaTeX."""
    return equation.write(LATEX)


def heading_latex(derivation: Account) -> str:
    """Return the function's derivative, gradient or Hessian, as one equation."""
    if derivation.partials:
        return f"{left_side(derivation)} {_found(derivation)}"
    return equation_latex(derivation.heading)


def _found(derivation: Account, mark: str = "") -> str:
    """Return the result after its equals sign."""
    result = derivation.result
    if isinstance(result, Result) and not result.exists:
        return rf"{mark} \text{{ {NO_VALUE}}}".lstrip()
    return f"{mark}= {result.to_latex()}"


_OF_FIELDS = {CURL: r"\nabla \times F", JACOBIAN: "J"}


def left_side(derivation: Account) -> str:
    """Return what is found, before the equals sign."""
    if isinstance(derivation.result, Result):
        return latex(derivation.heading.sides[0])
    if derivation.route in _OF_FIELDS:
        return _OF_FIELDS[derivation.route]
    sign = r"\nabla" if derivation.order == 1 else r"\nabla^{2}"
    return rf"{sign} \left({latex(derivation.expression)}\right)"
