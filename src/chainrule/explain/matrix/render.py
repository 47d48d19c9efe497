"""Owns how a matrix derivation is shown: text of 100 columns, the terminal, Markdown, LaTeX, HTML, and data for JSON."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterator
from typing import Any

from chainrule.explain.backpropagation.figures import json_safe, short_figure, summary
from chainrule.explain.expressions.latex_words import PREAMBLE, known, words
from chainrule.explain.matrix.account import MatrixAccount, MatrixStep
from chainrule.explain.matrix.styles import LATEX_STYLE, MATHML_STYLE

WIDTH = 100
BROKEN = r" \\ &= "
"""What a long line of LaTeX is broken with, before its equals signs."""
LEGEND = (
    "A · B is the product of matrices, A ⊙ B the product entry by entry; quotients, powers and functions are taken entry by "
    "entry. dL/dA has the shape of A."
)


def plain(derivation: MatrixAccount) -> str:
    """Return the derivation as plain text."""
    lines = [f"{derivation.function}({', '.join(derivation.names)}), forward:", ""]
    lines += [line for step in derivation.forward for line in _line(str(step), step.shapes, "  ")]
    lines += ["", f"Backward, from {derivation.result} to the inputs:", ""]
    for number, step in enumerate(derivation.backward, 1):
        lines += _step_lines(step, number, derivation.detail)
    lines += ["", "Gradients:"]
    lines += [f"  d{derivation.result}/d{name} = {_shown(value)}" for name, value in derivation.gradients.items()]
    lines += ["", *textwrap.wrap(_legend(derivation), WIDTH), closing(derivation)]
    return "\n".join(lines)


def _legend(derivation: MatrixAccount) -> str:
    words = LEGEND.replace("dL/dA", f"d{derivation.result}/dA")
    lines = [str(step) for step in derivation.steps]
    if any("col(" in line for line in lines):
        words += " col(v) is the vector v as a column."
    if any("[" in line and any(f" {sign} " in line for sign in "><≥≤≠") for line in lines):
        words += " [condition] is 1 where it holds and 0 elsewhere."
    if any("place(" in line for line in lines):
        words += " place(v, at [i]) is zero but for v at [i]."
    return words


def closing(derivation: MatrixAccount) -> str:
    """Return how well the derivation was verified, as a sentence."""
    agreed = max(derivation.verified, 1e-16)
    return f"Checked: every formula, the engine and the limit definition agree to {agreed:.0e}."


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "as named above"
    return short_figure(value)


def _line(equation: str, shapes: str, indent: str) -> list[str]:
    """Return an equation with its shapes at the right; a long one is broken before its equals signs."""
    room = WIDTH - len(indent)
    lines = [equation]
    if len(equation) + len(shapes) + 3 > room:
        left, *sides = equation.split(" = ")
        margin = " " * len(left)
        lines = []
        for place, side in enumerate(sides):
            start = f"{left if place == 0 else margin} = "
            lines += textwrap.wrap(
                side, room, initial_indent=start, subsequent_indent=margin + "   ", break_on_hyphens=False
            )
    if len(lines[-1]) + len(shapes) + 3 > room:
        lines.append("")
    lines[-1] += shapes.rjust(room - len(lines[-1]))
    return [(indent + line).rstrip() for line in lines]


def _step_lines(step: MatrixStep, number: int, detail: str | None) -> Iterator[str]:
    indent = " " * 5
    first, *rest = _line(str(step), step.shapes, indent)
    yield f"{number:>3}. {first[5:]}"
    yield from rest
    if detail == "brief":
        return
    said = [part for part in (step.rule, *step.notes) if part]
    if len(step.parts) > 4 and detail is None:
        said.append(f'.step("{step.name}").unfold() shows what is inside')
    yield from textwrap.wrap("; ".join(said), WIDTH, initial_indent=indent + "  ", subsequent_indent=indent + "  ")
    if detail == "full":
        for part in step.parts:
            yield from _line(str(part), part.shapes, " " * 9 + ("| " if part.kind == "forward" else "> "))


def to_rich(derivation: MatrixAccount) -> Iterator[Any]:
    """Yield what rich prints: the lines of `plain`, styled."""
    from rich.text import Text  # noqa: PLC0415 (heavy)

    for line in plain(derivation).split("\n"):
        styled = Text(line, no_wrap=len(line) <= WIDTH)
        if line.endswith(":") and not line.startswith(" "):
            styled.stylize("bold")
        elif line.startswith("       "):
            styled.stylize("dim italic")
        elif "=" in line:
            styled.highlight_regex(r"\([\d×]+\)( = .*)?$", "cyan")
            styled.highlight_regex(r"d\w+/d\w+", "red")
        yield styled


def markdown(derivation: MatrixAccount) -> str:
    """Return the derivation as Markdown."""
    lines = [f"**{derivation.function}**, forward:", ""]
    lines += [f"- ${step.to_latex()}$ — {step.shapes}" for step in derivation.forward]
    lines += ["", f"Backward, from ${LATEX_STYLE.symbol(derivation.result, False)}$ to the inputs:", ""]
    for number, step in enumerate(derivation.backward, 1):
        said = "; ".join(part for part in (step.rule, *step.notes) if part)
        lines += [f"{number}. ${step.to_latex()}$ — {step.shapes}  ", f"   *{_escaped(said)}*"]
    return "\n".join([*lines, "", _escaped(_legend(derivation)), "", _escaped(closing(derivation))])


def _escaped(words: str) -> str:
    return "".join(f"\\{char}" if char in "*_`<>[]$\\" else char for char in words)


def latex_equations(derivation: MatrixAccount) -> str:
    """Return the derivation as an `align*` environment, first the program and then the adjoints."""
    rows = []
    for step in derivation.steps:
        left, _, right = step.to_latex().partition(LATEX_STYLE.equals)
        said = f"{step.shapes}" + (f", {step.rule}" if step.kind == "backward" and step.rule else "")
        rows.append(rf"{left} &= {right} && {_latex_words(said)}")
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def latex_document(derivation: MatrixAccount) -> str:
    """Return the derivation as a document of LaTeX that compiles by itself: the lines, the gradients, and the check."""
    rows = [PREAMBLE, rf"\section*{{{_prose(derivation.function)}}}", r"\begin{enumerate}"]
    for step in derivation.steps:
        left, _, right = step.to_latex().partition(LATEX_STYLE.equals)
        said = "; ".join(part for part in (step.rule, *step.notes) if part and step.kind == "backward")
        rows.append(rf"\item {_prose(step.shapes)}{f': {_prose(said)}' if said else ''}")
        rows.append(rf"\begin{{align*}}{left} &= {right.replace(LATEX_STYLE.equals, BROKEN)}\end{{align*}}")
    rows += [r"\end{enumerate}", rf"{_prose(_legend(derivation))}\par", _prose(closing(derivation)), r"\end{document}"]
    return "\n".join(map(known, rows)) + "\n"


def _prose(text: str) -> str:
    return words(text).replace("×", r"$\times$")


def _latex_words(words: str) -> str:
    return LATEX_STYLE.words(words).replace("×", r"$\times$").replace("·", r"$\cdot$")


def html_document(derivation: MatrixAccount) -> str:
    """Return the derivation as HTML with MathML."""
    parts = ['<div class="chainrule-derivation">', f"<p><b>{html.escape(derivation.function)}</b>, forward</p><ul>"]
    parts += [f"<li>{_math(step)} <small>{html.escape(step.shapes)}</small></li>" for step in derivation.forward]
    parts.append("</ul><p>Backward</p><ol>")
    parts += [_item(step) for step in derivation.backward]
    parts.append("</ol><ul>")
    for name, value in derivation.gradients.items():
        parts.append(f"<li>{html.escape(f'd{derivation.result}/d{name} = {_shown(value)}')}</li>")
    parts.append(f"</ul><p>{html.escape(_legend(derivation))}</p><p>{html.escape(closing(derivation))}</p></div>")
    return "".join(parts)


def _math(step: MatrixStep) -> str:
    return f'<math displaystyle="true"><mrow>{step.write(MATHML_STYLE)}</mrow></math>'


def _item(step: MatrixStep) -> str:
    said = html.escape("; ".join(part for part in (step.rule, *step.notes) if part))
    inside = ""
    if step.parts:
        lines = "".join(f"<li>{_math(part)} <small>{html.escape(part.rule)}</small></li>" for part in step.parts)
        inside = f"<details><summary>unfold</summary><ul>{lines}</ul></details>"
    return f"<li>{_math(step)} <small>{html.escape(step.shapes)}</small><div>{said}</div>{inside}</li>"


def as_dict(derivation: MatrixAccount) -> dict[str, Any]:
    """Return the derivation as plain data, for JSON."""
    return {
        "function": derivation.function,
        "result": derivation.result,
        "value": json_safe(derivation.value),
        "verified": derivation.verified,
        "steps": [_step_dict(step) for step in derivation.steps],
        "gradients": {name: json_safe(_summaries(value)) for name, value in derivation.gradients.items()},
        "legend": _legend(derivation),
    }


def _step_dict(step: MatrixStep) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "name": step.name,
        "equation": str(step),
        "latex": step.to_latex(),
        "rule": step.rule,
        "notes": list(step.notes),
        "shape": list(step.symbol.shape),
        "shapes": step.shapes,
        "line": None if step.line is None else {"number": step.line[1], "source": step.line[2]},
        "parts": [_step_dict(part) for part in step.parts],
    }


def _summaries(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _summaries(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_summaries(part) for part in value]
    return summary(value)
