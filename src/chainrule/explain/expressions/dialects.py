"""Owns the dialects of mathematical writing: how text, LaTeX and MathML spell what notation puts together."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """The spelling of each piece. stacked: fractions and exponents are set in two dimensions and need no brackets.

    cases: of formulas with their conditions, the last of which may be empty, for all else.
    call: of a function's name and its operands; where exponents are set in two dimensions, also of an exponent of the name.
    """

    stacked: bool
    nothing: str
    space: str
    times: str
    minus: str
    plus_sign: str
    minus_sign: str
    equals: str
    comma: str
    number: Callable[[str], str]
    symbol: Callable[[str], str]
    constant: Callable[[str], str]
    bracket: Callable[[str], str]
    fraction: Callable[[str, str], str]
    power: Callable[[str, str], str]
    root: Callable[[str], str]
    factorial: Callable[[str], str]
    binomial: Callable[[str, str], str]
    bars: Callable[[str], str]
    relation: Callable[[str], str]
    cases: Callable[[Sequence[tuple[str, str]]], str]
    call: Callable[..., str]
    derivative: Callable[[str, str, bool, int], str]
    named_derivative: Callable[[str, str, bool, int], str]
    integral: Callable[[str, str, str, str], str]
    limit: Callable[[str, str, str, str], str]
    words: Callable[[str], str]


FUNCTION_NAMES: dict[str, tuple[str, str]] = {
    "log": ("ln", r"\ln"),
    "log2": ("log2", r"\log_{2}"),
    "log10": ("log10", r"\log_{10}"),
    "sin": ("sin", r"\sin"),
    "cos": ("cos", r"\cos"),
    "tan": ("tan", r"\tan"),
    "arcsin": ("arcsin", r"\arcsin"),
    "arccos": ("arccos", r"\arccos"),
    "arctan": ("arctan", r"\arctan"),
    "sinh": ("sinh", r"\sinh"),
    "cosh": ("cosh", r"\cosh"),
    "tanh": ("tanh", r"\tanh"),
    "expit": ("σ", r"\sigma"),
    "maximum": ("max", r"\max"),
    "minimum": ("min", r"\min"),
    "heaviside": ("step", r"\operatorname{step}"),
    "gamma": ("Γ", r"\Gamma"),
    "gammaln": ("lnΓ", r"\ln\Gamma"),
    "psi": ("ψ", r"\psi"),
    "zeta": ("ζ", r"\zeta"),
    "ndtr": ("Φ", r"\Phi"),
}
"""How functions are called in text and LaTeX, where it is not by the name of their primitive."""

GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
).split()
GREEK_LETTERS = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", GREEK, strict=True))
_GREEK_SIGNS = {name: letter for letter, name in GREEK_LETTERS.items() if name != "pi"}
_LATEX_SPECIAL = {char: f"\\{char}" for char in "#$%&_{}"} | {"~": r"\sim ", "^": r"\hat{}", "\\": r"\backslash "}


_CHANGE = re.compile(rf"d((?:{'|'.join(GREEK)}|[A-Za-z])[0-9]*)")
"""A change of a variable, as in a total differential: dx, dtheta."""


def _text_symbol(name: str) -> str:
    """Return a name with its Greek letter, if it has one: theta is θ, beta1 is β1, sigma_max is σ_max, dtheta is dθ."""
    change = _CHANGE.fullmatch(name)
    if change is not None:
        return f"d{_text_symbol(change[1])}"
    stem = re.match(r"[A-Za-z]+", name)
    return name if stem is None else _GREEK_SIGNS.get(stem[0], stem[0]) + name[stem.end() :]


def _text_derivative(body: str, name: str, partial: bool, order: int) -> str:
    d, power = "∂" if partial else "d", f"^{order}" if order > 1 else ""
    return f"{d}{power}/{d}{_text_symbol(name)}{power} {body}"


def _text_named_derivative(body: str, name: str, partial: bool, order: int) -> str:
    d, power = "∂" if partial else "d", f"^{order}" if order > 1 else ""
    return f"{d}{power}{_text_symbol(body)}/{d}{_text_symbol(name)}{power}"


def _text_cases(rows: Sequence[tuple[str, str]]) -> str:
    return (
        f"({', '.join(f'{formula} if {condition}' if condition else f'else {formula}' for formula, condition in rows)})"
    )


TEXT = Dialect(
    stacked=False,
    nothing="",
    space=" ",
    times=" · ",
    minus="-",
    plus_sign=" + ",
    minus_sign=" - ",
    equals=" = ",
    comma=", ",
    number=str,
    symbol=_text_symbol,
    constant=lambda name: {"pi": "π"}.get(name, name),
    bracket=lambda body: f"({body})",
    fraction=lambda above, below: f"{above}/{below}",
    power=lambda base, exponent: f"{base}^{exponent}",
    root=lambda body: f"sqrt({body})",
    factorial=lambda body: f"{body}!",
    binomial=lambda total, chosen: f"binom({total}, {chosen})",
    bars=lambda body: f"|{body}|",
    relation=lambda sign: f" {sign} ",
    cases=_text_cases,
    call=lambda name, operands: f"{FUNCTION_NAMES.get(name, (name,))[0]}({', '.join(operands)})",
    derivative=_text_derivative,
    named_derivative=_text_named_derivative,
    integral=lambda lower, upper, body, name: f"int_{lower}^{upper} {body} d{name}",
    limit=lambda name, to, side, body: f"lim {name}→{to}{side} {body}",
    words=str,
)


_MARKED = re.compile(r"([^\W\d_]+)_(hat|bar|tilde|dot|ddot)(\w*)")


def _latex_symbol(name: str) -> str:
    marked = _MARKED.fullmatch(name)
    if marked:
        index = f"_{{{_latex_words(marked[3])}}}" if marked[3] else ""
        return f"\\{marked[2]}{{{_latex_symbol(marked[1])}}}{index}"
    subscript = re.fullmatch(r"([^\W\d_]+?)_?(\d+)|([^\W\d_])_(\w+)", name)
    if subscript:
        stem, index = subscript[1] or subscript[3], subscript[2] or subscript[4]
        return f"{_latex_symbol(stem)}_{{{_latex_words(index)}}}"
    name = GREEK_LETTERS.get(name, name)
    if name in GREEK:
        return f"\\{name}"
    change = _CHANGE.fullmatch(name)
    if change is not None:
        return f"d{_latex_symbol(change[1])}"
    return name if len(name) == 1 and name.isalnum() else rf"\mathrm{{{_latex_words(name)}}}"


def _latex_words(words: str) -> str:
    return "".join(_LATEX_SPECIAL.get(char, char) for char in words)


def _latex_call(name: str, operands: Sequence[str], exponent: str = "") -> str:
    shown = FUNCTION_NAMES[name][1] if name in FUNCTION_NAMES else rf"\operatorname{{{_latex_words(name)}}}"
    power = f"^{{{exponent}}}" if exponent else ""
    return rf"{shown}{power}\left({', '.join(operands)}\right)"


def _latex_derivative(body: str, name: str, partial: bool, order: int) -> str:
    d, power = r"\partial " if partial else "d", f"^{{{order}}}" if order > 1 else ""
    return rf"\frac{{{d.strip()}{power}}}{{{d}{_latex_symbol(name)}{power}}} {body}"


def _latex_named_derivative(body: str, name: str, partial: bool, order: int) -> str:
    d, power = r"\partial " if partial else "d", f"^{{{order}}}" if order > 1 else ""
    above = f"{d.strip()}{power} " if power else d
    return rf"\frac{{{above}{_latex_symbol(body)}}}{{{d}{_latex_symbol(name)}{power}}}"


def _latex_cases(rows: Sequence[tuple[str, str]]) -> str:
    lines = (
        rf"{formula} & \text{{if }} {condition}" if condition else rf"{formula} & \text{{otherwise}}"
        for formula, condition in rows
    )
    body = r" \\ ".join(lines)
    return rf"\begin{{cases}}{body}\end{{cases}}"


LATEX = Dialect(
    stacked=True,
    nothing=" ",
    space=" ",
    times=r" \cdot ",
    minus="-",
    plus_sign=" + ",
    minus_sign=" - ",
    equals=" = ",
    comma=", ",
    number=lambda digits: digits.replace("∞", r"\infty"),
    symbol=_latex_symbol,
    constant=lambda name: {"pi": r"\pi", "undefined": r"\text{undefined}"}.get(name, name),
    bracket=lambda body: rf"\left({body}\right)",
    fraction=lambda above, below: rf"\frac{{{above}}}{{{below}}}",
    power=lambda base, exponent: f"{base}^{{{exponent}}}",
    root=lambda body: rf"\sqrt{{{body}}}",
    factorial=lambda body: f"{body}!",
    binomial=lambda total, chosen: rf"\binom{{{total}}}{{{chosen}}}",
    bars=lambda body: rf"\left|{body}\right|",
    relation=lambda sign: {"≤": r" \le ", "≥": r" \ge ", "≠": r" \ne "}.get(sign, f" {sign} "),
    cases=_latex_cases,
    call=_latex_call,
    derivative=_latex_derivative,
    named_derivative=_latex_named_derivative,
    integral=lambda lower, upper, body, name: rf"\int_{{{lower}}}^{{{upper}}} {body} \, d{name}",
    limit=lambda name, to, side, body: rf"\lim_{{{name} \to {to}{f'^{{{side}}}' if side else ''}}} {body}",
    words=lambda words: rf"\text{{{_latex_words(words)}}}" if words else "",
)


def _operator(sign: str) -> str:
    return f"<mo>{html.escape(sign)}</mo>"


_MARKS = {"hat": "^", "bar": "¯", "tilde": "~", "dot": "˙", "ddot": "¨"}


def _identifier(name: str) -> str:
    marked = _MARKED.fullmatch(name)
    if marked:
        letter = f'<mover accent="true">{_identifier(marked[1])}<mo>{_MARKS[marked[2]]}</mo></mover>'
        return f"<msub>{letter}<mi>{html.escape(marked[3])}</mi></msub>" if marked[3] else letter
    subscript = re.fullmatch(r"([^\W\d_]+?)_?(\d+)|([^\W\d_])_(\w+)", name)
    if subscript:
        stem, index = subscript[1] or subscript[3], subscript[2] or subscript[4]
        return f"<msub>{_identifier(stem)}<mi>{html.escape(index)}</mi></msub>"
    return f"<mi>{html.escape(_text_symbol(name) if _CHANGE.fullmatch(name) else _GREEK_SIGNS.get(name, name))}</mi>"


def _row(body: str) -> str:
    return f"<mrow>{body}</mrow>"


def _mathml_fraction(above: str, below: str) -> str:
    return f"<mfrac>{_row(above)}{_row(below)}</mfrac>"


def _mathml_call(name: str, operands: Sequence[str], exponent: str = "") -> str:
    shown = _identifier(FUNCTION_NAMES.get(name, (name,))[0])
    if exponent:
        shown = f"<msup>{shown}{_row(exponent)}</msup>"
    return shown + _row(_operator("(") + _operator(",").join(operands) + _operator(")"))


def _mathml_derivative(body: str, name: str, partial: bool, order: int) -> str:
    d, variable = _operator("∂" if partial else "d"), _identifier(name)
    if order == 1:
        return _mathml_fraction(d, d + variable) + body
    power = f"<mn>{order}</mn>"
    return _mathml_fraction(f"<msup>{d}{power}</msup>", f"{d}<msup>{variable}{power}</msup>") + body


def _mathml_named_derivative(body: str, name: str, partial: bool, order: int) -> str:
    d = _operator("∂" if partial else "d")
    if order == 1:
        return _mathml_fraction(d + _identifier(body), d + _identifier(name))
    power = f"<mn>{order}</mn>"
    above = f"<msup>{d}{power}</msup>{_identifier(body)}"
    return _mathml_fraction(above, f"{d}<msup>{_identifier(name)}{power}</msup>")


def _mathml_limit(name: str, to: str, side: str, body: str) -> str:
    target = f"<msup>{_row(to)}{side}</msup>" if side else to
    return f"<munder>{_operator('lim')}{_row(name + _operator('→') + target)}</munder>{body}"


def _mathml_cases(rows: Sequence[tuple[str, str]]) -> str:
    lines = (
        f"<mtr><mtd>{formula}</mtd><mtd><mtext>{'if ' if condition else 'otherwise'}</mtext>{condition}</mtd></mtr>"
        for formula, condition in rows
    )
    return _row(f"{_operator('{')}<mtable>{''.join(lines)}</mtable>")


MATHML = Dialect(
    stacked=True,
    nothing=_operator("\u2062"),
    space=_operator("\u2062"),
    times=_operator("·"),
    minus=_operator("−"),
    plus_sign=_operator("+"),
    minus_sign=_operator("−"),
    equals=_operator("="),
    comma=_operator(","),
    number=lambda digits: f"<mn>{html.escape(digits)}</mn>",
    symbol=_identifier,
    constant=lambda name: f"<mi>{'π' if name == 'pi' else name}</mi>",
    bracket=lambda body: _row(_operator("(") + body + _operator(")")),
    fraction=_mathml_fraction,
    power=lambda base, exponent: f"<msup>{_row(base)}{_row(exponent)}</msup>",
    root=lambda body: f"<msqrt>{body}</msqrt>",
    factorial=lambda body: body + _operator("!"),
    binomial=lambda total, chosen: (
        _operator("(") + f'<mfrac linethickness="0">{_row(total)}{_row(chosen)}</mfrac>' + _operator(")")
    ),
    bars=lambda body: _row(_operator("|") + body + _operator("|")),
    relation=_operator,
    cases=_mathml_cases,
    call=_mathml_call,
    derivative=_mathml_derivative,
    named_derivative=_mathml_named_derivative,
    integral=lambda lower, upper, body, name: (
        f"<msubsup>{_operator('∫')}{_row(lower)}{_row(upper)}</msubsup>{body}{_operator('d')}{name}"
    ),
    limit=_mathml_limit,
    words=lambda words: f"<mtext>{html.escape(words)}</mtext>" if words else "",
)
