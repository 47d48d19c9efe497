"""Owns the server: it answers on one address of this machine until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

import waitress

from chainrule.learn.app import create_app
from chainrule.learn.workers import Workers

THREADS = 64
"""Requests that are answered at the same time; most of them wait for a process that computes."""


def serve(
    host: str = "127.0.0.1",
    port: int = 8050,
    workers: int = 2,
    names: Sequence[str] = (),
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the site until Ctrl-C.

    host: the address to listen on; 127.0.0.1 is this machine alone. port: 0 takes any free one. workers: processes that compute.
    names: host names under which others reach the site. ready: called with the address when the site answers.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        with Workers(workers) as pool:
            app = create_app(pool, (*names, host))
            server = waitress.create_server(app.server, sockets=[listener], threads=THREADS, ident=None)
            if ready is not None:
                ready(f"http://{host}:{listener.getsockname()[1]}/")
            try:
                server.run()
            finally:
                server.close()
