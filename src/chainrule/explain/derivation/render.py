"""Owns how a derivation is shown: plain text of 80 columns, Markdown, LaTeX, HTML, and data for JSON."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from chainrule.explain.derivation.account import Account, Result, Step
from chainrule.explain.derivation.phrases import Equation, math_html, phrase_html, phrase_markdown, phrase_text
from chainrule.explain.expressions.dialects import LATEX, MATHML
from chainrule.explain.expressions.expression import Expression
from chainrule.explain.expressions.notation import latex, mathml, text

WIDTH = 80


def function_text(derivation: Account) -> str:
    """Return the function as it is introduced: f(x) = x^2."""
    return f"{derivation.label or 'f'}({', '.join(derivation.names)}) = {text(derivation.expression)}"


def number(value: float) -> str:
    """Return a value as it is read: 10 digits, whole numbers without a point."""
    return f"{value:.10g}"


def plain(derivation: Account) -> str:
    """Return the derivation as plain text."""
    return "\n".join(_plain_lines(derivation))


def _plain_lines(derivation: Account) -> Iterator[str]:
    if derivation.partials:
        yield from _wrapped(f"Gradient of {function_text(derivation)}", "")
        for part in derivation.partials:
            yield ""
            yield from _equation_lines(str(part.heading))
            yield from _step_lines(part.steps)
        yield ""
        yield from _equation_lines(f"Result: ∇{derivation.label or 'f'} = {derivation.result}")
    else:
        yield from _equation_lines(str(derivation.heading))
        yield ""
        yield from _step_lines(derivation.steps)
        yield ""
        yield from _equation_lines(f"Result: {derivation.result}")
    for line in closing_lines(derivation):
        yield from _wrapped(line)


def closing_lines(derivation: Account) -> list[str]:
    """Return what is said after the steps: the value, the conditions, notes and the check, as plain text."""
    lines: list[str] = []
    if derivation.at is not None and derivation.value is not None:
        point = ", ".join(f"{name} = {number(value)}" for name, value in derivation.at)
        lines.append(f"At {point}: {value_text(derivation.value)}")
    if derivation.conditions:
        lines.append("Holds where " + ", ".join(text(condition) for condition in derivation.conditions))
    lines.extend(derivation.notes)
    if derivation.verified is not None:
        lines.append(f"Checked: the engine and the limit definition agree to {max(derivation.verified, 1e-16):.0e}")
    return lines


def value_text(value: float | tuple[float, ...]) -> str:
    """Return a value, or a gradient's values, as text."""
    return f"({', '.join(number(part) for part in value)})" if isinstance(value, tuple) else number(value)


def _step_lines(steps: Sequence[Step]) -> Iterator[str]:
    for index, step in enumerate(steps, 1):
        first, *rest = step_text(step).split("\n")
        yield f"{index}. {first}"
        indent = " " * (len(str(index)) + 2)
        yield from (indent + line if line else "" for line in rest)


def step_text(step: Step) -> str:
    """Return a step as lines of plain text: the rule, what is said of it, and its equation."""
    width = WIDTH - 4
    lines = list(_wrapped(step.rule + (f": {step.why}" if step.why else ""), "", width))
    for phrase in step.phrases:
        lines.extend(_equation_lines(phrase_text(phrase), width))
    lines.extend(_equation_lines(str(step.equation), width))
    if step.conditions:
        lines.append("where " + ", ".join(text(condition) for condition in step.conditions))
    return "\n".join(lines)


def _wrapped(line: str, indent: str = "", width: int = WIDTH) -> Iterator[str]:
    """Yield a sentence broken at spaces."""
    yield from textwrap.wrap(
        line, width, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )


