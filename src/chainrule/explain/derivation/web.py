"""Owns how a derivation is written as HTML with MathML: a part of a page, or a page that is readable alone."""

from __future__ import annotations

import html
from collections.abc import Iterator

from chainrule.explain.derivation.account import Account
from chainrule.explain.derivation.findings.writing import html_answer, html_steps
from chainrule.explain.derivation.outline import Item, Section, outline
from chainrule.explain.derivation.phrases import NO_VALUE, math_html, phrase_html
from chainrule.explain.derivation.results import Gradient, Hessian, Jacobian, Result
from chainrule.explain.expressions.dialects import MATHML
from chainrule.explain.expressions.notation import mathml

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #57606a; --rule: #0b57a4; --line: #d0d7de; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #0d1117; --faint: #9aa4af; --rule: #79b8ff; --line: #30363d; }
}
body { margin: 2rem auto; max-width: 50rem; padding: 0 1rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.6 system-ui, sans-serif; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; border-top: 1px solid var(--line); padding-top: 1rem; }
li { margin: 0.8rem 0; } b { color: var(--rule); } .why { color: var(--faint); }
div { overflow-x: auto; } math { font-size: 1.1em; } .result { border: 1px solid var(--line); padding: 0.6rem 1rem; }
"""


def page(derivation: Account) -> str:
    """Return a whole page. It needs no script and no other file."""
    title = html.escape(outline(derivation).title)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{fragment(derivation)}\n</main>\n"
        "</body>\n</html>\n"
    )


def fragment(derivation: Account) -> str:
    """Return the derivation as a part of a page. All text is escaped."""
    shown = outline(derivation)
    parts = ['<div class="chainrule-derivation">']
    for section in shown.sections:
        parts += _section(section)
    name = f"{html.escape(shown.result)} = " if shown.result else ""
    if derivation.study is not None:
        parts += [*html_steps(derivation.study), *html_answer(derivation.study)]
    else:
        parts.append(
            f'<p class="result"><b>Result:</b> {name}<math><mrow>{_result(derivation.result)}</mrow></math></p>'
        )
    parts += [f"<p>{html.escape(line)}</p>" for line in shown.closing]
    parts.append("</div>")
    return "".join(parts)


def _section(section: Section) -> Iterator[str]:
    if section.caption:
        yield f"<h2>{html.escape(section.caption)}</h2>"
    yield f"<div>{math_html(section.heading)}</div><ol>"
    yield from map(_item, section.items)
    yield "</ol>"


def _item(item: Item) -> str:
    aside = f" ({phrase_html(item.aside)})" if item.aside else ""
    why = f': <span class="why">{html.escape(item.why)}</span>' if item.why else ""
    said = "".join(f"<div>{phrase_html(phrase)}</div>" for phrase in item.lines)
    where = ", ".join(f"<math><mrow>{mathml(condition)}</mrow></math>" for condition in item.conditions)
    return f"<li><b>{html.escape(item.rule)}</b>{aside}{why}{said}{f'<div>where {where}</div>' if where else ''}</li>"


def _result(result: Result | Gradient | Hessian | Jacobian) -> str:
    if isinstance(result, Result) and not result.exists:
        return MATHML.words(NO_VALUE)
    if isinstance(result, Result):
        return mathml(result.expression)
    if isinstance(result, Gradient):
        return MATHML.bracket("<mo>,</mo>".join(mathml(partial.expression) for partial in result))
    rows = "".join(f"<mtr>{''.join(f'<mtd>{mathml(one.expression)}</mtd>' for one in row)}</mtr>" for row in result)
    return MATHML.bracket(f"<mtable>{rows}</mtable>")
