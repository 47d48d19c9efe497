"""Owns `chainrule learn`: the lessons, the explorer and the playground, served until Ctrl-C."""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
import webbrowser
from typing import Any

from chainrule.cli.output import Output
from chainrule.errors import MissingPackageError
from chainrule.learn import listening


def run(host: str, port: int, workers: int, name: list[str], is_opened: bool) -> Output:
    """Serve the site."""

    def ready(address: str) -> None:
        gc.freeze()  # what has been imported stays; the collector need not look at it again
        gc.enable()
        print(f"chainrule learn: {address} (Ctrl-C ends it)", file=sys.stderr, flush=True)
        if is_opened:
            webbrowser.open(address)

    gc.disable()  # a quarter of the time that the imports take
    # The processes that compute start before the site is put together: they import at the same time.
    with (
        contextlib.suppress(KeyboardInterrupt),
        listening.listen(host, port) as listener,
        _needed("chainrule.learn.workers").Workers(workers) as pool,
    ):
        _needed("chainrule.learn.server").serve(listener, pool, (*name, host), ready)
    return Output("", {})


def _needed(name: str) -> Any:
    """Import a module of the site. Raises MissingPackageError where the extra `learn` is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("chainrule"):
            raise
        raise MissingPackageError(
            f"the lessons need packages that are not installed ({error.name}): pip install 'chainrule[learn]'"
        ) from error
