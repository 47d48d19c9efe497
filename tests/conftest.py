"""Owns what every test run shares: a cache of object code of its own, so that the user's is neither read nor filled."""

from __future__ import annotations

import os
import tempfile

import pytest

_PLACE = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):  # a worker of pytest-xdist has inherited the directory
        return
    place = tempfile.TemporaryDirectory(prefix="chainrule-tests-", ignore_cleanup_errors=True)
    config.stash[_PLACE] = place
    os.environ["CHAINRULE_CACHE_DIR"] = place.name


def pytest_unconfigure(config: pytest.Config) -> None:
    if _PLACE in config.stash:
        config.stash[_PLACE].cleanup()
