"""Owns what tests of compiled descents share."""

from __future__ import annotations

from typing import Any

import pytest

from chainrule.native.descents import step_code


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what grows by each compilation."""
    seen: list[str] = []
    original = step_code.compile_text

    def compile_text(text: str, *rest: Any) -> Any:
        seen.append(text)
        return original(text, *rest)

    monkeypatch.setattr(step_code, "compile_text", compile_text)
    return seen
