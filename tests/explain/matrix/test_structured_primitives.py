"""Every primitive that is not elementwise is explained on its samples: each formula agrees with the engine and with the limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.primitives import test_structured as structured

import chainrule as cr


def parts_of(name: str, place: int) -> tuple[Any, ...]:
    return tuple(structured.sampled_call(name, place, np.random.default_rng(7))[1])


# Explanations are of real arrays; a lone number is explained symbol by symbol, which tests/explain/derivation proves.
CASES = [
    case
    for case in structured.SMOOTH
    if any(np.ndim(part) for part in parts_of(*case)) and not any(np.iscomplexobj(part) for part in parts_of(*case))
]


@pytest.mark.parametrize(("name", "place"), CASES, ids=[f"{name}-{place}" for name, place in CASES])
def test_the_explanation_of_a_primitive_is_verified(name: str, place: int) -> None:
    rng = np.random.default_rng(7)
    function, parts, _, _ = structured.sampled_call(name, place, rng)
    weights = [structured.like(rng, part) for part in structured.several(function(*parts))]

    def loss(*operands: Any) -> Any:
        results = structured.several(function(*operands))
        pairs = zip(results, weights, strict=True)
        return sum(np.sum(np.real(part) * np.real(weight)) for part, weight in pairs)

    d = cr.explain(loss, at=tuple(parts))
    assert d.steps
    assert d.verified is not None
    assert d.verified < 1e-6
    gradients = cr.grad(loss, argnums=tuple(range(len(parts))))(*parts)
    for got, wanted in zip(d.gradients.values(), gradients, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)


def test_most_primitives_are_among_the_cases() -> None:
    assert len({name for name, _ in CASES}) > 45
