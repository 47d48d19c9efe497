"""Owns how a derivation is written as Markdown, mathematics between dollar signs."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.explain.derivation.account import Account
from chainrule.explain.derivation.findings.writing import markdown_answer, markdown_steps
from chainrule.explain.derivation.latex import equation_latex, heading_latex
from chainrule.explain.derivation.outline import Item, outline
from chainrule.explain.derivation.phrases import NO_VALUE, phrase_markdown
from chainrule.explain.derivation.results import Result
from chainrule.explain.expressions.notation import latex


def write(derivation: Account) -> str:
    """Return the derivation as Markdown."""
    shown = outline(derivation)
    rows: list[str] = [f"$${heading_latex(derivation)}$$", ""]
    for section in shown.sections:
        if section.caption:
            rows += [f"{_words(section.caption)}:", ""]
        if len(shown.sections) > 1:
            rows += [f"**${equation_latex(section.heading)}$**", ""]
        for index, item in enumerate(section.items, 1):
            rows += _item(item, f"{index}. ")
        rows.append("")
    if derivation.study is not None:
        rows += [*markdown_steps(derivation.study), "", *markdown_answer(derivation.study)]
    else:
        result = derivation.result
        exists = not isinstance(result, Result) or result.exists
        rows.append(f"**Result:** ${result.to_latex()}$  " if exists else f"**Result:** {NO_VALUE}  ")
    rows += [f"{_words(line)}  " for line in shown.closing]
    return "\n".join(rows)


def _item(item: Item, label: str) -> Iterator[str]:
    why = f": {_words(item.why)}" if item.why else ""
    aside = f" ({phrase_markdown(item.aside)})" if item.aside else ""
    yield f"{label}**{_words(item.rule)}**{aside}{why}  "
    indent = " " * len(label)
    *said, last = item.lines
    for phrase in said:
        yield f"{indent}{phrase_markdown(phrase)}  "
    where = ", ".join(f"${latex(condition)}$" for condition in item.conditions)
    yield indent + phrase_markdown(last) + (f", where {where}" if where else "")


def _words(words: str) -> str:
    return phrase_markdown((words,))
