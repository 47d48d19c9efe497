"""Owns which characters typed mathematics may contain, and the plain ones that the others stand for."""

from __future__ import annotations

import string
import unicodedata

from chainrule.explain.reading.names import GREEK, INTEGRALS
from chainrule.explain.reading.refusal import character_name, refusal

SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿˣʸᵏᵗ", "0123456789-+nxykt", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙₜₓ", "0123456789ijkntx", strict=True))
ROOTS = "√∛∜"

_SIGNS: dict[str, str] = (
    dict.fromkeys("−–—﹣‐‑‒", "-")
    | dict.fromkeys("×·⋅∙•∗✕✖", "*")
    | dict.fromkeys("÷∕⁄", "/")
    | {
        "ˆ": "^",
        "∣": "|",
        "∥": "|",
        "‖": "|",
        "\t": " ",
        "\r": "\n",
        "µ": "μ",
        "ô": "o",
        "’": "'",
        "′": "'",
        "⩽": "≤",
        "⩾": "≥",
    }
)
_KEPT = frozenset("\n≤≥≠∑∏∫∞⌊⌋⌈⌉↦⟹⇒" + "".join(SUPERSCRIPTS) + "".join(SUBSCRIPTS) + ROOTS + "".join(GREEK))

_REASONS: dict[str, str] = {
    "!": "a factorial sign stands after a number or a variable, as in n!",
    "'": "a quote has no meaning here; a derivative such as y' cannot be part of the function",
    "∂": "a derivative cannot be part of the function; type the function, and say by which variable with wrt",
    "∇": "a gradient cannot be part of the function; type the function alone, and its variables with wrt",
    "∞": "infinity is not a number that a function can be made of",
    "%": "'%' has no meaning here; write a percentage as a fraction, and a remainder not at all",
    "°": "a degree sign stands after a number or a variable, as in sin(30°)",
    **dict.fromkeys(
        "<>≤≥≠",
        "comparisons are not functions to differentiate; they are conditions of cases, as in {x^2 if x < 0, 3x otherwise}",
    ),
    '"': "quotes have no meaning in mathematics; expected a formula such as x^2 + 3x",
    "∫": INTEGRALS,
    "→": "an arrow has a meaning in f: x ↦ x^2 and in limits only, as in lim x→0 sin(x)/x",
}


_LATIN_LETTERS = frozenset(f"{ord(letter):04X}" for letter in string.ascii_letters)
_TRANSPOSES = frozenset("ᵀ⊤")
NO_VECTORS = (
    "a transpose belongs to vectors and matrices, and letters are numbers here; expected a NumPy function such as "
    "lambda w, x: w @ x, with arrays as the point"
)


def plain(text: str) -> str:
    """Return `text` with one plain character for each, so that columns stay what they are.

    Fullwidth and mathematical letters and digits, spaces, minus and multiplication signs are read as their plain forms.

    Raises ParseError for control and direction characters, digits and letters of scripts that mathematics does not use.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_plain(text, position, char) for position, char in enumerate(text))


def _plain(text: str, position: int, char: str) -> str:
    if char in _SIGNS:
        return _SIGNS[char]
    if " " <= char <= "~" or char in _KEPT:
        return char
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if char in _TRANSPOSES:
        raise refusal(text, position, NO_VECTORS)
    compatible = unicodedata.normalize("NFKC", char)
    if unicodedata.decomposition(char).startswith(("<super>", "<sub>")):
        raise refusal(text, position, f"a raised or lowered {compatible}; expected ^ for a power, and _ for an index")
    if len(compatible) == 1 and ("!" <= compatible <= "~" or compatible in GREEK):
        return compatible
    if category == "No" and unicodedata.numeric(char) < 1:
        return char  # a fraction such as one half, in one character
    if char in _REASONS:
        return char
    raise refusal(text, position, _refused(char, category))


def _refused(char: str, category: str) -> str:
    name = character_name(char)
    if category in ("Cc", "Cf", "Zl", "Zp"):
        return f"an invisible character, {name}; delete it"
    if category in ("Cs", "Co", "Cn"):
        return f"{name} is not a character of any script"
    if category[0] == "N":
        return f"a digit of another script, {name}; expected digits 0 to 9"
    if category[0] == "L" and unicodedata.decomposition(char)[:4] in _LATIN_LETTERS:
        return f"a letter with a mark, {name}; expected plain letters, or \\hat{{y}} in LaTeX"
    if category[0] == "L":
        return f"a letter of another script, {name}; expected Latin or Greek letters"
    if category[0] == "M":
        return f"a combining mark, {name}; expected plain letters"
    return f"unexpected {name}; expected a number, a variable, a function, an operator or a bracket"


def why_not(char: str) -> str:
    """Return why a character that can be typed stands in no formula."""
    expected = "expected a number, a variable, a function, an operator or a bracket"
    return _REASONS.get(char, f"unexpected '{char}'; {expected}")
