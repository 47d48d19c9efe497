"""Owns `chainrule learn`: the lessons, the explorer and the playground, served until Ctrl-C."""

from __future__ import annotations

import contextlib
import importlib
import sys
import webbrowser

from chainrule.cli.output import Output
from chainrule.errors import MissingPackageError


def run(host: str, port: int, workers: int, name: list[str], is_opened: bool) -> Output:
    """Serve the site."""
    try:
        server = importlib.import_module("chainrule.learn.server")
    except ImportError as error:
        raise MissingPackageError(
            f"the lessons need packages that are not installed ({error.name}): pip install 'chainrule[learn]'"
        ) from error

    def ready(address: str) -> None:
        print(f"chainrule learn: {address} (Ctrl-C ends it)", file=sys.stderr, flush=True)
        if is_opened:
            webbrowser.open(address)

    with contextlib.suppress(KeyboardInterrupt):
        server.serve(host, port, workers, name, ready)
    return Output("", {})
