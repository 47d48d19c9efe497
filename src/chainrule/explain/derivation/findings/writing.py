"""Owns how a study is written: its steps, tables and answer, as LaTeX, Markdown and HTML, and hints towards the steps."""

from __future__ import annotations

import html
from collections.abc import Iterator

from chainrule.explain.derivation.findings.study import Study, StudyStep, Table
from chainrule.explain.derivation.phrases import Phrase, phrase_html, phrase_latex, phrase_markdown, phrase_text
from chainrule.explain.expressions.latex_words import words

FOLLOWS = "What follows"
"""What is said over the steps of a study, which come after those of the derivative."""


def table_rows(table: Table) -> Iterator[str]:
    """Yield the rows of a table as plain text; columns are as wide as what they hold."""
    cells = [[phrase_text(cell) for cell in row] for row in (table.headings, *table.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width for width in widths])
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def latex_steps(study: Study) -> Iterator[str]:
    """Yield the steps as items of an enumeration of LaTeX."""
    yield rf"\paragraph{{{words(FOLLOWS)}}}\mbox{{}}"
    yield r"\begin{enumerate}"
    for step in study.steps:
        yield rf"\item \textbf{{{words(step.rule)}}}"
        yield from (rf"\par {phrase_latex(phrase)}" for phrase in step.phrases)
        if step.table is not None:
            yield from _latex_table(step.table)
    yield r"\end{enumerate}"


def _latex_table(table: Table) -> Iterator[str]:
    yield rf"\par \begin{{tabular}}{{{'l' * len(table.headings)}}}"
    for place, row in enumerate((table.headings, *table.rows)):
        end = r" \\ \hline" if place == 0 else r" \\"
        yield " & ".join(map(phrase_latex, row)) + end
    yield r"\end{tabular}"


def latex_answer(study: Study) -> Iterator[str]:
    """Yield the lines of the answer as LaTeX."""
    yield from (rf"\textbf{{Result:}} {phrase_latex(line)}\par" for line in study.answer)


def markdown_steps(study: Study) -> Iterator[str]:
    """Yield the steps as Markdown, numbered."""
    yield from (f"{FOLLOWS}:", "")
    for index, step in enumerate(study.steps, 1):
        yield from _markdown_step(step, f"{index}. ")


def _markdown_step(step: StudyStep, label: str) -> Iterator[str]:
    indent = " " * len(label)
    yield f"{label}**{_escaped(step.rule)}**" + ("  " if step.phrases else "")
    for phrase in step.phrases:
        yield f"{indent}{phrase_markdown(phrase)}  "
    if step.table is not None:
        yield ""
        for place, row in enumerate((step.table.headings, *step.table.rows)):
            # A bar ends a cell, in mathematics too.
            cells = [phrase_markdown(cell).replace("|", r"\|") for cell in row]
            yield f"{indent}| {' | '.join(cells)} |"
            if place == 0:
                yield f"{indent}|{'---|' * len(row)}"
        yield ""


def _escaped(said: str) -> str:
    return phrase_markdown((said,))


def markdown_answer(study: Study) -> Iterator[str]:
    """Yield the lines of the answer as Markdown."""
    yield from (f"**Result:** {phrase_markdown(line)}  " for line in study.answer)


def html_steps(study: Study) -> Iterator[str]:
    """Yield the steps as an ordered list of HTML with MathML. All text is escaped."""
    yield f"<h2>{FOLLOWS}</h2>"
    yield "<ol>"
    for step in study.steps:
        said = "".join(f"<div>{phrase_html(phrase)}</div>" for phrase in step.phrases)
        table = "" if step.table is None else "".join(_html_table(step.table))
        yield f"<li><b>{html.escape(step.rule)}</b>{said}{table}</li>"
    yield "</ol>"


def _html_table(table: Table) -> Iterator[str]:
    yield "<div><table><thead><tr>"
    yield from (f'<th scope="col">{phrase_html(cell)}</th>' for cell in table.headings)
    yield "</tr></thead><tbody>"
    for row in table.rows:
        yield f"<tr>{''.join(map(_html_cell, row))}</tr>"
    yield "</tbody></table></div>"


def _html_cell(cell: Phrase) -> str:
    return f"<td>{phrase_html(cell)}</td>"


def html_answer(study: Study) -> Iterator[str]:
    """Yield the lines of the answer as HTML."""
    yield from (f'<p class="result"><b>Result:</b> {phrase_html(line)}</p>' for line in study.answer)


def hints(study: Study) -> tuple[str, ...]:
    """Return a nudge for each step, which never says its result."""
    return tuple(_HINTS.get(step.rule.split(" f")[0], _hint(step.rule)) for step in study.steps)


_HINTS = {
    "second derivative test": "Does the graph bend up or down there? Put each point into the second derivative.",
    "first derivative test": "Where the second derivative says nothing: does the slope change its sign, and from which to which?",
    "compare the values": "Put every candidate into the function, and compare.",
    "look at the open ends": "An end that does not belong to the domain is no candidate. What do the values tend to?",
    "set the gradient to 0": "At an extremum no direction rises or falls: what are the partial derivatives there?",
    "second partial derivatives": "Differentiate each partial derivative again, by each variable.",
    "Lagrange multipliers": "At an extremum the level curve touches the constraint: what follows for the two gradients?",
    "solve the system": "Get rid of the multiplier first, then use the constraint.",
    "look far out": "How far does the constraint reach?",
    "Newton's formula": "Where does the tangent meet the axis?",
    "mean slope": "How much does the function change over the interval, for each unit?",
}


def _hint(rule: str) -> str:
    if rule.startswith("solve "):
        return "A product is 0 where one of its factors is: can you factor?"
    if rule.startswith("sign table "):
        return "Between its zeros the derivative keeps its sign: put one number of each interval in."
    if rule.startswith("where "):
        return "Where is the function not smooth, or not defined?"
    return "Take one number after the other."