def _equation_lines(line: str, width: int = WIDTH) -> Iterator[str]:
    """Yield an equation, broken before its equals sign where it is too long."""
    left, equals, right = line.partition(" = ")
    if len(line) <= width or not equals:
        yield from textwrap.wrap(line, width, subsequent_indent="    ", break_on_hyphens=False)
        return
    yield from textwrap.wrap(left, width, subsequent_indent="    ", break_on_hyphens=False)
    yield from textwrap.wrap("= " + right, width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def markdown(derivation: Account) -> str:
    """Return the derivation as Markdown, mathematics between dollar signs."""
    lines: list[str] = [f"$${latex_heading(derivation)}$$", ""]
    for part in derivation.partials or (derivation,):
        if derivation.partials:
            lines += [f"**${latex_equation(part.heading)}$**", ""]
        for index, step in enumerate(part.steps, 1):
            lines.append(f"{index}. **{step.rule}**" + (f": {step.why}" if step.why else "") + "  ")
            lines += [f"   {phrase_markdown(phrase)}  " for phrase in step.phrases]
            lines.append(f"   ${latex_equation(step.equation)}$")
        lines.append("")
    lines += [f"{line}  " for line in _closing_markdown(derivation)]
    return "\n".join(lines)


def _closing_markdown(derivation: Account) -> list[str]:
    lines = [phrase_markdown((line,)) for line in closing_lines(derivation)]
    return [f"**Result:** ${derivation.result.to_latex()}$", *lines]


def latex_equation(equation: Equation) -> str:
    """Return an equation as LaTeX."""
    return equation.write(LATEX)


def latex_heading(derivation: Account) -> str:
    """Return the function's derivative, or gradient, as one LaTeX equation."""
    if derivation.partials:
        return rf"\nabla \left({latex(derivation.expression)}\right) = {derivation.result.to_latex()}"
    return latex_equation(derivation.heading)


def latex_document(derivation: Account) -> str:
    """Return the derivation as an `align*` environment."""
    rows: list[str] = []
    for part in derivation.partials or (derivation,):
        for step in part.steps:
            rows.append(rf"{latex(step.before)} &= {latex(step.after)} && {LATEX.words(step.rule)}")
    rows.append(rf"{_left_side(derivation)} &= {derivation.result.to_latex()}")
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def _left_side(derivation: Account) -> str:
    if derivation.partials:
        return rf"\nabla \left({latex(derivation.expression)}\right)"
    return latex(derivation.heading.sides[0])


def html_document(derivation: Account) -> str:
    """Return the derivation as HTML with MathML. All text is escaped."""
    parts = ['<div class="chainrule-derivation">']
    for part in derivation.partials or (derivation,):
        parts.append(f"<p>{math_html(part.heading)}</p><ol>")
        for step in part.steps:
            why = f": {html.escape(step.why)}" if step.why else ""
            said = "".join(f"<div>{phrase_html(phrase)}</div>" for phrase in step.phrases)
            parts.append(f"<li><b>{html.escape(step.rule)}</b>{why}{said}<div>{math_html(step.equation)}</div></li>")
        parts.append("</ol>")
    parts.append(f"<p><b>Result:</b> <math><mrow>{_result_mathml(derivation)}</mrow></math></p>")
    parts += [f"<p>{html.escape(line)}</p>" for line in closing_lines(derivation)]
    parts.append("</div>")
    return "".join(parts)


def _result_mathml(derivation: Account) -> str:
    if isinstance(derivation.result, Result):
        return mathml(derivation.result.expression)
    return MATHML.bracket("<mo>,</mo>".join(mathml(result.expression) for result in derivation.result))


def as_dict(derivation: Account) -> dict[str, Any]:
    """Return the derivation as plain data, for JSON: numbers that JSON cannot hold are None."""
    value = derivation.value
    return {
        "function": text(derivation.expression),
        "name": derivation.label,
        "variables": list(derivation.names),
        "wrt": list(derivation.wrt),
        "order": derivation.order,
        "steps": [step.to_dict() for step in derivation.steps],
        "result": str(derivation.result),
        "latex": derivation.result.to_latex(),
        "conditions": _texts(derivation.conditions),
        "notes": list(derivation.notes),
        "at": None if derivation.at is None else {name: _finite(number_) for name, number_ in derivation.at},
        "value": [_finite(part) for part in value] if isinstance(value, tuple) else _finite(value),
        "verified": _finite(derivation.verified),
        "partials": [as_dict(part) for part in derivation.partials],
    }


def _texts(expressions: Sequence[Expression]) -> list[str]:
    return [text(expression) for expression in expressions]


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
