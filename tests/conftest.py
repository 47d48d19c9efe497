"""Owns what every test run shares: a cache of object code of its own, so that the user's is neither read nor filled, and Ctrl-C,
which tests send to themselves."""

from __future__ import annotations

import os
import signal
import tempfile

import pytest

_PLACE = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in what a shell starts in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput"):  # a worker of pytest-xdist has inherited the directory
        return
    place = tempfile.TemporaryDirectory(prefix="chainrule-tests-", ignore_cleanup_errors=True)
    config.stash[_PLACE] = place
    os.environ["CHAINRULE_CACHE_DIR"] = place.name


def pytest_unconfigure(config: pytest.Config) -> None:
    if _PLACE in config.stash:
        config.stash[_PLACE].cleanup()
