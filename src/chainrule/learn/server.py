"""Owns the server: it answers on one address of this machine until it is stopped."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence

import waitress

from chainrule.learn.app import create_app
from chainrule.learn.workers import Workers

THREADS = 64
"""Requests that are answered at the same time; most of them wait for a process that computes."""


def serve(
    listener: socket.socket, workers: Workers, names: Sequence[str] = (), ready: Callable[[str], None] | None = None
) -> None:
    """Serve the site until Ctrl-C.

    listener: a socket that listens. workers: the processes that compute. names: those under which the site is reached, besides
    this machine's own. ready: called with the address when the site answers.
    """
    host, port, *_ = listener.getsockname()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that requests wait for a moment is no news
    app = create_app(workers, names)
    server = waitress.create_server(app.server, sockets=[listener], threads=THREADS, ident=None)
    if ready is not None:
        ready(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
    try:
        server.run()
    finally:
        server.close()
