"""Owns how the pieces of an array formula are spelled: as plain text, LaTeX and MathML."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

from chainrule.explain.expressions.dialects import GREEK, LATEX, MATHML, TEXT
from chainrule.explain.expressions.latex_words import known

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@final
@dataclass(frozen=True, slots=True)
class Style:
    """The spelling of each piece. stacked: fractions are set in two dimensions.

    symbol: of a name, and whether it is an array. adjoint: of the result and the value's name and whether they are arrays.
    total: a sum over what the first text says. relation: 1 where it
    holds, else 0. call: of a name, what it is taken over, and operands.
    """

    stacked: bool
    equals: str
    plus: str
    minus: str
    negative: str
    entrywise: str
    product: str
    space: str
    symbol: Callable[[str, bool], str]
    adjoint: Callable[[str, str, bool], str]
    number: Callable[[str], str]
    bracket: Callable[[str], str]
    transpose: Callable[[str], str]
    power: Callable[[str, int], str]
    fraction: Callable[[str, str], str]
    total: Callable[[str, str], str]
    call: Callable[[str, str, Sequence[str]], str]
    relation: Callable[[str, str, str], str]
    bars: Callable[[str], str]
    words: Callable[[str], str]


def _text_fraction(above: str, below: str) -> str:
    simple = re.fullmatch(r"[\w.'²³]+", above) and re.fullmatch(r"[\w.'²³]+", below)
    return f"{above}/{below}" if simple else f"{above} / {below}"


PLAIN = Style(
    stacked=False,
    equals=" = ",
    plus=" + ",
    minus=" - ",
    negative="-",
    entrywise=" ⊙ ",
    product=" · ",
    space=" ",
    symbol=lambda name, is_array: name,
    adjoint=lambda result, name, is_array: f"d{result}/d{name}",
    number=str,
    bracket=TEXT.bracket,
    transpose=lambda body: f"{body}ᵀ",
    power=lambda body, exponent: f"{body}{str(exponent).translate(_SUPERSCRIPTS)}",
    fraction=_text_fraction,
    total=lambda over, body: f"Σ{over and '_' + over} {body}",
    call=lambda name, over, operands: f"{name}{over and '_' + over}({', '.join(operands)})",
    relation=lambda left, sign, right: f"[{left} {sign} {right}]",
    bars=lambda body: f"‖{body}‖",
    words=str,
)


def _latex_index(index: str) -> str:
    return _latex_symbol(index, False) if len(index) == 1 and not index.isascii() else LATEX.words(index)


def _latex_symbol(name: str, is_array: bool) -> str:
    if len(name) == 1 and not name.isascii():
        written = LATEX.symbol(
            name
        )  # θ is \theta; other letters are text, by their code where LaTeX does not know them
        is_command = re.fullmatch(r"\\[A-Za-z]+", written)
        return (rf"\boldsymbol{{{written}}}" if is_array else written) if is_command else rf"\text{{{known(name)}}}"
    if re.fullmatch(r"[^\W\d_]", name):
        return rf"\mathbf{{{name}}}" if is_array else name
    indexed = re.fullmatch(r"([^\W\d_])(?:_?(\d+)|_([^\W_]+))", name)
    if indexed:
        return f"{_latex_symbol(indexed[1], is_array)}_{{{_latex_index(indexed[2] or indexed[3])}}}"
    if name in GREEK:
        return rf"\boldsymbol{{\{name}}}" if is_array else f"\\{name}"
    return known(LATEX.words(name)) if name.isascii() else rf"\text{{{known(_latex_words(name))}}}"


LATEX_STYLE = Style(
    stacked=True,
    equals=" = ",
    plus=" + ",
    minus=" - ",
    negative="-",
    entrywise=r" \odot ",
    product=r" \, ",
    space=r" \, ",
    symbol=_latex_symbol,
    adjoint=lambda result, name, is_array: (
        rf"\frac{{\partial {_latex_symbol(result, False)}}}{{\partial {_latex_symbol(name, is_array)}}}"
    ),
    number=str,
    bracket=LATEX.bracket,
    transpose=lambda body: rf"{{{body}}}^{{\top}}",
    power=lambda body, exponent: rf"{{{body}}}^{{\odot {exponent}}}",
    fraction=LATEX.fraction,
    total=lambda over, body: rf"\sum{over and '_{' + LATEX.words(over) + '}'} {body}",
    call=lambda name, over, operands: (
        rf"\operatorname{{{_latex_words(name)}}}{over and '_{' + LATEX.words(over) + '}'}\left({', '.join(operands)}\right)"
    ),
    relation=lambda left, sign, right: rf"\left[{left}{LATEX.relation(sign)}{right}\right]",
    bars=lambda body: rf"\left\Vert {body} \right\Vert",
    words=LATEX.words,
)


def _latex_words(words: str) -> str:
    return LATEX.words(words).removeprefix(r"\text{").removesuffix("}")


def _tag(name: str, body: str) -> str:
    return f"<{name}>{body}</{name}>"


def _sign(sign: str) -> str:
    return _tag("mo", html.escape(sign))


def _mathml_symbol(name: str, is_array: bool) -> str:
    numbered = re.fullmatch(r"([^\W\d_])_?(\d+)", name)
    if numbered:
        return _tag("msub", _mathml_symbol(numbered[1], is_array) + _tag("mn", numbered[2]))
    return _tag("mi", _bold(name) if is_array else html.escape(name))


def _bold(name: str) -> str:
    """Return a letter as the bold one of mathematics, which every browser shows; a longer name as it is."""
    if len(name) != 1 or not name.isascii() or not name.isalpha():
        return html.escape(name)
    return chr(0x1D400 + ord(name) - ord("A")) if name.isupper() else chr(0x1D41A + ord(name) - ord("a"))


def _mathml_over(base: str, over: str) -> str:
    return _tag("msub", _tag("mrow", base) + _tag("mtext", html.escape(over))) if over else base


def _mathml_call(name: str, over: str, operands: Sequence[str]) -> str:
    return _mathml_over(_tag("mi", html.escape(name)), over) + MATHML.bracket(_sign(",").join(operands))


MATHML_STYLE = Style(
    stacked=True,
    equals=_sign("="),
    plus=_sign("+"),
    minus=_sign("−"),
    negative=_sign("−"),
    entrywise=_sign("⊙"),
    product=_sign("·"),
    space="<mspace width='0.2em'/>",
    symbol=_mathml_symbol,
    adjoint=lambda result, name, is_array: MATHML.fraction(
        _sign("∂") + _mathml_symbol(result, False), _sign("∂") + _mathml_symbol(name, is_array)
    ),
    number=lambda digits: _tag("mn", digits),
    bracket=MATHML.bracket,
    transpose=lambda body: _tag("msup", _tag("mrow", body) + _sign("⊤")),
    power=lambda body, exponent: _tag(
        "msup", _tag("mrow", body) + _tag("mrow", _sign("⊙") + _tag("mn", str(exponent)))
    ),
    fraction=MATHML.fraction,
    total=lambda over, body: _mathml_over(_sign("∑"), over) + body,
    call=_mathml_call,
    relation=lambda left, sign, right: _tag("mrow", _sign("[") + left + _sign(sign) + right + _sign("]")),
    bars=lambda body: _tag("mrow", _sign("‖") + body + _sign("‖")),
    words=MATHML.words,
)
