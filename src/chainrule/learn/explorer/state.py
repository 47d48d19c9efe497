"""Owns the state of the explorer: all of it stands in the page's address, so that the address can be shared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias, final
from urllib.parse import parse_qs, urlencode

from chainrule.learn.methods import METHODS

Detail: TypeAlias = Literal["full", "brief"]

MOST_CHARACTERS = 300
MOST_STEPS = 2000

DETAILS: tuple[Detail, ...] = ("full", "brief")


@final
@dataclass(frozen=True, slots=True)
class State:
    """What the reader has chosen.

    function: mathematics as text. at: a point, such as "x=1, y=2", or numbers in the order of the variables; empty: 1 for each.
    detail: how much the derivation says. method, rate, steps: of the descent that starts at the point.
    """

    function: str = "x^2 + 3xy + 4y^2"
    at: str = "x=2, y=1"
    detail: Detail = "full"
    method: str = "gradient descent"
    rate: float = 0.1
    steps: int = 50

    def address(self) -> str:
        """Return the query of the page's address."""
        return "?" + urlencode({field.name: getattr(self, field.name) for field in fields(self)})


def from_address(query: str | None) -> State:
    """Return the state that an address holds; what is missing or makes no sense is as at the start."""
    given = {name: values[0] for name, values in parse_qs((query or "").lstrip("?")[:4000]).items()}
    return checked(State(), given)


def checked(start: State, given: Mapping[str, Any]) -> State:
    """Return the state with what was given, where it makes sense."""
    return State(
        function=str(given.get("function") or start.function)[:MOST_CHARACTERS],
        at=str(given.get("at", start.at) or "")[:MOST_CHARACTERS],
        detail=next((one for one in DETAILS if one == given.get("detail")), start.detail),
        method=given["method"] if given.get("method") in METHODS else start.method,
        rate=min(max(_number(given.get("rate"), start.rate), 1e-9), 1e3),
        steps=int(min(max(_number(given.get("steps"), start.steps), 1), MOST_STEPS)),
    )


def _number(value: Any, otherwise: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return otherwise
    return number if math.isfinite(number) else otherwise


def point_of(text: str, names: tuple[str, ...]) -> dict[str, float]:
    """Return the point as numbers by name. Raises ValueError for text that is no point.

    A function that has just been typed may have other variables: those that the text does not name are 1, and what it names
    besides is left out, as long as it names one of them.
    """
    if not text.strip():
        return dict.fromkeys(names, 1.0)
    parts = [part.strip() for part in text.strip("() ").split(",")]
    found: dict[str, float] = {}
    for place, part in enumerate(parts):
        name, _, number = part.rpartition("=")
        name = name.strip() or (names[place] if place < len(names) else "")
        try:
            found[name] = float(number)
        except ValueError:
            raise ValueError(f"the point has {part!r:.40}, which is no number; write it as {_example(names)}") from None
    if names and not any(name in found for name in names):
        what = f"names {', '.join(map(repr, found))}"
        raise ValueError(f"the point {what}; the variables are {', '.join(names)}: write it as {_example(names)}")
    return {name: found.get(name, 1.0) for name in names}


def _example(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name}=1" for name in names)
