"""Owns the user's file that commands are pointed at."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def user_file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Return a file with the text that the module of the test calls USER_FILE."""
    path = tmp_path / "model.py"
    path.write_text(request.module.USER_FILE)
    return path
